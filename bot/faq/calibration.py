"""Turns confidence into probability, and sets how sure an answer must be: learned from phrases that were held back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RISK = 0.2
"""How likely an answer may be to be the wrong one; where it is likelier, the likeliest ones are offered instead. Most
answers are far surer: on the development part of the questions one in fifty is wrong."""

FOREIGN_SHARE = 0.2
"""Share of questions that are not ours which the calibration assumes."""

SUGGESTED = 0.97
"""Share of our own questions that are to be answered or suggested something."""

ENOUGH = 100
"""With fewer held-back phrases than this nothing can be learned from them, and ``USUAL`` is used."""

TRUST = 1e-3
"""How strongly the learned curve is drawn to the usual one: hardly, but enough to keep it finite."""


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


USUAL = Calibration(slope=1.4, offset=1.2, answer=1 - RISK, suggest=-3.0)
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
    return Calibration(slope, offset, 1 - RISK, float(scopes[int(len(scopes) * (1 - SUGGESTED))]))


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
