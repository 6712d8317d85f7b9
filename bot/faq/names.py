"""Finds the names of programmes in what was said, and tells which of them were named only to be set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.faq.text import words
from bot.faq.vocabulary import Expressions

_BETWEEN = "a an the my of for il lo la i gli le l un uno una di del dello della dei dell al allo alla all"
BETWEEN = frozenset(_BETWEEN.split())
"""Words that may stand between a denial and the name it denies: "not the free mover", "invece dell'elettiva"."""

NONE_OF = "no"
"""Said before the only name it denies nothing: "no free mover in August?" asks about the free mover."""

MOST_BETWEEN = 2
LONGEST_DENIAL = 3

_WITHIN = "with one ones con quello quella in to per mia mio tua tuo sua suo your our"
WITHIN = BETWEEN | frozenset(_WITHIN.split())
"""Words that may stand within a name or be missing from it: "the thesis one with the scholarship"."""

LIKENESS = 0.86
"""How alike a misspelt name must be to the right one (1 = the same): one slip in seven letters, spaces not counted."""

SHORTEST_MISSPELT = 7
"""Shorter names are not looked for in misspelt form: too many other words are a slip away from them."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name, from the word at ``start`` up to the one at ``stop``; a denied one begins where the denial does."""

    start: int
    stop: int
    programme: str
    denied: bool


class Gazetteer:
    """All names of all programmes. A name that two programmes share tells nothing and is left among the words.

    Spaces do not count, and neither do the words of ``WITHIN``.

    Args:
        names: The names of each programme, in any language.
        denials: What means, just before a name, that it is not the one.
    """

    def __init__(self, names: Mapping[str, Sequence[str]], denials: Sequence[str]) -> None:
        owners: dict[str, set[str]] = {}
        spelled: dict[str, list[str]] = {}
        for programme, known in names.items():
            for name in known:
                owners.setdefault(_key(words(name)), set()).add(programme)
                spelled.setdefault(_key(words(name)), words(name))
        self._owner = {key: min(who) for key, who in owners.items() if len(who) == 1}
        self._longest = max(map(len, spelled.values()), default=0) + MOST_BETWEEN
        self._spelled = {key: name for key, name in spelled.items() if len(key) >= SHORTEST_MISSPELT}
        self._denials = Expressions(dict.fromkeys(denials, True))
        self.words = frozenset(word for known in names.values() for name in known for word in words(name))
        """Every word of a name."""
        self.words |= owners.keys()

    def find(self, said: Sequence[str]) -> list[Mention]:
        """The names in a text, from left to right, the longest at each place."""
        found: list[Mention] = []
        start = 0
        while start < len(said):
            name = self._name(said, start)
            if name is None:
                start += 1
                continue
            stop, programme = name
            denial = self._denial(said, start)
            found.append(Mention(start if denial is None else denial, stop, programme, denial is not None))
            start = stop
        if len(found) == 1 and found[0].denied and said[found[0].start] == NONE_OF:
            return [replace(found[0], start=found[0].start + 1, denied=False)]
        return found

    def mend(self, said: Sequence[str], is_known: Callable[[str], bool]) -> list[str]:
        """The same words with misspelt names put right ("fre mover"): only where a word is not known otherwise."""
        mended = list(said)
        place = 0
        while place < len(mended):
            if mended[place].isalpha() and not is_known(mended[place]):
                for start, stop in _windows(place, len(mended)):
                    best = process.extractOne(
                        "".join(mended[start:stop]),
                        self._spelled.keys(),
                        scorer=OSA.normalized_similarity,
                        score_cutoff=LIKENESS,
                    )
                    if best:
                        mended[start:stop] = self._spelled[best[0]]
                        place = start + len(self._spelled[best[0]]) - 1
                        break
            place += 1
        return mended

    def _name(self, said: Sequence[str], start: int) -> tuple[int, str] | None:
        """The longest name that begins at ``start``: where it ends, and whose it is."""
        if said[start] in WITHIN:
            return None
        key, found = "", None
        for stop in range(start, min(start + self._longest, len(said))):
            if said[stop] in WITHIN:
                continue
            key += said[stop]
            if key in self._owner:
                found = (stop + 1, self._owner[key])
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


def _key(said: Sequence[str]) -> str:
    """What is compared of a name; one of nothing but small words is taken as it is."""
    return "".join(word for word in said if word not in WITHIN) or "".join(said)


def _windows(place: int, size: int) -> Iterator[tuple[int, int]]:
    """The runs of one to three words that take a place in, the longest first."""
    for length in (3, 2, 1):
        for start in range(max(0, place - length + 1), place + 1):
            if start + length <= size:
                yield start, start + length
