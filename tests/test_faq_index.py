from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.faq.index import Index, Row, Sparse
from bot.faq.reading import Features


def features(text: str) -> Features:
    said = tuple(text.split())
    return Features(said, tuple(f"{one} {two}" for one, two in pairwise(said)), ())


@pytest.fixture
def index() -> Index:
    phrases = [features(text) for text in ("when is the deadline", "the deadline", "the money", "the locker")]
    return Index(phrases, [True, True, True, False])


def weight(index: Index, text: str, unit: str) -> float:
    row = index.weigh(features(text)).units
    return row.values[row.places.index(index.units.index(unit))]


def test_rare_words_weigh_more_than_frequent_ones(index: Index) -> None:
    assert weight(index, "deadline money", "money") > weight(index, "deadline money", "deadline")


def test_words_nobody_wrote_make_the_known_ones_lighter(index: Index) -> None:
    assert weight(index, "the deadline of umbrellas", "deadline") < weight(index, "the deadline", "deadline")


def test_words_nobody_wrote_are_known_by_their_pieces(index: Index) -> None:
    assert index.weigh(features("deadlines")).unknown.places
    assert not index.weigh(features("zzzz")).unknown.places


@pytest.mark.parametrize(
    ("text", "alien"), [("the deadline", False), ("the locker", True), ("the umbrella", True), ("umbrella", True)]
)
def test_words_that_are_not_ours_are_alien(index: Index, text: str, *, alien: bool) -> None:
    assert (index.weigh(features(text)).alien > 0) is alien


def test_a_word_whose_meaning_is_ours_is_not_alien(index: Index) -> None:
    assert index.weigh(features("the umbrella"), frozenset({"umbrella"})).alien == 0


def test_a_text_of_nothing_weighs_nothing(index: Index) -> None:
    nothing = index.weigh(features(""))
    assert (nothing.units, nothing.unknown, nothing.alien) == (Row(), Row(), 0)


entries = st.lists(st.tuples(st.integers(0, 6), st.floats(-2, 2, width=32)), max_size=5)


@given(st.lists(entries, max_size=8))
@settings(deadline=None)
def test_products_are_those_of_the_full_matrix(rows: list[list[tuple[int, float]]]) -> None:
    full = np.zeros((len(rows), 7), dtype=np.float32)
    for place, row in enumerate(rows):
        for column, value in row:
            full[place, column] += value
    right = np.arange(21, dtype=np.float32).reshape(7, 3)
    left = np.arange(2 * len(rows), dtype=np.float32).reshape(len(rows), 2)
    sparse = Sparse([Row([place for place, _ in row], [value for _, value in row]) for row in rows], 7)
    np.testing.assert_allclose(sparse.times(right), full @ right, atol=1e-3)
    np.testing.assert_allclose(sparse.turned_times(left), full.T @ left, atol=1e-3)


def test_a_large_matrix_is_multiplied_in_blocks() -> None:
    rows = [Row([place % 50, 7], [1.0, 2.0]) for place in range(5_000)]
    found = Sparse(rows, 50).times(np.ones((50, 1), dtype=np.float32))
    np.testing.assert_array_equal(found, np.full((5_000, 1), 3.0, dtype=np.float32))
