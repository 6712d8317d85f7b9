"""The desk's working time: when it is open, why it is not, and how much working time lies between two moments.

Hours and days are the desk's, in the zone that is given; moments are aware and come back in UTC. A span of hours is
open at the moment it begins and closed at the moment it ends. Every function here looks at real moments, so on the
nights the clocks change an hour that happens twice counts twice, and one that is skipped not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise, takewhile
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from holidays import country_holidays
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.rules.calls import moment_in
from bot.rules.messages import LANGS, Lang

HORIZON = 400
"""How many days ahead an opening is looked for."""
LOCALES: Mapping[Lang, str] = {"en": "en_US", "it": "it_IT"}
"""What the list of holidays calls our languages; any other name for one it answers in a language of its own choice."""
SATURDAY = 5
LEAP_YEAR = 2028
"""A year that has every day there is."""
STRICT = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
"""For values read from a file: an unknown key is a fault."""
SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
EVERY_YEAR = re.compile(r"\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of one day, from the moment it is ``opens`` until it is ``closes``."""

    opens: time
    closes: time


def _span(value: object) -> Span:
    """Reads ``09:00-13:00``."""
    if isinstance(value, Span):
        return value
    found = SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write hours as 09:00-13:00")
    span = Span(time.fromisoformat(found[1]), time.fromisoformat(found[2]))
    if span.opens >= span.closes:
        raise ValueError("hours end after they begin, on the same day")
    return span


