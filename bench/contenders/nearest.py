"""The nearest phrase wins: what the scores of single phrases say about the answers."""

from __future__ import annotations

from typing import Any

import numpy as np

FEW = 3


class Ranking:
    """An answer scores as its nearest phrase; of equals the first in the file wins.

    How sure the first one is has two readings where questions of other subjects are known: its score, and by how much
    it is nearer than they are. Both are given, for the better one to be used.
    """

    def __init__(self, material: dict[str, Any]) -> None:
        entries = [
            (label, [text for texts in by_lang.values() for text in texts]) for label, by_lang in material["entries"]
        ]
        entries = [(label, texts) for label, texts in entries if texts]
        self._labels = [label for label, _ in entries]
        ends = np.cumsum([len(texts) for _, texts in entries])
        self._starts, self._ours = np.concatenate(([0], ends[:-1])), int(ends[-1])

    def of(self, scores: np.ndarray) -> list[tuple[list[str], list[float], None]]:
        """From scores, questions by phrases."""
        labelled = np.maximum.reduceat(scores[:, : self._ours], self._starts, axis=1)
        order = np.argsort(-labelled, axis=1, kind="stable")[:, :FEW]
        best = labelled.max(axis=1)
        sure = [best]
        if scores.shape[1] > self._ours:
            sure.append(best - scores[:, self._ours :].max(axis=1))
        return [
            ([self._labels[place] for place in places], [float(each[row]) for each in sure], None)
            for row, places in enumerate(order.tolist())
        ]
