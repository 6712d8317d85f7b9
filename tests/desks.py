"""Desks for what goes wrong: time that runs fast, any database, a server on loopback, the program as a process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
import uvicorn
from sqlmodel import col, select
from telegram.request import BaseRequest, HTTPXRequest

from bot.app import Desk
from bot.clock import SystemClock
from bot.playground.api import BotApi, InProcessTransport
from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.updates import Pending
from bot.playground.world import World
from bot.storage.rows import OutboxRow, SeenUpdate, Student
from bot.storage.store import Store
from tests.book import trained
from tests.scene import SUNDAY, TOKEN, Scene, settings

ROOT = Path(__file__).parent.parent
SPEED = 20.0
SECRET = TOKEN.partition(":")[2]


class FastClock(SystemClock):
    """A Sunday on which time runs fast: a pause of seconds takes milliseconds, and is written down."""

    def __init__(self, speed: float = SPEED) -> None:
        super().__init__()
        self.slept: list[float] = []
        self._speed, self._began = speed, time.monotonic()

    def now(self) -> datetime:
        return SUNDAY + timedelta(seconds=self.monotonic()) + self.shift

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(seconds / self._speed)

    async def wait(self, wake: asyncio.Event, seconds: float | None) -> bool:
        return await super().wait(wake, None if seconds is None else seconds / self._speed)


def town(clock: SystemClock) -> World:
    return World(TOKEN, "desk_bot", clock=clock)


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'desk.db'}"


def build_desk(url: str, clock: SystemClock, request: BaseRequest | None = None, **given: object) -> Desk:
    """A desk with the matcher that all of them share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.desk.library.matcher", lambda *_: trained())
        return Desk(settings(Path(), database_url=url, **given), clock, request)


@asynccontextmanager
async def open_desk(
    url: str, world: World, clock: SystemClock, *, read_timeout: float = 5, **given: object
) -> AsyncIterator[Scene]:
    """A desk at work on ``world``, with settings, which gives up a call after ``read_timeout`` real seconds."""
    transport = InProcessTransport(BotApi(world).app())
    request = HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"transport": transport})
    desk = build_desk(url, clock, request, **given)
    work = asyncio.create_task(desk.run())
    try:
        await until(lambda: desk.store._reading or work.done())
        yield Scene(world, desk)
        if work.done():
            await work
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def settled(scene: Scene) -> None:
    """Wait until everything is confirmed and sent."""
    async with asyncio.timeout(10):
        await scene.quiet(next(iter(scene.world.people.values())))


async def outbox_of(store: Store, *chats: Person) -> list[OutboxRow]:
    """The messages to some people, in the order in which they were written."""
    async with store.reading() as tx:
        found = (await tx.exec(select(OutboxRow).order_by(col(OutboxRow.id)))).all()
    return [row for row in found if not chats or row.chat_id in {chat.id for chat in chats}]


async def seen(store: Store) -> dict[int, SeenUpdate]:
    async with store.reading() as tx:
        return {row.update_id: row for row in (await tx.exec(select(SeenUpdate))).all()}


async def student(store: Store, person: Person) -> Student | None:
    async with store.reading() as tx:
        return (await tx.exec(select(Student).where(col(Student.user_id) == person.id))).one_or_none()


def said(world: World, person: Person) -> list[str]:
    """What the bot has written to somebody, in order."""
    return [str(message.get("text")) for message in world.messages(person.id) if message["from"]["is_bot"]]


def bring_again(world: World, body: Json, lane: int) -> None:
    """Put an update back into Telegram's queue, as if it had never been confirmed."""
    number = body["update_id"]
    world.updates._queue[number] = Pending(number, world.now(), lane, body)
    world.updates._queue.move_to_end(number, last=False)


async def until(condition: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait until ``condition()`` holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(world: World, port: int = 0) -> AsyncIterator[str]:
    """The playground's Bot API on loopback; its address."""
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle's algorithm on: 40 ms a call
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()  # whoever comes before uvicorn is up waits instead of being refused
    config = uvicorn.Config(BotApi(world).app(), log_config=None, ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[assignment, method-assign] # they are the test's
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        world.updates.end_poll()
        server.should_exit = True
        await asyncio.wait_for(serving, 10)
        listening.close()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Program:
    """``python -m bot``, or another module, as a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, *arguments: str, module: str = "bot", **given: str) -> None:
        self.folder, self._arguments, self._given = folder, (module, *arguments), given
        self.errors = folder / "stderr.txt"
        self.output = folder / "stdout.txt"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.errors.open("ab") as errors, self.output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *self._arguments, cwd=self.folder, stderr=errors, stdout=output,
                env=environment(**self._given),
            )  # fmt: skip

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def end(self, number: int = signal.SIGKILL, *, seconds: float = 10) -> int:
        """Send a signal; the exit status."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
        return await self.status(seconds)

    async def status(self, seconds: float = 20) -> int:
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), seconds)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.running:
            await self.end()

    def log(self) -> str:
        return self.errors.read_text(encoding="utf-8")


def environment(**given: str) -> dict[str, str]:
    """The environment of a program that is told nothing but what is given."""
    kept = {"PATH", "HOME", "LANG", "TMPDIR", "CACHE_DIR"}
    keep = {name: value for name, value in os.environ.items() if name in kept}
    return keep | {"PYTHONPATH": str(ROOT)} | given
