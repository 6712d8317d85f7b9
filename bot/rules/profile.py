"""What the bot remembers of a student, and how a plan grows out of it, answer by answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bot.rules.calls import academic_year
from bot.rules.messages import Lang
from bot.rules.plan import Plan
from bot.rules.programmes import Destination, Goal

GRADUATED = "graduated"
MONTHS_OF_GRADUATES = 12
"""How many months back the month of the degree is asked for; earlier ones are one answer."""


class Question(StrEnum):
    """The questions of the guided flow, in the order in which they are asked."""

    YEAR = "year"
    DEGREE = "degree"
    GOAL = "goal"
    DESTINATION = "destination"
    DATES = "dates"


@dataclass(frozen=True, slots=True)
class Profile:
    """A student's language and the answers to the flow's questions.

    ``answered`` tells a question that was answered with "I do not know" from one that was never asked.
    ``told_on`` is the day the year was told: it ages with the academic year.
    ``graduated_on`` is the first day of the month of the degree.
    """

    language: Lang = "en"
    language_chosen: bool = False
    year: int | None = None
    graduated_on: date | None = None
    goal: Goal | None = None
    destination: Destination | None = None
    start: date | None = None
    end: date | None = None
    answered: frozenset[Question] = frozenset()
    told_on: date | None = None

    def missing(self, today: date) -> Question | None:
        """The next question to ask, or None when there is a plan to judge.

        The year is asked again once the academic year in which it was told is over, dates once they have passed.
        """
        asked = self.answered - self._out_of_date(today)
        needed = [question for question in Question if question is not Question.DEGREE or self.is_graduate]
        return next((question for question in needed if question not in asked), None)

    def _out_of_date(self, today: date) -> set[Question]:
        old = set()
        if self.year and self.told_on and academic_year(self.told_on) != academic_year(today):
            old.add(Question.YEAR)
        if self.start and self.start < today:
            old.add(Question.DATES)
        return old

    @property
    def is_graduate(self) -> bool:
        """Whether the student said they have the degree."""
        return Question.YEAR in self.answered and self.year is None

    @property
    def graduated_long_ago(self) -> bool:
        """Whether the degree was more than a year old when they told so; how much more was not asked."""
        told, degree = self.told_on, self.graduated_on
        if told is None or degree is None:
            return False
        return (told.year - degree.year) * 12 + told.month - degree.month > MONTHS_OF_GRADUATES

    def speaking(self, lang: Lang) -> Profile:
        """The profile after a language was chosen."""
        return replace(self, language=lang, language_chosen=True)

    def with_year(self, year: int | None, today: date) -> Profile:
        """The profile after the year was told; None for a graduate."""
        answered = (self.answered | {Question.YEAR}) - {Question.DEGREE}
        return replace(self, year=year, graduated_on=None, answered=answered, told_on=today)

    def with_degree(self, month: date | None) -> Profile:
        """The profile after the month of the degree was told; None for "I would rather not say"."""
        return replace(self, graduated_on=month, answered=self.answered | {Question.DEGREE})

    def with_goal(self, goal: Goal | None) -> Profile:
        """The profile after the goal was told; None for "not sure yet"."""
        return replace(self, goal=goal, answered=self.answered | {Question.GOAL})

    def with_destination(self, destination: Destination | None) -> Profile:
        """The profile after the destination was told."""
        return replace(self, destination=destination, answered=self.answered | {Question.DESTINATION})

    def with_dates(self, start: date | None, end: date | None) -> Profile:
        """The profile after the dates were told; None where the student does not know yet."""
        return replace(self, start=start, end=end, answered=self.answered | {Question.DATES})

    def plan(self, today: date) -> Plan:
        """The plan as it is judged on ``today``."""
        months = None
        if self.graduated_on:
            months = max(0, (today.year - self.graduated_on.year) * 12 + today.month - self.graduated_on.month)
        return Plan(self.year, months, self.goal, self.destination, self.start, self.end)
