from __future__ import annotations

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, MessageOriginUser, ReplyParameters
from telegram.error import BadRequest, Forbidden, RetryAfter

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.files import Upload
from bot.playground.world import World
from tests.playground_bot import BOT_ID, PNG

PICTURE = Upload("map.png", PNG)
PAPER = Upload("cv.pdf", b"pdf")


@pytest.fixture
def bruno(world: World) -> Person:
    bruno = world.add_person("Bruno")
    world.start(bruno)
    return bruno


async def test_a_copy_hides_and_a_forward_shows_who_wrote_it(
    bot: Bot, world: World, ada: Person, bruno: Person
) -> None:
    copy = await bot.copy_message(bruno.id, ada.id, 1)
    assert world.messages(bruno.id)[-1]["message_id"] == copy.message_id
    assert "forward_origin" not in world.messages(bruno.id)[-1]
    forward = await bot.forward_message(bruno.id, ada.id, 1)
    assert isinstance(forward, Message)
    assert isinstance(forward.forward_origin, MessageOriginUser)
    assert (forward.text, forward.forward_origin.sender_user.id) == ("/start", ada.id)
    onwards = await bot.forward_message(ada.id, bruno.id, forward.message_id)
    assert isinstance(onwards.forward_origin, MessageOriginUser)
    assert onwards.forward_origin.sender_user.id == ada.id


async def test_a_copied_picture_may_get_another_caption(bot: Bot, world: World, ada: Person) -> None:
    photo = await bot.send_photo(ada.id, PNG, caption="<b>old</b>", parse_mode="HTML")
    await bot.copy_message(ada.id, ada.id, photo.message_id, caption="new")
    copied = world.messages(ada.id)[-1]
    assert (copied["caption"], "caption_entities" in copied, "photo" in copied) == ("new", False, True)


async def test_what_is_not_there_cannot_be_copied_or_forwarded(bot: Bot, world: World, ada: Person) -> None:
    with pytest.raises(BadRequest, match="Message to copy not found"):
        await bot.copy_message(ada.id, ada.id, 99)
    with pytest.raises(BadRequest, match="Message to forward not found"):
        await bot.forward_message(ada.id, ada.id, 99)
    group = world.add_group("Tutors", [ada], supergroup=False)
    world.migrate(group)
    with pytest.raises(BadRequest, match="Message can't be copied"):
        await bot.copy_message(ada.id, group.id, 1)


def sendings(world: World, person: Person) -> list[Json]:
    """A message of every kind that can be copied."""
    kinds = ("photo", "document", "voice", "video", "audio", "animation", "video_note")
    captioned = kinds[:-1]
    return [
        *world.say(person, "hello #there"),
        *(world.send_file(person, kind, PICTURE, caption="mine" if kind in captioned else "") for kind in kinds),
        world.send_sticker(person, "😀"),
        world.send_location(person, 45.46, 9.19),
        world.send_contact(person, "+39055", "Chiara"),
    ]


def carried(message: Json) -> Json:
    return {key: value for key, value in message.items() if key not in ("message_id", "from", "chat", "date")}


async def test_everything_people_send_is_copied_as_it_is(bot: Bot, world: World, ada: Person, bruno: Person) -> None:
    for sent in sendings(world, ada):
        copy = await bot.copy_message(bruno.id, ada.id, sent["message_id"])
        arrived = world.messages(bruno.id)[-1]
        assert (arrived["message_id"], arrived["from"]["id"]) == (copy.message_id, BOT_ID)
        assert carried(arrived) == carried(sent)


async def test_a_copy_may_answer_and_bear_buttons_but_leaves_those_of_the_original(
    bot: Bot, world: World, ada: Person, bruno: Person
) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Claim", callback_data="claim")]])
    asked = await bot.send_message(bruno.id, "ticket", reply_markup=keyboard)
    answer = world.say(ada, "mine", reply_to=1)[0]
    await bot.copy_message(
        bruno.id,
        ada.id,
        answer["message_id"],
        reply_parameters=ReplyParameters(asked.message_id),
        reply_markup=keyboard,
        protect_content=True,
    )
    arrived = world.messages(bruno.id)[-1]
    assert (arrived["reply_to_message"]["text"], arrived["reply_markup"]) == ("ticket", keyboard.to_dict())
    assert arrived["has_protected_content"]
    await bot.copy_message(ada.id, bruno.id, asked.message_id)
    assert carried(world.messages(ada.id)[-1]) == {"text": "ticket"}
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.copy_message(bruno.id, ada.id, 1, reply_parameters=ReplyParameters(99))
    await bot.copy_message(bruno.id, ada.id, 1, reply_parameters=ReplyParameters(99, allow_sending_without_reply=True))
    assert "reply_to_message" not in world.messages(bruno.id)[-1]


