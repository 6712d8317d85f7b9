"""What the bot remembers of a student, and how it grows old."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.plan import Plan
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal

TODAY = date(2026, 11, 22)
FULL = (
    Profile()
    .with_year(4, TODAY)
    .with_goal(Goal.LAB)
    .with_destination(Destination.EU)
    .with_dates(date(2027, 7, 1), date(2027, 8, 31))
)


def test_the_questions_are_asked_in_their_order() -> None:
    profile = Profile()
    assert profile.missing(TODAY) is Question.YEAR
    profile = profile.with_year(4, TODAY)
    assert profile.missing(TODAY) is Question.GOAL
    profile = profile.with_goal(Goal.LAB)
    assert profile.missing(TODAY) is Question.DESTINATION
    profile = profile.with_destination(Destination.EU)
    assert profile.missing(TODAY) is Question.DATES
    assert profile.with_dates(None, None).missing(TODAY) is None


def test_graduates_alone_are_asked_about_the_degree() -> None:
    graduate = Profile().with_year(None, TODAY)
    assert graduate.is_graduate
    assert graduate.missing(TODAY) is Question.DEGREE
    assert graduate.with_degree(None).missing(TODAY) is Question.GOAL
    assert graduate.with_degree(date(2026, 7, 1)).missing(TODAY) is Question.GOAL


def test_who_has_said_nothing_is_no_graduate() -> None:
    assert not Profile().is_graduate
    assert not Profile().with_year(6, TODAY).is_graduate


def test_i_do_not_know_is_an_answer() -> None:
    profile = FULL.with_goal(None).with_dates(None, None)
    assert profile.missing(TODAY) is None
    assert profile.plan(TODAY) == Plan(4, None, None, Destination.EU, None, None)


@pytest.mark.parametrize(
    ("today", "asked"),
    [
        (date(2026, 11, 22), None),
        (date(2027, 7, 1), None),
        (date(2027, 7, 2), Question.DATES),
        (date(2027, 9, 30), Question.DATES),
        (date(2027, 10, 1), Question.YEAR),
    ],
)
def test_answers_grow_old(today: date, asked: Question | None) -> None:
    assert FULL.missing(today) is asked


def test_a_graduates_year_does_not_grow_old() -> None:
    graduate = FULL.with_year(None, TODAY).with_degree(date(2026, 10, 1)).with_dates(None, None)
    assert graduate.missing(date(2030, 1, 1)) is None


def test_another_year_forgets_the_degree_and_keeps_the_rest() -> None:
    graduate = FULL.with_year(None, TODAY).with_degree(date(2026, 7, 1))
    student = graduate.with_year(5, date(2026, 12, 1))
    assert student.graduated_on is None
    assert student.told_on == date(2026, 12, 1)
    assert Question.DEGREE not in student.answered
    assert student.plan(TODAY) == replace(FULL.plan(TODAY), year=5)
    again = student.with_year(None, TODAY)
    assert again.missing(TODAY) is Question.DEGREE


@pytest.mark.parametrize(
    ("today", "months"),
    [
        (date(2026, 7, 1), 0),
        (date(2026, 7, 31), 0),
        (date(2026, 8, 1), 1),
        (date(2027, 7, 31), 12),
        (date(2027, 8, 1), 13),
    ],
)
def test_months_since_the_degree_are_counted_by_the_calendar(today: date, months: int) -> None:
    graduate = Profile().with_year(None, TODAY).with_degree(date(2026, 7, 1))
    assert graduate.plan(today).months_since_graduation == months


def test_a_degree_still_to_come_counts_as_no_month() -> None:
    graduate = Profile().with_year(None, TODAY).with_degree(date(2027, 3, 1))
    assert graduate.plan(TODAY).months_since_graduation == 0


def test_a_language_is_remembered_as_chosen() -> None:
    assert not Profile().language_chosen
    italian = FULL.speaking("it")
    assert (italian.language, italian.language_chosen) == ("it", True)
    assert italian.plan(TODAY) == FULL.plan(TODAY)


CHANGES = {
    Question.GOAL: lambda profile: profile.with_goal(Goal.THESIS),
    Question.DESTINATION: lambda profile: profile.with_destination(Destination.ANY),
    Question.DATES: lambda profile: profile.with_dates(date(2027, 9, 1), None),
    Question.YEAR: lambda profile: profile.with_year(6, TODAY),
}


@given(st.permutations(list(CHANGES)))
def test_answers_may_come_in_any_order(order: list[Question]) -> None:
    profile = Profile()
    for question in order:
        assert profile.missing(TODAY) is not None
        profile = CHANGES[question](profile)
    assert profile.missing(TODAY) is None
    assert profile.plan(TODAY) == Plan(6, None, Goal.THESIS, Destination.ANY, date(2027, 9, 1), None)
