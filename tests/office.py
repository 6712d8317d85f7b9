"""An office in which broadcasts are made: two of the staff, ten students, and the chats as the staff see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.desk.arrival import Who
from bot.desk.broadcasts import Broadcasts
from bot.desk.staffroom import Staffroom
from bot.rules.letters import Voice
from bot.storage import mailings, outbox, staff, students
from bot.storage.outbox import Dead, Retry, Sent
from bot.storage.rows import AuditRow, MailingRow, MailingState, OutboxRow, OutboxState, Student
from bot.storage.store import Store
from tests import book
from tests.desks import outbox_of
from tests.frontdoor import FrontDoor
from tests.scene import StillClock

MARA, NINO, PRY = Who(1, "en", "Mara"), Who(2, "it", "Nino"), Who(3, "en", "Pry")
"""Two of the staff, and somebody who is not."""
EVERYBODY = range(100, 110)
"""Students: even numbers read Italian, and follow the free movers; the last digit's half is their year."""
HOUR = timedelta(hours=1)


class Office:
    """The staff's side of a desk, and the chats as the staff see them."""

    def __init__(self, store: Store, clock: StillClock) -> None:
        self.store, self.clock, self.updates = store, clock, 0
        self.voice = Voice(book.knowledge(), ZoneInfo("Europe/Rome"))
        self.room = Staffroom(frozenset({MARA.user_id, NINO.user_id}), None)
        self.door = FrontDoor(store, self.voice, self.room, (Broadcasts(self.voice),), clock)
        self.toast: str | None = None

    async def arrive(self) -> None:
        async with self.store.transaction() as tx:
            for number in (*EVERYBODY, NINO.user_id):
                italian = number % 2 == 0
                year = number % 10 // 2 + 1 if number > 9 else None
                student = Student(
                    user_id=number, language="it" if italian else "en", year=year, told_on=self.clock.now().date(),
                    subscribed=["free-mover"] if italian and number > 9 else [], reachable=number > 9,
                    first_seen_at=self.clock.now(), last_seen_at=self.clock.now(),
                )  # fmt: skip
                await students.save(tx, student)

    async def broadcast(self, argument: str = "", who: Who = MARA) -> list[str]:
        """Write the command; what the bot says."""
        before = len(await outbox_of(self.store))
        self.updates += 1
        await self.door.commands(self.updates, who, "broadcast", argument)
        return await self._said(before, who)

    async def write(self, text: str, who: Who = MARA) -> list[str] | None:
        """Write a text (HTML); what the bot says, or None: it was none of the staff's business."""
        before = len(await outbox_of(self.store))
        self.updates += 1
        mine = await self.door.says(self.updates, who, text, text)
        heard = await self._said(before, who)
        return heard if mine else None

    async def cancel(self, who: Who = MARA) -> list[str] | None:
        """Write the command; what the bot says, or None: nothing of theirs was under way."""
        before = len(await outbox_of(self.store))
        self.updates += 1
        mine = await self.door.commands(self.updates, who, "cancel")
        heard = await self._said(before, who)
        return heard if mine else None

    async def press(self, button: str, who: Who = MARA) -> list[str]:
        """Press the newest button that shows ``button``; what the bot says or changes."""
        return await self.tap(await self.find(button, who), who)

    async def tap(self, data: str, who: Who = MARA) -> list[str]:
        before = len(await outbox_of(self.store))
        self.updates += 1
        self.toast = await self.door.taps(self.updates, who, data, 77)
        return await self._said(before, who)

    async def _said(self, before: int, who: Who) -> list[str]:
        """What was said since; and whoever did something is away again: messages to many are for the students here."""
        rows = (await outbox_of(self.store))[before:]
        assert {row.chat_id for row in rows if row.mailing_id is None} <= {who.user_id}
        async with self.store.transaction() as tx:
            await students.unreachable(tx, who.user_id, self.clock.now())
        return [said(row) for row in rows if row.method != "menu"]

    async def find(self, button: str, who: Who = MARA) -> str:
        for row in reversed(await self.chat(who)):
            for key in keys(row):
                if key["text"] == button:
                    return str(key["data"])
        raise AssertionError(f"no button {button!r}")

    async def chat(self, who: Who = MARA) -> list[OutboxRow]:
        return [row for row in await outbox_of(self.store) if row.chat_id == who.user_id]

    async def ways(self, who: Who = MARA) -> list[str]:
        """The buttons under the newest message."""
        return [key["text"] for key in keys((await self.chat(who))[-1])]

    async def mailings(self) -> list[MailingRow]:
        async with self.store.reading() as tx:
            return list((await tx.exec(select(MailingRow).order_by(col(MailingRow.id)))).all())

    async def acts(self) -> list[AuditRow]:
        async with self.store.reading() as tx:
            return await staff.acts(tx, 99)

    async def leaves(self, *, failing: Sequence[int] = (), blocked: Sequence[int] = (), waiting: int = 0) -> None:
        """Let the newest message to many go out, but for the last ``waiting`` copies."""
        number = int((await self.mailings())[-1].id or 0)
        now = self.clock.now()
        async with self.store.transaction() as tx:
            await mailings.begin(tx, number)
            row = await mailings.get(tx, number)
            assert row is not None
            while (
                row.state is MailingState.SENDING
                and row.fanned_at is None
                and not await mailings.fan_out(tx, row, "", lambda at, _: at, now)
            ):
                pass
            claimed = await outbox.claim(tx, owner="me", now=now, lease_until=now + HOUR, limit=999)
            copies = sorted((row for row in claimed if row.mailing_id == number), key=lambda row: row.chat_id)
            kept, rest = (copies[:-waiting], copies[-waiting:]) if waiting else (copies, [])
            outcomes: list[Sent | Dead] = []
            for copy in kept:
                fate = {**dict.fromkeys(failing, "refused"), **dict.fromkeys(blocked, "gone: blocked")}.get(
                    copy.chat_id
                )
                outcomes.append(Dead(copy.id, fate) if fate else Sent(copy.id, copy.chat_id * 10))
            await outbox.settle(tx, "me", outcomes, now)
            others = [row.id for row in claimed if row.mailing_id != number]
            await outbox.settle(tx, "me", [Sent(each, 5) for each in others], now)
            await outbox.settle(tx, "me", [back(each.id, now) for each in rest], now)
            if not rest:
                await mailings.end(tx, number, await mailings.report(tx, number), now)

    async def copies(self, state: OutboxState, number: int = 1) -> list[int]:
        return sorted(
            row.chat_id for row in await outbox_of(self.store) if row.state is state and row.mailing_id == number
        )


def back(row: int, now: datetime) -> Retry:
    return Retry(row, now, maybe_sent=False, counts=False, error="")


def keys(row: OutboxRow) -> list[dict[str, Any]]:
    return [key for keyboard in row.payload.get("buttons", []) for key in keyboard]


def said(row: OutboxRow) -> str:
    return str(row.payload.get("text"))
