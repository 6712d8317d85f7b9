"""The desk's hours: holidays, closed spells, the nights the clocks change, and time that only passes at work."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.knowledge import FOLDER, parse
from bot.rules.hours import DeskHours, Reason, Why, after, between, is_open, next_opening, why_closed

ROME = ZoneInfo("Europe/Rome")
MINUTE, HOUR, NONE = timedelta(minutes=1), timedelta(hours=1), timedelta()
OFFICE = ["09:00-13:00", "14:00-17:00"]
WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
SUMMER = {"from": "08-08", "until": "08-23", "why": {"en": "summer closing", "it": "chiusura estiva"}}
WHY = {"en": "stocktaking", "it": "inventario"}


def desk(weekly: dict[str, list[str]] | None = None, *closed: dict[str, Any]) -> DeskHours:
    week = dict.fromkeys(WORKDAYS, OFFICE) if weekly is None else weekly
    return DeskHours.model_validate({"weekly": week, "country": "IT", "subdivision": "MI", "closed": closed})


def spell(first: object, last: object) -> dict[str, Any]:
    return {"from": first, "until": last, "why": WHY}


def rome(written: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ROME, fold=fold)


DESK = desk(None, SUMMER)
ALL_YEAR = desk(None)
NIGHTS = desk({"saturday": ["22:00-23:30"], "sunday": ["00:30-01:30", "01:45-04:00"], "monday": OFFICE})
CLOSED_FOR_GOOD = desk(None, spell("01-01", "12-31"))
DESKS = st.sampled_from([DESK, ALL_YEAR, NIGHTS])
SECONDS = st.integers(0, int(timedelta(days=3 * 365).total_seconds()))
MOMENTS = SECONDS.map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
DURATIONS = st.timedeltas(NONE, timedelta(hours=60))
SPRING, AUTUMN = datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
NIGHT_MINUTES = st.tuples(st.sampled_from([SPRING, AUTUMN]), st.integers(0, 1200)).map(
    lambda found: found[0] + found[1] * MINUTE
)


def at_work(hours: DeskHours, at: datetime) -> bool:
    """A second reading of the hours: by what a clock on the wall in Milan shows."""
    local = at.astimezone(ROME)
    return any(span.opens <= local.time() < span.closes for span in hours.on(local.date()))


# The file


def test_the_desks_own_file_can_be_read() -> None:
    file = parse(FOLDER / "desk-hours.yaml", "desk-hours.yaml")
    assert not file.faults
    hours = DeskHours.model_validate(file.value)
    assert next_opening(hours, rome("2026-11-12T09:00"), ROME) is not None
    assert hours.holiday(date(2026, 12, 7)), "Milan's patron"


@pytest.mark.parametrize(
    ("weekly", "complaint"),
    [
        ({"monday": ["09:00"]}, "write hours as"),
        ({"monday": ["9:00-13:00"]}, "write hours as"),
        ({"monday": [900]}, "write hours as"),
        ({"monday": ["09:00-24:00"]}, "hour must be in"),
        ({"monday": ["13:00-09:00"]}, "end after they begin"),
        ({"monday": ["09:00-13:00", "12:00-17:00"]}, "do not overlap"),
        ({"monday": ["14:00-17:00", "09:00-13:00"]}, "follow each other"),
        ({"lunedì": OFFICE}, "Extra inputs"),
        ({}, "at least one weekday"),
    ],
)
def test_faulty_hours_are_refused(weekly: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        desk(weekly)


@pytest.mark.parametrize(
    ("closed", "complaint"),
    [
        (spell("08-32", "09-01"), "write a day as"),
        (spell("02-30", "03-01"), "write a day as"),
        (spell("August", "09-01"), "write a day as"),
        (spell(datetime(2026, 8, 1, 9, tzinfo=UTC), "2026-08-02"), "write a day as"),
        (spell("08-01", "2026-08-31"), "both"),
        (spell("2026-08-31", "2026-08-01"), "not before"),
        ({"from": "08-01", "until": "08-31", "why": {"en": "holidays"}}, "missing: it"),
        ({"from": "08-01", "until": "08-31", "why": {"en": "holidays", "it": " "}}, "missing: it"),
        ({"from": "08-01", "until": "08-31"}, "Field required"),
    ],
)
def test_faulty_spells_are_refused(closed: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        desk(None, closed)


@pytest.mark.parametrize(("country", "subdivision"), [("XX", None), ("IT", "ZZ"), ("it", "MI"), ("Italy", None)])
def test_unknown_places_are_refused(country: str, subdivision: str | None) -> None:
    with pytest.raises(ValidationError):
        DeskHours.model_validate({"weekly": {"monday": OFFICE}, "country": country, "subdivision": subdivision})


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        ("08-08", "08-23", ["2026-08-08", "2026-08-23", "2031-08-15"], ["2026-08-07", "2026-08-24"]),
        ("12-24", "01-06", ["2026-12-24", "2026-12-31", "2027-01-06"], ["2026-12-23", "2027-01-07"]),
        ("02-29", "02-29", ["2028-02-29"], ["2027-02-28", "2027-03-01"]),
        (date(2026, 10, 30), "2026-10-30", ["2026-10-30"], ["2027-10-30", "2026-10-29", "2026-10-31"]),
        ("2026-12-24", "2027-01-08", ["2026-12-24", "2027-01-08"], ["2026-12-23", "2027-01-09", "2027-12-24"]),
    ],
)
def test_a_spell_holds_its_first_and_last_day(
    first: object, last: object, inside: list[str], outside: list[str]
) -> None:
    (closed,) = desk(None, spell(first, last)).closed
    assert all(closed.covers(date.fromisoformat(day)) for day in inside)
    assert not any(closed.covers(date.fromisoformat(day)) for day in outside)


# Open, and if not, why


@pytest.mark.parametrize(
    ("at", "opened"),
    [
        ("2026-11-12T08:59:59", False),
        ("2026-11-12T09:00", True),
        ("2026-11-12T12:59:59.999999", True),
        ("2026-11-12T13:00", False),
        ("2026-11-12T14:00", True),
        ("2026-11-12T17:00", False),
        ("2026-11-14T10:00", False),
        ("2026-07-16T10:00", True),
    ],
)
def test_the_desk_opens_as_a_span_begins_and_closes_as_it_ends(at: str, opened: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert is_open(DESK, rome(at), ROME) is opened
    assert is_open(DESK, rome(at).astimezone(UTC), ROME) is opened


@pytest.mark.parametrize(
    ("day", "en", "it"),
    [
        ("2027-01-01", "New Year's Day", "Capodanno"),
        ("2027-01-06", "Epiphany", "Epifania"),
        ("2026-04-06", "Easter Monday", "Lunedì dell'Angelo"),
        ("2027-03-29", "Easter Monday", "Lunedì dell'Angelo"),
        ("2028-04-17", "Easter Monday", "Lunedì dell'Angelo"),
        ("2028-04-25", "Liberation Day", "Anniversario della Liberazione"),
        ("2026-05-01", "Labor Day", "Festa del Lavoro"),
        ("2026-06-02", "Republic Day", "Festa della Repubblica"),
        ("2028-08-15", "Assumption Of Mary Day", "Assunzione della Beata Vergine Maria"),
        ("2028-11-01", "All Saints' Day", "Ognissanti"),
        ("2026-12-07", "Saint Ambrose's Day", "Sant'Ambrogio"),
        ("2026-12-08", "Immaculate Conception", "Immacolata Concezione"),
        ("2026-12-25", "Christmas Day", "Natale"),
        ("2028-12-26", "Saint Stephen's Day", "Santo Stefano"),
    ],
)
def test_holidays_are_kept_and_named(day: str, en: str, it: str) -> None:
    at = rome(f"{day}T10:00")
    assert date.fromisoformat(day).weekday() < 5, "the example shows nothing at a weekend"
    assert why_closed(ALL_YEAR, at, ROME) == Reason(Why.HOLIDAY, {"en": en, "it": it})
    assert not is_open(ALL_YEAR, at, ROME)


def test_two_holidays_on_one_day_are_both_named() -> None:
    name = why_closed(ALL_YEAR, rome("2026-11-01T10:00"), ROME).name
    assert name == {"en": "All Saints' Day, National Unity Day", "it": "Giorno dell'unità nazionale, Ognissanti"}


def test_the_servers_own_language_names_no_holiday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en_US")
    assert ALL_YEAR.holiday(date(2040, 12, 25)) == {"en": "Christmas Day", "it": "Natale"}
    monkeypatch.setenv("LANGUAGE", "it_IT")
    assert ALL_YEAR.holiday(date(2041, 12, 25)) == {"en": "Christmas Day", "it": "Natale"}


def test_the_day_is_milans() -> None:
    assert why_closed(DESK, datetime(2026, 12, 6, 23, 30, tzinfo=UTC), ROME).why is Why.HOLIDAY
    assert why_closed(DESK, datetime(2026, 12, 8, 23, 30, tzinfo=UTC), ROME).why is Why.AFTER_HOURS


def test_the_patron_is_milans() -> None:
    elsewhere = ALL_YEAR.model_copy(update={"subdivision": None})
    assert is_open(elsewhere, rome("2026-12-07T10:00"), ROME)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-11-12T10:00", Why.OPEN),
        ("2026-11-12T08:00", Why.AFTER_HOURS),
        ("2026-11-12T13:30", Why.AFTER_HOURS),
        ("2026-11-12T23:59", Why.AFTER_HOURS),
        ("2026-12-06T23:59", Why.WEEKEND),
        ("2026-12-07T00:00", Why.HOLIDAY),
        ("2026-04-25T10:00", Why.HOLIDAY),  # a Saturday
        ("2026-04-05T10:00", Why.HOLIDAY),  # Easter Sunday
        ("2026-08-07T18:00", Why.AFTER_HOURS),
        ("2026-08-08T10:00", Why.SPELL),  # a Saturday
        ("2026-08-15T10:00", Why.SPELL),  # a holiday
        ("2026-08-23T23:59", Why.SPELL),
        ("2026-08-24T09:00", Why.OPEN),
    ],
)
def test_the_longest_reason_is_given(at: str, why: Why) -> None:
    assert why_closed(DESK, rome(at), ROME).why is why


def test_a_spell_gives_the_desks_own_reason() -> None:
    assert why_closed(DESK, rome("2026-08-12T10:00"), ROME).name == SUMMER["why"]


def test_a_weekday_without_hours_is_no_weekend() -> None:
    fridays_off = desk({"monday": OFFICE})
    assert why_closed(fridays_off, rome("2026-11-13T10:00"), ROME) == Reason(Why.DAY_OFF)
    assert why_closed(fridays_off, rome("2026-11-14T10:00"), ROME) == Reason(Why.WEEKEND)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-12T10:00", "2026-11-12T10:00"),
        ("2026-11-12T13:00", "2026-11-12T14:00"),
        ("2026-11-13T17:00", "2026-11-16T09:00"),
        ("2026-12-04T17:00", "2026-12-09T09:00"),  # a weekend, Saint Ambrose and the Immaculate Conception
        ("2026-12-24T17:00", "2026-12-28T09:00"),
        ("2026-04-03T17:00", "2026-04-07T09:00"),
        ("2026-08-07T17:00", "2026-08-24T09:00"),
        ("2026-10-23T17:00", "2026-10-26T09:00"),  # over the night with an hour more
        ("2027-03-26T17:00", "2027-03-30T09:00"),  # over the night with an hour less, and Easter
    ],
)
def test_the_next_opening(at: str, opens: str) -> None:
    found = next_opening(DESK, rome(at), ROME)
    assert found == rome(opens).astimezone(UTC)
    assert found.tzinfo is UTC


# Desk time


@pytest.mark.parametrize(
    ("at", "hours", "then"),
    [
        ("2026-11-13T16:00", 4, "2026-11-16T12:00"),
        ("2026-11-13T16:00", 1, "2026-11-13T17:00"),  # used up just as the desk closes
        ("2026-11-13T12:00", 1, "2026-11-13T13:00"),
        ("2026-11-13T12:00", 1.5, "2026-11-13T14:30"),
        ("2026-11-14T11:00", 4, "2026-11-16T13:00"),
        ("2026-11-14T11:00", 0, "2026-11-14T11:00"),
        ("2026-12-04T16:00", 2, "2026-12-09T10:00"),
        ("2026-08-07T16:00", 2, "2026-08-24T10:00"),
        ("2026-10-23T16:00", 2, "2026-10-26T10:00"),
        ("2027-03-26T16:00", 2, "2027-03-30T10:00"),
        ("2026-11-09T09:00", 35, "2026-11-13T17:00"),
    ],
)
def test_the_clock_stops_outside_hours(at: str, hours: float, then: str) -> None:
    found = after(DESK, rome(at), hours * HOUR, ROME)
    assert found == rome(then).astimezone(UTC)
    assert found.tzinfo is UTC
    assert between(DESK, rome(at), rome(then), ROME) == hours * HOUR


@pytest.mark.parametrize(
    ("start", "end", "worked"),
    [
        ("2026-10-24T21:00", "2026-10-25T12:00", 5.75),  # the night with an hour more
        ("2026-11-14T21:00", "2026-11-15T12:00", 4.75),  # a night like any other
        ("2027-03-27T21:00", "2027-03-28T12:00", 1.5),  # an hour less, but that day is Easter
        ("2026-03-28T21:00", "2026-03-29T12:00", 3.75),  # the night with an hour less
    ],
)
def test_the_nights_the_clocks_change(start: str, end: str, worked: float) -> None:
    assert between(NIGHTS, rome(start), rome(end), ROME) == worked * HOUR


def test_the_hour_that_happens_twice_is_worked_twice() -> None:
    first, second = rome("2026-10-25T02:30"), rome("2026-10-25T02:30", fold=1)
    assert is_open(NIGHTS, first, ROME)
    assert is_open(NIGHTS, second, ROME)
    assert between(NIGHTS, first, second, ROME) == HOUR
    assert after(NIGHTS, first, HOUR, ROME) == second.astimezone(UTC)
    assert next_opening(NIGHTS, first, ROME) == first.astimezone(UTC)


def test_hours_that_end_in_the_skipped_hour_do_not_run_into_the_next() -> None:
    gap = desk({"sunday": ["01:00-02:45", "03:00-04:00"]})
    assert between(gap, rome("2026-03-29T00:00"), rome("2026-03-29T12:00"), ROME) == 2 * HOUR
    swallowed = desk({"sunday": ["02:45-03:30"], "monday": OFFICE})
    assert next_opening(swallowed, rome("2026-03-29T00:00"), ROME) == rome("2026-03-30T09:00").astimezone(UTC)


def test_the_zone_is_the_one_given() -> None:
    lisbon = ZoneInfo("Europe/Lisbon")
    assert not is_open(DESK, rome("2026-11-12T09:30"), lisbon)
    assert next_opening(DESK, rome("2026-11-12T09:30"), lisbon) == rome("2026-11-12T10:00").astimezone(UTC)


def test_a_desk_that_never_opens() -> None:
    at = rome("2026-11-12T10:00")
    assert next_opening(CLOSED_FOR_GOOD, at, ROME) is None
    assert between(CLOSED_FOR_GOOD, at, at + timedelta(days=800), ROME) == NONE
    assert after(CLOSED_FOR_GOOD, at, NONE, ROME) == at.astimezone(UTC)
    with pytest.raises(ValueError, match="not open for so long"):
        after(CLOSED_FOR_GOOD, at, MINUTE, ROME)


def test_more_than_a_year_of_desk_time_is_not_looked_for() -> None:
    with pytest.raises(ValueError, match="not open for so long"):
        after(DESK, rome("2026-11-12T10:00"), timedelta(hours=3000), ROME)


def test_desk_time_does_not_run_backwards() -> None:
    at = rome("2026-11-12T10:00")
    assert between(DESK, at, at - HOUR, ROME) == NONE
    with pytest.raises(ValueError, match="forwards"):
        after(DESK, at, -MINUTE, ROME)


def test_desk_time_is_counted_beyond_the_horizon() -> None:
    week = desk({"monday": ["09:00-10:00"]})
    assert between(week, rome("2026-11-03T00:00"), rome("2029-11-06T00:00"), ROME) > 140 * HOUR


# What holds always


@given(DESKS, MOMENTS, DURATIONS)
@example(NIGHTS, datetime(2026, 10, 25, 0, 15, tzinfo=UTC), HOUR)
@example(NIGHTS, datetime(2026, 3, 29, 0, 15, tzinfo=UTC), HOUR)
def test_after_and_between_undo_each_other(hours: DeskHours, at: datetime, duration: timedelta) -> None:
    assert between(hours, at, after(hours, at, duration, ROME), ROME) == duration


@given(DESKS, MOMENTS, DURATIONS.filter(bool))
def test_desk_time_never_ends_while_the_desk_is_closed(hours: DeskHours, at: datetime, duration: timedelta) -> None:
    found = after(hours, at, duration, ROME)
    assert found > at
    assert is_open(hours, found - timedelta(microseconds=1), ROME)


@given(DESKS, MOMENTS, DURATIONS, DURATIONS)
def test_desk_time_adds_up(hours: DeskHours, at: datetime, one: timedelta, other: timedelta) -> None:
    whole = after(hours, at, one + other, ROME)
    assert after(hours, after(hours, at, one, ROME), other, ROME) == whole
    assert after(hours, at, one, ROME) <= whole


@given(DESKS, MOMENTS, MOMENTS, DURATIONS.filter(bool))
def test_who_starts_later_is_not_done_earlier(
    hours: DeskHours, one: datetime, other: datetime, duration: timedelta
) -> None:
    early, late = sorted((one, other))
    assert after(hours, early, duration, ROME) <= after(hours, late, duration, ROME)


@given(DESKS, st.lists(MOMENTS, min_size=3, max_size=3).map(sorted))
def test_between_adds_up_and_is_never_more_than_passed(hours: DeskHours, moments: list[datetime]) -> None:
    start, middle, end = moments
    whole = between(hours, start, end, ROME)
    assert between(hours, start, middle, ROME) + between(hours, middle, end, ROME) == whole
    assert NONE <= whole <= end - start


@given(DESKS, MOMENTS)
def test_the_next_opening_is_the_first_moment_of_work(hours: DeskHours, at: datetime) -> None:
    opens = next_opening(hours, at, ROME)
    assert opens is not None
    assert is_open(hours, opens, ROME)
    assert between(hours, at, opens, ROME) == NONE
    assert (opens == at) == is_open(hours, at, ROME)


@given(DESKS, MOMENTS)
def test_a_reason_is_given_exactly_while_the_desk_is_closed(hours: DeskHours, at: datetime) -> None:
    reason = why_closed(hours, at, ROME)
    assert (reason.why is Why.OPEN) == is_open(hours, at, ROME)
    assert (reason.name is not None) == (reason.why in {Why.HOLIDAY, Why.SPELL})


@given(DESKS, st.one_of(MOMENTS, NIGHT_MINUTES))
def test_the_desk_is_open_as_the_clock_on_the_wall_says(hours: DeskHours, at: datetime) -> None:
    assert is_open(hours, at, ROME) == at_work(hours, at)


@given(DESKS, NIGHT_MINUTES, st.integers(0, 900))
def test_desk_time_is_the_minutes_the_wall_clock_shows_work(hours: DeskHours, start: datetime, minutes: int) -> None:
    worked = sum(at_work(hours, start + minute * MINUTE) for minute in range(minutes))
    assert between(hours, start, start + minutes * MINUTE, ROME) == worked * MINUTE


@given(DESKS, MOMENTS)
def test_the_zone_a_moment_is_written_in_changes_nothing(hours: DeskHours, at: datetime) -> None:
    local = at.astimezone(ROME)
    assert is_open(hours, local, ROME) == is_open(hours, at, ROME)
    assert next_opening(hours, local, ROME) == next_opening(hours, at, ROME)
    assert after(hours, local, HOUR, ROME) == after(hours, at, HOUR, ROME)


def test_holidays_do_not_depend_on_the_hour() -> None:
    midnight = datetime.combine(date(2026, 12, 8), time(), tzinfo=ROME)
    assert why_closed(DESK, midnight, ROME).why is Why.HOLIDAY
    assert why_closed(DESK, midnight - MINUTE, ROME).why is Why.HOLIDAY
    assert why_closed(DESK, midnight + timedelta(days=1), ROME).why is Why.AFTER_HOURS
