"""Every kind of update through the real desk: what it answers, what it stores, and what it leaves alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.files import Upload
from bot.playground.world import World
from bot.storage import sqlite
from bot.storage.rows import UpdateState
from bot.storage.store import Store
from tests.desks import FastClock, bring_again, open_desk, outbox_of, said, seen, student, town, until
from tests.playground_bot import PNG
from tests.scene import Scene, rows, shown

ASK = "how long can I stay as a free mover?"
ANSWER = "Free Mover"
SORRY = "Something went wrong on our side"
SORRY_IN_ITALIAN = "Qualcosa è andato storto"
ONLY_TEXT = "I can only read text"


@pytest.fixture
def clock() -> FastClock:
    return FastClock()


@pytest.fixture
def world(clock: FastClock) -> World:
    return town(clock)


@pytest.fixture
async def scene(sqlite_url: str, world: World, clock: FastClock) -> AsyncIterator[Scene]:
    async with open_desk(sqlite_url, world, clock) as opened:
        yield opened


@pytest.fixture
def ada(world: World) -> Person:
    return world.add_person("Ada")


async def settled(scene: Scene) -> None:
    async with asyncio.timeout(10):
        await scene.quiet(next(iter(scene.world.people.values())))


# Texts and commands


async def test_the_texts_of_one_person_are_answered_in_order(scene: Scene, ada: Person) -> None:
    for text in ("/start", ASK, "/calls", "/help"):
        scene.world.say(ada, text)
    await settled(scene)
    assert [text.split()[0] for text in said(scene.world, ada)] == ["Hello", ANSWER.split()[0], "When", "Ask"]


async def test_everybody_gets_their_own_answer(scene: Scene) -> None:
    people = [scene.world.add_person(f"N{number}N") for number in range(40)]
    for person in people:
        scene.world.say(person, "/start")
    await settled(scene)
    for person in people:
        assert [text.split("!")[0] for text in said(scene.world, person)] == [f"Hello {person.first_name}"]


@pytest.mark.parametrize("text", ["/human\nMay I go in July?", "/human   May I go in July?", "/human@desk_bot May I go in July?"])
async def test_a_command_ends_at_any_blank(scene: Scene, ada: Person, text: str) -> None:
    assert "May I go in July?" in shown((await scene.say(ada, text))[0])


@pytest.mark.parametrize("text", ["/PLAN", "/nonsense", "/", "/ plan", "//", "/start@other_bot", "/plan extra words"])
async def test_odd_commands_are_answered(scene: Scene, ada: Person, text: str) -> None:
    answers = await scene.say(ada, text)
    assert answers
    assert not any(SORRY in shown(each) for each in answers)


async def test_a_name_with_markup_stays_a_name(scene: Scene) -> None:
    person = scene.world.add_person("<b>Bobby</b> & Co", language_code="it")
    assert "<b>Bobby</b> & Co" in shown((await scene.say(person, "/start"))[0])


@pytest.mark.parametrize("text", ["😀" * 5000, "a" * 9000, "/human " + "é" * 4000, "<b>" * 1500, "&lt;" * 1000 + "\n" * 90 + "x"])
async def test_long_texts_are_answered(scene: Scene, ada: Person, text: str) -> None:
    answers = await scene.say(ada, text)
    assert answers
    assert not any(SORRY in shown(each) for each in answers)
    assert not [row.error for row in await outbox_of(scene.desk.store) if row.error]


HALF = "\ud83d"
ODD_TEXTS = ["\0", f"{HALF} free mover", f"/human {HALF}\0", "/start \0", "\u202e\u200b", "\uffff\U0010ffff", "' OR 1=1; --"]


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_odd_characters_are_answered(store_url: str, clock: FastClock, world: World, text: str) -> None:
    person = world.add_person(f"A{HALF}\0da")
    async with open_desk(store_url, world, clock) as scene:
        await scene.say(person, "/start")
        answers = await scene.say(person, text)
        assert answers
        assert not any(SORRY in shown(each) for each in answers)
        assert {row.state for row in (await seen(scene.desk.store)).values()} == {UpdateState.DONE}
        assert not [row.error for row in await outbox_of(scene.desk.store) if row.error]


# Other kinds


async def test_stickers_photos_and_voice_are_told_apart_from_text(scene: Scene, ada: Person) -> None:
    world = scene.world
    world.send_sticker(ada, "🙂")
    world.send_file(ada, "photo", Upload("a.png", PNG, "image/png"), caption="/plan what is this?")
    world.send_file(ada, "voice", Upload("a.ogg", b"OggS", "audio/ogg"))
    world.send_file(ada, "document", Upload("a.pdf", b"%PDF", "application/pdf"))
    world.send_location(ada, 45.4, 9.2)
    await settled(scene)
    assert [text.startswith(ONLY_TEXT) for text in said(world, ada)] == [True] * 5


async def test_a_sticker_in_the_middle_of_the_plan_asks_the_question_again(scene: Scene, ada: Person) -> None:
    await scene.say(ada, "/plan")
    scene.world.send_sticker(ada, "🙂")
    await settled(scene)
    assert said(scene.world, ada)[-2].startswith(ONLY_TEXT)
    assert said(scene.world, ada)[-1] == said(scene.world, ada)[1]


async def test_an_edited_question_is_answered_anew(scene: Scene, ada: Person) -> None:
    await scene.say(ada, "xyzzy")
    first = scene.world.messages(ada.id)[0]["message_id"]
    scene.world.edit(ada, first, ASK)
    await settled(scene)
    assert said(scene.world, ada)[-1].startswith(ANSWER)


async def test_a_place_that_moves_is_answered_once(scene: Scene, ada: Person) -> None:
    world = scene.world
    place = world.send_location(ada, 45.4, 9.2)
    for step in range(3):
        moved = place | {"edit_date": place["date"], "location": {"latitude": 45.4 + step, "longitude": 9.2}}
        world.updates.put("edited_message", moved, ada.id)
    await settled(scene)
    assert len(said(world, ada)) == 1


async def test_what_telegram_says_about_a_chat_is_not_answered(scene: Scene, ada: Person) -> None:
    start = (await scene.say(ada, "/start"))[0]
    service = {"message_id": 90, "date": 0, "chat": start["chat"], "from": ada.user(), "pinned_message": start}
    scene.world.updates.put("message", service, ada.id)
    await settled(scene)
    assert len(said(scene.world, ada)) == 1


async def test_groups_are_left_alone(scene: Scene, ada: Person) -> None:
    world = scene.world
    world.privacy = False
    group = world.add_group("IMS", [ada])
    message = world.say(ada, "/start", chat_id=group.id)[0]["message_id"]
    world.say(ada, ASK, chat_id=group.id)
    world.send_sticker(ada, "🙂", chat_id=group.id)
    world.edit(ada, message, "/plan", chat_id=group.id)
    assert await world.tap(ada, message, "1|c|plan", chat_id=group.id, stale=True) is not None
    world.set_bot_status(group, ada, "kicked")
    await settled(scene)
    assert not [each for each in world.messages(group.id) if each["from"]["is_bot"]]
    assert await student(scene.desk.store, ada) is None
    assert not await outbox_of(scene.desk.store)


@pytest.mark.parametrize("body", [{}, {"poll_about_nothing": {"id": 1}}, {"chat_join_request_of_2031": {"from": 1}}])
async def test_a_kind_nobody_knows_is_parked_and_logged(
    scene: Scene, ada: Person, body: Json, caplog: pytest.LogCaptureFixture
) -> None:
    scene.world.updates.allow([*scene.world.updates.allowed or (), *body, "none"])
    number = scene.world.updates.put(next(iter(body), "none"), body.get(next(iter(body), "none"), {}), ada.id)
    assert number is not None
    await scene.say(ada, "/start")
    assert (await seen(scene.desk.store))[number].state is UpdateState.PARKED
    assert f"update {number} is of a kind nobody knows" in caplog.text
    assert len(said(scene.world, ada)) == 1


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_what_the_library_cannot_parse_is_parked_and_logged(
    store_url: str, clock: FastClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ada = world.add_person("Ada")
    async with open_desk(store_url, world, clock) as scene:
        number = world.updates.put("message", {"message_id": 1, "date": "soon", "chat": 5, "text": "my secret"}, ada.id)
        assert number is not None
        await scene.say(ada, "/start")
        found = (await seen(scene.desk.store))[number]
    assert (found.state, found.kind) == (UpdateState.PARKED, "message")
    assert f"update {number} (message) cannot be parsed" in caplog.text
    assert "my secret" not in caplog.text
    assert len(said(world, ada)) == 1


# Buttons


@pytest.mark.parametrize(
    "data",
    ["0|o|free-mover.overview", "2|c|plan", "", "|||", "1", "1|", "1|?", "1|o", "1|o|nothing.here", "1|k|", "1|r|1|year",
     "1|r|x|year|4", "1|m|0|2026-13", "1|d|0|2026-02-30", "1|x|", "1|x|shoe-size", "1|c|nothing", "1|f|maybe", "1|l|xx",
     "1|n|extra", "x" * 64, "é" * 32, HALF, "\0", "1|o|" + "😀" * 15],
)  # fmt: skip
async def test_any_data_of_a_button_is_answered(scene: Scene, ada: Person, data: str) -> None:
    start = (await scene.say(ada, "/start"))[0]["message_id"]
    toast = await scene.world.tap(ada, start, data, stale=True)
    await settled(scene)
    assert toast is not None
    assert not any(SORRY in text for text in said(scene.world, ada))
    assert not [row.error for row in await outbox_of(scene.desk.store) if row.error]


async def test_a_button_of_an_older_release_gets_a_polite_answer(scene: Scene, ada: Person) -> None:
    start = (await scene.say(ada, "/start"))[0]["message_id"]
    toast = await scene.world.tap(ada, start, "0|o|free-mover.overview", stale=True)
    await settled(scene)
    assert toast is not None
    assert toast.get("text") or len(said(scene.world, ada)) == 2


async def test_two_taps_at_once_are_one_answer(scene: Scene, ada: Person) -> None:
    await scene.say(ada, "/plan")
    message = scene.find(ada, "4")
    first, second = await asyncio.gather(*(scene.world.tap(ada, message, "4", stale=True) for _ in range(2)))
    await settled(scene)
    assert first == {}
    assert second
    assert "text" in second
    questions = [each for each in scene.world.messages(ada.id) if "What would you like to do abroad?" in each["text"]]
    assert len(questions) == 1
    found = await student(scene.desk.store, ada)
    assert found is not None
    assert found.year == 4


async def test_a_tap_under_a_message_that_is_gone(scene: Scene, ada: Person) -> None:
    await scene.say(ada, "/plan")
    message = scene.find(ada, "4")
    data = next(button["callback_data"] for row in rows(scene.world.chats[ada.id].messages[message]) for button in row)
    del scene.world.chats[ada.id].messages[message]
    assert await scene.world.tap(ada, message, data, stale=True) == {}
    await settled(scene)
    assert "What would you like to do abroad?" in said(scene.world, ada)[-1]


async def test_a_tap_nobody_waits_for_any_more_is_still_done(scene: Scene, ada: Person) -> None:
    await scene.say(ada, "/plan")
    scene.world.press(ada, scene.find(ada, "4"), "4")
    scene.world._queries.clear()
    await settled(scene)
    found = await student(scene.desk.store, ada)
    assert found is not None
    assert found.year == 4


async def test_buttons_work_after_a_restart(sqlite_url: str, clock: FastClock, world: World, ada: Person) -> None:
    async with open_desk(sqlite_url, world, clock) as scene:
        await scene.say(ada, "/plan")
        await scene.tap(ada, "4")
    async with open_desk(sqlite_url, world, clock) as scene:
        answers = await scene.tap(ada, "my thesis")
        assert "Where would you like to go?" in shown(answers[-1])
        found = await student(scene.desk.store, ada)
    assert found is not None
    assert (found.year, found.goal) == (4, "thesis")


# Coming and going


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_blocking_and_coming_back(store_url: str, clock: FastClock, world: World) -> None:
    ada, stranger = world.add_person("Ada"), world.add_person("Eva")
    async with open_desk(store_url, world, clock) as scene:
        await scene.say(ada, "/start")
        for block, there in ((True, False), (False, True), (True, False)):
            (world.block if block else world.unblock)(ada)
            await settled(scene)
            found = await student(scene.desk.store, ada)
            assert found is not None
            assert found.reachable is there
        world.start(ada)
        world.block(stranger)
        await settled(scene)
        found = await student(scene.desk.store, ada)
        assert found is not None
        assert found.reachable
        assert await student(scene.desk.store, stranger) is None


# Repeats and failures


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
        assert [(row.kind, row.error) for row in parked] == [("message", "ValueError")]
        assert "failed and is parked" in caplog.text
        assert "my secret illness" not in caplog.text
        await scene.desk._handlers.park(parked[0].update_id, "message", "again")
        assert len(await outbox_of(scene.desk.store, ada)) == 2


async def spoil(store: Store, person: Person) -> None:
    """Leave a row behind that this release cannot read."""
    async with store.transaction() as tx:
        found = await student(store, person)
        assert found is not None
        found.goal = "a goal of another release"
        await tx.merge(found)


async def test_where_not_even_the_apology_can_be_stored_the_bot_goes_on(
    sqlite_url: str, clock: FastClock, world: World, ada: Person
) -> None:
    ben = world.add_person("Ben")
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as rough:
        rough.execute(
            f"CREATE TRIGGER no BEFORE INSERT ON outbox WHEN NEW.chat_id = {ada.id} BEGIN SELECT RAISE(ABORT, 'no'); END"
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


# Courtesies


async def test_typing_is_shown_while_few_are_waiting_and_its_failure_is_nothing(scene: Scene, ada: Person) -> None:
    events = scene.world.feed
    before = events.number
    await scene.say(ada, ASK)
    assert events.number > before
    scene.world.block(ada)
    await settled(scene)
