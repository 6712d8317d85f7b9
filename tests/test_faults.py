"""The program is killed, and Telegram misbehaves: nobody loses an answer, gets another's, or gets them out of order."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.playground.chats import Person
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.rules.delivery import UNCERTAIN_TRIES
from bot.storage.rows import OutboxState
from bot.storage.store import Store
from tests.desks import (
    SECRET,
    FastClock,
    Program,
    open_desk,
    outbox_of,
    said,
    seen,
    served,
    settled,
    student,
    town,
    until,
    url_in,
)
from tests.scene import TOKEN, rows

SEEDS = (1, 2)
KILLS = 2
PEOPLE = 6
STEPS = (
    ("/plan", "Which year are you in?"),
    ("[4]", "What would you like to do abroad?"),
    ("how long can I stay as a free mover?", "Free Mover", "What would you like to do abroad?"),
    ("[clinical practice in wards]", "Where would you like to go?"),
)
HEARD = [
    "A few short questions", "Which year are you in?", "What would you like to do abroad?", "Free Mover",
    "What would you like to do abroad?", "Where would you like to go?",
]  # fmt: skip
"""What a student reads when nothing goes wrong."""
ANSWERED = {
    "Your year:": "Which year are you in?",
    "Your goal:": "What would you like to do abroad?",
}
"""What a question becomes when its button is tapped: the answer in its place."""


@dataclass
class Night:
    """One seed's world, and the program that is killed in it."""

    seed: int
    world: World = field(default_factory=lambda: town(SystemClock()))
    killed: int = 0

    async def play(self, folder: Path) -> None:
        dice = random.Random(self.seed)  # noqa: S311 - no secret hangs on it
        people = [self.world.add_person(f"P{number}") for number in range(PEOPLE)]
        self.world.faults.add(Fault(FaultKind.SLOW, "sendMessage", probability=0.5, seconds=0.1))
        async with served(self.world) as address:
            given = {"BOT_TOKEN": TOKEN, "BOT_API_URL": address, "DATABASE_URL": url_in(folder)}
            async with Program(folder, "run", **given) as program:
                talking = asyncio.gather(*(self._talk(person) for person in people))
                await self._reached()
                for _ in range(KILLS):
                    await asyncio.sleep(dice.uniform(0, 0.6))
                    if talking.done():
                        break
                    self.killed += 1
                    await program.end(signal.SIGKILL)
                    await program.start()
                    await self._reached()
                await asyncio.wait_for(talking, 60)
                await until(lambda: not len(self.world.updates), seconds=10)
                began = asyncio.get_running_loop().time()
                assert await program.end(signal.SIGTERM) == 0
                assert asyncio.get_running_loop().time() - began < 10
                self._check_log(program.log())
        await self._check_rows(folder, people)
        for person in people:
            self._check_chat(person)

    async def _reached(self) -> None:
        """Wait until a program that has just started is at work: it takes a webhook off before it fetches updates."""
        bell = self.world.faults.add(Fault(FaultKind.SLOW, "deleteWebhook", times=1, seconds=0))
        await until(lambda: bell not in {fault["number"] for fault in self.world.faults.listed()}, seconds=30)

    async def _talk(self, person: Person) -> None:
        for does, *expects in STEPS:
            last = max(self.world.chats[person.id].messages, default=0)
            if does.startswith("["):
                self._press(person, does[1:-1])
            else:
                last = self.world.say(person, does)[-1]["message_id"]
            async with asyncio.timeout(60):
                while not self._heard(person, expects, last):
                    await asyncio.sleep(0.02)

    def _heard(self, person: Person, expects: list[str], after: int) -> bool:
        """Whether the bot said all of it, in this order, since a message."""
        messages = (
            m["text"] for m in self.world.messages(person.id) if m["message_id"] > after and m["from"]["is_bot"]
        )
        return all(any(expected in text for text in messages) for expected in expects)

    def _press(self, person: Person, caption: str) -> None:
        for message in reversed(self.world.messages(person.id)):
            if any(button["text"] == caption for row in rows(message) for button in row):
                self.world.press(person, message["message_id"], caption)
                return
        raise AssertionError(f"seed {self.seed}: no button {caption!r}")

    def _check_log(self, log: str) -> None:
        assert "Traceback" not in log
        assert SECRET not in log
        assert "free mover" not in log

    async def _check_rows(self, folder: Path, people: list[Person]) -> None:
        store = Store(url_in(folder))
        await store.open()
        written = await outbox_of(store)
        assert {row.state for row in written} == {OutboxState.SENT}
        assert len(await seen(store)) == len(STEPS) * len(people)
        for person in people:
            found = await student(store, person)
            assert found is not None
            assert (found.year, found.goal, found.conversation["step"]) == (4, "clinical", "destination")
            maybe = sum(row.maybe_sent for row in written if row.chat_id == person.id)
            assert len(said(self.world, person)) - len(HEARD) <= maybe <= self.killed
        await store.close()

    def _check_chat(self, person: Person) -> None:
        """All answers once and in order, but for those in flight at a kill, which may come twice in a row."""
        firsts = [text.split("\n")[0] for text in said(self.world, person)]
        asked = [next((asked for told, asked in ANSWERED.items() if first.startswith(told)), first) for first in firsts]
        heard = [(first, len(list(times))) for first, times in groupby(asked)]
        assert len(heard) == len(HEARD), f"seed {self.seed}: {heard}"
        for (first, times), start in zip(heard, HEARD, strict=True):
            assert first.startswith(start), f"seed {self.seed}: {first!r} instead of {start!r}"
            assert times <= 1 + self.killed


