"""What people asked freely, and what the FAQ made of it: noted at every question, looked at by staff."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Insert, Select, Update, bindparam, delete, false, func, insert, literal_column, or_, select, true
from sqlalchemy import update as change
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.rows import columns
from bot.storage.ticket_rows import Asked

LONGEST_TEXT = 500
"""Characters of a question that are kept."""
REJECTED_WITHIN = timedelta(hours=1)
"""For so long "that's not it" can mean a question; later it means one that was forgotten, or none."""
NOT_UNDERSTOOD = "'none'"
"""The decision by which a question was not understood, as a literal of SQL."""


async def note(  # noqa: PLR0913, PLR0917 - a row has as many columns
    tx: AsyncSession,
    user_id: int,
    text: str,
    language: str,
    decision: str,
    label: str | None,
    score: float,
    now: datetime,
) -> None:
    """Note a question, once for each time it is asked.

    Args:
        tx: The transaction that answers it.
        user_id: Who asked.
        text: What they wrote; of a long text its beginning is kept.
        language: The language it was read in, ``en`` or ``it``.
        decision: What the FAQ decided: ``answer``, ``suggest`` or ``none``.
        label: The best candidate, given or not; None: there was none.
        score: How sure the FAQ was of it, 0 to 1.
        now: When it was asked.
    """
    connection = await tx.connection()
    kept = text.replace("\0", "")[:LONGEST_TEXT]  # PostgreSQL takes no NUL
    values = {"user_id": user_id, "at": now, "text": kept, "language": language}
    await connection.execute(_noting(), {**values, "decision": decision, "label": label, "score": score})


async def reject(tx: AsyncSession, user_id: int, now: datetime) -> None:
    """They said "that's not it": it is true of the newest thing they asked within the hour, if they asked anything."""
    connection = await tx.connection()
    await connection.execute(_rejecting(), {"who": user_id, "since": now - REJECTED_WITHIN})


async def latest(tx: AsyncSession, user_id: int, count: int, since: datetime) -> list[Asked]:
    """The last ``count`` things somebody asked after ``since``, newest first."""
    table = columns(Asked)
    return await _rows(tx, table.c.user_id == user_id, table.c.at > since, count=count)


async def not_understood(tx: AsyncSession, since: datetime, count: int | None = None) -> list[Asked]:
    """What the FAQ had no answer to after ``since``, or a wrong one, newest first; at most ``count`` of it."""
    table = columns(Asked)
    missed = or_(table.c.decision == literal_column(NOT_UNDERSTOOD), table.c.rejected == true())
    return await _rows(tx, table.c.at > since, missed, count=count)


async def some(tx: AsyncSession, numbers: Collection[int], count: int | None = None) -> list[Asked]:
    """Questions by their numbers, newest first, at most ``count``; those that are forgotten are left out."""
    return await _rows(tx, columns(Asked).c.id.in_(list(numbers)), count=count)


async def purge(tx: AsyncSession, before: datetime) -> int:
    """Forget what was asked before a moment; how many questions."""
    table = columns(Asked)
    connection = await tx.connection()
    return (await connection.execute(delete(table).where(table.c.at < before))).rowcount


async def _rows(tx: AsyncSession, *where: ColumnElement[bool], count: int | None) -> list[Asked]:
    table = columns(Asked)
    connection = await tx.connection()
    wanted: Select[*tuple[Any, ...]] = select(table).where(*where).order_by(table.c.at.desc(), table.c.id.desc())
    return [Asked(**row) for row in (await connection.execute(wanted.limit(count))).mappings()]


@cache
def _noting() -> Insert:
    return insert(columns(Asked)).values(rejected=false()).inline()


@cache
def _rejecting() -> Update:
    table = columns(Asked)
    newest = select(func.max(table.c.id)).where(table.c.user_id == bindparam("who"), table.c.at > bindparam("since"))
    return change(table).where(table.c.id == newest.scalar_subquery()).values(rejected=True)
