"""The one door out: claims what is due, sends it, and writes down what became of it.

Claiming and settling share one transaction, so under load one commit serves many rows. A row leaves "sending" only by a
committed mark; what was sent but not yet marked when the process dies is sent once more and counted as maybe twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.rules.delivery import (
    ALERTS_A_SECOND,
    UNCERTAIN_TRIES,
    Gone,
    Halted,
    Migrated,
    NotSent,
    Outcome,
    Refused,
    RetryAt,
    Sent,
    ServerError,
    Unknown,
    delay,
)
from bot.storage import calls, mailings, outbox, students
from bot.storage.errors import StorageUnavailable
from bot.storage.outbox import Claimed
from bot.storage.store import Store, Transaction

log = logging.getLogger(__name__)

Deliver = Callable[[int, str, Mapping[str, Any]], Awaitable[Outcome]]
"""(chat_id, method, payload) -> what became of it."""

Compose = Callable[[Transaction, Sequence[Claimed], datetime], Awaitable[Mapping[int, Mapping[str, Any]]]]
"""(transaction, claimed copies of messages to many, now) -> what each says by its id; one left out is not sent."""

Report = Callable[[Transaction, Claimed, outbox.Sent | outbox.Dead, datetime], Awaitable[None]]
"""(transaction, what speaks of a ticket, how it ended, now): tell whoever wrote it, or see to it in another way."""

Landed = tuple[Claimed, Outcome, datetime]
"""A row, what became of it, and when it was claimed."""

IN_FLIGHT = 32
"""Messages being sent at the same time, each to another chat."""
ALERTS_IN_FLIGHT = 24
"""Of them at most this many that nobody asked for, so that a slow Telegram leaves room for answers."""
MOST_IN_A_SECOND = 27
"""Alerts that leave within any second; a little above their pace, so that a look that came late is made up for."""
ALERTS_AT_ONCE = 5
"""Alerts that leave together, so that a look at the tables serves several."""
LEASE = timedelta(seconds=60)
"""How long a claimed row belongs to its sender; longer than any send may take."""
REST, SHORTEST_REST = 15.0, 0.05
"""Seconds after which the tables are looked at again though nobody called, at most and at least."""
FLYING_REST = 1.0
"""The same while messages are being sent: one that hangs must not hold up those that fall due meanwhile."""
HALT = 60.0
"""Seconds without sending after Telegram refused the token."""
BURST, PER_SECOND, GROUP_PER_SECOND = 5, 1.0, 15 / 60
"""In one chat: this many messages at once, then about this many a second; a group gets 20 a minute at most."""


class Outbox:
    """Sends what the tables hold; one instance per process."""

    def __init__(self, store: Store, deliver: Deliver, compose: Compose, clock: Clock, owner: str) -> None:
        self._store, self._deliver, self._compose = store, deliver, compose
        self.report: Report | None = None
        self._clock, self._owner = clock, owner
        self._wake = asyncio.Event()
        self._stepping: asyncio.Task[float] | None = None
        self._flying: set[asyncio.Task[None]] = set()
        self._landed: list[Landed] = []
        self._pace, self._bulk = Pace(clock), Bulk(clock)
        self._bulk_flying = 0
        self._halted_until = 0.0

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def recover(self, *, everyone: bool) -> None:
        """Take back what a sender that died had claimed (``everyone``: whoever claimed it, as this is the only one)."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            taken_back = await outbox.reap(tx, owner_everyone=everyone, cutoff=now, but=self._owner)
            await mailings.inform(tx, taken_back, now)
        if taken_back:
            log.warning("%d messages may have been sent before the last stop; they are sent again", len(taken_back))
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
            log.error("what was sent last could not be written down and will be sent again: %s", error)  # noqa: TRY400 - the sentence says it all

    async def _step(self) -> float:
        """Write down what landed and send what is due; the seconds until something is due again."""
        now, landed = self._clock.now(), list(self._landed)
        room = IN_FLIGHT - len(self._flying) if self._clock.monotonic() >= self._halted_until else 0
        paced = self._bulk.room()
        alerts = max(0, min(paced, ALERTS_IN_FLIGHT - self._bulk_flying))
        async with self._store.transaction() as tx:
            rows, silent = await self._exchange(tx, landed, room, alerts, now)
            due = None if rows or self._flying else await outbox.next_due(tx, now)
        del self._landed[: len(landed)]
        bulk = sum(row.priority == outbox.ALERT for row in rows)
        self._bulk.spend(bulk)
        self._bulk_flying += bulk
        for row in rows:
            task = asyncio.create_task(self._send(row, now))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)
        return self._rest(due, now, held_up=silent or bulk >= paced, busy=bool(rows or self._flying))

    async def _exchange(
        self, tx: Transaction, landed: Sequence[Landed], room: int, alerts: int, now: datetime
    ) -> tuple[list[Claimed], bool]:
        """Write down what landed, and claim what is due; see :meth:`_claim`."""
        if room and alerts:
            await calls.hold_still(tx)
        await self._settle(tx, landed, now)
        return await self._claim(tx, room, alerts, now) if room else ([], False)

    async def _claim(self, tx: Transaction, room: int, alerts: int, now: datetime) -> tuple[list[Claimed], bool]:
        """Claim what is due, and write what is written late: none says what is no longer true.

        The rows to be sent, and whether some were claimed that say nothing: then others may be due behind them.
        """
        rows = await outbox.claim(tx, owner=self._owner, now=now, lease_until=now + LEASE, limit=room, alerts=alerts)
        rows, vain = await self._placed(tx, rows, now)
        copies = [row for row in rows if row.written_late]
        if not copies:
            return rows, vain
        said = await self._compose(tx, copies, now)
        written = [replace(row, payload=dict(said[row.id])) for row in copies if row.id in said]
        return [row for row in rows if not row.written_late] + written, vain or len(written) < len(copies)

    async def _placed(self, tx: Transaction, rows: list[Claimed], now: datetime) -> tuple[list[Claimed], bool]:
        """Find the messages that are to be edited; what edits one that never arrived ends here, and the second is True.

        In a chat nothing overtakes: what brings a message has come to an end before what edits it is claimed.
        """
        named = [row for row in rows if "of" in row.payload]
        if not named:
            return rows, False
        places = await outbox.messages_of(tx, [row.payload["of"] for row in named])
        vain = [row.id for row in named if row.payload["of"] not in places]
        await outbox.settle(tx, self._owner, [outbox.Dead(each, "there is nothing to edit") for each in vain], now)
        found = [
            replace(row, payload={**row.payload, "message_id": places[row.payload["of"]]}) if row in named else row
            for row in rows
            if row.id not in vain
        ]
        return found, bool(vain)

    def _rest(self, due: datetime | None, now: datetime, *, held_up: bool, busy: bool) -> float:
        """Seconds until the tables are looked at again; soon, where alerts may be held up by their pace alone."""
        rest = FLYING_REST if busy else REST
        if due is not None:
            rest = min(REST, max(SHORTEST_REST, (due - now).total_seconds()))
        return min(rest, max(SHORTEST_REST, self._bulk.seconds_to_fill())) if held_up else rest

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
        if isinstance(outcome, RetryAt) and row.chat_id > 0:  # a group's pace is its own
            self._bulk.hold(outcome.seconds)
        self._bulk_flying -= row.priority == outbox.ALERT
        self._landed.append((row, outcome, claimed_at))
        self._wake.set()

    async def _settle(self, tx: Transaction, landed: Sequence[Landed], now: datetime) -> None:
        if not landed:
            return
        marks = [self._mark(row, outcome, now) for row, outcome, _ in landed]
        await outbox.settle(tx, self._owner, marks, now)
        for (row, _, _), mark in zip(landed, marks, strict=True):
            if self.report and row.ticket_id is not None and isinstance(mark, outbox.Sent | outbox.Dead):
                await self.report(tx, row, mark, now)
        told = [
            row.id for row, outcome, _ in landed if row.mailing_id and isinstance(outcome, Sent | ServerError | Unknown)
        ]
        await mailings.inform(tx, told, now)
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
            case Sent(message_id, messages):
                return outbox.Sent(row.id, message_id, messages)
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
            case Unknown(error) if row.maybe_sent - row.server_errors < UNCERTAIN_TRIES:
                return outbox.Retry(row.id, now + timedelta(seconds=1), maybe_sent=True, counts=True, error=error)
            case NotSent(error) | ServerError(error) if (
                pause := delay(row.attempts, lasting=row.expires_at is not None)
            ) is not None:
                again = now + timedelta(seconds=pause)
                failed = isinstance(outcome, ServerError)
                return outbox.Retry(row.id, again, maybe_sent=failed, counts=True, error=error, server_error=failed)
            case Gone(error):
                log.info("row %s found nobody: %s", row.key, error)
                return outbox.Dead(row.id, f"{outbox.GONE}: {error}")
            case Unknown(error) | NotSent(error) | ServerError(error) | Refused(error):
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
        per_second = PER_SECOND if chat_id > 0 else GROUP_PER_SECOND
        booked = max(self._free_at.get(chat_id, now), now)
        self._free_at[chat_id] = booked + 1 / per_second
        if len(self._free_at) > 10_000:  # noqa: PLR2004 - people who have been quiet need no entry
            self._free_at = {chat: at for chat, at in self._free_at.items() if at > now}
        ahead = booked - now - (BURST - 1) / per_second
        if ahead > 0:
            await self._clock.sleep(ahead)


