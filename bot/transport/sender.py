"""A message becomes a Bot API call, and whatever comes back becomes an outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.rules.delivery import Gone, Halted, Migrated, NotSent, Outcome, Refused, RetryAt, Sent, Unknown

NEVER_LEFT = (httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError)
"""Causes that prove a request never reached the server."""
NOBODY = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")
UNCHANGED = ("message is not modified", "message to edit not found", "message can't be edited")
"""An edit that comes too late, or twice, has done its work."""


class Sender:
    """Delivers one message at a time; safe to use for many chats at once."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def deliver(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> Outcome:
        """Carry out one row of the outbox.

        Args:
            chat_id: The chat it goes to.
            method: ``send``, ``edit`` (``payload["message_id"]``) or ``menu`` (``payload["commands"]``).
            payload: ``text`` in Telegram's HTML and ``buttons``, rows of ``{"text", "data" | "url" | "copy"}``.
        """
        try:
            return Sent(await self._call(chat_id, method, payload))
        except TelegramError as error:
            return outcome_of(error, editing=method == "edit")

    async def _call(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> int | None:
        if method == "menu":
            commands = [BotCommand(name, text) for name, text in payload["commands"].items()]
            await self._bot.set_my_commands(commands, scope=BotCommandScopeChat(chat_id))
            return None
        looks = {
            "text": payload["text"],
            "parse_mode": ParseMode.HTML,
            "reply_markup": keyboard(payload.get("buttons", ())),
            "link_preview_options": LinkPreviewOptions(is_disabled=True),
        }
        if method == "edit":
            message_id = int(payload["message_id"])
            await self._bot.edit_message_text(chat_id=chat_id, message_id=message_id, **looks)
            return message_id
        sent: Message = await self._bot.send_message(chat_id=chat_id, **looks)
        return sent.message_id


def keyboard(rows: Sequence[Sequence[Mapping[str, str]]]) -> InlineKeyboardMarkup | None:
    """The buttons under a message as Telegram wants them; None where there are none."""
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in rows])


def _button(button: Mapping[str, str]) -> InlineKeyboardButton:
    if button.get("copy"):
        return InlineKeyboardButton(button["text"], copy_text=CopyTextButton(button["copy"]))
    if button.get("url"):
        return InlineKeyboardButton(button["text"], url=button["url"])
    return InlineKeyboardButton(button["text"], callback_data=button["data"])


def outcome_of(error: TelegramError, *, editing: bool = False) -> Outcome:
    """What an error of python-telegram-bot means for the message.

    The order matters: ``BadRequest`` and ``TimedOut`` are ``NetworkError`` too.
    """
    if isinstance(error, RetryAfter):
        return RetryAt(seconds_of(error))
    if isinstance(error, ChatMigrated):
        return Migrated(error.new_chat_id)
    if isinstance(error, (InvalidToken, Conflict)):
        return Halted(str(error))
    if isinstance(error, Forbidden):
        return Gone(str(error))
    if isinstance(error, BadRequest):
        return _refusal(str(error), editing=editing)
    if isinstance(error, NetworkError):
        return _lost(error)
    return Refused(str(error))


def _refusal(text: str, *, editing: bool) -> Outcome:
    low = text.lower()
    if editing and any(words in low for words in UNCHANGED):
        return Sent(None)
    return Gone(text) if any(words in low for words in NOBODY) else Refused(text)


def _lost(error: NetworkError) -> Outcome:
    if isinstance(error.__cause__, NEVER_LEFT):
        return NotSent(type(error.__cause__).__name__)
    if isinstance(error, TimedOut) or isinstance(error.__cause__, httpx.HTTPError):
        return Unknown(type(error.__cause__ or error).__name__)
    return NotSent(str(error))


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone; python-telegram-bot says it as a number or as a timedelta."""
    told = error.retry_after
    return float(told) if isinstance(told, int) else told.total_seconds()
