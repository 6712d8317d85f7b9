from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.playground.errors import ApiError, conflict
from bot.playground.updates import Updates
from tests.playground_bot import NOON, HandClock


def new_updates(count: int = 0) -> Updates:
    updates = Updates(HandClock().now)
    for number in range(count):
        updates.put("message", {"message_id": number}, lane=number)
    return updates


async def ids(updates: Updates, offset: int = 0, limit: int = 100) -> list[int]:
    return [update["update_id"] for update in await updates.get(offset, limit, 0)]


FIRST = int(NOON.timestamp() * 10) % 2**31


async def test_updates_wait_until_a_higher_offset_confirms_them() -> None:
    updates = new_updates(3)
    assert await updates.get(0, 1, 0) == [{"update_id": FIRST, "message": {"message_id": 0}}]
    assert await ids(updates) == await ids(updates) == [FIRST, FIRST + 1, FIRST + 2]
    assert await ids(updates, FIRST + 1) == [FIRST + 1, FIRST + 2]
    assert await ids(updates, 0) == [FIRST + 1, FIRST + 2]
    assert await ids(updates, FIRST + 3) == []
    assert len(updates) == 0


async def test_a_negative_offset_keeps_the_end_of_the_queue() -> None:
    updates = new_updates(4)
    assert await ids(updates, -2) == [FIRST + 2, FIRST + 3]
    assert await ids(updates, -9) == [FIRST + 2, FIRST + 3]
    assert await ids(new_updates(), -1) == []


async def test_an_offset_from_another_run_confirms_nothing() -> None:
    assert await ids(new_updates(2), FIRST + 1000) == [FIRST, FIRST + 1]


async def test_a_long_poll_ends_with_the_first_update_or_with_nothing() -> None:
    updates = new_updates()
    poll = asyncio.create_task(updates.get(0, 100, 5))
    await asyncio.sleep(0)
    updates.put("message", {}, 1)
    assert len(await poll) == 1
    assert await updates.get(FIRST + 1, 100, 0.01) == []


async def test_a_second_poll_ends_the_first_with_a_conflict() -> None:
    updates = new_updates()
    first = asyncio.create_task(updates.get(0, 100, 5))
    await asyncio.sleep(0)
    second = asyncio.create_task(updates.get(0, 100, 5))
    with pytest.raises(ApiError, match="Conflict: terminated by other getUpdates request; make sure that only one"):
        await first
    updates.put("message", {}, 1)
    assert len(await second) == 1


async def test_a_poll_can_be_ended_from_outside() -> None:
    updates = new_updates()
    poll = asyncio.create_task(updates.get(0, 100, 5))
    await asyncio.sleep(0)
    updates.end_poll()
    updates.end_poll(conflict("too late to matter"))
    assert await poll == []
    updates.end_poll()


async def test_only_the_kinds_asked_for_are_kept_and_leaving_them_out_changes_nothing() -> None:
    updates = new_updates()
    assert updates.put("message_reaction", {}, 1) is None
    updates.allow(["message", "message_reaction"])
    assert updates.put("message_reaction", {}, 1) == FIRST
    assert updates.put("callback_query", {}, 1) is None
    updates.allow(None)
    assert updates.put("callback_query", {}, 1) is None
    updates.allow([])
    assert updates.put("callback_query", {}, 1) == FIRST + 1
    assert updates.put("message_reaction", {}, 1) is None


async def test_updates_are_kept_for_a_day() -> None:
    clock = HandClock()
    updates = Updates(clock.now)
    updates.put("message", {}, 1)
    clock.shift = timedelta(hours=24)
    assert FIRST in updates
    clock.shift += timedelta(seconds=1)
    assert FIRST not in updates
    assert await ids(updates) == []
    assert updates.pending() == []


async def test_ids_go_on_after_what_waits_was_dropped() -> None:
    updates = new_updates(2)
    updates.drop()
    assert updates.put("message", {}, 1) == FIRST + 2
    updates.forget(FIRST + 2)
    updates.forget(FIRST + 2)
    assert await ids(updates) == []
