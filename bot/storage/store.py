"""The one way to the database: ``async with store.transaction() as tx``."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Literal

from sqlalchemy import URL, inspect, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage import sqlite
from bot.storage.commits import SharedCommits
from bot.storage.errors import (
    AddressNotUnderstood,
    DatabaseFailed,
    FileNotADatabase,
    FolderNotWritable,
    ServerUnreachable,
    StorageUnavailable,
    reason,
)
from bot.storage.rows import SCHEMA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

CONNECT_SECONDS = 5
"""How long a PostgreSQL server may take to let us in."""
CONNECTIONS = 10
"""How many transactions run at once on PostgreSQL; the others queue."""

Synchronous = Literal["FULL", "NORMAL"]
Transaction = AsyncSession
"""What the queries take first."""


class Store:
    """A database of the desk: a file of SQLite that this process owns, or PostgreSQL shared by several.

    ``synchronous`` is SQLite's. ``FULL`` keeps a committed transaction through a power cut; ``NORMAL`` is faster and
    may lose the last ones to it, never to a crash of the program.
    """

    def __init__(self, url: str, *, synchronous: Synchronous = "FULL") -> None:
        """Nothing is opened yet.

        :raises AddressNotUnderstood: for a URL that is neither of SQLite nor of PostgreSQL
        """
        self.url = understood(url)
        self._synchronous: Synchronous = synchronous
        self._lock: sqlite.FileLock | None = None
        self._commits: SharedCommits | None = None
        self._writing: AsyncEngine | None = None
        self._reading: AsyncEngine | None = None

    @property
    def owned(self) -> bool:
        """Whether this process alone uses the database, so that whatever is leased in it at the start is stale."""
        return self.url.get_backend_name() == "sqlite"

    async def open(self, *, beside: bool = False) -> None:
        """Take the database, and bring it to the newest schema.

        ``beside`` leaves a file of SQLite to the process that owns it, for somebody who only changes a row or two:
        SQLite lets two processes write by turns. A file that is not at the newest schema is taken all the same.

        :raises StorageUnavailable: with one sentence that says why not
        """
        try:
            if self.owned:
                self._open_file(beside=beside)
            else:
                self._open_server()
            await self._migrate()
        except BaseException as error:
            await self.close()
            if isinstance(error, DBAPIError):
                raise self._why_not(error) from error
            raise

    async def close(self) -> None:
        """Wait for transactions under way, and let go. A closed store can be opened again."""
        if self._commits is not None:
            await self._commits.close()
        for engine in (self._writing, self._reading):
            if engine is not None:
                await engine.dispose()
        if self._lock is not None:
            self._lock.release()
        self._commits = self._writing = self._reading = self._lock = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Change things: all of it is on disk when the ``async with`` is left, or nothing of it after an exception.

        On SQLite one runs at a time, so wait for nothing inside but the database. One inside another is a mistake.

        :raises DatabaseFailed: when the database is in trouble, rather than the caller in error
        """
        with _trouble_named():
            if self._commits is not None:
                async with self._commits.transaction() as tx:
                    yield tx
            else:
                async with AsyncSession(self._opened(self._writing), expire_on_commit=False) as tx, tx.begin():
                    yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Look at things as they are at one moment, without getting in the way of those who change them.

        :raises DatabaseFailed: when the database is in trouble, or for an attempt to write
        """
        with _trouble_named():
            async with AsyncSession(self._opened(self._reading), expire_on_commit=False) as tx:
                yield tx

    def _open_file(self, *, beside: bool) -> None:
        file = sqlite.file_of(self.url)
        sqlite.make_folder(file)
        if not beside:
            self._lock = sqlite.FileLock(file)
        self._writing = sqlite.writing_engine(file, self._synchronous)
        self._reading = sqlite.reading_engine(file)
        self._commits = SharedCommits(self._writing)

    def _open_server(self) -> None:
        self._writing = create_async_engine(
            self.url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_pre_ping=True,  # or the first queries after a restart of the server fail
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_SECONDS},
        )
        self._reading = self._writing.execution_options(postgresql_readonly=True)

    async def _migrate(self) -> None:
        async with self._opened(self._writing).connect() as connection:
            current = await connection.run_sync(_revision)
        if current != SCHEMA:
            if self.owned and self._lock is None:
                self._lock = sqlite.FileLock(sqlite.file_of(self.url))
            # Alembic costs a third of a second to import, and at most starts there is nothing to migrate.
            from bot.storage import schema  # noqa: PLC0415 - see above

            await asyncio.to_thread(schema.upgrade, self.url)

    def _opened(self, engine: AsyncEngine | None) -> AsyncEngine:
        if engine is None:
            message = "the store is not open"
            raise RuntimeError(message)
        return engine

    def _why_not(self, error: DBAPIError) -> StorageUnavailable:
        """The sentence for what the driver said while opening."""
        said = reason(error)
        if not self.owned:
            return ServerUnreachable(f"{self.url.render_as_string(hide_password=True)} ({said})")
        if "not a database" in said or "malformed" in said:
            return FileNotADatabase(f"{self.url.database} ({said})")
        return FolderNotWritable(f"{self.url.database} ({said})")


def understood(url: str) -> URL:
    """The address, with the driver that is used for it.

    :raises AddressNotUnderstood: for anything but SQLite in a file, and PostgreSQL
    """
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError) as error:
        raise AddressNotUnderstood("it is not an address") from error
    if parsed.drivername in {"sqlite", "sqlite+aiosqlite"}:
        return parsed.set(drivername="sqlite+aiosqlite", database=str(sqlite.file_of(parsed)))
    if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise AddressNotUnderstood(parsed.render_as_string(hide_password=True))


def _revision(connection: Connection) -> str | None:
    """The revision a database says it is at; None for one that is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


@contextmanager
def _trouble_named() -> Iterator[None]:
    """Let callers tell a database in trouble from a mistake of ours, without knowing the library's errors."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError):
        raise
    except (DBAPIError, NoConnectionLeft) as error:
        raise DatabaseFailed(reason(error)) from error
