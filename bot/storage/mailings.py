"""Messages to many: one row each until they are due, then a row of the outbox for everybody who gets a copy.

::

    planned ──begin──→ sending ──end──→ done        (every copy has ended)
       │                  └───stop────→ stopped | cancelled: copies not sent yet are taken back
       └──stop──→ cancelled | dropped (its moment passed while nothing could be sent)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
    values,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.audiences import audience
from bot.storage.calls import telling
from bot.storage.outbox import ALERT, EXPIRED, GONE
from bot.storage.rows import Json, MailingRow, MailingState, OutboxRow, OutboxState, Student, columns
from bot.storage.statements import insert_into

PORTION = 5000
"""Copies written in one statement: some 60 ms on SQLite, during which nobody else is answered."""
SWEPT = timedelta(days=2)
"""How long after a message was stopped copies of it may still come back from where they were."""

Awake = Callable[[datetime, tuple[int, int]], datetime]
"""(a moment, the hours a student is awake) -> when an alert due then may arrive."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """A message to many that is to be planned; see :class:`bot.storage.rows.MailingRow`."""

    key: str
    kind: str
    audience: str
    due_at: datetime
    expires_at: datetime | None = None
    programme: str | None = None
    call_id: int | None = None
    about: Json | None = None
    made_by: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the copies. All but ``maybe_twice`` and ``maybe_once`` add up to ``recipients``."""

    recipients: int = 0
    delivered: int = 0
    blocked: int = 0
    failed: int = 0
    late: int = 0
    """Given up because what they said had become pointless."""
    cancelled: int = 0
    waiting: int = 0
    maybe_twice: int = 0
    """Of those delivered: may have arrived twice."""
    maybe_once: int = 0
    """Of those that failed: may have arrived all the same."""


async def plan(tx: AsyncSession, mailing: Mailing, now: datetime) -> int | None:
    """Plan a message to many; its id, or None: its key is known already."""
    table = columns(MailingRow)
    connection = await tx.connection()
    given = {name: getattr(mailing, name) for name in Mailing.__dataclass_fields__} | {"about": mailing.about or {}}
    fresh = {"state": MailingState.PLANNED, "cursor": 0, "recipients": 0, "report": {}, "watched": False}
    new = insert_into(connection.dialect.name, table).values(given | fresh | {"created_at": now})
    made = await connection.scalar(new.on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id))
    return None if made is None else int(made)


async def get(tx: AsyncSession, mailing_id: int) -> MailingRow | None:
    """One message to many."""
    return (await found(tx, [mailing_id])).get(mailing_id)


async def found(tx: AsyncSession, ids: Iterable[int]) -> dict[int, MailingRow]:
    """Messages to many by their ids."""
    table = columns(MailingRow)
    return {int(row.id or 0): row for row in await _rows(tx, table.c.id.in_(list(ids)))}


async def of_call(tx: AsyncSession, call_id: int) -> list[MailingRow]:
    """All that was ever planned on a call, oldest first."""
    return await _rows(tx, columns(MailingRow).c.call_id == call_id)


async def unfinished(tx: AsyncSession) -> list[MailingRow]:
    """What is planned or under way, the first to be due first."""
    return await _rows(tx, columns(MailingRow).c.finished_at.is_(None))


async def latest(tx: AsyncSession, count: int) -> list[MailingRow]:
    """What was due last, and has begun or ended; the newest first."""
    table = columns(MailingRow)
    begun = select(table).where(table.c.state != MailingState.PLANNED)
    connection = await tx.connection()
    rows = await connection.execute(begun.order_by(table.c.due_at.desc(), table.c.id.desc()).limit(count))
    return [MailingRow(**row) for row in rows.mappings()]


async def retime(tx: AsyncSession, mailing_id: int, due_at: datetime, expires_at: datetime, about: Json) -> bool:
    """Move what is planned to another moment; False: it has begun meanwhile."""
    table = columns(MailingRow)
    connection = await tx.connection()
    waiting = update(table).where(table.c.id == mailing_id, table.c.state == MailingState.PLANNED)
    moved = waiting.values(due_at=due_at, expires_at=expires_at, about=about)
    return (await connection.execute(moved)).rowcount == 1


