from __future__ import annotations

import pytest

from bot.playground.chats import Chat, Person, content, member
from bot.playground.errors import ApiError

ADA = {"id": 7, "is_bot": False, "first_name": "Ada"}


def test_a_user_and_a_private_chat_carry_only_what_is_known() -> None:
    ada = Person(7, "Ada", last_name="Rossi", username="ada", language_code="it")
    assert ada.user() == {**ADA, "last_name": "Rossi", "username": "ada", "language_code": "it"}
    assert Chat(7, "private", ada).shape() == {
        "id": 7,
        "first_name": "Ada",
        "last_name": "Rossi",
        "username": "ada",
        "type": "private",
    }
    assert Person(7, "Ada", language_code="").user() == ADA


def test_a_deleted_account_has_no_name() -> None:
    assert Person(7, "Ada", username="ada", deleted=True).user() == {**ADA, "first_name": ""}


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (Person(7, "Ada"), "Forbidden: bot can't initiate conversation with a user"),
        (Person(7, "Ada", started=True, blocked=True), "Forbidden: bot was blocked by the user"),
        (Person(7, "Ada", started=True, blocked=True, deleted=True), "Forbidden: user is deactivated"),
    ],
)
def test_the_bot_cannot_write_to_everybody(person: Person, why: str) -> None:
    with pytest.raises(ApiError, match=why):
        Chat(7, "private", person).check_bot_may_write()


@pytest.mark.parametrize(
    ("group", "code", "why"),
    [
        (Chat(-5, "group", bot="kicked"), 403, "Forbidden: bot was kicked from the group chat"),
        (Chat(-5, "supergroup", bot="left"), 403, "Forbidden: bot is not a member of the supergroup chat"),
        (Chat(-5, "group", migrated_to=-1005), 400, "Bad Request: group chat was upgraded to a supergroup chat"),
    ],
)
def test_the_bot_cannot_write_to_every_group(group: Chat, code: int, why: str) -> None:
    with pytest.raises(ApiError) as refused:
        group.check_bot_may_write()
    assert (refused.value.code, str(refused.value)) == (code, why)


def test_the_bot_may_write_where_it_was_let_in() -> None:
    Chat(7, "private", Person(7, "Ada", started=True)).check_bot_may_write()
    Chat(-5, "group").check_bot_may_write()


def test_messages_are_numbered_in_each_chat_and_named_when_missing() -> None:
    chat = Chat(-5, "group", title="Desk")
    assert [chat.next_id(), chat.next_id()] == [1, 2]
    chat.messages[1] = {"message_id": 1}
    assert chat.message(1, "edit") == {"message_id": 1}
    with pytest.raises(ApiError, match="Bad Request: message to edit not found"):
        chat.message(2, "edit")


def test_the_content_of_a_message_leaves_out_who_and_when() -> None:
    message = {"message_id": 1, "date": 5, "from": ADA, "text": "hi", "entities": [], "reply_markup": {}}
    assert content(message) == {"text": "hi", "entities": []}


def test_a_member_has_the_fields_of_its_status() -> None:
    assert member(ADA, "member") == {"status": "member", "user": ADA}
    assert member(ADA, "creator")["is_anonymous"] is False
    assert member(ADA, "kicked")["until_date"] == 0
    assert member(ADA, "administrator")["can_delete_messages"] is True
