"""APScheduler as a clock that ticks; it holds no truth, the tables do."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

TICK = 15
"""Seconds between two looks at what is due."""
CLEANING_HOUR = 3
"""The hour, in UTC, at which old rows are removed; house-keeping knows no summer time."""


class Scheduler:
    """Calls ``tick`` every few seconds and ``clean`` once a day, in memory."""

    def __init__(self, tick: Callable[[], Awaitable[None]], clean: Callable[[], Awaitable[None]]) -> None:
        # Without a grace time APScheduler silently drops a job that is due while the loop is busy for a second.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_job(tick, "interval", seconds=TICK, id="tick")
        self._scheduler.add_job(clean, "cron", hour=CLEANING_HOUR, id="clean")

    def start(self) -> None:
        """Begin to tick; needs a running loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)
