"""Who gets a message to many, by the words a mailing is addressed with."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.calls import FIRST_MONTH, last_day_of_academic_year
from bot.storage.rows import Informed, Student, columns


def audience(who: str, muted_by: str = "") -> ColumnElement[bool]:
    """The students who get a message to ``who``, as :class:`bot.storage.rows.MailingRow` writes it.

    An alert leaves out those who could not be reached and have not written since, and those who switched its kind off.
    """
    student, informed = columns(Student), columns(Informed)
    kind, _, value = who.partition(":")
    here = student.c.reachable.is_(True)
    if kind == "all":
        return here
    if kind == "year":  # a year is only true in the academic year it was told in
        number, _, begins = value.partition(":")
        told = student.c.told_on.between(date(int(begins), FIRST_MONTH, 1), last_day_of_academic_year(int(begins)))
        return here & (student.c.year == int(number)) & told
    if kind == "language":
        return here & (student.c.language == value)
    alert = here & student.c.paused.is_(False)
    if muted_by:
        alert &= ~_lists(student.c.muted, muted_by)
    programme, _, which = value.partition(":")
    alert &= or_(_lists(student.c.subscribed, programme), _lists(student.c.subscribed, "all"))
    if kind == "told":
        call_id, revision = (int(part) for part in which.split(":"))
        knows = select(informed.c.user_id).where(informed.c.call_id == call_id, informed.c.revision == revision)
        alert &= knows.where(informed.c.user_id == student.c.user_id).exists()
    elif kind != "programme":
        raise ValueError(f"nobody is called {who}")
    return alert


def _lists(kept: Any, word: str) -> ColumnElement[bool]:  # noqa: ANN401 - a JSON column
    """Whether a list of words holds one; none of ours has a character that LIKE or JSON would write differently."""
    return cast(kept, Text).like(f'%"{word}"%')


async def count(tx: AsyncSession, who: str, muted_by: str = "") -> int:
    """How many students a message to ``who`` would reach."""
    connection = await tx.connection()
    student = columns(Student)
    many = select(func.count()).select_from(student).where(audience(who, muted_by))
    return int(await connection.scalar(many) or 0)


async def languages(tx: AsyncSession, who: str) -> dict[str, int]:
    """How many of those a message to ``who`` would reach read which language."""
    connection = await tx.connection()
    student = columns(Student)
    spoken = select(student.c.language, func.count()).where(audience(who)).group_by(student.c.language)
    return {str(language): int(many) for language, many in (await connection.execute(spoken)).all()}
