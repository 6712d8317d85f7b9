from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlmodel import select

from bot.storage import updates
from bot.storage.rows import SeenUpdate, UpdateState
from bot.storage.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def noted(store: Store) -> dict[int, UpdateState]:
    async with store.reading() as tx:
        return {seen.update_id: seen.state for seen in await tx.exec(select(SeenUpdate))}


async def test_an_update_is_new_once(store: Store) -> None:
    async with store.transaction() as tx:
        assert await updates.first_time(tx, 7, "message", NOON)
        assert not await updates.first_time(tx, 7, "message", NOON)
    async with store.transaction() as tx:
        assert not await updates.first_time(tx, 7, "message", NOON)
        assert await updates.first_time(tx, 8, "callback", NOON)


async def test_an_update_whose_transaction_failed_is_new_again(store: Store) -> None:
    with suppress(ZeroDivisionError):
        async with store.transaction() as tx:
            assert await updates.first_time(tx, 7, "message", NOON)
            _ = 1 / 0
    async with store.transaction() as tx:
        assert await updates.first_time(tx, 7, "message", NOON)


async def test_a_parked_update_is_seen_and_says_why(store: Store) -> None:
    async with store.transaction() as tx:
        assert await updates.park(tx, 7, "message", "KeyError", NOON)
        assert not await updates.first_time(tx, 7, "message", NOON)
    async with store.reading() as tx:
        seen = (await tx.exec(select(SeenUpdate))).one()
    assert (seen.state, seen.error, seen.at) == (UpdateState.PARKED, "KeyError", NOON)


async def test_what_is_done_is_not_parked_later(store: Store) -> None:
    async with store.transaction() as tx:
        await updates.first_time(tx, 7, "message", NOON)
        assert not await updates.park(tx, 7, "message", "late", NOON)
    assert await noted(store) == {7: UpdateState.DONE}


async def test_update_ids_beyond_32_bits(store: Store) -> None:
    async with store.transaction() as tx:
        assert await updates.last_id(tx) is None
        await updates.first_time(tx, 2**40, "message", NOON)
        await updates.first_time(tx, 5, "message", NOON)
        assert await updates.last_id(tx) == 2**40


async def test_purge_forgets_what_is_older(store: Store) -> None:
    async with store.transaction() as tx:
        await updates.first_time(tx, 1, "message", NOON - timedelta(seconds=1))
        await updates.first_time(tx, 2, "message", NOON)
        assert await updates.purge(tx, NOON) == 1
    assert list(await noted(store)) == [2]
