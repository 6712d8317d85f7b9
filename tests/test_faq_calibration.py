from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.faq.calibration import LEAST, USUAL, Trial, calibrate


def trials(count: int, *, easy: bool) -> list[Trial]:
    """Of the questions that are ours the surer ones are right; the others are less sure."""
    chance = random.Random(7)  # noqa: S311 - repeatable noise, no secret
    ours = [chance.gauss(-1, 1) for _ in range(count)]
    foreign = [chance.gauss(-6 if easy else -4, 1) for _ in range(count // 4)]
    return [
        *(
            Trial(each, each, ours=True, right=easy or chance.random() < 1 / (1 + 2.7 ** (-2 * each - 2)))
            for each in ours
        ),
        *(Trial(each, each, ours=False, right=False) for each in foreign),
    ]


def test_a_handful_of_trials_teaches_nothing() -> None:
    assert calibrate(trials(40, easy=False)) == USUAL


def test_answers_are_right_as_often_as_aimed_at() -> None:
    tried = trials(2_000, easy=False)
    learned = calibrate(tried)
    answered = [trial for trial in tried if learned.probability(trial.confidence) >= learned.answer]
    assert len(answered) > 50
    assert sum(trial.right for trial in answered) / len(answered) >= 0.95


def test_what_is_easily_told_apart_is_answered() -> None:
    tried = trials(1_000, easy=True)
    learned = calibrate(tried)
    assert learned.answer == pytest.approx(LEAST, abs=0.35)
    assert sum(learned.probability(trial.confidence) >= learned.answer for trial in tried if trial.ours) > 900


def test_nothing_is_answered_where_nothing_is_ever_right() -> None:
    tried = [Trial(each / 100, each / 100, ours=each % 5 > 0, right=False) for each in range(500)]
    learned = calibrate(tried)
    assert all(learned.probability(trial.confidence) < learned.answer for trial in tried)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_probability_grows_with_confidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= USUAL.probability(low) <= USUAL.probability(high) <= 1
