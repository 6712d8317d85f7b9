"""Rates, how far they may be off, and whether what is said to be likely comes true as often."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Interval: TypeAlias = tuple[float, float]

USUAL_RANGE = 1.959963984540054
"""Standard deviations to either side within which 95 % of a normal distribution lies."""

DRAWS = 1_000
"""Samples of a bootstrap."""

SEED = 2_026
"""Where its chance begins, so that the same questions always have the same interval."""

BINS = 10
"""Equal parts of 0 to 1 by which probabilities are compared with what came true."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Guesses of about the same probability."""

    least: float
    """Inclusive."""
    most: float
    """Exclusive, but for 1."""
    n: int
    predicted: float
    """The mean probability."""
    right: float
    """The share that came true."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether probabilities are what they say they are; None where there are none."""

    n: int
    ece: float | None
    """Expected calibration error: the mean distance between what was predicted and the share that came true."""
    brier: float | None
    """The mean squared distance of each probability from what came true; 0 is best, always saying 0.5 has 0.25."""
    bins: tuple[Bin, ...]
    """Those that hold anything, from the least probable."""


def share(hits: Sequence[bool]) -> float | None:
    """The share of hits; None of nothing."""
    return sum(hits) / len(hits) if hits else None


def wilson(hits: Sequence[bool]) -> Interval | None:
    """The 95 % interval of the share of hits, after Wilson; None of nothing."""
    if not hits:
        return None
    n, found, spread = len(hits), sum(hits) / len(hits), USUAL_RANGE**2 / len(hits)
    middle = (found + spread / 2) / (1 + spread)
    reach = math.sqrt(spread * (found * (1 - found) + spread / 4)) / (1 + spread)
    least = 0.0 if not any(hits) else max(0.0, middle - reach)
    return least, 1.0 if sum(hits) == n else min(1.0, middle + reach)


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float | None:
    """The share of pairs in which the first is higher, a tie counting half; None where there are no pairs."""
    if not higher or not lower:
        return None
    return _auroc(np.array(higher), np.array(lower))


def auroc_interval(higher: Sequence[float], lower: Sequence[float]) -> Interval | None:
    """The 95 % interval of :func:`auroc`, by drawing both sides anew ``DRAWS`` times, always in the same way."""
    if not higher or not lower:
        return None
    chance, some, others = np.random.default_rng(SEED), np.array(higher), np.array(lower)
    drawn = [
        _auroc(some[chance.integers(0, len(some), len(some))], others[chance.integers(0, len(others), len(others))])
        for _ in range(DRAWS)
    ]
    least, most = np.quantile(drawn, (0.025, 0.975))
    return float(least), float(most)


def _auroc(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, side="left").sum()
    not_above = np.searchsorted(ordered, higher, side="right").sum()
    return float(below + not_above) / 2 / (len(higher) * len(lower))


def reliability(predicted: Sequence[float], right: Sequence[bool]) -> Reliability:
    """Compare the probability of each guess with whether it came true."""
    if not predicted:
        return Reliability(0, None, None, ())
    said, came = np.array(predicted), np.array(right, dtype=np.float64)
    places = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    bins = tuple(
        Bin(place / BINS, (place + 1) / BINS, int(here.sum()), float(said[here].mean()), float(came[here].mean()))
        for place in range(BINS)
        if (here := places == place).any()
    )
    error = sum(each.n * abs(each.predicted - each.right) for each in bins) / len(said)
    return Reliability(len(said), error, float(((said - came) ** 2).mean()), bins)
