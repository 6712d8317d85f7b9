from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from bot.rules.calls import Call, Dates
from bot.rules.programmes import Programme
from bot.storage import calls, mailings, outbox, students
from bot.storage.mailings import Mailing, Report
from bot.storage.outbox import Claimed, Dead, Retry, Sent
from bot.storage.rows import Informed, MailingRow, MailingState, OutboxRow, OutboxState, Student
from bot.storage.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FREE_MOVERS = "programme:free-mover"


def somebody(user_id: int, **given: object) -> Student:
    values: dict[str, object] = {"subscribed": ["free-mover"], "first_seen_at": NOON, "last_seen_at": NOON}
    return Student(user_id=user_id, answered=[], conversation={}, **(values | given))  # type: ignore[arg-type]


async def arrive(store: Store, *people: Student) -> None:
    async with store.transaction() as tx:
        for person in people:
            await students.save(tx, person)


def mailing(key: str = "call:free-mover:2026:opening", **given: object) -> Mailing:
    values: dict[str, object] = {"kind": "opening", "audience": FREE_MOVERS, "due_at": NOON}
    return Mailing(key, **(values | given))  # type: ignore[arg-type]


def by_day(at: datetime, hours: tuple[int, int]) -> datetime:
    """Awake from the hour on, in UTC."""
    return at if hours[0] <= at.hour < hours[1] else at.replace(hour=hours[0], minute=0)


async def begun(store: Store, wanted: Mailing | None = None, *, muted_by: str = "opening", now: datetime = NOON) -> int:
    """A mailing that has been copied to everybody; its id."""
    async with store.transaction() as tx:
        number = await mailings.plan(tx, wanted or mailing(), now)
        assert number is not None
        assert await mailings.begin(tx, number)
        row = await mailings.get(tx, number)
        assert row is not None
        while not await mailings.fan_out(tx, row, muted_by, by_day, now):
            pass
        return number


async def copies(store: Store) -> list[OutboxRow]:
    async with store.reading() as tx:
        return list((await tx.exec(select(OutboxRow).order_by(col(OutboxRow.chat_id)))).all())


async def found(store: Store, number: int) -> MailingRow:
    async with store.reading() as tx:
        row = await mailings.get(tx, number)
    assert row is not None
    return row


async def claim(store: Store, now: datetime = NOON, limit: int = 100) -> list[Claimed]:
    async with store.transaction() as tx:
        return await outbox.claim(tx, owner="me", now=now, lease_until=now + MINUTE, limit=limit)


async def settle(store: Store, outcomes: Sequence[Sent | Dead | Retry]) -> None:
    async with store.transaction() as tx:
        await outbox.settle(tx, "me", outcomes, NOON)


async def report(store: Store, number: int) -> Report:
    async with store.reading() as tx:
        return await mailings.report(tx, number)


async def test_everybody_who_follows_gets_a_copy_of_their_own(store: Store) -> None:
    await arrive(
        store,
        somebody(1, language="it"),
        somebody(2, subscribed=["all"]),
        somebody(3, subscribed=["extra-eu"]),
        somebody(4, subscribed=[]),
        somebody(5, reachable=False),
        somebody(6, paused=True),
        somebody(7, muted=["opening"]),
        somebody(8, muted=["closing-7"], subscribed=["extra-eu", "free-mover"]),
    )
    number = await begun(store)
    rows = await copies(store)
    assert [(row.key, row.chat_id, row.payload) for row in rows] == [
        ("call:free-mover:2026:opening:chat:1", 1, {"lang": "it"}),
        ("call:free-mover:2026:opening:chat:2", 2, {"lang": "en"}),
        ("call:free-mover:2026:opening:chat:8", 8, {"lang": "en"}),
    ]
    assert {(row.state, row.method, row.priority, row.mailing_id) for row in rows} == {
        (OutboxState.PENDING, "send", 1, number)
    }
    assert (await found(store, number)).recipients == 3


async def test_a_copy_waits_until_its_reader_is_awake(store: Store) -> None:
    await arrive(store, somebody(1), somebody(2, awake_from=15, awake_until=22))
    await begun(store, mailing(due_at=NOON - 2 * MINUTE, expires_at=NOON + DAY))
    early, late = await copies(store)
    assert (early.planned_at, early.due_at) == (NOON - 2 * MINUTE, NOON)
    assert late.due_at == late.planned_at == NOON.replace(hour=15)
    assert early.expires_at == NOON + DAY


