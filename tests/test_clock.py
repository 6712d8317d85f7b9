"""The one reader of time."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.clock import SystemClock, day_in

ROME = ZoneInfo("Europe/Rome")


def test_now_is_aware_and_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_shift_moves_now_and_not_the_seconds_that_never_go_back() -> None:
    clock = SystemClock()
    before, ticks = clock.now(), clock.monotonic()
    clock.shift = timedelta(days=400)
    assert timedelta(days=400) <= clock.now() - before < timedelta(days=400, seconds=5)
    clock.shift = timedelta(days=-400)
    assert clock.now() < before
    assert 0 <= clock.monotonic() - ticks < 5


@pytest.mark.parametrize("seconds", [0, -5])
async def test_a_sleep_of_nothing_lets_others_run(seconds: float) -> None:
    ran = asyncio.Event()
    asyncio.get_running_loop().call_soon(ran.set)
    await asyncio.wait_for(SystemClock().sleep(seconds), 1)
    assert ran.is_set()


async def test_a_sleep_takes_its_time() -> None:
    clock = SystemClock()
    began = clock.monotonic()
    await clock.sleep(0.05)
    assert clock.monotonic() - began >= 0.05


async def test_waiting_ends_with_the_call_or_with_the_time() -> None:
    clock, wake = SystemClock(), asyncio.Event()
    assert await clock.wait(wake, 0.01) is False
    assert await clock.wait(wake, 0) is False
    asyncio.get_running_loop().call_later(0.01, wake.set)
    assert await asyncio.wait_for(clock.wait(wake, 30), 5) is True
    assert await clock.wait(wake, 0) is True
    wake.clear()
    asyncio.get_running_loop().call_later(0.01, wake.set)
    assert await asyncio.wait_for(clock.wait(wake, None), 5) is True


async def test_a_wait_can_be_cancelled() -> None:
    waiting = asyncio.create_task(SystemClock().wait(asyncio.Event(), 30))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-21T22:59:59", date(2026, 11, 21)),
        ("2026-11-21T23:00:00", date(2026, 11, 22)),
        ("2026-07-14T21:59:59", date(2026, 7, 14)),
        ("2026-07-14T22:00:00", date(2026, 7, 15)),
        ("2026-03-28T23:00:00", date(2026, 3, 29)),  # the night the clocks go forward
        ("2026-03-29T21:59:59", date(2026, 3, 29)),
        ("2026-03-29T22:00:00", date(2026, 3, 30)),
        ("2026-10-24T22:00:00", date(2026, 10, 25)),  # the night they go back: a day of 25 hours
        ("2026-10-25T22:59:59", date(2026, 10, 25)),
        ("2026-10-25T23:00:00", date(2026, 10, 26)),
    ],
)
def test_days_begin_in_rome(moment: str, day: date) -> None:
    assert day_in(ROME, datetime.fromisoformat(moment).replace(tzinfo=UTC)) == day
