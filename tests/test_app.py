"""The whole program in this process: how it starts, what stops it, and what it never says."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from io import StringIO
from pathlib import Path

import pytest

from bot.app import STOPPING, Desk, TokenRefused
from bot.clock import SystemClock
from bot.config import set_up_logging
from bot.playground.chats import Person
from bot.playground.errors import conflict
from bot.playground.faults import Fault, FaultKind
from bot.playground.updates import OTHER_POLL
from bot.playground.world import World
from bot.storage.errors import DatabaseFailed, FileInUse
from bot.storage.rows import OutboxState
from bot.storage.store import Store
from tests.desks import (
    SECRET,
    FastClock,
    build_desk,
    free_port,
    open_desk,
    outbox_of,
    said,
    served,
    settled,
    town,
    until,
)
from tests.scene import TOKEN, settings

ASK = "how long can I stay as a free mover?"
WRONG = "4242:some-other-secret"


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def world(clock: FastClock) -> World:
    return town(clock)


@pytest.fixture
def ada(world: World) -> Person:
    return world.add_person("Ada")


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    work = asyncio.create_task(desk.run())
    try:
        yield work
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError, TokenRefused):
            await work


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[StringIO]:
    """The program's own log, everything in it, as JSON."""
    root, levels = logging.getLogger(), {name: logger.level for name, logger in known_loggers().items()}
    (others, root.handlers), level = (root.handlers, []), root.level
    set_up_logging(settings(tmp_path, log_level="DEBUG", log_format="json"))
    (ours,) = root.handlers
    root.handlers = [*others, ours]
    assert isinstance(ours, logging.StreamHandler)
    written = StringIO()
    ours.setStream(written)
    yield written
    root.removeHandler(ours)
    root.setLevel(level)
    for name, logger in known_loggers().items():
        logger.setLevel(levels.get(name, logging.NOTSET))


def known_loggers() -> dict[str, logging.Logger]:
    found = logging.getLogger().manager.loggerDict
    return {name: logger for name, logger in found.items() if isinstance(logger, logging.Logger)}


# Starting


