"""The days that matter to one student: worked by hand from the page's words, and as time goes by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.answers import Trust
from bot.rules.calls import academic_year
from bot.rules.deadlines import Personal, What, personal, qualifies_on, resting_on
from bot.rules.eligibility import Verdict, judge
from bot.rules.messages import LANGS, Lang
from bot.rules.profile import Profile
from bot.rules.programmes import Destination, Fit, Goal, Programme, Rules
from tests.book import TODAY, assert_tags_close_on_their_line, knowledge

STUDY, TRAINEESHIP = Programme.ERASMUS_STUDY, Programme.ERASMUS_TRAINEESHIP
ELECTIVE, FREE_MOVER = Programme.ELECTIVE_INTERNSHIP, Programme.FREE_MOVER
THESIS = Programme.THESIS_NO_SCHOLARSHIP
ONE_DAY = timedelta(days=1)


def saved(
    year: int | None,
    start: date | None = None,
    end: date | None = None,
    goal: Goal | None = None,
    destination: Destination | None = None,
    told: date = TODAY,
) -> Profile:
    """A plan as the guided questions leave it; year None for a graduate."""
    profile = Profile().with_year(year, told)
    if year is None:
        profile = profile.with_degree(None)
    return profile.with_goal(goal).with_destination(destination).with_dates(start, end)


def days(profile: Profile, today: date = TODAY) -> dict[tuple[Programme, What], date]:
    found = personal(knowledge(), profile, today)
    by_what = {(each.programme, each.what): each.on for each in found}
    assert len(by_what) == len(found)
    return by_what


def of(what: What, profile: Profile, today: date = TODAY) -> dict[Programme, date]:
    return {programme: on for (programme, each), on in days(profile, today).items() if each is what}


@pytest.mark.parametrize(
    ("start", "by"),
    [
        (date(2027, 7, 1), date(2027, 6, 1)),
        (date(2027, 3, 31), date(2027, 3, 1)),
        (date(2027, 3, 30), date(2027, 2, 28)),
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2027, 1, 1), date(2026, 12, 2)),
        (date(2026, 12, 22), date(2026, 11, 22)),
    ],
)
def test_a_free_mover_applies_no_later_than_30_days_before_the_activities(start: date, by: date) -> None:
    assert of(What.APPLY_BY, saved(4, start, goal=Goal.CLINICAL))[FREE_MOVER] == by


@pytest.mark.parametrize(
    ("start", "by"),
    [
        (date(2027, 7, 15), date(2027, 6, 15)),
        (date(2027, 7, 31), date(2027, 6, 30)),
        (date(2027, 1, 30), date(2026, 12, 30)),
        (date(2027, 3, 30), date(2027, 2, 28)),
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 1, 29)),
        (date(2027, 2, 28), date(2027, 1, 28)),
        (date(2027, 1, 1), date(2026, 12, 1)),
        (date(2026, 12, 22), date(2026, 11, 22)),
    ],
)
def test_an_elective_is_applied_for_at_least_one_month_before_departure(start: date, by: date) -> None:
    assert of(What.APPLY_BY, saved(4, start, goal=Goal.ELECTIVE)) == {ELECTIVE: by}


@pytest.mark.parametrize(
    ("start", "by"), [(date(2027, 3, 1), date(2027, 2, 28)), (date(2028, 3, 1), date(2028, 2, 29))]
)
def test_a_thesis_without_scholarship_is_applied_for_before_departure(start: date, by: date) -> None:
    assert of(What.APPLY_BY, saved(6, start, goal=Goal.THESIS)) == {THESIS: by}


@pytest.mark.parametrize(
    ("end", "by"),
    [
        (date(2027, 7, 31), date(2027, 8, 14)),
        (date(2027, 12, 20), date(2028, 1, 3)),
        (date(2027, 2, 15), date(2027, 3, 1)),
        (date(2028, 2, 15), date(2028, 2, 29)),
    ],
)
def test_the_report_of_an_elective_goes_in_within_14_days_of_the_end_of_the_stay(end: date, by: date) -> None:
    assert of(What.REPORT, saved(3, end - timedelta(days=20), end, Goal.ELECTIVE)) == {ELECTIVE: by}


@pytest.mark.parametrize(
    ("start", "end", "arrival", "certificate"),
    [
        (date(2027, 10, 1), date(2028, 1, 31), date(2027, 10, 11), date(2028, 2, 10)),
        (date(2028, 2, 20), date(2028, 9, 30), date(2028, 3, 1), date(2028, 10, 10)),
        (date(2027, 10, 25), date(2028, 2, 19), date(2027, 11, 4), date(2028, 2, 29)),
        (date(2027, 10, 1), date(2027, 12, 22), date(2027, 10, 11), date(2028, 1, 1)),
    ],
)
def test_the_certificate_of_stay_goes_in_within_10_days_of_arrival_and_of_the_end(
    start: date, end: date, arrival: date, certificate: date
) -> None:
    found = days(saved(4, start, end, Goal.STUDY))
    assert found == {(STUDY, What.ARRIVAL): arrival, (STUDY, What.CERTIFICATE): certificate}


def test_the_steps_of_study_are_not_lent_to_the_traineeship() -> None:
    profile = saved(5, date(2027, 3, 1), date(2027, 5, 31), Goal.TRAINEESHIP)
    assert judged(profile, TODAY)[TRAINEESHIP] is Verdict.ELIGIBLE
    assert TRAINEESHIP not in {programme for programme, _ in days(profile)}


def test_the_whole_list_of_a_plan_soonest_first_and_what_each_day_rests_on() -> None:
    profile = saved(4, date(2027, 7, 1), date(2027, 7, 31), Goal.CLINICAL, Destination.EU)
    found = personal(knowledge(), profile, TODAY)
    assert found == (
        Personal(ELECTIVE, What.APPLY_BY, date(2027, 6, 1)),
        Personal(FREE_MOVER, What.APPLY_BY, date(2027, 6, 1)),
        Personal(ELECTIVE, What.REPORT, date(2027, 8, 14)),
        Personal(TRAINEESHIP, What.QUALIFIES, date(2027, 10, 1)),
    )
    rules = knowledge().rules
    assert [resting_on(rules[each.programme], each.what) for each in found] == [
        "IMS-EL-3", "IMS-FM-2", "EL-10", "IMS-ET-6",
    ]  # fmt: skip


def test_a_thesis_has_a_day_too_once_its_dates_are_known() -> None:
    assert days(saved(6, None, None, Goal.THESIS)) == {}
    assert days(saved(6, date(2027, 3, 10), None, Goal.THESIS))


def test_another_date_moves_the_days_and_no_end_takes_the_report_away() -> None:
    first = saved(5, date(2027, 7, 1), date(2027, 7, 31), Goal.ELECTIVE)
    assert list(days(first).values()) == [date(2027, 6, 1), date(2027, 8, 14)]
    later = first.with_dates(date(2027, 8, 2), date(2027, 9, 1))
    assert list(days(later).values()) == [date(2027, 7, 2), date(2027, 9, 15)]
    assert days(first.with_dates(date(2027, 8, 2), None)) == {(ELECTIVE, What.APPLY_BY): date(2027, 7, 2)}


def test_without_dates_only_the_year_opens_something() -> None:
    assert days(saved(4, goal=Goal.CLINICAL)) == {(TRAINEESHIP, What.QUALIFIES): date(2027, 10, 1)}
    assert days(saved(6)) == {}


def test_who_has_not_said_their_year_has_no_days_though_there_are_dates() -> None:
    assert days(Profile()) == {}
    assert days(Profile().with_goal(Goal.ELECTIVE).with_dates(date(2027, 7, 1), date(2027, 7, 31))) == {}


def test_graduates_have_the_days_of_what_the_page_does_not_close_to_them() -> None:
    found = days(saved(None, date(2027, 7, 1), date(2027, 7, 31)))
    assert found == {(ELECTIVE, What.APPLY_BY): date(2027, 6, 1), (ELECTIVE, What.REPORT): date(2027, 8, 14)}


def test_a_programme_that_refuses_the_plan_gives_no_days() -> None:
    assert days(saved(5, TODAY + timedelta(days=10), TODAY + timedelta(days=30), Goal.ELECTIVE)) == {}
    assert days(saved(5, date(2027, 7, 1), date(2027, 7, 2), Goal.ELECTIVE)) == {}
    assert days(saved(5, date(2027, 3, 1), date(2027, 7, 31), Goal.STUDY)) == {}
    long = saved(5, date(2027, 3, 1), date(2027, 7, 31), Goal.ELECTIVE)
    assert list(days(long).values()) == [date(2027, 2, 1), date(2027, 8, 14)]  # longer than usual: for the desk to say


def test_a_programme_that_does_not_serve_the_goal_gives_no_days() -> None:
    assert of(What.QUALIFIES, saved(2, goal=Goal.LAB)) == {STUDY: date(2028, 10, 1), TRAINEESHIP: date(2029, 10, 1)}
    assert of(What.QUALIFIES, saved(2, goal=Goal.STUDY)) == {STUDY: date(2028, 10, 1)}
    assert of(What.APPLY_BY, saved(4, date(2027, 7, 1), goal=Goal.STUDY)) == {}


@pytest.mark.parametrize("ahead", range(3))
def test_a_day_is_listed_through_itself_and_no_longer(ahead: int) -> None:
    profile = saved(4, date(2027, 7, 1), date(2027, 7, 31), Goal.ELECTIVE)
    for by in (date(2027, 6, 1), date(2027, 8, 14)):
        assert (by in days(profile, by - ONE_DAY + ahead * ONE_DAY).values()) is (ahead < 2)


def test_a_month_s_end_lets_one_apply_as_long_as_the_verdict_does() -> None:
    profile = saved(4, date(2027, 2, 28), goal=Goal.ELECTIVE)
    for today, by in ((27, 28), (28, 28), (29, 29), (31, 31)):
        assert of(What.APPLY_BY, profile, date(2027, 1, today)) == {ELECTIVE: date(2027, 1, by)}
    assert of(What.APPLY_BY, profile, date(2027, 2, 1)) == {}


def test_the_papers_stay_listed_while_the_student_is_abroad() -> None:
    profile = saved(5, date(2027, 7, 1), date(2027, 7, 31), Goal.ELECTIVE)
    for today in (date(2027, 6, 2), date(2027, 7, 1), date(2027, 7, 20), date(2027, 8, 14)):
        assert days(profile, today) == {(ELECTIVE, What.REPORT): date(2027, 8, 14)}


def test_a_plan_for_next_year_keeps_its_days_when_that_year_begins() -> None:
    profile = saved(3, date(2027, 12, 20), date(2028, 1, 6), Goal.CLINICAL)
    for today in (TODAY, date(2027, 9, 30), date(2027, 10, 1), date(2027, 11, 20)):
        assert of(What.APPLY_BY, profile, today) == {ELECTIVE: date(2027, 11, 20), FREE_MOVER: date(2027, 11, 20)}
    assert of(What.ARRIVAL, profile, date(2027, 12, 22)) == {STUDY: date(2027, 12, 30)}


@pytest.mark.parametrize(
    ("year", "told", "study", "traineeship"),
    [
        (1, date(2026, 11, 22), date(2029, 10, 1), date(2030, 10, 1)),
        (2, date(2026, 11, 22), date(2028, 10, 1), date(2029, 10, 1)),
        (2, date(2026, 10, 1), date(2028, 10, 1), date(2029, 10, 1)),
        (2, date(2026, 9, 30), date(2027, 10, 1), date(2028, 10, 1)),
        (3, date(2027, 2, 28), date(2027, 10, 1), date(2028, 10, 1)),
        (4, date(2027, 2, 28), None, date(2027, 10, 1)),
        (5, date(2027, 2, 28), None, None),
        (6, date(2027, 2, 28), None, None),
    ],
)
def test_the_first_of_october_on_which_the_year_opens_a_programme(
    year: int, told: date, study: date | None, traineeship: date | None
) -> None:
    profile = saved(year, told=told)
    wanted = {STUDY: study, TRAINEESHIP: traineeship, FREE_MOVER: study}
    found = {programme: on for programme, on in wanted.items() if on}
    assert of(What.QUALIFIES, profile, told) == found
    rules = knowledge().rules
    assert {each: on for each in Programme if (on := qualifies_on(rules[each], profile, told))} == found


def test_a_year_is_counted_from_the_academic_year_in_which_it_was_told() -> None:
    profile = saved(2, told=date(2026, 11, 22))
    for today in (date(2026, 11, 22), date(2027, 10, 2), date(2028, 10, 1)):
        assert qualifies_on(knowledge().rules[FREE_MOVER], profile, today) == date(2028, 10, 1)
        assert of(What.QUALIFIES, profile, today)[FREE_MOVER] == date(2028, 10, 1)
    assert qualifies_on(knowledge().rules[FREE_MOVER], profile, date(2028, 10, 2)) is None
    never_told = replace(profile, told_on=None)
    assert qualifies_on(knowledge().rules[FREE_MOVER], never_told, date(2027, 9, 30)) == date(2028, 10, 1)
    assert qualifies_on(knowledge().rules[FREE_MOVER], never_told, date(2027, 10, 1)) == date(2029, 10, 1)


def test_graduates_and_programmes_without_years_wait_for_no_year() -> None:
    assert qualifies_on(knowledge().rules[FREE_MOVER], saved(None), TODAY) is None
    assert qualifies_on(knowledge().rules[ELECTIVE], saved(1), TODAY) is None
    assert qualifies_on(Rules(), saved(1), TODAY) is None


def test_a_third_year_student_may_both_apply_and_wait() -> None:
    found = days(saved(3, date(2027, 12, 20), date(2028, 1, 6), Goal.CLINICAL))
    assert found[FREE_MOVER, What.APPLY_BY] == date(2027, 11, 20)
    assert found[FREE_MOVER, What.QUALIFIES] == date(2027, 10, 1)


def test_a_stay_that_comes_near_and_passes_does_not_take_the_opening_away() -> None:
    profile = saved(2, date(2027, 8, 1), date(2027, 8, 31), Goal.CLINICAL)
    for today in (TODAY, date(2027, 7, 20), date(2027, 8, 15), date(2027, 9, 30), date(2028, 1, 1)):
        assert of(What.QUALIFIES, profile, today)[FREE_MOVER] == date(2028, 10, 1)


def judged(profile: Profile, today: date) -> dict[Programme, Verdict]:
    found = judge(knowledge().rules, knowledge().calls, profile.plan(today), today)
    return {programme: each.verdict for programme, each in found.items()}


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """A plan with or without dates, of a student or a graduate."""
    told = draw(st.dates(date(2026, 9, 1), date(2028, 12, 31)))
    start = draw(st.none() | st.integers(0, 900).map(lambda ahead: told + timedelta(days=ahead)))
    end = draw(st.none() | st.integers(0, 400).map(lambda more: start + timedelta(days=more))) if start else None
    goal, destination = draw(st.sampled_from([None, *Goal])), draw(st.sampled_from([None, *Destination]))
    return saved(draw(st.sampled_from([None, 1, 2, 3, 4, 5, 6])), start, end, goal, destination, told)


def told_on(profile: Profile) -> date:
    assert profile.told_on
    return profile.told_on


@given(profiles(), st.integers(0, 1300))
def test_as_time_goes_by_days_only_fall_away(profile: Profile, ahead: int) -> None:
    told, today = told_on(profile), told_on(profile) + timedelta(days=ahead)
    at_first = {key: on for key, on in days(profile, told).items() if key[1] is not What.APPLY_BY}
    now = {key: on for key, on in days(profile, today).items() if key[1] is not What.APPLY_BY}
    assert now == {key: on for key, on in at_first.items() if on >= today}


@given(profiles(), st.integers(0, 365))
def test_the_last_days_to_apply_are_those_of_the_verdicts(profile: Profile, ahead: int) -> None:
    today = told_on(profile) + timedelta(days=ahead)
    if academic_year(today) != academic_year(told_on(profile)):
        return  # the year is asked again before anything is judged
    wanted = {
        programme: day.on
        for programme, judgement in judge(knowledge().rules, knowledge().calls, profile.plan(today), today).items()
        for day in judgement.dates
        if day.what == "apply-by" and judgement.verdict is not Verdict.NOT_ELIGIBLE and judgement.fits is not Fit.NO
    }
    assert of(What.APPLY_BY, profile, today) == wanted


@given(profiles(), st.integers(0, 1300))
def test_days_come_in_order_and_rest_on_facts_a_student_may_be_told(profile: Profile, ahead: int) -> None:
    today = told_on(profile) + timedelta(days=ahead)
    found = personal(knowledge(), profile, today)
    assert [each.on for each in found] == sorted(each.on for each in found)
    for each in found:
        assert each.on >= today
        fact = resting_on(knowledge().rules[each.programme], each.what)
        assert fact
        assert knowledge().facts[fact].trust in {Trust.PERMANENT, Trust.UNDATED}
        assert knowledge().link(fact)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("what", What)
def test_every_day_has_its_sentences(what: What, lang: Lang) -> None:
    assert len(what) <= 16
    say, name, on = knowledge().words.say, "Free Mover", date(2027, 8, 11)
    texts = [
        say(lang, f"deadline.{what}", name=name, on=on),
        say(lang, f"deadline-due.{what}", name=name, on=on, days=7),
        say(lang, f"deadline-due-1.{what}", name=name, on=on),
        say(lang, f"deadline-due-0.{what}", name=name, on=on),
    ]
    for text in texts:
        assert_tags_close_on_their_line(text)
        assert name in text
        assert ("11 August 2027" if lang == "en" else "11 agosto 2027") in text
        assert "il 11" not in text
        assert "dal 11" not in text
    short = say(lang, f"deadline-short.{what}", name=name)
    assert name in short
    assert "<" not in short
    assert len({*texts, short}) == 5
