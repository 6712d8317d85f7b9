"""A playground for one test, and a python-telegram-bot ``Bot`` that talks to it in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.playground.api import BotApi, InProcessTransport
from bot.playground.chats import Person
from bot.playground.world import World

BOT_ID = 4242
TOKEN = f"{BOT_ID}:playground"
ROOT = "http://playground"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4) + b"\x08\x02\0\0\0"


class HandClock:
    """Time that stands still at noon unless moved by hand."""

    def __init__(self) -> None:
        self.shift = timedelta(0)
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOON + self.shift

    def monotonic(self) -> float:
        return self.seconds


def new_world() -> World:
    return World(TOKEN, "desk_bot", clock=HandClock())


@asynccontextmanager
async def open_bot(world: World, token: str = TOKEN, read_timeout: float = 5) -> AsyncIterator[Bot]:
    """A ``Bot`` that has not called ``getMe`` yet."""
    request, polling = (
        HTTPXRequest(read_timeout=read_timeout, httpx_kwargs={"transport": InProcessTransport(BotApi(world).app())})
        for _ in range(2)
    )
    bot = Bot(
        token,
        base_url=f"{ROOT}/bot",
        base_file_url=f"{ROOT}/file/bot",
        request=request,
        get_updates_request=polling,
    )
    await request.initialize()
    await polling.initialize()
    try:
        yield bot
    finally:
        await request.shutdown()
        await polling.shutdown()


@pytest.fixture
def world() -> World:
    return new_world()


@pytest.fixture
def ada(world: World) -> Person:
    """Somebody who has opened the chat."""
    ada = world.add_person("Ada")
    world.start(ada)
    return ada


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        yield bot
