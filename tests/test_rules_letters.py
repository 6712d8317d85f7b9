"""What students are written about calls, in both languages, as it is true when it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.playground.entities import parse_html
from bot.rules import letters
from bot.rules.alerts import DAYS_BEFORE, Kind, Letter, alerts
from bot.rules.calls import Call, Dates
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, Message, plain
from bot.rules.programmes import Programme
from tests import book
from tests.deskside import ROME, local

VOICE = Voice(book.knowledge(), ROME)
WINTER = Call(
    Programme.ERASMUS_STUDY,
    Dates(local(2027, 1, 15), local(2027, 2, 15, 12), closes_hour=True),
    link='https://x.it/?a=1&b="2"',
    note="for <b>ten</b> & more",
    id=1,
)
OPEN = local(2027, 1, 16)


def said(kind: str, call: Call, now: datetime, lang: Lang = "en", told: int = 1) -> str:
    message = letters.alert(VOICE, kind, call, {"from": told}, now, lang)
    assert message is not None
    book.assert_sound(message)
    return plain(message.text)


def unsaid(kind: str, call: Call, now: datetime) -> bool:
    return letters.alert(VOICE, kind, call, {"from": 1}, now, "en") is None


def test_a_moment_can_be_tapped_and_a_day_is_a_day() -> None:
    shown = letters.closing(VOICE, WINTER.dates, "en")
    assert shown.startswith(f'<tg-time unix="{int(datetime(2027, 2, 15, 11, tzinfo=UTC).timestamp())}">')
    assert plain(shown).startswith("15 February 2027, 12:00")
    assert letters.opening(VOICE, WINTER.dates, "it") == "15 gennaio 2027"
    hours = replace(WINTER.dates, opens_at=local(2027, 7, 1, 8, 5), opens_hour=True, closes_hour=False)
    assert plain(letters.opening(VOICE, hours, "it")).startswith("1° luglio 2027, ore 08:05")
    assert letters.closing(VOICE, hours, "en") == "15 February 2027 (the hour is in the call)"
    assert plain(letters.span(VOICE, WINTER.dates, "en")).startswith("15 January 2027 – 15 February 2027, 12:00")


def test_the_opening_says_until_when_and_carries_link_and_note_unharmed() -> None:
    text = said(Kind.OPENING, WINTER, OPEN)
    assert "The call for Erasmus+ study is open." in text
    assert "Closes: 15 February 2027, 12:00" in text
    assert "for <b>ten</b> & more" in text
    message = letters.alert(VOICE, Kind.OPENING, WINTER, {}, OPEN, "en")
    assert message is not None
    (link,) = [entity for entity in parse_html(message.text)[1] if entity["type"] == "text_link"]
    assert link["url"] == WINTER.link


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (local(2027, 2, 8, 9), "7 days left"),
        (local(2027, 2, 14, 18), "tomorrow is the last day"),
        (local(2027, 2, 15, 9), "today is the last day"),
    ],
)
def test_reminders_count_the_midnights_that_are_left(now: datetime, line: str) -> None:
    assert line in said(Kind.CLOSING_7, WINTER, now)


def test_a_reminder_is_not_said_before_its_time_nor_after_the_closing() -> None:
    assert unsaid(Kind.CLOSING_7, WINTER, local(2027, 2, 7, 23))
    assert unsaid(Kind.CLOSING_DAY, WINTER, local(2027, 2, 13, 18))
    assert "tomorrow" in said(Kind.CLOSING_DAY, WINTER, local(2027, 2, 14, 18))
    for kind in (Kind.OPENING, *DAYS_BEFORE):
        assert unsaid(kind, WINTER, WINTER.dates.closes_at)
        assert unsaid(kind, WINTER.taken_back(), OPEN)


def test_a_call_that_is_not_open_yet_is_not_said_to_be() -> None:
    assert unsaid(Kind.OPENING, WINTER, local(2027, 1, 14, 23, 59))


def test_a_correction_says_what_was_told_and_what_holds() -> None:
    moved = WINTER.moved(Dates(local(2027, 1, 20), local(2027, 2, 21)))
    text = said(Letter.MOVED, moved, OPEN)
    assert "Was: 15 January 2027 – 15 February 2027, 12:00" in text
    assert "Now: 20 January 2027 – 20 February 2027 (the hour is in the call)" in text
    assert "for <b>ten</b> & more" in text
    back = moved.moved(WINTER.dates)
    assert unsaid(Letter.MOVED, back, OPEN)
    assert "Was: 20 January" in said(Letter.MOVED, back, OPEN, told=2)
    assert unsaid(Letter.MOVED, moved.taken_back(), OPEN)


def test_a_withdrawal_names_the_dates_that_were_told() -> None:
    gone = WINTER.moved(Dates(local(2027, 1, 20), local(2027, 2, 21))).taken_back()
    assert "15 January 2027 – 15 February 2027, 12:00" in said(Letter.WITHDRAWN, gone, OPEN)
    assert "20 January 2027 – 20 February 2027" in said(Letter.WITHDRAWN, gone, OPEN, told=2)
    assert WINTER.note not in said(Letter.WITHDRAWN, gone, OPEN, told=2)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("programme", Programme)
def test_every_alert_can_be_said_of_every_programme(lang: Lang, programme: Programme) -> None:
    call = replace(WINTER, programme=programme)
    for alert in alerts(call, ROME, local(2026, 12, 1)):
        text = said(alert.kind, call, alert.due_at, lang)
        assert VOICE.name(programme, lang) in text
        assert "{" not in text
    message = letters.usual(VOICE, programme, date(2027, 1, 1), date(2027, 2, 28), lang)
    book.assert_sound(message)
    assert VOICE.name(programme, lang) in message.text


def test_the_buttons_lead_to_how_to_apply_the_calendar_and_the_settings() -> None:
    (how, calendar), (settings,) = letters.buttons(VOICE, Programme.FREE_MOVER, "en")
    assert how.data == "1|o|free-mover.how-to-apply"
    assert (calendar.data, settings.data) == ("1|c|calendar", "1|c|reminders")


@pytest.mark.parametrize(
    ("now", "sign"),
    [
        (local(2027, 1, 1), "🔵"),
        (OPEN, "🟢"),
        (local(2027, 2, 1, 12), "🟠"),
        (local(2027, 2, 15, 12), "⚪"),
    ],
)
@pytest.mark.parametrize("lang", LANGS)
def test_where_a_call_stands_is_one_line_and_its_details(now: datetime, sign: str, lang: Lang) -> None:
    line, note, link = letters.call_line(VOICE, WINTER, now, lang).split("\n")
    assert line.startswith(sign)
    assert "<i>" in note
    assert "<a href" in link
    bare = replace(WINTER, note="", link="")
    assert letters.call_line(VOICE, bare, now, lang) == line
    assert letters.call_line(VOICE, bare.taken_back(), now, lang).startswith("✖️")


def test_days_left_are_counted_in_the_desks_zone() -> None:
    at = datetime(2027, 2, 13, 22, 59, tzinfo=UTC)
    assert letters.days_left(VOICE, WINTER, at) == 2
    assert letters.days_left(VOICE, WINTER, at + timedelta(minutes=1)) == 1


def test_a_late_alert_says_when_it_should_have_come() -> None:
    late = letters.marked_late(VOICE, Message("Text"), local(2027, 1, 15, 9), "en")
    line, _, text = plain(late.text).partition("\n\n")
    assert "Late" in line
    assert "15 January 2027, 09:00" in line
    assert text == "Text"
