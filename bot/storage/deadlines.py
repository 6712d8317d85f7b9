"""The days that students' own plans lead to, and when each is next spoken of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.rows import DeadlineRow, OutboxRow, OutboxState, columns
from bot.storage.statements import insert_into

PORTION = 500
REMINDER = "deadline"
"""How the key of a reminder in the outbox begins."""


async def of(tx: AsyncSession, user_id: int) -> list[DeadlineRow]:
    """All deadlines of one student, the first to come first; those their plan no longer leads to as well."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    mine = select(table).where(table.c.user_id == user_id).order_by(table.c.due_on, table.c.id)
    return [DeadlineRow(**row) for row in (await connection.execute(mine)).mappings()]


async def put(tx: AsyncSession, row: DeadlineRow) -> None:
    """Keep a deadline, new (without ``id``) or changed; a student has one of a kind for each programme."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    given = {each.name: getattr(row, each.name) for each in table.c if each.name != "id"}
    new = insert_into(connection.dialect.name, table).values(given)
    changed = {name: new.excluded[name] for name in ("due_on", "sequence", "state", "remind_at")}
    await connection.execute(new.on_conflict_do_update(index_elements=["user_id", "programme", "what"], set_=changed))


async def tick_off(tx: AsyncSession, user_id: int, deadline_id: int) -> bool:
    """The student has done it; False: it is not theirs, or not open."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    mine = update(table).where(table.c.id == deadline_id, table.c.user_id == user_id, table.c.state == "open")
    return (await connection.execute(mine.values(state="done", remind_at=None))).rowcount == 1


async def silence(tx: AsyncSession, user_id: int) -> None:
    """No reminders of any deadline any more; the days stay."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    await connection.execute(update(table).where(table.c.user_id == user_id).values(remind_at=None))


async def take_back(tx: AsyncSession, user_id: int, now: datetime, deadline_id: int | None = None) -> int:
    """Reminders that wait for the student's hours never leave: those of one deadline, or all of theirs; how many."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    which = "" if deadline_id is None else f"{deadline_id}:"
    waiting = update(table).where(
        table.c.chat_id == user_id,
        table.c.state == OutboxState.PENDING,
        table.c.key.startswith(f"{REMINDER}:{which}"),
    )
    return (await connection.execute(waiting.values(state=OutboxState.CANCELLED, finished_at=now))).rowcount


async def due(tx: AsyncSession, now: datetime) -> list[DeadlineRow]:
    """Deadlines to be spoken of by ``now``, a portion of them."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    waiting = select(table).where(table.c.remind_at.is_not(None), table.c.remind_at <= now)
    rows = await connection.execute(waiting.order_by(table.c.remind_at, table.c.id).limit(PORTION))
    return [DeadlineRow(**row) for row in rows.mappings()]


async def remind_next(tx: AsyncSession, row: DeadlineRow, at: datetime | None) -> bool:
    """When a deadline is spoken of next (None: no more); False: it is no longer as ``row``, and is left alone."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    same = (table.c.id == row.id) & (table.c.due_on == row.due_on) & (table.c.remind_at == row.remind_at)
    return (await connection.execute(update(table).where(same).values(remind_at=at))).rowcount == 1


async def found(tx: AsyncSession, ids: Iterable[int]) -> dict[int, DeadlineRow]:
    """Deadlines by their ids; without any no question is asked."""
    wanted = list(ids)
    if not wanted:
        return {}
    table = columns(DeadlineRow)
    connection = await tx.connection()
    rows = await connection.execute(select(table).where(table.c.id.in_(wanted)))
    return {row["id"]: DeadlineRow(**row) for row in rows.mappings()}


async def purge(tx: AsyncSession, before: date) -> int:
    """Forget days that were over before a day; how many."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    return (await connection.execute(delete(table).where(table.c.due_on < before))).rowcount


async def next_due(tx: AsyncSession) -> datetime | None:
    """The moment of the next reminder."""
    table = columns(DeadlineRow)
    connection = await tx.connection()
    first = select(table.c.remind_at).where(table.c.remind_at.is_not(None)).order_by(table.c.remind_at).limit(1)
    return await connection.scalar(first)
