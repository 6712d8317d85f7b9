"""How alike two questions of students are: whether one answer would do for both.

Words are compared first: the same ones, their relatives, their slips, and those of the same meaning in either language,
each by its rarity. What that makes alike is set apart again where two questions differ in what an answer turns on:
programmes, numbers, places, months, the kind of question ("when", "how"), or opposites ("before", "after").
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.faq.index import Floats, Ints
from bot.faq.model import Model
from bot.faq.reading import NAME, NAMES, Reader, Reading
from bot.faq.text import LIGHT_WORDS, NUMBER
from bot.faq.vocabulary import ELSEWHERE

Bools: TypeAlias = NDArray[np.bool_]
Degrees: TypeAlias = NDArray[np.float64]

ALIKE = 0.8
"""From here on two questions are taken for the same. Of the pairs of ``tests/data/alike.jsonl`` it was chosen on, it
finds 57 of the 80 that ask the same, and one of the 82 that do not; 0.75 would find 62, and three."""

OF_TRANSLATION = 0.9
"""How much of a word is found in one of the same meaning and of the other language: deadline, scadenza."""

OF_MEANING = 0.3
"""The same where both may be of one language: meanings are wide, and both a room and a flight are costs."""

OF_LIGHT_WORDS = 0.05
"""What is left of the weight of a word of grammar; the kind of question is compared apart."""

CONTRARY = 0.5
"""What is left of the likeness of two questions that differ in what an answer turns on."""

RARE = 0.003
"""Words that this share of the phrases have at most, or none, are what a question may be all about."""

UNFOUND = 0.3
"""If each of two questions lacks this share of the other's rare words or more, they are about different things."""

CLEARLY = 1.0
"""By how much (as a logarithm of odds) a word must speak for one language, to be of that one."""

SHORTEST_ROOT = 4
LONGEST_ENDING = 3
"""Words are relatives if they are the same but for their last letters, one of them up to three: sign, signed."""

SHORTEST_SLIP = 6
"""From this length on, words that nobody knows are the same if one letter differs: salamanca, salamnca."""

DIGITS = 4
"""Decimals of a likeness: the order in which numbers were added up is not to show."""

BLOCK = 1_024
"""Questions compared with all the others at once, so that many of them do not fill the memory."""

REMEMBERED = 20_000
"""Words whose keys are kept, so that a long life does not fill the memory."""

NUMBERS, PLACES, KIND, CAN = "number", "place", "kind", "can"

EXACT = frozenset({"programme", "without"})
"""What both must say, or neither; of all else it is enough that one of them is silent on it or says part of it."""

SOMEWHERE = frozenset({"=places", "=far"})
"""Meanings in the vocabulary of words that name a place."""

DISTINCT = SOMEWHERE | frozenset({"=months", "=ordinals", "=seasons", f"={ELSEWHERE}"})
"""Those whose words stand beside one another, not for one another."""

_NUMBERS = """
    1 first primo; 2 two second due secondo seconda; 3 three third tre terzo terza; 4 four fourth quattro quarto quarta;
    5 five fifth cinque quinto quinta; 6 six sixth sesto sesta
"""
_MONTHS = """
    january gennaio jan; february febbraio feb; march marzo; april aprile apr; maggio in-may #-may may-#; june giugno;
    july luglio; august agosto aug; september settembre sept; october ottobre oct; november novembre nov;
    december dicembre dec
"""
_PLACES = """
    spain spagna; france francia; germany germania; portugal portogallo; sweden svezia; norway norvegia; usa us america
    states stati; denmark danimarca; netherlands holland olanda; belgium belgio; switzerland svizzera; poland polonia;
    greece grecia; ireland irlanda; uk england inghilterra; scotland scozia; china cina chinese cinese; japan giappone;
    mexico messico mexican messicano; brazil brasile; sevilla seville siviglia; barcelona barcellona; lisbon lisbona;
    paris parigi; lyon lione; berlin berlino; munich monaco; hamburg amburgo; zurich zurigo; geneva ginevra; london
    londra; dublin dublino; leuven lovanio louvain; brussels bruxelles; stockholm stoccolma; prague praga; warsaw
    varsavia; krakow cracovia; athens atene; beijing pechino
"""
_KINDS = """
    when quando entro until-when by-when entro-quando; who whom chi; where dove; how come; why perche;
    how-much quanto quanta; how-many quanti quante; how-long quanto-tempo quanto-dura; come-<name>;
    what-can cosa-posso che-posso cosa-si-puo;
    can could posso puo possiamo possono possible possibile may-i may-we
"""
_OPPOSITES = """
    before prima; after dopo return returning rientro /
    extend prolong longer prolungare estendere allungare; shorten shorter accorciare abbreviare /
    open opens apre aprono esce; close closes chiude chiudono scade / incoming; outgoing /
    subscribe iscrivimi; unsubscribe disiscrivimi stop /
    accepted accettata accettato ammesso; rejected refused rifiutata rifiutato respinta /
    day days giorno giorni; week weeks settimana settimane; month months mese mesi; year years anno anni
"""


