"""Reading a plan from what a person or a program wrote."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge import placeholders
from bot.rules.messages import LANGS
from bot.rules.plan import EARLIEST, LATEST, Fault, Plan, check_dates, read_plan
from bot.rules.programmes import Destination, Goal
from tests.book import TODAY, knowledge

FULL = {
    "year": "graduated",
    "months_since_graduation": "3",
    "goal": "lab",
    "destination": "extra-eu",
    "start": "2027-03-01",
    "end": "2027-04-30",
    "today": "2026-12-01",
}
KEYS = st.sampled_from([*FULL, "id"])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(sorted(FULL.values())),
    st.just("9" * 5000),
)


def test_all_keys_are_read() -> None:
    plan = Plan(None, 3, Goal.LAB, Destination.EXTRA_EU, date(2027, 3, 1), date(2027, 4, 30))
    assert read_plan(FULL, TODAY) == (plan, date(2026, 12, 1))


def test_only_the_year_is_needed() -> None:
    assert read_plan({"year": 4}, TODAY) == (Plan(4), TODAY)
    assert read_plan(dict.fromkeys(FULL, None) | {"year": "1"}, TODAY) == (Plan(1), TODAY)
    assert read_plan({"year": " 6 ", "goal": "", "start": "  "}, TODAY) == (Plan(6), TODAY)


@pytest.mark.parametrize("year", range(1, 7))
def test_every_year_of_the_degree(year: int) -> None:
    assert read_plan({"year": year}, TODAY) == read_plan({"year": str(year)}, TODAY) == (Plan(year), TODAY)


def test_case_and_spaces_do_not_matter_for_words() -> None:
    read = read_plan({"year": "Graduated", "goal": "LAB ", "destination": "Any"}, TODAY)
    assert read == (Plan(None, None, Goal.LAB, Destination.ANY), TODAY)


def test_months_since_graduation_count_for_graduates_only() -> None:
    assert read_plan({"year": 5, "months_since_graduation": 3}, TODAY) == (Plan(5), TODAY)
    assert read_plan({"year": "graduated", "months_since_graduation": 0}, TODAY) == (Plan(None, 0), TODAY)


def test_a_graduate_is_in_no_year() -> None:
    assert Plan(None).graduated
    assert not Plan(6).graduated


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ({"year": None}, "fault.year-missing", None),
        ({"year": "7"}, "fault.year", "7"),
        ({"year": "0"}, "fault.year", "0"),
        ({"year": "４"}, "fault.year", "４"),
        ({"year": True}, "fault.year", "True"),
        ({"year": "fourth"}, "fault.year", "fourth"),
        ({"months_since_graduation": "-1"}, "fault.months", "-1"),
        ({"months_since_graduation": "3.5"}, "fault.months", "3.5"),
        ({"months_since_graduation": "1201"}, "fault.months", "1201"),
        ({"months_since_graduation": "9" * 5000}, "fault.months", "9" * 5000),
        ({"months_since_graduation": "٣"}, "fault.months", "٣"),
        ({"goal": "party"}, "fault.goal", "party"),
        ({"goal": ["lab"]}, "fault.goal", "['lab']"),
        ({"destination": "mars"}, "fault.destination", "mars"),
        ({"start": "1 July"}, "fault.date", "1 July"),
        ({"start": "2027-02-29"}, "fault.date", "2027-02-29"),
        ({"end": "2027-13-01"}, "fault.date", "2027-13-01"),
        ({"today": "now"}, "fault.date", "now"),
        ({"start": "1999-12-31"}, "fault.date-range", "1999-12-31"),
        ({"end": "2101-01-01"}, "fault.date-range", "2101-01-01"),
        ({"today": "9999-12-31"}, "fault.date-range", "9999-12-31"),
    ],
)
def test_what_cannot_be_used_is_a_fault_that_names_it(change: dict[str, Any], key: str, value: str | None) -> None:
    fault = read_plan(FULL | change, TODAY)
    assert isinstance(fault, Fault)
    assert fault.key == key
    assert fault.params.get("value") == value


def test_an_end_before_the_start_is_a_fault() -> None:
    fault = read_plan(FULL | {"end": "2027-02-28"}, TODAY)
    assert fault == Fault("fault.end-before-start", {"start": "2027-03-01", "end": "2027-02-28"})
    assert not isinstance(read_plan(FULL | {"end": "2027-03-01"}, TODAY), Fault)


def test_dates_are_checked_for_sense() -> None:
    assert check_dates(None, None) is None
    assert check_dates(EARLIEST, LATEST) is None
    assert check_dates(date(1999, 12, 31), None) == Fault("fault.date-range", {"value": "1999-12-31"})
    assert check_dates(None, date(2101, 1, 1)) == Fault("fault.date-range", {"value": "2101-01-01"})


@given(st.dictionaries(KEYS, VALUES))
def test_any_values_are_read_or_refused_with_a_sentence(raw: dict[str, Any]) -> None:
    read = read_plan(raw, TODAY)
    if isinstance(read, Fault):
        words = knowledge().words
        for lang in LANGS:
            assert placeholders(words._texts[lang][read.key]) <= set(read.params)
            assert words.plain(lang, read.key, **read.params)
    else:
        plan, today = read
        assert plan.year in {None, 1, 2, 3, 4, 5, 6}
        assert EARLIEST <= today <= LATEST
        assert plan.start is None or plan.end is None or plan.start <= plan.end
