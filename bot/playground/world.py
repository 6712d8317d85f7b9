"""The playground's world: Telegram, and the people who write to the bot and press its buttons."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, TypedDict, Unpack

from bot.playground.chats import CAPTIONED, GROUP, PRIVATE, SUPERGROUP, Chat, Person, member
from bot.playground.entities import Json, split_text, text_part
from bot.playground.errors import NotPossibleError
from bot.playground.files import ALBUM, MAX_SENT_BY_PEOPLE, Upload, fit_together
from bot.playground.inline import posted
from bot.playground.keyboards import find_button
from bot.playground.server import INLINE_LIFE, Query, Server

FIRST_PERSON: Final = 1001
FIRST_GROUP: Final = 2001
_SUPERGROUPS: Final = 1_000_000_000_000
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")


class Account(TypedDict, total=False):
    """What an account may have beside its first name; see ``Person``."""

    last_name: str
    username: str
    language_code: str
    demo: bool


class World(Server):
    """A local Telegram with one bot in it: everything people do is a method here.

    What the bot does arrives through ``bot.playground.api``. Moving the world's clock moves ``clock``, so a bot built
    on the same clock moves along. Where nothing else is said, people act in their private chat with the bot. What
    Telegram would not let them do raises ``NotPossibleError``. ``patience`` is how many real seconds a person waits for
    the bot in ``tap``, ``ask_inline`` and ``heard``.
    """

    patience = 5.0

    def advance(self, by: timedelta) -> None:
        """Move the clock; a negative step moves it back."""
        self.clock.shift += by
        self.feed.add("clock", now=self.now().isoformat(), shift=self.clock.shift.total_seconds())
        self.clock_moved()

    def set_clock(self, moment: datetime) -> None:
        """Make it ``moment`` (aware) now; the clock goes on from there."""
        self.advance(moment - self.now())

    def reset(self) -> None:
        """Back to the start: the clock is right, people have never met the bot, and of groups only the page's are left.

        What a running bot has set up stays: its menus, profile and webhook. Update ids go on rising.
        """
        self.clock.shift = timedelta(0)
        shown = [chat for chat in self.chats.values() if chat.demo]
        self.forget_all()
        for person in self.people.values():
            person.forget()
            self.chats[person.id] = Chat(person.id, PRIVATE, person)
        for group in shown:
            self.chats[group.id] = Chat(group.id, group.kind, title=group.title, members=group.members, demo=True)
        self.feed.add("reset")
        self.clock_moved()

    # who is there

    def add_person(self, first_name: str, *, person_id: int | None = None, **account: Unpack[Account]) -> Person:
        """A new account, unknown to the bot until it writes."""
        number = person_id or max(self.people, default=FIRST_PERSON - 1) + 1
        person = Person(number, first_name, **account)
        self.people[number] = person
        self.chats[number] = Chat(number, PRIVATE, person)
        self._tell_person(person)
        return person

    def add_group(self, title: str, members: Sequence[Person], *, supergroup: bool = True, demo: bool = False) -> Chat:
        """A group whose first member created it and added the bot; the chat page shows a ``demo`` to its members."""
        groups = (-chat.id % _SUPERGROUPS for chat in self.chats.values() if chat.person is None)
        number = 1 + max(groups, default=FIRST_GROUP - 1)
        chat = Chat(
            -(_SUPERGROUPS + number) if supergroup else -number,
            SUPERGROUP if supergroup else GROUP,
            title=title,
            bot="left",
            demo=demo,
        )
        chat.members = {person.id: "member" if place else "creator" for place, person in enumerate(members)}
        self.chats[chat.id] = chat
        self.set_bot_status(chat, members[0], "member")
        return chat

    def add_topic(self, chat: Chat, by: Person, name: str) -> int:
        """Begin a topic in a group; the number of its thread."""
        thread = chat.last_id + 1
        chat.topics[thread] = name
        self._write(by, {"forum_topic_created": {"name": name, "icon_color": 0}} | chat.in_topic(thread), chat.id)
        return thread

    def set_bot_status(self, chat: Chat, by: Person, status: str) -> None:
        """Add the bot to a group (``member``, ``administrator``) or remove it (``left``, ``kicked``)."""
        before, chat.bot = chat.bot, status
        self.feed.add("chat", chat=chat.shape())
        self._tell_membership(chat, by, before, status)

    def migrate(self, chat: Chat) -> Chat:
        """Turn a group into a supergroup; calls that still name the old one are told the new id."""
        owner = self.people[next(iter(chat.members))]
        new = Chat(chat.id - _SUPERGROUPS, SUPERGROUP, title=chat.title, members=chat.members, bot=chat.bot)
        self.chats[new.id] = new
        chat.migrated_to = new.id
        self.feed.add("chat", chat=new.shape())
        for place, content in ((chat, {"migrate_to_chat_id": new.id}), (new, {"migrate_from_chat_id": chat.id})):
            self.updates.put("message", self.post(place, owner.user(), content), place.id)
        return new

    def block(self, person: Person) -> None:
        """Stop the bot."""
        self._set_blocked(person, blocked=True)

    def unblock(self, person: Person) -> None:
        """Let the bot write again."""
        self._set_blocked(person, blocked=False)

    def delete_account(self, person: Person) -> None:
        """Leave Telegram; the bot is not told, it finds out."""
        person.deleted = True
        self._tell_person(person)

    # what people do

    def start(self, person: Person, payload: str = "") -> Json:
        """Press Start, or follow ``t.me/<bot>?start=<payload>``; who had blocked the bot unblocks it."""
        if not _PAYLOAD.fullmatch(payload):
            raise NotPossibleError(f"{payload!r} is no start payload: up to 64 of A-Z, a-z, 0-9, _ and -")
        if person.blocked:
            self.unblock(person)
        return self.say(person, f"/start {payload}".rstrip())[0]

    def say(
        self,
        person: Person,
        text: str,
        *,
        chat_id: int | None = None,
        reply_to: int | None = None,
        thread: int = 0,
    ) -> list[Json]:
        """Write a text, perhaps in a topic; a long one leaves as several messages, as Telegram's apps send it."""
        parts = split_text(text)
        if not parts:
            raise NotPossibleError("an empty message cannot be sent")
        where = self.chats[chat_id or person.id].in_topic(thread)
        answered = reply_to or thread or None  # what replies to nothing in a topic is shown as a reply to its beginning
        return [self._write(person, text_part("text", part) | where, chat_id, answered) for part in parts]

    def send_file(
        self,
        person: Person,
        kind: str,
        upload: Upload,
        *,
        caption: str = "",
        duration: int = 1,
        chat_id: int | None = None,
        reply_to: int | None = None,
    ) -> Json:
        """Send a ``photo``, ``document``, ``voice``, ``video``, ``audio``, ``animation`` or ``video_note``.

        ``duration`` is in seconds. ``Upload(…, pretended=30_000_000)`` weighs as much without being it.
        """
        return self._write(person, self._file(kind, upload, caption, duration), chat_id, reply_to)

    def send_album(
        self,
        person: Person,
        files: Sequence[tuple[str, Upload]],
        *,
        caption: str = "",
        chat_id: int | None = None,
        reply_to: int | None = None,
    ) -> list[Json]:
        """Send 2 to 10 files, each ``(kind, upload)``, as one album: a message each, the first with the caption."""
        kinds = [kind for kind, _ in files]
        if len(files) not in ALBUM or not fit_together(kinds):
            raise NotPossibleError(f"no album can be made of {', '.join(kinds) or 'nothing'}")
        parts = [self._file(kind, upload, "" if place else caption) for place, (kind, upload) in enumerate(files)]
        album = {"media_group_id": self.chats[chat_id or person.id].next_album()}
        return [self._write(person, album | part, chat_id, reply_to) for part in parts]

    def send_sticker(
        self, person: Person, emoji: str, *, chat_id: int | None = None, reply_to: int | None = None
    ) -> Json:
        """Send a sticker that stands for ``emoji``."""
        picture = Upload("sticker.webp", emoji.encode(), "image/webp")
        return self._write(person, self.files.add("sticker", picture).content(emoji=emoji), chat_id, reply_to)

    def send_location(
        self,
        person: Person,
        latitude: float,
        longitude: float,
        *,
        chat_id: int | None = None,
        reply_to: int | None = None,
    ) -> Json:
        """Send a place."""
        return self._write(person, {"location": {"latitude": latitude, "longitude": longitude}}, chat_id, reply_to)

    def send_contact(
        self,
        person: Person,
        phone_number: str,
        first_name: str,
        *,
        chat_id: int | None = None,
        reply_to: int | None = None,
    ) -> Json:
        """Send somebody's name and number."""
        contact = {"phone_number": phone_number, "first_name": first_name}
        return self._write(person, {"contact": contact}, chat_id, reply_to)

    def pin(self, person: Person, message_id: int, *, chat_id: int | None = None) -> Json:
        """Pin a message, which becomes a service message that can be neither copied nor forwarded."""
        pinned = _unanswering(self._there(self.chats[chat_id or person.id], message_id))
        return self._write(person, {"pinned_message": pinned}, chat_id)

    def edit(self, person: Person, message_id: int, text: str, *, chat_id: int | None = None) -> Json:
        """Change a text one has written, or the caption of what one has sent; an empty caption takes it away."""
        chat = self.chats[chat_id or person.id]
        old = chat.messages.get(message_id, {})
        key = "text" if "text" in old else "caption"
        if not ({"text"} | CAPTIONED) & old.keys() or old["from"]["id"] != person.id or not (text or key == "caption"):
            raise NotPossibleError(f"{person.first_name} has written no text {message_id} here")
        gone = (key, "entities" if key == "text" else "caption_entities")
        kept = {name: value for name, value in old.items() if name not in gone}
        message = self.replace(chat, kept | text_part(key, text))
        if self._bot_sees(chat, message):
            self.updates.put("edited_message", message, chat.id)
        return message

    def delete(self, person: Person, message_id: int, *, chat_id: int | None = None) -> None:
        """Take a message away from everybody in the chat; the bot is not told, it finds out."""
        self._check_account(person)
        chat = self.chats[chat_id or person.id]
        self._there(chat, message_id)
        self.drop(chat, [message_id])

    def press(
        self, person: Person, message_id: int, data: str, *, chat_id: int | None = None, stale: bool = False
    ) -> Query:
        """Press the button that carries ``data`` or shows it as its text; see ``tap`` to wait for the bot.

        ``stale`` presses a button that is no longer there, as an app with an old picture of the chat would.
        """
        chat = self.chats[chat_id or person.id]
        self._check_account(person)
        message = chat.messages.get(message_id) or {"chat": chat.shape(), "message_id": message_id, "date": 0}
        button = find_button(message, data)
        if button is None and not stale:
            raise NotPossibleError(f"message {message_id} has no button {data!r}")
        carried = button["callback_data"] if button else data
        chat.spoken_at = self.clock.monotonic()
        query = self.ask(person, chat.id)
        where = {"chat_id": chat.id, "message_id": message_id}
        self.feed.add("pressed", **where, person_id=person.id, query_id=query.id, data=carried)
        update = {"id": query.id, "from": person.user(), "message": message, "data": carried}
        self.updates.put("callback_query", {**update, "chat_instance": str(chat.id)}, chat.id)
        return query

    async def tap(
        self, person: Person, message_id: int, data: str, *, chat_id: int | None = None, stale: bool = False
    ) -> Json | None:
        """``press``, and the bot's answer: ``text``, ``show_alert``, ``url``; ``None`` if none came in time."""
        return await self._answer(self.press(person, message_id, data, chat_id=chat_id, stale=stale))

    def type_inline(self, person: Person, text: str, *, chat_id: int | None = None, offset: str = "") -> Query:
        """Type ``@<bot> text`` in a chat; see ``ask_inline`` to wait for the bot."""
        chat = self._joined(person, chat_id)
        query = self.ask(person, chat.id, INLINE_LIFE)
        asked = {"id": query.id, "from": person.user(), "query": text, "offset": offset}
        where = "sender" if chat.person is not None else chat.kind
        self.updates.put("inline_query", asked | {"chat_type": where}, person.id)
        return query

    async def ask_inline(
        self, person: Person, text: str, *, chat_id: int | None = None, offset: str = ""
    ) -> Json | None:
        """``type_inline``, and what the bot offers: ``results``, ``button``; ``None`` if nothing came in time."""
        return await self._answer(self.type_inline(person, text, chat_id=chat_id, offset=offset))

    def choose(self, person: Person, result_id: str, *, query_id: str = "") -> Json:
        """Post one of the results last offered to this person (to ``query_id``), in the chat they typed in."""
        query = self.offered.get(person.id)
        results = query.answer["results"] if query and query.answer and query_id in {"", query.id} else []
        result = next((each for each in results if each["id"] == result_id), None)
        if query is None or result is None:
            raise NotPossibleError(f"{person.first_name} is offered no {result_id!r}")
        return self._write(person, {"via_bot": self.bot_user()} | posted(result), query.chat_id)

    # what people see

    def messages(self, chat_id: int) -> list[Json]:
        """The messages of a chat, oldest first."""
        return list(self.chats[chat_id].messages.values())

    def menu(self, person: Person, chat_id: int | None = None) -> list[Json]:
        """The commands the menu offers to this person there."""
        chat = self.chats[chat_id or person.id]
        role = chat.members.get(person.id, "")
        return self.profile.menu(chat.id, person.id, person.language_code, role=role, group=chat.person is None)

    async def heard(self, who: Person | Chat, count: int = 1, *, after: int | None = None) -> list[Json]:
        """The bot's messages in a chat later than the message ``after`` (by default: than the last a person wrote).

        Waits until there are ``count``; raises ``TimeoutError`` that says what there is instead.
        """
        chat = self.chats[who.id]
        if after is None:
            after = max((n for n, message in chat.messages.items() if self.is_others(message)), default=0)
        try:
            async with asyncio.timeout(self.patience):
                while len(self._said(chat, after)) < count:
                    await self.feed.changed()
        except TimeoutError:
            said = [message.get("text") for message in self._said(chat, after)]
            raise TimeoutError(f"{len(said)} of {count} messages came in chat {chat.id}: {said}") from None
        return self._said(chat, after)

    # what follows from it

    async def _answer(self, query: Query) -> Json | None:
        try:
            async with asyncio.timeout(self.patience):
                await query.done.wait()
        except TimeoutError:
            return None
        return query.answer

    def _said(self, chat: Chat, after: int) -> list[Json]:
        return [message for n, message in chat.messages.items() if n > after and not self.is_others(message)]

    def _check_account(self, person: Person) -> None:
        if person.deleted:
            raise NotPossibleError(f"the account of {person.first_name} is deleted")

    def _joined(self, person: Person, chat_id: int | None) -> Chat:
        """The chat, if this person has an account and may write there."""
        self._check_account(person)
        chat = self.chats.get(chat_id or person.id)
        if chat is None or (chat.person is None and person.id not in chat.members):
            raise NotPossibleError(f"{person.first_name} is not in {chat.title if chat else f'chat {chat_id}'}")
        return chat

    def _write(self, person: Person, content: Json, chat_id: int | None, reply_to: int | None = None) -> Json:
        chat = self._joined(person, chat_id)
        if chat.person is not None and person.blocked:
            raise NotPossibleError(f"{person.first_name} has blocked the bot: unblock it, or start")
        if reply_to is not None:
            content = {"reply_to_message": _unanswering(self._there(chat, reply_to)), **content}
        if chat.person is not None and not person.started:
            person.started = True
            self._tell_person(person)
        chat.spoken_at = self.clock.monotonic()
        message = self.post(chat, person.user(), content)
        if self._bot_sees(chat, message):
            self.updates.put("message", message, chat.id)
        return message

    def _file(self, kind: str, upload: Upload, caption: str, duration: int = 1) -> Json:
        stored = self.files.add(kind, upload, most=MAX_SENT_BY_PEOPLE)
        return stored.content(duration=duration) | text_part("caption", caption)

    def _there(self, chat: Chat, message_id: int) -> Json:
        message = chat.messages.get(message_id)
        if message is None:
            raise NotPossibleError(f"there is no message {message_id} in chat {chat.id}")
        return message

    def _bot_sees(self, chat: Chat, message: Json) -> bool:
        if chat.person is not None or chat.bot == "administrator":
            return True
        if chat.bot != "member":
            return False
        writers = (message.get("reply_to_message", {}).get("from", {}), message.get("via_bot", {}))
        its_own = any(writer.get("id") == self.bot_id for writer in writers)
        text = str(message.get("text") or message.get("caption") or "").lower()
        return not self.privacy or its_own or text.startswith("/") or f"@{self.username.lower()}" in text

    def _set_blocked(self, person: Person, *, blocked: bool) -> None:
        if person.blocked == blocked:
            return
        person.blocked = blocked
        statuses = ("member", "kicked") if blocked else ("kicked", "member")
        self._tell_person(person)
        self._tell_membership(self.chats[person.id], person, *statuses)

    def _tell_membership(self, chat: Chat, by: Person, before: str, after: str) -> None:
        bot = self.bot_user()
        self.updates.put(
            "my_chat_member",
            {
                "chat": chat.shape(),
                "from": by.user(),
                "date": self.unix(),
                "old_chat_member": member(bot, before),
                "new_chat_member": member(bot, after),
            },
            chat.id,
        )

    def _tell_person(self, person: Person) -> None:
        states = {"started": person.started, "blocked": person.blocked, "deleted": person.deleted}
        self.feed.add("person", person={**person.user(), "demo": person.demo, **states})


def _unanswering(message: Json) -> Json:
    """A message as it is shown inside another: without what it replies to."""
    return {key: value for key, value in message.items() if key != "reply_to_message"}
