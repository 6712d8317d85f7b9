"""Tickets in the tables, on both databases: held, changed, erased, and found again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from bot.rules.roles import Role
from bot.rules.tickets import Delivery, Origin, State, Who
from bot.storage import members, outbox, tickets
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.store import Store, Transaction
from bot.storage.ticket_rows import Entry, Member, Ticket

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
GIULIA, TEO = 42, 800


async def opened(tx: Transaction, student: int = GIULIA, **given: object) -> int:
    values: dict[str, Any] = {
        "language": "en",
        "origin": Origin.ASKED,
        "question": "May I?",
        "context": {},
        "created_at": NOW,
    }
    return await tickets.begin(tx, Ticket(student_id=student, **(values | given)))


async def wrote(tx: Transaction, number: int, who: Who = Who.STUDENT, **given: object) -> int:
    values: dict[str, Any] = {"text": "words", "chat_id": GIULIA, "author_id": GIULIA, "message_id": 7, "at": NOW}
    return await tickets.write(tx, Entry(ticket_id=number, who=who, **(values | given)))


async def test_what_is_held_makes_others_wait(store: Store, store_url: str) -> None:
    """Two who claim at once, each reading before they write, in two programs where the database allows it."""
    async with store.transaction() as tx:
        number = await opened(tx)
    beside = store if store.owned else Store(store_url)
    if beside is not store:
        await beside.open()

    async def claims(at: Store, who: int) -> bool:
        async with at.transaction() as tx:
            found = await tickets.get(tx, number, hold=True)
            assert found is not None
            if found.state is not State.NEW:
                return False
            await asyncio.sleep(0.01)
            await tickets.change(tx, found, state=State.CLAIMED, claimer=who)
            return True

    try:
        won = await asyncio.gather(*(claims(beside if who % 2 else store, who) for who in range(1, 7)))
    finally:
        if beside is not store:
            await beside.close()
    assert won.count(True) == 1
    async with store.reading() as tx:
        found = await tickets.get(tx, number)
    assert found is not None
    assert found.claimer == won.index(True) + 1


async def test_no_two_changes_share_a_version(store: Store) -> None:
    async with store.transaction() as tx:
        ticket = await tickets.get(tx, await opened(tx))
        assert ticket is not None
        versions = [(await tickets.change(tx, ticket)).version for _ in range(3)]
        changed = await tickets.change(tx, ticket, question="New?")
    assert versions == [1, 2, 3], "though all of them began with the same ticket"
    assert (changed.version, changed.question) == (4, "New?")


@pytest.mark.parametrize("wrong", [{"state": State.CLOSED}, {"closed_at": NOW}, {"claimer": TEO}])
async def test_a_ticket_cannot_stand_as_none_can(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        async with store.transaction() as tx:
            await opened(tx, **wrong)


async def test_an_album_that_staff_have_begun(store: Store) -> None:
    async with store.transaction() as tx:
        number = await opened(tx)
        await wrote(tx, number, Who.STUDENT, album="a", chat_id=TEO)
        assert await tickets.begun(tx, TEO, "a") is None, "their own question's"
        first = await wrote(tx, number, Who.TUTOR, album="a", chat_id=TEO, message_id=8)
        await wrote(tx, number, Who.TUTOR, album="a", chat_id=TEO, message_id=9)
        found = await tickets.begun(tx, TEO, "a")
        assert found is not None
        assert found.id == first
        assert await tickets.begun(tx, TEO + 1, "a") is None
        assert len(await tickets.album(tx, number, "a")) == 3


async def test_once_it_has_failed_it_stays_so(store: Store) -> None:
    async with store.transaction() as tx:
        number = await wrote(tx, await opened(tx), Who.TUTOR, delivery=Delivery.WAITS)
        for became in (Delivery.SENT, Delivery.BLOCKED, Delivery.SENT):
            await tickets.delivered(tx, number, became)
        found = await tickets.entry(tx, number)
    assert found is not None
    assert found.delivery is Delivery.BLOCKED


async def test_of_an_erased_ticket_a_stub_is_left(store: Store) -> None:
    async with store.transaction() as tx:
        leader, other = await opened(tx), await opened(tx, GIULIA + 1)
        for number in (leader, other):
            ticket = await tickets.get(tx, number)
            assert ticket is not None
            await wrote(tx, number)
            await wrote(tx, number, Who.TUTOR, author_id=TEO, chat_id=TEO)
            await tickets.hand_card(tx, number, TEO, f"card:{number}")
            item = Outgoing(f"edit:{number}", TEO, "edit", {"text": "words"}, ANSWER, NOW, ticket_id=number)
            await outbox.enqueue(tx, [item], NOW)
            if number == other:
                await tickets.change(tx, ticket, merged_into=leader)
        await tickets.erase(tx, leader, NOW)
        await tickets.erase(tx, leader, NOW + timedelta(days=1))
        stub, left = await tickets.get(tx, leader), await tickets.get(tx, other)
        assert stub is not None
        assert left is not None
        assert (stub.student_id, stub.question, stub.state, stub.closed_at) == (None, "", State.CLOSED, NOW)
        assert [(each.text, each.chat_id, each.message_id) for each in await tickets.entries(tx, leader)] == [
            ("", None, None)
        ] * 2
        assert [each.author_id for each in await tickets.entries(tx, leader)] == [None, TEO]
        assert await tickets.cards(tx, leader) == {}
        assert not await outbox.about_ticket(tx, leader)
        assert (left.student_id, left.merged_into) == (GIULIA + 1, None)
        assert [each.text for each in await tickets.entries(tx, other)] == ["words", "words"]
        assert len(await outbox.about_ticket(tx, other)) == 1


async def test_a_stub_follows_nobody(store: Store) -> None:
    async with store.transaction() as tx:
        leader = await opened(tx)
        number = await opened(tx, GIULIA + 1, merged_into=leader)
        await tickets.erase(tx, number, NOW)
        assert await tickets.merged(tx, leader) == []


async def test_what_is_looked_at_next(store: Store) -> None:
    async with store.transaction() as tx:
        await opened(tx)
        assert await tickets.next_look(tx) is None
        late = await opened(tx, look_at=NOW + timedelta(hours=2))
        soon = await opened(tx, look_at=NOW)
        assert await tickets.next_look(tx) == NOW
        assert [each.id for each in await tickets.due(tx, NOW)] == [soon]
        assert {each.id for each in await tickets.due(tx, NOW + timedelta(hours=2))} == {late, soon}


async def test_how_long_answers_took(store: Store) -> None:
    async with store.transaction() as tx:
        await opened(tx)
        await opened(tx, answered_at=NOW + timedelta(hours=3))
        await opened(tx, created_at=NOW - timedelta(days=90), answered_at=NOW)
        assert await tickets.waits(tx, NOW - timedelta(days=60)) == [timedelta(hours=3)]


async def test_whose_they_are(store: Store) -> None:
    async with store.transaction() as tx:
        mine = await opened(tx)
        taken = await opened(tx, GIULIA + 1, state=State.CLAIMED, claimer=TEO)
        over = await opened(tx, state=State.CLOSED, closed_at=NOW, claimer=TEO)
        assert [each.id for each in await tickets.of_student(tx, GIULIA)] == [mine, over]
        assert [each.id for each in await tickets.of_claimer(tx, TEO)] == [taken]
        assert [each.id for each in await tickets.open_ones(tx)] == [mine, taken]
        assert sorted(await tickets.numbers_of(tx, [GIULIA])) == [mine, over]
        assert await tickets.old(tx, NOW + timedelta(seconds=1)) == [over]
        assert await tickets.old(tx, NOW) == []


async def test_whoever_stays_cannot_be_removed_meanwhile(store: Store, store_url: str) -> None:
    values: dict[str, Any] = {"role": Role.TUTOR, "name": "Teo", "programmes": [], "languages": [], "since": NOW}
    async with store.transaction() as tx:
        await members.save(tx, Member(user_id=TEO, **values))
        assert await tickets.stays(tx, TEO) is Role.TUTOR
        assert await tickets.stays(tx, TEO + 1) is None
    beside = store if store.owned else Store(store_url)
    if beside is not store:
        await beside.open()
    done: list[str] = []

    async def writes() -> None:
        async with store.transaction() as tx:
            assert await tickets.stays(tx, TEO)
            await asyncio.sleep(0.1)
            done.append("wrote")

    async def removes() -> None:
        await asyncio.sleep(0.02)
        async with beside.transaction() as tx:
            await tickets.stays(tx, TEO, leaving=True)
            await members.remove(tx, TEO)
            done.append("removed")

    try:
        await asyncio.gather(writes(), removes())
    finally:
        if beside is not store:
            await beside.close()
    assert done == ["wrote", "removed"]
