"""The same question asked by several: offered, merged, answered once for each, and apart again."""

from __future__ import annotations

import asyncio

import pytest

from bot.rules.tickets import Delivery, State
from bot.storage.store import Store
from tests.ticketdesk import (
    ADA,
    BLOCKED,
    GIULIA,
    LEILA,
    MARCO,
    OTHER,
    QUESTION,
    SAME,
    TEO,
    UGO,
    TicketDesk,
    another_process,
)

ANSWER = "No: for a thesis it is a month later."


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


async def merged(desk: TicketDesk) -> tuple[int, int]:
    """Two tickets that ask the same, the second answered with the first."""
    first, second = await desk.asks(GIULIA), await desk.asks(MARCO, SAME)
    assert await desk.presses(TEO, f"Same as #{first}") is not None
    assert (await desk.ticket(second)).merged_into == first
    return first, second


async def test_only_what_asks_the_same_is_offered(desk: TicketDesk) -> None:
    first, other = await desk.asks(GIULIA), await desk.asks(MARCO, OTHER)
    assert not [each for each in desk.card(TEO, other).buttons if each.startswith("Same as")]
    third = await desk.asks(LEILA, SAME)
    assert [each for each in desk.card(TEO, third).buttons if each.startswith("Same as")] == [
        f"Same as #{first}: merge"
    ]


