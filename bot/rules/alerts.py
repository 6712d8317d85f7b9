"""Who hears what, when: the alerts a call leads to, quiet hours, and what a moved date makes of what was planned.

All moments are UTC; hours and days are the desk's (Europe/Rome). A local hour becomes a moment here, when an alert is
planned, so whoever sends it never meets summer time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.rules.calls import OPENING_HOUR, Call, Window, moment_in
from bot.rules.programmes import Programme

ALL = "all"
"""A subscription to every programme there is or will be."""
AWAKE = (9, 20)
"""The hours between which alerts arrive where nobody chose others."""
EVENING = OPENING_HOUR.replace(hour=18)
LATE = timedelta(minutes=15)
"""An alert that leaves this long after its moment is marked late, and the desk is told that it does not get through."""
USUAL_AHEAD = timedelta(days=14)
"""How long before a usual window it is spoken of."""


class Kind(StrEnum):
    """Kinds of alerts, as students switch them on and off."""

    OPENING = "opening"
    CLOSING_14 = "closing-14"
    CLOSING_7 = "closing-7"
    CLOSING_1 = "closing-1"
    CLOSING_DAY = "closing-day"
    CHANGES = "changes"
    USUAL = "usual"
    DEADLINES = "deadlines"


DAYS_BEFORE = {Kind.CLOSING_14: 14, Kind.CLOSING_7: 7, Kind.CLOSING_1: 1, Kind.CLOSING_DAY: 0}
"""The alerts that count down to the closing day, and the days they are ahead of it."""

COVERED = frozenset({Kind.CLOSING_14, Kind.CLOSING_7, Kind.CLOSING_1})
"""The alerts that the next one covers: late ones that would have to come at night do not come at all."""


class Letter(StrEnum):
    """Kinds of messages to many, beside those of :class:`Kind`."""

    MOVED = "moved"
    WITHDRAWN = "withdrawn"
    BROADCAST = "broadcast"
    DELETION = "deletion"


MUTED_BY = {Letter.MOVED: Kind.CHANGES, Letter.WITHDRAWN: Kind.CHANGES}
"""Which switch of a student's silences a letter; a broadcast has none."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a student wants to hear of.

    ``subscribed`` holds programmes or ``all``; ``awake`` the first hour at which alerts may arrive and the hour from
    which on they may not; ``paused`` is True after they could not be reached, until they write again; ``deadlines``
    whether they are reminded of the days of their own plan.
    """

    subscribed: frozenset[str] = frozenset()
    muted: frozenset[Kind] = frozenset()
    awake: tuple[int, int] = AWAKE
    paused: bool = False
    deadlines: bool = False

    def follows(self, programme: str) -> bool:
        """Whether they are subscribed to ``programme``, by itself or with all."""
        return bool(self.subscribed & {programme, ALL})

    def subscribe(self, what: str) -> Wishes:
        """The wishes after subscribing to a programme, or to ``all``; whoever asks for alerts wants them to go on."""
        chosen = frozenset({ALL}) if what == ALL else self.subscribed | {what}
        return replace(self, subscribed=chosen)

    def unsubscribe(self, what: str) -> Wishes:
        """The wishes after unsubscribing from a programme, or from ``all``; all but one leaves the others."""
        if what == ALL:
            return replace(self, subscribed=frozenset())
        every = frozenset(Programme) if ALL in self.subscribed else self.subscribed
        return replace(self, subscribed=frozenset(str(each) for each in every) - {what})

    def switch(self, kind: Kind) -> Wishes:
        """The wishes after a kind of alert was switched on or off."""
        return replace(self, muted=self.muted ^ {kind})


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a call: when it is due, and from when on it is pointless."""

    kind: Kind
    due_at: datetime
    expires_at: datetime


def alerts(call: Call, zone: ZoneInfo, now: datetime) -> list[Alert]:
    """The alerts of a call that are still to go out at ``now``, soonest first.

    A call that is open already is told at once. A reminder whose moment has passed is left out, and so is one that
    would come no later than the opening; each is pointless once the next one is due.
    """
    if not call.lives(now):
        return []
    opening = max(_opening(call, zone), now)
    before = [(kind, due) for kind, due in _closing(call, zone) if due > opening]
    ends = [due for _, due in before[1:]] + [call.dates.closes_at]
    planned = [Alert(kind, due, end) for (kind, due), end in zip(before, ends, strict=False)]
    return [Alert(Kind.OPENING, opening, call.dates.closes_at), *planned]


