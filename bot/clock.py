"""The only reader of the system's time.

Rules take ``now`` and ``today`` as arguments; whatever has to know the time by itself is given a :class:`Clock`.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """What the rest of the program knows of time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` (none or fewer: only let others run)."""
        ...

    async def wait(self, wake: asyncio.Event, seconds: float | None) -> bool:
        """Wait until ``wake`` is set (True) or ``seconds`` have passed (False; ``None``: for ever)."""
        ...


class SystemClock:
    """The machine's own time, moved by ``shift`` (the playground's clock moves it, nothing else does)."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC) + self.shift

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        await asyncio.sleep(max(0.0, seconds))

    async def wait(self, wake: asyncio.Event, seconds: float | None) -> bool:
        """Wait until ``wake`` is set (True) or ``seconds`` have passed (False)."""
        try:
            async with asyncio.timeout(seconds):
                await wake.wait()
        except TimeoutError:
            return False
        return True


def day_in(zone: ZoneInfo, now: datetime) -> date:
    """The calendar day it is at ``now`` in ``zone``."""
    return now.astimezone(zone).date()
