from __future__ import annotations

import asyncio
from itertools import islice

from bot.playground.feed import KEPT, Event, Feed
from tests.playground_bot import NOON


async def take(feed: Feed, count: int, after: int | None) -> list[Event]:
    found = []
    async with asyncio.timeout(1):
        async for event in feed.after(after):
            found.append(event)
            if len(found) == count:
                break
    return found


def new_feed(events: int = 0) -> Feed:
    feed = Feed(lambda: NOON)
    for number in range(events):
        feed.add("message", chat_id=number)
    return feed


async def test_events_are_numbered_and_can_be_resumed() -> None:
    feed = new_feed(3)
    assert [(e.number, e.kind, e.data) for e in await take(feed, 2, after=1)] == [
        (2, "message", {"chat_id": 1}),
        (3, "message", {"chat_id": 2}),
    ]
    assert (await take(feed, 1, after=0))[0].at == NOON.timestamp()


async def test_a_watcher_waits_for_what_comes_and_several_see_the_same() -> None:
    feed = new_feed(2)
    watchers = [asyncio.create_task(take(feed, 2, after=None)) for _ in range(2)]
    await asyncio.sleep(0)
    feed.add("a")
    await asyncio.sleep(0)
    feed.add("b")
    for watcher in watchers:
        assert [(e.number, e.kind) for e in await watcher] == [(3, "a"), (4, "b")]


async def test_who_was_away_too_long_or_comes_from_another_run_starts_again() -> None:
    feed = new_feed(KEPT + 5)
    assert [e.kind for e in islice(await take(feed, 1, after=3), 1)] == ["reset"]
    assert (await take(feed, 1, after=5))[0].number == 6
    assert [e.kind for e in await take(new_feed(1), 1, after=99)] == ["reset"]


async def test_a_closed_feed_ends() -> None:
    feed = new_feed()
    watcher = asyncio.create_task(take(feed, 9, after=None))
    await asyncio.sleep(0)
    feed.add("last")
    feed.close()
    assert [e.kind for e in await watcher] == ["last"]


async def test_changed_returns_at_the_next_event() -> None:
    feed = new_feed()
    waiting = asyncio.create_task(feed.changed())
    await asyncio.sleep(0)
    assert not waiting.done()
    feed.add("message")
    await asyncio.wait_for(waiting, 1)