async def test_a_program_that_is_killed_loses_nothing_and_goes_on_where_it_was(tmp_path: Path) -> None:
    nights = [Night(seed) for seed in SEEDS]
    folders = [tmp_path / str(night.seed) for night in nights]
    for folder in folders:
        folder.mkdir()
    await asyncio.gather(*(night.play(folder) for night, folder in zip(nights, folders, strict=True)))
    assert sum(night.killed for night in nights) >= len(SEEDS)


async def test_a_second_signal_ends_the_program_at_once(tmp_path: Path) -> None:
    world = town(SystemClock())
    ada = world.add_person("Ada")
    world.faults.add(Fault(FaultKind.HANG_BEFORE, "sendMessage", seconds=60, times=1))
    async with served(world) as address:
        given = {"BOT_TOKEN": TOKEN, "BOT_API_URL": address, "DATABASE_URL": url_in(tmp_path), "LOG_LEVEL": "DEBUG"}
        async with Program(tmp_path, "run", **given) as program:
            world.say(ada, "/start")
            await until(lambda: not world.faults and not len(world.updates), seconds=30)
            with pytest.raises(TimeoutError):
                await program.end(signal.SIGTERM, seconds=1)
            began = asyncio.get_running_loop().time()
            assert await program.end(signal.SIGTERM) == 1
            assert asyncio.get_running_loop().time() - began < 2
            assert SECRET not in program.log()
        await world.aclose()
    store = Store(url_in(tmp_path))
    await store.open()
    assert [(row.state, row.key[:7]) for row in await outbox_of(store)] == [(OutboxState.SENDING, "update:")]
    await store.close()


QUESTIONS = ("/start", "/programmes", "/calls", "/help", "how long can I stay as a free mover?")
ANSWERS = ("Hello", "There are seven", "Where the calls", "Write your question", "Free Mover")


@pytest.mark.parametrize("seed", range(3))
async def test_a_telegram_that_fails_at_random_delays_answers_and_loses_none(sqlite_url: str, seed: int) -> None:
    clock = FastClock(speed=100)
    world = World(TOKEN, "desk_bot", clock=clock, seed=seed)
    people = [world.add_person(f"P{number}") for number in range(10)]
    for kind in (FaultKind.TOO_MANY, FaultKind.BAD_GATEWAY, FaultKind.SERVER_ERROR):
        world.faults.add(Fault(kind, probability=0.15, seconds=2))
    world.faults.add(Fault(FaultKind.SLOW, probability=0.3, seconds=0.01))
    lost = world.faults.add(Fault(FaultKind.HANG_AFTER, "sendMessage", probability=0.03, seconds=9))
    async with open_desk(sqlite_url, world, clock, read_timeout=0.5) as scene:
        for question in QUESTIONS:
            for person in people:
                world.say(person, question)
        await settled(scene)
        world.faults.remove(lost)
        written = await outbox_of(scene.desk.store)
    twice = Counter(row.chat_id for row in written if row.maybe_sent)
    given_up = [row for row in written if row.state is not OutboxState.SENT]
    assert all(row.maybe_sent == UNCERTAIN_TRIES for row in given_up)
    for person in people:
        heard = [(text, len(list(times))) for text, times in groupby(said(world, person))]
        assert [text.startswith(start) for (text, _), start in zip(heard, ANSWERS, strict=True)] == [True] * 5
        assert sum(times for _, times in heard) <= len(ANSWERS) + twice[person.id]
