"""Questions and tickets counted by the database, on both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import insert

from bot.rules.findings import Answered, Counted, Span
from bot.rules.tickets import Origin, State
from bot.storage import asked, statistics, students, tickets
from bot.storage.rows import Student, columns
from bot.storage.store import Store
from bot.storage.ticket_rows import Asked, Ticket
from tests.book import ROME

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
GIULIA = 42
MANY, SLOWEST = 20_000, 0.5


async def ask(
    store: Store, decision: str = "answer", label: str | None = "general.desk", at: datetime = NOW, lang: str = "en"
) -> None:
    async with store.transaction() as tx:
        await asked.note(tx, GIULIA, "?", lang, decision, label, 0.5, at)


async def reject(store: Store, at: datetime = NOW) -> None:
    async with store.transaction() as tx:
        await asked.reject(tx, GIULIA, at + timedelta(minutes=1))


async def ticket(store: Store, hours_ago: float = 1, answered_after: float | None = None, **given: object) -> None:
    opened = NOW - timedelta(hours=hours_ago)
    answered = None if answered_after is None else opened + timedelta(hours=answered_after)
    values: dict[str, Any] = {
        "student_id": GIULIA, "language": "en", "origin": Origin.ASKED, "state": State.NEW, "question": "?",
        "created_at": opened, "answered_at": answered,
    } | given  # fmt: skip
    async with store.transaction() as tx:
        await tickets.begin(tx, Ticket(**values))


async def counted(store: Store, bounds: list[datetime], *besides: str) -> list[Counted]:
    async with store.reading() as tx:
        return sorted(await statistics.questions(tx, bounds, besides), key=repr)


async def test_nothing_is_counted_where_nothing_is(store: Store) -> None:
    async with store.reading() as tx:
        assert await statistics.questions(tx, [LONG_AGO, NOW]) == []
        assert await statistics.asked_in(tx, LONG_AGO, NOW) == 0
        assert await statistics.labels(tx, LONG_AGO, NOW, 10) == []
        assert await statistics.known_since(tx) is None
        assert await statistics.opened(tx, LONG_AGO, NOW) == {}
        assert await statistics.answered_in(tx, LONG_AGO, NOW) == 0
        assert await statistics.answered(tx, LONG_AGO, NOW) == []
        assert await statistics.open_now(tx) == ({}, None)
        assert await statistics.subscribers(tx) == 0


async def test_questions_are_counted_by_day_language_and_what_they_met_with(store: Store) -> None:
    bounds = [NOW - timedelta(days=2), NOW - timedelta(days=1), NOW]
    await ask(store, at=bounds[0] - timedelta(microseconds=1))
    await ask(store, at=bounds[0])
    await ask(store, at=bounds[1] - timedelta(microseconds=1))
    await ask(store, at=bounds[1], lang="it")
    await reject(store, bounds[1])
    await ask(store, "none", None, at=bounds[1])
    await ask(store, at=NOW)
    assert await counted(store, bounds) == [
        Counted(0, "en", "answer", 2),
        Counted(1, "en", "none", 1),
        Counted(1, "it", "answer", 1, rejected=True),
    ]
    async with store.reading() as tx:
        assert await statistics.asked_in(tx, bounds[0], NOW) == 4


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
async def test_the_day_on_which_the_clocks_change_ends_at_its_own_midnight(store: Store, day: str) -> None:
    changes = datetime.fromisoformat(day).replace(tzinfo=ROME)
    span = Span.of(2, (changes + timedelta(days=1, hours=12)).astimezone(UTC), ROME)
    midnight = (changes + timedelta(days=1)).astimezone(UTC)
    await ask(store, at=midnight - timedelta(seconds=1))
    await ask(store, at=midnight)
    assert await counted(store, span.bounds) == [Counted(0, "en", "answer", 1), Counted(1, "en", "answer", 1)]


async def test_what_is_no_question_is_not_counted_where_it_was_answered_as_one(store: Store) -> None:
    await ask(store, label="general.thanks", at=LONG_AGO)
    await ask(store, "suggest", label="general.thanks", at=LONG_AGO)
    await ask(store, "none", None, at=LONG_AGO)
    found = await counted(store, [LONG_AGO, NOW], "general.thanks", "general.greeting")
    assert [(each.decision, each.many) for each in found] == [("none", 1), ("suggest", 1)]
    async with store.reading() as tx:
        assert await statistics.asked_in(tx, LONG_AGO, NOW, ["general.thanks"]) == 2
        assert await statistics.asked_in(tx, LONG_AGO, NOW) == 3
        assert await statistics.labels(tx, LONG_AGO, NOW, 10, ["general.thanks"]) == []


async def test_the_answers_most_asked_for_were_given_or_suggested_and_not_rejected(store: Store) -> None:
    for label, times in (("b.b", 3), ("a.a", 2), ("c.c", 2), ("d.d", 1)):
        for _ in range(times):
            await ask(store, "suggest" if label == "a.a" else "answer", label, LONG_AGO)
    await ask(store, "answer", "d.d", LONG_AGO)
    await reject(store, LONG_AGO)
    await ask(store, "none", "d.d", LONG_AGO)
    await ask(store, "answer", "d.d", NOW)
    async with store.reading() as tx:
        assert await statistics.labels(tx, LONG_AGO, NOW, 3) == [("b.b", 3), ("a.a", 2), ("c.c", 2)]
        assert (await statistics.labels(tx, LONG_AGO, NOW, 9))[-1] == ("d.d", 1)


async def test_it_is_known_since_the_first_question_or_ticket(store: Store) -> None:
    await ask(store)
    async with store.reading() as tx:
        assert await statistics.known_since(tx) == NOW
    await ticket(store, 5)
    async with store.reading() as tx:
        assert await statistics.known_since(tx) == NOW - timedelta(hours=5)


async def test_tickets_are_counted_when_they_are_opened_and_when_they_are_answered(store: Store) -> None:
    await ticket(store, 48, 30, helpful=True, state=State.ANSWERED)
    await ticket(store, 5, 1, origin=Origin.NONE, state=State.CLOSED, closed_at=NOW)
    await ticket(store, 2, origin=Origin.NONE)
    day = NOW - timedelta(days=1)
    async with store.reading() as tx:
        assert await statistics.opened(tx, day, NOW) == {Origin.NONE: 2}
        assert await statistics.answered_in(tx, day, NOW) == 2
        assert await statistics.answered(tx, day, NOW) == [
            Answered(NOW - timedelta(hours=5), NOW - timedelta(hours=4), None),
            Answered(NOW - timedelta(hours=48), NOW - timedelta(hours=18), helpful=True),
        ]
        assert len(await statistics.answered(tx, day, NOW, 1)) == 1


async def test_what_is_open_now_and_who_waits_longest_for_a_first_answer(store: Store) -> None:
    await ticket(store, 90, 1, state=State.CLAIMED)  # answered once: its student has written again
    await ticket(store, 80, state=State.WAITING)
    await ticket(store, 70, state=State.CLOSED, closed_at=NOW)
    await ticket(store, 60, state=State.CLAIMED)
    await ticket(store, 50)
    async with store.reading() as tx:
        stand, since = await statistics.open_now(tx)
    assert stand == {State.NEW: 1, State.CLAIMED: 2, State.WAITING: 1}
    assert since == NOW - timedelta(hours=60)


async def test_subscribers_ask_to_hear_of_calls_and_can_be_reached(store: Store) -> None:
    async with store.transaction() as tx:
        for user, subscribed, reachable in ((1, ["all"], True), (2, [], True), (3, ["free-mover"], False)):
            await students.save(
                tx,
                Student(
                    user_id=user, subscribed=subscribed, reachable=reachable, first_seen_at=NOW, last_seen_at=NOW
                ),
            )  # fmt: skip
        assert await statistics.subscribers(tx) == 1


async def test_a_year_of_many_questions_is_counted_soon(store: Store) -> None:
    year = Span.of(365, NOW, ROME)
    row = {"user_id": 1, "text": "?", "language": "en", "label": "general.desk", "score": 0.5, "rejected": False}
    rows = [
        row | {"at": NOW - timedelta(minutes=25 * each + 1), "decision": ("answer", "suggest", "none")[each % 3]}
        for each in range(MANY)
    ]
    async with store.transaction() as tx:
        await (await tx.connection()).execute(insert(columns(Asked)), rows)
        began = perf_counter()
        found = await statistics.questions(tx, year.bounds)
        top = await statistics.labels(tx, year.bounds[0], NOW, 10)
        took = perf_counter() - began
    assert sum(each.many for each in found) == MANY
    assert top == [("general.desk", MANY * 2 // 3 + 1)]
    assert took < SLOWEST
