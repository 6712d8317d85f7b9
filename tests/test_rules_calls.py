"""Academic years, months cut to their last day, and the windows of usual calls."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bot.rules.calls import (
    UsualCall,
    Window,
    academic_year,
    earlier,
    last_day_of_academic_year,
    last_day_of_stay,
    later,
    next_window,
    windows,
)
from bot.rules.programmes import Length
from tests import oracle

ONE_DAY = timedelta(days=1)
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
MONTHS = st.integers(1, 12)
CALLS = st.lists(st.builds(UsualCall, MONTHS, MONTHS, st.just("F")), max_size=3)
WINTER = UsualCall(12, 1, "F")
FEBRUARY = UsualCall(2, 2, "F")


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 9, 30), 2025), (date(2026, 10, 1), 2026), (date(2026, 12, 31), 2026), (date(2027, 1, 1), 2026)],
)
def test_the_academic_year_begins_on_the_first_of_october(day: date, year: int) -> None:
    assert academic_year(day) == year


@given(DAYS)
def test_a_day_lies_in_its_academic_year(day: date) -> None:
    year = academic_year(day)
    assert date(year, 10, 1) <= day <= last_day_of_academic_year(year)
    assert last_day_of_academic_year(year) == date(year + 1, 9, 30)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2027, 1, 30), 1, date(2027, 2, 28)),
        (date(2028, 1, 30), 1, date(2028, 2, 29)),
        (date(2028, 1, 28), 1, date(2028, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 3, 31), 1, date(2027, 4, 30)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_months_are_cut_to_the_last_day(day: date, months: int, then: date) -> None:
    assert later(day, Length(months=months)) == then


@given(DAYS, st.integers(0, 40))
def test_months_are_added_as_the_second_reading_adds_them(day: date, months: int) -> None:
    assert later(day, Length(months=months)) == oracle.plus_months(day, months)
    assert earlier(day, Length(months=months)) == oracle.plus_months(day, -months)


def test_months_come_before_days() -> None:
    assert later(date(2027, 1, 31), Length(months=1, days=1)) == date(2027, 3, 1)
    assert earlier(date(2027, 3, 31), Length(months=1, days=1)) == date(2027, 2, 27)


@pytest.mark.parametrize(
    ("start", "length", "last"),
    [
        (date(2026, 12, 31), Length(months=2), date(2027, 2, 27)),
        (date(2027, 12, 31), Length(months=2), date(2028, 2, 28)),
        (date(2027, 7, 1), Length(months=2), date(2027, 8, 31)),
        (date(2027, 7, 1), Length(days=3), date(2027, 7, 3)),
    ],
)
def test_a_stay_counts_both_ends(start: date, length: Length, last: date) -> None:
    assert last_day_of_stay(start, length) == last


def test_a_window_across_the_turn_of_the_year() -> None:
    this_winter = Window(date(2026, 12, 1), date(2027, 1, 31))
    next_winter = Window(date(2027, 12, 1), date(2028, 1, 31))
    assert next_window([WINTER], date(2026, 11, 30)) == this_winter
    assert next_window([WINTER], date(2027, 1, 31)) == this_winter
    assert next_window([WINTER], date(2027, 2, 1)) == next_winter


def test_a_call_of_february_closes_on_the_leap_day() -> None:
    assert next_window([FEBRUARY], date(2028, 2, 29)) == Window(date(2028, 2, 1), date(2028, 2, 29))
    assert next_window([FEBRUARY], date(2028, 3, 1)) == Window(date(2029, 2, 1), date(2029, 2, 28))


def test_without_usual_months_there_is_no_window() -> None:
    assert next_window([], date(2026, 11, 22)) is None
    assert list(windows([], date(2026, 1, 1), date(2030, 1, 1))) == []


def test_windows_come_in_the_order_in_which_they_close() -> None:
    october = UsualCall(10, 10, "F")
    found = windows([october, FEBRUARY], date(2026, 10, 31), date(2027, 10, 31))
    assert [window.closes_on for window in found] == [date(2026, 10, 31), date(2027, 2, 28), date(2027, 10, 31)]


@given(CALLS, DAYS, st.integers(0, 900))
def test_windows_are_exactly_the_months_that_end_in_between(usual: list[UsualCall], first: date, more: int) -> None:
    last = first + timedelta(days=more)
    ends = [day for day in (first + timedelta(days=n) for n in range(more + 1)) if (day + ONE_DAY).day == 1]
    wanted = sorted(day for day in ends for call in usual if day.month == call.to_month)
    found = list(windows(usual, first, last))
    assert [window.closes_on for window in found] == wanted
    for window in found:
        assert window.opens_on.day == 1
        assert timedelta(days=27) <= window.closes_on - window.opens_on < timedelta(days=366)


@given(CALLS, DAYS)
def test_the_next_window_is_the_first_that_is_not_over(usual: list[UsualCall], today: date) -> None:
    found = next_window(usual, today)
    assert (found is None) == (not usual)
    if found:
        assert today <= found.closes_on
        assert not list(windows(usual, today, found.closes_on - ONE_DAY))


@pytest.mark.parametrize("raw", [{"from": 0, "to": 1, "fact": "F"}, {"from": 1, "to": 13, "fact": "F"}, {"from": 1}])
def test_a_month_that_does_not_exist_is_a_fault(raw: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(UsualCall).validate_python(raw)


def test_a_usual_call_is_read_by_the_names_of_the_file() -> None:
    assert TypeAdapter(UsualCall).validate_python({"from": 9, "to": 10, "fact": "F"}) == UsualCall(9, 10, "F")
