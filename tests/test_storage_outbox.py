from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot.storage import outbox
from bot.storage.outbox import ALERT, ANSWER, Claimed, Dead, Outcome, Outgoing, Retry, Sent
from bot.storage.rows import OutboxRow, OutboxState
from bot.storage.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def message(
    key: str, chat_id: int = 42, priority: int = ANSWER, due_at: datetime = NOON, expires_at: datetime | None = None
) -> Outgoing:
    return Outgoing(key, chat_id, "send", {"text": key}, priority, due_at, expires_at)


async def enqueue(store: Store, *items: Outgoing) -> list[int]:
    async with store.transaction() as tx:
        return await outbox.enqueue(tx, items, NOON)


async def claim(store: Store, owner: str = "me", now: datetime = NOON, limit: int = 100, **more: int) -> list[Claimed]:
    async with store.transaction() as tx:
        return await outbox.claim(tx, owner=owner, now=now, lease_until=now + MINUTE, limit=limit, **more)


async def settle(store: Store, *outcomes: Outcome, owner: str = "me", now: datetime = NOON) -> int:
    async with store.transaction() as tx:
        return await outbox.settle(tx, owner, outcomes, now)


async def rows(store: Store) -> dict[str, OutboxRow]:
    async with store.reading() as tx:
        return {row.key: row for row in await tx.exec(select(OutboxRow))}


async def states(store: Store) -> dict[str, str]:
    return {key: row.state.value for key, row in (await rows(store)).items()}


def keys(claimed: Iterable[Claimed]) -> list[str]:
    return [one.key for one in claimed]


async def test_a_key_is_queued_once(store: Store) -> None:
    first = await enqueue(store, message("a"), message("b"))
    again = await enqueue(store, message("b"), message("c"), message("c"))
    assert len(first) == 2
    assert len(again) == 1
    assert sorted(await rows(store)) == ["a", "b", "c"]
    assert await enqueue(store) == []


async def test_many_are_queued_at_once(store: Store) -> None:
    ids = await enqueue(store, *(message(f"k{number}", chat_id=number) for number in range(2500)))
    assert len(set(ids)) == 2500
    assert ids == sorted(ids)


async def test_a_claim_tells_all_a_sender_needs(store: Store) -> None:
    (number,) = await enqueue(store, message("a", expires_at=NOON + DAY))
    assert await claim(store) == [
        Claimed(number, "a", 42, "send", {"text": "a"}, ANSWER, NOON, NOON, NOON + DAY, attempts=1, maybe_sent=0)
    ]
    row = (await rows(store))["a"]
    assert (row.state, row.lease_owner, row.lease_until) == (OutboxState.SENDING, "me", NOON + MINUTE)


async def test_what_is_claimed_is_not_claimed_again(store: Store) -> None:
    await enqueue(store, message("a"))
    assert keys(await claim(store)) == ["a"]
    assert await claim(store, owner="other") == []


async def test_answers_go_ahead_of_alerts_whatever_was_there_first(store: Store) -> None:
    await enqueue(store, *(message(f"alert{n}", n, ALERT, NOON - DAY) for n in range(3)))
    await enqueue(store, message("answer", 9))
    assert keys(await claim(store, limit=2)) == ["answer", "alert0"]


async def test_answers_alone_can_be_claimed(store: Store) -> None:
    await enqueue(store, message("alert", 1, ALERT), message("answer", 2))
    assert keys(await claim(store, alerts=0)) == ["answer"]


async def test_nothing_goes_before_its_time_or_after_it(store: Store) -> None:
    await enqueue(store, message("early", 1, due_at=NOON + MINUTE), message("late", 2, expires_at=NOON))
    assert await claim(store) == []
    assert keys(await claim(store, now=NOON + MINUTE)) == ["early"]


async def test_a_chat_gets_one_at_a_time_in_order(store: Store) -> None:
    await enqueue(store, message("a"), message("b"), message("c"), message("elsewhere", 7))
    first = await claim(store)
    assert keys(first) == ["a", "elsewhere"]
    assert await claim(store) == []
    await settle(store, *(Sent(one.id, 1) for one in first))
    assert keys(await claim(store)) == ["b"]


