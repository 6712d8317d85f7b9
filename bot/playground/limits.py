"""How fast a bot may write, as Telegram counts it; watched only while switched on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.playground.chats import Chat
from bot.playground.errors import too_many_requests

PRIVATE_A_SECOND: Final = 1.0
PRIVATE_BURST: Final = 5.0
GROUP_A_SECOND: Final = 20 / 60
GROUP_BURST: Final = 20.0
ALL_A_SECOND: Final = 30.0
# For so many seconds after a person wrote, what the bot says there is an answer and no bulk.
ANSWER_SECONDS: Final = 30.0


@dataclass(slots=True)
class _Bucket:
    """So many messages at once, then as many a second as flow back in."""

    room: float
    flow: float
    level: float
    at: float

    def wait(self, now: float, count: int) -> float:
        """Seconds until ``count`` more fit (0: now)."""
        self.level = min(self.room, self.level + (now - self.at) * self.flow)
        self.at = now
        return max(0.0, (min(count, self.room) - self.level) / self.flow)


class Limits:
    """About one message a second in a private chat after a short burst, 20 a minute in a group, 30 a second in all.

    Answers to somebody who has just written do not count towards the last.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.on = False
        self._monotonic = monotonic
        self._chats: dict[int, _Bucket] = {}
        self._all: _Bucket | None = None

    def spend(self, chat: Chat, count: int = 1) -> None:
        """Count messages that are about to be written; raises ``ApiError`` 429 and counts nothing where too fast."""
        if not self.on:
            return
        now = self._monotonic()
        buckets = [self._of(chat, now)]
        if now - chat.spoken_at > ANSWER_SECONDS:
            self._all = self._all or _Bucket(ALL_A_SECOND, ALL_A_SECOND, ALL_A_SECOND, now)
            buckets.append(self._all)
        wait = max(bucket.wait(now, count) for bucket in buckets)
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        for bucket in buckets:
            bucket.level -= count

    def forget(self) -> None:
        """Every bucket is full again."""
        self._chats.clear()
        self._all = None

    def _of(self, chat: Chat, now: float) -> _Bucket:
        if chat.id not in self._chats:
            room, flow = (PRIVATE_BURST, PRIVATE_A_SECOND) if chat.person else (GROUP_BURST, GROUP_A_SECOND)
            self._chats[chat.id] = _Bucket(room, flow, room, now)
        return self._chats[chat.id]
