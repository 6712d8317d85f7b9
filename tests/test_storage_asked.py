"""What people asked, noted and looked at, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.storage import asked
from bot.storage.asked import LONGEST_TEXT, REJECTED_WITHIN
from bot.storage.store import Store
from bot.storage.ticket_rows import Asked

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
GIULIA, MARCO = 42, 43
LONG_AGO = NOW - timedelta(days=400)


async def note(
    store: Store, text: str, decision: str = "answer", user: int = GIULIA, at: datetime = NOW, label: str | None = None
) -> None:
    async with store.transaction() as tx:
        await asked.note(tx, user, text, "en", decision, label, 0.5, at)


async def latest(store: Store, user: int = GIULIA, count: int = 10, since: datetime = LONG_AGO) -> list[Asked]:
    async with store.reading() as tx:
        return await asked.latest(tx, user, count, since)


async def missed(store: Store, since: datetime = LONG_AGO, count: int | None = None) -> list[str]:
    async with store.reading() as tx:
        return [each.text for each in await asked.not_understood(tx, since, count)]


async def reject(store: Store, at: datetime, user: int = GIULIA) -> None:
    async with store.transaction() as tx:
        await asked.reject(tx, user, at)


async def test_a_question_is_kept_as_it_was_asked(store: Store) -> None:
    async with store.transaction() as tx:
        await asked.note(tx, GIULIA, "quando esce il bando?", "it", "suggest", "general.choose", 0.61, NOW)
    (found,) = await latest(store)
    assert (found.user_id, found.at, found.text) == (GIULIA, NOW, "quando esce il bando?")
    assert (found.language, found.decision, found.label) == ("it", "suggest", "general.choose")
    assert (found.score, found.rejected) == (0.61, False)


async def test_of_a_long_question_the_beginning_is_kept_and_a_nul_is_dropped(store: Store) -> None:
    await note(store, "\0" + "è" * 600)
    (found,) = await latest(store)
    assert found.text == "è" * LONGEST_TEXT


async def test_the_newest_of_ones_own_come_first(store: Store) -> None:
    for number in range(4):
        await note(store, str(number), at=NOW + timedelta(minutes=number))
    await note(store, "another's", user=MARCO)
    assert [each.text for each in await latest(store, count=2)] == ["3", "2"]
    assert [each.text for each in await latest(store, since=NOW + timedelta(minutes=2))] == ["3"]
    assert await latest(store, user=44) == []


async def test_a_rejection_is_of_ones_newest_question_alone(store: Store) -> None:
    await note(store, "first")
    await note(store, "second", at=NOW + timedelta(minutes=1))
    await note(store, "another's", user=MARCO, at=NOW + timedelta(minutes=2))
    await reject(store, NOW + timedelta(minutes=3))
    await reject(store, NOW + timedelta(minutes=4))
    assert [each.text for each in await latest(store) if each.rejected] == ["second"]
    assert not (await latest(store, MARCO))[0].rejected


async def test_a_rejection_an_hour_late_is_of_nothing(store: Store) -> None:
    await reject(store, NOW)
    await note(store, "first")
    await reject(store, NOW + REJECTED_WITHIN)
    assert not (await latest(store))[0].rejected
    await reject(store, NOW + REJECTED_WITHIN - timedelta(seconds=1))
    assert (await latest(store))[0].rejected


async def test_what_was_not_understood_had_no_answer_or_a_wrong_one(store: Store) -> None:
    await note(store, "old", "none", at=NOW - timedelta(days=8))
    await note(store, "nothing", "none")
    await note(store, "answered")
    await note(store, "wrong", at=NOW + timedelta(minutes=1))
    await reject(store, NOW + timedelta(minutes=2))
    await note(store, "suggested", "suggest", at=NOW + timedelta(minutes=3))
    assert await missed(store) == ["wrong", "nothing", "old"]
    assert await missed(store, count=1) == ["wrong"]
    assert await missed(store, since=NOW - timedelta(days=7)) == ["wrong", "nothing"]


async def test_old_questions_are_forgotten(store: Store) -> None:
    await note(store, "old", at=NOW - timedelta(days=366))
    await note(store, "new")
    async with store.transaction() as tx:
        assert await asked.purge(tx, NOW - timedelta(days=365)) == 1
        assert await asked.purge(tx, NOW - timedelta(days=365)) == 0
    assert [each.text for each in await latest(store)] == ["new"]
