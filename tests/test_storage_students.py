from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.rules.calls import Call, Dates
from bot.rules.programmes import Programme
from bot.storage import calls, deadlines, outbox, staff, students
from bot.storage.outbox import Outgoing
from bot.storage.rows import DeadlineRow, Student
from bot.storage.store import Store, Transaction

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
GIULIA, MARCO = 42, 43


def student(user_id: int = GIULIA, **changed: object) -> Student:
    given: dict[str, Any] = {"user_id": user_id, "first_seen_at": NOON, "last_seen_at": NOON}
    return Student(**given | changed)


def message(chat_id: int, key: str) -> Outgoing:
    return Outgoing(key, chat_id, "send", {"text": "ciao"}, outbox.ANSWER, NOON)


async def save(store: Store, *people: Student) -> None:
    async with store.transaction() as tx:
        for person in people:
            await students.save(tx, person)


async def get(store: Store, user_id: int = GIULIA) -> Student:
    async with store.reading() as tx:
        found = await students.get(tx, user_id)
    assert found is not None
    return found


async def leave_traces(tx: Transaction, person: int) -> None:
    """Let somebody be told of a call, keep a deadline, and do something as staff."""
    call = Call(Programme.FREE_MOVER, Dates(NOON, LATER), year=2026)
    known = await calls.listed(tx, NOON) or [await calls.add(tx, call, NOON)]
    await calls.tell(tx, person, {known[0].id: 1}, NOON)
    day = DeadlineRow(user_id=person, programme="free-mover", what="apply-by", due_on=date(2027, 2, 1))
    await deadlines.put(tx, day)
    await staff.draft(tx, person, "announce", {}, NOON)
    await staff.audit(tx, person, "announce", "call", {}, NOON)


async def held(tx: Transaction, person: int) -> dict[str, int]:
    return {name: len(rows) for name, rows in (await students.everything(tx, person)).items()}


async def test_nobody_is_none(store: Store) -> None:
    async with store.reading() as tx:
        assert await students.get(tx, GIULIA) is None


async def test_what_is_saved_is_got(store: Store) -> None:
    giulia = student(year=5, answered=["year"], conversation={"at": "goal"}, start_on=date(2027, 2, 1))
    await save(store, giulia, student(MARCO))
    assert (await get(store)).model_dump() == giulia.model_dump()


async def test_saving_again_changes_all_but_when_they_were_first_seen(store: Store) -> None:
    await save(store, student(year=5, goal="lab"))
    again = await get(store)
    again.year, again.goal, again.first_seen_at, again.last_seen_at = 6, None, LATER, LATER
    again.conversation["at"] = "dates"
    await save(store, again)
    found = await get(store)
    assert (found.year, found.goal, found.conversation) == (6, None, {"at": "dates"})
    assert (found.first_seen_at, found.last_seen_at) == (NOON, LATER)


async def test_a_change_that_is_not_saved_is_not_kept(store: Store) -> None:
    await save(store, student(year=5))
    async with store.transaction() as tx:
        found = await students.get(tx, GIULIA)
        assert found is not None
        found.year = 6
    assert (await get(store)).year == 5


async def test_somebody_who_blocks_the_bot_is_unreachable_until_they_write(store: Store) -> None:
    await save(store, student(), student(MARCO))
    async with store.transaction() as tx:
        assert await students.unreachable(tx, GIULIA, NOON)
        assert not await students.unreachable(tx, GIULIA, LATER)
    assert not (await get(store)).reachable
    assert (await get(store)).paused, "until they say whether alerts go on"
    assert (await get(store, MARCO)).reachable
    assert not (await get(store, MARCO)).paused
    async with store.transaction() as tx:
        assert await students.reachable(tx, GIULIA, LATER)
        assert not await students.reachable(tx, GIULIA, LATER)
    found = await get(store)
    assert (found.reachable, found.last_seen_at) == (True, LATER)


async def test_a_refusal_from_before_their_last_word_does_not_count(store: Store) -> None:
    await save(store, student(last_seen_at=LATER))
    async with store.transaction() as tx:
        assert not await students.unreachable(tx, GIULIA, NOON)
    assert (await get(store)).reachable


async def test_everything_held_can_be_shown_as_json(store: Store) -> None:
    await save(store, student(start_on=date(2027, 2, 1)), student(MARCO))
    async with store.transaction() as tx:
        await outbox.enqueue(tx, [message(GIULIA, "a"), message(MARCO, "b")], NOON)
    async with store.reading() as tx:
        held = await students.everything(tx, GIULIA)
    assert json.loads(json.dumps(held)) == held
    assert [row["user_id"] for row in held["student"]] == [GIULIA]
    assert held["student"][0]["start_on"] == "2027-02-01"
    assert held["student"][0]["last_seen_at"] == "2026-11-22T12:00:00+00:00"
    assert [(row["key"], row["state"], row["payload"]) for row in held["outbox"]] == [
        ("a", "pending", {"text": "ciao"})
    ]


async def test_erasing_leaves_nothing_of_them_and_all_of_others(store: Store) -> None:
    await save(store, student(), student(MARCO))
    async with store.transaction() as tx:
        await outbox.enqueue(tx, [message(GIULIA, "a"), message(GIULIA, "b"), message(MARCO, "c")], NOON)
        for person in (GIULIA, MARCO):
            await leave_traces(tx, person)
        erased = await students.erase(tx, GIULIA)
        assert erased == {"student": 1, "outbox": 2, "informed": 1, "deadline": 1, "draft": 1}
    async with store.reading() as tx:
        assert await held(tx, GIULIA) == {**dict.fromkeys(erased, 0), "audit": 1}, "acts of staff are kept"
        assert await held(tx, MARCO) == {**dict.fromkeys(erased, 1), "audit": 1}


async def test_a_message_after_erasing_does_not_inherit_an_id_in_flight(store: Store) -> None:
    async with store.transaction() as tx:
        (flying,) = await outbox.enqueue(tx, [message(GIULIA, "flying")], NOON)
        await outbox.claim(tx, owner="me", now=NOON, lease_until=LATER, limit=1)
        await students.erase(tx, GIULIA)
        (farewell,) = await outbox.enqueue(tx, [message(GIULIA, "farewell")], NOON)
    assert farewell > flying


@pytest.mark.parametrize("at_most", [1, 500])
async def test_people_not_seen_for_long_go_by_themselves(store: Store, at_most: int) -> None:
    await save(store, student(1), student(2), student(3, last_seen_at=LATER))
    async with store.transaction() as tx:
        await outbox.enqueue(tx, [message(1, "a"), message(3, "b")], NOON)
        for person in (1, 3):
            await leave_traces(tx, person)
    gone: list[int] = []
    while not gone or gone[-1]:
        async with store.transaction() as tx:
            gone.append(await students.purge_idle(tx, LATER, at_most=at_most))
    assert sum(gone) == 2
    assert max(gone) <= at_most
    async with store.reading() as tx:
        kept = dict.fromkeys(("student", "outbox", "informed", "deadline", "draft", "audit"), 1)
        assert await held(tx, 1) == {**dict.fromkeys(kept, 0), "audit": 1}
        assert await held(tx, 3) == kept
