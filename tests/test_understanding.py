"""How well the shipped knowledge understands questions written by somebody who saw neither its phrases nor the matcher.

The floors lie a little under what was measured, so that an edit that makes understanding worse is noticed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.desk.library import matcher
from bot.faq.evaluation import Question, Report, evaluate
from bot.knowledge import load

QUESTIONS = Path(__file__).parent / "data" / "questions.jsonl"
FLOORS = {"top1": 0.87, "top3": 0.95, "coverage": 0.6, "precision": 0.97, "oos_rejected": 0.96, "auroc": 0.96}


@pytest.fixture(scope="module")
def report() -> Report:
    lines = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return evaluate(
        matcher(load()),
        [Question(each["text"], each["label"], each["lang"], each["style"], each.get("previous")) for each in lines],
    )


@pytest.mark.parametrize("score", FLOORS)
def test_understanding_does_not_fall(report: Report, score: str) -> None:
    assert getattr(report, score) >= FLOORS[score]


def test_no_question_of_another_subject_is_answered_about_going_abroad(report: Report) -> None:
    answered = [miss for miss in report.misses if miss.question.label is None and miss.match.answer]
    assert not [str(miss) for miss in answered if not str(miss.match.answer).startswith("general.")]
