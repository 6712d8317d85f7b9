"""Reminders of a plan's days: one transaction for each look, once for each day, to those alone who want them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.desk.copies import Copies
from bot.desk.reminders import Reminders
from bot.rules.alerts import Kind
from bot.rules.letters import Voice
from bot.rules.messages import plain
from bot.storage import deadlines, students
from bot.storage.outbox import Claimed
from bot.storage.rows import DeadlineRow, OutboxRow, Student
from bot.storage.store import Store
from tests.book import ROME, knowledge
from tests.desks import outbox_of

GIULIA, MARCO = 42, 43
DUE_ON = date(2027, 6, 1)
MONTH_BEFORE = datetime(2027, 5, 2, 7, tzinfo=UTC)


class Moment(SystemClock):
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at


class Room:
    """The reminders, and what they leave in the tables."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.woken = store, Moment(MONTH_BEFORE), 0
        self.reminders = Reminders(store, Voice(knowledge(), ROME), self.clock, self._wake)

    def _wake(self) -> None:
        self.woken += 1

    async def keep(self, user_id: int = GIULIA, remind_at: datetime | None = MONTH_BEFORE, **row: object) -> int:
        """Keep a deadline of somebody; its number."""
        given: dict[str, Any] = {"programme": "free-mover", "what": "apply-by", "due_on": DUE_ON} | row
        async with self.store.transaction() as tx:
            await deadlines.put(tx, DeadlineRow(user_id=user_id, remind_at=remind_at, **given))
            return int((await deadlines.of(tx, user_id))[-1].id or 0)

    async def know(self, user_id: int = GIULIA, **wishes: object) -> None:
        """Somebody who keeps their deadlines."""
        given: dict[str, Any] = {
            "keeps_deadlines": True,
            "first_seen_at": MONTH_BEFORE,
            "last_seen_at": MONTH_BEFORE,
        } | wishes
        async with self.store.transaction() as tx:
            await students.save(tx, Student(user_id=user_id, **given))

    async def tick(self, at: datetime = MONTH_BEFORE) -> list[OutboxRow]:
        """Look at ``at``; what that put on its way."""
        before = {row.id for row in await outbox_of(self.store)}
        self.clock.at = at
        self.next = await self.reminders.tick()
        return [row for row in await outbox_of(self.store) if row.id not in before]

    async def written(self, row: OutboxRow, at: datetime | None = None) -> Mapping[str, Any] | None:
        """What a reminder says as it leaves, at its moment or at once where that is past; None: it does not leave."""
        claimed = Claimed(
            id=int(row.id or 0), key=row.key, chat_id=row.chat_id, method=row.method, payload=row.payload,
            priority=row.priority, planned_at=row.planned_at, due_at=row.due_at, expires_at=row.expires_at,
            attempts=1, maybe_sent=0,
        )  # fmt: skip
        async with self.store.transaction() as tx:
            said = await Copies(Voice(knowledge(), ROME)).compose(tx, [claimed], at or max(row.due_at, self.clock.at))
        return said.get(claimed.id)

    async def said(self, row: OutboxRow, at: datetime | None = None) -> str:
        payload = await self.written(row, at)
        return plain(payload["text"]) if payload else ""

    async def remind_at(self, user_id: int = GIULIA) -> datetime | None:
        async with self.store.reading() as tx:
            (row,) = await deadlines.of(tx, user_id)
        return row.remind_at


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


async def test_a_reminder_goes_once_and_the_next_is_planned(room: Room) -> None:
    await room.know()
    number = await room.keep()
    assert await room.tick(MONTH_BEFORE - timedelta(seconds=1)) == []
    assert (room.next, room.woken) == (MONTH_BEFORE, 0)
    (row,) = await room.tick()
    assert row.key == f"deadline:{number}:2027-06-01:30:chat:42"
    assert (row.priority, row.due_at, row.method) == (1, MONTH_BEFORE, "send")
    assert row.expires_at == datetime(2027, 5, 18, 7, tzinfo=UTC)
    assert (await room.said(row)).startswith("📌 In 30 days, on 1 June 2027, is the last day to apply for Free Mover")
    payload = await room.written(row)
    assert payload is not None
    assert [button["data"] for line in payload["buttons"] for button in line] == [
        f"1|v|{number}", "1|o|free-mover.how-to-apply", "1|e",
    ]  # fmt: skip
    assert room.next == datetime(2027, 5, 18, 7, tzinfo=UTC)
    assert await room.tick() == []
    assert room.woken == 1


async def test_all_five_come_each_on_its_day_and_then_none(room: Room) -> None:
    await room.know(language="it")
    await room.keep()
    days = []
    while (due := await room.remind_at()) is not None:
        (row,) = await room.tick(due)
        assert "scusa" not in (await room.said(row)).lower()
        days.append((DUE_ON - due.date()).days)
    assert days == [30, 14, 7, 1, 0]
    assert "Oggi" in await room.said(row)
    assert row.expires_at == datetime(2027, 6, 1, 22, tzinfo=UTC)
    assert room.next is None


