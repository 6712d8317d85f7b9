"""What the desk hears of its alerts: canaries, reports, alarms; and the windows it speaks of by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.rules.calls import Call, Dates
from bot.rules.delivery import NotSent, Outcome, Sent
from bot.rules.programmes import Programme
from bot.storage import calls
from bot.storage.rows import MailingState
from bot.storage.store import Store
from tests.season import MORNING, ROME, STAFF, Heard, Season, announce, follower, rome

MINUTE = timedelta(minutes=1)


async def test_staff_get_a_canary_of_every_alert_and_a_report(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    await season.until(rome("2027-01-15T10:00"))
    canary, _ = season.said_to(STAFF)
    report = [heard.text for heard in season.heard if heard.chat == STAFF and heard.method == "edit"][-1]
    assert canary.startswith("🐤 Copy for the desk: Free Mover: the call is open")
    assert "Closes: 15 February 2027, 12:00 (Milan time)" in canary
    assert "elivered: 1" in report


@pytest.mark.parametrize(("at", "head"), [("09:14", "🐤 Copy for the desk"), ("09:16", "🐤 ⏰ Copy for the desk")])
async def test_a_canary_says_when_it_is_late(store: Store, at: str, head: str) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    season.clock.move(rome(f"2027-01-15T{at}") - season.clock.now())
    await season.until(rome("2027-01-15T09:20"))
    assert season.said_to(STAFF)[0].startswith(head)


async def test_the_desk_is_told_when_alerts_do_not_get_through(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1), follower(2))

    def fate(heard: Heard) -> Outcome:
        return NotSent("the line is dead") if heard.chat == 1 else Sent(1)

    season.fate = fate
    await announce(season, "2027-01-09", "2027-02-15T12:00")
    await season.until(MORNING + 20 * MINUTE)
    alarms = [heard for heard in season.heard if "not delivered after 15 minutes" in heard.text]
    assert [(heard.chat, "1 of 2" in heard.text) for heard in alarms] == [(STAFF, True)]
    assert timedelta(minutes=15) <= alarms[0].at - MORNING <= timedelta(minutes=16)


async def test_what_waits_for_the_morning_after_a_downtime_raises_no_alarm(store: Store) -> None:
    season = Season(store)
    await season.join(follower(1))
    await announce(season, "2027-01-15", "2027-02-15T12:00")
    season.clock.move(rome("2027-01-15T22:00") - season.clock.now())
    season.open()
    await season.until(rome("2027-01-16T09:30"))
    (heard,) = [heard for heard in season.heard if heard.chat == 1]
    assert heard.at.astimezone(ROME).strftime("%d %H:%M") == "16 09:00"
    assert heard.text.startswith("Late, sorry!")
    assert not any("not delivered after" in text for text in season.said_to(STAFF))


async def test_a_usual_window_is_spoken_of_unless_the_call_is_announced(store: Store) -> None:
    season = Season(store, rome("2026-12-01"))
    await season.join(follower(1, "erasmus-study"), follower(2, "erasmus-traineeship"))
    call = Call(Programme.ERASMUS_TRAINEESHIP, Dates(rome("2027-02-03"), rome("2027-02-27")), year=2026)
    async with store.transaction() as tx:
        await calls.add(tx, call, season.clock.now())
    await season.until(rome("2027-01-30"))
    assert "usually open in January–February 2027" in season.said_to(1)[0]
    assert season.said_to(2) == []
    (usual,) = [heard for heard in season.heard if heard.chat == 1]
    assert usual.at.astimezone(ROME).strftime("%d/%m/%Y %H") == "18/12/2026 09"
    rows = await season.mailing_rows()
    assert rows["usual:erasmus-traineeship:2027-02"].state is MailingState.CANCELLED


async def test_what_staff_see_of_an_alert_is_one_message_that_changes(store: Store) -> None:
    season = Season(store)
    await season.join(*(follower(number) for number in range(1, 301)))
    await announce(season, "2027-01-09", "2027-02-15T12:00")
    await season.until(MORNING + MINUTE)
    shown = [heard for heard in season.heard if heard.chat == STAFF and heard.payload.get("message_id")]
    numbers = [int(heard.text.split("\n")[1].split()[1]) for heard in shown[:-1]]
    assert len(numbers) >= 3, "a beat every three seconds of twelve"
    assert numbers == sorted(set(numbers)), "the bar only moves forward, and an edit says something new"
    assert {heard.payload["message_id"] for heard in shown} == {shown[0].payload["message_id"]}
    assert "delivered: 300" in shown[-1].text


async def test_nobody_is_bothered_with_an_alert_that_reaches_nobody(store: Store) -> None:
    season = Season(store)
    await announce(season, "2027-01-09", "2027-02-15T12:00")
    await season.until(MORNING + MINUTE)
    assert [text[:1] for text in season.said_to(STAFF)] == ["🐤"], "the canary alone"


async def test_a_group_of_the_staff_gets_the_canary_and_no_buttons_it_could_not_use(store: Store) -> None:
    season = Season(store)
    season.staffroom._chat = -100
    await season.join(follower(1))
    await announce(season, "2027-01-09", "2027-02-15T12:00", by=0)
    await season.until(MORNING + MINUTE)
    seen = [heard for heard in season.heard if heard.chat == -100]
    assert [heard.method for heard in seen][:2] == ["send", "send"]
    assert all(not heard.payload["buttons"] for heard in seen if heard.method == "send")
