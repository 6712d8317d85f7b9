"""What Telegram accepts as buttons under a message, and finding one of them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.playground.entities import Json
from bot.playground.errors import ApiError, bad_request

MAX_BUTTONS = 100
MAX_DATA_BYTES = 64
MAX_COPIED = 256

_ACTIONS = {
    "callback_data",
    "callback_game",
    "copy_text",
    "login_url",
    "pay",
    "switch_inline_query",
    "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat",
    "url",
    "web_app",
}
_STYLES = {"danger", "primary", "success"}
_URLS = ("http://", "https://", "tg://", "t.me/")


def checked_markup(markup: Json | None) -> tuple[Json | None, Json | None]:
    """``(inline keyboard, reply keyboard)``: the one stays with the message, the other with the chat.

    An empty inline keyboard is none. Raises ``ApiError`` for what Telegram refuses.
    """
    if not markup:
        return None, None
    if "inline_keyboard" not in markup:
        return None, markup
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    for button in _buttons(rows):
        _check(button)
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return ({"inline_keyboard": [row for row in rows if row]} if any(rows) else None), None


def find_button(message: Json, data: str) -> Json | None:
    """The message's button with this callback data or, failing that, with this text on it."""
    buttons = list(_buttons(message.get("reply_markup", {}).get("inline_keyboard", [])))
    return next((b for b in buttons if b.get("callback_data") == data), None) or next(
        (b for b in buttons if b["text"] == data and "callback_data" in b), None
    )


def _buttons(rows: list[list[Json]]) -> Iterator[Json]:
    for row in rows:
        yield from row


def _unparsed(reason: str) -> ApiError:
    return bad_request(f"can't parse inline keyboard button: {reason}")


def _check(button: Json) -> None:
    if not isinstance(button, dict):
        raise _unparsed("InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise _unparsed('Can\'t find field "text"')
    if button.get("style") not in {None, *_STYLES}:
        raise _unparsed("invalid button style specified")
    given = {name for name in _ACTIONS & button.keys() if button[name] not in (None, "") or name.startswith("switch")}
    if not given:
        raise _unparsed("Text buttons are unallowed in the inline keyboard")
    if not button["text"].strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    if len(str(button.get("callback_data", "")).encode()) > MAX_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in given and not str(button["url"]).startswith(_URLS):
        raise bad_request("BUTTON_URL_INVALID")
    if "copy_text" in given and not 0 < len(button["copy_text"].get("text", "")) <= MAX_COPIED:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
