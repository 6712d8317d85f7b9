"""Inline mode: what the bot offers to whoever typed its name in some chat, and what becomes of an offer that is chosen.

Of the kinds of results the playground knows articles that bring a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.playground.call import Call
from bot.playground.entities import TEXT_LIMIT, Json, text_part, utf16_len
from bot.playground.errors import ApiError, bad_request
from bot.playground.keyboards import checked_markup
from bot.playground.server import Server

MAX_RESULTS: Final = 50
MAX_ID_BYTES: Final = 64
USUAL_CACHE: Final = 300
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(kw_only=True)
class AnswerInlineQuery(Call):
    """Offer results to who typed the bot's name in some chat."""

    inline_query_id: str
    results: list[Json]
    cache_time: int = USUAL_CACHE
    is_personal: bool = False
    next_offset: str = ""
    button: Json | None = None

    def answer(self, server: Server) -> bool:
        """True."""
        if len(self.results) > MAX_RESULTS:
            raise bad_request("too many inline query results specified")
        for result in self.results:
            _check(result)
        ids = [result["id"] for result in self.results]
        if len(set(ids)) != len(ids):
            raise bad_request("RESULT_ID_DUPLICATE")
        if len(self.next_offset.encode()) > MAX_ID_BYTES:
            raise bad_request("NEXT_OFFSET_INVALID")
        if self.button is not None:
            _check_button(self.button)
        offered = {"results": self.results, "button": self.button, "cache_time": self.cache_time}
        query = server.answer(self.inline_query_id, offered | {"is_personal": self.is_personal})
        server.offered[query.person.id] = query
        return True


INLINE: Final[Sequence[type[Call]]] = (AnswerInlineQuery,)


def posted(result: Json) -> Json:
    """What a message carries that was made of a result; raises ``ApiError`` where Telegram could make none."""
    given = result["input_message_content"]
    text = given["message_text"]
    part = text_part("text", text, given.get("parse_mode", ""), given.get("entities")) if text else {}
    if not part:
        raise bad_request("MESSAGE_EMPTY")
    if utf16_len(part["text"]) > TEXT_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    if given.get("link_preview_options"):
        part["link_preview_options"] = given["link_preview_options"]
    inline, keyboard = checked_markup(result.get("reply_markup"))
    if keyboard is not None:
        raise _unread("inline keyboard expected")
    return part | ({"reply_markup": inline} if inline else {})


def _check(result: Json) -> None:
    if result.get("type") != "article":
        raise _unread(f'type "{result.get("type", "")}" is unsupported for the inline query result')
    for name in ("id", "title", "input_message_content"):
        if name not in result:
            raise _unread(f'Can\'t find field "{name}"')
    for name in ("id", "title", "description"):
        if not isinstance(result.get(name, ""), str):
            raise _unread(f'Field "{name}" must be of type String')
    given = result["input_message_content"]
    if not isinstance(given, dict) or not isinstance(given.get("message_text"), str):
        raise _unread('Can\'t find field "message_text"')
    if not 0 < len(result["id"].encode()) <= MAX_ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    if not result["title"].strip():
        raise bad_request("ARTICLE_TITLE_EMPTY")
    try:
        posted(result)
    except ApiError as error:
        said = error.description.removeprefix("Bad Request: ")
        raise _unread(said[0].upper() + said[1:]) if said.startswith("can't parse entities") else error from None


def _check_button(button: Json) -> None:
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("can't parse inline query results button: Can't find field \"text\"")
    if ("start_parameter" in button) == ("web_app" in button):
        raise bad_request("exactly one of the fields web_app and start_parameter must be used in the button")
    if "start_parameter" in button and not _PAYLOAD.fullmatch(str(button["start_parameter"])):
        raise bad_request("START_PARAM_INVALID" if button["start_parameter"] else "START_PARAM_EMPTY")


def _unread(reason: str) -> ApiError:
    return bad_request(f"can't parse inline query result: {reason}")
