"""Proposals are decided once, and what was asked the same is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.storage import asked, outbox, proposals, students
from bot.storage.outbox import ALERT, Outgoing
from bot.storage.proposals import APPROVED, REJECTED, WITHDRAWN
from bot.storage.store import Store

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADA, TINA, GIULIA = 900, 950, 42


async def test_the_first_to_decide_decides(store: Store) -> None:
    async with store.transaction() as tx:
        number = await proposals.add(tx, {"a": 1}, None, TINA, NOW)
        assert [each.id for each in await proposals.undecided(tx)] == [number]
        assert await proposals.decide(tx, number, APPROVED, ADA, NOW, content={"number": 3})
        assert not await proposals.decide(tx, number, REJECTED, TINA, NOW)
        kept = await proposals.get(tx, number, hold=True)
        assert kept
        assert (kept.state, kept.decided_by, kept.content, kept.made_by) == (APPROVED, ADA, {"number": 3}, TINA)
        assert await proposals.undecided(tx) == []
        assert await proposals.get(tx, 99) is None


async def test_what_was_approved_can_be_withdrawn_once(store: Store) -> None:
    async with store.transaction() as tx:
        number = await proposals.add(tx, {"number": 1}, None, TINA, NOW)
        assert not await proposals.decide(tx, number, WITHDRAWN, ADA, NOW, before=APPROVED)
        assert await proposals.decide(tx, number, APPROVED, ADA, NOW)
        assert await proposals.decide(tx, number, WITHDRAWN, ADA, NOW, before=APPROVED)
        assert [each.state for each in await proposals.decided(tx)] == [WITHDRAWN]


async def test_every_decision_changes_the_stamp(store: Store) -> None:
    async with store.transaction() as tx:
        stamps = [await proposals.stamp(tx)]
        number = await proposals.add(tx, {}, None, TINA, NOW)
        assert await proposals.stamp(tx) == stamps[0]
        await proposals.decide(tx, number, APPROVED, ADA, NOW)
        stamps.append(await proposals.stamp(tx))
        await proposals.decide(tx, number, WITHDRAWN, ADA, NOW + timedelta(seconds=1), before=APPROVED)
        stamps.append(await proposals.stamp(tx))
        await proposals.add(tx, {"number": 4}, None, ADA, NOW, WITHDRAWN)
        stamps.append(await proposals.stamp(tx))
        assert len(set(stamps)) == 4
        await proposals.keep(tx, number, {"told": 2})
        assert await proposals.stamp(tx) == stamps[-1]


async def test_what_got_no_answer_is_found_newest_first(store: Store) -> None:
    async with store.transaction() as tx:
        for text, decision, label, days in (
            ("old", "none", None, 91),
            ("unknown", "none", None, 3),
            ("unsure", "suggest", "general.desk", 2),
            ("known", "answer", "general.desk", 1),
        ):
            await asked.note(tx, GIULIA, text, "en", decision, label, 0.5, NOW - timedelta(days=days))
        since = NOW - timedelta(days=90)
        assert [each.text for each in await proposals.unanswered(tx, since, 9)] == ["unsure", "unknown"]
        assert [each.text for each in await proposals.unanswered(tx, since, 1)] == ["unsure"]
        assert [each.text for each in await proposals.unanswered(tx, since, 9, ["general.human"])] == ["unknown"]
        assert await proposals.asked_for(tx, ["general.desk", "desk.1"], since) == {"general.desk": 1}
        await asked.reject(tx, GIULIA, NOW - timedelta(days=1))
        assert [each.text for each in await proposals.unanswered(tx, since, 9)] == ["known", "unsure", "unknown"]


async def test_what_has_not_left_is_taken_back(store: Store) -> None:
    async with store.transaction() as tx:
        keys = ["faq:1:chat:42", "faq:1:chat:43:1", "faq:11:chat:42", "faq:1:live:0"]
        await outbox.enqueue(tx, [Outgoing(key, 42, "send", {"text": "x"}, ALERT, NOW) for key in keys], NOW)
        assert await proposals.hush(tx, 1, NOW) == 2


async def test_nobody_is_named_once_they_are_forgotten(store: Store) -> None:
    async with store.transaction() as tx:
        mine = await proposals.add(tx, {"by": "Tina", "admins": [900, TINA]}, None, TINA, NOW)
        other = await proposals.add(tx, {"by": "Ugo", "admins": [900, TINA]}, None, 801, NOW)
        await students.erase(tx, TINA)
        found = [await proposals.get(tx, number) for number in (mine, other)]
    assert [each and (each.made_by, each.content) for each in found] == [
        (None, {"admins": [900]}), (801, {"by": "Ugo", "admins": [900]})
    ]  # fmt: skip
