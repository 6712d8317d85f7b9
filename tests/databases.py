"""Both databases for the tests: an empty one for each test, already at the newest schema.

SQLite is a file copied from a template. PostgreSQL is real: the server of ``TEST_DATABASE_URL``, or one of Debian's
that is started for the run in a temporary folder and listens on a socket there alone. Where there is neither, the
tests that want PostgreSQL are deselected, and the run says so; on CI that is an error.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from bot.storage import schema
from bot.storage.store import Store

START_SECONDS = 30
ROOM_BYTES = 1 << 30
MISSING = (
    "PostgreSQL: none found, its half of the storage tests is left out (set TEST_DATABASE_URL, or install postgresql)"
)


def binaries() -> Path | None:
    """The newest server Debian installed; it is not on PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: float(file.parts[4]))
    return found[-1].parent if found else None


def available() -> bool:
    return bool(os.environ.get("TEST_DATABASE_URL")) or binaries() is not None


def pytest_report_header() -> str:
    if os.environ.get("TEST_DATABASE_URL"):
        return "PostgreSQL: the server of TEST_DATABASE_URL"
    return f"PostgreSQL: a server of our own, from {binaries()}" if available() else MISSING


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if available():
        return
    left_out = [item for item in items if _wants_postgresql(item)]
    if left_out and os.environ.get("CI"):
        raise pytest.UsageError(MISSING)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not available():
        terminalreporter.write_line(MISSING, yellow=True)


def _wants_postgresql(item: pytest.Item) -> bool:
    if "postgresql_url" in getattr(item, "fixturenames", ()):
        return True
    callspec = getattr(item, "callspec", None)
    return callspec is not None and callspec.params.get("database") == "postgresql"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on; a test that asks for this, or for anything built on it, runs on both."""
    return str(request.param)


@pytest.fixture
def store_url(database: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty database of this test's own."""
    return str(request.getfixturevalue(f"{database}_url"))


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """That database, open."""
    opened = Store(store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def blank_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without any tables."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
    else:
        server: Server = request.getfixturevalue("server")
        with server.database(template="template1") as url:
            yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    schema.upgrade(make_url(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "desk.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(server: Server) -> Iterator[str]:
    with server.database(template=server.template) as url:
        yield url


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server, and in it a template with the newest schema."""
    given = os.environ.get("TEST_DATABASE_URL")
    own = None if given else OwnServer()
    running = Server(make_url(given) if given else own.start() if own else URL.create("postgresql"))
    try:
        running.create(running.template, "template1")
        schema.upgrade(running.url(running.template))
        yield running
    finally:
        running.drop(running.template)
        if own is not None:
            own.stop()


class Server:
    """A running server, and the databases that are made and dropped in it."""

    def __init__(self, admin: URL) -> None:
        self._admin = admin
        self._names = (f"desk_test_{os.getpid()}_{number}" for number in count())
        self.template = next(self._names)

    def url(self, name: str) -> URL:
        return self._admin.set(drivername="postgresql+psycopg", database=name)

    def database(self, *, template: str) -> DatabaseOfATest:
        return DatabaseOfATest(self, next(self._names), template)

    def create(self, name: str, template: str) -> None:
        self._order(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"), name, template)

    def drop(self, name: str) -> None:
        self._order(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)

    def _order(self, order: sql.SQL, *names: str) -> None:
        address = self._admin.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(order.format(*map(sql.Identifier, names)))


class DatabaseOfATest:
    """A copy of a template, dropped when the test is over."""

    def __init__(self, server: Server, name: str, template: str) -> None:
        self._server, self._name, self._template = server, name, template

    def __enter__(self) -> str:
        self._server.create(self._name, self._template)
        return self._server.url(self._name).render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        self._server.drop(self._name)


class OwnServer:
    """A server started for the run. It refuses to be root, so as root it is started as somebody else."""

    def __init__(self) -> None:
        found = binaries()
        assert found is not None
        self._binaries = found
        self._folder = Path(tempfile.mkdtemp(prefix="desk-pg-", dir=_quick_folder()))
        self._data = self._folder / "data"
        self._user = _somebody() if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> URL:
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync").wait()
        unsafe = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=")
        settings = [part for setting in unsafe for part in ("-c", setting)]
        self._process = self._run("postgres", "-D", str(self._data), "-k", str(self._folder), *settings)
        self._wait_until_ready()
        query = {"host": str(self._folder)}
        return URL.create("postgresql+psycopg", username="postgres", database="postgres", query=query)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        user = self._user
        return subprocess.Popen(  # noqa: S603 - the programs are Debian's
            [str(self._binaries / program), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env={"PATH": f"{self._binaries}:/usr/bin:/bin", "HOME": str(self._folder)},
            user=user and user.pw_uid,
            group=user and user.pw_gid,
            extra_groups=None if user is None else [],
        )

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        state = self._data / "postmaster.pid"
        while not (state.exists() and "ready" in state.read_text(encoding="utf-8")):
            assert self._process is not None
            assert self._process.poll() is None, "PostgreSQL stopped while starting"
            assert time.monotonic() < until, "PostgreSQL did not start in time"
            time.sleep(0.02)


def _quick_folder() -> str:
    """Memory where there is enough of it, for a new database per test; a short path, for it holds a socket."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is private
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES
    return str(memory) if roomy else "/tmp"  # noqa: S108 - see above


def _somebody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
