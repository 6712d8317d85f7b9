"""Whatever students and staff do, and whatever fails: each text reaches its owner and nobody else, and none is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.rules.buttons import Act, data
from bot.storage import schema
from bot.storage.store import Store, understood
from tests.village import ANNA, BOTH, HOWS, PEOPLE, STAFF, STUDENTS, TEA, TUTORS, WORD, Village
from tests.witness import Witness

PHASES = tuple(Phase) if os.environ.get("SHRINK") else (Phase.explicit, Phase.generate)
"""Shrinking an example takes minutes, so it is asked for by hand."""
QUESTION = "Where do I hand in the learning agreement"
LONG = "and so on " * 90
VERBS = [
    *["ask", "add", "reply", "answer", "press"] * 3,
    *["text", "file", "album", "edit", "back", "claim", "race", "give", "merge", "lists", "together", "own"],
    *["withdraw", "helped", "forget", "block", "duty", "remove", "join", "pass", "pass", "crash", "weather", "sticker"],
]
PRESSES = ["claim", "release", "transfer", "close", "reopen", "unmerge", "card", "reply", "ask", "note", "merge", "faq"]


@dataclass(frozen=True)
class Doing:
    """Something that happens: a verb, three numbers that say who, to which ticket, and what; and how it comes."""

    verb: str
    who: int = 0
    which: int = 0
    what: int = 0
    how: str = "plain"


NUMBERS = st.integers(0, 59)
DOINGS = st.builds(Doing, st.sampled_from(VERBS), NUMBERS, NUMBERS, NUMBERS, st.sampled_from(HOWS))
LATER = (timedelta(minutes=1), timedelta(hours=5), timedelta(days=1, hours=3), timedelta(days=8))


class Days:
    """Some days of a village: each doing is a verb, three numbers that say who and what, and how it comes."""

    def __init__(self, store: Store, seed: int) -> None:
        self.witness = Witness()
        self.village = self.witness.village = Village(store, seed, self.witness.saw)
        self.typed: list[tuple[int, int, str]] = []
        """Who wrote what, in which message of theirs: what can be changed."""
        self.forgot: dict[int, int] = {}
        """Who deleted everything, and when last."""

    async def begin(self) -> None:
        for tutor in TUTORS:
            await self.village.employ(tutor)
        for person in PEOPLE:
            await self.village.commands(person, "/start")
        await self.witness.acted(None)
        await self.do(Doing("ask"))
        await self.do(Doing("ask", 1))
        await self.pause()

    async def do(self, doing: Doing) -> None:
        self.witness.story.append(f"{len(self.witness.story)}: {doing}")

        async def act() -> None:
            await self.witness.acted(None)
            await VERB[doing.verb](self, replace(doing, how="plain") if doing.how == "in flight" else doing)

        if doing.how == "in flight":
            self.village.meanwhile.append(act)
        else:
            await act()
        if doing.what % 3:
            await self.pause()

    async def pause(self) -> None:
        await self.village.until(self.village.clock.now() + timedelta(seconds=2))
        await self.witness.acted(None)

    def ticket(self, which: int) -> int:
        """One of the tickets there are; now and then one there is not."""
        return which % (max(self.witness.stands, default=0) + 1) or 1

    # students

    async def ask(self, it: Doing) -> None:
        """Ask a person: a text or a file, and perhaps more, are put together and sent."""
        person, word, village = STUDENTS[it.who % len(STUDENTS)], self.village.word(), self.village
        await village.commands(person, "/cancel")
        before = set(self.witness.stands)
        await village.commands(person, f"/human {QUESTION} {LONG if it.which % 7 == 6 else ''}{word}", it.how)
        words = {word: False}
        if it.what % 4 == 1:
            await village.taps(person, data(Act.PERSON, "more"))
            more = village.word()
            words[more] = it.which % 2 == 0
            await self._types(person, f"besides {more} too", name="photo" if words[more] else "")
        told = await village.taps(person, data(Act.PERSON, "send"), it.how)
        await self.witness.acted(person)
        opened = set(self.witness.stands) - before
        if len(opened) > 1 or (opened and self.witness.stands[min(opened)].student != person):
            self.witness.fault(f"{opened} were opened by one request of {person}")
        for each, is_file in words.items():
            await self.witness.wrote(each, person, told, file=is_file)

    async def _types(self, person: int, said: str, how: str = "plain", *, name: str = "", **more: object) -> str:
        number = self.village.typed(person, said, file=bool(name))
        self.typed.append((person, number, WORD.findall(said)[0]))
        given = {"name": name} if name else {}
        return await self.village.writes(person, said, how, number=number, **given, **more)

    async def add(self, it: Doing) -> None:
        """Press "add something" under a message on a ticket, perhaps another's, and write."""
        person, number, word = STUDENTS[it.who % len(STUDENTS)], self.ticket(it.which), self.village.word()
        await self.village.commands(person, "/cancel")
        asked = await self.village.taps(person, data(Act.MINE, number, "add"))
        mine = f"it goes to #{number}" in asked
        if mine != (self.witness.stands.get(number) is not None and self.witness.stands[number].student == person):
            self.witness.fault(f"{person} may add to #{number}: {mine}")
        told = await self._types(person, f"more on it {LONG * 4 if it.what % 9 == 8 else ''}{word}", it.how)
        await self.witness.acted(person, number)
        await self.witness.wrote(word, person, told, expect=number if mine else 0)

    async def reply(self, it: Doing) -> None:
        """Anybody replies to any message of the bot's on a ticket that they have in their chat, however old."""
        person, word = PEOPLE[it.who % len(PEOPLE)], self.village.word()
        found = self.village.phones[person].about_tickets()
        if not found:
            return
        message, number = found[it.which % len(found)]
        text = f"as to that {LONG * (1 if it.what % 5 == 4 else 4) if it.what % 11 == 10 else ''}{word}"
        told = await self._types(person, text, it.how, name="document" if it.what % 5 == 4 else "", reply_to=message)
        await self.witness.acted(person, number)
        await self.witness.wrote(word, person, told, expect=number, file=it.what % 5 == 4)
        await self.witness.went(word, person, number, message)

    async def text(self, it: Doing) -> None:
        """Write something out of the blue."""
        person, word = PEOPLE[it.who % len(PEOPLE)], self.village.word()
        told = await self._types(person, f"{QUESTION if it.which % 2 else 'zzqk'} {word}", it.how)
        await self.witness.acted(person)
        await self.witness.wrote(word, person, told)

    async def file(self, it: Doing) -> None:
        """Send a file out of the blue; what it is offered for is sent where there is something to be sent."""
        person, word = PEOPLE[it.who % len(PEOPLE)], self.village.word()
        told = await self._types(person, f"{word}", it.how, name="voice" if it.which % 2 else "photo")
        if it.what % 2:
            told += await self.village.taps(person, data(Act.PERSON, "send"))
        await self.witness.acted(person)
        await self.witness.wrote(word, person, told, file=True)

    async def album(self, it: Doing) -> None:
        """Send an album as a reply; its files come one by one, only the first replies and has a caption."""
        person, village = PEOPLE[it.who % len(PEOPLE)], self.village
        found = village.phones[person].about_tickets()
        message, number = found[it.which % len(found)] if found else (0, 0)
        words, told = [village.word() for _ in range(2 + it.what % 2)], ""
        for place, word in enumerate(words):
            more = {"reply_to": message} if found else {}
            told += await self._types(person, word, it.how if place else "plain", name="photo",
                                      album=f"album {words[0]}", **more)  # fmt: skip
            await self.witness.acted(person, number)
            await self.witness.wrote(word, person, told, file=True)
            if it.which % 3 == 0:
                await village.until(village.clock.now() + timedelta(milliseconds=400))
        await self.witness.acted(person, number)
        for word in words:
            await self.witness.wrote(word, person, told, file=True, expect=number)

    async def edit(self, it: Doing) -> None:
        """Somebody changes something they wrote, whatever became of it."""
        if not self.typed:
            return
        place = -1 - it.which % min(len(self.typed), 6)
        person, message, old = self.typed[place]
        new, letter = self.village.word(), self.village.phones[person].letters[message]
        letter.text = letter.text.replace(old, new)
        name = "photo" if letter.file else ""
        number = {"name": name} if name else {}
        told = await self.village.writes(person, letter.text, it.how, number=message, edited=True, **number)
        self.typed[place] = (person, message, new)
        await self.witness.acted(person)
        await self.witness.wrote(new, person, told)
        await self.witness.edited(old, new, person)

    async def back(self, it: Doing) -> None:
        """Press "not yet", and write why."""
        person, number, word = STUDENTS[it.who % len(STUDENTS)], self.ticket(it.which), self.village.word()
        await self.village.taps(person, data(Act.MINE, number, "no"), it.how)
        told = await self._types(person, f"not yet {word}")
        await self.witness.acted(person)
        await self.witness.wrote(word, person, told)

    async def withdraw(self, it: Doing) -> None:
        person, number = PEOPLE[it.who % len(PEOPLE)], self.ticket(it.which)
        await self.village.taps(person, data(Act.MINE, number, "withdraw"), it.how)
        await self.witness.acted(person, number, act="withdraw")

    async def helped(self, it: Doing) -> None:
        person, number = PEOPLE[it.who % len(PEOPLE)], self.ticket(it.which)
        await self.village.taps(person, data(Act.MINE, number, "helped"), it.how)
        await self.witness.acted(person, number, act="helped")

    async def forget(self, it: Doing) -> None:
        person = STUDENTS[it.who % len(STUDENTS)]
        if it.which % 2:  # not every time, or nothing else is left to happen
            return
        if it.what % 2:  # what has not left yet
            await self.add(Doing("add", it.who, it.what, it.which))
        await self.village.commands(person, "/forget")
        await self.village.taps(person, data(Act.FORGET, "yes"), it.how)
        await self.witness.acted(person, act="forget")
        await self.witness.forgotten(person, self.witness.moment, settled=False)
        self.forgot[person] = self.witness.moment

    async def block(self, it: Doing) -> None:
        person = PEOPLE[it.who % len(PEOPLE)]
        await self.village.moves(person, there=self.village.phones[person].blocked)

    # staff

    async def press(self, it: Doing) -> None:
        """Anybody presses any button of a ticket, as an old message may have it."""
        person, number = PEOPLE[it.who % len(PEOPLE)], self.ticket(it.which)
        verb = PRESSES[it.what % len(PRESSES)]
        await self.village.taps(person, data(Act.TICKET, number, verb, self.ticket(it.which // 2)), it.how)
        await self.witness.acted(person, number, act=verb)

    async def own(self, it: Doing) -> None:
        """One of the staff who asked something treats it as anybody's ticket."""
        person = (BOTH, ANNA)[it.who % 2]
        mine = [number for number, stand in self.witness.stands.items() if stand.student == person]
        if mine:
            number, verb = mine[it.which % len(mine)], ("claim", "reply", "card", "close", "to")[it.what % 5]
            await self.village.taps(person, data(Act.TICKET, number, verb, person), it.how)
            await self.witness.acted(person, number, act=verb)

    async def claim(self, it: Doing) -> None:
        person, number = PEOPLE[it.who % len(PEOPLE)], self.ticket(it.which)
        await self.village.commands(person, f"/{('claim', 'transfer', 'close')[it.what % 3]} {number}", it.how)
        await self.witness.acted(person, number, act="command")

    async def answer(self, it: Doing) -> None:
        """Answer, ask back or note, by command or by button."""
        person, number, word, village = (
            STAFF[it.who % len(STAFF)],
            self.ticket(it.which),
            self.village.word(),
            self.village,
        )
        text = f"the desk says {LONG * 4 if it.what % 13 == 12 else ''}{word}"
        if it.what % 4 == 0:
            told = await village.commands(person, f"/reply {number} {text}", it.how)
        else:
            await village.taps(person, data(Act.TICKET, number, ("reply", "ask", "note")[it.what % 3]))
            file = {"name": "document"} if it.what % 8 == 7 else {}
            told = await self._types(person, text, it.how, **file)
        await self.witness.acted(person, number, act="answer")
        await self.witness.wrote(word, person, told, file=it.what % 8 == 7 and it.what % 4 != 0)

    async def race(self, it: Doing) -> None:
        """Two of the staff press Claim at the same time."""
        first, second, number = STAFF[it.who % 4], STAFF[(it.who + 1 + it.what % 3) % 4], self.ticket(it.which)
        was = self.witness.stands.get(number)
        told = await asyncio.gather(
            *(self.village.taps(each, data(Act.TICKET, number, "claim")) for each in (first, second))
        )
        winners = [each for each, said in zip((first, second), told, strict=True) if "is yours" in said]
        self.witness.stands = await self.village.stands()
        now = self.witness.stands.get(number)
        if was and was.state == "new" and was.student is not None and len(winners) != 1:
            self.witness.fault(f"{winners} of {first} and {second} have #{number}")
        if winners and (now is None or now.claimer != winners[0]):
            self.witness.fault(f"{winners[0]} was told that {now} is theirs")
        for each in (first, second):
            await self.witness.acted(each, number)

    async def give(self, it: Doing) -> None:
        """Hand a ticket to anybody, of the staff or not."""
        person, number, to = PEOPLE[it.who % len(PEOPLE)], self.ticket(it.which), PEOPLE[it.what % len(PEOPLE)]
        await self.village.taps(person, data(Act.TICKET, number, "to", to), it.how)
        await self.witness.acted(person, number, given_to=to, act="to")

    async def merge(self, it: Doing) -> None:
        person, number, other = STAFF[it.who % len(STAFF)], self.ticket(it.which), self.ticket(it.what)
        await self.village.taps(person, data(Act.TICKET, number, "merge", other), it.how)
        await self.witness.acted(person, number, act="merge")

    async def together(self, it: Doing) -> None:
        """Two students ask the same, the one is merged into the other, and that is answered."""
        await self.ask(Doing("ask"))
        await self.ask(Doing("ask", 1))
        number = max(self.witness.stands)
        await self.merge(Doing("merge", it.who, number - 1, number))
        if it.what % 5 == 4:
            await self.pause()
            await self.village.taps(ANNA, data(Act.TICKET, number - 1, "unmerge"))
            await self.witness.acted(ANNA, number - 1, act="unmerge")
            return
        await self.answer(Doing("answer", it.who + 2, number, 4 * it.what, it.how))

    async def lists(self, it: Doing) -> None:
        person = PEOPLE[it.who % len(PEOPLE)]
        await self.village.commands(person, "/tickets", it.how)
        await self.witness.listed(person)

    async def duty(self, it: Doing) -> None:
        person = TUTORS[it.who % len(TUTORS)]
        await self.village.commands(person, f"/tutor {'on' if it.what % 2 else 'off'}", it.how)
        await self.witness.acted(person)

    async def remove(self, it: Doing) -> None:
        """The admin, or somebody who is none, removes a tutor."""
        person, gone = (ANNA, ANNA, TEA)[it.what % 3], TUTORS[it.who % len(TUTORS)]
        busy = [each.claimer for each in self.witness.stands.values() if each.state in {"claimed", "waiting"}]
        gone = next((each for each in busy if each in TUTORS and it.which % 2), gone)
        since = await self.village.since(gone)
        if since is not None and it.which % 4:
            await self.village.taps(person, data(Act.MEMBER, "removed", gone, since), it.how)
            await self.witness.acted(person, act="remove")

    async def join(self, it: Doing) -> None:
        person = TUTORS[it.who % len(TUTORS)]
        if person not in await self.village.staff():
            await self.village.employ(person)
            await self.witness.acted(None)

    # the world

    async def sticker(self, it: Doing) -> None:
        await self.village.sends_sticker(PEOPLE[it.who % len(PEOPLE)], it.how)
        await self.witness.acted(None)

    async def passes(self, it: Doing) -> None:
        """Time passes, with the desk at work or (a downtime) without."""
        by = LATER[it.what % len(LATER)]
        if by >= timedelta(days=1):
            self.witness.may_have_been_reminded()
        if it.which % 3 == 0:
            self.village.clock.move(by)
            await self.village.crash()
        await self.village.until(self.village.clock.now() + (timedelta(seconds=1) if it.which % 3 == 0 else by))
        await self.witness.acted(None)

    async def crash(self, it: Doing) -> None:
        if it.what % 2:
            self.village.meanwhile.append(self.village.crash)
        else:
            await self.village.crash()

    async def weather(self, it: Doing) -> None:
        self.village.foul = it.what % 3 > 0

    async def end(self) -> list[str]:
        """The weather clears, and everything settles; who was not told that somebody waits is reminded."""
        self.village.foul = False
        self.witness.may_have_been_reminded()
        await self.village.until(self.village.clock.now() + timedelta(days=4))
        await self.witness.acted(None)
        await self.witness.ends()
        for person, moment in self.forgot.items():
            await self.witness.forgotten(person, moment, settled=True)
        return [*self.witness.faults, *self.village.faults]


VERB: dict[str, Callable[[Days, Doing], Awaitable[None]]] = {
    name: getattr(Days, "passes" if name == "pass" else name) for name in set(VERBS)
}


async def played(url: str, seed: int, doings: list[Doing]) -> list[str]:
    store = Store(url, synchronous="NORMAL")
    await store.open()
    try:
        days = Days(store, seed)
        await days.begin()
        for doing in doings:
            await days.do(doing)
        return await days.end()
    finally:
        await store.close()


@settings(
    max_examples=int(os.environ.get("EXAMPLES", "20")), deadline=None, derandomize=True, phases=PHASES,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(seed=st.integers(0, 9), doings=st.lists(DOINGS, min_size=10, max_size=40))
def test_each_text_reaches_its_owner_and_nobody_else(template: Path, seed: int, doings: list[Doing]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.db"
        shutil.copy(template, file)
        assert asyncio.run(played(f"sqlite:///{file}", seed, doings)) == []


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("village") / "desk.db"
    schema.upgrade(understood(f"sqlite:///{file}"))
    return file
