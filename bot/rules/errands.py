"""What the bot does about alerts in each row of the dialogue's table: subscriptions, reminders, days, the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.rules import replies, wishlist
from bot.rules.alerts import ALL, MUTED_BY, Kind, Wishes
from bot.rules.deadlines import personal
from bot.rules.messages import Message
from bot.rules.moves import old_button, resume
from bot.rules.profile import Profile
from bot.rules.programmes import Programme
from bot.rules.reminders import Fate, ticked
from bot.rules.turn import CallOff, Do, KeepDeadlines, SendCalendar, State, Ticked, Turn
from bot.rules.wishlist import FITTING, NOTHING

LONGEST_NAME = 60
"""How much of a name that is not known is said back, in characters."""


# Subscriptions


def subscribe(turn: Turn) -> None:
    """Subscribe to what was named; without a name, show the list."""
    asked = turn.event.text.strip()
    what = wishlist.named(turn.knowledge, asked)
    if not asked:
        turn.send(_list(turn))
    elif what is None:
        turn.send(wishlist.unknown(turn.voice, asked[:LONGEST_NAME], _list(turn), turn.lang))
    else:
        _follow(turn, [what])
    resume(turn)


def unsubscribe(turn: Turn) -> None:
    """Unsubscribe from what was named; without a name, show the list."""
    asked = turn.event.text.strip()
    what = wishlist.named(turn.knowledge, asked)
    if not asked and turn.wishes.subscribed:
        turn.send(_list(turn))
    elif not asked:
        _leave(turn, ALL)
    elif what is None:
        turn.send(wishlist.unknown(turn.voice, asked[:LONGEST_NAME], _list(turn), turn.lang))
    else:
        _leave(turn, what)
    resume(turn)


def follow(turn: Turn) -> None:
    """Subscribe to what a button names: a programme, all, what fits the plan; or to nothing any more."""
    what = turn.args[0] if turn.args else ""
    if what == NOTHING:
        _leave(turn, ALL)
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
    """The list of subscriptions; what it says of calls counts as told."""
    turn.tell_of_calls()
    return wishlist.subscriptions(turn.voice, turn.wishes, turn.facts.calls, turn.facts.now, turn.lang)


def _follow(turn: Turn, what: Sequence[str]) -> None:
    before, after = turn.wishes, turn.wishes
    for each in what:
        after = after.subscribe(each) if each == ALL or not after.follows(each) else replace(after, paused=False)
    turn.to(wishes=after)
    programmes = list(Programme) if ALL in what else list(what)
    turn.tell_of_calls()
    turn.send(
        wishlist.confirmed(
            turn.voice, after, programmes, turn.facts.calls, turn.facts.now, turn.lang,
            new=after.subscribed != before.subscribed,
        )
    )  # fmt: skip


def _leave(turn: Turn, what: str) -> None:
    followed = bool(turn.wishes.subscribed) if what == ALL else turn.wishes.follows(what)
    if followed:
        _stop(turn, what)
    turn.send(wishlist.stopped(turn.voice, turn.wishes, what, turn.lang, followed=followed))


def _stop(turn: Turn, what: str) -> None:
    turn.to(wishes=turn.wishes.unsubscribe(what))
    turn.do(CallOff() if what == ALL else CallOff(programme=what))


# Kinds and hours


def reminders(turn: Turn) -> None:
    """Show what is subscribed, the kinds and the hours."""
    turn.send(wishlist.reminders_page(turn.voice, turn.wishes, turn.lang))
    resume(turn)


def switch(turn: Turn) -> None:
    """Switch a kind of alert, or go back to the kinds."""
    kind = turn.args[0] if turn.args else ""
    if kind and kind not in set(Kind):
        old_button(turn)
        return
    if kind:
        turn.to(wishes=turn.wishes.switch(Kind(kind)))
        if Kind(kind) in turn.wishes.muted:
            _silence(turn, Kind(kind))
    turn.show(wishlist.reminders_page(turn.voice, turn.wishes, turn.lang))


def _silence(turn: Turn, kind: Kind) -> None:
    """Take back what waits of a kind, and of the letters its switch silences."""
    for each in (kind, *(letter for letter, switch_of in MUTED_BY.items() if switch_of is kind)):
        turn.do(CallOff(kind=each))


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
    return (begin, end) if len(args) == 2 and begin is not None and end is not None else None  # noqa: PLR2004


# The days of the plan


def keep(turn: Turn) -> None:
    """Show the days of the plan, or switch the reminders of them on or off."""
    word = turn.args[0] if turn.args else ""
    days = personal(turn.knowledge, turn.state.profile, turn.facts.today)
    if word == "on":
        turn.to(wishes=replace(turn.wishes, deadlines=bool(days), paused=False))
        turn.send(wishlist.kept_now(turn.voice, turn.wishes, days, turn.lang))
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
    return wishlist.days_page(turn.voice, turn.wishes, turn.facts.kept, days, turn.facts.today, turn.lang)


def tick(turn: Turn) -> None:
    """A deadline is done."""
    number = turn.args[0] if turn.args else ""
    found = next((each for each in turn.facts.kept if str(each.id) == number and each.state is Fate.OPEN), None)
    if found is None:
        turn.toast("toast.not-open")
        return
    turn.do(Ticked(found.id))
    done = replace(found, state=Fate.DONE)
    if turn.args[1:] == ("list",):
        kept = tuple(done if each is found else each for each in turn.facts.kept)
        turn.facts = replace(turn.facts, kept=kept)
        turn.show(_days(turn))
    else:
        turn.show(ticked(turn.voice, done, turn.lang))


def calendar(turn: Turn) -> None:
    """Send the calendar file, or say how there comes to be something in it."""
    voice, lang = turn.voice, turn.lang
    entries = wishlist.entries(voice, turn.wishes, turn.facts.calls, turn.facts.kept, turn.facts.now, lang)
    if entries:
        turn.tell_of_calls()
        message = wishlist.calendar_caption(voice, lang)
        turn.do(SendCalendar(entries, voice.plain(lang, "ics.name"), message))
    else:
        turn.send(wishlist.empty_calendar(voice, lang))
    resume(turn)


# After whatever happened


def resume_alerts(turn: Turn) -> None:
    """Somebody who came back says whether alerts go on."""
    answer = turn.args[0] if turn.args else ""
    if not turn.wishes.paused:
        turn.toast("toast.not-paused")
    elif answer == "yes":
        turn.to(wishes=replace(turn.wishes, paused=False))
        turn.tell_of_calls()
        turn.show(wishlist.resumed(turn.voice, turn.wishes, turn.facts.calls, turn.facts.now, turn.lang))
    else:
        turn.to(wishes=replace(turn.wishes.unsubscribe(ALL), deadlines=False, paused=False))
        turn.do(CallOff())
        turn.do(Do.SILENCE)
        turn.show(wishlist.stopped(turn.voice, turn.wishes, ALL, turn.lang, followed=True))


def afterwards(turn: Turn, before: State) -> None:
    """What follows from whatever happened: the days of the plan, and the question whether alerts go on."""
    if turn.wishes.deadlines and (_plan(turn.state.profile) != _plan(before.profile) or not before.wishes.deadlines):
        turn.do(KeepDeadlines(personal(turn.knowledge, turn.state.profile, turn.facts.today)))
    if not turn.wishes.paused:
        turn.to(asked_to_resume=False)
    elif not _hears(turn.wishes):
        turn.to(wishes=replace(turn.wishes, paused=False), asked_to_resume=False)
    elif not turn.state.asked_to_resume and Do.FORGET not in turn.effects:
        turn.to(asked_to_resume=True)
        turn.send(wishlist.resuming(turn.voice, turn.lang))


def _plan(profile: Profile) -> Profile:
    """What of a profile bears on its days."""
    return replace(profile, language="en", language_chosen=False)


def _hears(wishes: Wishes) -> bool:
    return bool(wishes.subscribed) or wishes.deadlines
