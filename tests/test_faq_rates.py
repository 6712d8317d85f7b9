from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.faq.rates import Bin, auroc, auroc_interval, reliability, share, wilson


def hits(found: int, n: int) -> list[bool]:
    return [True] * found + [False] * (n - found)


@pytest.mark.parametrize(
    ("found", "n", "interval"),
    [  # as published for Wilson's interval, without correction of continuity
        (8, 10, (0.4902, 0.9433)),
        (0, 10, (0.0, 0.2775)),
        (10, 10, (0.7225, 1.0)),
        (81, 263, (0.2553, 0.3662)),
        (1, 1, (0.2065, 1.0)),
    ],
)
def test_the_interval_of_a_share_is_wilsons(found: int, n: int, interval: tuple[float, float]) -> None:
    assert wilson(hits(found, n)) == pytest.approx(interval, abs=1e-4)
    assert share(hits(found, n)) == pytest.approx(found / n)


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_a_share_lies_in_its_interval(found: list[bool]) -> None:
    interval, rate = wilson(found), share(found)
    assert interval is not None
    assert rate is not None
    assert 0 <= interval[0] <= rate <= interval[1] <= 1
    more = wilson(found * 4)
    assert more is not None
    assert more[1] - more[0] < interval[1] - interval[0], "four times as many questions tell more"


def test_of_nothing_there_is_no_rate() -> None:
    assert (share([]), wilson([]), auroc([], [1.0]), auroc([1.0], []), auroc_interval([], [1.0])) == (None,) * 5
    assert reliability([], []).ece is None


@pytest.mark.parametrize(
    ("higher", "lower", "found"),
    [([0.9, 0.8], [0.1, 0.2], 1.0), ([0.1], [0.9], 0.0), ([0.5], [0.5], 0.5), ([0.9, 0.3], [0.5, 0.3], 0.625)],
)
def test_the_share_of_pairs_in_order(higher: list[float], lower: list[float], found: float) -> None:
    assert auroc(higher, lower) == found


def test_the_interval_of_the_share_of_pairs_is_always_the_same_and_about_right() -> None:
    higher = [place / 100 for place in range(100)]
    lower = [place / 100 - 0.25 for place in range(100)]
    found, interval = auroc(higher, lower), auroc_interval(higher, lower)
    assert found is not None
    assert interval is not None
    assert interval == auroc_interval(higher, lower)
    assert interval[0] < found < interval[1]
    # Hanley and McNeil's standard error of 0.72 from 100 and 100 is 0.036
    assert interval[1] - interval[0] == pytest.approx(2 * 1.96 * 0.036, rel=0.15)


def test_probabilities_that_come_true_as_often_are_reliable() -> None:
    found = reliability([0.25] * 4 + [0.75] * 4, [*hits(1, 4), *hits(3, 4)])
    assert found.ece == 0.0
    assert found.brier == pytest.approx(3 / 16)
    assert found.bins == (Bin(0.2, 0.3, 4, 0.25, 0.25), Bin(0.7, 0.8, 4, 0.75, 0.75))


def test_probabilities_that_promise_too_much_are_not() -> None:
    found = reliability([1.0, 0.95, 0.0], [False, False, True])
    assert found.ece == pytest.approx((2 * 0.975 + 1) / 3)
    assert found.brier == pytest.approx((1 + 0.95**2 + 1) / 3)
    assert [(each.least, each.most, each.n) for each in found.bins] == [(0.0, 0.1, 1), (0.9, 1.0, 2)]
