"""Calls moved and withdrawn by staff, on both databases: what is said, and what the tables hold then."""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.rules.calls import Dates
from bot.storage import calls, mailings
from bot.storage.rows import MailingRow
from bot.storage.store import Store
from tests.deskside import (
    ADA,
    BRUNO,
    DATES,
    GIULIA,
    KINDS,
    LEILA,
    MARCO,
    NAME,
    NOW,
    PRESSED,
    WINTER,
    Desk,
    announced,
    local,
)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def states(rows: dict[str, MailingRow]) -> dict[str, str]:
    return {key.removeprefix(f"call:{NAME}:"): str(row.state) for key, row in rows.items()}


MOVED = "/move erasmus-study 2027-01-20 2027-02-22"


async def test_a_preview_of_a_move_says_who_hears_of_it_and_what_becomes_of_the_alerts(desk: Desk) -> None:
    await desk.follow(GIULIA, MARCO, LEILA)
    call = await announced(desk)
    await desk.tell(call, GIULIA, MARCO)
    shown = await desk.commands(MOVED)
    assert "To be moved: Erasmus+ study</b> (#1)" in shown
    assert "Was: 15 January 2027" in shown
    assert "Now: 20 January 2027" in shown
    assert "Era: 15 gennaio 2027" in shown
    assert "<b>2</b> (takes 1 s)" in shown
    assert re.search("the call is open: .*20 January 2027, 09:00.* – before: .*15 January 2027, 09:00", shown)
    assert desk.captions() == ["Confirm", "Cancel"]
    assert (await desk.calls())[0].revision == 1


async def test_a_move_retimes_what_waits_and_corrects_exactly_what_was_told(desk: Desk) -> None:
    await desk.follow(GIULIA, MARCO)
    call = await announced(desk, WINTER)
    await desk.tell(call, GIULIA)
    await desk.commands(MOVED)
    shown = await desk.presses("Confirm")
    assert "Moved: Erasmus+ study" in shown
    (after,) = await desk.calls()
    new = Dates(local(2027, 1, 20), local(2027, 2, 23))
    assert (after.revision, after.dates, after.told) == (2, new, (DATES,))
    assert (after.link, after.note) == (call.link, call.note)
    rows = await desk.mailings()
    assert list(states(rows)) == [*KINDS, "moved:1-2"]
    assert [row.due_at for row in list(rows.values())[:5]] == [
        local(2027, 1, 20, 9), local(2027, 2, 8, 9), local(2027, 2, 15, 9), local(2027, 2, 21, 9),
        local(2027, 2, 22, 9),
    ]  # fmt: skip
    assert rows[f"call:{NAME}:opening"].about == {"anchor": new.opens_at.isoformat()}
    assert rows[f"call:{NAME}:closing-7"].about == {"anchor": new.closes_at.isoformat()}
    told = rows[f"call:{NAME}:moved:1-2"]
    assert (told.audience, told.due_at) == (f"told:erasmus-study:{call.id}:1", NOW)
    assert told.expires_at == new.closes_at
    assert told.about == {
        "from": 1,
        "to": 2,
        "by": DATES.closes_at.isoformat(),
        "progress": {"chat": ADA.user_id, "message": PRESSED},
    }
    act = (await desk.acts())[-1]
    assert (act.act, act.subject) == ("move", NAME)
    assert (act.detail["was"], act.detail["dates"]) == (calls.packed(DATES), calls.packed(new))


async def test_where_nobody_was_told_the_message_stays_as_it_is(desk: Desk) -> None:
    await announced(desk)
    assert "Nobody who still follows it has been told" in await desk.commands(MOVED)
    assert "Nobody who still follows it has been told" in await desk.presses("Confirm")
    assert "progress" not in (await desk.mailings())[f"call:{NAME}:moved:1-2"].about


