"""A desk with tickets, driven directly: people write, press and send files, and their chats show what Telegram would.

What the desk says goes through the real outbox into ``chats``, where edits and deletions change what stands there, so a
test looks at what a person sees in the end. Nothing but the tables outlives :meth:`TicketDesk.restart`.
"""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import col, select

from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.members import Members
from bot.desk.outbox import Outbox
from bot.desk.rounds import Rounds
from bot.desk.staff import StaffTurn
from bot.desk.tutoring import Tutoring
from bot.playground.entities import parse_html, utf16_len
from bot.rules.delivery import Gone, Outcome, Refused, Sent
from bot.rules.messages import plain
from bot.rules.roles import Role
from bot.rules.tickets import State
from bot.storage import members, tickets
from bot.storage.rows import AuditRow, OutboxRow, OutboxState
from bot.storage.store import Store
from bot.storage.ticket_rows import Entry, Member, Ticket
from tests.frontdoor import FrontDoor
from tests.season import Heard, Season

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Ten in the morning in Milan, a working day."""
GIULIA, MARCO, LEILA = Who(42, "en", "Giulia"), Who(43, "en", "Marco"), Who(44, "it", "Leila")
TEO, UGO, ADA = Who(800, "en", "Teo"), Who(801, "en", "Ugo"), Who(900, "en", "Ada")
"""Two tutors, and an admin of the settings."""
QUESTION = "Is the Free Mover deadline the same for a thesis in Lyon?"
SAME = "Is the Free Mover deadline the same for a thesis in Lyons?"
OTHER = "Who signs my learning agreement when the coordinator is on leave?"
BLOCKED, NONSENSE = Gone("Forbidden: bot was blocked by the user"), Refused("Bad Request: wrong")
SOON = timedelta(seconds=5)
"""What falls due so soon is part of the same thing."""


@dataclass
class Bubble:
    """One message of the bot's as it stands in a chat; ``of`` is the message it was copied from, with its chat."""

    number: int
    text: str
    buttons: dict[str, str] = field(default_factory=dict)
    of: tuple[int, int] | None = None


