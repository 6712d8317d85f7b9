"""What the bot has not fetched yet: Telegram's queue of updates, and the long poll that empties it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.playground.entities import Json
from bot.playground.errors import ApiError, conflict

KEPT: Final = timedelta(hours=24)
# What an empty ``allowed_updates`` leaves out.
UNASKED: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
OTHER_POLL: Final = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(frozen=True, slots=True)
class Pending:
    """An update on its way; those of one ``lane`` (a chat) must not overtake each other."""

    id: int
    at: datetime
    lane: int
    body: Json


class Updates:
    """The queue. Ids rise for ever, also from one run to the next: a run starts at the tenths of a second of the clock.

    Telegram's are 32 bits wide, so ours begin anew every 6.8 years (next in 2031).
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._queue: OrderedDict[int, Pending] = OrderedDict()
        self._next = int(now().timestamp() * 10) % 2**31
        self._poll: asyncio.Future[None] | None = None
        self.allowed: frozenset[str] | None = None
        self.deliver: Callable[[Pending], None] = lambda _: None

    def __len__(self) -> int:
        self._expire()
        return len(self._queue)

    def __contains__(self, update_id: int) -> bool:
        self._expire()
        return update_id in self._queue

    def put(self, kind: str, payload: Json, lane: int) -> int | None:
        """Queue an update and return its id; ``None`` where the bot did not ask for this kind."""
        if kind in UNASKED if self.allowed is None else kind not in self.allowed:
            return None
        update = Pending(self._next, self._now(), lane, {"update_id": self._next, kind: payload})
        self._next += 1
        self._queue[update.id] = update
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        self.deliver(update)
        return update.id

    def allow(self, kinds: Sequence[str] | None) -> None:
        """``None`` keeps what was asked for before; an empty list asks for the usual kinds."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def pending(self) -> list[Pending]:
        """Everything that waits, oldest first."""
        self._expire()
        return list(self._queue.values())

    def forget(self, update_id: int) -> None:
        """This one has arrived."""
        self._queue.pop(update_id, None)

    def drop(self) -> None:
        """Throw away all that waits; ids are not used again."""
        self._queue.clear()

    async def get(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Confirm what is older than ``offset``, then give up to ``limit`` updates, waiting ``seconds`` for the first.

        A second call ends the one that waits with 409. A negative offset keeps only that many from the end.
        """
        self.end_poll(conflict(OTHER_POLL))
        self._confirm(offset)
        found = self._take(limit)
        if found or seconds <= 0:
            return found
        poll = self._poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await poll
        except TimeoutError:
            return []
        finally:
            if self._poll is poll:
                self._poll = None
        return self._take(limit)

    def end_poll(self, error: ApiError | None = None) -> None:
        """End the call that waits: with this refusal, or with what there is."""
        if self._poll is None or self._poll.done():
            return
        if error is None:
            self._poll.set_result(None)
        else:
            self._poll.set_exception(error)

    def _take(self, limit: int) -> list[Json]:
        self._expire()
        return [update.body for _, update in zip(range(limit), self._queue.values(), strict=False)]

    def _confirm(self, offset: int) -> None:
        """An offset from the future, which another run may have left behind, confirms nothing."""
        if offset < 0:
            offset = sorted(self._queue)[max(len(self._queue) + offset, 0)] if self._queue else 0
        while offset <= self._next and self._queue and next(iter(self._queue)) < offset:
            self._queue.popitem(last=False)

    def _expire(self) -> None:
        oldest = self._now() - KEPT
        while self._queue and next(iter(self._queue.values())).at < oldest:
            self._queue.popitem(last=False)
