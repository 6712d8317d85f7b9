"""Texts that are the same, or nearly: a test question that is a phrase shows only that the phrase is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from bot.faq.index import Floats
from bot.faq.text import words

NEARLY = 90.0
"""From here on (100: the same letters) two texts are nearly the same, their words as written or in alphabetical order.

Chosen by looking: a question and the phrase most like it have 60 as a rule. From 90 on they differ by a slip, an
article or a filler, and of five million pairs of phrases only six of different answers are as near."""

SAME = 100.0

FEWEST_WORDS = 4
"""Shorter texts must have the same words: "free mover docs" is as near to "free mover dogs" as is a slip."""

BLOCK = 512
"""Texts compared with all the others at once, so that many of them do not fill the memory."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A question that is a phrase, or nearly."""

    question: str
    phrase: str
    likeness: float
    """0 to 1 (the same words)."""


def leaks(phrases: Sequence[str], questions: Sequence[str]) -> list[Leak]:
    """The questions that stand among the phrases, or nearly, each with the phrase most like it; the likest first."""
    rows = zip(questions, _nearness(questions, phrases), strict=True)
    found = [Leak(text, phrases[int(row.argmax())], float(row.max()) / SAME) for text, row in rows if row.any()]
    return sorted(found, key=lambda leak: -leak.likeness)


def pairs(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places of every two texts that are the same or nearly, the earlier first."""
    for place, row in enumerate(_nearness(texts, texts)):
        yield from ((place, other) for other in np.flatnonzero(row).tolist() if other > place)


def _nearness(some: Sequence[str], others: Sequence[str]) -> Iterator[Floats]:
    """For each of some how near it is to each of the others, from ``NEARLY`` to ``SAME``; 0: not near."""
    rows, columns = [words(text) for text in some], [words(text) for text in others]
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        near = np.maximum(_compared(block, columns), _compared(*(list(map(sorted, each)) for each in (block, columns))))
        least = [NEARLY if len(row) >= FEWEST_WORDS else SAME if row else np.inf for row in block]
        yield from np.where(near >= np.array(least)[:, np.newaxis], near, 0.0)


def _compared(some: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> Floats:
    joined = ([" ".join(each) for each in texts] for texts in (some, others))
    return process.cdist(*joined, scorer=fuzz.ratio, score_cutoff=NEARLY, dtype=np.float32)
