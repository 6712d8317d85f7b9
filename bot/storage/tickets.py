"""Tickets, what was written on them, and the cards that show them to the staff.

Whoever is about to change a ticket holds it first (``hold``): on PostgreSQL that keeps everybody else waiting until the
transaction ends, on SQLite there is one writer anyway. So of two who claim at once the second finds it claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.roles import Role
from bot.rules.tickets import Delivery, State, Who
from bot.storage.rows import OutboxRow, columns
from bot.storage.statements import insert_into
from bot.storage.ticket_rows import Card, Entry, Member, Ticket

OWED = (State.NEW, State.CLAIMED)
"""Where somebody owes the student an answer."""
STUB: Mapping[str, Any] = {
    "student_id": None,
    "question": "",
    "context": {},
    "name": None,
    "helpful": None,
    "look_at": None,
    "merged_into": None,
}
"""What is left of a ticket whose student has deleted their data: its number, its programme, and when what happened."""


async def begin(tx: AsyncSession, ticket: Ticket) -> int:
    """Open a ticket; its number."""
    connection = await tx.connection()
    values = {column.name: getattr(ticket, column.name) for column in columns(Ticket).c if column.name != "id"}
    made = insert(columns(Ticket)).values(values).returning(columns(Ticket).c.id)
    return int((await connection.execute(made)).scalar_one())


async def get(tx: AsyncSession, number: int, *, hold: bool = False) -> Ticket | None:
    """A ticket by its number."""
    table = columns(Ticket)
    wanted = select(table).where(table.c.id == number)
    connection = await tx.connection()
    row = (await connection.execute(wanted.with_for_update() if hold else wanted)).mappings().first()
    return None if row is None else Ticket(**row)


async def change(tx: AsyncSession, ticket: Ticket, **values: object) -> Ticket:
    """Change a ticket; as it is then. The database counts its versions, so that no two changes are given the same."""
    table = columns(Ticket)
    connection = await tx.connection()
    new = update(table).where(table.c.id == ticket.id).values({"version": table.c.version + 1} | values)
    version = (await connection.execute(new.returning(table.c.version))).scalar_one()
    return Ticket(**(ticket.model_dump() | values | {"version": version}))


async def stays(tx: AsyncSession, user_id: int, *, leaving: bool = False) -> Role | None:
    """What somebody was invited as, and is until this transaction ends: nobody can remove them meanwhile.

    Whoever removes them says ``leaving`` first, and so waits for what they are about to do with tickets.
    """
    table = columns(Member)
    connection = await tx.connection()
    wanted = select(table.c.role).where(table.c.user_id == user_id).with_for_update(read=not leaving)
    found = (await connection.execute(wanted)).scalar_one_or_none()
    return None if found is None else Role(found)


async def write(tx: AsyncSession, entry: Entry) -> int:
    """Put something that was written on its ticket; its number."""
    connection = await tx.connection()
    values = {column.name: getattr(entry, column.name) for column in columns(Entry).c if column.name != "id"}
    made = insert(columns(Entry)).values(values).returning(columns(Entry).c.id)
    return int((await connection.execute(made)).scalar_one())


async def reword(tx: AsyncSession, entry_id: int, text: str, now: datetime) -> None:
    """Its author has changed what they wrote."""
    table = columns(Entry)
    connection = await tx.connection()
    await connection.execute(update(table).where(table.c.id == entry_id).values(text=text, edited_at=now))


async def delivered(tx: AsyncSession, entry_id: int, delivery: Delivery) -> None:
    """What became of an answer on its way; once a part of it has failed it stays so."""
    table = columns(Entry)
    connection = await tx.connection()
    still = update(table).where(table.c.id == entry_id, table.c.delivery.in_([Delivery.WAITS, Delivery.SENT]))
    await connection.execute(still.values(delivery=delivery))


async def entry(tx: AsyncSession, entry_id: int) -> Entry | None:
    """Something that was written on a ticket."""
    found = await _entries(tx, columns(Entry).c.id == entry_id)
    return found[0] if found else None


async def entries(tx: AsyncSession, number: int) -> list[Entry]:
    """All that was written on a ticket, oldest first."""
    return await _entries(tx, columns(Entry).c.ticket_id == number)


async def written_in(tx: AsyncSession, chat_id: int, message_id: int) -> list[Entry]:
    """What a message of somebody's became: one entry, or one on each ticket that it answered."""
    table = columns(Entry)
    return await _entries(tx, (table.c.chat_id == chat_id) & (table.c.message_id == message_id))


async def begun(tx: AsyncSession, chat_id: int, name: str) -> Entry | None:
    """The first file of an album that somebody of the staff has sent to a ticket."""
    table = columns(Entry)
    mine = (table.c.chat_id == chat_id) & (table.c.album == name) & (table.c.who != Who.STUDENT)
    return next(iter(await _entries(tx, mine)), None)


async def album(tx: AsyncSession, number: int, name: str) -> list[Entry]:
    """What has arrived of an album on a ticket."""
    table = columns(Entry)
    return await _entries(tx, (table.c.ticket_id == number) & (table.c.album == name))


async def _entries(tx: AsyncSession, where: ColumnElement[bool]) -> list[Entry]:
    table = columns(Entry)
    connection = await tx.connection()
    rows = await connection.execute(select(table).where(where).order_by(table.c.id))
    return [Entry(**row) for row in rows.mappings()]


