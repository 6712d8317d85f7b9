"""Calls as they are kept, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.rules.calls import Call, Dates
from bot.rules.programmes import Programme
from bot.storage import calls
from bot.storage.errors import DatabaseFailed
from bot.storage.rows import CallRow, Informed
from bot.storage.store import Store
from tests.deskside import GIULIA, MARCO, NOW, local

DATES = Dates(local(2027, 1, 15), local(2027, 2, 15, 12), opens_hour=False, closes_hour=True)
WINTER = Call(Programme.ERASMUS_STUDY, DATES, "https://x.it", "note", year=2027)
LATER = Dates(local(2027, 1, 20, 9), local(2027, 2, 20), opens_hour=True, closes_hour=False)


async def add(store: Store, call: Call = WINTER) -> Call:
    async with store.transaction() as tx:
        return await calls.add(tx, call, NOW)


async def get(store: Store, call_id: int) -> Call | None:
    async with store.reading() as tx:
        return await calls.get(tx, call_id)


async def change(store: Store, call: Call) -> bool:
    async with store.transaction() as tx:
        return await calls.change(tx, call, NOW + timedelta(hours=1))


async def test_a_new_call_comes_back_as_it_is_kept(store: Store) -> None:
    call = await add(store)
    assert call == replace(WINTER, id=call.id, name="erasmus-study:2027")
    assert call.id
    assert await get(store, call.id) == call
    assert await get(store, call.id + 1) is None
    bare = await add(store, replace(WINTER, link="", note=""))
    assert await get(store, bare.id) == bare


async def test_every_call_has_a_name_of_its_own(store: Store) -> None:
    names = [(await add(store)).name for _ in range(3)]
    assert names == ["erasmus-study:2027", "erasmus-study:2027:2", "erasmus-study:2027:3"]
    assert (await add(store, replace(WINTER, year=202))).name == "erasmus-study:202"
    assert (await add(store, replace(WINTER, programme=Programme.FREE_MOVER))).name == "free-mover:2027"


async def test_a_change_keeps_what_was_said_before(store: Store) -> None:
    call = await add(store)
    moved = replace(call.moved(LATER), link="https://x.it/new", note="")
    assert await change(store, moved)
    assert await get(store, call.id) == moved
    gone = moved.taken_back()
    assert await change(store, gone)
    kept = await get(store, call.id)
    assert kept == gone
    assert kept.told == (DATES, LATER)
    assert [kept.at_revision(at) for at in (1, 2, 3)] == [DATES, LATER, LATER]
    async with store.reading() as tx:
        row = (await tx.exec(select(CallRow))).one()
    assert (row.announced_at, row.changed_at) == (NOW, NOW + timedelta(hours=1))


async def test_a_change_of_what_somebody_else_changed_is_refused(store: Store) -> None:
    call = await add(store)
    assert await change(store, call.moved(LATER))
    assert not await change(store, call.taken_back())
    assert not await change(store, call)
    kept = await get(store, call.id)
    assert kept
    assert (kept.revision, kept.withdrawn) == (2, False)


async def test_only_one_of_two_changes_at_once_is_kept(store: Store) -> None:
    call = await add(store)
    assert sorted(await asyncio.gather(*(change(store, call.moved(LATER)) for _ in range(4)))) == [False] * 3 + [True]


async def test_calls_are_listed_by_their_opening_until_they_close(store: Store) -> None:
    late = await add(store, replace(WINTER, dates=LATER))
    soon = await add(store)
    assert await change(store, soon.taken_back())
    async with store.reading() as tx:
        assert [call.id for call in await calls.listed(tx, NOW)] == [soon.id, late.id]
        assert [call.id for call in await calls.listed(tx, DATES.closes_at)] == [late.id]
        assert await calls.listed(tx, LATER.closes_at) == []
        assert set(await calls.found(tx, [soon.id, late.id, 99])) == {soon.id, late.id}
        assert await calls.found(tx, []) == {}


async def test_a_call_that_closes_before_it_opens_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)check") as refused:
        await add(store, replace(WINTER, dates=Dates(DATES.closes_at, DATES.opens_at)))
    assert not isinstance(refused.value, DatabaseFailed)


async def test_what_somebody_was_told_last_is_what_counts(store: Store) -> None:
    call = await add(store)
    async with store.transaction() as tx:
        await calls.tell(tx, GIULIA, {call.id: 1}, NOW)
        await calls.tell(tx, MARCO, {call.id: 1}, NOW)
        await calls.tell(tx, GIULIA, {call.id: 2}, NOW)
        await calls.tell(tx, GIULIA, {}, NOW)
    async with store.reading() as tx:
        rows = (await tx.exec(select(Informed))).all()
    assert {(row.user_id, row.revision) for row in rows} == {(GIULIA, 2), (MARCO, 1)}


async def test_those_who_change_calls_take_turns(store: Store) -> None:
    call, seen = await add(store), []

    async def raise_revision() -> None:
        async with store.transaction() as tx:
            await calls.by_turns(tx)
            newest = await calls.get(tx, call.id)
            assert newest
            await asyncio.sleep(0.01)
            seen.append(await calls.change(tx, newest.moved(LATER), NOW))

    await asyncio.gather(*(raise_revision() for _ in range(4)))
    assert seen == [True] * 4


def test_dates_are_kept_to_the_minute_they_were_given() -> None:
    for dates in (DATES, LATER):
        assert calls.unpacked(calls.packed(dates)) == dates
