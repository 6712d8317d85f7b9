"""The one door out, on both databases and against every trouble: what arrives, and in which order."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.desk.outbox import BURST, IN_FLIGHT, Outbox
from bot.playground.chats import Person
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.rules.delivery import Outcome, Sent, ServerError, Unknown
from bot.storage import outbox, sqlite, students
from bot.storage.outbox import ALERT, Claimed, Outgoing
from bot.storage.rows import OutboxState
from bot.storage.store import Store, Transaction
from bot.transport.connection import Connection
from bot.transport.sender import Sender
from tests.desks import FastClock, free_port, outbox_of, said, served, student, town, until
from tests.doors import Door, at_work, know, newcomer
from tests.playground_bot import open_bot
from tests.scene import TOKEN

SEND = "sendMessage"
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"])


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


@pytest.fixture
async def door(store: Store, sender: Sender, clock: FastClock) -> AsyncIterator[Door]:
    opened = Door(store, sender, clock)
    async with at_work(opened):
        yield opened
    await opened.outbox.finish(1)


@pytest.fixture
async def hasty(store: Store, world: World, clock: FastClock) -> AsyncIterator[Door]:
    """One that soon gives up waiting for an answer."""
    async with open_bot(world, TOKEN, read_timeout=0.2) as bot:
        opened = Door(store, Sender(bot), clock)
        async with at_work(opened):
            yield opened
        await opened.outbox.finish(1)


# Order and pace


class Moody(Sender):
    """It sends nothing, and says of each message in turn what it was told to say."""

    def __init__(self, *fates: Outcome) -> None:
        self._fates = list(fates)

    async def deliver(self, *_: object) -> Outcome:
        return self._fates.pop(0)


async def test_a_chat_gets_its_messages_in_order_and_one_at_a_time(door: Door, world: World) -> None:
    people = [newcomer(world, f"P{number}") for number in range(6)]
    world.faults.add(Fault(FaultKind.SLOW, SEND, seconds=0.01))
    await door.put(people, *"abcde")
    await door.quiet()
    assert [said(world, person) for person in people] == [list("abcde")] * 6
    assert not door.crowded
    assert {(row.attempts, row.maybe_sent) for row in await outbox_of(door.store)} == {(1, 0)}


@ON_SQLITE
async def test_many_are_sent_at_once_but_not_too_many(door: Door, world: World) -> None:
    people = [newcomer(world, f"P{number}") for number in range(50)]
    world.faults.add(Fault(FaultKind.SLOW, SEND, seconds=0.05))
    await door.put(people, "x")
    await door.quiet()
    assert door.busiest == IN_FLIGHT


@ON_SQLITE
async def test_after_a_burst_one_message_a_second_while_others_are_answered_at_once(
    door: Door, world: World, ada: Person, ben: Person
) -> None:
    world.limits.on = True
    await door.put(ada, *map(str, range(BURST + 5)))
    await until(lambda: len(door.sent) == BURST + 1)
    asked = door.clock.monotonic()
    await door.put(ben, "at once")
    await door.quiet()
    times = door.times(ada)
    assert times[BURST - 1] - times[0] < 3
    assert times[-1] - times[0] >= 5
    assert times[-1] - times[0] < 12
    assert door.times(ben)[0] - asked < 2
    assert door.times(ben)[0] < times[-2]
    assert said(world, ada) == [str(number) for number in range(BURST + 5)]


@ON_SQLITE
async def test_answers_go_before_alerts(store: Store, sender: Sender, clock: FastClock, world: World) -> None:
    door, people = Door(store, sender, clock), [newcomer(world, f"P{number}") for number in range(IN_FLIGHT + 4)]
    await door.put(people, "alert", priority=1)
    await door.put(people[-1], "answer")
    async with at_work(door):
        await door.quiet()
    assert [text for _, __, text in door.sent].index("answer") == 0
    assert said(world, people[-1]) == ["answer", "alert"]


@ON_SQLITE
async def test_a_message_waits_for_its_moment(door: Door, ada: Person, ben: Person) -> None:
    asked = door.clock.monotonic()
    await door.put(ada, "later", wait=6)
    await door.put(ben, "now")
    await door.quiet()
    assert door.times(ben)[0] - asked < 2
    assert 6 <= door.times(ada)[0] - asked < 9


@ON_SQLITE
async def test_one_that_hangs_does_not_hold_up_what_falls_due(
    door: Door, world: World, ada: Person, ben: Person
) -> None:
    world.faults.add(Fault(FaultKind.SLOW, SEND, ada.id, seconds=0.5))
    world.faults.add(Fault(FaultKind.TOO_MANY, SEND, ben.id, times=1, seconds=3))
    await door.put(ada, "a")
    await until(door.flying.total)
    await door.put(ben, "b")
    await door.quiet(ben)
    assert door.flying[ada.id] == 1
    assert 3 <= door.times(ben)[1] - door.times(ben)[0] < 6


@ON_SQLITE
async def test_what_has_nothing_to_say_holds_up_nothing_behind_it(store: Store, clock: FastClock) -> None:
    """Copies that are taken back as they are claimed leave room at once, not when somebody looks again."""
    door = Door(store, Moody(*[Sent(1)] * 3), clock)

    async def written(tx: Transaction, rows: Sequence[Claimed], now: datetime) -> Mapping[int, Mapping[str, Any]]:
        silent = [row.id for row in rows if row.payload["deadline"] < 20]
        await outbox.take_back(tx, silent, now)
        return {row.id: {"text": "x"} for row in rows if row.id not in silent}

    door.outbox = Outbox(store, door._deliver, written, clock, "one")
    now = clock.now()
    items = [Outgoing(f"{n}", 100 + n, "send", {"deadline": n}, ALERT, now) for n in range(23)]
    async with store.transaction() as tx:
        await outbox.enqueue(tx, items, now)
    began = clock.monotonic()
    async with at_work(door):
        await door.quiet()
    assert [chat for _, chat, _ in door.sent] == [120, 121, 122]
    assert door.sent[-1][0] - began < 3


# Refusals


async def test_429_waits_what_it_was_told_and_loses_nothing(door: Door, world: World, ada: Person, ben: Person) -> None:
    world.faults.add(Fault(FaultKind.TOO_MANY, SEND, ada.id, times=2, seconds=5))
    await door.put(ada, *"abc")
    await door.put(ben, *"abc")
    await door.quiet()
    assert said(world, ada) == said(world, ben) == list("abc")
    first, second, third, *_ = door.times(ada)
    assert second - first >= 5
    assert third - second >= 5
    assert max(door.times(ben)) < second
    assert {(row.state, row.attempts, row.maybe_sent) for row in await outbox_of(door.store)} == {
        (OutboxState.SENT, 1, 0)
    }


@pytest.mark.parametrize("kind", [FaultKind.BLOCKED, FaultKind.DEACTIVATED, FaultKind.NOT_FOUND])
async def test_somebody_who_is_gone_gets_nothing_more(
    door: Door, world: World, ada: Person, ben: Person, kind: FaultKind
) -> None:
    for person in (ada, ben):
        await know(door.store, person, door.clock)
    world.faults.add(Fault(kind, SEND, ada.id))
    await door.put(ada, "alert", priority=1, wait=1000)
    await door.put(ada, *"abc")
    await door.put(ben, *"abc")
    await door.quiet()
    states = Counter(row.state for row in await outbox_of(door.store, ada))
    assert states == {OutboxState.DEAD: 1, OutboxState.CANCELLED: 3}
    assert said(world, ben) == list("abc")
    there = [await student(door.store, person) for person in (ada, ben)]
    assert [each and each.reachable for each in there] == [False, True]


@pytest.mark.parametrize("known", [True, False])
async def test_nothing_more_goes_to_who_is_known_to_be_gone_or_not_known_at_all(
    door: Door, world: World, ada: Person, *, known: bool
) -> None:
    if known:
        await know(door.store, ada, door.clock)
        async with door.store.transaction() as tx:
            await students.unreachable(tx, ada.id, door.clock.now())
    world.block(ada)
    await door.put(ada, *"abc")
    await door.quiet()
    states = Counter(row.state for row in await outbox_of(door.store, ada))
    assert states == {OutboxState.DEAD: 1, OutboxState.CANCELLED: 2}


async def test_who_came_back_while_a_refusal_was_on_its_way_gets_what_waits(
    door: Door, world: World, ada: Person
) -> None:
    await know(door.store, ada, door.clock)
    world.faults.add(Fault(FaultKind.SLOW, SEND, ada.id, times=1, seconds=0.2))
    world.faults.add(Fault(FaultKind.BLOCKED, SEND, ada.id, times=1))
    await door.put(ada, *"ab")
    await until(door.flying.total)
    await know(door.store, ada, door.clock)
    await door.quiet()
    assert said(world, ada) == ["b"]
    found = await student(door.store, ada)
    assert found is not None
    assert found.reachable


async def test_a_message_telegram_refuses_is_given_up_and_the_next_goes_on(
    door: Door, world: World, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    await know(door.store, ada, door.clock)
    await door.put(ada, "<b>my secret")
    await door.put(ada, "x", buttons=[[{"text": "no data"}]])
    await door.put(ada, "fine")
    await door.quiet()
    rows = await outbox_of(door.store, ada)
    assert [row.state for row in rows] == [OutboxState.DEAD, OutboxState.DEAD, OutboxState.SENT]
    assert rows[1].error == "KeyError"
    assert said(world, ada) == ["fine"]
    assert "is given up" in caplog.text
    found = await student(door.store, ada)
    assert found is not None
    assert found.reachable


async def test_a_group_that_became_a_supergroup_is_followed(door: Door, world: World, ada: Person) -> None:
    group = world.add_group("IMS", [ada], supergroup=False)
    new = world.migrate(group)
    await door.put(group.id, *"ab")
    await door.quiet()
    assert [each["text"] for each in world.messages(new.id) if each["from"]["is_bot"] and "text" in each] == ["a", "b"]


@ON_SQLITE
async def test_a_refused_token_stops_all_sending_for_a_while(
    door: Door,
    world: World,
    ada: Person,
    ben: Person,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.desk.outbox.HALT", 15.0)
    world.token = "4242:another-token"
    await door.put(ada, "a")
    await until(lambda: door.sent)
    await door.put(ben, "b")
    await asyncio.sleep(0.1)
    assert len(door.sent) == 1
    world.token = TOKEN
    await door.quiet()
    assert door.sent[1][0] - door.sent[0][0] >= 15
    assert said(world, ada) + said(world, ben) == ["a", "b"]
    assert TOKEN not in caplog.text


# Uncertainty


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.BAD_GATEWAY])
async def test_a_broken_server_is_tried_again(door: Door, world: World, ada: Person, kind: FaultKind) -> None:
    world.faults.add(Fault(kind, SEND, times=3))
    await door.put(ada, *"ab")
    await door.quiet()
    assert said(world, ada) == ["a", "b"]
    times = door.times(ada)
    assert all(later - sooner >= wait for sooner, later, wait in zip(times, times[1:], [1, 2, 4], strict=False))
    rows = await outbox_of(door.store)
    assert [(row.attempts, row.maybe_sent, row.server_errors) for row in rows] == [(4, 3, 3), (1, 0, 0)]


@ON_SQLITE
@pytest.mark.parametrize(
    ("fates", "state"),
    [
        ((ServerError("502"), Unknown("lost"), ServerError("502"), Sent(1)), OutboxState.SENT),
        ((ServerError("502"), Unknown("lost"), Unknown("lost")), OutboxState.DEAD),
    ],
)
async def test_a_broken_server_does_not_spend_the_one_more_try(
    store: Store, clock: FastClock, ada: Person, fates: tuple[Outcome, ...], state: OutboxState
) -> None:
    door = Door(store, Moody(*fates), clock)
    async with at_work(door):
        await door.put(ada, "a")
        await door.quiet()
    (row,) = await outbox_of(store)
    assert (row.state, row.maybe_sent - row.server_errors) == (state, 1)


@pytest.mark.parametrize(
    ("kind", "times", "arrived", "state"),
    [
        (FaultKind.HANG_BEFORE, 1, 1, OutboxState.SENT),
        (FaultKind.HANG_AFTER, 1, 2, OutboxState.SENT),
        (FaultKind.HANG_AFTER, 9, 2, OutboxState.DEAD),
        (FaultKind.HANG_BEFORE, 9, 0, OutboxState.DEAD),
    ],
)
@ON_SQLITE
async def test_what_may_have_arrived_is_sent_once_more_and_counted(
    hasty: Door, world: World, ada: Person, kind: FaultKind, times: int, arrived: int, state: OutboxState
) -> None:
    number = world.faults.add(Fault(kind, SEND, times=times))
    await hasty.put(ada, "a")
    await hasty.quiet()
    world.faults.remove(number)
    await hasty.put(ada, "b")
    await hasty.quiet()
    assert said(world, ada) == ["a"] * arrived + ["b"]
    first, second = await outbox_of(hasty.store)
    assert (first.state, first.maybe_sent) == (state, 1)
    assert (second.state, second.maybe_sent) == (OutboxState.SENT, 0)


@ON_SQLITE
async def test_a_server_that_is_not_there_is_tried_until_it_is(
    store: Store, world: World, clock: FastClock, ada: Person
) -> None:
    port = free_port()
    request = Connection()
    await request.initialize()
    async with open_bot(world, TOKEN) as bot:
        bot._request, bot._base_url = (request, request), f"http://127.0.0.1:{port}/bot{TOKEN}"
        door = Door(store, Sender(bot), clock)
        async with at_work(door):
            await door.put(ada, *"abc")
            await until(lambda: len(door.sent) >= 3)
            async with served(world, port):
                await door.quiet()
    await request.shutdown()
    assert said(world, ada) == list("abc")
    assert {row.maybe_sent for row in await outbox_of(store)} == {0}


async def test_a_database_that_will_not_take_the_mark_does_not_make_it_sent_twice(
    sqlite_url: str, sender: Sender, clock: FastClock, world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 20)
    store = Store(sqlite_url)
    await store.open()
    door = Door(store, sender, clock)
    world.faults.add(Fault(FaultKind.SLOW, SEND, times=1, seconds=0.08))
    async with at_work(door):
        await door.put(ada, *"ab")
        await until(door.flying.total)
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(0.3)
        assert said(world, ada) == ["a"]
        other.execute("ROLLBACK")
        other.close()
        await door.quiet()
    await door.outbox.finish(1)
    await store.close()
    assert said(world, ada) == ["a", "b"]