class TicketDesk:
    """A desk, its people, and their chats. ``fate`` decides what becomes of a send; None: it arrives."""

    def __init__(self, store: Store, moment: datetime = MONDAY, *, admins: Sequence[Who] = (ADA,)) -> None:
        self.store = store
        self.season = Season(store, moment, staff=tuple(who.user_id for who in admins))
        self.clock = self.season.clock
        self.updates, self.numbers = count(1), count(1)
        self.chats: dict[int, list[Bubble]] = {}
        self.written: dict[tuple[int, int], str] = {}
        """What people sent themselves, by chat and message."""
        self.fate: Callable[[Heard], Outcome | None] = lambda _: None
        self.sending, self.restless = True, False
        """Whether the outbox works; whether the program is started anew after everything that happens."""
        self.proposed: list[tuple[int, int]] = []
        self.toast: str | None = None
        self.open()

    def open(self) -> None:
        """Build everything that a program builds when it starts."""
        self.season.open()
        self.season.fate = self._arrives
        self.door = FrontDoor(self.store, self.season.voice, self.season.staffroom, (), self.clock)
        self.library, self.cards = self.door.library, self.door.cards
        tutoring = Tutoring(self.library, self.cards, self._propose)
        self.door.staff.rooms = (Members(self.season.staffroom, lambda: "desk_bot", tutoring.release_all), tutoring)
        self.rounds = Rounds(self.store, self.library, self.season.staffroom, self.cards, self.clock, lambda: None)
        self.outbox.report = self.cards.landed

    @property
    def outbox(self) -> Outbox:
        return self.season.outbox

    async def restart(self) -> None:
        """The program dies and is started again: only the tables are left."""
        self.open()
        await self.outbox.recover(everyone=True)

    async def _propose(self, turn: StaffTurn, number: int) -> None:
        self.proposed.append((turn.user_id, number))

    # Telegram

    def _arrives(self, heard: Heard) -> Outcome:
        outcome = self.fate(heard)
        return self._shown(heard) if outcome is None else outcome

    def _shown(self, heard: Heard) -> Outcome:
        chat, payload = self.chats.setdefault(heard.chat, []), heard.payload
        if heard.method == "menu":
            return Sent(None)
        if heard.method in {"edit", "caption", "delete"}:
            return self._changed(chat, heard)
        if heard.method in {"copy", "copies"}:
            return self._copied(chat, payload)
        text = _checked(payload.get("text", payload.get("caption", "")), 4096 if heard.method == "send" else 1024)
        if text is None:
            return Refused("Bad Request: message is too long")
        chat.append(Bubble(next(self.numbers), text, _buttons(payload)))
        return Sent(chat[-1].number)

    def _changed(self, chat: list[Bubble], heard: Heard) -> Outcome:
        bubble = next((each for each in chat if each.number == heard.payload["message_id"]), None)
        if bubble is None:
            return Refused("Bad Request: message to edit not found")
        if heard.method == "delete":
            chat.remove(bubble)
            return Sent(bubble.number)
        assert (heard.method == "caption") == (bubble.of is not None), "a text has no caption, and a file no text"
        text = _checked(
            heard.payload.get("text", heard.payload.get("caption", "")), 4096 if bubble.of is None else 1024
        )
        if text is None:
            return Refused("Bad Request: message is too long")
        bubble.text, bubble.buttons = text, _buttons(heard.payload)
        return Sent(bubble.number)

    def _copied(self, chat: list[Bubble], payload: Any) -> Outcome:  # noqa: ANN401 - as the outbox carries it
        source = payload["from_chat"]
        wanted = sorted(payload["messages"]) if "messages" in payload else [payload["message"]]
        found = [number for number in wanted if (source, number) in self.written]
        if not found:
            return Refused("Bad Request: message to copy not found")
        for number in found:
            text = _checked(payload.get("caption", self.written[source, number]), 1024)
            if text is None:
                return Refused("Bad Request: message caption is too long")
            chat.append(Bubble(next(self.numbers), text, _buttons(payload), (source, number)))
        return Sent(chat[-len(found)].number, len(found))

    # What people do

    async def says(self, who: Who, text: str, *, to: int | None = None, edits: int | None = None) -> int:
        """Write a text, as a reply ``to`` a message, or in place of an own one (``edits``); its number."""
        return await self._sends(who, Kind.TEXT, text, to=to, edits=edits)

    async def sends(
        self, who: Who, kind: str = "photo", below: str = "", *, to: int | None = None, edits: int | None = None,
        album: str | None = None,
    ) -> int:  # fmt: skip
        """Send a file with a text below it."""
        return await self._sends(who, Kind.FILE, below, name=kind, to=to, edits=edits, album=album)

    async def sends_sticker(self, who: Who, *, to: int | None = None) -> int:
        return await self._sends(who, Kind.OTHER, "", to=to)

    async def commands(self, who: Who, text: str, *, to: int | None = None, edits: int | None = None) -> int:
        """Write a command; the number of the message."""
        name, _, argument = text.removeprefix("/").partition(" ")
        return await self._sends(who, Kind.COMMAND, argument, name=name, to=to, edits=edits)

    async def _sends(
        self, who: Who, kind: Kind, text: str, *, name: str = "", to: int | None = None, edits: int | None = None,
        album: str | None = None,
    ) -> int:  # fmt: skip
        number = edits or next(self.numbers)
        self.written[who.user_id, number] = html.escape(text, quote=False)
        arrival = Arrival(
            next(self.updates), who, kind, text, html.escape(text, quote=False), name,
            message_id=number, reply_to=to, album=album, edited=edits is not None,
        )  # fmt: skip
        await self.receives(arrival)
        return number

    async def presses(self, who: Who, caption: str) -> str | None:
        """Press the newest button that begins with ``caption``; the line shown over the chat."""
        bubbles = [(bubble, each) for bubble in reversed(self.chat(who)) for each in bubble.buttons.items()]
        found = [(bubble.number, data) for bubble, (shown, data) in bubbles if shown.startswith(caption)]
        assert found, f"no {caption} in\n{self.reads(who)}"
        return await self.taps(who, found[0][1], found[0][0])

    async def taps(self, who: Who, data: str, number: int = 1) -> str | None:
        """Press a button that carries ``data`` under a message."""
        return await self.receives(Arrival(next(self.updates), who, Kind.TAP, data=data, message_id=number))

    async def receives(self, arrival: Arrival) -> str | None:
        self.toast = await self.door.reception.receives(arrival)
        await self.settle()
        return self.toast

    async def asks(self, who: Who, question: str = QUESTION) -> int:
        """Open a ticket; its number."""
        await self.commands(who, f"/human {question}")
        await self.presses(who, "Invia" if who.language == "it" else "Send")
        return (await self.tickets())[-1].id or 0

    async def joins(self, who: Who, role: Role = Role.TUTOR, **given: object) -> None:
        """Somebody becomes staff, on duty for everything unless something else is ``given``."""
        values: dict[str, Any] = {"on_duty": True, "programmes": [], "languages": []} | given
        now = self.clock.now()
        async with self.store.transaction() as tx:
            await members.save(tx, Member(user_id=who.user_id, role=role, name=who.first_name, since=now, **values))

    async def removed(self, who: Who, by: Who = ADA) -> None:
        """An admin removes somebody from the staff."""
        await self.commands(by, "/staff")
        await self.presses(by, f"Remove {who.first_name}")
        await self.presses(by, "Confirm")

    # What happens by itself

    async def settle(self) -> None:
        """Send all that is due, and what falls due in a moment."""
        if self.restless:
            await self.restart()
        while self.sending:
            _ = await self.season.step()
            due = await self._next()
            if due is None or due > self.clock.now() + SOON:
                break
            self.clock.move(max(timedelta(seconds=0.1), due - self.clock.now()))

    async def _next(self) -> datetime | None:
        async with self.store.reading() as tx:
            rows = (await tx.exec(select(OutboxRow).where(col(OutboxRow.state) == OutboxState.PENDING))).all()
        return min((row.due_at for row in rows), default=None)

    async def passes(self, **time: float) -> None:
        """Let time pass, and do what falls due on the way."""
        end = self.clock.now() + timedelta(**time)
        while (following := await self.rounds.tick()) is not None and following <= end:
            await self.settle()
            self.clock.move(max(timedelta(), following - self.clock.now()))
        self.clock.move(max(timedelta(), end - self.clock.now()))
        await self.settle()

    # What is seen

    def chat(self, who: Who) -> list[Bubble]:
        """What the bot has put in somebody's chat, as it stands now."""
        return self.chats.setdefault(who.user_id, [])

    def reads(self, who: Who) -> str:
        """Everything the bot has put in somebody's chat, as it stands now."""
        return "\n".join(plain(bubble.text) for bubble in self.chat(who))

    def last(self, who: Who) -> str:
        return plain(self.chat(who)[-1].text)

    def new(self, who: Who) -> str:
        """What has come since this was asked last; edits of older messages are no news."""
        seen = self._seen.get(who.user_id, 0)
        fresh = [bubble for bubble in self.chat(who) if bubble.number > seen]
        self._seen[who.user_id] = max((bubble.number for bubble in fresh), default=seen)
        return "\n".join(plain(bubble.text) for bubble in fresh)

    @property
    def _seen(self) -> dict[int, int]:
        seen: dict[int, int] = self.__dict__.setdefault("seen", {})
        return seen

    def card(self, who: Who, number: int) -> Bubble:
        """The newest card of a ticket in somebody's chat."""
        return self.with_words(who, f"🎫 #{number} ")

    def with_words(self, who: Who, words: str) -> Bubble:
        """The newest message in somebody's chat that says something."""
        found = [bubble for bubble in reversed(self.chat(who)) if words in plain(bubble.text)]
        assert found, f"no {words} in\n{self.reads(who)}"
        return found[0]

    def line(self, key: str, **params: object) -> str:
        """A sentence of the desk's, as an English reader sees it."""
        return self.season.voice.plain("en", key, **params)

    async def tickets(self) -> list[Ticket]:
        async with self.store.reading() as tx:
            return list((await tx.exec(select(Ticket).order_by(col(Ticket.id)))).all())

    async def ticket(self, number: int) -> Ticket:
        async with self.store.reading() as tx:
            found = await tickets.get(tx, number)
        assert found is not None
        return found

    async def stands(self, number: int) -> tuple[State, int | None]:
        """How a ticket stands, and who has it."""
        ticket = await self.ticket(number)
        return ticket.state, ticket.claimer

    async def entries(self, number: int) -> list[Entry]:
        async with self.store.reading() as tx:
            return await tickets.entries(tx, number)

    async def rows(self, *states: OutboxState) -> list[OutboxRow]:
        async with self.store.reading() as tx:
            found = (await tx.exec(select(OutboxRow).order_by(col(OutboxRow.id)))).all()
        return [row for row in found if not states or row.state in states]

    async def acts(self) -> list[str]:
        async with self.store.reading() as tx:
            found = (await tx.exec(select(AuditRow).order_by(col(AuditRow.id)))).all()
        return [f"{act.user_id} {act.act} {act.subject}" for act in found]


@asynccontextmanager
async def another_process(desk: TicketDesk, store_url: str) -> AsyncIterator[TicketDesk]:
    """A second program on the same database; on SQLite, which has one owner, it is the same one."""
    beside = TicketDesk(desk.store if desk.store.owned else Store(store_url))
    if not desk.store.owned:
        await beside.store.open()
    beside.updates, beside.numbers, beside.chats = desk.updates, desk.numbers, desk.chats
    beside.sending = False
    try:
        yield beside
    finally:
        if not desk.store.owned:
            await beside.store.close()


def _checked(text: str, most: int) -> str | None:
    """A text as Telegram takes it; None: it is too long."""
    bare, _ = parse_html(text)
    return text if utf16_len(bare) <= most else None


def _buttons(payload: Any) -> dict[str, str]:  # noqa: ANN401 - as the outbox carries it
    return {key["text"]: key.get("data", "") for row in payload.get("buttons") or () for key in row}
