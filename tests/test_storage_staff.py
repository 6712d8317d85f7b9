"""Drafts of staff and the book of what they did, on both databases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from bot.storage import staff
from bot.storage.rows import Draft, DraftState, Json
from bot.storage.staff import DRAFT_LASTS
from bot.storage.store import Store
from tests.deskside import NOW

ADA, BRUNO = 900, 901


async def draft(store: Store, content: Json, user: int = ADA, awaits: str | None = None, at: datetime = NOW) -> int:
    async with store.transaction() as tx:
        return await staff.draft(tx, user, "move", content, at, awaits)


async def drafted(store: Store, number: int, user: int = ADA) -> Draft | None:
    async with store.reading() as tx:
        return await staff.drafted(tx, user, number)


async def awaiting(store: Store, user: int = ADA, now: datetime = NOW) -> int | None:
    async with store.reading() as tx:
        found = await staff.awaiting(tx, user, now)
    return found.id if found else None


async def settle(store: Store, number: int, state: DraftState = DraftState.DONE) -> bool:
    async with store.transaction() as tx:
        return await staff.settle(tx, number, state)


async def test_a_draft_is_found_by_its_owner_alone(store: Store) -> None:
    number = await draft(store, {"call": 1, "note": "ciao"})
    found = await drafted(store, number)
    assert found
    assert (found.act, found.content, found.state) == ("move", {"call": 1, "note": "ciao"}, DraftState.OPEN)
    assert (found.awaits, found.created_at) == (None, NOW)
    assert await drafted(store, number, BRUNO) is None
    assert await drafted(store, number + 1) is None


async def test_the_newest_draft_alone_waits_for_text(store: Store) -> None:
    first = await draft(store, {}, awaits="dates")
    others = await draft(store, {}, BRUNO, awaits="dates")
    assert await awaiting(store) == first
    second = await draft(store, {}, awaits="en")
    assert await awaiting(store) == second
    await draft(store, {})
    assert await awaiting(store) is None
    assert await awaiting(store, BRUNO) == others
    found = await drafted(store, first)
    assert found
    assert (found.awaits, found.state) == (None, DraftState.OPEN)


async def test_a_draft_waits_for_a_day(store: Store) -> None:
    number = await draft(store, {}, awaits="dates")
    assert await awaiting(store, now=NOW + DRAFT_LASTS - timedelta(seconds=1)) == number
    assert await awaiting(store, now=NOW + DRAFT_LASTS) is None
    assert await settle(store, number)


async def unsettled(store: Store, user: int = ADA, now: datetime = NOW) -> int | None:
    async with store.reading() as tx:
        found = await staff.unsettled(tx, user, now)
    return found.id if found else None


async def test_what_somebody_is_busy_with_waits_for_text_or_is_the_newest_of_today(store: Store) -> None:
    assert await unsettled(store) is None
    await draft(store, {}, BRUNO, awaits="dates")
    first = await draft(store, {})
    second = await draft(store, {})
    assert await unsettled(store) == second
    assert await unsettled(store, now=NOW + DRAFT_LASTS) is None
    async with store.transaction() as tx:
        await staff.redraft(tx, ADA, first, {}, "en")
    assert await unsettled(store) == first
    await settle(store, first)
    assert await unsettled(store) == second
    await settle(store, second, DraftState.CANCELLED)
    assert await unsettled(store) is None


async def test_a_draft_can_change_before_it_is_confirmed(store: Store) -> None:
    number = await draft(store, {}, awaits="dates")
    async with store.transaction() as tx:
        await staff.redraft(tx, ADA, number, {"dates": 1}, None)
    found = await drafted(store, number)
    assert found
    assert (found.content, found.awaits) == ({"dates": 1}, None)


async def test_a_draft_is_settled_once(store: Store) -> None:
    number = await draft(store, {}, awaits="dates")
    assert await settle(store, number, DraftState.CANCELLED)
    assert not await settle(store, number)
    found = await drafted(store, number)
    assert found
    assert (found.state, found.awaits) == (DraftState.CANCELLED, None)
    assert await awaiting(store) is None
    assert not await settle(store, number + 1)


async def test_of_many_who_settle_at_once_one_does(store: Store) -> None:
    number = await draft(store, {})
    assert sorted(await asyncio.gather(*(settle(store, number) for _ in range(5)))) == [False] * 4 + [True]


async def test_the_book_shows_the_newest_first(store: Store) -> None:
    async with store.transaction() as tx:
        for number in range(7):
            at = NOW + timedelta(minutes=number)
            await staff.audit(tx, ADA, "move", f"call:{number}", {"was": {"a": [number]}}, at)
    async with store.reading() as tx:
        acts = await staff.acts(tx, 3)
    assert [act.subject for act in acts] == ["call:6", "call:5", "call:4"]
    assert (acts[0].user_id, acts[0].detail, acts[0].at) == (ADA, {"was": {"a": [6]}}, NOW + timedelta(minutes=6))


async def test_old_drafts_are_forgotten(store: Store) -> None:
    old = await draft(store, {}, at=NOW - timedelta(days=31))
    new = await draft(store, {}, at=NOW)
    async with store.transaction() as tx:
        assert await staff.purge(tx, NOW - timedelta(days=30)) == 1
    assert await drafted(store, old) is None
    assert await drafted(store, new)
