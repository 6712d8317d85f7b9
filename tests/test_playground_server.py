from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.playground.chats import Chat, Person
from bot.playground.errors import ApiError
from bot.playground.server import Server
from tests.playground_bot import BOT_ID, NOON, TOKEN, HandClock

QUERY_GONE = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def new_server() -> tuple[Server, Chat]:
    server = Server(TOKEN, "desk_bot", clock=HandClock())
    ada = Person(7, "Ada", username="ada", started=True)
    server.people[7] = ada
    server.chats[7] = Chat(7, "private", ada)
    return server, server.chats[7]


def test_the_bot_takes_its_id_from_the_token_and_its_name_from_the_profile() -> None:
    server, _ = new_server()
    server.profile.set_text("name", "Mobility desk", "")
    assert server.bot_user() == {"id": BOT_ID, "is_bot": True, "first_name": "Mobility desk", "username": "desk_bot"}
    assert server.unix() == int(NOON.timestamp())


def test_a_chat_is_found_by_id_or_by_name() -> None:
    server, chat = new_server()
    assert server.chat(7) is server.chat("@Ada") is server.recipient("@ada") is chat
    unknown: list[tuple[int | str, str]] = [
        (8, "chat not found"),
        ("@nobody", "chat not found"),
        ("", "chat_id is empty"),
    ]
    for target, why in unknown:
        with pytest.raises(ApiError, match=f"Bad Request: {why}"):
            server.chat(target)


def test_somebody_who_never_wrote_is_unknown_but_cannot_be_written_to_either() -> None:
    server, chat = new_server()
    assert chat.person is not None
    chat.person.forget()
    with pytest.raises(ApiError, match="Bad Request: chat not found"):
        server.met(7)
    with pytest.raises(ApiError, match="Forbidden: bot can't initiate conversation with a user"):
        server.recipient(7)


def test_a_message_is_posted_replaced_and_removed_and_the_feed_says_so() -> None:
    server, chat = new_server()
    first = server.post(chat, server.bot_user(), {"text": "one"}, keyboard={"remove_keyboard": True})
    assert (first["message_id"], first["date"], first["chat"]["id"]) == (1, int(NOON.timestamp()), 7)
    assert chat.keyboard == {"remove_keyboard": True}
    changed = server.replace(chat, {**first, "text": "two"})
    assert (first["text"], chat.messages[1]) == ("one", {**first, "text": "two", "edit_date": changed["edit_date"]})
    server.remove(chat, [1, 99])
    assert chat.messages == {}
    events = [(e.kind, e.data.get("message_ids")) for e in server.feed._since(0)]
    assert events == [("message", None), ("edited", None), ("deleted", [1])]


def test_messages_can_be_deleted_for_two_days() -> None:
    server, chat = new_server()
    server.post(chat, server.bot_user(), {"text": "one"})
    server.clock.shift = timedelta(hours=48, seconds=1)
    with pytest.raises(ApiError, match="Bad Request: message can't be deleted for everyone"):
        server.remove(chat, [1])
    server.clock.shift = timedelta(hours=48)
    server.remove(chat, [1])


def test_one_message_too_old_keeps_all_that_were_to_go() -> None:
    server, chat = new_server()
    server.post(chat, server.bot_user(), {"text": "old"})
    server.clock.shift = timedelta(hours=49)
    server.post(chat, server.bot_user(), {"text": "new"})
    with pytest.raises(ApiError, match="for everyone"):
        server.remove(chat, [1, 2])
    assert list(chat.messages) == [1, 2]


def test_in_a_group_only_an_administrator_deletes_what_others_wrote() -> None:
    server, private = new_server()
    assert private.person is not None
    group = server.chats[-5] = Chat(-5, "group", title="Desk")
    for chat in (group, private):
        server.post(chat, private.person.user(), {"text": "one"})
    server.remove(private, [1])
    for kind, why in (("group", "message can't be deleted for everyone$"), ("supergroup", "message can't be deleted$")):
        group.kind = kind
        with pytest.raises(ApiError, match=f"Bad Request: {why}"):
            server.remove(group, [1])
    group.bot = "administrator"
    server.remove(group, [1])


def test_a_query_is_answered_once_and_within_a_minute() -> None:
    server, chat = new_server()
    assert chat.person is not None
    query, late = server.ask(chat.person, 7), server.ask(chat.person, 7)
    server.answer(query.id, {"text": "ok"})
    assert (query.answer, query.done.is_set()) == ({"text": "ok"}, True)
    server.clock.shift = timedelta(seconds=61)
    for query_id in (query.id, late.id, "nothing"):
        with pytest.raises(ApiError) as refused:
            server.answer(query_id, {"text": "ok"})
        assert str(refused.value) == QUERY_GONE
    assert late.answer is None


async def test_closing_ends_polls_and_the_feed() -> None:
    server, _ = new_server()
    poll = asyncio.create_task(server.updates.get(0, 100, 5))
    await asyncio.sleep(0)
    await server.aclose()
    assert await poll == []
    assert server.closed.is_set()
