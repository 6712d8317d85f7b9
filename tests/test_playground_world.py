from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.playground.chats import Person
from bot.playground.edits import AnswerCallbackQuery
from bot.playground.entities import Json
from bot.playground.errors import ApiError, NotPossibleError
from bot.playground.faults import Fault, FaultKind
from bot.playground.files import Upload
from bot.playground.profile import Scope
from bot.playground.sends import SendMessage
from bot.playground.world import World
from tests.playground_bot import BOT_ID, NOON, PNG


@pytest.fixture
def ada(world: World) -> Person:
    return world.add_person("Ada", last_name="Rossi", username="ada", language_code="it", demo=True)


def queued(world: World) -> list[Json]:
    """The updates that wait, without their ids, and none of them any more."""
    found = [dict(update.body) for update in world.updates.pending()]
    for update in found:
        world.updates.forget(update.pop("update_id"))
    return found


def say(world: World, person: Person, text: str, reply_markup: Json | None = None) -> Json:
    return SendMessage(chat_id=person.id, text=text, reply_markup=reply_markup).answer(world)


BUTTONS: Json = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}


def test_people_have_ids_of_their_own(world: World) -> None:
    first, second = world.add_person("Ada"), world.add_person("Bruno")
    tutor = world.add_person("Chiara", person_id=99)
    assert (first.id, second.id, tutor.id) == (1001, 1002, 99)
    assert world.people == {1001: first, 1002: second, 99: tutor}


def test_what_a_person_says_reaches_the_bot(world: World, ada: Person) -> None:
    message = world.say(ada, "/plan 😀")[0]
    assert queued(world) == [{"message": message}]
    assert message == {
        "message_id": 1,
        "from": ada.user(),
        "chat": world.chats[ada.id].shape(),
        "date": int(NOON.timestamp()),
        "text": "/plan 😀",
        "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
    }


def test_starting_may_carry_a_payload(world: World, ada: Person) -> None:
    assert world.start(ada)["text"] == "/start"
    assert world.start(ada, "invite-7_x")["text"] == "/start invite-7_x"
    for payload in ("with space", "a" * 65, "è"):
        with pytest.raises(NotPossibleError, match="is no start payload"):
            world.start(ada, payload)


def test_a_long_text_leaves_as_several_messages(world: World, ada: Person) -> None:
    sent = world.say(ada, "word " * 2000)
    assert [len(message["text"]) <= 4096 for message in sent] == [True] * 3
    assert len(queued(world)) == 3
    with pytest.raises(NotPossibleError, match="empty"):
        world.say(ada, "  ")


def test_a_reply_shows_what_it_answers_without_going_deeper(world: World, ada: Person) -> None:
    world.say(ada, "one")
    world.say(ada, "two", reply_to=1)
    third = world.say(ada, "three", reply_to=2)[0]
    assert third["reply_to_message"]["text"] == "two"
    assert "reply_to_message" not in third["reply_to_message"]


def test_people_send_more_than_texts(world: World, ada: Person) -> None:
    world.send_file(ada, "photo", Upload("me.png", PNG), caption="#me")
    world.send_file(ada, "document", Upload("cv.pdf", b"x"))
    world.send_file(ada, "voice", Upload("v.ogg", b"x"))
    world.send_sticker(ada, "😀")
    world.send_location(ada, 45.46, 9.19)
    photo, *others = [update["message"] for update in queued(world)]
    assert (photo["caption"], photo["caption_entities"][0]["type"]) == ("#me", "hashtag")
    for kind, other in zip(["document", "voice", "sticker", "location"], others, strict=True):
        assert kind in other


def test_an_album_is_several_messages_of_one_group(world: World, ada: Person) -> None:
    world.say(ada, "look")
    album = world.send_album(ada, [("photo", Upload("a.png", PNG)), ("video", Upload("b.mp4", b"x"))], caption="#us")
    told = [update["message"] for update in queued(world)][1:]
    assert told == album
    assert [message.get("caption") for message in album] == ["#us", None]
    assert len({message["media_group_id"] for message in album}) == 1
    other = world.send_album(ada, [("document", Upload("a.pdf", b"x"))] * 10, reply_to=1)
    assert other[0]["media_group_id"] != album[0]["media_group_id"]
    assert {message["reply_to_message"]["text"] for message in other} == {"look"}
    for kinds in ([], ["photo"], ["photo"] * 11, ["photo", "document"], ["voice", "voice"]):
        with pytest.raises(NotPossibleError, match="no album can be made of"):
            world.send_album(ada, [(kind, Upload("a", PNG)) for kind in kinds])


