"""Messages to many on both databases, once they are confirmed: undone, stopped, sent again and deleted by staff."""

from __future__ import annotations

from typing import Any

import pytest

from bot.desk.broadcasts import UNDO
from bot.storage import mailings, outbox
from bot.storage.mailings import Mailing
from bot.storage.outbox import Dead
from bot.storage.rows import MailingState, OutboxState
from bot.storage.store import Store
from tests.desks import outbox_of
from tests.office import EVERYBODY, HOUR, NINO, PRY, Office
from tests.scene import StillClock


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def office(store: Store, clock: StillClock) -> Office:
    office = Office(store, clock)
    await office.arrive()
    return office


async def sent(office: Office, clock: StillClock, **fates: Any) -> None:  # noqa: ANN401 - what leaves() takes
    """A broadcast to everybody that went out."""
    await office.broadcast("Dear")
    await office.press("Confirm")
    clock.shift += UNDO
    await office.leaves(**fates)


def button(verb: str, number: int = 1) -> str:
    return f"1|y|{number}|{verb}"


async def test_undone_in_time_reaches_nobody(office: Office, clock: StillClock) -> None:
    await office.broadcast("Dear")
    await office.press("Confirm")
    (shown,) = await office.press("Undo")
    assert shown.endswith("Undone: nobody got it.")
    assert await office.press("Undo") == []
    assert str(office.toast).startswith("This has been undone already")
    clock.shift += UNDO
    await office.leaves()
    (mailing,) = await office.mailings()
    assert (mailing.state, mailing.finished_at) == (MailingState.CANCELLED, clock.now() - UNDO)
    assert [act.act for act in await office.acts()] == ["undo", "broadcast"]
    assert await office.copies(OutboxState.SENT) == []


async def test_too_late_to_undo(office: Office, clock: StillClock) -> None:
    await sent(office, clock, waiting=4)
    assert await office.press("Undo") == []
    assert str(office.toast).startswith("Too late to undo: it is on its way")
    await office.leaves()
    assert await office.press("Undo") == []
    assert str(office.toast).startswith("This is over")
    assert len(await office.copies(OutboxState.SENT)) == 10


async def test_stopped_half_way(office: Office, clock: StillClock) -> None:
    await sent(office, clock, waiting=4)
    (shown,) = await office.tap(button("stop"))
    assert "6" in shown
    (mailing,) = await office.mailings()
    assert mailing.state is MailingState.STOPPED
    assert "✅ delivered: 6\n↩️ taken back: 4" in shown
    assert mailing.report == {}, "what is in flight may still arrive"
    assert await office.tap(button("stop")) == []
    assert office.toast == "This has been stopped already."
    await office.leaves()
    assert await office.copies(OutboxState.SENT) == list(EVERYBODY)[:6]
    assert await office.copies(OutboxState.CANCELLED) == list(EVERYBODY)[6:]
    assert [act.act for act in await office.acts()] == ["stop", "broadcast"]


async def test_again_goes_to_those_for_whom_it_failed(office: Office, clock: StillClock) -> None:
    await sent(office, clock, failing=[101, 102], blocked=[103])
    (shown,) = await office.tap(button("again"))
    assert "8" in shown
    assert str(office.toast).endswith("failed: 2.")
    assert await office.tap(button("again")) == []
    assert str(office.toast).startswith("There is no copy that failed")
    await office.leaves()
    assert await office.copies(OutboxState.DEAD) == [103]
    assert [act.act for act in await office.acts()] == ["again", "broadcast"]


async def test_again_after_a_stop_goes_to_nobody_new(office: Office, clock: StillClock) -> None:
    await office.broadcast("Dear")
    await office.press("Confirm")
    clock.shift += UNDO
    async with office.store.transaction() as tx:
        await mailings.begin(tx, 1)
        row = await mailings.get(tx, 1)
        assert row is not None
        await mailings.fan_out(tx, row, "", lambda at, _: at, clock.now())
        copies = await outbox.claim(tx, owner="me", now=clock.now(), lease_until=clock.now() + HOUR, limit=999)
        await outbox.settle(tx, "me", [Dead(each.id, "refused") for each in copies], clock.now())
    await office.tap(button("stop"))
    await office.tap(button("again"))
    (mailing,) = await office.mailings()
    assert mailing.state is MailingState.SENDING
    assert mailing.fanned_at is not None