async def begin(tx: AsyncSession, mailing_id: int) -> bool:
    """Go from planned to sending; False: somebody else did, or it was stopped."""
    table = columns(MailingRow)
    connection = await tx.connection()
    waiting = update(table).where(table.c.id == mailing_id, table.c.state == MailingState.PLANNED)
    return (await connection.execute(waiting.values(state=MailingState.SENDING))).rowcount == 1


async def stop(tx: AsyncSession, ids: Sequence[int], state: MailingState, now: datetime) -> list[int]:
    """End messages to many before their time, and take back the copies that wait; the ids of those that had not ended.

    What is in flight stays so. A copy that comes back from there is taken back when it is next looked at, and so are
    those beyond the first portion: see :func:`sweep`.
    """
    table = columns(MailingRow)
    connection = await tx.connection()
    running = update(table).where(table.c.id.in_(list(ids)), table.c.finished_at.is_(None))
    ended = list((await connection.scalars(running.values(state=state, finished_at=now).returning(table.c.id))).all())
    if ended:
        await _cancel(tx, columns(OutboxRow).c.mailing_id.in_(ended), now)
    return sorted(int(each) for each in ended)


async def sweep(tx: AsyncSession, now: datetime) -> int:
    """Take back copies that wait though their message was stopped, a portion; how many. Call it until it says 0."""
    table = columns(MailingRow)
    halted = [MailingState.STOPPED, MailingState.CANCELLED]
    lately = select(table.c.id).where(table.c.state.in_(halted), table.c.finished_at > now - SWEPT)
    return await _cancel(tx, columns(OutboxRow).c.mailing_id.in_(lately), now)


async def unreported(tx: AsyncSession, now: datetime) -> list[MailingRow]:
    """What was stopped or taken back lately, after it had begun, and whose report is not written yet."""
    table = columns(MailingRow)
    halted = table.c.state.in_([MailingState.STOPPED, MailingState.CANCELLED])
    begun = (table.c.cursor > 0) | table.c.fanned_at.is_not(None)
    rows = await _rows(tx, halted & begun & (table.c.finished_at > now - SWEPT))
    return [row for row in rows if not row.report]


async def _cancel(tx: AsyncSession, which: ColumnElement[bool], now: datetime) -> int:
    table = columns(OutboxRow)
    connection = await tx.connection()
    waiting = select(table.c.id).where(which, table.c.state == OutboxState.PENDING).limit(PORTION)
    taken_back = update(table).where(table.c.id.in_(waiting))
    return (await connection.execute(taken_back.values(state=OutboxState.CANCELLED, finished_at=now))).rowcount


async def end(tx: AsyncSession, mailing_id: int, report: Report, now: datetime) -> bool:
    """Every copy has ended: keep what became of them. False: it had ended before."""
    table = columns(MailingRow)
    connection = await tx.connection()
    running = update(table).where(table.c.id == mailing_id, table.c.state == MailingState.SENDING)
    done = running.values(state=MailingState.DONE, finished_at=now, report=packed(report))
    return (await connection.execute(done)).rowcount == 1


async def note(tx: AsyncSession, mailing_id: int, **changed: object) -> None:
    """Change what else is kept of a message to many."""
    table = columns(MailingRow)
    connection = await tx.connection()
    await connection.execute(update(table).where(table.c.id == mailing_id).values(**changed))


def packed(report: Report) -> Json:
    """A report as it is kept."""
    return {name: getattr(report, name) for name in Report.__dataclass_fields__}


# Copies


