"""What is left out of a text before others see it, and what is not."""

from __future__ import annotations

import pytest

from bot.rules.anonymity import LONGEST_EXCERPT, anonymous, excerpt


@pytest.mark.parametrize(
    "said",
    [
        "giulia.rossi@studenti.unimi.it",
        "@giulia_r",
        "@nicolò",
        "+39 333 123 4567",
        "333-1234567",
        "02/5031 1234",
        "987654",
        "D12345",
        "RSSMRA85M01H501Z",
        "IT60X0542811101000000123456",
        "https://t.me/giulia",
        "t.me/giulia",
        "www.facebook.com/giulia.rossi",
    ],
)
def test_what_may_say_who_somebody_is_is_left_out(said: str) -> None:
    assert anonymous(f"write to {said} please") == "write to … please"


@pytest.mark.parametrize(
    "kept",
    [
        "may I leave in 2027 or in 2027/28?",
        "from 2027-01-15 to 2027-02-15",
        "dal 15/01/2027 al 15.02.27",
        "12 months, 5th year, 300 euro, 24 CFU",
        "erasmus+ or free mover?",
    ],
)
def test_years_days_and_small_numbers_stay(kept: str) -> None:
    assert anonymous(kept) == kept


def test_a_name_that_is_told_as_one_is_left_out() -> None:
    assert anonymous("Hi, my name is Giulia Rossi and I ask") == "Hi, my name is … and I ask"
    assert anonymous("Mi chiamo nicolò, posso partire?") == "Mi chiamo …, posso partire?"


def test_a_text_on_many_lines_becomes_one_and_a_long_one_is_cut() -> None:
    assert anonymous("when\n\n  does it open?") == "when does it open?"
    short = excerpt("very " * 50)
    assert len(short) <= LONGEST_EXCERPT
    assert short.endswith("very…")
    assert excerpt("when?") == "when?"
