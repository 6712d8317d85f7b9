from __future__ import annotations

from datetime import UTC, datetime

from bot.desk.staffroom import Staffroom
from bot.rules.messages import Lang, Message
from bot.rules.roles import Role
from bot.storage import members, students
from bot.storage.store import Store
from tests.desks import outbox_of
from tests.frontdoor import joins
from tests.season import follower

NOON = datetime(2027, 1, 10, 12, tzinfo=UTC)


def hello(lang: Lang) -> Message:
    return Message({"en": "Hello", "it": "Ciao"}[lang])


async def told(store: Store, room: Staffroom, *, times: int = 1, to: int | None = None) -> dict[int, str]:
    async with store.transaction() as tx:
        await students.save(tx, follower(2, language="it"))
        for _ in range(times):
            await room.tell(tx, "news", hello, NOON, to=None if to is None else [to])
    return {row.chat_id: row.payload["text"] for row in await outbox_of(store)}


async def test_every_admin_is_told_in_their_language(store: Store) -> None:
    assert await told(store, Staffroom(frozenset({1, 2}), None)) == {1: "Hello", 2: "Ciao"}


async def test_a_group_of_the_staff_is_told_instead(store: Store) -> None:
    assert await told(store, Staffroom(frozenset({1, 2}), -100)) == {-100: "Hello"}


async def test_one_member_can_be_told_alone_and_the_same_news_once(store: Store) -> None:
    assert await told(store, Staffroom(frozenset({1, 2}), -100), times=2, to=2) == {2: "Ciao"}
    assert len(await outbox_of(store)) == 1


async def test_admins_are_those_of_the_settings_and_those_invited(store: Store) -> None:
    room = Staffroom(frozenset({1}), -100)
    async with store.transaction() as tx:
        for user_id, role in ((1, Role.TUTOR), (2, Role.TUTOR), (3, Role.ADMIN)):
            await joins(tx, user_id, role, NOON)
        assert [await room.is_admin(tx, each) for each in (1, 2, 3, 4, -100)] == [True, False, True, False, False]
        assert await room.everybody(tx) == [1, 3]
        assert await room.chats(tx) == [-100]
        assert await Staffroom(frozenset({1}), None).chats(tx) == [1, 3]
    async with store.transaction() as tx:
        await members.remove(tx, 3)
        assert not await room.is_admin(tx, 3)
        assert await room.everybody(tx) == [1]
        assert await Staffroom(frozenset(), None).chats(tx) == []


def test_the_settings_come_before_the_tables_and_strangers_are_students() -> None:
    room = Staffroom(frozenset({1}), -100)
    known: list[tuple[int, Role | None]] = [(1, None), (1, Role.TUTOR), (2, Role.TUTOR), (2, Role.ADMIN), (2, None)]
    roles = [Role.ADMIN, Role.ADMIN, Role.TUTOR, Role.ADMIN, Role.STUDENT]
    assert [room.role(user_id, kept) for user_id, kept in known] == roles