async def test_a_chat_with_an_answer_in_flight_gets_no_alert(store: Store) -> None:
    await enqueue(store, message("answer"), message("alert", priority=ALERT))
    (answer,) = await claim(store)
    assert await claim(store) == []
    await settle(store, Sent(answer.id, 1))
    assert keys(await claim(store)) == ["alert"]


async def test_order_in_a_chat_is_when_they_were_meant_to_go(store: Store) -> None:
    await enqueue(store, message("second", due_at=NOON), message("first", due_at=NOON - MINUTE))
    assert keys(await claim(store)) == ["first"]


async def test_what_waits_for_its_retry_holds_back_what_comes_after_it(store: Store) -> None:
    await enqueue(store, message("a"), message("b"), message("elsewhere", 7))
    first = await claim(store)
    await settle(store, *(Retry(one.id, NOON + MINUTE, maybe_sent=False, counts=True, error="429") for one in first))
    assert await claim(store) == []
    assert keys(await claim(store, now=NOON + MINUTE)) == ["a", "elsewhere"]


async def test_what_is_planned_for_later_holds_back_nothing(store: Store) -> None:
    await enqueue(store, message("next-year", due_at=NOON + 365 * DAY), message("now"))
    assert keys(await claim(store)) == ["now"]


async def test_an_expired_message_holds_back_nothing(store: Store) -> None:
    await enqueue(store, message("a", expires_at=NOON + MINUTE), message("b"))
    (a,) = await claim(store)
    await settle(store, Retry(a.id, NOON + 2 * MINUTE, maybe_sent=False, counts=True, error="502"))
    assert keys(await claim(store, now=NOON + MINUTE)) == ["b"]


async def test_an_answer_that_waits_does_not_hold_back_alerts(store: Store) -> None:
    await enqueue(store, message("answer"), message("alert", priority=ALERT))
    (answer,) = await claim(store)
    await settle(store, Retry(answer.id, NOON + MINUTE, maybe_sent=False, counts=True, error="502"))
    assert keys(await claim(store)) == ["alert"]


@pytest.mark.parametrize("workers", [2, 6])
async def test_concurrent_claims_never_double(store: Store, workers: int) -> None:
    chats = 40
    await enqueue(store, *(message(f"{n}", n % chats, n % 2) for n in range(120)))
    claims: list[Claimed] = []

    async def work(owner: str) -> None:
        while True:
            mine = await claim(store, owner, limit=3)
            assert len({one.chat_id for one in mine}) == len(mine)
            if not mine:
                return
            claims.extend(mine)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(f"w{n}") for n in range(workers)))
    assert len(claims) == len({one.id for one in claims}) == chats
    assert len({one.chat_id for one in claims}) == chats, "two in flight in one chat"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_claim_waits_for_the_end_of_another(store: Store) -> None:
    await enqueue(store, message("answer"), message("alert", priority=ALERT))
    async with store.transaction() as tx:
        assert len(await outbox.claim(tx, owner="a", now=NOON, lease_until=NOON + MINUTE, limit=1)) == 1
        other = asyncio.create_task(claim(store, "b"))
        await asyncio.sleep(0.2)
        assert not other.done(), "it saw the chat as free"
    assert await other == []


async def test_an_empty_claim_asks_for_nothing(store: Store) -> None:
    await enqueue(store, message("a"))
    assert await claim(store, limit=0) == []


async def test_outcomes_are_written_down(store: Store) -> None:
    await enqueue(store, *(message(key, chat) for chat, key in enumerate(["sent", "again", "unsure", "dead"])))
    sent, again, unsure, dead = await claim(store)
    marked = await settle(
        store,
        Sent(sent.id, 900),
        Retry(again.id, NOON + MINUTE, maybe_sent=False, counts=False, error="429"),
        Retry(unsure.id, NOON + 2 * MINUTE, maybe_sent=True, counts=True, error="timed out"),
        Dead(dead.id, "blocked"),
        now=NOON + timedelta(seconds=1),
    )
    assert marked == 4
    found = await rows(store)
    assert await states(store) == {"sent": "sent", "again": "pending", "unsure": "pending", "dead": "dead"}
    assert [(row.message_id, row.error) for row in found.values()] == [
        (900, None),
        (None, "429"),
        (None, "timed out"),
        (None, "blocked"),
    ]
    assert [(row.attempts, row.maybe_sent) for row in found.values()] == [(1, 0), (0, 0), (1, 1), (1, 0)]
    assert [row.due_at - NOON for row in found.values()] == [0 * MINUTE, MINUTE, 2 * MINUTE, 0 * MINUTE]
    assert [row.finished_at is None for row in found.values()] == [False, True, True, False]
    assert {row.lease_owner for row in found.values()} == {None}


