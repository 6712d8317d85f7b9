"""What is amiss with the phrases themselves: those that pull two answers together.

A phrase under the wrong answer is learned like any other, and what asks for the right one is then pulled away from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.faq.matcher import Entry, Matcher, Vocabulary
from bot.faq.overlap import pairs
from bot.faq.text import words

FOLDS = 2
"""Parts of the phrases, each held back once. They are blocks, so that one author's variations stay together."""


SURE = 0.9
"""How likely the answer of another must be taken to be, for a phrase to stray."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase and where it stands."""

    label: str
    lang: str
    place: int
    """From 0, among those of its label and language."""
    text: str
    fold: int
    """In which part it is held back."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A phrase that would get another answer if it did not stand under its own."""

    phrase: Phrase
    taken: str
    """The label of that answer."""
    score: float
    """How likely that one would be taken to be: 0 to 1."""


def strays(
    entries: Sequence[Entry], names: Mapping[str, Sequence[str]], vocabulary: Vocabulary | None = None
) -> Iterator[Stray]:
    """Every phrase that a matcher which never saw it, nor those beside it, surely takes for another answer's.

    Phrases of a programme are asked as after reading about it, for not all of them name it. An answer with nothing but
    what is held back is not known to that matcher, so its phrases are not judged. ``FOLDS`` matchers are made for this.
    """
    for fold in range(FOLDS):
        kept = [_without(fold, entry) for entry in entries]
        known = {phrase.label for phrase in _all(kept)}
        held = [phrase for phrase in _all(entries) if phrase.fold == fold and phrase.label in known]
        matcher = Matcher(kept, names, vocabulary)
        for phrase in held:
            match = matcher.match(phrase.text, previous=_before(phrase.label, names))
            for best in match.candidates[:1]:
                if best.id != phrase.label and best.score >= SURE:
                    yield Stray(phrase, best.id, best.score)


def _before(label: str, names: Mapping[str, Sequence[str]]) -> str | None:
    """What was read before a phrase of this label: something of the same programme, if it is one's."""
    programme = label.partition(".")[0]
    return f"{programme}.overview" if programme in names else None


def twins(entries: Sequence[Entry], names: Mapping[str, Sequence[str]]) -> Iterator[tuple[Phrase, Phrase]]:
    """Every two phrases of two answers that are nearly the same, unless what differs names a programme."""
    phrases = list(_all(entries))
    named = {word for several in names.values() for name in several for word in words(name)}
    for place, other_place in pairs([phrase.text for phrase in phrases]):
        one, other = phrases[place], phrases[other_place]
        differing = set(words(one.text)) ^ set(words(other.text))
        if one.label != other.label and differing.isdisjoint(named):
            yield one, other


def _all(entries: Sequence[Entry]) -> Iterator[Phrase]:
    for entry in entries:
        for lang, texts in entry.phrases.items():
            for place, text in enumerate(texts):
                yield Phrase(entry.label, lang, place, text, _fold(place, len(texts)))


def _without(fold: int, entry: Entry) -> Entry:
    """The entry but for the phrases that are held back."""
    phrases = {
        lang: [text for place, text in enumerate(texts) if _fold(place, len(texts)) != fold]
        for lang, texts in entry.phrases.items()
    }
    return replace(entry, phrases=phrases)


def _fold(place: int, several: int) -> int:
    return place * FOLDS // several
