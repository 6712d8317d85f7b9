"""The real desk on the playground, in this process, at a moment that stands still: what end-to-end tests talk to."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import and_, col, exists, func, or_, select
from telegram.request import HTTPXRequest

from bot.app import Desk
from bot.clock import SystemClock
from bot.config import Settings
from bot.knowledge import FOLDER
from bot.playground.api import BotApi, InProcessTransport
from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.world import World
from bot.rules.roles import Role
from bot.storage import deadlines, members, tickets
from bot.storage.rows import MailingRow, MailingState, OutboxRow, OutboxState
from bot.storage.ticket_rows import Member
from tests.book import trained

TOKEN = "4242:playground-token"
SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PATIENCE = 10.0
SOON = timedelta(minutes=5)
"""What is due within this is waited for, such as what is tried once more; what is due later is another day's."""
LOOPS = 3
"""How many loops rest on the clock while nothing is due: messages to many, the outbox, the desk's own answers."""

FILES = ("photo", "animation", "document", "voice", "video", "audio", "video_note", "sticker")
HURRY = 200
"""How much faster than real time waiting goes here: a desk writes about once a second in one chat."""


class StillClock(SystemClock):
    """The moment stands still, and waiting is hurried; it knows whether the desk rests, and how often it did."""

    def __init__(self, moment: datetime = SUNDAY) -> None:
        super().__init__()
        self.moment, self.rests = moment, 0
        self._resting: set[asyncio.Event] = set()

    @property
    def at_rest(self) -> bool:
        return len(self._resting) == LOOPS and not any(wake.is_set() for wake in self._resting)

    def now(self) -> datetime:
        return self.moment + self.shift

    def monotonic(self) -> float:
        return super().monotonic() * HURRY

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / HURRY)

    async def wait(self, wake: asyncio.Event, seconds: float | None) -> bool:
        self.rests += 1
        self._resting.add(wake)
        try:
            return await super().wait(wake, seconds)
        finally:
            self._resting.discard(wake)


class Scene:
    """A world with a desk in it."""

    def __init__(self, world: World, desk: Desk) -> None:
        self.world, self.desk, self.toast = world, desk, ""
        world.next_event, world.clock_moved = desk.next_event, desk.look

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
        """Wait until all is confirmed, begun and sent that is due; what the bot said or changed since ``before``."""
        async with asyncio.timeout(PATIENCE):
            while not await self._settled():
                await asyncio.sleep(0.005)
        return [each for each in self.world.messages(person.id) if each not in before and each["from"]["is_bot"]]

    async def until(self, moment: datetime) -> None:
        """Let time pass until ``moment``, with everything the desk does by itself on the way, each at its moment."""
        while (following := await self.desk.next_event()) is not None and self.world.now() < following <= moment:
            await self._becomes(following)
        await self._becomes(moment)

    async def _becomes(self, moment: datetime) -> None:
        self.world.set_clock(moment)
        await self.quiet(next(iter(self.world.people.values())))

    async def _settled(self) -> bool:
        """Whether nothing is due any more; where no time passes by itself, a desk that rests on it is told to look."""
        if len(self.world.updates):
            return False
        clock, rests = self.world.clock, getattr(self.world.clock, "rests", 0)
        due, flying = await self._due()
        if not isinstance(clock, StillClock):
            return not (len(self.world.updates) or due or flying)
        if len(self.world.updates) or not clock.at_rest or clock.rests != rests:
            return False
        if due and not flying:
            await self._let_pass()
            self.desk.look()
        return not (due or flying)

    async def _let_pass(self) -> None:
        """Where time stands still, let it pass until what leaves soon is due: the rest of an album is waited for."""
        waiting = select(func.min(OutboxRow.due_at)).where(col(OutboxRow.state) == OutboxState.PENDING)
        async with self.desk.store.reading() as tx:
            first = (await tx.exec(waiting)).first()
        if first is not None and self.world.now() < first <= self.world.now() + SOON:
            self.world.set_clock(first)

    async def _due(self) -> tuple[int, int]:
        """How much is to be begun, ended or sent now, and how many messages are in flight."""
        now, state = self.world.now(), col(OutboxRow.state)
        soon = and_(state == OutboxState.PENDING, col(OutboxRow.due_at) <= now + SOON)
        copies = select(OutboxRow.id).where(
            col(OutboxRow.mailing_id) == col(MailingRow.id), state == OutboxState.PENDING
        )
        begun = and_(
            col(MailingRow.state) == MailingState.SENDING, or_(col(MailingRow.fanned_at).is_(None), ~exists(copies))
        )
        planned = and_(col(MailingRow.state) == MailingState.PLANNED, col(MailingRow.due_at) <= now)
        async with self.desk.store.reading() as tx:
            unsent = (await tx.exec(select(func.count()).select_from(OutboxRow).where(soon))).one()
            to_many = (await tx.exec(select(func.count()).select_from(MailingRow).where(or_(begun, planned)))).one()
            sending = select(func.count()).select_from(OutboxRow).where(state == OutboxState.SENDING)
            waiting = len(await deadlines.due(tx, now)) + len(await tickets.due(tx, now))
            return unsent + to_many + waiting, (await tx.exec(sending)).one()

    def _seen(self, person: Person) -> list[Json]:
        return [dict(message) for message in self.world.messages(person.id)]


