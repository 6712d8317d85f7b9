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


def in_bulk(first: int, count: int, a_second: float) -> int:
    """How many of ``count`` messages are refused, each to somebody else, sent evenly by ``a_second``."""
    clock, limits = new_limits()
    for number in range(count):
        clock.seconds = number / a_second
        sent(limits, private(first + number), 1)
    return limits.refused


def test_all_chats_together_take_thirty_a_second_counted_over_two() -> None:
    clock, limits = new_limits()
    assert sum(sent(limits, private(number), 1) for number in range(1, 100)) == 60
    clock.seconds = 1.5
    with pytest.raises(ApiError, match="retry after 1"):
        limits.spend(private(200))
    clock.seconds = 2
    assert sum(sent(limits, private(number), 1) for number in range(101, 200)) == 60


@pytest.mark.parametrize("a_second", [1, 7, 25, 29.5])
def test_an_even_pace_below_thirty_a_second_is_never_refused(a_second: float) -> None:
    assert in_bulk(1, 3000, a_second) == 0


@pytest.mark.parametrize(("count", "a_second"), [(62, 35), (100, 40), (61, 1000)])
def test_a_pace_above_thirty_a_second_is_refused_within_the_first_hundred(count: int, a_second: float) -> None:
    assert in_bulk(1, count, a_second) > 0


def test_a_pace_of_twenty_five_survives_a_network_that_bunches_it() -> None:
    clock, limits = new_limits()
    for number in range(1000):
        stall = number // 60 * 2.4 + 0.4  # every sixty messages nothing arrives for 0.4 seconds, then all at once
        clock.seconds = max(number / 25, stall)
        limits.spend(private(number + 1))
    assert limits.refused == 0


def test_answers_to_who_wrote_or_pressed_do_not_count_towards_all_chats() -> None:
    clock, limits = new_limits()
    for number in range(1, 61):
        limits.spend(private(number))
    asking = private(99)
    asking.spoken_at = clock.seconds
    assert sent(limits, asking) == 5


def test_an_album_waits_until_all_of_it_fits() -> None:
    clock, limits = new_limits()
    for number in range(1, 56):
        clock.seconds = number / 1000
        limits.spend(private(number))
    with pytest.raises(ApiError, match="retry after 2"):
        limits.spend(Chat(-5, "supergroup"), 10)
    clock.seconds = 2.01
    limits.spend(Chat(-5, "supergroup"), 10)


def test_refusals_are_counted() -> None:
    _, limits = new_limits()
    for _ in range(3):
        sent(limits, private())
    assert limits.refused == 3
    limits.forget()
    assert limits.refused == 0


def test_an_album_counts_each_of_its_messages() -> None:
    _, limits = new_limits()
    limits.spend(private(), 4)
    assert sent(limits, private()) == 1


def test_forgetting_fills_every_bucket() -> None:
    _, limits = new_limits()
    sent(limits, private())
    limits.forget()
    assert sent(limits, private()) == 5
