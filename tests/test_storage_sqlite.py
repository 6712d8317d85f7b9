from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.errors import AddressNotUnderstood, FileInUse, FolderNotWritable
from bot.storage.sqlite import FileLock, file_of, make_folder, reading_engine, writing_engine


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_a_database_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(AddressNotUnderstood):
        file_of(make_url(url))


def test_a_file_may_be_relative_or_absolute() -> None:
    assert file_of(make_url("sqlite:///data/desk.db")) == Path("data/desk.db")
    assert file_of(make_url("sqlite:////var/desk.db")) == Path("/var/desk.db")


async def thread_of_statements(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, aiosqlite.Connection)
        await driver.create_function("thread", 0, threading.get_ident)
        return int((await connection.exec_driver_sql("SELECT thread()")).scalar_one())


async def test_statements_that_write_run_on_the_loop_and_those_that_read_do_not(tmp_path: Path) -> None:
    """Should the library change under us, statements would hop to a thread again: slow, and open to cancellation."""
    for engine, on_loop in (
        (writing_engine(tmp_path / "a.db", "FULL"), True),
        (reading_engine(tmp_path / "a.db"), False),
    ):
        assert (await thread_of_statements(engine) == threading.get_ident()) is on_loop
        await engine.dispose()


async def test_a_statement_that_writes_never_suspends(tmp_path: Path) -> None:
    """So it cannot be cancelled half way, which would take the connection and everybody's transaction along."""
    engine = writing_engine(tmp_path / "a.db", "FULL")
    async with engine.begin() as connection:
        for statement in ("CREATE TABLE t (n)", "SAVEPOINT a", "INSERT INTO t VALUES (1) RETURNING n", "RELEASE a"):
            with pytest.raises(StopIteration):
                connection.exec_driver_sql(statement).send(None)
    await engine.dispose()


async def test_waiting_for_the_file_does_not_hold_up_the_loop(tmp_path: Path) -> None:
    first, second = writing_engine(tmp_path / "a.db", "FULL"), writing_engine(tmp_path / "a.db", "FULL")
    async with first.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (n)")
        waiting = asyncio.create_task(write(second))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    await waiting
    await first.dispose()
    await second.dispose()


async def write(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO t VALUES (1)")


@pytest.mark.parametrize(("synchronous", "number"), [("FULL", 2), ("NORMAL", 1)])
async def test_the_pragmas_hold(tmp_path: Path, synchronous: str, number: int) -> None:
    engine = writing_engine(tmp_path / "a.db", synchronous)
    async with engine.connect() as connection:
        found = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": number}
    await engine.dispose()


def test_a_lock_is_held_once_and_can_be_taken_again(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a.db")
    with pytest.raises(FileInUse, match=r"a\.db"):
        FileLock(tmp_path / "a.db")
    FileLock(tmp_path / "b.db").release()
    lock.release()
    FileLock(tmp_path / "a.db").release()


def test_a_folder_is_made_or_named_in_the_error(tmp_path: Path) -> None:
    make_folder(tmp_path / "deep" / "down" / "a.db")
    assert (tmp_path / "deep" / "down").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable, match="file"):
        make_folder(tmp_path / "file" / "a.db")
    with pytest.raises(FolderNotWritable, match="missing"):
        FileLock(tmp_path / "missing" / "a.db")
