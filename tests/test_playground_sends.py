from __future__ import annotations

from datetime import timedelta

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter

from bot.playground.chats import Person
from bot.playground.faults import Fault, FaultKind
from bot.playground.files import MAX_PHOTO, MAX_UPLOAD, Upload
from bot.playground.world import World
from tests.playground_bot import BOT_ID, NOON, PNG


async def test_a_message_comes_back_as_it_was_sent(bot: Bot, world: World, ada: Person) -> None:
    keyboard = InlineKeyboardMarkup(
        [[InlineKeyboardButton("Sì", callback_data="y"), InlineKeyboardButton("?", url="https://unimi.it")]]
    )
    message = await bot.send_message(
        ada.id, "<b>Erasmus+</b> 😀 <a href='https://unimi.it/x'>call</a>", parse_mode="HTML", reply_markup=keyboard
    )
    assert (message.message_id, message.date, message.chat.id) == (2, NOON, ada.id)
    assert message.from_user is not None
    assert (message.from_user.id, message.from_user.is_bot) == (BOT_ID, True)
    assert message.text_html == '<b>Erasmus+</b> 😀 <a href="https://unimi.it/x">call</a>'
    assert message.reply_markup == keyboard
    assert world.messages(ada.id)[-1]["text"] == "Erasmus+ 😀 call"


async def test_a_message_may_reply_quote_and_decorate(bot: Bot, ada: Person) -> None:
    message = await bot.send_message(
        ada.id,
        "yes",
        reply_parameters=ReplyParameters(1, quote="start"),
        protect_content=True,
        message_effect_id="5104841245755180586",
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert message.reply_to_message is not None
    assert message.reply_to_message.text == "/start"
    assert message.quote is not None
    assert (message.quote.text, message.quote.position) == ("start", 1)
    assert (message.has_protected_content, message.effect_id) == (True, "5104841245755180586")
    alone = await bot.send_message(ada.id, "x", reply_parameters=ReplyParameters(9, allow_sending_without_reply=True))
    assert alone.reply_to_message is None
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ada.id, "x", reply_parameters=ReplyParameters(9))
    with pytest.raises(BadRequest, match="Quote_text_invalid"):
        await bot.send_message(ada.id, "x", reply_parameters=ReplyParameters(1, quote="stop"))


async def test_a_reply_keyboard_belongs_to_the_chat_not_the_message(bot: Bot, world: World, ada: Person) -> None:
    message = await bot.send_message(ada.id, "Choose", reply_markup=ReplyKeyboardMarkup([["A", "B"]]))
    assert message.reply_markup is None
    keyboard = world.chats[ada.id].keyboard
    assert keyboard is not None
    assert keyboard["keyboard"] == [[{"text": "A"}, {"text": "B"}]]


@pytest.mark.parametrize(
    ("text", "parse_mode", "why"),
    [
        ("", None, "Message text is empty"),
        (" \n", None, "Text must be non-empty"),
        ("<b></b>", "HTML", "Text must be non-empty"),
        ("a" * 4097, None, "Message is too long"),
        ("😀" * 2049, None, "Message is too long"),
        ("<x>", "HTML", 'Can\'t parse entities: unsupported start tag "x" at byte offset 0'),
    ],
)
async def test_bad_texts_are_refused(bot: Bot, ada: Person, text: str, parse_mode: str | None, why: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ada.id, text, parse_mode=parse_mode)
    assert str(refused.value).lower() == why.lower()


async def test_the_longest_text_counts_after_formatting(bot: Bot, ada: Person) -> None:
    message = await bot.send_message(ada.id, f"<b>{'a' * 4096}</b>", parse_mode="HTML")
    assert len(message.text or "") == 4096


async def test_not_everybody_can_be_written_to(bot: Bot, world: World, ada: Person) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(5, "hello")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(world.add_person("Bruno").id, "hello")
    world.block(ada)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ada.id, "hello")
    world.delete_account(ada)
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(ada.id, "hello")


async def test_a_group_tells_where_it_went(bot: Bot, world: World, ada: Person) -> None:
    group = world.add_group("Tutors", [ada], supergroup=False)
    assert (await bot.send_message(group.id, "hello")).chat.title == "Tutors"
    new = world.migrate(group)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "hello")
    assert moved.value.new_chat_id == new.id
    world.set_bot_status(new, ada, "kicked")
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(new.id, "hello")


