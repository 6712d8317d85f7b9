"""What is said to the bot in a group, and that everything else said there is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Message, User

from bot.desk.arrival import Addressed
from bot.playground.chats import Chat, Person
from bot.playground.entities import Json, text_part
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World
from bot.storage.rows import OutboxState
from bot.transport.groups import addressed
from tests.desks import FastClock, open_desk, outbox_of, seen, settled, student, town
from tests.scene import Scene, rows

BOT = User(4242, "Desk", is_bot=True, username="Desk_bot")
ADA: Json = {"id": 1001, "is_bot": False, "first_name": "Ada", "language_code": "it"}
ITS_OWN: Json = {"id": 4242, "is_bot": True, "first_name": "Desk", "username": "Desk_bot"}
ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
CHAT: Json = {"id": -1_000_000_002_001, "type": "supergroup", "title": "IMS class"}
LINK = "https://t.me/desk_bot?start=free-mover_period"
ASK = "how long can I stay as a free mover?"


def message(text: str, /, **more: object) -> Json:
    return {"message_id": 41, "date": 0, "chat": CHAT, "from": ADA, **text_part("text", text), **more}


def heard(text: str, /, **more: object) -> Addressed | None:
    """What a message says to the bot, as the bot reads it off Telegram's wire."""
    read = Message.de_json(message(text, **more))
    return addressed(7, read, BOT)


ITS_ANSWER = message(
    "Free Mover", **{"from": ITS_OWN}, reply_markup={"inline_keyboard": [[{"text": "Open", "url": LINK}]]}
)
TEXT_MENTION = [{"type": "text_mention", "offset": 3, "length": 4, "user": ITS_OWN}]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@desk_bot how long?", "how long?"),
        ("how long, @DESK_BOT?", "how long, ?"),
        ("@desk_bot\nhow\n long? @Desk_Bot", "how long?"),
        ("😀😀 @desk_bot 😀 how long?", "😀😀 😀 how long?"),
        ("@desk_bot", ""),
        ("@desk_bot ask @giulia how long", "ask @giulia how long"),
    ],
)
def test_its_name_is_cut_out_of_the_text(text: str, left: str) -> None:
    asked = heard(text)
    assert asked == Addressed(7, CHAT["id"], 41, "it", left)


def test_it_may_be_named_by_a_link_to_its_account() -> None:
    asked = heard("to Desk how long?", entities=TEXT_MENTION)
    assert asked is not None
    assert asked.text == "to how long?"
    stranger = [TEXT_MENTION[0] | {"user": ADA}]
    assert heard("to Desk how long?", entities=stranger) is None


def test_half_a_character_is_no_reason_to_fall_silent() -> None:
    entities = [{"type": "mention", "offset": 2, "length": 9}]
    asked = heard("how long?", text="\ud83d @desk_bot how\0 long?", entities=entities)
    assert asked is not None
    assert asked.text == "\ufffd how long?"


def test_a_reply_to_it_is_for_it_and_tells_what_was_read() -> None:
    asked = heard("and the papers?", reply_to_message=ITS_ANSWER)
    assert asked == Addressed(7, CHAT["id"], 41, "it", "and the papers?", by_reply=True, link=LINK)
    named = heard("@desk_bot and the papers?", reply_to_message=ITS_ANSWER)
    assert named is not None
    assert (named.by_reply, named.link) == (False, LINK)
    bare = heard("and the papers?", reply_to_message={**ITS_ANSWER, "reply_markup": {"inline_keyboard": []}})
    assert bare is not None
    assert bare.link == ""


@pytest.mark.parametrize("text", ["/plan@desk_bot", "/PLAN@DESK_BOT for me", "@desk_bot /plan", "ok /plan@desk_bot"])
def test_a_command_may_be_its_own(text: str) -> None:
    asked = heard(text)
    assert asked is not None
    assert asked.command


