"""Calls announced by staff, and what went out, on both databases: what is said, and what the tables hold then."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.desk.arrival import Who
from bot.rules.programmes import Programme
from bot.storage import calls, mailings, staff
from bot.storage.mailings import Mailing
from bot.storage.rows import MailingState
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


# Announcing


async def test_a_preview_shows_the_alert_in_both_languages_and_sends_nothing(desk: Desk) -> None:
    await desk.follow(GIULIA, MARCO)
    await desk.follow(LEILA, muted=["opening"])
    shown = await desk.commands(WINTER)
    assert "To be announced: Erasmus+ study" in shown
    assert "The call for <b>Erasmus+ study</b> is open." in shown
    assert "Il bando per <b>Erasmus+ studio</b> è aperto." in shown
    assert shown.count("<i>Places for &lt;12&gt;</i>") == 2
    assert shown.count('<a href="https://www.unimi.it/bando">') == 2
    assert "<b>2</b> (takes 1 s)" in shown
    for day in ("15 January 2027, 09:00", "1 February 2027, 09:00", "8 February 2027, 09:00", "14 February 2027"):
        assert day in shown
    assert desk.captions() == ["Confirm", "Cancel"]
    assert await desk.calls() == []
    assert await desk.mailings() == {}
    assert [(draft.act, draft.state) for draft in await desk.drafts()] == [("announce", "open")]


async def test_a_confirmed_call_is_kept_and_its_alerts_are_planned(desk: Desk) -> None:
    await desk.follow(GIULIA)
    await desk.commands(WINTER)
    shown = await desk.presses("Confirm")
    assert "Announced: Erasmus+ study" in shown
    assert "15 January 2027, 09:00" in shown
    assert "<b>1</b>" in shown
    assert desk.last[ADA.user_id][0].method == "edit"
    (call,) = await desk.calls()
    assert (call.name, call.dates, call.year, call.revision) == (NAME, DATES, 2027, 1)
    assert (call.link, call.note) == ("https://www.unimi.it/bando", "Places for <12>")
    rows = await desk.mailings()
    assert list(rows) == [f"call:{NAME}:{kind}" for kind in KINDS]
    opening, fourteen, *_, last = rows.values()
    assert [row.due_at for row in rows.values()] == [
        local(2027, 1, 15, 9), local(2027, 2, 1, 9), local(2027, 2, 8, 9), local(2027, 2, 14, 9),
        local(2027, 2, 15, 9),
    ]  # fmt: skip
    assert (opening.expires_at, last.expires_at) == (DATES.closes_at, DATES.closes_at)
    assert fourteen.expires_at == local(2027, 2, 8, 9)
    assert opening.about == {"anchor": DATES.opens_at.isoformat()}
    assert fourteen.about == {"anchor": DATES.closes_at.isoformat()}
    for row in rows.values():
        assert (row.audience, row.programme) == ("programme:erasmus-study", "erasmus-study")
        assert (row.call_id, row.made_by) == (call.id, ADA.user_id)
    (act,) = await desk.acts()
    assert (act.act, act.subject, act.user_id) == ("announce", NAME, ADA.user_id)
    assert act.detail["dates"] == calls.packed(DATES)
    assert [draft.state for draft in await desk.drafts()] == ["done"]


async def test_the_opening_of_an_open_call_goes_at_once_and_the_message_becomes_its_progress(desk: Desk) -> None:
    shown = await desk.commands("/announce erasmus-traineeship 2026-11-20 2026-12-11")
    assert "the call is open: at once" in shown
    await desk.presses("Confirm")
    rows = await desk.mailings()
    assert [row.kind for row in rows.values()] == ["opening", "closing-7", "closing-1", "closing-day"]
    opening, *others = rows.values()
    assert opening.due_at == NOW
    assert opening.about["progress"] == {"chat": ADA.user_id, "message": PRESSED}
    assert not any("progress" in other.about for other in others)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("/announce", "The programme and the two dates are missing."),
        ("/announce erasmsu-study 2027-01-15 2027-02-15", "Did you mean <code>erasmus-study</code>?"),
        ("/announce free mvoer 2027-01-15 2027-02-15", "Did you mean <code>free-mover</code>?"),
        ("/announce moon 2027-01-15 2027-02-15", "There is no programme “moon”."),
        ("/announce #3 2027-01-15 2027-02-15", "There is no programme “#3”."),
        ("/announce erasmus-study", "I need two dates"),
        ("/announce erasmus-study 2027-01-15", "I need two dates"),
        ("/announce erasmus-study 15/01/2027 2027-02-15", "“15/01/2027” is not a date I can read"),
        ("/announce erasmus-study 2027-01-15 2027-02-30", "no such day or hour as “2027-02-30”"),
        ("/announce erasmus-study 2027-02-15 2027-01-15", "before it opens"),
        ("/announce erasmus-study 2026-01-15 2026-02-15", "2026-02-15 is already past"),
        ("/announce erasmus-study 2027-01-15 2072-02-15", "is the year right?"),
        ("/announce erasmus-study 2027-01-15 2027-03-28T02:30", "the clocks change"),
        (f"/announce erasmus-study 2027-01-15 2027-02-15 {'x' * 301}", "300 characters"),
    ],
)
async def test_what_cannot_be_announced_is_said_in_one_sentence_with_an_example(
    desk: Desk, text: str, wrong: str
) -> None:
    shown = await desk.commands(text)
    assert wrong in shown
    assert "<code>/announce " in shown
    assert await desk.drafts() == []
    if "programme “" in wrong:
        assert all(programme in shown for programme in Programme)
    example = shown.rpartition("<code>")[2].removesuffix("</code>")
    assert "To be announced" in await desk.commands(example)


async def test_a_call_that_is_announced_already_is_not_announced_again_by_mistake(desk: Desk) -> None:
    await announced(desk)
    shown = await desk.commands("/announce erasmus-study 2027-01-20 2027-02-20", BRUNO)
    assert "is announced already (#1)" in shown
    assert desk.captions(BRUNO) == ["Move it to these dates", "It is another call: announce it too", "Cancel"]
    assert "To be moved: Erasmus+ study" in await desk.presses("Move it to these dates", BRUNO)
    assert "Moved: Erasmus+ study" in await desk.presses("Confirm", BRUNO)
    (call,) = await desk.calls()
    assert (call.revision, call.dates.opens_at) == (2, local(2027, 1, 20))


async def test_another_call_of_the_same_weeks_can_be_announced_too(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/announce erasmus-study 2027-01-20 2027-02-20")
    assert "To be announced" in await desk.presses("It is another call: announce it too")
    assert "Announced" in await desk.presses("Confirm")
    assert [call.name for call in await desk.calls()] == [NAME, f"{NAME}:2"]
    assert f"call:{NAME}:2:opening" in await desk.mailings()


async def test_the_very_same_call_cannot_be_moved_to_where_it_is(desk: Desk) -> None:
    await announced(desk)
    assert "with these very dates" in await desk.commands("/announce erasmus-study 2027-01-15 2027-02-15T12:00")
    assert desk.captions() == ["It is another call: announce it too", "Cancel"]


async def test_a_call_that_closed_or_was_withdrawn_is_no_hindrance(desk: Desk) -> None:
    call = await announced(desk)
    await desk.change(call.taken_back())
    assert "To be announced" in await desk.commands("/announce erasmus-study 2027-01-20 2027-02-20")


async def test_cancelling_leaves_nothing_but_a_line_in_the_book(desk: Desk) -> None:
    await desk.commands(WINTER)
    assert "Cancelled" in await desk.presses("Cancel")
    assert (await desk.calls(), await desk.mailings()) == ([], {})
    assert [draft.state for draft in await desk.drafts()] == ["cancelled"]
    (act,) = await desk.acts()
    assert (act.act, act.subject, act.detail["cancelled"]) == ("announce", NAME, True)


@pytest.mark.parametrize("second", ["Confirm", "Cancel"])
async def test_only_the_first_press_counts(desk: Desk, second: str) -> None:
    await desk.commands(WINTER)
    data = {caption: desk.button(caption) for caption in desk.captions()}
    await desk.taps(data["Confirm"])
    assert await desk.taps(data[second]) == ""
    assert desk.toast == "This has been dealt with already."
    assert len(await desk.calls()) == 1
    assert len(await desk.acts()) == 1


async def test_two_presses_at_the_same_moment_announce_once(desk: Desk) -> None:
    await desk.commands(WINTER)
    data = desk.button("Confirm")
    toasts = await asyncio.gather(*(desk.door.taps(900 + at, ADA, data, PRESSED) for at in range(4)))
    assert sorted(map(str, toasts)) == ["None", *["This has been dealt with already."] * 3]
    assert len(await desk.calls()) == 1


async def test_two_members_of_staff_who_announce_at_the_same_moment_announce_once(desk: Desk) -> None:
    await desk.commands(WINTER)
    await desk.commands(WINTER, BRUNO)
    pressed = ((ADA, desk.button("Confirm")), (BRUNO, desk.button("Confirm", BRUNO)))
    await asyncio.gather(*(desk.door.taps(900 + at, who, data, PRESSED) for at, (who, data) in enumerate(pressed)))
    assert len(await desk.calls()) == 1
    assert len(await desk.mailings()) == len(KINDS)


async def test_nobody_confirms_for_somebody_else(desk: Desk) -> None:
    await desk.commands(WINTER)
    await desk.taps(desk.button("Confirm"), BRUNO)
    assert desk.toast == "That button is from an older message."
    assert await desk.calls() == []


async def test_what_was_announced_meanwhile_is_shown_instead(desk: Desk) -> None:
    await desk.commands(WINTER)
    await desk.commands("/announce erasmus-study 2027-01-18 2027-02-18", BRUNO)
    await desk.presses("Confirm", BRUNO)
    shown = await desk.presses("Confirm")
    assert "Meanwhile somebody announced or moved a call that looks like yours" in shown
    assert desk.last[ADA.user_id][0].method == "edit"
    assert desk.captions() == ["Move it to these dates", "It is another call: announce it too", "Cancel"]
    assert len(await desk.calls()) == 1
    await desk.presses("It is another call: announce it too")
    await desk.presses("Confirm")
    assert len(await desk.calls()) == 2


async def test_a_call_beside_which_another_is_announced_may_move_meanwhile(desk: Desk) -> None:
    call = await announced(desk)
    await desk.commands("/announce erasmus-study 2027-01-20 2027-02-20")
    await desk.presses("It is another call: announce it too")
    await desk.change(call.moved(replace(DATES, opens_at=local(2027, 1, 20))))
    assert "Meanwhile" in await desk.presses("Confirm")
    assert len(await desk.calls()) == 1


async def test_the_call_to_be_moved_instead_may_be_withdrawn_meanwhile(desk: Desk) -> None:
    call = await announced(desk)
    await desk.commands("/announce erasmus-study 2027-01-20 2027-02-20")
    await desk.change(call.taken_back())
    shown = await desk.presses("Move it to these dates")
    assert "Meanwhile somebody changed this call" in shown
    assert desk.captions() == ["Confirm", "Cancel"]


async def test_a_call_whose_closing_passed_before_it_was_confirmed_is_not_announced(desk: Desk) -> None:
    await desk.commands("/announce free-mover 2026-11-20 2026-12-02")
    desk.later(days=3)
    assert "Meanwhile the closing has passed" in await desk.presses("Confirm")
    assert (await desk.calls(), await desk.mailings()) == ([], {})


async def test_a_member_of_staff_who_reads_italian_is_spoken_to_in_italian(desk: Desk) -> None:
    await desk.follow(ADA.user_id, language="it")
    assert "Da annunciare: Erasmus+ studio" in await desk.commands(WINTER)
    assert desk.captions() == ["Conferma", "Annulla"]
    assert "Annunciato" in await desk.presses("Conferma")


async def test_a_note_of_several_lines_is_put_on_one(desk: Desk) -> None:
    shown = await desk.commands("/announce erasmus-study\n2027-01-15 2027-02-15\nTwo\n<lines> &copy; more")
    assert shown.count("<i>Two &lt;lines&gt; &amp;copy; more</i>") == 2


# Buttons that are not understood, and buttons of others


async def test_a_verb_of_another_release_gets_a_polite_answer(desk: Desk) -> None:
    await desk.commands(WINTER)
    await desk.taps(desk.button("Confirm").replace("confirm", "sing"))
    assert desk.toast == "That button is from an older message."
    assert [draft.state for draft in await desk.drafts()] == ["open"]


# What has gone out


async def test_where_nothing_happened_deliveries_say_so(desk: Desk) -> None:
    assert "Nothing has gone out yet" in await desk.commands("/deliveries")
    assert desk.captions() == []


async def plan(desk: Desk, key: str, state: MailingState, **report: int) -> int:
    async with desk.store.transaction() as tx:
        given = Mailing(key, "opening", "programme:free-mover", NOW, programme="free-mover")
        number = await mailings.plan(tx, given, NOW)
        assert number is not None
        if state is MailingState.DROPPED:
            await mailings.stop(tx, [number], state, NOW)
        else:
            await mailings.begin(tx, number)
        if state is MailingState.DONE:
            await mailings.end(tx, number, mailings.Report(**report), NOW)
    return number


async def test_deliveries_show_what_went_what_goes_and_who_did_what(desk: Desk) -> None:
    await announced(desk)
    await plan(desk, "one", MailingState.DROPPED)
    await plan(desk, "two", MailingState.DONE, recipients=40, delivered=37, blocked=3)
    await plan(desk, "three", MailingState.SENDING)
    await desk.commands(WINTER)
    await desk.presses("Cancel")
    shown = await desk.commands("/deliveries")
    assert "Free Mover: the call is open: ⚠️ dropped" in shown
    assert "✅ delivered: 37 · 🚫 blocked the bot or gone: 3" in shown
    assert "📤 on its way" in shown
    assert "• 15/01/2027 09:00 · Erasmus+ study: the call is open" in shown
    assert "• 01/12 10:00 · you · announced: Erasmus+ study (#1)" in shown
    assert "• 01/12 10:00 · you · given up: announcing Erasmus+ study\n" in shown
    assert "Milan time" in shown.split("\n")[-1]
    assert shown.index("dropped") < shown.index("Planned next") < shown.index("What staff did last")


async def test_deliveries_count_what_is_being_sent_as_it_is_now(desk: Desk) -> None:
    await desk.follow(GIULIA, MARCO)
    number = await plan(desk, "one", MailingState.SENDING)
    async with desk.store.transaction() as tx:
        row = await mailings.get(tx, number)
        assert row is not None
        await mailings.fan_out(tx, row, "opening", lambda at, _: at, NOW)
    assert "⏳ on the way: 2" in await desk.commands("/deliveries")


async def test_deliveries_leave_out_what_was_taken_back_before_it_began(desk: Desk) -> None:
    await announced(desk)
    await desk.commands("/withdraw #1")
    await desk.presses("Confirm")
    last = (await desk.commands("/deliveries")).partition("Planned next")[0]
    assert "– nothing" in last
    assert "taken back" not in last


async def test_deliveries_are_ten_five_and_five(desk: Desk) -> None:
    for number in range(12):
        await plan(desk, f"gone-{number}", MailingState.DONE, recipients=1, delivered=1)
    await announced(desk)
    await announced(desk, "/announce free-mover 2027-03-01 2027-03-31")
    async with desk.store.transaction() as tx:
        for number in range(7):
            await staff.audit(tx, ADA.user_id, "stop", f"<{number}>", {}, NOW)
        for number in range(7):
            await staff.audit(tx, ADA.user_id, "reload", f"nothing to do with messages {number}", {}, NOW)
    shown = await desk.commands("/deliveries")
    assert shown.count("📬 finished") == 10
    assert shown.partition("Planned next")[2].partition("What staff")[0].count("•") == 5
    assert shown.partition("What staff")[2].count("&lt;") == 5
    assert "nothing to do with messages" not in shown


async def test_a_stranger_learns_only_that_this_is_not_for_them(desk: Desk) -> None:
    stranger = Who(77, "en", "Mallory")
    assert "/help" in await desk.commands("/deliveries", stranger)
    assert desk.menu == {}, "who was staff once loses the menu too"
    assert "for the people of the desk" in await desk.commands(WINTER, stranger)
    assert await desk.drafts() == []
