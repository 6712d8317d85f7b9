"""What is known of a person, and how it is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    Insert,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.messages import Lang, lang_of
from bot.rules.roles import Role
from bot.rules.tickets import Who
from bot.storage import phrasings, proposals
from bot.storage.rows import AuditRow, DeadlineRow, Draft, Informed, Json, OutboxRow, Student, columns
from bot.storage.statements import insert_into
from bot.storage.ticket_rows import Asked, Card, Entry, Invitation, Member, Proposal, Ticket

WRITTEN_ONCE = ("user_id", "first_seen_at")


async def get(tx: AsyncSession, user_id: int) -> Student | None:
    """The person, to be changed at will: nothing is kept before :func:`save`."""
    connection = await tx.connection()
    row = (await connection.execute(_looking_up(), {"who": user_id})).mappings().first()
    return None if row is None else Student(**row)


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever writes: the row that is kept of them, their role among the staff, and the ticket that waits for them."""

    row: Student | None = None
    role: Role | None = None
    waiting: int | None = None

    @property
    def language(self) -> Lang | None:
        """What they read; None: nobody knows yet. It is read by itself: the rest may be what an update failed on."""
        return None if self.row is None else lang_of(self.row.language)


async def person(tx: AsyncSession, user_id: int) -> Person:
    """Whoever writes, in one look at the tables."""
    connection = await tx.connection()
    found = (await connection.execute(_meeting(), {"who": user_id})).mappings().one()
    values = {name.removeprefix("student_"): value for name, value in found.items() if name.startswith("student_")}
    row = None if values["user_id"] is None else Student(**values)
    return Person(row, found["role"] and Role(found["role"]), found["waiting"])


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

    Their tickets are no rows to be removed but stubs by then, see :func:`bot.storage.tickets.erase`. What they did as
    staff stays without their name, but for the record of who announced a call and who wrote to everybody.
    """
    connection = await tx.connection()
    removed = {}
    for table, who in _owners().items():
        removed[table.name] = (await connection.execute(delete(table).where(who == user_id))).rowcount
    await proposals.forget(tx, user_id)
    await phrasings.purge(tx)
    for column in _marks():
        await connection.execute(update(column.table).where(column == user_id).values({column.name: None}))
    return removed


async def everything(tx: AsyncSession, user_id: int) -> dict[str, list[Json]]:
    """All that is held on a person: the rows of each table, ready to be written as JSON.

    What others wrote on their tickets is theirs to read, who wrote it is not; notes of the staff's are the staff's.
    """
    connection = await tx.connection()
    audit, ticket, entry = columns(AuditRow), columns(Ticket), columns(Entry)
    mine = select(ticket.c.id).where(ticket.c.student_id == user_id)
    written = or_(entry.c.author_id == user_id, and_(entry.c.ticket_id.in_(mine), entry.c.who != Who.NOTE))
    shown = {table: who == user_id for table, who in _owners().items()}
    shown |= {audit: audit.c.user_id == user_id, ticket: ticket.c.student_id == user_id, entry: written}
    held = {table.name: await _rows(connection, table, key) for table, key in shown.items()}
    for each in held["entry"]:
        if each["author_id"] != user_id:
            each |= {"author_id": None, "chat_id": None, "message_id": None}
    for each in held["ticket"]:
        each["claimer"] = None
    marks: dict[Table, list[Any]] = {}
    for column in _marks():
        marks.setdefault(column.table, []).append(column == user_id)
    for table, keys in marks.items():
        if table.name not in held:
            held[table.name] = await _rows(connection, table, or_(*keys))
    return held


async def idle(tx: AsyncSession, before: datetime, *, at_most: int = 20) -> list[int]:
    """People not seen since ``before``, a portion of them; members of staff stay until they are removed."""
    connection = await tx.connection()
    student, member = columns(Student), columns(Member)
    staff = exists().where(member.c.user_id == student.c.user_id)
    unseen = select(student.c.user_id).where(student.c.last_seen_at < before, ~staff)
    return list((await connection.scalars(unseen.order_by(student.c.last_seen_at).limit(at_most))).all())


async def purge(tx: AsyncSession, people: Sequence[int]) -> None:
    """Erase people one by one; see :func:`erase`."""
    for each in people:
        await erase(tx, each)


@cache
def _looking_up() -> Select[*tuple[Any, ...]]:
    student = columns(Student)
    return select(student).where(student.c.user_id == bindparam("who"))


@cache
def _meeting() -> Select[*tuple[Any, ...]]:
    """One row about whoever writes, known or not: their own columns, their role, the newest ticket that asks them."""
    student, member, ticket = columns(Student), columns(Member), columns(Ticket)
    who = select(bindparam("who", type_=student.c.user_id.type).label("id")).subquery()
    role = select(member.c.role).where(member.c.user_id == who.c.id).scalar_subquery()
    asks = select(func.max(ticket.c.id)).where(
        ticket.c.student_id == who.c.id, ticket.c.state == literal_column("'waiting'")
    )
    mine = [column.label(f"student_{column.name}") for column in student.c]
    return select(*mine, role.label("role"), asks.scalar_subquery().label("waiting")).select_from(
        who.outerjoin(student, student.c.user_id == who.c.id)
    )


@cache
def _saving(dialect: str) -> Insert:
    table = columns(Student)
    new = insert_into(dialect, table)
    changed = {column.name: new.excluded[column.name] for column in table.c if column.name not in WRITTEN_ONCE}
    return new.on_conflict_do_update(index_elements=["user_id"], set_=changed)


def _owners() -> dict[Table, Column[Any]]:
    """Every table whose rows are somebody's own, themselves first, and the column that says whose: they go along."""
    student, outbox = columns(Student), columns(OutboxRow)
    others = (columns(row) for row in (Informed, DeadlineRow, Draft, Asked, Member, Card))
    return {student: student.c.user_id, outbox: outbox.c.chat_id} | {table: table.c.user_id for table in others}


def _marks() -> tuple[Column[Any], ...]:
    """The columns by which rows that stay say who had a hand in them; emptied when that person is forgotten."""
    ticket, entry, member = columns(Ticket), columns(Entry), columns(Member)
    invitation, proposal = columns(Invitation), columns(Proposal)
    return (
        ticket.c.claimer, entry.c.author_id, entry.c.chat_id, member.c.invited_by, invitation.c.made_by,
        invitation.c.used_by, proposal.c.made_by, proposal.c.decided_by,
    )  # fmt: skip


async def _rows(connection: AsyncConnection, table: Table, key: Any) -> list[Json]:  # noqa: ANN401 - a WHERE clause
    found = (await connection.execute(select(table).where(key).order_by(*table.primary_key))).mappings()
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