async def fan_out(tx: AsyncSession, mailing: MailingRow, muted_by: str, awake: Awake, now: datetime) -> bool:
    """Write the copies for the next portion of the audience, in one statement; True when that was the last.

    Doing it twice changes nothing: a copy's key is its own. ``muted_by`` is the kind of alert whose switch silences it
    (empty: none), ``awake`` when a student's copy may arrive.
    """
    table = columns(MailingRow)
    connection = await tx.connection()
    student = columns(Student)
    portion = (
        select(student.c.user_id, student.c.language, student.c.awake_from, student.c.awake_until)
        .where(audience(mailing.audience, muted_by), student.c.user_id > mailing.cursor)
        .order_by(student.c.user_id)
        .limit(PORTION)
        .subquery("portion")
    )
    hours = (portion.c.awake_from, portion.c.awake_until)
    groups = (await connection.execute(select(*hours, func.max(portion.c.user_id)).group_by(*hours))).all()
    if not groups:
        written = await copied(tx, int(mailing.id or 0))
        await note(tx, int(mailing.id or 0), fanned_at=now, recipients=written)
        return True
    moments = []
    for begins, ends, _ in groups:
        planned = awake(mailing.due_at, (begins, ends))
        moments.append((begins, ends, planned, max(planned, awake(now, (begins, ends)))))
    last = max(int(group[2]) for group in groups)
    heard = audience(mailing.audience, muted_by) & (student.c.user_id > mailing.cursor) & (student.c.user_id <= last)
    copies = _copies(mailing, heard, moments, now)
    new = insert_into(connection.dialect.name, columns(OutboxRow)).from_select(_COPIED, copies)
    await connection.execute(new.on_conflict_do_nothing(index_elements=["key"]))
    await connection.execute(update(table).where(table.c.id == mailing.id).values(cursor=last))
    mailing.cursor = last
    return False


async def copied(tx: AsyncSession, mailing_id: int) -> int:
    """How many copies there are of a message to many."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    return int(await connection.scalar(select(func.count()).where(table.c.mailing_id == mailing_id)) or 0)


_COPIED = (
    "key", "chat_id", "method", "payload", "priority", "state", "planned_at", "due_at", "expires_at", "attempts",
    "maybe_sent", "created_at", "mailing_id",
)  # fmt: skip


def _copies(
    mailing: MailingRow, heard: ColumnElement[bool], moments: Sequence[Any], now: datetime
) -> Select[*tuple[Any, ...]]:
    """The SELECT that makes the copies. Whoever changed their hours since these were read gets theirs now."""
    outbox, student = columns(OutboxRow), columns(Student)
    moment = outbox.c.due_at.type
    wakes = (
        values(column("begins", Integer), column("ends", Integer), column("planned", moment), column("due", moment))
        .data(list(moments))
        .cte("wakes")
    )
    spoken = case((student.c.language == "it", literal({"lang": "it"}, JSON)), else_=literal({"lang": "en"}, JSON))
    copies = select(
        literal(f"{mailing.key}:chat:") + cast(student.c.user_id, String),
        student.c.user_id,
        literal("send"),
        spoken,
        literal(ALERT),
        literal(OutboxState.PENDING, outbox.c.state.type),
        func.coalesce(wakes.c.planned, literal(mailing.due_at, moment)),
        func.coalesce(wakes.c.due, literal(now, moment)),
        literal(mailing.expires_at, moment),
        literal(0),
        literal(0),
        literal(now, moment),
        literal(mailing.id, outbox.c.mailing_id.type),
    )
    same_hours = and_(wakes.c.begins == student.c.awake_from, wakes.c.ends == student.c.awake_until)
    return copies.join_from(student, wakes, same_hours, isouter=True).where(heard)


async def report(tx: AsyncSession, mailing_id: int) -> Report:
    """What became of the copies so far."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    fate = case(
        (table.c.error.like(f"{GONE}%"), literal(GONE)), (table.c.error == EXPIRED, literal(EXPIRED)), else_=literal("")
    )
    unsure = case((table.c.maybe_sent > 0, 1), else_=0)
    parts = (table.c.state, fate, unsure)
    grouped = select(*parts, func.count()).where(table.c.mailing_id == mailing_id).group_by(*parts)
    return _added_up((await connection.execute(grouped)).all())


