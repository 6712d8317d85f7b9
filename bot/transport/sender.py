"""A message becomes a Bot API call, and whatever comes back becomes an outcome."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import httpx
from telegram import Bot, InputFile
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

from bot.rules.delivery import Gone, Halted, Migrated, NotSent, Outcome, Refused, RetryAt, Sent, ServerError, Unknown

NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    httpx.PoolTimeout,
    httpx.ConnectTimeout,
    httpx.ConnectError,
)
"""Causes that prove a request never reached the server, whichever library carried it."""
ANSWER_LOST = (aiohttp.ClientError, TimeoutError, httpx.HTTPError)
"""Causes that leave open whether it did."""
NO_JSON, PAGE, GATEWAY_TIMEOUT = "Invalid server response", ". Parsing the server response", "gateway timeout"
"""What python-telegram-bot says of an answer that is no JSON; the page itself may hold the token in an address."""
FILES = {"document": "sendDocument", "photo": "sendPhoto", "copy": "copyMessage", "caption": "editMessageCaption"}
"""The methods of the Bot API that bring a file, or change what stands below one."""
STATUS_5XX = re.compile(r"\(5\d\d\)")
NOBODY = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")
UNCHANGED = (
    "message is not modified",
    "message to edit not found",
    "message can't be edited",
    "message to delete not found",
)
"""An edit or a deletion that comes too late, or twice, has done its work."""


class Sender:
    """Delivers one message at a time; safe to use for many chats at once."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def deliver(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> Outcome:
        """Carry out one row of the outbox.

        Args:
            chat_id: The chat it goes to.
            method: ``send``; ``edit``, ``caption`` and ``delete`` (``payload["message_id"]``); ``document``
                (``filename``, ``content`` and ``caption``); ``photo`` (``png`` in base64 and ``caption``); ``copy`` of
                one message or ``copies`` of an album (``from_chat`` and ``message`` or ``messages``; a ``caption``
                takes the place of the file's own); ``menu`` (``commands``).
            payload: ``text`` in Telegram's HTML and ``buttons``, rows of ``{"text", "data" | "url" | "copy"}``; what is
                sent in a group may name the message it replies to (``reply_to``) and its topic (``thread``).
        """
        try:
            if method == "copies":
                return await self._copies(chat_id, payload)
            return Sent(await self._call(chat_id, method, payload))
        except TelegramError as error:
            return outcome_of(error, editing=method in {"edit", "caption", "delete"})

    async def _call(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> int | None:
        if method == "menu":
            scope = {"type": "chat", "chat_id": chat_id}
            if not payload["commands"]:
                await self._post("deleteMyCommands", {"scope": scope})
                return None
            commands = [{"command": name, "description": text} for name, text in payload["commands"].items()]
            await self._post("setMyCommands", {"commands": commands, "scope": scope})
            return None
        if method == "delete":
            await self._post("deleteMessage", {"chat_id": chat_id, "message_id": int(payload["message_id"])})
            return int(payload["message_id"])
        if method in FILES:
            return await self._file(FILES[method], chat_id, payload)
        data = {
            "chat_id": chat_id,
            "text": payload["text"],
            "parse_mode": ParseMode.HTML,
            "reply_markup": keyboard(payload.get("buttons", ())),
            "link_preview_options": {"is_disabled": True},
        }
        if method == "edit":
            await self._post("editMessageText", data | {"message_id": int(payload["message_id"])})
            return int(payload["message_id"])
        sent = await self._post("sendMessage", data | _place(payload))
        return int(sent["message_id"])

    async def _file(self, method: str, chat_id: int, payload: Mapping[str, Any]) -> int | None:
        data = {
            "chat_id": chat_id,
            "caption": payload.get("caption"),
            "parse_mode": ParseMode.HTML,
            "reply_markup": keyboard(payload.get("buttons", ())),
        }
        if method == "sendDocument":
            data["document"] = InputFile(payload["content"].encode(), filename=payload["filename"], attach=True)
        elif method == "sendPhoto":
            data["photo"] = InputFile(b64decode(payload["png"]), filename="picture.png", attach=True)
        elif method == "copyMessage":
            data |= {"from_chat_id": payload["from_chat"], "message_id": payload["message"]}
        else:
            data["message_id"] = int(payload["message_id"])
        sent = await self._post(method, data)
        return int(sent["message_id"])

    async def _copies(self, chat_id: int, payload: Mapping[str, Any]) -> Outcome:
        """Copy an album; Telegram passes over what has been deleted meanwhile."""
        data = {"chat_id": chat_id, "from_chat_id": payload["from_chat"], "message_ids": sorted(payload["messages"])}
        sent = await self._post("copyMessages", data)
        return Sent(int(sent[0]["message_id"]), len(sent)) if sent else Refused("message to copy not found")

    async def _post(self, method: str, data: dict[str, Any]) -> Any:  # noqa: ANN401 - what the method returns
        """Call the Bot API with plain values: objects for each button and each answer cost more than all the rest."""
        given = {name: value for name, value in data.items() if value is not None}
        return await self._bot._post(method, given)  # noqa: SLF001 - do_api_request warns of what Bot knows


def _place(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Where in a group a message goes; what it replies to may be gone, or have another number since the group moved."""
    answered = payload.get("reply_to")
    reply = {"message_id": answered, "allow_sending_without_reply": True} if answered else None
    return {"reply_parameters": reply, "message_thread_id": payload.get("thread")}


def keyboard(rows: Sequence[Sequence[Mapping[str, str]]]) -> dict[str, Any] | None:
    """The buttons under a message as Telegram wants them; None where there are none."""
    return {"inline_keyboard": [[_button(button) for button in row] for row in rows]} if rows else None


def _button(button: Mapping[str, str]) -> dict[str, Any]:
    if button.get("copy"):
        return {"text": button["text"], "copy_text": {"text": button["copy"]}}
    if button.get("url"):
        return {"text": button["text"], "url": button["url"]}
    return {"text": button["text"], "callback_data": button["data"]}


def outcome_of(error: TelegramError, *, editing: bool = False) -> Outcome:
    """What an error of python-telegram-bot means for the message.

    The order matters: ``BadRequest`` and ``TimedOut`` are ``NetworkError`` too, and whatever the status of an answer
    that is no JSON, a gateway gave it and not Telegram.
    """
    if from_gateway(error):
        return _gateways(str(error).partition(PAGE)[0])
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


def from_gateway(error: TelegramError) -> bool:
    """Whether the answer was no JSON: whatever its status says, Telegram did not give it."""
    cause = error.__cause__
    if isinstance(cause, InvalidToken):  # getMe's refusal as Bot.initialize() passes it on
        return from_gateway(cause)
    return str(error) == NO_JSON or isinstance(cause, TelegramError)


def _gateways(said: str) -> Outcome:
    """What a page of a gateway means: one that says 200 or 504 had handed the message on."""
    if said == NO_JSON or GATEWAY_TIMEOUT in said.lower():
        return Unknown(said)
    return ServerError(said) if STATUS_5XX.search(said) else NotSent(said)


def _refusal(text: str, *, editing: bool) -> Outcome:
    low = text.lower()
    if editing and any(words in low for words in UNCHANGED):
        return Sent(None)
    return Gone(text) if any(words in low for words in NOBODY) else Refused(text)


def _lost(error: NetworkError) -> Outcome:
    if isinstance(error.__cause__, NEVER_LEFT):
        return NotSent(type(error.__cause__).__name__)
    if isinstance(error, TimedOut) or isinstance(error.__cause__, ANSWER_LOST):
        return Unknown(type(error.__cause__ or error).__name__)
    said = str(error)
    if error.__cause__ is not None:  # the request could not even be made
        return NotSent(said)
    return Unknown(said) if GATEWAY_TIMEOUT in said.lower() else ServerError(said)


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone; python-telegram-bot says it as a number or as a timedelta."""
    told = error.retry_after
    return float(told) if isinstance(told, int) else told.total_seconds()
