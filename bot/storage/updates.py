"""Which updates were seen, so that one that comes twice changes nothing the second time."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import delete, func, select
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.rows import SeenUpdate, UpdateState, columns
from bot.storage.statements import insert_into

LONGEST_KIND = 32
"""Characters that the column holds."""


async def first_time(tx: AsyncSession, update_id: int, kind: str, now: datetime) -> bool:
    """Note an update as done, in the transaction that holds its effects; False when it was seen before."""
    return await _note(tx, update_id, {"state": UpdateState.DONE, "kind": kind, "at": now})


async def park(tx: AsyncSession, update_id: int, kind: str, error: str, now: datetime) -> bool:
    """Put aside an update that failed; False when it was seen before, and then nothing changes.

    ``error`` is kept for the maintainer: what went wrong, never what the person wrote.
    """
    return await _note(tx, update_id, {"state": UpdateState.PARKED, "kind": kind, "error": error, "at": now})


async def last_id(tx: AsyncSession) -> int | None:
    """The highest update ever noted and not yet purged."""
    connection = await tx.connection()
    found: int | None = await connection.scalar(select(func.max(columns(SeenUpdate).c.update_id)))
    return found


async def purge(tx: AsyncSession, before: datetime) -> int:
    """Forget what was seen before a moment, and say how many.

    Telegram repeats an update for 24 hours at most, so anything older than a few days will do.
    """
    connection = await tx.connection()
    seen = columns(SeenUpdate)
    return (await connection.execute(delete(seen).where(seen.c.at < before))).rowcount


async def _note(tx: AsyncSession, update_id: int, values: dict[str, str | datetime]) -> bool:
    """Note an update; a kind that Telegram invents may be longer than the column, and is cut."""
    connection = await tx.connection()
    values = values | {"kind": str(values["kind"])[:LONGEST_KIND]}
    noted = await connection.execute(_noting(connection.dialect.name), {"update_id": update_id, **values})
    return noted.first() is not None


@cache
def _noting(dialect: str) -> ReturningInsert[int]:
    """Insert unless it is there, and return it if not: the row count of an INSERT is not told by every driver."""
    table = columns(SeenUpdate)
    once = insert_into(dialect, table).on_conflict_do_nothing(index_elements=["update_id"])
    return once.returning(table.c.update_id)
