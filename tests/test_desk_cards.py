"""Who of the staff sees what of a ticket, and how an answer is seen to arrive, or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.rules import replies
from bot.rules.delivery import NotSent, Outcome, RetryAt, Unknown
from bot.rules.tickets import Delivery, State
from bot.storage.rows import OutboxState
from bot.storage.store import Store
from tests.season import Heard
from tests.ticketdesk import ADA, BLOCKED, GIULIA, LEILA, MARCO, NONSENSE, OTHER, QUESTION, TEO, UGO, TicketDesk

ANSWER = "No: for a thesis it is a month later."


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


@pytest.mark.parametrize(
    ("outcome", "delivery", "key"),
    [
        (None, Delivery.SENT, "sent"),
        (NONSENSE, Delivery.FAILED, "failed"),
        (BLOCKED, Delivery.BLOCKED, "blocked"),
    ],
)
async def test_delivery_is_shown_as_it_is(
    desk: TicketDesk, outcome: Outcome | None, delivery: Delivery, key: str
) -> None:
    number = await desk.asks(GIULIA)
    desk.sending = False
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    desk.sending = True
    receipts: list[str] = []

    def fate(heard: Heard) -> Outcome | None:
        if heard.chat == TEO.user_id and desk.line("ticket.receipt-waits", number=f"#{number}") in heard.text:
            receipts.append(heard.method)
        return outcome if heard.chat == GIULIA.user_id and ANSWER in heard.text else None

    desk.fate = fate
    await desk.settle()
    assert receipts == ["send"], "it says first that the answer is on its way"
    assert (await desk.entries(number))[-1].delivery is delivery
    receipt = desk.line(f"ticket.receipt-{key}", number=f"#{number}")
    assert desk.last(TEO) == receipt
    assert desk.reads(TEO).count(receipt) == 1
    for tutor in (TEO, UGO):
        assert desk.line(f"ticket.delivery-{key}") in desk.card(tutor, number).text
    assert (ANSWER in desk.reads(GIULIA)) is (outcome is None)


async def test_a_student_who_blocks_the_bot_while_the_answer_is_on_its_way(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.sending = False
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    await desk.door.reception.comes_or_goes(999, GIULIA, there=False)
    desk.fate = lambda heard: BLOCKED if heard.chat == GIULIA.user_id else None
    desk.sending = True
    await desk.settle()
    assert (await desk.entries(number))[-1].delivery is Delivery.BLOCKED
    assert desk.last(TEO) == desk.line("ticket.receipt-blocked", number=f"#{number}")
    desk.fate = lambda _: None
    await desk.door.reception.comes_or_goes(1000, GIULIA, there=True)
    await desk.says(TEO, "once more", to=desk.card(TEO, number).number)
    assert "once more" in desk.last(GIULIA)
    assert desk.last(TEO) == desk.line("ticket.receipt-sent", number=f"#{number}")


async def test_an_answer_that_is_tried_again_is_on_its_way_until_it_arrives(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    tries: Iterator[Outcome] = iter([NotSent("down"), RetryAt(20), Unknown("lost")])
    desk.fate = lambda heard: next(tries, None) if ANSWER in heard.text and heard.chat == GIULIA.user_id else None
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    assert (await desk.entries(number))[-1].delivery is Delivery.WAITS
    await desk.restart()
    await desk.passes(minutes=2)
    assert (await desk.entries(number))[-1].delivery is Delivery.SENT
    assert desk.reads(GIULIA).count(ANSWER) == 1
    assert desk.last(TEO) == desk.line("ticket.receipt-sent", number=f"#{number}")


async def test_the_program_dies_after_the_answer_left(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.sending = False
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    _ = await desk.outbox._step()  # it is claimed, and nobody hears what became of it
    assert await desk.rows(OutboxState.SENDING)
    for task in list(desk.outbox._flying):
        task.cancel()
    desk.sending = True
    await desk.restart()
    await desk.settle()
    assert (await desk.entries(number))[-1].delivery is Delivery.SENT
    assert desk.last(TEO) == desk.line("ticket.receipt-sent", number=f"#{number}")


async def test_a_receipt_for_whoever_has_left_goes_to_nobody(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.sending = False
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    await desk.commands(TEO, "/forget")
    await desk.taps(TEO, "1|f|yes")
    desk.sending = True
    await desk.settle()
    assert ANSWER in desk.reads(GIULIA), "what was written goes out"
    assert not [row for row in await desk.rows() if row.chat_id <= 0]
    assert (await desk.entries(number))[-1].delivery is Delivery.SENT


async def test_a_tutor_who_cannot_be_reached_leaves_the_ticket_to_the_others(desk: TicketDesk) -> None:
    await desk.joins(UGO, on_duty=False)
    desk.fate = lambda heard: BLOCKED if heard.chat == TEO.user_id else None
    number = await desk.asks(GIULIA)
    assert QUESTION in desk.card(ADA, number).text, "nobody else had it"


async def test_buttons_are_those_that_may_be_pressed(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    assert "Claim" in desk.card(TEO, number).buttons
    await desk.presses(TEO, "Claim")
    assert {"Reply", "Close", "Transfer"} <= set(desk.card(TEO, number).buttons)
    assert not {"Claim", "Reply", "Close", "Transfer"} & set(desk.card(UGO, number).buttons)
    await desk.presses(TEO, "Close")
    assert "Open again" in desk.card(UGO, number).buttons


async def test_a_card_shows_what_was_asked_before_and_the_plan(desk: TicketDesk) -> None:
    await desk.says(GIULIA, "How long may a Free Mover stay?")
    number = await desk.asks(GIULIA)
    assert "How long may a Free Mover stay?" in desk.card(TEO, number).text
    assert await desk.stands(number) == (State.NEW, None)


async def test_nobody_reads_what_is_not_theirs(desk: TicketDesk) -> None:
    first, second = (
        await desk.asks(GIULIA, "mine is a secret of the north"),
        await desk.asks(MARCO, "and mine southern"),
    )
    await desk.commands(TEO, f"/reply {first} northern answer")
    await desk.commands(UGO, f"/reply {second} southern answer")
    await desk.says(GIULIA, "northern thanks", to=desk.with_words(GIULIA, "northern answer").number)
    assert "south" not in desk.reads(GIULIA)
    assert "north" not in desk.reads(MARCO)
    assert not desk.chat(ADA)


async def test_every_card_for_a_tutor_who_cannot_be_reached_comes_to_somebody_else(desk: TicketDesk) -> None:
    await desk.removed(UGO)
    await desk.commands(GIULIA, f"/human {QUESTION}")
    await desk.commands(MARCO, f"/human {OTHER}")
    desk.sending = False
    await desk.presses(GIULIA, "Send")
    await desk.presses(MARCO, "Send")
    desk.fate, desk.sending = lambda heard: BLOCKED if heard.chat == TEO.user_id else None, True
    await desk.settle()
    for each in await desk.tickets():
        assert f"#{each.id}" in desk.card(ADA, each.id or 0).text


async def test_what_a_colleague_sent_is_not_handed_on_as_the_students(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.sends(TEO, "photo", "my answer", to=desk.card(TEO, number).number)
    await desk.commands(ADA, f"/transfer {number}")
    await desk.commands(ADA, f"/claim {number}")
    assert not [each for each in desk.chat(ADA) if each.of]


async def test_an_answer_of_the_faq_is_sent_in_the_students_language(desk: TicketDesk) -> None:
    number = await desk.asks(LEILA, "Entro quando devo fare domanda per il Free Mover?")
    await desk.presses(TEO, "FAQ answer")
    data = next(iter(desk.chat(TEO)[-1].buttons.values()))
    await desk.taps(TEO, data)
    said = replies.answer(desk.season.voice.knowledge, data.rsplit("|", 1)[1], "it").text
    assert said in [each.text for each in await desk.entries(number)]
