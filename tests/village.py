"""Students and staff with their phones, and the real desk between them: every message is seen by whom it reaches.

Nothing here runs in real time and nothing is left to chance but by a seed. The desk is built anew from its tables at
every crash; what Telegram does to a message in flight is decided by the weather.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import RowMapping, text

from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.cards import Cards
from bot.desk.library import Library
from bot.desk.members import Members
from bot.desk.outbox import Outbox
from bot.desk.reception import Reception
from bot.desk.rounds import Rounds
from bot.desk.staff import Staff, StaffTurn
from bot.desk.staffroom import Staffroom
from bot.desk.students import Students
from bot.desk.tickets import Tickets
from bot.desk.tutoring import Tutoring
from bot.rules.delivery import Gone, NotSent, Outcome, Refused, RetryAt, Sent, ServerError, Unknown
from bot.rules.letters import Voice
from bot.rules.messages import LONGEST_TEXT, plain
from bot.rules.roles import Role
from bot.storage import members, outbox
from bot.storage.store import Store
from bot.storage.ticket_rows import Member
from tests import book
from tests.book import trained
from tests.season import HandClock

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADA, BO, TEA, TOM, BOTH, ANNA = 1, 2, 11, 12, 13, 20
NAMES = {ADA: "Ada", BO: "Bo <b>", TEA: "Tea", TOM: "Tom & co", BOTH: "Betty", ANNA: "Anna"}
PEOPLE = tuple(NAMES)
STUDENTS = (ADA, BO, BOTH, ANNA)
"""Who asks: two of them are of the staff too."""
TUTORS = (TEA, TOM, BOTH)
STAFF = (*TUTORS, ANNA)
LONGEST_CAPTION = 1024
CHANGES = {"edit", "caption", "delete"}
ARRIVED, LOST = Unknown("arrived, and the answer was lost"), Unknown("lost, and nobody knows")
WORD = re.compile(r"wd\d+x")
NUMBER = re.compile(r"#(\d+)")
HOWS = ("plain", "plain", "plain", "plain", "twice", "cut", "in flight")
"""How an update comes: once; twice; to a program that is killed over it, and then again; while a message is leaving."""


@dataclass
class Letter:
    """A message in somebody's chat."""

    number: int
    text: str
    by_bot: bool = True
    file: str = ""
    """The word by which a file is known."""
    unknown: bool = False
    """Whether the desk was never told that it arrived."""

    @property
    def words(self) -> set[str]:
        return set(WORD.findall(f"{self.text} {self.file}"))


@dataclass
class Phone:
    """Somebody's chat with the bot, as it looks now."""

    letters: dict[int, Letter] = field(default_factory=dict)
    blocked: bool = False
    was_blocked: bool = False
    numbers: count[int] = field(default_factory=lambda: count(100))

    def add(self, text: str, *, by_bot: bool, file: str = "") -> int:
        number = next(self.numbers)
        self.letters[number] = Letter(number, text, by_bot, file)
        return number

    def shown(self) -> set[str]:
        """The words that messages of the bot's show."""
        return {word for letter in self.letters.values() if letter.by_bot for word in letter.words}

    def about_tickets(self) -> list[tuple[int, int]]:
        """The messages of the bot's that speak of exactly one ticket, and its number."""
        found = [(each.number, set(NUMBER.findall(each.text))) for each in self.letters.values() if each.by_bot]
        return [(number, int(next(iter(told)))) for number, told in found if len(told) == 1]


@dataclass(frozen=True)
class Stand:
    """A ticket, as far as everybody has to agree on it."""

    number: int
    student: int | None
    state: str
    claimer: int | None
    into: int | None


Saw = Callable[[int, Letter], None]


