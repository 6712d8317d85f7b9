"""Messages to many: copying them, sending them, and how both grow; ratios to a baseline taken in the same run.

    .venv/bin/python bench/alerts.py [--people 600] [--most 100000] [--large] [--postgresql] [--only pace]

SQLite is a file with ``synchronous=FULL``; PostgreSQL is the tests' own server, which does not wait for the disk. Each
measurement has a process of its own, so its memory is what the work added at its highest. Beside the pace, which takes
the real time, sending is simulated: time is moved by hand and every send succeeds at once.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.clock import Clock, SystemClock
from bot.desk.mailings import BEAT, Mailings
from bot.desk.newsroom import Newsroom
from bot.desk.outbox import ALERTS_A_SECOND, Deliver, Outbox
from bot.desk.reminders import Reminders
from bot.desk.staffroom import Staffroom
from bot.knowledge import load
from bot.playground.api import BotApi, InProcessTransport
from bot.playground.faults import Fault, FaultKind
from bot.playground.limits import ALL_A_SECOND
from bot.playground.world import World
from bot.rules.alerts import Kind, Letter, awake_at
from bot.rules.calls import Call, Dates
from bot.rules.delivery import Outcome, RetryAt, Sent
from bot.rules.letters import Voice
from bot.rules.programmes import Programme
from bot.storage import audiences, calls, mailings, outbox, schema
from bot.storage.mailings import Mailing
from bot.storage.outbox import Outgoing
from bot.storage.rows import MailingRow, MailingState, Student, columns
from bot.storage.store import Store, Transaction
from bot.transport.sender import Sender
from tests.databases import OwnServer, Server
from tests.season import HandClock

TOKEN = "4242:playground-token"
ROME = ZoneInfo("Europe/Rome")
NOON = datetime(2027, 1, 12, 11, tzinfo=UTC)
LATER, DAY = NOON + timedelta(minutes=1), timedelta(days=1)
LATENCY = 0.05
Seen = dict[str, float]
Line = Mapping[str, str | float]
Fresh = Callable[[], AbstractContextManager[str]]
Result = TypeVar("Result")

PEOPLE = """
INSERT INTO student (user_id, language, language_chosen, reachable, answered, conversation, subscribed, muted,
                     awake_from, awake_until, paused, keeps_deadlines, first_seen_at, last_seen_at)
WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :many)
SELECT i, CASE WHEN i % 2 = 0 THEN 'it' ELSE 'en' END, true, true, '[]', '{}', '["free-mover"]', '[]',
       7 + i % 3, 20 + i % 3, false, false, '2027-01-10 09:00:00.000000', '2027-01-10 09:00:00.000000' FROM number
