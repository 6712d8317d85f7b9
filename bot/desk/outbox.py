"""The one door out: claims what is due, sends it, and writes down what became of it.

Claiming and settling share one transaction, so under load one commit serves many rows. A row leaves "sending" only by a
committed mark; what was sent but not yet marked when the process dies is sent once more and counted as maybe twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.rules.delivery import (
    UNCERTAIN_TRIES,
    Gone,
    Halted,
    Migrated,
    NotSent,
    Outcome,
    Refused,
    RetryAt,
    Sent,
    Unknown,
    delay,
)
from bot.storage import outbox, students
from bot.storage.errors import StorageUnavailable
from bot.storage.outbox import Claimed
from bot.storage.store import Store, Transaction

log = logging.getLogger(__name__)

Deliver = Callable[[int, str, Mapping[str, Any]], Awaitable[Outcome]]
"""(chat_id, method, payload) -> what became of it."""

Landed = tuple[Claimed, Outcome, datetime]
"""A row, what became of it, and when it was claimed."""

IN_FLIGHT = 32
"""Messages being sent at the same time, each to another chat."""
LEASE = timedelta(seconds=60)
"""How long a claimed row belongs to its sender; longer than any send may take."""
REST, SHORTEST_REST = 15.0, 0.05
"""Seconds after which the tables are looked at again though nobody called, at most and at least."""
FLYING_REST = 1.0
"""The same while messages are being sent: one that hangs must not hold up those that fall due meanwhile."""
HALT = 60.0
"""Seconds without sending after Telegram refused the token."""
BURST, PER_SECOND = 5, 1.0
"""In one chat: this many messages at once, then about this many a second."""


class Outbox:
    """Sends what the tables hold; one instance per process."""

    def __init__(self, store: Store, deliver: Deliver, clock: Clock, owner: str) -> None:
        self._store, self._deliver, self._clock, self._owner = store, deliver, clock, owner
        self._wake = asyncio.Event()
        self._stepping: asyncio.Task[float] | None = None
        self._flying: set[asyncio.Task[None]] = set()
        self._landed: list[Landed] = []
        self._pace = Pace(clock)
        self._halted_until = 0.0

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def recover(self, *, everyone: bool) -> None:
        """Take back what a sender that died had claimed (``everyone``: whoever claimed it, as this is the only one)."""
        async with self._store.transaction() as tx:
            taken_back = await outbox.reap(tx, owner_everyone=everyone, cutoff=self._clock.now(), but=self._owner)
        if taken_back:
            log.warning("%d messages may have been sent before the last stop; they are sent again", taken_back)
            self.wake()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._wake.clear()
            self._stepping = asyncio.create_task(self._step())
            try:
                pause = await asyncio.shield(self._stepping)  # cut short, it would leave behind what it has claimed
            except StorageUnavailable as error:
                log.error("the outbox waits for the database: %s", error)  # noqa: TRY400 - the sentence says it all
                pause = float(REST)
            except Exception:
                log.exception("the outbox stumbled and tries again")
                pause = float(REST)
            await self._clock.wait(self._wake, pause)

    async def finish(self, seconds: float) -> None:
        """Let what is being sent land, for at most ``seconds``, and write down what became of it."""
        if self._stepping:
            await asyncio.wait({self._stepping}, timeout=seconds)
        if self._flying:
            await asyncio.wait(self._flying, timeout=seconds)
        for task in list(self._flying):
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)
        landed, now = list(self._landed), self._clock.now()
        try:
            async with self._store.transaction() as tx:
                await self._settle(tx, landed, now)
        except StorageUnavailable as error:
            log.error("what was sent last could not be written down and will be sent again: %s", error)  # noqa: TRY400

    async def _step(self) -> float:
        """Write down what landed and send what is due; the seconds until something is due again."""
        now, landed = self._clock.now(), list(self._landed)
        room = IN_FLIGHT - len(self._flying) if self._clock.monotonic() >= self._halted_until else 0
        async with self._store.transaction() as tx:
            await self._settle(tx, landed, now)
            rows = (
                await outbox.claim(tx, owner=self._owner, now=now, lease_until=now + LEASE, limit=room) if room else []
            )
            due = None if rows or self._flying else await outbox.next_due(tx, now)
        del self._landed[: len(landed)]
        for row in rows:
            task = asyncio.create_task(self._send(row, now))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)
        if rows or self._flying:
            return FLYING_REST
        return min(REST, max(SHORTEST_REST, (due - now).total_seconds())) if due else REST

    async def _send(self, row: Claimed, claimed_at: datetime) -> None:
        try:
            await self._pace.turn(row.chat_id)
        except asyncio.CancelledError:
            self._landed.append((row, RetryAt(0), claimed_at))  # it never left, so the next start sends it once
            raise
        try:
            outcome = await self._deliver(row.chat_id, row.method, row.payload)
        except Exception as error:
            log.exception("row %s cannot be sent", row.key)
            outcome = Refused(type(error).__name__)
        self._landed.append((row, outcome, claimed_at))
        self._wake.set()

    async def _settle(self, tx: Transaction, landed: Sequence[Landed], now: datetime) -> None:
        if not landed:
            return
        await outbox.settle(tx, self._owner, [self._mark(row, outcome, now) for row, outcome, _ in landed], now)
        for row, outcome, claimed_at in landed:
            if isinstance(outcome, Gone):
                await students.unreachable(tx, row.chat_id, claimed_at)
                student = await students.get(tx, row.chat_id)
                if student is None or not student.reachable:  # else they have come back since
                    await outbox.cancel_chat(tx, row.chat_id, now)
            elif isinstance(outcome, Migrated):
                await outbox.migrate_chat(tx, row.chat_id, outcome.chat_id)

    def _mark(self, row: Claimed, outcome: Outcome, now: datetime) -> outbox.Outcome:
        match outcome:
            case Sent(message_id):
                return outbox.Sent(row.id, message_id)
            case RetryAt(seconds):
                return outbox.Retry(
                    row.id, now + timedelta(seconds=seconds), maybe_sent=False, counts=False, error="429"
                )
            case Migrated():
                return outbox.Retry(row.id, now, maybe_sent=False, counts=False, error="migrated")
            case Halted(error):
                log.error("Telegram refuses the token or another program uses it: %s", error)
                self._halted_until = self._clock.monotonic() + HALT
                later = now + timedelta(seconds=HALT)
                return outbox.Retry(row.id, later, maybe_sent=False, counts=False, error=error)
            case Unknown(error) if row.maybe_sent < UNCERTAIN_TRIES:
                return outbox.Retry(row.id, now + timedelta(seconds=1), maybe_sent=True, counts=True, error=error)
            case NotSent(error) if (pause := delay(row.attempts)) is not None:
                again = now + timedelta(seconds=pause)
                return outbox.Retry(row.id, again, maybe_sent=False, counts=True, error=error)
            case Unknown(error) | NotSent(error) | Refused(error) | Gone(error):
                log.warning("row %s is given up: %s", row.key, error)
                return outbox.Dead(row.id, error)


class Pace:
    """A short burst and then about one message a second, for each chat by itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_at: dict[int, float] = {}

    async def turn(self, chat_id: int) -> None:
        """Wait until this chat may get another message.

        The generic cell rate algorithm: each message books 1/``PER_SECOND`` seconds, and a chat may be up to
        ``BURST`` messages ahead of its bookings.
        """
        now = self._clock.monotonic()
        booked = max(self._free_at.get(chat_id, now), now)
        self._free_at[chat_id] = booked + 1 / PER_SECOND
        if len(self._free_at) > 10_000:  # noqa: PLR2004 - people who have been quiet need no entry
            self._free_at = {chat: at for chat, at in self._free_at.items() if at > now}
        ahead = booked - now - (BURST - 1) / PER_SECOND
        if ahead > 0:
            await self._clock.sleep(ahead)
