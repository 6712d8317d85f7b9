"""Staff through Telegram's updates: whose commands are whose, what is carried on as formatted, and their own menu."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.world import World
from bot.rules.roles import Role
from bot.storage import members
from bot.storage.rows import AuditRow, CallRow, UpdateState
from tests import book
from tests.desks import FastClock, open_desk, outbox_of, said, seen, settled, town, until
from tests.frontdoor import joins
from tests.scene import Scene, open_scene, rows, shown

CALL = "extra-eu 2026-11-25 2026-12-16"
NOT_YOURS = "That command is for the people of the desk"
FORM = "Write it like this"
HALF = "\ud83d"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, {"Marta": "en"}) as opened:
        yield opened


@pytest.fixture
def marta(scene: Scene) -> Person:
    return next(iter(scene.world.people.values()))


@pytest.fixture
def ada(scene: Scene) -> Person:
    return scene.world.add_person("Ada")


def tell(scene: Scene, person: Person, text: str, *entities: Json) -> Json:
    """Let somebody write a command that they formatted in their app."""
    command = looks("bot_command", 0, len(text.split(maxsplit=1)[0]))
    content = {"text": text, "entities": [command, *entities]}
    message = scene.world.post(scene.world.chats[person.id], person.user(), content)
    person.started = True
    scene.world.updates.put("message", message, person.id)
    return message


def looks(kind: str, offset: int, length: int, **more: object) -> Json:
    return {"type": kind, "offset": offset, "length": length, **more}


async def table(scene: Scene, kind: type[CallRow | AuditRow]) -> int:
    """How many rows of a kind there are."""
    async with scene.desk.store.reading() as tx:
        return len((await tx.exec(select(kind))).all())


# Whose commands are whose


async def test_staffs_commands_are_nobody_elses(scene: Scene, ada: Person) -> None:
    for name in sorted(scene.desk.staff.commands):
        for command in (f"/{name}", f"/{name.upper()} {CALL}", f"/{name}@desk_bot all: hello\nto you"):
            (answer,) = await scene.say(ada, command)
            assert shown(answer).startswith(NOT_YOURS), command
            assert not rows(answer)
    assert await table(scene, CallRow) == await table(scene, AuditRow) == 0


@pytest.mark.parametrize("command", ["/announce", "/ANNOUNCE", "/Announce@desk_bot", "/announce\n"])
async def test_a_command_is_known_however_it_is_written(scene: Scene, marta: Person, command: str) -> None:
    (answer,) = await scene.say(marta, f"{command} {CALL}")
    assert shown(answer).startswith("📣 To be announced: Exchange outside the EU")


async def test_staff_are_students_too(scene: Scene, marta: Person) -> None:
    assert shown((await scene.say(marta, "how long can I stay as a free mover?"))[0]).startswith("Free Mover")
    assert (await scene.say(marta, "/nonsense"))[0]["text"] != NOT_YOURS
    await scene.say(marta, "/broadcast all")
    assert shown((await scene.say(marta, "/calls"))[0]).startswith("Where the calls stand")
    assert shown((await scene.say(marta, "Dear all"))[0]).startswith("To: everybody"), "the draft still waits"


async def test_cancel_gives_up_what_staff_began_and_then_what_they_are_asked(
    scene: Scene, marta: Person, ada: Person
) -> None:
    await scene.say(marta, "/plan")
    await scene.say(marta, "/broadcast all")
    (answer,) = await scene.say(marta, "/Cancel@desk_bot")
    assert shown(answer).startswith("Given up: the broadcast.")
    assert shown((await scene.say(marta, "/cancel"))[0]).startswith("Stopped.")
    assert shown((await scene.say(ada, "/cancel"))[0]).startswith("There was nothing to stop")


async def test_a_picture_is_no_text_for_a_broadcast(scene: Scene, marta: Person, ada: Person) -> None:
    await scene.say(marta, "/broadcast all")
    picture = {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}], "caption": "Dear all"}
    await scene.say(ada, "/start")
    said_then = []
    for person in (marta, ada):
        message = scene.world.post(scene.world.chats[person.id], person.user(), picture)
        scene.world.updates.put("message", message, person.id)
        said_then.append(shown((await scene.quiet(person))[-1]))
    assert said_then[0].startswith("Only text can be broadcast; I am still waiting for the English text")
    assert said_then[1].startswith("This is what a tutor will read:\n\n📎 photo: Dear all")


@pytest.mark.parametrize("command", ["/start", "/help", "/HELP"])
async def test_staff_are_told_their_commands_where_everybody_is_told_theirs(
    scene: Scene, marta: Person, ada: Person, command: str
) -> None:
    answers = await scene.say(marta, command)
    assert shown(answers[-1]).startswith("You run the desk. Calls and messages: /announce, /move, /withdraw")
    assert not any("/announce" in shown(each) for each in await scene.say(ada, command))


async def test_what_a_student_writes_never_meets_a_draft(scene: Scene, marta: Person, ada: Person) -> None:
    await scene.say(marta, "/broadcast all")
    assert not shown((await scene.say(ada, "Dear all"))[0]).startswith("To: everybody")
    (preview,) = await scene.say(marta, f"/announce {CALL}")
    data = rows(preview)[0][0]["callback_data"]
    own = (await scene.say(ada, "/start"))[0]["message_id"]
    answer = await scene.world.tap(ada, own, data, stale=True)
    assert answer
    assert answer["text"].startswith(NOT_YOURS)
    assert await table(scene, CallRow) == 0


async def test_an_edited_command_is_a_new_preview_and_the_old_one_still_counts(scene: Scene, marta: Person) -> None:
    (old,) = await scene.say(marta, f"/announce {CALL}")
    written = scene.world.messages(marta.id)[-2]["message_id"]
    scene.world.edit(marta, written, "/announce extra-eu 2026-11-26 2026-12-16")
    await scene.quiet(marta)
    assert "26 November 2026" in said(scene.world, marta)[-1]
    await scene.tap(marta, "Confirm")
    await scene.world.tap(marta, old["message_id"], "Confirm")
    await scene.quiet(marta)
    assert "Meanwhile somebody announced" in said(scene.world, marta)[0]
    assert await table(scene, CallRow) == 1


async def test_any_data_of_staffs_buttons_is_answered(scene: Scene, marta: Person, ada: Person) -> None:
    odd = ["1|b", "1|g", "1|b|", "1|b|x|confirm", "1|b|0|confirm", "1|b|999|confirm|1", f"1|b|{'9' * 40}|confirm",
           "1|g|1|undo", "1|g|-1|stop", "1|g|²|delete", "1|b|1||||", f"1|g|{HALF}|undo"]  # fmt: skip
    for person in (marta, ada):
        start = (await scene.say(person, "/start"))[0]["message_id"]
        for data in odd:
            assert await scene.world.tap(person, start, data, stale=True) is not None, data
    await scene.quiet(marta)
    assert {row.state for row in (await seen(scene.desk.store)).values()} == {UpdateState.DONE}


# What is carried on as it was formatted


BOLD = '<b>bold</b> 🎓 <a href="https://www.unimi.it/">here</a> &amp; <i>👩‍⚕️ you</i>'


async def test_a_broadcast_keeps_its_looks(scene: Scene, marta: Person, ada: Person) -> None:
    await scene.say(ada, "/start")
    await scene.say(marta, "/start")
    text = "/broadcast all: bold 🎓 here & 👩‍⚕️ you"
    entities = (
        looks("bold", 16, 4), looks("text_link", 24, 4, url="https://www.unimi.it/"),
        looks("italic", 31, 9),
    )  # fmt: skip
    tell(scene, marta, text, *entities)
    await scene.quiet(marta)
    await scene.tap(marta, "Confirm")
    await scene.until(scene.world.now() + timedelta(seconds=30))
    for person in (ada, marta):
        message = next(each for each in reversed(scene.world.messages(person.id)) if "bold 🎓" in each["text"])
        assert message["text"].endswith("\n\nbold 🎓 here & 👩‍⚕️ you")
        start = len(message["text"].partition("bold")[0].encode("utf-16-le")) // 2
        assert message["entities"][-3:] == [
            looks("bold", start, 4), looks("text_link", start + 8, 4, url="https://www.unimi.it/"),
            looks("italic", start + 15, 9),
        ]  # fmt: skip


async def test_what_is_typed_like_markup_is_text(scene: Scene, marta: Person) -> None:
    await scene.say(marta, "/start")
    await scene.say(marta, "/broadcast all")
    await scene.say(marta, "<b>not bold</b> & 1 < 2")
    await scene.tap(marta, "Skip Italian")
    assert any(text.endswith("\n\n<b>not bold</b> & 1 < 2") for text in said(scene.world, marta))


@pytest.mark.parametrize("entities", [[], [looks("bold", 16, 4)]], ids=["bare", "bold"])
async def test_half_a_character_breaks_nothing(scene: Scene, marta: Person, entities: list[Json]) -> None:
    await scene.say(marta, "/start")
    tell(scene, marta, f"/broadcast all: dear {HALF} all", *entities)
    await scene.quiet(marta)
    assert any(text.endswith("\n\ndear ? all") for text in said(scene.world, marta))
    await scene.tap(marta, "Test to me")
    tell(scene, marta, f"/announce {CALL} {HALF} places")
    await scene.quiet(marta)
    assert "? places" in said(scene.world, marta)[-1]
    assert not [row.error for row in await outbox_of(scene.desk.store) if row.error]


# Their own menu


def offered(world: World, person: Person) -> dict[str, str]:
    return {each["command"]: each["description"] for each in world.menu(person)}


async def test_staff_have_a_menu_of_their_own(sqlite_url: str) -> None:
    clock = FastClock()
    world = town(clock)
    marta, ada = world.add_person("Marta"), world.add_person("Ada")
    words = book.knowledge().words
    english, italian = words.commands("en", Role.ADMIN), words.commands("it", Role.ADMIN)
    async with open_desk(sqlite_url, world, clock, admin_ids=frozenset({marta.id})) as scene:
        await until(lambda: offered(world, ada) == words.commands("en"))
        world.start(marta)
        await settled(scene)
        assert offered(world, marta) == english, "from their first word on"
        await scene.say(marta, "/language it")
        assert offered(world, marta) == italian
        await scene.say(marta, "/forget")
        await scene.tap(marta, "Cancella tutto")
        assert list(offered(world, marta)) == list(english), "they are staff all the same"
    assert offered(world, ada) == words.commands("en")


@pytest.mark.parametrize(("app", "chosen"), [("en", "it"), ("it", "en")])
async def test_a_restart_leaves_staffs_menu_in_the_language_they_chose(sqlite_url: str, app: str, chosen: str) -> None:
    clock = FastClock()
    world = town(clock)
    marta, ben = world.add_person("Marta", language_code=app), world.add_person("Ben", language_code="it")
    wanted = book.knowledge().words.commands("it" if chosen == "it" else "en", Role.ADMIN)
    for _ in range(2):
        async with open_desk(sqlite_url, world, clock, admin_ids=frozenset({marta.id})) as scene:
            world.start(marta)
            await scene.say(marta, f"/language {chosen}")
            assert offered(world, marta) == wanted
    async with open_desk(sqlite_url, world, clock, admin_ids=frozenset({marta.id})) as scene:
        world.profile._commands.pop((next(s for s, code in world.profile._commands if not s.chat_id), "it"))
        await until(lambda: offered(world, ben) == book.knowledge().words.commands("it"))
        await until(lambda: scene.world.profile.text("description", "it"))
        assert offered(world, marta) == wanted


async def test_who_was_removed_loses_their_menu_at_the_next_command_of_the_staffs(sqlite_url: str) -> None:
    clock = FastClock()
    world = town(clock)
    teo = world.add_person("Teo")
    words = book.knowledge().words
    async with open_desk(sqlite_url, world, clock) as scene:
        await until(lambda: offered(world, teo) == words.commands("en"))
        async with scene.desk.store.transaction() as tx:
            await joins(tx, teo.id, Role.TUTOR, world.now())
        answers = await scene.say(teo, "/start")
        assert shown(answers[-1]).startswith("You are a tutor:")
        assert offered(world, teo) == words.commands("en", Role.TUTOR)
        assert shown((await scene.say(teo, f"/announce {CALL}"))[0]).startswith(NOT_YOURS)
        assert offered(world, teo) == words.commands("en", Role.TUTOR)
        async with scene.desk.store.transaction() as tx:
            assert await members.remove(tx, teo.id)
        (answer,) = await scene.say(teo, "/tickets")
        assert shown(answer).startswith(NOT_YOURS)
        assert offered(world, teo) == words.commands("en")
