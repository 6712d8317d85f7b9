"""How "when would you like to be abroad?" and "until when?" are answered in a student's own words."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calls import last_day_of_stay
from bot.rules.plan import Fault
from bot.rules.programmes import Length
from bot.rules.stay import UNSURE, Stay, is_slip, is_unsure, read_end, read_stay

TODAY = date(2026, 11, 22)
START = date(2027, 7, 1)

STAYS = {
    # months
    "luglio": "2027-07-01 2027-07-31",
    "July": "2027-07-01 2027-07-31",
    "a luglio": "2027-07-01 2027-07-31",
    "luglio 2028": "2028-07-01 2028-07-31",
    "ottobre '27": "2027-10-01 2027-10-31",
    "07/2027": "2027-07-01 2027-07-31",
    "2027-07": "2027-07-01 2027-07-31",
    "luglio e agosto": "2027-07-01 2027-08-31",
    "LUGLIO E AGOSTO!!": "2027-07-01 2027-08-31",
    "July and August": "2027-07-01 2027-08-31",
    "🌞 july & august 🌞": "2027-07-01 2027-08-31",
    "luglio and august": "2027-07-01 2027-08-31",
    "luglio/agosto": "2027-07-01 2027-08-31",
    "giugno, luglio e agosto 2028": "2028-06-01 2028-08-31",
    "dicembre e gennaio": "2026-12-01 2027-01-31",
    "from July to September": "2027-07-01 2027-09-30",
    "luglio-settembre": "2027-07-01 2027-09-30",
    "tra luglio e settembre": "2027-07-01 2027-09-30",
    "dal mese di luglio al mese di settembre 2028": "2028-07-01 2028-09-30",
    "settembre 2027 - febbraio 2028": "2027-09-01 2028-02-29",
    "estate 2027: luglio e agosto": "2027-07-01 2027-08-31",
    "next July": "2027-07-01 2027-07-31",
    "july next year": "2027-07-01 2027-07-31",
    "l'anno prossimo a luglio": "2027-07-01 2027-07-31",
    "next month": "2026-12-01 2026-12-31",
    "il mese prossimo": "2026-12-01 2026-12-31",
    # two days
    "dal 1 luglio al 31 agosto": "2027-07-01 2027-08-31",
    "dal 1° luglio al 31 agosto": "2027-07-01 2027-08-31",
    "dal primo luglio all'11 agosto": "2027-07-01 2027-08-11",
    "1/7 - 31/8/2027": "2027-07-01 2027-08-31",
    "1.7.2027–31.8.2027": "2027-07-01 2027-08-31",
    "1-7-27 / 31-8-27": "2027-07-01 2027-08-31",
    "2027-07-01 2027-08-31": "2027-07-01 2027-08-31",
    "from 20 Dec to 10 Jan": "2026-12-20 2027-01-10",
    "20 dicembre - 10 gennaio 2028": "2027-12-20 2028-01-10",
    "dal 15 al 30 giugno": "2027-06-15 2027-06-30",
    "tra il 15 e il 30 giugno": "2027-06-15 2027-06-30",
    "1-15 agosto": "2027-08-01 2027-08-15",
    "1st to 31st of July 2027": "2027-07-01 2027-07-31",
    "from 1 July to the 15th": "2027-07-01 2027-07-15",
    "July 1-15": "2027-07-01 2027-07-15",
    "July 1 to August 15, 2027": "2027-07-01 2027-08-15",
    "from mid July to the end of August": "2027-07-15 2027-08-31",
    "start 1 july, end 31 august": "2027-07-01 2027-08-31",
    "parto il 1 luglio e torno il 31 agosto": "2027-07-01 2027-08-31",
    "I'd like to go from the 3rd of july 2027 till the 5th of august": "2027-07-03 2027-08-05",
    # a start and a length: both ends are counted
    "from 1 July for six weeks": "2027-07-01 2027-08-11",
    "febbraio 2027 per 2 mesi": "2027-02-01 2027-03-31",
    "due mesi da marzo": "2027-03-01 2027-04-30",
    "in july for two weeks": "2027-07-01 2027-07-14",
    "a couple of weeks in august": "2027-08-01 2027-08-14",
    "vorrei partire il 5 maggio e stare 3 mesi": "2027-05-05 2027-08-04",
    "un mese e mezzo da giugno": "2027-06-01 2027-07-15",
    "31/12/2027 for two months": "2027-12-31 2028-02-28",
    "un mese e 10 giorni dal 1 marzo": "2027-03-01 2027-04-10",
    "quindici giugno per venti giorni": "2027-06-15 2027-07-04",
    # typos
    "lulgio e agsto": "2027-07-01 2027-08-31",
    "6 weks from 1 jully": "2027-07-01 2027-08-11",
    "dal 3 settmbre al 5 otobre": "2027-09-03 2027-10-05",
    # a start only
    "starting 14 Feb": "2027-02-14",
    "il 3 marzo": "2027-03-03",
    "3/7": "2027-07-03",
    "lunedì 5 luglio": "2027-07-05",
    "da luglio": "2027-07-01",
    "a partire da settembre": "2027-09-01",
    "1 ago": "2027-08-01",
    "today": "2026-11-22",
    "domani": "2026-11-23",
    "tra due mesi": "2027-01-22",
    "in 6 weeks": "2027-01-03",
    "two months from now": "2027-01-22",
    "next week": "2026-11-23",
    "29 febbraio": "2028-02-29",
    "22 novembre": "2026-11-22",
    "21 novembre": "2027-11-21",
}


@pytest.mark.parametrize(("text", "days"), STAYS.items())
def test_days_are_read(text: str, days: str) -> None:
    start, *end = map(date.fromisoformat, days.split())
    assert read_stay(text, TODAY) == Stay(start, end[0] if end else None)


@pytest.mark.parametrize(
    "text",
    [
        "in che anno posso partire?",
        "what documents for the 4th year?",
        "quando esce il bando?",
        "quanto dura?",
        "can I go in july with no money?",
        "posso partire a luglio?",
        "is the call open in february?",
        "how long can I stay from july",
        "quando scade la domanda per luglio e agosto?",
        "non so quando esce il bando",
        "free mover",
        "grazie",
        "🙂",
        "",
        "?",
        # no season or semester has days of its own, and a year alone says too little
        "estate",
        "summer 2027",
        "first semester",
        "secondo semestre",
        "2027",
        "2027/28",
        "next year",
        # a length without a start, an end without a start
        "for six weeks",
        "4 anni",
        "until 31 August",
        # alternatives, and months that are no single stay
        "luglio o agosto",
        "luglio e settembre",
        "dal 1 al 31",
        "2/3 luglio",
        "due o tre mesi",
        "июль",
        "luglio " * 1000,
    ],
)
def test_what_is_no_answer_stays_a_question(text: str) -> None:
    assert read_stay(text, TODAY) is None


@pytest.mark.parametrize(
    "text",
    [
        "boh",
        "Boh 🤷",
        "non lo so ancora",
        "non lo sò",
        "nn so",
        "not sure yet",
        "I'm not sure",
        "idk",
        "dunno",
        "I don't know yet",
        "i dont know",
        "da decidere",
        "nessuna idea",
        "non ne ho idea",
        "skip",
        "salta",
        "non so quando",
        "per ora non saprei",
        "haven't decided",
    ],
)
def test_not_knowing_is_an_answer(text: str) -> None:
    assert is_unsure(text)
    assert read_stay(text, TODAY) is UNSURE
    assert read_end(text, START, TODAY) is UNSURE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30 February", "30/2"),
        ("31 giugno", "31/6"),
        ("29 feb 2027", "29/2/2027"),
        ("dal 1 al 31 giugno 2027", "31/6/2027"),
        ("1 luglio - 31 settembre", "31/9"),
        ("7/13/2027", "7/13/2027"),
        ("0 luglio", "0/7"),
    ],
)
def test_a_day_that_does_not_exist_is_named(text: str, value: str) -> None:
    assert read_stay(text, TODAY) == Fault("fault.no-such-day", {"value": value})


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("10 luglio - 2 luglio 2027", "2027-07-10", "2027-07-02"),
        ("dal 28 al 3 luglio", "2027-07-28", "2027-07-03"),
        ("2027-08-31 2027-07-01", "2027-08-31", "2027-07-01"),
        ("from 1 July for 0 weeks", "2027-07-01", "2027-06-30"),
    ],
)
def test_an_end_before_the_start_is_refused(text: str, start: str, end: str) -> None:
    assert read_stay(text, TODAY) == Fault("fault.end-before-start", {"start": start, "end": end})


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("1 July 2020", "2020-07-01"),
        ("luglio 2025", "2025-07-01"),
        ("ieri", "2026-11-21"),
        ("novembre 2026", "2026-11-01"),
        ("two months ago", "2026-09-22"),
    ],
)
def test_a_start_in_the_past_is_refused(text: str, start: str) -> None:
    assert read_stay(text, TODAY) == Fault("fault.past", {"start": start})


def test_a_slip_of_the_pen_is_refused() -> None:
    assert read_stay("1 July 2150", TODAY) == Fault("fault.date-range", {"value": "2150-07-01"})
    assert read_stay("1 luglio per 999 anni", TODAY) == Fault("fault.date-range", {"value": "3026-06-30"})


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("31 agosto", "2027-08-31"),
        ("until 31 August", "2027-08-31"),
        ("31/8", "2027-08-31"),
        ("entro il 15 settembre 2027", "2027-09-15"),
        ("for six weeks", "2027-08-11"),
        ("six weeks", "2027-08-11"),
        ("per due mesi", "2027-08-31"),
        ("due mesi dopo", "2027-08-31"),
        ("un mese e mezzo", "2027-08-15"),
        ("a year", "2028-06-30"),
        ("agosto", "2027-08-31"),
        ("fine agosto", "2027-08-31"),
        ("fino alla fine di agosto", "2027-08-31"),
        ("end of August", "2027-08-31"),
        ("metà luglio", "2027-07-15"),
        ("fino al 31", "2027-07-31"),
        ("until the 15th", "2027-07-15"),
        ("a fine mese", "2027-07-31"),
        ("31 agsto", "2027-08-31"),
        ("30 giugno", "2028-06-30"),
        ("torno il 10 agosto", "2027-08-10"),
    ],
)
def test_an_end_is_read(text: str, end: str) -> None:
    assert read_end(text, START, TODAY) == date.fromisoformat(end)


def test_an_end_that_cannot_be_is_refused() -> None:
    before = {"start": "2027-07-01", "end": "2027-06-30"}
    assert read_end("30 giugno 2027", START, TODAY) == Fault("fault.end-before-start", before)
    assert read_end("31 febbraio", START, TODAY) == Fault("fault.no-such-day", {"value": "31/2"})
    assert read_end("fino al 32", START, TODAY) == Fault("fault.no-such-day", {"value": "32/7"})


@pytest.mark.parametrize(
    "text", ["quanto dura?", "31", "how long can I stay?", "until when is the call open?", "", "ok"]
)
def test_a_question_is_no_end(text: str) -> None:
    assert read_end(text, START, TODAY) is None


def test_until_a_number_finds_a_month_that_has_it() -> None:
    assert read_end("fino al 31", date(2027, 2, 10), TODAY) == date(2027, 3, 31)
    assert read_end("fino al 5", date(2027, 12, 10), TODAY) == date(2028, 1, 5)


@pytest.mark.parametrize(
    ("word", "meant", "slip"),
    [
        ("lulgio", "luglio", True),
        ("luglo", "luglio", True),
        ("lugllio", "luglio", True),
        ("luglip", "luglio", True),
        ("jully", "july", True),
        ("figlio", "luglio", False),
        ("marco", "marzo", False),
        ("mai", "mar", False),
        ("place", "placement", False),
        ("quanto", "quarto", False),
        ("there", "three", False),
    ],
)
def test_one_slip_is_forgiven(word: str, meant: str, slip: bool) -> None:  # noqa: FBT001 - an example's value
    assert is_slip(word, meant) is slip


DAYS = st.dates(TODAY, date(2090, 12, 31))


def written(start: date, end: date) -> list[str]:
    """The same two days as people write them, with the year, in both languages."""
    (start_it, end_it), (start_en, end_en) = (
        [format_date(day, "d MMMM y", locale=language) for day in (start, end)] for language in ("it", "en")
    )
    us = [format_date(day, "MMMM d, y", locale="en") for day in (start, end)]
    short = [format_date(day, "d MMM yyyy", locale="it") for day in (start, end)]
    return [
        f"dal {start_it} al {end_it}",
        f"{start_it} - {end_it}",
        f"{short[0]}–{short[1]}",
        f"From {start_en} until {end_en}",
        f"from {us[0]} to {us[1]}",
        f"dal {start_en} till the {end_it} 🙂",
        f"{start} {end}",
        f"{start}/{end}",
        f"{start:%d/%m/%Y}-{end:%d/%m/%Y}",
        f"{start.day}/{start.month}/{start.year}-{end.day}/{end.month}/{end.year}",
        f"{start:%d.%m.%y} - {end:%d.%m.%y}",
    ]


@given(DAYS, DAYS)
def test_two_days_with_their_years_are_read_back(one: date, other: date) -> None:
    start, end = sorted((one, other))
    for text in written(start, end):
        assert read_stay(text, TODAY) == Stay(start, end), text


@given(DAYS, st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_days_without_a_year_are_the_next_ones(today: date, day: date) -> None:
    stay = read_stay(format_date(day, "d MMMM", locale="it"), today)
    assert isinstance(stay, Stay)
    assert (stay.start.day, stay.start.month) == (day.day, day.month)
    assert today <= stay.start <= today + timedelta(days=366)
    end = read_end(format_date(day, "'until' MMMM d", locale="en"), today, today)
    assert end == stay.start


@given(DAYS, st.integers(1, 60))
def test_lengths_count_both_ends(start: date, number: int) -> None:
    weeks = read_stay(f"from {start} for {number} weeks", TODAY)
    months = read_stay(f"{number} mesi dal {start:%d/%m/%Y}", TODAY)
    assert weeks == Stay(start, start + timedelta(days=7 * number - 1))
    assert months == Stay(start, last_day_of_stay(start, Length(months=number)))
    assert read_end(f"per {number} mesi", start, TODAY) == last_day_of_stay(start, Length(months=number))


WORDS = (
    "luglio agosto marzo july may from to dal al a e and 1 2 31 99 2027 9999 0 - / ago fa fine mid half un six weeks"
    " mesi anni next this last prossimo tra for per today oggi 1/7 31/8/2027 2027-07-01 30/2 999 couple of boh ?"
)


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS.split()), max_size=40).map(" ".join)))
def test_no_text_can_break_the_reading(text: str) -> None:
    stay = read_stay(text, TODAY)
    assert not isinstance(stay, Stay) or TODAY <= stay.start <= (stay.end or stay.start)
    end = read_end(text, START, TODAY)
    assert not isinstance(end, date) or end >= START


@pytest.mark.parametrize(
    "piece", ["a ", "luglio e ", "1/7-", "- ", "9", "🙂", "ﷺ", "settmbre ", "e un ", "from to for in "]
)
def test_long_texts_are_read_within_milliseconds(piece: str) -> None:
    read_stay("luglio", TODAY)  # the words of both languages are gathered once
    for text in (piece * (4096 // len(piece)), piece * (200 // len(piece))):
        assert min(seconds(text) for _ in range(3)) < 0.02  # the best of three: the machine may be busy


def seconds(text: str) -> float:
    started = time.perf_counter()
    read_stay(text, TODAY)
    read_end(text, START, TODAY)
    return time.perf_counter() - started
