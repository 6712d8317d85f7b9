from __future__ import annotations

import pytest

from bot.playground.chats import Chat, Person
from bot.playground.errors import ApiError
from bot.playground.limits import Limits
from tests.playground_bot import HandClock


def private(number: int = 1) -> Chat:
    return Chat(number, "private", Person(number, "Ada"))


def sent(limits: Limits, chat: Chat, at_most: int = 100) -> int:
    """How many messages pass before the first refusal."""
    for count in range(at_most):
        try:
            limits.spend(chat)
        except ApiError:
            return count
    return at_most


def new_limits() -> tuple[HandClock, Limits]:
    clock = HandClock()
    limits = Limits(clock.monotonic)
    limits.on = True
    return clock, limits


def test_nothing_is_counted_until_switched_on() -> None:
    assert sent(Limits(HandClock().monotonic), private()) == 100


def test_a_private_chat_takes_a_burst_and_then_one_a_second() -> None:
    clock, limits = new_limits()
    assert sent(limits, private()) == 5
    assert sent(limits, private(2)) == 5
    clock.seconds = 2
    assert sent(limits, private()) == 2


def test_a_refusal_says_how_long_to_wait_and_costs_nothing() -> None:
    clock, limits = new_limits()
    sent(limits, private())
    for _ in range(3):
        with pytest.raises(ApiError, match="Too Many Requests: retry after 1") as refused:
            limits.spend(private())
        assert refused.value.parameters == {"retry_after": 1}
    clock.seconds = 1
    limits.spend(private())


def test_a_group_takes_twenty_a_minute() -> None:
    clock, limits = new_limits()
    group = Chat(-5, "supergroup")
    assert sent(limits, group) == 20
    with pytest.raises(ApiError, match="retry after 3"):
        limits.spend(group)
    clock.seconds = 60
    assert sent(limits, group) == 20


def test_all_chats_together_take_thirty_a_second_answers_not_counted() -> None:
    clock, limits = new_limits()
    assert sum(sent(limits, private(number), 1) for number in range(1, 50)) == 30
    asking = private(99)
    asking.spoken_at = clock.seconds
    assert sent(limits, asking) == 5
    clock.seconds = 1
    assert sum(sent(limits, private(number), 1) for number in range(101, 150)) == 30


def test_an_album_counts_each_of_its_messages() -> None:
    _, limits = new_limits()
    limits.spend(private(), 4)
    assert sent(limits, private()) == 1


def test_forgetting_fills_every_bucket() -> None:
    _, limits = new_limits()
    sent(limits, private())
    limits.forget()
    assert sent(limits, private()) == 5
