"""What is written to many: alerts on calls, corrections, usual windows; and a call and a moment put in words."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time

from bot.rules.alerts import DAYS_BEFORE, Kind, Letter
from bot.rules.answers import Knowledge
from bot.rules.buttons import Act, data
from bot.rules.calls import Call, Dates, Standing
from bot.rules.messages import Button, Html, Lang, Message, Rows, day_name, months
from bot.rules.programmes import Programme, Topic

TODAY, TOMORROW = 0, 1


@dataclass(slots=True)
class Voice:
    """What every sentence needs: the knowledge, and the zone the desk's clock is in.

    The knowledge can be exchanged while the program runs, so ask for it at the moment of use, and keep the voice.
    """

    knowledge: Knowledge
    zone: ZoneInfo

    def say(self, lang: Lang, key: str, **params: object) -> str:
        """A sentence (HTML)."""
        return self.knowledge.words.say(lang, key, **params)

    def plain(self, lang: Lang, key: str, **params: object) -> str:
        """A sentence without mark-up."""
        return self.knowledge.words.plain(lang, key, **params)

    def name(self, programme: Programme, lang: Lang) -> str:
        """How a programme is called."""
        return self.knowledge.programmes[programme].names[lang].title


def moment(voice: Voice, at: datetime, lang: Lang) -> Html:
    """A day and an hour in Milan; tapped, Telegram shows it in the reader's own clock."""
    local = at.astimezone(voice.zone)
    shown = voice.say(lang, "moment", on=local.date(), hour=format_time(local, "HH:mm", locale=lang))
    return Html(f'<tg-time unix="{int(at.timestamp())}">{shown}</tg-time>')


def opening(voice: Voice, dates: Dates, lang: Lang) -> Html:
    """When a call opens: the day, and the hour where it is known."""
    known = dates.opens_hour
    return moment(voice, dates.opens_at, lang) if known else Html(day_name(lang, dates.first_day(voice.zone)))


def closing(voice: Voice, dates: Dates, lang: Lang) -> Html:
    """When a call closes: the day, and the hour, or that the hour is not known."""
    if dates.closes_hour:
        return moment(voice, dates.closes_at, lang)
    return Html(voice.say(lang, "moment.no-hour", on=dates.last_day(voice.zone)))


def span(voice: Voice, dates: Dates, lang: Lang) -> Html:
    """From the opening to the closing."""
    return Html(voice.say(lang, "call.span", opens=opening(voice, dates, lang), closes=closing(voice, dates, lang)))


def details(voice: Voice, call: Call, lang: Lang) -> str:
    """The note and the link of a call, each on a line of its own; empty where there is neither."""
    lines = [f"<i>{html.escape(call.note, quote=False)}</i>"] if call.note else []
    if call.link:
        lines.append(f'<a href="{html.escape(call.link)}">{voice.say(lang, "call.link")}</a>')
    return "\n".join(lines)


def call_line(voice: Voice, call: Call, now: datetime, lang: Lang) -> str:
    """Where a call stands: "🟢 Free Mover: open until 15 February 2027, 12:00"."""
    dates = call.dates
    said = voice.say(
        lang, f"call.{call.standing(now)}", name=voice.name(call.programme, lang), opens=opening(voice, dates, lang),
        closes=closing(voice, dates, lang), span=span(voice, dates, lang),
    )  # fmt: skip
    return "\n".join(each for each in (said, details(voice, call, lang)) if each)


def days_left(voice: Voice, call: Call, now: datetime) -> int:
    """How many midnights lie between now and the closing day, in the desk's zone."""
    return (call.dates.last_day(voice.zone) - now.astimezone(voice.zone).date()).days


def alert(voice: Voice, kind: str, call: Call, about: Mapping[str, Any], now: datetime, lang: Lang) -> Message | None:
    """One alert on a call as it is true at ``now``; None: there is nothing true left to say.

    Args:
        voice: The sentences.
        kind: A :class:`Kind` of a call, or :attr:`Letter.MOVED` or :attr:`Letter.WITHDRAWN`.
        call: The call as it stands now.
        about: ``{"from": revision}`` for what was told before.
        now: When it is written.
        lang: The reader's language.
    """
    name, dates = voice.name(call.programme, lang), call.dates
    told = {"name": name, "opens": opening(voice, dates, lang), "closes": closing(voice, dates, lang)}
    if kind in set(Letter):
        text = _correction(voice, kind, call, about, lang)
    elif not call.lives(now):
        text = None
    elif kind == Kind.OPENING:
        text = voice.say(lang, "alert.opening", **told) if call.standing(now) is not Standing.ANNOUNCED else None
    else:
        days = days_left(voice, call, now)
        counted = {TODAY: "alert.closing-today", TOMORROW: "alert.closing-tomorrow"}.get(days, "alert.closing")
        text = voice.say(lang, counted, days=days, **told) if days <= max(TOMORROW, DAYS_BEFORE[Kind(kind)]) else None
    if text is None:
        return None
    parts = [text] if kind == Letter.WITHDRAWN else [text, details(voice, call, lang)]
    return Message("\n\n".join(each for each in parts if each), buttons(voice, call.programme, lang))


def _correction(voice: Voice, kind: str, call: Call, about: Mapping[str, Any], lang: Lang) -> str | None:
    before = call.at_revision(int(about["from"]))
    was = span(voice, before, lang)
    name = voice.name(call.programme, lang)
    if kind == Letter.WITHDRAWN:
        return voice.say(lang, "alert.withdrawn", name=name, was=was)
    if before == call.dates or call.withdrawn:
        return None
    return voice.say(lang, "alert.moved", name=name, was=was, now=span(voice, call.dates, lang))


def usual(voice: Voice, programme: Programme, first: date, last: date, lang: Lang) -> Message:
    """A usual window is coming up and nothing has been announced yet."""
    text = voice.say(lang, "alert.usual", name=voice.name(programme, lang), months=months(lang, first, last))
    return Message(text, buttons(voice, programme, lang))


def broadcast(voice: Voice, texts: Mapping[str, str], lang: Lang) -> Message:
    """What the desk wrote to many, in the reader's language or failing that in the other."""
    text = texts.get(lang) or next(iter(texts.values()))
    return Message(f"{voice.say(lang, 'broadcast.header')}\n\n{text}")


def buttons(voice: Voice, programme: Programme, lang: Lang) -> Rows:
    """The ways on from an alert: how to apply, the calendar, and how to hear less."""
    return (
        (
            Button(voice.plain(lang, "topic.how-to-apply"), data(Act.OPEN, f"{programme}.{Topic.HOW_TO_APPLY}")),
            command_button(voice, "calendar", lang),
        ),
        (command_button(voice, "reminders", lang),),
    )


def command_button(voice: Voice, name: str, lang: Lang) -> Button:
    """A button that does what a command does."""
    key = {"calendar": "button.calendar-file"}.get(name, f"button.{name}")
    return Button(voice.plain(lang, key), data(Act.COMMAND, name))


def marked_late(voice: Voice, message: Message, planned_at: datetime, lang: Lang) -> Message:
    """The message with a line that says when it should have come."""
    line = voice.say(lang, "alert.late", at=moment(voice, planned_at, lang))
    return replace(message, text=f"{line}\n\n{message.text}")
