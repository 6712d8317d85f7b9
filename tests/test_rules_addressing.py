"""Reading whom a broadcast is for, as staff write it before a text."""

from __future__ import annotations

import pytest

from bot.rules import addressing
from bot.rules.addressing import languages_of
from bot.rules.messages import LANGS
from bot.rules.plan import Fault
from tests import book


def read(argument: str) -> tuple[str, str] | Fault:
    return addressing.read(argument, book.knowledge(), 2026)


@pytest.mark.parametrize(
    ("argument", "audience", "text"),
    [
        ("", "", ""),
        ("Dear students", "", "Dear students"),
        ("all", "all", ""),
        ("all:", "all", ""),
        ("all: Dear students", "all", "Dear students"),
        ("All :Dear", "all", "Dear"),
        ("all\nDear\n\nstudents", "all", "Dear\n\nstudents"),
        ("free-mover: Dear", "programme:free-mover", "Dear"),
        ("Thesis-No-Scholarship\nDear", "programme:thesis-no-scholarship", "Dear"),
        ("year 4: Dear", "year:4:2026", "Dear"),
        ("year:4\nDear", "year:4:2026", "Dear"),
        ("year:4: Dear", "year:4:2026", "Dear"),
        ("anno 4: Cari", "year:4:2026", "Cari"),
        ("anno 4", "year:4:2026", ""),
        ("4th year: Dear", "year:4:2026", "Dear"),
        ("4° anno: Cari", "year:4:2026", "Cari"),
        ("language en: Dear", "language:en", "Dear"),
        ("language:it: Cari", "language:it", "Cari"),
        ("Italiano: Cari", "language:it", "Cari"),
        ("italian", "language:it", ""),
        ("English : Dear", "language:en", "Dear"),
        ("tutti: Cari", "all", "Cari"),
        ("free mover: Dear", "programme:free-mover", "Dear"),
        ("Free Movers", "programme:free-mover", ""),
        ("erasmus: Dear", "programme:erasmus-study", "Dear"),
        ("Erasmus+ traineeship: Dear: you", "programme:erasmus-traineeship", "Dear: you"),
        ("<b>free mover:</b> Dear", "programme:free-mover", "<b></b>Dear"),
        ("en: Dear", "language:en", "Dear"),
        ("it:\nCari", "language:it", "Cari"),
        ("<b>all: Dear</b> you", "all", "<b>Dear</b> you"),
        ("<b>all</b>: Dear", "all", "<b></b>Dear"),
        ("<b>all:</b> Dear", "all", "<b></b>Dear"),
    ],
)
def test_an_audience_is_followed_by_a_colon_or_the_end_of_its_line(argument: str, audience: str, text: str) -> None:
    assert read(argument) == (audience, text)


@pytest.mark.parametrize(
    "text",
    [
        "all students of year 4: read this",
        "All students\nread this",
        "free-mover applications are open",
        "it is late: hurry",
        "Dear free movers: the call is open",
        "Important: read this",
        "https://www.unimi.it",
        "Erasmus students who go abroad in spring: read this",
        "Free Mover\nThe call is open",
        "Tutti gli studenti del quarto anno: leggete",
        "allall:",
    ],
)
def test_a_text_that_merely_begins_like_an_audience_is_whole(text: str) -> None:
    assert read(text) == ("", text)


@pytest.mark.parametrize(
    "argument", ["year 7: Dear", "year 9: Dear", "anno 9:", "9th year: Dear", "year:0\nDear", "Year 2026: the call"]
)
def test_a_year_there_is_not_is_a_fault_and_not_a_text_for_everybody(argument: str) -> None:
    fault = read(argument)
    assert isinstance(fault, Fault)
    assert fault.key == "broadcast.no-year"


@pytest.mark.parametrize(
    "argument",
    ["tuttti: Cari", "free mvoer: Dear", "erasmus students: Dear", "year 4 students: hurry", "years 4 and 5: Dear",
     "language fr: Chers", "italain: Cari", "extra-ue exchange: Dear", "<b>everibody:</b> Dear"],
)  # fmt: skip
def test_what_is_nearly_an_audience_is_a_fault_that_names_them(argument: str) -> None:
    fault = read(argument)
    assert isinstance(fault, Fault), fault
    assert fault.key == "broadcast.no-such"
    for lang in LANGS:
        said = book.knowledge().words.say(lang, fault.key, **fault.params)
        assert "free-mover" in said
        assert "all:" in said


def test_who_is_chosen_by_language_is_written_to_in_it() -> None:
    assert languages_of("language:it") == ("it",)
    assert languages_of("year:4:2026") == LANGS
