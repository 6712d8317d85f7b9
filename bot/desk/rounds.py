"""What happens to tickets by themselves: staff are reminded of those that wait, and what has fallen quiet is closed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.clock import Clock
from bot.desk.cards import Cards
from bot.desk.library import Library
from bot.desk.staffroom import Staffroom
from bot.rules.messages import first_words
from bot.rules.tickets import Act, Hand, State, after
from bot.storage import tickets
from bot.storage.store import Store, Transaction
from bot.storage.ticket_rows import Ticket

log = logging.getLogger(__name__)


class Rounds:
    """Looks at the tickets that are due; the tables hold when each is looked at next."""

    def __init__(
        self,
        store: Store,
        library: Library,
        staffroom: Staffroom,
        cards: Cards,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store, self._library, self._staffroom, self._cards = store, library, staffroom, cards
        self._clock, self._wake = clock, wake

    async def tick(self) -> datetime | None:
        """Do what is due; the moment of the next look, or None. After a downtime each is done once."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            due = await tickets.due(tx, now)
            for each in due:
                held = await tickets.get(tx, int(each.id or 0), hold=True)
                if held and held.look_at and held.look_at <= now:
                    await self._look(tx, held, now)
            following = await tickets.next_look(tx)
        if due:
            self._wake()
        return following

    async def _look(self, tx: Transaction, ticket: Ticket, now: datetime) -> None:
        if ticket.state in tickets.OWED:
            await self._remind(tx, ticket, now)
            return
        to = after(ticket.state, Act.FALL_QUIET, Hand.DESK)
        if to is None:
            await tickets.change(tx, ticket, look_at=None)
            return
        ticket = await self._cards.close(tx, ticket, now)
        if ticket.student_id is not None:
            await self._cards.tell_student(tx, ticket, "mine.fell-quiet", now)

    async def _remind(self, tx: Transaction, ticket: Ticket, now: datetime) -> None:
        """Remind whoever has it, or everybody who might take it; from the second time on the admins too."""
        if ticket.claimer is not None and not await self._cards.taken(tx, ticket):  # taken out of the settings
            await self._cards.release(tx, ticket, now, but=ticket.claimer)
            return
        reminded = ticket.reminded + 1
        look_at = self._cards.remind_at(now, reminded)
        ticket = await tickets.change(tx, ticket, reminded=reminded, look_at=look_at)
        leader = await tickets.get(tx, ticket.merged_into) if ticket.merged_into is not None else None
        if leader is not None and leader.state in tickets.OWED:
            return  # the one it is answered with is reminded of
        taken = ticket.state is State.CLAIMED and ticket.claimer is not None
        audience = [ticket.claimer or 0] if taken else await self._cards.audience(tx, ticket, now)
        if reminded > 1:
            audience += [each for each in await self._cards.admins(tx, ticket) if each not in audience]
        key = "ticket.remind-claimed" if taken else "ticket.remind-new"
        words = first_words(ticket.question) or "📎"
        await self._cards.tell(tx, ticket, audience, key, now, question=words)
        missing = set(audience) - set(await tickets.cards(tx, int(ticket.id or 0)))
        await self._cards.show(tx, ticket, sorted(missing), f"reminder:v{ticket.version}", now)
