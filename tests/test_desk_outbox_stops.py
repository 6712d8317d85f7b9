"""Stopping and starting the one door out: what was in its hands is neither lost nor sent more often than it must."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.playground.chats import Person
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.storage import outbox
from bot.storage.rows import OutboxState
from bot.storage.store import Store
from bot.transport.sender import Sender
from tests.desks import FastClock, outbox_of, said, town, until
from tests.doors import Door, at_work, newcomer
from tests.playground_bot import open_bot
from tests.scene import TOKEN

SEND = "sendMessage"


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the desk sets it


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def world(clock: FastClock) -> World:
    return town(clock)


@pytest.fixture
def ada(world: World) -> Person:
    return newcomer(world, "Ada")


@pytest.fixture
def ben(world: World) -> Person:
    return newcomer(world, "Ben")


@pytest.fixture
async def sender(world: World) -> AsyncIterator[Sender]:
    async with open_bot(world, TOKEN, read_timeout=2) as bot:
        yield Sender(bot)


async def test_what_a_sender_that_died_had_claimed_is_sent_again_and_counted(
    store: Store, sender: Sender, clock: FastClock, world: World, ada: Person, ben: Person
) -> None:
    door = Door(store, sender, clock)
    await door.put(ada, *"ab")
    async with store.transaction() as tx:
        until_when = clock.now() + timedelta(seconds=60)
        assert await outbox.claim(tx, owner="dead", now=clock.now(), lease_until=until_when, limit=9)
    await door.put(ben, "c")
    async with at_work(door):
        await door.outbox.recover(everyone=False)
        await door.quiet(ben)
        assert said(world, ada) == []
        world.advance(timedelta(seconds=61))
        await door.outbox.recover(everyone=False)
        await door.quiet()
    assert said(world, ada) == ["a", "b"]
    assert [row.maybe_sent for row in await outbox_of(store, ada)] == [1, 0]


async def test_two_senders_send_everything_once(
    postgresql_url: str, sender: Sender, clock: FastClock, world: World
) -> None:
    store = Store(postgresql_url)
    await store.open()
    doors = [Door(store, sender, clock, owner) for owner in ("one", "two")]
    people = [newcomer(world, f"P{number}") for number in range(30)]
    async with at_work(doors[0]), at_work(doors[1]):
        await doors[0].put(people, *"abc")
        doors[1].outbox.wake()
        await doors[0].quiet()
    for door in doors:
        await door.outbox.finish(1)
    await store.close()
    assert [said(world, person) for person in people] == [list("abc")] * 30


async def test_a_stop_lets_land_what_is_in_the_air(
    store: Store, sender: Sender, clock: FastClock, world: World, ada: Person
) -> None:
    world.faults.add(Fault(FaultKind.SLOW, SEND, seconds=0.08))
    door = Door(store, sender, clock)
    async with at_work(door):
        await door.put(ada, *"ab")
        await until(door.flying.total)
    await door.outbox.finish(1)
    assert [row.state for row in await outbox_of(store)] == [OutboxState.SENT, OutboxState.PENDING]
    assert said(world, ada) == ["a"]


async def test_a_stop_at_any_moment_leaves_nothing_claimed(
    store: Store, sender: Sender, clock: FastClock, world: World
) -> None:
    people = [newcomer(world, f"P{number}") for number in range(40)]
    for moments, person in enumerate(people):
        door = Door(store, sender, clock)
        await door.put(person, "a")
        async with at_work(door):
            for _ in range(moments):
                await asyncio.sleep(0)
        await door.outbox.finish(1)
        assert OutboxState.SENDING not in {row.state for row in await outbox_of(store)}, moments
    async with at_work(door):
        await door.quiet()
    await door.outbox.finish(1)
    assert [said(world, person) for person in people] == [["a"]] * 40


async def test_a_stop_that_takes_too_long_leaves_nothing_half_marked(
    store: Store, world: World, clock: FastClock
) -> None:
    people = [newcomer(world, f"P{number}") for number in range(5)]
    world.faults.add(Fault(FaultKind.HANG_AFTER, SEND, times=5, seconds=30))
    async with open_bot(world, TOKEN, read_timeout=30) as bot:
        door = Door(store, Sender(bot), clock)
        async with at_work(door):
            await door.put(people, "a")
            await until(lambda: door.flying.total() == 5)
        began = asyncio.get_running_loop().time()
        await door.outbox.finish(0.1)
        assert asyncio.get_running_loop().time() - began < 2
        assert {row.state for row in await outbox_of(store)} == {OutboxState.SENDING}
        other = Door(store, Sender(bot), clock, "two")
        async with at_work(other):
            await other.outbox.recover(everyone=True)
            await other.quiet()
    assert {(row.state, row.maybe_sent) for row in await outbox_of(store)} == {(OutboxState.SENT, 1)}
    assert [said(world, person) for person in people] == [["a", "a"]] * 5