async def test_too_fast_is_refused_while_limits_are_on(
    bot: Bot, world: World, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    world.limits.on = True
    for _ in range(5):
        await bot.send_message(ada.id, "hello")
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(ada.id, "hello")
    assert refused.value.retry_after == timedelta(seconds=1)


async def broadcast(bot: Bot, people: list[Person]) -> list[str]:
    """What comes of the same words for each of them."""
    outcomes = []
    for person in people:
        try:
            await bot.send_message(person.id, "The call opens")
        except (Forbidden, RetryAfter) as refused:
            outcomes.append(type(refused).__name__)
        else:
            outcomes.append("sent")
    return outcomes


async def test_a_broadcast_meets_the_trouble_of_each_person_and_no_one_elses(
    bot: Bot, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    people = [world.add_person(name) for name in ("Ada", "Bruno", "Chiara", "Dario", "Elena")]
    for person in people:
        world.start(person)
    ada, bruno, chiara, dario, _ = people
    world.block(ada)
    world.delete_account(bruno)
    world.faults.add(Fault(FaultKind.BLOCKED, "send*", chiara.id))
    slow_down = world.faults.add(Fault(FaultKind.TOO_MANY, "send*", dario.id, times=2))
    assert await broadcast(bot, people) == ["Forbidden", "Forbidden", "Forbidden", "RetryAfter", "sent"]
    world.unblock(ada)
    assert await broadcast(bot, people) == ["sent", "Forbidden", "Forbidden", "RetryAfter", "sent"]
    world.faults.remove(slow_down)
    assert await broadcast(bot, people) == ["sent", "Forbidden", "Forbidden", "sent", "sent"]
    world.faults.clear()
    assert await broadcast(bot, people) == ["sent", "Forbidden", "sent", "sent", "sent"]


async def test_a_broadcast_too_fast_for_telegram_is_refused_and_counted(
    bot: Bot, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    people = [world.add_person(f"P{number}") for number in range(70)]
    for person in people:
        world.start(person)
    world.limits.on = True
    world.clock.seconds = 31  # type: ignore[attr-defined]
    outcomes = await broadcast(bot, people)
    assert (outcomes.count("sent"), outcomes.count("RetryAfter"), world.limits.refused) == (60, 10, 10)


async def test_a_calendar_goes_out_with_words_and_buttons(bot: Bot, world: World, ada: Person) -> None:
    calendar = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Stop", callback_data="stop")]])
    when = '<b>It opens</b> on <tg-time unix="1795194000">20 November</tg-time>'
    message = await bot.send_document(
        ada.id, calendar, filename="call.ics", caption=when, parse_mode="HTML", reply_markup=keyboard
    )
    assert message.document is not None
    assert (message.document.file_name, message.document.mime_type) == ("call.ics", "text/calendar")
    assert message.document.file_size == len(calendar)
    assert (message.caption, message.reply_markup) == ("It opens on 20 November", keyboard)
    dated = world.messages(ada.id)[-1]["caption_entities"][-1]
    assert dated == {"type": "date_time", "offset": 12, "length": 11, "unix_time": 1795194000}
    assert bytes(await (await message.document.get_file()).download_as_bytearray()) == calendar


async def test_a_photo_a_document_and_a_voice(bot: Bot, ada: Person) -> None:
    photo = await bot.send_photo(ada.id, PNG, caption="<i>map</i>", parse_mode="HTML")
    assert (photo.photo[0].width, photo.photo[0].height, photo.caption_html) == (640, 480, "<i>map</i>")
    again = await bot.send_photo(ada.id, photo.photo[0].file_id)
    assert again.photo == photo.photo
    document = await bot.send_document(ada.id, b"pdf", filename="call.pdf")
    assert document.document is not None
    assert (document.document.file_name, document.document.mime_type) == ("call.pdf", "application/pdf")
    voice = await bot.send_voice(ada.id, b"ogg", duration=4)
    assert voice.voice is not None
    assert voice.to_dict()["voice"]["duration"] == 4


async def test_wrong_files_and_captions_are_refused(bot: Bot, ada: Person) -> None:
    with pytest.raises(BadRequest, match="Wrong file identifier/http url specified"):
        await bot.send_photo(ada.id, "nothing")
    with pytest.raises(BadRequest, match="Failed to get http url content"):
        await bot.send_document(ada.id, "https://unimi.it/call.pdf")
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(ada.id, PNG, caption="a" * 1025)


async def test_an_album_is_one_group_of_messages(bot: Bot, ada: Person) -> None:
    first, second = await bot.send_media_group(ada.id, [InputMediaPhoto(PNG, caption="one"), InputMediaPhoto(PNG)])
    assert first.media_group_id == second.media_group_id is not None
    assert (first.caption, second.caption, second.message_id) == ("one", None, 3)
    with pytest.raises(BadRequest, match="Can't use the media of the specified type in the album"):
        await bot.send_media_group(ada.id, [InputMediaPhoto(PNG), InputMediaDocument(b"x")])
    with pytest.raises(BadRequest, match="Too much messages to send as an album"):
        await bot.send_media_group(ada.id, [InputMediaPhoto(PNG)] * 11)


async def test_photos_and_videos_share_an_album(bot: Bot, world: World, ada: Person) -> None:
    film = world.send_file(ada, "video", Upload("v.mp4", b"x"))["video"]["file_id"]
    photo, video = await bot.send_media_group(ada.id, [InputMediaPhoto(PNG), InputMediaVideo(film)])
    assert photo.media_group_id == video.media_group_id is not None
    assert (bool(photo.photo), video.video is not None) == (True, True)


async def test_uploads_have_a_limit(bot: Bot, ada: Person) -> None:
    with pytest.raises(NetworkError, match="Request Entity Too Large"):
        await bot.send_document(ada.id, b"x" * (MAX_UPLOAD + 1))
    with pytest.raises(BadRequest, match="bytes is too big for a photo; the maximum size is 10485760 bytes"):
        await bot.send_photo(ada.id, b"x" * (MAX_PHOTO + 1))


async def test_an_action_is_shown_and_must_be_one(bot: Bot, world: World, ada: Person) -> None:
    before = world.feed.number
    assert await bot.send_chat_action(ada.id, "typing")
    world.feed.close()
    assert [e.data async for e in world.feed.after(before)] == [{"chat_id": ada.id, "action": "typing"}]
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await bot.send_chat_action(ada.id, "dancing")
