"""The card by which staff know a ticket: who asks what, how it stands, what was said, and what they may do about it."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.rules import replies
from bot.rules.broadcasting import cleaned
from bot.rules.buttons import Act as Button_
from bot.rules.buttons import data
from bot.rules.escalation import KINDS
from bot.rules.hours import Reason, Why
from bot.rules.letters import Voice, moment
from bot.rules.messages import LONGEST_TEXT, Button, Html, Lang, Message, Rows, length, plain, shortened
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.roles import Role
from bot.rules.tickets import Act, Delivery, Hand, State, Who, after

LONGEST_ENTRY, LONGEST_NAME = 700, 64
"""How much of one text a card shows where not everything fits, and of a name, in UTF-16 units."""
FRAME = 250
"""What stands around a text, and below all of them, at most."""
MOST_NAMED, LONGEST_NAMED = 3, 100
"""How many answers and questions are named, and how much of each."""
MOST_MERGED = 20
STATES = {
    State.NEW: "ticket.new",
    State.CLAIMED: "ticket.claimed",
    State.WAITING: "ticket.waiting",
    State.ANSWERED: "ticket.answered",
    State.CLOSED: "ticket.closed",
}
DELIVERIES = {
    Delivery.WAITS: "ticket.delivery-waits",
    Delivery.SENT: "ticket.delivery-sent",
    Delivery.FAILED: "ticket.delivery-failed",
    Delivery.BLOCKED: "ticket.delivery-blocked",
}
ORIGINS = {
    "asked": "ticket.origin-asked",
    "rejected": "ticket.origin-rejected",
    "none": "ticket.origin-none",
    "failed": "ticket.origin-failed",
}
FILES = {**KINDS, "album": "file.album"}
LANGUAGES = {"en": "ticket.in-english", "it": "ticket.in-italian"}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was written on a ticket, as the card shows it; ``text`` is HTML."""

    who: Who
    by: str
    kind: str
    text: str
    delivery: Delivery = Delivery.NONE
    edited: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A ticket as the card shows it.

    ``claimer`` is a user's id and ``claimed_by`` their name; ``context`` what was kept when it was opened; ``alike``
    the numbers of open tickets that ask the same; ``merged`` those answered with it, ``into`` the one
    it is answered with.
    """

    number: int
    programme: str | None
    language: Lang
    origin: str
    state: State
    claimer: int | None
    claimed_by: str
    name: str | None
    created_at: datetime
    context: Mapping[str, Any]
    said: Sequence[Said]
    alike: Sequence[int] = ()
    merged: Sequence[int] = ()
    into: int | None = None
    forgotten: bool = False


def hand_of(claimer: int | None, user_id: int, role: Role) -> Hand:
    """Who a member of staff is to a ticket that ``claimer`` has taken."""
    if claimer == user_id:
        return Hand.CLAIMER
    return Hand.ADMIN if role is Role.ADMIN else Hand.STAFF


def card(voice: Voice, view: View, user_id: int, role: Role, lang: Lang) -> Message:
    """The card for one reader: what they may not do has no button."""
    head = "\n".join(_lines(voice, view, lang))
    talk = [] if view.forgotten else ["", *_talk(voice, view, lang, LONGEST_TEXT - length(head) - FRAME)]
    return Message("\n".join([head, *talk]), buttons(voice, view, hand_of(view.claimer, user_id, role), lang))


def _heading(voice: Voice, view: View, lang: Lang) -> str:
    """The number, the programme and the language."""
    name = voice.name(Programme(view.programme), lang) if view.programme else voice.plain(lang, "ticket.no-programme")
    tongue = voice.plain(lang, LANGUAGES[view.language])
    return voice.say(lang, "ticket.heading", number=f"#{view.number}", programme=name, language=tongue)


def _lines(voice: Voice, view: View, lang: Lang) -> Iterator[str]:
    """Everything above what was said."""
    yield _heading(voice, view, lang)
    claimed_by = shortened(view.claimed_by, LONGEST_NAME) or voice.plain(lang, "ticket.nobody")
    yield voice.say(lang, STATES[view.state], name=claimed_by)
    if view.forgotten:
        yield voice.say(lang, "ticket.forgotten")
        return
    yield voice.say(lang, ORIGINS[view.origin], at=moment(voice, view.created_at, lang))
    if view.name:
        yield voice.say(lang, "ticket.name", name=shortened(view.name, LONGEST_NAME))
    if plan := _plan(voice, view.context, lang):
        yield voice.say(lang, "ticket.plan", plan=Html(plan))
    if tried := _tried(voice, view.context, lang):
        yield voice.say(lang, "ticket.tried", list=tried)
    if before := view.context.get("before"):
        asked = [f"«{shortened(each, LONGEST_NAMED)}»" for each in before[-MOST_NAMED:]]
        yield voice.say(lang, "ticket.before", list=" · ".join(asked))
    if view.into:
        yield voice.say(lang, "ticket.merged-into", number=f"#{view.into}")
    if view.merged:
        more = "…" if len(view.merged) > MOST_MERGED else ""
        numbers = ", ".join(f"#{each}" for each in view.merged[:MOST_MERGED])
        yield voice.say(lang, "ticket.merged", numbers=f"{numbers}{more}")


def _plan(voice: Voice, context: Mapping[str, Any], lang: Lang) -> str:
    """The student's year, goal, place and dates, as far as they told them."""
    profile = profile_of(context)
    asked = [each for each in Question if each in profile.answered and each is not Question.DEGREE]
    return " · ".join(replies.told(voice.knowledge, each, profile, lang) for each in asked)


