"""``bot try``: the real bot on the local playground, in one process, with a chat page in the browser."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import uvicorn

from bot.app import Desk
from bot.clock import SystemClock
from bot.config import read_settings, set_up_logging
from bot.playground.web import create_app
from bot.playground.world import World

HOST = "127.0.0.1"
TOKEN = "4242:local-playground-token"  # noqa: S105 - the playground's own, worth nothing elsewhere


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
        asyncio.run(_play(listening, (db or Path(folder) / "desk.db").absolute()))


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


async def _play(listening: socket.socket, db: Path) -> None:
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    settings = read_settings(bot_token=TOKEN, bot_api_url=address, database_url=f"sqlite:///{db}")
    set_up_logging(settings)
    clock = SystemClock()
    server = _Server(people(World(TOKEN, "ims_mobility_bot", clock=clock)))
    desk = asyncio.create_task(Desk(settings, clock).run())
    desk.add_done_callback(lambda _: setattr(server, "should_exit", True))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, desk.cancel)
    click.echo(f"The chat page is at {address} (stop with Ctrl-C)")
    await server.serve(sockets=[listening])
    with suppress(asyncio.CancelledError):
        await desk


def people(world: World) -> World:
    """The people to play: two students, one writing Italian and one English, and a tutor."""
    world.add_person("Giulia", last_name="Ferri", language_code="it", demo=True)
    world.add_person("Adam", last_name="Novak", language_code="en", demo=True)
    world.add_person("Marco", last_name="Rossi", language_code="it", demo=True)
    world.profile.set_text("name", "IMS mobility helpdesk", "")
    return world
