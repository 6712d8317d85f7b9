"""A calendar file (RFC 5545, with the name of RFC 7986) that a student opens or imports in their own calendar.

A calendar knows an event by its ``uid``: opening a later file with the same one moves the event there, if its
``sequence`` is higher, and opening one that says it is cancelled strikes it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vText

MAKER = "-//IMS Erasmus desk//Mobility desk//EN"
LENGTH_OF_A_MOMENT = timedelta(minutes=15)
MILAN = "Europe/Rome"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What a text in a calendar file may not hold; line ends are escaped instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the file; its texts are plain, without mark-up.

    ``uid`` stays the same for the life of the thing, and ``sequence`` rises with every change. ``start`` is a day (an
    event that takes the whole day) or an aware moment. ``remind`` is how long before the start an alarm rings, None for
    no alarm; a whole day starts at midnight, so that 15 hours before is nine o'clock on the day before.
    """

    uid: str
    summary: str
    description: str
    start: date | datetime
    sequence: int
    cancelled: bool = False
    url: str = ""
    remind: timedelta | None = timedelta(days=1)


def calendar(entries: Iterable[Entry], now: datetime, name: str) -> bytes:
    """The file, as UTF-8, under the ``name`` that calendars show for it.

    A moment becomes an event of 15 minutes that begins at it, for want of a better: a length of zero can only be
    written by leaving the end out, and Microsoft Exchange does not import such an event; an end at the moment itself
    would show the wrong hour. It never runs past midnight in Milan, or a call that closes at 23:59 would stand on two
    days. Moments are written in UTC, so that the file needs no table of time zones and no clock change can shift them.

    A calendar without entries is a file without events; there is little point in sending it.

    Args:
        entries: The events, cancelled ones too.
        now: The aware moment at which the file is made.
        name: The calendar's name.

    Raises:
        ValueError: A moment has no time zone.
    """
    file = Calendar()
    file.add("prodid", MAKER)
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    for key in ("name", "x-wr-calname"):
        file.add(key, vText(_clean(name)))  # the library takes either for a bare value and would not escape it
    for entry in entries:
        file.add_component(_event(entry, _utc(now)))
    written: bytes = file.to_ical()
    return written


def _event(entry: Entry, now: datetime) -> Event:
    event = Event()
    start, end = _span(entry.start)
    event.add("uid", entry.uid)
    event.add("dtstamp", now)
    event.add("last-modified", now)
    event.add("sequence", entry.sequence)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", _clean(entry.summary))
    event.add("description", _clean(entry.description))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if entry.url:
        event.add("url", entry.url)
    if entry.remind is not None and not entry.cancelled:
        event.add_component(_alarm(entry, entry.remind))
    return event


def _span(start: date | datetime) -> tuple[date, date]:
    """The first moment or day of an event, and the first that is no longer part of it."""
    if not isinstance(start, datetime):
        return start, start + timedelta(days=1)
    begin = _utc(start)
    zone = ZoneInfo(MILAN)
    midnight = datetime.combine(begin.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return begin, min(begin + LENGTH_OF_A_MOMENT, midnight.astimezone(UTC))


def _alarm(entry: Entry, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _clean(entry.summary))
    alarm.add("trigger", -before)
    return alarm


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


def _clean(text: str) -> str:
    return CONTROL.sub("", text)
