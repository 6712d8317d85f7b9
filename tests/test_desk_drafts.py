"""What staff began and did not finish: given up by /cancel, previewed anew after a day, waiting where it is no text."""

from __future__ import annotations

import pytest

from bot.desk.arrival import Who
from bot.desk.broadcasts import Broadcasts
from bot.desk.calls import Calls
from bot.rules.letters import Voice
from bot.storage.store import Store
from tests import book
from tests.deskside import ADA, BRUNO, ROME, WINTER, Desk, announced

MALLORY = Who(77, "it", "Mallory")
OLD = "⚠️ That preview was more than a day old. Nothing was done"
MOVE = "/move erasmus-study 2027-01-20 2027-02-20"


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, rooms=(Calls(), Broadcasts(Voice(book.knowledge(), ROME))))


async def cancels(desk: Desk, who: Who = ADA) -> str | None:
    number = next(desk.updates)
    return await desk._heard(number, who) if await desk.door.commands(number, who, "cancel") else None


# Given up


async def test_the_open_draft_is_given_up_and_named(desk: Desk) -> None:
    assert await cancels(desk) is None
    await desk.commands(WINTER)
    confirm = desk.button("Confirm")
    shown = await cancels(desk)
    assert shown == "Given up: announcing Erasmus+ study. Nothing was changed, nothing was sent."
    assert await cancels(desk) is None
    await desk.taps(confirm)
    assert desk.toast == "This has been dealt with already."
    assert await desk.calls() == []
    assert [(act.act, act.detail["cancelled"]) for act in await desk.acts()] == [("announce", True)]


async def test_what_waits_for_text_is_given_up_first(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/move #1")
    await desk.commands("/broadcast", BRUNO)
    shown = await cancels(desk)
    assert shown
    assert shown.startswith("Given up: moving Erasmus+ study (#1).")
    assert await desk.writes("2027-01-20 2027-02-20") is None
    assert await cancels(desk, BRUNO) == "Given up: the broadcast. Nothing was changed, nothing was sent."


async def test_a_choice_is_given_up_too(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/withdraw")
    assert await cancels(desk) == "Given up: withdrawing a call. Nothing was changed, nothing was sent."


async def test_what_is_a_day_old_or_anothers_is_left_to_the_student(desk: Desk) -> None:
    await desk.commands(WINTER)
    assert await cancels(desk, BRUNO) is None
    assert await cancels(desk, MALLORY) is None
    desk.later(days=1)
    assert await cancels(desk) is None


async def test_the_same_cancel_twice_gives_up_one_thing(desk: Desk) -> None:
    await desk.commands(WINTER)
    await desk.commands(WINTER)
    for _ in range(2):
        await desk.door.commands(70, ADA, "cancel")
    assert [draft.state for draft in await desk.drafts()] == ["open", "cancelled"]


# A day later


async def test_an_announcement_of_yesterday_is_previewed_anew(desk: Desk) -> None:
    await desk.commands(WINTER)
    desk.later(days=1)
    shown = await desk.presses("Confirm")
    assert shown.startswith(OLD)
    assert "To be announced" in shown
    assert await desk.calls() == []
    assert "Announced" in await desk.presses("Confirm")
    assert len(await desk.calls()) == 1


async def test_an_announcement_whose_call_is_over_is_over(desk: Desk) -> None:
    await desk.commands(WINTER)
    desk.later(days=90)
    assert "Meanwhile the closing has passed" in await desk.presses("Confirm")


async def test_a_move_of_yesterday_is_previewed_anew(desk: Desk) -> None:
    await announced(desk)
    await desk.commands(MOVE)
    desk.later(days=1)
    shown = await desk.presses("Confirm")
    assert shown.startswith(OLD)
    assert "To be moved" in shown
    assert (await desk.calls())[0].revision == 1
    await desk.presses("Confirm")
    assert (await desk.calls())[0].revision == 2


async def test_a_withdrawal_of_yesterday_is_previewed_anew(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/withdraw #1")
    desk.later(days=2)
    assert (await desk.presses("Confirm")).startswith(OLD)
    assert not (await desk.calls())[0].withdrawn
    await desk.presses("Confirm")
    assert (await desk.calls())[0].withdrawn


# What is understood, and what is not


@pytest.mark.parametrize("rest", ["#5", "please", "2027-01-01 2027-02-01"])
async def test_one_call_is_withdrawn_at_a_time(desk: Desk, rest: str) -> None:
    await announced(desk)
    shown = await desk.commands(f"/withdraw #1 {rest}")
    assert shown == f"I withdraw one call at a time and read nothing after it: please write it without “{rest}”."
    assert [draft.act for draft in await desk.drafts()] == ["announce"]


async def test_programmes_may_be_named_as_students_name_them(desk: Desk) -> None:
    shown = await desk.commands("/announce erasmus study 2027-01-15 2027-02-15T12.00 www.unimi.it/bando Places")
    assert "To be announced: Erasmus+ study" in shown
    assert "15 February 2027, 12:00" in shown
    assert '<a href="https://www.unimi.it/bando">' in shown
    await desk.presses("Confirm")
    assert "To be moved" in await desk.commands("/move Erasmus+ study 2027-01-20 2027-02-20")
    assert "To be withdrawn" in await desk.commands("/withdraw erasmus studio")


async def test_the_example_after_a_fault_is_for_what_was_named(desk: Desk) -> None:
    assert "<code>/announce free-mover 2026-" in await desk.commands("/announce free mover tomorrow 2027-01-01")
    assert "<code>/announce erasmus-study 2026-" in await desk.commands("/announce")


# What is no text, and who hears of which commands


async def test_what_is_no_text_does_not_answer_a_question_for_text(desk: Desk) -> None:
    assert await desk.sends_photo() is None
    await desk.commands("/broadcast all")
    assert await desk.sends_photo(MALLORY) is None
    shown = "Only text can be broadcast; I am still waiting for the English text (/cancel gives up)."
    assert await desk.sends_photo() == shown
    await desk.writes("Dear")
    assert "the Italian text" in str(await desk.sends_photo())
    await desk.writes("Cari")
    assert await desk.sends_photo() is None
    await announced(desk)
    await desk.commands("/move #1")
    assert "the new dates" in str(await desk.sends_photo())
    desk.later(days=1)
    assert await desk.sends_photo() is None


@pytest.mark.parametrize("command", ["start", "help", "HELP"])
async def test_staff_hear_of_their_commands_once(desk: Desk, command: str) -> None:
    for _ in range(2):
        await desk.door.commands(7, ADA, command)
    said, named = await desk._heard(7, ADA), desk.voice.say("en", "staff.commands")
    assert said.count(named) == 1
    assert all(f"/{name}" in named for name in desk.staff.commands)
    assert desk.voice.say("it", "staff.commands") not in await desk.commands(f"/{command}", MALLORY)
