"""The values of the knowledge: what each refuses, and how they are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from bot.rules.answers import (
    GENERAL,
    Answer,
    Both,
    DeskAnswer,
    Either,
    Fact,
    GeneralAnswer,
    Naming,
    Phrases,
    ProgrammePage,
    Source,
    Statement,
    Strict,
    Trust,
    UsualCalls,
)
from bot.rules.calls import Call, Dates, UsualCall
from bot.rules.programmes import Programme, Topic
from tests.book import knowledge

FACT = {"says": "It is so.", "source": "ims", "trust": "permanent", "checked": None}
SOURCE = {"url": "https://example.org/", "title": {"en": "Page", "it": "Pagina"}, "opened": None}
STATEMENT = {"en": "Yes.", "it": "Sì.", "facts": ["F-1"]}
ANSWER = {"says": [STATEMENT]}


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (Both, {"en": "Yes.", "it": "Sì."}),
        (Fact, FACT),
        (Fact, FACT | {"trust": "yearly", "year": "2025/26"}),
        (Source, SOURCE),
        (Source, SOURCE | {"url": "rhythmusic.net/...", "public": False, "opened": "2026-11-30"}),
        (Statement, STATEMENT),
        (Statement, {"en": "Yes.", "it": "Sì.", "silent": ["ims"]}),
        (Statement, {"en": "Yes.", "it": "Sì.", "own": True}),
        (Answer, ANSWER),
        (GeneralAnswer, ANSWER | {"title": {"en": "T", "it": "T"}, "button": {"en": "B", "it": "B"}}),
        (Naming, {"title": "Free Mover", "button": "Free Mover", "also": ["freemover"]}),
    ],
)
def test_a_value_is_read(kind: type[Strict], raw: Mapping[str, object]) -> None:
    assert kind.model_validate(raw) == kind.model_validate(dict(raw))


@pytest.mark.parametrize(
    ("kind", "raw", "wrong"),
    [
        (Both, {"en": "Yes."}, "it"),
        (Both, {"en": "Yes.", "it": "  "}, "it"),
        (Both, {"en": "Yes.", "it": "Sì.", "fr": "Oui."}, "fr"),
        (Fact, {key: value for key, value in FACT.items() if key != "source"}, "source"),
        (Fact, FACT | {"says": ""}, "says"),
        (Fact, FACT | {"trust": "certain"}, "trust"),
        (Fact, FACT | {"trust": "yearly"}, "names its year"),
        (Fact, FACT | {"trust": "yearly", "year": "2025-26"}, "year"),
        (Fact, FACT | {"checked": "soon"}, "checked"),
        (Source, SOURCE | {"url": "http://example.org/"}, "https://"),
        (Source, SOURCE | {"url": "example.org"}, "https://"),
        (Source, {key: value for key, value in SOURCE.items() if key != "opened"}, "opened"),
        (Statement, {"en": "Yes.", "it": "Sì."}, "exactly one of"),
        (Statement, STATEMENT | {"own": True}, "exactly one of"),
        (Statement, STATEMENT | {"silent": ["ims"]}, "exactly one of"),
        (Statement, STATEMENT | {"silent": ["ims"], "own": True}, "exactly one of"),
        (Answer, {"says": []}, "says"),
        (Answer, ANSWER | {"linsk": []}, "linsk"),
        (GeneralAnswer, ANSWER, "title"),
        (Naming, {"title": "T", "button": "x" * 33}, "button"),
        (ProgrammePage, {"id": "erasmus"}, "id"),
        (UsualCalls, {"usual": {"erasmus": []}}, "usual"),
    ],
)
def test_a_slip_is_refused_with_its_place(kind: type[Strict], raw: Mapping[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(raw)
    assert wrong in str(caught.value)


def test_values_do_not_change() -> None:
    fact = Fact.model_validate(FACT)
    with pytest.raises(ValidationError):
        fact.says = "It is not so."  # type: ignore[misc]


def test_a_text_in_both_languages() -> None:
    both = Both(en="Yes.", it="Sì.")
    assert (both["en"], both["it"]) == ("Yes.", "Sì.")


def test_usual_calls_are_read_by_programme() -> None:
    raw = {"usual": {"thesis-scholarship": [{"from": 9, "to": 10, "fact": "F"}]}}
    assert TypeAdapter(UsualCalls).validate_python(raw).usual == {
        Programme.THESIS_SCHOLARSHIP: (UsualCall(9, 10, "F"),)
    }


def test_every_label_finds_its_answer_once() -> None:
    labels = [label for label, _ in knowledge().answers()]
    assert len(labels) == len(set(labels))
    assert {f"{programme}.{topic}" for programme in Programme for topic in Topic} <= set(labels)
    for label, answer in knowledge().answers():
        assert knowledge().answer(label) is answer


@pytest.mark.parametrize(
    "label",
    ["", ".", "general", "general.", "general.nothing", "free-mover", "free-mover.", "free-mover.colour", "x.period"],
)
def test_a_label_of_another_release_finds_nothing(label: str) -> None:
    assert knowledge().answer(label) is None


def test_students_are_shown_public_pages_only() -> None:
    facts, sources = knowledge().facts, knowledge().sources
    shown = {key for key in facts if knowledge().link(key)}
    assert shown
    assert shown == {key for key, fact in facts.items() if sources[fact.source].public}
    assert len(shown) < len(facts)
    assert knowledge().link(None) is None


def test_a_fact_names_the_address_it_comes_from_even_if_it_is_not_shown() -> None:
    assert knowledge().address("IMS-ET-1") == knowledge().sources["ims"].url
    assert knowledge().address("ET-7") == knowledge().sources["traineeship-old"].url
    assert knowledge().link("ET-7") is None
    assert knowledge().address(None) is None


def test_the_rules_are_those_of_the_pages() -> None:
    assert list(knowledge().rules) == list(Programme)
    assert knowledge().rules[Programme.EXTRA_EU] is knowledge().programmes[Programme.EXTRA_EU].rules


def test_the_defaults_are_empty() -> None:
    answer = Answer.model_validate(ANSWER)
    assert (answer.links, answer.phrases) == ((), Phrases())
    assert Source.model_validate(SOURCE | {"opened": "2026-11-30"}).opened == date(2026, 11, 30)
    assert Fact.model_validate(FACT).trust is Trust.PERMANENT
    assert GENERAL == "general"


# What the desk answered

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
DESKS = {"id": 7, "title": {"en": "A"}, "says": {"it": "B"}, "phrases": {"en": ["c"]}, "answered_on": TODAY}


def test_a_text_in_one_language_stands_for_both() -> None:
    assert (Either(it="Sì")["en"], Either(en="Yes", it="Sì")["en"], Either(it="Sì").langs) == ("Sì", "Yes", ("it",))
    with pytest.raises(ValidationError, match="a text in en or in it is missing"):
        Either()


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"phrases": {}}, "a phrase is missing"),
        ({"id": 0}, "greater than or equal to 1"),
        ({"says": {"en": " "}}, "at least 1 character"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_an_answer_of_the_desks_refuses(values: Mapping[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        DeskAnswer.model_validate({**DESKS, **values})


@pytest.mark.parametrize(("until", "holds"), [(None, True), (TODAY, True), (TODAY - timedelta(days=1), False)])
def test_an_answer_holds_through_its_last_day(until: date | None, holds: bool) -> None:  # noqa: FBT001 - a case
    assert DeskAnswer.model_validate({**DESKS, "until": until}).holds(TODAY, {"free-mover:2026": True}) is holds


def test_an_answer_is_over_with_its_call() -> None:
    answer = DeskAnswer.model_validate({**DESKS, "call": "x", "until": TODAY})
    book = replace(knowledge(), desk={7: answer})
    call = Call(Programme.FREE_MOVER, Dates(NOW - timedelta(days=2), NOW + timedelta(days=2)), name="x")
    assert book.on(TODAY, [call], NOW) is book
    assert book.on(TODAY, [call], NOW + timedelta(days=2)).desk == {}
    assert book.on(TODAY, [call.taken_back()], NOW).desk == {}
    assert knowledge().on(TODAY, [call], NOW) is knowledge()


@pytest.mark.parametrize("label", ["desk", "desk.", "desk.8", "desk.x", "desk.7777777777777777777777"])
def test_an_answer_of_the_desks_is_found_by_its_number(label: str) -> None:
    answer = DeskAnswer.model_validate(DESKS)
    book = replace(knowledge(), desk={7: answer})
    assert book.answer(answer.label) is answer
    assert book.answer(label) is None