"""
TOLD = "INSERT INTO informed SELECT :call, user_id, 1, first_seen_at FROM student"


@asynccontextmanager
async def desk(url: str, many: int) -> AsyncIterator[Store]:
    """An open database with so many students who all follow one programme."""
    store = Store(url)
    await store.open()
    async with store.transaction() as tx:
        await (await tx.connection()).execute(text(PEOPLE), {"many": many})
    try:
        yield store
    finally:
        await store.close()


async def begun(store: Store, planned: Mailing) -> MailingRow:
    async with store.transaction() as tx:
        number = int(await mailings.plan(tx, planned, NOON) or 0)
        await mailings.begin(tx, number)
    return await fresh(store, number)


async def fresh(store: Store, number: int | None) -> MailingRow:
    async with store.reading() as tx:
        return (await mailings.found(tx, [number or 0]))[number or 0]


async def announced(store: Store, kind: str = Kind.OPENING) -> MailingRow:
    """A call, and a message on it that has begun: to all, or as a correction to all, who were told other dates."""
    async with store.transaction() as tx:
        call = await calls.add(tx, Call(Programme.FREE_MOVER, Dates(NOON, NOON + 30 * DAY), year=2027), NOON)
        if kind == Letter.MOVED:
            await (await tx.connection()).execute(text(TOLD), {"call": call.id})
    who = f"told:free-mover:{call.id}:1" if kind == Letter.MOVED else "programme:free-mover"
    return await begun(store, Mailing(f"{call.name}:{kind}", kind, who, NOON, NOON + 9 * DAY, "free-mover", call.id))


async def copy(store: Store, row: MailingRow) -> None:
    """The copies as the desk writes them."""

    def awake(at: datetime, hours: tuple[int, int]) -> datetime:
        return awake_at(at, hours, ROME, row.expires_at)

    done = False
    while not done:
        async with store.transaction() as tx:
            done = await mailings.fan_out(tx, row, "", awake, NOON)
        await asyncio.sleep(0)


async def insert(store: Store, row: MailingRow) -> None:
    """The same as an INSERT for each, from Python values."""
    user, last = columns(Student).c.user_id, 0
    some = select(user, columns(Student).c.language).where(audiences.audience(row.audience)).order_by(user)
    while True:
        async with store.transaction() as tx:
            portion = some.where(user > last).limit(mailings.PORTION)
            people = [tuple(each) for each in await (await tx.connection()).execute(portion)]
            key, given = f"{row.key}:chat:", (outbox.ALERT, NOON, row.expires_at)
            items = [Outgoing(f"{key}{chat}", chat, "send", {"lang": lang}, *given) for chat, lang in people]
            await outbox.enqueue(tx, items, NOON)
        if not people:
            return
        last = people[-1][0]
        await asyncio.sleep(0)


async def planning(url: str, many: int) -> Seen:
    """Copying, and the same by INSERT."""
    async with desk(url, many) as store:
        row = await announced(store)
        async with observed(store) as ours:
            await copy(store, row)
        async with store.transaction() as tx:
            await (await tx.connection()).execute(text("DELETE FROM outbox"))
        async with observed(store) as base:
            await insert(store, row)
    pairs = {f"{name}{by}": of[name] for name in ours for by, of in (("", ours), ("/base", base))}
    return pairs | {"ratio": ours["s"] / base["s"]}


@asynccontextmanager
async def observed(store: Store) -> AsyncIterator[Seen]:
    """Seconds, MB on top, and in ms the longest time the loop stood still and a student's transaction took."""
    seen: Seen = {"loop ms": 0.0, "answer ms": 0.0}

    async def watch(name: str, pause: float) -> None:
        while True:
            due = time.perf_counter() + pause
            await asyncio.sleep(pause)
            if name == "answer ms":
                async with store.transaction() as tx:
                    await mailings.note(tx, 0, recipients=0)
            seen[name] = max(seen[name], (time.perf_counter() - due) * 1000)

    watching = [asyncio.create_task(watch("loop ms", 0.001)), asyncio.create_task(watch("answer ms", 0.02))]
    await asyncio.sleep(0.1)  # what a first statement costs is no concern here
    seen.update(dict.fromkeys(seen, 0.0))
    before, began = memory("VmRSS"), time.perf_counter()
    yield seen
    seen["s"], seen["MB"] = time.perf_counter() - began, memory("VmHWM") - before
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)


def memory(name: str) -> float:
    """This process's memory in MB: ``VmRSS`` now (from when on the highest is counted), or ``VmHWM`` at its highest."""
    if name == "VmRSS":
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


