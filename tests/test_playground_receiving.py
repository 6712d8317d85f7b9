from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.error import BadRequest, Conflict

from bot.playground.chats import Person
from bot.playground.receiving import GetUpdates
from bot.playground.world import World
from tests.playground_bot import open_bot

HOOK = "https://bot.local/hook"


@pytest.fixture
def ada(world: World) -> Person:
    return world.add_person("Ada")


@pytest.fixture
async def bot(world: World) -> AsyncIterator[Bot]:
    async with open_bot(world) as bot:
        yield bot
    await world.aclose()


async def test_updates_are_fetched_confirmed_and_limited(bot: Bot, world: World, ada: Person) -> None:
    for text in ("one", "two", "three"):
        world.say(ada, text)
    first, second = await bot.get_updates(limit=2)
    assert [update.message.text for update in (first, second) if update.message] == ["one", "two"]
    (third,) = await bot.get_updates(offset=second.update_id + 1)
    assert third.message is not None
    assert (third.message.text, third.update_id) == ("three", second.update_id + 1)
    assert [update.update_id for update in await bot.get_updates(offset=-1)] == [third.update_id]
    assert await bot.get_updates(offset=third.update_id + 1) == ()


async def test_a_long_poll_returns_at_the_first_update(bot: Bot, world: World, ada: Person) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.01)
    assert not polling.done()
    world.say(ada, "hello")
    (update,) = await asyncio.wait_for(polling, 1)
    assert update.message is not None
    assert update.message.text == "hello"


async def test_two_pollers_conflict_and_the_later_stays(bot: Bot, world: World, ada: Person) -> None:
    async with open_bot(world) as other:
        first = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(other.get_updates(timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot"):
            await first
        world.say(ada, "hello")
        assert len(await second) == 1


async def test_a_webhook_ends_polling_and_forbids_it(bot: Bot, world: World) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.01)
    assert await bot.set_webhook(HOOK, secret_token="s3cret")
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await polling
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active; use deleteWebhook"):
        await bot.get_updates()
    assert await bot.delete_webhook()
    assert await bot.get_updates() == ()
    assert world.webhook.url == ""


async def test_the_kinds_asked_for_are_remembered_when_left_out(bot: Bot, world: World, ada: Person) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    await bot.get_updates()
    world.say(ada, "unheard")
    assert await bot.get_updates(allowed_updates=[]) == ()
    world.say(ada, "heard")
    assert len(await bot.get_updates()) == 1


async def test_the_webhook_tells_about_itself(bot: Bot, world: World, ada: Person) -> None:
    world.webhook.retry_seconds = 60
    await bot.set_webhook("http://127.0.0.1:9/hook", max_connections=3, allowed_updates=["message"])
    world.say(ada, "hello")
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.pending_update_count, info.allowed_updates) == (
        "http://127.0.0.1:9/hook",
        3,
        1,
        ("message",),
    )
    with pytest.raises(BadRequest, match="Secret token contains unallowed characters"):
        await bot.set_webhook(HOOK, secret_token="è")


async def test_what_waits_can_be_dropped(bot: Bot, world: World, ada: Person) -> None:
    world.say(ada, "hello")
    await bot.set_webhook("", drop_pending_updates=True)
    world.say(ada, "hello")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_a_closed_playground_keeps_nobody_waiting(world: World) -> None:
    await world.aclose()
    assert await asyncio.wait_for(GetUpdates(timeout=50).run(world), 1) == []
