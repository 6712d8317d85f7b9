from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from bot.faq.typos import misspelt

TEXT = "Quando scade la domanda per il free mover? I would like to leave in February, perché no"


@given(st.text(), st.floats(0, 1))
def test_a_text_has_always_the_same_slips(text: str, share: float) -> None:
    assert misspelt(text, share) == misspelt(text, share)
    assert misspelt(text, 0) == text


def test_every_word_of_four_letters_has_one_slip_at_most() -> None:
    before, after = TEXT.split(), misspelt(TEXT, 1).split()
    for one, other in zip(before, after, strict=True):
        letters = sum(letter.isalpha() for letter in one)
        assert OSA.distance(one, other) == (1 if letters >= 4 else 0), (one, other)


@given(st.text("abcdefghijklmnopqrstuvwxyzéà", min_size=4))
def test_a_slip_changes_the_word(word: str) -> None:
    assert OSA.distance(word, misspelt(word, 1)) == 1


def test_as_many_words_are_misspelt_as_was_asked() -> None:
    text = " ".join(f"parola {number}" for number in range(1_000))
    pairs = list(zip(text.split(), misspelt(text, 0.15).split(), strict=True))
    changed = [(one, other) for one, other in pairs if one != other]
    assert 0.12 < len(changed) / 1_000 < 0.18
    assert {"aprola", "pparola", "prola"} <= {other for _, other in changed}
    assert {other for _, other in changed} & {"oarola", "psrola", "paeola", "patola", "parila", "parpla", "paroka"}


@pytest.mark.parametrize("more", [0.3, 0.6, 1.0])
def test_a_greater_share_keeps_the_slips_of_a_smaller_one(more: float) -> None:
    rows = zip(TEXT.split(), misspelt(TEXT, 0.2).split(), misspelt(TEXT, more).split(), strict=True)
    kept = [few == many for one, few, many in rows if few != one]
    assert kept
    assert all(kept)


def test_half_a_character_is_no_trouble() -> None:
    assert misspelt("\ud800 domanda", 1) != "\ud800 domanda"
