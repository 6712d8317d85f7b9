"""Turns confidence into probability, and sets how sure an answer must be: learned from phrases that were held back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRECISION = 0.97
"""Share of right answers aimed at. Held-back phrases are easier than real questions: on public data, where 0.95 was
aimed at, 0.85 to 0.97 were right."""

FOREIGN_SHARE = 0.2
"""Share of questions that are not ours which the calibration assumes."""

SUGGESTED = 0.97
"""Share of our own questions that are to be answered or suggested something."""

ENOUGH = 100
"""With fewer held-back phrases than this nothing can be learned from them, and ``USUAL`` is used."""

TRUST = 1e-3
"""How strongly the learned curve is drawn to the usual one: hardly, but enough to keep it finite."""

LEAST = 0.5
"""No answer is given that is likelier wrong than right, however well the phrases are told apart."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A phrase that was held back, and what was made of it."""

    confidence: float
    scope: float
    ours: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """How sure is sure enough."""

    slope: float
    offset: float
    answer: float
    """The probability from which an answer is given."""
    suggest: float
    """The scope (see :class:`bot.faq.ranking.Ranking`) from which suggestions are made."""

    def probability(self, confidence: float) -> float:
        """The probability that the best label is the right one: 0 to 1."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.slope * confidence + self.offset))))


USUAL = Calibration(slope=1.4, offset=1.2, answer=0.8, suggest=-3.0)
"""What was learned from the shipped phrases, rounded; for a handful of phrases that teach nothing."""


def calibrate(trials: Sequence[Trial]) -> Calibration:
    """Learn from trials; those of other subjects are weighed so that they are ``FOREIGN_SHARE`` of the whole."""
    ours = np.array([trial.ours for trial in trials], dtype=bool)
    if ours.sum() < ENOUGH or ours.all():
        return USUAL
    right = np.array([trial.right for trial in trials], dtype=np.float64)
    confidence = np.array([trial.confidence for trial in trials], dtype=np.float64)
    weights = np.where(ours, (1 - FOREIGN_SHARE) / ours.sum(), FOREIGN_SHARE / (~ours).sum())
    slope, offset = _sigmoid(confidence, right, weights)
    scopes = np.sort([trial.scope for trial in trials if trial.ours])
    draft = Calibration(slope, offset, LEAST, float(scopes[int(len(scopes) * (1 - SUGGESTED))]))
    least = _least(confidence, right, weights)
    return Calibration(slope, offset, max(LEAST, draft.probability(least)), draft.suggest)


def _sigmoid(
    confidence: NDArray[np.float64], right: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, float]:
    """Slope and offset of the logistic curve nearest to the trials (Platt's), by Newton's method in short steps."""
    inputs = np.stack([confidence, np.ones_like(confidence)], axis=1)
    usual = np.array([USUAL.slope, USUAL.offset])
    found = usual.copy()
    for _ in range(50):
        guess = 1 / (1 + np.exp(-np.clip(inputs @ found, -30, 30)))
        slope = inputs.T @ (weights * (guess - right)) + TRUST * (found - usual)
        bend = (inputs * (weights * guess * (1 - guess))[:, np.newaxis]).T @ inputs + TRUST * np.eye(2)
        found -= np.clip(np.linalg.solve(bend, slope), -0.5, 0.5)
    return max(0.1, float(found[0])), float(found[1])


def _least(confidence: NDArray[np.float64], right: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The least confidence from which on answers are right often enough; beyond every trial where they never are."""
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum((weights * right)[order]) / np.cumsum(weights[order])
    good = np.flatnonzero(precision >= PRECISION)
    return float(confidence[order][good[-1]]) if len(good) else float(confidence.max()) + 1.0
