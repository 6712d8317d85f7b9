"""How transactions of SQLite share one COMMIT.

One connection writes, so transactions take turns; what costs most in a small one is not its statements but starting
and committing it, disk and thread included. So those who queue while one is at work join it: each runs in a savepoint
of its own inside the same transaction of SQLite, and one COMMIT keeps them all::

    BEGIN   savepoint a … release   savepoint b … rollback to   savepoint c … release   COMMIT
            a waits ─────────────────────────────────────────────────────────────────→ returns
                                    b fails, alone              c waits ─────────────→ returns

The commit queues for its turn like everybody else, behind those who were already waiting when the group began: that
is the whole rule of who is in a group. Nobody waits for others to come, so one transaction by itself is not delayed.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage.errors import DatabaseFailed, reason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")


class SharedCommits:
    """Transactions over the one connection of a writing engine, see :func:`bot.storage.sqlite.writing_engine`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        """First come, first served; holding it means having the connection to oneself."""
        self._holder: asyncio.Task[object] | None = None
        self._connection: AsyncConnection | None = None
        self._group: asyncio.Future[str] | None = None
        """What will become of the transaction that is open now: nothing to say, or what went wrong."""
        self._closed = False
        self._committing: asyncio.Task[None] | None = None
        self.committed = 0
        """How many COMMITs there were, for whoever wants to know what sharing saves."""

    async def close(self) -> None:
        """Keep what is done, close the connection, and turn away those who come later."""
        async with self._turn:
            self._closed = True
            await _undisturbed(self._finish())
            await _undisturbed(self._drop_connection())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Have the connection to oneself; what was done is on disk when the ``async with`` is left.

        An exception in the body undoes this part alone. A cancellation in the body does the same; one that comes while
        the shared COMMIT is under way finds its part kept or lost with everybody else's.

        :raises DatabaseFailed: when the COMMIT failed, or SQLite gave up the transaction on account of another part
        :raises RuntimeError: for a transaction inside a transaction, which would wait for itself
        """
        if self._holder is not None and self._holder is asyncio.current_task():
            message = "a transaction was opened inside a transaction"
            raise RuntimeError(message)
        async with self._turn:
            self._holder = asyncio.current_task()
            try:
                if self._group is None:
                    await _undisturbed(self._begin())
                group = self._group
                async with self._part() as session:
                    yield session
            finally:
                self._holder = None
        if group is not None and (failure := await asyncio.shield(group)):
            raise DatabaseFailed(failure)

    @asynccontextmanager
    async def _part(self) -> AsyncIterator[AsyncSession]:
        """A session in a savepoint of its own, taken at its first statement.

        Nothing here suspends but the body: statements run on the loop, so a part is never left half undone. Closing by
        hand because ``async with`` of a session starts a task for it.
        """
        session = AsyncSession(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        try:
            async with session.begin():
                yield session
        finally:
            await session.close()
            if not await self._still_open():
                await _undisturbed(self._give_up("it was rolled back as a whole, with another part of it"))

    async def _begin(self) -> None:
        """Start a group, and queue its commit."""
        if self._closed:
            raise DatabaseFailed("the store is closed")
        try:
            if self._connection is None:
                self._connection = await self._engine.connect()
            _ = await self._connection.begin()
        except Exception:
            await self._drop_connection()
            raise
        self._group = asyncio.get_running_loop().create_future()
        self._committing = asyncio.create_task(self._commit(self._group))

    async def _commit(self, group: asyncio.Future[str]) -> None:
        """Commit a group when its turn has come, unless it is gone by then."""
        async with self._turn:
            if group is self._group:
                await self._finish()

    async def _finish(self) -> None:
        """Commit what is open, and tell every part of it."""
        if self._group is None or self._connection is None:
            return
        try:
            await self._connection.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            await self._give_up(reason(error))
        else:
            self.committed += 1
            group, self._group = self._group, None
            group.set_result("")

    async def _still_open(self) -> bool:
        """Whether the transaction still stands: a full disk makes SQLite roll back all of it by itself."""
        if self._connection is None or self._connection.invalidated:
            return False
        raw = await self._connection.get_raw_connection()
        return bool(raw.driver_connection and raw.driver_connection.in_transaction)

    async def _give_up(self, failure: str) -> None:
        """Tell every part of the group that nothing was kept, and go on with a new connection."""
        group, self._group = self._group, None
        if group is not None:
            group.set_result(failure)
        await self._drop_connection()

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()


async def _undisturbed(work: Coroutine[object, object, T]) -> T:
    """Finish ``work`` even if the caller is cancelled meanwhile, and only then let the cancellation through."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                continue
        raise
