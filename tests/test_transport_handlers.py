"""Every kind of update through the real desk: what it answers, what it stores, and what it leaves alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import Update

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.faults import Fault, FaultKind
from bot.playground.files import Upload
from bot.playground.world import World
from bot.storage.rows import UpdateState
from bot.transport.handlers import _told
from tests.desks import FastClock, bring_again, open_desk, outbox_of, said, seen, settled, student, town
from tests.playground_bot import PNG
from tests.scene import Scene, rows, shown

ASK = "how long can I stay as a free mover?"
ANSWER = "Free Mover"
SORRY = "Something went wrong on our side"
NO_WORDS = "I cannot read that. Write your question in words"


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


# Texts and commands


async def test_the_texts_of_one_person_are_answered_in_order(scene: Scene, ada: Person) -> None:
    for text in ("/start", ASK, "/calls", "/help"):
        scene.world.say(ada, text)
    await settled(scene)
    assert [text.split()[0] for text in said(scene.world, ada)] == ["Hello", "Free", "Where", "Write"]


async def test_everybody_gets_their_own_answer(scene: Scene) -> None:
    people = [scene.world.add_person(f"N{number}N") for number in range(40)]
    for person in people:
        scene.world.say(person, "/start")
    await settled(scene)
    for person in people:
        assert [text.split("!")[0] for text in said(scene.world, person)] == [f"Hello {person.first_name}"]


async def test_a_command_ends_at_any_blank(scene: Scene) -> None:
    for number, command in enumerate(("/human\n", "/human   ", "/human@desk_bot ", "/HUMAN\u00a0")):
        person = scene.world.add_person("Ada")
        assert f"\n\nIn July {number}?" in shown((await scene.say(person, f"{command}In July {number}?"))[0])


ODD_COMMANDS = ["/PLAN", "/nonsense", "/", "/ plan", "//", "/start@other_bot", "/plan extra words", "/start plan x"]
LONG_TEXTS = ["😀" * 5000, "a" * 9000, "/human " + "é" * 4000, "<b>" * 1500, "&lt;\n" * 900]


async def test_odd_commands_and_long_texts_are_answered(scene: Scene) -> None:
    for text in ODD_COMMANDS + LONG_TEXTS:
        person = scene.world.add_person("Ada")
        answers = await scene.say(person, text)
        assert answers, text
        assert not any(SORRY in shown(each) for each in answers), text
    assert not [row.error for row in await outbox_of(scene.desk.store) if row.error]


async def test_a_name_with_markup_stays_a_name(scene: Scene) -> None:
    person = scene.world.add_person("<b>Bobby</b> & Co", language_code="it")
    assert "<b>Bobby</b> & Co" in shown((await scene.say(person, "/start"))[0])


HALF = "\ud83d"
ODD_TEXTS = [
    "\0",
    f"{HALF} free mover",
    f"/human {HALF}\0",
    "/start \0",
    "\u202e\u200b",
    "\uffff\U0010ffff",
    "' OR 1=1",
]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_odd_characters_are_answered(store_url: str, clock: FastClock, world: World) -> None:
    async with open_desk(store_url, world, clock) as scene:
        for text in ODD_TEXTS:
            person = world.add_person(f"A{HALF}\0da")
            await scene.say(person, "/start")
            answers = await scene.say(person, text)
            assert answers, text
            assert not any(SORRY in shown(each) for each in answers), text
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
    texts = said(world, ada)
    assert [text.startswith(NO_WORDS) for text in texts] == [True, False, False, False, False, True]
    assert texts[1].startswith("I cannot read that myself, but a person of the desk can")
    assert "📎 photo: /plan what is this?" in texts[2], "what stands below a file is no command"
    assert "📎 voice message" in texts[3]
    assert "📎 document" in texts[4]


async def test_a_sticker_in_the_middle_of_the_plan_asks_the_question_again(scene: Scene, ada: Person) -> None:
    await scene.say(ada, "/plan")
    scene.world.send_sticker(ada, "🙂")
    await settled(scene)
    assert said(scene.world, ada)[-2].startswith(NO_WORDS)
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


async def test_groups_in_which_nobody_speaks_to_the_bot_are_left_alone(scene: Scene, ada: Person) -> None:
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
    number = scene.world.updates._next
    scene.world.updates._next += 1
    bring_again(scene.world, {"update_id": number, **body}, ada.id)
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


ODD_DATA = [
    "0|o|free-mover.overview", "2|c|plan", "", "|||", "1", "1|", "1|?", "1|o", "1|o|nothing.here", "1|k|", "1|r|1|year",
    "1|r|x|year|4", "1|m|0|2026-13", "1|d|0|2026-02-30", "1|x|", "1|x|shoe-size", "1|c|nothing", "1|f|maybe", "1|l|xx",
    "1|n|extra", "x" * 64, "é" * 32, HALF, "\0", "1|o|" + "😀" * 15,
]  # fmt: skip


async def test_any_data_of_a_button_is_answered(scene: Scene) -> None:
    for data in ODD_DATA:
        person = scene.world.add_person("Ada")
        start = (await scene.say(person, "/start"))[0]["message_id"]
        assert await scene.world.tap(person, start, data, stale=True) is not None, data
        await settled(scene)
        assert not any(SORRY in text for text in said(scene.world, person)), data
    assert not [row.error for row in await outbox_of(scene.desk.store) if row.error]


async def test_a_button_of_an_older_release_gets_a_polite_answer(scene: Scene, ada: Person) -> None:
    start = (await scene.say(ada, "/start"))[0]["message_id"]
    await scene.world.tap(ada, start, "0|o|free-mover.overview", stale=True)
    await settled(scene)
    assert said(scene.world, ada)[-1].startswith("That button belongs to an older message")


async def test_two_taps_at_once_are_one_answer(scene: Scene, ada: Person) -> None:
    await scene.say(ada, "/plan")
    message = scene.find(ada, "4")
    first, second = await asyncio.gather(*(scene.world.tap(ada, message, "4", stale=True) for _ in range(2)))
    await settled(scene)
    assert [bool((answer or {}).get("text")) for answer in (first, second)] == [False, True]
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
    assert await scene.world.tap(ada, message, data, stale=True) is not None
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


# What goes wrong


def of(user: Person, **what: Json) -> Update:
    bodies = {kind: {"from": user.user(), **body} for kind, body in what.items()}
    return Update.de_json({"update_id": 1, **bodies})


def test_whoever_wrote_in_their_own_chat_is_told_that_it_went_wrong_and_nobody_else(ada: Person) -> None:
    private, group = {"id": ada.id, "type": "private"}, {"id": -5, "type": "supergroup", "title": "Class"}
    message: Json = {"message_id": 1, "date": 0, "text": "hi"}
    tap: Json = {"id": "1", "chat_instance": "1", "data": "1|c|plan"}
    told = _told(of(ada, message=message | {"chat": private}))
    assert told is not None
    assert told.id == ada.id
    assert _told(of(ada, callback_query=tap | {"message": message | {"chat": private}})) is not None
    assert _told(of(ada, message=message | {"chat": group})) is None
    assert _told(of(ada, callback_query=tap | {"message": message | {"chat": group}})) is None
    assert _told(of(ada, inline_query={"id": "1", "query": "hi", "offset": ""})) is None


# Courtesies


async def test_typing_is_shown_while_few_are_waiting_and_its_failure_is_nothing(scene: Scene, ada: Person) -> None:
    world = scene.world
    world.faults.add(Fault(FaultKind.BAD_GATEWAY, "sendChatAction", ada.id, times=1))
    assert await scene.say(ada, ASK)
    assert not world.faults
    typing = Fault(FaultKind.SLOW, "sendChatAction", times=99, seconds=0)
    world.faults.add(typing)
    people = [world.add_person("P") for _ in range(30)]
    for person in people:
        world.say(person, ASK)
    await settled(scene)
    assert world.faults.listed()[0]["left"] == 99
