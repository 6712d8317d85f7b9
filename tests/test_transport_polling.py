"""What is confirmed to Telegram and when, in which order updates are dealt with, and what stops the loop: nothing."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from telegram import Update
from telegram.error import InvalidToken

from bot.clock import SystemClock
from bot.playground.errors import conflict
from bot.playground.faults import Fault, FaultKind
from bot.playground.updates import OTHER_POLL
from bot.playground.world import World
from bot.transport.polling import AT_ONCE, LONGEST_PAUSE, WANTED, Polling, _chat_of
from tests.desks import FastClock, town, until
from tests.playground_bot import open_bot
from tests.scene import TOKEN

UNREADABLE = {"message_id": 1, "date": "soon", "chat": {"id": 1, "type": "private"}}


class Desk:
    """Deals with updates as a test wants; what it was given is kept."""

    def __init__(self) -> None:
        self.dealt: list[str] = []
        self.few: list[bool] = []
        self.parked: list[tuple[int, str, str]] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.refused: Counter[str] = Counter()
        self.refuses_to_park = 0
        self.busy = self.busiest = 0

    async def deal(self, update: Update, few: bool) -> bool:  # noqa: FBT001 - polling's own shape
        message = update.effective_message
        assert message is not None
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(0)
        if message.chat_id in self.gates:
            await self.gates[message.chat_id].wait()
        self.busy -= 1
        text = message.text or ""
        if self.refused[text]:
            self.refused[text] -= 1
            return False
        self.dealt.append(text)
        self.few.append(few)
        return True

    async def park(self, update_id: int, kind: str, error: str) -> bool:
        if self.refuses_to_park:
            self.refuses_to_park -= 1
            return False
        self.parked.append((update_id, kind, error))
        return True


@asynccontextmanager
async def polling(world: World, desk: Desk, clock: SystemClock | None = None) -> AsyncIterator[asyncio.Task[None]]:
    async with open_bot(world, TOKEN) as bot:
        task = asyncio.create_task(Polling(bot, desk.deal, desk.park, clock or FastClock()).run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, InvalidToken):
                await task


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the desk sets it


@pytest.fixture
def world() -> World:
    return town(FastClock())


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_an_update_is_confirmed_only_when_it_has_been_dealt_with(world: World, desk: Desk) -> None:
    ada = world.add_person("Ada")
    desk.gates[ada.id] = asyncio.Event()
    world.say(ada, "one")
    async with polling(world, desk):
        await until(lambda: desk.busy)
        await asyncio.sleep(0.1)
        assert len(world.updates) == 1
        desk.gates[ada.id].set()
        await until(lambda: not len(world.updates))
    assert desk.dealt == ["one"]


async def test_an_update_that_could_not_be_stored_comes_again_before_those_behind_it(world: World, desk: Desk) -> None:
    ada, ben = world.add_person("Ada"), world.add_person("Ben")
    desk.refused["a1"] = 2
    for person, text in ((ben, "b1"), (ada, "a1"), (ben, "b2"), (ada, "a2")):
        world.say(person, text)
    clock = FastClock()
    async with polling(world, desk, clock):
        await until(lambda: not len(world.updates))
    of_ada = [text for text in desk.dealt if text.startswith("a")]
    assert of_ada == ["a1", "a2"]
    assert desk.dealt.index("b2") < desk.dealt.index("a1")
    assert clock.slept == [1, 2]


async def test_what_was_not_stored_is_not_confirmed(world: World, desk: Desk) -> None:
    ada = world.add_person("Ada")
    desk.refused["a1"] = 1_000_000
    world.say(ada, "a1")
    async with polling(world, desk):
        await until(lambda: desk.refused["a1"] < 1_000_000 - 3)
        assert [update.body["message"]["text"] for update in world.updates.pending()] == ["a1"]


async def test_one_chat_in_order_and_others_meanwhile(world: World, desk: Desk) -> None:
    ada, ben, eva = (world.add_person(name) for name in ("Ada", "Ben", "Eva"))
    desk.gates[ada.id] = asyncio.Event()
    for number in range(5):
        for person in (ada, ben, eva):
            world.say(person, f"{person.first_name}{number}")
    async with polling(world, desk):
        await until(lambda: len(desk.dealt) == 10)
        assert not any(text.startswith("Ada") for text in desk.dealt)
        desk.gates[ada.id].set()
        await until(lambda: len(desk.dealt) == 15)
    for person in (ada, ben, eva):
        of_one = [text for text in desk.dealt if text.startswith(person.first_name)]
        assert of_one == [f"{person.first_name}{number}" for number in range(5)]


async def test_taps_and_edits_wait_behind_the_texts_of_their_chat(world: World, desk: Desk) -> None:
    ada = world.add_person("Ada")
    first = world.say(ada, "one")[0]["message_id"]
    world.press(ada, first, "data", stale=True)
    world.edit(ada, first, "two")
    async with polling(world, desk):
        await until(lambda: len(desk.dealt) == 3)
    assert desk.dealt == ["one", "one", "two"]
    assert desk.busiest == 1


async def test_no_more_than_a_few_chats_are_dealt_with_at_once(world: World, desk: Desk) -> None:
    people = [world.add_person(f"P{number}") for number in range(60)]
    gate = asyncio.Event()
    for person in people:
        desk.gates[person.id] = gate
        world.say(person, person.first_name)
    async with polling(world, desk):
        await until(lambda: desk.busy == AT_ONCE)
        await asyncio.sleep(0.05)
        gate.set()
        await until(lambda: len(desk.dealt) == 60)
    assert desk.busiest == AT_ONCE
    assert not any(desk.few)


async def test_the_desk_hears_when_few_are_waiting(world: World, desk: Desk) -> None:
    world.say(world.add_person("Ada"), "one")
    async with polling(world, desk):
        await until(lambda: desk.dealt)
    assert desk.few == [True]


async def test_more_than_a_hundred_updates_come_in_portions(world: World, desk: Desk) -> None:
    people = [world.add_person(f"P{number}") for number in range(30)]
    for number in range(8):
        for person in people:
            world.say(person, f"{person.first_name}-{number}")
    async with polling(world, desk):
        await until(lambda: not len(world.updates))
    assert len(desk.dealt) == len(set(desk.dealt)) == 240


async def test_what_cannot_be_parsed_is_parked_and_the_bot_goes_on(
    world: World, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    ada = world.add_person("Ada")
    number = world.updates.put("message", dict(UNREADABLE), ada.id)
    world.say(ada, "after it")
    async with polling(world, desk):
        await until(lambda: not len(world.updates))
    assert [(update_id, kind) for update_id, kind, _ in desk.parked] == [(number, "message")]
    assert desk.dealt == ["after it"]
    assert f"update {number} (message) cannot be parsed" in caplog.text
    assert "soon" not in caplog.text


async def test_what_cannot_even_be_parked_comes_again(world: World, desk: Desk) -> None:
    desk.refuses_to_park = 2
    world.updates.put("message", dict(UNREADABLE), 1)
    async with polling(world, desk):
        await until(lambda: desk.parked)
        await until(lambda: not len(world.updates))
    assert len(desk.parked) == 1


async def test_the_kinds_wanted_are_asked_for_every_time(world: World, desk: Desk) -> None:
    world.updates.allow(["poll"])
    async with polling(world, desk):
        await until(lambda: world.updates.allowed == frozenset(WANTED))
        assert {"message", "callback_query", "inline_query", "my_chat_member"} < frozenset(WANTED)
        assert "channel_post" not in WANTED


@pytest.mark.parametrize(
    ("kind", "pauses"),
    [
        (FaultKind.BAD_GATEWAY, [1, 2, 4, 8, 16, 30, 30]),
        (FaultKind.SERVER_ERROR, [1, 2, 4, 8, 16, 30, 30]),
        (FaultKind.TOO_MANY, [7] * 7),
    ],
)
async def test_trouble_is_waited_out(world: World, desk: Desk, kind: FaultKind, pauses: list[float]) -> None:
    clock = FastClock(speed=500)
    world.faults.add(Fault(kind, "getUpdates", times=len(pauses), seconds=7))
    world.say(world.add_person("Ada"), "one")
    async with polling(world, desk, clock):
        await until(lambda: desk.dealt == ["one"])
        await until(lambda: not len(world.updates))
    assert clock.slept == pauses


async def test_after_trouble_the_pauses_begin_anew(world: World, desk: Desk) -> None:
    clock, ada = FastClock(speed=500), world.add_person("Ada")
    async with polling(world, desk, clock):
        for number in range(2):
            await until(lambda: world.updates._poll)
            world.faults.add(Fault(FaultKind.BAD_GATEWAY, "getUpdates", times=2))
            world.say(ada, str(number))
            await until(lambda: not len(world.updates))
    assert clock.slept == [1, 2, 1, 2]


async def test_a_second_poller_is_waited_out_and_logged(
    world: World, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FastClock(speed=500)
    async with polling(world, desk, clock):
        for _ in range(3):
            await until(lambda: world.updates._poll)
            world.updates.end_poll(conflict(OTHER_POLL))
            await until(lambda: not world.updates._poll)
        world.say(world.add_person("Ada"), "one")
        await until(lambda: desk.dealt == ["one"])
    assert clock.slept == [LONGEST_PAUSE / 3] * 3
    assert caplog.text.count("getUpdates failed (Conflict)") == 3


async def test_a_revoked_token_ends_the_loop(world: World, desk: Desk) -> None:
    async with polling(world, desk) as task:
        await until(lambda: world.updates._poll)
        world.token = "4242:another-token"
        world.updates.end_poll()
        with pytest.raises(InvalidToken):
            await asyncio.wait_for(task, 5)


async def test_nothing_is_lost_when_the_loop_is_cancelled_in_the_middle(world: World, desk: Desk) -> None:
    ada = world.add_person("Ada")
    desk.gates[ada.id] = asyncio.Event()
    world.say(ada, "one")
    world.say(ada, "two")
    async with polling(world, desk):
        await until(lambda: desk.busy)
    assert len(world.updates) == 2
    desk.gates.clear()
    async with polling(world, desk):
        await until(lambda: not len(world.updates))
    assert desk.dealt == ["one", "two"]


async def test_the_text_of_an_update_is_not_logged(world: World, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    desk.refused["my secret illness"] = 1
    world.say(world.add_person("Ada"), "my secret illness")
    async with polling(world, desk):
        await until(lambda: desk.dealt)
    assert "illness" not in caplog.text
    assert "could not be stored" in caplog.text


@pytest.mark.parametrize(
    ("raw", "chat"),
    [
        ({"update_id": 1, "message": {"chat": {"id": 5}, "from": {"id": 6}}}, 5),
        ({"update_id": 1, "callback_query": {"from": {"id": 6}, "message": {"chat": {"id": 5}}}}, 5),
        ({"update_id": 1, "callback_query": {"from": {"id": 6}, "inline_message_id": "x"}}, 6),
        ({"update_id": 1, "callback_query": {"from": {"id": 6}, "message": "gone"}}, 6),
        ({"update_id": 1, "my_chat_member": {"chat": {"id": -5}, "from": {"id": 6}}}, -5),
        ({"update_id": 1, "inline_query": {"id": "7", "from": {"id": 6}, "query": "dates", "offset": ""}}, 6),
        ({"update_id": 1, "message": {"chat": {"id": "5"}}}, 0),
        ({"update_id": 1, "message": None}, 0),
        ({"update_id": 1}, 0),
    ],
)
def test_the_chat_of_an_update_is_read_from_its_raw_form(raw: dict[str, object], chat: int) -> None:
    assert _chat_of(raw) == chat
