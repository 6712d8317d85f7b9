from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.rules.calls import Call, Dates
from bot.rules.programmes import Programme
from bot.rules.roles import Role
from bot.rules.tickets import Origin, State, Who
from bot.storage import asked, calls, deadlines, members, outbox, staff, students, tickets
from bot.storage.outbox import Outgoing
from bot.storage.rows import DeadlineRow, Student
from bot.storage.store import Store, Transaction
from bot.storage.students import Person
from bot.storage.ticket_rows import Entry, Ticket
from tests.frontdoor import joins

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
GIULIA, MARCO, LEILA = 42, 43, 44


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
    """Let somebody be told of a call, keep a deadline, ask the bot and a person, and do something as staff."""
    call = Call(Programme.FREE_MOVER, Dates(NOON, LATER), year=2026)
    known = await calls.listed(tx, NOON) or [await calls.add(tx, call, NOON)]
    await calls.tell(tx, person, {known[0].id: 1}, NOON)
    day = DeadlineRow(user_id=person, programme="free-mover", what="apply-by", due_on=date(2027, 2, 1))
    await deadlines.put(tx, day)
    await staff.draft(tx, person, "announce", {}, NOON)
    await staff.audit(tx, person, "announce", "call", {}, NOON)
    await asked.note(tx, person, "a secret?", "en", "none", None, 0.0, NOON)
    number = await tickets.begin(tx, ticket(person))
    await tickets.write(tx, Entry(ticket_id=number, who=Who.STUDENT, author_id=person, text="a secret", at=NOON))


def ticket(person: int, **given: object) -> Ticket:
    values: dict[str, Any] = {"student_id": person, "language": "en", "origin": Origin.ASKED, "question": "a secret"}
    return Ticket(**values | {"created_at": NOON, "context": {}} | given)


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
        for number in await tickets.numbers_of(tx, [GIULIA]):
            await tickets.erase(tx, number, NOON)
        erased = await students.erase(tx, GIULIA)
        own = dict.fromkeys(("student", "informed", "deadline", "draft", "asked"), 1)
        assert erased == own | {"outbox": 2, "member": 0, "card": 0}
    async with store.reading() as tx:
        left, kept = await held(tx, GIULIA), await held(tx, MARCO)
        assert {name: rows for name, rows in left.items() if rows} == {"audit": 1}, "acts of staff are kept"
        assert {name: rows for name, rows in kept.items() if rows} == own | {
            "outbox": 1, "audit": 1, "ticket": 1, "entry": 1,
        }  # fmt: skip
        stub, (entry,) = await tickets.get(tx, 1), await tickets.entries(tx, 1)
        assert stub is not None
        assert (stub.student_id, stub.question, entry.text) == (None, "", "")


async def test_who_was_staff_is_named_no_more_on_what_stays_of_others(store: Store) -> None:
    await save(store, student(), student(MARCO))
    async with store.transaction() as tx:
        await joins(tx, GIULIA, Role.TUTOR, NOON)
        number = await tickets.begin(tx, ticket(MARCO, state=State.ANSWERED, claimer=GIULIA))
        await tickets.write(tx, Entry(ticket_id=number, who=Who.TUTOR, author_id=GIULIA, text="Ask them", at=NOON))
        for reader in (GIULIA, LEILA):
            await tickets.hand_card(tx, number, reader, f"card:{reader}")
        await members.invite(tx, Role.TUTOR, GIULIA, NOON)
        mine, theirs = await students.everything(tx, GIULIA), await students.everything(tx, MARCO)
        assert {name: len(rows) for name, rows in mine.items() if rows} == dict.fromkeys(
            ("student", "member", "card", "entry", "invitation"), 1
        )
        assert (theirs["ticket"][0]["claimer"], theirs["entry"][0]["author_id"]) == (None, None), "they see no names"
        await students.erase(tx, GIULIA)
    async with store.reading() as tx:
        assert not any((await held(tx, GIULIA)).values())
        assert await members.get(tx, GIULIA) is None
        assert await tickets.cards(tx, number) == {LEILA: f"card:{LEILA}"}
        answered = await tickets.get(tx, number)
        assert answered is not None
        assert (answered.student_id, answered.claimer) == (MARCO, None)
        (entry,) = await tickets.entries(tx, number)
        assert (entry.author_id, entry.text) == (None, "Ask them")


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
            idle = await students.idle(tx, LATER, at_most=at_most)
            for number in await tickets.numbers_of(tx, idle):
                await tickets.erase(tx, number, LATER)
            await students.purge(tx, idle)
            gone.append(len(idle))
    assert sum(gone) == 2
    assert max(gone) <= at_most
    async with store.reading() as tx:
        traces = ("student", "outbox", "informed", "deadline", "draft", "audit", "asked", "ticket", "entry")
        assert {name: rows for name, rows in (await held(tx, 1)).items() if rows} == {"audit": 1}
        assert {name: rows for name, rows in (await held(tx, 3)).items() if rows} == dict.fromkeys(traces, 1)
        stubs = [await tickets.get(tx, number) for number in (1, 2)]
        assert [each and each.question for each in stubs] == ["", "a secret"]


async def test_a_person_is_met_in_one_look(store: Store) -> None:
    async with store.transaction() as tx:
        assert await students.person(tx, GIULIA) == Person()
        await joins(tx, GIULIA, Role.ADMIN, NOON)
        for state in (State.WAITING, State.WAITING, State.NEW):
            await tickets.begin(tx, ticket(GIULIA, state=state))
        await tickets.begin(tx, ticket(MARCO, state=State.NEW))
        assert await students.person(tx, GIULIA) == Person(None, Role.ADMIN, 2), "known as staff alone"
        await students.save(tx, student(language="it"))
        await students.save(tx, student(MARCO))
        met, other = await students.person(tx, GIULIA), await students.person(tx, MARCO)
    assert met.row is not None
    assert other.row is not None
    assert (met.row.model_dump(), met.role, met.waiting, met.language) == (
        student(language="it").model_dump(), Role.ADMIN, 2, "it",
    )  # fmt: skip
    assert (other.row.user_id, other.role, other.waiting, other.language) == (MARCO, None, None, "en")
