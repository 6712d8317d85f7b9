"""Staff ask what students ask: the text at once, the picture behind it, and other spans at a press."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.library import Library, matcher
from bot.desk.staff import Staff, StaffTurn
from bot.desk.statistics import Finishing, Statistics
from bot.knowledge import FOLDER
from bot.rules.buttons import Act, data
from bot.rules.delivery import Outcome, Sent
from bot.rules.letters import Voice
from bot.rules.messages import Lang
from bot.rules.roles import Role
from bot.rules.tickets import Origin, State
from bot.storage import asked, tickets
from bot.storage.store import Store
from bot.storage.ticket_rows import Ticket
from tests import book
from tests.book import ROME

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)  # a Tuesday, 10 o'clock in Milan
ADA = Who(900, "en", "Ada")
GIULIA, MARCO = 42, 43
PRESSED = 5000
Said = list[tuple[str, dict[str, Any]]]


@cache
def library() -> Library:
    """The shipped knowledge with a matcher, made once."""
    shelf = book.shelf()
    return Library(Voice(shelf.knowledge, ROME), matcher(shelf), FOLDER, shelf)


class Desk:
    """The room of statistics, and who asks there."""

    def __init__(self, store: Store) -> None:
        self.store, self.staff = store, Staff([Statistics()])

    async def commands(self, argument: str = "", role: Role = Role.TUTOR, lang: Lang = "en") -> Said:
        return await self._takes(Arrival(1, ADA, Kind.COMMAND, text=argument, name="stats"), role, lang)

    async def taps(self, *args: object, role: Role = Role.TUTOR) -> Said:
        arrival = Arrival(1, ADA, Kind.TAP, data=data(Act.STATS, *args), message_id=PRESSED)
        return await self._takes(arrival, role, "en")

    async def _takes(self, arrival: Arrival, role: Role, lang: Lang) -> Said:
        async with self.store.transaction() as tx:
            turn = StaffTurn(tx, library().voice, ADA.user_id, lang, NOW, role, arrival)
            assert await self.staff.takes(turn)
            return [(row.method, row.payload) for row in turn.outgoing()] + (
                [("toast", {"text": turn.toast})] if turn.toast else []
            )

    async def ask(
        self, text: str, decision: str = "none", label: str | None = None, user: int = GIULIA, days: float = 1
    ) -> None:
        async with self.store.transaction() as tx:
            await asked.note(tx, user, text, "en", decision, label, 0.5, NOW - timedelta(days=days))

    async def ticket(self, opened: datetime, answered: datetime | None) -> None:
        state = State.NEW if answered is None else State.ANSWERED
        new = Ticket(
            student_id=GIULIA, language="en", origin=Origin.NONE, state=state, question="?", created_at=opened,
            answered_at=answered,
        )  # fmt: skip
        async with self.store.transaction() as tx:
            await tickets.begin(tx, new)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def text(said: Said) -> str:
    return re.sub("<[^>]*>", "", str(said[0][1]["text"]))


async def test_where_nothing_was_ever_asked_there_is_no_picture(desk: Desk) -> None:
    said = await desk.commands()
    assert [method for method, _ in said] == ["send"]
    assert "Nothing asked yet" in text(said)


async def test_a_week_is_told_as_text_at_once_and_then_as_a_picture(desk: Desk) -> None:
    await desk.ask("what do I need to apply?", "answer", "free-mover.how-to-apply")
    await desk.ask("thank you", "answer", "general.thanks")
    (send, page), (photo, picture) = await desk.commands()
    assert (send, photo) == ("send", "photo")
    assert "Questions: 1</b>" in page["text"]
    assert "1 × Free Mover · How to apply" in page["text"]
    assert picture["chart"]["title"] == "What students ask"
    assert "The last 7 days" in picture["caption"]
    assert len(picture["caption"]) < 1024


async def test_it_speaks_the_readers_language(desk: Desk) -> None:
    await desk.ask("?")
    (_, page), (_, picture) = await desk.commands("mese", lang="it")
    assert "Gli ultimi 30 giorni" in page["text"]
    assert picture["chart"]["columns"]["title"] == "Domande al giorno"


async def test_a_press_shows_another_span_in_place(desk: Desk) -> None:
    await desk.ask("?", days=20)
    assert "Nothing was asked in these days" in text(await desk.commands())
    said = await desk.taps(30)
    assert said[0][0] == "edit"
    assert said[0][1]["message_id"] == PRESSED
    assert "Questions: 1" in text(said)
    assert said[1][0] == "photo"


async def test_what_is_no_span_is_said_so(desk: Desk) -> None:
    assert "I read no span of time in “soon”" in text(await desk.commands("soon"))
    for args in ((), (0,), (366,), ("x",)):
        assert [method for method, _ in await desk.taps(*args)] == ["toast"]


async def test_students_see_nothing_of_it(desk: Desk) -> None:
    await desk.ask("?")
    assert "Questions" not in text(await desk.commands(role=Role.STUDENT))
    assert [method for method, _ in await desk.taps(7, role=Role.STUDENT)] == ["toast"]


async def test_the_week_before_is_compared_only_where_it_is_known_as_a_whole(desk: Desk) -> None:
    await desk.ask("?")
    await desk.ask("?", days=8)
    assert "the week before" not in text(await desk.commands())
    await desk.ask("?", days=15)
    page = text(await desk.commands())
    assert "Questions: 1, as many as the week before" in page
    assert "Tickets opened: 0, as many as the week before" in page


async def test_waiting_is_told_by_the_clock_and_in_desk_hours(desk: Desk) -> None:
    friday = datetime(2026, 11, 27, 9, tzinfo=UTC)
    monday = friday + timedelta(days=3)
    await desk.ticket(friday, monday)
    await desk.ticket(NOW - timedelta(hours=2), None)
    page = text(await desk.commands())
    assert "First answer, by the clock: after 3 days (one ticket)" in page
    told = re.search(r"First answer, in desk hours: after (\d+) h", page)
    assert told
    assert 0 < int(told[1]) < 24
    assert "Open tickets now: 2 (1 new, 1 answered)" in page
    assert "Waiting longest for a first answer: 2 h" in page


# What is finished on its way out


class Telegram:
    """Takes what is delivered."""

    def __init__(self) -> None:
        self.got: list[tuple[int, str, Mapping[str, Any]]] = []

    async def deliver(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> Outcome:
        self.got.append((chat_id, method, payload))
        return Sent(1)


async def test_a_picture_is_drawn_when_it_leaves(desk: Desk) -> None:
    await desk.ask("?")
    _, (method, payload) = await desk.commands()
    telegram = Telegram()
    assert await Finishing(telegram.deliver, library()).deliver(900, method, payload) == Sent(1)
    ((chat, sent, given),) = telegram.got
    assert (chat, sent, set(given)) == (900, "photo", {"png", "caption"})
    assert b64decode(given["png"]).startswith(b"\x89PNG")


async def test_alike_questions_that_were_not_understood_stand_together_and_nobody_is_named(desk: Desk) -> None:
    await desk.ask("is there a gym in milan?")
    await desk.ask("my name is Giulia Rossi, where can I eat a pizza", user=GIULIA)
    await desk.ask("is there a gym in milan", user=MARCO)
    (method, page), _ = await desk.commands()
    assert "gym" not in page["text"]
    assert "Rossi" not in str(page)
    telegram = Telegram()
    await Finishing(telegram.deliver, library()).deliver(900, method, page)
    ((_, sent, given),) = telegram.got
    assert (sent, set(given)) == ("send", {"text", "buttons"})
    assert given["text"].startswith(page["text"])
    assert "❓ <b>Not understood</b>\n2 × “Is there a gym in milan" in given["text"]
    assert "1 × “My name is █, where can I eat a pizza”" in given["text"]
    assert str(GIULIA) not in given["text"]


async def test_a_page_that_is_shown_in_place_stays_there(desk: Desk) -> None:
    await desk.ask("is there a gym in milan?")
    (method, page), _ = await desk.taps(30)
    telegram = Telegram()
    await Finishing(telegram.deliver, library()).deliver(900, method, page)
    ((_, sent, given),) = telegram.got
    assert (sent, given["message_id"]) == ("edit", PRESSED)


async def test_two_pictures_at_once_are_drawn_one_after_the_other(desk: Desk) -> None:
    await desk.ask("?")
    _, (method, payload) = await desk.commands()
    telegram = Telegram()
    drawing = Finishing(telegram.deliver, library())
    await asyncio.gather(*(drawing.deliver(chat, method, payload) for chat in (900, 901)))
    assert telegram.got[0][2]["png"] == telegram.got[1][2]["png"]


async def test_anything_else_is_handed_on_as_it_is() -> None:
    telegram = Telegram()
    payload = {"text": "ciao"}
    await Finishing(telegram.deliver, library()).deliver(42, "send", payload)
    assert telegram.got == [(42, "send", payload)]
