"""How well the shipped knowledge understands questions written by somebody who saw neither its phrases nor the matcher.

The floors lie a little under what was measured, so that an edit that makes understanding worse is noticed. Only the
test part is judged by, for phrases and numbers are chosen by looking at the development part. A test that fails names
no question, so that nobody mends the very ones by which understanding is measured.
"""

from __future__ import annotations

import pytest

from bot.faq.evaluation import Part, Question, Scores, evaluate, part
from bot.faq.report import Findings, found
from tests.book import questions, trained

FLOORS = {
    "top1": 0.9,
    "top3": 0.95,
    "helped": 0.94,
    "coverage": 0.77,
    "precision": 0.97,
    "oos_rejected": 0.98,
    "auroc": 0.98,
}
BY: dict[tuple[str, str], dict[str, float]] = {
    ("lang", "en"): {"top1": 0.88, "helped": 0.93},
    ("lang", "it"): {"top1": 0.88, "helped": 0.93},
    ("style", "followup"): {"helped": 0.92},
    ("style", "contrast"): {"helped": 0.9},
    ("style", "borrowed"): {"oos_rejected": 0.98},
}
"""By language or style, and name of the rate."""
TYPOS = 0.15
"""Share of the longer words that are misspelt."""
CEILINGS = {"top1": 0.02, "helped": 0.02}
"""What typos may cost of a rate."""
MOST_ECE = 0.1
"""How far probabilities may lie, on average, from what comes true."""


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    return [each for each in questions() if part(each.text) is Part.TEST]


@pytest.fixture(scope="module")
def findings(asked: list[Question]) -> Findings:
    return found(trained(), asked, [], TYPOS)


@pytest.mark.parametrize("score", FLOORS)
def test_understanding_does_not_fall(findings: Findings, score: str) -> None:
    assert rate(findings.report, score) >= FLOORS[score]


@pytest.mark.parametrize(("group", "kind"), BY)
def test_understanding_does_not_fall_in_any_group(findings: Findings, group: str, kind: str) -> None:
    scores = findings.report.by[group][kind]
    fallen = [score for score, floor in BY[group, kind].items() if rate(scores, score) < floor]
    assert fallen == []


@pytest.mark.parametrize("score", CEILINGS)
def test_typos_cost_little(findings: Findings, score: str) -> None:
    assert findings.misspelt is not None
    assert findings.misspelt.changed > findings.report.n / 2
    assert rate(findings.report, score) - rate(findings.misspelt.report, score) <= CEILINGS[score]


def test_what_is_said_to_be_likely_comes_true_as_often(findings: Findings) -> None:
    assert findings.report.calibration.ece is not None
    assert findings.report.calibration.ece <= MOST_ECE


def test_no_question_of_another_subject_is_answered_about_going_abroad() -> None:
    misses = evaluate(trained(), [each for each in questions() if each.label is None]).misses
    assert [miss.match.answer for miss in misses if not str(miss.match.answer).startswith("general.")] == []


def rate(scores: Scores, name: str) -> float:
    return float(getattr(scores, name))
