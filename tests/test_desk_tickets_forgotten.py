"""Students who delete everything, and words that are old enough: a stub is left, in the tables and in every chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.desk.upkeep import Upkeep
from bot.rules.delivery import RetryAt
from bot.rules.tickets import State
from bot.storage.rows import OutboxState
from bot.storage.store import Store
from tests.season import Heard
from tests.ticketdesk import BLOCKED, GIULIA, MARCO, OTHER, QUESTION, TEO, UGO, TicketDesk

SECRET = "my passport number is X99"


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


async def forgets(desk: TicketDesk) -> None:
    await desk.commands(GIULIA, "/forget")
    await desk.presses(GIULIA, "Delete everything")


async def assert_nothing_is_left(desk: TicketDesk, *words: str) -> None:
    held = [repr(each) for number in (1,) for each in [await desk.ticket(number), *await desk.entries(number)]]
    held += [repr(row.payload) for row in await desk.rows() if row.chat_id != GIULIA.user_id]
    for word in words:
        assert word not in "".join(held)
        assert word not in desk.reads(TEO) + desk.reads(UGO)


async def test_with_a_ticket_open(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.says(GIULIA, SECRET, to=desk.with_words(GIULIA, f"#{number}").number)
    await desk.sends(GIULIA, "photo", SECRET, to=desk.with_words(GIULIA, f"#{number}").number)
    for _ in range(3):
        await desk.sends(GIULIA, "photo", SECRET, to=desk.with_words(GIULIA, f"#{number}").number, album="a")
    await desk.commands(TEO, f"/reply {number} dear {SECRET}")
    await desk.presses(TEO, "Reply")
    await forgets(desk)
    await assert_nothing_is_left(desk, QUESTION, SECRET)
    assert not [each for each in desk.chat(TEO) if each.of], "files are deleted"
    ticket = await desk.ticket(number)
    assert (ticket.student_id, ticket.state, ticket.look_at) == (None, State.CLOSED, None)
    assert ticket.programme == "free-mover", "how many asked what is still known"
    assert desk.line("ticket.forgotten") in desk.card(TEO, number).text
    assert not desk.card(TEO, number).buttons
    seen = len(desk.chat(GIULIA))
    await desk.says(TEO, "too late")
    for written in (f"/reply {number} too late", f"/claim {number}", f"/transfer {number}", f"/close {number}"):
        await desk.commands(TEO, written)
        assert desk.last(TEO) == desk.line("ticket.forgotten")
    for verb in ("claim", "reply", "note", "reopen", "card", "propose", "merge|1", "to|801"):
        assert await desk.taps(TEO, f"1|q|{number}|{verb}") == desk.line("ticket.forgotten")
    await desk.says(TEO, "too late", to=desk.card(TEO, number).number)
    assert len(desk.chat(GIULIA)) == seen
    assert len([each for each in await desk.entries(number) if each.text]) == 0


async def test_whoever_has_the_ticket_is_told(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await forgets(desk)
    assert desk.line("ticket.forgotten-now", number=f"#{number}") in desk.reads(TEO)
    assert desk.line("ticket.forgotten-now", number=f"#{number}") not in desk.reads(UGO)


async def test_what_had_not_left_never_does(desk: TicketDesk) -> None:
    await desk.asks(GIULIA)
    desk.sending = False
    await desk.presses(TEO, "Claim")
    await desk.says(GIULIA, SECRET, to=desk.with_words(GIULIA, "#1").number)
    await desk.sends(GIULIA, "photo", SECRET, to=desk.with_words(GIULIA, "#1").number, album="a")
    await desk.commands(GIULIA, "/forget")
    await desk.taps(GIULIA, "1|f|yes")
    waiting = [row for row in await desk.rows(OutboxState.PENDING) if SECRET in repr(row.payload)]
    desk.sending = True
    assert not [row for row in waiting if row.chat_id != GIULIA.user_id]
    await desk.settle()
    await assert_nothing_is_left(desk, QUESTION, SECRET)


@pytest.mark.parametrize("what", ["card", "text", "photo"])
async def test_what_was_in_flight_is_taken_back_where_it_lands(desk: TicketDesk, what: str) -> None:
    asked = [False]

    async def meanwhile() -> None:
        asked[0] = True
        desk.sending = False
        await desk.taps(GIULIA, "1|f|yes")
        desk.sending = True

    if what != "card":
        await desk.asks(GIULIA)
        await desk.commands(TEO, "/claim 1")
    desk.sending = False
    if what == "card":
        await desk.commands(GIULIA, f"/human {SECRET}")
        await desk.taps(GIULIA, "1|p|send")
        await desk.commands(GIULIA, "/forget")
    else:
        to = desk.with_words(GIULIA, "#1").number
        await (desk.says(GIULIA, SECRET, to=to) if what == "text" else desk.sends(GIULIA, "photo", SECRET, to=to))
        await desk.commands(GIULIA, "/forget")
    desk.sending = True

    def fate(heard: Heard) -> None:
        words = SECRET in str(heard.payload)
        if words and heard.chat == TEO.user_id and not asked[0] and heard.method in {"send", "copy"}:
            asked[0] = True
            desk.season.meanwhile = [meanwhile]

    desk.fate = fate
    await desk.settle()
    assert asked[0]
    await assert_nothing_is_left(desk, SECRET)


async def test_an_answer_on_its_way_ends_quietly(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.fate = lambda heard: RetryAt(60) if heard.chat == GIULIA.user_id and "late" in heard.text else None
    await desk.commands(TEO, f"/reply {number} too late")
    desk.fate, desk.sending = lambda _: None, False
    await desk.commands(GIULIA, "/forget")
    await desk.taps(GIULIA, "1|f|yes")
    desk.sending = True
    await desk.passes(minutes=10)
    assert "too late" not in desk.reads(GIULIA) + desk.reads(TEO) + desk.reads(UGO)


async def test_tickets_of_others_are_as_they_were(desk: TicketDesk) -> None:
    await desk.asks(GIULIA)
    other = await desk.asks(MARCO, OTHER)
    await forgets(desk)
    assert await desk.stands(other) == (State.NEW, None)
    assert OTHER in desk.card(TEO, other).text
    await desk.commands(TEO, f"/reply {other} fine")
    assert "fine" in desk.last(MARCO)


async def test_twice_and_coming_back(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await forgets(desk)
    await desk.commands(GIULIA, "/start")
    again = await desk.asks(GIULIA, OTHER)
    assert again > number, "a number once given is never another's"
    await forgets(desk)
    assert [each.student_id for each in await desk.tickets()] == [None, None]


async def test_old_tickets_are_stubs_by_themselves(desk: TicketDesk) -> None:
    number, fresh = await desk.asks(GIULIA), await desk.asks(MARCO, OTHER)
    await desk.says(GIULIA, SECRET, to=desk.with_words(GIULIA, f"#{number}").number)
    await desk.presses(GIULIA, "Withdraw")
    desk.clock.move(timedelta(days=40))
    await desk.commands(MARCO, "/help")
    upkeep = Upkeep(desk.store, desk.outbox, desk.cards, lambda: None, desk.clock, timedelta(days=30))
    await upkeep.clean()
    await desk.settle()
    assert (await desk.ticket(number)).student_id is None
    assert (await desk.ticket(fresh)).student_id is not None, "what is open is kept"
    assert SECRET not in "".join(repr(each) for each in await desk.entries(number))


async def test_who_blocked_the_bot_can_still_be_forgotten(desk: TicketDesk) -> None:
    await desk.asks(GIULIA)
    desk.fate = lambda heard: BLOCKED if heard.chat == GIULIA.user_id else None
    await desk.commands(TEO, f"/reply 1 {SECRET}")
    await desk.commands(GIULIA, "/forget")
    await desk.taps(GIULIA, "1|f|yes")
    await assert_nothing_is_left(desk, QUESTION, SECRET)


async def test_nobody_is_told_of_a_ticket_that_was_closed_before(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number} It is.")
    await desk.presses(GIULIA, "👍 It helped")
    await forgets(desk)
    assert desk.line("ticket.forgotten-now", number=f"#{number}") not in desk.reads(TEO)
