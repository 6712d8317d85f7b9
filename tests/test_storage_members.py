"""Who is staff and what they take on, one-time links, and an invitation made beside the process that owns the file."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from bot.rules.duty import Duty
from bot.rules.roles import Role
from bot.rules.tickets import Origin, State
from bot.storage import members
from bot.storage.errors import FileInUse
from bot.storage.members import HANDLE, INVITATION_LASTS
from bot.storage.store import Store, Transaction
from bot.storage.ticket_rows import Invitation, Member, Ticket

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ADA, BRUNO, MARCO, LEILA = 900, 901, 43, 44


async def member(tx: Transaction, user_id: int, role: Role = Role.TUTOR, name: str = "Marco", **given: Any) -> None:  # noqa: ANN401 - any column
    await members.save(tx, Member(user_id=user_id, role=role, name=name, since=NOW, **given))


async def ticket(tx: Transaction, claimer: int | None, state: State) -> None:
    closed = NOW if state is State.CLOSED else None
    tx.add(
        Ticket(
            student_id=7, language="en", origin=Origin.ASKED, state=state, claimer=claimer, question="?",
            created_at=NOW, closed_at=closed,
        )
    )  # fmt: skip
    await tx.flush()


async def join(tx: Transaction, token: str, user_id: int, name: str = "Marco", now: datetime = NOW) -> bool:
    invited = await members.invitation(tx, token)
    return invited is not None and await members.join(tx, invited, user_id, name, now)


# Members


async def test_a_member_is_kept_and_changed(store: Store) -> None:
    async with store.transaction() as tx:
        assert await members.get(tx, MARCO) is None
        assert await members.role(tx, MARCO) is None
        await member(tx, MARCO, programmes=["free-mover"], invited_by=ADA)
        await member(tx, ADA, Role.ADMIN, "Ada")
        assert await members.role(tx, MARCO) is Role.TUTOR
        assert await members.admins(tx) == [ADA]
    async with store.transaction() as tx:
        kept = await members.get(tx, MARCO)
        assert kept
        kept.role, kept.since = Role.ADMIN, NOW + timedelta(days=9)
        await members.save(tx, kept)
        assert [(each.user_id, each.role, each.since) for each in await members.everybody(tx)] == [
            (MARCO, Role.ADMIN, NOW), (ADA, Role.ADMIN, NOW)
        ]  # fmt: skip


async def test_the_name_follows_telegram_and_an_admin_of_the_settings_gets_a_row(store: Store) -> None:
    async with store.transaction() as tx:
        await member(tx, MARCO)
        for name in ("Marc " * 30, ""):
            await members.known(tx, MARCO, Role.TUTOR, name, NOW)
            marco = await members.get(tx, MARCO)
            assert marco is not None
            assert marco.name == ("Marc " * 30)[:64]
        await members.known(tx, ADA, Role.ADMIN, "", NOW)
        ada = await members.get(tx, ADA)
        assert ada is not None
        assert (ada.name, ada.invited_by, ada.role) == ("900", ADA, Role.ADMIN)


async def test_a_tutor_who_was_removed_this_moment_gets_no_row_again(store: Store) -> None:
    async with store.transaction() as tx:
        await members.known(tx, MARCO, Role.TUTOR, "Marco", NOW)
        assert not await members.take_on(tx, Duty(MARCO, "Marco", on_duty=True))
        assert await members.everybody(tx) == []


async def test_whoever_left_the_settings_is_staff_no_more(store: Store) -> None:
    async with store.transaction() as tx:
        await members.known(tx, ADA, Role.ADMIN, "Ada", NOW)
        await members.known(tx, BRUNO, Role.ADMIN, "Bruno", NOW)
        await member(tx, LEILA, Role.ADMIN, invited_by=BRUNO)
        tokens = [await members.invite(tx, Role.ADMIN, who, NOW) for who in (ADA, BRUNO, LEILA, None, 77)]
        assert await members.former(tx, {ADA}) == [BRUNO]
        assert await members.former(tx, {ADA}) == []
        assert [each.user_id for each in await members.everybody(tx)] == [LEILA, ADA]
        good = [await members.invitation(tx, token) is not None for token in tokens]
        assert good == [True, False, True, True, False]
        assert await members.former(tx, frozenset()) == [ADA]


async def test_removing_takes_back_the_links_that_nobody_used(store: Store) -> None:
    async with store.transaction() as tx:
        await member(tx, MARCO, Role.ADMIN)
        unused, used, others = [await members.invite(tx, Role.TUTOR, who, NOW) for who in (MARCO, MARCO, ADA)]
        assert await join(tx, used, LEILA)
        assert await members.remove(tx, MARCO)
        assert not await members.remove(tx, MARCO)
        assert await members.role(tx, MARCO) is None
        assert await members.role(tx, LEILA) is Role.TUTOR
        assert not await join(tx, unused, 7)
        assert await join(tx, others, 7)


# What they take on


async def test_duties_count_the_tickets_that_wait_for_an_answer(store: Store) -> None:
    async with store.transaction() as tx:
        await member(
            tx, MARCO, on_duty=True, programmes=["free-mover"], languages=["it"], back_on=date(2026, 12, 7), most_open=3
        )
        await member(tx, LEILA, name="Leila")
        for state in (State.CLAIMED, State.WAITING, State.ANSWERED, State.CLOSED):
            await ticket(tx, MARCO, state)
        await ticket(tx, None, State.NEW)
        marco = Duty(MARCO, "Marco", True, ("free-mover",), ("it",), date(2026, 12, 7), 3, 2)  # noqa: FBT003 - a row, column by column
        assert await members.duties(tx) == [marco, Duty(LEILA, "Leila")]
        assert await members.duty(tx, MARCO) == marco
        assert await members.duty(tx, ADA) is None
        assert await members.claimed(tx) == {MARCO: 3}


async def test_what_is_taken_on_is_kept(store: Store) -> None:
    wanted = Duty(MARCO, "Marco", True, ("extra-eu", "free-mover"), ("en",), date(2026, 12, 7), 5)  # noqa: FBT003 - as above
    async with store.transaction() as tx:
        await member(tx, MARCO)
        assert await members.take_on(tx, wanted)
    async with store.reading() as tx:
        assert await members.duty(tx, MARCO) == wanted


# Invitations


async def test_only_a_digest_of_a_link_is_kept(store: Store) -> None:
    async with store.transaction() as tx:
        token = await members.invite(tx, Role.TUTOR, ADA, NOW)
        assert len(token) == 32
        assert token.replace("-", "").replace("_", "").isalnum()
        (row,) = (await tx.exec(select(Invitation))).all()
        assert token not in str(row.model_dump())
        assert row.digest == members.digest_of(token)
        assert row.expires_at == NOW + INVITATION_LASTS
        assert await members.invite(tx, Role.TUTOR, ADA, NOW) != token


async def test_a_link_lets_one_in_once(store: Store) -> None:
    async with store.transaction() as tx:
        token = await members.invite(tx, Role.TUTOR, ADA, NOW)
        assert [each.made_by for each in await members.open_invitations(tx, NOW)] == [ADA]
        assert await join(tx, token, MARCO, "M" * 99)
        marco = await members.get(tx, MARCO)
        assert marco
        assert (marco.role, marco.name, marco.invited_by, marco.on_duty) == (Role.TUTOR, "M" * 64, ADA, False)
        assert not await join(tx, token, LEILA)
        assert await members.role(tx, LEILA) is None
        assert await members.open_invitations(tx, NOW) == []
        used = await members.invitation(tx, token)
        assert used
        assert (used.used_by, used.used_at) == (MARCO, NOW)


async def test_two_at_once_are_not_both_let_in(store: Store) -> None:
    async with store.transaction() as tx:
        token = await members.invite(tx, Role.TUTOR, ADA, NOW)
    async with store.reading() as tx:
        invited = await members.invitation(tx, token)

    async def opens(user_id: int) -> bool:
        assert invited
        async with store.transaction() as tx:
            return await members.join(tx, invited, user_id, "?", NOW)

    assert sorted(await asyncio.gather(*(opens(user) for user in range(1, 6)))) == [False] * 4 + [True]
    async with store.reading() as tx:
        assert len(await members.everybody(tx)) == 1


async def test_a_link_runs_out_and_is_forgotten(store: Store) -> None:
    async with store.transaction() as tx:
        token = await members.invite(tx, Role.TUTOR, None, NOW, timedelta(days=2))
        end = NOW + timedelta(days=2)
        assert not await join(tx, token, MARCO, now=end)
        assert await members.open_invitations(tx, end) == []
        assert await members.purge(tx, end) == 0
        assert await members.purge(tx, end + timedelta(days=1)) == 1
        assert await members.invitation(tx, token) is None


async def test_a_link_raises_a_role_and_never_lowers_one(store: Store) -> None:
    async with store.transaction() as tx:
        await member(tx, MARCO, programmes=["free-mover"], on_duty=True)
        assert await join(tx, await members.invite(tx, Role.ADMIN, ADA, NOW), MARCO)
        marco = await members.get(tx, MARCO)
        assert marco
        assert (marco.role, marco.invited_by, marco.programmes, marco.on_duty) == (
            Role.ADMIN, ADA, ["free-mover"], True
        )  # fmt: skip
        assert await join(tx, await members.invite(tx, Role.TUTOR, ADA, NOW), MARCO)
        assert await members.role(tx, MARCO) is Role.ADMIN


async def test_a_link_is_taken_back_by_the_beginning_of_its_digest(store: Store) -> None:
    async with store.transaction() as tx:
        token, used = [await members.invite(tx, Role.TUTOR, ADA, NOW) for _ in range(2)]
        await join(tx, used, MARCO)
        handle = members.digest_of(token)[:HANDLE]
        gone = await members.revoke(tx, handle)
        assert gone
        assert gone.digest.startswith(handle)
        for nothing in (handle, members.digest_of(used)[:HANDLE], "%" * HANDLE, "", "abc"):
            assert await members.revoke(tx, nothing) is None
        assert await members.invitation(tx, token) is None
        assert await members.invitation(tx, used)
        assert await members.invitation(tx, "\udcff") is None


# Beside the process that owns the file


async def test_an_invitation_is_made_while_the_file_is_owned(sqlite_url: str) -> None:
    owner, beside = Store(sqlite_url), Store(sqlite_url)
    await owner.open()
    with pytest.raises(FileInUse):
        await Store(sqlite_url).open()
    async with owner.transaction() as tx:
        await member(tx, ADA, Role.ADMIN)
        making = asyncio.create_task(_made(beside))
        await asyncio.sleep(0.2)  # the owner writes: it waits, and the owner does not
        assert not making.done()
        await member(tx, BRUNO, Role.ADMIN)
    token = await making
    async with owner.transaction() as tx:
        assert await join(tx, token, MARCO)
        assert len((await tx.exec(select(Member).where(col(Member.role) == Role.ADMIN))).all()) == 2
    await owner.close()


async def _made(store: Store) -> str:
    await store.open(beside=True)
    try:
        async with store.transaction() as tx:
            return await members.invite(tx, Role.TUTOR, None, NOW)
    finally:
        await store.close()


async def test_who_comes_beside_nobody_leaves_the_file_free(sqlite_url: str) -> None:
    await _made(Store(sqlite_url))
    owner = Store(sqlite_url)
    await owner.open()
    async with owner.reading() as tx:
        assert len(await members.open_invitations(tx, NOW)) == 1
    await owner.close()


async def test_a_file_that_is_new_is_made_and_one_that_is_owned_is_not_migrated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'desk.db'}"
    await _made(Store(url))
    owner = Store(url)
    await owner.open()
    async with owner.transaction() as tx:
        await (await tx.connection()).exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(FileInUse):
        await _made(Store(url))
    await owner.close()