async def test_a_telegram_that_is_not_there_is_waited_for(
    sqlite_url: str, ada: Person, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    clock, port = FastClock(speed=100), free_port()
    world.say(ada, "/start")
    async with running(build_desk(sqlite_url, clock, bot_api_url=f"http://127.0.0.1:{port}")) as work:
        await until(lambda: clock.slept[:4] == [1, 2, 4, 8])
        async with served(world, port):
            await until(lambda: said(world, ada), seconds=20)
            work.cancel()
    assert said(world, ada)[0].startswith("Hello Ada")
    assert caplog.text.count("Telegram cannot be reached (NetworkError)") >= 4


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook"])
async def test_a_telegram_that_is_broken_at_first_is_waited_for(
    sqlite_url: str, world: World, clock: FastClock, ada: Person, method: str
) -> None:
    for kind in (FaultKind.BAD_GATEWAY, FaultKind.SERVER_ERROR, FaultKind.TOO_MANY):
        world.faults.add(Fault(kind, method, times=1))
    world.say(ada, "/start")
    async with open_desk(sqlite_url, world, clock):
        await until(lambda: said(world, ada))
    assert len(clock.slept) <= 3


@pytest.mark.parametrize("token", [WRONG, "1:aaaaaaaaaa"])
async def test_a_wrong_token_is_refused_without_being_named(
    sqlite_url: str, world: World, clock: FastClock, token: str, diary: StringIO
) -> None:
    async with served(world) as address:
        desk = build_desk(sqlite_url, clock, bot_api_url=address, bot_token=token)
        with pytest.raises(TokenRefused) as refused:
            await asyncio.wait_for(desk.run(), 10)
    assert str(refused.value) == "Telegram does not know this bot token."
    assert token.partition(":")[2] not in diary.getvalue()


async def test_a_token_that_is_revoked_ends_the_program(sqlite_url: str, world: World, clock: FastClock) -> None:
    async with served(world) as address, running(build_desk(sqlite_url, clock, bot_api_url=address)) as work:
        await until(lambda: world.updates._poll)
        world.token = WRONG
        world.updates.end_poll()
        with pytest.raises(TokenRefused):
            await asyncio.wait_for(asyncio.shield(work), 10)


async def test_a_webhook_left_behind_is_taken_off_and_no_update_lost(
    sqlite_url: str, world: World, clock: FastClock, ada: Person
) -> None:
    world.say(ada, "/start")
    world.webhook.url = "https://example.org/hook"
    async with open_desk(sqlite_url, world, clock) as scene:
        await settled(scene)
    assert not world.webhook.url
    assert len(said(world, ada)) == 1


async def test_a_second_bot_on_the_token_is_survived(
    sqlite_url: str, world: World, clock: FastClock, ada: Person
) -> None:
    async with open_desk(sqlite_url, world, clock) as scene:
        for _ in range(2):
            await until(lambda: world.updates._poll)
            world.updates.end_poll(conflict(OTHER_POLL))
            assert await scene.say(ada, "/start")


async def test_menus_and_descriptions_are_set_in_both_languages(
    sqlite_url: str, world: World, clock: FastClock, ada: Person
) -> None:
    ben = world.add_person("Ben", language_code="it")
    async with open_desk(sqlite_url, world, clock):
        await until(lambda: world.menu(ben) and world.profile.text("description", "it"))
    english, italian = world.menu(ada), world.menu(ben)
    assert [each["command"] for each in english] == [each["command"] for each in italian]
    assert english != italian
    for what in ("description", "short_description"):
        assert world.profile.text(what, "") != world.profile.text(what, "it")


async def test_a_menu_that_cannot_be_set_is_no_reason_to_stop(
    sqlite_url: str, world: World, clock: FastClock, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    world.faults.add(Fault(FaultKind.SERVER_ERROR, "setMyCommands"))
    async with open_desk(sqlite_url, world, clock) as scene:
        assert await scene.say(ada, "/start")
    assert "the menus could not be set" in caplog.text


async def test_two_programs_on_one_file_are_one_too_many(
    sqlite_url: str, world: World, clock: FastClock, ada: Person
) -> None:
    async with open_desk(sqlite_url, world, clock) as scene:
        with pytest.raises(FileInUse):
            await asyncio.wait_for(build_desk(sqlite_url, clock).run(), 10)
        assert await scene.say(ada, "/start")


async def test_a_database_that_fails_while_starting_is_named(
    sqlite_url: str, clock: FastClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = build_desk(sqlite_url, clock)

    async def closed_behind_our_back(store: Store) -> None:
        await opened(store)
        assert store._commits is not None
        await store._commits.close()

    opened = Store.open
    monkeypatch.setattr(Store, "open", closed_behind_our_back)
    with pytest.raises(DatabaseFailed):
        await asyncio.wait_for(desk.run(), 10)


# Stopping


async def test_what_was_written_while_the_program_was_down_is_answered(
    sqlite_url: str, world: World, clock: FastClock, ada: Person
) -> None:
    for _ in range(3):
        world.say(ada, "/start")
        async with open_desk(sqlite_url, world, clock) as scene:
            await settled(scene)
    assert len(said(world, ada)) == 3


async def test_a_stop_has_a_deadline_and_loses_nothing(
    sqlite_url: str, world: World, clock: FastClock, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.STOPPING", 0.4)
    assert STOPPING <= 10
    world.faults.add(Fault(FaultKind.HANG_AFTER, "sendMessage", times=1, seconds=60))
    loop = asyncio.get_running_loop()
    async with open_desk(sqlite_url, world, clock, read_timeout=60):
        world.say(ada, "/start")
        await until(lambda: said(world, ada))
        world.say(ada, ASK)
        await until(lambda: not len(world.updates))
        began = loop.time()
    assert loop.time() - began < 3
    async with open_desk(sqlite_url, world, clock) as scene:
        await settled(scene)
        rows = await outbox_of(scene.desk.store)
    assert [text.split()[0] for text in said(world, ada)] == ["Hello", "Hello", "Free"]
    assert [(row.state, row.maybe_sent) for row in rows] == [(OutboxState.SENT, 1), (OutboxState.SENT, 0)]


async def test_a_stop_while_telegram_is_away_is_quick(sqlite_url: str, clock: FastClock) -> None:
    loop = asyncio.get_running_loop()
    async with running(build_desk(sqlite_url, clock, bot_api_url="http://127.0.0.1:9")):
        await until(lambda: clock.slept)
        began = loop.time()
    assert loop.time() - began < 2


# Secrets


async def test_neither_the_token_nor_what_people_write_is_logged(
    sqlite_url: str, world: World, ada: Person, diary: StringIO
) -> None:
    for kind in (FaultKind.BAD_GATEWAY, FaultKind.SERVER_ERROR, FaultKind.TOO_MANY, FaultKind.BLOCKED):
        for method in ("sendMessage", "getUpdates", "sendChatAction", "setMyCommands", "getMe"):
            world.faults.add(Fault(kind, method, times=1, seconds=1))
    async with served(world) as address, running(build_desk(sqlite_url, FastClock(), bot_api_url=address)):
        await until(lambda: not world.faults or clock_is_past(world), seconds=5)
        world.faults.clear()
        world.say(ada, "I have an illness named Xyzzy")
        world.updates.put("message", {"message_id": 1, "date": "Xyzzy", "chat": 1, "text": "Xyzzy"}, ada.id)
        world.say(ada, "/human Xyzzy")
        await until(lambda: len(said(world, ada)) >= 2 and not len(world.updates))
    written = diary.getvalue()
    records = [json.loads(line) for line in written.splitlines()]
    assert SECRET not in written
    assert not [each for each in records if each["levelname"] != "DEBUG" and "Xyzzy" in str(each)]
    assert {"INFO", "DEBUG", "WARNING", "ERROR"} <= {each["levelname"] for each in records}


def clock_is_past(world: World) -> bool:
    return not any(fault["method"] in ("getMe", "getUpdates") for fault in world.faults.listed())


async def test_a_gateway_that_repeats_the_address_does_not_give_the_token_away(
    sqlite_url: str, diary: StringIO
) -> None:
    requests: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[0]
        requests.append(line)
        page = f"<html>The proxy could not handle {line}</html>"
        head = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(page)}\r\n\r\n{page}".encode())
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, running(build_desk(sqlite_url, FastClock(), bot_api_url=address)):
        await until(lambda: len(requests) > 3)
    assert all(TOKEN in line for line in requests)
    assert SECRET not in diary.getvalue()


async def test_a_system_clock_is_the_default(sqlite_url: str) -> None:
    with pytest.raises(ValueError, match="needs a bot token"):
        Desk(settings(Path(), database_url=sqlite_url, bot_token=None))
    assert isinstance(build_desk(sqlite_url, SystemClock())._clock, SystemClock)
