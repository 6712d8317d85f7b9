"""Reads a text the way the matcher compares it: spelled out, corrected, programmes told from the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.faq.lexicon import Lexicon
from bot.faq.names import Gazetteer, Mention
from bot.faq.text import FUNCTION_WORDS, LIGHT_WORDS, NUMBER, without_contrast, words
from bot.faq.vocabulary import ELSEWHERE, Expressions, Meanings, Vocabulary

NAME = "<name>"
"""Stands for the name of any programme, so that what is asked of one is learned for all."""

NAMES = "<names>"
"""Stands beside it where two programmes or more are named: the mark of a comparison."""


CALM = "calm"
"""The meaning of words beside which an alarm is none."""

MARKS = {NAME, NAMES, NUMBER}


@dataclass(frozen=True, slots=True)
class Features:
    """What is compared of a text, as strings: words, pairs of neighbours ("how long"), meanings ("=deadline")."""

    words: tuple[str, ...]
    pairs: tuple[str, ...]
    meanings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was understood."""

    said: tuple[str, ...]
    """All its words, spelled out and corrected."""
    topic: Features
    """What tells the topic: the names of programmes are masked."""
    programme: Features
    """What tells the programme: its names, and the words that describe it."""
    named: tuple[str, ...]
    """Programmes that were named, in order, without those that were denied."""
    denied: frozenset[str]
    meant: frozenset[str]
    """Words of the topic whose meaning is known, and is ours."""
    alarm: str | None
    """The label of the answer that is due whatever else is said (:attr:`Vocabulary.alarms`)."""
    bare: bool
    """Whether nothing is said beyond the name of one programme: "e per il free mover?"."""
    empty: bool
    """Whether nothing is said that could be a question: only words of grammar, or numbers, or no words at all."""
    content: int
    """How many words say something, beyond the names of programmes and the words of grammar or asking."""


class Reader:
    """Reads texts by the words of the phrases it is given, and by the vocabulary.

    Args:
        phrases: Every phrase with its language: the words that are known, and their spelling.
        names: The names of each programme, in any language.
        vocabulary: Short forms, fillers, synonyms.
    """

    def __init__(
        self, phrases: Iterable[tuple[str, str]], names: Mapping[str, Sequence[str]], vocabulary: Vocabulary
    ) -> None:
        self._short_forms = Expressions(
            {short: tuple(words(long)) for short, long in vocabulary.short_forms.items() if words(long)}
        )
        self._fillers = Expressions(dict.fromkeys(vocabulary.fillers, True))
        self._meanings = Meanings(vocabulary)
        spelled = {which: [" ".join(self._spell_out(words(name))) for name in known] for which, known in names.items()}
        self._gazetteer = Gazetteer(spelled, vocabulary.denials)
        said = ((lang, self._spell_out(words(text))) for lang, text in phrases)
        common = {word for each in vocabulary.common for word in words(each)}
        self._lexicon = Lexicon(said, {*self._gazetteer.words, *self._meanings.words()}, common)
        self._alarms, self._calm = tuple(vocabulary.alarms), Meanings(Vocabulary(synonyms={CALM: vocabulary.calm}))

    def read(self, text: str) -> Reading:
        """What a text says; never fails, whatever the text."""
        text, contrary = without_contrast(text)
        said = self.words(text)
        mentions = self._gazetteer.find(said)
        set_aside = {mention.programme for mention in self._gazetteer.find(self.words(contrary))}
        set_aside |= {mention.programme for mention in mentions if mention.denied}
        masked = _masked(said, mentions)
        kept = self._without_fillers(masked)
        named = tuple(dict.fromkeys(mention.programme for mention in mentions if not mention.denied))
        plain = tuple(word for word in kept if word != NAME)
        return Reading(
            said=tuple(said),
            topic=self._topic(kept, plain, masked, len(named)),
            programme=self._programme(said, mentions, named),
            named=named,
            denied=frozenset({mention.programme for mention in mentions if mention.denied} | set_aside).difference(
                named
            ),
            meant=frozenset(word for word in plain if set(self._meanings.of(word)) - {ELSEWHERE}),
            alarm=self._alarm(masked),
            bare=len(named) == 1 and FUNCTION_WORDS.issuperset(plain),
            empty=not named and all(word in FUNCTION_WORDS or word.isdigit() for word in plain),
            content=len(set(plain) - LIGHT_WORDS),
        )

    def words(self, text: str) -> list[str]:
        """The words of a text, short forms spelled out and slips corrected."""
        said = self._gazetteer.mend(self._spell_out(words(text)), self.knows)
        return [right for word in said for right in self._right(word)]

    def languages(self, said: Iterable[str]) -> dict[str, float]:
        """How much words speak for each language of the phrases, as logarithms."""
        return self._lexicon.languages(said)

    def knows(self, word: str) -> bool:
        """Whether a phrase has the word, a meaning of it is known, or it is a mark of a name or a number."""
        return word in MARKS or word in self._lexicon or bool(self._meanings.of(word))

    def _right(self, word: str) -> tuple[str, ...]:
        return (word,) if self._meanings.of(word) else self._lexicon.correct(word)

    def _spell_out(self, said: Sequence[str]) -> list[str]:
        found: list[str] = []
        start = 0
        while start < len(said):
            short = self._short_forms.at(said, start)
            found += short[1] if short else (said[start],)
            start = short[0] if short else start + 1
        return found

    def _without_fillers(self, said: Sequence[str]) -> list[str]:
        """What is said without phrases of politeness, unless it is nothing but politeness."""
        kept: list[str] = []
        start = 0
        while start < len(said):
            filler = self._fillers.at(said, start)
            kept += () if filler else (said[start],)
            start = filler[0] if filler else start + 1
        return list(said) if LIGHT_WORDS.issuperset(kept) else kept

    def _topic(self, kept: Sequence[str], plain: Sequence[str], masked: Sequence[str], named: int) -> Features:
        marks = [NAME] * (NAME in kept) + [NAMES] * (named > 1)
        return Features(
            words=_numbered([*plain, *marks]),
            pairs=_pairs(kept),
            meanings=self._meant([word for word in masked if word != NAME]),
        )

    def _programme(self, said: Sequence[str], mentions: Sequence[Mention], named: Iterable[str]) -> Features:
        silenced = {place for each in mentions if each.denied for place in range(each.start, each.stop)}
        heard = self._without_fillers([word for place, word in enumerate(said) if place not in silenced])
        return Features(
            words=_numbered([*heard, *(f"<{programme}>" for programme in named)]),
            pairs=_pairs(heard),
            meanings=self._meant(heard),
        )

    def _alarm(self, said: Sequence[str]) -> str | None:
        meant = self._meanings.among(said)
        alarm = next((label for label in self._alarms if label in meant), None)
        return None if alarm and self._calm.among(said) else alarm

    def _meant(self, said: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f"={meaning}" for meaning in self._meanings.among(said)))


def _masked(said: Sequence[str], mentions: Iterable[Mention]) -> list[str]:
    """The words with each name replaced by one mark, and without the names that were denied."""
    masked = list(said)
    for mention in sorted(mentions, key=lambda each: -each.start):
        masked[mention.start : mention.stop] = [] if mention.denied else [NAME]
    return masked


def _numbered(said: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(NUMBER if word.isdigit() else word for word in said))


def _pairs(said: Sequence[str]) -> tuple[str, ...]:
    marked = [NUMBER if word.isdigit() else word for word in said]
    return tuple(dict.fromkeys(f"{first} {second}" for first, second in pairwise(marked)))
