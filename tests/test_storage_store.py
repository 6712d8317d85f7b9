from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from bot.storage import outbox, updates
from bot.storage.errors import (
    AddressNotUnderstood,
    DatabaseFailed,
    FileInUse,
    FileNotADatabase,
    FolderNotWritable,
    SchemaTooNew,
    ServerUnreachable,
)
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import OutboxRow, SeenUpdate
from bot.storage.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from bot.storage import outbox, updates
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

async def handle(store, number):
    async with store.transaction() as tx:
        await updates.first_time(tx, number, "message", NOON)
        await asyncio.sleep(0)
        await outbox.enqueue(tx, [Outgoing(f"answer:{number}", number, "send", {}, ANSWER, NOON)], NOON)
    print(number, flush=True)

async def main():
    store = Store(sys.argv[1])
    await store.open()
    print("open", flush=True)
    for start in range(0, 10**6, 20):
        await asyncio.gather(*(handle(store, start + n) for n in range(20)))

asyncio.run(main())
"""
"""A program that keeps an update and its answer together, twenty at once, and says which are committed."""


@contextmanager
def child(url: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", CHILD, url], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this interpreter
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        try:
            yield process
        finally:
            process.kill()


async def note(store: Store, number: int) -> None:
    async with store.transaction() as tx:
        await updates.first_time(tx, number, "message", NOON)


async def noted(store: Store) -> list[int]:
    async with store.reading() as tx:
        return sorted((await tx.exec(select(SeenUpdate.update_id))).all())


async def test_all_of_a_transaction_or_nothing(store: Store) -> None:
    async def fails_at_the_end() -> None:
        async with store.transaction() as tx:
            await updates.first_time(tx, 1, "message", NOON)
            await outbox.enqueue(tx, [Outgoing("k", 1, "send", {}, 9, NOON)], NOON)

    with pytest.raises(IntegrityError):
        await fails_at_the_end()
    assert await noted(store) == []


async def test_what_is_committed_is_read_at_once(store: Store) -> None:
    for number in range(5):
        await note(store, number)
        assert number in await noted(store)


async def test_reading_does_not_wait_for_writing(store: Store) -> None:
    async with store.transaction() as tx:
        await updates.first_time(tx, 1, "message", NOON)
        assert await noted(store) == []


async def test_reading_cannot_write(store: Store) -> None:
    async def writes() -> None:
        async with store.reading() as tx:
            await updates.first_time(tx, 1, "message", NOON)

    with pytest.raises(DatabaseFailed, match=r"read-?only"):
        await writes()
    await note(store, 1)


@pytest.mark.parametrize("tasks", [40])
async def test_many_transactions_at_once(store: Store, tasks: int) -> None:
    await asyncio.gather(*(note(store, number) for number in range(tasks)))
    assert await noted(store) == list(range(tasks))


async def test_cancelling_never_leaves_half_a_transaction(store: Store) -> None:
    async def both(number: int) -> None:
        async with store.transaction() as tx:
            await updates.first_time(tx, number, "message", NOON)
            await asyncio.sleep(0)
            await outbox.enqueue(tx, [Outgoing(f"{number}", number, "send", {}, ANSWER, NOON)], NOON)

    tasks = [asyncio.create_task(both(number)) for number in range(60)]
    for victim in tasks[::3]:
        await asyncio.sleep(0.001)
        victim.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {type(None), asyncio.CancelledError}, outcomes
    async with store.reading() as tx:
        answered = sorted((await tx.exec(select(OutboxRow.chat_id))).all())
    assert answered == await noted(store)
    assert {number for number in range(60) if number % 3} <= set(answered)
    await note(store, 100)


async def test_kill_9_loses_nothing_that_was_committed_and_keeps_nothing_by_halves(store_url: str) -> None:
    for moment in (0.05, 0.2):
        with child(store_url) as process:
            await asyncio.sleep(moment)
            process.send_signal(signal.SIGKILL)
            assert process.stdout is not None
            said = [int(line) for line in process.stdout.read().split("\n")[:-1]]
        store = Store(store_url)
        await store.open()
        kept = await noted(store)
        assert set(said) <= set(kept)
        async with store.reading() as tx:
            assert sorted((await tx.exec(select(OutboxRow.chat_id))).all()) == kept
        await store.close()


async def test_a_closed_store_can_be_opened_again(store: Store) -> None:
    await note(store, 1)
    await store.close()
    await store.close()
    with pytest.raises(RuntimeError, match="not open"):
        await note(store, 2)
    await store.open()
    await note(store, 3)
    assert await noted(store) == [1, 3]


async def test_an_empty_database_is_brought_to_the_newest_schema(blank_url: str) -> None:
    store = Store(blank_url)
    await store.open()
    await note(store, 1)
    assert await noted(store) == [1]
    await store.close()


async def test_a_database_of_a_newer_version_is_refused(store: Store) -> None:
    async with store.transaction() as tx:
        await (await tx.connection()).exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await store.close()
    with pytest.raises(SchemaTooNew, match="9999"):
        await store.open()


async def test_a_file_belongs_to_one_process(sqlite_url: str) -> None:
    with child(sqlite_url), pytest.raises(FileInUse):
        await Store(sqlite_url).open()
    mine, again = Store(sqlite_url), Store(sqlite_url)
    await mine.open()
    with pytest.raises(FileInUse):
        await again.open()
    await mine.close()
    await again.open()
    await again.close()


async def test_the_folder_is_made(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/data/deep/desk.db")
    await store.open()
    await store.close()
    assert (tmp_path / "data" / "deep" / "desk.db").exists()


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderNotWritable, match=str(tmp_path / "file")):
        await Store(f"sqlite:///{tmp_path}/file/desk.db").open()
    with pytest.raises(FolderNotWritable, match="sys"):
        await Store("sqlite:////sys/desk.db").open()
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if os.geteuid() != 0:  # root writes anywhere
        with pytest.raises(FolderNotWritable, match="locked"):
            await Store(f"sqlite:///{folder}/desk.db").open()


async def test_a_file_that_is_a_folder_or_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(FolderNotWritable, match=r"folder\.db"):
        await Store(f"sqlite:///{tmp_path}/folder.db").open()
    (tmp_path / "letter.db").write_text("Dear student, " * 100, encoding="utf-8")
    with pytest.raises(FileNotADatabase, match=r"letter\.db"):
        await Store(f"sqlite:///{tmp_path}/letter.db").open()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "a://b:c:d"]
)
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(AddressNotUnderstood) as caught:
        Store(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://u:p@h/d", "postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_every_way_to_write_postgresql_is_understood(url: str) -> None:
    store = Store(url)
    assert store.url.drivername == "postgresql+psycopg"
    assert not store.owned


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(ServerUnreachable, match=r"127\.0\.0\.1:9/desk") as caught:
        await Store("postgresql://desk:secret@127.0.0.1:9/desk").open()
    assert "secret" not in str(caught.value)


async def test_a_server_that_throws_us_out_is_trouble_and_then_forgotten(postgresql_url: str) -> None:
    store = Store(postgresql_url)
    await store.open()

    async def thrown_out() -> None:
        async with store.transaction() as tx:
            connection = await tx.connection()
            await connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseFailed, match="terminating"):
        await thrown_out()
    await note(store, 1)
    assert await noted(store) == [1]
    await store.close()


async def test_a_file_locked_by_a_stranger_is_trouble_and_then_forgotten(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    await store.open()
    async with store.transaction() as tx:
        await (await tx.connection()).exec_driver_sql("PRAGMA busy_timeout=50")
    stranger = sqlite3.connect(str(store.url.database), isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseFailed, match="locked"):
        await note(store, 1)
    stranger.close()
    await note(store, 2)
    assert await noted(store) == [2]
    await store.close()


async def test_a_start_at_the_newest_schema_does_without_alembic(sqlite_url: str) -> None:
    program = (
        "import asyncio, sys; from bot.storage.store import Store; s = Store(sys.argv[1]);"
        "asyncio.run(s.open()); print('alembic' in sys.modules)"
    )
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, sqlite_url, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    said, _ = await done.communicate()
    assert said == b"False\n"
