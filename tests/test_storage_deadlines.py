"""Deadlines as they are kept: one of a kind for each student and programme, and when each is spoken of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.storage import deadlines, outbox
from bot.storage.outbox import Outgoing
from bot.storage.rows import DeadlineRow, OutboxState
from bot.storage.store import Store
from tests.desks import outbox_of

NOON = datetime(2027, 5, 2, 12, tzinfo=UTC)
GIULIA, MARCO = 42, 43


def row(user_id: int = GIULIA, **changed: object) -> DeadlineRow:
    given: dict[str, Any] = {"programme": "free-mover", "what": "apply-by", "due_on": date(2027, 6, 1)}
    return DeadlineRow(user_id=user_id, **given | {"remind_at": NOON} | changed)


async def put(store: Store, *rows: DeadlineRow) -> None:
    async with store.transaction() as tx:
        for each in rows:
            await deadlines.put(tx, each)


async def of(store: Store, user_id: int = GIULIA) -> list[DeadlineRow]:
    async with store.reading() as tx:
        return await deadlines.of(tx, user_id)


async def test_what_is_put_again_changes_and_keeps_its_number(store: Store) -> None:
    await put(store, row(), row(MARCO), row(what="report", due_on=date(2027, 9, 14)))
    apply_by, report = await of(store)
    assert (apply_by.what, report.what, apply_by.state, apply_by.sequence) == ("apply-by", "report", "open", 0)
    await put(store, row(due_on=date(2027, 10, 1), sequence=1, state="gone", remind_at=None))
    report, moved = await of(store)
    assert (moved.id, moved.due_on, moved.sequence) == (apply_by.id, date(2027, 10, 1), 1)
    assert (moved.state, moved.remind_at, report.what) == ("gone", None, "report")
    assert [each.due_on for each in await of(store, MARCO)] == [date(2027, 6, 1)]


async def test_only_ones_own_open_deadline_can_be_ticked_and_once(store: Store) -> None:
    await put(store, row())
    (kept,) = await of(store)
    async with store.transaction() as tx:
        assert not await deadlines.tick_off(tx, MARCO, kept.id or 0)
        assert await deadlines.tick_off(tx, GIULIA, kept.id or 0)
        assert not await deadlines.tick_off(tx, GIULIA, kept.id or 0)
    (done,) = await of(store)
    assert (done.state, done.remind_at) == ("done", None)


async def test_what_is_due_comes_first_and_the_next_moment_is_known(store: Store) -> None:
    async with store.reading() as tx:
        assert await deadlines.next_due(tx) is None
    later = NOON + timedelta(hours=1)
    await put(store, row(remind_at=later), row(MARCO), row(MARCO, what="report", remind_at=None))
    async with store.transaction() as tx:
        assert [each.user_id for each in await deadlines.due(tx, NOON)] == [MARCO]
        assert [each.user_id for each in await deadlines.due(tx, later)] == [MARCO, GIULIA]
        assert await deadlines.next_due(tx) == NOON
        (first, *_) = await deadlines.due(tx, NOON)
        assert await deadlines.remind_next(tx, first, None)
        assert await deadlines.next_due(tx) == later


async def test_silence_is_ones_own(store: Store) -> None:
    await put(store, row(), row(what="report"), row(MARCO))
    async with store.transaction() as tx:
        await deadlines.silence(tx, GIULIA)
    assert [each.remind_at for each in await of(store)] == [None, None]
    assert [each.remind_at for each in await of(store, MARCO)] == [NOON]


async def test_reminders_that_wait_are_taken_back_of_one_deadline_or_of_all(store: Store) -> None:
    waiting = [
        Outgoing(f"{deadlines.REMINDER}:{number}:2027-06-01:30:chat:{who}", who, "send", {"text": "x"}, 1, NOON)
        for number, who in ((1, GIULIA), (12, GIULIA), (3, MARCO))
    ]
    answer = Outgoing("update:1:0", GIULIA, "send", {"text": "x"}, 0, NOON)
    async with store.transaction() as tx:
        await outbox.enqueue(tx, [*waiting, answer], NOON)
        assert await deadlines.take_back(tx, GIULIA, NOON, 1) == 1
        assert await deadlines.take_back(tx, GIULIA, NOON) == 1
        assert await deadlines.take_back(tx, GIULIA, NOON) == 0
    left = [each.key for each in await outbox_of(store) if each.state is OutboxState.PENDING]
    assert left == [waiting[2].key, "update:1:0"]
