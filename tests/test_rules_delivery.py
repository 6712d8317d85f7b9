"""When a message that failed is tried again."""

from __future__ import annotations

import pytest

from bot.rules.delivery import LONGEST_DELAY, MOST_TRIES, UNCERTAIN_TRIES, RetryAt, Sent, delay


def test_delays_double_up_to_five_minutes() -> None:
    assert [delay(tries) for tries in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_delays_never_fall_and_stay_positive() -> None:
    delays = [pause for tries in range(1, MOST_TRIES) if (pause := delay(tries)) is not None]
    assert len(delays) == MOST_TRIES - 1
    assert delays == sorted(delays)
    assert min(delays) > 0
    assert max(delays) == LONGEST_DELAY


def test_a_message_is_given_up_after_about_three_hours() -> None:
    assert 2.5 * 3600 <= sum(delay(tries) or 0 for tries in range(1, MOST_TRIES)) <= 3.5 * 3600
    assert delay(MOST_TRIES - 1) is not None
    assert delay(MOST_TRIES) is None
    assert delay(MOST_TRIES + 5) is None


def test_what_may_have_arrived_is_sent_at_most_once_more() -> None:
    assert UNCERTAIN_TRIES == 1


def test_outcomes_are_values() -> None:
    assert Sent(3) == Sent(3) != Sent(None)
    assert RetryAt(4.0) == RetryAt(4.0) != RetryAt(5.0)
    with pytest.raises(AttributeError):
        Sent(3).message_id = 4  # type: ignore[misc]
