"""Whether a plan can be asked for today, programme by programme, and why.

Every rule is one small function that looks at a programme's numbers and a plan and returns a :class:`Reason`, or None
where the programme has no such rule or the plan does not say what the rule needs. The verdict is the gravest of them:
one broken hard rule beats everything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from bot.rules.calls import (
    UsualCall,
    Window,
    academic_year,
    earlier,
    last_day_of_academic_year,
    last_day_of_stay,
    later,
    next_window,
    windows,
)
from bot.rules.messages import Month
from bot.rules.plan import Plan
from bot.rules.programmes import Destination, Fit, Length, Programme, Rules


class Verdict(StrEnum):
    """What can be said of a plan today, gravest last."""

    ELIGIBLE = "eligible"
    UNKNOWN = "unknown"
    NOT_ELIGIBLE = "not-eligible"


@dataclass(frozen=True, slots=True)
class Reason:
    """What one rule makes of a plan.

    ``rule`` names the rule, ``key`` the message ``reason.<key>`` that says it, ``fact`` the fact it rests on.
    """

    verdict: Verdict
    rule: str
    key: str
    params: Mapping[str, Any]
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day that matters to a plan: the message ``date.<what>`` and the day."""

    what: str
    on: date


@dataclass(frozen=True, slots=True)
class Judgement:
    """One programme's verdict on a plan, whether it serves the goal, why, and the days that matter."""

    verdict: Verdict
    fits: Fit
    reasons: tuple[Reason, ...]
    dates: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One plan asked for on ``today`` at one programme."""

    plan: Plan
    today: date
    rules: Rules
    usual: Sequence[UsualCall]

    def reason(self, verdict: Verdict, rule: str, key: str, **params: object) -> Reason:
        """A reason that names the fact its rule rests on."""
        return Reason(verdict, rule, key, params, self.rules.facts.get(rule))

    @property
    def years(self) -> set[int]:
        """The academic years in which the given days of the stay lie."""
        return {academic_year(day) for day in (self.plan.start, self.plan.end) if day}

    @property
    def in_next_year(self) -> bool:
        """Whether the stay has a start and lies in the next academic year."""
        return self.plan.start is not None and self.years == {academic_year(self.today) + 1}


def judge(
    programmes: Mapping[Programme, Rules], calls: Mapping[Programme, Sequence[UsualCall]], plan: Plan, today: date
) -> dict[Programme, Judgement]:
    """The judgement of every programme on ``plan``, asked for on ``today``."""
    return {
        programme: judge_one(Case(plan, today, rules, calls.get(programme, ())))
        for programme, rules in programmes.items()
    }


def judge_one(case: Case) -> Judgement:
    """The judgement of one programme, with the reasons that led to its verdict."""
    found = [reason for rule in RULES if (reason := rule(case))]
    verdict = max((reason.verdict for reason in found), key=list(Verdict).index, default=Verdict.ELIGIBLE)
    decisive = tuple(reason for reason in found if reason.verdict is verdict)
    return Judgement(verdict, fits(case.rules, case.plan), decisive, deadlines(case))


def fits(rules: Rules, plan: Plan) -> Fit:
    """Whether the programme's activities serve the goal, then whether they do so at the destination."""
    if rules.outside_eu_only and plan.destination is Destination.EU:
        return Fit.NO
    fit = rules.fits.get(plan.goal, Fit.UNKNOWN) if plan.goal else Fit.UNKNOWN
    if fit is Fit.YES and rules.erasmus and plan.destination is Destination.EXTRA_EU:
        return Fit.UNKNOWN
    return fit


def deadlines(case: Case) -> tuple[Deadline, ...]:
    """The next usual call, and the last day to apply counted back from the start (or the first start there can be)."""
    found = []
    if window := _call(case):
        found += [Deadline("call-opens", window.opens_on), Deadline("call-closes", window.closes_on)]
    if case.rules.notice and case.plan.start:
        found.append(Deadline("apply-by", apply_by(case.plan.start, case.rules.notice, case.today)))
    elif case.rules.notice:
        found.append(Deadline("earliest-start", later(case.today, case.rules.notice)))
    if case.plan.graduated and case.rules.graduates == "within" and (until := _graduate_until(case)):
        found.append(Deadline("graduate-until", until))
    return tuple(found)


def _call(case: Case) -> Window | None:
    """The usual call that matters to the plan: one of the stay's own year where that counts, else the next."""
    start = case.plan.start
    if case.rules.judged_by_calls == "own-year" and start:
        year = academic_year(start)
        first = max(case.today, date(year, 10, 1))
        own = windows(case.usual, first, last_day_of_academic_year(year))
        if window := next(own, None):
            return window
    return next_window(case.usual, case.today)


def apply_by(start: date, notice: Length, today: date) -> date:
    """The day to apply by, counted back from ``start``; never before today while the rule still lets one ask."""
    by = earlier(start, notice)
    return max(by, today) if later(today, notice) <= start else by