@pytest.mark.parametrize(
    "text",
    [
        "how long can one stay?", "/plan", "/plan@other_bot", "@desk_bots how long?", "@desk", "desk_bot how long?",
        "mail me at ada@desk_bot.it", "/start@desk_bot2",
    ],
)  # fmt: skip
def test_what_speaks_to_others_is_not_for_it(text: str) -> None:
    assert heard(text) is None


def test_what_replies_to_others_or_begins_a_topic_is_not_for_it() -> None:
    assert heard("how long?", reply_to_message=message("well")) is None
    begun = message("", **{"from": ITS_OWN}, forum_topic_created={"name": "Erasmus", "icon_color": 0})
    assert heard("how long?", reply_to_message=begun) is None
    assert heard("/plan", reply_to_message=ITS_ANSWER) is None
    assert heard("how long?", reply_to_message={**message("a card"), "via_bot": ITS_OWN}) is None


def test_what_a_program_wrote_is_not_for_it() -> None:
    assert heard("@desk_bot how long?", via_bot=ITS_OWN) is None
    assert heard("@desk_bot how long?", **{"from": {**ANONYMOUS, "id": 5, "first_name": "Other bot"}}) is None


def test_whoever_writes_in_the_name_of_the_group_is_a_person() -> None:
    asked = heard("@desk_bot how long?", **{"from": ANONYMOUS}, sender_chat=CHAT)
    assert asked is not None
    assert asked.language == "en"


def test_the_topic_is_told_where_the_group_has_topics() -> None:
    inside = heard("@desk_bot how long?", message_thread_id=7, is_topic_message=True)
    thread_of_replies = heard("@desk_bot how long?", message_thread_id=7)
    assert inside is not None
    assert thread_of_replies is not None
    assert (inside.thread, thread_of_replies.thread) == (7, None)


# Through the real desk


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
def people(world: World) -> tuple[Person, Person]:
    return world.add_person("Ada"), world.add_person("Giulia", language_code="it")


@pytest.fixture
def group(world: World, people: tuple[Person, Person]) -> Chat:
    return world.add_group("IMS class", people)


def said_in(chat: Chat) -> list[Json]:
    return [each for each in chat.messages.values() if each["from"]["is_bot"]]


async def test_a_question_is_answered_below_it_and_a_reply_goes_on(
    scene: Scene, people: tuple[Person, Person], group: Chat
) -> None:
    ada, giulia = people
    world = scene.world
    asked = world.say(ada, f"@desk_bot {ASK}", chat_id=group.id)[0]
    await settled(scene)
    (answer,) = said_in(group)
    assert answer["reply_to_message"]["message_id"] == asked["message_id"]
    assert answer["text"].startswith("Free Mover · When and how long")
    assert [list(each) for row in rows(answer) for each in row] == [["text", "url"]], "nothing that acts in private"
    world.say(giulia, "e da che anno?", chat_id=group.id, reply_to=answer["message_id"])
    await settled(scene)
    assert said_in(group)[-1]["text"].startswith("Free Mover · Chi può partire")
    for person in people:
        assert await student(scene.desk.store, person) is None
        assert not world.messages(person.id)
    world.start(giulia, rows(said_in(group)[-1])[0][0]["url"].partition("?start=")[2])
    await settled(scene)
    assert world.messages(giulia.id)[-1]["text"].startswith("Free Mover · Chi può partire")


async def test_in_a_topic_the_answer_stays_in_it(scene: Scene, people: tuple[Person, Person], group: Chat) -> None:
    ada, _ = people
    thread = scene.world.add_topic(group, ada, "Going abroad")
    scene.world.say(ada, f"@desk_bot {ASK}", chat_id=group.id, thread=thread)
    await settled(scene)
    (answer,) = said_in(group)
    assert (answer["message_thread_id"], answer["is_topic_message"]) == (thread, True)