def _opening(call: Call, zone: ZoneInfo) -> datetime:
    """9:00 on the opening day, or the opening itself where that is later (and before the closing)."""
    at_nine = moment_in(zone, call.dates.first_day(zone), OPENING_HOUR)
    due = max(at_nine, call.dates.opens_at)
    return due if due < call.dates.closes_at else call.dates.opens_at


def _closing(call: Call, zone: ZoneInfo) -> Iterator[tuple[Kind, datetime]]:
    last_day = call.dates.last_day(zone)
    for kind, days in DAYS_BEFORE.items():
        due = moment_in(zone, last_day - timedelta(days=days), OPENING_HOUR)
        if due > call.dates.closes_at - timedelta(hours=1):  # it closes in the morning: the evening before
            due = moment_in(zone, last_day - timedelta(days=1), EVENING)
        yield kind, due


def usual_alert(window: Window, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the coming of a usual window is told, and from when on that is pointless."""
    due = moment_in(zone, window.opens_on - USUAL_AHEAD, OPENING_HOUR)
    return due, moment_in(zone, window.opens_on + timedelta(days=1), OPENING_HOUR.replace(hour=0))


def awake_at(at: datetime, awake: tuple[int, int], zone: ZoneInfo, expires_at: datetime | None) -> datetime:
    """When an alert due at ``at`` may arrive: then, or when the student's day begins.

    What would be pointless by then comes at night rather than never.
    """
    begin, end = awake
    local = at.astimezone(zone)
    if begin <= local.hour < end:
        return at
    day = local.date() if local.hour < begin else local.date() + timedelta(days=1)
    morning = moment_in(zone, day, OPENING_HOUR.replace(hour=begin))
    return at if expires_at is not None and morning >= expires_at else morning


# What a moved date makes of what was planned


@dataclass(frozen=True, slots=True)
class Planned:
    """An alert of a call as it stands in the tables.

    ``anchor`` is the moment it was planned by: the opening, or the closing. ``waiting``: nobody has been written to.
    ``ended``: everybody has.
    """

    id: int
    kind: Kind
    due_at: datetime
    anchor: datetime
    waiting: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class Repair:
    """What is to be done so that the tables agree with a call: move, cancel, plan anew."""

    moved: list[tuple[int, Alert]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    planned: list[Alert] = field(default_factory=list)


def anchor(kind: Kind, call: Call) -> datetime:
    """The moment of a call that an alert is about."""
    return call.dates.opens_at if kind is Kind.OPENING else call.dates.closes_at


def repair(call: Call, existing: Iterable[Planned], zone: ZoneInfo, now: datetime) -> Repair:
    """Bring the alerts of a call in line with its dates.

    What waits is moved or cancelled. What is under way is stopped if the moment it speaks of changed: its last copies
    would be stale. What was told once is told again only of a new moment that is still to come.
    """
    wanted, result = {alert.kind: alert for alert in alerts(call, zone, now)}, Repair()
    standing = list(existing)
    for old in standing:
        alert = wanted.get(old.kind)
        if old.waiting and alert:
            result.moved.append((old.id, alert))
        elif old.waiting or (not old.ended and not _still_true(old, call, now)):
            result.cancelled.append(old.id)
    for kind, alert in wanted.items():
        told = [old for old in standing if old.kind is kind and not old.waiting]
        waiting = any(old.kind is kind and old.waiting for old in standing)
        if not waiting and not any(_still_true(old, call, now) for old in told):
            result.planned.append(alert)
    return result


def _still_true(old: Planned, call: Call, now: datetime) -> bool:
    """Whether an alert that went out, or goes out now, still speaks of the right moment.

    That a call is open stays true however its opening was corrected, as long as it is open.
    """
    if not call.lives(now):
        return False
    if old.kind is Kind.OPENING and call.dates.opens_at <= now:
        return True
    return old.anchor == anchor(old.kind, call)
