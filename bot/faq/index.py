"""Weighs the features of texts: which are rare, which are ours, which were never seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.faq.reading import Features
from bot.faq.text import LIGHT_WORDS, grams

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]

BLOCK = 4_096
"""Entries multiplied at once: what stays in the processor's cache, whatever the size of the matrix."""

# The weights below were chosen by training on the phrases of two authors and testing on those of a third.
OF_PAIRS = 0.85
"""Weight of neighbouring words, where all single words together have 1; without them 0.8 points fewer are right."""
OF_MEANINGS = 0.7
"""Weight of meanings; without them 5 points fewer are right, and a fourth fewer are answered."""
OF_PIECES = 1.5
"""Weight of all pieces of a word, where the word has 1; with 1 a point fewer are right where phrases are few."""
OF_LIGHT_WORDS = 0.6
"""What is left of the weight of a word that carries grammar or the kind of question."""


@dataclass(slots=True)
class Row:
    """One row of a sparse matrix: the columns that hold something, and what they hold."""

    places: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def put(self, place: int, value: float) -> None:
        """Add an entry."""
        self.places.append(place)
        self.values.append(value)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A text in numbers."""

    units: Row
    """Known features and their weights."""
    unknown: Row
    """Pieces (:func:`bot.faq.text.grams`) of the words nobody wrote, and their weights."""
    alien: float
    """Share of the words, by weight, that no phrase of ours has: 0 to 1."""


class Index:
    """All features of the phrases with their weights.

    Args:
        phrases: The features of each phrase.
        ours: For each phrase, whether it asks something of ours.
    """

    def __init__(self, phrases: Sequence[Features], ours: Sequence[bool]) -> None:
        counts: dict[str, int] = {}
        for phrase in phrases:
            for unit in (*phrase.words, *phrase.pairs, *phrase.meanings):
                counts[unit] = counts.get(unit, 0) + 1
        self._known = {
            unit: (place, _rarity(len(phrases), count) * _lightness(unit))
            for place, (unit, count) in enumerate(counts.items())
        }
        """The column of each feature, and what it weighs."""
        self._unseen = _rarity(len(phrases), 0)
        self._home = {word for phrase, is_ours in zip(phrases, ours, strict=True) if is_ours for word in phrase.words}
        self._grams: dict[str, int] = {}
        self.spelling = self._spell()

    @property
    def units(self) -> list[str]:
        """The features, in the order of their columns."""
        return list(self._known)

    def _spell(self) -> Sparse:
        """Which pieces each word is made of: the same weight for each, together ``OF_PIECES``."""
        rows = []
        for unit in self._known:
            pieces = grams(unit) if unit.isalpha() else ()
            places = [self._grams.setdefault(piece, len(self._grams)) for piece in pieces]
            rows.append(Row(places, [_share(pieces)] * len(places)))
        return Sparse(rows, len(self._grams))

    def matrix(self, phrases: Iterable[Features]) -> Sparse:
        """The known features of many texts, a row for each."""
        return Sparse([self.weigh(phrase).units for phrase in phrases], len(self._known))

    def weigh(self, text: Features, meant: frozenset[str] = frozenset()) -> Weighed:
        """A text in numbers; a word in ``meant`` counts as ours even if no phrase has it."""
        units, unknown = Row(), Row()
        length = self._put(units, text.words, 1.0)
        self._put(units, text.pairs, OF_PAIRS)
        self._put(units, text.meanings, OF_MEANINGS)
        for word in text.words:
            if word not in self._known:
                self._put_pieces(unknown, word, self._weight(word) / length)
        strange = sum(self._weight(word) ** 2 for word in text.words if word not in self._home and word not in meant)
        return Weighed(units, unknown, min(1.0, strange / length**2))

    def _weight(self, unit: str) -> float:
        known = self._known.get(unit)
        return known[1] if known else self._unseen * _lightness(unit)

    def _put(self, row: Row, units: Sequence[str], share: float) -> float:
        """Put the known ones of a kind of features into a row, in the proportion they have among all that were said.

        Returns:
            The length of the features, known and unknown, as a vector of weights; 1 if there are none.
        """
        found = [known for unit in units if (known := self._known.get(unit))]
        strange = [self._unseen * _lightness(unit) for unit in units if unit not in self._known]
        length = math.hypot(*(weight for _, weight in found), *strange) or 1.0
        row.places += [place for place, _ in found]
        row.values += [share * weight / length for _, weight in found]
        return length

    def _put_pieces(self, row: Row, word: str, weight: float) -> None:
        pieces = grams(word) if word.isalpha() else ()
        for piece in pieces:
            place = self._grams.get(piece)
            if place is not None:
                row.put(place, weight * _share(pieces))


def _share(pieces: Sequence[str]) -> float:
    return OF_PIECES / math.sqrt(len(pieces)) if pieces else 0.0


def _rarity(phrases: int, count: int) -> float:
    """The weight of a feature that ``count`` of the phrases have: the square root of its usual (idf) weight."""
    return math.sqrt(math.log((phrases + 1) / (count + 0.5)))


def _lightness(word: str) -> float:
    return OF_LIGHT_WORDS if word in LIGHT_WORDS else 1.0


class Sparse:
    """A matrix of mostly zeros that can be multiplied from both sides.

    Args:
        rows: What each row holds.
        width: How many columns there are.
    """

    def __init__(self, rows: Sequence[Row], width: int) -> None:
        sizes = np.array([len(row.places) for row in rows], dtype=np.int64)
        columns = np.fromiter(chain.from_iterable(row.places for row in rows), np.int64, sizes.sum())
        values = np.fromiter(chain.from_iterable(row.values for row in rows), np.float32, sizes.sum())
        self.shape = (len(rows), width)
        self._by_row = _Runs(sizes, columns, values)
        order = np.argsort(columns, kind="stable")
        owners = np.repeat(np.arange(len(rows)), sizes)
        self._by_column = _Runs(np.bincount(columns, minlength=width), owners[order], values[order])

    def times(self, dense: Floats) -> Floats:
        """The product with a dense matrix of ``width`` rows."""
        return self._by_row.sums(dense)

    def turned_times(self, dense: Floats) -> Floats:
        """The product of the transposed matrix with a dense one."""
        return self._by_column.sums(dense)


class _Runs:
    """Entries sorted by the row they add to; ``sizes`` says how many each row has."""

    def __init__(self, sizes: Ints, places: Ints, values: Floats) -> None:
        self._height = len(sizes)
        self._filled = np.flatnonzero(sizes)
        ends = np.cumsum(sizes[self._filled])
        self._starts = ends - sizes[self._filled]
        self._places, self._values = places, values[:, np.newaxis]
        # Whole rows only in a block: the row in which each multiple of BLOCK falls begins the next one.
        cuts = np.unique(np.searchsorted(ends, np.arange(0, len(places), BLOCK)))
        self._blocks = list(pairwise([*cuts.tolist(), len(ends)]))

    def sums(self, dense: Floats) -> Floats:
        found = np.zeros((self._height, dense.shape[1]), dtype=np.float32)
        for first, last in self._blocks:
            begin = self._starts[first]
            end = self._starts[last] if last < len(self._starts) else len(self._places)
            products = np.take(dense, self._places[begin:end], axis=0)
            products *= self._values[begin:end]
            found[self._filled[first:last]] = np.add.reduceat(products, self._starts[first:last] - begin, axis=0)
        return found
