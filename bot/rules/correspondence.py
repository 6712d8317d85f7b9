"""What students read of their tickets: the receipt, the answer, a question back, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil

from bot.rules.broadcasting import cleaned
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice, moment
from bot.rules.messages import Button, Lang, Message, Rows
from bot.rules.tickets import Opening

FEW = 5
"""So many answered tickets are needed before anything is said of how long it takes."""


def receipt(voice: Voice, number: int, opening: Opening, back_on: date | None, lang: Lang) -> Message:
    """A ticket was opened: its number, and what to expect, no more than is known."""
    lines = [voice.say(lang, "receipt.opened", number=f"#{number}"), _expect(voice, opening, lang)]
    if opening.nobody:
        key = "receipt.nobody-until" if back_on else "receipt.nobody"
        lines.append(voice.say(lang, key, on=back_on or ""))
    lines.append(voice.say(lang, "receipt.meanwhile"))
    return Message("\n\n".join(line for line in lines if line), ways(voice, number, lang))


def _expect(voice: Voice, opening: Opening, lang: Lang) -> str:
    """When the desk works, and how long answers have taken lately."""
    if opening.opens_at is None:
        hours = voice.say(lang, "receipt.hours-unknown")
    elif opening.is_open:
        hours = voice.say(lang, "receipt.open-now")
    else:
        hours = voice.say(lang, "receipt.closed", why=opening.why, at=moment(voice, opening.opens_at, lang))
    return f"{hours} {typical(voice, opening.waits, lang)}"


def typical(voice: Voice, waits: Sequence[timedelta], lang: Lang) -> str:
    """How long answers have taken lately: half of them at most so long."""
    if len(waits) < FEW:
        return voice.say(lang, "receipt.no-experience")
    half = sorted(waits)[(len(waits) - 1) // 2]
    hours, days = ceil(half / timedelta(hours=1)), ceil(half / timedelta(days=1))
    if hours <= 1:
        return voice.say(lang, "receipt.half-within-hour")
    if days <= 1:
        return voice.say(lang, "receipt.half-hours", many=hours)
    return voice.say(lang, "receipt.half-days", many=days)


def ways(voice: Voice, number: int, lang: Lang) -> Rows:
    """What a student may do with an open ticket."""
    add = Button(voice.plain(lang, "button.mine-more"), data(Act.MINE, number, "add"))
    withdraw = Button(voice.plain(lang, "button.mine-withdraw"), data(Act.MINE, number, "withdraw"))
    return ((add, withdraw),)


def answered(voice: Voice, number: int, lang: Lang, *, asks: bool) -> tuple[str, Rows]:
    """What stands above an answer or a question back (HTML), and the buttons below it."""
    if asks:
        return voice.say(lang, "answer.asks", number=f"#{number}"), ()
    helped = Button(voice.plain(lang, "button.helped"), data(Act.MINE, number, "helped"))
    back = Button(voice.plain(lang, "button.not-helped"), data(Act.MINE, number, "no"))
    return voice.say(lang, "answer.from-desk", number=f"#{number}"), ((helped, back),)


def letter(voice: Voice, number: int, text: str, lang: Lang, *, asks: bool, edited: bool = False) -> Message:
    """A text of a tutor's as the student reads it; ``text`` is HTML."""
    head, rows = answered(voice, number, lang, asks=asks)
    foot = voice.say(lang, "answer.write-here" if asks else "answer.did-it-help")
    changed = voice.say(lang, "answer.edited") if edited else ""
    parts = [head, cleaned(text), f"<i>{changed}</i>" if changed else "", f"<i>{foot}</i>"]
    return Message("\n\n".join(part for part in parts if part), rows)


def caption(voice: Voice, number: int, text: str, lang: Lang, *, asks: bool) -> Message:
    """The same below a file; it may be longer than Telegram lets stand there."""
    head, rows = answered(voice, number, lang, asks=asks)
    return Message("\n".join(part for part in (head, cleaned(text)) if part), rows)


def added(voice: Voice, number: int, lang: Lang, *, asked: bool, reopened: bool) -> Message:
    """What they sent has gone to their ticket; ``asked``: as that waits for them, so it may have been for the bot."""
    text = voice.say(lang, "mine.reopened" if reopened else "mine.added", number=f"#{number}")
    if not asked:
        return Message(text)
    otherwise = Button(voice.plain(lang, "button.mine-ask"), data(Act.MINE, number, "ask"))
    return Message(text, ((otherwise,),))