async def test_copying_twice_or_in_portions_gives_each_one_copy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.storage.mailings.PORTION", 3)
    await arrive(store, *(somebody(number) for number in range(1, 11)))
    number = await begun(store)
    async with store.transaction() as tx:
        await mailings.note(tx, number, cursor=0, fanned_at=None)
        row = await mailings.get(tx, number)
        assert row is not None
        turns = 0
        while not await mailings.fan_out(tx, row, "opening", by_day, NOON):
            turns += 1
    assert turns == 4
    assert [row.chat_id for row in await copies(store)] == list(range(1, 11))


async def test_the_same_key_is_planned_once(store: Store) -> None:
    async with store.transaction() as tx:
        assert await mailings.plan(tx, mailing(), NOON)
        assert await mailings.plan(tx, mailing(), NOON) is None


async def test_only_one_of_two_begins_it(store: Store) -> None:
    async with store.transaction() as tx:
        number = await mailings.plan(tx, mailing(), NOON) or 0
        assert await mailings.begin(tx, number)
        assert not await mailings.begin(tx, number)


async def test_the_report_adds_up(store: Store) -> None:
    await arrive(store, *(somebody(number) for number in range(1, 10)))
    number = await begun(store, mailing(expires_at=NOON + DAY))
    rows = {row.chat_id: row for row in await claim(store, limit=7)}
    assert sorted(rows) == list(range(1, 8))
    await settle(
        store,
        [
            Sent(rows[1].id, 11),
            Retry(rows[2].id, NOON, maybe_sent=True, counts=True, error="lost"),
            Retry(rows[3].id, NOON, maybe_sent=True, counts=True, error="lost"),
            Dead(rows[4].id, "gone: Forbidden: bot was blocked by the user"),
            Dead(rows[5].id, "Bad Request"),
            Sent(rows[6].id, 12),
        ],
    )
    again = {row.chat_id: row for row in await claim(store, limit=2)}
    await settle(store, [Sent(again[2].id, 13), Dead(again[3].id, "lost again")])
    async with store.transaction() as tx:
        await outbox.cancel_chat(tx, 8, NOON)
    total = await report(store, number)
    assert total == Report(recipients=9, delivered=3, blocked=2, failed=2, waiting=2, maybe_twice=1, maybe_once=1)
    async with store.transaction() as tx:
        await outbox.expire(tx, NOON + DAY)
    total = await report(store, number)
    assert (total.late, total.waiting) == (1, 1), "one is still in flight"
    parts = total.delivered + total.blocked + total.failed + total.late + total.cancelled + total.waiting
    assert parts == total.recipients == 9


async def test_stopping_takes_back_what_has_not_left(store: Store) -> None:
    await arrive(store, *(somebody(number) for number in range(1, 4)))
    number = await begun(store)
    (one,) = await claim(store, limit=1)
    async with store.transaction() as tx:
        assert await mailings.stop(tx, [number], MailingState.STOPPED, NOON) == [number]
        assert await mailings.stop(tx, [number], MailingState.STOPPED, NOON) == []
    await settle(store, [Sent(one.id, 1)])
    assert [row.state for row in await copies(store)] == ["sent", "cancelled", "cancelled"]
    row = await found(store, number)
    assert (row.state, row.finished_at) == (MailingState.STOPPED, NOON)


async def call_in(store: Store, user_id: int | None = None) -> Call:
    call = Call(Programme.FREE_MOVER, Dates(NOON - DAY, NOON + 30 * DAY), year=2026)
    async with store.transaction() as tx:
        kept = await calls.add(tx, call, NOON)
        if user_id is not None:
            await calls.tell(tx, user_id, {kept.id: 1}, NOON)
    return kept


async def informed(store: Store) -> dict[int, int]:
    async with store.reading() as tx:
        return {row.user_id: row.revision for row in (await tx.exec(select(Informed))).all()}


async def test_who_got_a_copy_knows_the_dates_it_told(store: Store) -> None:
    call = await call_in(store, user_id=3)
    await arrive(store, *(somebody(number) for number in range(1, 4)))
    await begun(store, mailing(call_id=call.id, programme="free-mover"))
    rows = await claim(store, limit=3)
    async with store.transaction() as tx:
        await mailings.stamp(tx, {rows[0].id: 1, rows[1].id: 2, rows[2].id: 2})
        assert await mailings.uncertain(tx, call.id, 2), "one copy of revision 1 is in flight"
        await mailings.inform(tx, [row.id for row in rows], NOON)
    await settle(store, [Sent(rows[0].id, 1)])
    assert await informed(store) == {1: 1, 2: 2, 3: 2}
    async with store.transaction() as tx:
        assert not await mailings.uncertain(tx, call.id, 2)
        assert await mailings.uncertain(tx, call.id, 3)