def _table(lines: str) -> dict[str, str]:
    """By word, or by pair of words, the first one of its line."""
    return {each.replace("-", " "): line.split()[0] for line in lines.split(";") for each in line.split()}


TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {NUMBERS: _table(_NUMBERS), "month": _table(_MONTHS), PLACES: _table(_PLACES), KIND: _table(_KINDS)}
    | {"without": _table("without senza")}
    | {f"side {place}": _table(lines) for place, lines in enumerate(_OPPOSITES.split("/"))}
)
"""By what an answer turns on, the words that say it."""

PAIRS = frozenset(each for table in TABLES.values() for each in table if " " in each)

PLAIN: Mapping[str, str] = MappingProxyType({**TABLES[NUMBERS], **TABLES["month"], **TABLES[PLACES]})
"""Words of numbers, months and places by the one that stands for all of the same."""


@dataclass(frozen=True, slots=True)
class _Gist:
    """What a question comes down to."""

    shares: Mapping[str, float]
    """Its words, and how much of it each of them is: together 1."""
    rare: Mapping[str, float]
    """Those of them that it may be all about."""
    turns: Mapping[str, frozenset[str]]
    """What its answer turns on."""
    topics: Floats
    """The roots of the probabilities of its topics."""


@dataclass(frozen=True, slots=True)
class _Keys:
    """By what a word and others are found in one another."""

    sought: Sequence[tuple[str, float]]
    """Keys of words in which it is found, and how much of it is; the surest last."""
    offered: Sequence[str]
    place: bool = False
    """Whether the word names a place."""


