"""Questions asked outside the private chats: what is answered, and that nothing of who asked, or of what, is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.desk.arrival import Addressed, Who
from bot.desk.library import Library
from bot.desk.outside import WORTH, Outside
from bot.rules.letters import Voice
from bot.rules.messages import Lang, plain
from bot.rules.outside import ASK
from bot.rules.programmes import Programme
from bot.storage import calls
from bot.storage.rows import OutboxRow, SeenUpdate
from bot.storage.store import Store
from tests.book import NOW, ROME, a_call, knowledge, trained
from tests.desks import outbox_of, seen
from tests.scene import StillClock

GROUP, STAFF_GROUP, TOPIC = -1_000_000_002_001, -1_000_000_002_002, 7
SURE = "how long can I stay as a free mover?"
FOREIGN = "exchange my locker"
ADA, GIULIA = Who(1001, "en", "Ada"), Who(1002, "it", "Giulia")


class Room:
    """Everything outside a desk, on a store of its own; ``sends`` counts how often there was something to send."""

    def __init__(self, store: Store) -> None:
        self.store, self.sends = store, 0
        library = Library(Voice(knowledge(), ROME), trained(), Path())
        self.outside = Outside(store, library, StillClock(NOW), lambda: "desk_bot", self._send, STAFF_GROUP)

    def _send(self) -> None:
        self.sends += 1

    async def asks(self, said: str, number: int = 5001, *, chat_id: int = GROUP, language: Lang = "en") -> str:
        """Somebody names the bot in a group; the bare text it will answer with, empty where it is silent."""
        return await self.hears(Addressed(number, chat_id, 41, language, said))

    async def hears(self, asked: Addressed) -> str:
        before = len(await outbox_of(self.store))
        await self.outside.hears(asked)
        new = (await outbox_of(self.store))[before:]
        return "\n".join(plain(row.payload["text"]) for row in new)

    async def rows(self) -> dict[str, int]:
        """How many rows there are in each table that has any."""
        async with self.store.reading() as tx:
            connection = await tx.connection()
            counted = {
                name: int(await connection.scalar(select(func.count()).select_from(table)) or 0)
                for name, table in OutboxRow.metadata.tables.items()
            }
        return {name: many for name, many in counted.items() if many}

    async def holds(self, words: str) -> bool:
        """Whether some words stand anywhere in the database."""
        async with self.store.reading() as tx:
            connection = await tx.connection()
            held = [(await connection.execute(select(table))).all() for table in OutboxRow.metadata.tables.values()]
        return words.lower() in repr(held).lower()


@pytest.fixture
async def room(store: Store) -> Room:
    return Room(store)


async def test_a_sure_answer_goes_below_the_question_in_its_topic(room: Room) -> None:
    said = await room.hears(Addressed(5001, GROUP, 41, "en", SURE, thread=TOPIC))
    assert said.startswith("Free Mover · When and how long")
    (row,) = await outbox_of(room.store)
    assert (row.chat_id, row.method, row.payload["reply_to"], row.payload["thread"]) == (GROUP, "send", 41, TOPIC)
    assert row.payload["buttons"] == [
        [{"text": "Open in the bot", "url": "https://t.me/desk_bot?start=free-mover_period"}]
    ]
    assert row.expires_at == NOW + WORTH
    assert room.sends == 1


async def test_an_update_that_comes_twice_is_answered_once(room: Room) -> None:
    assert await room.asks(SURE)
    assert await room.asks(SURE) == ""
    assert len(await outbox_of(room.store)) == 1
    assert (await seen(room.store))[5001].kind == "group"


@pytest.mark.parametrize("said", [FOREIGN, "which papers?", "thanks!", "grazie mille", "", "🙂"])
async def test_where_the_bot_is_not_sure_it_is_silent_and_nothing_is_written(room: Room, said: str) -> None:
    assert await room.asks(said) == ""
    assert (await room.rows(), room.sends) == ({}, 0)


async def test_nothing_is_kept_of_whoever_asks_in_a_group(room: Room) -> None:
    assert await room.asks(SURE)
    assert await room.asks("exchange my locker 987654", 5002) == ""
    assert await room.rows() == {OutboxRow.__tablename__: 1, SeenUpdate.__tablename__: 1}
    assert await room.holds("Free Mover")
    assert not await room.holds("987654")
    assert not await room.holds("how long can I stay")


async def test_a_command_is_answered_with_one_line_and_the_way_to_the_private_chat(room: Room) -> None:
    said = await room.hears(Addressed(5001, GROUP, 41, "it", "/mydata@desk_bot", command=True))
    assert said == knowledge().words.plain("it", "outside.in-private")
    (row,) = await outbox_of(room.store)
    assert [each["url"] for line in row.payload["buttons"] for each in line] == [f"https://t.me/desk_bot?start={ASK}"]


async def test_what_concerns_one_of_them_alone_is_not_talked_about_in_front_of_all(room: Room) -> None:
    said = await room.asks("vorrei parlare con una persona", language="it")
    assert said == knowledge().words.plain("it", "outside.in-private")
    (row,) = await outbox_of(room.store)
    assert row.payload["buttons"][0][0]["url"].endswith("?start=general_human")


async def test_a_reply_goes_on_from_the_answer_it_replies_to(room: Room) -> None:
    alone = Addressed(5001, GROUP, 41, "it", "e da che anno?", by_reply=True)
    assert "Free Mover" not in await room.hears(alone)
    below = replace(alone, update_id=5002, link="https://t.me/desk_bot?start=free-mover_period")
    assert (await room.hears(below)).startswith("Free Mover · Chi può partire")
    gone = replace(alone, update_id=5003, link="https://t.me/desk_bot?start=no_such")
    assert "Free Mover" not in await room.hears(gone)


async def test_replies_in_the_staffs_group_are_the_staffs_talk(room: Room) -> None:
    assert await room.hears(Addressed(5001, STAFF_GROUP, 41, "en", SURE, by_reply=True)) == ""
    assert await room.hears(Addressed(5002, GROUP, 41, "en", SURE, by_reply=True))
    assert await room.asks(SURE, 5003, chat_id=STAFF_GROUP)


@pytest.mark.parametrize(("who", "title"), [(ADA, "Free Mover · In short"), (GIULIA, "Free Mover · In breve")])
async def test_where_the_words_do_not_tell_the_language_the_app_does(room: Room, who: Who, title: str) -> None:
    offer = await room.outside.offers(who, "free mover")
    assert offer.cards[0].title == title
    assert (await room.outside.offers(who, "")).cards[3].title == title
    asked: dict[Lang, str] = {"en": SURE, "it": "quanto tempo posso stare come free mover?"}
    for lang, said in asked.items():
        card = (await room.outside.offers(who, said)).cards[0]
        assert card.title == f"Free Mover · {knowledge().words.plain(lang, 'topic.period')}"


async def test_cards_leave_no_trace(room: Room) -> None:
    for said in (SURE, FOREIGN, "", " \n ", "x" * 5000, "can I talk to a person?", "' OR 1=1"):
        await room.outside.offers(ADA, said)
    assert (await room.rows(), room.sends) == ({}, 0)


async def test_a_question_nobody_understands_leads_to_the_bot(room: Room) -> None:
    offer = await room.outside.offers(GIULIA, "borsa frigo per la mensa")
    assert (offer.cards, offer.button, offer.payload) == ((), "💬 Chiedi nel bot", ASK)


async def test_cards_say_what_was_announced_a_moment_ago(room: Room) -> None:
    async def free_mover() -> str:
        cards = (await room.outside.offers(ADA, "")).cards
        return next(card.message.text for card in cards if card.label == f"{Programme.FREE_MOVER}.overview")

    assert "🔵" not in await free_mover()
    async with room.store.transaction() as tx:
        await calls.add(tx, a_call(), NOW)
    assert "🔵 <b>Free Mover</b>" in await free_mover()


async def test_cards_take_no_write(room: Room) -> None:
    async with room.store.transaction() as tx:  # the one writer there is
        await calls.hold_still(tx)
        assert (await room.outside.offers(ADA, SURE)).cards
