"""What was counted over some days: what students asked, what they got, and how long they waited for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

from bot.rules.calls import moment_in
from bot.rules.tickets import Origin, State

WEEK, MONTH, QUARTER, YEAR = 7, 30, 90, 365
WORDS: Mapping[str, int] = {
    "": WEEK, "week": WEEK, "settimana": WEEK, "month": MONTH, "mese": MONTH, "year": YEAR, "anno": YEAR,
}  # fmt: skip
"""The spans that have a name, in days."""

Key = TypeVar("Key")


class Fate(StrEnum):
    """What a question met with."""

    ANSWERED = "answered"
    SUGGESTED = "suggested"
    """Several answers were offered."""
    REJECTED = "rejected"
    """It got an answer, or several, and whoever asked said "that's not it"."""
    NONE = "none"
    """Nothing was found."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So many questions of one day, in one language, that met with the same.

    ``day`` counts the days of a span from 0; ``decision`` is the FAQ's, ``answer``, ``suggest`` or ``none``.
    """

    day: int
    language: str
    decision: str
    many: int
    rejected: bool = False

    @property
    def fate(self) -> Fate:
        """What they met with."""
        if self.decision == "none":
            return Fate.NONE
        if self.rejected:
            return Fate.REJECTED
        return Fate.ANSWERED if self.decision == "answer" else Fate.SUGGESTED


@dataclass(frozen=True, slots=True)
class Answered:
    """A ticket that was answered in a span: when it was opened and first answered, and whether that helped."""

    created_at: datetime
    answered_at: datetime
    helpful: bool | None


@dataclass(frozen=True, slots=True)
class Span:
    """So many days on the desk's calendar, the last of them today; it ends now."""

    first: date
    last: date
    zone: ZoneInfo
    now: datetime

    @classmethod
    def of(cls, days: int, now: datetime, zone: ZoneInfo) -> Self:
        """The last so many days."""
        today = now.astimezone(zone).date()
        return cls(today - timedelta(days=days - 1), today, zone, now)

    @property
    def days(self) -> int:
        """How many days it is."""
        return (self.last - self.first).days + 1

    @property
    def bounds(self) -> list[datetime]:
        """The midnights at which its days begin, and now."""
        midnights = (self.first + timedelta(days=day) for day in range(self.days))
        return [*(moment_in(self.zone, each, time()) for each in midnights), self.now.astimezone(UTC)]

    @property
    def before(self) -> tuple[datetime, datetime]:
        """The span it is compared with: the days before it, up to the hour it is now, or today would count for less."""
        length = timedelta(days=self.days)
        wall = self.now.astimezone(self.zone).replace(tzinfo=None) - length
        return moment_in(self.zone, self.first - length, time()), moment_in(self.zone, wall.date(), wall.time())


@dataclass(frozen=True, slots=True)
class Before:
    """What the span before had."""

    questions: int
    tickets: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was counted over a span. What is open, and who subscribes, is as of now."""

    span: Span
    counted: Sequence[Counted] = ()
    top: Sequence[tuple[str, int]] = ()
    """The answers most asked for, and how often."""
    missed: Sequence[str] = ()
    """What was not understood, newest first, without what may say who asked."""
    opened: Mapping[Origin, int] = field(default_factory=dict)
    answered: int = 0
    waits: Sequence[Answered] = ()
    """Of the tickets that were answered those whose waiting times are told."""
    open_now: Mapping[State, int] = field(default_factory=dict)
    waits_since: datetime | None = None
    """Since when the first of those waits that had no answer yet."""
    subscribers: int = 0
    before: Before | None = None
    """None: the desk does not know as much of the span before."""
    ever: bool = True
    """Whether anything was ever asked."""

    @property
    def questions(self) -> int:
        """How many questions were asked."""
        return sum(each.many for each in self.counted)

    @property
    def fates(self) -> Counter[Fate]:
        """How many questions met with what."""
        return added(self.counted, lambda each: each.fate)

    @property
    def empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.questions or self.opened or self.answered)

    @property
    def days(self) -> dict[int, Counter[Fate]]:
        """How many questions of each day, counted from 0, met with what; days without any are left out."""
        days: dict[int, Counter[Fate]] = {}
        for each in self.counted:
            days.setdefault(each.day, Counter())[each.fate] += each.many
        return days

    @property
    def waited(self) -> list[timedelta]:
        """How long each ticket waited for its first answer, by the clock."""
        return [each.answered_at - each.created_at for each in self.waits]

    @property
    def helpful(self) -> Counter[bool | None]:
        """How many of those answered said that it helped, that it did not, or nothing."""
        return Counter(each.helpful for each in self.waits)


def days_of(argument: str) -> int | None:
    """How many days ``/stats argument`` asks for; None: that is no span."""
    word = argument.strip().lower().removesuffix(" days").removesuffix(" giorni")
    if word in WORDS:
        return WORDS[word]
    days = int(word) if word.isdecimal() and len(word) <= len(str(YEAR)) else 0
    return days if 1 <= days <= YEAR else None


def added(counted: Sequence[Counted], key: Callable[[Counted], Key]) -> Counter[Key]:
    """How many questions there were of each ``key``."""
    added: Counter[Key] = Counter()
    for each in counted:
        added[key(each)] += each.many
    return added
