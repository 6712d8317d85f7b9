"""``bot try``: the real bot on the local playground, in one process, with a chat page in the browser."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import uvicorn

from bot.app import Desk
from bot.clock import SystemClock
from bot.config import read_settings, set_up_logging
from bot.playground.web import create_app
from bot.playground.world import World
from bot.rules.calls import Call, Dates, moment_in
from bot.rules.programmes import Programme
from bot.rules.roles import Role
from bot.storage.ticket_rows import Member

HOST = "127.0.0.1"
TOKEN = "4242:local-playground-token"  # noqa: S105 - the playground's own, worth nothing elsewhere


STAFF, TUTOR = 1003, 1004
"""Who runs the desk, and who answers for it, among the people to play."""
INVENTED = "invented for trying out · inventato per provare"


class PortTaken(Exception):
    """The port of the chat page cannot be used."""


def run_playground(port: int, db: Path | None) -> None:
    """Start the playground and the bot, print the page's address, and work until Ctrl-C.

    Args:
        port: Port on the loopback interface; 0 takes any free one.
        db: Keep the rows in this file; without it they go with the program.

    Raises:
        PortTaken: Another program listens on ``port``.
    """
    with _listen(port) as listening, tempfile.TemporaryDirectory(prefix="desk-") as folder:
        asyncio.run(_play(listening, (db or Path(folder) / "desk.db").absolute(), Path(folder)))


def _listen(port: int) -> socket.socket:
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle's algorithm on: 40 ms a call
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()  # the bot waits for the playground instead of being refused
    except OSError as error:
        listening.close()
        raise PortTaken(f"port {port} cannot be used ({error.strerror}); choose another with --port") from None
    return listening


class _Server(uvicorn.Server):
    """Leaves signals to the program, and ends what the playground holds open before it waits for requests to end."""

    def __init__(self, world: World) -> None:
        app = create_app(world)
        super().__init__(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        self._world = world

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        await self._world.aclose()
        await super().shutdown(sockets)


async def _play(listening: socket.socket, db: Path, folder: Path) -> None:
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    knowledge = shutil.copytree(read_settings().knowledge_dir, folder / "knowledge")  # what is played stays there
    settings = read_settings(
        bot_token=TOKEN,
        bot_api_url=address,
        database_url=f"sqlite:///{db}",
        admin_ids=frozenset({STAFF}),
        knowledge_dir=knowledge,
    )
    set_up_logging(settings)
    clock = SystemClock()
    world = people(World(TOKEN, "ims_mobility_bot", clock=clock))
    desk = Desk(settings, clock, announced=season(clock.now(), settings.desk_timezone), tutors=[tutor(clock.now())])
    world.next_event, world.clock_moved = desk.next_event, desk.look
    server = _Server(world)
    work = asyncio.create_task(desk.run())
    work.add_done_callback(lambda _: setattr(server, "should_exit", True))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    click.echo(f"The chat page is at {address} (stop with Ctrl-C)")
    await server.serve(sockets=[listening])
    with suppress(asyncio.CancelledError):
        await work


def people(world: World) -> World:
    """The people to play: two students, one writing Italian and one English, in a group; who runs the desk; a tutor."""
    giulia = world.add_person("Giulia", last_name="Ferri", language_code="it", demo=True)
    adam = world.add_person("Adam", last_name="Novak", language_code="en", demo=True)
    world.add_person("Marco", last_name="Rossi", language_code="it", demo=True, person_id=STAFF)
    world.add_person("Anna", last_name="Conti", language_code="en", demo=True, person_id=TUTOR)
    world.add_group("IMS class", [giulia, adam], demo=True)
    world.start(world.people[TUTOR])  # a bot writes to nobody who has not opened the chat, and she gets the questions
    world.profile.set_text("name", "IMS mobility helpdesk", "")
    return world


def tutor(now: datetime) -> Member:
    """Anna, on duty for everything."""
    return Member(user_id=TUTOR, role=Role.TUTOR, name="Anna", on_duty=True, programmes=[], languages=[], since=now)


def season(now: datetime, zone: ZoneInfo) -> list[Call]:
    """Invented calls around today, so that alerts can be watched at once: one is open, two open soon."""
    today = now.astimezone(zone).date()

    def on(days: int, hour: time = time()) -> datetime:
        return moment_in(zone, today + timedelta(days=days), hour)

    noon, ten = time(12), time(10)
    return [
        Call(Programme.ERASMUS_STUDY, Dates(on(-5), on(9, noon), closes_hour=True), note=INVENTED),
        Call(
            Programme.ERASMUS_TRAINEESHIP,
            Dates(on(1, ten), on(21, noon), opens_hour=True, closes_hour=True),
            note=INVENTED,
        ),
        Call(Programme.EXTRA_EU, Dates(on(3), on(41)), note=INVENTED),
    ]
