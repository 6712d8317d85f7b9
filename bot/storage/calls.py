"""Calls as the desk announced them, and who was told which of their dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.calls import Call, Dates
from bot.rules.programmes import Programme
from bot.storage.rows import CallRow, Informed, Json, columns
from bot.storage.statements import alone, insert_into

ANNOUNCING = 4_711_003
"""The advisory lock of PostgreSQL that changes of calls hold, so that nobody decides on calls as they no longer are."""


async def hold_still(tx: AsyncSession) -> None:
    """Nobody announces, moves or withdraws a call until this transaction ends; those who only read do not wait.

    For whoever writes dates down for somebody: else a move could commit between the reading and the writing, and would
    not know whom to tell. Take it before anything else is locked.
    """
    connection = await tx.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock_shared(ANNOUNCING)))


async def purge(tx: AsyncSession, before: datetime) -> int:
    """Forget who was told what of calls that closed before a moment; how many."""
    table, informed = columns(CallRow), columns(Informed)
    connection = await tx.connection()
    old = select(table.c.id).where(table.c.closes_at < before)
    return (await connection.execute(delete(informed).where(informed.c.call_id.in_(old)))).rowcount


async def by_turns(tx: AsyncSession) -> None:
    """Wait until nobody else is changing calls, and keep them waiting until this transaction ends."""
    await alone(await tx.connection(), ANNOUNCING)


async def listed(tx: AsyncSession, since: datetime) -> list[Call]:
    """The calls that close, or closed, after ``since``, soonest opening first; withdrawn ones too."""
    connection = await tx.connection()
    return [_call(dict(row)) for row in (await connection.execute(_listing(), {"since": since})).mappings()]


async def get(tx: AsyncSession, call_id: int) -> Call | None:
    """One call."""
    return (await found(tx, [call_id])).get(call_id)


async def found(tx: AsyncSession, ids: Iterable[int]) -> dict[int, Call]:
    """Calls by their ids; those that do not exist are left out."""
    table = columns(CallRow)
    connection = await tx.connection()
    rows = (await connection.execute(select(table).where(table.c.id.in_(list(ids))))).mappings()
    return {row["id"]: _call(dict(row)) for row in rows}


async def add(tx: AsyncSession, call: Call, now: datetime) -> Call:
    """Keep a new call; it comes back with its id and a name that no other has."""
    table = columns(CallRow)
    connection = await tx.connection()
    base = f"{call.programme}:{call.year}"
    taken = set((await connection.scalars(select(table.c.name).where(table.c.name.like(f"{base}%")))).all())
    names = [base, *(f"{base}:{number}" for number in range(2, len(taken) + 2))]
    values = _values(call) | {
        "name": next(name for name in names if name not in taken),
        "programme": call.programme,
        "year": call.year,
        "announced_at": now,
        "changed_at": now,
    }
    new = insert_into(connection.dialect.name, table).values(values).returning(table)
    return _call(dict((await connection.execute(new)).mappings().one()))


async def change(tx: AsyncSession, call: Call, now: datetime) -> bool:
    """Keep a call whose revision was raised by one; False: somebody else changed it meanwhile."""
    table = columns(CallRow)
    connection = await tx.connection()
    old = update(table).where(table.c.id == call.id, table.c.revision == call.revision - 1)
    return (await connection.execute(old.values(**_values(call), changed_at=now))).rowcount == 1


async def tell(tx: AsyncSession, user_id: int, told: Mapping[int, int], now: datetime) -> None:
    """Somebody was told the dates of calls: their ids, and the revision of each."""
    if not told:
        return
    connection = await tx.connection()
    rows = [{"call_id": call, "user_id": user_id, "revision": revision, "at": now} for call, revision in told.items()]
    await connection.execute(telling(connection.dialect.name), rows)


async def known(tx: AsyncSession, call_ids: Iterable[int], user_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """Which revision of which call some people were told last, by call and person."""
    table = columns(Informed)
    connection = await tx.connection()
    theirs = select(table.c.call_id, table.c.user_id, table.c.revision).where(
        table.c.call_id.in_(list(call_ids)), table.c.user_id.in_(list(user_ids))
    )
    return {(call, user): revision for call, user, revision in (await connection.execute(theirs)).all()}


@cache
def telling(dialect: str) -> Any:  # noqa: ANN401 - an INSERT that overwrites
    """Write down which revision somebody was told last."""
    table = columns(Informed)
    new = insert_into(dialect, table)
    changed = {"revision": new.excluded.revision, "at": new.excluded.at}
    return new.on_conflict_do_update(index_elements=["call_id", "user_id"], set_=changed)


@cache
def _listing() -> Select[*tuple[Any, ...]]:
    table = columns(CallRow)
    ends = table.c.closes_at
    return select(table).where(ends > bindparam("since", type_=ends.type)).order_by(table.c.opens_at, table.c.id)


def _values(call: Call) -> Json:
    """What a revision may change."""
    return {
        "revision": call.revision,
        "opens_at": call.dates.opens_at,
        "closes_at": call.dates.closes_at,
        "opens_hour": call.dates.opens_hour,
        "closes_hour": call.dates.closes_hour,
        "link": call.link or None,
        "note": call.note or None,
        "withdrawn": call.withdrawn,
        "history": [packed(dates) for dates in call.told],
    }


def packed(dates: Dates) -> Json:
    """Dates as they are kept."""
    moments = {"opens_at": dates.opens_at.isoformat(), "closes_at": dates.closes_at.isoformat()}
    return moments | {"opens_hour": dates.opens_hour, "closes_hour": dates.closes_hour}


def unpacked(kept: Json) -> Dates:
    """Dates that were kept."""
    opens_at, closes_at = (datetime.fromisoformat(kept[name]) for name in ("opens_at", "closes_at"))
    return Dates(opens_at, closes_at, kept["opens_hour"], kept["closes_hour"])


def _call(row: Mapping[str, Any]) -> Call:
    return Call(
        programme=Programme(row["programme"]),
        dates=Dates(row["opens_at"], row["closes_at"], row["opens_hour"], row["closes_hour"]),
        link=row["link"] or "",
        note=row["note"] or "",
        id=row["id"],
        name=row["name"],
        year=row["year"],
        revision=row["revision"],
        withdrawn=row["withdrawn"],
        told=tuple(unpacked(each) for each in row["history"]),
    )
