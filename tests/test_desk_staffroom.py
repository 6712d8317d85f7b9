from __future__ import annotations

from datetime import UTC, datetime

from bot.desk.staffroom import Staffroom
from bot.rules.messages import Lang, Message
from bot.storage import students
from bot.storage.store import Store
from tests.desks import outbox_of
from tests.season import follower

NOON = datetime(2027, 1, 10, 12, tzinfo=UTC)


def hello(lang: Lang) -> Message:
    return Message({"en": "Hello", "it": "Ciao"}[lang])


async def told(store: Store, room: Staffroom, *, times: int = 1, to: int | None = None) -> dict[int, str]:
    async with store.transaction() as tx:
        await students.save(tx, follower(2, language="it"))
        for _ in range(times):
            await room.tell(tx, "news", hello, NOON, to=to)
    return {row.chat_id: row.payload["text"] for row in await outbox_of(store)}


async def test_every_admin_is_told_in_their_language(store: Store) -> None:
    assert await told(store, Staffroom(frozenset({1, 2}), None)) == {1: "Hello", 2: "Ciao"}


async def test_a_group_of_the_staff_is_told_instead(store: Store) -> None:
    assert await told(store, Staffroom(frozenset({1, 2}), -100)) == {-100: "Hello"}


async def test_one_member_can_be_told_alone_and_the_same_news_once(store: Store) -> None:
    assert await told(store, Staffroom(frozenset({1, 2}), -100), times=2, to=2) == {2: "Ciao"}
    assert len(await outbox_of(store)) == 1


def test_staff_are_those_who_are_named() -> None:
    room = Staffroom(frozenset({1}), -100)
    assert [room.admits(each) for each in (1, 2, -100)] == [True, False, False]
    assert Staffroom(frozenset(), None).chats == ()
