"""What is read of members, links and duty: every message sound in both languages, whatever people are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules import memberships
from bot.rules.duty import PROGRAMMES, Duty
from bot.rules.letters import Voice
from bot.rules.memberships import Colleague, OpenLink
from bot.rules.messages import LANGS, Lang, Message
from bot.rules.roles import Role
from tests.book import ROME, assert_sound, keys, knowledge

TODAY = date(2026, 12, 1)
UNTIL = datetime(2026, 12, 8, 9, tzinfo=UTC)
VOICE = Voice(knowledge(), ROME)
HANDLE = "0123456789abcdef"
TRICKY = "<b>Tom & Co"
ADA = Colleague(900, "Ada", Role.ADMIN, Duty(900, "Ada"), 0, None, settled=True)
MARCO = Colleague(
    43, TRICKY, Role.TUTOR, Duty(43, TRICKY, on_duty=True, programmes=("free-mover",)), 2, UNTIL, settled=False
)
BUSY = Duty(
    1,
    "Ada",
    on_duty=True,
    programmes=("free-mover",),
    languages=("it",),
    back_on=date(2026, 12, 7),
    most_open=5,
    open=2,
)


def captions(message: Message) -> list[str]:
    return [button.text for button in keys(message)]


def carried(message: Message) -> list[str]:
    return [button.data for button in keys(message) if button.data]


def test_a_link_fits_what_telegram_takes_of_a_payload() -> None:
    address = memberships.link("ims_desk_bot", "x" * 32)
    assert address == f"https://t.me/ims_desk_bot?start=invite_{'x' * 32}"
    assert len(address.partition("=")[2]) <= 64


def test_the_picture_is_a_png_of_a_size_that_can_be_scanned() -> None:
    drawn = memberships.picture("https://t.me/ims_desk_bot?start=invite_abc")
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(drawn[at : at + 4]) for at in (16, 20))
    assert width == height
    assert 300 < width < 1000
    assert drawn != memberships.picture("https://t.me/ims_desk_bot?start=invite_abd")


@pytest.mark.parametrize("lang", LANGS)
def test_every_message_is_sound(lang: Lang) -> None:
    links = [OpenLink(HANDLE, Role.ADMIN, None, UNTIL), OpenLink(HANDLE, Role.TUTOR, TRICKY, UNTIL)]
    messages = [
        memberships.asked_role(VOICE, timedelta(days=7), lang),
        memberships.asked_role(VOICE, timedelta(days=7), lang, unknown="<queen>"),
        memberships.staff_page(VOICE, [ADA, MARCO], links, 900, TODAY, lang),
        memberships.staff_page(VOICE, [ADA], [], 900, TODAY, lang),
        memberships.removal(VOICE, MARCO, lang),
        memberships.removed(VOICE, TRICKY, 3, lang),
        memberships.told_removed(VOICE, lang, released=2, writing=True),
        *(memberships.invited(VOICE, "https://t.me/b?start=invite_x", role, UNTIL, HANDLE, lang)
          for role in (Role.TUTOR, Role.ADMIN)),
        *(memberships.welcome(VOICE, TRICKY, role, lang) for role in (Role.TUTOR, Role.ADMIN)),
    ]  # fmt: skip
    for message in messages:
        assert_sound(message)
        assert TRICKY not in message.text
    assert "📅" not in messages[0].text


def test_the_list_says_who_they_are_what_they_take_and_what_waits() -> None:
    links = [OpenLink(HANDLE, Role.TUTOR, "Ada", UNTIL)]
    page = memberships.staff_page(VOICE, [ADA, MARCO], links, 900, TODAY, "en")
    assert "<b>Ada</b> (you) · admin (by the settings) · <code>900</code>\n⚪ off duty\nOpen tickets: 0" in page.text
    assert "&lt;b&gt;Tom &amp; Co</b> · tutor · <code>43</code>\n🟢 on duty: Free Mover" in page.text
    assert "Open tickets: 2" in page.text
    assert "1. tutor, from Ada, until" in page.text
    assert captions(page) == [
        f"Remove {TRICKY}", "✖ Take back link 1", "🔑 Invite a tutor", "🔑 Invite an admin"
    ]  # fmt: skip
    away = replace(MARCO, duty=replace(MARCO.duty, back_on=date(2026, 12, 7)))
    assert (
        "back on Monday 7 December 2026: Free Mover" in memberships.staff_page(VOICE, [away], [], 1, TODAY, "en").text
    )
    assert "Nobody else has joined yet" in memberships.staff_page(VOICE, [ADA], [], 900, TODAY, "en").text


def test_removing_is_confirmed_for_this_member_and_no_later_one() -> None:
    asked = memberships.removal(VOICE, MARCO, "it")
    assert captions(asked) == ["Conferma", "Annulla"]
    assert carried(asked)[0] == f"1|j|removed|43|{int(UNTIL.timestamp())}"
    assert "(2)" in asked.text
    assert "ticket" not in memberships.removal(VOICE, replace(MARCO, tickets=0), "it").text


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "duty",
    [
        Duty(1, "Ada"),
        Duty(1, "Ada", open=2),
        replace(BUSY, programmes=PROGRAMMES[:2], open=5),
        Duty(1, "Ada", on_duty=True, most_open=3, open=3),
    ],
)
def test_the_page_of_duty_is_sound(duty: Duty, lang: Lang) -> None:
    page = memberships.duty_page(VOICE, duty, TODAY, lang, first="<b>First</b>")
    assert_sound(page)
    assert page.text.startswith("<b>First</b>\n\n")


def test_the_page_says_what_they_take_and_marks_it() -> None:
    page = memberships.duty_page(VOICE, BUSY, TODAY, "en")
    assert "take questions again on <b>Monday 7 December 2026</b>" in page.text
    assert "Programmes: Free Mover, and questions on none\nLanguages: Italian" in page.text
    assert "Tickets that wait for you: 2 (at most 5)\nThese stay yours" in page.text
    marked = [caption for caption in captions(page) if caption.startswith("✅")]
    assert marked == ["✅ Free Mover", "✅ Italian", "✅ max 5"]
    assert "▶️ I am back" in captions(page)
    every = memberships.duty_page(VOICE, Duty(1, "Ada", on_duty=True), TODAY, "en")
    assert len([caption for caption in captions(every) if caption.startswith("✅")]) == 7 + 1 + 2 + 1
    assert "▶️ I am back" not in captions(every)
    assert "lunedì 7 dicembre 2026" in memberships.duty_page(VOICE, BUSY, TODAY, "it").text


def test_a_full_desk_and_a_quiet_one_are_told_apart() -> None:
    for duty, words in (
        (Duty(1, "A", on_duty=True, most_open=3, open=3), "As many as you wanted"),
        (Duty(1, "A", open=1), "These stay yours"),
        (Duty(1, "A"), "no new questions"),
    ):
        assert words in memberships.duty_page(VOICE, duty, TODAY, "en").text


def test_the_buttons_of_a_pause_lead_to_a_day() -> None:
    days = [memberships.pause_until(which, TODAY) for which in (*memberships.PAUSES, memberships.NONE)]
    assert days == [date(2026, 12, 2), date(2026, 12, 7), date(2026, 12, 8), None]
    assert memberships.pause_until(memberships.MONDAY, date(2026, 12, 7)) == date(2026, 12, 14)
    with pytest.raises(KeyError):
        memberships.pause_until("never", TODAY)
