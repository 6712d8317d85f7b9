"""Sharing a COMMIT must not show: each of these holds as well for a store where every transaction has its own."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.storage import outbox, updates
from bot.storage.commits import SharedCommits
from bot.storage.errors import DatabaseFailed
from bot.storage.outbox import Outgoing
from bot.storage.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """These tests are about SQLite alone."""
    return sqlite_url


@pytest.fixture
def commits(store: Store) -> SharedCommits:
    assert store._commits is not None
    return store._commits


def on_disk(store: Store) -> list[int]:
    """What another program would see at this moment."""
    connection = sqlite3.connect(str(store.url.database))
    found = [update_id for (update_id,) in connection.execute("SELECT update_id FROM seen_update ORDER BY 1")]
    connection.close()
    return found


async def note(store: Store, number: int, then: Callable[[AsyncSession], Awaitable[object]] | None = None) -> None:
    async with store.transaction() as tx:
        await updates.first_time(tx, number, "message", NOON)
        if then is not None:
            await then(tx)


async def fails(_tx: AsyncSession) -> None:
    raise ZeroDivisionError


async def rolls_back_everything(tx: AsyncSession) -> None:
    """What SQLite does by itself when the disk is full."""
    await (await tx.connection()).exec_driver_sql("ROLLBACK")


async def breaks_the_connection(tx: AsyncSession) -> None:
    await (await tx.connection()).invalidate()


async def together(*work: Awaitable[None]) -> list[object]:
    return await asyncio.gather(*work, return_exceptions=True)


async def test_those_who_wait_share_a_commit(store: Store, commits: SharedCommits) -> None:
    await together(*(note(store, number) for number in range(50)))
    assert on_disk(store) == list(range(50))
    assert commits.committed <= 2


async def test_one_alone_does_not_wait_for_others(store: Store, commits: SharedCommits) -> None:
    await note(store, 1)
    await note(store, 2)
    assert commits.committed == 2


async def test_nobody_returns_before_what_they_did_is_on_disk(store: Store) -> None:
    async def noted_and_seen(number: int) -> None:
        await note(store, number)
        assert number in on_disk(store)

    assert await together(*(noted_and_seen(number) for number in range(20))) == [None] * 20


async def test_one_that_fails_fails_alone(store: Store, commits: SharedCommits) -> None:
    outcomes = await together(note(store, 1), note(store, 2, fails), note(store, 3), note(store, 4, fails))
    assert [type(outcome) for outcome in outcomes] == [type(None), ZeroDivisionError, type(None), ZeroDivisionError]
    assert on_disk(store) == [1, 3]
    assert commits.committed == 1


async def test_what_is_half_done_and_fails_is_undone(store: Store) -> None:
    async def two_and_fail(tx: AsyncSession) -> None:
        await updates.first_time(tx, 20, "message", NOON)
        raise ZeroDivisionError

    await together(note(store, 1), note(store, 2, two_and_fail), note(store, 3))
    assert on_disk(store) == [1, 3]


async def test_one_cancelled_in_its_body_is_undone_alone(store: Store) -> None:
    inside = asyncio.Event()

    async def waits(_tx: AsyncSession) -> None:
        inside.set()
        await asyncio.Event().wait()

    stuck = asyncio.create_task(note(store, 1, waits))
    await inside.wait()
    others = [asyncio.create_task(note(store, number)) for number in (2, 3)]
    await asyncio.sleep(0)
    stuck.cancel()
    outcomes = await together(stuck, *others)
    assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, type(None), type(None)]
    assert on_disk(store) == [2, 3]


async def test_one_cancelled_in_the_queue_has_done_nothing(store: Store) -> None:
    tasks = [asyncio.create_task(note(store, number)) for number in range(4)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    await together(*tasks)
    assert on_disk(store) == [0, 1, 2]


async def test_one_cancelled_while_the_group_begins_takes_nobody_along(store: Store) -> None:
    with closing(sqlite3.connect(str(store.url.database), isolation_level=None)) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        tasks = [asyncio.create_task(note(store, number)) for number in (1, 2)]
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        stranger.execute("ROLLBACK")
    outcomes = await together(*tasks)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1] is None
    assert on_disk(store) == [2]


async def test_one_cancelled_during_the_commit_takes_nobody_along(store: Store, commits: SharedCommits) -> None:
    first, second = (asyncio.create_task(note(store, number)) for number in (1, 2))
    while not (commits._group and commits._turn.locked() and commits._holder is None):
        await asyncio.sleep(0)
        assert not second.done(), "the commit went by unseen"
    first.cancel()
    outcomes = await together(first, second)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1] is None
    assert 2 in on_disk(store)


@pytest.mark.parametrize("trouble", [rolls_back_everything, breaks_the_connection])
async def test_when_the_whole_is_lost_everybody_hears_of_it(
    store: Store, trouble: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    outcomes = await together(note(store, 1), note(store, 2, trouble), note(store, 3))
    assert isinstance(outcomes[0], DatabaseFailed)
    assert isinstance(outcomes[1], Exception)
    assert outcomes[2] is None, "it came after, and has a transaction of its own"
    assert on_disk(store) == [3]


async def test_a_full_disk_is_trouble_and_nobody_is_told_wrong(store: Store) -> None:
    async def fills_it(tx: AsyncSession) -> None:
        connection = await tx.connection()
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 1}")
        await outbox.enqueue(tx, [Outgoing("k", 1, "send", {"text": "x" * 100_000}, outbox.ANSWER, NOON)], NOON)

    outcomes = await together(note(store, 0), note(store, 1, fills_it), note(store, 2))
    assert isinstance(outcomes[1], DatabaseFailed)
    assert "full" in str(outcomes[1])
    assert on_disk(store) == [number for number, outcome in enumerate(outcomes) if outcome is None]


async def test_when_the_commit_fails_everybody_hears_of_it(store: Store) -> None:
    async def breaks_at_commit(tx: AsyncSession) -> None:
        connection = await tx.connection()
        await connection.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        rule = "REFERENCES parent DEFERRABLE INITIALLY DEFERRED"
        await connection.exec_driver_sql(f"CREATE TABLE child (parent INTEGER {rule})")
        await connection.exec_driver_sql("INSERT INTO child VALUES (7)")

    outcomes = await together(note(store, 1), note(store, 2, breaks_at_commit), note(store, 3))
    assert [type(outcome) for outcome in outcomes] == [DatabaseFailed] * 3
    assert "FOREIGN KEY" in str(outcomes[0])
    assert on_disk(store) == []
    await note(store, 4)
    assert on_disk(store) == [4]


async def test_a_transaction_inside_a_transaction_is_a_mistake(store: Store) -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        await note(store, 1, lambda _tx: note(store, 2))
    assert on_disk(store) == []
    await note(store, 3)


async def test_closing_keeps_what_is_done_and_turns_away_what_comes_later(store: Store) -> None:
    before = [asyncio.create_task(note(store, number)) for number in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    after = asyncio.create_task(note(store, 5))
    outcomes = await together(*before, closing, after)
    assert outcomes[:6] == [None] * 6
    assert isinstance(outcomes[6], DatabaseFailed)
    assert on_disk(store) == [0, 1, 2, 3, 4]
    await store.open()
    await note(store, 6)


async def test_whatever_happens_to_the_others(store: Store) -> None:
    """Many at once that succeed, fail, dawdle and are cancelled; seeded, so that a failure comes again."""
    fate = random.Random(7)  # noqa: S311 - no secret

    async def dawdles(_tx: AsyncSession) -> None:
        await asyncio.sleep(fate.random() / 500)

    fates = [fate.choice((None, None, fails, dawdles)) for _ in range(200)]
    tasks = [asyncio.create_task(note(store, number, then)) for number, then in enumerate(fates)]
    for _ in range(60):
        await asyncio.sleep(fate.random() / 500)
        fate.choice(tasks).cancel()
    outcomes = await together(*tasks)
    kept = set(on_disk(store))
    unsure = {number for number, outcome in enumerate(outcomes) if isinstance(outcome, asyncio.CancelledError)}
    done = {number for number, outcome in enumerate(outcomes) if outcome is None}
    assert done <= kept <= done | unsure
    assert {type(outcome) for outcome in outcomes} == {type(None), ZeroDivisionError, asyncio.CancelledError}
