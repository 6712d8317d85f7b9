"""A second reading of how a programme is judged: one function per programme, each branch under its sentence.

It shares nothing with the rules it is compared with, not even date arithmetic, and reads no knowledge file.
Where a plan gives only one of its two dates, a rule counts as broken only if no value of the missing date could
keep it; ``Stay.latest_start`` and ``Stay.earliest_end`` say what the given date already settles.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

ELIGIBLE, UNKNOWN, REFUSED = "eligible", "unknown", "not-eligible"
PROGRAMMES = (
    "erasmus-study",
    "erasmus-traineeship",
    "elective-internship",
    "free-mover",
    "extra-eu",
    "thesis-scholarship",
    "thesis-no-scholarship",
)
FITS = {
    # goal: one word per programme, in the order of PROGRAMMES; “both theses” is the last two.
    "study": "yes no no no yes no no",
    "traineeship": "? yes ? ? ? no no",
    "clinical": "yes ? yes yes yes no no",
    "lab": "yes ? yes no yes ? ?",
    "elective": "? ? yes no ? no no",
    "thesis": "yes ? no no yes yes yes",
}


def plus_months(day: date, months: int) -> date:
    # “Months are calendar months cut to the month's last day.”
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def academic_year(day: date) -> int:
    # “Academic year: 1 October to 30 September”; named by the calendar year it begins in.
    return day.year if (day.month, day.day) >= (10, 1) else day.year - 1


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


@dataclass(frozen=True)
class Stay:
    """What a plan says, and the day it is asked."""

    year: int | None  # None: graduated
    months: int | None  # since graduation
    start: date | None
    end: date | None
    today: date

    @property
    def graduated(self) -> bool:
        return self.year is None

    @property
    def given(self) -> tuple[date, ...]:
        return tuple(day for day in (self.start, self.end) if day is not None)

    @property
    def latest_start(self) -> date | None:
        return self.start or self.end

    @property
    def earliest_end(self) -> date | None:
        return self.end or self.start

    @property
    def this_year(self) -> int:
        return academic_year(self.today)

    @property
    def across(self) -> bool:
        return len({academic_year(day) for day in self.given}) > 1

    @property
    def past(self) -> bool:
        # “A start before `today` is not-eligible for all seven; a start today is not past.”
        return self.starts_before(self.today)

    @property
    def over_three_months(self) -> bool:
        # “one longer than three has end > start + 3 months − 1 day”
        return bool(self.start and self.end and self.end > plus_months(self.start, 3) - timedelta(days=1))

    def starts_before(self, day: date) -> bool:
        return self.latest_start is not None and self.latest_start < day

    def starts_next_year(self) -> bool:
        # “whose dates fall (start and, if given, end) in the next academic year”
        return self.start is not None and all(academic_year(day) == self.this_year + 1 for day in self.given)


def erasmus_study(stay: Stay) -> str:
    # Graduates: “not-eligible for `erasmus-study`”.
    # “years 4 to 6”; the third year is one short and may be saved below.
    if stay.past or stay.year is None or stay.year <= 2:
        return REFUSED
    # “Dates in the current academic year, or across two: not-eligible.”
    if stay.across or any(academic_year(day) <= stay.this_year for day in stay.given):
        return REFUSED
    if stay.year == 3:
        # “A student one year short whose dates fall in the next academic year is `unknown` for `erasmus-study`”;
        # “year 3 without dates is `unknown` for `erasmus-study` alone”.
        return UNKNOWN if stay.start is None or stay.starts_next_year() else REFUSED
    # “No dates: eligible all year round.”
    if not stay.given:
        return ELIGIBLE
    # “dates two years or more ahead: unknown”
    if any(academic_year(day) >= stay.this_year + 2 for day in stay.given):
        return UNKNOWN
    # “Next year's dates asked from March to September: unknown”, so from October through February's last day they fit.
    return UNKNOWN if stay.today.month in range(3, 10) else ELIGIBLE


def traineeship_calls(year: int) -> tuple[date, date]:
    # “the usual calls (October, February)” of an academic year, by their last day
    return month_end(year, 10), month_end(year + 1, 2)


def traineeship_dates_break_a_rule(stay: Stay) -> bool:
    # “start and end in one academic year, by 30 September”
    if stay.across:
        return True
    # “at least two months”; “a stay of two months counts both ends (end ≥ start + 2 months − 1 day)”
    return bool(stay.start and stay.end and stay.end < plus_months(stay.start, 2) - timedelta(days=1))


def traineeship_dates_meet_a_call(stay: Stay) -> bool:
    # “Dates are judged by the usual calls of their own academic year that are still to come; a start after the last
    # day of the call's month is late enough; none left, or a start too early: unknown. No dates: eligible.”
    if stay.latest_start is None:
        return True
    calls = traineeship_calls(academic_year(stay.latest_start))
    return any(stay.today <= last < stay.latest_start for last in calls)


def graduate_has_time(stay: Stay) -> bool:
    # “`unknown` where the number is not given, the stay would end later than `today` + (12 − months),
    # or no usual call ends within them”
    if stay.months is None:
        return False
    limit = plus_months(stay.today, 12 - stay.months)
    if stay.earliest_end is not None and stay.earliest_end > limit:
        return False
    years = range(stay.this_year, stay.this_year + 2)
    return any(stay.today <= last <= limit for year in years for last in traineeship_calls(year))


def erasmus_traineeship(stay: Stay) -> str:
    # “years 5 and 6”; a student one year short is “not-eligible for `erasmus-traineeship`”
    if stay.past or (stay.year is not None and stay.year <= 4):
        return REFUSED
    # Graduates: “within 12 months (12 is within)”
    if stay.graduated and stay.months is not None and stay.months > 12:
        return REFUSED
    if traineeship_dates_break_a_rule(stay):
        return REFUSED
    if stay.graduated and not graduate_has_time(stay):
        return UNKNOWN
    return ELIGIBLE if traineeship_dates_meet_a_call(stay) else UNKNOWN


def elective_internship(stay: Stay) -> str:
    # “the start on or after `today` plus one month”
    if stay.past or stay.starts_before(plus_months(stay.today, 1)):
        return REFUSED
    # “at least 50 hours, so one or two days are not-eligible”
    if stay.start and stay.end and (stay.end - stay.start).days + 1 <= 2:
        return REFUSED
    # “longer than three months: unknown. No year limit.” Graduates: “`unknown` for the elective”
    return UNKNOWN if stay.over_three_months or stay.graduated else ELIGIBLE


def free_mover(stay: Stay) -> str:
    # Graduates: “not-eligible for `free-mover`”. “years 4 to 6”
    if stay.past or stay.year is None or stay.year <= 2:
        return REFUSED
    # “the start at least 30 days after `today` (30 is enough, 29 is not)”
    if stay.starts_before(stay.today + timedelta(days=30)):
        return REFUSED
    # one year short with dates in the next academic year is `unknown`; without dates only `erasmus-study` is
    if stay.year == 3:
        return UNKNOWN if stay.starts_next_year() else REFUSED
    # “unknown beyond three months, as for the elective; no minimum length”
    return UNKNOWN if stay.over_three_months else ELIGIBLE


def extra_eu(stay: Stay) -> str:
    # “unknown, 'details in each call'”
    return REFUSED if stay.past else UNKNOWN


def thesis_window(stay: Stay) -> bool:
    # “year 6, or year 5 planning ahead, with a start between 1 March and 30 June of the 6th year
    # (the end is not tested)”
    if stay.year not in (5, 6) or stay.start is None:
        return False
    begins = stay.this_year if stay.year == 6 else stay.this_year + 1
    return date(begins + 1, 3, 1) <= stay.start <= date(begins + 1, 6, 30)


def thesis_call_in_time(stay: Stay) -> bool:
    # “a usual call (September–October, April–May) still to come on `today` whose last day is before the start”
    if stay.start is None:
        return False
    years = range(stay.today.year, stay.start.year + 1)
    calls = [month_end(year, month) for year in years for month in (5, 10)]
    return any(stay.today <= last < stay.start for last in calls)


def thesis_scholarship(stay: Stay) -> str:
    # Graduates: “not-eligible for both theses”
    if stay.past or stay.graduated:
        return REFUSED
    # “(a) year 6 without dates”
    if stay.year == 6 and not stay.given:
        return ELIGIBLE
    # “(b) ... and a usual call”; “All else, year 5 without dates and years 1 to 4 included: unknown.”
    return ELIGIBLE if thesis_window(stay) and thesis_call_in_time(stay) else UNKNOWN


def thesis_no_scholarship(stay: Stay) -> str:
    if stay.past or stay.graduated:
        return REFUSED
    # “application before departure, so the start after `today`”
    if stay.starts_before(stay.today + timedelta(days=1)):
        return REFUSED
    # “the same usual case without the call”
    return ELIGIBLE if (stay.year == 6 and not stay.given) or thesis_window(stay) else UNKNOWN


def fits(programme: str, goal: object, destination: object) -> str:
    # “`extra-eu` inside the EU is no whatever the table says”
    if programme == "extra-eu" and destination == "eu":
        return "no"
    # “by the page's activities”: without a goal the table has no row
    if not isinstance(goal, str):
        return "unknown"
    word = FITS[goal].split()[PROGRAMMES.index(programme)]
    # “Erasmus+ outside the EU turns yes into ?”; “'any' changes nothing”
    if word == "yes" and destination == "extra-eu" and programme in ("erasmus-study", "erasmus-traineeship"):
        word = "?"
    return {"?": "unknown"}.get(word, word)


def read(plan: Mapping[str, object], today: date) -> Stay:
    year, months, start, end = (plan.get(key) for key in ("year", "months_since_graduation", "start", "end"))
    if year != "graduated" and not (isinstance(year, int) and 1 <= year <= 6):
        raise ValueError(f"year is 1 to 6 or graduated, not {year!r}")
    first = start if isinstance(start, date) else None
    last = end if isinstance(end, date) else None
    # “End before start is an error.”
    if first and last and last < first:
        raise ValueError(f"the end {last} is before the start {first}")
    return Stay(
        year=year if isinstance(year, int) else None,
        months=months if isinstance(months, int) else None,
        start=first,
        end=last,
        today=today,
    )


def verdicts(plan: Mapping[str, object], today: date) -> dict[str, tuple[str, str]]:
    """The verdict and the fit of every programme; dates are ``date`` or None. ValueError for a plan that is none."""
    stay = read(plan, today)
    judged = (
        erasmus_study(stay),
        erasmus_traineeship(stay),
        elective_internship(stay),
        free_mover(stay),
        extra_eu(stay),
        thesis_scholarship(stay),
        thesis_no_scholarship(stay),
    )
    return {
        programme: (verdict, fits(programme, plan.get("goal"), plan.get("destination")))
        for programme, verdict in zip(PROGRAMMES, judged, strict=True)
    }
