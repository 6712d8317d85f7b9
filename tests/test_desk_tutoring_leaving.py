"""Tutors who are removed, leave or are promoted: what they had is somebody else's, and they reach nobody any more."""

from __future__ import annotations

import asyncio

import pytest

from bot.rules.roles import Role
from bot.rules.tickets import State
from bot.storage import members
from bot.storage.store import Store
from tests.ticketdesk import ADA, GIULIA, QUESTION, TEO, UGO, TicketDesk, another_process

ANSWER = "No: for a thesis it is a month later."


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    """Two tutors on duty, and an admin."""
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


async def test_a_tutor_removed_in_the_middle_of_a_reply(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.presses(TEO, "Reply")
    seen, card = len(desk.chat(UGO)), desk.card(TEO, number).number
    await desk.removed(TEO)
    assert await desk.stands(number) == (State.NEW, None)
    assert QUESTION not in desk.reads(TEO)
    assert len(desk.chat(UGO)) == seen + 1
    assert "waits for somebody" in desk.card(UGO, number).text
    await desk.says(TEO, "my answer")
    await desk.says(TEO, "my answer", to=card)
    await desk.commands(TEO, f"/reply {number} my answer")
    await desk.taps(TEO, f"1|q|{number}|claim", card)
    assert "my answer" not in desk.reads(GIULIA) + desk.reads(UGO)
    assert await desk.stands(number) == (State.NEW, None)
    await desk.says(UGO, ANSWER, to=desk.card(UGO, number).number)
    assert ANSWER in desk.last(GIULIA)
    assert ANSWER not in desk.reads(TEO)


async def test_the_last_tutor_is_removed_and_the_admins_get_the_tickets(desk: TicketDesk) -> None:
    await desk.joins(UGO, on_duty=False)
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.removed(TEO)
    assert QUESTION in desk.card(ADA, number).text
    assert await desk.stands(number) == (State.NEW, None)


async def test_what_a_removed_tutor_has_answered_is_not_asked_for_again(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    seen = len(desk.chat(UGO))
    await desk.removed(TEO)
    assert len(desk.chat(UGO)) == seen
    await desk.says(GIULIA, "one more thing", to=desk.with_words(GIULIA, ANSWER).number)
    assert await desk.stands(number) == (State.NEW, None)
    assert "one more thing" in desk.card(UGO, number).text


async def test_removal_and_claim_at_the_same_moment(desk: TicketDesk, store_url: str) -> None:
    async with another_process(desk, store_url) as beside:
        for _ in range(5):
            await desk.joins(TEO)
            number = await desk.asks(GIULIA)
            await desk.commands(ADA, "/staff")
            await desk.presses(ADA, "Remove Teo")
            data = desk.chat(ADA)[-1].buttons["Confirm"]
            desk.sending = False
            await asyncio.gather(beside.commands(TEO, f"/reply {number} here"), desk.taps(ADA, data, 7))
            desk.sending = True
            await desk.settle()
            state, claimer = await desk.stands(number)
            assert claimer is None or state is State.ANSWERED
            async with desk.store.reading() as tx:
                assert await members.role(tx, TEO.user_id) is None
            await desk.commands(ADA, f"/close {number}")


async def test_handing_over_to_whoever_is_being_removed(desk: TicketDesk, store_url: str) -> None:
    async with another_process(desk, store_url) as beside:
        for _ in range(5):
            await desk.joins(TEO)
            number = await desk.asks(GIULIA)
            await desk.commands(UGO, f"/claim {number}")
            await desk.commands(ADA, "/staff")
            await desk.presses(ADA, "Remove Teo")
            data = desk.chat(ADA)[-1].buttons["Confirm"]
            desk.sending = False
            await asyncio.gather(beside.taps(UGO, f"1|q|{number}|to|{TEO.user_id}"), desk.taps(ADA, data, 7))
            desk.sending = True
            await desk.settle()
            assert (await desk.stands(number))[1] != TEO.user_id
            await desk.commands(ADA, f"/close {number}")


async def test_a_tutor_who_deletes_everything_gives_back_what_they_had(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.commands(TEO, "/forget")
    await desk.presses(TEO, "Delete everything")
    assert await desk.stands(number) == (State.NEW, None)
    assert "waits for somebody" in desk.card(UGO, number).text
    async with desk.store.reading() as tx:
        assert await members.role(tx, TEO.user_id) is None


async def test_a_promoted_tutor_keeps_what_they_have(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.joins(TEO, Role.ADMIN)
    await desk.says(TEO, ANSWER, to=desk.card(TEO, number).number)
    assert ANSWER in desk.last(GIULIA)


@pytest.mark.parametrize("act", ["1|i|{}|withdraw", "1|f|yes"])
async def test_whoever_has_left_hears_no_more_of_what_they_answered(desk: TicketDesk, act: str) -> None:
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number} It is.")
    await desk.removed(TEO)
    desk.new(TEO)
    await desk.commands(GIULIA, "/forget")
    await desk.taps(GIULIA, act.format(number))
    assert await desk.stands(number) == (State.CLOSED, TEO.user_id)
    assert desk.new(TEO) == ""