class Likeness:
    """Compares questions; deterministic, and the same whichever of two questions comes first.

    Args:
        reader: How a question is understood.
        model: What its topic may be; None where nothing was learned.
        phrases: What is known to be asked: the rarer a word is among them, the more it tells.
    """

    def __init__(self, reader: Reader, model: Model | None, phrases: Sequence[Reading]) -> None:
        self._reader, self._model = reader, model
        self._counts = Counter(word for phrase in phrases for word in phrase.topic.words)
        self._phrases = len(phrases)
        self._known_keys: dict[str, _Keys] = {}

    def of(self, a: str, b: str) -> float:
        """How alike two questions are: 0 (not at all) to 1 (the same); 0 where one of them asks nothing."""
        return float(self._compared([self._gist(a)], [self._gist(b)])[0, 0])

    def nearest(self, text: str, others: Sequence[str], at_least: float = ALIKE) -> list[tuple[int, float]]:
        """The places of the others that are at least so much like a question, and how much; the most alike first."""
        likeness = self._compared([self._gist(text)], [self._gist(other) for other in others])[0]
        order = np.argsort(-likeness, kind="stable").tolist()
        return [(place, float(likeness[place])) for place in order if likeness[place] >= at_least]

    def grouped(self, texts: Sequence[str], at_least: float = ALIKE) -> list[list[int]]:
        """Put questions that are the same together, each in one group, alone if need be.

        Returns:
            The places of each group's questions, the biggest group first, then the one whose earliest is earlier. The
            first of a group stands for it: all others are at least so much like it. They follow in their order.
        """
        gists = [self._gist(text) for text in texts]
        near: list[Ints] = []
        for start in range(0, len(gists), BLOCK):
            near += [np.flatnonzero(row >= at_least) for row in self._compared(gists[start : start + BLOCK], gists)]
        return _stars(near)

    def _gist(self, text: str) -> _Gist:
        reading = self._reader.read(text)
        said = [] if reading.empty else [word for word in reading.topic.words if word not in {NUMBER, NAME, NAMES}]
        numbers = [word for word in reading.said if word.isdigit()] if said else []
        weights = {PLAIN.get(word, word): self._weight(word) for word in (*said, *numbers)}
        weights |= {f"<{programme}>": 1.0 for programme in reading.named}
        whole = sum(weights.values())
        shares = {word: weight / whole for word, weight in weights.items()}
        rare = {word: share for word, share in shares.items() if self._is_rare(word)}
        return _Gist(shares, rare, self._turns(reading), self._topics(reading))

    def _weight(self, word: str) -> float:
        """The rarity of a word, 1 for one that no phrase has."""
        most = math.log(2 * self._phrases + 2)
        rarity = math.log((self._phrases + 1) / (self._counts[word] + 0.5)) / most
        return rarity * (OF_LIGHT_WORDS if word in LIGHT_WORDS else 1.0)

    def _is_rare(self, word: str) -> bool:
        known = not word.isalpha() or word in LIGHT_WORDS or word in PLAIN
        return not known and self._counts[word] <= RARE * self._phrases

    def _turns(self, reading: Reading) -> dict[str, frozenset[str]]:
        pairs = [pair for pair in reading.topic.pairs if pair in PAIRS]
        spent = {word for pair in pairs for word in pair.split()}
        said = [*pairs, *(word for word in reading.topic.words if word not in spent)]
        turns = {what: frozenset(table[each] for each in said if each in table) for what, table in TABLES.items()}
        turns[KIND] = turns[KIND] - {CAN} or turns[KIND]
        turns[PLACES] |= {PLAIN.get(word, word) for word in reading.topic.words if self._keys(word).place}
        turns[NUMBERS] |= {word for word in reading.said if word.isdigit()}
        return turns | {"programme": frozenset(reading.named)}

    def _topics(self, reading: Reading) -> Floats:
        if self._model is None:
            return np.ones(1, dtype=np.float32)
        return np.exp(self._model.judge(reading).topics / 2)

    def _keys(self, word: str) -> _Keys:
        found = self._known_keys.get(word)
        if found is None:
            found = self._new_keys(word)
            if len(self._known_keys) < REMEMBERED:
                self._known_keys[word] = found
        return found

    def _new_keys(self, word: str) -> _Keys:
        if not word.isalpha() or word in LIGHT_WORDS:
            return _Keys([(word, 1.0)], [word])
        meant = self._reader.read(word).topic.meanings
        meanings = [meaning for meaning in meant if meaning not in DISTINCT]
        same = [word, *_roots(word)]
        if word not in self._counts and len(word) >= SHORTEST_SLIP:
            same += [f"-{word}", *(f"-{word[:place]}{word[place + 1 :]}" for place in range(len(word)))]
        own, others = self._languages(word)
        translations = [f"{meaning} {lang}" for meaning in meanings for lang in others]
        sought = [(meanings, OF_MEANING), (translations, OF_TRANSLATION), (same, 1.0)]
        offered = [*meanings, *(f"{meaning} {lang}" for meaning in meanings for lang in own), *same]
        return _Keys(
            [(key, weight) for keys, weight in sought for key in keys], offered, not SOMEWHERE.isdisjoint(meant)
        )

    def _languages(self, word: str) -> tuple[list[str], list[str]]:
        """The language a word is of, and the others; nothing if it may be of several."""
        said = self._reader.languages([word])
        own = [lang for lang, share in said.items() if share > max(said.values()) - CLEARLY]
        return (own, [lang for lang in said if lang not in own]) if len(own) == 1 else ([], [])

    def _compared(self, some: Sequence[_Gist], others: Sequence[_Gist]) -> Degrees:
        """How alike each of some (rows) is to each of the others (columns)."""
        if not some or not others:
            return np.zeros((len(some), len(others)))
        mine, theirs = [each.shares for each in some], [each.shares for each in others]
        shared = np.sqrt(self._found(mine, theirs) * self._found(theirs, mine).T)
        agreed = np.stack([each.topics for each in some]) @ np.stack([each.topics for each in others]).T
        contrary = self._about_others(some, others)
        for what in some[0].turns:
            compare = _unlike if what in EXACT else _contrary
            contrary |= compare([each.turns[what] for each in some], [each.turns[what] for each in others])
        likeness = shared * np.sqrt(agreed) * np.where(contrary, CONTRARY, 1.0)
        return np.asarray(np.minimum(likeness, 1.0, dtype=np.float64).round(DIGITS))

    def _about_others(self, some: Sequence[_Gist], others: Sequence[_Gist]) -> Bools:
        """Whether of two questions each has rare words that the other has not."""
        mine, theirs = [each.rare for each in some], [each.rare for each in others]
        return _lacking(mine, self._found(mine, theirs)) & _lacking(theirs, self._found(theirs, mine)).T

    def _found(self, some: Sequence[Mapping[str, float]], others: Sequence[Mapping[str, float]]) -> Floats:
        """How much of each of some (rows), given by the shares of their words, is found in each of the others."""
        places = _places((key for word in other for key in self._keys(word).offered) for other in others)
        found = np.zeros((len(some), len(others)), dtype=np.float32)
        for word, rows in _places(some).items():
            here = np.zeros(len(others), dtype=np.float32)
            for key, weight in self._keys(word).sought:
                if key in places:
                    here[places[key]] = weight
            found[rows] += np.array([some[row][word] for row in rows], dtype=np.float32)[:, np.newaxis] * here
        return found


