"""What happens to tickets by themselves: reminders by desk time, then admins, and an end to what fell quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.desk.arrival import Who
from bot.rules.tickets import State
from bot.storage import members
from bot.storage.store import Store
from tests.ticketdesk import ADA, GIULIA, MONDAY, OTHER, QUESTION, TEO, UGO, TicketDesk

ANSWER = "No: for a thesis it is a month later."


async def opened(store: Store, moment: datetime = MONDAY, *, on_duty: bool = True) -> TicketDesk:
    desk = TicketDesk(store, moment)
    await desk.joins(TEO, on_duty=on_duty)
    return desk


def reminders(desk: TicketDesk, who: Who) -> int:
    return desk.reads(who).count("⏰")


async def test_after_four_and_twenty_four_desk_hours_and_then_every_day_of_them(store: Store) -> None:
    desk = await opened(store)
    number = await desk.asks(GIULIA)  # Monday at ten; the desk works 9-13 and 14-17
    await desk.passes(hours=4, minutes=55)
    assert reminders(desk, TEO) == 0
    await desk.passes(minutes=10)  # it is three o'clock: 3 hours in the morning and one after lunch
    assert reminders(desk, TEO) == 1
    assert desk.line("ticket.remind-new", number=f"#{number}", question=QUESTION) in desk.reads(TEO)
    assert not desk.chat(ADA)
    await desk.passes(days=3, hours=-1)  # Thursday at two: 6 on Monday, 7 on Tuesday and Wednesday, 4 on Thursday
    assert reminders(desk, TEO) == 2
    assert reminders(desk, ADA) == 1
    assert QUESTION in desk.card(ADA, number).text, "admins get the card with it"
    await desk.passes(days=5, hours=3)  # Tuesday at five: 24 desk hours more
    assert reminders(desk, TEO) == 3
    assert reminders(desk, ADA) == 2


async def test_whoever_has_it_is_reminded_alone_at_first(store: Store) -> None:
    desk = await opened(store)
    await desk.joins(UGO)
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.passes(hours=6)
    assert desk.line("ticket.remind-claimed", number=f"#{number}", question=QUESTION) in desk.reads(TEO)
    assert reminders(desk, UGO) == 0
    await desk.says(TEO, ANSWER, to=desk.with_words(TEO, "⏰").number)
    await desk.passes(days=4)
    assert (reminders(desk, TEO), reminders(desk, ADA)) == (1, 0)


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("2026-11-27T15:30", "2026-11-30T11:30"),  # Friday afternoon: an hour and a half, and the rest on Monday
        ("2026-11-28T12:00", "2026-11-30T13:00"),  # Saturday
        ("2026-12-04T17:30", "2026-12-09T13:00"),  # the 7th is Milan's patron, the 8th a holiday
        ("2026-08-07T16:00", "2026-08-24T12:00"),  # the weeks around Ferragosto
        ("2026-12-24T16:00", "2026-12-28T12:00"),  # Christmas, and the day after it
    ],
)
async def test_the_clock_stands_still_while_the_desk_is_closed(store: Store, asked: str, first: str) -> None:
    def rome(written: str) -> datetime:
        offset = 2 if "2026-04" <= written < "2026-10-25" else 1
        return datetime.fromisoformat(written).replace(tzinfo=UTC) - timedelta(hours=offset)

    desk = await opened(store, rome(asked))
    await desk.asks(GIULIA)
    await desk.passes(seconds=(rome(first) - desk.clock.now()).total_seconds() - 60)
    assert reminders(desk, TEO) == 0
    await desk.passes(minutes=2)
    assert reminders(desk, TEO) == 1


async def test_a_downtime_of_weeks_ends_with_one_reminder(store: Store) -> None:
    desk = await opened(store)
    await desk.asks(GIULIA)
    desk.clock.move(timedelta(days=20))
    await desk.restart()
    for _ in range(3):
        await desk.rounds.tick()
    await desk.settle()
    assert reminders(desk, TEO) == 1


async def test_two_programs_remind_once(store: Store) -> None:
    desk = await opened(store)
    await desk.asks(GIULIA)
    desk.clock.move(timedelta(hours=6))
    beside = TicketDesk(store)
    beside.season.clock.moment = desk.clock.now()
    beside.clock.moment = desk.clock.now()
    await desk.rounds.tick()
    await beside.rounds.tick()
    await desk.settle()
    assert reminders(desk, TEO) == 1


async def test_while_it_waits_for_the_student_nobody_is_reminded(store: Store) -> None:
    desk = await opened(store)
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Ask back")
    await desk.says(TEO, "Which year?")
    await desk.passes(days=6)
    assert reminders(desk, TEO) + reminders(desk, ADA) == 0
    await desk.says(GIULIA, "The fifth", to=desk.with_words(GIULIA, "Which year?").number)
    await desk.passes(days=2)
    assert reminders(desk, TEO) == 1
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)


@pytest.mark.parametrize("verb", ["reply", "ask"])
async def test_after_seven_quiet_days_it_is_closed(store: Store, verb: str) -> None:
    desk = await opened(store)
    number = await desk.asks(GIULIA)
    await desk.taps(TEO, f"1|q|{number}|{verb}")
    await desk.says(TEO, ANSWER)
    await desk.passes(days=6, hours=23)
    assert (await desk.stands(number))[0] is not State.CLOSED
    await desk.passes(hours=2)
    assert await desk.stands(number) == (State.CLOSED, TEO.user_id)
    fell_quiet = desk.line("mine.fell-quiet", number=f"#{number}")
    assert desk.last(GIULIA) == fell_quiet
    assert desk.reads(TEO).count("⏰") == 0
    await desk.says(GIULIA, "sorry, I was ill", to=desk.with_words(GIULIA, fell_quiet).number)
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    assert "sorry, I was ill" in desk.card(TEO, number).text


async def test_every_word_begins_the_quiet_days_anew(store: Store) -> None:
    desk = await opened(store)
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    await desk.passes(days=5)
    await desk.commands(TEO, f"/reply {number} and one more thing")
    await desk.passes(days=5)
    assert await desk.stands(number) == (State.ANSWERED, TEO.user_id)
    await desk.passes(days=3)
    assert await desk.stands(number) == (State.CLOSED, TEO.user_id)


async def test_a_downtime_of_weeks_closes_once(store: Store) -> None:
    desk = await opened(store)
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    desk.clock.move(timedelta(days=30))
    await desk.restart()
    for _ in range(3):
        await desk.rounds.tick()
    await desk.settle()
    assert desk.reads(GIULIA).count(desk.line("mine.fell-quiet", number=f"#{number}")) == 1


async def test_an_admin_is_not_reminded_of_their_own_question(store: Store) -> None:
    desk = await opened(store)
    number = await desk.asks(ADA)
    await desk.passes(days=9)
    assert reminders(desk, TEO) > 1
    assert reminders(desk, ADA) == 0
    assert f"🎫 #{number}" not in desk.reads(ADA)


async def test_without_anybody_on_duty_admins_are_reminded_at_once(store: Store) -> None:
    desk = await opened(store, on_duty=False)
    await desk.asks(GIULIA)
    await desk.passes(hours=6)
    assert reminders(desk, ADA) == 1
    assert not desk.chat(TEO)


async def test_what_an_admin_had_who_left_the_settings_is_everybodys(store: Store) -> None:
    desk = await opened(store)
    number = await desk.asks(GIULIA, OTHER)
    await desk.commands(ADA, f"/claim {number}")
    left = TicketDesk(store, desk.clock.now(), admins=())
    left.chats, left.numbers = desk.chats, desk.numbers
    async with store.transaction() as tx:
        assert await members.former(tx, ()) == [ADA.user_id]
    await left.passes(hours=6)
    assert await desk.stands(number) == (State.NEW, None)
    assert "waits for somebody" in left.card(TEO, number).text
    assert reminders(left, ADA) == 0


AGAIN = {
    "the student writes again": ["Giulia presses 👍 It helped", "Giulia asks on"],
    "a tutor opens it again": ["/close {}", "1|q|{}|reopen"],
    "it is given back": ["1|q|{}|ask", "Which year?", "/transfer {}"],
    "a colleague is given it": ["1|q|{}|to|800"],
}


@pytest.mark.parametrize("acts", AGAIN.values(), ids=AGAIN)
async def test_whatever_waits_for_the_desk_again_is_reminded_of(store: Store, acts: list[str]) -> None:
    desk = await opened(store)
    await desk.joins(UGO)
    number = await desk.asks(GIULIA)
    await desk.commands(UGO, f"/reply {number} {ANSWER}")
    for act in (each.format(number) for each in acts):
        if act == "Giulia asks on":
            await desk.says(GIULIA, "and for Nice?", to=desk.with_words(GIULIA, ANSWER).number)
        elif act.startswith("Giulia presses "):
            await desk.presses(GIULIA, act.removeprefix("Giulia presses "))
        elif act.startswith("1|"):
            await desk.taps(UGO, act)
        elif act.startswith("/"):
            await desk.commands(UGO, act)
        else:
            await desk.says(UGO, act)
    assert (await desk.ticket(number)).state in {State.NEW, State.CLAIMED}
    await desk.passes(hours=6)
    assert reminders(desk, TEO) + reminders(desk, UGO) >= 1


async def test_what_is_given_back_is_reminded_of_from_the_beginning(store: Store) -> None:
    desk = await opened(store)
    await desk.joins(UGO)
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/claim {number}")
    await desk.passes(hours=6)
    await desk.commands(TEO, f"/transfer {number}")
    await desk.passes(days=1)
    assert (reminders(desk, UGO), reminders(desk, ADA)) == (1, 0)
