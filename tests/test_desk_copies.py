"""What was true when a copy was written and is not when it leaves: wishes, hours, dates, windows, broken rows."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.desk import season as planning
from bot.desk.copies import patience
from bot.rules.alerts import Letter
from bot.rules.calls import Call, Dates
from bot.rules.delivery import NotSent, Outcome, Refused, Sent
from bot.storage import calls, mailings, outbox, students
from bot.storage.mailings import Mailing
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import MailingRow, MailingState, OutboxState
from bot.storage.store import Store
from tests.desks import outbox_of
from tests.season import MORNING, ROME, STAFF, Heard, Season, announce, follower, rome, turn_of

MINUTE = timedelta(minutes=1)


async def change(season: Season, user_id: int, **values: object) -> None:
    async with season.store.transaction() as tx:
        row = await students.get(tx, user_id)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)
        await students.save(tx, row)


async def move(season: Season, call: Call, opens: str, closes: str) -> Call:
    moved = call.moved(Dates(rome(opens), rome(closes), "T" in opens, "T" in closes))
    async with season.store.transaction() as tx:
        await calls.by_turns(tx)
        assert await calls.change(tx, moved, season.clock.now())
        await planning.realign(turn_of(season, tx), moved)
    return moved


async def test_whoever_no_longer_wants_it_when_it_leaves_does_not_get_it(store: Store) -> None:
    season = Season(store, rome("2027-01-14T22:00"))
    await season.join(*(follower(number) for number in range(1, 5)))
    await announce(season, "2027-01-14", "2027-02-15")
    await season.step()
    await change(season, 1, subscribed=[])
    await change(season, 2, muted=["opening"])
    await change(season, 3, paused=True)
    await season.until(rome("2027-01-15T10:00"))
    assert [len(season.said_to(number)) for number in range(1, 5)] == [0, 0, 0, 1]


def test_a_queue_is_not_a_delay() -> None:
    """45,000 copies take half an hour at 25 a second."""
    row = MailingRow(key="k", kind="opening", audience="all", due_at=MORNING, created_at=MORNING, recipients=45_000)
    assert patience(row) == 45 * MINUTE


async def test_a_switch_that_is_off_and_on_again_loses_nothing(store: Store) -> None:
    season = Season(store, rome("2027-01-14T22:00"))
    await season.join(follower(1))
    await announce(season, "2027-01-14", "2027-02-15")
    await season.step()
    await change(season, 1, muted=["opening"])
    await season.until(rome("2027-01-15T08:00"))
    await change(season, 1, muted=[])
    await season.until(rome("2027-01-15T10:00"))
    assert len(season.said_to(1)) == 1


async def test_copies_that_were_held_up_until_the_night_wait_for_the_morning(store: Store) -> None:
    season = Season(store, rome("2027-01-10T19:00"))
    await season.join(follower(1))
    season.fate = lambda heard: (
        NotSent("no line") if heard.chat == 1 and heard.at < rome("2027-01-10T21:00") else Sent(1)
    )
    await announce(season, "2027-01-09", "2027-02-15")
    await season.until(rome("2027-01-11T10:00"))
    (heard,) = [each for each in season.heard if each.chat == 1]
    assert heard.at.astimezone(ROME).strftime("%d %H") == "11 09"
    assert heard.text.startswith("Late, sorry!")


async def test_an_alert_that_lasts_is_tried_as_long_as_it_is_of_use(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    season.fate = lambda heard: (
        NotSent("no way") if heard.chat == 1 and heard.at < rome("2027-01-10T14:00") else Sent(1)
    )
    await announce(season, "2027-01-09", "2027-02-15")
    await season.until(rome("2027-01-10T14:10"))
    assert len(season.said_to(1)) == 1, "after four hours without Telegram"


async def test_a_correction_that_cannot_wait_for_the_morning_comes_at_night(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    call = await announce(season, "2027-01-09", "2027-02-15")
    await season.until(rome("2027-01-12T21:00"))
    await move(season, call, "2027-01-09", "2027-01-13T08:00")
    await season.until(rome("2027-01-13T12:00"))
    correction = [heard for heard in season.heard if heard.chat == 1][-1]
    assert correction.kind == Letter.MOVED
    assert correction.at.astimezone(ROME).strftime("%d %H") == "12 21"


async def test_a_move_waits_for_copies_that_are_being_written_and_corrects_them(store: Store) -> None:
    """Else it could not see them yet, and whoever gets the old date from one would never hear of the new."""
    season = Season(store)
    await season.join(follower(1))
    call = await announce(season, "2027-01-09", "2027-02-15")
    await season.mailings.tick()
    async with store.transaction() as tx:
        claimed, _ = await season.outbox._exchange(tx, [], 5, 5, season.clock.now())
        moving = asyncio.create_task(move(season, call, "2027-01-09", "2027-02-20"))
        await asyncio.sleep(0.3)
        assert not moving.done()
    await moving
    await season.mailings.tick()
    for row in claimed:
        await season.outbox._send(row, season.clock.now())
    await season.until(MORNING + MINUTE)
    assert [heard.kind for heard in season.heard if heard.chat == 1] == ["", Letter.MOVED]


async def test_a_usual_window_is_not_spoken_of_to_a_late_riser_once_its_call_is_announced(store: Store) -> None:
    season = Season(store, rome("2026-12-01"))
    await season.join(follower(1, "erasmus-study", awake_from=12, awake_until=22))
    await season.until(rome("2026-12-18T10:00"))
    async with store.transaction() as tx:
        dates = Dates(rome("2027-01-10"), rome("2027-02-10"))
        from_page = season.voice.knowledge.programmes
        programme = next(each for each in from_page if each == "erasmus-study")
        await calls.add(tx, Call(programme, dates, year=2027), season.clock.now())
    await season.until(rome("2026-12-18T13:00"))
    assert season.said_to(1) == []


async def test_a_message_nobody_can_write_is_given_up_and_answers_go_on(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1), follower(2))
    async with store.transaction() as tx:
        unnamed = Mailing("unnamed", "from tomorrow", "programme:free-mover", MORNING, programme="free-mover")
        wordless = Mailing("poison", Letter.BROADCAST, "programme:free-mover", MORNING, made_by=STAFF)
        for poison in (unnamed, wordless):
            assert await mailings.plan(tx, poison, MORNING)
        await outbox.enqueue(tx, [Outgoing("hello", 2, "send", {"text": "hello"}, ANSWER, MORNING)], MORNING)
    await announce(season, "2027-01-09", "2027-02-15")
    await season.until(MORNING + MINUTE)
    assert season.said_to(2)[0] == "hello"
    assert len(season.said_to(1)) == 1, "the opening"
    assert (await season.mailing_rows())["poison"].report["failed"] == 2, "its copies are given up and counted"


async def test_what_waits_for_the_morning_does_not_hold_up_what_may_come_now(store: Store) -> None:
    season = Season(store, rome("2027-01-14T08:00"))
    await season.join(follower(1))
    await announce(season, "2027-01-14", "2027-02-15")
    season.clock.move(rome("2027-01-14T21:30") - season.clock.now())
    await season.step()
    async with store.transaction() as tx:
        about = {"texts": {"en": "We are open tonight"}}
        now = season.clock.now()
        await mailings.plan(tx, Mailing("broadcast:1", Letter.BROADCAST, "all", now, about=about, made_by=STAFF), now)
    await season.until(rome("2027-01-14T22:00"))
    assert ["open tonight" in text for text in season.said_to(1)] == [True]


async def test_a_broadcast_held_up_until_the_night_waits_too(store: Store) -> None:
    season = Season(store, rome("2027-01-14T19:59"))
    await season.join(follower(1))
    async with store.transaction() as tx:
        now = season.clock.now()
        about = {"texts": {"en": "Come today"}}
        await mailings.plan(tx, Mailing("broadcast:1", Letter.BROADCAST, "all", now, about=about, made_by=STAFF), now)
    await season.mailings.tick()
    season.clock.move(timedelta(hours=7))
    season.open()
    await season.until(rome("2027-01-15T10:00"))
    (heard,) = [each for each in season.heard if each.chat == 1]
    assert heard.at.astimezone(ROME).hour == 9
    assert heard.text.startswith("Late, sorry!")


async def test_what_was_stopped_is_reported_once_all_has_come_to_rest(store: Store) -> None:
    season = Season(store)
    await season.join(*(follower(number) for number in range(1, 101)))
    await announce(season, "2027-01-09", "2027-02-15")

    async def stop() -> None:
        async with store.transaction() as tx:
            (row,) = [each for each in await mailings.unfinished(tx) if each.kind == "opening"]
            await mailings.stop(tx, [int(row.id or 0)], MailingState.STOPPED, season.clock.now())

    season.meanwhile.append(stop)
    await season.until(MORNING + MINUTE)
    report = (await season.mailing_rows())["call:free-mover:2026:opening"].report
    arrived = sum(bool(season.said_to(number)) for number in range(1, 101))
    assert (report["recipients"], report["delivered"], report["cancelled"]) == (100, arrived, 100 - arrived)
    assert report["waiting"] == 0
    last = [heard for heard in season.heard if heard.chat == STAFF][-1]
    assert f"delivered: {arrived}" in last.text


async def test_the_final_report_arrives_though_the_bar_never_did(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))

    def fate(heard: Heard) -> Outcome:
        bar = heard.chat == STAFF and "░" in heard.text
        return Refused("no bars today") if bar else Sent(1)

    season.fate = fate
    await announce(season, "2027-01-09", "2027-02-15")
    await season.until(MORNING + MINUTE)
    assert "delivered: 1" in season.said_to(STAFF)[-1]


async def test_whoever_is_no_longer_staff_is_told_nothing(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-09", "2027-02-15", by=901)
    await season.until(MORNING + MINUTE)
    assert season.said_to(901) == []
    assert len(season.said_to(STAFF)) == 2, "the canary and the report"


async def test_corrections_that_find_nobody_bother_nobody(store: Store) -> None:
    season = Season(store)
    call = await announce(season, "2027-01-15", "2027-02-15")
    for day in ("2027-02-16", "2027-02-17", "2027-02-18"):
        call = await move(season, call, "2027-01-15", day)
        await season.until(season.clock.now() + MINUTE)
    assert season.said_to(STAFF) == []


async def test_a_group_of_the_staff_gets_no_more_than_twenty_a_minute(store: Store) -> None:
    season = Season(store)
    async with store.transaction() as tx:
        news = [Outgoing(f"news:{n}", -100, "send", {"text": f"news {n}"}, ANSWER, MORNING) for n in range(30)]
        await outbox.enqueue(tx, news, MORNING)
    await season.until(MORNING + timedelta(minutes=3))
    at = [heard.at for heard in season.heard if heard.chat == -100]
    assert len(at) == 30
    assert all(later - first >= MINUTE for first, later in zip(at, at[20:], strict=False))
    assert not [row for row in await outbox_of(store) if row.state is not OutboxState.SENT]