def _added_up(groups: Iterable[Any]) -> Report:
    sums = dict.fromkeys(Report.__dataclass_fields__, 0)
    for state, fate, unsure, many in groups:
        sums["recipients"] += many
        sums[_column_of(OutboxState(state), fate)] += many
        if unsure and state == OutboxState.SENT:
            sums["maybe_twice"] += many
        elif unsure and state == OutboxState.DEAD:
            sums["maybe_once"] += many
    return Report(**sums)


def _column_of(state: OutboxState, fate: str) -> str:
    if fate == GONE and state in {OutboxState.DEAD, OutboxState.CANCELLED}:
        return "blocked"
    if state is OutboxState.DEAD:
        return "late" if fate == EXPIRED else "failed"
    return {OutboxState.SENT: "delivered", OutboxState.CANCELLED: "cancelled"}.get(state, "waiting")


async def overdue(tx: AsyncSession, mailing_id: int, before: datetime) -> int:
    """How many copies that were meant to go before a moment have neither arrived nor been given up.

    One that was never tried is meant to go when its reader's day begins.
    """
    table = columns(OutboxRow)
    connection = await tx.connection()
    waiting = table.c.state.in_([OutboxState.PENDING, OutboxState.SENDING])
    meant = case((table.c.error.is_(None), table.c.due_at), else_=table.c.planned_at)
    late = select(func.count()).where(table.c.mailing_id == mailing_id, waiting, meant < before)
    return int(await connection.scalar(late) or 0)


async def stirs(tx: AsyncSession, mailing_id: int, now: datetime) -> datetime:
    """The moment at which something next becomes of the copies: now, where any is due or in flight."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    mine = table.c.mailing_id == mailing_id
    flying = select(table.c.id).where(mine, table.c.state == OutboxState.SENDING).limit(1)
    if await connection.scalar(flying) is not None:
        return now
    first = await connection.scalar(select(func.min(table.c.due_at)).where(mine, table.c.state == OutboxState.PENDING))
    return max(now, first) if first is not None else now


async def sleeping(tx: AsyncSession, mailing_id: int, now: datetime) -> int:
    """How many copies wait for nothing but their reader's morning."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    mine = (table.c.mailing_id == mailing_id) & (table.c.state == OutboxState.PENDING)
    asleep = select(func.count()).where(mine, table.c.due_at > now, table.c.error.is_(None))
    return int(await connection.scalar(asleep) or 0)