async def test_another_caption_takes_the_place_of_the_old_one_where_there_can_be_one(
    bot: Bot, world: World, ada: Person, bruno: Person
) -> None:
    photo = world.send_file(ada, "photo", PICTURE, caption="#mine")["message_id"]
    await bot.copy_message(bruno.id, ada.id, photo, caption="<b>hers</b>", parse_mode="HTML")
    copy = world.messages(bruno.id)[-1]
    assert (copy["caption"], copy["caption_entities"][0]["type"]) == ("hers", "bold")
    await bot.copy_message(bruno.id, ada.id, photo, caption="")
    assert carried(world.messages(bruno.id)[-1]).keys() == {"photo"}
    for sent in (world.say(ada, "text")[0], world.send_sticker(ada, "😀"), world.send_location(ada, 1, 2)):
        await bot.copy_message(bruno.id, ada.id, sent["message_id"], caption="hers")
        assert carried(world.messages(bruno.id)[-1]) == carried(sent)
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.copy_message(bruno.id, ada.id, photo, caption="a" * 1025)


async def test_a_file_too_big_to_download_can_be_copied(bot: Bot, world: World, ada: Person, bruno: Person) -> None:
    film = Upload("talk.mp4", b"x", pretended=300 * 2**20)
    sent = world.send_file(ada, "document", film)
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(sent["document"]["file_id"])
    await bot.copy_message(bruno.id, ada.id, sent["message_id"])
    assert world.messages(bruno.id)[-1]["document"] == sent["document"]


async def test_service_messages_and_what_was_deleted_cannot_be_copied(
    bot: Bot, world: World, ada: Person, bruno: Person
) -> None:
    pinned = world.pin(ada, 1)
    with pytest.raises(BadRequest, match="Message can't be copied"):
        await bot.copy_message(bruno.id, ada.id, pinned["message_id"])
    with pytest.raises(BadRequest, match="Messages can't be forwarded"):
        await bot.copy_messages(bruno.id, ada.id, [pinned["message_id"]])
    world.delete(ada, 1)
    with pytest.raises(BadRequest, match="Message to copy not found"):
        await bot.copy_message(bruno.id, ada.id, 1)
    world.block(bruno)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.copy_message(bruno.id, ada.id, world.say(ada, "hello")[0]["message_id"])


async def test_an_album_stays_one(bot: Bot, world: World, ada: Person, bruno: Person) -> None:
    album = world.send_album(ada, [("photo", PICTURE), ("photo", PICTURE)], caption="two")
    papers = world.send_album(ada, [("document", PAPER)] * 3)
    ids = [message["message_id"] for message in (*album, *papers)]
    copies = await bot.copy_messages(bruno.id, ada.id, ids)
    arrived = world.messages(bruno.id)[-5:]
    assert [copy.message_id for copy in copies] == [message["message_id"] for message in arrived]
    groups = [message["media_group_id"] for message in arrived]
    assert [groups.count(group) for group in groups] == [2, 2, 3, 3, 3]
    assert set(groups).isdisjoint({album[0]["media_group_id"], papers[0]["media_group_id"]})
    assert [message.get("caption") for message in arrived] == ["two", None, None, None, None]
    await bot.copy_messages(bruno.id, ada.id, ids[:1], remove_caption=True, protect_content=True)
    assert carried(world.messages(bruno.id)[-1]).keys() == {"photo", "has_protected_content"}


async def test_of_several_those_that_are_there_are_copied(bot: Bot, world: World, ada: Person, bruno: Person) -> None:
    world.pin(ada, 1)
    world.say(ada, "three")
    copies = await bot.copy_messages(bruno.id, ada.id, [1, 2, 3, 70])
    assert len(copies) == 2
    assert [message["text"] for message in world.messages(bruno.id)[-2:]] == ["/start", "three"]
    for ids, why in [
        ([], "Message identifiers are not specified"),
        ([3, 1], "Message identifiers must be in a strictly increasing order"),
        ([1, 1], "Message identifiers must be in a strictly increasing order"),
        ([0, 1], "Invalid message identifier specified"),
        (list(range(1, 102)), "Too many message identifiers specified"),
        ([70, 71], "There are no messages to forward"),
    ]:
        with pytest.raises(BadRequest, match=why):
            await bot.copy_messages(bruno.id, ada.id, ids)


async def test_each_copy_counts_where_limits_hold(
    bot: Bot, world: World, ada: Person, bruno: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    world.limits.on = True
    ids = [message["message_id"] for message in world.send_album(ada, [("photo", PICTURE)] * 5)]
    await bot.copy_messages(bruno.id, ada.id, ids)
    with pytest.raises(RetryAfter):
        await bot.copy_message(bruno.id, ada.id, ids[0])
