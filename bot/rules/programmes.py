"""The seven ways abroad, and the rules of each as data.

The numbers live in ``knowledge/programmes/*.yaml``; this module only says what each of them means.
:mod:`bot.rules.eligibility` judges a plan by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field


class Programme(StrEnum):
    """A way abroad, in the order in which programmes are listed everywhere."""

    ERASMUS_STUDY = "erasmus-study"
    ERASMUS_TRAINEESHIP = "erasmus-traineeship"
    ELECTIVE_INTERNSHIP = "elective-internship"
    FREE_MOVER = "free-mover"
    EXTRA_EU = "extra-eu"
    THESIS_SCHOLARSHIP = "thesis-scholarship"
    THESIS_NO_SCHOLARSHIP = "thesis-no-scholarship"


class Topic(StrEnum):
    """What can be asked of a programme; ``<programme>.<topic>`` is the label of the answer."""

    OVERVIEW = "overview"
    ACTIVITIES = "activities"
    WHEN_TO_APPLY = "when-to-apply"
    HOW_TO_APPLY = "how-to-apply"
    PERIOD = "period"
    ELIGIBILITY = "eligibility"
    FUNDING = "funding"


class Goal(StrEnum):
    """What the student wants to do abroad."""

    STUDY = "study"
    TRAINEESHIP = "traineeship"
    CLINICAL = "clinical"
    LAB = "lab"
    ELECTIVE = "elective"
    THESIS = "thesis"


class Destination(StrEnum):
    """Where the student wants to go."""

    EU = "eu"
    EXTRA_EU = "extra-eu"
    ANY = "any"


class Fit(StrEnum):
    """Whether a programme serves a goal at a destination."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time in calendar months and days (``months`` are cut to the month's last day)."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Afterwards:
    """A paper that is due once the stay has begun or ended.

    ``what`` names it (the message ``deadline.<what>``), ``days`` is how many days after the first or the last day
    abroad it is due at the latest, ``fact`` is the id of the fact that says so.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    what: Literal["arrival", "certificate", "report"]
    days: Annotated[int, Field(ge=1)]
    fact: str
    after: Literal["start", "end"] = "end"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a plan is judged by; ``None``, False or empty means that the page sets no such rule.

    A key that is not one of these is a fault, as everywhere in ``knowledge/``.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    years: tuple[int, ...] = ()
    """Years of the degree that may take part; empty: any year."""
    one_year_short: bool = False
    """True: the page does not say whether the year counts at asking or at leaving, so a student one year short whose
    stay falls in the next academic year is ``unknown`` rather than refused."""
    undated_one_year_short: bool = False
    """True: the same benefit of the doubt for a plan without dates."""
    graduates: Literal["no", "unknown", "within"] = "unknown"
    """``no``: only enrolled students; ``unknown``: the page does not say; ``within``: up to ``graduate_months``."""
    graduate_months: int = 0
    """Months after the degree within which a graduate may still take part."""
    academic_year: Literal["following", "one"] | None = None
    """``following``: the stay lies inside the one academic year after the call; ``one``: start and end in one
    academic year, whichever."""
    asked_from_month: int | None = None
    """With ``following``: the first month (10 = October) in which next year's stay can still be asked for …"""
    asked_to_month: int | None = None
    """… and the last (2 = February); outside them the usual call is over and the verdict is ``unknown``."""
    judged_by_calls: Literal["own-year", "any"] | None = None
    """A start must come after the last day of a usual call still to come, else it is ``unknown``: ``own-year`` counts
    only the calls of the stay's academic year, ``any`` counts them all."""
    notice: Length | None = None
    """How long before the start the student must have applied."""
    shortest: Length | None = None
    """Shortest stay, both ends counted."""
    longest_usual: Length | None = None
    """A longer stay no longer fits a free period and is ``unknown``."""
    usual_year: int | None = None
    """The year of the degree in which the stay usually takes place …"""
    usual_start: tuple[tuple[int, int], tuple[int, int]] | None = None
    """… and the usual first and last (month, day) of its start, within that academic year."""
    free_periods: bool = False
    """True: only in the student's own free periods, which the bot cannot know."""
    left_to_call: bool = False
    """True: the page leaves everything to each call."""
    afterwards: tuple[Afterwards, ...] = ()
    """Papers due after the arrival or the return; they bear on no verdict."""
    fits: Mapping[Goal, Fit] = field(default_factory=dict)
    """How the page's activities serve each goal."""
    erasmus: bool = False
    """True: an Erasmus+ programme, so a destination outside the EU makes a fitting goal doubtful."""
    outside_eu_only: bool = False
    """True: never inside the EU."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """The fact each rule above rests on, by the rule's name."""