def _roots(word: str) -> Iterator[str]:
    return (f"~{word[:size]}" for size in range(max(SHORTEST_ROOT, len(word) - LONGEST_ENDING), len(word) + 1))


def _lacking(rare: Sequence[Mapping[str, float]], found: Floats) -> Bools:
    whole = np.array([sum(words.values()) for words in rare], dtype=np.float32)[:, np.newaxis]
    return np.asarray((whole > 0) & (found < (1 - UNFOUND) * whole))


def _places(groups: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """In which of the groups each of their members is."""
    places: dict[str, list[int]] = {}
    for place, members in enumerate(groups):
        for member in dict.fromkeys(members):
            places.setdefault(member, []).append(place)
    return places


def _contrary(some: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> Bools:
    """Whether of two sets each has something that the other has not."""
    values = {value: place for place, value in enumerate(sorted(frozenset().union(*some, *others)))}
    mine, theirs = _marked(some, values), _marked(others, values)
    least = np.minimum(mine.sum(axis=1)[:, np.newaxis], theirs.sum(axis=1))
    return np.asarray(mine @ theirs.T < least)


def _unlike(some: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> Bools:
    """Whether two sets are not the same."""
    places: dict[frozenset[str], int] = {}
    mine, theirs = (np.array([places.setdefault(each, len(places)) for each in sets]) for sets in (some, others))
    return np.asarray(mine[:, np.newaxis] != theirs)


def _marked(sets: Sequence[frozenset[str]], values: Mapping[str, int]) -> Floats:
    marks = np.zeros((len(sets), len(values)), dtype=np.float32)
    for row, members in enumerate(sets):
        marks[row, [values[member] for member in members]] = 1.0
    return marks


def _stars(near: Sequence[Ints]) -> list[list[int]]:
    """Groups of places: again and again the one that is near most of those left, with all of these."""
    left = np.ones(len(near), dtype=bool)
    counts = np.array([len(each) for each in near], dtype=np.int64)
    groups = []
    while left.any():
        first = int(np.where(left, counts, -1).argmax())
        group = [first, *(place for place in near[first].tolist() if left[place] and place != first)]
        left[group] = False
        for place in group:
            counts[near[place]] -= 1
        groups.append(group)
    return sorted(groups, key=lambda group: (-len(group), min(group)))