def profile_of(context: Mapping[str, Any]) -> Profile:
    """The plan that was kept with a ticket."""
    told = context.get("plan", {})
    return Profile(
        year=told.get("year"),
        graduated_on=_day(told.get("graduated_on")),
        goal=Goal(told["goal"]) if told.get("goal") else None,
        destination=Destination(told["destination"]) if told.get("destination") else None,
        start=_day(told.get("start")),
        end=_day(told.get("end")),
        answered=frozenset(Question(each) for each in told.get("answered", ())),
        told_on=_day(told.get("told_on")),
    )


def kept(profile: Profile) -> dict[str, Any]:
    """A plan as it is kept with a ticket."""
    return {
        "year": profile.year,
        "graduated_on": _written(profile.graduated_on),
        "goal": profile.goal,
        "destination": profile.destination,
        "start": _written(profile.start),
        "end": _written(profile.end),
        "answered": sorted(profile.answered),
        "told_on": _written(profile.told_on),
    }


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _tried(voice: Voice, context: Mapping[str, Any], lang: Lang) -> str:
    found = [(label, score) for label, score in context.get("tried", ()) if voice.knowledge.answer(label)]
    return " · ".join(
        f"{shortened(replies.title(voice.knowledge, label, lang), LONGEST_NAMED)} {score:.0%}"
        for label, score in found[:MOST_NAMED]
    )


def _talk(voice: Voice, view: View, lang: Lang, room: int) -> Iterator[str]:
    """What was said: all of it, or what was asked first and what was said last; the rest is counted."""
    whole = [_line(voice, said, lang) for said in view.said]
    if sum(length(line) + 1 for line in whole) <= room:
        yield from whole
        return
    room -= LONGEST_ENTRY + FRAME
    newest: list[str] = []
    for said in reversed(view.said[1:]):
        line = _line(voice, said, lang, LONGEST_ENTRY)
        if length(line) + 1 > room:
            break
        room -= length(line) + 1
        newest.append(line)
    yield _line(voice, view.said[0], lang, LONGEST_ENTRY + room)
    if missing := len(view.said) - 1 - len(newest):
        yield voice.say(lang, "ticket.earlier", many=missing)
    yield from reversed(newest)


