"""Scores a matcher on labelled questions."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from bot.faq.matcher import Decision, Match, Matcher
from bot.faq.rates import Interval, Reliability, auroc, auroc_interval, reliability, share, wilson

FEW = 3
"""Candidates among which the right one counts as found: as many as are offered to a student."""


class Part(StrEnum):
    """A half of all questions there are or will be: one to learn from, one that nobody looks at."""

    DEVELOPMENT = "development"
    TEST = "test"


def part(text: str) -> Part:
    """The half a question belongs to, now and for ever: it hangs on nothing but its text.

    Development, if the first byte of the SHA-256 of the text as UTF-8 is even; test, if it is odd. Phrases, words and
    numbers are chosen by looking at the development part alone, so that the scores of the test part stay honest.
    """
    first = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0]
    return Part.TEST if first % 2 else Part.DEVELOPMENT


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what it asks."""

    text: str
    label: str | None = None
    """None: it is not one of ours."""
    lang: str | None = None
    style: str | None = None
    """How it is written (typos, long, follow-up, ...): only to group the scores."""
    previous: str | None = None
    """The label of the answer that was read just before."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Rates from 0 to 1; None where there is nothing to take the rate of. "In scope" are the questions with a label."""

    n: int
    """Questions, in scope or not."""
    top1: float | None
    """In scope: the best candidate is the right one, whatever was decided."""
    top3: float | None
    """In scope: the right one is among the first three."""
    coverage: float | None
    """In scope: an answer was given, right or wrong."""
    precision: float | None
    """Of all answers given, in scope or not: those that were right."""
    oos_rejected: float | None
    """Out of scope: no answer was given."""
    auroc: float | None
    """How often the best candidate of a question in scope scores higher than that of one out of scope."""
    helped: float | None
    """In scope: the right answer was given, or stood on one of the buttons of a suggestion."""
    suggested: float | None
    """In scope: buttons were offered, right or wrong."""
    misled: float | None
    """Of all questions, in scope or not: a wrong answer was given."""
    oos_silent: float | None
    """Out of scope: nothing was suggested either."""
    intervals: Mapping[str, Interval | None]
    """By the name of a rate, between what and what it lies with 95 % certainty."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A question that was not understood: answered wrongly, or with the right label not the first."""

    question: Question
    match: Match

    def __str__(self) -> str:
        """``'when?' is free-mover.period: suggest free-mover.when-to-apply 0.61``."""
        best = self.match.candidates[:1]
        guess = f" {best[0].id} {best[0].score:.2f}" if best else ""
        return f"{self.question.text!r} is {self.question.label}: {self.match.decision.value}{guess}"


@dataclass(frozen=True, slots=True)
class Confusion:
    """One label taken for another, and how often."""

    label: str | None
    """None: not one of ours."""
    taken: str | None
    """The best candidate; None: there was none."""
    n: int


@dataclass(frozen=True, slots=True)
class Report(Scores):
    """The scores of a matcher."""

    by: dict[str, dict[str, Scores]]
    """The same for each ``lang`` and each ``style``, where questions say theirs."""
    calibration: Reliability
    """Of the best candidate of every question that has one: whether it is right as often as its score says."""
    confusion: tuple[Confusion, ...]
    """Of the misses: what was taken for what, the most frequent first."""
    misses: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    question: Question
    match: Match

    @property
    def ids(self) -> list[str]:
        return [candidate.id for candidate in self.match.candidates]

    @property
    def score(self) -> float:
        return self.match.candidates[0].score if self.match.candidates else 0.0

    @property
    def answered(self) -> bool:
        return self.match.decision is Decision.ANSWER

    @property
    def suggested(self) -> bool:
        return self.match.decision is Decision.SUGGEST

    @property
    def right(self) -> bool:
        """Whether the answer given, if any, is the right one."""
        return self.answered and self.match.answer == self.question.label

    @property
    def helped(self) -> bool:
        return self.right or (self.suggested and self.question.label in self.ids[:FEW])

    @property
    def missed(self) -> bool:
        if self.question.label is None:
            return self.answered
        return self.ids[:1] != [self.question.label]


def evaluate(matcher: Matcher, questions: Sequence[Question]) -> Report:
    """Ask every question and compare what came of it with its label."""
    outcomes = [_Outcome(each, matcher.match(each.text, previous=each.previous)) for each in questions]
    by = {
        "lang": _grouped(outcomes, lambda question: question.lang),
        "style": _grouped(outcomes, lambda question: question.style),
    }
    scores = _scores(outcomes)
    guesses = [each for each in outcomes if each.match.candidates]
    misses = [each for each in outcomes if each.missed]
    return Report(
        **{field.name: getattr(scores, field.name) for field in fields(scores)},
        by={group: found for group, found in by.items() if found},
        calibration=reliability(
            [each.score for each in guesses], [each.ids[0] == each.question.label for each in guesses]
        ),
        confusion=_confusion(misses),
        misses=tuple(Miss(each.question, each.match) for each in misses),
    )


def _grouped(outcomes: Sequence[_Outcome], kind: Callable[[Question], str | None]) -> dict[str, Scores]:
    kinds = sorted({found for each in outcomes if (found := kind(each.question)) is not None})
    return {one: _scores([each for each in outcomes if kind(each.question) == one]) for one in kinds}


def _scores(outcomes: Sequence[_Outcome]) -> Scores:
    ours = [each for each in outcomes if each.question.label is not None]
    foreign = [each for each in outcomes if each.question.label is None]
    hits = {
        "top1": [each.question.label in each.ids[:1] for each in ours],
        "top3": [each.question.label in each.ids[:FEW] for each in ours],
        "coverage": [each.answered for each in ours],
        "precision": [each.right for each in outcomes if each.answered],
        "oos_rejected": [not each.answered for each in foreign],
        "helped": [each.helped for each in ours],
        "suggested": [each.suggested for each in ours],
        "misled": [each.answered and not each.right for each in outcomes],
        "oos_silent": [each.match.decision is Decision.NONE for each in foreign],
    }
    told_apart = [each.score for each in ours], [each.score for each in foreign]
    intervals = {name: wilson(found) for name, found in hits.items()} | {"auroc": auroc_interval(*told_apart)}
    rates = {name: share(found) for name, found in hits.items()}
    return Scores(n=len(outcomes), auroc=auroc(*told_apart), intervals=intervals, **rates)


def _confusion(misses: Sequence[_Outcome]) -> tuple[Confusion, ...]:
    counts = Counter((each.question.label, next(iter(each.ids), None)) for each in misses)
    return tuple(Confusion(label, taken, n) for (label, taken), n in counts.most_common())
