"""Members of staff at the desk, driven directly: what they write and press, and what is said to them in return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.clock import SystemClock
from bot.desk.arrival import Who
from bot.desk.calls import Calls
from bot.desk.staff import Room
from bot.desk.staffroom import Staffroom
from bot.playground.entities import parse_html
from bot.rules.calls import Call, Dates
from bot.rules.letters import Voice
from bot.rules.messages import Message
from bot.storage import calls, students
from bot.storage.rows import AuditRow, Draft, MailingRow, OutboxRow, Student
from bot.storage.store import Store
from tests import book
from tests.frontdoor import FrontDoor

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ADA, BRUNO = Who(900, "en", "Ada"), Who(901, "en", "Bruno")
GIULIA, MARCO, LEILA = 42, 43, 44
WINTER = "/announce erasmus-study 2027-01-15 2027-02-15T12:00 https://www.unimi.it/bando Places for <12>"
NAME = "erasmus-study:2027"
KINDS = ["opening", "closing-14", "closing-7", "closing-1", "closing-day"]
PRESSED = 5000
"""The message under which buttons are pressed."""


class Moment(SystemClock):
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Said:
    """One thing said to somebody, and its buttons: what each shows, and what it carries."""

    method: str
    text: str
    buttons: Mapping[str, str]


class Desk:
    """The desk and its staff."""

    def __init__(self, store: Store, now: datetime = NOW, rooms: Sequence[Room] | None = None) -> None:
        self.store, self.clock, self.woken = store, Moment(now), 0
        self.voice = Voice(book.knowledge(), ROME)
        self.room = Staffroom(frozenset({ADA.user_id, BRUNO.user_id}), None)
        self.door = FrontDoor(store, self.voice, self.room, tuple(rooms or (Calls(),)), self.clock, self._wake)
        self.staff = self.door.staff
        self.updates, self.toast = count(1), ""
        self.last: dict[int, list[Said]] = {}
        self.menu: Mapping[str, str] | None = None
        """The menu that the last thing brought, if any; an empty one takes theirs back."""

    def _wake(self) -> None:
        self.woken += 1

    def later(self, **time: int) -> None:
        self.clock.at += timedelta(**time)

    async def commands(self, text: str, who: Who = ADA) -> str:
        """Write a command; what is said in return."""
        name, _, argument = text.removeprefix("/").partition(" ")
        number = next(self.updates)
        await self.door.commands(number, who, name, argument)
        return await self._heard(number, who)

    async def writes(self, text: str, who: Who = ADA) -> str | None:
        """Write a text; what is said in return, None: nothing waited for it."""
        number = next(self.updates)
        dealt = await self.door.says(number, who, text)
        return await self._heard(number, who) if dealt else None

    async def sends_photo(self, who: Who = ADA) -> str | None:
        """Send a photo; what is said in return, None: nothing waited for it."""
        number = next(self.updates)
        dealt = await self.door.sends_photo(number, who)
        return await self._heard(number, who) if dealt else None

    async def sends_sticker(self, who: Who = ADA) -> str | None:
        """The same with a sticker."""
        number = next(self.updates)
        dealt = await self.door.sends_other(number, who)
        return await self._heard(number, who) if dealt else None

    async def presses(self, caption: str, who: Who = ADA) -> str:
        """Press a button under what was said last."""
        return await self.taps(self.button(caption, who), who)

    async def taps(self, data: str, who: Who = ADA) -> str:
        """Press a button that carries ``data``."""
        number = next(self.updates)
        self.toast = await self.door.taps(number, who, data, PRESSED) or ""
        return await self._heard(number, who)

    def button(self, caption: str, who: Who = ADA) -> str:
        return next(each.buttons[caption] for each in self.last[who.user_id] if caption in each.buttons)

    def captions(self, who: Who = ADA) -> list[str]:
        return [caption for each in self.last[who.user_id] for caption in each.buttons]

    async def _heard(self, number: int, who: Who) -> str:
        async with self.store.reading() as tx:
            mine = select(OutboxRow).where(col(OutboxRow.key).like(f"update:{number}:%")).order_by(col(OutboxRow.id))
            rows = list((await tx.exec(mine)).all())
        assert {row.chat_id for row in rows} <= {who.user_id}
        said = [_said(row) for row in rows if row.method != "menu"]
        self.menu = next((row.payload["commands"] for row in rows if row.method == "menu"), None)
        if said:
            self.last[who.user_id] = said
        return "\n".join(each.text for each in said)

    async def follow(self, *people: int, **wishes: object) -> None:
        """Let students subscribe."""
        given: dict[str, Any] = {"subscribed": ["all"], "first_seen_at": NOW, "last_seen_at": NOW} | wishes
        async with self.store.transaction() as tx:
            for person in people:
                await students.save(tx, Student(user_id=person, **given))

    async def tell(self, call: Call, *people: int) -> None:
        """Let students have been told the dates of a call as it is."""
        async with self.store.transaction() as tx:
            for person in people:
                await calls.tell(tx, person, {call.id: call.revision}, self.clock.now())

    async def change(self, call: Call) -> None:
        """Let somebody else change a call."""
        async with self.store.transaction() as tx:
            assert await calls.change(tx, call, self.clock.now())

    async def calls(self) -> list[Call]:
        async with self.store.reading() as tx:
            return await calls.listed(tx, datetime(2020, 1, 1, tzinfo=UTC))

    async def mailings(self) -> dict[str, MailingRow]:
        async with self.store.reading() as tx:
            rows = (await tx.exec(select(MailingRow).order_by(col(MailingRow.id)))).all()
        return {row.key: row for row in rows}

    async def drafts(self) -> list[Draft]:
        async with self.store.reading() as tx:
            return list((await tx.exec(select(Draft).order_by(col(Draft.id)))).all())

    async def acts(self) -> list[AuditRow]:
        async with self.store.reading() as tx:
            return list((await tx.exec(select(AuditRow).order_by(col(AuditRow.id)))).all())


def _said(row: OutboxRow) -> Said:
    text = row.payload["text"]
    for line in text.split("\n"):  # a tag ends on the line on which it begins
        parse_html(line)
    if row.method == "edit":
        assert row.payload["message_id"] == PRESSED
    keys = {key["text"]: key["data"] for line in row.payload["buttons"] for key in line}
    book.assert_sound(Message(text))
    return Said(row.method, text, keys)


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment on the desk's wall."""
    return datetime(year, month, day, hour, minute, tzinfo=ROME).astimezone(UTC)


DATES = Dates(local(2027, 1, 15), local(2027, 2, 15, 12), opens_hour=False, closes_hour=True)
"""Those of ``WINTER``."""


async def announced(desk: Desk, text: str = "/announce erasmus-study 2027-01-15 2027-02-15T12:00") -> Call:
    """Announce a call, and confirm it."""
    await desk.commands(text)
    await desk.presses("Confirm")
    return (await desk.calls())[-1]
