"""The composition root: builds, starts and stops everything; nothing else constructs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError
from telegram.ext import Application
from telegram.request import BaseRequest

from bot.clock import Clock, SystemClock
from bot.config import Settings
from bot.desk import season
from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.broadcasts import Broadcasts
from bot.desk.calls import Calls
from bot.desk.candidates import Candidates
from bot.desk.cards import Cards
from bot.desk.library import Library
from bot.desk.mailings import Mailings
from bot.desk.members import Members
from bot.desk.newsroom import Newsroom
from bot.desk.outbox import Outbox
from bot.desk.outside import Outside
from bot.desk.proposals import Proposals
from bot.desk.publishing import Publishing
from bot.desk.reception import Reception
from bot.desk.reminders import Reminders
from bot.desk.rounds import Rounds
from bot.desk.staff import Room, Staff, StaffTurn
from bot.desk.staffroom import Staffroom
from bot.desk.statistics import Finishing, Statistics
from bot.desk.students import Students
from bot.desk.tickets import Tickets
from bot.desk.tutoring import Tutoring
from bot.desk.upkeep import Upkeep
from bot.rules.answers import Knowledge
from bot.rules.calls import Call, year_of_call
from bot.rules.messages import LANGS, Lang
from bot.rules.roles import Role
from bot.scheduler import Scheduler
from bot.storage import calls, members, outbox
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.store import Store
from bot.storage.ticket_rows import Member
from bot.transport.connection import Connection
from bot.transport.handlers import DesksApplication, Handlers
from bot.transport.polling import Polling
from bot.transport.sender import Sender, from_gateway, seconds_of

log = logging.getLogger(__name__)

SWITCH = 0.0002
"""Seconds after which a busy thread lets another run; Python's 5 ms let a busy loop starve the thread that commits."""
NOBODY = Arrival(0, Who(0, "", ""), Kind.OTHER)
"""What the program does by itself, where a person's doing is asked for."""
STOPPING = 10.0
"""Seconds within which the program has stopped after it was asked to."""


class TokenRefused(Exception):
    """Telegram does not know this bot token."""


