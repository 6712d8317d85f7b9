"""Broadcasts on both databases: written, previewed, confirmed once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.desk.broadcasts import UNDO
from bot.rules.broadcasting import LONGEST
from bot.rules.messages import plain
from bot.storage import students
from bot.storage.rows import MailingState
from bot.storage.store import Store
from tests.desks import outbox_of
from tests.office import EVERYBODY, HOUR, MARA, NINO, PRY, Office, said
from tests.scene import StillClock

HEADER, ITALIAN_HEADER = "📣 <b>From the Erasmus desk</b>\n\n", "📣 <b>Dall'Erasmus Desk</b>\n\n"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def office(store: Store, clock: StillClock) -> Office:
    office = Office(store, clock)
    await office.arrive()
    return office


# Writing


async def test_from_the_first_button_to_the_plan(office: Office, clock: StillClock) -> None:
    (asked,) = await office.broadcast()
    assert "Who is the message for?" in asked
    ways = await office.ways()
    assert ways[0] == "everybody (10)"
    assert "subscribers of Free Mover (5)" in ways
    assert ways[-9:-1] == [
        *(f"year {year} ({2 if year < 6 else 0})" for year in range(1, 7)),
        "those who read English (5)", "those who read Italian (5)",
    ]  # fmt: skip
    assert len(ways) == 17
    (asked,) = await office.press("year 2 (2)")
    assert "To: <b>year 2</b>" in asked
    assert "<b>English</b> text" in asked
    (asked,) = await office.write("Dear <b>students</b>") or []
    assert "<b>Italian</b> text" in asked
    one, other, preview = await office.write("Cari <i>tutti</i>") or []
    assert (one, other) == (f"{HEADER}Dear <b>students</b>", f"{ITALIAN_HEADER}Cari <i>tutti</i>")
    assert "Reaches <b>2</b> (English: 1, Italian: 1)" in preview
    assert "⚠️" not in preview
    (shown,) = await office.press("Confirm")
    assert "Dear students" in shown
    assert await office.ways() == ["Undo"]
    (mailing,) = await office.mailings()
    assert (mailing.kind, mailing.audience, mailing.made_by) == ("broadcast", "year:2:2026", MARA.user_id)
    assert (mailing.due_at, mailing.state) == (clock.now() + UNDO, MailingState.PLANNED)
    texts = {"en": "Dear <b>students</b>", "it": "Cari <i>tutti</i>"}
    assert mailing.about == {"texts": texts, "progress": {"chat": 1, "message": 77}}
    (act,) = await office.acts()
    assert mailing.key == act.subject
    assert (act.user_id, act.act, act.detail["people"]) == (MARA.user_id, "broadcast", 2)


async def test_a_text_alone_is_for_everybody_and_both_languages_are_shown(office: Office) -> None:
    message, italians, preview = await office.broadcast("Dear students")
    assert (message, italians) == (f"{HEADER}Dear students", f"{ITALIAN_HEADER}Dear students")
    assert "To: <b>everybody</b>" in preview
    assert "those who read Italian (5) get the English one" in preview
    assert await office.ways() == [
        "Confirm", "It is Italian", "Test to me", "Add the Italian text", "Change the text", "Change the audience",
        "Cancel",
    ]  # fmt: skip
    english, message, preview = await office.broadcast("Cari tutti", NINO)
    assert (english, message) == (f"{HEADER}Cari tutti", f"{ITALIAN_HEADER}Cari tutti")
    assert "a chi legge in inglese (5) arriva quello in italiano" in preview
    assert (await office.ways(NINO))[0] == "Conferma"


async def test_an_audience_may_stand_before_the_text(office: Office) -> None:
    message, _, preview = await office.broadcast("free-mover: Dear students")
    assert message == f"{HEADER}Dear students"
    assert "subscribers of Free Mover" in preview
    assert "<b>5</b> (English: 0, Italian: 5)" in preview
    message, preview = await office.broadcast("it\nCari")
    assert message == f"{ITALIAN_HEADER}Cari"
    assert "Add the English text" not in await office.ways()
    (asked,) = await office.broadcast("year 4")
    assert "To: <b>year 4</b>" in asked
    assert await office.ways() == ["Skip English", "Cancel"]
    (asked,) = await office.broadcast("en:")
    assert await office.ways() == ["Cancel"]
    assert (await office.broadcast("year 9: Dear"))[0].startswith("There is no year 9")
    message, _, _ = await office.broadcast("all students of year 4: read")
    assert message == f"{HEADER}all students of year 4: read"


async def test_a_language_is_skipped_but_not_both(office: Office) -> None:
    await office.broadcast("all")
    said_then = await office.press("Skip English")
    assert said_then[0] == "No English text."
    assert "<b>Italian</b> text" in said_then[1]
    assert await office.ways() == ["Cancel"]
    _, _, preview = await office.write("Cari") or []
    assert "those who read English (5) get the Italian one" in preview
    (asked,) = await office.press("Add the English text")
    assert "<b>English</b> text" in asked
    one, other, preview = await office.write("Dear") or []
    assert (one, other) == (f"{HEADER}Dear", f"{ITALIAN_HEADER}Cari")
    assert "⚠️" not in preview


async def test_the_text_is_changed_and_what_is_kept_stays(office: Office) -> None:
    await office.broadcast("Dear")
    await office.press("Add the Italian text")
    await office.write("Cari")
    await office.press("Change the text")
    assert await office.ways() == ["Keep the English text", "Skip English", "Cancel"]
    await office.write("Hello")
    kept, one, other, _ = await office.press("Keep the Italian text")
    assert kept == "The Italian text stays as it is."
    assert (one, other) == (f"{HEADER}Hello", f"{ITALIAN_HEADER}Cari")
    await office.press("Change the text")
    await office.press("Keep the English text")
    _, one, other, preview = await office.press("Skip Italian")
    assert (one, other) == (f"{HEADER}Hello", f"{ITALIAN_HEADER}Hello")
    assert "There is no Italian text" in preview


async def test_the_audience_is_changed_in_place(office: Office) -> None:
    await office.broadcast("Dear")
    await office.press("Change the audience")
    (preview,) = await office.press("those who read English (5)")
    assert "To: <b>those who read English</b>" in preview
    assert "⚠️" not in preview
    assert (await office.chat())[-1].method == "edit"


async def test_other_texts_are_questions_while_a_preview_is_shown(office: Office) -> None:
    await office.broadcast("Dear")
    assert await office.write("how long can I stay?") is None
    await office.press("Add the Italian text")
    assert await office.write("Cari", NINO) is None
    assert await office.write("Cari") is not None


async def test_only_the_draft_whose_button_was_pressed_last_waits_for_text(office: Office) -> None:
    await office.broadcast("First")
    add = await office.find("Add the Italian text")
    await office.broadcast("year 4")
    await office.tap(add)
    one, other, _ = await office.write("Primo") or []
    assert (one, other) == (f"{HEADER}First", f"{ITALIAN_HEADER}Primo")
    assert await office.write("anything") is None


async def test_what_was_typed_arrives_as_it_was_typed(office: Office) -> None:
    message, _, _ = await office.broadcast("&lt;b&gt;broken &amp; &lt;i")
    assert message == f"{HEADER}&lt;b&gt;broken &amp; &lt;i"
    assert plain(message).endswith("<b>broken & <i")
    await office.press("Confirm")
    shown = said((await office.chat())[-1])
    assert "&lt;b&gt;broken &amp; &lt;i" in shown
    message, _, _ = await office.broadcast("bold that began before the command</b>")
    assert message == f"{HEADER}bold that began before the command"


async def test_too_long_is_said_once_and_the_rest_is_passed_over(office: Office, clock: StillClock) -> None:
    whole = "a" * 4080, "b" * 4096, "c" * 1824
    (refused,) = await office.broadcast(whole[0])
    assert refused.startswith("This text has 4080 characters as Telegram counts them, and 3500 is the most")
    clock.shift += timedelta(seconds=1)
    assert await office.write(whole[1]) == []
    clock.shift += timedelta(seconds=1)
    assert await office.write(whole[2]) == []
    clock.shift += timedelta(seconds=20)
    (refused,) = await office.write("🎓" * (LONGEST // 2) + "x") or []
    assert "3501" in refused
    clock.shift += timedelta(seconds=4)
    message, _, _ = await office.write("🎓" * (LONGEST // 2)) or []
    assert message == HEADER + "🎓" * (LONGEST // 2)
    assert await office.mailings() == []


async def test_nothing_is_not_a_text(office: Office) -> None:
    await office.broadcast("all")
    (refused,) = await office.write("<b> </b>\u200b") or []
    assert refused.startswith("There is nothing to read")
    (asked,) = await office.write("Dear") or []
    assert "<b>Italian</b> text" in asked


async def test_an_audience_without_anybody_cannot_be_confirmed(office: Office) -> None:
    *_, preview = await office.broadcast("year 6: Dear")
    assert "reaches nobody" in preview
    assert "Confirm" not in await office.ways()


async def test_an_audience_that_left_meanwhile_is_not_written_to(office: Office) -> None:
    await office.broadcast("year 2: Dear")
    async with office.store.transaction() as tx:
        for number in EVERYBODY:
            await students.erase(tx, number)
    (preview,) = await office.press("Confirm")
    assert "reaches nobody" in preview
    assert "reaches nobody" in str(office.toast)
    assert await office.mailings() == []


async def test_outside_the_hours_is_warned_of(office: Office, clock: StillClock) -> None:
    clock.shift = 12 * HOUR
    *_, preview = await office.broadcast("Dear")
    assert "It is 22:30 at the desk" in preview


async def test_a_test_goes_to_oneself_and_once(office: Office) -> None:
    await office.broadcast("Dear")
    await office.press("Add the Italian text")
    await office.write("Cari")
    assert await office.press("Test to me") == [f"{HEADER}Dear", f"{ITALIAN_HEADER}Cari"]
    assert str(office.toast).startswith("Sent to you alone")
    assert await office.press("Test to me") == []
    assert str(office.toast).startswith("You have got this test already")
    assert {row.chat_id for row in await outbox_of(office.store)} == {MARA.user_id}
    await office.press("Confirm")
    assert len(await office.mailings()) == 1


# Pressing twice, and out of turn


async def test_every_button_counts_once(office: Office) -> None:
    await office.broadcast("Dear")
    for button in ("Add the Italian text", "Skip Italian", "Change the text", "Keep the English text", "Skip Italian",
                   "Change the audience", "year 2 (2)"):  # fmt: skip
        data = await office.find(button)
        assert await office.tap(data)
        assert await office.tap(data) == []
        assert str(office.toast).startswith("This has changed since")


async def test_confirmed_twice_is_planned_once(office: Office) -> None:
    await office.broadcast("Dear")
    confirm, cancel, test = [await office.find(each) for each in ("Confirm", "Cancel", "Test to me")]
    await office.tap(confirm)
    for again in (confirm, cancel, test):
        assert await office.tap(again) == []
        assert str(office.toast).startswith("This has been confirmed already")
    assert len(await office.mailings()) == 1
    assert len(await office.acts()) == 1


async def test_cancelled_is_cancelled(office: Office) -> None:
    await office.broadcast()
    await office.press("Cancel")
    assert said((await office.chat())[-1]) == "Cancelled: nothing was sent."
    assert await office.press("everybody (10)") == []
    assert str(office.toast).startswith("This has been cancelled already")
    await office.broadcast("all")
    await office.press("Cancel")
    assert await office.write("Dear") is None


async def test_a_preview_of_before_does_not_confirm_what_is_now(office: Office) -> None:
    await office.broadcast("Dear")
    confirm = await office.find("Confirm")
    await office.press("Change the text")
    assert await office.tap(confirm) == []
    await office.write("Hello")
    assert await office.tap(confirm) == []
    assert await office.mailings() == []


async def test_a_draft_of_yesterday_is_previewed_anew_before_it_is_confirmed(office: Office, clock: StillClock) -> None:
    await office.broadcast("Dear")
    old = await office.find("Confirm")
    clock.shift = 24 * HOUR
    assert await office.press("Change the text") == []
    assert str(office.toast).startswith("This is more than a day old")
    (shown,) = await office.tap(old)
    assert shown.startswith("⚠️ That preview was more than a day old.")
    assert "To: <b>everybody</b>" in shown
    assert (await office.chat())[-1].method == "edit"
    assert await office.mailings() == []
    assert await office.tap(old) == []
    await office.press("Confirm")
    (mailing,) = await office.mailings()
    assert mailing.about["texts"] == {"en": "Dear"}


async def test_a_year_is_only_true_in_the_academic_year_it_was_told_in(office: Office, clock: StillClock) -> None:
    *_, preview = await office.broadcast("year 2: Dear")
    assert "Reaches <b>2</b>" in preview
    assert "told me so this academic year (2026/27)" in preview
    clock.shift = 320 * 24 * HOUR
    *_, preview = await office.broadcast("year 2: Dear")
    assert "(2027/28)" in preview
    assert "reaches nobody" in preview


async def test_a_text_is_taken_in_the_language_it_is_written_in(office: Office) -> None:
    *_, preview = await office.broadcast("Cari studenti, il desk domani è chiuso")
    assert "I take the text for <b>Italian</b>" in preview
    stale = await office.find("It is English")
    (preview,) = await office.tap(stale)
    assert "I take the text for <b>English</b>" in preview
    assert await office.tap(stale) == []
    (preview,) = await office.press("It is Italian")
    assert "Add the English text" in await office.ways()
    await office.press("Add the English text")
    *_, preview = await office.write("Dear") or []
    assert "I take" not in preview
    await office.press("Confirm")
    (mailing,) = await office.mailings()
    assert mailing.about["texts"] == {"en": "Dear", "it": "Cari studenti, il desk domani è chiuso"}


async def test_an_audience_written_wrongly_reaches_nobody(office: Office) -> None:
    (refused,) = await office.broadcast("erasmus students: Dear")
    assert refused.startswith("“erasmus students” is no audience I know.")
    *_, preview = await office.broadcast("tutti: Cari")
    assert "To: <b>everybody</b>" in preview


async def test_what_is_given_up_is_named(office: Office) -> None:
    await office.broadcast("all")
    assert await office.cancel() == ["Given up: the broadcast. Nothing was changed, nothing was sent."]
    assert await office.cancel() is None
    assert await office.write("Dear") is None


async def test_who_is_no_longer_staff_confirms_nothing(office: Office) -> None:
    await office.broadcast("Dear")
    confirm = await office.find("Confirm")
    await office.broadcast("all")
    office.room.admins = frozenset({NINO.user_id})
    assert await office.tap(confirm) == []
    assert office.toast == office.voice.plain("en", "staff.not-yours")
    assert await office.write("Dear") is None
    assert await office.broadcast("Dear") == [office.voice.say("en", "staff.not-yours")]
    assert await office.mailings() == []


async def test_nobody_presses_the_buttons_of_another(office: Office) -> None:
    await office.broadcast("Dear")
    confirm = await office.find("Confirm")
    for other in (NINO, PRY):
        assert await office.tap(confirm, other) == []
        assert office.toast
    assert await office.mailings() == []
