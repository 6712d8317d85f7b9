"""What arrives from Telegram becomes an event of the desk; the whole routing table is :func:`routes`."""

from __future__ import annotations

import asyncio
import html
import logging
from collections.abc import Coroutine
from typing import Any

from telegram import Bot, CallbackQuery, ChatMember, Message, Update, User
from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.outside import Outside
from bot.desk.reception import Reception
from bot.storage.errors import StorageUnavailable
from bot.transport import inline
from bot.transport.groups import addressed

log = logging.getLogger(__name__)

Context = ContextTypes.DEFAULT_TYPE
DesksApplication = Application[Any, Any, Any, Any, Any, Any]
UNKNOWN = "unknown"
CARRIED = ("photo", "animation", "document", "voice", "video", "audio", "video_note")
"""The kinds of files that are handed on to people, as Telegram calls them; an animation is a document too."""
FILES = (
    filters.PHOTO
    | filters.ANIMATION
    | filters.Document.ALL
    | filters.VOICE
    | filters.VIDEO
    | filters.AUDIO
    | filters.VIDEO_NOTE
)
LONGEST_TOAST = 200
"""Telegram's limit for the answer to a tap, in characters."""


class Handlers:
    """Hands every update to the desk and says whether it was dealt with."""

    def __init__(self, application: DesksApplication, reception: Reception, outside: Outside) -> None:
        self._application, self._bot = application, application.bot
        self._reception, self._outside = reception, outside
        self._failed: dict[int, BaseException] = {}
        self._courtesies: set[asyncio.Task[None]] = set()
        self._few = True
        application.add_handlers(self.routes())
        application.add_error_handler(self._note_failure)

    def routes(self) -> list[BaseHandler[Any, Any, Any]]:
        """Who deals with what; the first that fits does. In groups only a new text may be for the bot.

        A text that was edited is dealt with anew, where it is on a ticket it changes there; of anything else that was
        edited only what stands below a file is looked at, for a place that moves is edited every few seconds.
        """
        private = filters.ChatType.PRIVATE
        written_in_group = filters.ChatType.GROUPS & filters.UpdateType.MESSAGE & filters.TEXT & ~filters.FORWARDED
        return [
            MessageHandler(private & filters.COMMAND, self._command),
            MessageHandler(private & filters.TEXT, self._text),
            MessageHandler(private & FILES, self._file),
            MessageHandler(private & filters.UpdateType.MESSAGE & ~filters.StatusUpdate.ALL, self._other),
            MessageHandler(written_in_group, self._group),
            InlineQueryHandler(self._inline),
            CallbackQueryHandler(self._tap),
            ChatMemberHandler(self._membership, ChatMemberHandler.MY_CHAT_MEMBER),
        ]

    async def deal(self, update: Update, few: bool) -> bool:  # noqa: FBT001 - the polling's Deal
        """Deal with one update; False: it could not be stored and must come again.

        ``few`` tells whether few updates are waiting: only then is "typing …" worth a call.
        """
        self._few = few
        if _kind(update) == UNKNOWN:
            log.warning("update %s is of a kind nobody knows and is parked", update.update_id)
            return await self.park(update.update_id, UNKNOWN, UNKNOWN)
        await self._application.process_update(update)
        error = self._failed.pop(update.update_id, None)
        if error is None:
            return True
        if isinstance(error, StorageUnavailable):
            return False
        log.error("update %s failed and is parked", update.update_id, exc_info=error)
        return await self.park(update.update_id, _kind(update), type(error).__name__, _told(update))

    async def park(self, update_id: int, kind: str, error: str, user: User | None = None) -> bool:
        """Put an update aside for good; False when not even that could be stored."""
        try:
            await self._reception.parks(update_id, kind, error, _who(user) if user else None)
        except StorageUnavailable:
            return False
        except Exception:
            log.exception("update %s could not be apologised for", update_id)
            return user is not None and await self.park(update_id, kind, error)
        return True

    async def finish(self) -> None:
        """Wait for the courtesies under way."""
        if self._courtesies:
            await asyncio.wait(self._courtesies, timeout=2)

    async def _note_failure(self, update: object, context: Context) -> None:
        if isinstance(update, Update) and context.error:
            self._failed[update.update_id] = context.error

    async def _command(self, update: Update, _: Context) -> None:
        message = _message(update)
        written, text = [*_sound(message.text or "").split(maxsplit=1), ""][:2]
        formatted = [*_formatted(message).split(maxsplit=1), ""][1]
        name = written.lstrip("/").partition("@")[0]
        await self._reception.receives(_arrival(update, Kind.COMMAND, text=text, formatted=formatted, name=name))

    async def _text(self, update: Update, _: Context) -> None:
        message = _message(update)
        if message.via_bot and message.via_bot.id == self._bot.id:
            return  # a card of the bot's own, which somebody chose in this very chat: it asks nothing
        if self._few:
            self._courteously(_typing(self._bot, message.chat_id))
        text = _sound(message.text or "")
        await self._reception.receives(_arrival(update, Kind.TEXT, text=text, formatted=_formatted(message)))

    async def _file(self, update: Update, _: Context) -> None:
        message = _message(update)
        name = next(kind for kind in CARRIED if getattr(message, kind, None))
        below, formatted = _sound(message.caption or ""), _captioned(message)
        await self._reception.receives(_arrival(update, Kind.FILE, text=below, formatted=formatted, name=name))

    async def _other(self, update: Update, _: Context) -> None:
        await self._reception.receives(_arrival(update, Kind.OTHER))

    async def _group(self, update: Update, _: Context) -> None:
        asked = addressed(update.update_id, _message(update), self._bot.bot)
        if asked is not None:
            await self._outside.hears(asked)

    async def _inline(self, update: Update, _: Context) -> None:
        query = update.inline_query
        if query is None:
            return
        try:
            offer = await self._outside.offers(_who(query.from_user), _sound(query.query))
        except StorageUnavailable as error:
            log.warning("an inline question is left unanswered: %s", error)  # it is worth nothing when it comes again
        else:
            self._courteously(inline.answer(self._bot, query.id, offer))

    async def _tap(self, update: Update, _: Context) -> None:
        query = update.callback_query
        if query is None:
            return
        toast = None
        if query.message is None or query.message.chat.type == query.message.chat.PRIVATE:
            message_id = query.message.message_id if query.message else None
            data = _sound(query.data or "")
            try:
                who = _who(query.from_user)
                toast = await self._reception.receives(
                    Arrival(update.update_id, who, Kind.TAP, data=data, message_id=message_id)
                )
            except StorageUnavailable:
                raise  # it comes again
            except Exception:
                self._courteously(_answer(query, None))
                raise
        self._courteously(_answer(query, toast))

    async def _membership(self, update: Update, _: Context) -> None:
        change = update.my_chat_member
        if change and change.chat.type == change.chat.PRIVATE:
            there = change.new_chat_member.status not in {ChatMember.BANNED, ChatMember.LEFT}
            await self._reception.comes_or_goes(update.update_id, _who(change.from_user), there=there)

    def _courteously(self, call: Coroutine[Any, Any, None]) -> None:
        """Make a call whose failure does not matter, beside the work."""
        task = asyncio.create_task(call)
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)


