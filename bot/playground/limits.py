"""How fast a bot may write, as Telegram counts it; watched only while switched on."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.playground.chats import Chat
from bot.playground.errors import too_many_requests

PRIVATE_A_SECOND: Final = 1.0
PRIVATE_BURST: Final = 5.0
GROUP_A_SECOND: Final = 20 / 60
GROUP_BURST: Final = 20.0
ALL_A_SECOND: Final = 30
# Over so many seconds are all chats counted together: a network bunches up what left evenly.
ALL_SECONDS: Final = 2.0
# For so many seconds after a person wrote or pressed a button, what the bot says there is an answer and no bulk.
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

    def take(self, _: float, count: int) -> None:
        """Count so many."""
        self.level -= count


@dataclass(slots=True)
class _Window:
    """So many messages in any ``seconds`` on end."""

    room: int
    seconds: float
    sent: deque[float] = field(default_factory=deque)

    def wait(self, now: float, count: int) -> float:
        """Seconds until ``count`` more fit (0: now)."""
        while self.sent and self.sent[0] <= now - self.seconds:
            self.sent.popleft()
        over = len(self.sent) + min(count, self.room) - self.room
        return self.sent[over - 1] + self.seconds - now if over > 0 else 0.0

    def take(self, now: float, count: int) -> None:
        """Count so many."""
        self.sent.extend([now] * count)


class Limits:
    """About one message a second in a private chat after a short burst, 20 a minute in a group, 30 a second in all.

    Answers to somebody who has just written or pressed a button do not count towards the last. ``refused`` is how often
    something was too fast.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.on = False
        self.refused = 0
        self._monotonic = monotonic
        self._chats: dict[int, _Bucket] = {}
        self._all = _all_chats()

    def spend(self, chat: Chat, count: int = 1) -> None:
        """Count messages that are about to be written; raises ``ApiError`` 429 and counts nothing where too fast."""
        if not self.on:
            return
        now = self._monotonic()
        counts: list[_Bucket | _Window] = [self._of(chat, now)]
        if now - chat.spoken_at > ANSWER_SECONDS:
            counts.append(self._all)
        wait = max(each.wait(now, count) for each in counts)
        if wait > 0:
            self.refused += 1
            raise too_many_requests(math.ceil(wait))
        for each in counts:
            each.take(now, count)

    def forget(self) -> None:
        """Nothing has been sent or refused yet."""
        self.refused = 0
        self._chats.clear()
        self._all = _all_chats()

    def _of(self, chat: Chat, now: float) -> _Bucket:
        if chat.id not in self._chats:
            room, flow = (PRIVATE_BURST, PRIVATE_A_SECOND) if chat.person else (GROUP_BURST, GROUP_A_SECOND)
            self._chats[chat.id] = _Bucket(room, flow, room, now)
        return self._chats[chat.id]


def _all_chats() -> _Window:
    return _Window(round(ALL_A_SECOND * ALL_SECONDS), ALL_SECONDS)
