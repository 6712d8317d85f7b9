"""Five hundred people are written to at Telegram's real pace, and whoever writes meanwhile does not notice."""

from __future__ import annotations

import time
from datetime import timedelta

from bot.clock import SystemClock
from bot.playground.chats import Person
from bot.playground.world import World
from bot.storage import students
from bot.storage.store import Store
from tests.desks import open_desk, said, town, until
from tests.scene import Scene
from tests.season import follower

PEOPLE = 500
NOTICED = 2.0
"""Seconds after which somebody who wrote wonders whether anybody is there."""
TEXT = "The desk is closed on Monday"


async def test_who_writes_during_a_broadcast_is_answered_at_once(sqlite_url: str) -> None:
    clock = SystemClock()
    world = town(clock)
    marta, readers = world.add_person("Marta"), await enrolled(sqlite_url, world)
    async with open_desk(sqlite_url, world, clock, admin_ids=frozenset({marta.id})) as scene:
        await confirmed(scene, marta)
        world.limits.on = True
        world.advance(timedelta(seconds=31))
        await until(lambda: len(reached(world, readers)) > 20)
        began, before = time.monotonic(), len(reached(world, readers))
        waited = [await answered(world, person) for person in (*readers[:3], *readers[-3:], world.add_person("Eva"))]
        await until(lambda: time.monotonic() - began > 3)
        pace = (len(reached(world, readers)) - before) / (time.monotonic() - began)
        assert len(reached(world, readers)) < PEOPLE, "it was still under way"
    assert max(waited) < NOTICED
    assert world.limits.refused == 0
    assert 15 < pace < 30


async def enrolled(url: str, world: World) -> list[Person]:
    """Students who follow the free movers, and whom the bot may write to."""
    people = [world.add_person(f"P{number}") for number in range(PEOPLE)]
    store = Store(url)
    await store.open()
    async with store.transaction() as tx:
        for person in people:
            person.started = True
            await students.save(tx, follower(person.id, language="en"))
    await store.close()
    return people


async def confirmed(scene: Scene, marta: Person) -> None:
    scene.world.say(marta, f"/broadcast free-mover: {TEXT}")
    await until(lambda: any("Preview" in text for text in said(scene.world, marta)))
    await scene.world.tap(marta, scene.find(marta, "Confirm"), "Confirm")
    await until(lambda: any("It leaves in 30 seconds" in text for text in said(scene.world, marta)))


def reached(world: World, people: list[Person]) -> list[Person]:
    return [person for person in people if any(TEXT in text for text in said(world, person))]


async def answered(world: World, person: Person) -> float:
    """Ask something; after how many seconds the answer comes."""
    began = time.monotonic()
    world.say(person, "how long can I stay as a free mover?")
    await until(lambda: any("During your free periods" in text for text in said(world, person)))
    return time.monotonic() - began