async def stamp(tx: AsyncSession, revisions: Mapping[int, int]) -> None:
    """Write on copies that are about to leave which revision of its call their text tells."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    for revision in set(revisions.values()):
        rows = [row for row, each in revisions.items() if each == revision]
        await connection.execute(update(table).where(table.c.id.in_(rows)).values(revision=revision))


async def inform(tx: AsyncSession, rows: Sequence[int], now: datetime) -> None:
    """Those who got these copies, or may have got them, know the dates these told."""
    if not rows:
        return
    table, mailing = columns(OutboxRow), columns(MailingRow)
    connection = await tx.connection()
    known = (
        select(mailing.c.call_id, table.c.chat_id.label("user_id"), table.c.revision)
        .join_from(table, mailing, mailing.c.id == table.c.mailing_id)
        .where(table.c.id.in_(list(rows)), table.c.revision.is_not(None), table.c.chat_id > 0)
    )
    told = [{**row, "at": now} for row in (await connection.execute(known)).mappings()]
    if told:
        await connection.execute(telling(connection.dialect.name), told)


async def uncertain(tx: AsyncSession, call_id: int, before: int) -> bool:
    """Whether copies in flight tell a revision of a call earlier than ``before``: who knows it is not settled."""
    table, mailing = columns(OutboxRow), columns(MailingRow)
    connection = await tx.connection()
    flying = select(table.c.id).join_from(table, mailing, mailing.c.id == table.c.mailing_id)
    flying = flying.where(mailing.c.call_id == call_id, table.c.state == literal_column("'sending'"))
    return await connection.scalar(flying.where(table.c.revision < before).limit(1)) is not None


async def call_off(tx: AsyncSession, user_id: int, now: datetime, *, programme: str = "") -> int:
    """Take back the alerts that wait for one student, of a programme or all; how many."""
    table, mailing = columns(OutboxRow), columns(MailingRow)
    connection = await tx.connection()
    alerts = select(mailing.c.id).where(mailing.c.programme.is_not(None), mailing.c.finished_at.is_(None))
    if programme:
        alerts = alerts.where(mailing.c.programme == programme)
    waiting = update(table).where(
        table.c.chat_id == user_id, table.c.state == OutboxState.PENDING, table.c.mailing_id.in_(alerts)
    )
    return (await connection.execute(waiting.values(state=OutboxState.CANCELLED, finished_at=now))).rowcount


async def again(tx: AsyncSession, mailing_id: int, now: datetime) -> int:
    """Send once more to those for whom it failed for certain or perhaps, the blocked left out; how many."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    failed = update(table).where(
        table.c.mailing_id == mailing_id,
        table.c.state == OutboxState.DEAD,
        or_(table.c.error.is_(None), ~table.c.error.like(f"{GONE}%") & (table.c.error != EXPIRED)),
        or_(table.c.expires_at.is_(None), table.c.expires_at > now),
    )
    fresh = {"state": OutboxState.PENDING, "attempts": 0, "error": None, "finished_at": None}
    fresh |= {"due_at": now, "planned_at": now}
    many = (await connection.execute(failed.values(**fresh))).rowcount
    if many:  # one that was stopped before everybody had a copy goes to nobody new
        whole = func.coalesce(columns(MailingRow).c.fanned_at, now)
        await note(tx, mailing_id, state=MailingState.SENDING, finished_at=None, fanned_at=whole, report={})
    return many


def _arrived(of: int, sent_after: datetime) -> ColumnElement[bool]:
    """The copies of a message to many that arrived after ``sent_after``, and that can be found again."""
    table = columns(OutboxRow)
    sent = and_(table.c.mailing_id == of, table.c.method == "send", table.c.state == OutboxState.SENT)
    return sent & table.c.message_id.is_not(None) & (table.c.finished_at > sent_after)


async def deletable(tx: AsyncSession, of: int, sent_after: datetime) -> int:
    """How many copies :func:`delete_copies` would delete."""
    connection = await tx.connection()
    many = select(func.count()).select_from(columns(OutboxRow)).where(_arrived(of, sent_after))
    return int(await connection.scalar(many) or 0)


async def delete_copies(tx: AsyncSession, deletion: MailingRow, of: int, sent_after: datetime, now: datetime) -> int:
    """A row of the outbox that deletes each copy of ``of`` that arrived after ``sent_after``; how many."""
    table = columns(OutboxRow)
    connection = await tx.connection()
    outbox = columns(OutboxRow)
    moment = outbox.c.due_at.type
    copies = select(
        literal(f"{deletion.key}:chat:") + cast(table.c.chat_id, String),
        table.c.chat_id,
        literal("delete"),
        literal({}, JSON),
        literal(ALERT),
        literal(OutboxState.PENDING, outbox.c.state.type),
        literal(now, moment),
        literal(now, moment),
        literal(deletion.expires_at, moment),
        literal(0),
        literal(0),
        literal(now, moment),
        literal(deletion.id, outbox.c.mailing_id.type),
        table.c.message_id,
    ).where(_arrived(of, sent_after))
    new = insert(outbox).from_select([*_COPIED, "message_id"], copies)
    many = (await connection.execute(new, execution_options={"preserve_rowcount": True})).rowcount
    await note(tx, int(deletion.id or 0), fanned_at=now, recipients=many, state=MailingState.SENDING)
    return many


async def _rows(tx: AsyncSession, where: ColumnElement[bool]) -> list[MailingRow]:
    table = columns(MailingRow)
    connection = await tx.connection()
    rows = await connection.execute(select(table).where(where).order_by(table.c.due_at, table.c.id))
    return [MailingRow(**row) for row in rows.mappings()]
