"""The room in which staff see what students ask: ``/stats``, as text and as a picture behind it.

What takes long is done when the two leave, so that nobody waits for it (see :class:`Finishing`).
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.desk.library import Library
from bot.desk.outbox import Deliver
from bot.desk.staff import Room, StaffTurn, number_of
from bot.rules import candidates, chart, hours, statistics
from bot.rules.answers import GENERAL
from bot.rules.blackout import blacked_out
from bot.rules.buttons import Act, Tap
from bot.rules.candidates import Asking, Missed
from bot.rules.chart import Chart
from bot.rules.delivery import Outcome
from bot.rules.findings import YEAR, Before, Findings, Span, days_of
from bot.rules.letters import Voice
from bot.rules.roles import Role
from bot.storage import asked
from bot.storage import statistics as counts
from bot.storage.store import Transaction

BESIDES = (f"{GENERAL}.greeting", f"{GENERAL}.thanks")
"""What is said to these is no answer, as they are no questions."""
TOP = 10
"""How many of the answers most asked for are named."""
MOST_GROUPED = 200
"""Of what was not understood so much is looked at, the newest first: some 0.1 to 0.5 s of work."""

MOMENT = timedelta(microseconds=1)
"""What was asked in this very moment counts."""


class Statistics(Room):
    """Answers ``/stats`` with any span of days; the buttons below lead to others."""

    commands: Mapping[str, Role] = {"stats": Role.TUTOR}
    buttons: Mapping[Act, Role] = {Act.STATS: Role.TUTOR}

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:  # noqa: ARG002 - there is but one
        """``/stats``, ``/stats 30``, ``/stats year``."""
        days = days_of(argument)
        if days is None:
            turn.say("stats.fault", value=argument)
        else:
            await self._tell(turn, days)

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        """They pressed a span."""
        days = number_of(tap)
        if not 1 <= days <= YEAR:
            return False
        await self._tell(turn, days)
        return True

    async def _tell(self, turn: StaffTurn, days: int) -> None:
        """Show the page, and send the picture behind it."""
        voice, lang, span = turn.voice, turn.lang, Span.of(days, turn.now + MOMENT, turn.voice.zone)
        found = await findings(turn.tx, span)
        page = statistics.page(voice, found, lang, partial(_desk_time, voice)).carried()
        if found.missed:
            alike = {"heading": statistics.missed_heading(voice, found, lang), "texts": found.missed, "lang": lang}
            page |= {"alike": alike}
        if turn.message_id is None:
            turn.said.append(("send", page, None))
        else:
            turn.said.append(("edit", page | {"message_id": turn.message_id}, None))
        if not found.empty:
            drawn = chart.picture(voice, found, lang).carried()
            turn.said.append(("photo", {"chart": drawn, "caption": statistics.heading(voice, span, lang)}, None))


async def findings(tx: Transaction, span: Span) -> Findings:
    """All that the tables say about a span."""
    bounds = span.bounds
    begins, ends = bounds[0], bounds[-1]
    missed = await asked.not_understood(tx, begins, MOST_GROUPED)
    open_now, waits_since = await counts.open_now(tx)
    known = await counts.known_since(tx)
    return Findings(
        span,
        counted=await counts.questions(tx, bounds, BESIDES),
        top=await counts.labels(tx, begins, ends, TOP, BESIDES),
        missed=[blacked_out(each.text).text for each in missed],
        opened=await counts.opened(tx, begins, ends),
        answered=await counts.answered_in(tx, begins, ends),
        waits=await counts.answered(tx, begins, ends),
        open_now=open_now,
        waits_since=waits_since,
        subscribers=await counts.subscribers(tx),
        before=await _before(tx, span, known),
        ever=known is not None,
    )


async def _before(tx: Transaction, span: Span, known: datetime | None) -> Before | None:
    """What the span before had; None where the desk was not there yet, or has forgotten a part of it."""
    begins, ends = span.before
    if known is None or known > begins:
        return None
    opened = await counts.opened(tx, begins, ends)
    return Before(await counts.asked_in(tx, begins, ends, BESIDES), sum(opened.values()))


def _desk_time(voice: Voice, start: datetime, end: datetime) -> timedelta:
    return hours.between(voice.knowledge.hours, start, end, voice.zone)


class Finishing:
    """Finishes what is to leave, between the outbox and whatever delivers it, in a thread: no transaction waits for it.

    A page whose payload has ``alike`` gets what was not understood put below its text, one that has ``missed`` becomes
    a question of these; a picture that waits as a ``chart`` becomes a ``png``. Anything else is handed on as it is.
    """

    def __init__(self, deliver: Deliver, library: Library) -> None:
        self._deliver, self._library = deliver, library
        self._one_at_a_time = asyncio.Lock()
        """The library that draws is not made for several threads."""

    async def deliver(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> Outcome:
        """Deliver one message."""
        for name, finish in (("alike", self._grouped), ("missed", self._listed), ("chart", self._drawn)):
            if name in payload:
                rest = {each: value for each, value in payload.items() if each != name}
                async with self._one_at_a_time:
                    payload = await asyncio.to_thread(finish, rest, payload[name])
        return await self._deliver(chat_id, method, payload)

    def _grouped(self, page: dict[str, Any], alike: Mapping[str, Any]) -> dict[str, Any]:
        """The page with what was not understood below it, the alike together."""
        groups = self._library.matcher.likeness.grouped(alike["texts"])
        missed = statistics.missed(self._library.voice, alike["texts"], groups, alike["lang"])
        return page | {"text": f"{page['text']}\n\n{alike['heading']}\n{missed}"}

    def _listed(self, page: dict[str, Any], carried: Mapping[str, Any]) -> dict[str, Any]:
        """The page with one of the questions, see :class:`bot.desk.candidates.Candidates`."""
        library, missed = self._library, [Missed(**each) for each in carried["rows"]]
        found = candidates.cases(
            missed,
            carried["settled"],
            lambda text, lang: library.match(text, usual=lang),
            library.matcher.likeness.grouped,
        )
        return page | candidates.page(library.voice, found, Asking(**carried["asking"])).carried()

    def _drawn(self, picture: dict[str, Any], carried: Mapping[str, Any]) -> dict[str, Any]:
        """The picture as a file."""
        return picture | {"png": b64encode(chart.png(Chart.read(carried))).decode()}