class Village:
    """The desk at work for a few people. ``saw`` is told of everything that comes to be shown in a chat."""

    def __init__(self, store: Store, seed: int, saw: Saw) -> None:
        self.store, self.saw, self.dice = store, saw, Random(seed)  # noqa: S311 - no secret hangs on it
        self.clock = HandClock(MONDAY)
        self.phones = {person: Phone() for person in PEOPLE}
        self.updates, self.fresh, self.lives = count(1), count(1), 0
        self.foul, self.tries = False, 0
        self.meanwhile: list[Callable[[], Awaitable[None]]] = []
        self.unsure: Counter[tuple[int, str]] = Counter()
        self.leaving: list[tuple[int, str]] = []
        self.arriving: list[Letter] = []
        self.faults: list[str] = []
        self.alone, self.passing = asyncio.Lock(), False
        self.open()

    def open(self) -> None:
        """Begin anew, as after a crash: nothing but the tables is remembered."""
        self.lives += 1
        library = Library(Voice(book.knowledge(), book.ROME), trained(), Path())
        self.voice = library.voice
        self.staffroom = Staffroom(frozenset({ANNA}), None)
        cards = Cards(library, self.staffroom)
        self.tutoring = Tutoring(library, cards, _propose)
        rooms = (self.tutoring, Members(self.staffroom, lambda: "desk_bot", self.tutoring.release_all))
        students = Students(library, Tickets(library, self.staffroom, cards))
        staff = Staff(rooms)
        self.reception = Reception(self.store, library.voice, self.staffroom, students, staff, self.clock, _idle, _idle)
        self.rounds = Rounds(self.store, library, self.staffroom, cards, self.clock, _idle)
        self.outbox = Outbox(
            self.store, partial(self._deliver, self.lives), _nothing_late, self.clock, f"life {self.lives}"
        )
        self.outbox.report = cards.landed

    async def crash(self) -> None:
        """kill -9, and the next start: what was leaving may have arrived."""
        self.unsure.update(self.leaving)
        for letter in self.arriving:
            letter.unknown = True
        self.open()
        await self.outbox.recover(everyone=True)

    # what reaches people

    async def _deliver(self, life: int, chat: int, method: str, payload: Mapping[str, Any]) -> Outcome:
        if life != self.lives:
            return NotSent("the program that would send it is dead")
        said = plain(str(payload.get("text") or payload.get("caption") or ""))
        self.tries += 1
        self.leaving.append((chat, said))
        outcome = self._fate(chat, said, method)
        if isinstance(outcome, Sent) or outcome is ARRIVED:
            arrived = self._arrive(chat, method, said, payload)
            if outcome is ARRIVED and isinstance(arrived, Sent) and arrived.message_id and method not in CHANGES:
                self.phones[chat].letters[arrived.message_id].unknown = True
            outcome = outcome if outcome is ARRIVED else arrived
        async with self.alone:
            if self.meanwhile:
                await self.meanwhile.pop(0)()
        return outcome

    def _fate(self, chat: int, said: str, method: str) -> Outcome:
        if self.phones[chat].blocked:
            return Gone("Forbidden: bot was blocked by the user")
        if len(said) > (LONGEST_TEXT if method in {"send", "edit"} else LONGEST_CAPTION):
            self.faults.append(f"too long for Telegram: {method} of {len(said)} to {chat}: {said[:60]}")
            return Refused("Bad Request: message is too long")
        if not self.foul or self.dice.random() < 0.6:
            return Sent(0)
        sky: list[Outcome] = [RetryAt(3), NotSent("no"), ServerError("502")]
        if not self.unsure[chat, said]:
            sky += [ARRIVED, LOST]
        outcome = self.dice.choice(sky)
        self.unsure[chat, said] += outcome in (ARRIVED, LOST)
        return outcome

    def _arrive(self, chat: int, method: str, said: str, payload: Mapping[str, Any]) -> Outcome:
        phone = self.phones[chat]
        if method == "menu":
            return Sent(None)
        if method in {"edit", "caption"}:
            return self._edited(chat, int(payload["message_id"]), said)
        if method == "delete":
            gone = phone.letters.pop(int(payload["message_id"]), None)
            if gone and not gone.by_bot:
                self.faults.append(f"a message of {chat}'s own was deleted: {gone}")
            return Sent(None)
        numbers = []
        if method in {"copy", "copies"}:
            theirs = self.phones[payload["from_chat"]].letters
            wanted = sorted(payload.get("messages") or [payload["message"]])
            copied = [theirs[each] for each in wanted if each in theirs]
            numbers += [phone.add(said or each.text, by_bot=True, file=each.file) for each in copied]
        else:
            numbers.append(phone.add(said, by_bot=True))
        self.arriving += [phone.letters[number] for number in numbers]
        for number in numbers:
            self.saw(chat, phone.letters[number])
        return Sent(numbers[0], len(numbers)) if numbers else Refused("Bad Request: message to copy not found")

    def _edited(self, chat: int, number: int, said: str) -> Outcome:
        letter = self.phones[chat].letters.get(number)
        if letter is None:
            return Sent(None)
        if not letter.by_bot:
            self.faults.append(f"a message of {chat}'s own was edited: {letter}")
        letter.text = said
        self.saw(chat, letter)
        return Sent(number)

    # what people do

    def word(self) -> str:
        return f"wd{next(self.fresh)}x"

    def who(self, person: int) -> Who:
        return Who(person, "en", NAMES[person])

    async def receives(self, arrival: Arrival, how: str = "plain") -> str:
        """An update comes; what the sender is told in return, the line over the chat included."""
        last = (await self.rows("SELECT max(id) AS id FROM outbox"))[0]["id"] or 0
        toast = await self._cut(arrival) if how == "cut" else await self.reception.receives(arrival)
        if how == "twice" and await self.reception.receives(arrival) is not None:
            self.faults.append(f"dealt with twice: {arrival}")
        query = "SELECT payload FROM outbox WHERE id > :last AND chat_id = :chat"
        told = await self.rows(query, last=last, chat=arrival.who.user_id)
        return " ".join([toast or "", *(plain(str(each["payload"])) for each in told)]).strip()

    async def _cut(self, arrival: Arrival) -> str | None:
        """The program is killed somewhere on the way; Telegram, which heard nothing, brings the update again."""
        doomed = asyncio.create_task(self.reception.receives(arrival))
        for _ in range(self.dice.randrange(120)):
            await asyncio.sleep(0)
        doomed.cancel()
        toast = None
        with suppress(asyncio.CancelledError):
            toast = await doomed
        await self.crash()
        return await self.reception.receives(arrival) or toast

    async def writes(self, person: int, said: str, how: str = "plain", **more: Any) -> str:  # noqa: ANN401 - of an arrival
        """They write a text, or send a file (``name`` its kind) with a caption."""
        kind, name = (Kind.FILE, more.pop("name")) if "name" in more else (Kind.TEXT, "")
        number = more.pop("number", None) or self.typed(person, said, file=bool(name))
        arrival = Arrival(next(self.updates), self.who(person), kind, said, said, name, message_id=number, **more)
        return await self.receives(arrival, how)

    def typed(self, person: int, said: str, *, file: bool = False) -> int:
        word = WORD.search(said)
        return self.phones[person].add(said, by_bot=False, file=word[0] if file and word else "")

    async def commands(self, person: int, line: str, how: str = "plain") -> str:
        name, _, argument = line.removeprefix("/").partition(" ")
        number = self.typed(person, line)
        arrival = Arrival(next(self.updates), self.who(person), Kind.COMMAND, argument, argument, name)
        return await self.receives(replace(arrival, message_id=number), how)

    async def taps(self, person: int, data: str, how: str = "plain") -> str:
        """They press a button, under a message that is gone: nothing but what it carries counts."""
        arrival = Arrival(next(self.updates), self.who(person), Kind.TAP, data=data, message_id=1)
        return await self.receives(arrival, how)

    async def sends_sticker(self, person: int, how: str = "plain") -> None:
        number = self.typed(person, "sticker")
        await self.receives(Arrival(next(self.updates), self.who(person), Kind.OTHER, message_id=number), how)

    async def moves(self, person: int, *, there: bool) -> None:
        """They block the bot, or let it in again."""
        phone = self.phones[person]
        phone.blocked, phone.was_blocked = not there, phone.was_blocked or not there
        await self.reception.comes_or_goes(next(self.updates), self.who(person), there=there)

    async def employ(self, person: int) -> None:
        """Somebody becomes a tutor, on duty for everything."""
        async with self.store.transaction() as tx:
            member = Member(
                user_id=person, role=Role.TUTOR, name=NAMES[person], on_duty=True, programmes=[], languages=[],
                since=self.clock.now(),
            )  # fmt: skip
            await members.save(tx, member)

    # time

    async def until(self, moment: datetime) -> None:
        """Let time pass until ``moment``, with all that falls due on the way."""
        if self.passing:  # whoever does something while a message leaves does not wait for the next
            return
        self.passing = True
        await self._until(moment)
        self.passing = False

    async def _until(self, moment: datetime) -> None:
        while self.clock.now() <= moment:
            look_at = await self.rounds.tick()
            before, rest = self.tries, await self._step()
            if self.tries != before or rest <= 0.1:  # others may be due behind what was sent in vain
                self.clock.move(timedelta(seconds=0.1))
                continue
            async with self.store.reading() as tx:
                due = await outbox.next_due(tx, self.clock.now())
            following = min((each for each in (due, look_at) if each), default=None)
            if following is None or following > moment:
                break
            self.clock.move(max(following - self.clock.now(), timedelta(seconds=0.05)))
        self.clock.move(max(moment - self.clock.now(), timedelta(0)))

    async def _step(self) -> float:
        self.leaving, self.arriving = [], []
        rest = await self.outbox._step()
        while self.outbox._flying:
            await asyncio.gather(*self.outbox._flying)
            rest = await self.outbox._step()
        return rest

    # what the tables say

    async def rows(self, query: str, **given: object) -> Sequence[RowMapping]:
        async with self.store.reading() as tx:
            return (await (await tx.connection()).execute(text(query), given)).mappings().all()

    async def stands(self) -> dict[int, Stand]:
        """Where every ticket stands."""
        found = await self.rows("SELECT id, student_id, state, claimer, merged_into FROM ticket ORDER BY id")
        return {row["id"]: Stand(*row.values()) for row in found}

    async def staff(self) -> set[int]:
        return {ANNA, *(row["user_id"] for row in await self.rows("SELECT user_id FROM member"))}

    async def since(self, person: int) -> int | None:
        """When somebody joined the staff, as a button carries it; None: they are not of it."""
        async with self.store.reading() as tx:
            member = await members.get(tx, person)
        return int(member.since.timestamp()) if member else None

    async def on_duty(self) -> set[int]:
        return {row["user_id"] for row in await self.rows("SELECT user_id FROM member WHERE on_duty")}


async def _propose(turn: StaffTurn, ticket: int) -> None:
    """The FAQ is another matter."""


def _idle() -> None:
    """Time here passes by hand."""


async def _nothing_late(*_: object) -> Mapping[int, Mapping[str, Any]]:
    return {}
