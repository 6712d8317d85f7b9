"""The loop that brings alerts on their way, moment by moment: late, dropped, at night, twice at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.outbox import MOST_IN_A_SECOND
from bot.rules.alerts import Kind
from bot.rules.delivery import Gone, Outcome, Refused, RetryAt, Sent
from bot.storage import mailings, outbox
from bot.storage.rows import MailingState, OutboxState
from bot.storage.store import Store
from tests.desks import outbox_of
from tests.season import MORNING, ROME, STAFF, Heard, Season, announce, follower, rome

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def first_lines(season: Season, chat: int) -> list[str]:
    return [text.splitlines()[0] for text in season.said_to(chat)]


async def test_a_call_is_told_as_it_opens_and_counted_down_to_its_close(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1), follower(2, "extra-eu"), follower(3, language="it"))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    await season.until(rome("2027-02-20"))
    got = [(heard.at.astimezone(ROME).strftime("%d/%m %H:%M"), heard.text.splitlines()[0]) for heard in season.heard]
    mine = [each for each, heard in zip(got, season.heard, strict=True) if heard.chat == 1]
    assert mine == [
        ("15/01 09:00", "🟢 The call for Free Mover is open."),
        ("01/02 09:00", "⏳ Free Mover: 14 days left to apply."),
        ("08/02 09:00", "⏳ Free Mover: 7 days left to apply."),
        ("14/02 09:00", "⏳ Free Mover: tomorrow is the last day to apply."),
        ("15/02 09:00", "⏰ Free Mover: today is the last day to apply."),
    ]
    assert season.said_to(2) == []
    assert len(season.said_to(3)) == 5
    assert "aperto" in season.said_to(3)[0]


@pytest.mark.parametrize(
    ("day", "before"),
    [("2027-03-28", timedelta(hours=7)), ("2027-10-31", timedelta(hours=8))],
    ids=["spring", "autumn"],
)
async def test_nine_in_milan_is_nine_in_milan_on_the_day_the_clocks_change(
    store: Store, day: str, before: timedelta
) -> None:
    season = Season(store, datetime.fromisoformat(day).replace(tzinfo=UTC) - 3 * DAY)
    await season.join(follower(1))
    await announce(season, day, "2027-12-01")
    await season.until(rome(day) + DAY)
    (opening,) = [heard for heard in season.heard if heard.chat == 1]
    assert opening.at.astimezone(ROME).hour == 9
    assert opening.at.replace(microsecond=0) == datetime.fromisoformat(day).replace(tzinfo=UTC) + before


async def test_after_a_downtime_an_overdue_alert_comes_once_and_marked_late(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    season.clock.move(rome("2027-01-16T11:00") - season.clock.now())
    season.open()
    await season.step()
    await season.until(rome("2027-01-16T12:00"))
    (text,) = season.said_to(1)
    assert text.startswith("Late, sorry! This was meant for 15 January 2027, 09:00 (Milan time).")
    assert "🟢 The call for Free Mover is open." in text
    assert "marked late" in season.said_to(STAFF)[0]


async def test_of_several_overdue_reminders_only_what_still_helps_comes(store: Store) -> None:
    """Down over the fourteen and the seven days: the first is pointless once the second is due."""
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-11", "2027-02-15T12:00")
    await season.until(rome("2027-01-12T12:00"))
    season.clock.move(rome("2027-02-10T12:00") - season.clock.now())
    await season.until(rome("2027-02-10T13:00"))
    assert [text.splitlines()[-2] for text in season.said_to(1)[1:]] == ["⏳ Free Mover: 5 days left to apply."]
    rows = await season.mailing_rows()
    assert rows["call:free-mover:2026:closing-14"].state is MailingState.DROPPED
    assert any("not sent to anybody" in text for text in season.said_to(STAFF))


async def test_a_late_reminder_does_not_come_at_night_where_the_next_one_says_it_in_the_morning(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1), follower(2, awake_from=6, awake_until=9))
    await announce(season, "2027-01-10", "2027-01-20T18:00")
    await season.until(rome("2027-01-18T12:00"))
    season.clock.move(rome("2027-01-20T03:00") - season.clock.now())
    season.open()
    await season.until(rome("2027-01-20T10:00"))
    for chat in (1, 2):
        last = [heard for heard in season.heard if heard.chat == chat][-1]
        assert last.at.astimezone(ROME).strftime("%d %H:%M") == "20 09:00"
        assert last.text.startswith("⏰ Free Mover: today is the last day to apply.")
    assert (await season.mailing_rows())["call:free-mover:2026:closing-1"].state is MailingState.DROPPED


async def test_a_report_is_true_however_long_the_program_was_down_before_it_was_written(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-09", "2027-03-15T12:00")
    await season.mailings.tick()
    while not season.said_to(1):
        await season.outbox._step()
        await asyncio.gather(*season.outbox._flying)
    await season.outbox._step()
    season.clock.move(27 * DAY)
    async with store.transaction() as tx:
        await outbox.purge(tx, season.clock.now() - 14 * DAY)
    await season.until(season.clock.now() + MINUTE)
    (opening,) = [row for key, row in (await season.mailing_rows()).items() if key.endswith("opening")]
    assert (opening.state, opening.report["delivered"]) == (MailingState.DONE, 1)


async def test_what_is_past_its_deadline_is_dropped_and_listed(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-15", "2027-01-20T12:00")
    season.clock.move(rome("2027-01-21T09:00") - season.clock.now())
    await season.until(rome("2027-01-21T10:00"))
    assert season.said_to(1) == []
    states = {row.state for key, row in (await season.mailing_rows()).items() if key.startswith("call:")}
    assert states == {MailingState.DROPPED}
    told = season.said_to(STAFF)
    assert len(told) == 3, "the opening, the day before, the day itself"
    assert all("not sent to anybody" in text for text in told)


async def test_a_copy_that_waits_for_the_morning_is_not_late(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1), follower(2, awake_from=12, awake_until=22))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    await season.until(rome("2027-01-15T13:00"))
    early, late = (next(heard for heard in season.heard if heard.chat == chat) for chat in (1, 2))
    assert (early.at.astimezone(ROME).hour, late.at.astimezone(ROME).hour) == (9, 12)
    assert late.text == early.text


async def test_an_alert_announced_at_night_waits_and_one_that_cannot_wait_does_not(store: Store) -> None:
    season = Season(store, rome("2027-01-14T23:00"))
    await season.join(follower(1))
    await announce(season, "2027-01-10", "2027-02-15")
    await announce(season, "2027-01-13", "2027-01-15T08:00", note="the hasty one")
    await season.until(rome("2027-01-15T09:30"))
    at = {
        ("hasty" in heard.text): heard.at.astimezone(ROME).strftime("%H:%M")
        for heard in season.heard
        if heard.chat == 1
    }
    assert at == {True: "23:00", False: "09:00"}


async def test_a_clock_that_jumps_back_sends_nothing_twice(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    await season.until(rome("2027-01-15T10:00"))
    season.clock.moment -= 2 * DAY
    await season.until(rome("2027-01-16T10:00"))
    assert len(season.said_to(1)) == 1


async def test_what_was_moved_between_the_look_and_the_beginning_does_not_begin(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-09", "2027-02-15T12:00")
    async with store.transaction() as tx:
        row = next(each for each in await mailings.unfinished(tx) if each.kind == Kind.CLOSING_1)
        assert await mailings.retime(tx, int(row.id or 0), row.due_at + 10 * DAY, row.due_at + 11 * DAY, row.about)
    assert not await season.mailings._begin(row, row.due_at)
    assert (await season.mailing_rows())[row.key].state is MailingState.PLANNED


async def test_two_who_look_at_once_send_once(store: Store) -> None:
    """Two processes, or two ticks: unique keys and conditional updates, not luck."""
    one, two = Season(store), Season(store)
    await one.join(*(follower(number) for number in range(1, 30)))
    await announce(one, "2027-01-09", "2027-02-15T12:00")
    await asyncio.gather(one.mailings.tick(), two.mailings.tick())
    await asyncio.gather(one.mailings.tick(), two.mailings.tick())
    copies = [row for row in await outbox_of(store) if row.mailing_id is not None]
    assert sorted(row.chat_id for row in copies) == list(range(1, 30))
    canaries = [row for row in await outbox_of(store) if "canary" in row.key]
    assert len(canaries) == 1


async def test_a_poison_row_is_given_up_and_the_others_arrive(store: Store) -> None:
    season = Season(store)
    await season.join(*(follower(number) for number in range(1, 8)))

    def fate(heard: Heard) -> Outcome:
        fates: dict[int, Outcome] = {2: Refused("can't parse entities"), 3: Gone("bot was blocked by the user")}
        fates[4] = RetryAt(3) if not season.said_to(5) else Sent(1)
        return fates.get(heard.chat, Sent(1))

    season.fate = fate
    await announce(season, "2027-01-09", "2027-02-15T12:00")
    await season.until(MORNING + 5 * MINUTE)
    assert [len(season.said_to(number)) for number in range(1, 8)] == [1, 0, 0, 1, 1, 1, 1]
    report = (await season.mailing_rows())["call:free-mover:2026:opening"].report
    numbers = (report["recipients"], report["delivered"], report["blocked"], report["failed"], report["waiting"])
    assert numbers == (7, 5, 1, 1, 0)


async def test_a_restart_in_the_middle_of_copying_goes_on_where_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.mailings.PORTION", 3)
    season = Season(store)
    await season.join(*(follower(number) for number in range(1, 11)))
    call = await announce(season, "2027-01-09", "2027-02-15T12:00")
    async with store.transaction() as tx:
        (row, *_) = await mailings.of_call(tx, call.id)
        await mailings.begin(tx, int(row.id or 0))
        row.state = MailingState.SENDING
        assert not await mailings.fan_out(tx, row, "", lambda at, _: at, season.clock.now())
    season.open()
    await season.until(MORNING + MINUTE)
    assert [len(season.said_to(number)) for number in range(1, 11)] == [1] * 10


async def test_the_pace_is_twenty_five_a_second(store: Store) -> None:
    season = Season(store)
    await season.join(*(follower(number) for number in range(1, 251)))
    await announce(season, "2027-01-09", "2027-02-15T12:00")
    await season.until(MORNING + MINUTE)
    moments = sorted(heard.at for heard in season.heard if heard.chat < STAFF)
    assert len(moments) == 250
    for first, last in zip(moments, moments[MOST_IN_A_SECOND:], strict=False):
        assert last - first >= timedelta(seconds=1), "more than twenty-seven within a second"
    assert timedelta(seconds=9) <= moments[-1] - moments[0] <= timedelta(seconds=13)


async def test_a_429_stops_the_other_alerts_too(store: Store) -> None:
    season = Season(store)
    await season.join(*(follower(number) for number in range(1, 51)))
    refused: list[datetime] = []

    def fate(heard: Heard) -> Outcome:
        if heard.chat == 3 and not refused:
            refused.append(heard.at)
            return RetryAt(20)
        return Sent(1)

    season.fate = fate
    await announce(season, "2027-01-09", "2027-02-15T12:00")
    await season.until(MORNING + MINUTE)
    meanwhile = [heard for heard in season.heard if 0.5 < (heard.at - refused[0]).total_seconds() < 19]
    assert [heard for heard in meanwhile if heard.chat < STAFF] == []
    assert len([heard for heard in season.heard if heard.chat < STAFF]) == 50


async def test_a_kind_that_was_switched_off_is_not_heard(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1, muted=[Kind.OPENING, Kind.CLOSING_7]), follower(2, paused=True))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    await season.until(rome("2027-02-09"))
    assert first_lines(season, 1) == ["⏳ Free Mover: 14 days left to apply."]
    assert season.said_to(2) == []


async def test_next_event_is_what_comes_next(store: Store) -> None:
    season = Season(store, rome("2026-11-02"))
    assert await season.mailings.next_event() is None
    await announce(season, "2026-11-15", "2026-12-01")
    assert await season.mailings.next_event() == rome("2026-11-15T09:00")
    await season.until(rome("2026-11-16"))
    assert await season.mailings.next_event() == rome("2026-11-16T09:00"), "fourteen days before the end"
    assert not [row for row in await outbox_of(store) if row.state is OutboxState.PENDING]
