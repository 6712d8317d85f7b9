"""Inline mode of the playground: what Telegram takes as an offer, for how long, and what becomes of a chosen one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
)
from telegram.error import BadRequest

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.errors import ApiError, NotPossibleError
from bot.playground.inline import AnswerInlineQuery
from bot.playground.server import INLINE_LIFE
from bot.playground.world import World
from tests.playground_bot import BOT_ID

LINK = InlineKeyboardMarkup([[InlineKeyboardButton("Open", url="https://t.me/desk_bot?start=free-mover")]])
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def article(number: int = 1, text: str = "<b>Free</b> Mover") -> InlineQueryResultArticle:
    content = InputTextMessageContent(text, "HTML")
    return InlineQueryResultArticle(str(number), f"Result {number}", content, reply_markup=LINK, description="…")


def result(**more: object) -> Json:
    """A good result, but for what is given; what is given as None is left out."""
    given = {"type": "article", "id": "1", "title": "One", "input_message_content": {"message_text": "text"}, **more}
    return {name: value for name, value in given.items() if value is not None}


def said(world: World, ada: Person, *results: Json, **more: object) -> str:
    """What Telegram says to an offer."""
    query = world.type_inline(ada, "dates")
    call = AnswerInlineQuery(inline_query_id=query.id, results=list(results), **more)  # type: ignore[arg-type]
    try:
        call.answer(world)
    except ApiError as error:
        return error.description.removeprefix("Bad Request: ")
    return "taken"


async def test_a_question_typed_somewhere_is_answered_with_results(bot: Bot, world: World, ada: Person) -> None:
    group = world.add_group("Class", [ada])
    asking = asyncio.create_task(world.ask_inline(ada, "dates", chat_id=group.id))
    await asyncio.sleep(0)
    query = (await bot.get_updates())[-1].inline_query
    assert query is not None
    assert (query.from_user.id, query.query, query.offset, query.chat_type) == (ada.id, "dates", "", "supergroup")
    button = InlineQueryResultsButton("Ask", start_parameter="ask")
    assert await query.answer([article(1), article(2)], cache_time=30, is_personal=True, button=button)
    answer = await asking
    assert answer is not None
    assert [each["title"] for each in answer["results"]] == ["Result 1", "Result 2"]
    assert (answer["button"], answer["cache_time"], answer["is_personal"]) == (
        {"text": "Ask", "start_parameter": "ask"}, 30, True,
    )  # fmt: skip


async def test_in_the_chat_with_the_bot_the_sender_asks(bot: Bot, world: World, ada: Person) -> None:
    world.type_inline(ada, "")
    query = (await bot.get_updates())[-1].inline_query
    assert query is not None
    assert query.chat_type == "sender"


async def test_a_question_is_answered_once_and_within_seconds(bot: Bot, world: World, ada: Person) -> None:
    query = world.type_inline(ada, "dates")
    assert await bot.answer_inline_query(query.id, [article()])
    late = world.type_inline(ada, "dates")
    world.advance(INLINE_LIFE + timedelta(seconds=1))
    for number in (query.id, late.id, "5", ""):
        with pytest.raises(BadRequest, match=r"(?i)query is too old and response timeout expired"):
            await bot.answer_inline_query(number, [article()])
    in_time = world.type_inline(ada, "dates")
    world.advance(INLINE_LIFE)
    assert await bot.answer_inline_query(in_time.id, [])
    assert timedelta(seconds=9) < INLINE_LIFE < timedelta(seconds=16)


def test_what_telegram_refuses(world: World, ada: Person) -> None:
    unread = "can't parse inline query result: "
    texts = {"message_text": "<b>x", "parse_mode": "HTML"}
    for given, why in (
        (result(type="sticker"), f'{unread}type "sticker" is unsupported for the inline query result'),
        (result(id=None), f'{unread}Can\'t find field "id"'),
        (result(id=5), f'{unread}Field "id" must be of type String'),
        (result(title=None), f'{unread}Can\'t find field "title"'),
        (result(input_message_content=None), f'{unread}Can\'t find field "input_message_content"'),
        (result(input_message_content={"latitude": 1.0}), f'{unread}Can\'t find field "message_text"'),
        (result(input_message_content=texts), f"{unread}Can't parse entities: "),
        (result(id=""), "RESULT_ID_INVALID"),
        (result(id="è" * 33), "RESULT_ID_INVALID"),
        (result(title=" "), "ARTICLE_TITLE_EMPTY"),
        (result(input_message_content={"message_text": " "}), "MESSAGE_EMPTY"),
        (result(input_message_content={"message_text": "x" * 4097}), "MESSAGE_TOO_LONG"),
        (result(reply_markup={"keyboard": []}), f"{unread}inline keyboard expected"),
        (result(reply_markup={"inline_keyboard": [[{"text": "x", "url": "y"}]]}), "BUTTON_URL_INVALID"),
    ):
        assert said(world, ada, given).startswith(why), given
    assert said(world, ada, *(result(id=str(number)) for number in range(51))).startswith("too many inline query")
    assert said(world, ada, result(), result()) == "RESULT_ID_DUPLICATE"
    assert said(world, ada, next_offset="x" * 65) == "NEXT_OFFSET_INVALID"
    assert said(world, ada, result(id="è" * 32, input_message_content={"message_text": "x" * 4096})) == "taken"
    assert said(world, ada, *(result(id=str(number)) for number in range(50))) == "taken"


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ({"text": "Ask", "start_parameter": "ask"}, "taken"),
        ({"text": "Ask", "start_parameter": "a" * 64}, "taken"),
        ({"text": "Ask", "start_parameter": "a" * 65}, "START_PARAM_INVALID"),
        ({"text": "Ask", "start_parameter": "a b"}, "START_PARAM_INVALID"),
        ({"text": "Ask", "start_parameter": ""}, "START_PARAM_EMPTY"),
        ({"text": "Ask"}, "exactly one of the fields web_app and start_parameter must be used in the button"),
        ({"start_parameter": "ask"}, "can't parse inline query results button: Can't find field \"text\""),
    ],
)
def test_the_button_above_the_results(world: World, ada: Person, button: Json, why: str) -> None:
    assert said(world, ada, button=button) == why


async def test_a_chosen_result_is_posted_in_the_persons_name_and_the_bot_sees_it(
    bot: Bot, world: World, ada: Person
) -> None:
    group = world.add_group("Class", [ada])
    query = world.type_inline(ada, "dates", chat_id=group.id)
    await bot.answer_inline_query(query.id, [article()])
    posted = world.choose(ada, "1", query_id=query.id)
    assert (posted["from"]["id"], posted["via_bot"]["id"], posted["chat"]["id"]) == (ada.id, BOT_ID, group.id)
    assert (posted["text"], posted["entities"][0]["type"]) == ("Free Mover", "bold")
    message = (await bot.get_updates())[-1].message
    assert message is not None
    assert message.via_bot is not None
    assert message.reply_markup == LINK


def test_only_what_is_offered_now_can_be_chosen(world: World, ada: Person) -> None:
    eva = world.add_person("Eva")
    assert said(world, ada, result()) == "taken"
    first = world.offered[ada.id]
    for person, number, query in ((ada, "2", ""), (eva, "1", ""), (ada, "1", "5"), (eva, "1", first.id)):
        with pytest.raises(NotPossibleError, match="is offered no"):
            world.choose(person, number, query_id=query)
    assert said(world, ada, result(id="2")) == "taken"
    with pytest.raises(NotPossibleError, match="is offered no '1'"):
        world.choose(ada, "1", query_id=first.id)
    assert world.choose(ada, "2")["text"] == "text"
    world.reset()
    with pytest.raises(NotPossibleError, match="is offered no"):
        world.choose(ada, "2")


def test_nobody_types_where_they_are_not(world: World, ada: Person) -> None:
    group = world.add_group("Class", [world.add_person("Eva")])
    with pytest.raises(NotPossibleError, match="Ada is not in Class"):
        world.type_inline(ada, "dates", chat_id=group.id)
    with pytest.raises(NotPossibleError, match="Ada is not in chat -5"):
        world.type_inline(ada, "dates", chat_id=-5)


def test_a_bot_that_asked_for_no_inline_questions_gets_none(world: World, ada: Person) -> None:
    world.updates.drop()
    world.updates.allow(["message"])
    world.type_inline(ada, "dates")
    assert len(world.updates) == 0
