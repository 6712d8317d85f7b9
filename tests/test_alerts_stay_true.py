"""Whatever staff do to a call's dates, no stale alert leaves, and corrections reach exactly those who were told."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from bot.desk.arrival import Who
from bot.desk.calls import Calls
from bot.rules import letters
from bot.rules.alerts import Letter
from bot.rules.calls import Call, Dates
from bot.rules.delivery import NotSent, Outcome, RetryAt, Sent
from bot.rules.messages import plain
from bot.storage import calls, mailings, schema, students
from bot.storage.rows import OutboxRow
from bot.storage.store import Store, understood
from tests.frontdoor import FrontDoor
from tests.season import ARRIVED, LOST, MORNING, STAFF, Heard, Season, follower

PEOPLE = range(1, 6)
FIRST = date(2027, 1, 10)
DAYS = st.integers(0, 25)
PASSING = st.sampled_from([timedelta(minutes=1), timedelta(hours=7), timedelta(days=1), timedelta(days=9)])
DOINGS = st.one_of(
    st.tuples(st.just("move"), DAYS, DAYS),
    st.tuples(st.just("move in flight"), DAYS, DAYS),
    st.tuples(st.just("pass"), PASSING, st.booleans()),
    st.tuples(st.just("pass"), PASSING, st.just(False)),  # noqa: FBT003 - hypothesis' way to say a constant
    st.tuples(st.just("subscribe"), st.sampled_from(PEOPLE), st.booleans()),
    st.tuples(st.sampled_from(["withdraw", "pass"]), st.just(timedelta(days=2)), st.just(False)),  # noqa: FBT003 - as above
    st.tuples(st.just("crash"), st.booleans(), st.just(0)),
    st.tuples(st.just("weather"), st.sampled_from(["fair", "foul"]), st.just(0)),
)


WITHDRAWN = "withdrawn"
PHASES = tuple(Phase) if os.environ.get("SHRINK") else (Phase.explicit, Phase.generate)
"""Shrinking an example takes minutes, so it is asked for by hand."""


class Watch:
    """A season with a staff room, and what each student has been told so far, read off what reached them."""

    def __init__(self, store: Store, seed: int) -> None:
        self.season = Season(store)
        self.door = FrontDoor(store, self.season.voice, self.season.staffroom, (Calls(),), self.season.clock)
        self.dice = Random(seed)  # noqa: S311 - no secret hangs on it
        self.foul, self.updates = False, 0
        self.season.fate = self.fate
        self.told: dict[int, str] = {}
        self.maybe: dict[int, set[str]] = defaultdict(set)
        self.tried: dict[int, tuple[datetime, str]] = {}
        self.crashed_at: datetime | None = None
        self.follows = set(PEOPLE)
        self.faults: list[str] = []
        self.call: Call | None = None

    # what reaches people

    def fate(self, heard: Heard) -> Outcome:
        """What becomes of a send; whatever reaches somebody is held against what is true at that moment."""
        outcome: Outcome = Sent(1)
        if self.foul and heard.chat in PEOPLE:
            sky: list[Outcome] = [Sent(1), Sent(1), ARRIVED, LOST, RetryAt(3), NotSent("no")]
            outcome = self.dice.choice(sky)
        if heard.chat in PEOPLE and (isinstance(outcome, Sent) or outcome == ARRIVED):
            self.check(heard)
        elif heard.chat in PEOPLE and self.call:
            self.tried[heard.chat] = (heard.at, self.span(self.call.dates))
            if outcome == LOST or self.crashed_at == heard.at:
                self.maybe[heard.chat].add(self.span(self.call.dates))
        return outcome

    def span(self, dates: Dates) -> str:
        return plain(letters.span(self.season.voice, dates, "en"))

    def check(self, heard: Heard) -> None:
        call = self.call
        assert call is not None
        now, known = self.span(call.dates), self.maybe[heard.chat] | {self.told.get(heard.chat, "nothing")}
        kind = heard.kind
        if kind == Letter.MOVED:
            self.demand(heard, now in heard.text, "a correction that is not true any more")
            self.demand(heard, any(each in heard.text for each in known), "it corrects what was never told")
        elif kind == Letter.WITHDRAWN:
            self.demand(heard, call.withdrawn, "withdrawn, and it is not")
            self.demand(heard, any(each in heard.text for each in known), "withdrawn for somebody who never knew")
        else:
            closing = plain(letters.closing(self.season.voice, call.dates, "en"))
            self.demand(heard, closing in heard.text, "a stale date")
            self.demand(heard, call.lives(self.season.clock.now()), "an alert on a call that is over")
        self.demand(heard, heard.chat in self.follows, "to somebody who does not follow")
        self.told[heard.chat] = WITHDRAWN if call.withdrawn else now
        self.maybe[heard.chat] = set() if heard.kind else self.maybe[heard.chat]

    def demand(self, heard: Heard, good: bool, fault: str) -> None:  # noqa: FBT001 - a check reads so
        if not good:
            self.faults.append(f"{fault}: {heard}, who was told {self.told.get(heard.chat)}")

    # what staff and students do

    async def open(self) -> None:
        await self.season.join(*(follower(number) for number in PEOPLE), follower(STAFF, subscribed=[]))

    async def does(self, name: str, argument: str) -> None:
        """A member of staff writes a command, and confirms what it leads to, if it leads to anything."""
        who = Who(STAFF, "en", "Marta")
        self.updates += 1
        await self.door.commands(self.updates, who, name, argument)
        async with self.season.store.reading() as tx:
            mine = select(OutboxRow).where(col(OutboxRow.chat_id) == STAFF).order_by(col(OutboxRow.id).desc())
            answer = (await tx.exec(mine.limit(1))).one()
        buttons = [button for row in answer.payload.get("buttons", ()) for button in row if "Confirm" in button["text"]]
        if buttons:
            self.updates += 1
            await self.door.taps(self.updates, who, buttons[0]["data"], 1)
        async with self.season.store.reading() as tx:
            kept = await calls.listed(tx, MORNING - timedelta(days=400))
        self.call = kept[-1] if kept else None

    async def crash(self) -> None:
        """The program dies, and begins anew; what became of the messages in flight is never written down."""
        self.crashed_at = self.season.clock.now()
        for chat, (at, span) in self.tried.items():
            if at == self.crashed_at:
                self.maybe[chat].add(span)
        self.season.open()
        await self.season.outbox.recover(everyone=True)

    def meanwhile(self, name: str, argument: str) -> None:
        """Staff do it while the next alert is in flight, and the desk looks at its tables in that very moment."""

        async def act() -> None:
            await self.does(name, argument)
            await self.season.mailings.tick()

        self.season.meanwhile.append(act)

    async def subscribes(self, number: int, *, yes: bool) -> None:
        """A student subscribes, and is told where the call stands; or stops, and whatever waits is taken back."""
        now, call = self.season.clock.now(), self.call
        async with self.season.store.transaction() as tx:
            row = await students.get(tx, number)
            assert row is not None
            row.subscribed = ["free-mover"] if yes else []
            await students.save(tx, row)
            if not yes:
                await mailings.call_off(tx, number, now, programme="free-mover")
            elif call is not None and call.lives(now):
                await calls.tell(tx, number, {call.id: call.revision}, now)
        if yes and call is not None:
            self.told.pop(number, None)
            self.maybe[number] = set()
            if call.lives(now):
                self.told[number] = self.span(call.dates)
        (self.follows.add if yes else self.follows.discard)(number)

    async def do(self, doing: tuple[str, object, object]) -> None:
        match doing:
            case ("move", int(first), int(length)):
                await self.does("move", f"free-mover {day(first)} {day(first + length + 1)}")
            case ("move in flight", int(first), int(length)):
                self.meanwhile("move", f"free-mover {day(first)} {day(first + length + 1)}")
            case ("withdraw", _, _):
                await self.does("withdraw", "free-mover")
            case ("pass", timedelta() as by, bool(partly)):
                now = self.season.clock.now()
                if partly:
                    await self.season.step()
                    self.season.clock.move(by)
                else:
                    await self.season.until(now + by)
            case ("subscribe", int(number), bool(yes)):
                await self.subscribes(number, yes=yes)
            case ("crash", bool(in_flight), _):
                if in_flight:
                    self.season.meanwhile.append(self.crash)
                else:
                    await self.crash()
            case ("weather", sky, _):
                self.foul = sky == "foul"

    async def settle(self) -> None:
        """Let the weather clear and a night pass: whoever was told old dates has heard of the new ones."""
        self.foul = False
        await self.season.until(self.season.clock.now() + timedelta(days=1, hours=2))
        call = self.call
        assert call is not None
        now = WITHDRAWN if call.withdrawn else self.span(call.dates)
        over = self.season.clock.now() >= call.dates.closes_at and not call.withdrawn
        for number, told in self.told.items():
            if number in self.follows and told != now and not over:
                self.faults.append(f"{number} still believes {told}, and it is {now}")


def day(number: int) -> str:
    return f"{FIRST + timedelta(days=number):%Y-%m-%d}"


async def played(url: str, seed: int, doings: list[tuple[str, object, object]]) -> list[str]:
    store = Store(url)
    await store.open()
    try:
        watch = Watch(store, seed)
        await watch.open()
        await watch.does("announce", f"free-mover {day(1)} {day(30)}")
        for doing in doings:
            await watch.do(doing)
        await watch.settle()
        return watch.faults
    finally:
        await store.close()


@settings(
    max_examples=int(os.environ.get("EXAMPLES", "25")), deadline=None, derandomize=True, phases=PHASES,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(seed=st.integers(0, 9), doings=st.lists(DOINGS, min_size=3, max_size=14))
def test_no_stale_alert_leaves_and_corrections_reach_exactly_those_who_were_told(
    template: Path, seed: int, doings: list[tuple[str, object, object]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.db"
        shutil.copy(template, file)
        assert asyncio.run(played(f"sqlite:///{file}", seed, doings)) == []


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("season") / "desk.db"
    schema.upgrade(understood(f"sqlite:///{file}"))
    return file