def rows(message: Json) -> list[list[Json]]:
    """The rows of buttons under a message."""
    keyboard: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return keyboard


def shown(message: Json) -> str:
    """A message as a person sees it: its text, or its file and what stands below it, and its buttons in brackets."""
    buttons = [" ".join(f"[{button['text']}]" for button in row) for row in rows(message)]
    changed = "(changed) " if "edit_date" in message else ""
    if "text" in message:
        text = f"{changed}{message['text']}"
    else:
        kind = next((each for each in FILES if each in message), "something")
        name = message["document"].get("file_name", kind) if kind == "document" else kind
        text = "\n".join(each for each in (f"({name})", changed + message.get("caption", "")) if each)
    return "\n".join([text, *(f"  {row}" for row in buttons)])


def settings(folder: Path, **given: object) -> Settings:
    values: dict[str, object] = {"bot_token": TOKEN, "bot_api_url": "http://playground"}
    values["database_url"] = f"sqlite:///{folder / 'desk.db'}"
    return Settings(_env_file=None, **(values | given))  # type: ignore[arg-type]


async def _hire(scene: Scene, clock: StillClock, tutors: Mapping[str, str]) -> None:
    """Let tutors in, who have opened their chats."""
    while not clock.at_rest:
        await asyncio.sleep(0.001)
    world = scene.world
    people = [world.add_person(name, language_code=lang) for name, lang in tutors.items()]
    async with scene.desk.store.transaction() as tx:
        for each in people:
            since = world.now() + timedelta(seconds=each.id)
            await members.save(
                tx, Member(user_id=each.id, role=Role.TUTOR, name=each.first_name, on_duty=True, since=since)
            )
    for each in people:
        world.start(each)
        await scene.quiet(each)


@asynccontextmanager
async def open_scene(
    folder: Path, staff: Mapping[str, str] | None = None, tutors: Mapping[str, str] | None = None
) -> AsyncIterator[Scene]:
    """A desk at work until the block is left; ``staff`` are its admins: names, and the languages of their apps.

    ``tutors`` are on duty for everything. The knowledge is a copy, so that what the desk writes stays in ``folder``.
    """
    clock = StillClock()
    world = World(TOKEN, "desk_bot", clock=clock)
    admins = frozenset(world.add_person(name, language_code=lang).id for name, lang in (staff or {}).items())
    transport = InProcessTransport(BotApi(world).app())
    given = {"admin_ids": admins, "knowledge_dir": shutil.copytree(FOLDER, folder / "knowledge", dirs_exist_ok=True)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.desk.library.matcher", lambda *_: trained())  # what is read anew later is learned anew
        desk = Desk(settings(folder, **given), clock, HTTPXRequest(httpx_kwargs={"transport": transport}))
    work = asyncio.create_task(desk.run())
    try:
        scene = Scene(world, desk)
        await _hire(scene, clock, tutors or {})
        yield scene
        if work.done():
            await work
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
