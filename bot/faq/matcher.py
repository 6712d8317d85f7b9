"""Matches a question, in English or Italian and as students write, to the answer of the FAQ it asks for.

A text is read (:mod:`bot.faq.reading`), its topic and its programme are recognised apart (:mod:`bot.faq.model`), both
are put together with what was said before (:mod:`bot.faq.ranking`), and how sure that is decides whether the answer is
given, offered among others, or neither (:mod:`bot.faq.calibration`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from types import MappingProxyType

import numpy as np

from bot.faq.calibration import Trial, calibrate
from bot.faq.explanation import Explanation, Guess, Near, Reason, corrections
from bot.faq.index import Floats
from bot.faq.likeness import Likeness
from bot.faq.model import PROGRAMMES, Model, facets
from bot.faq.ranking import Ranking, rank
from bot.faq.reading import Reader, Reading
from bot.faq.text import without_contrast, words
from bot.faq.vocabulary import Vocabulary
from bot.rules.programmes import Topic

__all__ = ["Candidate", "Decision", "Entry", "Match", "Matcher", "Vocabulary"]

MOST = 5
"""Candidates of a match, and reasons of an explanation."""

FEW = 3
"""Guesses and phrases of an explanation."""

OTHER = "another subject"

ALIEN = 0.55
"""Nothing is answered if more of a text than this, by weight, are words that are not ours."""

NO_NAMES: Mapping[str, Sequence[str]] = MappingProxyType({})

BLOCKS = 4
"""Each answer's phrases are cut into so many blocks, and every second block is held back to learn how sure to be."""

DEFAULT_LANGUAGE = "en"

CLEARLY = 1.0
"""By how much (as a logarithm of odds) the words must speak for another language than the usual one."""


class Decision(StrEnum):
    """What to do about a question."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer of the FAQ and how people ask for it."""

    label: str
    """``<programme>.<topic>``, ``general.<x>``, or any other name."""
    phrases: Mapping[str, Sequence[str]]
    """By language, ``en`` or ``it``."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A label that may be meant, and how likely it is: 0 to 1."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Match:
    """What became of a question."""

    decision: Decision
    answer: str | None
    """The first candidate, where the decision is to answer."""
    candidates: tuple[Candidate, ...]
    """At most five, the best first; of a suggestion the first two or three are to be offered."""
    lang: str
    """``en`` or ``it``: the language of the question."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    label: str | None
    lang: str
    text: str
    held: bool
    """Whether it is held back. That goes by blocks, so that the variations of one author stay together."""