async def claiming(url: str, many: int) -> Seen:
    """Rows a second with ``many`` waiting, one at a time and five."""
    seen, rows = {}, min(many // 5, 1000)
    async with desk(url, many) as store:
        await copy(store, await announced(store))
        for size in (1, 5):
            began, taken = time.perf_counter(), []
            for _ in range(rows // size + 1):
                async with store.transaction() as tx:
                    await outbox.settle(tx, "bench", [outbox.Sent(row.id, 1) for row in taken], LATER)
                    taken = await outbox.claim(tx, owner="bench", now=LATER, lease_until=NOON + DAY, limit=size)
            seen[f"by {size}"] = rows / (time.perf_counter() - began)
    for size in (1, 5) if url.startswith("sqlite") else ():
        seen[f"bare {size}"] = bare(url.removeprefix("sqlite:///"), size, rows)
        seen[f"ratio {size}"] = seen[f"by {size}"] / seen[f"bare {size}"]
    return seen


def bare(file: str, size: int, rows: int) -> float:
    """The same statements in the bare sqlite3 module, committed as often."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    built = [one.compile(dialect=sqlite.dialect(paramstyle="named")) for one in (outbox._claiming(), outbox._marking())]
    (claim, mark), (given, marks) = map(str, built), (one.params for one in built)
    now = f"{LATER:%Y-%m-%d %H:%M:%S.%f}"
    given |= {"now": now, "n": size, "owner": "bench", "until": now}
    marks |= {"owner": "bench", "became": "sent", "uncounted": 0, "unsure": 0, "message": 1, "ended": now}
    began, taken = time.perf_counter(), []
    for _ in range(rows // size + 1):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(mark, [marks | {"row": row[0], "emptied": "{}"} for row in taken])
        answers = connection.execute(claim, given | {"p": 0}).fetchall()
        taken = answers + connection.execute(claim, given | {"p": 1}).fetchall()
        connection.execute("COMMIT")
    return rows / (time.perf_counter() - began)


async def looking(url: str, many: int) -> Seen:
    """Milliseconds of what looks at all copies of one message; all but the report hold up the loop on SQLite."""
    async with desk(url, many) as store:
        alert, moved = await announced(store), await announced(store, Letter.MOVED)
        await copy(store, alert)
        async with observed(store) as told:
            await copy(store, moved)
        seen, number = {"told, a portion": told["loop ms"]}, int(alert.id or 0)
        looks: dict[str, Callable[[Transaction], Awaitable[object]]] = {
            "report": lambda tx: mailings.report(tx, number),
            "overdue": lambda tx: mailings.overdue(tx, number, LATER),
            "uncertain": lambda tx: mailings.uncertain(tx, int(alert.call_id or 0), 2),
            "next due": lambda tx: outbox.next_due(tx, LATER),
            "stop": lambda tx: mailings.stop(tx, [int(moved.id or 0)], MailingState.STOPPED, LATER),
            "expire": lambda tx: outbox.expire(tx, NOON + 10 * DAY),
        }
        for name, look in looks.items():
            async with store.transaction() as tx:
                began = time.perf_counter()
                await look(tx)
                seen[name] = (time.perf_counter() - began) * 1000
    return seen


def loops(store: Store, clock: Clock, deliver: Deliver) -> tuple[Mailings, Outbox]:
    voice = Voice(load().knowledge, ROME)
    reminders = Reminders(store, voice, clock, lambda: None)
    newsroom = Newsroom(voice, Staffroom(frozenset(), None))
    many = Mailings(store, voice, newsroom, (reminders,), clock, lambda: None)
    return many, Outbox(store, deliver, many.compose, clock, "bench")


async def by_desk(deliver: Deliver, people: int) -> None:
    with sqlite_file() as url:
        async with desk(url, people) as store:
            clock, texts = SystemClock(), {"texts": {"en": "Closed on <b>Friday</b>.", "it": "<b>Venerdì</b> chiuso."}}
            clock.shift = NOON - clock.now()
            row = await begun(store, Mailing("broadcast:1", Letter.BROADCAST, "all", NOON, about=texts))
            await copy(store, row)
            work = [asyncio.create_task(part.run()) for part in loops(store, clock, deliver)]
            while row.state is not MailingState.DONE:
                await asyncio.sleep(0.2)
                row = await fresh(store, row.id)
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)


async def until_sent(deliver: Deliver, chat: int) -> None:
    while isinstance(outcome := await deliver(chat, "send", {"text": "Closed on <b>Friday</b>."}), RetryAt):
        await asyncio.sleep(outcome.seconds)


async def by_turns(deliver: Deliver, people: int) -> None:
    for chat in range(1, people + 1):
        await until_sent(deliver, chat)


async def at_once(deliver: Deliver, people: int) -> None:
    await asyncio.gather(*(until_sent(deliver, chat) for chat in range(1, people + 1)))


async def pace(sending: Callable[[Deliver, int], Awaitable[None]], people: int, latency: float) -> Seen:
    """From the first message to the last, at a Telegram of its own."""
    world = World(TOKEN, "desk_bot", clock=SystemClock())
    for number in range(1, people + 1):
        world.add_person(f"P{number}", person_id=number).started = True
    world.limits.on = True
    if latency:
        world.faults.add(Fault(FaultKind.SLOW, seconds=latency))
    request = HTTPXRequest(httpx_kwargs={"transport": InProcessTransport(BotApi(world).app())})
    sender, at = Sender(Bot(TOKEN, base_url="http://playground/bot", request=request)), []

    async def deliver(chat: int, method: str, payload: Mapping[str, object]) -> Outcome:
        outcome = await sender.deliver(chat, method, payload)
        at.extend([time.perf_counter()] * isinstance(outcome, Sent))
        return outcome

    await sending(deliver, people)
    rate = sum(moment > at[0] + 0.1 for moment in at) / (at[-1] - at[0])  # what came at once has taken no time
    return {"latency ms": latency * 1000, "a second": rate, "of 30": rate / ALL_A_SECOND, "429s": world.limits.refused}


async def paces(ways: list[str], people: int) -> list[Seen]:
    """Several ways beside each other, without latency and with it."""
    known = {"desk": by_desk, "await each": by_turns, "gather all": at_once}
    return await asyncio.gather(*(pace(known[way], people, latency) for latency in (0, LATENCY) for way in ways))


async def growth(url: str, many: int) -> Seen:
    """One alert from its moment to its report."""
    clock, beat = HandClock(NOON), 0.0

    async def deliver(*_: object) -> Sent:
        return Sent(1)

    async with desk(url, many) as store:
        row = await announced(store)
        letters, door = loops(store, clock, deliver)
        before, used = memory("VmRSS"), time.process_time()
        while row.state is not MailingState.DONE:
            if clock.monotonic() >= beat:
                beat = clock.monotonic() + BEAT
                await letters.tick()
                row = await fresh(store, row.id)
            rest = await door._step()
            while door._flying:
                await asyncio.gather(*door._flying)
                rest = await door._step()
            clock.move(timedelta(seconds=min(rest, BEAT) + 0.001))  # no wait is exact
        used = time.process_time() - used
    assert row.report["delivered"] == many
    took = (clock.now() - NOON).total_seconds()
    figures = {"CPU s for 1,000": used / many * 1000, "MB": memory("VmHWM") - before, "simulated s": took}
    return figures | {"of N/25 s": took / (many / ALERTS_A_SECOND)}


def alone(work: Callable[..., Awaitable[Result]], *given: object) -> Result:
    """What ``work`` comes to in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(run, work, *given).result()


def run(work: Callable[..., Awaitable[Result]], *given: object) -> Result:
    return asyncio.run(work(*given))


@contextmanager
def sqlite_file() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/desk.db"


@contextmanager
def databases(*, postgresql: bool) -> Iterator[dict[str, Fresh]]:
    if not postgresql:
        yield {"sqlite": sqlite_file}
        return
    own = OwnServer()
    try:
        server = Server(own.start())
        server.create(server.template, "template1")
        schema.upgrade(server.url(server.template))
        yield {"sqlite": sqlite_file, "postgresql": lambda: server.database(template=server.template)}
    finally:
        own.stop()


def measured(work: Callable[..., Awaitable[Seen]], kinds: Mapping[str, Fresh], counts: Iterable[int]) -> Iterator[Line]:
    for (kind, opened), many in product(kinds.items(), counts):
        with opened() as url:
            yield {"": kind, "people": many} | alone(work, url, many)


def paced(people: int) -> Iterator[Line]:
    for ways in (["desk"], ["await each", "gather all"]):
        yield from ({"": way} | seen for way, seen in zip(ways * 2, alone(paces, ways, people), strict=True))


def table(title: str, lines: Iterable[Line]) -> None:
    print(f"\n{title}")
    for number, line in enumerate(lines):
        wide = {name: max(9, len(name)) for name in line}
        if not number:
            print(*(f"{name:>{wide[name]}}" for name in line))
        shown = {name: f"{it:,.{2 * (it < 100)}f}" if isinstance(it, float) else it for name, it in line.items()}
        print(*(f"{it:>{wide[name]}}" for name, it in shown.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=600, help="who gets the message whose pace is measured")
    parser.add_argument("--most", type=int, default=100_000, help="the most copies of one message")
    parser.add_argument("--large", action="store_true", help="a million of them, and 100,000 sent")
    parser.add_argument("--postgresql", action="store_true", help="also on PostgreSQL")
    parser.add_argument("--only", choices=["planning", "claiming", "looking", "pace", "growth"])
    given = parser.parse_args()
    sizes = [many for many in (1_000, 10_000, 100_000, 1_000_000) if many <= given.most or given.large]
    parts = {
        planning: "Copying in portions, beside an INSERT for each (base); how long the loop and an answer waited",
        claiming: "Rows claimed and marked a second, one and five at a time, beside the bare sqlite3 module",
        looking: "What looks at all copies of one message, ms",
        growth: "A whole alert, sending simulated",
    }
    with databases(postgresql=given.postgresql) as kinds:
        for work, title in parts.items():
            if given.only in {None, work.__name__}:
                counts = sizes[: 3 if given.large else 2] if work is growth else sizes
                table(title, measured(work, kinds, counts))
    if given.only in {None, "pace"}:
        table(f"Pace of one message to {given.people}, Telegram's limits on", paced(given.people))


if __name__ == "__main__":
    main()
