from __future__ import annotations

import pytest
from telegram import (
    Bot,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatMember,
    ChatMemberLeft,
    ChatMemberMember,
    ChatMemberOwner,
    MenuButtonCommands,
    MenuButtonDefault,
)
from telegram.error import BadRequest

from bot.playground.chats import Person
from bot.playground.world import World
from tests.playground_bot import BOT_ID


@pytest.fixture
def ada(world: World) -> Person:
    ada = world.add_person("Ada", username="ada", language_code="it")
    world.start(ada)
    return ada


async def test_the_bot_learns_who_it_is(bot: Bot, world: World) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot, me.can_read_all_group_messages) == (BOT_ID, "desk_bot", True, False)
    world.privacy = False
    assert (await bot.get_me()).can_read_all_group_messages is True


async def test_menus_are_set_read_and_taken_back_by_scope_and_language(bot: Bot, world: World, ada: Person) -> None:
    private, chat = BotCommandScopeAllPrivateChats(), BotCommandScopeChat(ada.id)
    assert await bot.set_my_commands([("plan", "What fits")], scope=private)
    assert await bot.set_my_commands([("plan", "Che cosa va bene")], scope=private, language_code="it")
    assert [c.description for c in await bot.get_my_commands(private, "it")] == ["Che cosa va bene"]
    assert await bot.get_my_commands() == ()
    assert world.menu(ada) == [{"command": "plan", "description": "Che cosa va bene"}]
    await bot.set_my_commands([("tickets", "Open questions")], scope=chat)
    assert world.menu(ada)[0]["command"] == "tickets"
    assert await bot.delete_my_commands(chat)
    assert world.menu(ada)[0]["command"] == "plan"


async def test_a_menu_for_one_member_of_a_group(bot: Bot, world: World, ada: Person) -> None:
    group = world.add_group("Tutors", [ada])
    await bot.set_my_commands([("claim", "Take it")], scope=BotCommandScopeChatMember(group.id, ada.id))
    assert world.menu(ada, group.id) == [{"command": "claim", "description": "Take it"}]
    assert world.menu(ada) == []


async def test_a_menu_needs_a_chat_the_bot_knows(bot: Bot, world: World) -> None:
    stranger = world.add_person("Bruno")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_my_commands([("plan", "x")], scope=BotCommandScopeChat(stranger.id))
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([("Plan", "x")])


async def test_the_bot_describes_itself(bot: Bot) -> None:
    assert await bot.set_my_name("Desk")
    assert await bot.set_my_description("Ask me", language_code="en")
    assert await bot.set_my_short_description("Erasmus")
    assert (await bot.get_my_name()).name == "Desk"
    assert (await bot.get_my_description("en")).description == "Ask me"
    assert (await bot.get_my_description()).description == ""
    assert (await bot.get_my_short_description("it")).short_description == "Erasmus"
    assert (await bot.get_me()).first_name == "Desk"


async def test_the_menu_button_of_one_chat_or_of_all(bot: Bot, world: World, ada: Person) -> None:
    assert await bot.set_chat_menu_button(menu_button=MenuButtonDefault())
    assert await bot.set_chat_menu_button(ada.id, MenuButtonCommands())
    assert await bot.get_chat_menu_button() == MenuButtonDefault()
    assert await bot.get_chat_menu_button(ada.id) == MenuButtonCommands()
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_chat_menu_button(world.add_person("Bruno").id, MenuButtonCommands())


async def test_a_chat_is_described_once_it_is_known(bot: Bot, world: World, ada: Person) -> None:
    chat = await bot.get_chat(ada.id)
    assert (chat.first_name, chat.username, chat.max_reaction_count) == ("Ada", "ada", 11)
    assert (await bot.get_chat("@ada")).id == ada.id
    assert (await bot.get_chat(world.add_group("Tutors", [ada]).id)).title == "Tutors"
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.get_chat(world.add_person("Bruno").id)


async def test_members_have_a_status(bot: Bot, world: World, ada: Person) -> None:
    bruno = world.add_person("Bruno")
    group = world.add_group("Tutors", [ada])
    assert isinstance(await bot.get_chat_member(group.id, ada.id), ChatMemberOwner)
    assert isinstance(await bot.get_chat_member(group.id, bruno.id), ChatMemberLeft)
    assert isinstance(await bot.get_chat_member(group.id, BOT_ID), ChatMemberMember)
    assert isinstance(await bot.get_chat_member(ada.id, ada.id), ChatMemberMember)
    with pytest.raises(BadRequest, match="User not found"):
        await bot.get_chat_member(group.id, 5)


async def test_a_file_is_fetched(bot: Bot, ada: Person) -> None:
    sent = await bot.send_document(ada.id, b"the call", filename="call.pdf")
    assert sent.document is not None
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"the call"
    with pytest.raises(BadRequest, match="Wrong file_id or the file is temporarily unavailable"):
        await bot.get_file("nothing")


async def test_after_logging_out_nothing_is_answered(bot: Bot) -> None:
    assert await bot.close()
    assert await bot.log_out()
    with pytest.raises(BadRequest, match="Logged out"):
        await bot.get_me()