def _line(voice: Voice, said: Said, lang: Lang, most: int = LONGEST_TEXT) -> str:
    """One thing that was said, at most so much of its text."""
    key = {Who.STUDENT: "ticket.by-student", Who.TUTOR: "ticket.by-tutor", Who.NOTE: "ticket.by-note"}[said.who]
    if said.asks:
        key = "ticket.by-tutor-asks"
    text = cleaned(said.text)
    if length(text) > most:
        text = html.escape(shortened(plain(text), most), quote=False)
    if said.kind != "text":
        file = f"📎 {voice.plain(lang, FILES.get(said.kind, 'file.document'))}"
        text = f"{file}: {text}" if text else file
    line = voice.say(lang, key, name=shortened(said.by, LONGEST_NAME), text=Html(text))
    if said.edited:
        line += f" <i>{voice.say(lang, 'ticket.edited')}</i>"
    if said.delivery in DELIVERIES:
        line += f" <i>{voice.say(lang, DELIVERIES[said.delivery])}</i>"
    return line


def buttons(voice: Voice, view: View, who: Hand, lang: Lang) -> Rows:
    """What this reader may do, first what is most urgent."""

    def button(key: str, verb: str, *more: object, **params: object) -> Button:
        return Button(voice.plain(lang, key, **params), data(Button_.TICKET, view.number, verb, *more))

    def may(act: Act) -> bool:
        return after(view.state, act, who) is not None

    if view.forgotten:
        return ()
    rows: list[tuple[Button, ...]] = []
    if may(Act.CLAIM):
        rows.append((button("button.claim", "claim"),))
    if may(Act.REPLY):
        rows.append((button("button.reply", "reply"), button("button.ask-back", "ask")))
    if may(Act.REPLY) and view.context.get("tried"):
        rows.append((button("button.faq", "faq"), button("button.note", "note")))
    else:
        rows.append((button("button.note", "note"),))
    ends = [button("button.transfer", "transfer")] if may(Act.HAND_OVER) else []
    ends += [button("button.close", "close")] if may(Act.CLOSE) else []
    ends += [button("button.reopen", "reopen")] if may(Act.REOPEN) else []
    rows += [tuple(ends)] if ends else []
    if may(Act.MERGE) and view.into is None:
        rows += [(button("button.merge", "merge", other, number=f"#{other}"),) for other in view.alike]
    if view.into is not None and may(Act.MERGE):
        rows.append((button("button.unmerge", "unmerge", number=f"#{view.into}"),))
    return tuple(rows)


def propose_button(voice: Voice, number: int, lang: Lang) -> Rows:
    """The way from a good answer to the FAQ."""
    return ((Button(voice.plain(lang, "button.propose"), data(Button_.TICKET, number, "propose")),),)


def moved_down(voice: Voice, view: View, lang: Lang) -> Message:
    """What is left of a card below which there is a newer one."""
    return Message(f"{_heading(voice, view, lang)}\n{voice.say(lang, 'ticket.moved-down')}")


def stub(voice: Voice, view: View, lang: Lang, *, card: bool) -> Message:
    """What is left of a message on a ticket whose student has deleted their data."""
    if card:
        return Message(f"{_heading(voice, view, lang)}\n{voice.say(lang, 'ticket.forgotten')}")
    return Message(voice.say(lang, "ticket.forgotten-message", number=f"#{view.number}"))


WHY = {
    Why.OPEN: "hours.open",
    Why.AFTER_HOURS: "hours.after-hours",
    Why.WEEKEND: "hours.weekend",
    Why.DAY_OFF: "hours.day-off",
    Why.HOLIDAY: "hours.named",
    Why.SPELL: "hours.named",
}


def why_closed(voice: Voice, reason: Reason, lang: Lang) -> str:
    """Why the desk is closed, in a few words."""
    return voice.plain(lang, WHY[reason.why], name=reason.name[lang] if reason.name else "")
