"""How far a message to many has come, and what became of it, as staff read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any

from bot.rules.alerts import Letter
from bot.rules.buttons import Act, data
from bot.rules.delivery import ALERTS_A_SECOND
from bot.rules.letters import Voice
from bot.rules.messages import Button, Html, Lang, Message, Rows, plain
from bot.rules.programmes import Programme

CELLS = 12
"""The width of a progress bar."""
LONGEST_EXCERPT = 60
FATES = ("delivered", "blocked", "failed", "late", "cancelled", "waiting", "maybe_twice", "maybe_once")
"""What may become of a copy, in the order in which it is reported; the first is always told."""


def lasts(voice: Voice, copies: int, lang: Lang) -> str:
    """How long so many copies take: "40 s", "7 min", "1 h 7 min"."""
    seconds = ceil(copies / ALERTS_A_SECOND)
    if seconds < 100:  # noqa: PLR2004 - beyond that, seconds say nothing
        return voice.plain(lang, "lasts.seconds", seconds=seconds)
    minutes = -(-seconds // 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return voice.plain(lang, "lasts.minutes", minutes=minutes)
    return voice.plain(lang, "lasts.hours", hours=minutes // 60, minutes=minutes % 60)


def heading(voice: Voice, kind: str, programme: str | None, about: Mapping[str, Any], lang: Lang) -> Html:
    """What a message to many is, in a few words: "Free Mover: the call is open", "Broadcast: Dear students …"."""
    name = voice.name(Programme(programme), lang) if programme else ""
    texts = about.get("texts") or {}
    text = str(texts.get(lang) or next(iter(texts.values()), ""))
    excerpt = " ".join(plain(text).split())[:LONGEST_EXCERPT]
    return Html(voice.say(lang, f"mailing.{kind}", name=name, excerpt=excerpt))


def progress(
    voice: Voice, what: Html, report: Mapping[str, int], mailing_id: int, lang: Lang, *, sleeping: int = 0
) -> Message:
    """A bar, the numbers, and how long the rest takes; with a way to stop it.

    ``sleeping`` of the copies that wait do so until it is morning for their readers.
    """
    total, waiting = report["recipients"], report["waiting"]
    ended = total - waiting
    filled = CELLS * ended // total if total else CELLS
    bar = "▓" * filled + "░" * (CELLS - filled)
    lines = [voice.say(lang, "report.progress", what=what, bar=bar, ended=ended, total=total)]
    if waiting > sleeping or not sleeping:
        lines.append(voice.say(lang, "report.to-go", lasts=lasts(voice, waiting - sleeping, lang)))
    if sleeping:
        lines.append(voice.say(lang, "report.sleeping", many=sleeping))
    return Message("\n".join(lines), ((_button(voice, mailing_id, "stop", lang),),))


def fates(voice: Voice, report: Mapping[str, int], lang: Lang, *, kind: str) -> list[str]:
    """How many copies met each fate, those that befell none left out."""
    first = "deleted" if kind == Letter.DELETION else FATES[0]
    met = {fate: report[fate] for fate in FATES if report[fate] or fate == FATES[0]}
    return [voice.say(lang, f"report.{first if fate == FATES[0] else fate}", many=many) for fate, many in met.items()]


def final(
    voice: Voice,
    what: Html,
    report: Mapping[str, int],
    mailing_id: int,
    lang: Lang,
    *,
    kind: str,
    stopped: bool = False,
) -> Message:
    """What became of every copy, a line for each fate that befell any; and what can still be done about it."""
    lines = fates(voice, report, lang, kind=kind)
    head = voice.say(lang, "report.stopped" if stopped else "report.done", what=what, total=report["recipients"])
    return Message("\n".join([head, *lines]), _remedies(voice, report, mailing_id, lang, kind=kind))


def _remedies(voice: Voice, report: Mapping[str, int], mailing_id: int, lang: Lang, *, kind: str) -> Rows:
    if kind == Letter.DELETION:
        return ()
    rows = []
    if report["failed"]:
        rows.append((_button(voice, mailing_id, "again", lang),))
    if report["delivered"] and kind == Letter.BROADCAST:
        rows.append((_button(voice, mailing_id, "delete", lang),))
    return tuple(rows)


def _button(voice: Voice, mailing_id: int, verb: str, lang: Lang) -> Button:
    return Button(voice.plain(lang, f"mailing.button.{verb}"), data(Act.MAILING, mailing_id, verb))


def on_the_way(voice: Voice, what: Html, wait: timedelta, mailing_id: int, lang: Lang) -> Message:
    """Confirmed, and leaving in a moment: it can still be undone."""
    text = voice.say(lang, "report.countdown", what=what, seconds=int(wait.total_seconds()))
    return Message(text, ((_button(voice, mailing_id, "undo", lang),),))
