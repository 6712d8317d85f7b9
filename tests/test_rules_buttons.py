"""What a button carries, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.buttons import LONGEST_DATA, RELEASE, Act, Tap, data, number, read
from tests.book import knowledge

ARGS = st.lists(st.text(st.characters(codec="ascii", exclude_characters="|"), max_size=15), max_size=3)


@given(st.sampled_from(Act), ARGS)
def test_data_reads_back(act: Act, args: list[str]) -> None:
    packed = data(act, *args)
    assert read(packed) == Tap(act, tuple(args))
    assert len(packed.encode()) <= LONGEST_DATA


@given(st.text())
def test_any_text_is_read_or_refused(packed: str) -> None:
    tap = read(packed)
    assert tap is None or packed == "|".join((RELEASE, tap.act, *tap.args))


@pytest.mark.parametrize(
    "packed", ["", "1", "1|", "0|o|general.desk", "2|o|general.desk", "1|zz|x", "|", "o|1", "1||o"]
)
def test_another_release_or_somebody_elses_button_is_not_read(packed: str) -> None:
    assert read(packed) is None


def test_too_much_data_is_an_error_where_the_button_is_drawn() -> None:
    assert len(data(Act.OPEN, "x" * 60)) == LONGEST_DATA
    with pytest.raises(ValueError, match="64 bytes"):
        data(Act.OPEN, "x" * 61)
    with pytest.raises(ValueError, match="64 bytes"):
        data(Act.OPEN, "€" * 21)


def test_arguments_of_any_kind_travel_as_text() -> None:
    assert data(Act.REPLY, 12, "year", "graduated") == "1|r|12|year|graduated"


def test_every_label_there_is_fits_a_button() -> None:
    for label, _ in knowledge().answers():
        for act in (Act.OPEN, Act.PICK):
            assert read(data(act, label)) == Tap(act, (label,))
        assert read(data(Act.CANDIDATE, 10**11, "is", label, 365, 199))


def test_the_letters_of_the_acts_are_not_shared_and_do_not_change() -> None:
    assert {act.name: act.value for act in Act} == {
        "OPEN": "o",
        "PICK": "k",
        "COMMAND": "c",
        "REPLY": "r",
        "CHANGE": "x",
        "MONTH": "m",
        "DAY": "d",
        "REJECT": "n",
        "SPEAK": "l",
        "FORGET": "f",
        "FOLLOW": "w",
        "TOGGLE": "t",
        "KIND": "a",
        "HOURS": "h",
        "KEEP": "e",
        "TICK": "v",
        "RESUME": "u",
        "DRAFT": "z",
        "MAILING": "y",
        "PERSON": "p",
        "MINE": "i",
        "TICKET": "q",
        "MEMBER": "j",
        "PROPOSAL": "b",
        "STATS": "s",
        "CANDIDATE": "g",
        "BLANK": "-",
    }


@pytest.mark.parametrize(
    ("argument", "found"),
    [("12", 12), ("0", 0), ("9" * 18, 10**18 - 1), ("9" * 19, 0), ("-1", 0), ("1.5", 0), ("", 0), ("²", 0), ("x", 0)],
)
def test_a_number_in_a_button_is_one_that_the_database_can_hold(argument: str, found: int) -> None:
    assert number(argument) == found
