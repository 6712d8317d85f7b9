"""The room of who is staff, driven directly: what people do there, and what they and others are told in return."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from sqlmodel import col, select

from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.members import Members
from bot.desk.staff import Staff, StaffTurn
from bot.desk.staffroom import Staffroom
from bot.playground.entities import parse_html
from bot.rules.letters import Voice
from bot.rules.messages import Button, Message
from bot.rules.roles import Role
from bot.storage import members, outbox, students
from bot.storage.rows import AuditRow, Json, OutboxRow
from bot.storage.store import Store
from bot.storage.ticket_rows import Member
from tests import book

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""A Tuesday."""
ADA, BRUNO, MARCO, LEILA = Who(900, "en", "Ada"), Who(901, "it", "Bruno"), Who(43, "it", "Marco <3"), Who(44, "en", "")
PRESSED = 5000


class Office:
    """The room of members alone, with Ada as the admin of the settings."""

    def __init__(self, store: Store, *admins: Who) -> None:
        self.store, self.now, self.updates, self.released = store, NOW, count(1), dict[int, int]()
        self.voice = Voice(book.knowledge(), book.ROME)
        self.staffroom = Staffroom(frozenset(who.user_id for who in admins), None)
        self.staff = Staff([Members(self.staffroom, lambda: "ims_desk_bot", self._release)])
        self.toast: str | None = None
        self.rows: list[OutboxRow] = []

    async def _release(self, turn: StaffTurn, user_id: int) -> int:
        assert await members.get(turn.tx, user_id), "tickets are released while their claimer is still known"
        return self.released.pop(user_id, 0)

    async def does(self, who: Who, kind: Kind, role: Role | None = None, **given: str) -> str:
        """Let somebody do something; what they are told."""
        number = next(self.updates)
        arrival = Arrival(number, who, kind, message_id=PRESSED, **given)  # type: ignore[arg-type] # words only
        async with self.store.transaction() as tx:
            person = await students.person(tx, who.user_id)
            found = role or self.staffroom.role(who.user_id, person.role)
            turn = StaffTurn(tx, self.voice, who.user_id, person.language or who.language, self.now, found, arrival)
            assert await self.staff.takes(turn)
            await outbox.enqueue(tx, turn.outgoing(), self.now)
        self.toast = turn.toast
        async with self.store.reading() as tx:
            mine = select(OutboxRow).where(col(OutboxRow.key).like(f"update:{number}:%")).order_by(col(OutboxRow.id))
            self.rows = list((await tx.exec(mine)).all())
        for row in self.rows:
            assert_sound(row)
        return "\n".join(text_of(row) for row in self.rows if row.chat_id == who.user_id)

    async def commands(self, who: Who, text: str, role: Role | None = None) -> str:
        name, _, argument = text.removeprefix("/").partition(" ")
        return await self.does(who, Kind.COMMAND, role, name=name, text=argument)

    async def presses(self, who: Who, caption: str) -> str:
        return await self.taps(who, self.buttons(who)[caption])

    async def taps(self, who: Who, carried: str, role: Role | None = None) -> str:
        return await self.does(who, Kind.TAP, role, data=carried)

    def buttons(self, who: Who) -> dict[str, str]:
        """The buttons under what they were told last: what each shows, and what it carries or copies."""
        return {
            key["text"]: key.get("data", key.get("copy", ""))
            for row in self.rows
            if row.chat_id == who.user_id
            for line in row.payload.get("buttons", ())
            for key in line
        }

    def told(self, who: Who) -> list[tuple[str, Json]]:
        return [(row.method, row.payload) for row in self.rows if row.chat_id == who.user_id]

    async def link(self, who: Who, role: str = "tutor") -> str:
        """Ask for a link; the payload it carries."""
        await self.commands(who, f"/invite {role}")
        return self.buttons(who)["Copy the link" if who.language == "en" else "Copia il link"].partition("start=")[2]

    async def lets_in(self, who: Who, role: str = "tutor", by: Who = ADA) -> None:
        await self.commands(who, f"/start {await self.link(by, role)}")

    async def member(self, who: Who) -> Member | None:
        async with self.store.reading() as tx:
            return await members.get(tx, who.user_id)

    async def audit(self) -> list[tuple[int, str, str]]:
        async with self.store.reading() as tx:
            acts = (await tx.exec(select(AuditRow).order_by(col(AuditRow.id)))).all()
        return [(act.user_id, act.act, act.subject) for act in acts]


def text_of(row: OutboxRow) -> str:
    return str(row.payload.get("text", row.payload.get("caption", "")))


def assert_sound(row: OutboxRow) -> None:
    keys = tuple(tuple(Button(**key) for key in line) for line in row.payload.get("buttons", ()))
    if row.method != "menu":
        parse_html(text_of(row))
        book.assert_sound(Message(text_of(row), keys))
