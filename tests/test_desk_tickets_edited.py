"""What is changed after it was written: replies before and after they left, those to many, and students' own words."""

from __future__ import annotations

import pytest

from bot.rules.delivery import RetryAt
from bot.storage.store import Store
from tests.ticketdesk import GIULIA, LEILA, MARCO, QUESTION, SAME, TEO, UGO, TicketDesk

SIXTEEN = "0123456789abcde "


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


async def test_a_reply_changed_before_it_left_says_only_the_new(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.sending = False
    reply = await desk.says(TEO, "the old words", to=desk.card(TEO, number).number)
    await desk.says(TEO, "the new words", edits=reply)
    desk.sending = True
    shown: list[str] = []
    desk.fate = lambda heard: shown.append(f"{heard.chat} {heard.text}")
    await desk.settle()
    assert not [line for line in shown if line.startswith(f"{GIULIA.user_id} ") and "old" in line]
    assert "the new words" in desk.last(GIULIA)
    assert desk.line("answer.edited") in desk.last(GIULIA)


async def test_a_reply_changed_while_it_is_tried_again(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    desk.fate = lambda heard: RetryAt(30) if heard.chat == GIULIA.user_id else None
    reply = await desk.says(TEO, "the old words", to=desk.card(TEO, number).number)
    desk.fate = lambda _: None
    await desk.says(TEO, "the new words", edits=reply)
    await desk.passes(minutes=2)
    assert "the old words" not in desk.reads(GIULIA)
    assert "the new words" in desk.last(GIULIA)


async def test_a_reply_changed_after_it_left_is_changed_where_it_stands(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    reply = await desk.says(TEO, "the old words", to=desk.card(TEO, number).number)
    seen = len(desk.chat(GIULIA))
    for words in ("the new words", "the newest words"):
        await desk.says(TEO, words, edits=reply)
        assert words in desk.last(GIULIA)
    assert len(desk.chat(GIULIA)) == seen
    assert "old" not in desk.reads(GIULIA)
    assert "the newest words" in desk.card(UGO, number).text
    assert "👍 It helped" in desk.chat(GIULIA)[-1].buttons
    assert len(await desk.entries(number)) == 2


async def test_a_reply_that_grows_over_one_message_loses_nothing(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    reply = await desk.says(TEO, "short", to=desk.card(TEO, number).number)
    await desk.says(TEO, SIXTEEN * 255 + "THE END", edits=reply)
    assert "THE END" in desk.reads(GIULIA)
    assert "short" not in desk.reads(GIULIA)
    await desk.says(TEO, "short again", edits=reply)
    assert "short again" in desk.reads(GIULIA)


async def test_a_long_reply_that_shrinks_leaves_no_rest(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    reply = await desk.says(TEO, SIXTEEN * 255 + "THE END", to=desk.card(TEO, number).number)
    await desk.says(TEO, "short", edits=reply)
    assert "THE END" not in desk.reads(GIULIA)
    assert desk.reads(GIULIA).count("short") == 1


async def test_a_reply_to_many_is_changed_for_each(desk: TicketDesk) -> None:
    first, second = await desk.asks(GIULIA), await desk.asks(MARCO, SAME)
    await desk.taps(TEO, f"1|q|{second}|merge|{first}", desk.card(TEO, second).number)
    reply = await desk.says(TEO, "the old words", to=desk.card(TEO, first).number)
    await desk.says(TEO, "the new words", edits=reply)
    for student, number in ((GIULIA, first), (MARCO, second)):
        assert "the new words" in desk.last(student)
        assert f"#{number}" in desk.last(student)
        assert "old" not in desk.reads(student)


async def test_words_of_a_student_are_changed_wherever_they_were_handed_on(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    said = await desk.says(GIULIA, "I mean <Lyon>", to=desk.with_words(GIULIA, f"#{number}").number)
    await desk.says(GIULIA, "I mean <Nice>", edits=said)
    assert "I mean <Nice>" in desk.with_words(TEO, "I mean").text.replace("&lt;", "<").replace("&gt;", ">")
    assert "Lyon>" not in desk.reads(TEO)
    assert "I mean <Nice>" in desk.reads(UGO)
    assert desk.last(GIULIA) == desk.line("mine.edited", number=f"#{number}")
    photo = await desk.sends(GIULIA, "photo", "old photo", to=desk.with_words(GIULIA, f"#{number}").number)
    await desk.sends(GIULIA, "photo", "new photo", edits=photo)
    assert "old photo" not in desk.reads(TEO)
    assert "new photo" in desk.chat(TEO)[-1].text


async def test_an_edited_question_is_the_tickets_question(desk: TicketDesk) -> None:
    await desk.commands(GIULIA, "/human")
    asked = await desk.says(GIULIA, QUESTION)
    await desk.presses(GIULIA, "Send")
    await desk.says(GIULIA, "Is it the same in Nice?", edits=asked)
    assert (await desk.ticket(1)).question == "Is it the same in Nice?"
    assert "Is it the same in Nice?" in desk.card(TEO, 1).text
    assert QUESTION not in desk.reads(TEO)


async def test_whoever_is_no_longer_staff_changes_nothing(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    reply = await desk.says(TEO, "the old words", to=desk.card(TEO, number).number)
    await desk.removed(TEO)
    await desk.says(TEO, "something rude", edits=reply)
    await desk.commands(TEO, f"/reply {number} something rude", edits=reply)
    assert "rude" not in desk.reads(GIULIA) + desk.reads(UGO)
    assert "the old words" in desk.last(GIULIA)


async def test_an_edit_of_something_else_is_dealt_with_as_ever(desk: TicketDesk) -> None:
    asked = await desk.says(GIULIA, "How long may a Free Mover stay?")
    seen = len(desk.chat(GIULIA))
    await desk.says(GIULIA, "How do I apply for a Free Mover?", edits=asked)
    assert len(desk.chat(GIULIA)) == seen + 1


async def test_a_changed_answer_stays_in_the_students_language(desk: TicketDesk) -> None:
    number = await desk.asks(LEILA, "Posso fare la tesi a Lione?")
    reply = await desk.says(TEO, "Sì", to=desk.card(TEO, number).number)
    await desk.says(TEO, "No", edits=reply)
    for key in ("answer.from-desk", "answer.edited"):
        assert desk.season.voice.plain("it", key, number=f"#{number}") in desk.last(LEILA)


async def test_whoever_is_removed_still_reads_what_is_changed_in_their_own_answer(desk: TicketDesk) -> None:
    number = await desk.asks(TEO)
    reply = await desk.says(UGO, "the old words", to=desk.card(UGO, number).number)
    await desk.removed(TEO)
    await desk.says(UGO, "the new words", edits=reply)
    assert "the new words" in desk.reads(TEO)
    assert "the old words" not in desk.reads(TEO)
