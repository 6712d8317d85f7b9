"""What the bot does about alerts in each row of the dialogue's table: subscriptions, reminders, days, the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.rules import names, replies, wishlist
from bot.rules.alerts import ALL, Kind, Wishes
from bot.rules.deadlines import personal
from bot.rules.messages import Message
from bot.rules.moves import old_button, resume
from bot.rules.profile import Profile
from bot.rules.programmes import Programme
from bot.rules.reminders import Fate, Kept, message, ticked, upcoming
from bot.rules.turn import CallOff, Do, KeepDeadlines, Reopened, SendCalendar, State, Ticked, Trigger, Turn
from bot.rules.wishlist import FITTING, NOTHING

LONGEST_NAME = 60
"""How much of a name that is not known is said back, in characters."""


# Subscriptions


def subscribe(turn: Turn) -> None:
    """Subscribe to all that was named; without a name, show the list."""
    asked = turn.event.text.strip()
    what, unknown = names.several(turn.knowledge, asked)
    if not asked:
        turn.send(_list(turn))
    elif what:
        _follow(turn, what, unknown)
    else:
        turn.send(_not_known(turn, [asked], _list(turn)))
    resume(turn)


def _not_known(turn: Turn, unknown: Sequence[str], page: Message) -> Message:
    """The page, below the word that no programme is called so."""
    said = ", ".join(unknown)[:LONGEST_NAME]
    return wishlist.unknown(turn.voice, said, page, turn.lang) if said else page


def unsubscribe(turn: Turn) -> None:
    """Unsubscribe from all that was named; without a name, show the list."""
    asked = turn.event.text.strip()
    what, unknown = names.several(turn.knowledge, asked)
    if not asked and turn.wishes.subscribed:
        turn.send(_list(turn))
    elif not asked:
        _leave(turn, [ALL])
    elif what:
        _leave(turn, what, unknown)
    else:
        turn.send(_not_known(turn, [asked], _list(turn)))
    resume(turn)


def follow(turn: Turn) -> None:
    """Subscribe to what a button names: a programme, all, what fits the plan; or unsubscribe from one, or from all."""
    what = turn.args[0] if turn.args else ""
    left = turn.args[1] if len(turn.args) > 1 else ALL
    if what == NOTHING and left in {ALL, *Programme}:
        _leave(turn, [left])
    elif what == FITTING:
        _follow_fitting(turn)
    elif what in {ALL, *Programme}:
        _follow(turn, [what])
    else:
        old_button(turn)
        return
    resume(turn)


def _follow_fitting(turn: Turn) -> None:
    """Subscribe to what fits the plan as it is today; where there is none (any more), show the list."""
    profile, today = turn.state.profile, turn.facts.today
    fitting = [] if profile.missing(today) else replies.fitting(turn.knowledge, profile, today)
    if fitting:
        _follow(turn, fitting)
    else:
        turn.send(_list(turn))


def toggle(turn: Turn) -> None:
    """Switch a programme, or all, in the list."""
    what = turn.args[0] if turn.args else ""
    if what not in {ALL, *Programme}:
        old_button(turn)
        return
    if ALL in turn.wishes.subscribed if what == ALL else turn.wishes.follows(what):
        _stop(turn, what)
    else:
        turn.to(wishes=turn.wishes.subscribe(what))
    turn.show(_list(turn))


def _list(turn: Turn) -> Message:
    """The list of subscriptions, with the calls of all that is followed; what it says of them counts as told."""
    turn.tell_of_calls(Programme)
    return wishlist.subscriptions(turn.voice, turn.wishes, turn.facts.calls, turn.facts.now, turn.lang)


def _follow(turn: Turn, what: Sequence[str], unknown: Sequence[str] = ()) -> None:
    before, after = turn.wishes, turn.wishes
    for each in what:
        after = after.subscribe(each) if each == ALL or not after.follows(each) else after
    turn.to(wishes=after)
    programmes = list(Programme) if ALL in what else list(what)
    turn.tell_of_calls(programmes)
    page = wishlist.confirmed(
        turn.voice, after, programmes, turn.facts.calls, turn.facts.now, turn.lang,
        new=after.subscribed != before.subscribed,
    )  # fmt: skip
    turn.send(_not_known(turn, unknown, page))


def _leave(turn: Turn, what: Sequence[str], unknown: Sequence[str] = ()) -> None:
    followed = [bool(turn.wishes.subscribed) if each == ALL else turn.wishes.follows(each) for each in what]
    for each, heard in zip(what, followed, strict=True):
        if heard:
            _stop(turn, each)
    page = wishlist.stopped(turn.voice, turn.wishes, dict(zip(what, followed, strict=True)), turn.lang)
    turn.send(_not_known(turn, unknown, page))


def _stop(turn: Turn, what: str) -> None:
    turn.to(wishes=turn.wishes.unsubscribe(what))
    turn.do(CallOff() if what == ALL else CallOff(programme=what))


# Kinds and hours


def reminders(turn: Turn) -> None:
    """Show what is subscribed, the kinds and the hours."""
    turn.send(wishlist.reminders_page(turn.voice, turn.wishes, turn.lang))
    resume(turn)


def switch(turn: Turn) -> None:
    """Switch a kind of alert, or go back to the kinds.

    What waits of a kind stays where it is: whether it is still wanted is looked at when it leaves, so that a kind that
    is switched off and on again has lost nothing.
    """
    kind = turn.args[0] if turn.args else ""
    if kind and kind not in set(Kind):
        old_button(turn)
        return
    if kind:
        turn.to(wishes=turn.wishes.switch(Kind(kind)))
    turn.show(wishlist.reminders_page(turn.voice, turn.wishes, turn.lang))


def hours(turn: Turn) -> None:
    """Show the choice of hours, or take one."""
    if turn.args:
        chosen = _hours(turn.args)
        if chosen is None:
            old_button(turn)
            return
        turn.to(wishes=replace(turn.wishes, awake=chosen))
    turn.show(wishlist.hours_page(turn.voice, turn.wishes, turn.lang))


def _hours(args: Sequence[str]) -> tuple[int, int] | None:
    """The hours a button carries; None: it carries others than can be chosen."""
    begins = {str(hour): hour for hour in wishlist.FROM_HOURS}
    ends = {str(hour): hour for hour in wishlist.UNTIL_HOURS}
    begin, end = begins.get(args[0]), ends.get(args[-1])
    return (begin, end) if len(args) == 2 and begin is not None and end is not None else None  # noqa: PLR2004 - from and until


# The days of the plan


def keep(turn: Turn) -> None:
    """Show the days of the plan, or switch the reminders of them on or off."""
    word = turn.args[0] if turn.args else ""
    days = personal(turn.knowledge, turn.state.profile, turn.facts.today)
    if word == "on":
        turn.to(wishes=replace(turn.wishes, deadlines=bool(days)))
        turn.send(wishlist.kept_now(turn.voice, turn.wishes, days, turn.lang, planned=_planned(turn)))
    elif word == "off":
        turn.to(wishes=replace(turn.wishes, deadlines=False))
        turn.do(Do.SILENCE)
        turn.show(_days(turn))
    elif word:
        old_button(turn)
    else:
        turn.send(_days(turn))


def _days(turn: Turn) -> Message:
    days = personal(turn.knowledge, turn.state.profile, turn.facts.today)
    return wishlist.days_page(
        turn.voice, turn.wishes, turn.facts.kept, days, turn.facts.today, turn.lang, planned=_planned(turn)
    )


def _planned(turn: Turn) -> bool:
    """Whether there is a whole plan, though it may lead to no day."""
    return turn.state.profile.missing(turn.facts.today) is None


def tick(turn: Turn) -> None:
    """A deadline is done, or was not done after all."""
    number, *words = turn.args or ("",)
    undo = wishlist.UNDO in words
    wanted = Fate.DONE if undo else Fate.OPEN
    found = next((each for each in turn.facts.kept if str(each.id) == number and each.state is wanted), None)
    if found is None or (undo and found.on < turn.facts.today):
        turn.toast("toast.not-open")
        return
    changed = _reopened(turn, found) if undo else replace(found, state=Fate.DONE, remind_at=None)
    turn.do(Reopened(changed) if undo else Ticked(found.id))
    if wishlist.IN_LIST in words:
        kept = tuple(changed if each is found else each for each in turn.facts.kept)
        turn.facts = replace(turn.facts, kept=kept)
        turn.show(_days(turn))
    elif undo:
        turn.show(message(turn.voice, changed, turn.facts.today, turn.lang))
    else:
        turn.show(ticked(turn.voice, changed, turn.lang))


def _reopened(turn: Turn, kept: Kept) -> Kept:
    """A deadline that is open once more, with its next reminder where the student wants any."""
    at = upcoming(kept.what, kept.on, turn.facts.zone, turn.facts.now) if turn.wishes.deadlines else None
    return replace(kept, state=Fate.OPEN, remind_at=at)


def calendar(turn: Turn) -> None:
    """Send the calendar file, or say how there comes to be something in it."""
    voice, lang = turn.voice, turn.lang
    entries = wishlist.entries(voice, turn.wishes, turn.facts.calls, turn.facts.kept, turn.facts.now, lang)
    if entries:
        turn.tell_of_calls(Programme)
        turn.do(SendCalendar(entries, voice.plain(lang, "ics.name"), wishlist.calendar_caption(voice, lang)))
    else:
        turn.send(wishlist.empty_calendar(voice, lang))
    resume(turn)


# Before and after whatever happened


def beforehand(turn: Turn) -> None:
    """Whoever writes can be reached again: what they asked to hear of goes on."""
    if turn.wishes.paused:
        turn.to(wishes=replace(turn.wishes, paused=False))


def resume_alerts(turn: Turn) -> None:
    """Somebody who came back says whether alerts go on."""
    answer = turn.args[0] if turn.args else ""
    if not _hears(turn.wishes):
        turn.toast("toast.settled")
    elif answer == "yes":
        turn.tell_of_calls(Programme)
        turn.show(wishlist.resumed(turn.voice, turn.wishes, turn.facts.calls, turn.facts.now, turn.lang))
    else:
        turn.to(wishes=replace(turn.wishes.unsubscribe(ALL), deadlines=False))
        turn.do(CallOff())
        turn.do(Do.SILENCE)
        turn.show(wishlist.stopped_for_good(turn.voice, turn.lang))


def afterwards(turn: Turn, before: State) -> None:
    """What follows from whatever happened: the days of the plan, and the question whether alerts shall go on."""
    if turn.wishes.deadlines and (_plan(turn.state.profile) != _plan(before.profile) or not before.wishes.deadlines):
        turn.do(KeepDeadlines(personal(turn.knowledge, turn.state.profile, turn.facts.today)))
    back = before.wishes.paused and turn.wishes == replace(before.wishes, paused=False) and _hears(turn.wishes)
    if back and turn.event.trigger is not Trigger.RESUME and Do.FORGET not in turn.effects:
        turn.tell_of_calls(Programme)
        turn.send(wishlist.resuming(turn.voice, turn.wishes, turn.facts.calls, turn.facts.now, turn.lang))


def _plan(profile: Profile) -> Profile:
    """What of a profile bears on its days."""
    return replace(profile, language="en", language_chosen=False)


def _hears(wishes: Wishes) -> bool:
    return bool(wishes.subscribed) or wishes.deadlines