async def test_moving_back_and_forth_corrects_each_revision_that_differs(desk: Desk) -> None:
    await desk.follow(GIULIA, MARCO, LEILA)
    call = await announced(desk)
    await desk.tell(call, GIULIA)
    await desk.commands(MOVED)
    await desk.presses("Confirm")
    await desk.tell((await desk.calls())[0], MARCO)
    await desk.commands("/move #1 2027-01-15 2027-02-15T12:00")
    await desk.presses("Confirm")
    found = states(await desk.mailings())
    assert found["moved:1-2"] == "cancelled"
    assert {key for key, state in found.items() if key.startswith("moved") and state == "planned"} == {"moved:2-3"}
    await desk.commands("/move #1 2027-01-25 2027-02-25")
    assert "<b>2</b>" in await desk.presses("Confirm")
    rows = await desk.mailings()
    waiting = [key for key, state in states(rows).items() if key.startswith("moved") and state == "planned"]
    assert waiting == ["moved:1-4", "moved:2-4", "moved:3-4"]
    assert ["progress" in rows[f"call:{NAME}:{key}"].about for key in waiting] == [True, False, False]


async def test_an_opening_under_way_that_is_no_longer_true_is_stopped_and_planned_anew(desk: Desk) -> None:
    await desk.follow(GIULIA, MARCO)
    await announced(desk, "/announce free-mover 2026-11-25 2026-12-20")
    rows = await desk.mailings()
    opening = rows["call:free-mover:2026:opening"]
    async with desk.store.transaction() as tx:
        assert await mailings.begin(tx, int(opening.id or 0))
        assert await mailings.fan_out(tx, opening, "opening", lambda at, _: at, NOW) is False
    shown = await desk.commands("/move free-mover 2026-12-05 2026-12-20")
    assert "the call is open: taken back" in shown
    await desk.presses("Confirm")
    rows = await desk.mailings()
    assert rows["call:free-mover:2026:opening"].state == "cancelled"
    fresh = rows["call:free-mover:2026:opening:r2"]
    assert (fresh.state, fresh.due_at) == ("planned", local(2026, 12, 5, 9))
    async with desk.store.reading() as tx:
        report = await mailings.report(tx, int(opening.id or 0))
    assert (report.cancelled, report.waiting) == (2, 0)


async def test_an_opening_that_was_told_is_not_told_again_while_the_call_is_open(desk: Desk) -> None:
    await announced(desk, "/announce free-mover 2026-11-25 2026-12-20")
    opening = (await desk.mailings())["call:free-mover:2026:opening"]
    async with desk.store.transaction() as tx:
        await mailings.begin(tx, int(opening.id or 0))
        await mailings.end(tx, int(opening.id or 0), mailings.Report(), NOW)
    await desk.commands("/move free-mover 2026-11-20 2026-12-28")
    await desk.presses("Confirm")
    rows = await desk.mailings()
    assert [key for key in rows if "opening" in key] == ["call:free-mover:2026:opening"]
    assert rows["call:free-mover:2026:closing-14"].due_at == local(2026, 12, 14, 9)


