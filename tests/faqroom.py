"""The room of proposals and what publishes them, over a folder of their own with few phrases, which reads quickly."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.clock import SystemClock
from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.library import Library, matcher
from bot.desk.proposals import Proposals
from bot.desk.publishing import Publishing
from bot.desk.staff import Staff, StaffTurn
from bot.desk.staffroom import Staffroom
from bot.faq.matcher import Matcher
from bot.knowledge import FOLDER, Shelf, load
from bot.playground.entities import parse_html
from bot.rules.calls import Call, Dates
from bot.rules.letters import Voice
from bot.rules.programmes import Programme
from bot.rules.roles import Role
from bot.rules.tickets import Origin, State
from bot.rules.tickets import Who as Writer
from bot.storage import asked, calls, members, outbox, students, tickets
from bot.storage.rows import OutboxRow, Student
from bot.storage.store import Store, Transaction
from bot.storage.ticket_rows import Entry, Member, Proposal, Ticket

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADA, BRUNO, TINA = Who(900, "en", "Ada"), Who(901, "it", "Bruno"), Who(950, "en", "Tina")
GIULIA, MARCO, LEILA = 42, 43, 44
QUESTION = "Hi! Do I need a visa for my elective in Brazil? Thanks, Giulia"
ANSWER = "Ciao Giulia, for Brazil you <b>need</b> a visa: write to ines.costa@consulate.br. Best, Tina"
PRESSED = 7000
PHRASES = re.compile(r"(\n      (?:en|it):\n(?:        - .*\n){4})(?:        (?:- |  ).*\n)+")


class Moment(SystemClock):
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW

    def now(self) -> datetime:
        return self.at


def few_phrases(to: Path) -> Path:
    """A copy of the desk's folder with four phrases of each answer and language."""
    folder = Path(shutil.copytree(FOLDER, to))
    for path in (*folder.glob("programmes/*.yaml"), folder / "general.yaml"):
        path.write_text(PHRASES.sub(r"\1", path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


@cache
def _read() -> tuple[Path, Shelf, Matcher]:
    folder = few_phrases(Path(tempfile.mkdtemp(prefix="faqroom-")) / "knowledge")
    (folder / "desk.yaml").write_text("# Ours\nanswers: []\n", encoding="utf-8")
    shelf = load(folder)
    return folder, shelf, matcher(shelf)


def a_library(under: Path) -> Library:
    """A library over a folder of its own, with few phrases and none of the desk's answers."""
    folder, shelf, made = _read()
    own = Path(shutil.copytree(folder, under / "knowledge"))
    return Library(Voice(shelf.knowledge, ROME), made, own, shelf)


@dataclass
class Heard:
    """A message somebody got."""

    method: str
    text: str
    buttons: dict[str, str]


@dataclass
class Room:
    """A desk with an admin who reads English and one who reads Italian, and a tutor."""

    store: Store
    library: Library
    clock: Moment = field(default_factory=Moment)
    woken: int = 0

    def __post_init__(self) -> None:
        self.staffroom = Staffroom(frozenset({ADA.user_id, BRUNO.user_id}), None)
        self.publishing = Publishing(self.store, self.library, self.staffroom, self.clock, self._look)
        self.room = Proposals(self.publishing, self.staffroom)
        self.staff = Staff((self.room,))
        self.updates = count(1)
        self.toast: str | None = None

    def _look(self) -> None:
        self.woken += 1

    async def people(self) -> None:
        """Those who are there from the beginning."""
        async with self.store.transaction() as tx:
            tina: dict[str, Any] = {"role": Role.TUTOR, "programmes": [], "languages": [], "since": NOW}
            await members.save(tx, Member(user_id=TINA.user_id, name="Tina", **tina))
            for person, lang in (
                (GIULIA, "en"),
                (MARCO, "it"),
                (LEILA, "en"),
                (ADA.user_id, "en"),
                (BRUNO.user_id, "it"),
            ):
                seen: dict[str, Any] = {"first_seen_at": NOW, "last_seen_at": NOW}
                await students.save(tx, Student(user_id=person, language=lang, **seen))

    async def ticket(self, question: str = QUESTION, answer: str | None = ANSWER) -> int:
        """A ticket of Giulia's that Tina has answered."""
        async with self.store.transaction() as tx:
            given: dict[str, Any] = {"student_id": GIULIA, "language": "en", "programme": "elective-internship"}
            row = Ticket(**given, origin=Origin.ASKED, state=State.ANSWERED, question=question, created_at=NOW)
            number = await tickets.begin(tx, row)
            if answer is not None:
                await tickets.write(
                    tx, Entry(ticket_id=number, who=Writer.TUTOR, author_id=TINA.user_id, text=answer, at=NOW)
                )
        return number

    async def call(self, *, days: int = 30) -> Call:
        """An announced call for electives that closes in so many days."""
        async with self.store.transaction() as tx:
            dates = Dates(NOW - timedelta(days=1), NOW + timedelta(days=days))
            return await calls.add(tx, Call(Programme.ELECTIVE_INTERNSHIP, dates, year=2026), NOW)

    async def wondered(self, person: int, text: str, decision: str = "none", **days: int) -> None:
        """Somebody asked something some time ago."""
        async with self.store.transaction() as tx:
            await asked.note(tx, person, text, "en", decision, None, 0.1, self.clock.at - timedelta(**days))

    async def does(self, who: Who, kind: Kind, **values: str) -> list[Heard]:
        """Somebody does something; what they hear."""
        number = next(self.updates)
        pressed = PRESSED if kind is Kind.TAP else None
        text, name, data = (values.get(each, "") for each in ("text", "name", "data"))
        arrival = Arrival(number, who, kind, text, name=name, data=data, message_id=pressed)
        async with self.store.transaction() as tx:
            turn = await self._turn(tx, who, arrival)
            assert await self.staff.takes(turn)
            await outbox.enqueue(tx, turn.outgoing(), self.clock.at)
        self.toast = turn.toast
        return await self.heard(f"update:{number}:%")

    async def proposes(self, who: Who, ticket: int) -> list[Heard]:
        """Somebody presses "Suggest for the FAQ" under a ticket."""
        number = next(self.updates)
        async with self.store.transaction() as tx:
            turn = await self._turn(tx, who, Arrival(number, who, Kind.TAP, message_id=PRESSED))
            await self.room.propose(turn, ticket)
            await outbox.enqueue(tx, turn.outgoing(), self.clock.at)
        self.toast = turn.toast
        return await self.heard(f"update:{number}:%")

    async def _turn(self, tx: Transaction, who: Who, arrival: Arrival) -> StaffTurn:
        role = self.staffroom.role(who.user_id, Role.TUTOR if who == TINA else None)
        return StaffTurn(tx, self.library.voice, who.user_id, who.language, self.clock.at, role, arrival)

    async def taps(self, who: Who, heard: list[Heard], caption: str) -> list[Heard]:
        """They press a button of what they heard."""
        carried = next(each.buttons[caption] for each in heard if caption in each.buttons)
        return await self.does(who, Kind.TAP, data=carried)

    async def writes(self, who: Who, text: str) -> list[Heard]:
        return await self.does(who, Kind.TEXT, text=text)

    async def commands(self, who: Who, name: str) -> list[Heard]:
        return await self.does(who, Kind.COMMAND, name=name)

    async def heard(self, key: str) -> list[Heard]:
        """What was put on its way under some keys."""
        return [_heard(row) for row in await self.rows(key)]

    async def rows(self, key: str) -> list[OutboxRow]:
        async with self.store.reading() as tx:
            wanted = select(OutboxRow).where(col(OutboxRow.key).like(key)).order_by(col(OutboxRow.id))
            return list((await tx.exec(wanted)).all())

    async def proposal(self, number: int = 1) -> Proposal:
        async with self.store.reading() as tx:
            return (await tx.exec(select(Proposal).where(col(Proposal.id) == number))).one()

    async def approved(self) -> list[Heard]:
        """Tina proposes an answer and Ada approves it; what Ada hears."""
        shown = await self.proposes(TINA, await self.ticket())
        await self.rewritten(shown)
        offered = await self.heard(f"proposal:%:chat:{ADA.user_id}")
        return await self.taps(ADA, offered[-1:], "✅ Approve")

    async def rewritten(self, shown: list[Heard]) -> list[Heard]:
        """Tina writes the answer without the address, and proposes it."""
        await self.taps(TINA, shown, "✏️ Answer")
        shown = await self.writes(TINA, "For Brazil you need a visa, from the consulate in Milan.")
        return await self.taps(TINA, shown, "📨 Propose")


def _heard(row: OutboxRow) -> Heard:
    text: str = row.payload.get("text") or row.payload.get("caption") or ""
    for line in text.split("\n"):  # a tag ends on the line on which it begins
        parse_html(line)
    keys = {key["text"]: key.get("data", "") for line in row.payload.get("buttons", []) for key in line}
    return Heard(row.method, text, keys)
