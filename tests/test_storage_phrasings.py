"""What questions mean is kept beside the answers proposed, apart from them, and no longer than the questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.rules.answers import Phrasing
from bot.storage import asked, phrasings, proposals, students
from bot.storage.phrasings import Kind, Question, phrasing_of, question
from bot.storage.proposals import APPROVED, OPEN, REJECTED, WITHDRAWN
from bot.storage.store import Store, Transaction
from bot.storage.ticket_rows import Asked

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADA, TINA, GIULIA, MARCO = 900, 950, 42, 43


async def wondered(tx: Transaction, text: str, user: int = GIULIA, at: datetime = NOW) -> Asked:
    await asked.note(tx, user, text, "en", "none", None, 0.1, at)
    return (await asked.latest(tx, user, 1, at - timedelta(seconds=1)))[0]


async def taken(tx: Transaction, row: Asked, state: str = APPROVED, label: str | None = "general.desk") -> int:
    content = {"label": label, "lang": "en", "text": row.text, "asked": list(question(row)), "by": "Tina"}
    return await phrasings.add(tx, Kind.PHRASING, content, TINA, NOW, state)


async def left(tx: Transaction, row: Asked) -> int:
    return await phrasings.add(tx, Kind.LEFT, {"asked": list(question(row))}, ADA, NOW)


async def test_a_phrasing_is_no_answer_and_an_answer_no_phrasing(store: Store) -> None:
    async with store.transaction() as tx:
        answer = await proposals.add(tx, {"number": 1}, None, TINA, NOW, APPROVED)
        waiting = await proposals.add(tx, {"a": 1}, None, TINA, NOW)
        made, offered = await taken(tx, await wondered(tx, "a")), await taken(tx, await wondered(tx, "b"), OPEN)
        nothing = await left(tx, await wondered(tx, "c"))
        assert [each.id for each in await proposals.decided(tx)] == [answer]
        assert [each.id for each in await proposals.undecided(tx)] == [waiting]
        assert await proposals.get(tx, made) is None
        assert [each.id for each in await phrasings.every(tx, APPROVED)] == [made]
        assert [each.id for each in await phrasings.every(tx, OPEN, APPROVED)] == [made, offered]
        assert await phrasings.get(tx, answer) is None
        assert await phrasings.get(tx, nothing) is None
        assert await phrasings.get(tx, nothing, Kind.LEFT, hold=True)
        kept = await phrasings.get(tx, made, hold=True)
    assert kept
    assert phrasing_of(kept) == Phrasing("general.desk", "en", "a")


async def test_every_decision_changes_the_stamp_of_the_answers_too(store: Store) -> None:
    async with store.transaction() as tx:
        before = await proposals.stamp(tx)
        await taken(tx, await wondered(tx, "a"))
        assert await proposals.stamp(tx) != before


async def test_what_is_settled_is_what_waits_or_was_taken_in_or_left(store: Store) -> None:
    async with store.transaction() as tx:
        rows = [await wondered(tx, text, at=NOW + timedelta(minutes=at)) for at, text in enumerate("abcde")]
        await taken(tx, rows[0])
        await taken(tx, rows[1], OPEN, None)
        await left(tx, rows[2])
        for row, state in ((rows[3], REJECTED), (rows[4], WITHDRAWN)):
            await taken(tx, row, state)
        found = await phrasings.settled(tx)
    names: list[Question] = [question(row) for row in rows]
    assert found == {names[2]: "", names[1]: "b", names[0]: "a"}
    assert list(found) == [names[2], names[1], names[0]]


async def test_with_a_question_goes_what_is_not_decided_on_it(store: Store) -> None:
    async with store.transaction() as tx:
        theirs = [await wondered(tx, text, at=NOW + timedelta(minutes=at)) for at, text in enumerate("abc")]
        other = await wondered(tx, "d", MARCO)
        kept = [await taken(tx, theirs[0]), await taken(tx, other, OPEN), await left(tx, other)]
        await taken(tx, theirs[1], OPEN)
        await left(tx, theirs[2])
        assert await phrasings.purge(tx) == 0
        await students.erase(tx, GIULIA)
        again = await wondered(tx, "e", MARCO, NOW + timedelta(hours=1))
        assert question(again) not in await phrasings.settled(tx)  # its number may be that of one that is gone
        assert await phrasings.purge(tx) == 0
        found = [*await phrasings.every(tx, OPEN, APPROVED), await phrasings.get(tx, kept[2], Kind.LEFT)]
    assert [each and each.id for each in found] == kept


async def test_whoever_proposed_is_forgotten_but_not_what(store: Store) -> None:
    async with store.transaction() as tx:
        made = await taken(tx, await wondered(tx, "a"))
        await students.erase(tx, TINA)
        row = await phrasings.get(tx, made)
    assert row
    assert (row.made_by, row.content["text"], "by" in row.content) == (None, "a", False)


async def test_questions_are_found_by_number(store: Store) -> None:
    async with store.transaction() as tx:
        one, two = [await wondered(tx, text, at=NOW + timedelta(minutes=at)) for at, text in enumerate("ab")]
        numbers = {int(one.id or 0), int(two.id or 0), 99}
        assert [each.text for each in await asked.some(tx, numbers)] == ["b", "a"]
        assert [each.text for each in await asked.some(tx, numbers, 1)] == ["b"]
        assert await asked.some(tx, ()) == []
