"""What is on its way out. A message is a row from the transaction that caused it until long after it was sent.

::

    pending ──claim──→ sending ──settle──→ sent | dead | pending again, later
       │                  └──reap────────→ pending again: its sender died, so it may have arrived
       └──expire──→ dead      └──cancel_chat──→ cancelled (from pending only)

States are written as literals where an index covers one state alone: with a parameter in its place PostgreSQL cannot
tell that the index holds every row it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.rows import Json, MailingRow, OutboxRow, OutboxState, Student, columns
from bot.storage.statements import alone, insert_into
from bot.storage.ticket_rows import Ticket

LONGEST_ERROR = 500
ANSWER = 0
"""The priority of an answer to a person."""
ALERT = 1
"""The priority of what was not asked for."""
CLAIMING = 4_711_002
"""The advisory lock of PostgreSQL that claims hold, so that two of them cannot each take a message of one chat."""

GONE, EXPIRED = "gone", "expired"
"""How the error of a message begins that found nobody there, and that of one that had become pointless."""

PENDING = "'pending'"
SENDING = "'sending'"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent.

    ``key`` is unique and readable, so that the same cause never sends twice; ``due_at`` is when it is to go, and
    ``expires_at`` from when on it is pointless. ``ticket_id`` is the ticket it speaks of, and ``entry_id`` what it
    carries of that. What edits a message may name it by the ``of`` of its payload, the key of the row that brings it.
    """

    key: str
    chat_id: int
    method: str
    payload: Json
    priority: int
    due_at: datetime
    expires_at: datetime | None = None
    ticket_id: int | None = None
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message leased to a sender. ``attempts`` counts this one; ``planned_at`` tells how late it is."""

    id: int
    key: str
    chat_id: int
    method: str
    payload: Json
    priority: int
    planned_at: datetime
    due_at: datetime
    expires_at: datetime | None
    attempts: int
    maybe_sent: int
    mailing_id: int | None = None
    """The message to many it is a copy of."""
    message_id: int | None = None
    """What is to be deleted, where the row deletes."""
    server_errors: int = 0
    ticket_id: int | None = None
    """The ticket it speaks of."""
    entry_id: int | None = None
    """What it carries of that ticket."""

    @property
    def written_late(self) -> bool:
        """Whether what it says is written when it leaves: a copy of a message to many, a reminder."""
        return self.mailing_id is not None or "deadline" in self.payload


@dataclass(frozen=True, slots=True)
class Sent:
    """Telegram took it."""

    id: int
    message_id: int | None
    messages: int = 1
    """How many it became; their ids follow each other."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at ``due_at``.

    ``maybe_sent``: it may have arrived. ``counts``: the attempt was one, rather than a 429 or a pause.
    ``server_error``: the answer was 5xx.
    """

    id: int
    due_at: datetime
    maybe_sent: bool
    counts: bool
    error: str
    server_error: bool = False


@dataclass(frozen=True, slots=True)
class Dead:
    """It will never arrive."""

    id: int
    error: str


Outcome = Sent | Retry | Dead


async def enqueue(tx: AsyncSession, items: Sequence[Outgoing], now: datetime) -> list[int]:
    """Put messages on their way; the ids of those whose key was not known yet, in order.

    Some 30 µs each on SQLite, during which nothing else happens: put thousands on their way in portions.
    """
    if not items:
        return []
    connection = await tx.connection()
    queued = await connection.execute(_queueing(connection.dialect.name), [_new_row(item, now) for item in items])
    return sorted(queued.scalars())


async def claim(
    tx: AsyncSession, *, owner: str, now: datetime, lease_until: datetime, limit: int, alerts: int | None = None
) -> list[Claimed]:
    """Lease what is due to ``owner``: answers first, at most one a chat, and in each chat in the order it was meant.

    ``limit`` messages in all, and of them at most ``alerts`` that nobody asked for.

    A chat with a message in flight gives none. A message that waits for its retry holds back those of its chat and
    priority that come after it. Give the claim a transaction of its own: on PostgreSQL another waits for its end.
    """
    connection = await tx.connection()
    await alone(connection, CLAIMING)
    claimed: list[Claimed] = []
    for priority in (ANSWER, ALERT):
        room = limit - len(claimed)
        if priority == ALERT and alerts is not None:
            room = min(room, alerts)
        values = {"p": priority, "now": now, "n": room, "owner": owner, "until": lease_until}
        if room > 0:
            rows = (await connection.execute(_claiming(), values)).all()
            claimed += sorted((Claimed(*row) for row in rows), key=lambda one: (one.due_at, one.id))
    return claimed


async def settle(tx: AsyncSession, owner: str, outcomes: Sequence[Outcome], now: datetime) -> int:
    """Write down what came of messages that ``owner`` sent; how many were still its own.

    What a message said is forgotten with it: only that it went out, and when, is kept.

    One whose lease was taken away meanwhile is left alone: whoever has it now decides.
    """
    if not outcomes:
        return 0
    connection = await tx.connection()
    marked = await connection.execute(_marking(), [_mark(one, owner, now) for one in outcomes])
    return marked.rowcount


async def reap(tx: AsyncSession, *, owner_everyone: bool, cutoff: datetime, but: str | None = None) -> list[int]:
    """Take back the messages of senders that died: leases that ended before ``cutoff``, or all of them; their ids.

    They may have arrived. When they are due does not change, which is at once. ``but`` is an owner who is alive and
    writes down itself what became of its own, however late.
    """
    table = columns(OutboxRow)
    stale = update(table).where(table.c.state == literal_column(SENDING))
    if not owner_everyone:
        stale = stale.where(table.c.lease_until < cutoff)
    if but is not None:
        stale = stale.where(table.c.lease_owner != but)
    connection = await tx.connection()
    freed = stale.values(
        state=OutboxState.PENDING, lease_owner=None, lease_until=None, maybe_sent=table.c.maybe_sent + 1
    )
    return list((await connection.scalars(freed.returning(table.c.id))).all())


async def take_back(tx: AsyncSession, rows: Sequence[int], now: datetime) -> None:
    """What was claimed has become pointless: it never leaves."""
    if rows:
        await _unclaim(tx, rows, {"state": OutboxState.CANCELLED, "finished_at": now})


async def give_up(tx: AsyncSession, rows: Sequence[int], error: str, now: datetime) -> None:
    """What was claimed can never be sent."""
    if rows:
        await _unclaim(tx, rows, {"state": OutboxState.DEAD, "error": error, "finished_at": now})


async def put_back(tx: AsyncSession, later: Mapping[int, datetime]) -> None:
    """What was claimed has to wait for another moment; that was no attempt, and no retry either."""
    table = columns(OutboxRow)
    for at in set(later.values()):
        rows = [row for row, each in later.items() if each == at]
        waiting = {"state": OutboxState.PENDING, "due_at": at, "attempts": table.c.attempts - 1, "error": None}
        await _unclaim(tx, rows, waiting)


async def _unclaim(tx: AsyncSession, rows: Sequence[int], becomes: Mapping[str, Any]) -> None:
    table = columns(OutboxRow)
    connection = await tx.connection()
    free = {"lease_owner": None, "lease_until": None}
    await connection.execute(update(table).where(table.c.id.in_(list(rows))).values(**becomes, **free))


async def next_due(tx: AsyncSession, now: datetime) -> datetime | None:
    """The first moment after ``now`` at which a message falls due; what is due waits for its chat alone."""
    table = columns(OutboxRow)
    waiting = select(func.min(table.c.due_at)).where(table.c.state == literal_column(PENDING), table.c.due_at > now)
    connection = await tx.connection()
    firsts = [await connection.scalar(waiting.where(table.c.priority == priority)) for priority in (ANSWER, ALERT)]
    return min((first for first in firsts if first is not None), default=None)


async def message_of(tx: AsyncSession, key: str) -> int | None:
    """The message that a row of the outbox became; None: it has not arrived, or is unknown."""
    return (await messages_of(tx, [key])).get(key)


async def messages_of(tx: AsyncSession, keys: Sequence[str]) -> dict[str, int]:
    """The messages that rows of the outbox became, by their keys; what has not arrived is left out."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    arrived = select(table.c.key, table.c.message_id).where(table.c.key.in_(keys), table.c.message_id.is_not(None))
    return {row.key: row.message_id for row in await connection.execute(arrived)}