def not_in_the_past(case: Case) -> Reason | None:
    """A stay that has begun cannot be asked for; one that begins today still can."""
    first = case.plan.start or case.plan.end
    if first and first < case.today:
        return case.reason(Verdict.NOT_ELIGIBLE, "past", "past", start=first)
    return None


def year_of_degree(case: Case) -> Reason | None:
    """The years of the degree that may take part, judged by the student's year today."""
    year, years = case.plan.year, case.rules.years
    if year is None or not years:
        return None
    if year in years:
        over_by_then = year == years[-1] and case.in_next_year
        return case.reason(
            Verdict.ELIGIBLE,
            "years",
            "year-last" if over_by_then else "year-ok",
            year=year,
            first=years[0],
            last=years[-1],
        )
    if year == years[0] - 1:
        dated_next = case.rules.one_year_short and case.in_next_year
        undated = case.rules.undated_one_year_short and case.plan.start is None
        if dated_next or undated:
            return case.reason(Verdict.UNKNOWN, "years", "year-unclear", first=years[0], last=years[-1])
    start = case.plan.start
    by_then = year + academic_year(start) - academic_year(case.today) if start else year
    return case.reason(
        Verdict.NOT_ELIGIBLE,
        "years",
        "year-short-today" if by_then >= years[0] else "year-short",
        year=year,
        first=years[0],
        last=years[-1],
    )


def degree_in_hand(case: Case) -> Reason | None:
    """Whether a graduate may still take part."""
    if not case.plan.graduated:
        return None
    if case.rules.graduates == "no":
        return case.reason(Verdict.NOT_ELIGIBLE, "graduates", "graduates-no")
    if case.rules.graduates == "within":
        return _within_months_of_degree(case)
    return case.reason(Verdict.UNKNOWN, "graduates", "graduates-unknown")


def _within_months_of_degree(case: Case) -> Reason:
    most, months = case.rules.graduate_months, case.plan.months_since_graduation
    until = _graduate_until(case)
    if months is None:
        return case.reason(Verdict.UNKNOWN, "graduates", "graduates-when", most=most)
    if until is None:
        return case.reason(Verdict.NOT_ELIGIBLE, "graduates", "graduates-late", most=most, months=months)
    last = case.plan.end or case.plan.start
    if last and last > until:
        return case.reason(Verdict.UNKNOWN, "graduates", "graduates-stay-late", most=most, until=until)
    if not any(windows(case.usual, case.today, until)):
        return case.reason(Verdict.UNKNOWN, "graduates", "graduates-no-call", most=most, until=until)
    return case.reason(Verdict.ELIGIBLE, "graduates", "graduates-ok", most=most, until=until)


def _graduate_until(case: Case) -> date | None:
    """The last day within the months a graduate has; None when they are over or nobody said when the degree was."""
    months = case.plan.months_since_graduation
    if months is None or months > case.rules.graduate_months:
        return None
    return later(case.today, Length(months=case.rules.graduate_months - months))


def inside_academic_year(case: Case) -> Reason | None:
    """Which academic year the stay may lie in."""
    if not case.rules.academic_year or not case.years:
        return None
    if len(case.years) > 1 and case.rules.academic_year == "following":
        following = _following_year(case)
        return case.reason(Verdict.NOT_ELIGIBLE, "academic_year", "years-crossed-following", **following)
    if len(case.years) > 1:
        start, end = sorted(case.years)
        return case.reason(
            Verdict.NOT_ELIGIBLE, "academic_year", "years-crossed", end=last_day_of_academic_year(start), second=end
        )
    return _in_following_year(case) if case.rules.academic_year == "following" else None


def _following_year(case: Case) -> dict[str, date]:
    year = academic_year(case.today) + 1
    return {"first": date(year, 10, 1), "last": last_day_of_academic_year(year)}


def _in_following_year(case: Case) -> Reason:
    (year,), current, following = case.years, academic_year(case.today), _following_year(case)
    if year <= current:
        return case.reason(Verdict.NOT_ELIGIBLE, "academic_year", "year-running", **following)
    if year > current + 1:
        return case.reason(Verdict.UNKNOWN, "academic_year", "year-far", **following)
    asked_from, asked_to = case.rules.asked_from_month or 1, case.rules.asked_to_month or 12
    if case.today.month < asked_from and case.today.month > asked_to:
        return case.reason(Verdict.UNKNOWN, "academic_year", "call-over", **following)
    return case.reason(Verdict.ELIGIBLE, "academic_year", "year-next", **following)


def notice(case: Case) -> Reason | None:
    """How long before the start the application must be in."""
    if not case.rules.notice or not case.plan.start:
        return None
    first = later(case.today, case.rules.notice)
    if case.plan.start < first:
        return case.reason(Verdict.NOT_ELIGIBLE, "notice", "notice-short", first=first)
    by = apply_by(case.plan.start, case.rules.notice, case.today)
    return case.reason(Verdict.ELIGIBLE, "notice", "notice-ok", by=by)


