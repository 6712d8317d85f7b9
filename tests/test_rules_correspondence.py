"""What students read of their tickets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import correspondence
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, plain
from bot.rules.tickets import Opening
from tests.book import ROME, assert_sound, keys, knowledge

MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
VOICE = Voice(knowledge(), ROME)
HOURS = [timedelta(hours=each) for each in (1, 2, 3, 30, 400)]


def told(opening: Opening, back_on: date | None = None, lang: Lang = "en") -> str:
    message = correspondence.receipt(VOICE, 12, opening, back_on, lang)
    assert_sound(message)
    assert [key.data for key in keys(message)] == [data(Act.MINE, 12, "add"), data(Act.MINE, 12, "withdraw")]
    return plain(message.text)


def test_a_receipt_names_the_number_and_promises_no_more_than_is_known() -> None:
    assert told(Opening(is_open=True, opens_at=MONDAY)).split("\n\n") == [
        "Your question is with the desk: ticket #12. The answer comes here.",
        "The desk is at work now. I cannot say yet how long an answer takes.",
        "Meanwhile I go on answering whatever else you ask.",
    ]


def test_a_receipt_out_of_hours_says_why_and_when_the_desk_opens() -> None:
    closed = Opening(is_open=False, opens_at=MONDAY, why="weekend", waits=HOURS)
    assert "The desk is closed now (weekend); it opens 23 November 2026, 09:00 (Milan time)." in told(closed)
    assert "(fine settimana). Riapertura: 23 novembre 2026, ore 09:00" in told(
        Opening(is_open=False, opens_at=MONDAY, why="fine settimana"), lang="it"
    )
    assert "I cannot say when the desk opens next." in told(Opening(is_open=False, opens_at=None, why="x"))


@pytest.mark.parametrize("lang", LANGS)
def test_a_receipt_says_when_nobody_is_on_duty_and_who_was_told_instead(lang: Lang) -> None:
    nobody = Opening(is_open=True, opens_at=MONDAY, nobody=True)
    never, later = told(nobody, lang=lang), told(nobody, date(2026, 12, 8), lang)
    assert ("No tutor is on duty" if lang == "en" else "nessun tutor segue") in never
    assert ("until 8 December 2026" if lang == "en" else "Fino all'8 dicembre 2026") in later
    assert later != never
    assert told(Opening(is_open=True, opens_at=MONDAY), date(2026, 12, 8), lang) == told(
        Opening(is_open=True, opens_at=MONDAY), lang=lang
    )


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ([], "I cannot say yet"),
        (HOURS[:4], "I cannot say yet"),
        (HOURS, "within 3 hours"),
        ([timedelta(minutes=each) for each in (1, 2, 60, 500, 900)], "within the hour"),
        ([timedelta(minutes=61)] * 5, "within 2 hours"),
        ([timedelta(hours=24)] * 5, "within 24 hours"),
        ([timedelta(hours=25)] * 5, "within 2 days"),
        ([timedelta(hours=1)] * 3 + [timedelta(hours=9)] * 3, "within the hour"),
    ],
)
def test_how_long_answers_took_is_said_once_there_is_experience(waits: list[timedelta], said: str) -> None:
    assert said in plain(correspondence.typical(VOICE, waits, "en"))


@given(st.lists(st.timedeltas(timedelta(), timedelta(days=60)), min_size=correspondence.FEW, max_size=30))
def test_half_of_the_answers_really_took_no_longer(waits: list[timedelta]) -> None:
    said = plain(correspondence.typical(VOICE, waits, "en"))
    number = next((int(word) for word in said.split() if word.isdecimal()), 1)
    promised = timedelta(days=number) if "days" in said else timedelta(hours=number)
    assert sum(wait <= promised for wait in waits) * 2 >= len(waits)
    assert "within 1 " not in said


@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_asks_whether_it_helped_and_a_question_back_does_not(lang: Lang) -> None:
    answer = correspondence.letter(VOICE, 12, "Yes, <b>you</b> can.", lang, asks=False)
    asked = correspondence.letter(VOICE, 12, "Which year?", lang, asks=True)
    for message in (answer, asked):
        assert_sound(message)
        assert "#12" in message.text
    assert "<b>you</b>" in answer.text
    assert [key.data for key in keys(answer)] == [data(Act.MINE, 12, "helped"), data(Act.MINE, 12, "no")]
    assert not asked.buttons


@pytest.mark.parametrize("lang", LANGS)
def test_a_changed_answer_says_so(lang: Lang) -> None:
    changed = VOICE.plain(lang, "answer.edited")
    assert changed in correspondence.letter(VOICE, 12, "No.", lang, asks=False, edited=True).text
    assert changed not in correspondence.letter(VOICE, 12, "No.", lang, asks=False).text


def test_what_a_command_took_the_beginning_of_is_still_sound() -> None:
    for text in ("you can</b>.", "<b>yes", '<span class="tg-spoiler">x</span>', '<tg-emoji emoji-id="1">🙂</tg-emoji>'):
        assert_sound(correspondence.letter(VOICE, 12, text, "en", asks=False))
        assert_sound(correspondence.caption(VOICE, 12, f"look {text}", "en", asks=False))


@pytest.mark.parametrize("lang", LANGS)
def test_below_a_file_stands_the_same_and_no_word_is_lost(lang: Lang) -> None:
    for text in ("", "the <b>form</b>", "x" * 4000):
        answer = correspondence.caption(VOICE, 12, text, lang, asks=False)
        assert_sound(answer)
        assert answer.text == "\n".join(
            part for part in (VOICE.say(lang, "answer.from-desk", number="#12"), text) if part
        )
        assert [key.data for key in keys(answer)] == [data(Act.MINE, 12, "helped"), data(Act.MINE, 12, "no")]
        assert not correspondence.caption(VOICE, 12, text, lang, asks=True).buttons


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_added_can_be_a_question_for_the_bot_where_the_ticket_waited(lang: Lang) -> None:
    added = correspondence.added(VOICE, 12, lang, asked=False, reopened=False)
    assert not added.buttons
    reopened = correspondence.added(VOICE, 12, lang, asked=False, reopened=True)
    assert reopened.text != added.text
    asked = correspondence.added(VOICE, 12, lang, asked=True, reopened=False)
    assert [key.data for key in keys(asked)] == [data(Act.MINE, 12, "ask")]
    for message in (added, reopened, asked):
        assert_sound(message)
        assert "#12" in message.text