async def _tickets(tx: AsyncSession, *where: ColumnElement[bool]) -> list[Ticket]:
    table = columns(Ticket)
    connection = await tx.connection()
    rows = await connection.execute(select(table).where(*where).order_by(table.c.id))
    return [Ticket(**row) for row in rows.mappings()]


async def of_student(tx: AsyncSession, user_id: int) -> list[Ticket]:
    """A student's own tickets, oldest first."""
    return await _tickets(tx, columns(Ticket).c.student_id == user_id)


async def of_claimer(tx: AsyncSession, user_id: int) -> list[Ticket]:
    """The tickets that somebody has taken and not closed."""
    table = columns(Ticket)
    return await _tickets(tx, table.c.claimer == user_id, table.c.state != State.CLOSED)


async def open_ones(tx: AsyncSession) -> list[Ticket]:
    """Every ticket that is not closed, oldest first."""
    return await _tickets(tx, columns(Ticket).c.state != State.CLOSED)


async def merged(tx: AsyncSession, number: int) -> list[Ticket]:
    """The tickets that ask the same as one, and are answered with it."""
    return await _tickets(tx, columns(Ticket).c.merged_into == number)


async def due(tx: AsyncSession, now: datetime) -> list[Ticket]:
    """The tickets that are to be looked at by now."""
    return await _tickets(tx, columns(Ticket).c.look_at <= now)


async def next_look(tx: AsyncSession) -> datetime | None:
    """The moment at which a ticket is to be looked at next."""
    connection = await tx.connection()
    found: datetime | None = await connection.scalar(select(func.min(columns(Ticket).c.look_at)))
    return found


async def waits(tx: AsyncSession, since: datetime) -> list[timedelta]:
    """How long the tickets opened since a moment and answered meanwhile had waited, by the clock."""
    answered = await _tickets(tx, columns(Ticket).c.created_at >= since, columns(Ticket).c.answered_at.is_not(None))
    return [each.answered_at - each.created_at for each in answered if each.answered_at]


async def cards(tx: AsyncSession, number: int) -> dict[int, str]:
    """Who has a card of a ticket, and the row of the outbox that brought it."""
    table = columns(Card)
    connection = await tx.connection()
    rows = await connection.execute(select(table.c.user_id, table.c.key).where(table.c.ticket_id == number))
    return {row.user_id: row.key for row in rows}


async def hand_card(tx: AsyncSession, number: int, user_id: int, key: str) -> None:
    """Somebody gets a card; an older one of theirs is left as it is."""
    connection = await tx.connection()
    new = insert_into(connection.dialect.name, columns(Card)).values(ticket_id=number, user_id=user_id, key=key)
    await connection.execute(new.on_conflict_do_update(index_elements=["ticket_id", "user_id"], set_={"key": key}))


async def drop_card(tx: AsyncSession, number: int, user_id: int) -> None:
    """A card never arrived."""
    table = columns(Card)
    connection = await tx.connection()
    await connection.execute(delete(table).where(table.c.ticket_id == number, table.c.user_id == user_id))


async def take_cards(tx: AsyncSession, user_id: int) -> list[str]:
    """Somebody is no longer staff: they have no cards; the rows of the outbox that brought those they had.

    What was handed on to them does not change any more either.
    """
    card, ticket, outbox = columns(Card), columns(Ticket), columns(OutboxRow)
    connection = await tx.connection()
    asked = select(ticket.c.id).where(ticket.c.student_id == user_id)  # of their own tickets they still hear
    handed_on = update(outbox).where(outbox.c.chat_id == user_id, outbox.c.ticket_id.not_in(asked))
    await connection.execute(handed_on.values(entry_id=None))
    gone = delete(card).where(card.c.user_id == user_id).returning(card.c.key)
    return sorted((await connection.scalars(gone)).all())


async def erase(tx: AsyncSession, number: int, now: datetime) -> None:
    """Leave nothing of a ticket but a stub: no person, no word."""
    ticket, written, outbox = columns(Ticket), columns(Entry), columns(OutboxRow)
    connection = await tx.connection()
    closed = {"state": State.CLOSED, "closed_at": func.coalesce(ticket.c.closed_at, now)}
    await connection.execute(update(ticket).where(ticket.c.id == number).values({**STUB, **closed}))
    await connection.execute(update(ticket).where(ticket.c.merged_into == number).values(merged_into=None))
    bare = {"text": "", "chat_id": None, "message_id": None, "album": None}
    mine = update(written).where(written.c.ticket_id == number)
    await connection.execute(mine.values(bare))
    await connection.execute(mine.where(written.c.who == Who.STUDENT).values(author_id=None))
    await connection.execute(delete(columns(Card)).where(columns(Card).c.ticket_id == number))
    # an edit of a card that waits to leave holds the student's words too
    await connection.execute(delete(outbox).where(outbox.c.ticket_id == number, outbox.c.state == "pending"))


async def old(tx: AsyncSession, before: datetime, *, at_most: int = 20) -> list[int]:
    """Tickets closed before a moment that still hold somebody's words; a portion of them."""
    table = columns(Ticket)
    connection = await tx.connection()
    kept = select(table.c.id).where(table.c.closed_at < before, table.c.student_id.is_not(None))
    return list((await connection.scalars(kept.order_by(table.c.id).limit(at_most))).all())


async def numbers_of(tx: AsyncSession, students: Iterable[int]) -> list[int]:
    """The numbers of the tickets of some students."""
    table = columns(Ticket)
    connection = await tx.connection()
    return list((await connection.scalars(select(table.c.id).where(table.c.student_id.in_(list(students))))).all())
