"""Academic years and the windows in which calls usually open.

Days are calendar days in Milan. An academic year runs from 1 October to 30 September and is named by the calendar year
it begins in: 2026 is the academic year 2026/27.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from dateutil.relativedelta import relativedelta
from pydantic import ConfigDict, Field

from bot.rules.programmes import Length

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