async def test_after_a_downtime_the_latest_goes_once_and_says_that_it_is_late(room: Room) -> None:
    await room.know()
    await room.keep()
    (row,) = await room.tick(datetime(2027, 5, 27, 10, tzinfo=UTC))
    assert row.key.endswith(":7:chat:42")
    assert (await room.said(row)).startswith("Late, sorry! This was meant for 25 May 2027")
    assert "In 5 days, on 1 June 2027" in await room.said(row)
    assert await room.remind_at() == datetime(2027, 5, 31, 7, tzinfo=UTC)


async def test_a_day_of_another_release_stops_nobody_elses_reminders(room: Room) -> None:
    await room.know()
    await room.know(MARCO)
    await room.keep(what="moonwalk")
    await room.keep(MARCO)
    (row,) = await room.tick()
    assert row.chat_id == MARCO
    assert await room.remind_at() is None


async def test_a_day_that_is_over_is_not_spoken_of(room: Room) -> None:
    await room.know()
    await room.keep()
    assert await room.tick(datetime(2027, 6, 1, 22, tzinfo=UTC)) == []
    assert await room.remind_at() is None


async def test_that_a_programme_has_opened_to_them_is_news_for_a_month(room: Room) -> None:
    opens = datetime(2027, 10, 1, 7, tzinfo=UTC)
    await room.know()
    await room.keep(what="qualifies", due_on=date(2027, 10, 1), remind_at=opens)
    (row,) = await room.tick(opens + timedelta(days=20))
    assert "From today, 1 October 2027" in await room.said(row)
    assert (await room.said(row)).startswith("Late, sorry!")
    await room.know(MARCO)
    await room.keep(MARCO, what="qualifies", due_on=date(2027, 10, 1), remind_at=opens)
    assert await room.tick(opens + timedelta(days=31)) == []


async def test_a_reminder_waits_for_the_hours_of_the_student_and_says_what_is_true_then(room: Room) -> None:
    await room.know(awake_from=7, awake_until=9)
    await room.keep(remind_at=datetime(2027, 5, 31, 7, tzinfo=UTC))
    (row,) = await room.tick(datetime(2027, 5, 31, 7, tzinfo=UTC))
    assert row.due_at == datetime(2027, 6, 1, 5, tzinfo=UTC)
    assert "Today, 1 June 2027" in await room.said(row)
    assert "Late" not in await room.said(row)


@pytest.mark.parametrize("wishes", [{"paused": True}, {"reachable": False}, {"muted": [Kind.DEADLINES.value]}])
async def test_whoever_does_not_want_or_cannot_get_it_gets_none_and_the_next_is_planned(
    room: Room, wishes: dict[str, Any]
) -> None:
    await room.know(**wishes)
    await room.keep()
    assert await room.tick() == []
    assert await room.remind_at() == datetime(2027, 5, 18, 7, tzinfo=UTC)


async def test_nobody_gets_the_reminder_of_another(room: Room) -> None:
    for who in (GIULIA, MARCO):
        await room.know(who)
        await room.keep(who)
    rows = await room.tick()
    assert sorted(row.chat_id for row in rows) == [GIULIA, MARCO]
    assert all(row.key.endswith(f":chat:{row.chat_id}") for row in rows)


async def test_a_deadline_of_somebody_unknown_is_passed_over(room: Room) -> None:
    await room.keep()
    assert await room.tick() == []


async def test_what_changed_while_a_reminder_waited_is_true_when_it_leaves(room: Room) -> None:
    await room.know()
    number = await room.keep()
    (row,) = await room.tick()
    assert "In 28 days" in await room.said(row, MONTH_BEFORE + timedelta(days=2, hours=1))
    await room.keep(due_on=date(2027, 7, 1), remind_at=None)
    assert await room.written(row) is None, "the day moved"
    await room.keep(due_on=DUE_ON, remind_at=None)
    assert await room.written(row) is not None
    for wishes in ({"muted": [Kind.DEADLINES.value]}, {"paused": True}):
        await room.know(**wishes)
        assert await room.written(row) is None
    await room.know()
    async with room.store.transaction() as tx:
        await deadlines.tick_off(tx, GIULIA, number)
    assert await room.written(row) is None, "it is done"


async def test_a_late_reminder_that_the_next_one_covers_does_not_come_at_night(room: Room) -> None:
    await room.know(awake_from=12, awake_until=24)
    await room.keep()
    (row,) = await room.tick()
    assert await room.written(row, datetime(2027, 5, 17, 22, 30, tzinfo=UTC)) is None


async def test_a_plan_that_changes_during_the_look_keeps_the_reminders_of_its_new_day(room: Room) -> None:
    await room.know()
    await room.keep()
    async with room.store.transaction() as tx:
        (seen,) = await deadlines.due(tx, MONTH_BEFORE)
    later = MONTH_BEFORE + timedelta(days=30)
    await room.keep(due_on=date(2027, 7, 1), remind_at=later)
    async with room.store.transaction() as tx:
        assert not await deadlines.remind_next(tx, seen, None)
    assert await room.remind_at() == later
