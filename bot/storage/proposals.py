"""Answers proposed for the FAQ, and who asked the same.

What questions mean that were not understood is decided in rows of the same table: see :mod:`bot.storage.phrasings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, or_, select, true, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.rows import Json, OutboxRow, OutboxState, columns
from bot.storage.ticket_rows import Asked, Proposal

OPEN, APPROVED, REJECTED, WITHDRAWN = "open", "approved", "rejected", "withdrawn"
"""What becomes of a proposal; one that is withdrawn was approved before."""
KIND = "kind"
"""What only such a row has in its content that proposes no answer."""


async def add(
    tx: AsyncSession, content: Json, ticket_id: int | None, made_by: int, now: datetime, state: str = OPEN
) -> int:
    """Keep a proposal; its number."""
    table = columns(Proposal)
    connection = await tx.connection()
    row = {"content": content, "ticket_id": ticket_id, "made_by": made_by, "made_at": now, "state": state}
    if state != OPEN:
        row |= {"decided_by": made_by, "decided_at": now}
    return int((await connection.execute(insert(table).values(row).returning(table.c.id))).scalar_one())


async def get(tx: AsyncSession, number: int, *, hold: bool = False) -> Proposal | None:
    """A proposal; ``hold``: nobody else changes it before this transaction ends."""
    table = columns(Proposal)
    wanted = select(table).where(table.c.id == number)
    connection = await tx.connection()
    row = (await connection.execute(wanted.with_for_update() if hold else wanted)).mappings().first()
    return None if row is None or KIND in row["content"] else Proposal(**row)


async def decide(
    tx: AsyncSession,
    number: int,
    state: str,
    by: int,
    now: datetime,
    *,
    content: Json | None = None,
    before: str = OPEN,
) -> bool:
    """Somebody decides on a proposal that stands at ``before``; False: somebody else did."""
    table = columns(Proposal)
    values: Json = {"state": state, "decided_by": by, "decided_at": now}
    values |= {} if content is None else {"content": content}
    connection = await tx.connection()
    still = update(table).where(table.c.id == number, table.c.state == before)
    return (await connection.execute(still.values(values))).rowcount == 1


async def keep(tx: AsyncSession, number: int, content: Json) -> None:
    """Change what a proposal says."""
    table = columns(Proposal)
    connection = await tx.connection()
    await connection.execute(update(table).where(table.c.id == number).values(content=content))


async def decided(tx: AsyncSession) -> list[Proposal]:
    """Every proposal that was approved, whether it was withdrawn since or not, oldest first."""
    return _answers(await _rows(tx, columns(Proposal).c.state.in_([APPROVED, WITHDRAWN])))


async def forget(tx: AsyncSession, user_id: int) -> None:
    """Take somebody's name, and where they were shown it, out of what proposals say."""
    for each in await _rows(tx, true()):
        admins = [admin for admin in each.content.get("admins", []) if admin != user_id]
        content = each.content | ({"admins": admins} if "admins" in each.content else {})
        if each.made_by == user_id:
            content.pop("by", None)
        if content != each.content:
            await keep(tx, int(each.id or 0), content)


async def of_ticket(tx: AsyncSession, ticket_id: int) -> list[Proposal]:
    """What was proposed of the answers to a ticket, oldest first."""
    return await _rows(tx, columns(Proposal).c.ticket_id == ticket_id)


async def undecided(tx: AsyncSession) -> list[Proposal]:
    """The proposals that wait for an admin, oldest first."""
    return _answers(await _rows(tx, columns(Proposal).c.state == OPEN))


async def stamp(tx: AsyncSession) -> tuple[int, datetime | None]:
    """What changes with every decision: how many there are, and when the last one fell."""
    table = columns(Proposal)
    connection = await tx.connection()
    counted = select(func.count(), func.max(table.c.decided_at)).where(table.c.decided_at.is_not(None))
    many, last = (await connection.execute(counted)).one()
    return many, last


async def unanswered(tx: AsyncSession, since: datetime, most: int, labels: Sequence[str] | None = None) -> list[Asked]:
    """What the FAQ gave no answer to after ``since``, or a wrong one, newest first.

    ``labels``: only that for which it thought of one of these, or of nothing at all.
    """
    table = columns(Asked)
    missed = or_(table.c.decision != "answer", table.c.rejected == true())
    connection = await tx.connection()
    wanted = select(table).where(table.c.at > since, missed).order_by(table.c.id.desc()).limit(most)
    if labels is not None:
        wanted = wanted.where(or_(table.c.label.in_(list(labels)), table.c.label.is_(None)))
    return [Asked(**row) for row in (await connection.execute(wanted)).mappings()]


async def asked_for(tx: AsyncSession, labels: Sequence[str], since: datetime) -> dict[str, int]:
    """How often answers were given after ``since``, by label."""
    table = columns(Asked)
    given = select(table.c.label, func.count()).where(
        table.c.label.in_(list(labels)), table.c.at > since, table.c.decision == "answer"
    )
    connection = await tx.connection()
    rows = (await connection.execute(given.group_by(table.c.label))).all()
    return {str(row[0]): int(row[1]) for row in rows}


async def _rows(tx: AsyncSession, where: ColumnElement[bool]) -> list[Proposal]:
    table = columns(Proposal)
    connection = await tx.connection()
    rows = await connection.execute(select(table).where(where).order_by(table.c.id))
    return [Proposal(**row) for row in rows.mappings()]


def _answers(found: Sequence[Proposal]) -> list[Proposal]:
    return [each for each in found if KIND not in each.content]


async def hush(tx: AsyncSession, number: int, now: datetime) -> int:
    """Take back what is on its way to those who asked the same as a proposal answers; how many messages."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    waiting = update(table).where(table.c.key.like(f"faq:{number}:chat:%"), table.c.state == OutboxState.PENDING)
    ended = {"state": OutboxState.CANCELLED, "finished_at": now, "payload": {}}
    return (await connection.execute(waiting.values(ended))).rowcount
