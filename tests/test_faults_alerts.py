"""A call opens for two thousand people while Telegram refuses, hangs and is blocked, and the program is killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import col, select

from bot.clock import SystemClock
from bot.playground.chats import Person
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.storage import students
from bot.storage.rows import MailingRow, MailingState, OutboxRow, OutboxState, Student
from bot.storage.store import Store
from tests.desks import SECRET, Program, outbox_of, said, served, until, url_in
from tests.scene import TOKEN, rows
from tests.season import follower

SUBSCRIBERS = 2000
SEEDS = range(1, 1 + int(os.environ.get("STORMS", "2")))
KILLS = 3
SPEED = 20.0
"""How much faster than real time the program's clock runs: 25 alerts a second are 500 here."""
ANNOUNCED = "/announce free-mover 2026-11-20 2026-12-20T12:00"
PATIENCE = 120


@dataclass
class Storm:
    """One seed's world, and the program that is killed in it."""

    seed: int
    world: World = field(init=False)
    staff: Person = field(init=False)
    ada: Person = field(init=False)
    killed: int = 0
    waited: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(TOKEN, "desk_bot", clock=SystemClock(), seed=self.seed)
        self.staff, self.ada = self.world.add_person("Marta"), self.world.add_person("Ada")
        dice = random.Random(self.seed)  # noqa: S311 - no secret hangs on it
        for number in range(SUBSCRIBERS):
            person = self.world.add_person(f"P{number}")
            person.started = True
            person.blocked = dice.random() < 0.02

    async def play(self, folder: Path) -> None:
        """Announce, kill, ask in the middle, and hold the tables against what people saw."""
        await self._enrol(folder)
        dice = random.Random(self.seed)  # noqa: S311 - no secret hangs on it
        async with served(self.world) as address:
            given = {"BOT_TOKEN": TOKEN, "BOT_API_URL": address, "DATABASE_URL": url_in(folder)}
            given["ADMIN_IDS"] = str(self.staff.id)
            clock = (str(time.time()), str(SPEED))
            async with Program(folder, *clock, module="tests.rushed", **given) as program:
                await self._announce()
                for _ in range(KILLS):
                    await self._sending(folder)
                    await asyncio.sleep(dice.uniform(0.1, 1.0))
                    await self._ask()
                    if self._ended(folder):
                        break
                    self.killed += 1
                    await program.end(signal.SIGKILL)
                    await program.start()
                await until(lambda: self._ended(folder), seconds=PATIENCE)
                assert await program.end(signal.SIGTERM) == 0
                assert SECRET not in program.log()
                assert "Traceback" not in program.log()
        await self._check(folder)

    async def _enrol(self, folder: Path) -> None:
        store = Store(url_in(folder))
        await store.open()
        people = [person for person in self.world.people.values() if person not in (self.staff, self.ada)]
        for begin in range(0, len(people), 500):
            async with store.transaction() as tx:
                for person in people[begin : begin + 500]:
                    await students.save(tx, self._student(person))
        await store.close()

    def _student(self, person: Person) -> Student:
        return follower(person.id, language="it" if person.id % 2 else "en")

    async def _announce(self) -> None:
        """Staff announce a call that is open already and confirm, however often Telegram fails meanwhile."""
        self.world.say(self.staff, ANNOUNCED)
        await until(lambda: self._button("Confirm"), seconds=30)
        for kind, share, seconds in ((FaultKind.TOO_MANY, 0.05, 1), (FaultKind.HANG_AFTER, 0.01, 0.2)):
            self.world.faults.add(Fault(kind, "sendMessage", probability=share, seconds=seconds))
        self.world.press(self.staff, self._button("Confirm"), "Confirm")

    def _button(self, caption: str) -> int:
        for message in reversed(self.world.messages(self.staff.id)):
            if any(button["text"].endswith(caption) for row in rows(message) for button in row):
                return int(message["message_id"])
        return 0

    async def _sending(self, folder: Path) -> None:
        """Wait until alerts leave, or have all left."""
        before = self._arrived()
        await until(lambda: self._arrived() > before + 50 or self._ended(folder), seconds=60)

    def _arrived(self) -> int:
        return sum(bool(said(self.world, person)) for person in self.world.people.values())

    async def _ask(self) -> None:
        """A student writes in the middle of it; how long they wait."""
        before, began = len(said(self.world, self.ada)), time.monotonic()
        self.world.say(self.ada, "how long can I stay as a free mover?")
        await until(lambda: len(said(self.world, self.ada)) > before, seconds=30)
        self.waited.append(time.monotonic() - began)

    def _ended(self, folder: Path) -> bool:
        """Whether the opening has been sent to everybody, as the file says."""
        with closing(sqlite3.connect(f"file:{folder / 'desk.db'}?mode=ro", uri=True)) as file:
            found = file.execute("SELECT state FROM mailing WHERE kind = 'opening'").fetchone()
        return found is not None and found[0] == MailingState.DONE

    async def _check(self, folder: Path) -> None:
        store = Store(url_in(folder))
        await store.open()
        copies = {row.chat_id: row for row in await outbox_of(store) if row.mailing_id is not None}
        async with store.reading() as tx:
            report = (await tx.exec(select(MailingRow.report).where(col(MailingRow.kind) == "opening"))).one()
        await store.close()
        assert len(copies) == SUBSCRIBERS
        for person in self.world.people.values():
            if person not in (self.staff, self.ada):
                self._check_person(person, copies[person.id])
        fates = Counter(row.state for row in copies.values())
        assert report["recipients"] == SUBSCRIBERS
        assert report["delivered"] == fates[OutboxState.SENT]
        parts = ("delivered", "blocked", "failed", "late", "cancelled", "waiting")
        assert sum(report[part] for part in parts) == SUBSCRIBERS
        assert report["blocked"] == sum(person.blocked for person in self.world.people.values())
        maybe = sum(row.maybe_sent > 0 for row in copies.values())
        assert report["maybe_twice"] + report["maybe_once"] == maybe
        assert max(self.waited) < 2, f"seed {self.seed}: answered after {max(self.waited):.1f} s"

    def _check_person(self, person: Person, row: OutboxRow) -> None:
        got = len(said(self.world, person))
        about = f"seed {self.seed}: {person.first_name} got {got}, the row says {row.state}, maybe {row.maybe_sent}"
        if person.blocked:
            assert (got, row.state) == (0, OutboxState.DEAD), about
        elif row.state is OutboxState.SENT:
            assert 1 <= got <= 1 + bool(row.maybe_sent), about
        else:
            assert row.maybe_sent, about
            assert got <= 2, about


async def test_everybody_hears_once_or_is_listed_as_maybe_twice(tmp_path: Path) -> None:
    storms = [Storm(seed) for seed in SEEDS]
    folders = [tmp_path / str(storm.seed) for storm in storms]
    for folder in folders:
        folder.mkdir()
    for storm, folder in zip(storms, folders, strict=True):
        await storm.play(folder)
    assert sum(storm.killed for storm in storms) >= len(SEEDS)