async def test_an_opening_that_moves_into_the_past_goes_at_once_and_shows_its_progress(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/move erasmus-study 2026-11-30 2027-02-15T12:00")
    assert "at once" in await desk.presses("Confirm")
    assert (await desk.mailings())[f"call:{NAME}:opening"].due_at == NOW


async def test_a_link_or_note_given_with_a_move_replaces_the_old_one(desk: Desk) -> None:
    await announced(desk, WINTER)
    await desk.commands(f"{MOVED} https://www.unimi.it/new")
    await desk.presses("Confirm")
    (call,) = await desk.calls()
    assert (call.link, call.note) == ("https://www.unimi.it/new", "Places for <12>")


async def test_the_link_alone_can_change_and_nobody_is_written_to_for_it(desk: Desk) -> None:
    await desk.follow(GIULIA)
    await desk.tell(await announced(desk, WINTER), GIULIA)
    shown = await desk.commands("/move erasmus-study 2027-01-15 2027-02-15T12:00 https://www.unimi.it/new")
    assert "The dates stay" in shown
    assert 'href="https://www.unimi.it/new"' in shown
    assert "Changed: Erasmus+ study" in await desk.presses("Confirm")
    assert (await desk.calls())[0].link == "https://www.unimi.it/new"
    assert list(states(await desk.mailings())) == KINDS


async def test_moving_to_the_dates_that_hold_already_is_said_and_drafts_nothing(desk: Desk) -> None:
    await announced(desk, WINTER)
    shown = await desk.commands("/move erasmus-study 2027-01-15 2027-02-15T12:00")
    assert "has these very dates already" in shown
    assert len(await desk.drafts()) == 1


async def test_without_arguments_the_living_calls_are_buttons_and_the_dates_are_the_next_text(desk: Desk) -> None:
    await announced(desk)
    await announced(desk, "/announce free-mover 2027-03-01 2027-03-31")
    await desk.commands("/move")
    assert desk.captions() == [
        "#1 Erasmus+ study: 15 January 2027 – 15 February 2027", "#2 Free Mover: 1 March 2027 – 31 March 2027",
        "Cancel",
    ]  # fmt: skip
    shown = await desk.presses("#2 Free Mover: 1 March 2027 – 31 March 2027")
    assert "Write the two new dates" in shown
    assert await desk.writes("tomorrow") is not None
    assert "not a date" in str(await desk.writes("soon later"))
    assert "very dates already" in str(await desk.writes("2027-03-01 2027-03-31"))
    assert "To be moved: Free Mover" in str(await desk.writes("2027-03-08 2027-04-08T12:00"))
    assert await desk.writes("anything else") is None
    assert "Moved: Free Mover" in await desk.presses("Confirm")
    assert (await desk.calls())[1].dates.closes_at == local(2027, 4, 8, 12)


async def test_a_programme_with_two_living_calls_asks_which_and_keeps_the_dates(desk: Desk) -> None:
    await announced(desk, "/announce free-mover 2027-03-01 2027-03-31")
    await announced(desk, "/announce free-mover 2027-09-01 2027-09-30")
    await desk.commands("/move free-mover 2027-09-08 2027-10-08")
    assert len(desk.captions()) == 3
    shown = await desk.presses("#2 Free Mover: 1 September 2027 – 30 September 2027")
    assert "To be moved: Free Mover</b> (#2)" in shown


@pytest.mark.parametrize("act", ["move", "withdraw"])
async def test_where_no_call_lives_the_way_on_is_to_announce_one(desk: Desk, act: str) -> None:
    assert "/announce" in await desk.commands(f"/{act}")
    assert "No call of Free Mover" in await desk.commands(f"/{act} free-mover")
    assert "There is no call #7" in await desk.commands(f"/{act} #7")
    assert "There is no programme “moon”" in await desk.commands(f"/{act} moon")
    assert "Did you mean <code>extra-eu</code>?" in await desk.commands(f"/{act} extra-eeu")
    assert await desk.drafts() == []


async def test_broken_dates_of_a_move_are_said_with_the_number_of_the_call(desk: Desk) -> None:
    await announced(desk)
    shown = await desk.commands("/move erasmus-study 2027-02-30")
    assert "I need two dates" in shown
    assert "<code>/move #1 " in shown


async def test_a_call_that_changed_meanwhile_is_shown_anew_and_not_moved(desk: Desk) -> None:
    call = await announced(desk)
    await desk.commands(MOVED)
    await desk.change(call.moved(Dates(local(2027, 1, 18), local(2027, 2, 18))))
    shown = await desk.presses("Confirm")
    assert "Meanwhile somebody changed this call" in shown
    assert "Was: 18 January 2027" in shown
    assert (await desk.calls())[0].revision == 2
    assert "Moved" in await desk.presses("Confirm")
    assert (await desk.calls())[0].revision == 3


async def test_a_call_that_somebody_moved_to_these_very_dates_needs_no_second_move(desk: Desk) -> None:
    await announced(desk)
    await desk.commands(MOVED)
    await desk.commands(MOVED, BRUNO)
    await desk.presses("Confirm", BRUNO)
    assert "to these very dates" in await desk.presses("Confirm")
    assert (await desk.calls())[0].revision == 2


@pytest.mark.parametrize("text", [MOVED, "/withdraw #1"])
async def test_two_who_confirm_at_the_same_moment_do_it_once(desk: Desk, text: str) -> None:
    await announced(desk)
    await desk.commands(text)
    await desk.commands(text, BRUNO)
    pressed = ((ADA, desk.button("Confirm")), (BRUNO, desk.button("Confirm", BRUNO)))
    await asyncio.gather(*(desk.door.taps(900 + at, who, data, PRESSED) for at, (who, data) in enumerate(pressed)))
    assert (await desk.calls())[0].revision == 2


@pytest.mark.parametrize("text", [MOVED, "/withdraw erasmus-study"])
async def test_a_call_withdrawn_meanwhile_is_left_alone(desk: Desk, text: str) -> None:
    call = await announced(desk)
    await desk.commands(text)
    await desk.change(call.taken_back())
    assert "has closed or was withdrawn" in await desk.presses("Confirm")
    assert (await desk.calls())[0].revision == 2


async def test_new_dates_that_passed_before_they_were_confirmed_change_nothing(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/move erasmus-study 2026-12-01 2026-12-05")
    desk.later(days=10)
    assert "Meanwhile the closing has passed" in await desk.presses("Confirm")
    assert (await desk.calls())[0].revision == 1


async def test_a_call_chosen_from_the_list_or_written_for_may_be_gone(desk: Desk) -> None:
    call = await announced(desk)
    await desk.commands("/move")
    button = desk.button(desk.captions()[0])
    await desk.taps(button)
    await desk.commands("/withdraw")
    await desk.change(call.taken_back())
    assert "has closed or was withdrawn" in await desk.presses(desk.captions()[0])


async def test_the_dates_of_a_call_that_is_gone_are_not_waited_for(desk: Desk) -> None:
    call = await announced(desk)
    await desk.commands("/move #1")
    await desk.change(call.taken_back())
    assert "has closed or was withdrawn" in str(await desk.writes("2027-01-20 2027-02-22"))
    assert await desk.writes("2027-01-20 2027-02-22") is None


async def test_giving_up_the_dates_is_written_down_with_the_call(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/move #1")
    await desk.presses("Cancel")
    act = (await desk.acts())[-1]
    assert (act.act, act.subject, act.detail["cancelled"]) == ("move", NAME, True)
    assert await desk.writes("2027-01-20 2027-02-22") is None


# Withdrawing


async def test_a_withdrawal_takes_back_what_waits_and_tells_everybody_who_was_told(desk: Desk) -> None:
    await desk.follow(GIULIA, MARCO, LEILA)
    call = await announced(desk)
    await desk.tell(call, GIULIA)
    await desk.commands(MOVED)
    await desk.presses("Confirm")
    await desk.tell((await desk.calls())[0], MARCO)
    shown = await desk.commands("/withdraw erasmus-study")
    assert "the call has been withdrawn" in shown
    assert "il bando è stato ritirato" in shown
    assert "<b>2</b> (takes 1 s)" in shown
    assert "Planned messages that will not go out: 6" in shown
    assert "Withdrawn: Erasmus+ study" in await desk.presses("Confirm")
    (gone,) = await desk.calls()
    assert (gone.withdrawn, gone.revision) == (True, 3)
    rows = await desk.mailings()
    assert {key: state for key, state in states(rows).items() if state == "planned"} == {
        "withdrawn:3:1": "planned",
        "withdrawn:3:2": "planned",
    }
    first = rows[f"call:{NAME}:withdrawn:3:1"]
    assert (first.audience, first.due_at) == (f"told:erasmus-study:{call.id}:1", NOW)
    assert first.about == {
        "from": 1,
        "to": 3,
        "by": DATES.closes_at.isoformat(),
        "progress": {"chat": ADA.user_id, "message": PRESSED},
    }
    act = (await desk.acts())[-1]
    assert (act.act, act.subject, act.detail["was"]) == ("withdraw", NAME, calls.packed(gone.dates))


async def test_a_call_nobody_knows_of_is_withdrawn_in_silence(desk: Desk) -> None:
    await announced(desk)
    assert "Nobody who still follows it has been told" in await desk.commands("/withdraw #1")
    assert "Nobody who still follows it has been told" in await desk.presses("Confirm")


async def test_the_list_leads_to_the_preview_of_a_withdrawal(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/withdraw")
    assert "To be withdrawn" in await desk.presses(desk.captions()[0])


async def test_a_call_that_moved_meanwhile_is_shown_anew_and_not_withdrawn(desk: Desk) -> None:
    call = await announced(desk)
    await desk.commands("/withdraw #1")
    await desk.change(call.moved(Dates(local(2027, 1, 18), local(2027, 2, 18))))
    shown = await desk.presses("Confirm")
    assert "Meanwhile somebody changed this call" in shown
    assert "18 January 2027" in shown
    assert not (await desk.calls())[0].withdrawn
    assert "Withdrawn" in await desk.presses("Confirm")
