"""Who belongs to the staff, what they take on, and the links that let others in."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rules.duty import Duty
from bot.rules.roles import Role
from bot.rules.tickets import State
from bot.storage.rows import columns
from bot.storage.statements import alone, insert_into
from bot.storage.ticket_rows import Invitation, Member, Ticket

MEMBERSHIP = 4_711_004
"""The advisory lock of PostgreSQL that changes of who is staff hold, so that two admins cannot remove each other."""
INVITATION_LASTS = timedelta(days=7)
"""How long a one-time link works."""
TOKEN_BYTES = 24
"""192 bits, 32 characters in a link."""
HANDLE = 16
"""So many characters of a digest name an invitation, where the whole does not fit."""
OWING = (State.CLAIMED, State.WAITING)
"""The tickets that count against a cap: not answered yet."""


async def get(tx: AsyncSession, user_id: int) -> Member | None:
    """A member of staff; of admins of the settings only those who have dealt with a ticket are known here."""
    table = columns(Member)
    connection = await tx.connection()
    row = (await connection.execute(select(table).where(table.c.user_id == user_id))).mappings().first()
    return None if row is None else Member(**row)


async def role(tx: AsyncSession, user_id: int) -> Role | None:
    """What somebody was invited as; None: they were not, or are removed."""
    member = await get(tx, user_id)
    return member.role if member else None


async def admins(tx: AsyncSession) -> list[int]:
    """Everybody who was invited as an admin."""
    table = columns(Member)
    connection = await tx.connection()
    return list((await connection.scalars(select(table.c.user_id).where(table.c.role == Role.ADMIN))).all())


async def everybody(tx: AsyncSession) -> list[Member]:
    """All members of staff, those who joined first at the top."""
    table = columns(Member)
    connection = await tx.connection()
    rows = await connection.execute(select(table).order_by(table.c.since, table.c.user_id))
    return [Member(**row) for row in rows.mappings()]


async def by_turns(tx: AsyncSession) -> None:
    """Wait until nobody else is changing who is staff, and keep them waiting until this transaction ends."""
    await alone(await tx.connection(), MEMBERSHIP)


async def save(tx: AsyncSession, member: Member) -> None:
    """Keep a member as they are now, known before or not; what only changes them is :func:`take_on`."""
    table = columns(Member)
    connection = await tx.connection()
    values = {column.name: getattr(member, column.name) for column in table.c}
    new = insert_into(connection.dialect.name, table).values(values)
    kept = {name: new.excluded[name] for name in values if name not in {"user_id", "since"}}
    await connection.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=kept))


async def known(tx: AsyncSession, user_id: int, role: Role, name: str, now: datetime) -> None:
    """Note a member who deals with a ticket, under the name Telegram shows by now; one of the settings gets a row.

    That row says that they came by themselves (``invited_by``), so that :func:`former` finds those who left the
    settings. A tutor without a row was removed this moment, and gets none.
    """
    member = await get(tx, user_id)
    if member is None and role is Role.ADMIN:
        await save(tx, _new(user_id, role, name, now, invited_by=user_id))
    elif member is not None and name and member.name != name[:64]:
        table = columns(Member)
        renamed = update(table).where(table.c.user_id == user_id).values(name=name[:64])
        await (await tx.connection()).execute(renamed)  # no upsert: who is removed meanwhile stays so


def _new(user_id: int, role: Role, name: str, now: datetime, *, invited_by: int | None) -> Member:
    known_as = (name or str(user_id))[:64]
    return Member(
        user_id=user_id, role=role, name=known_as, invited_by=invited_by, programmes=[], languages=[], since=now
    )


async def former(tx: AsyncSession, admins: Collection[int]) -> list[int]:
    """Those whom the settings made admins and no longer do; they are members no more. To be called at the start.

    The links that they, or anybody else who is no admin now, gave and nobody used work no more either.
    """
    table, invitation = columns(Member), columns(Invitation)
    connection = await tx.connection()
    own = delete(table).where(table.c.invited_by == table.c.user_id, table.c.user_id.not_in(list(admins)))
    gone = sorted((await connection.scalars(own.returning(table.c.user_id))).all())
    invited = select(table.c.user_id).where(table.c.role == Role.ADMIN)
    theirs = delete(invitation).where(
        invitation.c.used_at.is_(None),
        invitation.c.made_by.not_in(list(admins)),
        invitation.c.made_by.not_in(invited),
    )  # made_by of those from the terminal is null, which is in neither sense "not in"
    await connection.execute(theirs)
    return gone


async def remove(tx: AsyncSession, user_id: int) -> bool:
    """Somebody is staff no more, and the links they gave and nobody used work no more; False: they were not."""
    table, invitation = columns(Member), columns(Invitation)
    connection = await tx.connection()
    await connection.execute(delete(invitation).where(invitation.c.made_by == user_id, invitation.c.used_at.is_(None)))
    return (await connection.execute(delete(table).where(table.c.user_id == user_id))).rowcount == 1


# What they take on


def duty_of(member: Member, open_now: int = 0) -> Duty:
    """What a member takes on."""
    return Duty(
        user_id=member.user_id,
        name=member.name,
        on_duty=member.on_duty,
        programmes=tuple(member.programmes),
        languages=tuple(member.languages),
        back_on=member.back_on,
        most_open=member.most_open,
        open=open_now,
    )


async def duties(tx: AsyncSession) -> list[Duty]:
    """What everybody takes on, with how many tickets they owe an answer; those who joined first at the top."""
    ticket = columns(Ticket)
    owed = await _counted(tx, ticket.c.state.in_(OWING))
    return [duty_of(member, owed.get(member.user_id, 0)) for member in await everybody(tx)]


async def duty(tx: AsyncSession, user_id: int) -> Duty | None:
    """What one member takes on; None: they are none."""
    return next((each for each in await duties(tx) if each.user_id == user_id), None)


async def take_on(tx: AsyncSession, duty: Duty) -> bool:
    """Keep what a member takes on from now on; False: they are a member no more."""
    table = columns(Member)
    connection = await tx.connection()
    values = {
        "on_duty": duty.on_duty,
        "programmes": list(duty.programmes),
        "languages": list(duty.languages),
        "back_on": duty.back_on,
        "most_open": duty.most_open,
    }
    mine = update(table).where(table.c.user_id == duty.user_id)
    return (await connection.execute(mine.values(**values))).rowcount == 1


async def claimed(tx: AsyncSession) -> dict[int, int]:
    """How many tickets that are not closed each member has, by their ids; those without any are left out."""
    return await _counted(tx, columns(Ticket).c.state != State.CLOSED)


async def _counted(tx: AsyncSession, which: ColumnElement[bool]) -> dict[int, int]:
    ticket = columns(Ticket)
    connection = await tx.connection()
    theirs = select(ticket.c.claimer, func.count()).where(ticket.c.claimer.is_not(None), which)
    return {int(who): int(many) for who, many in (await connection.execute(theirs.group_by(ticket.c.claimer))).all()}


# Invitations


async def invite(
    tx: AsyncSession, role: Role, made_by: int | None, now: datetime, lasts: timedelta = INVITATION_LASTS
) -> str:
    """Make a one-time link to become ``role``; its token, of which only a digest is kept.

    ``made_by`` is None at the terminal.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"role": role, "made_by": made_by, "made_at": now, "expires_at": now + lasts}
    table = columns(Invitation)
    connection = await tx.connection()
    await connection.execute(insert_into(connection.dialect.name, table).values(digest=digest_of(token), **values))
    return token


