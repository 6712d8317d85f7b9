"""When alerts go, worked out by hand; the hours people are awake; and what a moved date makes of what was planned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.alerts import (
    ALL,
    AWAKE,
    Alert,
    Kind,
    Planned,
    Wishes,
    alerts,
    anchor,
    awake_at,
    repair,
    usual_alert,
)
from bot.rules.calls import Call, Dates, Window
from bot.rules.programmes import Programme
from tests.deskside import ROME, local

EARLY = datetime(2026, 11, 22, 9, tzinfo=UTC)
OPENING, FOURTEEN, SEVEN, ONE, DAY = (
    Kind.OPENING, Kind.CLOSING_14, Kind.CLOSING_7, Kind.CLOSING_1, Kind.CLOSING_DAY,
)  # fmt: skip


def call(opens: datetime, closes: datetime, *, closes_hour: bool = False) -> Call:
    return Call(Programme.ERASMUS_STUDY, Dates(opens, closes, closes_hour=closes_hour), id=1)


WINTER = call(local(2027, 1, 15), local(2027, 2, 15, 12), closes_hour=True)


def planned(of: Call, now: datetime = EARLY) -> dict[Kind, datetime]:
    return {alert.kind: alert.due_at for alert in alerts(of, ROME, now)}


def test_a_call_of_the_winter() -> None:
    assert alerts(WINTER, ROME, EARLY) == [
        Alert(OPENING, datetime(2027, 1, 15, 8, tzinfo=UTC), datetime(2027, 2, 15, 11, tzinfo=UTC)),
        Alert(FOURTEEN, datetime(2027, 2, 1, 8, tzinfo=UTC), datetime(2027, 2, 8, 8, tzinfo=UTC)),
        Alert(SEVEN, datetime(2027, 2, 8, 8, tzinfo=UTC), datetime(2027, 2, 14, 8, tzinfo=UTC)),
        Alert(ONE, datetime(2027, 2, 14, 8, tzinfo=UTC), datetime(2027, 2, 15, 8, tzinfo=UTC)),
        Alert(DAY, datetime(2027, 2, 15, 8, tzinfo=UTC), datetime(2027, 2, 15, 11, tzinfo=UTC)),
    ]


def test_nine_in_the_morning_stays_nine_when_summer_time_begins() -> None:
    spring = call(local(2027, 3, 1), local(2027, 4, 2))  # through 1 April
    assert planned(spring) == {
        OPENING: datetime(2027, 3, 1, 8, tzinfo=UTC),
        FOURTEEN: datetime(2027, 3, 18, 8, tzinfo=UTC),
        SEVEN: datetime(2027, 3, 25, 8, tzinfo=UTC),
        ONE: datetime(2027, 3, 31, 7, tzinfo=UTC),
        DAY: datetime(2027, 4, 1, 7, tzinfo=UTC),
    }
    on_the_night = planned(call(local(2027, 3, 1), local(2027, 3, 29)))  # through 28 March, the day of 23 hours
    assert on_the_night[ONE] == datetime(2027, 3, 27, 8, tzinfo=UTC)
    assert on_the_night[DAY] == datetime(2027, 3, 28, 7, tzinfo=UTC)


def test_nine_in_the_morning_stays_nine_when_summer_time_ends() -> None:
    autumn = call(local(2027, 10, 1), local(2027, 11, 1))  # through 31 October, the day of 25 hours
    assert planned(autumn) == {
        OPENING: datetime(2027, 10, 1, 7, tzinfo=UTC),
        FOURTEEN: datetime(2027, 10, 17, 7, tzinfo=UTC),
        SEVEN: datetime(2027, 10, 24, 7, tzinfo=UTC),
        ONE: datetime(2027, 10, 30, 7, tzinfo=UTC),
        DAY: datetime(2027, 10, 31, 8, tzinfo=UTC),
    }


@pytest.mark.parametrize("closes", [(9, 0), (9, 59), (0, 30), (8, 0)])
def test_where_it_closes_in_the_morning_the_last_reminder_comes_the_evening_before(closes: tuple[int, int]) -> None:
    early = call(local(2027, 1, 15), local(2027, 2, 15, *closes), closes_hour=True)
    found = {alert.kind: alert for alert in alerts(early, ROME, EARLY)}
    assert found[DAY].due_at == local(2027, 2, 14, 18)
    assert found[DAY].expires_at == early.dates.closes_at
    assert found[ONE].due_at == local(2027, 2, 14, 9)
    assert found[ONE].expires_at == local(2027, 2, 14, 18)


def test_at_ten_it_still_comes_on_the_day() -> None:
    assert planned(call(local(2027, 1, 15), local(2027, 2, 15, 10)))[DAY] == local(2027, 2, 15, 9)


def test_what_closes_at_midnight_closes_on_the_day_that_ends_then() -> None:
    midnight = call(local(2027, 1, 15), local(2027, 2, 15), closes_hour=True)
    assert planned(midnight)[DAY] == local(2027, 2, 14, 9)
    assert planned(midnight) == planned(call(local(2027, 1, 15), local(2027, 2, 15)))


def test_a_call_announced_ten_days_before_its_closing_is_told_at_once_and_counts_down_from_seven() -> None:
    now = local(2027, 2, 5, 16, 20)
    assert planned(WINTER, now) == {
        OPENING: now,
        SEVEN: local(2027, 2, 8, 9),
        ONE: local(2027, 2, 14, 9),
        DAY: local(2027, 2, 15, 9),
    }


def test_on_the_last_day_only_the_opening_is_told() -> None:
    now = local(2027, 2, 15, 11)
    assert alerts(WINTER, ROME, now) == [Alert(OPENING, now, WINTER.dates.closes_at)]


def test_a_reminder_no_later_than_the_opening_is_left_out() -> None:
    short = call(local(2027, 2, 8, 9), local(2027, 2, 15, 12))
    assert list(planned(short)) == [OPENING, ONE, DAY]
    assert planned(short)[OPENING] == local(2027, 2, 8, 9)


def test_an_opening_in_the_afternoon_is_told_when_it_opens() -> None:
    assert planned(call(local(2027, 1, 15, 14), local(2027, 2, 15)))[OPENING] == local(2027, 1, 15, 14)


def test_a_call_over_before_nine_is_told_as_it_opens() -> None:
    brief = call(local(2027, 1, 15, 6), local(2027, 1, 15, 8), closes_hour=True)
    assert planned(brief) == {OPENING: local(2027, 1, 15, 6)}


def test_a_call_that_is_over_has_no_alerts() -> None:
    assert alerts(WINTER, ROME, WINTER.dates.closes_at) == []
    assert alerts(WINTER.taken_back(), ROME, EARLY) == []


MOMENTS = st.datetimes(datetime(2026, 10, 1), datetime(2028, 6, 30)).map(lambda at: at.replace(tzinfo=UTC))


@given(MOMENTS, st.integers(1, 60 * 24 * 90), MOMENTS)
def test_alerts_come_in_order_in_time_and_each_ends_before_the_next(
    opens: datetime, minutes: int, now: datetime
) -> None:
    some = call(opens, opens + timedelta(minutes=minutes), closes_hour=True)
    found = alerts(some, ROME, now)
    assert bool(found) == some.lives(now)
    for alert in found:
        assert max(now, opens) <= alert.due_at < alert.expires_at <= some.dates.closes_at
    counting = [alert for alert in found if alert.kind is not OPENING]
    assert [each.due_at for each in counting[1:]] == [each.expires_at for each in counting[:-1]]
    assert len({alert.due_at for alert in found}) == len(found)


def test_a_usual_window_is_spoken_of_two_weeks_ahead() -> None:
    window = Window(local(2027, 4, 1).astimezone(ROME).date(), local(2027, 5, 31).astimezone(ROME).date())
    assert usual_alert(window, ROME) == (local(2027, 3, 18, 9), local(2027, 4, 2))


# Awake


@pytest.mark.parametrize(
    ("at", "awake", "arrives"),
    [
        (local(2027, 2, 1, 9), AWAKE, local(2027, 2, 1, 9)),
        (local(2027, 2, 1, 19, 59), AWAKE, local(2027, 2, 1, 19, 59)),
        (local(2027, 2, 1, 20), AWAKE, local(2027, 2, 2, 9)),
        (local(2027, 2, 1, 6), AWAKE, local(2027, 2, 1, 9)),
        (local(2027, 2, 28, 23), AWAKE, local(2027, 3, 1, 9)),
        (local(2027, 2, 1, 9), (12, 22), local(2027, 2, 1, 12)),
        (local(2027, 2, 1, 23, 59), (0, 24), local(2027, 2, 1, 23, 59)),
        (local(2027, 3, 27, 22), AWAKE, datetime(2027, 3, 28, 7, tzinfo=UTC)),
        (local(2027, 3, 27, 22), (2, 20), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (local(2027, 10, 30, 22), AWAKE, datetime(2027, 10, 31, 8, tzinfo=UTC)),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), (2, 20), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_alert_arrives_when_the_student_is_awake(at: datetime, awake: tuple[int, int], arrives: datetime) -> None:
    assert awake_at(at, awake, ROME, None) == arrives


def test_what_would_be_pointless_by_the_morning_comes_at_night() -> None:
    at = local(2027, 2, 1, 22)
    assert awake_at(at, AWAKE, ROME, local(2027, 2, 2, 9)) == at
    assert awake_at(at, AWAKE, ROME, local(2027, 2, 2, 9, 1)) == local(2027, 2, 2, 9)


# Wishes


def test_subscribing_to_all_and_out_of_one_again_leaves_the_others() -> None:
    wishes = Wishes().subscribe("free-mover").subscribe(ALL)
    assert wishes.subscribed == {ALL}
    left = wishes.unsubscribe("free-mover")
    assert not left.follows("free-mover")
    assert left.subscribed == set(Programme) - {Programme.FREE_MOVER}
    assert left.unsubscribe(ALL).subscribed == frozenset()
    assert wishes.switch(OPENING).switch(OPENING) == wishes
    assert wishes.switch(OPENING).muted == {OPENING}


# Repair


def standing(of: Call, now: datetime = EARLY, **told: str) -> list[Planned]:
    """The alerts of a call as they were planned; ``told`` says which are ``under_way`` or have ``ended``."""
    return [
        Planned(
            number, alert.kind, alert.due_at, anchor(alert.kind, of),
            waiting=alert.kind.replace("-", "_") not in told, ended=told.get(alert.kind.replace("-", "_")) == "ended",
        )
        for number, alert in enumerate(alerts(of, ROME, now), start=1)
    ]  # fmt: skip


def moved(of: Call, opens: datetime, closes: datetime) -> Call:
    return of.moved(Dates(opens, closes))


def test_what_waits_moves_with_the_dates() -> None:
    later = moved(WINTER, local(2027, 1, 20), local(2027, 2, 23))
    result = repair(later, standing(WINTER), ROME, EARLY)
    assert result.moved == list(enumerate(alerts(later, ROME, EARLY), start=1))
    assert (result.cancelled, result.planned) == ([], [])


def test_what_has_no_place_any_more_is_cancelled() -> None:
    now = local(2027, 2, 1, 8)
    sooner = moved(WINTER, WINTER.dates.opens_at, local(2027, 2, 6))
    result = repair(sooner, standing(WINTER, EARLY, opening="ended"), ROME, now)
    assert result.cancelled == [2, 3]
    assert [(row, alert.kind) for row, alert in result.moved] == [(4, ONE), (5, DAY)]
    assert result.planned == []


def test_what_was_told_is_told_again_of_a_new_closing_that_is_still_to_come() -> None:
    now = local(2027, 2, 9)
    longer = moved(WINTER, WINTER.dates.opens_at, local(2027, 3, 16))
    ended = {"opening": "ended", "closing_14": "ended", "closing_7": "ended"}
    result = repair(longer, standing(WINTER, EARLY, **ended), ROME, now)
    assert [alert.kind for alert in result.planned] == [FOURTEEN, SEVEN]
    assert [alert.due_at for alert in result.planned] == [local(2027, 3, 1, 9), local(2027, 3, 8, 9)]
    assert [row for row, _ in result.moved] == [4, 5]


def test_an_opening_under_way_is_stopped_where_it_is_no_longer_true_and_comes_again() -> None:
    now = local(2027, 1, 15, 9, 1)
    later = moved(WINTER, local(2027, 1, 20), WINTER.dates.closes_at)
    result = repair(later, standing(WINTER, EARLY, opening="under_way"), ROME, now)
    assert result.cancelled == [1]
    assert [(alert.kind, alert.due_at) for alert in result.planned] == [(OPENING, local(2027, 1, 20, 9))]


def test_an_opening_under_way_goes_on_while_the_call_is_open() -> None:
    now = local(2027, 1, 15, 9, 1)
    corrected = moved(WINTER, local(2027, 1, 14), WINTER.dates.closes_at)
    result = repair(corrected, standing(WINTER, EARLY, opening="under_way"), ROME, now)
    assert (result.cancelled, result.planned) == ([], [])


def test_a_reminder_under_way_is_stopped_when_the_closing_moves() -> None:
    now = local(2027, 2, 8, 9, 1)
    longer = moved(WINTER, WINTER.dates.opens_at, local(2027, 2, 16))
    told = {"opening": "ended", "closing_14": "ended", "closing_7": "under_way"}
    result = repair(longer, standing(WINTER, EARLY, **told), ROME, now)
    assert result.cancelled == [3]
    assert result.planned == []  # seven days before the new closing have begun at nine


def test_an_opening_that_waits_goes_at_once_where_the_call_turns_out_to_be_open() -> None:
    now = local(2027, 1, 10, 12)
    sooner = moved(WINTER, local(2027, 1, 8), WINTER.dates.closes_at)
    (row, alert), *_ = repair(sooner, standing(WINTER), ROME, now).moved
    assert (row, alert.kind, alert.due_at) == (1, OPENING, now)


def test_a_withdrawn_call_leaves_nothing_waiting_or_under_way() -> None:
    result = repair(WINTER.taken_back(), standing(WINTER, EARLY, opening="under_way"), ROME, EARLY)
    assert (result.moved, result.cancelled, result.planned) == ([], [1, 2, 3, 4, 5], [])


@given(MOMENTS, st.integers(60, 60 * 24 * 90), MOMENTS, st.integers(60, 60 * 24 * 90), MOMENTS)
def test_after_a_repair_exactly_what_is_wanted_waits(
    opens: datetime, minutes: int, new_opens: datetime, new_minutes: int, now: datetime
) -> None:
    before = call(opens, opens + timedelta(minutes=minutes))
    after = moved(before, new_opens, new_opens + timedelta(minutes=new_minutes))
    result = repair(after, standing(before, EARLY), ROME, now)
    waiting = {alert.kind: alert for _, alert in result.moved} | {alert.kind: alert for alert in result.planned}
    assert waiting == {alert.kind: alert for alert in alerts(after, ROME, now)}
    assert len(result.moved) + len(result.cancelled) == len(standing(before, EARLY))
    again = [
        Planned(at, each.kind, each.due_at, anchor(each.kind, after), waiting=True, ended=False)
        for at, each in enumerate(waiting.values())
    ]
    second = repair(after, again, ROME, now)
    assert (second.cancelled, second.planned) == ([], [])


def test_a_call_that_reopens_for_the_same_closing_tells_nothing_twice() -> None:
    now = local(2027, 2, 9)
    told = {"opening": "ended", "closing_14": "ended", "closing_7": "ended"}
    same = replace(WINTER, note="new", revision=2, told=(WINTER.dates,))
    result = repair(same, standing(WINTER, EARLY, **told), ROME, now)
    assert ([alert.kind for _, alert in result.moved], result.planned) == ([ONE, DAY], [])