async def test_one_answer_reaches_each_with_a_receipt_of_their_own(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    await desk.says(TEO, ANSWER, to=desk.card(TEO, first).number)
    for student, number, other in ((GIULIA, first, second), (MARCO, second, first)):
        assert ANSWER in desk.last(student)
        assert f"#{number}" in desk.last(student)
        assert f"#{other}" not in desk.reads(student)
        assert await desk.stands(number) == (State.ANSWERED, TEO.user_id)
        assert desk.line("ticket.receipt-sent", number=f"#{number}") in desk.reads(TEO)
    assert "Marco" not in desk.reads(GIULIA)
    assert SAME not in desk.reads(GIULIA)


async def test_who_cannot_be_reached_does_not_hold_up_the_other(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    desk.fate = lambda heard: BLOCKED if heard.chat == GIULIA.user_id else None
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    assert (await desk.entries(first))[-1].delivery is Delivery.BLOCKED
    assert (await desk.entries(second))[-1].delivery is Delivery.SENT
    assert desk.line("ticket.receipt-blocked", number=f"#{first}") in desk.reads(TEO)


@pytest.mark.parametrize("who_goes_on", ["the first", "the other"])
async def test_whoever_writes_again_is_on_their_own(desk: TicketDesk, who_goes_on: str) -> None:
    first, second = await merged(desk)
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    again, number = (GIULIA, first) if who_goes_on == "the first" else (MARCO, second)
    quiet, rest = (MARCO, second) if again is GIULIA else (GIULIA, first)
    await desk.says(again, "and my own case?", to=desk.with_words(again, ANSWER).number)
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    await desk.commands(TEO, f"/reply {number} that is between us")
    assert "between us" in desk.last(again)
    assert "between us" not in desk.reads(quiet)
    assert await desk.stands(rest) == (State.ANSWERED, TEO.user_id)
    await desk.presses(quiet, "👍")
    assert await desk.stands(rest) == (State.CLOSED, TEO.user_id)
    assert await desk.stands(number) == (State.ANSWERED, TEO.user_id)
    assert (await desk.ticket(second)).merged_into is None


async def test_several_messages_of_one_answer_reach_each(desk: TicketDesk) -> None:
    first, _ = await merged(desk)
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    await desk.sends(TEO, "document", to=desk.card(TEO, first).number)
    await desk.sends(TEO, "photo", to=desk.card(TEO, first).number, album="a")
    await desk.sends(TEO, "photo", album="a")
    for student in (GIULIA, MARCO):
        assert len([each for each in desk.chat(student) if each.of]) == 3


async def test_claiming_and_giving_back_take_the_others_along(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    await desk.commands(UGO, f"/claim {first}")
    assert await desk.stands(second) == (State.CLAIMED, UGO.user_id)
    await desk.commands(UGO, f"/transfer {first}")
    assert await desk.stands(second) == (State.NEW, None)
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    assert await desk.stands(second) == (State.ANSWERED, TEO.user_id)
    assert ANSWER in desk.last(MARCO)


async def test_taken_apart_again(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    assert f"#{second}" in desk.card(UGO, first).text
    await desk.presses(UGO, f"Take apart from #{first}")
    assert (await desk.ticket(second)).merged_into is None
    assert f"#{second}" not in desk.card(UGO, first).text
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    assert ANSWER not in desk.reads(MARCO)
    assert await desk.stands(second) == (State.NEW, None)


@pytest.mark.parametrize("how", ["withdrawn", "closed", "forgotten", "quiet"])
async def test_the_first_ends_without_an_answer_and_the_others_are_not_lost(desk: TicketDesk, how: str) -> None:
    first, second = await merged(desk)
    await desk.commands(TEO, f"/claim {first}")
    if how == "withdrawn":
        await desk.presses(GIULIA, "Withdraw")
    elif how == "closed":
        await desk.commands(TEO, f"/close {first}")
    elif how == "forgotten":
        await desk.commands(GIULIA, "/forget")
        await desk.presses(GIULIA, "Delete everything")
    else:
        await desk.taps(TEO, f"1|q|{first}|ask", desk.card(TEO, first).number)
        await desk.says(TEO, "Which year?")
        await desk.passes(days=8)
    assert (await desk.stands(first))[0] is State.CLOSED
    ticket = await desk.ticket(second)
    assert (ticket.merged_into, ticket.state, ticket.claimer) == (None, State.CLAIMED, TEO.user_id)
    assert SAME in desk.card(TEO, second).text
    reminded = desk.reads(TEO).count("⏰")
    await desk.passes(days=2)
    assert desk.reads(TEO).count("⏰") > reminded
    await desk.commands(TEO, f"/reply {second} {ANSWER}")
    assert ANSWER in desk.last(MARCO)
    assert ANSWER not in desk.reads(GIULIA)


async def test_the_one_that_follows_is_withdrawn(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    await desk.presses(MARCO, "Withdraw")
    assert f"#{second}" not in desk.card(UGO, first).text
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    assert ANSWER not in desk.reads(MARCO)
    assert await desk.stands(second) == (State.CLOSED, None)


async def test_nobody_is_answered_by_themselves_for_having_asked_the_same(desk: TicketDesk) -> None:
    first, second = await desk.asks(GIULIA), await desk.asks(TEO, SAME)
    await desk.taps(UGO, f"1|q|{second}|merge|{first}", desk.card(UGO, second).number)
    await desk.commands(TEO, f"/claim {first}")
    assert await desk.stands(second) == (State.NEW, None)
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    assert ANSWER in desk.last(GIULIA)
    assert [each.text for each in await desk.entries(second)] == [SAME]


async def test_what_came_along_before_comes_along_again_unless_it_is_over(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    await desk.presses(MARCO, "👍")
    await desk.commands(TEO, f"/transfer {first}")
    third = await desk.asks(LEILA, SAME)
    await desk.taps(TEO, f"1|q|{first}|merge|{third}", desk.card(TEO, first).number)
    assert (await desk.ticket(first)).merged_into == third
    assert await desk.stands(second) == (State.CLOSED, TEO.user_id)
    await desk.commands(TEO, f"/reply {third} a second answer")
    assert "a second answer" in desk.last(GIULIA)
    assert "a second answer" not in desk.reads(MARCO)


@pytest.mark.parametrize("into", ["itself", "77", "closed", "own", "x"])
async def test_merging_into_nonsense_changes_nothing(desk: TicketDesk, into: str) -> None:
    number, own, closed = await desk.asks(GIULIA), await desk.asks(GIULIA, SAME), await desk.asks(MARCO, OTHER)
    await desk.commands(TEO, f"/close {closed}")
    target = {"itself": number, "closed": closed, "own": own}.get(into, into)
    await desk.taps(TEO, f"1|q|{number}|merge|{target}", desk.card(TEO, number).number)
    assert (await desk.ticket(number)).merged_into is None


async def test_merged_both_ways_at_the_same_moment(desk: TicketDesk, store_url: str) -> None:
    async with another_process(desk, store_url) as beside:
        first, second = await desk.asks(GIULIA), await desk.asks(MARCO, SAME)
        desk.sending = False
        one, other = f"1|q|{first}|merge|{second}", f"1|q|{second}|merge|{first}"
        await asyncio.gather(desk.taps(TEO, one), beside.taps(UGO, other), return_exceptions=True)
        desk.sending = True
        await desk.settle()
        led = [(await desk.ticket(each)).merged_into for each in (first, second)]
        assert led in ([second, None], [None, first])
    leader = second if led[0] else first
    await desk.commands(ADA, f"/reply {leader} {ANSWER}")
    assert ANSWER in desk.last(GIULIA)
    assert ANSWER in desk.last(MARCO)


async def test_a_stub_leads_nobody(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    await desk.commands(MARCO, "/forget")
    await desk.presses(MARCO, "Delete everything")
    assert f"#{second}" not in desk.card(UGO, first).text
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    assert ANSWER in desk.last(GIULIA)
    assert ANSWER not in desk.reads(MARCO)
    assert QUESTION in desk.card(UGO, first).text


@pytest.mark.parametrize("command", ["/claim {}", "/reply {} It is."])
async def test_what_is_dealt_with_by_itself_is_answered_with_nothing_else(desk: TicketDesk, command: str) -> None:
    first, second = await merged(desk)
    await desk.commands(TEO, command.format(second))
    assert (await desk.ticket(second)).merged_into is None
    assert f"#{second}" not in desk.card(UGO, first).text
    await desk.commands(UGO, f"/reply {first} {ANSWER}")
    assert ANSWER not in desk.reads(MARCO)
    assert (await desk.stands(second))[1] == TEO.user_id


async def test_given_to_a_colleague_it_is_answered_with_nothing_else(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    await desk.commands(TEO, f"/claim {first}")
    await desk.taps(TEO, f"1|q|{second}|to|{UGO.user_id}")
    assert (await desk.ticket(second)).merged_into is None
    assert await desk.stands(first) == (State.CLAIMED, TEO.user_id)


async def test_ones_own_question_is_not_merged_with_what_one_has(desk: TicketDesk) -> None:
    first = await desk.asks(GIULIA)
    await desk.commands(UGO, f"/claim {first}")
    second = await desk.asks(UGO, SAME)
    assert await desk.taps(TEO, f"1|q|{second}|merge|{first}") == desk.line("ticket.cannot-merge", number=f"#{first}")
    assert await desk.stands(second) == (State.NEW, None)


@pytest.mark.parametrize("command", ["/claim {}", "/reply {} It is."])
async def test_ones_own_question_stays_open_when_one_deals_with_the_other(desk: TicketDesk, command: str) -> None:
    first, second = await desk.asks(GIULIA), await desk.asks(UGO, SAME)
    await desk.presses(TEO, f"Same as #{first}")
    await desk.commands(UGO, command.format(first))
    assert await desk.stands(second) == (State.NEW, None)
    assert (await desk.ticket(second)).merged_into is None
    assert f"#{second}" not in desk.card(TEO, first).text


async def test_it_is_reminded_of_while_the_other_waits_for_its_student(desk: TicketDesk) -> None:
    first, second = await merged(desk)
    await desk.commands(TEO, f"/claim {first}")
    await desk.taps(TEO, f"1|q|{first}|ask")
    await desk.says(TEO, "which year are you in?")
    desk.new(TEO)
    await desk.passes(hours=30)
    assert f"#{second}" in desk.new(TEO)