def test_everything_people_send_may_be_a_reply(world: World, ada: Person) -> None:
    world.start(ada)
    asked = say(world, ada, "Sure?", BUTTONS)
    for sent in (
        world.say(ada, "yes", reply_to=2)[0],
        world.send_file(ada, "voice", Upload("v.ogg", b"x"), duration=7, reply_to=2),
        world.send_sticker(ada, "😀", reply_to=2),
        world.send_location(ada, 45.46, 9.19, reply_to=2),
        world.send_contact(ada, "+39055", "Chiara", reply_to=2),
    ):
        assert sent["reply_to_message"] == asked
    with pytest.raises(NotPossibleError, match="there is no message 99 in chat 1001"):
        world.say(ada, "yes", reply_to=99)


def test_a_large_file_may_pretend_its_size(world: World, ada: Person) -> None:
    sent = world.send_file(ada, "document", Upload("talk.mp4", b"x", pretended=30_000_000))
    assert sent["document"]["file_size"] == 30_000_000
    with pytest.raises(ApiError, match="Request Entity Too Large"):
        world.send_file(ada, "document", Upload("talk.mp4", b"x", pretended=3 * 2**30))


def test_a_caption_is_edited_as_a_text_is(world: World, ada: Person) -> None:
    world.send_file(ada, "photo", Upload("me.png", PNG), caption="#me")
    world.edit(ada, 1, "/me")
    world.edit(ada, 1, "")
    _, second, third = queued(world)
    assert second["edited_message"]["caption"] == "/me"
    assert second["edited_message"]["caption_entities"][0]["type"] == "bot_command"
    assert third["edited_message"].keys().isdisjoint({"caption", "caption_entities", "text"})
    world.send_location(ada, 45.46, 9.19)
    world.say(ada, "words")
    for number, text in ((2, "here"), (3, "")):
        with pytest.raises(NotPossibleError, match=f"has written no text {number}"):
            world.edit(ada, number, text)


def test_what_is_deleted_or_pinned(world: World, ada: Person) -> None:
    message = world.say(ada, "one")[0]
    pinned = world.pin(ada, 1)
    assert pinned["pinned_message"] == message
    queued(world)
    world.delete(ada, 1)
    assert (world.messages(ada.id), queued(world)) == ([pinned], [])
    for act in (world.delete, world.pin):
        with pytest.raises(NotPossibleError, match="there is no message 1"):
            act(ada, 1)


def test_an_edit_is_a_new_update_and_leaves_the_old_one_as_it_was(world: World, ada: Person) -> None:
    world.say(ada, "/plan")
    world.clock.shift = timedelta(minutes=1)
    world.edit(ada, 1, "no plan")
    first, second = queued(world)
    assert first["message"]["text"] == "/plan"
    assert second["edited_message"]["text"] == "no plan"
    assert second["edited_message"]["edit_date"] == int(NOON.timestamp()) + 60
    assert "entities" not in second["edited_message"]
    say(world, ada, "mine")
    with pytest.raises(NotPossibleError, match="has written no text 2"):
        world.edit(ada, 2, "yours")


async def test_a_tap_waits_for_the_bots_answer(world: World, ada: Person) -> None:
    world.start(ada)
    asked = say(world, ada, "Sure?", reply_markup=BUTTONS)
    queued(world)
    tapping = asyncio.create_task(world.tap(ada, asked["message_id"], "Yes"))
    await asyncio.sleep(0)
    query = queued(world)[0]["callback_query"]
    assert (query["data"], query["from"]["id"], query["message"]) == ("y", ada.id, asked)
    AnswerCallbackQuery(callback_query_id=query["id"], text="Done", show_alert=True).answer(world)
    assert await tapping == {"text": "Done", "show_alert": True, "url": ""}


def test_who_presses_a_button_has_spoken_and_what_follows_is_an_answer(world: World, ada: Person) -> None:
    world.start(ada)
    asked = say(world, ada, "Sure?", reply_markup=BUTTONS)
    world.chats[ada.id].spoken_at = float("-inf")
    world.press(ada, asked["message_id"], "y")
    assert world.chats[ada.id].spoken_at == world.clock.monotonic()


