"""Finds the names of programmes in what was said, and tells which of them were named only to be set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.faq.text import words
from bot.faq.vocabulary import Expressions

_BETWEEN = "a an the my of for il lo la i gli le l un uno una di del dello della dei dell al allo alla all"
BETWEEN = frozenset(_BETWEEN.split())
"""Words that may stand between a denial and the name it denies: "not the free mover", "invece dell'elettiva"."""

MOST_BETWEEN = 2
LONGEST_DENIAL = 3


@dataclass(frozen=True, slots=True)
class Mention:
    """A name, from the word at ``start`` up to the one at ``stop``; a denied one begins where the denial does."""

    start: int
    stop: int
    programme: str
    denied: bool


class Gazetteer:
    """All names of all programmes. A name that two programmes share tells nothing and is left among the words.

    Args:
        names: The names of each programme, in any language.
        denials: What means, just before a name, that it is not the one.
    """

    def __init__(self, names: Mapping[str, Sequence[str]], denials: Sequence[str]) -> None:
        owners: dict[str, set[str]] = {}
        spelled: dict[str, str] = {}
        for programme, known in names.items():
            for name in known:
                key = "".join(words(name))
                spelled[key] = name
                owners.setdefault(key, set()).add(programme)
        self._names = Expressions({spelled[key]: min(who) for key, who in owners.items() if len(who) == 1})
        self._denials = Expressions(dict.fromkeys(denials, True))
        self.words = frozenset(word for name in spelled.values() for word in words(name)) | owners.keys()
        """Every word of a name, and every name written as one word."""

    def find(self, said: Sequence[str]) -> list[Mention]:
        """The names in a text, from left to right, the longest at each place."""
        found: list[Mention] = []
        start = 0
        while start < len(said):
            name = self._names.at(said, start)
            if name is None:
                start += 1
                continue
            stop, programme = name
            denial = self._denial(said, start)
            found.append(Mention(start if denial is None else denial, stop, programme, denial is not None))
            start = stop
        return found

    def _denial(self, said: Sequence[str], start: int) -> int | None:
        """Where the denial of the name at ``start`` begins, if it is denied."""
        for end in range(start, max(0, start - MOST_BETWEEN) - 1, -1):
            for begin in range(max(0, end - LONGEST_DENIAL), end):
                if said[begin:end] in self._denials:
                    return begin
            if end and said[end - 1] not in BETWEEN:
                break
        return None
