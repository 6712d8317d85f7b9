"""A season of alerts without a desk around it: the loop of messages to many and the outbox, moment by moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.clock import Clock
from bot.desk import season as planning
from bot.desk.mailings import Mailings
from bot.desk.newsroom import Newsroom
from bot.desk.outbox import Outbox
from bot.desk.reminders import Reminders
from bot.desk.staff import StaffTurn
from bot.desk.staffroom import Staffroom
from bot.rules.alerts import Letter
from bot.rules.calls import Call, Dates
from bot.rules.delivery import Outcome, Sent, Unknown
from bot.rules.letters import Voice
from bot.rules.messages import plain
from bot.rules.programmes import Programme
from bot.rules.roles import Role
from bot.storage import calls, outbox, students
from bot.storage.rows import MailingRow, OutboxRow, OutboxState, Student
from bot.storage.store import Store, Transaction
from tests import book
from tests.frontdoor import BY_ITSELF

ROME = ZoneInfo("Europe/Rome")
MORNING = datetime(2027, 1, 10, 9, 0, tzinfo=UTC)
STAFF = 900
ARRIVED = Unknown("it arrived, and the answer was lost")
LOST = Unknown("it did not arrive, and nobody knows")


class HandClock(Clock):
    """Time that moves when a test moves it; waiting moves it too."""

    def __init__(self, moment: datetime) -> None:
        self.moment, self.passed = moment, 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.passed

    def move(self, by: timedelta) -> None:
        self.moment += by
        self.passed += max(0.0, by.total_seconds())

    async def sleep(self, seconds: float) -> None:
        self.move(timedelta(seconds=max(0.0, seconds)))
        await asyncio.sleep(0)

    async def wait(self, wake: asyncio.Event, seconds: float | None) -> bool:
        await asyncio.sleep(0)
        self.move(timedelta(seconds=seconds or 0))
        return wake.is_set()


@dataclass
class Heard:
    """One message that reached a chat."""

    at: datetime
    chat: int
    method: str
    text: str
    payload: Mapping[str, Any] = field(repr=False)

    @property
    def kind(self) -> str:
        """What a letter is, by its first words: a correction, a withdrawal, or an alert (empty)."""
        words = {"have moved": Letter.MOVED, "withdrawn": Letter.WITHDRAWN}
        return next((str(kind) for said, kind in words.items() if said in self.text), "")


class Season:
    """What the desk does by itself, with every send written down. ``fate`` decides what becomes of a send."""

    def __init__(self, store: Store, moment: datetime = MORNING, *, staff: tuple[int, ...] = (STAFF,)) -> None:
        self.store, self.clock = store, HandClock(moment)
        self.heard: list[Heard] = []
        self.meanwhile: list[Callable[[], Awaitable[None]]] = []
        """What happens while a message is in flight: after it arrived, before anybody knows."""
        self.fate: Callable[[Heard], Outcome] = lambda _: Sent(len(self.heard))
        self.voice = Voice(book.shelf().knowledge, ROME)
        self.staffroom = Staffroom(frozenset(staff), None)
        self.lives = 0
        self.open()

    def open(self) -> None:
        """Begin anew, as after a crash: nothing but the tables is remembered."""
        self.lives += 1
        newsroom = Newsroom(self.voice, self.staffroom)
        reminders = Reminders(self.store, self.voice, self.clock, lambda: None)
        self.mailings = Mailings(self.store, self.voice, newsroom, (reminders,), self.clock, lambda: None)
        self.outbox = Outbox(self.store, self._deliver, self.mailings.compose, self.clock, f"life {self.lives}")

    async def _deliver(self, chat_id: int, method: str, payload: Mapping[str, Any]) -> Outcome:
        heard = Heard(self.clock.now(), chat_id, method, plain(str(payload.get("text", ""))), payload)
        outcome = self.fate(heard)
        if isinstance(outcome, Sent) or outcome == ARRIVED:
            self.heard.append(heard)
        if self.meanwhile and chat_id not in self.staffroom.admins:
            await self.meanwhile.pop()()
        return outcome

    async def join(self, *people: Student) -> None:
        """New students."""
        async with self.store.transaction() as tx:
            for person in people:
                await students.save(tx, person)

    async def step(self) -> datetime | None:
        """Do what is due at this moment; the moment at which something is due next."""
        following = await self.mailings.tick()
        await self.outbox._step()
        while self.outbox._flying:
            await asyncio.gather(*self.outbox._flying)
            await self.outbox._step()
        async with self.store.reading() as tx:
            sending = await outbox.next_due(tx, self.clock.now())
        return min((each for each in (following, sending) if each is not None), default=None)

    async def _paced(self) -> bool:
        """Whether something could leave now, were it not for its pace; what waits behind a retry could not."""
        async with self.store.reading() as tx:
            rows = (await tx.exec(select(OutboxRow).where(col(OutboxRow.state) == OutboxState.PENDING))).all()
        held_up = {row.chat_id for row in rows if row.error is not None and row.due_at > self.clock.now()}
        return any(row.due_at <= self.clock.now() and row.chat_id not in held_up for row in rows)

    async def until(self, moment: datetime) -> None:
        """Let time pass until ``moment``, and do all that falls due on the way."""
        while self.clock.now() <= moment:
            following = await self.step()
            if await self._paced():
                self.clock.move(timedelta(seconds=0.2))
            elif following is None or following > moment:
                break
            else:
                self.clock.move(max(following - self.clock.now(), timedelta(seconds=0.05)))
        if self.clock.now() < moment:
            self.clock.move(moment - self.clock.now())
            await self.step()

    def said_to(self, chat: int) -> list[str]:
        """The texts a chat got, in order."""
        return [heard.text for heard in self.heard if heard.chat == chat and heard.method == "send"]

    async def mailing_rows(self) -> dict[str, MailingRow]:
        """Every message to many by its key."""
        async with self.store.reading() as tx:
            return {row.key: row for row in (await tx.exec(select(MailingRow))).all()}


def follower(user_id: int, *programmes: str, **given: object) -> Student:
    """A student who follows some programmes (a Free Mover by default)."""
    values: dict[str, object] = {"subscribed": list(programmes or ("free-mover",)), "answered": [], "conversation": {}}
    return Student(user_id=user_id, first_seen_at=MORNING, last_seen_at=MORNING, **(values | given))  # type: ignore[arg-type]


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


def turn_of(season: Season, tx: Transaction, by: int = STAFF) -> StaffTurn:
    """Something an admin does."""
    return StaffTurn(tx, season.voice, by, "en", season.clock.now(), Role.ADMIN, BY_ITSELF)


async def announce(season: Season, opens: str, closes: str, *, by: int = STAFF, **given: object) -> Call:
    """A Free Mover call as staff announce it."""
    dates = Dates(rome(opens), rome(closes), opens_hour="T" in opens, closes_hour="T" in closes)
    async with season.store.transaction() as tx:
        call = replace(Call(Programme.FREE_MOVER, dates, year=2026), **given)  # type: ignore[arg-type]
        kept = await calls.add(tx, call, season.clock.now())
        await planning.plan(turn_of(season, tx, by), kept)
    return kept