async def test_what_is_not_said_to_it_or_not_surely_known_stays_unanswered(
    scene: Scene, people: tuple[Person, Person], group: Chat
) -> None:
    ada, giulia = people
    world = scene.world
    world.privacy = False
    world.say(ada, ASK, chat_id=group.id)
    world.say(ada, "@desk_bot exchange my locker", chat_id=group.id)
    world.say(ada, "/plan", chat_id=group.id)
    written = world.say(giulia, "never mind", chat_id=group.id)[0]
    world.edit(giulia, written["message_id"], f"@desk_bot {ASK}", chat_id=group.id)
    forward = {"type": "user", "date": 0, "sender_user": giulia.user()}
    world.updates.put(
        "message",
        world._write(ada, {"forward_origin": forward, **text_part("text", f"@desk_bot {ASK}")}, group.id),
        group.id,
    )
    channel = {
        **message(f"@desk_bot {ASK}"),
        "chat": {"id": -5, "type": "channel", "title": "News"},
        "sender_chat": CHAT,
    }
    world.updates.put("channel_post", channel, -5)
    world.updates.put("message", channel, -5)
    await settled(scene)
    assert not said_in(group)
    assert not await outbox_of(scene.desk.store)
    assert not await seen(scene.desk.store)


async def test_coming_and_going_changes_nothing(scene: Scene, people: tuple[Person, Person], group: Chat) -> None:
    ada, _ = people
    for status in ("administrator", "member", "left", "member", "kicked", "member"):
        scene.world.set_bot_status(group, ada, status)
    scene.world.say(ada, f"@desk_bot {ASK}", chat_id=group.id)
    await settled(scene)
    assert len(said_in(group)) == 1
    assert not await student(scene.desk.store, ada)


async def test_a_bot_that_was_removed_meanwhile_gives_up_quietly(
    scene: Scene, people: tuple[Person, Person], group: Chat
) -> None:
    ada, _ = people
    scene.world.say(ada, f"@desk_bot {ASK}", chat_id=group.id)
    group.bot = "kicked"
    await settled(scene)
    (row,) = await outbox_of(scene.desk.store)
    assert row.state is OutboxState.DEAD


async def test_a_group_that_has_moved_is_followed(scene: Scene, people: tuple[Person, Person]) -> None:
    ada, _ = people
    world = scene.world
    small = world.add_group("Small", people, supergroup=False)
    world.faults.add(Fault(FaultKind.TOO_MANY, "sendMessage", small.id, times=1, seconds=2))
    world.say(ada, f"@desk_bot {ASK}", chat_id=small.id)
    while world.faults:
        await scene.world.feed.changed()
    large = world.migrate(small)
    await settled(scene)
    assert not said_in(small)
    (answer,) = said_in(large)
    assert answer["text"].startswith("Free Mover")


async def test_a_crowd_is_answered_no_faster_than_a_group_may_be_written_to(
    scene: Scene, people: tuple[Person, Person], group: Chat
) -> None:
    ada, _ = people
    scene.world.limits.on = True
    for _ in range(24):
        scene.world.say(ada, f"@desk_bot {ASK}", chat_id=group.id)
    await settled(scene)
    dates = [each["date"] for each in said_in(group)]
    assert len(dates) == 24
    assert sum(date < dates[0] + 60 for date in dates) <= 20
    assert scene.world.limits.refused == 0


async def test_a_card_posted_in_a_group_or_in_its_own_chat_asks_nothing(
    scene: Scene, people: tuple[Person, Person], group: Chat
) -> None:
    ada, _ = people
    world = scene.world
    for chat_id in (group.id, ada.id):
        assert await world.ask_inline(ada, ASK, chat_id=chat_id)
        world.choose(ada, "free-mover.period")
    await settled(scene)
    for chat_id in (group.id, ada.id):
        (card,) = world.messages(chat_id)
        assert (card["via_bot"]["id"], card["text"].splitlines()[0]) == (4242, "Free Mover · When and how long")
    assert not await outbox_of(scene.desk.store)
    assert await student(scene.desk.store, ada) is None
