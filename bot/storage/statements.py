"""The few words in which the two databases differ.

Statements that every message needs are built once and kept (``@cache`` on the function that builds them): building one
costs more than running it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import func

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncConnection


def insert_into(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT; both databases mean the same by it, and each wants its own class."""
    if dialect == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


async def alone(connection: AsyncConnection, lock: int) -> None:
    """Wait until no other transaction holds ``lock``, and hold it until this one ends.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(lock)))
