"""An outbox at work by itself, without a desk around it, and a log of what it sent and when."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from bot.desk.outbox import Outbox
from bot.playground.chats import Person
from bot.playground.world import World
from bot.rules.delivery import Outcome
from bot.storage import outbox, students
from bot.storage.outbox import Claimed, Outgoing
from bot.storage.rows import Student
from bot.storage.store import Store, Transaction
from bot.transport.sender import Sender
from tests.desks import FastClock, outbox_of


async def copied(_: Transaction, rows: Sequence[Claimed], __: datetime) -> Mapping[int, Mapping[str, Any]]:
    """What copies of messages to many say where nobody wrote anything."""
    return {row.id: {"text": f"copy {row.id}"} for row in rows}


class Door:
    """An outbox at work, and a log of when it sent what."""

    def __init__(self, store: Store, sender: Sender, clock: FastClock, owner: str = "one") -> None:
        self.store, self.clock, self._sender = store, clock, sender
        self.sent: list[tuple[float, int, str]] = []
        self.flying: Counter[int] = Counter()
        self.busiest, self.crowded = 0, False
        self.outbox = Outbox(store, self._deliver, copied, clock, owner)

    async def _deliver(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> Outcome:
        self.sent.append((self.clock.monotonic(), chat_id, str(payload.get("text"))))
        self.flying[chat_id] += 1
        self.busiest = max(self.busiest, self.flying.total())
        self.crowded = self.crowded or self.flying[chat_id] > 1
        try:
            return await self._sender.deliver(chat_id, method, payload)
        finally:
            self.flying[chat_id] -= 1

    async def put(
        self, to: Person | int | list[Person], *texts: str, priority: int = 0, wait: float = 0, buttons: object = ()
    ) -> None:
        """Put messages on their way; ``wait`` seconds from now at the earliest."""
        now = self.clock.now()
        due = now + timedelta(seconds=wait)
        chats = [each if isinstance(each, int) else each.id for each in (to if isinstance(to, list) else [to])]
        items = [
            Outgoing(f"{chat}:{text}", chat, "send", {"text": text, "buttons": buttons}, priority, due)
            for chat in chats
            for text in texts
        ]
        async with self.store.transaction() as tx:
            await outbox.enqueue(tx, items, now)
        self.outbox.wake()

    def times(self, person: Person) -> list[float]:
        return [at for at, chat_id, _ in self.sent if chat_id == person.id]

    async def quiet(self, *people: Person, seconds: float = 10) -> None:
        """Wait until nothing is waiting."""
        async with asyncio.timeout(seconds):
            while any(row.finished_at is None for row in await outbox_of(self.store, *people)):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def at_work(door: Door) -> AsyncIterator[asyncio.Task[None]]:
    work = asyncio.create_task(door.outbox.run())
    try:
        yield work
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


def newcomer(world: World, name: str) -> Person:
    person = world.add_person(name)
    world.start(person)
    return person


async def know(store: Store, person: Person, clock: FastClock) -> None:
    async with store.transaction() as tx:
        await students.save(tx, Student(user_id=person.id, first_seen_at=clock.now(), last_seen_at=clock.now()))
