"""What students do to their tickets: open, add, take back, say whether it helped; and what happens in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.rules.tickets import State
from bot.storage.store import Store
from tests.ticketdesk import ADA, GIULIA, LEILA, MARCO, OTHER, QUESTION, TEO, UGO, TicketDesk

ANSWER = "No: for a thesis it is a month later."


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


async def answered(desk: TicketDesk) -> int:
    """A ticket of Giulia's that Teo has answered."""
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    return number


async def test_nothing_leaves_before_it_was_shown(desk: TicketDesk) -> None:
    await desk.commands(GIULIA, f"/human {QUESTION}")
    assert QUESTION in desk.last(GIULIA)
    assert not desk.chat(TEO)
    await desk.presses(GIULIA, "Show my first name")
    await desk.presses(GIULIA, "Send")
    assert "Name: Giulia" in desk.last(TEO)
    assert desk.line("receipt.open-now") in desk.last(GIULIA)


async def test_a_double_press_opens_one_ticket(desk: TicketDesk) -> None:
    await desk.asks(GIULIA)
    await desk.taps(GIULIA, "1|p|send")
    assert len(await desk.tickets()) == 1


async def test_the_receipt_is_honest_about_a_weekend(store: Store) -> None:
    desk = TicketDesk(store)
    desk.clock.move(timedelta(days=5))
    await desk.joins(TEO)
    await desk.asks(GIULIA)
    assert "weekend" in desk.last(GIULIA)
    assert "30 November 2026" in desk.last(GIULIA)


