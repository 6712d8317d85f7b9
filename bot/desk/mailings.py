"""Messages to many, from their moment to their report: begun when due, copied to the outbox, watched, reported.

The tables hold what is due; the loop here only looks at them, so a restart, a second process or a clock that jumps
changes nothing. What an alert says is written when a copy leaves (:mod:`bot.desk.copies`), from the call as it then
stands: no stale one can leave, whatever was done to the dates meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.desk.copies import CORRECTIONS, IMMEDIATE, Copies, limit, patience, still_expected, switch
from bot.desk.newsroom import Newsroom
from bot.rules.alerts import AWAKE, COVERED, Kind, awake_at
from bot.rules.letters import Voice
from bot.storage import calls, deadlines, mailings, outbox, tickets
from bot.storage.errors import StorageUnavailable
from bot.storage.rows import MailingRow, MailingState
from bot.storage.store import Store, Transaction

log = logging.getLogger(__name__)

REST, SHORTEST_REST = 15.0, 0.05
"""Seconds after which the tables are looked at again though nobody called, at most and at least."""
BEAT = 3.0
"""The same while something is being sent: how often a progress bar moves."""


class Looked(Protocol):
    """Something else that has to be looked at when it is due: reminders, tickets."""

    async def tick(self) -> datetime | None:
        """Do all that is due now; the moment at which something is due next."""
        ...


class Mailings:
    """Brings every message to many on its way; one instance per process."""

    def __init__(
        self,
        store: Store,
        voice: Voice,
        newsroom: Newsroom,
        others: Sequence[Looked],
        clock: Clock,
        send: Callable[[], None],
    ) -> None:
        self._store, self._voice, self._newsroom, self._others = store, voice, newsroom, others
        self._clock, self._send, self._copies = clock, send, Copies(voice)
        self.compose = self._copies.compose
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something was planned, stopped or moved, or the clock jumped."""
        self._wake.set()

    async def run(self) -> None:
        """Look after what is due until cancelled."""
        while True:
            self._wake.clear()
            rest = REST
            try:
                following = await self.tick()
                if following is not None:
                    rest = min(REST, max(SHORTEST_REST, (following - self._clock.now()).total_seconds()))
            except StorageUnavailable as error:
                log.error("alerts wait for the database: %s", error)  # noqa: TRY400 - the sentence says it all
            except Exception:
                log.exception("the alerts stumbled and are looked at again")
            await self._clock.wait(self._wake, rest)

    async def tick(self) -> datetime | None:
        """Do all that is due now; the moment at which something is due next, None: nothing is planned."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            swept = await outbox.expire(tx, now) + await mailings.sweep(tx, now)
            await self._close(tx, now)
            planned_on = await self._newsroom.plan_usual(tx, now)
            standing = await mailings.unfinished(tx)
        self._newsroom.usual_planned_on = planned_on
        due = [row for row in standing if row.due_at <= now or row.state is MailingState.SENDING]
        again = [await self._carefully(row, now) for row in due]
        again += [now] if swept else []  # that was a portion, and there may be more
        if due or swept:
            self._send()  # reports and progress are answers, and leave at once
        again += [row.due_at for row in standing if row not in due]
        again += [await each.tick() for each in self._others]
        return min((moment for moment in again if moment is not None), default=None)

    async def _carefully(self, row: MailingRow, now: datetime) -> datetime | None:
        """One that cannot be dealt with must not stop the others."""
        try:
            return await self._look_after(row, now)
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("%s cannot be dealt with", row.key)
            return None

    async def _close(self, tx: Transaction, now: datetime) -> None:
        """Report what was stopped or taken back once all its copies have come to rest."""
        for row in await mailings.unreported(tx, now):
            report = await mailings.report(tx, int(row.id or 0))
            if report.waiting:
                continue
            await mailings.note(tx, int(row.id or 0), report=mailings.packed(report))
            try:
                await self._newsroom.reported(tx, row, report, now)
            except (KeyError, ValueError):
                log.exception("%s cannot be put in words", row.key)

    async def _look_after(self, row: MailingRow, now: datetime) -> datetime | None:
        """Take one message to many a step further; when to look again, None: it is done."""
        number = int(row.id or 0)
        if row.state is MailingState.PLANNED and not await self._begin(row, now):
            return None
        while not await self._copied(number, now):
            self._send()
            await asyncio.sleep(0)
        self._send()
        async with self._store.reading() as tx:
            report, stirs = await mailings.report(tx, number), await mailings.stirs(tx, number, now)
            sleeping = await mailings.sleeping(tx, number, now)
        async with self._store.transaction() as tx:
            fresh = await mailings.get(tx, number)
            if fresh is None or fresh.state is not MailingState.SENDING:
                return None
            if fresh.fanned_at is None or report.waiting:
                await self._newsroom.progressed(tx, fresh, report, sleeping, now)
                alarm = fresh.due_at + patience(fresh) + timedelta(seconds=1)
                following = max(stirs, now + timedelta(seconds=BEAT))
                return min(following, alarm) if alarm > now else following
            report = await mailings.report(tx, number)
            if report.waiting:  # somebody asked meanwhile to send it again to those who failed
                return now
            await mailings.end(tx, number, report, now)
            await self._newsroom.reported(tx, fresh, report, now)
            return None

    async def _copied(self, number: int, now: datetime) -> bool:
        """Copy a message to the next portion of its audience; True: that is all for now, or it was stopped."""
        async with self._store.transaction() as tx:
            row = await mailings.get(tx, number)
            if row is None or row.state is not MailingState.SENDING or row.fanned_at is not None:
                return True
            return await self._copy(tx, row, now)

    async def _begin(self, row: MailingRow, now: datetime) -> bool:
        """Let a message to many go, unless its time is over, it has become pointless, or it was moved meanwhile."""
        async with self._store.transaction() as tx:
            await calls.hold_still(tx)
            fresh = await mailings.get(tx, int(row.id or 0))
            if fresh is None or fresh.due_at > now:
                return False
            row = fresh
            if self._is_over(row, now):
                if await mailings.stop(tx, [int(row.id or 0)], MailingState.DROPPED, now):
                    await self._newsroom.dropped(tx, row, now)
                return False
            if row.kind == Kind.USUAL and not still_expected(self._voice, row, await calls.listed(tx, now), now):
                await mailings.stop(tx, [int(row.id or 0)], MailingState.CANCELLED, now)
                return False
            if not await mailings.begin(tx, int(row.id or 0)):
                return False
            row.state = MailingState.SENDING
            if row.kind not in IMMEDIATE | CORRECTIONS:
                await self._canary(tx, row, now)
        return True

    def _is_over(self, row: MailingRow, now: datetime) -> bool:
        """Whether it is pointless by now, or will be before anybody is awake."""
        leaves = awake_at(now, AWAKE, self._voice.zone, None) if row.kind in COVERED else now
        return row.expires_at is not None and row.expires_at <= leaves

    async def _canary(self, tx: Transaction, row: MailingRow, now: datetime) -> None:
        call = await calls.get(tx, row.call_id) if row.call_id is not None else None
        await self._newsroom.canary(tx, row, lambda lang: self._copies.text(row, call, now, lang), now)

    async def _copy(self, tx: Transaction, row: MailingRow, now: datetime) -> bool:
        """Write the copies of the next portion; True: that is all for now."""

        def awake(at: datetime, hours: tuple[int, int]) -> datetime:
            return at if row.kind in IMMEDIATE else awake_at(at, hours, self._voice.zone, limit(row))

        done = await mailings.fan_out(tx, row, switch(row.kind), awake, now)
        if done and row.kind in CORRECTIONS and await mailings.copied(tx, int(row.id or 0)):
            await self._canary(tx, row, now)  # not of those that find nobody
        if done and row.kind in CORRECTIONS and await mailings.uncertain(tx, int(row.call_id or 0), row.about["to"]):
            await mailings.note(
                tx, int(row.id or 0), fanned_at=None, cursor=0
            )  # who is told the old dates now comes too
        return done

    async def next_event(self) -> datetime | None:
        """The moment at which something is planned to happen next; it may be past, when it could not happen yet."""
        now = self._clock.now()
        async with self._store.reading() as tx:
            planned = [row.due_at for row in await mailings.unfinished(tx) if row.state is MailingState.PLANNED]
            moments = [
                *planned,
                await deadlines.next_due(tx),
                await tickets.next_look(tx),
                await outbox.next_due(tx, now),
            ]
        return min((moment for moment in moments if moment is not None), default=None)
