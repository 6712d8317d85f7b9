"""The real desk on the playground, in this process, at a moment that stands still: what end-to-end tests talk to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import col, func, select
from telegram.request import HTTPXRequest

from bot.app import Desk
from bot.clock import SystemClock
from bot.config import Settings
from bot.playground.api import BotApi, InProcessTransport
from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.world import World
from bot.storage.rows import OutboxRow, OutboxState

TOKEN = "4242:playground-token"
SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PATIENCE = 10.0


HURRY = 200
"""How much faster than real time waiting goes here: a desk writes about once a second in one chat."""


class StillClock(SystemClock):
    """The moment stands still, and waiting is hurried."""

    def __init__(self, moment: datetime = SUNDAY) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment + self.shift

    def monotonic(self) -> float:
        return super().monotonic() * HURRY

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / HURRY)


class Scene:
    """A world with a desk in it."""

    def __init__(self, world: World, desk: Desk) -> None:
        self.world, self.desk, self.toast = world, desk, ""

    async def say(self, person: Person, text: str) -> list[Json]:
        """Write a text; what the bot said in return, once it has nothing more to say."""
        before = self._seen(person)
        self.world.say(person, text)
        return await self.quiet(person, before)

    async def tap(self, person: Person, button: str) -> list[Json]:
        """Press the newest button that shows ``button``; what the bot said in return."""
        before = self._seen(person)
        answer = await self.world.tap(person, self.find(person, button), button)
        self.toast = (answer or {}).get("text", "")
        return await self.quiet(person, before)

    def find(self, person: Person, button: str) -> int:
        """The newest message with a button that shows ``button``."""
        for message in reversed(self.world.messages(person.id)):
            if any(each["text"] == button for row in rows(message) for each in row):
                return int(message["message_id"])
        raise AssertionError(f"no button {button!r} in the chat")

    async def quiet(self, person: Person, before: Sequence[Json] = ()) -> list[Json]:
        """Wait until all is confirmed and sent; what the bot said or changed since ``before``."""
        async with asyncio.timeout(PATIENCE):
            while len(self.world.updates) or await self._unsent():
                await asyncio.sleep(0.005)
        return [each for each in self.world.messages(person.id) if each not in before and each["from"]["is_bot"]]

    async def _unsent(self) -> int:
        waiting = col(OutboxRow.state).in_([OutboxState.PENDING, OutboxState.SENDING])
        async with self.desk.store.reading() as tx:
            return (await tx.exec(select(func.count()).select_from(OutboxRow).where(waiting))).one()

    def _seen(self, person: Person) -> list[Json]:
        return [dict(message) for message in self.world.messages(person.id)]


def rows(message: Json) -> list[list[Json]]:
    """The rows of buttons under a message."""
    keyboard: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return keyboard


def shown(message: Json) -> str:
    """A message as a person sees it: its text, or its file and what stands below it, and its buttons in brackets."""
    buttons = [" ".join(f"[{button['text']}]" for button in row) for row in rows(message)]
    if "document" in message:
        text = f"({message['document']['file_name']})\n{message['caption']}"
    else:
        text = f"(changed) {message['text']}" if "edit_date" in message else str(message["text"])
    return "\n".join([text, *(f"  {row}" for row in buttons)])


def settings(folder: Path, **given: object) -> Settings:
    values: dict[str, object] = {"bot_token": TOKEN, "bot_api_url": "http://playground"}
    values["database_url"] = f"sqlite:///{folder / 'desk.db'}"
    return Settings(_env_file=None, **(values | given))  # type: ignore[arg-type]


@asynccontextmanager
async def open_scene(folder: Path, world: World | None = None) -> AsyncIterator[Scene]:
    """A desk at work on ``world`` until the block is left."""
    clock = StillClock()
    world = world or World(TOKEN, "desk_bot", clock=clock)
    transport = InProcessTransport(BotApi(world).app())
    desk = Desk(settings(folder), clock, HTTPXRequest(httpx_kwargs={"transport": transport}))
    work = asyncio.create_task(desk.run())
    try:
        yield Scene(world, desk)
        if work.done():
            await work
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
