"""The words the phrases are made of, and how a misspelt word finds its way back to one of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.faq.text import LIGHT_WORDS

LIKENESS = 0.79
"""How alike a correction must be (1 = the same): one slip in five letters. At 0.72 more slips were repaired, but words
of other subjects were bent into ours as well, and fewer of their questions told from ours."""

LIKENESS_OF_FOUR = 0.74
"""The same for words of four letters, where one slip is a quarter of the word."""

SHORTEST = 3
"""Words of fewer letters are left as they are, and are only split off from another if they are light."""

SHORT = 4
"""Up to this length a word is first taken for a slip of a light word: "whn", "cme"."""

LONG = 5
"""Letters of two words that were run together, unless one of them is light: Salamanca is no "sala manca"."""

REMEMBERED = 20_000
"""Corrections kept, so that a long life does not fill the memory."""


class Lexicon:
    """Known words, and in how many phrases of each language every one of them is.

    Args:
        phrases: The words of each phrase, with its language.
        others: Words that are known for another reason (names, synonyms), in no language.
        common: Words that are no slips of others, but that no slip is taken for.
    """

    def __init__(
        self, phrases: Iterable[tuple[str, Sequence[str]]], others: Iterable[str], common: Iterable[str] = ()
    ) -> None:
        counts: dict[str, dict[str, int]] = {}
        self._totals: dict[str, int] = {}
        for lang, said in phrases:
            self._totals[lang] = self._totals.get(lang, 0) + 1
            for word in said:
                uses = counts.setdefault(word, {})
                uses[lang] = uses.get(lang, 0) + 1
        self._counts: Mapping[str, Mapping[str, int]] = counts
        self._known = {*counts, *others}
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            if word.isalpha():
                self._by_length[len(word)].append(word)
        self._corrections: dict[str, tuple[str, ...]] = {word: (word,) for word in common}

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def languages(self, said: Iterable[str]) -> dict[str, float]:
        """For each language of the phrases, how much the words speak for it: the sum of their logarithmic shares."""
        found = dict.fromkeys(sorted(self._totals), 0.0)
        for word in said:
            uses = self._counts.get(word)
            if uses:
                rates = {lang: (uses.get(lang, 0) + 0.5) / total for lang, total in self._totals.items()}
                whole = sum(rates.values())
                for lang, rate in rates.items():
                    found[lang] += math.log(rate / whole)
        return found

    def correct(self, word: str) -> tuple[str, ...]:
        """The known word that was meant, or the two that were run together; else the word as it is."""
        if word in self._known or len(word) < SHORTEST or not word.isalpha():
            return (word,)
        found = self._corrections.get(word)
        if found is None:
            found = self._light(word) or self._alike(word) or self._run_together(word) or (word,)
            if len(self._corrections) < REMEMBERED:
                self._corrections[word] = found
        return found

    def _used(self, word: str) -> int:
        return sum(self._counts.get(word, {}).values())

    def _near(self, word: str, reach: int) -> list[str]:
        """The known words whose length differs by ``reach`` at most."""
        sizes = range(len(word) - reach, len(word) + reach + 1)
        return [known for size in sizes for known in self._by_length.get(size, ())]

    def _light(self, word: str) -> tuple[str, ...]:
        if len(word) > SHORT:
            return ()
        light = [known for known in self._near(word, 1) if len(known) >= SHORTEST and known in LIGHT_WORDS]
        best = process.extractOne(word, light, scorer=OSA.distance, score_cutoff=1)
        return (best[0],) if best else ()

    def _alike(self, word: str) -> tuple[str, ...]:
        if len(word) < SHORT:
            return ()
        least = LIKENESS if len(word) > SHORT else LIKENESS_OF_FOUR
        best = process.extract(word, self._near(word, 2), scorer=OSA.normalized_similarity, score_cutoff=least, limit=8)
        return (max(best, key=lambda found: (found[1], self._used(found[0])))[0],) if best else ()

    def _run_together(self, word: str) -> tuple[str, ...]:
        """Two known words with the space between them missing, one of them a light word or both of them long."""
        for cut in range(1, len(word)):
            parts = (word[:cut], word[cut:])
            if all(part in self._known for part in parts) and _may_be_split(parts):
                return parts
        return ()


def _may_be_split(parts: tuple[str, str]) -> bool:
    light = [part in LIGHT_WORDS for part in parts]
    return all(light) or min(map(len, parts)) >= LONG or (any(light) and len(parts[light.index(False)]) >= SHORTEST)