class Bulk:
    """How fast alerts may leave, over all chats: evenly, in no second more than ``MOST_IN_A_SECOND``.

    And not at all while Telegram asks to be left alone.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._level, self._at = float(ALERTS_AT_ONCE), clock.monotonic()
        self._left_at: deque[float] = deque(maxlen=MOST_IN_A_SECOND)
        self._held_until = 0.0

    def room(self) -> int:
        """How many may leave now."""
        now = self._clock.monotonic()
        # One more than leave at once, or every look that comes late would slow the pace; and the sums of fractions.
        self._level = min(ALERTS_AT_ONCE + 1.0, self._level + (now - self._at) * ALERTS_A_SECOND)
        self._at = now
        lately = sum(at > now - 1 for at in self._left_at)
        room = min(ALERTS_AT_ONCE, int(self._level + 1e-6), MOST_IN_A_SECOND - lately)
        return 0 if now < self._held_until else room

    def spend(self, count: int) -> None:
        """So many leave."""
        self._level -= count
        self._left_at.extend([self._clock.monotonic()] * count)

    def hold(self, seconds: float) -> None:
        """Telegram said 429: alerts stop first, so that answers find room."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    def seconds_to_fill(self) -> float:
        """Seconds until as many may leave as may leave at once."""
        now = self._clock.monotonic()
        full = len(self._left_at) == self._left_at.maxlen
        crowded = self._left_at[ALERTS_AT_ONCE - 1] + 1 - now if full else 0.0
        return max(self._held_until - now, crowded, (ALERTS_AT_ONCE - self._level) / ALERTS_A_SECOND)
