"""Albums and long captions on tickets: ten files that leave together, parts that come late, and what stands below."""

from __future__ import annotations

import pytest

from bot.desk.arrival import Who
from bot.rules.tickets import Delivery
from bot.storage.rows import OutboxState
from bot.storage.store import Store
from tests.ticketdesk import BLOCKED, GIULIA, TEO, UGO, TicketDesk

LONG = "é" * 1010
"""Telegram lets 1024 characters stand below a file; with a line of ours it is too much."""


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


def copied(desk: TicketDesk, who: Who) -> list[tuple[int, int]]:
    """What was copied into somebody's chat."""
    return [each.of for each in desk.chat(who) if each.of]


async def album(desk: TicketDesk, who: Who, count: int, *, to: int | None = None) -> list[int]:
    return [
        await desk.sends(who, "photo", f"photo {at}", to=None if at else to, album="holidays") for at in range(count)
    ]


async def test_ten_photos_of_a_student_leave_as_one_row(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    desk.sending = False
    sent = await album(desk, GIULIA, 10, to=desk.with_words(GIULIA, f"#{number}").number)
    rows = [row for row in await desk.rows(OutboxState.PENDING) if row.method == "copies"]
    assert [row.payload["messages"] for row in rows] == [sent]
    desk.sending = True
    await desk.settle()
    assert copied(desk, TEO) == [(GIULIA.user_id, each) for each in sent]
    assert desk.reads(TEO).count("photo 3") == 2, "under the photo and on the card"
    assert desk.reads(GIULIA).count(desk.line("mine.added", number=f"#{number}")) == 1, "an album is said once"


@pytest.mark.parametrize("how", ["card", "button", "command"])
async def test_ten_photos_of_a_tutor_leave_together(desk: TicketDesk, how: str) -> None:
    number = await desk.asks(GIULIA)
    card = desk.card(TEO, number).number if how == "card" else None
    if how == "button":
        await desk.presses(TEO, "Reply")
    elif how == "command":
        await desk.commands(TEO, f"/reply {number}")
    desk.sending = False
    sent = await album(desk, TEO, 10, to=card)
    desk.sending = True
    await desk.settle()
    assert copied(desk, GIULIA) == [(TEO.user_id, each) for each in sent]
    assert desk.reads(TEO).count(desk.line("ticket.receipt-sent", number=f"#{number}")) == 1
    assert {each.delivery for each in (await desk.entries(number))[1:]} == {Delivery.SENT}
    assert desk.line("ticket.delivery-waits") not in desk.card(UGO, number).text
    assert desk.reads(GIULIA).count(f"The desk on #{number}") == 1


@pytest.mark.parametrize("verb", ["Ask back", "Note"])
async def test_the_rest_of_an_album_does_what_its_first_did(desk: TicketDesk, verb: str) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, verb)
    await album(desk, TEO, 3)
    written = (await desk.entries(number))[1:]
    assert len(written) == 3
    assert len({(each.who, each.asks) for each in written}) == 1
    assert len(copied(desk, GIULIA)) == (3 if verb == "Ask back" else 0)
    await desk.says(TEO, "this is for the bot")
    assert len(await desk.entries(number)) == 4


async def test_parts_that_come_late_follow_by_themselves(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    sent = await album(desk, TEO, 3, to=desk.card(TEO, number).number)
    assert copied(desk, GIULIA) == [(TEO.user_id, each) for each in sent]
    assert {each.delivery for each in (await desk.entries(number))[1:]} == {Delivery.SENT}
    assert desk.last(TEO) == desk.line("ticket.receipt-sent", number=f"#{number}")


async def test_an_album_that_fails_half_way_is_said_to_have_failed(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    first = await desk.sends(TEO, "photo", album="a", to=desk.card(TEO, number).number)
    assert copied(desk, GIULIA) == [(TEO.user_id, first)]
    desk.fate = lambda heard: BLOCKED if heard.chat == GIULIA.user_id else None
    await desk.sends(TEO, "photo", album="a")
    assert [each.delivery for each in await desk.entries(number)][1:] == [Delivery.SENT, Delivery.BLOCKED]
    assert desk.last(TEO) == desk.line("ticket.receipt-blocked", number=f"#{number}")


async def test_captions_of_an_album_are_carried_over(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.sending = False
    sent = await album(desk, TEO, 3, to=desk.card(TEO, number).number)
    await desk.sends(TEO, "photo", "changed before it left", edits=sent[0], album="holidays")
    desk.sending = True
    await desk.settle()
    files = {each.of: each for each in desk.chat(GIULIA) if each.of}
    assert files[TEO.user_id, sent[0]].text == "changed before it left"
    late = await desk.sends(TEO, "photo", "late", album="holidays")
    await desk.sends(TEO, "photo", "changed &", edits=sent[1], album="holidays")
    await desk.sends(TEO, "photo", "no longer late", edits=late, album="holidays")
    texts = {each.of[1]: each.text for each in desk.chat(GIULIA) if each.of}
    assert texts == {
        sent[0]: "changed before it left", sent[1]: "changed &amp;", sent[2]: "photo 2", late: "no longer late",
    }  # fmt: skip
    assert len(await desk.entries(number)) == 5


async def test_a_text_too_long_to_stand_below_a_file_comes_above_it(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    sent = await desk.sends(TEO, "document", LONG, to=desk.card(TEO, number).number)
    assert copied(desk, GIULIA) == [(TEO.user_id, sent)]
    assert desk.reads(GIULIA).count(LONG) == 1
    assert desk.last(TEO) == desk.line("ticket.receipt-sent", number=f"#{number}")
    await desk.sends(TEO, "document", f"{LONG}!", edits=sent)
    assert f"{LONG}!" in desk.reads(GIULIA)
    back = await desk.sends(GIULIA, "document", LONG, to=desk.with_words(GIULIA, LONG).number)
    assert (GIULIA.user_id, back) in copied(desk, TEO)
    assert LONG in desk.reads(TEO)


async def test_a_short_caption_may_grow_long(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    sent = await desk.sends(TEO, "document", "short", to=desk.card(TEO, number).number)
    await desk.sends(TEO, "document", "better", edits=sent)
    assert [each.text.partition("\n")[2] for each in desk.chat(GIULIA) if each.of] == ["better"]
    await desk.sends(TEO, "document", LONG, edits=sent)
    assert LONG in desk.reads(GIULIA)


async def test_a_text_of_the_longest_reaches_the_tutor_whole(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    words = " ".join(f"word{at}" for at in range(500))[:4096]
    await desk.says(GIULIA, words, to=desk.with_words(GIULIA, f"#{number}").number)
    assert all(word in desk.reads(TEO) for word in words.split())


async def test_the_file_was_deleted_before_it_could_be_copied(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.sending = False
    sent = await desk.sends(TEO, "photo", to=desk.card(TEO, number).number)
    del desk.written[TEO.user_id, sent]
    desk.sending = True
    await desk.settle()
    assert desk.last(TEO) == desk.line("ticket.receipt-failed", number=f"#{number}")
