"""Everything that happens in the playground, numbered, for whoever watches: the chat page, a waiting test."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.playground.entities import Json

KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; ``at`` is Unix time on the world's clock, ``data`` is ready for JSON.

    ==============  ====================================================================================
    kind            data
    ==============  ====================================================================================
    ``message``     ``chat_id``, ``message``; ``keyboard`` where the bot changed the reply keyboard
    ``edited``      ``chat_id``, ``message``
    ``deleted``     ``chat_id``, ``message_ids``
    ``action``      ``chat_id``, ``action`` (``typing`` and its like)
    ``reaction``    ``chat_id``, ``message_id``, ``reaction``
    ``pressed``     ``chat_id``, ``message_id``, ``person_id``, ``query_id``, ``data``
    ``answered``    ``query_id``, ``person_id``, ``chat_id``, and what ``Query`` calls its answer
    ``person``      ``person`` (a ``User`` with ``demo``, ``started``, ``blocked``, ``deleted``)
    ``chat``        ``chat`` (a group made, joined, left or migrated)
    ``commands``    ``scope``, ``language_code``
    ``profile``     ``name`` of what changed
    ``fault``       ``faults``: all that are in force now
    ``clock``       ``now`` (ISO 8601), ``shift`` in seconds
    ``webhook``     ``url``, ``error``
    ``reset``       nothing: read everything again
    ==============  ====================================================================================
    """

    number: int
    kind: str
    at: float
    data: Json


class Feed:
    """The last ten thousand events, and a way to wait for the next one."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.number = 0
        self._now = now
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    def add(self, kind: str, **data: object) -> None:
        """Note an event and wake those who wait."""
        self.number += 1
        self._events.append(Event(self.number, kind, self._now().timestamp(), data))
        self._wake()

    def close(self) -> None:
        """End every ``after`` once it has given what there is."""
        self._closed = True
        self._wake()

    async def changed(self) -> None:
        """Return at the next event (or when the feed closes)."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    async def after(self, number: int | None = None) -> AsyncIterator[Event]:
        """Events later than ``number`` (``None``: from now on), for ever.

        Whoever was away for too long to be told everything, or remembers another run, is told ``reset`` first.
        """
        last = self.number if number is None else number
        while True:
            oldest = self._events[0].number if self._events else self.number + 1
            if last > self.number or last < oldest - 1:
                last = self.number
                yield Event(last, "reset", self._now().timestamp(), {})
            for event in self._since(last):
                last = event.number
                yield event
            if last == self.number:
                if self._closed:
                    return
                await self.changed()

    def _since(self, number: int) -> list[Event]:
        new = self.number - number
        return [self._events[place] for place in range(-min(new, len(self._events)), 0)]

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