async def test_a_tap_without_answer_ends(world: World, ada: Person) -> None:
    world.start(ada)
    asked = say(world, ada, "Sure?", reply_markup=BUTTONS)
    world.patience = 0.01
    assert await world.tap(ada, asked["message_id"], "y") is None


def test_only_what_is_there_can_be_pressed_unless_it_was_there_once(world: World, ada: Person) -> None:
    world.start(ada)
    asked = say(world, ada, "Sure?", reply_markup=BUTTONS)
    queued(world)
    with pytest.raises(NotPossibleError, match="has no button 'n'"):
        world.press(ada, asked["message_id"], "n")
    world.press(ada, asked["message_id"], "n", stale=True)
    world.press(ada, 99, "n", stale=True)
    there, gone = [update["callback_query"] for update in queued(world)]
    assert (there["data"], there["message"]) == ("n", asked)
    assert gone["message"] == {"chat": world.chats[ada.id].shape(), "message_id": 99, "date": 0}


def test_blocking_and_coming_back_are_told(world: World, ada: Person) -> None:
    world.start(ada)
    queued(world)
    world.block(ada)
    world.block(ada)
    with pytest.raises(NotPossibleError, match="has blocked the bot"):
        world.say(ada, "hello")
    world.start(ada, "back")
    blocked, unblocked, started = queued(world)
    assert [blocked["my_chat_member"][which]["status"] for which in ("old_chat_member", "new_chat_member")] == [
        "member",
        "kicked",
    ]
    assert blocked["my_chat_member"]["new_chat_member"]["user"]["id"] == BOT_ID
    assert unblocked["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert started["message"]["text"] == "/start back"


def test_a_deleted_account_does_nothing_more_and_nobody_is_told(world: World, ada: Person) -> None:
    world.delete_account(ada)
    assert queued(world) == []
    for act in (lambda: world.say(ada, "hello"), lambda: world.press(ada, 1, "y", stale=True)):
        with pytest.raises(NotPossibleError, match="is deleted"):
            act()


def test_in_a_group_the_bot_hears_only_what_is_meant_for_it(world: World, ada: Person) -> None:
    group = world.add_group("Tutors", [ada, world.add_person("Bruno")])
    assert queued(world)[0]["my_chat_member"]["new_chat_member"]["status"] == "member"
    card = SendMessage(chat_id=group.id, text="#12").answer(world)
    world.say(ada, "to each other", chat_id=group.id)
    world.say(ada, "/claim 12", chat_id=group.id)
    world.say(ada, "hey @desk_bot", chat_id=group.id)
    world.say(ada, "hey @Desk_Bot", chat_id=group.id)
    world.say(ada, "my answer", chat_id=group.id, reply_to=card["message_id"])
    said = ["/claim 12", "hey @desk_bot", "hey @Desk_Bot", "my answer"]
    assert [u["message"]["text"] for u in queued(world)] == said
    world.privacy = False
    world.say(ada, "to all", chat_id=group.id)
    world.set_bot_status(group, ada, "kicked")
    world.say(ada, "/now", chat_id=group.id)
    assert [next(iter(update)) for update in queued(world)] == ["message", "my_chat_member"]
    with pytest.raises(NotPossibleError, match="Chiara is not in Tutors"):
        world.say(world.add_person("Chiara"), "hello", chat_id=group.id)


def test_a_group_may_have_topics(world: World, ada: Person) -> None:
    group = world.add_group("Class", [ada])
    thread = world.add_topic(group, ada, "Abroad")
    assert group.shape()["is_forum"] is True
    card = SendMessage(chat_id=group.id, text="#12", message_thread_id=thread).answer(world)
    queued(world)
    world.say(ada, "hey @desk_bot", chat_id=group.id, thread=thread)
    world.say(ada, "ok", chat_id=group.id, thread=thread, reply_to=card["message_id"])
    alone, reply = [update["message"] for update in queued(world)]
    for message in (card, alone, reply):
        assert (message["message_thread_id"], message["is_topic_message"]) == (thread, True)
    assert alone["reply_to_message"]["forum_topic_created"]["name"] == "Abroad"
    assert reply["reply_to_message"]["text"] == "#12"
    with pytest.raises(ApiError, match="message thread not found"):
        SendMessage(chat_id=group.id, text="#12", message_thread_id=99).answer(world)
    with pytest.raises(ApiError, match="message thread not found"):
        world.say(ada, "hey", thread=99)


def test_after_a_reset_the_groups_of_the_page_are_empty_and_the_others_gone(world: World, ada: Person) -> None:
    world.add_group("Tutors", [ada])
    shown = world.add_group("Class", [ada], demo=True)
    world.add_topic(shown, ada, "Abroad")
    world.reset()
    assert [(chat.id, chat.title) for chat in world.chats.values() if chat.person is None] == [(shown.id, "Class")]
    assert (world.messages(shown.id), world.chats[shown.id].topics) == ([], {})
    world.say(ada, "hey @desk_bot", chat_id=shown.id)
    assert len(queued(world)) == 1
    assert world.add_group("Tutors", [ada]).id not in {shown.id, ada.id}


def test_a_group_can_migrate(world: World, ada: Person) -> None:
    group = world.add_group("Tutors", [ada], supergroup=False)
    queued(world)
    new = world.migrate(group)
    assert (group.migrated_to, new.kind, str(new.id)[:4]) == (new.id, "supergroup", "-100")
    old, born = [update["message"] for update in queued(world)]
    assert (old["migrate_to_chat_id"], born["migrate_from_chat_id"]) == (new.id, group.id)


def test_the_clock_moves_forward_back_and_to_a_moment(world: World) -> None:
    world.advance(timedelta(days=1))
    assert world.now() == NOON + timedelta(days=1)
    world.set_clock(NOON - timedelta(days=5))
    assert world.now() == NOON - timedelta(days=5)


def test_whoever_runs_the_bot_is_told_when_the_clock_was_moved(world: World) -> None:
    moments: list[datetime] = []
    world.advance(timedelta(days=1))
    world.clock_moved = lambda: moments.append(world.now())
    world.advance(timedelta(days=1))
    world.set_clock(NOON - timedelta(days=5))
    world.reset()
    assert moments == [NOON + timedelta(days=2), NOON - timedelta(days=5), NOON]


def test_a_person_sees_the_menu_of_their_language(world: World, ada: Person) -> None:
    world.profile.set_commands(Scope("all_private_chats"), "it", [{"command": "piano", "description": "a"}])
    assert world.menu(ada) == [{"command": "piano", "description": "a"}]
    assert world.menu(world.add_person("Bruno")) == []
    assert world.menu(ada, world.add_group("Tutors", [ada]).id) == []


async def test_heard_waits_for_the_bot(world: World, ada: Person) -> None:
    world.start(ada)
    waiting = asyncio.create_task(world.heard(ada, 2))
    for text in ("one", "two"):
        await asyncio.sleep(0)
        say(world, ada, text)
    assert [message["text"] for message in await waiting] == ["one", "two"]
    assert [message["text"] for message in await world.heard(ada, after=2)] == ["two"]
    world.say(ada, "again")
    world.patience = 0.01
    with pytest.raises(TimeoutError, match=r"0 of 1 messages came in chat 1001: \[\]"):
        await world.heard(ada)


def test_a_reset_forgets_everything_but_the_people_and_what_the_bot_set_up(world: World, ada: Person) -> None:
    world.start(ada)
    group = world.add_group("Tutors", [ada])
    world.profile.set_commands(Scope(), "", [{"command": "plan", "description": "a"}])
    world.faults.add(Fault(FaultKind.SLOW))
    world.limits.on = True
    world.advance(timedelta(days=3))
    world.reset()
    assert (world.people, ada.started, group.id in world.chats) == ({ada.id: ada}, False, False)
    assert (world.messages(ada.id), queued(world), world.faults.listed(), world.limits.on) == ([], [], [], False)
    assert (world.now(), len(world.menu(ada))) == (NOON, 1)
    assert world.start(ada)["message_id"] == 1


async def test_the_feed_tells_what_the_page_shows(world: World, ada: Person) -> None:
    start = world.feed.number
    world.start(ada)
    asked = say(world, ada, "Sure?", reply_markup=BUTTONS)
    query = world.press(ada, asked["message_id"], "y")
    AnswerCallbackQuery(callback_query_id=query.id).answer(world)
    world.advance(timedelta(days=1))
    world.faults.add(Fault(FaultKind.SLOW))
    world.feed.close()
    kinds = [event.kind async for event in world.feed.after(start)]
    assert kinds == ["person", "message", "message", "pressed", "answered", "clock", "fault"]