async def test_deleted_after_a_second_question(office: Office, clock: StillClock) -> None:
    await sent(office, clock, blocked=[103])
    (shown,) = await office.tap(button("delete"))
    assert "48 hours" not in shown
    assert await office.ways() == ["Delete it (people: 9)", "Keep it"]
    await office.press("Delete it (people: 9)")
    _, deletion = await office.mailings()
    assert (deletion.key, deletion.kind, deletion.state) == ("deletion:1", "deletion", MailingState.SENDING)
    assert (deletion.about["of"], deletion.about["progress"]["message"], deletion.recipients) == (1, 77, 9)
    rows = [row for row in await outbox_of(office.store) if row.mailing_id == deletion.id]
    assert {(row.chat_id, row.message_id) for row in rows} == {(n, n * 10) for n in EVERYBODY if n != 103}
    assert {row.method for row in rows} == {"delete"}
    for verb in ("delete", "erase", "keep", "again"):
        assert await office.tap(button(verb)) == []
        assert str(office.toast).startswith("This has been deleted already")
    assert [act.act for act in await office.acts()] == ["delete", "broadcast"]
    await office.leaves()
    assert len(await office.copies(OutboxState.SENT, 2)) == 9


async def test_kept_is_kept(office: Office, clock: StillClock) -> None:
    await sent(office, clock)
    await office.tap(button("delete"))
    await office.press("Keep it")
    assert office.toast == "It stays."
    assert await office.ways() == ["Delete it from the chats"]
    assert len(await office.mailings()) == 1


async def test_nothing_is_deleted_that_telegram_would_refuse(office: Office, clock: StillClock) -> None:
    await sent(office, clock)
    clock.shift += 47 * HOUR
    assert await office.tap(button("delete"))
    clock.shift += 0.9 * HOUR
    assert await office.tap(button("delete")) == []
    assert str(office.toast).startswith("Nothing can be deleted")


async def test_what_is_older_than_two_days_stays(office: Office, clock: StillClock) -> None:
    await sent(office, clock, failing=[101, 102])
    clock.shift += 40 * HOUR
    await office.tap(button("again"))
    await office.leaves()
    clock.shift += 10 * HOUR
    (shown,) = await office.tap(button("delete"))
    assert "It stays with those who got it more than 48 hours ago (8)" in shown
    erase = await office.find("Delete it (people: 2)")
    clock.shift += 40 * HOUR
    assert await office.tap(erase) == []
    assert str(office.toast).startswith("Nothing can be deleted")
    assert len(await office.mailings()) == 1


async def test_nothing_is_deleted_while_copies_are_on_their_way(office: Office, clock: StillClock) -> None:
    await sent(office, clock, waiting=1)
    for verb in ("delete", "erase"):
        assert await office.tap(button(verb)) == []
        assert str(office.toast).startswith("Some copies are still on their way")


async def test_only_staff_reach_what_is_on_its_way(office: Office, clock: StillClock) -> None:
    await sent(office, clock, failing=[101], waiting=2)
    for verb in ("undo", "stop", "again", "delete", "erase", "keep"):
        assert await office.tap(button(verb), PRY) == []
        assert office.toast == office.voice.plain("en", "staff.not-yours")
    (mailing,) = await office.mailings()
    assert mailing.state is MailingState.SENDING
    await office.tap(button("stop"), NINO)
    assert (await office.mailings())[0].state is MailingState.STOPPED


async def test_alerts_are_stopped_and_repeated_the_same_way(office: Office, clock: StillClock) -> None:
    alert = Mailing("usual:free-mover:2027-01", "usual", "programme:free-mover", clock.now(), programme="free-mover")
    async with office.store.transaction() as tx:
        await mailings.plan(tx, alert, clock.now())
    await office.leaves(failing=[100], waiting=2)
    for verb in ("undo", "delete", "erase", "keep", "anything"):
        assert await office.tap(button(verb)) == []
        assert office.toast == office.voice.plain("en", "toast.old")
    assert await office.tap(button("stop"))
    assert await office.tap(button("again"))
    assert str(office.toast).endswith("failed: 1.")
    assert [act.act for act in await office.acts()] == ["again", "stop"]
