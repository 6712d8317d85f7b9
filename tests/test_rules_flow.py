"""The questions of the guided flow: how they are asked, and how tapped and typed answers are taken."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import buttons, flow
from bot.rules.buttons import Act
from bot.rules.messages import LANGS, Button, Lang, Message, Rows
from bot.rules.plan import Fault
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal
from tests.book import TODAY, assert_sound, keys, knowledge

FIRST = date(2026, 11, 22)


def values(message: Message) -> list[str]:
    """The last argument of each button."""
    return [tap.args[-1] for button in keys(message) if (tap := buttons.read(button.data))]


def ask(question: Question, lang: Lang = "en") -> Message:
    return flow.ask(knowledge(), question, 7, TODAY, lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("question", Question)
def test_every_button_carries_the_number_of_its_question(question: Question, lang: Lang) -> None:
    message = ask(question, lang)
    assert_sound(message)
    for button in keys(message):
        tap = buttons.read(button.data)
        assert tap is not None
        assert tap.args[0] == "7"
        assert tap.act is Act.MONTH or tap.args[1] == question


@pytest.mark.parametrize("question", Question)
def test_every_tapped_answer_is_taken(question: Question) -> None:
    for value in values(ask(question)):
        profile = flow.tapped(Profile().with_year(None, TODAY), question, value, TODAY)
        if question is Question.DATES and value != "unsure":
            assert profile is None  # a month of the calendar, no answer yet
        else:
            assert profile is not None
            assert question in profile.answered


def test_the_buttons_offer_every_answer_there_is() -> None:
    assert values(ask(Question.YEAR)) == ["1", "2", "3", "4", "5", "6", "graduated"]
    assert values(ask(Question.GOAL)) == [*Goal, "unsure"]
    assert values(ask(Question.DESTINATION)) == list(Destination)
    assert values(ask(Question.DATES)) == ["2026-11", "unsure"]


def test_the_degree_reaches_back_over_the_months_of_a_graduate() -> None:
    months = values(ask(Question.DEGREE))
    assert months[:2] == ["2026-11", "2026-10"]
    assert months[-3:] == ["2025-11", "2025-10", "unsure"]
    assert len(months) == 15
    within = flow.tapped(Profile().with_year(None, TODAY), Question.DEGREE, "2025-11", TODAY)
    beyond = flow.tapped(Profile().with_year(None, TODAY), Question.DEGREE, "2025-10", TODAY)
    assert within is not None
    assert beyond is not None
    assert (within.plan(TODAY).months_since_graduation, beyond.plan(TODAY).months_since_graduation) == (12, 13)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        (Question.YEAR, "7"),
        (Question.YEAR, "0"),
        (Question.YEAR, ""),
        (Question.YEAR, "unsure"),
        (Question.DEGREE, "2026-13"),
        (Question.DEGREE, "graduated"),
        (Question.GOAL, "party"),
        (Question.DESTINATION, "unsure"),
        (Question.DATES, "2026-11"),
    ],
)
def test_a_value_no_button_has_is_not_taken(question: Question, value: str) -> None:
    assert flow.tapped(Profile(), question, value, TODAY) is None


@given(st.sampled_from(Question), st.text())
def test_any_value_is_taken_or_not(question: Question, value: str) -> None:
    profile = flow.tapped(Profile(), question, value, TODAY)
    assert profile is None or question in profile.answered


@pytest.mark.parametrize("lang", LANGS)
def test_the_last_day_is_asked_for_with_the_first_in_the_question(lang: Lang) -> None:
    message = flow.ask_end(knowledge(), date(2027, 7, 1), 8, lang)
    assert_sound(message)
    assert {"en": "1 July 2027", "it": "1° luglio 2027"}[lang] in message.text
    assert values(message) == ["2027-07", "unsure"]


# The calendar


def page(month: date, first: date = FIRST, lang: Lang = "en") -> Rows:
    return flow.month_page(knowledge(), month, first, 7, lang)


def with_act(rows: Rows, act: Act) -> list[Button]:
    taps = [(button, buttons.read(button.data)) for row in rows for button in row]
    return [button for button, tap in taps if tap and tap.act is act]


@given(st.integers(0, 36), st.dates(date(2026, 1, 1), date(2029, 12, 31)), st.sampled_from(LANGS))
def test_a_month_shows_each_of_its_days_once(ahead: int, first: date, lang: Lang) -> None:
    month = first.replace(day=1) + relativedelta(months=ahead)
    rows = page(month, first, lang)
    assert_sound(Message("calendar", rows))
    earliest = first.day if ahead == 0 else 1
    days = with_act(rows, Act.DAY)
    assert [int(button.text) for button in days] == list(range(earliest, monthrange(month.year, month.month)[1] + 1))
    assert [button.data[-10:] for button in days] == [month.replace(day=int(each.text)).isoformat() for each in days]
    assert all(len(week) == 7 for week in rows[1:-1])


def test_weeks_begin_on_monday_under_their_names() -> None:
    rows = page(date(2027, 3, 1))
    assert [button.text for button in rows[1]] == ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
    assert [button.text for button in rows[2]] == ["1", "2", "3", "4", "5", "6", "7"]  # 1 March 2027 is a Monday
    assert page(date(2027, 3, 1), lang="it")[1][0].text == "lun"


def test_days_that_are_past_are_drawn_and_carry_nothing() -> None:
    rows = page(FIRST)
    assert with_act(rows, Act.DAY)[0].text == "22"
    assert sum(button.text == "·" for row in rows for button in row) == 6 + 6


def test_the_calendar_is_turned_within_its_bounds() -> None:
    assert [button.text for button in page(FIRST)[0]] == ["November 2026", "›"]
    assert [button.text for button in page(date(2027, 1, 1))[0]] == ["‹", "January 2027", "›"]
    assert [button.data for button in page(date(2027, 1, 1))[0]] == ["1|m|7|2026-12", "1|-", "1|m|7|2027-02"]
    assert [button.text for button in page(date(2029, 11, 1))[0]] == ["‹", "November 2029"]
    assert [button.text for button in page(date(2029, 10, 1), FIRST.replace(day=1))[0]] == ["‹", "October 2029", "›"]


@given(st.dates(), st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_any_month_asked_for_is_one_within_reach(month: date, first: date) -> None:
    rows = page(month, first)
    assert with_act(rows, Act.DAY)
    shown = date.fromisoformat(with_act(rows, Act.DAY)[0].data[-10:])
    assert first <= shown <= first + relativedelta(months=flow.MONTHS_AHEAD)


def test_a_calendar_can_be_left_without_a_day() -> None:
    assert [button.data for button in page(FIRST)[-1]] == ["1|r|7|dates|unsure"]


# Typed answers


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        (Question.YEAR, "4th year", 4),
        (Question.YEAR, "sono al quinto", 5),
        (Question.YEAR, "graduated", None),
        (Question.DEGREE, "luglio 2026", date(2026, 7, 1)),
        (Question.DEGREE, "non so", None),
        (Question.GOAL, "research in a lab", Goal.LAB),
        (Question.GOAL, "not sure yet", None),
        (Question.DESTINATION, "Spain", Destination.EU),
        (Question.DESTINATION, "fuori ue", Destination.EXTRA_EU),
        (Question.DATES, "luglio e agosto 2027", (date(2027, 7, 1), date(2027, 8, 31))),
        (Question.DATES, "22 November 2026 to 31 December 2026", (TODAY, date(2026, 12, 31))),
        (Question.DATES, "non lo so ancora", (None, None)),
    ],
)
def test_a_typed_answer_is_taken(question: Question, text: str, value: object) -> None:
    before = Profile().with_year(None, TODAY) if question is Question.DEGREE else Profile()
    profile = flow.typed(before, question, text, TODAY)
    assert isinstance(profile, Profile)
    assert question in profile.answered
    told = {
        Question.YEAR: profile.year,
        Question.DEGREE: profile.graduated_on,
        Question.GOAL: profile.goal,
        Question.DESTINATION: profile.destination,
        Question.DATES: (profile.start, profile.end),
    }
    assert told[question] == value


@pytest.mark.parametrize(
    ("question", "text", "key"),
    [
        (Question.YEAR, "7th year", "fault.year"),
        (Question.DATES, "from 1 July 2020 to 31 August 2020", "fault.past"),
        (Question.DATES, "30 febbraio 2027", "fault.no-such-day"),
        (Question.DATES, "from 10 July 2027 to 1 July 2027", "fault.end-before-start"),
        (Question.DEGREE, "July 2027", "fault.degree-future"),
    ],
)
def test_what_cannot_be_is_a_fault(question: Question, text: str, key: str) -> None:
    fault = flow.typed(Profile(), question, text, TODAY)
    assert isinstance(fault, Fault)
    assert fault.key == key


@pytest.mark.parametrize("question", Question)
@pytest.mark.parametrize("text", ["how much money do I get", "quali documenti servono", "🤷", "", "x" * 5000])
def test_a_question_is_no_answer(question: Question, text: str) -> None:
    assert flow.typed(Profile(), question, text, TODAY) is None


@given(st.sampled_from(Question), st.text())
def test_any_text_is_read_or_left(question: Question, text: str) -> None:
    read = flow.typed(Profile(), question, text, TODAY)
    assert read is None or isinstance(read, Fault) or question in read.answered


def test_the_last_day_is_read_against_the_first() -> None:
    start = date(2027, 7, 1)

    def ends(text: str) -> flow.Read:
        return flow.typed_end(Profile(), start, text, TODAY)

    assert ends("31 August") == Profile().with_dates(start, date(2027, 8, 31))
    assert ends("six weeks") == Profile().with_dates(start, date(2027, 8, 11))
    assert ends("non lo so") == Profile().with_dates(start, None)
    assert isinstance(ends("30 June 2027"), Fault)
    assert ends("what does it cost") is None
