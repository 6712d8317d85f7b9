"""What is known of a person, and how it is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Insert, Select, Table, bindparam, delete, false, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.rows import AuditRow, DeadlineRow, Draft, Informed, Json, OutboxRow, Student, columns
from bot.storage.statements import insert_into

WRITTEN_ONCE = ("user_id", "first_seen_at")


async def get(tx: AsyncSession, user_id: int) -> Student | None:
    """The person, to be changed at will: nothing is kept before :func:`save`."""
    connection = await tx.connection()
    row = (await connection.execute(_looking_up(), {"who": user_id})).mappings().first()
    return None if row is None else Student(**row)


async def some(tx: AsyncSession, user_ids: Iterable[int]) -> dict[int, Student]:
    """People by their ids; those nobody knows are left out."""
    connection = await tx.connection()
    table = columns(Student)
    rows = await connection.execute(select(table).where(table.c.user_id.in_(list(user_ids))))
    return {row["user_id"]: Student(**row) for row in rows.mappings()}


async def save(tx: AsyncSession, student: Student) -> None:
    """Keep a person as they are now, known before or not."""
    connection = await tx.connection()
    values = {column.name: getattr(student, column.name) for column in columns(Student).c}
    await connection.execute(_saving(connection.dialect.name), values)


async def reachable(tx: AsyncSession, user_id: int, now: datetime) -> bool:
    """They wrote at ``now``: send to them again. True when they could not be reached before."""
    connection = await tx.connection()
    table = columns(Student)
    gone = update(table).where(table.c.user_id == user_id, table.c.reachable.is_(false()))
    return (await connection.execute(gone.values(reachable=True, last_seen_at=now))).rowcount == 1


async def unreachable(tx: AsyncSession, chat_id: int, now: datetime) -> bool:
    """Telegram said at ``now`` that they are gone. False when it changes nothing: they wrote since, or are unknown.

    There are no alerts for them until they write again.
    What waits for them is another matter, see :func:`bot.storage.outbox.cancel_chat`.
    """
    connection = await tx.connection()
    table = columns(Student)
    here = update(table).where(table.c.user_id == chat_id, table.c.reachable.is_(true()), table.c.last_seen_at <= now)
    return (await connection.execute(here.values(reachable=False, paused=True))).rowcount == 1


async def erase(tx: AsyncSession, user_id: int) -> dict[str, int]:
    """Remove a person with all that was or would be sent to them; how many rows of each table.

    What they did as staff stays, see :func:`everything`: who announced a call, and who wrote to everybody.
    """
    connection = await tx.connection()
    removed = {}
    for table, key in _held(user_id).items():
        removed[table.name] = (await connection.execute(delete(table).where(key))).rowcount
    return removed


async def everything(tx: AsyncSession, user_id: int) -> dict[str, list[Json]]:
    """All that is held on a person: the rows of each table, ready to be written as JSON."""
    connection = await tx.connection()
    audit = columns(AuditRow)
    shown = _held(user_id) | {audit: audit.c.user_id == user_id}
    return {table.name: await _rows(connection, table, key) for table, key in shown.items()}


async def purge_idle(tx: AsyncSession, before: datetime, *, at_most: int = 500) -> int:
    """Erase people not seen since ``before``, a portion at a time; how many. Call it until it says 0."""
    connection = await tx.connection()
    student = columns(Student)
    idle = select(student.c.user_id).where(student.c.last_seen_at < before)
    gone = list((await connection.scalars(idle.order_by(student.c.last_seen_at).limit(at_most))).all())
    removed = 0
    for table, who in reversed(_owners().items()):
        removed = (await connection.execute(delete(table).where(who.in_(gone)))).rowcount
    return removed


@cache
def _looking_up() -> Select[*tuple[Any, ...]]:
    student = columns(Student)
    return select(student).where(student.c.user_id == bindparam("who"))


@cache
def _saving(dialect: str) -> Insert:
    table = columns(Student)
    new = insert_into(dialect, table)
    changed = {column.name: new.excluded[column.name] for column in table.c if column.name not in WRITTEN_ONCE}
    return new.on_conflict_do_update(index_elements=["user_id"], set_=changed)


def _held(user_id: int) -> dict[Table, Any]:
    """Every table that holds something on a person, and which of its rows: one list for showing and for erasing."""
    return {table: who == user_id for table, who in _owners().items()}


def _owners() -> dict[Table, Column[Any]]:
    """Every table that holds something on people, themselves first, and the column that says on whom."""
    student, outbox = columns(Student), columns(OutboxRow)
    others = (columns(Informed), columns(DeadlineRow), columns(Draft))
    return {student: student.c.user_id, outbox: outbox.c.chat_id} | {table: table.c.user_id for table in others}


async def _rows(connection: AsyncConnection, table: Table, key: Any) -> list[Json]:  # noqa: ANN401 - a WHERE clause
    found = (await connection.execute(select(table).where(key).order_by(*table.primary_key))).mappings()
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
