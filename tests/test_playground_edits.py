from __future__ import annotations

from datetime import timedelta

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReactionTypeEmoji,
)
from telegram.error import BadRequest

from bot.playground.chats import Person
from bot.playground.world import World
from tests.playground_bot import NOON, PNG

YES = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])


async def test_a_text_is_changed_with_its_buttons(bot: Bot, world: World, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "<b>one</b>", parse_mode="HTML", reply_markup=YES)
    world.advance(timedelta(minutes=1))
    changed = await bot.edit_message_text("two", ada.id, sent.message_id)
    assert isinstance(changed, Message)
    assert (changed.text, changed.entities, changed.reply_markup) == ("two", (), None)
    assert (changed.date, changed.edit_date) == (NOON, NOON + timedelta(minutes=1))
    pressed = await bot.edit_message_text("two", ada.id, sent.message_id, reply_markup=YES)
    assert isinstance(pressed, Message)
    assert pressed.reply_markup == YES


async def test_the_buttons_alone_are_changed(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "one", reply_markup=YES)
    bare = await bot.edit_message_reply_markup(ada.id, sent.message_id)
    assert isinstance(bare, Message)
    assert (bare.text, bare.reply_markup) == ("one", None)
    again = await bot.edit_message_reply_markup(ada.id, sent.message_id, reply_markup=YES)
    assert isinstance(again, Message)
    assert again.reply_markup == YES


async def test_the_same_again_is_refused_also_after_a_change(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "one", reply_markup=YES)
    why = (
        "Message is not modified: specified new message content and reply markup are exactly the same as a "
        "current content and reply markup of the message"
    )
    with pytest.raises(BadRequest, match=why):
        await bot.edit_message_text("one", ada.id, sent.message_id, reply_markup=YES)
    await bot.edit_message_text("two", ada.id, sent.message_id)
    with pytest.raises(BadRequest, match=why):
        await bot.edit_message_text("two", ada.id, sent.message_id)
    with pytest.raises(BadRequest, match=why):
        await bot.edit_message_reply_markup(ada.id, sent.message_id)


async def test_a_bar_of_progress_stays_one_message_however_often_it_changes(
    bot: Bot, world: World, ada: Person
) -> None:
    sent = await bot.send_message(ada.id, "0 of 40", reply_markup=YES)
    before = world.feed.number
    for done in range(1, 41):
        await bot.edit_message_text(f"{done} of 40", ada.id, sent.message_id, reply_markup=YES)
    world.advance(timedelta(days=3))
    await bot.edit_message_text("done", ada.id, sent.message_id)
    world.feed.close()
    assert [event.kind async for event in world.feed.after(before)] == [*["edited"] * 40, "clock", "edited"]
    assert [message["text"] for message in world.messages(ada.id)] == ["/start", "done"]


async def test_not_everything_can_be_edited(bot: Bot, ada: Person) -> None:
    photo = await bot.send_photo(ada.id, PNG)
    sent = await bot.send_message(ada.id, "one")
    for text, message_id, why in [
        ("x", 99, "Message to edit not found"),
        ("x", 1, "Message can't be edited"),
        ("x", photo.message_id, "There is no text in the message to edit"),
        ("", sent.message_id, "Message text is empty"),
        (" ", sent.message_id, "Text must be non-empty"),
        ("a" * 4097, sent.message_id, "Message_too_long"),
    ]:
        with pytest.raises(BadRequest, match=why):
            await bot.edit_message_text(text, ada.id, message_id)
    with pytest.raises(BadRequest, match="Message_id_invalid"):
        await bot.edit_message_text("x", inline_message_id="7")
    with pytest.raises(BadRequest, match="Chat_id is empty"):
        await bot.edit_message_text("x")


async def test_a_caption_is_changed_formatted_and_taken_away(bot: Bot, world: World, ada: Person) -> None:
    photo = await bot.send_photo(ada.id, PNG, caption="<b>old</b>", parse_mode="HTML")
    where = ada.id, photo.message_id
    changed = await bot.edit_message_caption(*where, caption="<i>new</i>", parse_mode="HTML", reply_markup=YES)
    assert isinstance(changed, Message)
    assert (changed.caption_html, changed.reply_markup, changed.photo) == ("<i>new</i>", YES, photo.photo)
    await bot.edit_message_caption(*where)
    assert world.messages(ada.id)[-1].keys().isdisjoint({"caption", "caption_entities", "reply_markup"})
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_caption(*where)
    with pytest.raises(BadRequest, match="Media_caption_too_long"):
        await bot.edit_message_caption(*where, caption="a" * 1025)
    text = await bot.send_message(ada.id, "one")
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await bot.edit_message_caption(ada.id, text.message_id, caption="x")


async def test_messages_are_deleted_while_they_are_young(bot: Bot, world: World, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "one")
    assert await bot.delete_message(ada.id, sent.message_id)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(ada.id, sent.message_id)
    await bot.send_message(ada.id, "two")
    world.advance(timedelta(hours=49))
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await bot.delete_message(ada.id, 3)


async def test_several_messages_are_deleted_at_once_whether_there_or_not(bot: Bot, world: World, ada: Person) -> None:
    for text in ("one", "two"):
        await bot.send_message(ada.id, text)
    assert await bot.delete_messages(ada.id, [2, 3, 99])
    assert [message["message_id"] for message in world.messages(ada.id)] == [1]
    with pytest.raises(BadRequest, match="Message identifiers are not specified"):
        await bot.delete_messages(ada.id, [])
    with pytest.raises(BadRequest, match="Too many message identifiers specified"):
        await bot.delete_messages(ada.id, list(range(1, 102)))


async def test_a_reaction_is_shown_and_must_be_an_emoji(bot: Bot, world: World, ada: Person) -> None:
    before = world.feed.number
    assert await bot.set_message_reaction(ada.id, 1, "👀")
    assert await bot.set_message_reaction(ada.id, 1)
    for no_reaction in ("x", "✅"):
        with pytest.raises(BadRequest, match="Reaction_invalid"):
            await bot.set_message_reaction(ada.id, 1, no_reaction)
    with pytest.raises(BadRequest, match="Message to react not found"):
        await bot.set_message_reaction(ada.id, 99, "👀")
    world.feed.close()
    shown = [event.data["reaction"] async for event in world.feed.after(before)]
    assert shown == [[{"type": "emoji", "emoji": "👀"}], []]


async def test_a_reaction_stays_until_its_message_goes(bot: Bot, world: World, ada: Person) -> None:
    await bot.set_message_reaction(ada.id, 1, ReactionTypeEmoji("❤️"))
    assert world.chats[ada.id].reactions == {1: [{"type": "emoji", "emoji": "❤️"}]}
    await bot.delete_message(ada.id, 1)
    assert world.chats[ada.id].reactions == {}


async def test_a_press_is_answered_within_its_limits(bot: Bot, world: World, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "Sure?", reply_markup=YES)
    query = world.press(ada, sent.message_id, "y")
    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.answer_callback_query(query.id, "a" * 201)
    with pytest.raises(BadRequest, match="Url_invalid"):
        await bot.answer_callback_query(query.id, url="https://unimi.it")
    assert await bot.answer_callback_query(query.id, "a" * 200, show_alert=True)
    assert query.answer == {"text": "a" * 200, "show_alert": True, "url": ""}
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query(query.id)
