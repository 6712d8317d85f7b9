"""Lists for staff: the tickets there are, the colleagues one can be given to, the answers of the FAQ for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.rules import replies
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice
from bot.rules.messages import Button, Lang, Message, Rows
from bot.rules.programmes import Programme
from bot.rules.ticketcard import STATES
from bot.rules.tickets import State

MOST_LISTED = 15
"""Tickets of each kind that a page names; Telegram takes 100 buttons."""


class Listed(Protocol):
    """A ticket as far as a list shows it."""

    @property
    def id(self) -> int | None:
        """Its number."""

    @property
    def programme(self) -> str | None:
        """What it is about."""

    @property
    def state(self) -> State:
        """How it stands."""

    @property
    def claimer(self) -> int | None:
        """Who has it."""

    @property
    def created_at(self) -> datetime:
        """Since when it waits."""


class Colleague(Protocol):
    """A member of staff as far as a list shows them."""

    @property
    def user_id(self) -> int:
        """Their Telegram number."""

    @property
    def name(self) -> str:
        """What they are called."""


def page(
    voice: Voice,
    mine: Sequence[Listed],
    free: Sequence[Listed],
    others: Sequence[Listed],
    names: Mapping[int, str],
    now: datetime,
    lang: Lang,
) -> Message:
    """The reader's own tickets, those nobody has, and for admins those of others; a button opens each.

    No word of a student's stands here: what they delete has to go from every chat, and a list is not told apart.
    """
    parts: list[str] = []
    rows: list[Button] = []
    for key, group in (("tickets.mine", mine), ("tickets.free", free), ("tickets.others", others)):
        if group:
            lines = [_line(voice, each, names, now, lang) for each in group[:MOST_LISTED]]
            more = [voice.say(lang, "tickets.more", many=len(group) - MOST_LISTED)] if len(group) > MOST_LISTED else []
            parts.append("\n".join([voice.say(lang, key, many=len(group)), *lines, *more]))
            rows += [Button(f"#{each.id}", data(Act.TICKET, each.id, "card")) for each in group[:MOST_LISTED]]
    if not parts:
        return Message(voice.say(lang, "tickets.none"))
    return Message("\n\n".join(parts), tuple(tuple(rows[at : at + 5]) for at in range(0, len(rows), 5)))


def _line(voice: Voice, ticket: Listed, names: Mapping[int, str], now: datetime, lang: Lang) -> str:
    name = voice.name(Programme(ticket.programme), lang) if ticket.programme else ""
    state = voice.plain(
        lang, STATES[ticket.state], name=names.get(ticket.claimer or 0, voice.plain(lang, "ticket.nobody"))
    )
    days = (now - ticket.created_at).days
    waits = voice.plain(lang, "tickets.days-old", many=days) if days else voice.plain(lang, "tickets.today")
    about = " · ".join(each for each in (name, state, waits) if each)
    return voice.say(lang, "tickets.line", number=f"#{ticket.id}", about=about)


def colleagues(voice: Voice, number: int, others: Sequence[Colleague], lang: Lang, *, free: bool) -> Message:
    """Whom a ticket can be given to; ``free``: it is everybody's already."""
    rows = [(Button(each.name, data(Act.TICKET, number, "to", each.user_id)),) for each in others]
    key = "ticket.released" if free else "ticket.give-to"
    back = () if free else ((Button(voice.plain(lang, "button.release"), data(Act.TICKET, number, "release")),),)
    text = voice.say(lang, key, number=f"#{number}")
    if free and others:
        text = f"{text} {voice.say(lang, 'ticket.or-give-to')}"
    return Message(text, (*back, *rows))


def answers(voice: Voice, number: int, labels: Sequence[str], lang: Lang) -> Message:
    """The answers the FAQ has for a ticket's question, a button each."""
    if not labels:
        return Message(voice.say(lang, "ticket.no-faq"))
    rows: Rows = tuple(
        (Button(replies.title(voice.knowledge, label, lang), data(Act.TICKET, number, "send", label)),)
        for label in labels
    )
    listed = "\n".join(f"• {replies.title(voice.knowledge, label, lang)}" for label in labels)
    return Message(voice.say(lang, "ticket.pick-faq", number=f"#{number}", list=listed), rows)
