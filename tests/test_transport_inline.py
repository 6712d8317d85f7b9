"""Questions typed after the bot's name: the cards as they go over the wire, and what may go wrong on the way."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from telegram import Bot

from bot.playground.chats import Person
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.rules.messages import Button, Message
from bot.rules.outside import Card, Offer
from bot.rules.programmes import Programme
from bot.transport import inline
from tests.desks import FastClock, bring_again, open_desk, outbox_of, seen, settled, student, town, until
from tests.scene import Scene

ASK = "how long can I stay as a free mover?"
OPEN = ((Button("Open in the bot", url="https://t.me/desk_bot?start=free-mover_period"),),)
CARD = Card(
    "free-mover.period", "Free Mover · When", "During your …", Message("<b>Free Mover</b>\n\nIn 4 &lt; 5.", OPEN)
)


async def shown(bot: Bot, world: World, ada: Person, offer: Offer) -> object:
    """What somebody is shown when the bot answers with an offer."""
    query = world.type_inline(ada, "free mover")
    await inline.answer(bot, query.id, offer)
    return query.answer


async def test_cards_go_over_the_wire_as_telegram_wants_them(bot: Bot, world: World, ada: Person) -> None:
    assert await shown(bot, world, ada, Offer((CARD,))) == {
        "results": [
            {
                "type": "article",
                "id": "free-mover.period",
                "title": "Free Mover · When",
                "description": "During your …",
                "input_message_content": {
                    "message_text": "<b>Free Mover</b>\n\nIn 4 &lt; 5.",
                    "parse_mode": "HTML",
                    "link_preview_options": {"is_disabled": True},
                },
                "reply_markup": {
                    "inline_keyboard": [
                        [{"text": "Open in the bot", "url": "https://t.me/desk_bot?start=free-mover_period"}]
                    ]
                },
            }
        ],
        "button": None,
        "cache_time": inline.KEPT,
        "is_personal": True,
    }
    assert inline.KEPT <= 60


async def test_a_button_above_the_cards_leads_to_the_bot(bot: Bot, world: World, ada: Person) -> None:
    answer = await shown(bot, world, ada, Offer((), "Ask in the bot", "ask"))
    assert isinstance(answer, dict)
    assert (answer["results"], answer["button"]) == ([], {"text": "Ask in the bot", "start_parameter": "ask"})


async def test_an_answer_that_comes_too_late_is_nothing(
    bot: Bot, world: World, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot.transport.inline")
    query = world.type_inline(ada, "free mover")
    world.advance(query.life * 1.1)
    await inline.answer(bot, query.id, Offer((CARD,)))
    world.faults.add(Fault(FaultKind.BAD_GATEWAY, "answerInlineQuery", times=1))
    await inline.answer(bot, world.type_inline(ada, "free mover").id, Offer((CARD,)))
    told = [record for record in caplog.records if record.name == inline.log.name]
    assert [record.levelname for record in told] == ["DEBUG", "DEBUG"]
    assert "html" not in caplog.messages[-1], "what a gateway answers may hold the token"


async def test_cards_that_telegram_will_never_take_are_told_of(
    bot: Bot, world: World, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    broken = replace(CARD, message=replace(CARD.message, text="<b>Free Mover"))
    assert await shown(bot, world, ada, Offer((broken,))) is None
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "can't parse entities" in record.getMessage().lower()


# Through the real desk


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def town_(clock: FastClock) -> World:
    return town(clock)


@pytest.fixture
async def scene(sqlite_url: str, town_: World, clock: FastClock) -> AsyncIterator[Scene]:
    async with open_desk(sqlite_url, town_, clock) as opened:
        yield opened


async def test_somebody_who_never_met_the_bot_chooses_a_card_and_opens_it(scene: Scene) -> None:
    world = scene.world
    ada, eva = world.add_person("Ada"), world.add_person("Eva", language_code="it")
    group = world.add_group("IMS class", [ada, eva])
    answer = await world.ask_inline(ada, ASK, chat_id=group.id)
    assert answer is not None
    assert answer["results"][0]["id"] == "free-mover.period"
    posted = world.choose(ada, "free-mover.period")
    (button,) = posted["reply_markup"]["inline_keyboard"][0]
    assert await student(scene.desk.store, ada) is None
    assert not await seen(scene.desk.store)
    world.start(eva, button["url"].partition("?start=")[2])
    await settled(scene)
    assert world.messages(eva.id)[-1]["text"].startswith("Free Mover · Quando e quanto")


async def test_whoever_types_fast_is_answered_to_every_letter(scene: Scene) -> None:
    ada = scene.world.add_person("Ada")
    queries = [scene.world.type_inline(ada, ASK[:length]) for length in range(len(ASK) + 1)]
    await until(lambda: all(query.answer for query in queries))
    first, last = queries[0].answer, queries[-1].answer
    assert first is not None
    assert last is not None
    assert len(first["results"]) == len(Programme)
    assert last["results"][0]["id"] == "free-mover.period"


async def test_an_old_question_does_no_harm_and_is_confirmed(scene: Scene) -> None:
    world = scene.world
    ada = world.add_person("Ada")
    old = {"id": "424200000099", "from": ada.user(), "query": ASK, "offset": ""}
    world.updates.put("inline_query", old, ada.id)
    await scene.say(ada, "/start")
    assert len(world.updates) == 0
    assert not [row.error for row in await outbox_of(scene.desk.store) if row.error]


async def test_odd_questions_are_answered(scene: Scene) -> None:
    ada = scene.world.add_person("A\ud83dda")
    for text in ("\0", "\ud83d free mover", "😀" * 128, "<b>", "' OR 1=1", "\u202e\u200b", "/start", "@desk_bot"):
        assert await scene.world.ask_inline(ada, text) is not None, text


async def test_a_question_is_answered_while_the_database_is_busy_writing(scene: Scene) -> None:
    ada = scene.world.add_person("Ada")
    assert await scene.world.ask_inline(ada, ""), "the desk is open"
    async with scene.desk.store.transaction():
        answer = await scene.world.ask_inline(ada, ASK)
    assert answer is not None


async def test_a_question_that_comes_again_is_answered_again(scene: Scene) -> None:
    world = scene.world
    ada = world.add_person("Ada")
    assert await world.ask_inline(ada, ASK)
    query = world.type_inline(ada, ASK)
    pending = world.updates.pending()[-1]
    await until(lambda: query.answer is not None)
    bring_again(world, pending.body, ada.id)
    await scene.say(ada, "/start")
    assert len(world.updates) == 0
    assert [row.kind for row in (await seen(scene.desk.store)).values()] == ["command"]
