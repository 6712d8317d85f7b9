from __future__ import annotations

from dataclasses import asdict

import pytest

from bot.faq.evaluation import Question, evaluate
from bot.faq.matcher import Candidate, Decision, Match, Matcher


class Scripted(Matcher):
    """Says of each text what was written down for it: a decision and candidates."""

    def __init__(self, matches: dict[str, tuple[Decision, dict[str, float]]]) -> None:
        super().__init__([])
        self.matches = matches
        self.previous: list[str | None] = []

    def match(self, text: str, *, previous: str | None = None, lang: str | None = None, usual: str = "en") -> Match:  # noqa: ARG002 - as in the real one
        self.previous.append(previous)
        decision, scores = self.matches[text]
        candidates = tuple(Candidate(label, score) for label, score in scores.items())
        return Match(decision, candidates[0].id if decision is Decision.ANSWER else None, candidates, lang or "en")


@pytest.fixture
def matcher() -> Scripted:
    return Scripted(
        {
            "right": (Decision.ANSWER, {"a": 0.9, "b": 0.1}),
            "wrong": (Decision.ANSWER, {"b": 0.8, "c": 0.1}),
            "offered": (Decision.SUGGEST, {"b": 0.4, "c": 0.3, "a": 0.2}),
            "late": (Decision.SUGGEST, {"b": 0.4, "c": 0.3, "d": 0.2, "a": 0.1}),
            "taken for ours": (Decision.ANSWER, {"a": 0.85}),
            "rejected": (Decision.NONE, {}),
        }
    )


OURS = [
    Question("right", "a", "en"),
    Question("wrong", "a", "it"),
    Question("offered", "a", "en"),
    Question("late", "a", "it"),
]
FOREIGN = [Question("taken for ours", None, "en"), Question("rejected", None, "it")]


def test_rates_are_what_they_are_called(matcher: Scripted) -> None:
    report = evaluate(matcher, [*OURS, *FOREIGN])
    assert report.n == 6
    assert (report.top1, report.top3, report.coverage) == (0.25, 0.5, 0.5)
    assert report.precision == pytest.approx(1 / 3)
    assert report.oos_rejected == 0.5
    assert report.auroc == pytest.approx(5 / 8)


def test_ties_count_half() -> None:
    matcher = Scripted({"ours": (Decision.SUGGEST, {"a": 0.5}), "foreign": (Decision.SUGGEST, {"b": 0.5})})
    assert evaluate(matcher, [Question("ours", "a"), Question("foreign")]).auroc == 0.5


def test_scores_are_grouped_where_questions_say_how(matcher: Scripted) -> None:
    questions = [Question("right", "a", "en", "typos"), Question("wrong", "a", "it"), Question("rejected")]
    by = evaluate(matcher, questions).by
    assert {group: list(scores) for group, scores in by.items()} == {"lang": ["en", "it"], "style": ["typos"]}
    assert (by["lang"]["en"].top1, by["lang"]["it"].top1) == (1.0, 0.0)
    assert by["lang"]["en"].oos_rejected is None


def test_without_questions_there_are_no_rates(matcher: Scripted) -> None:
    report = evaluate(matcher, [])
    assert asdict(report) == {
        "n": 0, "top1": None, "top3": None, "coverage": None, "precision": None, "oos_rejected": None, "auroc": None,
        "by": {}, "misses": (),
    }  # fmt: skip


def test_without_foreign_questions_nothing_is_said_of_them(matcher: Scripted) -> None:
    report = evaluate(matcher, OURS)
    assert (report.oos_rejected, report.auroc) == (None, None)
    assert report.precision == 0.5


def test_without_our_questions_only_rejection_is_rated(matcher: Scripted) -> None:
    report = evaluate(matcher, FOREIGN)
    assert (report.top1, report.coverage, report.auroc) == (None, None, None)
    assert (report.oos_rejected, report.precision) == (0.5, 0.0)


def test_misses_can_be_read(matcher: Scripted) -> None:
    misses = evaluate(matcher, [*OURS, *FOREIGN]).misses
    assert [miss.question.text for miss in misses] == ["wrong", "offered", "late", "taken for ours"]
    assert str(misses[0]) == "'wrong' is a: answer b 0.80"


def test_a_question_is_asked_after_the_answer_before_it(matcher: Scripted) -> None:
    evaluate(matcher, [Question("right", "a", previous="b"), Question("wrong", "a")])
    assert matcher.previous == ["b", None]
