"""A student's plan: year, goal, destination and dates, read from what a person or a program wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from bot.rules.programmes import Destination, Goal

T = TypeVar("T")

LAST_YEAR = 6
"""Medicine is a single-cycle degree of six years."""
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
"""Dates outside these are slips of the pen."""
MOST_MONTHS = 1200
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
"""How a day is written; Python by itself also reads weeks, days without dashes, and some of what follows them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a student would like to do; ``None`` wherever they have not said.

    ``year`` is the year of the degree the student is in today (1 to 6), None for a graduate.
    ``start`` and ``end`` are the first and the last day abroad.
    """

    year: int | None
    months_since_graduation: int | None = None
    goal: Goal | None = None
    destination: Destination | None = None
    start: date | None = None
    end: date | None = None

    @property
    def graduated(self) -> bool:
        """Whether the student has the degree already."""
        return self.year is None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an input cannot be used: the key of a message, and what goes into it."""

    key: str
    params: Mapping[str, str]


class _Refused(Exception):
    def __init__(self, key: str, **params: str) -> None:
        self.fault = Fault(f"fault.{key}", params)


def read_plan(raw: Mapping[str, Any], today: date) -> tuple[Plan, date] | Fault:
    """A plan and the day it is asked on from the keys of the ``bot plan`` contract.

    Args:
        raw: ``year`` and, each optional, ``months_since_graduation, goal, destination, start, end, today``; days as
            ``YYYY-MM-DD``.
        today: The day it is asked on unless ``raw`` names one.
    """
    try:
        return _plan(raw, _day(raw, "today") or today)
    except _Refused as refused:
        return refused.fault


def check_dates(start: date | None, end: date | None) -> Fault | None:
    """What is wrong with the first and last day of a stay, if anything."""
    for day in (start, end):
        if day and not EARLIEST <= day <= LATEST:
            return Fault("fault.date-range", {"value": day.isoformat()})
    if start and end and end < start:
        return Fault("fault.end-before-start", {"start": start.isoformat(), "end": end.isoformat()})
    return None


def _plan(raw: Mapping[str, Any], today: date) -> tuple[Plan, date]:
    start, end = _day(raw, "start"), _day(raw, "end")
    if fault := check_dates(start, end) or check_dates(today, None):
        raise _Refused(fault.key.removeprefix("fault."), **fault.params)
    year = _year(raw)
    plan = Plan(
        year=year,
        months_since_graduation=_months(raw) if year is None else None,
        goal=_one_of(raw, "goal", Goal),
        destination=_one_of(raw, "destination", Destination),
        start=start,
        end=end,
    )
    return plan, today


def _given(raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    text = "" if value is None else str(value).strip()
    return text or None


def _year(raw: Mapping[str, Any]) -> int | None:
    text = _given(raw, "year")
    if text is None:
        raise _Refused("year-missing")
    if text.lower() == "graduated":
        return None
    if text in {str(year) for year in range(1, LAST_YEAR + 1)}:
        return int(text)
    raise _Refused("year", value=text)


def _months(raw: Mapping[str, Any]) -> int | None:
    text = _given(raw, "months_since_graduation")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MOST_MONTHS)) or int(text) > MOST_MONTHS:
        raise _Refused("months", value=text)
    return int(text)


def _day(raw: Mapping[str, Any], key: str) -> date | None:
    text = _given(raw, key)
    if text is None:
        return None
    if DAY.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise _Refused("date", name=key, value=text)


def _one_of(raw: Mapping[str, Any], key: str, kind: Callable[[str], T]) -> T | None:
    text = _given(raw, key)
    if text is None:
        return None
    try:
        return kind(text.lower())
    except ValueError:
        raise _Refused(key, value=text) from None
