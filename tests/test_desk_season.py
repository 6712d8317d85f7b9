"""A call in the tables, where the order of things is awkward: on both databases, driven by what staff press."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.rules.calls import Call
from bot.storage import mailings
from bot.storage.mailings import Report
from bot.storage.rows import MailingRow, MailingState
from bot.storage.store import Store
from tests.deskside import ADA, GIULIA, LEILA, MARCO, NOW, PRESSED, Desk, local

OPEN = "/announce free-mover 2026-11-25 2026-12-20"
PROGRESS = {"chat": ADA.user_id, "message": PRESSED}


@pytest.fixture
async def desk(store: Store) -> Desk:
    desk = Desk(store)
    await desk.follow(GIULIA, MARCO, LEILA)
    await confirmed(desk, OPEN)
    return desk


async def confirmed(desk: Desk, text: str) -> str:
    await desk.commands(text)
    return await desk.presses("Confirm")


async def found(desk: Desk, name: str) -> MailingRow:
    return (await desk.mailings())[f"call:free-mover:2026:{name}"]


async def begun(desk: Desk, name: str, now: datetime = NOW) -> int:
    row = await found(desk, name)
    async with desk.store.transaction() as tx:
        assert await mailings.begin(tx, int(row.id or 0))
        await mailings.fan_out(tx, row, "", lambda at, _: at, now)
    return int(row.id or 0)


async def ended(desk: Desk, name: str) -> None:
    number = await begun(desk, name)
    async with desk.store.transaction() as tx:
        assert await mailings.end(tx, number, Report(recipients=3, delivered=3), NOW)


async def call(desk: Desk) -> Call:
    (only,) = await desk.calls()
    return only


async def test_a_reminder_that_is_stopped_by_a_move_comes_again_before_the_new_closing(desk: Desk) -> None:
    await ended(desk, "opening")
    desk.later(days=12, hours=-1)
    await begun(desk, "closing-7")
    await confirmed(desk, "/move free-mover 2026-11-25 2026-12-31")
    assert (await found(desk, "closing-7")).state == "cancelled"
    fresh = await found(desk, "closing-7:r2")
    assert (fresh.state, fresh.due_at) == ("planned", local(2026, 12, 24, 9))
    assert fresh.about == {"anchor": local(2027, 1, 1).isoformat()}


async def test_what_staff_stopped_is_planned_anew_by_a_move_and_the_preview_says_so(desk: Desk) -> None:
    number = await begun(desk, "opening")
    async with desk.store.transaction() as tx:
        await mailings.stop(tx, [number], MailingState.STOPPED, NOW)
    assert "the call is open: at once (new)" in await desk.commands("/move free-mover 2026-11-26 2026-12-20")
    await desk.presses("Confirm")
    fresh = await found(desk, "opening:r2")
    assert (fresh.state, fresh.due_at, fresh.about["progress"]) == ("planned", NOW, PROGRESS)


async def test_what_was_dropped_is_made_up_for_by_a_move(desk: Desk) -> None:
    row = await found(desk, "closing-7")
    async with desk.store.transaction() as tx:
        await mailings.stop(tx, [int(row.id or 0)], MailingState.DROPPED, NOW)
    await confirmed(desk, "/move free-mover 2026-11-25 2026-12-24")
    assert (await found(desk, "closing-7:r2")).due_at == local(2026, 12, 17, 9)


async def test_corrections_show_their_progress_rather_than_an_opening_planned_anew(desk: Desk) -> None:
    number = await begun(desk, "opening")
    await desk.tell(await call(desk), GIULIA)
    async with desk.store.transaction() as tx:
        await mailings.stop(tx, [number], MailingState.STOPPED, NOW)
    await confirmed(desk, "/move free-mover 2026-11-26 2026-12-20")
    assert "progress" not in (await found(desk, "opening:r2")).about
    assert (await found(desk, "moved:1-2")).about["progress"] == PROGRESS


async def test_a_move_that_is_moved_again_keeps_every_key_its_own(desk: Desk) -> None:
    await ended(desk, "opening")
    for day in (26, 27, 28):
        await confirmed(desk, f"/move free-mover 2026-12-01 2026-12-{day}")
    waiting = [key for key, row in (await desk.mailings()).items() if row.state == "planned"]
    kinds = [row.kind for row in (await desk.mailings()).values() if row.state == "planned" and row.kind != "moved"]
    assert kinds == ["closing-14", "closing-7", "closing-1", "closing-day"]
    assert [key.rpartition(":")[2] for key in waiting if "moved" in key] == ["1-4", "2-4", "3-4"]


async def test_a_correction_expires_with_the_later_of_both_closings(desk: Desk) -> None:
    await confirmed(desk, "/move free-mover 2026-11-25 2026-12-10")
    assert (await found(desk, "moved:1-2")).expires_at == local(2026, 12, 21)
    await confirmed(desk, "/withdraw free-mover")
    assert (await found(desk, "withdrawn:3:1")).expires_at == local(2026, 12, 21)
    assert (await found(desk, "withdrawn:3:2")).expires_at == local(2026, 12, 11)


async def test_a_correction_is_read_before_the_first_closing_that_is_still_ahead(desk: Desk) -> None:
    old, early, late = (local(2026, 12, 21), local(2026, 12, 11), local(2027, 1, 1))
    await confirmed(desk, "/move free-mover 2026-11-25 2026-12-10")
    assert (await found(desk, "moved:1-2")).about["by"] == early.isoformat()
    await confirmed(desk, "/move free-mover 2026-11-25 2026-12-31")
    assert (await found(desk, "moved:1-3")).about["by"] == old.isoformat()
    assert (await found(desk, "moved:2-3")).about["by"] == early.isoformat()
    desk.later(days=12)
    await confirmed(desk, "/move free-mover 2026-11-25 2026-12-30")
    assert (await found(desk, "moved:2-4")).about["by"] == local(2026, 12, 31).isoformat()
    assert (await found(desk, "moved:3-4")).about["by"] == local(2026, 12, 31).isoformat()
    await confirmed(desk, "/withdraw free-mover")
    assert (await found(desk, "withdrawn:5:1")).about["by"] == old.isoformat()
    assert "by" not in (await found(desk, "withdrawn:5:2")).about
    assert (await found(desk, "withdrawn:5:3")).about["by"] == late.isoformat()


async def test_only_those_who_follow_and_want_corrections_are_counted(desk: Desk) -> None:
    await desk.tell(await call(desk), GIULIA, MARCO, LEILA)
    await desk.follow(MARCO, subscribed=["extra-eu"])
    await desk.follow(LEILA, muted=["changes"])
    assert "<b>1</b> (takes" in await desk.commands("/move free-mover 2026-11-25 2026-12-24")
    assert "<b>1</b> (takes" in await desk.commands("/withdraw free-mover")


async def test_copies_on_their_way_are_taken_back_by_a_withdrawal(desk: Desk) -> None:
    number = await begun(desk, "opening")
    await confirmed(desk, "/withdraw free-mover")
    async with desk.store.reading() as tx:
        report = await mailings.report(tx, number)
    assert (report.recipients, report.cancelled) == (3, 3)
    shown = await desk.commands("/deliveries")
    assert "taken back: 3" in shown
    assert "you · withdrawn: Free Mover (#1)" in shown