async def _typing(bot: Bot, chat_id: int) -> None:
    try:
        await bot.send_chat_action(chat_id, ChatAction.TYPING)
    except TelegramError as error:
        log.debug("typing was not shown: %s", type(error).__name__)


async def _answer(query: CallbackQuery, toast: str | None) -> None:
    try:
        await query.answer(toast[:LONGEST_TOAST] if toast else None)
    except TelegramError as error:
        log.debug("a tap was not answered: %s", type(error).__name__)


def _message(update: Update) -> Message:
    message = update.effective_message
    if message is None:
        raise ValueError("an update without a message")
    return message


def _user(update: Update) -> User:
    user = update.effective_user
    if user is None:
        raise ValueError("an update without a sender")
    return user


def _told(update: Update) -> User | None:
    """Who is told that something went wrong: nobody in a group, and nobody who only typed after the bot's name."""
    chat = update.effective_chat
    elsewhere = update.inline_query is not None or (chat is not None and chat.type != chat.PRIVATE)
    return None if elsewhere else update.effective_user


def _who(user: User) -> Who:
    return Who(user.id, user.language_code or "", _sound(user.first_name))


def _arrival(update: Update, kind: Kind, *, text: str = "", formatted: str = "", name: str = "") -> Arrival:
    """What somebody sent, as the desk takes it."""
    message = _message(update)
    return Arrival(
        update.update_id,
        _who(_user(update)),
        kind,
        text=text,
        formatted=formatted,
        name=name,
        message_id=message.message_id,
        reply_to=message.reply_to_message.message_id if message.reply_to_message else None,
        album=message.media_group_id,
        edited=update.edited_message is not None,
    )


def _sound(text: str) -> str:
    """The text with a question mark for each half of a character, which no encoding carries, and without NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _formatted(message: Message) -> str:
    """The text as HTML, with what the sender formatted; bare where half a character makes that impossible."""
    try:
        return message.text_html or ""
    except UnicodeError:
        return html.escape(_sound(message.text or ""), quote=False)


def _captioned(message: Message) -> str:
    """The same of what stands below a file."""
    try:
        return message.caption_html or ""
    except UnicodeError:
        return html.escape(_sound(message.caption or ""), quote=False)


def _kind(update: Update) -> str:
    return next((kind for kind in Update.ALL_TYPES if getattr(update, kind, None) is not None), UNKNOWN)
