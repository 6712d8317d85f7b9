"""What members of staff say that they take on, in words and by buttons; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.clock import day_in
from bot.rules.buttons import Act, data
from bot.rules.roles import Role
from bot.storage import members
from bot.storage.store import Store
from tests.membership import ADA, LEILA, MARCO, PRESSED, Office


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store, ADA)


async def test_duty_in_words(office: Office) -> None:
    await office.lets_in(LEILA)
    for text, words in (
        ("/tutor on", "🟢 <b>You are on duty.</b>\nProgrammes: all seven"),
        ("/tutor on free mover, English", "Programmes: Free Mover, and questions on none\nLanguages: English"),
        ("/tutor ON tesi", "Free Mover, Thesis"),
        ("/tutor off free-mover", "Programmes: Thesis"),
        ("/tutor on all it", "Programmes: all seven, and questions on none\nLanguages: English and Italian"),
        ("/tutor cap 5", "Tickets that wait for you: 0 (at most 5)"),
        ("/tutor cap none", "Tickets that wait for you: 0 (any number)"),
        ("/tutor pause lunedì", "take questions again on <b>Monday 7 December 2026</b>"),
        ("/tutor pausa  2 weeks", "<b>Tuesday 15 December 2026</b>"),
        ("/tutor pause none", "You are on duty"),
        ("/tutor off", "You are off duty"),
        ("/tutor on", "You are on duty"),
        ("/tutor off all", "You are off duty"),
    ):
        said = await office.commands(LEILA, text)
        assert words in said, text
        assert [method for method, _ in office.told(LEILA)] == ["send"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/tutor on umbrella", "no programme and no language “umbrella”"),
        ("/tutor off <b>", "“&lt;b&gt;”"),
        ("/tutor pause soon", "cannot read “soon” as a day"),
        ("/tutor pause yesterday", "not a day to come"),
        ("/tutor pause 2029-01-01", "more than a year away"),
        ("/tutor pause 30 february", "no such day"),
        ("/tutor cap 0", "“0” is no number of tickets"),
        ("/tutor cap", "is no number of tickets"),
        ("/tutor dance", "“dance” is nothing /tutor knows"),
        ("/tutor pause", "Until when are you away?"),
        ("/tutor " + "x" * 3000, "is nothing /tutor knows"),
    ],
)
async def test_what_duty_cannot_be_changes_nothing(office: Office, text: str, words: str) -> None:
    await office.lets_in(LEILA)
    await office.commands(LEILA, "/tutor on free-mover")
    before = await office.member(LEILA)
    assert words in await office.commands(LEILA, text)
    assert await office.member(LEILA) == before


async def test_duty_by_buttons_edits_the_page_in_place(office: Office) -> None:
    await office.lets_in(LEILA)
    page = await office.commands(LEILA, "/tutor")
    assert "You are off duty" in page
    for caption, words in (
        ("🟢 Go on duty", "You are on duty"),
        ("✅ Free Mover", "Programmes: Erasmus"),
        ("▫️ All seven", "all seven"),
        ("✅ Italian", "Languages: English"),
        ("▫️ max 3", "(at most 3)"),
        ("▫️ no limit", "(any number)"),
        ("⏸ Monday", "Monday 7 December 2026"),
        ("▶️ I am back", "You are on duty"),
        ("⏸ A week", "Tuesday 8 December 2026"),
        ("⚪ Go off duty", "You are off duty"),
    ):
        assert words in await office.presses(LEILA, caption), caption
        ((method, payload),) = office.told(LEILA)
        assert (method, payload["message_id"]) == ("edit", PRESSED)


async def test_the_last_programme_and_language_stay(office: Office) -> None:
    await office.lets_in(LEILA)
    await office.commands(LEILA, "/tutor on free-mover it")
    for caption in ("✅ Free Mover", "✅ Italian"):
        assert await office.presses(LEILA, caption) == ""
        assert office.toast == "One has to stay. To take nothing, go off duty."
        await office.commands(LEILA, "/tutor")
    leila = await office.member(LEILA)
    assert leila
    assert (leila.programmes, leila.languages) == (["free-mover"], ["it"])


async def test_an_admin_of_the_settings_becomes_known_by_duty(office: Office) -> None:
    assert await office.member(ADA) is None
    assert "You are on duty" in await office.commands(ADA, "/tutor on")
    ada = await office.member(ADA)
    assert ada
    assert (ada.role, ada.name, ada.on_duty) == (Role.ADMIN, "Ada", True)


async def test_whoever_is_removed_this_moment_is_not_put_back_on_duty(office: Office) -> None:
    await office.lets_in(MARCO)
    async with office.store.transaction() as tx:
        await members.remove(tx, 43)
    for text in ("/tutor on", "/tutor"):
        assert "persone del desk" in await office.commands(MARCO, text, Role.TUTOR)
    await office.taps(MARCO, data(Act.MEMBER, "on"), Role.TUTOR)
    assert "persone del desk" in str(office.toast)
    assert await office.member(MARCO) is None


async def test_days_are_those_of_the_desk_s_clock(office: Office) -> None:
    office.now = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)  # past midnight in Milan
    await office.lets_in(LEILA)
    assert "Thursday 3 December 2026" in await office.commands(LEILA, "/tutor pause tomorrow")
    assert day_in(office.voice.zone, office.now).day == 2
