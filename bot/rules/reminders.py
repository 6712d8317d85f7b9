"""When a student is reminded of the days of their plan, and what a changed plan makes of the days that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.rules.buttons import Act, data
from bot.rules.calls import OPENING_HOUR, moment_in
from bot.rules.deadlines import Personal, What, resting_on
from bot.rules.letters import Voice
from bot.rules.messages import Button, Lang, Message
from bot.rules.programmes import Programme, Topic
from bot.rules.replies import sources

DAYS_BEFORE = (30, 14, 7, 1, 0)
"""How many days ahead of a deadline it is spoken of."""
NEWS_FOR = timedelta(days=30)
"""How long it is worth saying that a programme has opened to somebody."""


class Fate(StrEnum):
    """What became of a deadline that is kept."""

    OPEN = "open"
    DONE = "done"
    """The student ticked it."""
    GONE = "gone"
    """The plan no longer leads to it; it is kept so that a calendar can strike it out."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A deadline as it is kept; ``sequence`` counts its changes for calendars, and ``id`` is 0 before it is stored."""

    programme: Programme
    what: What
    on: date
    id: int = 0
    state: Fate = Fate.OPEN
    sequence: int = 0
    remind_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of a deadline: how many days ahead, when it is due, and from when on it is pointless."""

    days_before: int
    at: datetime
    ends: datetime


def reminders(what: What, on: date, zone: ZoneInfo) -> list[Reminder]:
    """All reminders of a day, the first to come first; each is pointless once the next is due.

    The last ends with its day. That a programme is open to somebody is said on the day, and stays news for a while.
    """
    days = (0,) if what is What.QUALIFIES else DAYS_BEFORE
    due = [moment_in(zone, on - timedelta(days=each), OPENING_HOUR) for each in days]
    over = moment_in(zone, on + (NEWS_FOR if what is What.QUALIFIES else timedelta(days=1)), time())
    return [Reminder(*each) for each in zip(days, due, [*due[1:], over], strict=True)]


def upcoming(what: What, on: date, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When a day is spoken of next, after ``now``; None: no more."""
    return next((each.at for each in reminders(what, on, zone) if each.at > now), None)


def overdue(what: What, on: date, zone: ZoneInfo, now: datetime) -> Reminder | None:
    """The reminder that is due at ``now``, of several the latest; None: none is, or the day is over."""
    return next((each for each in reminders(what, on, zone) if each.at <= now < each.ends), None)


def followed(kept: Iterable[Kept], days: Iterable[Personal], zone: ZoneInfo, now: datetime) -> tuple[Kept, ...]:
    """What has to be stored so that the deadlines that are kept are those of the plan, each with its next reminder.

    A day that moved, or that the plan leads to again, is open once more; one that was ticked stays ticked unless it
    moves; one that the plan no longer leads to is gone. A day that is over stays as it was.
    """
    before = {(each.programme, each.what): each for each in kept}
    after: dict[tuple[Programme, What], Kept] = {}
    for day in days:
        fresh = Kept(day.programme, day.what, day.on)
        after[day.programme, day.what] = _moved(before.get((day.programme, day.what)), fresh)
    today = now.astimezone(zone).date()
    for key, old in before.items():
        if key not in after and old.state is Fate.OPEN and old.on >= today:
            after[key] = replace(old, state=Fate.GONE, sequence=old.sequence + 1)
    planned = (replace(each, remind_at=_next(each, zone, now)) for each in after.values())
    return tuple(each for each in planned if each != before.get((each.programme, each.what)))


def _moved(old: Kept | None, fresh: Kept) -> Kept:
    if old is None:
        return fresh
    if old.on == fresh.on and old.state is not Fate.GONE:
        return old
    return replace(fresh, id=old.id, sequence=old.sequence + 1)


def _next(kept: Kept, zone: ZoneInfo, now: datetime) -> datetime | None:
    if kept.state is not Fate.OPEN:
        return None
    return kept.remind_at or upcoming(kept.what, kept.on, zone, now)


def message(voice: Voice, kept: Kept, arrives_on: date, lang: Lang) -> Message:
    """A reminder as it is true on the day it arrives."""
    days = (kept.on - arrives_on).days
    told = {"name": voice.name(kept.programme, lang), "on": kept.on, "days": days}
    if days <= 0:
        text = voice.say(lang, f"deadline-due-0.{kept.what}", **told)
    elif days == 1:
        text = voice.say(lang, f"deadline-due-1.{kept.what}", **told)
    else:
        text = voice.say(lang, f"deadline-due.{kept.what}", **told)
    return Message(f"📌 {text}\n\n{resting(voice, (kept,), lang)}", tuple(_ways_on(voice, kept, lang)))


def ticked(voice: Voice, kept: Kept, lang: Lang) -> Message:
    """What stands in place of a reminder once it is done, with the way back."""
    undo = Button(voice.plain(lang, "button.undo"), data(Act.TICK, kept.id, "undo"))
    return Message(f"✅ {day_line(voice, kept, lang)}", ((undo,),))


def day_line(voice: Voice, day: Personal | Kept, lang: Lang) -> str:
    """A day of a plan: "Free Mover: apply by 1 June 2027"."""
    return voice.say(lang, f"deadline.{day.what}", name=voice.name(day.programme, lang), on=day.on)


def resting(voice: Voice, days: Iterable[Personal | Kept], lang: Lang) -> str:
    """The line that names the pages the days of a plan come from."""
    programmes = voice.knowledge.programmes
    facts = (resting_on(programmes[day.programme].rules, day.what) for day in days)
    return sources(voice.knowledge, facts, lang)


def _ways_on(voice: Voice, kept: Kept, lang: Lang) -> Iterator[tuple[Button, ...]]:
    how = Button(
        voice.plain(lang, "topic-button.how-to-apply"), data(Act.OPEN, f"{kept.programme}.{Topic.HOW_TO_APPLY}")
    )
    if kept.what is What.QUALIFIES:  # it is news, and there is nothing to be done
        yield (how,)
    else:
        yield (Button(voice.plain(lang, "button.done"), data(Act.TICK, kept.id)), how)
    yield (my_days_button(voice, lang),)


def my_days_button(voice: Voice, lang: Lang) -> Button:
    """The way to the days of the student's plan."""
    return Button(voice.plain(lang, "button.my-days"), data(Act.KEEP))
