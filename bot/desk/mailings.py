"""Messages to many, from their moment to their report: begun when due, copied to the outbox, watched, reported.

The tables hold what is due; the loop here only looks at them, so a restart, a second process or a clock that jumps
changes nothing. What an alert says is written when a copy leaves (:meth:`Mailings.compose`), from the call as it then
stands: no stale one can leave, whatever was done to the dates meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.desk.newsroom import Newsroom
from bot.desk.reminders import Reminders
from bot.rules import letters
from bot.rules.alerts import LATE, MUTED_BY, Kind, Letter, awake_at
from bot.rules.calls import Call
from bot.rules.letters import Voice
from bot.rules.messages import Lang, Message
from bot.rules.programmes import Programme
from bot.storage import calls, deadlines, mailings, outbox
from bot.storage.errors import StorageUnavailable
from bot.storage.outbox import Claimed
from bot.storage.rows import MailingRow, MailingState
from bot.storage.store import Store, Transaction

log = logging.getLogger(__name__)

REST, SHORTEST_REST = 15.0, 0.05
"""Seconds after which the tables are looked at again though nobody called, at most and at least."""
BEAT = 3.0
"""The same while something is being sent: how often a progress bar moves."""
PACE = 25.0
"""Copies that leave in a second, to tell what is late from what is only far back in the queue."""
CORRECTIONS = frozenset({Letter.MOVED, Letter.WITHDRAWN})
IMMEDIATE = frozenset({Letter.BROADCAST, Letter.DELETION})
"""What staff send by hand: it goes when they say so, whatever the hour, and is never late."""


class Mailings:
    """Brings every message to many on its way; one instance per process."""

    def __init__(
        self,
        store: Store,
        voice: Voice,
        newsroom: Newsroom,
        reminders: Reminders,
        clock: Clock,
        send: Callable[[], None],
    ) -> None:
        self._store, self._voice, self._newsroom, self._reminders = store, voice, newsroom, reminders
        self._clock, self._send = clock, send
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
        await self._in_portions(outbox.expire, now)
        await self._in_portions(mailings.sweep, now)
        async with self._store.transaction() as tx:
            await self._newsroom.plan_usual(tx, now)
            standing = await mailings.unfinished(tx)
        due = [row for row in standing if row.due_at <= now or row.state is MailingState.SENDING]
        again = [await self._look_after(row, now) for row in due]
        again += [row.due_at for row in standing if row not in due]
        again.append(await self._reminders.tick())
        return min((moment for moment in again if moment is not None), default=None)

    async def _in_portions(self, what: Callable[[Transaction, datetime], Awaitable[int]], now: datetime) -> None:
        """Do a portion in each transaction, so that nobody waits long for theirs."""
        done = 1
        while done:
            async with self._store.transaction() as tx:
                done = await what(tx, now)

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
        async with self._store.transaction() as tx:
            fresh = await mailings.get(tx, number)
            if fresh is None or fresh.state is not MailingState.SENDING:
                return None
            if fresh.fanned_at is None or report.waiting:
                await self._newsroom.progressed(tx, fresh, report, now)
                alarm = fresh.due_at + LATE + timedelta(seconds=fresh.recipients / PACE + 1)
                following = max(stirs, now + timedelta(seconds=BEAT))
                return min(following, alarm) if alarm > now else following
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
        """Let a message to many go, unless its time is over or it has become pointless."""
        async with self._store.transaction() as tx:
            if row.expires_at is not None and row.expires_at <= now:
                if await mailings.stop(tx, [int(row.id or 0)], MailingState.DROPPED, now):
                    await self._newsroom.dropped(tx, row, now)
                return False
            if row.kind == Kind.USUAL and await self._newsroom.announced(tx, row, now):
                await mailings.stop(tx, [int(row.id or 0)], MailingState.CANCELLED, now)
                return False
            if not await mailings.begin(tx, int(row.id or 0)):
                return False
            row.state = MailingState.SENDING
            if row.kind not in IMMEDIATE:
                await self._newsroom.canary(tx, row, await self._text_for_staff(tx, row, now), now)
        return True

    async def _copy(self, tx: Transaction, row: MailingRow, now: datetime) -> bool:
        """Write the copies of the next portion; True: that is all for now."""

        def awake(at: datetime, hours: tuple[int, int]) -> datetime:
            return at if row.kind in IMMEDIATE else awake_at(at, hours, self._voice.zone, row.expires_at)

        done = await mailings.fan_out(tx, row, _switch(row.kind), awake, now)
        if done and row.kind in CORRECTIONS and await mailings.uncertain(tx, int(row.call_id or 0), row.about["to"]):
            await mailings.note(
                tx, int(row.id or 0), fanned_at=None, cursor=0
            )  # who is told the old dates now comes too
        return done

    # What a copy says

    async def compose(self, tx: Transaction, rows: Sequence[Claimed], now: datetime) -> Mapping[int, Mapping[str, Any]]:
        """What claimed copies say, as is true at ``now``, by their ids; pointless ones are taken back and left out."""
        sources = await mailings.found(tx, {row.mailing_id for row in rows if row.mailing_id is not None})
        about = await calls.found(tx, {source.call_id for source in sources.values() if source.call_id is not None})
        corrected = {each.id for each in sources.values() if each.kind in CORRECTIONS}
        asked = [row.chat_id for row in rows if row.mailing_id in corrected]
        known = await calls.known(tx, about, asked) if asked else {}
        said: dict[int, Mapping[str, Any]] = {}
        revisions: dict[int, int] = {}
        for row in rows:
            source = sources[int(row.mailing_id or 0)]
            call = about.get(source.call_id or 0)
            knows = known.get((source.call_id or 0, row.chat_id))
            if source.id in corrected and not row.maybe_sent and knows != source.about["from"]:
                continue  # they have been told something else since this copy was written
            payload = self._payload(source, call, row, now)
            if payload is not None:
                said[row.id] = payload
                if call is not None:
                    revisions[row.id] = call.revision
        await mailings.take_back(tx, [row.id for row in rows if row.id not in said], now)
        await mailings.stamp(tx, revisions)
        return said

    def _payload(self, source: MailingRow, call: Call | None, row: Claimed, now: datetime) -> Mapping[str, Any] | None:
        if source.state is not MailingState.SENDING:
            return None
        if source.kind == Letter.DELETION:
            return {"message_id": row.message_id}
        lang: Lang = "it" if row.payload.get("lang") == "it" else "en"
        message = self._message(source, call, now, lang)
        if message is None:
            return None
        late = now - row.planned_at > LATE + timedelta(seconds=source.recipients / PACE)
        if late and source.kind not in IMMEDIATE:
            message = letters.marked_late(self._voice, message, row.planned_at, lang)
        return message.carried()

    def _message(self, source: MailingRow, call: Call | None, now: datetime, lang: Lang) -> Message | None:
        if source.kind == Letter.BROADCAST:
            return letters.broadcast(self._voice, source.about["texts"], lang)
        if source.kind == Kind.USUAL:
            first, last = date.fromisoformat(source.about["first"]), date.fromisoformat(source.about["last"])
            return letters.usual(self._voice, Programme(str(source.programme)), first, last, lang)
        return None if call is None else letters.alert(self._voice, source.kind, call, source.about, now, lang)

    async def next_event(self) -> datetime | None:
        """The moment at which something is planned to happen next; it may be past, when it could not happen yet."""
        now = self._clock.now()
        async with self._store.reading() as tx:
            planned = [row.due_at for row in await mailings.unfinished(tx) if row.state is MailingState.PLANNED]
            moments = [*planned, await deadlines.next_due(tx), await outbox.next_due(tx, now)]
        return min((moment for moment in moments if moment is not None), default=None)

    async def _text_for_staff(
        self, tx: Transaction, row: MailingRow, now: datetime
    ) -> Callable[[Lang], Message | None]:
        call = await calls.get(tx, row.call_id) if row.call_id is not None else None
        return lambda lang: self._message(row, call, now, lang)


def _switch(kind: str) -> str:
    """The switch of a student's that silences a message to many; empty: none does."""
    if kind in set(Letter):
        return MUTED_BY.get(Letter(kind), "")
    return kind
