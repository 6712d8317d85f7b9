"""An update that comes twice, one that fails, and one that the database would not take."""

from __future__ import annotations

import sqlite3

import pytest

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.world import World
from bot.storage import sqlite
from bot.storage.rows import UpdateState
from bot.storage.store import Store
from tests.desks import FastClock, bring_again, open_desk, outbox_of, said, seen, settled, student, town, until

ASK = "how long can I stay as a free mover?"
SORRY = "Something went wrong on our side"
SORRY_IN_ITALIAN = "Qualcosa è andato storto"


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def world(clock: FastClock) -> World:
    return town(clock)


@pytest.fixture
def ada(world: World) -> Person:
    return world.add_person("Ada")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_an_update_that_comes_again_after_a_restart_changes_nothing(
    store_url: str, clock: FastClock, world: World
) -> None:
    ada = world.add_person("Ada")
    bodies: list[Json] = []
    world.updates.deliver = lambda pending: bodies.append(pending.body)
    async with open_desk(store_url, world, clock) as scene:
        await scene.say(ada, "/plan")
        await scene.tap(ada, "4")
        await scene.say(ada, ASK)
        world.block(ada)
        world.start(ada)
        await settled(scene)
        before, known = list(world.messages(ada.id)), await student(scene.desk.store, ada)
    for body in reversed(bodies):
        bring_again(world, body, ada.id)
    assert len(world.updates) == len(bodies) == 6
    async with open_desk(store_url, world, clock) as scene:
        await settled(scene)
        assert world.messages(ada.id) == before
        assert await student(scene.desk.store, ada) == known
        assert len(await outbox_of(scene.desk.store)) == len({row.key for row in await outbox_of(scene.desk.store)})


@pytest.mark.parametrize(("language", "sorry"), [("en", SORRY), ("it", SORRY_IN_ITALIAN)])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_failure_is_parked_logged_and_apologised_for(
    store_url: str, clock: FastClock, world: World, caplog: pytest.LogCaptureFixture, language: str, sorry: str
) -> None:
    ada, ben = world.add_person("Ada", language_code=language), world.add_person("Ben")
    async with open_desk(store_url, world, clock) as scene:
        await scene.say(ada, "/start")
        await spoil(scene.desk.store, ada)
        world.say(ada, "my secret illness")
        world.say(ben, "/start")
        await settled(scene)
        assert said(world, ada)[-1].startswith(sorry)
        assert said(world, ben)[-1].startswith("Hello Ben")
        parked = [row for row in (await seen(scene.desk.store)).values() if row.state is UpdateState.PARKED]
        assert [(row.kind, row.error) for row in parked] == [("message", "AttributeError")]
        assert "failed and is parked" in caplog.text
        assert "my secret illness" not in caplog.text
        await scene.desk._handlers.park(parked[0].update_id, "message", "again")
        assert len(await outbox_of(scene.desk.store, ada)) == 2


async def spoil(store: Store, person: Person) -> None:
    """Leave a row behind that can be read and still trips the next question up."""
    async with store.transaction() as tx:
        found = await student(store, person)
        assert found is not None
        found.conversation = found.conversation | {"previous": 5, "previous_at": "2999-01-01T00:00:00+00:00"}
        await tx.merge(found)


async def test_where_not_even_the_apology_can_be_stored_the_bot_goes_on(
    sqlite_url: str, clock: FastClock, world: World, ada: Person
) -> None:
    ben = world.add_person("Ben")
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as rough:
        rough.execute(
            "CREATE TRIGGER no BEFORE INSERT ON outbox "
            f"WHEN NEW.chat_id = {ada.id} BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    rough.close()
    async with open_desk(sqlite_url, world, clock) as scene:
        world.say(ada, "/start")
        world.say(ben, "/start")
        await settled(scene)
        states = [row.state for row in (await seen(scene.desk.store)).values()]
    assert sorted(states) == [UpdateState.DONE, UpdateState.PARKED]
    assert said(world, ben)[-1].startswith("Hello Ben")


async def test_what_the_database_would_not_take_is_not_confirmed_and_dealt_with_later(
    sqlite_url: str, clock: FastClock, world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    async with open_desk(sqlite_url, world, clock) as scene:
        await scene.say(ada, "/plan")
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        world.press(ada, scene.find(ada, "4"), "4")
        world.say(ada, "traineeship")
        await until(lambda: clock.slept[-3:] == [1, 2, 4])
        assert len(world.updates) == 2
        assert len(said(world, ada)) == 2
        other.execute("ROLLBACK")
        other.close()
        await settled(scene)
        found = await student(scene.desk.store, ada)
    assert found is not None
    assert (found.year, found.goal) == (4, "traineeship")
    assert len(said(world, ada)) == 4
