"""How SQLite is spoken to: one connection that writes, a few that read, one process to a file.

Writing and reading are kept apart because two connections that write wait for each other unfairly, and because
checkpoints stay on one connection that way.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

import aiosqlite
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.storage.errors import AddressNotUnderstood, FileInUse, FolderNotWritable

BUSY_TIMEOUT_MS = 15_000
READERS = 3
FETCHED_AT_ONCE = 64


class LoopConnection(aiosqlite.Connection):
    """A connection whose statements run on the event loop; only what may wait for the disk goes to the thread.

    A statement takes some 20 µs, a hop to a thread and back several times that, and the library hops four times for
    each: without them a small transaction takes half the time, and a third under load. It also means that a statement
    never suspends, so none is cancelled half way, which :mod:`bot.storage.commits` relies on. The price: a long
    statement holds up the loop, so long jobs go in portions.
    """

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as inherited
        whole = getattr(fn, "__self__", None) is self._connection and fn.__name__ != "cursor"  # commit, rollback, close
        if whole or args[:1] == ("BEGIN IMMEDIATE",):
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return fn(*args, **kwargs)


def file_of(url: URL) -> Path:
    """The file a URL names.

    :raises AddressNotUnderstood: when it names none: a database in memory would be gone with its connection
    """
    if not url.database or url.database == ":memory:" or url.query:
        raise AddressNotUnderstood(url.render_as_string(hide_password=True))
    return Path(url.database)


def writing_engine(file: Path, synchronous: str) -> AsyncEngine:
    """An engine with one connection, whose every transaction takes the write lock at its start.

    A transaction that read first and locked later would fail at once when somebody wrote in between.
    """
    engine = _engine(file, LoopConnection, pool_size=1, max_overflow=0)
    pragmas = {
        "journal_mode": "WAL",
        "foreign_keys": "ON",
        "busy_timeout": str(BUSY_TIMEOUT_MS),
        "synchronous": synchronous,
    }
    _speak(engine, pragmas, begin="BEGIN IMMEDIATE")
    return engine


def reading_engine(file: Path) -> AsyncEngine:
    """An engine whose connections refuse to write. They run in threads: what only reads may take its time."""
    engine = _engine(file, aiosqlite.Connection, pool_size=READERS, max_overflow=0)
    _speak(engine, {"query_only": "ON", "busy_timeout": str(BUSY_TIMEOUT_MS)}, begin="BEGIN")
    return engine


def _engine(file: Path, kind: type[aiosqlite.Connection], *, pool_size: int, max_overflow: int) -> AsyncEngine:
    return create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        async_creator=partial(_connect, kind, file),
        pool_size=pool_size,
        max_overflow=max_overflow,
        hide_parameters=True,
    )


def _connect(kind: type[aiosqlite.Connection], file: Path) -> Awaitable[aiosqlite.Connection]:
    """Open a connection that the loop and the connection's own thread use in turn, never at once."""
    connection = kind(partial(sqlite3.connect, file, check_same_thread=False), FETCHED_AT_ONCE)
    connection._thread.daemon = True  # noqa: SLF001 - or a connection that was never closed keeps the process alive
    return connection


def _speak(engine: AsyncEngine, pragmas: dict[str, str], *, begin: str) -> None:
    """Set up each connection, and take transactions out of the hands of the driver, which would start them late."""

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapter has no public type
        connection.isolation_level = None
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name}={value}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:  # noqa: ANN401 - see above
        connection.exec_driver_sql(begin)


class FileLock:
    """Held while this process owns a database file. The system lets go of it when the process dies, however it dies."""

    def __init__(self, file: Path) -> None:
        """Take the lock of ``file``, or fail at once.

        :raises FolderNotWritable: when the lock cannot be written beside the file
        :raises FileInUse: when another process, or another ``Store`` of this one, holds it
        """
        self._path = file.with_name(file.name + ".lock")
        try:
            self._handle: IO[str] = self._path.open("a")
        except OSError as error:
            raise FolderNotWritable(f"{file.parent} ({error.strerror})") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._handle.close()
            raise FileInUse(str(file)) from error

    def release(self) -> None:
        """Let go. The empty file stays: removing it would let two processes hold two locks of one name."""
        self._handle.close()


def make_folder(file: Path) -> None:
    """Create the folder of ``file`` when there is none.

    :raises FolderNotWritable: when the system refuses
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderNotWritable(f"{file.parent} ({error.strerror})") from error
