"""What members of staff are about to do, and what they did."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.rows import AuditRow, Draft, DraftState, Json, columns

DRAFT_LASTS = timedelta(days=1)
"""After this long a draft no longer waits for text, and is previewed anew before it is confirmed."""


async def draft(
    tx: AsyncSession, user_id: int, act: str, content: Json, now: datetime, awaits: str | None = None
) -> int:
    """Keep what somebody is about to do, in place of whatever else of theirs waited for text; its id."""
    table = columns(Draft)
    connection = await tx.connection()
    await _hush(connection, user_id)
    new = {"user_id": user_id, "act": act, "content": content, "awaits": awaits, "created_at": now}
    made = insert(table).values(**new, state=DraftState.OPEN).returning(table.c.id)
    return int((await connection.execute(made)).scalar_one())


async def _hush(connection: AsyncConnection, user_id: int) -> None:
    """No draft of theirs waits for text any more."""
    table = columns(Draft)
    waiting = update(table).where(table.c.user_id == user_id, table.c.awaits.is_not(None))
    await connection.execute(waiting.values(awaits=None))


async def drafted(tx: AsyncSession, user_id: int, draft_id: int) -> Draft | None:
    """A draft of one's own, whatever became of it."""
    table = columns(Draft)
    connection = await tx.connection()
    mine = select(table).where(table.c.id == draft_id, table.c.user_id == user_id)
    row = (await connection.execute(mine)).mappings().first()
    return None if row is None else Draft(**row)


async def unsettled(tx: AsyncSession, user_id: int, now: datetime) -> Draft | None:
    """The draft somebody is busy with: the one that waits for text, else the newest that is not settled yet."""
    table = columns(Draft)
    connection = await tx.connection()
    mine = select(table).where(
        table.c.user_id == user_id, table.c.state == DraftState.OPEN, table.c.created_at > now - DRAFT_LASTS
    )
    newest = mine.order_by(table.c.awaits.is_(None), table.c.id.desc()).limit(1)
    row = (await connection.execute(newest)).mappings().first()
    return None if row is None else Draft(**row)


async def awaiting(tx: AsyncSession, user_id: int, now: datetime) -> Draft | None:
    """The draft whose text somebody is writing."""
    busy_with = await unsettled(tx, user_id, now)
    return busy_with if busy_with and busy_with.awaits is not None else None


async def redraft(tx: AsyncSession, user_id: int, draft_id: int, content: Json, awaits: str | None) -> None:
    """Change what is not confirmed yet; if it waits for text, nothing else of theirs does."""
    table = columns(Draft)
    connection = await tx.connection()
    if awaits is not None:
        await _hush(connection, user_id)
    await connection.execute(update(table).where(table.c.id == draft_id).values(content=content, awaits=awaits))


async def settle(tx: AsyncSession, draft_id: int, state: DraftState) -> bool:
    """Confirm a draft or give it up; False: that was done before, so that no press counts twice."""
    table = columns(Draft)
    connection = await tx.connection()
    still_open = update(table).where(table.c.id == draft_id, table.c.state == DraftState.OPEN)
    return (await connection.execute(still_open.values(state=state, awaits=None))).rowcount == 1


async def audit(tx: AsyncSession, user_id: int, act: str, subject: str, detail: Json, now: datetime) -> None:
    """Write down an act of staff."""
    connection = await tx.connection()
    row = {"at": now, "user_id": user_id, "act": act, "subject": subject, "detail": detail}
    await connection.execute(insert(columns(AuditRow)).values(row))


async def acts(tx: AsyncSession, count: int, among: Collection[str] = ()) -> list[AuditRow]:
    """The last acts of staff, newest first; only those of some kinds, where any are named."""
    table = columns(AuditRow)
    connection = await tx.connection()
    wanted = select(table).where(table.c.act.in_(list(among))) if among else select(table)
    rows = await connection.execute(wanted.order_by(table.c.id.desc()).limit(count))
    return [AuditRow(**row) for row in rows.mappings()]


async def purge(tx: AsyncSession, before: datetime) -> int:
    """Forget drafts begun before a moment; how many."""
    table = columns(Draft)
    connection = await tx.connection()
    return (await connection.execute(delete(table).where(table.c.created_at < before))).rowcount