async def test_a_correction_reaches_those_who_were_told_that_revision_and_still_follow(store: Store) -> None:
    call = await call_in(store)
    await arrive(
        store, somebody(1), somebody(2), somebody(3, subscribed=[]), somebody(4, muted=["changes"]), somebody(5)
    )
    async with store.transaction() as tx:
        for user_id, revision in {1: 1, 2: 2, 3: 1, 4: 1}.items():
            await calls.tell(tx, user_id, {call.id: revision}, NOON)
    await begun(store, mailing(audience=f"told:free-mover:{call.id}:1"), muted_by="changes")
    assert [row.chat_id for row in await copies(store)] == [1]


async def test_what_waits_for_somebody_is_called_off_by_programme_or_altogether(store: Store) -> None:
    await arrive(store, somebody(1, subscribed=["all"]), somebody(2, subscribed=["all"]))
    await begun(store, mailing("a", programme="free-mover"))
    await begun(store, mailing("b", programme="extra-eu", kind="closing-7"), muted_by="closing-7")
    await begun(store, mailing("c", kind="broadcast"), muted_by="")
    async with store.transaction() as tx:
        assert await mailings.call_off(tx, 1, NOON, programme="free-mover") == 1
        assert await mailings.call_off(tx, 1, NOON) == 1
        assert await mailings.call_off(tx, 1, NOON) == 0
    waiting = [row.key for row in await copies(store) if row.state is OutboxState.PENDING]
    assert sorted(waiting) == ["a:chat:2", "b:chat:2", "c:chat:1", "c:chat:2"]


async def test_those_for_whom_it_failed_get_it_again_and_the_blocked_do_not(store: Store) -> None:
    await arrive(store, *(somebody(number) for number in range(1, 6)))
    number = await begun(store)
    rows = await claim(store)
    await settle(
        store,
        [
            Sent(rows[0].id, 1),
            Dead(rows[1].id, "gone: blocked"),
            Dead(rows[2].id, "Bad Request"),
            Dead(rows[3].id, "?"),
            Dead(rows[4].id, outbox.EXPIRED),
        ],
    )
    async with store.transaction() as tx:
        assert await mailings.end(tx, number, await mailings.report(tx, number), NOON)
        assert await mailings.again(tx, number, NOON) == 2
        assert await mailings.again(tx, number, NOON) == 0
    row = await found(store, number)
    assert (row.state, row.report) == (MailingState.SENDING, {}), "the report that was written holds no longer"
    again = await claim(store)
    assert [(row.chat_id, row.attempts, row.payload) for row in again] == [
        (3, 1, {"lang": "en"}),
        (4, 1, {"lang": "en"}),
    ]


async def test_what_arrived_lately_can_be_deleted(store: Store) -> None:
    await arrive(store, *(somebody(number) for number in range(1, 4)))
    number = await begun(store, mailing(kind="broadcast"), muted_by="")
    rows = await claim(store)
    await settle(store, [Sent(rows[0].id, 11), Sent(rows[1].id, 12), Dead(rows[2].id, "no")])
    async with store.transaction() as tx:
        made = await mailings.plan(tx, mailing("deletion:1", kind="deletion", audience="all"), NOON)
        deletion = await mailings.get(tx, made or 0)
        assert deletion is not None
        assert await mailings.delete_copies(tx, deletion, number, NOON, NOON) == 0, "none arrived after noon"
        assert await mailings.delete_copies(tx, deletion, number, NOON - MINUTE, NOON) == 2
    claimed = await claim(store)
    assert [(row.chat_id, row.method, row.message_id) for row in claimed] == [(1, "delete", 11), (2, "delete", 12)]


async def test_copies_that_did_not_get_through_in_time_are_counted(store: Store) -> None:
    await arrive(store, somebody(1), somebody(2, awake_from=15, awake_until=22))
    number = await begun(store)
    async with store.reading() as tx:
        assert await mailings.overdue(tx, number, NOON) == 0
        assert await mailings.overdue(tx, number, NOON + MINUTE) == 1, "the other's moment is at three"
