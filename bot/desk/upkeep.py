"""What the desk does by itself: rows of senders that died are freed, alerts looked at, and old rows removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.desk.cards import Cards
from bot.desk.outbox import Outbox
from bot.storage import asked, calls, deadlines, members, outbox, phrasings, staff, students, tickets, updates
from bot.storage.store import Store, Transaction

Purge = Callable[[Transaction, datetime], Awaitable[int]]

UPDATES_KEPT = timedelta(days=3)
"""Telegram repeats an update for 24 hours at most."""
MESSAGES_KEPT = timedelta(days=14)
"""How long a message that went out is kept."""
INVITATIONS_KEPT = timedelta(days=30)
"""How long an invitation that ran out is kept, so that whoever opens it late is told what it was."""
CALLS_KEPT = timedelta(days=180)
"""How long it is kept who was told of a call that closed, and the days of a plan that are over."""


class Upkeep:
    """The desk's house-keeping; ``keep`` is how long people's words are kept."""

    def __init__(
        self,
        store: Store,
        sending: Outbox,
        cards: Cards,
        look: Callable[[], None],
        clock: Clock,
        keep: timedelta,
    ) -> None:
        self._store, self._sending, self._cards = store, sending, cards
        self._look, self._clock, self._keep = look, clock, keep

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
            await asked.purge(tx, now - self._keep)
            await phrasings.purge(tx)
            await members.purge(tx, now - INVITATIONS_KEPT)
        await self._in_portions(outbox.purge, now - MESSAGES_KEPT)
        await self._in_portions(self._forget_tickets, now - self._keep)
        await self._in_portions(self._forget_students, now - self._keep)

    async def _forget_tickets(self, tx: Transaction, before: datetime) -> int:
        """Leave stubs of tickets closed before a moment, in the staff's chats too."""
        found = await tickets.old(tx, before)
        await self._forget(tx, found)
        return len(found)

    async def _forget_students(self, tx: Transaction, before: datetime) -> int:
        gone = await students.idle(tx, before)
        await self._forget(tx, await tickets.numbers_of(tx, gone))
        await students.purge(tx, gone)
        return len(gone)

    async def _forget(self, tx: Transaction, numbers: Sequence[int]) -> None:
        for number in numbers:
            held = await tickets.get(tx, number, hold=True)
            if held is not None:
                await self._cards.forget(tx, held, self._clock.now(), outbox.ALERT)  # answers go first

    async def _in_portions(self, purge: Purge, before: datetime) -> None:
        """Remove a portion in each transaction, so that nobody waits long for theirs."""
        removed = 1
        while removed:
            async with self._store.transaction() as tx:
                removed = await purge(tx, before)