async def test_what_waits_for_the_morning_holds_back_nothing_whatever_befell_it_before(store: Store) -> None:
    await enqueue(store, message("asleep", 7, ALERT), message("later", 7, ALERT, NOON + MINUTE))
    (asleep,) = await claim(store)
    await settle(store, Retry(asleep.id, NOON, maybe_sent=False, counts=False, error="429"))
    (asleep,) = await claim(store)
    async with store.transaction() as tx:
        await outbox.put_back(tx, {asleep.id: NOON + DAY})
    assert [row.key for row in await claim(store, now=NOON + 2 * MINUTE)] == ["later"]


async def test_settling_nothing_is_nothing(store: Store) -> None:
    assert await settle(store) == 0


async def test_a_sender_that_lost_its_lease_changes_nothing(store: Store) -> None:
    await enqueue(store, message("a"))
    (mine,) = await claim(store, "slow")
    await reap(store, cutoff=NOON + 2 * MINUTE)
    assert await settle(store, Sent(mine.id, 1), owner="slow") == 0, "it waits for somebody"
    (theirs,) = await claim(store, "quick", now=NOON + 2 * MINUTE)
    assert await settle(store, Dead(mine.id, "late"), owner="slow") == 0, "it is somebody else's"
    assert await settle(store, Sent(theirs.id, 2), owner="quick") == 1
    assert await settle(store, Dead(theirs.id, "twice"), owner="quick") == 0, "it is settled"
    row = (await rows(store))["a"]
    assert (row.state, row.message_id, row.attempts, row.maybe_sent) == (OutboxState.SENT, 2, 2, 1)


async def reap(store: Store, *, cutoff: datetime, everyone: bool = False) -> int:
    async with store.transaction() as tx:
        return len(await outbox.reap(tx, owner_everyone=everyone, cutoff=cutoff))


async def test_reaping_takes_back_what_a_dead_sender_had(store: Store) -> None:
    await enqueue(store, message("a"), message("b", 7, due_at=NOON + DAY))
    await claim(store)
    assert await reap(store, cutoff=NOON + MINUTE) == 0, "the lease holds until then"
    assert await reap(store, cutoff=NOON + MINUTE + timedelta(seconds=1)) == 1
    row = (await rows(store))["a"]
    assert (row.state, row.due_at, row.maybe_sent, row.lease_owner) == (OutboxState.PENDING, NOON, 1, None)
    assert keys(await claim(store)) == ["a"], "it is due at once"


async def test_at_the_start_every_lease_is_stale(store: Store) -> None:
    await enqueue(store, message("a"))
    await claim(store)
    assert await reap(store, everyone=True, cutoff=NOON) == 1
    assert await states(store) == {"a": "pending"}


async def next_due(store: Store, now: datetime) -> datetime | None:
    async with store.reading() as tx:
        return await outbox.next_due(tx, now)


async def test_next_due_is_the_first_moment_to_come(store: Store) -> None:
    assert await next_due(store, NOON) is None
    await enqueue(
        store,
        message("overdue", 1, due_at=NOON - DAY),
        message("alert", 2, ALERT, NOON + MINUTE),
        message("answer", 3, ANSWER, NOON + DAY),
    )
    assert await next_due(store, NOON) == NOON + MINUTE
    assert await next_due(store, NOON + MINUTE) == NOON + DAY
    assert await next_due(store, NOON + DAY) is None


async def test_what_is_too_late_is_given_up_and_told(store: Store) -> None:
    await enqueue(
        store,
        message("b", 1, expires_at=NOON),
        message("a", 2, expires_at=NOON - MINUTE),
        message("still", 3, expires_at=NOON + MINUTE),
        message("always", 4),
    )
    async with store.transaction() as tx:
        assert await outbox.expire(tx, NOON) == 2
        assert await outbox.expire(tx, NOON) == 0
    found = await rows(store)
    assert await states(store) == {"a": "dead", "b": "dead", "still": "pending", "always": "pending"}
    assert (found["a"].error, found["a"].finished_at) == ("expired", NOON)


