"""What the desk does by itself: nothing stays in the hands of a sender that died, and old rows go in time."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.desk.cards import Cards
from bot.desk.library import Library
from bot.desk.outbox import Outbox
from bot.desk.staffroom import Staffroom
from bot.desk.upkeep import CALLS_KEPT, MESSAGES_KEPT, UPDATES_KEPT, Upkeep
from bot.playground.world import World
from bot.rules.calls import Call, Dates
from bot.rules.letters import Voice
from bot.rules.programmes import Programme
from bot.rules.roles import Role
from bot.rules.tickets import Origin, State
from bot.storage import asked, calls, deadlines, members, outbox, phrasings, staff, students, tickets, updates
from bot.storage.outbox import Outgoing, Sent
from bot.storage.phrasings import Kind, question
from bot.storage.proposals import OPEN
from bot.storage.rows import DeadlineRow, OutboxState, Student
from bot.storage.store import Store
from bot.storage.ticket_rows import Ticket
from bot.transport.sender import Sender
from tests import book
from tests.book import trained
from tests.desks import FastClock, outbox_of, said, seen, town, until
from tests.doors import Door, at_work, newcomer
from tests.frontdoor import joins
from tests.playground_bot import open_bot
from tests.scene import SUNDAY, TOKEN, StillClock

DAY = timedelta(days=1)
KEEP = timedelta(days=730)


def kept_by(store: Store, sending: Outbox, clock: Clock, keep: timedelta = KEEP) -> Upkeep:
    cards = Cards(Library(Voice(book.knowledge(), book.ROME), trained(), Path()), Staffroom(frozenset(), None))
    return Upkeep(store, sending, cards, sending.wake, clock, keep)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def world(clock: StillClock) -> World:
    return town(clock)


async def upkeep_of(store: Store, clock: StillClock, keep: timedelta = KEEP) -> Upkeep:
    async with open_bot(town(clock), TOKEN) as bot:
        return kept_by(store, Door(store, Sender(bot), FastClock()).outbox, clock, keep)


async def known(store: Store, user_id: int, at: datetime) -> None:
    async with store.transaction() as tx:
        await students.save(tx, Student(user_id=user_id, first_seen_at=at, last_seen_at=at))


async def finished(store: Store, chat_id: int, at: datetime, *keys: str) -> None:
    """Messages that went out at a moment."""
    async with store.transaction() as tx:
        items = [Outgoing(key, chat_id, "send", {"text": key}, 0, at) for key in keys]
        await outbox.enqueue(tx, items, at)
        for _ in keys:
            claimed = await outbox.claim(tx, owner="one", now=at, lease_until=at + DAY, limit=99)
            await outbox.settle(tx, "one", [Sent(row.id, 1) for row in claimed], at)


async def test_updates_are_kept_for_longer_than_telegram_repeats_them(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    async with store.transaction() as tx:
        await updates.first_time(tx, 1, "text", SUNDAY)
        await updates.park(tx, 2, "message", "ValueError", SUNDAY)
        await updates.first_time(tx, 3, "text", SUNDAY + 2 * DAY)
    clock.shift = DAY
    await upkeep.clean()
    assert sorted(await seen(store)) == [1, 2, 3]
    clock.shift = UPDATES_KEPT + timedelta(seconds=1)
    await upkeep.clean()
    assert sorted(await seen(store)) == [3]


async def test_messages_go_two_weeks_after_they_went_out_and_what_waits_stays(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    await known(store, 5, SUNDAY)
    await finished(store, 5, SUNDAY, "old")
    await finished(store, 5, SUNDAY + DAY, "younger")
    async with store.transaction() as tx:
        await outbox.enqueue(tx, [Outgoing("waits", 5, "send", {}, 1, SUNDAY + 99 * DAY)], SUNDAY)
    clock.shift = MESSAGES_KEPT
    await upkeep.clean()
    assert [row.key for row in await outbox_of(store)] == ["old", "younger", "waits"]
    clock.shift = MESSAGES_KEPT + timedelta(seconds=1)
    await upkeep.clean()
    assert [row.key for row in await outbox_of(store)] == ["younger", "waits"]
    clock.shift = MESSAGES_KEPT + 2 * DAY
    await upkeep.clean()
    assert [row.key for row in await outbox_of(store)] == ["waits"]


async def test_more_than_one_portion_goes_in_one_night(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    async with store.transaction() as tx:
        for number in range(501):
            await students.save(tx, Student(user_id=number + 1, first_seen_at=SUNDAY, last_seen_at=SUNDAY))
    clock.shift = KEEP + timedelta(seconds=1)
    await upkeep.clean()
    assert [await upkeep_finds(store, number) for number in (1, 250, 501)] == [False] * 3


async def upkeep_finds(store: Store, user_id: int) -> bool:
    async with store.reading() as tx:
        return await students.get(tx, user_id) is not None


async def test_people_who_have_long_been_silent_are_forgotten_and_others_not(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    await known(store, 1, SUNDAY)
    await known(store, 2, SUNDAY + DAY)
    clock.shift = KEEP
    await upkeep.clean()
    assert [await upkeep_finds(store, number) for number in (1, 2)] == [True, True]
    clock.shift = KEEP + timedelta(seconds=1)
    await upkeep.clean()
    assert [await upkeep_finds(store, number) for number in (1, 2)] == [False, True]


async def test_with_an_old_question_goes_what_a_tutor_proposed_of_it(store: Store, clock: StillClock) -> None:
    made = []
    for at in (clock.now() - KEEP - DAY, clock.now() - DAY):
        async with store.transaction() as tx:
            await asked.note(tx, 42, "and the dog?", "en", "none", None, 0.1, at)
            (row,) = await asked.latest(tx, 42, 1, at - DAY)
            content = {"text": "and the dog?", "asked": list(question(row))}
            made.append(await phrasings.add(tx, Kind.PHRASING, content, 7, at, OPEN))
    await (await upkeep_of(store, clock)).clean()
    async with store.reading() as tx:
        assert [each.id for each in await phrasings.every(tx, OPEN)] == made[1:]


async def test_how_long_people_are_remembered_is_a_setting(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock, 30 * DAY)
    await known(store, 1, SUNDAY)
    await known(store, 2, SUNDAY + DAY)
    async with store.transaction() as tx:
        await asked.note(tx, 2, "is there a desk?", "en", "none", None, 0.0, SUNDAY)
        await asked.note(tx, 2, "and a chair?", "en", "none", None, 0.0, SUNDAY + DAY)
    clock.shift = 30 * DAY + timedelta(seconds=1)
    await upkeep.clean()
    assert [await upkeep_finds(store, number) for number in (1, 2)] == [False, True]
    async with store.reading() as tx:
        assert [each.text for each in await asked.latest(tx, 2, 9, SUNDAY - DAY)] == ["and a chair?"]


async def test_members_of_staff_stay_until_they_are_removed(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    await known(store, 1, SUNDAY)
    async with store.transaction() as tx:
        await joins(tx, 1, Role.TUTOR, SUNDAY)
    clock.shift = KEEP + DAY
    await upkeep.clean()
    assert await upkeep_finds(store, 1)
    async with store.transaction() as tx:
        await members.remove(tx, 1)
    await upkeep.clean()
    assert not await upkeep_finds(store, 1)


async def test_a_ticket_closed_long_ago_is_a_number_and_an_open_one_stays(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    async with store.transaction() as tx:
        for state in (State.CLOSED, State.NEW):
            await tickets.begin(tx, ticket(state))
    clock.shift = KEEP + timedelta(seconds=1)
    await upkeep.clean()
    async with store.reading() as tx:
        closed, standing = await tickets.get(tx, 1), await tickets.get(tx, 2)
    assert closed is not None
    assert standing is not None
    assert (closed.student_id, closed.question, standing.student_id) == (None, "", 5)


def ticket(state: State) -> Ticket:
    return Ticket(
        student_id=5, language="en", origin=Origin.ASKED, state=state, question="a secret", context={},
        created_at=SUNDAY, closed_at=SUNDAY if state is State.CLOSED else None,
    )  # fmt: skip


async def test_the_last_trace_of_who_was_forgotten_goes_within_a_day(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    await known(store, 2, SUNDAY)
    await finished(store, 1, SUNDAY, "forgotten")
    await finished(store, 2, SUNDAY, "still known")
    await finished(store, -100, SUNDAY, "a group")
    async with store.transaction() as tx:
        await outbox.enqueue(tx, [Outgoing("not yet sent", 1, "send", {}, 0, SUNDAY)], SUNDAY)
    await upkeep.clean()
    assert [row.key for row in await outbox_of(store)] == ["still known", "a group", "not yet sent"]


async def test_a_tick_frees_what_a_dead_sender_had_claimed_and_sends_it(store: Store) -> None:
    clock = FastClock()
    world = town(clock)
    ada = newcomer(world, "Ada")
    async with open_bot(world, TOKEN) as bot:
        door = Door(store, Sender(bot), clock)
        upkeep = kept_by(store, door.outbox, clock)
        await door.put(ada, "a")
        async with store.transaction() as tx:
            lease = clock.now() + timedelta(seconds=60)
            await outbox.claim(tx, owner="dead", now=clock.now(), lease_until=lease, limit=1)
        async with at_work(door):
            await upkeep.tick()
            await asyncio.sleep(0.05)
            assert said(world, ada) == []
            world.advance(timedelta(seconds=61))
            await upkeep.tick()
            await door.quiet()
    assert [(row.state, row.maybe_sent) for row in await outbox_of(store)] == [(OutboxState.SENT, 1)]
    assert said(world, ada) == ["a"]


async def test_a_tick_wakes_a_sender_that_nobody_called(store: Store) -> None:
    clock = FastClock(speed=1)
    world = town(clock)
    ada = newcomer(world, "Ada")
    async with open_bot(world, TOKEN) as bot:
        door = Door(store, Sender(bot), clock)
        async with at_work(door):
            await asyncio.sleep(0.05)
            async with store.transaction() as tx:
                await outbox.enqueue(tx, [Outgoing("k", ada.id, "send", {"text": "a"}, 0, clock.now())], clock.now())
            await asyncio.sleep(0.1)
            assert said(world, ada) == []
            await kept_by(store, door.outbox, clock).tick()
            await until(lambda: said(world, ada), seconds=3)
        await door.outbox.finish(1)


async def test_who_was_told_what_days_and_drafts_go_in_time(store: Store, clock: StillClock) -> None:
    upkeep = await upkeep_of(store, clock)
    async with store.transaction() as tx:
        call = await calls.add(tx, Call(Programme.FREE_MOVER, Dates(SUNDAY - DAY, SUNDAY), year=2026), SUNDAY)
        await calls.tell(tx, 5, {call.id: 1}, SUNDAY)
        await deadlines.put(tx, DeadlineRow(user_id=5, programme="free-mover", what="apply-by", due_on=SUNDAY.date()))
        number = await staff.draft(tx, 5, "move", {}, SUNDAY)
    for shift, left in (
        (MESSAGES_KEPT, (1, 1, True)),
        (MESSAGES_KEPT + DAY, (1, 1, False)),
        (CALLS_KEPT, (1, 1, False)),
        (CALLS_KEPT + DAY, (0, 0, False)),
    ):
        clock.shift = shift
        await upkeep.clean()
        async with store.reading() as tx:
            told, days = await calls.known(tx, [call.id], [5]), await deadlines.of(tx, 5)
            assert (len(told), len(days), await staff.drafted(tx, 5, number) is not None) == left
