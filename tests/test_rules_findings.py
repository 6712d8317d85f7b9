"""Spans of days on the desk's calendar, and sums over what was counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.rules.findings import Answered, Counted, Fate, Findings, Span, added, days_of
from bot.rules.tickets import Origin

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
WEEK = Span.of(7, NOW, ROME)


def test_a_span_ends_now_and_begins_at_a_midnight_of_the_desk() -> None:
    assert (WEEK.first, WEEK.last, WEEK.days) == (date(2026, 11, 25), date(2026, 12, 1), 7)
    assert WEEK.bounds[0] == datetime(2026, 11, 24, 23, tzinfo=UTC)
    assert WEEK.bounds[-1] == NOW
    assert len(WEEK.bounds) == 8


def test_just_after_midnight_in_milan_it_is_the_next_day() -> None:
    assert Span.of(1, datetime(2026, 11, 30, 23, 30, tzinfo=UTC), ROME).last == date(2026, 12, 1)


@pytest.mark.parametrize(("changes", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_the_day_on_which_the_clocks_change_is_shorter_or_longer(changes: date, hours: int) -> None:
    late = datetime(changes.year, changes.month, changes.day, 12, tzinfo=UTC) + timedelta(days=1)
    begins, ends, _ = Span.of(2, late, ROME).bounds
    assert ends - begins == timedelta(hours=hours)


def test_it_is_compared_with_as_many_days_up_to_the_same_hour() -> None:
    begins, ends = WEEK.before
    assert begins == datetime(2026, 11, 17, 23, tzinfo=UTC)
    assert ends == NOW - timedelta(days=7)
    spring = Span.of(7, datetime(2026, 4, 1, 9, tzinfo=UTC), ROME)
    assert spring.before[1] == datetime(2026, 3, 25, 10, tzinfo=UTC)  # 11 o'clock in Milan on both days


@pytest.mark.parametrize(
    ("argument", "days"),
    [("", 7), ("30", 30), (" 90 days ", 90), ("1", 1), ("365", 365), ("Year", 365), ("mese", 30), ("settimana", 7)],
)
def test_a_span_is_asked_for_by_days_or_by_name(argument: str, days: int) -> None:
    assert days_of(argument) == days


@pytest.mark.parametrize("argument", ["0", "366", "-7", "7.5", "soon", "9999999999", "²", "7 8"])
def test_anything_else_is_no_span(argument: str) -> None:
    assert days_of(argument) is None


@pytest.mark.parametrize(
    ("decision", "rejected", "fate"),
    [
        ("answer", False, Fate.ANSWERED),
        ("answer", True, Fate.REJECTED),
        ("suggest", False, Fate.SUGGESTED),
        ("suggest", True, Fate.REJECTED),
        ("none", False, Fate.NONE),
        ("none", True, Fate.NONE),
    ],
)
def test_every_question_meets_with_one_thing(decision: str, rejected: bool, fate: Fate) -> None:  # noqa: FBT001 - a column of the table above
    assert Counted(0, "en", decision, 1, rejected).fate is fate


def test_sums_are_those_of_what_was_counted() -> None:
    found = Findings(
        WEEK,
        [Counted(0, "en", "answer", 3), Counted(0, "it", "none", 2), Counted(6, "it", "none", 1)],
        waits=[Answered(NOW, NOW + timedelta(hours=2), helpful=True), Answered(NOW, NOW + timedelta(hours=1), None)],
    )
    assert found.questions == 6
    assert found.fates == {Fate.ANSWERED: 3, Fate.NONE: 3}
    assert found.days == {0: {Fate.ANSWERED: 3, Fate.NONE: 2}, 6: {Fate.NONE: 1}}
    assert added(found.counted, lambda each: each.language) == {"en": 3, "it": 3}
    assert found.waited == [timedelta(hours=2), timedelta(hours=1)]
    assert found.helpful == {True: 1, None: 1}


def test_nothing_happened_where_nothing_was_asked_opened_or_answered() -> None:
    assert Findings(WEEK, subscribers=3).empty
    assert not Findings(WEEK, answered=1).empty
    assert not Findings(WEEK, opened={Origin.ASKED: 1}).empty
    assert not Findings(WEEK, [Counted(0, "en", "answer", 1)]).empty
