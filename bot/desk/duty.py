"""What members of staff say that they take on: ``/tutor`` in words, and the buttons of its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from bot.clock import day_in
from bot.desk.staff import StaffTurn
from bot.desk.staffroom import Staffroom
from bot.rules import duty as duties
from bot.rules import memberships
from bot.rules.alerts import ALL
from bot.rules.duty import LANGUAGES, Duty
from bot.rules.memberships import CAPS, NONE
from bot.rules.messages import Message
from bot.rules.plan import Fault
from bot.rules.programmes import Programme
from bot.rules.stay import fold
from bot.storage import members

VERBS: Mapping[str, str] = {
    word: verb
    for verb, words in (
        ("on", "on attivo attiva dentro inizio start"),
        ("off", "off fuori stop fine"),
        ("pause", "pause pausa away break via"),
        ("cap", "cap max limit limite massimo tetto"),
    )
    for word in words.split()
}
"""The words that ``/tutor`` begins with."""
NO_PAUSE = frozenset({"none", "no", "off", "over", "nessuna", "finita", "fine", "stop", "end"})
"""What stands after "pause" where it is over."""


async def commanded(turn: StaffTurn, staffroom: Staffroom, argument: str) -> None:
    """They wrote ``/tutor argument``: what they take on changes, or nothing does and why is said."""
    word, _, rest = " ".join(argument.split()).partition(" ")
    duty, verb = await _duty(turn, staffroom), VERBS.get(fold(word))
    if duty is None:
        turn.flash("staff.not-yours")
    elif not word:
        turn.send(_page(turn, duty))
    elif verb is None:
        turn.send(_page(turn, duty, turn.voice.say(turn.lang, "members.verb-unknown", value=word)))
    elif verb == "pause" and not rest:
        turn.send(_page(turn, duty, turn.voice.say(turn.lang, "members.pause-ask")))
    else:
        changed = _worded(turn, duty, verb, rest)
        if isinstance(changed, Fault):
            turn.say(changed.key, **changed.params)
        else:
            await _take_on(turn, changed)


async def pressed(turn: StaffTurn, staffroom: Staffroom, args: tuple[str, ...]) -> bool:
    """They pressed a button of their page, or of their welcome; False: it is of another release."""
    duty = await _duty(turn, staffroom)
    verb, value = args[0], args[1] if len(args) > 1 else ""
    try:
        changed = None if duty is None else CHANGES[verb](duty, value, _today(turn))
    except (KeyError, ValueError):
        return False
    if duty is None:
        turn.flash("staff.not-yours")
    elif changed is None:
        turn.flash("members.keep-one")
    else:
        await _take_on(turn, changed, below=verb in {"begin", "page"})
    return True


async def known(turn: StaffTurn, staffroom: Staffroom) -> None:
    """Keep the name they go by; an admin of the settings becomes a member at all."""
    if turn.user_id in staffroom.admins or await members.get(turn.tx, turn.user_id):
        await members.known(turn.tx, turn.user_id, turn.role, turn.arrival.who.first_name, turn.now)


async def _duty(turn: StaffTurn, staffroom: Staffroom) -> Duty | None:
    """What they take on; None: they were removed this moment."""
    await known(turn, staffroom)
    return await members.duty(turn.tx, turn.user_id)


async def _take_on(turn: StaffTurn, duty: Duty, *, below: bool = False) -> None:
    """Keep what they take on, and say it: in place of the page whose button was pressed, or ``below``."""
    if not await members.take_on(turn.tx, duty):
        turn.flash("staff.not-yours")
    elif below:
        turn.send(_page(turn, duty))
    else:
        turn.show(_page(turn, duty))


def _page(turn: StaffTurn, duty: Duty, first: str = "") -> Message:
    return memberships.duty_page(turn.voice, duty, _today(turn), turn.lang, first=first)


def _today(turn: StaffTurn) -> date:
    return day_in(turn.voice.zone, turn.now)


# In words


def _worded(turn: StaffTurn, duty: Duty, verb: str, rest: str) -> Duty | Fault:
    """What they take on after ``/tutor verb rest``."""
    if verb == "cap":
        most = duties.read_cap(rest)
        return most if isinstance(most, Fault) else duties.capped(duty, most)
    if verb == "pause":
        return _away(duty, rest, _today(turn))
    wanted = duties.read_wanted(turn.voice.knowledge, rest)
    if wanted.unknown:
        return Fault("members.wish-unknown", {"value": ", ".join(wanted.unknown)})
    change = duties.begun if verb == "on" else duties.ended
    return change(duty, wanted.programmes, wanted.languages)


def _away(duty: Duty, rest: str, today: date) -> Duty | Fault:
    if fold(rest) in NO_PAUSE:
        return duties.paused(duty, None)
    back_on = duties.read_back(rest, today)
    if back_on is None:
        return Fault("members.back-unknown", {"value": rest})
    return back_on if isinstance(back_on, Fault) else duties.paused(duty, back_on)


# By buttons


def _switch(duty: Duty, value: str) -> Duty | None:
    return duties.switched(duty, value if value == ALL else Programme(value))


def _cap(duty: Duty, value: str) -> Duty:
    most = None if value == NONE else CAPS[CAPS.index(int(value))]
    return duties.capped(duty, most)


CHANGES: Mapping[str, Callable[[Duty, str, date], Duty | None]] = {
    "page": lambda duty, _, __: duty,
    "begin": lambda duty, _, __: duties.begun(duty, [ALL], [ALL]),
    "on": lambda duty, _, __: duties.begun(duty),
    "off": lambda duty, _, __: duties.ended(duty),
    "programme": lambda duty, value, _: _switch(duty, value),
    "lang": lambda duty, value, _: duties.spoken(duty, LANGUAGES[LANGUAGES.index(value)]),
    "pause": lambda duty, value, today: duties.paused(duty, memberships.pause_until(value, today)),
    "cap": lambda duty, value, _: _cap(duty, value),
}
"""What each button changes; None: nothing would be left. A value that no button carries is an error."""