def digest_of(token: str) -> str:
    """What is kept of a token. It is too long to guess, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def invitation(tx: AsyncSession, token: str) -> Invitation | None:
    """The invitation of a link, whatever became of it; None: there is none, or it was taken back."""
    table = columns(Invitation)
    connection = await tx.connection()
    found = await connection.execute(select(table).where(table.c.digest == digest_of(token)))
    row = found.mappings().first()
    return None if row is None else Invitation(**row)


async def open_invitations(tx: AsyncSession, now: datetime) -> list[Invitation]:
    """The links that still let somebody in, the oldest first."""
    table = columns(Invitation)
    connection = await tx.connection()
    good = select(table).where(table.c.used_at.is_(None), table.c.expires_at > now)
    rows = await connection.execute(good.order_by(table.c.made_at, table.c.digest))
    return [Invitation(**row) for row in rows.mappings()]


async def join(tx: AsyncSession, invited: Invitation, user_id: int, name: str, now: datetime) -> bool:
    """Somebody uses a link and becomes what it says; who is more than that already stays it.

    False: somebody else has used it, or it ran out or was taken back.
    """
    table = columns(Invitation)
    connection = await tx.connection()
    mine = update(table).where(
        table.c.digest == invited.digest, table.c.used_at.is_(None), table.c.expires_at > now
    )  # on both databases a second one finds no row, or waits until the first has committed and then finds none
    if (await connection.execute(mine.values(used_by=user_id, used_at=now))).rowcount != 1:
        return False
    member = await get(tx, user_id)
    if member is None:
        await save(tx, _new(user_id, invited.role, name, now, invited_by=invited.made_by))
    elif invited.role.may(member.role):
        member.role, member.invited_by = invited.role, invited.made_by
        await save(tx, member)
    return True


async def revoke(tx: AsyncSession, handle: str) -> Invitation | None:
    """Take back a link that nobody used, by the beginning of its digest; None: there is none."""
    if not re.fullmatch(f"[0-9a-f]{{{HANDLE}}}", handle):
        return None
    table = columns(Invitation)
    connection = await tx.connection()
    gone = delete(table).where(table.c.digest.like(f"{handle}%"), table.c.used_at.is_(None)).returning(table)
    row = (await connection.execute(gone)).mappings().first()
    return None if row is None else Invitation(**row)


async def purge(tx: AsyncSession, before: datetime) -> int:
    """Forget invitations that ran out before a moment; how many."""
    table = columns(Invitation)
    connection = await tx.connection()
    return (await connection.execute(delete(table).where(table.c.expires_at < before))).rowcount
