"""A calendar file, read back as a student's calendar reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Alarm, Calendar, Event

from bot.rules.calendar import Entry, calendar

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
DAY = Entry("deadline-7@desk", "Free Mover: last day to apply", "Write to the desk.", date(2027, 6, 1), 0)
MOMENT = replace(DAY, uid="call-12-closes@desk", start=datetime(2027, 2, 26, 11, 0, tzinfo=UTC))


def read(*entries: Entry, name: str = "Erasmus desk") -> list[Event]:
    """The events of a file, and a look at what every line of it has to keep to."""
    file = calendar(entries, NOW, name)
    assert file.endswith(b"END:VCALENDAR\r\n")
    for line in file.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= 75
        assert line.decode()
        assert b"\n" not in line
        assert b"\r" not in line
    return Calendar.from_ical(file).events


def only(entry: Entry) -> Event:
    (event,) = read(entry)
    return event


def span(event: Event) -> tuple[datetime, datetime]:
    """The first and last moment of an event that is none of a whole day."""
    begin, end = event.DTSTART, event.DTEND
    assert isinstance(begin, datetime)
    assert isinstance(end, datetime)
    assert begin.utcoffset() == end.utcoffset() == timedelta(0)
    return begin, end


def alarms(entry: Entry) -> list[Alarm]:
    return [part for part in only(entry).subcomponents if isinstance(part, Alarm)]


def test_the_file_says_what_it_is() -> None:
    written = calendar([DAY], NOW, "Scadenze, più; 📅")
    assert "\r\nNAME:Scadenze\\, più\\; 📅\r\nX-WR-CALNAME:Scadenze\\, più\\; 📅\r\n".encode() in written
    file = Calendar.from_ical(written)
    assert str(file["PRODID"]).startswith("-//")
    assert (file["VERSION"], file["METHOD"]) == ("2.0", "PUBLISH")


def test_a_day_is_an_event_that_takes_the_whole_day() -> None:
    file = calendar([DAY], NOW, "Desk")
    assert b"\r\nDTSTART;VALUE=DATE:20270601\r\nDTEND;VALUE=DATE:20270602\r\n" in file
    event = only(DAY)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("deadline-7@desk", 0, "CONFIRMED")
    assert (event["SUMMARY"], event["DESCRIPTION"]) == (DAY.summary, DAY.description)
    assert event["TRANSP"] == "TRANSPARENT"
    assert event.DTSTAMP == event.LAST_MODIFIED == NOW
    assert "URL" not in event


@pytest.mark.parametrize(
    ("day", "after"),
    [
        (date(2027, 2, 28), date(2027, 3, 1)),
        (date(2028, 2, 28), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2027, 3, 28), date(2027, 3, 29)),
        (date(2027, 10, 31), date(2027, 11, 1)),
    ],
)
def test_the_end_of_a_day_is_the_day_after(day: date, after: date) -> None:
    event = only(replace(DAY, start=day))
    assert (day, after) == (event.DTSTART, event.DTEND)


def test_a_moment_is_fifteen_minutes_in_utc() -> None:
    file = calendar([MOMENT], NOW, "Desk")
    assert b"\r\nDTSTART:20270226T110000Z\r\nDTEND:20270226T111500Z\r\n" in file
    assert b"TZID" not in file


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (datetime(2027, 3, 28, 1, 59, tzinfo=ROME), datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        (datetime(2027, 3, 28, 3, 0, tzinfo=ROME), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        (datetime(2027, 3, 28, 12, 0, tzinfo=ROME), datetime(2027, 3, 28, 10, 0, tzinfo=UTC)),
        (datetime(2027, 10, 31, 2, 50, tzinfo=ROME), datetime(2027, 10, 31, 0, 50, tzinfo=UTC)),
        (datetime(2027, 10, 31, 2, 50, fold=1, tzinfo=ROME), datetime(2027, 10, 31, 1, 50, tzinfo=UTC)),
        (datetime(2027, 10, 31, 12, 0, tzinfo=ROME), datetime(2027, 10, 31, 11, 0, tzinfo=UTC)),
        (datetime(2027, 6, 1, 12, 0, tzinfo=timezone(timedelta(hours=5))), datetime(2027, 6, 1, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_moment_keeps_its_hour_where_the_clocks_change(here: datetime, there: datetime) -> None:
    event = only(replace(MOMENT, start=here))
    assert span(event) == (there, there + timedelta(minutes=15))


@pytest.mark.parametrize("day", [date(2027, 2, 26), date(2027, 3, 27), date(2027, 3, 28), date(2027, 10, 31)])
@pytest.mark.parametrize(("minute", "length"), [(59, 1), (50, 10), (45, 15), (44, 15)])
def test_a_moment_late_in_the_evening_stays_on_its_day_in_milan(day: date, minute: int, length: int) -> None:
    event = only(replace(MOMENT, start=datetime(day.year, day.month, day.day, 23, minute, tzinfo=ROME)))
    begin, end = span(event)
    assert end - begin == timedelta(minutes=length)
    assert end.astimezone(ROME) <= datetime(day.year, day.month, day.day, tzinfo=ROME) + timedelta(days=1)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    naive = datetime(2027, 2, 26, 11, 0)
    with pytest.raises(ValueError, match="without a time zone"):
        calendar([replace(MOMENT, start=naive)], NOW, "Desk")
    with pytest.raises(ValueError, match="without a time zone"):
        calendar([MOMENT], naive, "Desk")


def test_an_alarm_rings_a_day_before_unless_told_otherwise() -> None:
    (alarm,) = alarms(DAY)
    assert (alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", DAY.summary)
    assert timedelta(days=-1) == alarm.TRIGGER
    assert alarms(replace(DAY, remind=None)) == []


@pytest.mark.parametrize("before", [timedelta(hours=15), timedelta(0), timedelta(days=7), timedelta(days=1, hours=2)])
def test_an_alarm_rings_as_long_before_as_it_is_told(before: timedelta) -> None:
    (alarm,) = alarms(replace(MOMENT, remind=before))
    assert -before == alarm.TRIGGER


def test_a_moved_event_is_the_same_with_a_higher_sequence() -> None:
    before, after = only(DAY), only(replace(DAY, start=date(2027, 6, 8), sequence=1))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert date(2027, 6, 8) == after.DTSTART


def test_a_cancelled_event_says_so_and_rings_no_more() -> None:
    entry = replace(DAY, sequence=2, cancelled=True)
    event = only(entry)
    assert (event["UID"], event["STATUS"], event["SEQUENCE"]) == (DAY.uid, "CANCELLED", 2)
    assert alarms(entry) == []


def test_a_calendar_without_entries_can_be_read() -> None:
    assert read() == []


def test_three_hundred_entries_keep_their_order() -> None:
    first = date(2027, 1, 1)
    entries = [replace(DAY, uid=f"deadline-{at}@desk", start=first + timedelta(days=at)) for at in range(300)]
    assert [(event["UID"], event.DTSTART) for event in read(*entries)] == [(each.uid, each.start) for each in entries]


@pytest.mark.parametrize(
    "text",
    [
        "Perché è così: l'attività, più in là, sarà già finita; città università " * 4,
        "Two lines,\nand a third\n\nafter an empty one; \\n is no line",
        "🎓📅✈️👩‍⚕️" * 30,
        "a:b;c,d\\e \"f\" 'g' <b>h</b> & i\tj",
        " begins and ends with a space ",
        "x" * 500,
    ],
)
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    event = only(replace(DAY, summary=text, description=text))
    assert event["SUMMARY"] == event["DESCRIPTION"] == text


def test_a_long_address_is_read_back_as_it_was() -> None:
    url = "https://www.unimi.it/it/internazionale?" + "&".join(f"parte{at}=a,b;c" for at in range(20))
    assert only(replace(DAY, url=url))["URL"] == url


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=200))
def test_any_text_without_control_characters_is_read_back_as_it_was(text: str) -> None:
    assert only(replace(DAY, summary=text))["SUMMARY"] == text


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_control_characters_never_break_the_file(text: str) -> None:
    (event,) = read(replace(DAY, summary=text, description=text), name=text)
    assert event["UID"] == DAY.uid
    assert event["DESCRIPTION"] == event["SUMMARY"]
