"""The desk beside a stock python-telegram-bot echo, in one run on one playground: figures are ratios, not absolutes.

    .venv/bin/python bench/desk.py [--people 600] [--rounds 3]

Start-up is the time from the start of the process to its first getUpdates, memory its resident set then, against an
empty bot. Throughput is the time from the first of many people's texts to the last answer: the desk matches each
question and commits before it confirms and before it sends; the echo keeps nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from bot.clock import SystemClock
from bot.playground.api import BotApi
from bot.playground.chats import Person
from bot.playground.world import World

ROOT = Path(__file__).parent.parent
TOKEN = "4242:playground-token"
KINDS = {
    "empty": [sys.executable, str(ROOT / "bench" / "stock_echo.py"), "empty"],
    "echo": [sys.executable, str(ROOT / "bench" / "stock_echo.py")],
    "desk": [sys.executable, "-m", "bot", "run"],
}
QUESTION = "entro quando devo fare domanda per il free mover?"


@asynccontextmanager
async def playground() -> AsyncIterator[tuple[World, str]]:
    world = World(TOKEN, "desk_bot", clock=SystemClock())
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle's algorithm on: 40 ms a call
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(BotApi(world).app(), log_level="error", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield world, f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def bot(kind: str, world: World, address: str) -> AsyncIterator[tuple[int, float, float]]:
    """The bot at work; its process, seconds until its first getUpdates, and its memory then in MB."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"BOT_TOKEN": TOKEN, "BOT_API_URL": address, "DATABASE_URL": f"sqlite:///{folder}/desk.db"}
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *KINDS[kind], env=os.environ | given | {"LOG_LEVEL": "WARNING"}, cwd=ROOT
        )
        while world.updates._poll is None:
            if process.returncode is not None:
                raise SystemExit(f"the {kind} bot ended with {process.returncode}")
            await asyncio.sleep(0.002)
        seconds, memory = time.perf_counter() - began, resident(process.pid)
        try:
            await asyncio.sleep(0.5)
            yield process.pid, seconds, memory
        finally:
            process.send_signal(signal.SIGINT)
            await process.wait()
            world.updates.drop()
            world.updates._poll = None


def resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def processor_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def throughput(world: World, people: list[Person]) -> float:
    """Updates answered a second when ``people`` all write at once."""
    for person in people:
        world.chats[person.id].messages.clear()
    began = time.perf_counter()
    for person in people:
        world.say(person, QUESTION)
    missing = set(people_ids := [person.id for person in people])
    while missing:
        await asyncio.sleep(0.01)
        missing = {each for each in missing if not any(m["from"]["is_bot"] for m in world.messages(each))}
    return len(people_ids) / (time.perf_counter() - began)


async def measure(kind: str, count: int) -> dict[str, float]:
    async with playground() as (world, address), bot(kind, world, address) as (pid, seconds, memory):
        figures = {"start-up s": seconds, "memory MB": memory}
        if kind != "empty":
            people = [world.add_person(f"P{number}") for number in range(count)]
            await throughput(world, people[: count // 5])
            before = processor_ms(pid)
            figures["answered/s"] = await throughput(world, people)
            figures["CPU ms each"] = (processor_ms(pid) - before) / count
        return figures


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for _ in range(options.rounds):
        for kind in KINDS:
            runs[kind].append(await measure(kind, options.people))
    middle = {
        kind: {name: statistics.median(run[name] for run in found) for name in found[0]} for kind, found in runs.items()
    }
    for kind, figures in middle.items():
        print(f"{kind:6}", "  ".join(f"{name} {value:8.2f}" for name, value in figures.items()))
    desk, empty, echo = middle["desk"], middle["empty"], middle["echo"]
    print(f"start-up  {desk['start-up s'] / empty['start-up s']:.2f} x an empty bot")
    print(f"memory    {desk['memory MB'] / empty['memory MB']:.2f} x an empty bot")
    print(f"answered  {desk['answered/s'] / echo['answered/s']:.2f} x the stock echo")
    print(f"CPU each  {desk['CPU ms each'] / echo['CPU ms each']:.2f} x the stock echo")


asyncio.run(main())
