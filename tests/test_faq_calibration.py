from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.faq.calibration import RISK, USUAL, Trial, calibrate


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


def test_probabilities_come_true() -> None:
    tried = trials(4_000, easy=False)
    learned = calibrate(tried)
    for low in (0.1, 0.5, 0.8):
        band = [trial for trial in tried if low <= learned.probability(trial.confidence) < low + 0.15]
        said = sum(learned.probability(trial.confidence) for trial in band) / len(band)
        assert sum(trial.right for trial in band) / len(band) == pytest.approx(said, abs=0.08)


def test_no_answer_is_likelier_wrong_than_may_be() -> None:
    assert calibrate(trials(2_000, easy=False)).answer == 1 - RISK


def test_what_is_easily_told_apart_is_answered() -> None:
    tried = trials(1_000, easy=True)
    learned = calibrate(tried)
    assert sum(learned.probability(trial.confidence) >= learned.answer for trial in tried if trial.ours) > 900


def test_nothing_is_answered_where_nothing_is_ever_right() -> None:
    tried = [Trial(each / 100, each / 100, ours=each % 5 > 0, right=False) for each in range(500)]
    learned = calibrate(tried)
    assert all(learned.probability(trial.confidence) < learned.answer for trial in tried)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_probability_grows_with_confidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= USUAL.probability(low) <= USUAL.probability(high) <= 1
