"""The rules of the seven programmes as data."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from bot.rules.programmes import Afterwards, Destination, Fit, Goal, Length, Programme, Rules, Topic
from tests.book import knowledge

RULES = TypeAdapter(Rules)


def test_the_seven_programmes_keep_their_order_and_names() -> None:
    assert list(Programme) == [
        "erasmus-study",
        "erasmus-traineeship",
        "elective-internship",
        "free-mover",
        "extra-eu",
        "thesis-scholarship",
        "thesis-no-scholarship",
    ]


def test_topics_goals_and_destinations_are_those_of_the_contract() -> None:
    assert " ".join(Topic) == "overview activities when-to-apply how-to-apply period eligibility funding"
    assert " ".join(Goal) == "study traineeship clinical lab elective thesis"
    assert set(Destination) == {"eu", "extra-eu", "any"}
    assert set(Fit) == {"yes", "no", "unknown"}


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({"yeras": [4]}, "yeras"),
        ({"notice": {"month": 1}}, "month"),
        ({"graduates": "maybe"}, "graduates"),
        ({"academic_year": "next"}, "academic_year"),
        ({"judged_by_calls": "own"}, "judged_by_calls"),
        ({"fits": {"studies": "yes"}}, "studies"),
        ({"fits": {"study": "perhaps"}}, "study"),
        ({"usual_start": [[3, 1]]}, "usual_start"),
        ({"afterwards": [{"what": "reprot", "days": 14, "fact": "F"}]}, "what"),
        ({"afterwards": [{"what": "report", "days": 0, "fact": "F"}]}, "days"),
        ({"afterwards": [{"what": "report", "days": 14}]}, "fact"),
        ({"afterwards": [{"what": "report", "days": 14, "fact": "F", "after": "return"}]}, "after"),
        ({"afterwards": [{"what": "report", "days": 14, "fact": "F", "months": 1}]}, "months"),
    ],
)
def test_a_slip_in_a_rule_is_a_fault_and_never_silently_no_rule(raw: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RULES.validate_python(raw)
    assert wrong in str(caught.value)


def test_rules_are_read_from_plain_values() -> None:
    rules = RULES.validate_python({"years": [4, 5], "notice": {"months": 1}, "usual_start": [[3, 1], [6, 30]]})
    assert rules.years == (4, 5)
    assert rules.notice == Length(months=1)
    assert rules.usual_start == ((3, 1), (6, 30))


def test_the_shipped_numbers_are_those_of_the_page() -> None:
    rules = knowledge().rules
    years = {programme: each.years for programme, each in rules.items() if each.years}
    assert years == {"erasmus-study": (4, 5, 6), "erasmus-traineeship": (5, 6), "free-mover": (4, 5, 6)}
    notice = {programme: each.notice for programme, each in rules.items() if each.notice}
    assert notice == {
        "elective-internship": Length(months=1),
        "free-mover": Length(days=30),
        "thesis-no-scholarship": Length(days=1),
    }
    shortest = {programme: each.shortest for programme, each in rules.items() if each.shortest}
    assert shortest == {"erasmus-traineeship": Length(months=2), "elective-internship": Length(days=3)}
    papers = {programme: each.afterwards for programme, each in rules.items() if each.afterwards}
    assert papers == {
        "elective-internship": (Afterwards("report", 14, "EL-10", "end"),),
        "erasmus-study": (
            Afterwards("arrival", 10, "GP-D1", "start"),
            Afterwards("certificate", 10, "GP-A1", "end"),
        ),
    }
    assert {programme for programme, each in rules.items() if each.erasmus} == {"erasmus-study", "erasmus-traineeship"}
    assert {programme for programme, each in rules.items() if each.outside_eu_only} == {"extra-eu"}
    assert {programme for programme, each in rules.items() if each.graduates == "no"} == {
        "erasmus-study",
        "free-mover",
        "thesis-scholarship",
        "thesis-no-scholarship",
    }


@pytest.mark.parametrize("programme", Programme)
def test_every_goal_has_a_fit_and_every_rule_names_a_fact_that_exists(programme: Programme) -> None:
    rules = knowledge().rules[programme]
    assert set(rules.fits) == set(Goal)
    assert rules.facts
    assert set(rules.facts.values()) <= set(knowledge().facts)
