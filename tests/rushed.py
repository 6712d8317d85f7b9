"""The program on a clock that runs fast, as a process that can be killed: ``python -m tests.rushed EPOCH SPEED``.

It is ``bot run`` with another clock: a minute of alerts takes seconds, and goes on where it was after a restart.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime, timedelta

from bot.app import Desk, run_until_stopped
from bot.clock import SystemClock
from bot.config import read_settings, set_up_logging
from tests.scene import SUNDAY


class RushedClock(SystemClock):
    """It was a Sunday morning at ``epoch`` (seconds since 1970), and time runs ``speed`` times as fast since."""

    def __init__(self, epoch: float, speed: float) -> None:
        super().__init__()
        self._epoch, self._speed = epoch, speed

    def now(self) -> datetime:
        return SUNDAY + timedelta(seconds=(time.time() - self._epoch) * self._speed)

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self._speed)

    async def wait(self, wake: asyncio.Event, seconds: float | None) -> bool:
        return await super().wait(wake, None if seconds is None else seconds / self._speed)


if __name__ == "__main__":
    settings = read_settings()
    set_up_logging(settings)
    run_until_stopped(Desk(settings, RushedClock(float(sys.argv[1]), float(sys.argv[2]))))
