"""Students ask and tutors answer while Telegram refuses and the program is killed: nothing is lost, nothing strays."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlmodel import select

from bot.clock import SystemClock
from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.faults import Fault, FaultKind
from bot.playground.files import Upload
from bot.playground.world import World
from bot.rules.roles import Role
from bot.rules.tickets import Delivery, State
from bot.storage import members
from bot.storage.store import Store
from bot.storage.ticket_rows import Entry, Member, Ticket
from tests.desks import SECRET, Program, outbox_of, served, until, url_in
from tests.scene import SUNDAY, TOKEN, rows

SEEDS = range(1, 1 + int(os.environ.get("STORMS", "1")))
STUDENTS, TUTORS = 4, 2
ROUNDS = 4
"""What each student adds to their question, and each tutor answers at least."""
KILLS = 4
SPEED = 20.0
"""How much faster than real time the program's clock runs."""
PATIENCE = 60
WORD = re.compile(r"wd\d+x")
TICKET = re.compile(r"#(\d+)")


@dataclass
class Storm:
    """One seed's world, and the program that is killed in it."""

    seed: int
    world: World = field(init=False)
    students: list[Person] = field(init=False)
    tutors: list[Person] = field(init=False)
    author: dict[str, Person] = field(default_factory=dict)
    replies_to: dict[str, int] = field(default_factory=dict)
    killed: int = 0

    def __post_init__(self) -> None:
        self.world = World(TOKEN, "desk_bot", clock=SystemClock(), seed=self.seed)
        self.dice = random.Random(self.seed)  # noqa: S311 - no secret hangs on it
        self.fresh, self.asking = count(1), True
        self.students = [self.world.add_person(f"S{number}") for number in range(STUDENTS)]
        self.tutors = [self.world.add_person(f"T{number}") for number in range(TUTORS)]
        self.off_duty, self.bystander = self.world.add_person("Off"), self.world.add_person("By")
        for person in self.world.people.values():
            person.started = True

    async def play(self, folder: Path) -> None:
        await self._employ(folder)
        for kind, share, seconds in (
            (FaultKind.TOO_MANY, 0.05, 1), (FaultKind.HANG_AFTER, 0.02, 0.3), (FaultKind.SLOW, 0.3, 0.05),
        ):  # fmt: skip
            self.world.faults.add(Fault(kind, "*Message*", probability=share, seconds=seconds))
        async with served(self.world) as address:
            given = {"BOT_TOKEN": TOKEN, "BOT_API_URL": address, "DATABASE_URL": url_in(folder)}
            clock = (str(time.time()), str(SPEED))
            async with Program(folder, *clock, module="tests.rushed", **given) as program:
                killing = asyncio.create_task(self._kill(program))
                answering = [asyncio.create_task(self._answers(tutor)) for tutor in self.tutors]
                await asyncio.gather(*(self._asks(student) for student in self.students))
                await killing
                self.asking = False
                await asyncio.gather(*answering)
                await self._settles(folder)
                assert await program.end(signal.SIGTERM) == 0
                assert SECRET not in program.log()
                assert "Traceback" not in program.log()
                assert not WORD.search(program.log()), "what people wrote is in the log"
        await self._check(folder)

    async def _employ(self, folder: Path) -> None:
        store = Store(url_in(folder))
        await store.open()
        async with store.transaction() as tx:
            for person in (*self.tutors, self.off_duty):
                member = Member(user_id=person.id, role=Role.TUTOR, name=person.first_name, programmes=[], languages=[],
                                on_duty=person is not self.off_duty, since=SUNDAY)  # fmt: skip
                await members.save(tx, member)
        await store.close()

    async def _kill(self, program: Program) -> None:
        """kill -9 at random moments."""
        for _ in range(KILLS):
            await asyncio.sleep(self.dice.uniform(0.8, 2.5))
            self.killed += 1
            await program.end(signal.SIGKILL)
            await program.start()

    # what people do

    def word(self, person: Person) -> str:
        word = f"wd{next(self.fresh)}x"
        self.author[word] = person
        return word

    async def _asks(self, student: Person) -> None:
        """Ask a person, and go on about it in answer to whatever the desk has said."""
        await asyncio.sleep(self.dice.uniform(0, 1))
        self.world.say(student, f"/human where do I hand this in, {self.word(student)}?")
        await self._press(student, "Send")
        await until(lambda: self._about_tickets(student), seconds=PATIENCE)
        for _ in range(ROUNDS):
            await asyncio.sleep(self.dice.uniform(0.1, 0.9))
            message = int(self.dice.choice(self._about_tickets(student))["message_id"])
            word = self.word(student)
            self.replies_to[word] = message
            if self.dice.random() < 0.3:
                picture = Upload("a.png", word.encode(), "image/png")
                self.world.send_file(student, "document", picture, caption=word, reply_to=message)
            else:
                self.world.say(student, f"and {word}", reply_to=message)

    async def _answers(self, tutor: Person) -> None:
        """Claim what there is, and answer whatever a message is about, a colleague's tickets too."""
        done = 0
        while self.asking or done < ROUNDS:
            await asyncio.sleep(self.dice.uniform(0.1, 0.6))
            found = self._about_tickets(tutor)
            if not found:
                continue
            message = self.dice.choice(found)
            if self.dice.random() < 0.4 and any(each["text"] == "Claim" for row in rows(message) for each in row):
                self.world.press(tutor, message["message_id"], "Claim")
            else:
                word = self.word(tutor)
                self.replies_to[word] = message["message_id"]
                self.world.say(tutor, f"the desk says {word}", reply_to=message["message_id"])
                done += 1

    async def _press(self, person: Person, caption: str) -> None:
        """Press a button as soon as it is there."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for message in self._said(person):
                    if any(each["text"] == caption for row in rows(message) for each in row):
                        self.world.press(person, message["message_id"], caption)
                        return
                await asyncio.sleep(0.02)

    def _said(self, person: Person) -> list[Json]:
        return [each for each in self.world.messages(person.id) if each["from"]["is_bot"]]

    def _about_tickets(self, person: Person) -> list[Json]:
        """The messages of the bot's that speak of a ticket and can still be replied to."""
        return [each for each in self._said(person) if len(set(TICKET.findall(_text(each)))) == 1]

    # what came of it

    async def _settles(self, folder: Path) -> None:
        """Wait until nothing waits any more."""
        for fault in self.world.faults.listed():
            self.world.faults.remove(int(fault["number"]))
        await until(lambda: not len(self.world.updates), seconds=PATIENCE)
        rested = 0
        async with asyncio.timeout(PATIENCE):
            while rested < 5:  # what landed is written down a moment later, and changes cards
                await asyncio.sleep(0.2)
                rested = rested + 1 if await self._quiet(folder) else 0

    async def _quiet(self, folder: Path) -> bool:
        store = Store(url_in(folder))
        await store.open(beside=True)
        try:
            waits = [row for row in await outbox_of(store) if row.state in {"pending", "sending"}]
            return not waits and not len(self.world.updates)
        finally:
            await store.close()

    async def _check(self, folder: Path) -> None:
        store = Store(url_in(folder))
        await store.open()
        async with store.reading() as tx:
            entries = list((await tx.exec(select(Entry))).all())
            tickets = {each.id or 0: each for each in (await tx.exec(select(Ticket))).all()}
        sent = await outbox_of(store)
        maybe: dict[int | None, int] = {row.entry_id: row.maybe_sent for row in sent if row.entry_id and row.maybe_sent}
        known = {(row.chat_id, (row.message_id or 0) + place) for row in sent for place in range(row.messages)}
        await store.close()
        assert len(tickets) == STUDENTS, f"seed {self.seed}: a question was asked twice or not at all"
        for word, author in self.author.items():
            found = [each for each in entries if word in WORD.findall(each.text)]
            if not found and word in self.replies_to and (author.id, self.replies_to[word]) not in known:
                continue  # a reply to what came twice, of which the desk knows the second alone
            self._check_word(word, author, found, tickets, maybe)
        for person in (self.off_duty, self.bystander):
            assert not self._words(person), f"seed {self.seed}: {person.first_name} reads what is not theirs"
        for student in self.students:
            mine = {each.id for each in tickets.values() if each.student_id == student.id}
            theirs = {word for each in entries if each.ticket_id in mine for word in WORD.findall(each.text)}
            own = {word for word, author in self.author.items() if author is student}  # in a preview of what is sent
            assert self._words(student) <= theirs | own, f"seed {self.seed}: {student.first_name} reads others' words"
            assert {number for each in self._said(student) for number in TICKET.findall(_text(each))} <= set(
                map(str, mine)
            )

    def _check_word(
        self, word: str, author: Person, found: list[Entry], tickets: dict[int, Ticket], maybe: dict[int | None, int]
    ) -> None:
        about = f"seed {self.seed}: {word} of {author.first_name}"
        if author in self.tutors and not found:
            refused = [each for each in self._said(author) if "nothing was sent" in _text(each)]
            assert refused, f"{about} vanished"
            return
        assert len(found) == 1, f"{about} is kept {len(found)} times: {self._around(word, author)}"
        entry, ticket = found[0], tickets[found[0].ticket_id]
        if author in self.students:
            assert ticket.student_id == author.id, f"{about} is on another's ticket"
            readers = [tutor for tutor in self.tutors if tutor.id == ticket.claimer] or self.tutors
            assert all(word in self._words(reader) for reader in readers), f"{about} never reached {readers}"
        else:
            assert ticket.claimer == author.id, f"{about} answers what is another's"
            student = self.world.people[ticket.student_id or 0]
            got = sum(word in _text(each) for each in self._said(student))
            assert entry.delivery is Delivery.SENT, f"{about}: {entry.delivery}"
            assert 1 <= got <= 1 + maybe.get(entry.id, 0), f"{about} came {got} times"
            assert ticket.state is not State.NEW

    def _around(self, word: str, author: Person) -> list[str]:
        """What stood in the chat when a word was written."""
        letters = [(each["message_id"], _text(each)[:120]) for each in self.world.messages(author.id)]
        return [f"in reply to {self.replies_to.get(word)}", *map(str, letters)]

    def _words(self, person: Person) -> set[str]:
        return {word for each in self._said(person) for word in WORD.findall(_text(each))}


def _text(message: Json) -> str:
    return str(message.get("text") or message.get("caption") or "")


async def test_what_students_and_tutors_write_survives_kills(tmp_path: Path) -> None:
    storms = [Storm(seed) for seed in SEEDS]
    for storm in storms:
        folder = tmp_path / str(storm.seed)
        folder.mkdir()
        await storm.play(folder)
        assert storm.killed == KILLS
