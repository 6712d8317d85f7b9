"""Who takes which question, how that changes, and how it is written in either language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import duty as duties
from bot.rules.duty import LANGUAGES, PROGRAMMES, Duty, next_back, on_duty_for, read_back, read_cap, read_wanted, takes
from bot.rules.plan import Fault
from tests.book import knowledge

TODAY = date(2026, 12, 1)
"""A Tuesday."""
MONDAY = date(2026, 12, 7)
ALL = Duty(1, "Ada", on_duty=True)
FREE = Duty(2, "Bruno", on_duty=True, programmes=("free-mover",), languages=("it",))
OTHERS = tuple(each for each in PROGRAMMES if each != "free-mover")

SOME = st.sets(st.sampled_from(PROGRAMMES)).map(lambda found: duties._tidy(found, PROGRAMMES))
SPOKEN = st.sampled_from(((), ("en",), ("it",)))
ANY_DUTY = st.builds(
    Duty, st.just(1), st.just("Ada"), st.booleans(), SOME, SPOKEN,
    st.none() | st.dates(date(2026, 11, 1), date(2027, 1, 31)), st.none() | st.integers(1, 9), st.integers(0, 9),
)  # fmt: skip


# Who takes a ticket


@pytest.mark.parametrize(
    ("duty", "programme", "lang", "taken"),
    [
        (ALL, "free-mover", "en", True),
        (ALL, None, "it", True),
        (replace(ALL, on_duty=False), "free-mover", "en", False),
        (replace(ALL, back_on=MONDAY), "free-mover", "en", False),
        (replace(ALL, back_on=TODAY), "free-mover", "en", True),
        (FREE, "free-mover", "it", True),
        (FREE, None, "it", True),
        (FREE, None, "en", False),
        (FREE, "extra-eu", "it", False),
        (FREE, "free-mover", "en", False),
    ],
)
def test_a_ticket_is_theirs_by_programme_language_and_day(
    duty: Duty, programme: str | None, lang: str, *, taken: bool
) -> None:
    assert takes(duty, programme, lang, TODAY) is taken
    assert on_duty_for([duty], programme, lang, TODAY) == ([duty] if taken else [])


def test_the_least_busy_come_first_and_the_full_get_none() -> None:
    busy, idle, full = (
        replace(ALL, open=3),
        Duty(3, "Carla", on_duty=True),
        Duty(4, "Dario", on_duty=True, most_open=2, open=2),
    )
    assert on_duty_for([busy, full, idle], None, "en", TODAY) == [idle, busy]
    assert on_duty_for([full], None, "en", TODAY) == []
    assert on_duty_for([replace(full, open=1)], None, "en", TODAY) == [replace(full, open=1)]


def test_the_first_to_be_back_is_named_and_only_if_they_would_take_it() -> None:
    away = [replace(FREE, back_on=date(2026, 12, 3)), replace(ALL, back_on=MONDAY), replace(ALL, back_on=TODAY)]
    assert next_back(away, "free-mover", "it", TODAY) == date(2026, 12, 3)
    assert next_back(away, "free-mover", "en", TODAY) == MONDAY
    assert next_back([replace(away[0], on_duty=False)], "free-mover", "it", TODAY) is None
    assert next_back([replace(away[1], most_open=1, open=1)], None, "it", TODAY) is None
    assert next_back([], None, "it", TODAY) is None


# How it changes


def test_on_with_a_programme_makes_it_the_only_one_and_the_next_is_added() -> None:
    off = Duty(1, "Ada", back_on=MONDAY)
    once = duties.begun(off, ["free-mover"])
    assert (once.on_duty, once.programmes, once.back_on) == (True, ("free-mover",), None)
    twice = duties.begun(once, ["erasmus-study"], ["it"])
    assert (twice.programmes, twice.languages) == (("erasmus-study", "free-mover"), ("it",))
    assert duties.begun(twice, [], ["en"]).languages == ()
    assert duties.begun(twice, ["all"]).programmes == ()
    assert duties.begun(once, OTHERS).programmes == ()
    assert duties.begun(once) == once


def test_off_leaves_out_what_is_named_and_without_anything_left_is_off_duty() -> None:
    fewer = duties.ended(ALL, ["free-mover"])
    assert (fewer.on_duty, fewer.programmes) == (True, OTHERS)
    assert duties.ended(ALL, [], ["it"]).languages == ("en",)
    for ended in (duties.ended(FREE), duties.ended(FREE, ["all"]), duties.ended(FREE, ["free-mover"])):
        assert ended == replace(FREE, on_duty=False)
    assert duties.ended(FREE, [], ["it"]) == replace(FREE, on_duty=False)
    assert duties.ended(FREE, ["extra-eu"]) == FREE
    assert duties.ended(replace(ALL, back_on=MONDAY)) == replace(ALL, on_duty=False)


def test_switches_never_leave_nothing() -> None:
    assert duties.switched(FREE, "free-mover") is None
    assert duties.spoken(FREE, "it") is None
    assert duties.switched(FREE, "all") == replace(FREE, programmes=())
    assert duties.spoken(FREE, "en") == replace(FREE, languages=())
    without = duties.switched(ALL, "free-mover")
    assert without
    assert without.programmes == OTHERS
    assert duties.switched(without, "free-mover") == ALL


def test_a_pause_ends_on_a_day_on_duty() -> None:
    assert duties.paused(Duty(1, "Ada"), MONDAY) == Duty(1, "Ada", on_duty=True, back_on=MONDAY)
    assert duties.paused(replace(ALL, back_on=MONDAY), None) == ALL
    assert duties.capped(ALL, 5).most_open == 5
    assert replace(ALL, most_open=5, open=5).full
    assert not replace(ALL, open=99).full


@given(ANY_DUTY, st.sampled_from(PROGRAMMES), st.sampled_from(LANGUAGES))
def test_whatever_is_switched_agrees_with_what_is_taken(duty: Duty, programme: str, lang: str) -> None:
    switched = duties.switched(duty, programme)
    assert switched is None or switched.follows(programme) is not duty.follows(programme)
    spoken = duties.spoken(duty, lang)
    assert spoken is None or spoken.speaks(lang) is not duty.speaks(lang)
    begun = duties.begun(duty, [programme], [lang])
    assert takes(begun, programme, lang, TODAY)
    assert takes(begun, None, lang, TODAY)
    assert not takes(duties.ended(begun, [programme]), programme, lang, TODAY)
    assert not takes(duties.ended(begun, [], [lang]), programme, lang, TODAY)


# How it is written


@pytest.mark.parametrize(
    ("text", "programmes", "languages", "unknown"),
    [
        ("free-mover", ["free-mover"], [], []),
        ("Free Mover, tesi it", ["free-mover", "thesis-scholarship", "thesis-no-scholarship"], ["it"], []),
        ("erasmus studio e free mover in inglese", ["erasmus-study", "free-mover"], ["en"], []),
        ("all English", ["all"], ["en"], []),
        ("both", [], ["all"], []),
        ("in italiano, inglese", [], ["it", "en"], []),
        ("free-mover umbrella", ["free-mover"], [], ["umbrella"]),
        ("", [], [], []),
    ],
)
def test_programmes_and_languages_are_read_as_people_name_them(
    text: str, programmes: list[str], languages: list[str], unknown: list[str]
) -> None:
    assert read_wanted(knowledge(), text) == duties.Wanted(tuple(programmes), tuple(languages), tuple(unknown))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *((text, MONDAY) for text in ("monday", "Lunedì", "until Monday", "fino a lunedi", "mondey", "torno lunedì",
                                      "next monday", "lunedì prossimo", "lunedì 7 dicembre", "7/12", "the 7th",
                                      "fino al 7", "2026-12-07", "until 7 dec 2026", "next week", "6 days")),
        ("tuesday", date(2026, 12, 8)),
        ("martedì", date(2026, 12, 8)),
        ("mer", date(2026, 12, 2)),
        ("mar", date(2027, 3, 1)),
        ("tomorrow", date(2026, 12, 2)),
        ("domani", date(2026, 12, 2)),
        ("2 weeks", date(2026, 12, 15)),
        ("due settimane", date(2026, 12, 15)),
        ("tra una settimana", date(2026, 12, 8)),
        ("a month", date(2027, 1, 1)),
        ("gennaio", date(2027, 1, 1)),
        ("365 days", date(2027, 12, 1)),
    ],
)  # fmt: skip
def test_the_day_somebody_is_back_is_read(text: str, day: date) -> None:
    assert read_back(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("today", "members.back-past"),
        ("2020-01-01", "members.back-past"),
        ("2028-05-01", "members.back-far"),
        ("366 days", "members.back-far"),
        ("30 febbraio", "fault.no-such-day"),
        ("soon", None),
        ("", None),
        ("monday or tuesday", None),
        ("99999", None),
        ("the 45th", None),
        ("x" * 999, None),
    ],
)
def test_a_day_that_cannot_be_is_said(text: str, key: str | None) -> None:
    found = read_back(text, TODAY)
    assert (found.key if isinstance(found, Fault) else found) == key


@given(st.text(max_size=40), st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_whatever_is_read_lies_ahead(text: str, today: date) -> None:
    found = read_back(text, today)
    assert not isinstance(found, date) or found > today


def test_a_cap_is_a_number_or_none() -> None:
    assert [read_cap(text) for text in ("5", "at most 3", "max 10", "none", "nessuno", "no")] == [5, 3, 10] + [None] * 3
    for text in ("0", "100", "-1", "many", "", "3 4"):
        assert isinstance(read_cap(text), Fault), text
