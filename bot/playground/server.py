"""Telegram's side of the playground: what it keeps, and what it does for the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import httpx

from bot.playground.chats import SUPERGROUP, Chat, Person
from bot.playground.entities import Json
from bot.playground.errors import bad_request
from bot.playground.faults import Faults
from bot.playground.feed import Feed
from bot.playground.files import Files
from bot.playground.limits import Limits
from bot.playground.profile import Profile
from bot.playground.updates import Updates
from bot.playground.webhook import Webhook

QUERY_LIFE: Final = timedelta(minutes=1)
INLINE_LIFE: Final = timedelta(seconds=10)
DELETE_WITHIN: Final = timedelta(hours=48)


class MovableClock(Protocol):
    """The time the playground lives by; ``shift`` moves it away from the machine's."""

    shift: timedelta

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back and that no shift moves."""
        ...


@dataclass(slots=True)
class Query:
    """A button pressed, or an inline question asked, that waits for the bot, for as long as its ``life``.

    ``answer`` is what the bot said: ``text``, ``show_alert`` and ``url`` for a press; inline ``results``, the
    ``button`` above them, ``cache_time`` and ``is_personal``.
    """

    id: str
    person: Person
    chat_id: int
    at: datetime
    life: timedelta = QUERY_LIFE
    answer: Json | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Server:
    """People, chats, messages, files and updates of one bot. ``offered`` is what inline results people see, by person.

    ``seed`` decides which calls a fault with a probability meets; ``webhook_transport`` brings updates to a receiver in
    this process instead of over the network. In groups the bot sees commands, replies to it and its name only, unless
    ``privacy`` is off.

    Whoever runs the bot may set two hooks: ``next_event`` says when the bot will do something next by itself (``None``:
    nothing is planned), and ``clock_moved`` is told after the clock was moved by hand.
    """

    def __init__(
        self,
        token: str,
        username: str = "mobility_desk_bot",
        *,
        clock: MovableClock,
        seed: int = 0,
        webhook_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.token = token
        self.username = username
        self.clock = clock
        self.bot_id = int(token.partition(":")[0])
        self.privacy = True
        self.logged_out = False
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.offered: dict[int, Query] = {}
        self.next_event: Callable[[], Awaitable[datetime | None]] | None = None
        self.clock_moved: Callable[[], None] = lambda: None
        self.closed = asyncio.Event()
        self.feed = Feed(clock.now)
        self.updates = Updates(clock.now)
        self.faults = Faults(seed, lambda: self.feed.add("fault", faults=self.faults.listed()))
        self.limits = Limits(clock.monotonic)
        self.files = Files()
        self.profile = Profile(username, self.feed.add)
        self.webhook = Webhook(self.updates, clock.now, self.feed.add, webhook_transport)
        self._queries: dict[str, Query] = {}
        self._asked = 0

    async def aclose(self) -> None:
        """End long polls, hanging calls, the feed and the webhook."""
        self.closed.set()
        self.updates.end_poll()
        self.feed.close()
        await self.webhook.aclose()

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self.clock.now()

    def unix(self) -> int:
        """The same as Telegram writes it."""
        return int(self.clock.now().timestamp())

    def bot_user(self) -> Json:
        """The bot as a ``User``."""
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": self.profile.text("name"),
            "username": self.username,
        }

    def chat(self, target: int | str) -> Chat:
        """The chat with this id, or of the person with this ``@username``; else ``ApiError``."""
        if isinstance(target, str):
            if not target:
                raise bad_request("chat_id is empty")
            wanted = target.removeprefix("@").lower()
            target = next((p.id for p in self.people.values() if p.username.lower() == wanted), 0)
        chat = self.chats.get(target)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def met(self, target: int | str) -> Chat:
        """The chat, if the bot has ever been in it; else ``ApiError``."""
        chat = self.chat(target)
        if chat.person is not None and not chat.person.started:
            raise bad_request("chat not found")
        return chat

    def recipient(self, target: int | str) -> Chat:
        """The chat, if the bot may write there now; else ``ApiError``."""
        chat = self.chat(target)
        chat.check_bot_may_write()
        return chat

    def post(self, chat: Chat, sender: Json, content: Json, *, keyboard: Json | None = None) -> Json:
        """Put a message into a chat; ``keyboard`` is the reply keyboard it brings or takes away."""
        message_id = chat.next_id()
        message = {"message_id": message_id, "from": sender, "chat": chat.shape(), "date": self.unix(), **content}
        chat.messages[message_id] = message
        if keyboard is None:
            self.feed.add("message", chat_id=chat.id, message=message)
        else:
            chat.keyboard = keyboard
            self.feed.add("message", chat_id=chat.id, message=message, keyboard=keyboard)
        return message

    def replace(self, chat: Chat, message: Json) -> Json:
        """Put a changed message in the place of the old one."""
        changed = {**message, "edit_date": self.unix()}
        chat.messages[changed["message_id"]] = changed
        self.feed.add("edited", chat_id=chat.id, message=changed)
        return changed

    def remove(self, chat: Chat, message_ids: list[int]) -> None:
        """Delete messages; those that are not there are no error. Raises ``ApiError`` for those that may not go."""
        found = [chat.messages[message_id] for message_id in message_ids if message_id in chat.messages]
        oldest = (self.now() - DELETE_WITHIN).timestamp()
        foreign = chat.person is None and chat.bot != "administrator" and any(map(self.is_others, found))
        if foreign or any(message["date"] < oldest for message in found):
            raise bad_request("message can't be deleted" + ("" if chat.kind == SUPERGROUP else " for everyone"))
        self.drop(chat, [message["message_id"] for message in found])

    def drop(self, chat: Chat, message_ids: list[int]) -> None:
        """Take messages that are there out of a chat."""
        for message_id in message_ids:
            del chat.messages[message_id]
            chat.reactions.pop(message_id, None)
        self.feed.add("deleted", chat_id=chat.id, message_ids=message_ids)

    def is_others(self, message: Json) -> bool:
        """Whether somebody other than the bot wrote it."""
        return bool(message["from"]["id"] != self.bot_id)

    def ask(self, person: Person, chat_id: int, life: timedelta = QUERY_LIFE) -> Query:
        """A new query, waiting for its answer."""
        self._asked += 1
        query = Query(f"{self.bot_id}{self._asked:08}", person, chat_id, self.now(), life)
        self._queries[query.id] = query
        return query

    def answer(self, query_id: str, answer: Json) -> Query:
        """The bot's answer to a query; raises ``ApiError`` where it is unknown, answered or too old."""
        query = self._queries.pop(query_id, None)
        if query is None or self.now() - query.at > query.life:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        query.answer = answer
        query.done.set()
        self.feed.add("answered", query_id=query.id, person_id=query.person.id, chat_id=query.chat_id, **answer)
        return query

    def forget_all(self) -> None:
        """Forget chats, messages, files, queries, waiting updates, faults and limits."""
        self.chats.clear()
        self._queries.clear()
        self.offered.clear()
        self.updates.drop()
        self.files.clear()
        self.limits.on = False
        self.limits.forget()
        self.faults.clear()
