"""What the desk does by itself: rows of senders that died are freed, alerts looked at, and old rows removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.desk.outbox import Outbox
from bot.storage import calls, deadlines, outbox, staff, students, updates
from bot.storage.store import Store, Transaction

Purge = Callable[[Transaction, datetime], Awaitable[int]]

UPDATES_KEPT = timedelta(days=3)
"""Telegram repeats an update for 24 hours at most."""
MESSAGES_KEPT = timedelta(days=14)
"""How long a message that went out is kept."""
CALLS_KEPT = timedelta(days=180)
"""How long it is kept who was told of a call that closed, and the days of a plan that are over."""
STUDENTS_KEPT = timedelta(days=730)
"""How long a student's plan is kept after their last word."""


class Upkeep:
    """The desk's house-keeping."""

    def __init__(self, store: Store, sending: Outbox, look: Callable[[], None], clock: Clock) -> None:
        self._store, self._sending, self._look, self._clock = store, sending, look, clock

    async def tick(self) -> None:
        """Free what a sender that died had claimed, and look whether something is due."""
        await self._sending.recover(everyone=False)
        self._look()

    async def clean(self) -> None:
        """Remove what is too old to be of use."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            await updates.purge(tx, now - UPDATES_KEPT)
            await outbox.purge_strangers(tx)
            await staff.purge(tx, now - MESSAGES_KEPT)
            await calls.purge(tx, now - CALLS_KEPT)
            await deadlines.purge(tx, (now - CALLS_KEPT).date())
        await self._in_portions(outbox.purge, now - MESSAGES_KEPT)
        await self._in_portions(students.purge_idle, now - STUDENTS_KEPT)

    async def _in_portions(self, purge: Purge, before: datetime) -> None:
        """Remove a portion in each transaction, so that nobody waits long for theirs."""
        removed = 1
        while removed:
            async with self._store.transaction() as tx:
                removed = await purge(tx, before)
