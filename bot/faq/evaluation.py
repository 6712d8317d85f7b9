"""Scores a matcher on labelled questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from bot.faq.matcher import Decision, Match, Matcher

FEW = 3
"""Candidates among which the right one counts as found: as many as are offered to a student."""


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
class Report(Scores):
    """The scores of a matcher."""

    by: dict[str, dict[str, Scores]]
    """The same for each ``lang`` and each ``style``, where questions say theirs."""
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
    return Report(
        **asdict(_scores(outcomes)),
        by={group: scores for group, scores in by.items() if scores},
        misses=tuple(Miss(each.question, each.match) for each in outcomes if each.missed),
    )


def _grouped(outcomes: Sequence[_Outcome], kind: Callable[[Question], str | None]) -> dict[str, Scores]:
    kinds = sorted({found for each in outcomes if (found := kind(each.question)) is not None})
    return {one: _scores([each for each in outcomes if kind(each.question) == one]) for one in kinds}


def _scores(outcomes: Sequence[_Outcome]) -> Scores:
    ours = [each for each in outcomes if each.question.label is not None]
    foreign = [each for each in outcomes if each.question.label is None]
    return Scores(
        n=len(outcomes),
        top1=_rate(each.question.label in each.ids[:1] for each in ours),
        top3=_rate(each.question.label in each.ids[:FEW] for each in ours),
        coverage=_rate(each.answered for each in ours),
        precision=_rate(each.match.answer == each.question.label for each in outcomes if each.answered),
        oos_rejected=_rate(not each.answered for each in foreign),
        auroc=_auroc([each.score for each in ours], [each.score for each in foreign]),
    )


def _rate(hits: Iterable[bool]) -> float | None:
    found = list(hits)
    return sum(found) / len(found) if found else None


def _auroc(higher: Sequence[float], lower: Sequence[float]) -> float | None:
    """The share of pairs in which the first is higher; a tie counts half."""
    if not higher or not lower:
        return None
    ordered = np.sort(np.array(lower))
    below = np.searchsorted(ordered, higher, side="left").sum()
    not_above = np.searchsorted(ordered, higher, side="right").sum()
    return float(below + not_above) / 2 / (len(higher) * len(lower))
