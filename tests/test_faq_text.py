from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.faq.text import MAX_LETTERS, MAX_WORDS, fold, grams, without_contrast, words


def test_case_and_accents_do_not_count() -> None:
    assert fold("PERCHÉ") == fold("perche\u0301") == "perche"


def test_drawn_out_letters_are_cut_to_two() -> None:
    assert fold("ciaoooooo helloooo") == "ciaoo helloo"


def test_words_are_split_at_apostrophes_dashes_and_between_letters_and_numbers() -> None:
    assert words("l'iscrizione al free-mover, 4th year") == [
        "l",
        "iscrizione",
        "al",
        "free",
        "mover",
        "4",
        "th",
        "year",
    ]


def test_a_plus_is_said() -> None:
    assert words("Erasmus+") == ["erasmus", "plus"]


def test_other_scripts_are_words_too() -> None:
    assert words("привет erasmus") == ["привет", "erasmus"]


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    found = words(" ".join(["start", *["word"] * 500, "end"]))
    assert len(found) == MAX_WORDS
    assert (found[0], found[-1]) == ("start", "end")


def test_grams_are_the_pieces_of_three_and_four_letters() -> None:
    assert grams("exam") == ("<ex", "exa", "xam", "am>", "<exa", "exam", "xam>")


@given(st.text(st.characters()))
def test_any_text_is_read(text: str) -> None:
    found = words(text)
    assert len(found) <= MAX_WORDS
    assert all(0 < len(word) <= MAX_LETTERS for word in found)


@pytest.mark.parametrize(
    ("text", "kept", "contrary"),
    [
        ("Not the one with the grant: how long is it?", "how long is it", "Not the one with the grant"),
        ("intendo la tesi con la borsa, non quella senza", "intendo la tesi con la borsa", "non quella senza"),
        ("non per il free mover, per l'elettiva", "per l'elettiva", "non per il free mover"),
        ("not the elective but the grant", "the grant", "not the elective"),
    ],
)
def test_clauses_that_say_what_is_not_meant_are_told_from_the_rest(text: str, kept: str, contrary: str) -> None:
    assert without_contrast(text) == (kept, contrary)


@pytest.mark.parametrize(
    "text", ["not the grant", "non so, forse la borsa?", "I am not sure, is there a grant?", "non lo trovo, dov'è?", ""]
)
def test_a_denial_alone_and_a_plain_negation_stay(text: str) -> None:
    assert without_contrast(text) == (text, "")
