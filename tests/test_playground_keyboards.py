from __future__ import annotations

import pytest

from bot.playground.entities import Json
from bot.playground.errors import ApiError
from bot.playground.keyboards import checked_markup, find_button


def inline(*rows: list[Json]) -> Json:
    return {"inline_keyboard": list(rows)}


def test_inline_and_reply_keyboards_are_told_apart() -> None:
    buttons = inline([{"text": "Yes", "callback_data": "y"}])
    reply = {"keyboard": [[{"text": "Yes"}]], "resize_keyboard": True}
    assert checked_markup(buttons) == (buttons, None)
    assert checked_markup(reply) == (None, reply)
    assert checked_markup({"remove_keyboard": True}) == (None, {"remove_keyboard": True})
    assert checked_markup(None) == checked_markup({}) == checked_markup(inline()) == (None, None)


@pytest.mark.parametrize(
    "button",
    [
        {"text": "a", "callback_data": "è" * 32},
        {"text": "a", "url": "https://unimi.it"},
        {"text": "a", "copy_text": {"text": "copied"}},
        {"text": "a", "switch_inline_query": ""},
        {"text": "a", "callback_data": "x", "style": "danger"},
    ],
)
def test_good_buttons_are_accepted(button: Json) -> None:
    assert checked_markup(inline([button])) == (inline([button]), None)


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ({"text": "a", "callback_data": "è" * 32 + "x"}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "url": "unimi it"}, "BUTTON_URL_INVALID"),
        ({"text": " ", "callback_data": "x"}, "BUTTON_TEXT_INVALID"),
        ({"text": "a", "copy_text": {"text": ""}}, "BUTTON_COPY_TEXT_INVALID"),
        (
            {"text": "a"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "a", "callback_data": ""},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        (
            {"text": "a", "callback_data": "x", "style": "loud"},
            "can't parse inline keyboard button: invalid button style specified",
        ),
    ],
)
def test_bad_buttons_are_refused_in_telegrams_words(button: Json, why: str) -> None:
    with pytest.raises(ApiError) as refused:
        checked_markup(inline([button]))
    assert str(refused.value) == f"Bad Request: {why}"


def test_a_keyboard_has_rows_and_at_most_a_hundred_buttons() -> None:
    with pytest.raises(ApiError, match="must be an Array of Arrays"):
        checked_markup({"inline_keyboard": [{"text": "a"}]})
    row = [{"text": "a", "callback_data": "x"}]
    assert checked_markup(inline(*[row] * 100)) != (None, None)
    with pytest.raises(ApiError, match="Bad Request: reply markup is too long"):
        checked_markup(inline(*[row] * 101))


def test_a_button_is_found_by_its_data_before_its_text() -> None:
    first, second = {"text": "b", "callback_data": "a"}, {"text": "a", "callback_data": "c"}
    message = {"reply_markup": inline([second], [first])}
    assert find_button(message, "a") == first
    assert find_button(message, "b") == first
    assert find_button(message, "c") == second
    assert find_button(message, "d") is None
    assert find_button({}, "a") is None