class Desk:
    """The running program: everything built, not yet started.

    Args:
        settings: The settings; ``bot_token`` must be given.
        clock: The time.
        request: How Telegram is reached; given by tests, which reach the playground without a socket.
        announced: Calls that are announced at the start where none ever was; given by ``bot try``.
        tutors: Members of staff at the start where nobody is one; given by ``bot try``.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        request: BaseRequest | None = None,
        announced: Sequence[Call] = (),
        tutors: Sequence[Member] = (),
    ) -> None:
        if settings.bot_token is None:
            raise ValueError("a desk needs a bot token")
        os.environ.setdefault(
            "PTB_TIMEDELTA", "true"
        )  # durations as python-telegram-bot 23 will have them, not a warning
        self._clock, self._announced, self._tutors = clock or SystemClock(), announced, tutors
        self.store = Store(settings.database_url)
        self._application = _application(settings, request)
        self._library = library = Library.open(settings.knowledge_dir, settings.desk_timezone, settings.cache_dir)
        self._staffroom = staffroom = Staffroom(settings.admin_ids, settings.staff_chat_id)
        newsroom = Newsroom(library.voice, staffroom)
        reminders = Reminders(self.store, library.voice, self._clock, self._send)
        self._cards = cards = Cards(library, staffroom)
        rounds = Rounds(self.store, library, staffroom, cards, self._clock, self._send)
        self._mailings = Mailings(self.store, library.voice, newsroom, (reminders, rounds), self._clock, self._send)
        deliver = Finishing(Sender(self._application.bot).deliver, library).deliver
        self._outbox = Outbox(self.store, deliver, self._mailings.compose, self._clock, _owner())
        self._outbox.report = cards.landed
        students = Students(library, Tickets(library, staffroom, cards))
        self._publishing = Publishing(self.store, library, staffroom, self._clock, self._send)
        self.staff = Staff(self._rooms())
        self.reception = Reception(
            self.store, library.voice, staffroom, students, self.staff, self._clock, self._send, self.look
        )
        outside = Outside(self.store, library, self._clock, self._username, self._send, settings.staff_chat_id)
        self._handlers = Handlers(self._application, self.reception, outside)
        self._polling = Polling(self._application.bot, self._handlers.deal, self._handlers.park, self._clock)
        self._upkeep = Upkeep(
            self.store, self._outbox, cards, self.look, self._clock, timedelta(days=settings.keep_days)
        )

    def _rooms(self) -> tuple[Room, ...]:
        """The parts of what staff can do."""
        library, cards, room = self._library, self._cards, self._staffroom
        proposals = Proposals(self._publishing, room)
        self._tutoring = tutoring = Tutoring(library, cards, proposals.propose)
        members = Members(room, self._username, tutoring.release_all)
        candidates = Candidates(self._publishing, room)
        return Calls(), Broadcasts(library.voice), tutoring, members, proposals, Statistics(), candidates

    def _username(self) -> str:
        username: str = self._application.bot.username
        return username

    def _send(self) -> None:
        self._outbox.wake()

    def look(self) -> None:
        """Something may be due, to be begun or to be sent: it was planned just now, or the clock jumped."""
        self._outbox.wake()
        self._mailings.wake()
        self._publishing.wake()

    async def next_event(self) -> datetime | None:
        """The moment at which the desk will write to somebody without being asked; None: nothing is planned."""
        return await self._mailings.next_event()

    async def run(self) -> None:
        """Work until cancelled, then let what is under way end.

        Raises:
            TokenRefused: Telegram does not know the token.
            StorageUnavailable: The database cannot be used.
        """
        async with self._open():
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._poll())
                    tasks.create_task(self._outbox.run())
                    tasks.create_task(self._mailings.run())
                    tasks.create_task(self._publishing.run())
            except* InvalidToken as errors:
                raise TokenRefused(TokenRefused.__doc__) from errors.exceptions[0]

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        await self.store.open()
        scheduler = Scheduler(self._upkeep.tick, self._upkeep.clean)
        scheduler.start()
        try:
            await self._dismiss()
            await self._stage()
            await self._outbox.recover(everyone=self.store.owned)
            await self._upkeep.clean()
            yield
        finally:
            scheduler.stop()
            await self._handlers.finish()
            await self._outbox.finish(STOPPING / 2)
            await self.store.close()
            await _close(self._application.bot)

    async def _dismiss(self) -> None:
        """Those whom the settings do not name as admins any more are none: what they owed an answer is the others'."""
        async with self.store.transaction() as tx:
            turn = StaffTurn(tx, self._library.voice, 0, "en", self._clock.now(), Role.ADMIN, NOBODY)
            for user_id in await members.former(tx, self._staffroom.admins):
                await self._tutoring.release_all(turn, user_id)
                turn.post(
                    Outgoing(
                        f"dismissed:{user_id}:{turn.now.isoformat()}",
                        user_id,
                        "menu",
                        {"commands": {}},
                        ANSWER,
                        turn.now,
                    )
                )
            await outbox.enqueue(tx, turn.outgoing(), turn.now)

    async def _stage(self) -> None:
        """Announce the calls that were given, and let the tutors in, where there never were any."""
        now = self._clock.now()
        async with self.store.transaction() as tx:
            if self._tutors and not await members.everybody(tx):
                for tutor in self._tutors:
                    await members.save(tx, tutor)
            if self._announced and not await calls.listed(tx, datetime.min.replace(tzinfo=now.tzinfo)):
                for call in self._announced:
                    rules = self._library.voice.knowledge.rules[call.programme]
                    year = year_of_call(rules, call.dates, self._library.voice.zone)
                    kept = await calls.add(tx, replace(call, year=year), now)
                    await season.plan(StaffTurn(tx, self._library.voice, 0, "en", now, Role.ADMIN, NOBODY), kept)

    async def _poll(self) -> None:
        bot = self._application.bot
        await _reach(bot, self._clock)
        await self._application.initialize()
        async with self.store.reading() as tx:
            roles = {each.user_id: each.role for each in await members.everybody(tx)}
            roles |= dict.fromkeys(sorted(self._staffroom.admins), Role.ADMIN)
            staff = {who: (await self._staffroom.language(tx, who), role) for who, role in roles.items()}
        menus = asyncio.create_task(_describe(bot, self._library.voice.knowledge, staff, self._clock))
        try:
            log.info("the desk is open: @%s", bot.username)
            if not bot.supports_inline_queries:
                log.info("inline mode is off: /setinline at @BotFather lets people ask from any chat")
            await self._polling.run()
        finally:
            menus.cancel()