async def test_cancelling_a_chat_leaves_what_is_in_flight(store: Store) -> None:
    await enqueue(store, message("flying"), message("waiting"), message("elsewhere", 7, due_at=NOON + DAY))
    await claim(store)
    async with store.transaction() as tx:
        assert await outbox.cancel_chat(tx, 42, NOON) == 1
    assert await states(store) == {"flying": "sending", "waiting": "cancelled", "elsewhere": "pending"}


async def test_a_group_that_migrated_is_followed(store: Store) -> None:
    await enqueue(store, message("flying", -5), message("waiting", -5), message("elsewhere", 7))
    flying = (await claim(store, limit=1))[0]
    async with store.transaction() as tx:
        assert await outbox.migrate_chat(tx, -5, -1005) == 2
    assert await settle(store, Retry(flying.id, NOON, maybe_sent=False, counts=False, error="migrated")) == 1
    assert [(one.key, one.chat_id) for one in await claim(store)] == [("flying", -1005), ("elsewhere", 7)]


async def test_purge_forgets_only_what_is_finished_and_old(store: Store) -> None:
    await enqueue(store, *(message(f"sent{n}", n) for n in range(3)), message("waiting", 9))
    await settle(store, *(Sent(one.id, 1) for one in (await claim(store))[:3]))
    async with store.transaction() as tx:
        assert await outbox.purge(tx, NOON) == 0, "finished at that moment is not before it"
        assert await outbox.purge(tx, NOON + MINUTE, at_most=2) == 2
        assert await outbox.purge(tx, NOON + MINUTE, at_most=2) == 1
        assert await outbox.purge(tx, NOON + MINUTE, at_most=2) == 0
    assert await states(store) == {"waiting": "sending"}


async def test_the_queries_of_every_tick_use_their_index(store: Store, database: str) -> None:
    """A scan over all that is planned for next year, at every tick, would be slow only once there is much."""
    await _fill(store, 4000)
    statements = {
        "ix_outbox_due": "SELECT min(due_at) FROM outbox WHERE state = 'pending' AND priority = 1 AND due_at > :now",
        "ix_outbox_expires": "SELECT id FROM outbox WHERE state = 'pending' AND expires_at <= :now",
        "ix_outbox_lease": "SELECT id FROM outbox WHERE state = 'sending' AND lease_until < :now",
        "ix_outbox_finished": "SELECT id FROM outbox WHERE finished_at < :now ORDER BY finished_at LIMIT 9",
    }
    for index, statement in statements.items():
        assert index in await _plan(store, database, statement.replace(":now", "'2026-11-22 12:00:00+00'"))


async def test_a_claim_uses_its_indexes(store: Store, database: str) -> None:
    await _fill(store, 4000)
    async with store.reading() as tx:
        dialect = (await tx.connection()).dialect
    compiled = outbox._claiming().compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    values = {"p": "1", "now": "'2026-11-22 12:00:00+00'", "n": "25", "owner": "'me'", "until": "'2026-11-22'"}
    statement = str(compiled)
    for name, value in {**values, "attempts_1": "1", "state": "'sending'"}.items():
        statement = statement.replace(f"%({name})s", value).replace(f":{name}", value)
    plan = await _plan(store, database, _in_order(statement, compiled.positiontup, values))
    assert "ix_outbox_due" in plan
    assert "ix_outbox_chat" in plan


def _in_order(statement: str, names: Sequence[str] | None, values: dict[str, str]) -> str:
    for name in names or []:
        statement = statement.replace("?", values.get(name, "1"), 1)
    return statement


async def _fill(store: Store, count: int) -> None:
    later = (message(f"k{n}", n, ALERT, NOON + DAY, expires_at=NOON + 2 * DAY) for n in range(count))
    await enqueue(store, *later)
    async with store.transaction() as tx:
        await (await tx.connection()).execute(text("ANALYZE outbox"))


async def _plan(store: Store, database: str, statement: str) -> str:
    explain = "EXPLAIN QUERY PLAN" if database == "sqlite" else "EXPLAIN"
    async with store.transaction() as tx:
        lines = await (await tx.connection()).exec_driver_sql(f"{explain} {statement}")
        return "\n".join(str(line) for line in lines)
