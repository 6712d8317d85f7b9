"""What was asked and answered, counted by the database. A span begins with its first moment and ends before its last.

``besides`` are labels of answers that answer no question (a greeting): what was answered with one is not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Integer, Text, and_, case, cast, column, func, or_, select, values
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.findings import Answered, Counted
from bot.rules.tickets import Origin, State
from bot.storage.rows import Student, columns
from bot.storage.ticket_rows import Asked, Ticket

MOST_WAITS = 1000
"""Of how many tickets, the newest answers first, the waiting times are looked at."""


async def questions(tx: AsyncSession, bounds: Sequence[datetime], besides: Collection[str] = ()) -> list[Counted]:
    """The questions asked between each two of ``bounds``, which are the midnights of a span and its end.

    A day is what lies between two bounds, so the days on which the clocks change are counted right too.
    """
    asked = columns(Asked)
    days = (
        values(column("day", Integer), column("begins", asked.c.at.type), column("ends", asked.c.at.type), name="given")
        .data([(day, begins, ends) for day, (begins, ends) in enumerate(pairwise(bounds))])
        .cte("days")
    )
    by = (days.c.day, asked.c.language, asked.c.decision)
    within = and_(asked.c.at >= days.c.begins, asked.c.at < days.c.ends)
    counted = (
        select(*by, func.count(), asked.c.rejected)
        .join_from(days, asked, within)
        .where(_counts(besides))
        .group_by(*by, asked.c.rejected)
    )
    connection = await tx.connection()
    return [Counted(*row) for row in (await connection.execute(counted)).all()]


async def asked_in(tx: AsyncSession, begins: datetime, ends: datetime, besides: Collection[str] = ()) -> int:
    """How many questions were asked in a span."""
    asked = columns(Asked)
    connection = await tx.connection()
    within = (asked.c.at >= begins, asked.c.at < ends, _counts(besides))
    return int(await connection.scalar(select(func.count()).select_from(asked).where(*within)) or 0)


async def labels(
    tx: AsyncSession, begins: datetime, ends: datetime, count: int, besides: Collection[str] = ()
) -> list[tuple[str, int]]:
    """The ``count`` answers most asked for, and how often: those given or suggested first, and not rejected."""
    asked = columns(Asked)
    many = func.count().label("many")
    understood = and_(asked.c.decision != "none", asked.c.rejected.is_(False), asked.c.label.is_not(None))
    within = (asked.c.at >= begins, asked.c.at < ends, understood, asked.c.label.not_in(list(besides)))
    top = select(asked.c.label, many).where(*within).group_by(asked.c.label)
    connection = await tx.connection()
    rows = await connection.execute(top.order_by(many.desc(), asked.c.label).limit(count))
    return [(str(label), int(times)) for label, times in rows.all()]


async def known_since(tx: AsyncSession) -> datetime | None:
    """When the first question or ticket that is still known was written; None: there is none."""
    asked, ticket = columns(Asked), columns(Ticket)
    connection = await tx.connection()
    firsts = [await connection.scalar(select(func.min(at))) for at in (asked.c.at, ticket.c.created_at)]
    return min((first for first in firsts if first is not None), default=None)


async def opened(tx: AsyncSession, begins: datetime, ends: datetime) -> dict[Origin, int]:
    """How many tickets were opened in a span, by how each came about."""
    ticket = columns(Ticket)
    connection = await tx.connection()
    within = (ticket.c.created_at >= begins, ticket.c.created_at < ends)
    rows = await connection.execute(select(ticket.c.origin, func.count()).where(*within).group_by(ticket.c.origin))
    return {Origin(origin): int(many) for origin, many in rows.all()}


async def answered_in(tx: AsyncSession, begins: datetime, ends: datetime) -> int:
    """How many tickets had their first answer in a span."""
    ticket = columns(Ticket)
    connection = await tx.connection()
    within = (ticket.c.answered_at >= begins, ticket.c.answered_at < ends)
    return int(await connection.scalar(select(func.count()).select_from(ticket).where(*within)) or 0)


async def answered(tx: AsyncSession, begins: datetime, ends: datetime, count: int = MOST_WAITS) -> list[Answered]:
    """Tickets that had their first answer in a span, the newest answers first; at most ``count``."""
    ticket = columns(Ticket)
    within = (ticket.c.answered_at >= begins, ticket.c.answered_at < ends)
    newest = select(ticket.c.created_at, ticket.c.answered_at, ticket.c.helpful).where(*within)
    connection = await tx.connection()
    rows = await connection.execute(newest.order_by(ticket.c.answered_at.desc()).limit(count))
    return [Answered(*row) for row in rows.all()]


async def open_now(tx: AsyncSession) -> tuple[Mapping[State, int], datetime | None]:
    """How many tickets are open, by where they stand; and since when the first of those waits that had no answer."""
    ticket = columns(Ticket)
    unanswered = and_(ticket.c.state.in_([State.NEW, State.CLAIMED]), ticket.c.answered_at.is_(None))
    first = func.min(case((unanswered, ticket.c.created_at)))
    stand = select(ticket.c.state, func.count(), first).where(ticket.c.state != State.CLOSED).group_by(ticket.c.state)
    connection = await tx.connection()
    rows = (await connection.execute(stand)).all()
    waits = min((since for _, _, since in rows if since is not None), default=None)
    return {State(state): int(many) for state, many, _ in rows}, waits


async def subscribers(tx: AsyncSession) -> int:
    """How many students asked to hear of calls, and can be reached."""
    student = columns(Student)
    asks = and_(student.c.reachable.is_(True), cast(student.c.subscribed, Text) != "[]")
    connection = await tx.connection()
    return int(await connection.scalar(select(func.count()).select_from(student).where(asks)) or 0)


def _counts(besides: Collection[str]) -> ColumnElement[bool]:
    """Whether a question counts as one."""
    asked = columns(Asked)
    return or_(asked.c.decision != "answer", asked.c.label.is_(None), asked.c.label.not_in(list(besides)))
