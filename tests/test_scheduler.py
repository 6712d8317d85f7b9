"""A clock that ticks, on the real APScheduler: late is better than never, and never twice at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot import scheduler
from bot.scheduler import Scheduler
from tests.desks import until


class Work:
    """What is called, how often, and how many at once."""

    def __init__(self) -> None:
        self.ticks = self.cleanings = self.at_once = self.most_at_once = 0
        self.takes, self.fails = 0.0, False

    async def tick(self) -> None:
        self.ticks += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.takes)
        self.at_once -= 1
        if self.fails:
            raise RuntimeError("the database is away")

    async def clean(self) -> None:
        self.cleanings += 1


@pytest.fixture
def work() -> Work:
    return Work()


@contextmanager
def ticking(work: Work, monkeypatch: pytest.MonkeyPatch, seconds: float = 0.05) -> Iterator[Scheduler]:
    monkeypatch.setattr(scheduler, "TICK", seconds)
    ticker = Scheduler(work.tick, work.clean)
    ticker.start()
    try:
        yield ticker
    finally:
        ticker.stop()


async def test_it_ticks_until_it_is_stopped(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    with ticking(work, monkeypatch):
        await until(lambda: work.ticks >= 3, seconds=3)
    after = work.ticks
    await asyncio.sleep(0.15)
    assert work.ticks == after
    assert work.cleanings == 0


async def test_a_tick_that_was_due_while_the_loop_was_busy_comes_late(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ticking(work, monkeypatch, seconds=60) as ticker:
        ticker._scheduler.modify_job("tick", next_run_time=datetime.now(UTC) + timedelta(seconds=0.05))
        await asyncio.sleep(0)
        time.sleep(1.3)  # noqa: ASYNC251 - a busy loop is what is tried; APScheduler's grace is one second
        await until(lambda: work.ticks == 1, seconds=3)


async def test_many_ticks_that_were_due_are_one(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    with ticking(work, monkeypatch, seconds=0.1):
        await asyncio.sleep(0)
        time.sleep(0.55)  # noqa: ASYNC251 - see above
        await asyncio.sleep(0.03)
        assert work.ticks == 1


async def test_a_tick_that_takes_long_does_not_run_beside_itself(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.takes = 0.2
    with ticking(work, monkeypatch):
        await until(lambda: work.ticks >= 2, seconds=3)
        await asyncio.sleep(0.05)
    assert work.most_at_once == 1


async def test_a_tick_that_fails_is_not_the_last(
    work: Work, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    work.fails = True
    with ticking(work, monkeypatch):
        await until(lambda: work.ticks >= 2, seconds=3)
    assert "the database is away" in caplog.text


async def test_old_rows_are_removed_once_a_night(work: Work) -> None:
    ticker = Scheduler(work.tick, work.clean)
    ticker.start()
    (job,) = [job for job in ticker._scheduler.get_jobs() if job.id == "clean"]
    moments = [job.next_run_time]
    for _ in range(3):
        moments.append(job.trigger.get_next_fire_time(moments[-1], moments[-1]))
    ticker.stop()
    assert {(moment.hour, moment.minute, str(moment.tzinfo)) for moment in moments} == {(3, 0, "UTC")}
    assert len({moment.date() for moment in moments}) == 4
    assert all(not job.misfire_grace_time and job.coalesce for job in [job])
