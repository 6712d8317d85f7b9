"""Where the calls stand: those that the desk announced, and the months in which the others are usually open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta

from bot.rules.calls import Call, Standing, Window, in_window, windows
from bot.rules.letters import Voice, call_line, command_button
from bot.rules.messages import Lang, Message, months
from bot.rules.programmes import Programme

AHEAD = relativedelta(months=25)
"""How far ahead usual windows are looked for: two of each year's lie within, so that one is left after a call's."""
SOON = timedelta(days=183)
"""A programme whose call lives is expected to have another one only where that usually opens within this time."""


def living(calls: Iterable[Call], now: datetime, *programmes: str) -> tuple[Call, ...]:
    """The calls that are open or still to open; of some programmes, or of all."""
    return tuple(call for call in calls if call.lives(now) and (not programmes or call.programme in programmes))


def running(calls: Iterable[Call], now: datetime, programme: str) -> bool:
    """Whether a call of a programme is open."""
    return any(call.standing(now) is not Standing.ANNOUNCED for call in living(calls, now, programme))


def lines(voice: Voice, calls: Iterable[Call], now: datetime, lang: Lang) -> str:
    """Where calls stand, a line each; empty without calls."""
    return "\n".join(call_line(voice, call, now, lang) for call in calls)


def standing(voice: Voice, calls: Sequence[Call], now: datetime, lang: Lang) -> dict[Programme, str]:
    """Where the living calls of each programme stand; a programme without one is left out."""
    found = {programme: lines(voice, living(calls, now, programme), now, lang) for programme in Programme}
    return {programme: text for programme, text in found.items() if text}


def expected(voice: Voice, programme: Programme, calls: Sequence[Call], now: datetime) -> Window | None:
    """The usual window for which no call has been announced, the next to come or the one it is in.

    None where the page names no months, and where a call lives and the next one is far away.
    """
    today = now.astimezone(voice.zone).date()
    own = [call for call in calls if call.programme is programme and not call.withdrawn]
    for window in windows(voice.knowledge.calls.get(programme, ()), today, today + AHEAD):
        if not any(in_window(call, window, voice.zone) for call in own):
            far = window.opens_on - today > SOON
            return None if far and living(own, now) else window
    return None


def expectation(voice: Voice, programme: Programme, calls: Sequence[Call], now: datetime, lang: Lang) -> str:
    """When a call can be expected, in a line; what the page says instead, where it names no months."""
    name = voice.name(programme, lang)
    window = expected(voice, programme, calls, now)
    if window is not None:
        key = "calls.open-now" if window.opens_on <= now.astimezone(voice.zone).date() else "calls.next"
        return voice.say(lang, key, name=name, months=months(lang, window.opens_on, window.closes_on))
    if voice.knowledge.calls.get(programme) or living(calls, now, programme):
        return ""
    return voice.say(lang, "calls.no-window", name=name, how=voice.plain(lang, f"calls.{programme}"))


def page(voice: Voice, calls: Sequence[Call], now: datetime, lang: Lang) -> Message:
    """What is open, what is announced, what is only expected, and what was taken back; each in its own section."""
    parts = [voice.say(lang, "calls.intro"), *_announced(voice, calls, now, lang)]
    parts += [part for part in _expected(voice, calls, now, lang) if part]
    taken_back = lines(voice, (call for call in calls if call.withdrawn), now, lang)
    if taken_back:
        parts.append(f"{voice.say(lang, 'calls.section-withdrawn')}\n{taken_back}")
    parts.append(voice.say(lang, "calls.where"))
    alerts = command_button(voice, "subscribe", lang)
    file = command_button(voice, "calendar", lang)
    programmes = command_button(voice, "programmes", lang)
    return Message("\n\n".join(parts), ((alerts, file), (programmes,)))


def _announced(voice: Voice, calls: Sequence[Call], now: datetime, lang: Lang) -> Iterator[str]:
    to_open = [call for call in calls if call.standing(now) is Standing.ANNOUNCED]
    running = [call for call in living(calls, now) if call not in to_open]
    if running:
        yield f"{voice.say(lang, 'calls.section-open')}\n{lines(voice, running, now, lang)}"
    if to_open:
        yield f"{voice.say(lang, 'calls.section-next')}\n{lines(voice, to_open, now, lang)}"


def _expected(voice: Voice, calls: Sequence[Call], now: datetime, lang: Lang) -> Iterator[str]:
    """The usual months, the soonest first, then where the page names none."""
    awaited, others = [], []
    for programme in voice.knowledge.programmes:
        window = expected(voice, programme, calls, now)
        said = expectation(voice, programme, calls, now, lang)
        if window:
            awaited.append((window.opens_on, said))
        elif said:
            others.append(said)
    if awaited:
        yield "\n".join([voice.say(lang, "calls.section-expected"), *(said for _, said in sorted(awaited))])
    if others:
        yield "\n".join([voice.say(lang, "calls.section-others"), *others])