def _ordered(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    if any(after.opens < before.closes for before, after in pairwise(spans)):
        raise ValueError("the hours of a day follow each other and do not overlap")
    return spans


def _day(value: object) -> str:
    """Reads ``08-15``, every year, or ``2026-08-15``."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    written = str(value).strip()
    every_year = EVERY_YEAR.fullmatch(written)
    try:
        day = date.fromisoformat(f"{LEAP_YEAR}-{written}" if every_year else written)
    except ValueError:
        raise ValueError("write a day as 08-15, for every year, or as 2026-08-15") from None
    return written if every_year else day.isoformat()


def _in_both(texts: Mapping[Lang, str]) -> Mapping[Lang, str]:
    if missing := [lang for lang in LANGS if not texts.get(lang)]:
        raise ValueError(f"missing: {', '.join(missing)}")
    return texts


Hours = Annotated[tuple[Annotated[Span, BeforeValidator(_span)], ...], AfterValidator(_ordered)]
Day = Annotated[str, BeforeValidator(_day)]
Texts = Annotated[Mapping[Lang, str], AfterValidator(_in_both)]


class Week(BaseModel):
    """The hours of each weekday; none: the desk does not work on it."""

    model_config = STRICT

    monday: Hours = ()
    tuesday: Hours = ()
    wednesday: Hours = ()
    thursday: Hours = ()
    friday: Hours = ()
    saturday: Hours = ()
    sunday: Hours = ()

    def on(self, day: date) -> tuple[Span, ...]:
        """The hours of the weekday of ``day``."""
        week = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)
        return week[day.weekday()]


class Spell(BaseModel):
    """Days on which the desk is closed, the first and the last included: once, or every year.

    Days of every year (``12-24``) may lead over New Year.
    """

    model_config = STRICT

    first: Day = Field(alias="from")
    last: Day = Field(alias="until")
    why: Texts

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if len(self.first) != len(self.last):
            raise ValueError("from and until are both days of every year (08-15) or both of one year (2026-08-15)")
        if self.first > self.last and not EVERY_YEAR.fullmatch(self.first):
            raise ValueError("until is not before from")
        return self

    def covers(self, day: date) -> bool:
        """Whether the desk is closed on ``day`` for this."""
        written = day.isoformat()[-len(self.first) :]
        if self.first > self.last:
            return written >= self.first or written <= self.last
        return self.first <= written <= self.last


class DeskHours(BaseModel):
    """``knowledge/desk-hours.yaml``: when the desk works.

    ``country`` (``IT``) and ``subdivision`` (``MI``: the province of Milan, for the patron's day) say whose public
    holidays it keeps.
    """

    model_config = STRICT

    weekly: Week
    country: str = Field(pattern=r"^[A-Z]{2}$")
    subdivision: str | None = None
    closed: tuple[Spell, ...] = ()

    @model_validator(mode="after")
    def _known_place(self) -> Self:
        try:
            country_holidays(self.country, subdiv=self.subdivision)
        except NotImplementedError as error:
            raise ValueError(str(error)) from None
        return self

    @model_validator(mode="after")
    def _ever_open(self) -> Self:
        if not any(self.weekly.on(date(LEAP_YEAR, 1, day)) for day in range(1, 8)):
            raise ValueError("at least one weekday needs hours")
        return self

    def spell(self, day: date) -> Spell | None:
        """The first of the closed spells that ``day`` lies in."""
        return next((spell for spell in self.closed if spell.covers(day)), None)

    def holiday(self, day: date) -> Mapping[Lang, str] | None:
        """What the public holiday on ``day`` is called in each language; None: it is none."""
        return _holidays(self.country, self.subdivision, day.year).get(day)

    def on(self, day: date) -> tuple[Span, ...]:
        """The hours the desk works on ``day``; none on a holiday or in a closed spell."""
        return () if self.spell(day) or self.holiday(day) else self.weekly.on(day)


@cache
def _holidays(country: str, subdivision: str | None, year: int) -> Mapping[date, Mapping[Lang, str]]:
    """The public holidays of a year with their names, kept once they are worked out."""
    english, italian = (
        country_holidays(country, subdiv=subdivision, years=year, expand=False, language=LOCALES[lang])
        for lang in LANGS
    )
    return {
        day: {"en": ", ".join(english.get_list(day)), "it": ", ".join(italian.get_list(day))} for day in sorted(english)
    }


class Why(StrEnum):
    """Whether the desk is open at a moment, and if not, why."""

    OPEN = "open"
    AFTER_HOURS = "after-hours"
    """A day on which it works, before, between or after its hours."""
    WEEKEND = "weekend"
    DAY_OFF = "day-off"
    """Another weekday on which it never works."""
    HOLIDAY = "holiday"
    SPELL = "spell"
    """One of the closed spells of its file."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the desk is closed; ``name`` is what the holiday is called, or the reason given for the spell."""

    why: Why
    name: Mapping[Lang, str] | None = None


def is_open(hours: DeskHours, at: datetime, zone: ZoneInfo) -> bool:
    """Whether the desk is at work; at the moment its hours end it no longer is."""
    now = at.astimezone(UTC)  # moments of two zones never compare as equal in the hour that happens twice
    return any(begins == now for begins, _ in _shifts(hours, now, zone, 0))


def next_opening(hours: DeskHours, at: datetime, zone: ZoneInfo) -> datetime | None:
    """``at`` itself if the desk is open, else when it next opens; None: not within ``HORIZON`` days."""
    return next((begins for begins, _ in _shifts(hours, at, zone, HORIZON)), None)


def after(hours: DeskHours, at: datetime, duration: timedelta, zone: ZoneInfo) -> datetime:
    """The first moment at which so much desk time has passed since ``at``; the clock stands still while it is closed.

    A duration that is used up just when the desk closes ends then, not at the next opening; none at all ends at ``at``,
    whether the desk is open or not.

    Raises:
        ValueError: The duration is negative, or the desk is not open for so long within ``HORIZON`` days.
    """
    if duration < timedelta():
        raise ValueError("desk time is counted forwards only")
    if not duration:
        return at.astimezone(UTC)
    for begins, ends in _shifts(hours, at, zone, HORIZON):
        if duration <= ends - begins:
            return begins + duration
        duration -= ends - begins
    raise ValueError(f"the desk is not open for so long within {HORIZON} days")


def between(hours: DeskHours, start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """How much desk time passes from ``start`` to ``end``; none where the end is not later."""
    stop = end.astimezone(UTC)
    days = (end.astimezone(zone).date() - start.astimezone(zone).date()).days
    shifts = takewhile(lambda shift: shift[0] < stop, _shifts(hours, start, zone, days))
    return sum((min(ends, stop) - begins for begins, ends in shifts), timedelta())


def why_closed(hours: DeskHours, at: datetime, zone: ZoneInfo) -> Reason:
    """Why the desk is closed at ``at``, or that it is open.

    Where several reasons hold, the one that lasts longest is given: a closed spell, then a holiday, then the weekend.
    """
    day = at.astimezone(zone).date()
    if is_open(hours, at, zone):
        return Reason(Why.OPEN)
    if spell := hours.spell(day):
        return Reason(Why.SPELL, spell.why)
    if name := hours.holiday(day):
        return Reason(Why.HOLIDAY, name)
    if hours.weekly.on(day):
        return Reason(Why.AFTER_HOURS)
    return Reason(Why.WEEKEND if day.weekday() >= SATURDAY else Why.DAY_OFF)


def _shifts(hours: DeskHours, since: datetime, zone: ZoneInfo, days: int) -> Iterator[tuple[datetime, datetime]]:
    """When the desk is at work from ``since`` on, through so many days after it, as moments in UTC, soonest first.

    One that is under way begins at ``since``. No two overlap, even where an hour that the clocks skip was moved behind
    the gap.
    """
    counted, today = since.astimezone(UTC), since.astimezone(zone).date()
    for ahead in range(days + 1):
        day = today + timedelta(days=ahead)
        for span in hours.on(day):
            begins, ends = max(counted, moment_in(zone, day, span.opens)), moment_in(zone, day, span.closes)
            if begins < ends:
                yield begins, ends
                counted = ends