class Matcher:
    """Knows the FAQ and finds the answer to a question. Deterministic: the same question has the same match.

    Args:
        entries: The answers and their phrases.
        names: The names and nicknames of each programme, in both languages.
        vocabulary: How students write, and questions that are not ours.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        names: Mapping[str, Sequence[str]] = NO_NAMES,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        vocabulary = vocabulary or Vocabulary()
        self._phrases = phrases = _phrases(entries, vocabulary)
        known_names = {str(programme): names[programme] for programme in PROGRAMMES if programme in names}
        self._reader = Reader([(phrase.lang, phrase.text) for phrase in phrases], known_names, vocabulary)
        readings = [self._reader.read(phrase.text) for phrase in phrases]
        known = any(phrase.label is not None for phrase in phrases)
        self._model = Model(readings, [phrase.label for phrase in phrases]) if known else None
        ours = [reading for phrase, reading in zip(phrases, readings, strict=True) if phrase.label is not None]
        self.likeness = Likeness(self._reader, self._model, ours)
        """How alike two questions are to it."""
        self._calibration = calibrate(_trials(phrases, readings))

    def match(
        self, text: str, *, previous: str | None = None, lang: str | None = None, usual: str = DEFAULT_LANGUAGE
    ) -> Match:
        """Find the answer to a question.

        Args:
            text: What was written; any text at all.
            previous: The label of the answer read just before, for questions that build on it.
            lang: The language to assume instead of recognising it.
            usual: The language of a text whose words do not tell, such as a bare "free mover".
        """
        reading = self._reader.read(text)
        lang = lang or self._language(reading, usual)
        if reading.empty or self._model is None:
            return Match(Decision.NONE, None, (), lang)
        ranking = rank(self._model, self._model.judge(reading), reading, previous=previous)
        candidates = self._candidates(self._model.labels, ranking)
        decision = self._decide(ranking, candidates[0], reading)
        if reading.alarm in self._model.labels:
            candidates, decision = self._alarmed(candidates, reading.alarm), Decision.ANSWER
        return Match(decision, candidates[0].id if decision is Decision.ANSWER else None, candidates, lang)

    def explain(self, text: str, *, previous: str | None = None) -> Explanation | None:
        """Every step from a text to what :meth:`match` makes of it; None where nothing is asked, or nothing known."""
        reading, model = self._reader.read(text), self._model
        if reading.empty or model is None:
            return None
        judged = model.judge(reading)
        ranking = rank(model, judged, reading, previous=previous)
        match = self.match(text, previous=previous)
        best, *_ = match.candidates
        kept, set_aside = without_contrast(text)
        topics, programmes = np.argsort(-judged.topics).tolist(), np.argsort(-judged.programmes).tolist()
        return Explanation(
            said=reading.said,
            corrected=corrections(words(kept), reading.said),
            set_aside=set_aside,
            named=reading.named,
            denied=tuple(sorted(reading.denied)),
            meanings=reading.topic.meanings,
            unknown=tuple(word for word in reading.topic.words if not self._reader.knows(word)),
            topics=_guesses([*model.topics, OTHER], judged.topics, topics),
            topic_reasons=_reasons(model.topic_reasons(reading, topics[0], topics[1])),
            programmes=_guesses(PROGRAMMES, judged.programmes, programmes) if judged.labels is not None else (),
            programme_reasons=_reasons(model.programme_reasons(reading, programmes[0], programmes[1])),
            labels=_guesses(model.labels, dict(zip(ranking.order.tolist(), ranking.fits, strict=True)), ranking.order),
            alarm=reading.alarm,
            context=previous,
            alien=judged.alien,
            confidence=ranking.confidence,
            probability=best.score,
            answer_from=self._calibration.answer,
            scope=ranking.scope,
            suggest_from=self._calibration.suggest,
            decision=match.decision.value,
            near=self._near(text, best.id, set(reading.said)),
        )

    def _near(self, text: str, label: str, said: set[str]) -> tuple[Near, ...]:
        phrases = [phrase.text for phrase in self._phrases if phrase.label == label]
        return tuple(
            Near(phrases[place], likeness, tuple(word for word in self._reader.words(phrases[place]) if word in said))
            for place, likeness in self.likeness.nearest(text, phrases, 0.0)[:FEW]
        )

    def _alarmed(self, candidates: Sequence[Candidate], label: str) -> tuple[Candidate, ...]:
        """The candidates with the one that is due first, surer than any."""
        others = [each for each in candidates if each.id != label]
        score = max(self._calibration.answer, *(each.score for each in candidates))
        return (Candidate(label, score), *others[: MOST - 1])

    def _decide(self, ranking: Ranking, best: Candidate, reading: Reading) -> Decision:
        guessed = (ranking.unnamed and reading.content <= 1) or ranking.alien > ALIEN
        if best.score >= self._calibration.answer and not guessed:
            return Decision.ANSWER
        return Decision.SUGGEST if ranking.scope >= self._calibration.suggest else Decision.NONE

    def _candidates(self, labels: Sequence[str], ranking: Ranking) -> tuple[Candidate, ...]:
        """The first label with its probability, the others in proportion to it."""
        best = self._calibration.probability(ranking.confidence)
        return tuple(
            Candidate(labels[place], best * math.exp(min(0.0, float(fit - ranking.fits[0]))))
            for place, fit in zip(ranking.order[:MOST].tolist(), ranking.fits[:MOST], strict=True)
        )

    def _language(self, reading: Reading, usual: str) -> str:
        shares = self._reader.languages(reading.said)
        best = max(shares, key=lambda lang: shares[lang], default=usual)
        return best if usual not in shares or shares[best] - shares[usual] > CLEARLY else usual


def _guesses(names: Sequence[str], fits: Floats | Mapping[int, float], order: Iterable[int]) -> tuple[Guess, ...]:
    """The first few of an order, with their probabilities."""
    return tuple(Guess(names[place], math.exp(float(fits[place]))) for place in islice(order, FEW))


def _reasons(worth: Sequence[tuple[str, float]]) -> tuple[Reason, ...]:
    """The few features that weigh most, for or against."""
    most = sorted(worth, key=lambda each: -abs(each[1]))[:MOST]
    return tuple(Reason(feature, much) for feature, much in most)


def _phrases(entries: Sequence[Entry], vocabulary: Vocabulary) -> list[_Phrase]:
    """All phrases of all entries, and the questions of other subjects."""
    groups: list[tuple[str | None, Mapping[str, Sequence[str]]]] = [(entry.label, entry.phrases) for entry in entries]
    return [
        _Phrase(label, lang, text, BLOCKS * place // len(texts) % 2 == 0)
        for label, phrases in [*groups, (None, vocabulary.foreign)]
        for lang, texts in phrases.items()
        for place, text in enumerate(texts)
    ]


def _trials(phrases: Sequence[_Phrase], readings: Sequence[Reading]) -> list[Trial]:
    """What a model that has not seen the phrases held back makes of them.

    Where there are no questions of other subjects, each phrase is asked once more with its own topic forgotten: it is
    then a question that nobody foresaw.
    """
    seen = [place for place, phrase in enumerate(phrases) if not phrase.held]
    held = [place for place, phrase in enumerate(phrases) if phrase.held]
    labels = {phrases[place].label for place in seen}
    if not labels - {None}:
        return []
    model = Model([readings[place] for place in seen], [phrases[place].label for place in seen])
    simulate = all(phrase.label is not None for phrase in phrases)
    trials = []
    for place in held:
        label, reading = phrases[place].label, readings[place]
        if reading.empty or (label is not None and label not in labels):
            continue
        judged = model.judge(reading)
        trials.append(_trial(rank(model, judged, reading), model, label))
        if (previous := _just_read(label, reading)) in model.labels:
            trials.append(_trial(rank(model, judged, reading, previous=previous), model, label))
        if simulate:
            trials.append(_trial(rank(model, judged, reading, without=label), model, None))
    return trials


def _trial(ranking: Ranking, model: Model, label: str | None) -> Trial:
    right = model.labels[ranking.order[0]] == label
    return Trial(ranking.confidence, ranking.scope, ours=label is not None, right=right)


def _just_read(label: str | None, reading: Reading) -> str | None:
    """The answer read before a phrase that names no programme: such a phrase is mostly said in a conversation."""
    programme = facets(label)[0] if label is not None and not reading.named else None
    return f"{programme}.{Topic.OVERVIEW}" if programme else None
