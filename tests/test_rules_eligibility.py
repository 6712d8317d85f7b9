"""Whether a plan can be asked for: against written examples, against a second reading, and reason by reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.rules.eligibility import Case, Deadline, Judgement, Reason, Verdict, fits, judge, judge_one
from bot.rules.messages import LANGS, plain
from bot.rules.plan import Fault, Plan, read_plan
from bot.rules.programmes import Destination, Fit, Goal, Length, Programme, Rules
from bot.rules.replies import reason_text
from tests import oracle
from tests.book import TODAY, knowledge

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data/plans.jsonl").read_text(encoding="utf-8").splitlines()
]
NOT_ELIGIBLE, UNKNOWN, ELIGIBLE = Verdict.NOT_ELIGIBLE, Verdict.UNKNOWN, Verdict.ELIGIBLE
ONE_DAY = timedelta(days=1)

EDGES = st.sampled_from([
    date(year, month, day)
    for year in (2026, 2027, 2028)
    for month, day in ((1, 30), (1, 31), (2, 28), (3, 1), (5, 31), (6, 30), (9, 30), (10, 1), (10, 31), (12, 31))
])  # fmt: skip
TODAYS = st.one_of(EDGES, st.dates(date(2026, 9, 1), date(2028, 12, 31)))
STARTS = st.one_of(st.none(), st.integers(-10, 900), EDGES)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, date]:
    """A plan, with an end only where there is a start, and the day it is asked on."""
    today = draw(TODAYS)
    year = draw(st.sampled_from([None, 1, 2, 3, 4, 5, 6]))
    months = draw(st.one_of(st.none(), st.integers(0, 15))) if year is None else None
    start = draw(STARTS)
    if isinstance(start, int):
        start = today + timedelta(days=start)
    length = draw(st.one_of(st.none(), st.integers(0, 420), EDGES)) if start else None
    end = start + timedelta(days=length) if start and isinstance(length, int) else length
    assert not isinstance(end, int)
    assume(end is None or start is None or start <= end)
    goal = draw(st.sampled_from([None, *Goal]))
    return Plan(year, months, goal, draw(st.sampled_from([None, *Destination])), start, end), today


def judged(plan: Plan, today: date = TODAY) -> dict[Programme, Judgement]:
    return judge(knowledge().rules, knowledge().calls, plan, today)


def short(judgements: dict[Programme, Judgement]) -> dict[str, tuple[str, str]]:
    return {programme: (each.verdict.value, each.fits.value) for programme, each in judgements.items()}


@cache
def examples() -> tuple[tuple[Plan, date], ...]:
    """The plans of the written examples."""
    return tuple(read for row in ROWS if not isinstance(read := read_plan(row, TODAY), Fault))


@pytest.mark.parametrize("row", ROWS, ids=[str(row["id"]) for row in ROWS])
def test_a_written_example(row: dict[str, Any]) -> None:
    read = read_plan(row, TODAY)
    if row.get("error"):
        assert isinstance(read, Fault)
        return
    assert not isinstance(read, Fault)
    found = short(judged(*read))
    assert row["expect"] or row["fits"]
    assert {each: found[each][0] for each in row["expect"]} == row["expect"]
    assert {each: found[each][1] for each in row.get("fits", {})} == row.get("fits", {})


@given(plans())
def test_a_second_reading_of_the_contract_says_the_same(asked: tuple[Plan, date]) -> None:
    plan, today = asked
    raw: dict[str, object] = {"year": plan.year or "graduated", "months_since_graduation": plan.months_since_graduation}
    raw |= {"goal": plan.goal, "destination": plan.destination, "start": plan.start, "end": plan.end}
    assert short(judged(plan, today)) == oracle.verdicts(raw, today)


@given(plans(), st.integers(1, 400))
def test_an_end_alone_that_is_past_is_refused_by_all(asked: tuple[Plan, date], ago: int) -> None:
    plan, today = asked
    ended = replace(plan, start=None, end=today - timedelta(days=ago))
    assert {each.verdict for each in judged(ended, today).values()} == {NOT_ELIGIBLE}


@given(plans())
def test_every_judgement_gives_its_reasons_in_both_languages(asked: tuple[Plan, date]) -> None:
    book = knowledge()
    for programme, judgement in judged(*asked).items():
        assert judgement.reasons
        for reason in judgement.reasons:
            assert reason.verdict is judgement.verdict
            assert reason.rule
            assert reason.fact is not None
            assert book.address(reason.fact), (programme, reason)
            texts = [plain(reason_text(book, reason, lang)) for lang in LANGS]
            assert all(len(text) > 15 and "{" not in text for text in texts)
            assert texts[0] != texts[1]


def reasons() -> Iterator[tuple[Plan, date, Programme, Reason]]:
    for plan, today in examples():
        for programme, judgement in judged(plan, today).items():
            yield from ((plan, today, programme, reason) for reason in judgement.reasons)


def repaired(plan: Plan, reason: Reason) -> Plan | None:
    """The plan after what a refusal says would change it; None where nothing the student can choose does."""
    match reason.key:
        case "past":
            return replace(plan, start=TODAY.replace(year=2099), end=None)
        case "year-short" | "year-short-today":
            return replace(plan, year=reason.params["first"])
        case "years-crossed":
            return replace(plan, end=reason.params["end"])
        case "year-running" | "notice-short" | "years-crossed-following":
            return replace(plan, start=reason.params["first"], end=None)
        case "stay-short-year":
            return replace(plan, start=reason.params["latest"])
        case "stay-short":
            return replace(plan, end=reason.params["enough"])
    return None


def test_what_a_refusal_says_would_change_it_does_change_it() -> None:
    tried = set()
    for plan, today, programme, reason in reasons():
        other = repaired(plan, reason) if reason.verdict is NOT_ELIGIBLE else None
        if other:
            tried.add(reason.key)
            left = judged(other, today)[programme].reasons
            assert not any(each.key == reason.key for each in left), (plan, today, programme, reason)
    assert tried == {
        "past",
        "year-short",
        "year-short-today",
        "years-crossed",
        "years-crossed-following",
        "year-running",
        "notice-short",
        "stay-short",
        "stay-short-year",
    }


def test_only_a_degree_is_refused_for_good() -> None:
    refused = ((plan, reason) for plan, _, _, reason in reasons() if reason.verdict is NOT_ELIGIBLE)
    assert {reason.key for plan, reason in refused if not repaired(plan, reason)} == {"graduates-no", "graduates-late"}


def test_every_sentence_of_a_reason_has_a_plan_that_earns_it() -> None:
    graduate = Plan(None, 12, start=date(2026, 11, 22))
    earned = {reason.key for _, _, _, reason in reasons()}
    earned |= {reason.key for each in judged(graduate).values() for reason in each.reasons}
    written = {key for key in knowledge().words._texts["en"] if key.startswith("reason.")}
    assert {f"reason.{key}" for key in earned} == written


@given(plans())
def test_deadlines_agree_with_the_verdict(asked: tuple[Plan, date]) -> None:
    plan, today = asked
    for programme, judgement in judged(plan, today).items():
        days = {deadline.what: deadline.on for deadline in judgement.dates}
        assert len(days) == len(judgement.dates)
        assert ("call-opens" in days) == ("call-closes" in days) == bool(knowledge().calls.get(programme))
        if "call-opens" in days:
            assert days["call-opens"] <= days["call-closes"]
            assert today <= days["call-closes"]
        if "apply-by" in days:
            late = judge_one(Case(plan, today, Rules(notice=knowledge().rules[programme].notice), ()))
            assert (days["apply-by"] < today) == (late.verdict is NOT_ELIGIBLE)
        assert today < days.get("earliest-start", date.max)
        assert today <= days.get("graduate-until", date.max)


@pytest.mark.parametrize("programme", [Programme.ELECTIVE_INTERNSHIP, Programme.FREE_MOVER])
@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 30), date(2028, 1, 31)])
def test_the_earliest_start_is_in_time_and_the_day_before_is_not(programme: Programme, today: date) -> None:
    dates = judged(Plan(5), today)[programme].dates
    (first,) = [deadline.on for deadline in dates if deadline.what == "earliest-start"]
    assert judged(Plan(5, start=first), today)[programme].verdict is ELIGIBLE
    assert judged(Plan(5, start=first - ONE_DAY), today)[programme].verdict is NOT_ELIGIBLE


@pytest.mark.parametrize(
    ("today", "elective", "free_mover"),
    [
        (date(2027, 1, 10), (date(2027, 1, 28), ELIGIBLE), (date(2027, 1, 29), ELIGIBLE)),
        (date(2027, 1, 29), (date(2027, 1, 29), ELIGIBLE), (date(2027, 1, 29), ELIGIBLE)),
        (date(2027, 1, 31), (date(2027, 1, 31), ELIGIBLE), (date(2027, 1, 29), NOT_ELIGIBLE)),
        (date(2027, 2, 1), (date(2027, 1, 28), NOT_ELIGIBLE), (date(2027, 1, 29), NOT_ELIGIBLE)),
    ],
)
def test_apply_by_is_counted_back_from_28_february(
    today: date, elective: tuple[date, Verdict], free_mover: tuple[date, Verdict]
) -> None:
    found = judged(Plan(5, start=date(2027, 2, 28)), today)
    for programme, (by, verdict) in {Programme.ELECTIVE_INTERNSHIP: elective, Programme.FREE_MOVER: free_mover}.items():
        assert Deadline("apply-by", by) in found[programme].dates
        assert found[programme].verdict is verdict


def test_one_broken_hard_rule_beats_everything_else() -> None:
    rules = Rules(years=(5,), left_to_call=True, free_periods=True)
    judgement = judge_one(Case(Plan(4), TODAY, rules, ()))
    assert judgement.verdict is NOT_ELIGIBLE
    assert [reason.key for reason in judgement.reasons] == ["year-short"]


def test_equally_grave_reasons_are_all_told_in_the_order_of_the_rules() -> None:
    rules = Rules(years=(5,), shortest=Length(days=9), notice=Length(days=9), facts={"years": "A", "shortest": "B"})
    plan = Plan(1, start=TODAY, end=TODAY)
    judgement = judge_one(Case(plan, TODAY, rules, ()))
    assert [(reason.rule, reason.fact) for reason in judgement.reasons] == [
        ("years", "A"),
        ("notice", None),
        ("shortest", "B"),
    ]


def test_without_rules_everything_but_the_past_can_be_asked_for() -> None:
    assert judge_one(Case(Plan(1, start=TODAY), TODAY, Rules(), ())) == Judgement(ELIGIBLE, Fit.UNKNOWN, (), ())
    assert judge_one(Case(Plan(1, start=TODAY - ONE_DAY), TODAY, Rules(), ())).verdict is NOT_ELIGIBLE


@pytest.mark.parametrize(
    ("months", "today", "until"),
    [
        (0, date(2028, 2, 29), date(2029, 2, 28)),
        (11, date(2027, 1, 31), date(2027, 2, 28)),
        (12, date(2027, 2, 28), date(2027, 2, 28)),
        (13, date(2027, 2, 28), None),
        (None, date(2027, 2, 28), None),
    ],
)
def test_a_graduates_months_end_where_the_calendar_cuts_them(
    months: int | None, today: date, until: date | None
) -> None:
    rules = Rules(graduates="within", graduate_months=12)
    found = {deadline.what: deadline.on for deadline in judge_one(Case(Plan(None, months), today, rules, ())).dates}
    assert found.get("graduate-until") == until


@pytest.mark.parametrize(
    ("rules", "goal", "destination", "fit"),
    [
        (Rules(fits={Goal.STUDY: Fit.YES}, erasmus=True), Goal.STUDY, Destination.EXTRA_EU, Fit.UNKNOWN),
        (Rules(fits={Goal.STUDY: Fit.NO}, erasmus=True), Goal.STUDY, Destination.EXTRA_EU, Fit.NO),
        (Rules(fits={Goal.STUDY: Fit.YES}, erasmus=True), Goal.STUDY, Destination.ANY, Fit.YES),
        (Rules(fits={Goal.STUDY: Fit.YES}), Goal.STUDY, Destination.EXTRA_EU, Fit.YES),
        (Rules(fits={Goal.STUDY: Fit.YES}, outside_eu_only=True), Goal.STUDY, Destination.EU, Fit.NO),
        (Rules(outside_eu_only=True), None, Destination.EU, Fit.NO),
        (Rules(), None, None, Fit.UNKNOWN),
    ],
)
def test_fits(rules: Rules, goal: Goal | None, destination: Destination | None, fit: Fit) -> None:
    assert fits(rules, Plan(4, goal=goal, destination=destination)) is fit
