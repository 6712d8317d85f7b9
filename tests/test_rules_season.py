"""Where the calls stand: what the desk announced beats the usual months, and each call stands in one section."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.rules import season
from bot.rules.calls import Call
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, plain
from bot.rules.programmes import Programme
from tests.book import NOW, ROME, a_call, assert_sound, assert_tags_close_on_their_line, keys, knowledge

VOICE = Voice(knowledge(), ROME)
STUDY = a_call(
    Programme.ERASMUS_STUDY, datetime(2027, 1, 14, 23, tzinfo=UTC), datetime(2027, 2, 10, 11, tzinfo=UTC), number=4
)
GONE = a_call(Programme.EXTRA_EU, number=5, revision=2, withdrawn=True)


def sections(*calls: Call, now: datetime = NOW) -> dict[str, str]:
    """The sections of the page, by the first words of their headings."""
    parts = plain(season.page(VOICE, calls, now, "en").text).split("\n\n")
    return {part.split(" (")[0].split("\n")[0]: part.partition("\n")[2] for part in parts}


def test_a_call_runs_from_its_opening_to_its_closing() -> None:
    at = {"before": NOW, "within": datetime(2027, 1, 20, tzinfo=UTC), "after": datetime(2027, 2, 10, 11, tzinfo=UTC)}
    assert {when: season.running([STUDY, GONE], now, "erasmus-study") for when, now in at.items()} == {
        "before": False, "within": True, "after": False,
    }  # fmt: skip
    assert not season.running([STUDY, GONE], at["within"], "extra-eu")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2027, 1, 31), date(2028, 2, 29), date(2027, 10, 31)])
def test_without_calls_the_page_names_all_seven_and_the_soonest_first(today: date, lang: Lang) -> None:
    page = season.page(VOICE, (), datetime.combine(today, time(9), UTC), lang)
    assert_sound(page)
    assert_tags_close_on_their_line(page.text)
    for each in knowledge().programmes.values():
        assert f"<b>{each.names[lang].title}</b>" in page.text
    assert page.text.count("🗓") == len(knowledge().calls)
    assert {key.data for key in keys(page)} == {"1|c|subscribe", "1|c|calendar", "1|c|programmes"}


def test_usual_months_are_told_in_the_order_in_which_they_begin() -> None:
    lines = sections()["Expected"].split("\n")
    assert ["study" in lines[0], "traineeship" in lines[1], "Thesis" in lines[2]] == [True] * 3
    assert "January–February 2027" in lines[0]


def test_every_call_stands_in_its_section() -> None:
    found = sections(a_call(), STUDY, GONE)
    assert "Open now" not in found
    assert found["Announced"].count("🔵") == 2
    assert "Erasmus+ study" not in found["Expected"]
    assert "Free Mover" not in found["Without usual months"]
    assert "Exchange outside the EU: withdrawn" in found["Withdrawn"]
    assert "Exchange outside the EU" in found["Without usual months"], "the next one is like none before"
    later = sections(a_call(), STUDY, GONE, now=datetime(2027, 1, 2, tzinfo=UTC))
    assert "closes soon" in later["Open now"]
    assert "Erasmus+ study" in later["Announced"]


def test_a_usual_window_is_not_expected_once_its_call_is_there_or_over() -> None:
    def expected(programme: Programme, *calls: Call, now: datetime = NOW) -> date | None:
        window = season.expected(VOICE, programme, calls, now)
        return window.opens_on if window else None

    assert expected(Programme.ERASMUS_STUDY) == date(2027, 1, 1)
    assert expected(Programme.ERASMUS_STUDY, STUDY) is None
    assert expected(Programme.ERASMUS_STUDY, STUDY, now=datetime(2027, 2, 11, tzinfo=UTC)) == date(2028, 1, 1)
    assert expected(Programme.ERASMUS_STUDY, GONE) == date(2027, 1, 1)
    withdrawn = a_call(Programme.ERASMUS_STUDY, STUDY.dates.opens_at, STUDY.dates.closes_at, withdrawn=True)
    assert expected(Programme.ERASMUS_STUDY, withdrawn) == date(2027, 1, 1)
    assert expected(Programme.FREE_MOVER) is None


def test_the_other_call_of_the_same_year_is_still_expected() -> None:
    october = a_call(
        Programme.ERASMUS_TRAINEESHIP, datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)
    )
    window = season.expected(VOICE, Programme.ERASMUS_TRAINEESHIP, (october,), NOW)
    assert window is not None
    assert window.opens_on == date(2027, 2, 1)


def test_a_programme_says_where_its_living_calls_stand() -> None:
    found = season.standing(VOICE, (a_call(), STUDY, GONE), NOW, "it")
    assert list(found) == [Programme.ERASMUS_STUDY, Programme.FREE_MOVER]
    assert "15 gennaio 2027" in found[Programme.FREE_MOVER]
    assert season.standing(VOICE, (a_call(),), NOW + timedelta(days=100), "it") == {}


def test_an_expectation_is_what_the_page_says() -> None:
    def said(programme: Programme, *calls: Call) -> str:
        return plain(season.expectation(VOICE, programme, calls, NOW, "en"))

    assert said(Programme.ERASMUS_STUDY) == "🗓 Erasmus+ study: usually next in January–February 2027"
    assert said(Programme.FREE_MOVER).startswith("▫️ Free Mover: apply no later than 30 days")
    assert not said(Programme.FREE_MOVER, a_call())
    assert not said(Programme.ERASMUS_STUDY, STUDY)