def _owner() -> str:
    return f"{os.getpid()}-{uuid.uuid4().hex[:12]}"


def _application(settings: Settings, request: BaseRequest | None) -> DesksApplication:
    token = settings.bot_token.get_secret_value() if settings.bot_token else ""
    base = str(settings.bot_api_url).rstrip("/")
    builder: Any = Application.builder()
    application: DesksApplication = (
        builder.token(token)
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .request(request or Connection())
        .get_updates_request(request or Connection())
        .updater(None)
        .job_queue(None)
        .build()
    )
    return application


async def _reach(bot: Bot, clock: Clock) -> None:
    """Wait until Telegram answers, however long that takes; a webhook left by somebody is taken off, updates kept."""
    pause = 1.0
    while True:
        try:
            await bot.initialize()
            await bot.delete_webhook(drop_pending_updates=False)
        except (TelegramError, KeyError, TypeError) as error:  # the last two: an answer of another shape
            if isinstance(error, InvalidToken) and not from_gateway(error):
                raise
            log.warning("Telegram cannot be reached (%s), next try in %.0f s", type(error).__name__, pause)
            await clock.sleep(pause)
            pause = min(pause * 2, 30.0)
        else:
            return


async def _describe(bot: Bot, knowledge: Knowledge, staff: Mapping[int, tuple[Lang, Role]], clock: Clock) -> None:
    """Set the command menu and the bot's descriptions in both languages, however often it takes."""
    pause = 1.0
    while True:
        try:
            await _describe_once(bot, knowledge)
            await _describe_to(bot, knowledge, staff)
        except BadRequest as error:
            log.error("the menus are refused: %s", error)  # noqa: TRY400 - the sentence says it all
            return
        except TelegramError as error:
            pause = seconds_of(error) if isinstance(error, RetryAfter) else min(pause * 2, 300.0)
            log.warning("the menus could not be set (%s), next try in %.0f s", type(error).__name__, pause)
            await clock.sleep(pause)
        else:
            return


async def _describe_once(bot: Bot, knowledge: Knowledge) -> None:
    words = knowledge.words
    for lang in LANGS:
        code = None if lang == "en" else lang  # English is everybody else's
        menu = [BotCommand(name, text) for name, text in words.commands(lang).items()]
        await bot.set_my_commands(menu, language_code=code)
        await bot.set_my_short_description(words.plain(lang, "about.short"), language_code=code)
        await bot.set_my_description(words.plain(lang, "about.long"), language_code=code)


async def _describe_to(bot: Bot, knowledge: Knowledge, staff: Mapping[int, tuple[Lang, Role]]) -> None:
    """Give the staff a menu of their own, each in their language; whoever has not opened the chat gets it then."""
    for member, (lang, role) in staff.items():
        menu = [BotCommand(name, text) for name, text in knowledge.words.commands(lang, role).items()]
        try:
            await bot.set_my_commands(menu, scope=BotCommandScopeChat(member))
        except BadRequest as error:
            log.info("the staff's menu waits for %d to open the chat: %s", member, error)


async def _close(bot: Bot) -> None:
    for request in {id(each): each for each in bot._request}.values():  # noqa: SLF001 - shutdown() needs a bot that began
        await request.shutdown()


def run_until_stopped(desk: Desk) -> None:
    """Run a desk until SIGINT or SIGTERM; a second signal, or too long a stop, ends it at once."""
    sys.setswitchinterval(SWITCH)
    asyncio.run(_until_stopped(desk))


async def _until_stopped(desk: Desk) -> None:
    work = asyncio.create_task(desk.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, work, loop)
    try:
        await work
    except asyncio.CancelledError:
        log.info("the desk is closed")


def _stop(work: asyncio.Task[None], loop: asyncio.AbstractEventLoop) -> None:
    if work.cancelling():
        os._exit(1)
    work.cancel()
    loop.call_later(STOPPING, os._exit, 1)
