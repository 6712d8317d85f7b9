"""What is known of the way students write, apart from what they ask: read from ``knowledge/vocabulary.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import ConfigDict

from bot.faq.text import words

T = TypeVar("T")

ELSEWHERE = "elsewhere"
"""The meaning of every word that belongs to another subject."""

REMEMBERED = 20_000
"""Words whose meanings are kept, so that a long life does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and their use, in both languages at once; all of it may be empty."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    short_forms: Mapping[str, str] = field(default_factory=dict)
    """What a short form stands for: one word or several (xke -> perche)."""
    fillers: Sequence[str] = ()
    """Greetings and phrases of politeness, left out where something else is said as well."""
    denials: Sequence[str] = ()
    """What, said just before the name of a programme, means that another one is meant (not, invece di)."""
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Words and expressions by what they mean; ``scad*`` stands for all words that begin so."""
    alarms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By label, words after which that answer is given whatever else is said; written like ``synonyms``."""
    calm: Sequence[str] = ()
    """Words beside which an alarm is none, written like ``synonyms``: whoever speaks of a lecture is in no danger."""
    common: Sequence[str] = ()
    """Words so common that none of them is taken for a slip of another."""
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Words of other subjects, by subject, written like ``synonyms``."""
    foreign: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Questions that are not ours, by language; best those that borrow our words."""


class Expressions(Generic[T]):
    """Fixed expressions of one word or several, each with a value.

    Spaces do not count, so that "free mover", "freemover" and "free-mover" are one expression.
    """

    def __init__(self, values: Mapping[str, T]) -> None:
        split = {expression: words(expression) for expression in values}
        self._values = {"".join(split[expression]): value for expression, value in values.items() if split[expression]}
        self._heads = {key[:size] for key in self._values for size in (1, 2)}
        self._longest = 1 + max((len(parts) for parts in split.values()), default=0)

    def __contains__(self, said: Sequence[str]) -> bool:
        return "".join(said) in self._values

    def at(self, said: Sequence[str], start: int) -> tuple[int, T] | None:
        """The longest expression that begins at ``start``: where it ends, and its value."""
        if said[start][:2] not in self._heads:
            return None
        for stop in range(min(start + self._longest, len(said)), start, -1):
            value = self._values.get("".join(said[start:stop]))
            if value is not None:
                return stop, value
        return None


class Meanings:
    """What words mean: each is traded for the names of the meanings it may have."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        exact: dict[str, list[str]] = {}
        self._beginnings: dict[str, list[str]] = {}
        groups = [*vocabulary.synonyms.items(), *vocabulary.alarms.items()]
        groups += [(ELSEWHERE, group) for group in vocabulary.elsewhere.values()]
        for meaning, expressions in groups:
            for expression in expressions:
                place = self._beginnings if expression.endswith("*") else exact
                place.setdefault(" ".join(words(expression)), []).append(meaning)
        self._single = {expression: tuple(found) for expression, found in exact.items() if " " not in expression}
        self._several = Expressions({each: tuple(found) for each, found in exact.items() if " " in each})
        self._shortest = min(map(len, self._beginnings), default=0)
        self._found: dict[str, tuple[str, ...]] = {}

    def words(self) -> Iterator[str]:
        """The single words that are listed in full."""
        return iter(self._single)

    def of(self, word: str) -> tuple[str, ...]:
        """What a single word may mean; nothing for most."""
        found = self._found.get(word)
        if found is None:
            heads = [word[:size] for size in range(self._shortest, len(word) + 1)] if self._shortest else []
            begun = [meaning for head in heads for meaning in self._beginnings.get(head, ())]
            found = (*self._single.get(word, ()), *begun)
            if len(self._found) < REMEMBERED:
                self._found[word] = found
        return found

    def among(self, said: Sequence[str]) -> list[str]:
        """All that the words mean, one by one and as expressions, in their order."""
        found: list[str] = []
        for start, word in enumerate(said):
            found += self.of(word)
            if (expression := self._several.at(said, start)) is not None:
                found += expression[1]
        return found
