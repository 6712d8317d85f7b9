"""Academic years, the windows in which calls usually open, and calls as the desk announced them.

Days are calendar days in Milan. An academic year runs from 1 October to 30 September and is named by the calendar year
it begins in: 2026 is the academic year 2026/27.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from pydantic import ConfigDict, Field

from bot.rules.programmes import Length, Programme, Rules

FIRST_MONTH = 10
"""October, the first month of the academic year."""


@dataclass(frozen=True, slots=True)
class UsualCall:
    """The months in which a call is usually open, every year; it counts as open through its last day.

    ``fact`` is the id of the fact that says so.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    from_month: Annotated[int, Field(alias="from", ge=1, le=12)]
    to_month: Annotated[int, Field(alias="to", ge=1, le=12)]
    fact: str


@dataclass(frozen=True, slots=True)
class Window:
    """A usual call in one particular year: its first and last day."""

    opens_on: date
    closes_on: date


def academic_year(day: date) -> int:
    """The calendar year in which the academic year of ``day`` begins."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def last_day_of_academic_year(year: int) -> date:
    """30 September of the academic year that begins in ``year``."""
    return date(year + 1, FIRST_MONTH, 1) - timedelta(days=1)


def later(day: date, length: Length) -> date:
    """``day`` plus ``length``; months are cut to the month's last day (30 January plus one: 28 or 29 February)."""
    return day + relativedelta(months=length.months, days=length.days)


def earlier(day: date, length: Length) -> date:
    """``day`` minus ``length``, cut like :func:`later`: the careful reading of "a month before" at a month's end.

    From 31 January a month leads to 28 February and back only to 28 January, so a deadline counted back may be up to
    three days stricter than the rule that is judged forward.
    """
    return day - relativedelta(months=length.months, days=length.days)


def last_day_of_stay(start: date, length: Length) -> date:
    """The last day of a stay of ``length`` that begins on ``start``, both ends counted."""
    return later(start, length) - timedelta(days=1)


def windows(usual: Sequence[UsualCall], first: date, last: date) -> Iterator[Window]:
    """The usual calls whose last day lies from ``first`` through ``last``, soonest first."""
    found = []
    for call in usual:
        for year in range(first.year - 1, last.year + 1):
            closing_year = year + (call.to_month < call.from_month)
            closes_on = date(closing_year, call.to_month, monthrange(closing_year, call.to_month)[1])
            if first <= closes_on <= last:
                found.append(Window(date(year, call.from_month, 1), closes_on))
    yield from sorted(found, key=lambda window: window.closes_on)


def next_window(usual: Sequence[UsualCall], today: date) -> Window | None:
    """The usual call that is open today or opens next; None where the page names no months."""
    return next(windows(usual, today, today + relativedelta(months=13)), None)


class Standing(StrEnum):
    """Where an announced call stands at a moment."""

    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSING = "closing"
    """Open, and for no longer than ``CLOSING_DAYS``."""
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


CLOSING_DAYS = 14
OPENING_HOUR = time(9)
"""When a call whose hour of opening nobody gave is told to be open, and when reminders go, in the desk's zone."""


@dataclass(frozen=True, slots=True)
class Dates:
    """When a call opens and closes, as moments in UTC.

    Where the hour is not known, ``opens_at`` is the beginning of the first day and ``closes_at`` the end of the last.
    """

    opens_at: datetime
    closes_at: datetime
    opens_hour: bool = False
    closes_hour: bool = False

    def first_day(self, zone: ZoneInfo) -> date:
        """The day it opens on, in ``zone``."""
        return self.opens_at.astimezone(zone).date()

    def last_day(self, zone: ZoneInfo) -> date:
        """The day it closes on, in ``zone``; one that closes at midnight closes on the day that ends then."""
        return (self.closes_at - timedelta(microseconds=1)).astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the desk announced it.

    ``name`` is readable and unique (``erasmus-study:2027``); ``year`` the academic year it belongs to; ``revision``
    counts what was said of it, from 1; ``told`` holds what each earlier revision said, oldest first.
    """

    programme: Programme
    dates: Dates
    link: str = ""
    note: str = ""
    id: int = 0
    name: str = ""
    year: int = 0
    revision: int = 1
    withdrawn: bool = False
    told: tuple[Dates, ...] = ()

    def standing(self, now: datetime) -> Standing:
        """Where it stands at ``now``."""
        if self.withdrawn:
            return Standing.WITHDRAWN
        if now < self.dates.opens_at:
            return Standing.ANNOUNCED
        if now >= self.dates.closes_at:
            return Standing.CLOSED
        soon = self.dates.closes_at - now <= timedelta(days=CLOSING_DAYS)
        return Standing.CLOSING if soon else Standing.OPEN

    def lives(self, now: datetime) -> bool:
        """Whether it is open or still to open."""
        return self.standing(now) not in {Standing.CLOSED, Standing.WITHDRAWN}

    def at_revision(self, revision: int) -> Dates:
        """What ``revision`` said."""
        return self.told[revision - 1] if revision <= len(self.told) else self.dates

    def moved(self, dates: Dates) -> Call:
        """The call after its dates changed."""
        return replace(self, dates=dates, told=(*self.told, self.dates), revision=self.revision + 1)

    def taken_back(self) -> Call:
        """The call after it was withdrawn."""
        return replace(self, withdrawn=True, told=(*self.told, self.dates), revision=self.revision + 1)


def year_of_call(rules: Rules, dates: Dates, zone: ZoneInfo) -> int:
    """The academic year a call belongs to: the one after it, where the stay lies in the year that follows the call."""
    return academic_year(dates.first_day(zone)) + (rules.academic_year == "following")


def same_call(call: Call, programme: Programme, dates: Dates) -> bool:
    """Whether a call that is announced now looks like ``call``: one programme, and they overlap or are weeks apart."""
    near = timedelta(days=45)
    apart = dates.opens_at >= call.dates.closes_at + near or dates.closes_at + near <= call.dates.opens_at
    overlap = dates.opens_at < call.dates.closes_at and call.dates.opens_at < dates.closes_at
    starts_close = abs(dates.opens_at - call.dates.opens_at) <= near
    return call.programme is programme and not apart and (overlap or starts_close)


def in_window(call: Call, window: Window, zone: ZoneInfo) -> bool:
    """Whether a call is the one that is usually open in ``window``: the two share a day, or nearly."""
    near = timedelta(days=14)
    return call.dates.first_day(zone) <= window.closes_on + near and call.dates.last_day(zone) >= window.opens_on - near


def moment_in(zone: ZoneInfo, day: date, hour: time) -> datetime:
    """The moment it is ``hour`` on ``day`` in ``zone``; an hour the clocks skip is moved behind the gap."""
    local = datetime.combine(day, hour, tzinfo=zone)
    return local.astimezone(UTC)
