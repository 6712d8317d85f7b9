"""python-telegram-bot over aiohttp, against the playground on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter

from bot.clock import SystemClock
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.rules.delivery import NotSent, Unknown
from bot.transport.connection import Connection
from bot.transport.sender import outcome_of
from tests.desks import free_port, served

TOKEN = "4242:playground-token"


@pytest.fixture(autouse=True)
def _durations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the desk sets it


@pytest.fixture
def world() -> World:
    return World(TOKEN, "desk_bot", clock=SystemClock())


@asynccontextmanager
async def reached(address: str, token: str = TOKEN) -> AsyncIterator[Bot]:
    connection = Connection()
    bot = Bot(token, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot", request=connection)
    await connection.initialize()
    try:
        yield bot
    finally:
        await connection.shutdown()


async def test_calls_files_and_answers_go_through(world: World) -> None:
    ada = world.add_person("Ada")
    world.start(ada)
    async with served(world) as address, reached(address) as bot:
        assert (await bot.get_me()).username == "desk_bot"
        assert (await bot.send_message(ada.id, "<b>è</b> &amp; già", parse_mode="HTML")).text == "è & già"
        sent = await bot.send_document(ada.id, b"BEGIN:VCALENDAR", filename="calls.ics", caption="ciao")
        assert sent.document is not None
        file = await sent.document.get_file()
        assert bytes(await file.download_as_bytearray()) == b"BEGIN:VCALENDAR"


async def test_refusals_keep_their_meaning(world: World) -> None:
    ada = world.add_person("Ada")
    async with served(world) as address, reached(address) as bot:
        with pytest.raises(Forbidden):
            await bot.send_message(ada.id, "never met")
        with pytest.raises(BadRequest):
            await bot.send_message(987654, "nobody")
        world.start(ada)
        world.faults.add(Fault(FaultKind.TOO_MANY, method="sendMessage", times=1, seconds=3))
        with pytest.raises(RetryAfter):
            await bot.send_message(ada.id, "slow down")
    async with served(world) as address, reached(address, "4242:another-secret") as bot:
        with pytest.raises(InvalidToken):
            await bot.get_me()


async def test_what_never_left_is_told_from_what_may_have_arrived(world: World) -> None:
    ada = world.add_person("Ada")
    world.start(ada)
    async with reached(f"http://127.0.0.1:{free_port()}") as bot:
        with pytest.raises(NetworkError) as refused:
            await bot.send_message(ada.id, "nobody listens")
        assert isinstance(refused.value.__cause__, aiohttp.ClientConnectorError)
        assert isinstance(outcome_of(refused.value), NotSent)
    async with served(world) as address, reached(address) as bot:
        world.faults.add(Fault(FaultKind.HANG_AFTER, method="sendMessage", times=1, seconds=5))
        with pytest.raises(NetworkError) as silent:
            await bot.send_message(ada.id, "the answer is lost", read_timeout=0.2)
        assert isinstance(outcome_of(silent.value), Unknown)
        assert world.messages(ada.id)[-1]["text"] == "the answer is lost"


async def test_many_calls_share_the_connections(world: World) -> None:
    people = [world.add_person(f"P{number}") for number in range(100)]
    for person in people:
        world.start(person)
    async with served(world) as address, reached(address) as bot:
        async with asyncio.timeout(20):
            sent = await asyncio.gather(*(bot.send_message(person.id, str(person.id)) for person in people))
    assert [message.text for message in sent] == [str(person.id) for person in people]


async def test_a_connection_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await Connection().do_request("http://127.0.0.1:9", "GET")