async def spoken_of(tx: AsyncSession, chat_id: int, message_id: int) -> tuple[int, int | None] | None:
    """The ticket that a message in a chat speaks of, and what it carries of it; None: it speaks of none."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    here = select(table.c.ticket_id, table.c.entry_id).where(
        table.c.chat_id == chat_id,
        table.c.ticket_id.is_not(None),
        table.c.message_id <= message_id,
        table.c.message_id > message_id - table.c.messages,
    )
    found = (await connection.execute(here.order_by(table.c.id.desc()).limit(1))).first()
    return None if found is None else (found.ticket_id, found.entry_id)


async def carrying(tx: AsyncSession, entry_id: int) -> list[OutboxRow]:
    """The rows that carry something written on a ticket to others, in the order in which they were put on their way."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    rows = await connection.execute(select(table).where(table.c.entry_id == entry_id).order_by(table.c.id))
    return [OutboxRow(**row) for row in rows.mappings()]


async def about_ticket(tx: AsyncSession, ticket_id: int) -> list[OutboxRow]:
    """Every row that speaks of a ticket, oldest first."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    rows = await connection.execute(select(table).where(table.c.ticket_id == ticket_id).order_by(table.c.id))
    return [OutboxRow(**row) for row in rows.mappings()]


async def extend(tx: AsyncSession, key: str, name: str, value: int, *, due_at: datetime) -> bool:
    """Add a value to a list in the payload of what has not left yet; False: it has, or there is no such row."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    waits = select(table).where(table.c.key == key, table.c.state == literal_column(PENDING)).with_for_update()
    row = (await connection.execute(waits)).mappings().first()
    if row is None:
        return False
    payload = {**row["payload"], name: [*row["payload"][name], value]}
    longer = update(table).where(table.c.id == row["id"]).values(payload=payload, due_at=due_at)
    await connection.execute(longer)
    return True


