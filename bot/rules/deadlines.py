"""The days that matter to one student: counted back from the departure, and forward from the stay.

The numbers are those of ``knowledge/programmes/*.yaml``; how a plan is judged, and how the last day to apply is
counted, is :mod:`bot.rules.eligibility`'s business.

A plan is judged as on the day on which the student told their year, not as on the day that is looked at. The day after
the last day to apply a judgement of today would refuse the plan, and the papers due after the return would vanish while
the student is abroad; and from October it would take last year's answer for the year they are in now. Days that are
over are left out one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from bot.rules.answers import Knowledge
from bot.rules.calls import FIRST_MONTH, academic_year
from bot.rules.eligibility import Case, Verdict, apply_by, judge_one
from bot.rules.plan import Plan
from bot.rules.profile import Profile
from bot.rules.programmes import Fit, Programme, Rules


class What(StrEnum):
    """What a day is for; the messages ``deadline.<what>``, ``deadline-short.<what>`` and ``deadline-due…`` say it."""

    APPLY_BY = "apply-by"
    """The last day to apply."""
    ARRIVAL = "arrival"
    """The last day to send the Certificate of Stay signed on arrival."""
    CERTIFICATE = "certificate"
    """The last day to upload the whole Certificate of Stay."""
    REPORT = "report"
    """The last day to hand in the Evaluation Report."""
    QUALIFIES = "qualifies"
    """The first day of the first academic year in which the programme is open to the student."""


@dataclass(frozen=True, slots=True)
class Personal:
    """One day that matters to one student; a programme has each ``what`` at most once.

    ``on`` is the last day on which it can be done; of :attr:`What.QUALIFIES`, the day it opens to them.
    What it rests on says :func:`resting_on`.
    """

    programme: Programme
    what: What
    on: date


def resting_on(rules: Rules, what: What) -> str | None:
    """The id of the fact that a day of a programme rests on."""
    if what is What.QUALIFIES:
        return rules.facts.get("years")
    if what is What.APPLY_BY:
        return rules.facts.get("notice")
    return next((paper.fact for paper in rules.afterwards if What(paper.what) is what), None)


def personal(knowledge: Knowledge, profile: Profile, today: date) -> tuple[Personal, ...]:
    """The days from ``today`` on that a saved plan brings with it, soonest first.

    Programmes that do not serve the goal give none. Those that refuse the plan give at most :attr:`What.QUALIFIES`.
    Nobody has deadlines before they have said which year they are in, or that they have graduated.
    """
    if profile.year is None and not profile.is_graduate:
        return ()
    found = [each for programme in knowledge.programmes for each in _of(programme, knowledge, profile, today)]
    return tuple(sorted((each for each in found if each.on >= today), key=lambda each: each.on))


def qualifies_on(rules: Rules, profile: Profile, today: date) -> date | None:
    """The 1 October on which the student reaches the first year of the degree that may take part.

    Counted from the academic year in which they told their year. None where that is no matter of time: the programme
    is open to any year, the student has reached it or has graduated; and where the day is over.
    """
    if profile.year is None or not rules.years or profile.year >= rules.years[0]:
        return None
    told = academic_year(profile.told_on or today)
    on = date(told + rules.years[0] - profile.year, FIRST_MONTH, 1)
    return on if on >= today else None


def _of(programme: Programme, knowledge: Knowledge, profile: Profile, today: date) -> Iterator[Personal]:
    rules = knowledge.programmes[programme].rules
    told = min(profile.told_on or today, today)
    case = Case(profile.plan(told), told, rules, knowledge.calls.get(programme, ()))
    judgement = judge_one(case)
    if judgement.fits is Fit.NO:
        return
    if judgement.verdict is not Verdict.NOT_ELIGIBLE:
        yield from _applying(programme, rules, case.plan, today)
        yield from _papers(programme, rules, case.plan)
    on = qualifies_on(rules, profile, today)
    if on and _only_too_early(case):
        yield Personal(programme, What.QUALIFIES, on)


def _applying(programme: Programme, rules: Rules, plan: Plan, today: date) -> Iterator[Personal]:
    """The last day to apply, the same that a judgement on ``today`` names."""
    if rules.notice and plan.start:
        yield Personal(programme, What.APPLY_BY, apply_by(plan.start, rules.notice, today))


def _papers(programme: Programme, rules: Rules, plan: Plan) -> Iterator[Personal]:
    """The papers due after the first and the last day abroad, as far as these days are known."""
    for paper in rules.afterwards:
        day = plan.start if paper.after == "start" else plan.end
        if day:
            yield Personal(programme, What(paper.what), day + timedelta(days=paper.days))


def _only_too_early(case: Case) -> bool:
    """Whether the year of the degree is all that speaks against the programme.

    The dates are left aside: the plan they belong to will be another by then, and a stay that comes near or passes must
    not take away the day on which the programme opens.
    """
    judgement = judge_one(replace(case, plan=replace(case.plan, start=None, end=None)))
    return judgement.verdict is not Verdict.ELIGIBLE and all(reason.rule == "years" for reason in judgement.reasons)
