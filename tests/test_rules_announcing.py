"""What staff write after /announce and /move, read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.announcing import Written, near, read_call, read_dates, read_moment, read_target
from bot.rules.calls import Dates
from bot.rules.plan import Fault
from bot.rules.programmes import Programme
from tests import book
from tests.deskside import NOW, ROME, local

KNOWLEDGE = book.knowledge()


def read(text: str) -> Written:
    found = read_call(text, KNOWLEDGE, ROME, NOW)
    assert isinstance(found, Written), found
    return found


def fault(text: str) -> Fault:
    found = read_call(text, KNOWLEDGE, ROME, NOW)
    assert isinstance(found, Fault), found
    return found


@pytest.mark.parametrize(
    ("text", "target", "rest"),
    [
        ("free-mover 2027-01-01", Programme.FREE_MOVER, "2027-01-01"),
        ("  Free-Mover:  x y ", Programme.FREE_MOVER, "x y"),
        ("free mover 2027-01-01", Programme.FREE_MOVER, "2027-01-01"),
        ("erasmus study 2027-01-01 2027-02-01", Programme.ERASMUS_STUDY, "2027-01-01 2027-02-01"),
        ("Erasmus+ traineeship: x y", Programme.ERASMUS_TRAINEESHIP, "x y"),
        ("erasmus 2027-01-01", Programme.ERASMUS_STUDY, "2027-01-01"),
        ("scambio extra UE www.unimi.it", Programme.EXTRA_EU, "www.unimi.it"),
        ("thesis 2027-01-01", None, "2027-01-01"),
        ("all 2027-01-01", None, "2027-01-01"),
        ("#4 #5", 4, "#5"),
        ("#12", 12, ""),
        ("12 2027-01-01 2027-02-01", 12, "2027-01-01 2027-02-01"),
        ("2027-01-01", None, ""),
        ("moon base", None, "base"),
        ("#1234567890", None, ""),
        ("", None, ""),
    ],
)
def test_a_command_begins_with_a_programme_or_a_number(text: str, target: Programme | int | None, rest: str) -> None:
    assert read_target(text, KNOWLEDGE) == (target, rest)


def test_days_and_hours_are_those_of_the_desks_wall() -> None:
    found = read("erasmus-study 2027-01-15 2027-07-15T12:00")
    assert found.dates == Dates(
        datetime(2027, 1, 14, 23, tzinfo=UTC), datetime(2027, 7, 15, 10, tzinfo=UTC), closes_hour=True
    )
    assert (found.programme, found.which) == (Programme.ERASMUS_STUDY, None)


def test_a_day_alone_closes_at_its_end() -> None:
    assert read("#3 2027-01-15 2027-02-15").dates.closes_at == local(2027, 2, 16)
    assert read("#3 2027-01-15 2027-01-15").dates.closes_at == local(2027, 1, 16)
    assert (read("#3 2027-01-15 2027-02-15").programme, read("3 2027-01-15 2027-02-15").which) == (None, 3)


@pytest.mark.parametrize(
    ("rest", "link", "note"),
    [
        ("", "", ""),
        (" https://x.it", "https://x.it", ""),
        (" HTTPS://x.it  ten places ", "HTTPS://x.it", "ten places"),
        (" www.unimi.it/bando ten places", "https://www.unimi.it/bando", "ten places"),
        (" ten places https://x.it", "", "ten places https://x.it"),
    ],
)
def test_a_link_and_a_note_may_follow(rest: str, link: str, note: str) -> None:
    found = read(f"extra-eu 2027-01-15T08:00 2027-02-15{rest}")
    assert (found.link, found.note) == (link, note)
    assert found.dates.opens_hour


@pytest.mark.parametrize(
    ("text", "key", "names"),
    [
        ("moon 2027-01-15 2027-02-15", "programme", "moon"),
        ("free-mover", "two-dates", ""),
        ("free-mover 2027-01-15", "two-dates", ""),
        ("free-mover January February", "date", "January"),
        ("free-mover 2027-01-15 15.2.2027", "date", "15.2.2027"),
        ("free-mover 2027-01-15T9 2027-02-15", "date", "2027-01-15T9"),
        ("free-mover 2027-02-29 2027-03-15", "no-such-moment", "2027-02-29"),
        ("free-mover 2027-01-15 2027-02-15T24:00", "no-such-moment", "2027-02-15T24:00"),
        ("free-mover 2027-01-15 9999-12-31", "no-such-moment", "9999-12-31"),
        ("free-mover 2027-03-28T02:30 2027-04-15", "clocks", "2027-03-28T02:30"),
        ("free-mover 2027-10-01 2027-10-31T02:30", "clocks", "2027-10-31T02:30"),
        ("free-mover 2027-02-15 2027-01-15", "order", "2027-01-15"),
        ("free-mover 2027-02-15T12:00 2027-02-15T12:00", "order", "2027-02-15T12:00"),
        ("free-mover 2026-11-01 2026-11-30", "past", "2026-11-30"),
        ("free-mover 2026-11-01 2028-12-01", "far", "2028-12-01"),
        (f"free-mover 2027-01-15 2027-02-15 {'x' * 301}", "long-note", "300"),
        ("free-mover 2027-01-15 2027-02-15 javascript:alert(1)", "link", "javascript:alert(1)"),
        (f"free-mover 2027-01-15 2027-02-15 https://{'x' * 300}", "long-note", "300"),
    ],
)
def test_what_cannot_be_is_named(text: str, key: str, names: str) -> None:
    found = fault(text)
    assert found.key == f"staff.fault.{key}"
    assert names in found.params.values() or not names


def test_the_hours_around_the_gap_and_the_repeated_one_are_understood() -> None:
    assert read_moment("2027-03-28T01:59", ROME) == (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), True)
    assert read_moment("2027-03-28T03:00", ROME) == (datetime(2027, 3, 28, 1, tzinfo=UTC), True)
    assert read_moment("2027-10-31T03:00", ROME) == (datetime(2027, 10, 31, 2, tzinfo=UTC), True)
    assert read_moment("2027-10-31", ROME, end=True) == (datetime(2027, 10, 31, 23, tzinfo=UTC), False)


def test_a_call_may_be_open_already_but_not_over() -> None:
    assert isinstance(read_dates("2026-11-01", "2026-12-01", ROME, NOW), Dates)
    over = read_dates("2026-11-01", "2026-12-01T10:00", ROME, NOW)
    assert isinstance(over, Fault)
    assert over.key == "staff.fault.past"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("freemover", Programme.FREE_MOVER),
        ("free mvoer", Programme.FREE_MOVER),
        ("free mvoer call", Programme.FREE_MOVER),
        ("Erasmus+ traineship", Programme.ERASMUS_TRAINEESHIP),
        ("Erasmus-Studio,", Programme.ERASMUS_STUDY),
        ("erasmus-trainership", Programme.ERASMUS_TRAINEESHIP),
        ("extraeu", Programme.EXTRA_EU),
        ("erasmus", None),
        ("thesis", None),
        ("moon", None),
        ("", None),
    ],
)
def test_a_slip_of_the_keyboard_is_guessed_where_it_is_obvious(text: str, meant: Programme | None) -> None:
    assert near(text, KNOWLEDGE) == meant


@given(st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    assert isinstance(read_call(text, KNOWLEDGE, ROME, NOW), Written | Fault)
    assert isinstance(read_call(f"free-mover {text}", KNOWLEDGE, ROME, NOW), Written | Fault)
    near(text, KNOWLEDGE)


@given(st.datetimes(datetime(2026, 12, 2), datetime(2028, 10, 1)), st.integers(1, 59))
def test_a_moment_is_read_as_it_is_written(at: datetime, days: int) -> None:
    closes = at + timedelta(days=days)
    found = read_call(f"extra-eu {at:%Y-%m-%d} {closes:%Y-%m-%dT%H:%M}", KNOWLEDGE, ROME, NOW)
    if isinstance(found, Fault):
        assert found.key == "staff.fault.clocks"
    else:
        shown = found.dates.closes_at.astimezone(ROME)
        assert f"{shown:%Y-%m-%dT%H:%M}" == f"{closes:%Y-%m-%dT%H:%M}"
        assert found.dates.first_day(ROME) == at.date()


def test_an_hour_may_be_written_with_a_full_stop() -> None:
    assert read_moment("2027-02-15T12.00", ROME) == read_moment("2027-02-15T12:00", ROME)
    assert read_moment("2027-02-15t9.30", ROME) == (local(2027, 2, 15, 9, 30), True)


def test_what_names_no_programme_is_told_whole() -> None:
    assert fault("free mvoer 2027-01-15 2027-02-15").params["value"] == "free mvoer"
    assert fault("2027-01-15 2027-02-15").params["value"] == "2027-01-15"