async def reword(tx: AsyncSession, row_id: int, **changes: object) -> bool:
    """Change what a row says that has not left yet; False: it has."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    waits = select(table).where(table.c.id == row_id, table.c.state == literal_column(PENDING)).with_for_update()
    row = (await connection.execute(waits)).mappings().first()
    if row is None:
        return False
    await connection.execute(update(table).where(table.c.id == row_id).values(payload={**row["payload"], **changes}))
    return True


async def expire(tx: AsyncSession, now: datetime, *, at_most: int = 2000) -> int:
    """Give up what is pointless by now, a portion at a time; how many. Call it until it says 0."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    pointless = select(table.c.id).where(table.c.state == literal_column(PENDING), table.c.expires_at <= now)
    late = update(table).where(table.c.id.in_(pointless.limit(at_most)))
    return (await connection.execute(late.values(state=OutboxState.DEAD, error=EXPIRED, finished_at=now))).rowcount


async def cancel_chat(tx: AsyncSession, chat_id: int, now: datetime) -> int:
    """There is nobody there any more: take back all that waits for a chat; how many. What is in flight stays so.

    What was written on a ticket stays too, and so do the cards of tickets: they are tried, so that whoever wrote it is
    told that it did not arrive, and somebody else is handed the ticket.
    """
    table = columns(OutboxRow)
    connection = await tx.connection()
    waiting = update(table).where(
        table.c.chat_id == chat_id,
        table.c.state == literal_column(PENDING),
        table.c.entry_id.is_(None),
        ~and_(table.c.method == "send", table.c.key.like("card:%")),
    )
    ended = {"state": OutboxState.CANCELLED, "error": GONE, "finished_at": now, "payload": {}}
    return (await connection.execute(waiting.values(ended))).rowcount


