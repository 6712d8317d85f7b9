from __future__ import annotations

import asyncio

from bot.storage.rows import SeenUpdate, columns
from bot.storage.statements import alone, insert_into
from bot.storage.store import Store


async def test_an_insert_can_say_on_conflict(store: Store, database: str) -> None:
    async with store.transaction() as tx:
        connection = await tx.connection()
        statement = insert_into(database, columns(SeenUpdate)).on_conflict_do_nothing()
        assert "ON CONFLICT DO NOTHING" in str(statement.compile(dialect=connection.dialect))
        assert connection.dialect.name == database


async def test_two_are_never_alone_at_once(store: Store) -> None:
    inside = 0

    async def visit() -> None:
        nonlocal inside
        async with store.transaction() as tx:
            await alone(await tx.connection(), 7)
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(visit() for _ in range(4)))
