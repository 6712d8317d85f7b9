"""What questions mean that were not understood: proposed, decided, taken back; or that they are left alone.

These are rows of the table of proposals whose content has a ``kind``. They name the question by its number and its
moment, for the number of a question that was forgotten may be given once more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.answers import Phrasing
from bot.rules.messages import lang_of
from bot.storage import asked, proposals
from bot.storage.proposals import APPROVED, KIND, OPEN
from bot.storage.rows import Json, columns
from bot.storage.ticket_rows import Asked, Proposal

Question = tuple[int, str]
"""The number of a question, and the moment it was asked, as ISO writes it."""


class Kind(StrEnum):
    """What was decided on a question."""

    PHRASING = "phrasing"
    """It means an answer, or is of another subject."""
    LEFT = "left"
    """Nothing comes of it; approved at once."""


def question(row: Asked) -> Question:
    """How a question is named."""
    return int(row.id or 0), row.at.isoformat()


async def add(tx: AsyncSession, kind: Kind, content: Json, by: int, now: datetime, state: str = APPROVED) -> int:
    """Keep what somebody proposes or decides; ``content`` has the question under ``asked``. Its number."""
    return await proposals.add(tx, {**content, KIND: kind}, None, by, now, state)


async def get(tx: AsyncSession, number: int, kind: Kind = Kind.PHRASING, *, hold: bool = False) -> Proposal | None:
    """One of a kind; ``hold``: nobody else changes it before this transaction ends."""
    table = columns(Proposal)
    wanted = select(table).where(table.c.id == number)
    connection = await tx.connection()
    row = (await connection.execute(wanted.with_for_update() if hold else wanted)).mappings().first()
    return Proposal(**row) if row is not None and row["content"].get(KIND) == kind else None


async def every(tx: AsyncSession, *states: str) -> list[Proposal]:
    """All phrasings that stand at one of ``states``, oldest first."""
    return [each for each in await _rows(tx, states) if each.content[KIND] == Kind.PHRASING]


async def settled(tx: AsyncSession) -> dict[Question, str]:
    """The questions that need no decision any more, newest decision first, and in which words they were taken in.

    The words of one that was left alone are not kept: "".
    """
    found = reversed(await _rows(tx, (OPEN, APPROVED)))
    return {named: str(each.content.get("text", "")) for each in found if (named := asked_of(each))}


async def purge(tx: AsyncSession) -> int:
    """Forget what waits for an admin, and what was left alone, where the question itself is forgotten; how many."""
    found = [
        each for each in await _rows(tx, ()) if each.state == OPEN or each.content[KIND] == Kind.LEFT
    ]  # what was taken into the knowledge stays
    known = {question(row) for row in await asked.some(tx, _numbers(found))} if found else set()
    gone = [each.id for each in found if asked_of(each) not in known]
    table = columns(Proposal)
    connection = await tx.connection()
    return (await connection.execute(delete(table).where(table.c.id.in_(gone)))).rowcount if gone else 0


def phrasing_of(row: Proposal) -> Phrasing:
    """What a row says a question means."""
    return Phrasing(row.content.get("label"), lang_of(row.content.get("lang")), str(row.content.get("text", "")))


def asked_of(row: Proposal) -> Question | None:
    """The question a row is about."""
    named = row.content.get("asked")
    return (int(named[0]), str(named[1])) if named else None


def _numbers(rows: Collection[Proposal]) -> set[int]:
    return {named[0] for row in rows if (named := asked_of(row))}


async def _rows(tx: AsyncSession, states: Collection[str]) -> list[Proposal]:
    """Those that stand at one of ``states``, or all, oldest first."""
    table = columns(Proposal)
    wanted = select(table).where(table.c.content[KIND].as_string().is_not(None)).order_by(table.c.id)
    connection = await tx.connection()
    found = await connection.execute(wanted.where(table.c.state.in_(list(states))) if states else wanted)
    return [Proposal(**row) for row in found.mappings()]