async def test_what_they_add_reaches_whoever_has_it(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.presses(GIULIA, "Add something")
    await desk.says(GIULIA, "I mean Lyon 1")
    assert desk.last(GIULIA) == desk.line("mine.added", number=f"#{number}")
    assert "I mean Lyon 1" in desk.last(TEO)
    assert "I mean Lyon 1" in desk.card(UGO, number).text
    await desk.says(GIULIA, "How long may a Free Mover stay?")
    assert "How long" not in desk.reads(TEO), "what follows is for the bot again"


@pytest.mark.parametrize("to", ["receipt", "answer", "own"])
async def test_a_reply_to_anything_on_a_ticket_is_added_to_it(desk: TicketDesk, to: str) -> None:
    number = await answered(desk)
    first = await desk.says(GIULIA, "and in Paris?", to=desk.with_words(GIULIA, ANSWER).number)
    places = {"receipt": desk.with_words(GIULIA, f"#{number}").number, "own": first}
    places["answer"] = desk.with_words(GIULIA, ANSWER).number
    await desk.says(GIULIA, "and in Rome?", to=places[to])
    assert "and in Rome?" in desk.reads(TEO)
    assert [each.text for each in await desk.entries(number)][-1] == "and in Rome?"


async def test_tickets_of_others_cannot_be_reached(desk: TicketDesk) -> None:
    number = await answered(desk)
    for verb in ("add", "withdraw", "helped", "no", "back", "ask"):
        await desk.taps(MARCO, f"1|i|{number}|{verb}")
        await desk.says(MARCO, f"sneaky {verb}")
    await desk.says(MARCO, "sneaky reply", to=desk.with_words(GIULIA, ANSWER).number)
    assert "sneaky" not in desk.reads(TEO) + desk.reads(GIULIA)
    assert ANSWER not in desk.reads(MARCO)
    assert await desk.stands(number) == (State.ANSWERED, TEO.user_id)


async def test_a_new_message_opens_it_again_and_the_claimer_is_told(desk: TicketDesk) -> None:
    number = await answered(desk)
    await desk.presses(GIULIA, "👍")
    assert await desk.stands(number) == (State.CLOSED, TEO.user_id)
    await desk.says(GIULIA, "wait, one more", to=desk.with_words(GIULIA, ANSWER).number)
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    assert desk.last(GIULIA) == desk.line("mine.reopened", number=f"#{number}")
    assert desk.line("ticket.reopened", number=f"#{number}") in desk.reads(TEO)
    assert "wait, one more" in desk.card(TEO, number).text
    assert desk.line("ticket.reopened", number=f"#{number}") not in desk.reads(UGO)


async def test_it_opens_again_when_the_claimer_is_gone_and_is_everybodys(desk: TicketDesk) -> None:
    number = await answered(desk)
    await desk.removed(TEO)
    seen = len(desk.chat(UGO))
    await desk.says(GIULIA, "wait, one more", to=desk.with_words(GIULIA, ANSWER).number)
    assert await desk.stands(number) == (State.NEW, None)
    assert len(desk.chat(UGO)) > seen
    assert "wait, one more" in desk.card(UGO, number).text
    assert "wait, one more" not in desk.reads(TEO)


async def test_whether_it_helped(desk: TicketDesk) -> None:
    number = await answered(desk)
    await desk.presses(GIULIA, "✍️")
    assert (await desk.ticket(number)).helpful is False
    await desk.says(GIULIA, "that was another deadline")
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    await desk.commands(TEO, f"/reply {number} the right one")
    assert (await desk.ticket(number)).helpful is None, "a new answer is asked about anew"
    await desk.presses(GIULIA, "👍")
    assert (await desk.ticket(number)).helpful is True
    assert await desk.stands(number) == (State.CLOSED, TEO.user_id)
    await desk.presses(GIULIA, "👍")
    assert await desk.stands(number) == (State.CLOSED, TEO.user_id)


async def test_withdrawn(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.presses(TEO, "Reply")
    await desk.presses(GIULIA, "Withdraw")
    assert await desk.stands(number) == (State.CLOSED, TEO.user_id)
    assert desk.line("ticket.withdrawn", number=f"#{number}") in desk.reads(TEO)
    await desk.says(TEO, ANSWER)
    assert ANSWER not in desk.reads(GIULIA)
    assert f"#{number} is closed" in desk.reads(TEO)
    assert await desk.presses(GIULIA, "Withdraw") == desk.line("mine.closed-already")
    await desk.says(GIULIA, "after all, yes", to=desk.with_words(GIULIA, f"#{number} is withdrawn").number)
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)


async def test_one_student_has_a_few_tickets_at_most(desk: TicketDesk) -> None:
    for at in range(5):
        await desk.asks(GIULIA, f"{OTHER} ({at})")
    await desk.commands(GIULIA, f"/human {QUESTION}")
    await desk.presses(GIULIA, "Send")
    assert len(await desk.tickets()) == 5
    assert QUESTION not in desk.reads(TEO)
    assert "#1" in desk.last(GIULIA)


async def test_an_answer_to_a_question_back_may_have_been_for_the_bot(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Ask back")
    await desk.says(TEO, "Which year?")
    await desk.says(GIULIA, "The fifth")
    assert desk.line("mine.added", number=f"#{number}") in desk.last(GIULIA)
    assert desk.line("button.mine-ask") in desk.chat(GIULIA)[-1].buttons


async def test_what_follows_an_answer_in_italian_is_italian(desk: TicketDesk) -> None:
    number = await desk.asks(LEILA, "Posso fare la tesi a Lione?")
    await desk.commands(TEO, f"/reply {number} Sì")
    assert desk.season.voice.plain("it", "answer.from-desk", number=f"#{number}") in desk.last(LEILA)


@pytest.mark.parametrize("kind", ["photo", "document", "voice", "video", "audio", "animation", "video_note"])
async def test_files_go_both_ways(desk: TicketDesk, kind: str) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    sent = await desk.sends(GIULIA, kind, "see <here>", to=desk.with_words(GIULIA, "The answer comes").number)
    assert desk.chat(TEO)[-1].of == (GIULIA.user_id, sent)
    assert "see &lt;here&gt;" in desk.chat(TEO)[-1].text
    assert not [each for each in desk.chat(UGO) if each.of], "what is claimed is one tutor's to read"
    back = await desk.sends(TEO, kind, "look <at> this", to=desk.chat(TEO)[-1].number)
    arrived = next(each for each in desk.chat(GIULIA) if each.of)
    assert arrived.of == (TEO.user_id, back)
    assert "look &lt;at&gt; this" in arrived.text
    assert "👍 It helped" in arrived.buttons
    assert desk.last(TEO) == desk.line("ticket.receipt-sent", number=f"#{number}")


async def test_a_file_before_anybody_has_it_reaches_all_who_might(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    sent = await desk.sends(GIULIA, "document", to=desk.with_words(GIULIA, f"#{number}").number)
    for tutor in (TEO, UGO):
        assert [each.of for each in desk.chat(tutor) if each.of] == [(GIULIA.user_id, sent)]
    await desk.joins(ADA)
    await desk.commands(ADA, f"/claim {number}")
    assert [each.of for each in desk.chat(ADA) if each.of] == [(GIULIA.user_id, sent)], (
        "whoever comes later gets it too"
    )


async def test_a_sticker_is_answered_and_not_dropped(desk: TicketDesk) -> None:
    number = await answered(desk)
    seen = len(desk.chat(GIULIA))
    await desk.sends_sticker(GIULIA, to=desk.with_words(GIULIA, ANSWER).number)
    assert len(desk.chat(GIULIA)) == seen + 1
    await desk.sends_sticker(TEO, to=desk.card(TEO, number).number)
    assert desk.last(TEO) == desk.line("ticket.cannot-carry")
    assert len(desk.chat(GIULIA)) == seen + 1


async def test_the_program_may_die_between_any_two_steps(desk: TicketDesk) -> None:
    desk.restless = True
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.presses(TEO, "Ask back")
    await desk.says(TEO, "Which year?")
    await desk.says(GIULIA, "The fifth")
    await desk.presses(TEO, "Reply")
    for _ in range(2):
        await desk.sends(TEO, "photo", album="a")
    await desk.presses(TEO, "Transfer")
    await desk.presses(TEO, "Ugo")
    await desk.says(UGO, ANSWER, to=desk.card(UGO, number).number)
    await desk.presses(GIULIA, "👍")
    await desk.says(GIULIA, "one more", to=desk.with_words(GIULIA, ANSWER).number)
    await desk.commands(UGO, f"/reply {number} and an end")
    assert desk.reads(GIULIA).count(ANSWER) == 1
    assert desk.reads(GIULIA).count("and an end") == 1
    assert len([each for each in desk.chat(GIULIA) if each.of]) == 2
    assert await desk.stands(number) == (State.ANSWERED, UGO.user_id)


async def test_an_update_that_comes_twice_is_dealt_with_once(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    card = desk.card(TEO, number).number
    desk.updates = iter([1000, 1000])  # type: ignore[assignment] # Telegram brings it again
    await desk.says(TEO, ANSWER, to=card)
    await desk.says(TEO, ANSWER, to=card)
    assert desk.reads(GIULIA).count(ANSWER) == 1
    assert len(await desk.entries(number)) == 2