def shortest_stay(case: Case) -> Reason | None:
    """The shortest stay there is, both ends counted."""
    length, start, end = case.rules.shortest, case.plan.start, case.plan.end
    if not length or not start or not end:
        return None
    enough = last_day_of_stay(start, length)
    if end < enough and case.rules.academic_year and academic_year(enough) != academic_year(start):
        latest = earlier(last_day_of_academic_year(academic_year(start)) + timedelta(days=1), length)
        return case.reason(Verdict.NOT_ELIGIBLE, "shortest", "stay-short-year", months=length.months, latest=latest)
    if end < enough:
        return case.reason(Verdict.NOT_ELIGIBLE, "shortest", "stay-short", enough=enough)
    return case.reason(Verdict.ELIGIBLE, "shortest", "stay-enough")


def longest_usual_stay(case: Case) -> Reason | None:
    """A stay longer than a free period usually lasts is for the desk to judge."""
    length, start, end = case.rules.longest_usual, case.plan.start, case.plan.end
    if not length or not start or not end or end <= last_day_of_stay(start, length):
        return None
    return case.reason(Verdict.UNKNOWN, "longest_usual", "stay-long", months=length.months)


def calls_of_own_year(case: Case) -> Reason | None:
    """A start must follow a usual call of its own academic year that is still to come."""
    start = case.plan.start
    if case.rules.judged_by_calls != "own-year" or not start:
        return None
    year = academic_year(start)
    first = max(case.today, date(year, 10, 1))
    left = list(windows(case.usual, first, last_day_of_academic_year(year)))
    if not left:
        return case.reason(Verdict.UNKNOWN, "judged_by_calls", "calls-over")
    usable = [window for window in left if window.closes_on < start]
    if not usable:
        return case.reason(Verdict.UNKNOWN, "judged_by_calls", "before-call", closes=Month.of(left[0].closes_on))
    return case.reason(Verdict.ELIGIBLE, "judged_by_calls", "call-in-time", closes=Month.of(usable[0].closes_on))


def usual_case(case: Case) -> Reason | None:
    """A thesis abroad: usually in the second semester of the 6th year, after a usual call where there is one."""
    rules, plan = case.rules, case.plan
    if rules.usual_year is None or plan.year is None:
        return None
    if plan.start is None:
        verdict = Verdict.ELIGIBLE if plan.year == rules.usual_year else Verdict.UNKNOWN
        return case.reason(verdict, "usual", "usual" if verdict is Verdict.ELIGIBLE else "unusual", **_usual(case))
    if not _starts_as_usual(case, plan.year, plan.start):
        return case.reason(Verdict.UNKNOWN, "usual", "unusual", **_usual(case))
    if rules.judged_by_calls == "any":
        left = list(windows(case.usual, case.today, plan.start - timedelta(days=1)))
        if not left:
            return case.reason(Verdict.UNKNOWN, "judged_by_calls", "no-call-in-time")
        return case.reason(Verdict.ELIGIBLE, "judged_by_calls", "call-in-time", closes=Month.of(left[0].closes_on))
    return case.reason(Verdict.ELIGIBLE, "usual", "usual", **_usual(case))


def _usual(case: Case) -> dict[str, object]:
    return {"year": case.rules.usual_year}


def _starts_as_usual(case: Case, year: int, start: date) -> bool:
    usual_year, usual_start = case.rules.usual_year, case.rules.usual_start
    if usual_year is None or usual_start is None or year not in {usual_year - 1, usual_year}:
        return False
    begins_in = academic_year(case.today) + usual_year - year
    (first_month, first_day), (last_month, last_day) = usual_start
    first, last = date(begins_in + 1, first_month, first_day), date(begins_in + 1, last_month, last_day)
    return first <= start <= last


def only_in_free_periods(case: Case) -> Reason | None:
    """The bot cannot know the student's free periods, so it says on what the verdict depends."""
    if not case.rules.free_periods:
        return None
    return case.reason(Verdict.ELIGIBLE, "free_periods", "free-periods")


def left_to_the_call(case: Case) -> Reason | None:
    """Where the page leaves everything to each call there is nothing to judge by."""
    if not case.rules.left_to_call:
        return None
    return case.reason(Verdict.UNKNOWN, "left_to_call", "left-to-call")


RULES = (
    not_in_the_past,
    year_of_degree,
    degree_in_hand,
    inside_academic_year,
    notice,
    shortest_stay,
    longest_usual_stay,
    calls_of_own_year,
    usual_case,
    left_to_the_call,
    only_in_free_periods,
)
"""Every rule there is; the order is the order in which equally grave reasons are told."""