async def migrate_chat(tx: AsyncSession, old: int, new: int) -> int:
    """A group became a supergroup: what it got and will get is the new chat's; how many messages."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    return (await connection.execute(update(table).where(table.c.chat_id == old).values(chat_id=new))).rowcount


async def purge_strangers(tx: AsyncSession) -> int:
    """Forget what went out to people who are not known any more, but for what speaks of tickets; how many messages."""
    connection = await tx.connection()
    table, student = columns(OutboxRow), columns(Student)
    known = select(student.c.user_id).where(student.c.user_id == table.c.chat_id).exists()
    ended = table.c.finished_at.is_not(None)
    unknown = delete(table).where(ended, table.c.chat_id > 0, table.c.ticket_id.is_(None), ~known)
    return (await connection.execute(unknown)).rowcount


async def purge(tx: AsyncSession, before: datetime, *, at_most: int = 2000) -> int:
    """Forget messages finished before a moment, a portion at a time; how many. Call it until it says 0.

    Their keys are free again, so keep them for longer than any cause can come back. Copies of a message to many stay
    until its report is written, and what speaks of a ticket for as long as that is more than a stub: somebody may reply
    to it, and its student may want it forgotten.
    """
    table, mailing, ticket = columns(OutboxRow), columns(MailingRow), columns(Ticket)
    connection = await tx.connection()
    lives = exists().where(ticket.c.id == table.c.ticket_id, ticket.c.student_id.is_not(None))
    counted = exists().where(mailing.c.id == table.c.mailing_id, mailing.c.finished_at.is_(None))
    old = (
        select(table.c.id)
        .where(table.c.finished_at < before, ~counted, ~lives)
        .order_by(table.c.finished_at)
        .limit(at_most)
    )
    return (await connection.execute(delete(table).where(table.c.id.in_(old)))).rowcount


def _new_row(item: Outgoing, now: datetime) -> dict[str, Any]:
    return {
        "key": item.key,
        "chat_id": item.chat_id,
        "method": item.method,
        "payload": item.payload,
        "priority": item.priority,
        "state": OutboxState.PENDING,
        "planned_at": item.due_at,
        "due_at": item.due_at,
        "expires_at": item.expires_at,
        "attempts": 0,
        "maybe_sent": 0,
        "created_at": now,
        "ticket_id": item.ticket_id,
        "entry_id": item.entry_id,
    }


@cache
def _queueing(dialect: str) -> ReturningInsert[int]:
    table = columns(OutboxRow)
    return insert_into(dialect, table).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)


@cache
def _claiming() -> Any:  # noqa: ANN401 - an UPDATE that returns the columns of Claimed
    """Lease due messages of one priority."""
    table = columns(OutboxRow)
    one, first = table.alias("one"), table.alias("first")
    now = bindparam("now", type_=table.c.due_at.type)
    alive = or_(first.c.expires_at.is_(None), first.c.expires_at > now)
    due = (
        select(one.c.id)
        .where(one.c.state == literal_column(PENDING), one.c.priority == bindparam("p"), one.c.due_at <= now)
        .where(or_(one.c.expires_at.is_(None), one.c.expires_at > now))
        .where(~exists().where(first.c.chat_id == one.c.chat_id, first.c.state == literal_column(SENDING)))
        .where(
            ~exists().where(
                first.c.chat_id == one.c.chat_id,
                first.c.state == literal_column(PENDING),
                first.c.priority == one.c.priority,
                tuple_(first.c.planned_at, first.c.id) < tuple_(one.c.planned_at, one.c.id),
                or_(first.c.due_at <= now, first.c.error.is_not(None)),  # not one that waits for the reader's morning
                alive,
            )
        )
        .order_by(one.c.due_at, one.c.id)
        .limit(bindparam("n"))
        .with_for_update(skip_locked=True, of=one)
        .cte("due")
    )
    lease = {
        "state": OutboxState.SENDING,
        "lease_owner": bindparam("owner"),
        "lease_until": bindparam("until"),
        "attempts": table.c.attempts + 1,
    }
    returned = [table.c[name] for name in Claimed.__dataclass_fields__]
    return update(table).where(table.c.id.in_(select(due.c.id))).values(lease).returning(*returned)


@cache
def _marking() -> Any:  # noqa: ANN401 - an UPDATE
    """Write down one outcome, whatever it is, if the row is still its sender's."""
    table = columns(OutboxRow)
    return (
        update(table)
        .where(table.c.id == bindparam("row"), table.c.lease_owner == bindparam("owner"))
        .where(table.c.state == literal_column(SENDING))
        .values(
            state=bindparam("became"),
            due_at=func.coalesce(bindparam("again", type_=table.c.due_at.type), table.c.due_at),
            attempts=table.c.attempts - bindparam("uncounted"),
            maybe_sent=table.c.maybe_sent + bindparam("unsure"),
            server_errors=table.c.server_errors + bindparam("failed"),
            message_id=bindparam("message"),
            messages=bindparam("many"),
            error=bindparam("said"),
            finished_at=bindparam("ended"),
            payload=case(
                (table.c.mailing_id.is_not(None), table.c.payload),  # the language alone, for another try
                else_=func.coalesce(bindparam("emptied", type_=JSON(none_as_null=True)), table.c.payload),
            ),
            lease_owner=None,
            lease_until=None,
        )
    )


def _storable(error: str) -> str:
    """An error as both databases take it: no NUL, no half of a surrogate pair, not a page long."""
    return error.replace("\0", "?").encode("utf-8", "replace").decode()[:LONGEST_ERROR]


def _mark(outcome: Outcome, owner: str, now: datetime) -> dict[str, Any]:
    """The values of :func:`_marking` for one outcome."""
    mark: dict[str, Any] = {"row": outcome.id, "owner": owner, "again": None, "uncounted": 0, "unsure": 0, "failed": 0}
    mark |= {"message": None, "many": 1, "said": None, "ended": now, "emptied": {}}
    if isinstance(outcome, Sent):
        return mark | {"became": OutboxState.SENT, "message": outcome.message_id, "many": outcome.messages}
    if isinstance(outcome, Dead):
        return mark | {"became": OutboxState.DEAD, "said": _storable(outcome.error)}
    return mark | {
        "became": OutboxState.PENDING,
        "again": outcome.due_at,
        "uncounted": int(not outcome.counts),
        "unsure": int(outcome.maybe_sent),
        "failed": int(outcome.server_error),
        "said": _storable(outcome.error),
        "ended": None,
        "emptied": None,
    }
