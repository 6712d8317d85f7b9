"""How well a matcher did on labelled questions, from what it made of each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.faq.rates import auroc, wilson

FEW = 3
PRECISE = 0.98
"""Of the answers given outright, the share that has to be right."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a matcher made of a question."""

    label: str | None
    """What the question asks; None: it is not one of ours."""
    lang: str | None
    followup: bool
    ids: Sequence[str]
    """The best three labels."""
    sure: Sequence[float]
    """How sure the first one is; where a matcher has several readings of that, the best of them counts."""
    answered: str | None
    """The label that was answered outright, by a matcher that decides."""

    @property
    def right(self) -> bool:
        return self.label is not None and list(self.ids[:1]) == [self.label]


@dataclass(frozen=True, slots=True)
class Twin:
    """A question with typos beside itself without."""

    plain: Outcome
    misspelt: Outcome


def rates(outcomes: Sequence[Outcome], twins: Sequence[Twin], *, decides: bool) -> dict[str, float | None]:
    """All rates in percent by the name of their column; None where there is nothing to take the rate of."""
    ours = [each for each in outcomes if each.label is not None]
    interval = wilson([each.right for each in ours])
    found: dict[str, float | None] = {
        "top-1": share(each.right for each in ours),
        "±": None if interval is None else 50 * (interval[1] - interval[0]),
        "top-3": share(each.label in each.ids[:FEW] for each in ours),
    }
    for lang in sorted({each.lang for each in ours if each.lang}):
        found[lang] = share(each.right for each in ours if each.lang == lang)
    readings = range(len(outcomes[0].sure))
    found |= {
        "auroc": best(ranked_apart(outcomes, reading) for reading in readings),
        "typos": share(each.misspelt.right - each.plain.right for each in twins),
        "at 98": best(answered_at(outcomes, reading) for reading in readings),
    }
    if decides:
        told = [each for each in outcomes if each.answered is not None]
        found["decides"] = share(each.answered is not None for each in ours)
        found["precise"] = share(each.answered == each.label for each in told)
    return found


def share(hits: Iterable[float]) -> float | None:
    """The mean in percent."""
    found = list(hits)
    return 100 * sum(found) / len(found) if found else None


def best(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def ranked_apart(outcomes: Sequence[Outcome], reading: int) -> float | None:
    """How often a question of ours scores higher than one that is not."""
    ours = [each.sure[reading] for each in outcomes if each.label is not None]
    found = auroc(ours, [each.sure[reading] for each in outcomes if each.label is None])
    return None if found is None else 100 * found


def answered_at(outcomes: Sequence[Outcome], reading: int) -> float | None:
    """The largest share of our questions that one threshold answers while ``PRECISE`` of all answers are right.

    The threshold is the best one for these very questions, which flatters: nobody knows it beforehand.
    """
    ranked = sorted(outcomes, key=lambda each: -each.sure[reading])
    scores = np.array([each.sure[reading] for each in ranked])
    ours = np.cumsum([each.label is not None for each in ranked])
    right = np.cumsum([each.right for each in ranked])
    if not ranked or not ours[-1]:
        return None
    # equal scores are answered together
    whole = np.append(scores[1:] != scores[:-1], True)
    allowed = whole & (right >= PRECISE * np.arange(1, len(ranked) + 1))
    return float(100 * ours[allowed].max(initial=0) / ours[-1])
