from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.faq.evaluation import Confusion, Part, Question, evaluate, part
from bot.faq.matcher import Decision
from tests.scripted import FOREIGN, OURS, Scripted, scripted


def test_rates_are_what_they_are_called() -> None:
    report = evaluate(scripted(), [*OURS, *FOREIGN])
    assert report.n == 8
    assert (report.top1, report.top3) == (2 / 5, 3 / 5)
    assert (report.coverage, report.suggested) == (2 / 5, 2 / 5)
    assert report.precision == pytest.approx(1 / 3)
    assert report.misled == 2 / 8
    assert (report.oos_rejected, report.oos_silent) == (2 / 3, 1 / 3)
    assert report.auroc == pytest.approx((3 + 2 + 2 + 2 + 1) / 15)


def test_the_right_answer_helps_if_it_is_told_or_stands_on_one_of_three_buttons() -> None:
    helped = {each.text: evaluate(scripted(), [each]).helped for each in OURS}
    assert helped == {"right": 1, "wrong": 0, "offered": 1, "late": 0, "known, but not said": 0}


def test_every_rate_has_an_interval_around_it() -> None:
    report = evaluate(scripted(), [*OURS, *FOREIGN])
    assert set(report.intervals) == {
        "top1", "top3", "helped", "coverage", "suggested", "precision", "misled", "oos_rejected", "oos_silent", "auroc",
    }  # fmt: skip
    for name, interval in report.intervals.items():
        assert interval is not None
        assert 0 <= interval[0] <= getattr(report, name) <= interval[1] <= 1
        assert interval[0] < interval[1]


def test_ties_count_half() -> None:
    matcher = Scripted({"ours": (Decision.SUGGEST, {"a": 0.5}), "foreign": (Decision.SUGGEST, {"b": 0.5})})
    assert evaluate(matcher, [Question("ours", "a"), Question("foreign")]).auroc == 0.5


def test_scores_are_grouped_where_questions_say_how() -> None:
    questions = [Question("right", "a", "en", "typos"), Question("wrong", "a", "it"), Question("rejected")]
    by = evaluate(scripted(), questions).by
    assert {group: list(scores) for group, scores in by.items()} == {"lang": ["en", "it"], "style": ["typos"]}
    assert (by["lang"]["en"].top1, by["lang"]["it"].top1) == (1.0, 0.0)
    assert by["lang"]["en"].oos_rejected is None
    assert by["lang"]["en"].intervals["oos_rejected"] is None
    assert by["lang"]["en"].intervals["top1"] == pytest.approx((0.2065, 1.0), abs=1e-4)


def test_without_questions_there_are_no_rates() -> None:
    report = evaluate(scripted(), [])
    assert report.n == 0
    assert all(getattr(report, name) is None for name in report.intervals)
    assert set(report.intervals.values()) == {None}
    assert (report.by, report.calibration.bins, report.confusion, report.misses) == ({}, (), (), ())


def test_without_foreign_questions_nothing_is_said_of_them() -> None:
    report = evaluate(scripted(), OURS)
    assert (report.oos_rejected, report.oos_silent, report.auroc) == (None, None, None)
    assert report.precision == 0.5


def test_without_our_questions_only_rejection_is_rated() -> None:
    report = evaluate(scripted(), FOREIGN)
    assert (report.top1, report.helped, report.coverage, report.auroc) == (None, None, None, None)
    assert (report.oos_rejected, report.precision) == (2 / 3, 0.0)


def test_a_score_is_held_against_whether_the_best_candidate_is_right() -> None:
    found = evaluate(scripted(), [*OURS, *FOREIGN]).calibration
    assert found.n == 7, "the one without candidates is left out"
    assert [(each.least, each.most, each.n, round(each.predicted, 3), each.right) for each in found.bins] == [
        (0.3, 0.4, 2, 0.325, 0.5),
        (0.4, 0.5, 2, 0.4, 0.0),
        (0.8, 0.9, 2, 0.825, 0.0),
        (0.9, 1.0, 1, 0.9, 1.0),
    ]


def test_misses_can_be_read() -> None:
    misses = evaluate(scripted(), [*OURS, *FOREIGN]).misses
    assert [miss.question.text for miss in misses] == ["wrong", "offered", "late", "taken for ours"]
    assert str(misses[0]) == "'wrong' is a: answer b 0.80"


def test_confusions_are_counted_the_most_frequent_first() -> None:
    report = evaluate(scripted(), [*FOREIGN, *OURS, Question("rejected", "d")])
    assert report.confusion == (Confusion("a", "b", 3), Confusion(None, "a", 1), Confusion("d", None, 1))


def test_a_question_is_asked_after_the_answer_before_it() -> None:
    matcher = scripted()
    evaluate(matcher, [Question("right", "a", previous="b"), Question("wrong", "a")])
    assert matcher.asked == [("right", "b"), ("wrong", None)]


@pytest.mark.parametrize(
    ("text", "first", "its"),
    [
        ("free mover", 0xE6, "development"),
        ("Free mover", 0x3D, "test"),
        ("free mover?", 0x05, "test"),
        ("perché no", 0x15, "test"),
        ("\ud800", 0x91, "test"),
    ],
)
def test_the_part_of_a_question_never_changes(text: str, first: int, its: str) -> None:
    assert part(text) == its
    assert (part(text) is Part.TEST) == first % 2


@given(st.text())
def test_any_text_belongs_to_one_part(text: str) -> None:
    assert part(text) in {"development", "test"}


def test_the_parts_are_halves() -> None:
    assert 450 < sum(part(f"question {number}") is Part.TEST for number in range(1_000)) < 550
