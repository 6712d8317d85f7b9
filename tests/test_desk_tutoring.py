"""What tutors do with tickets, in their chats: claim, answer, ask back, note, hand over, close; and who may not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.rules.roles import Role
from bot.rules.tickets import State
from bot.storage.store import Store
from tests.ticketdesk import ADA, GIULIA, LEILA, MARCO, OTHER, QUESTION, TEO, UGO, TicketDesk, another_process

ANSWER = "No: for a thesis it is a month later."


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    """Two tutors on duty, and an admin."""
    desk = TicketDesk(store)
    await desk.joins(TEO)
    await desk.joins(UGO)
    return desk


# Claiming


async def test_a_ticket_is_shown_to_those_on_duty_with_what_they_need(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    for tutor in (TEO, UGO):
        card = desk.card(tutor, number)
        assert QUESTION in card.text
        assert "Free Mover" in card.text
        assert "in English" in card.text
        assert "The FAQ tried" in card.text
        assert {"Claim", "Reply", "Ask back", "Note", "Transfer", "Close"} <= set(card.buttons)
    assert not desk.chat(ADA), "admins are not bothered while somebody is on duty"
    assert "Giulia" not in desk.reads(TEO), "a name is shown only where its owner agreed"


async def test_the_first_to_claim_wins_and_the_other_is_told_who(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    assert await desk.presses(TEO, "Claim") == f"#{number} is yours. Reply to its card to answer."
    toast = await desk.taps(UGO, f"1|q|{number}|claim")
    assert toast == f"#{number} is Teo's; nothing was changed and nothing was sent."
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    assert "claimed by Teo" in desk.card(UGO, number).text
    assert "Claim" not in desk.card(UGO, number).buttons
    assert "Reply" not in desk.card(UGO, number).buttons


@pytest.mark.parametrize("how", ["button", "command", "reply"])
async def test_two_who_take_a_ticket_at_the_same_moment(desk: TicketDesk, store_url: str, how: str) -> None:
    async def takes(at: TicketDesk, who: object) -> None:
        tutor = TEO if who is TEO else UGO
        if how == "button":
            await at.taps(tutor, f"1|q|{number}|claim", cards[tutor.user_id])
        elif how == "command":
            await at.commands(tutor, f"/claim {number}")
        else:
            await at.says(tutor, f"{tutor.first_name} on {number}", to=cards[tutor.user_id])

    async with another_process(desk, store_url) as beside:
        for _ in range(3):
            number = await desk.asks(GIULIA)
            cards = {each.user_id: desk.card(each, number).number for each in (TEO, UGO)}
            desk.sending = False
            await asyncio.gather(takes(desk, TEO), takes(beside, UGO))
            desk.sending = True
            await desk.settle()
            state, claimer = await desk.stands(number)
            assert state is (State.ANSWERED if how == "reply" else State.CLAIMED)
            assert claimer in {TEO.user_id, UGO.user_id}
            winner, loser = (TEO, UGO) if claimer == TEO.user_id else (UGO, TEO)
            line = desk.toast if how == "button" and loser is TEO else desk.reads(loser)
            told = beside.toast if how == "button" and loser is UGO else line
            assert f"#{number} is {winner.first_name}'s" in str(told)
            if how == "reply":
                answers = [entry.text for entry in await desk.entries(number)][1:]
                assert answers == [f"{winner.first_name} on {number}"]
                assert f"{loser.first_name} on {number}" not in desk.reads(GIULIA)
            assert len([act for act in await desk.acts() if act.endswith(f"#{number}")]) == 1
            await desk.commands(winner, f"/close {number}")


async def test_claiming_by_command_brings_the_card_to_who_had_none(desk: TicketDesk) -> None:
    await desk.joins(UGO, on_duty=False)
    number = await desk.asks(GIULIA)
    assert not desk.chat(UGO)
    await desk.commands(UGO, f"/claim #{number}")
    assert QUESTION in desk.card(UGO, number).text
    assert "claimed by Ugo" in desk.card(TEO, number).text


@pytest.mark.parametrize("written", ["/claim", "/claim abc", "/claim 5abc", "/reply", "/transfer ?", "/close x1"])
async def test_a_command_without_a_number_says_how_it_is_written(desk: TicketDesk, written: str) -> None:
    await desk.asks(GIULIA)
    await desk.commands(TEO, written)
    name = written.partition(" ")[0]
    assert name in desk.last(TEO)


@pytest.mark.parametrize("name", ["claim", "reply", "transfer", "close"])
@pytest.mark.parametrize("number", ["77", "0", "999999999999"])
async def test_a_guessed_number_is_nothing(desk: TicketDesk, name: str, number: str) -> None:
    await desk.asks(GIULIA)
    await desk.commands(TEO, f"/{name} {number} something")
    assert desk.last(TEO).startswith(f"There is no ticket #{number}.")
    assert await desk.taps(TEO, f"1|q|{number}|claim") is not None
    assert len(desk.chat(GIULIA)) == 2


async def test_students_can_do_none_of_it(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    for written in (
        f"/claim {number}",
        f"/reply {number} hello",
        f"/close {number}",
        f"/transfer {number}",
        "/tickets",
    ):
        await desk.commands(MARCO, written)
        assert QUESTION not in desk.reads(MARCO)
    for verb in ("claim", "reply", "ask", "note", "transfer", "close", "card", "faq", "send|general.desk", "to|43"):
        await desk.taps(MARCO, f"1|q|{number}|{verb}")
    assert await desk.stands(number) == (State.NEW, None)
    assert QUESTION not in desk.reads(MARCO)
    assert len(await desk.entries(number)) == 1


# Answering


async def test_a_reply_to_the_card_claims_and_answers(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.says(TEO, ANSWER, to=desk.card(TEO, number).number)
    assert ANSWER in desk.last(GIULIA)
    assert f"The desk on #{number}" in desk.last(GIULIA)
    assert "Teo" not in desk.reads(GIULIA), "students read the answer, not who wrote it"
    assert await desk.stands(number) == (State.ANSWERED, TEO.user_id)
    assert desk.last(TEO) == f"✓ Your answer on #{number} has arrived."
    assert "answered by Teo" in desk.card(UGO, number).text
    assert ANSWER in desk.card(UGO, number).text


async def test_what_stands_in_angle_brackets_arrives_as_it_was_written(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA, "Is <b>6 < 12</b> & so on allowed?")
    assert "Is <b>6 < 12</b> & so on allowed?" in desk.reads(TEO)
    await desk.commands(TEO, f"/reply {number} yes, 6 < 12 & <i>so</i> on")
    assert "yes, 6 < 12 & <i>so</i> on" in desk.last(GIULIA)


async def test_a_reply_finds_its_ticket_by_anything_the_desk_or_oneself_wrote_on_it(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    own = await desk.says(TEO, "first", to=desk.card(TEO, number).number)
    await desk.says(TEO, "by the receipt", to=desk.with_words(TEO, "has arrived").number)
    await desk.says(TEO, "by my own answer", to=own)
    await desk.says(GIULIA, "and then?", to=desk.with_words(GIULIA, "first").number)
    await desk.says(GIULIA, "and now?", to=desk.with_words(GIULIA, "first").number)
    await desk.says(TEO, "by what they wrote", to=desk.with_words(TEO, f"👤 #{number}").number)
    again = desk.line("ticket.reopened", number=f"#{number}")
    await desk.says(TEO, "by the line that it is open again", to=desk.with_words(TEO, again).number)
    texts = [entry.text for entry in await desk.entries(number)]
    assert texts == [
        QUESTION, "first", "by the receipt", "by my own answer", "and then?", "and now?",
        "by what they wrote", "by the line that it is open again",
    ]  # fmt: skip
    for text in texts[1:]:
        assert (text in desk.reads(GIULIA)) is text.startswith(("first", "by"))


async def test_a_reply_to_something_else_is_a_question_of_the_tutors_own(desk: TicketDesk) -> None:
    await desk.asks(GIULIA)
    await desk.commands(TEO, "/help")
    await desk.says(TEO, "How long may a Free Mover stay?", to=desk.chat(TEO)[-1].number)
    assert len(desk.chat(GIULIA)) == 2


async def test_a_reply_to_somebody_elses_ticket_reaches_nobody(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.says(UGO, "let me", to=desk.card(UGO, number).number)
    await desk.commands(UGO, f"/reply {number} let me")
    assert desk.last(UGO) == f"#{number} is Teo's; nothing was changed and nothing was sent."
    assert "let me" not in desk.reads(GIULIA) + desk.reads(TEO)
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)


async def test_a_reply_to_a_closed_ticket_reaches_nobody_until_it_is_open_again(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Close")
    assert desk.last(GIULIA).startswith(f"The desk has closed #{number}.")
    await desk.says(TEO, "one more thing", to=desk.card(TEO, number).number)
    assert f"#{number} is closed; nothing was sent." in desk.reads(TEO)
    assert "one more thing" not in desk.reads(GIULIA)
    await desk.presses(TEO, "Open again")
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    await desk.says(TEO, "one more thing", to=desk.card(TEO, number).number)
    assert "one more thing" in desk.last(GIULIA)


async def test_reply_without_a_text_waits_for_it(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number}")
    assert desk.last(TEO).startswith(f"Write your answer to #{number}")
    await desk.sends_sticker(TEO)
    assert "cannot be handed on" in desk.last(TEO), "and it goes on waiting"
    await desk.restart()
    await desk.says(TEO, ANSWER)
    assert ANSWER in desk.last(GIULIA)
    await desk.says(TEO, "and this is for the bot")
    assert "and this is for the bot" not in desk.reads(GIULIA)


async def test_a_reply_can_be_given_up(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Reply")
    await desk.commands(TEO, "/cancel")
    await desk.says(TEO, "never mind")
    assert await desk.stands(number) == (State.NEW, None)
    assert len(await desk.entries(number)) == 1


async def test_what_is_edited_elsewhere_is_not_taken_for_the_answer(desk: TicketDesk) -> None:
    note_to_self = await desk.says(TEO, "my shopping list")
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Reply")
    await desk.says(TEO, "my shopping list: milk", edits=note_to_self)
    assert "milk" not in desk.reads(GIULIA)
    assert await desk.stands(number) == (State.NEW, None)
    await desk.says(TEO, ANSWER)
    assert ANSWER in desk.last(GIULIA), "what they were asked for is still awaited"


async def test_somebody_else_was_faster_while_the_answer_was_written(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Reply")
    await desk.commands(UGO, f"/reply {number} quick")
    await desk.says(TEO, "slow")
    assert desk.last(TEO) == f"#{number} is Ugo's; nothing was changed and nothing was sent."
    assert "slow" not in desk.reads(GIULIA)


async def test_the_number_may_be_formatted_and_an_edited_command_is_an_edit(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    first = await desk.commands(TEO, f"/reply {number} Yes you can")
    await desk.commands(TEO, f"/reply {number} No, you cannot", edits=first)
    assert [entry.text for entry in await desk.entries(number)] == [QUESTION, "No, you cannot"]
    assert "Yes you can" not in desk.reads(GIULIA)
    assert "No, you cannot" in desk.last(GIULIA)


async def test_asking_back_waits_for_the_student(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Ask back")
    await desk.says(TEO, "Which year are you in?")
    assert await desk.stands(number) == (State.WAITING, TEO.user_id)
    assert "The desk asks you" in desk.last(GIULIA)
    assert not desk.chat(GIULIA)[-1].buttons, "nobody asks whether a question helped"
    await desk.says(GIULIA, "The fifth")
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    assert "The fifth" in desk.with_words(TEO, "The fifth").text
    assert "The fifth" not in desk.with_words(UGO, f"#{number}").text or "The fifth" in desk.card(UGO, number).text


async def test_notes_stay_inside(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.commands(UGO, "/tickets")
    await desk.taps(UGO, f"1|q|{number}|note", desk.card(UGO, number).number)
    note = await desk.says(UGO, "she wrote to me last week")
    assert desk.last(UGO) == f"Noted on #{number}."
    await desk.says(UGO, "she wrote to me last month", edits=note)
    assert desk.last(UGO) == f"Noted on #{number}.", "nobody is told that the student reads it"
    assert "last month" in desk.card(TEO, number).text
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    await desk.commands(GIULIA, "/mydata")
    assert "wrote to me" not in desk.reads(GIULIA)
    assert "Ugo" not in desk.reads(GIULIA)


async def test_an_answer_of_the_faq_is_one_press_away(desk: TicketDesk) -> None:
    number = await desk.asks(LEILA, "Entro quando devo fare domanda per il Free Mover?")
    await desk.presses(TEO, "FAQ answer")
    caption = next(iter(desk.chat(TEO)[-1].buttons))
    await desk.presses(TEO, caption)
    assert await desk.stands(number) == (State.ANSWERED, TEO.user_id)
    assert f"L'ufficio su #{number}" in desk.last(LEILA) or f"#{number}" in desk.last(LEILA)
    assert desk.last(TEO).startswith("✓ Your answer")


async def test_a_good_answer_can_be_proposed(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/reply {number} {ANSWER}")
    await desk.presses(TEO, "Suggest for the FAQ")
    assert desk.proposed == [(TEO.user_id, number)]


# Whose it is


async def test_nobody_answers_their_own_question(desk: TicketDesk) -> None:
    number = await desk.asks(TEO)
    assert f"🎫 #{number}" not in desk.reads(TEO)
    assert QUESTION in desk.card(UGO, number).text
    for written in (f"/claim {number}", f"/reply {number} I know", f"/transfer {number}", f"/close {number}"):
        await desk.commands(TEO, written)
        assert desk.last(TEO) == "It is your own question; somebody else has to answer it."
    await desk.taps(UGO, f"1|q|{number}|note")
    await desk.says(UGO, "he should know this")
    await desk.commands(TEO, "/tickets")
    assert f"#{number}" not in desk.last(TEO)
    assert await desk.taps(TEO, f"1|q|{number}|card") == "It is your own question; somebody else has to answer it."
    assert "he should know" not in desk.reads(TEO)
    await desk.commands(UGO, f"/transfer {number}")
    assert await desk.taps(UGO, f"1|q|{number}|to|{TEO.user_id}") == "That colleague cannot take it."
    await desk.commands(UGO, f"/reply {number} {ANSWER}")
    assert ANSWER in desk.last(TEO)
    await desk.says(TEO, "thanks", to=desk.with_words(TEO, ANSWER).number)
    assert "thanks" in desk.with_words(UGO, "thanks").text, "what they reply to it is their student's side"


async def test_without_anybody_on_duty_admins_get_it_and_the_student_is_told_when(desk: TicketDesk) -> None:
    back = desk.clock.now().date() + timedelta(days=3)
    await desk.joins(TEO, back_on=back)
    await desk.joins(UGO, on_duty=False)
    number = await desk.asks(GIULIA)
    assert QUESTION in desk.card(ADA, number).text
    assert not desk.chat(TEO)
    assert desk.line("receipt.nobody-until", on=back) in desk.last(GIULIA)


@pytest.mark.parametrize(
    ("given", "takes"),
    [
        ({"programmes": ["erasmus-study"]}, False),
        ({"programmes": ["free-mover"]}, True),
        ({"languages": ["it"]}, False),
        ({"languages": ["en"]}, True),
    ],
)
async def test_tutors_get_what_they_take_on(desk: TicketDesk, given: dict[str, list[str]], *, takes: bool) -> None:
    await desk.joins(TEO, Role.TUTOR, **given)
    number = await desk.asks(GIULIA)
    assert (f"🎫 #{number}" in desk.reads(TEO)) is takes
    assert f"🎫 #{number}" in desk.reads(UGO)


async def test_who_has_as_many_as_they_want_gets_no_more(desk: TicketDesk) -> None:
    await desk.joins(TEO, most_open=1)
    first = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/claim {first}")
    second = await desk.asks(MARCO, OTHER)
    assert f"🎫 #{second}" not in desk.reads(TEO)
    await desk.commands(TEO, f"/reply {first} {ANSWER}")
    third = await desk.asks(LEILA, "Chi firma il learning agreement?")
    assert f"🎫 #{third}" in desk.reads(TEO)


async def test_transfer_gives_it_back_to_everybody_and_then_to_a_colleague(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    seen = len(desk.chat(UGO))
    await desk.commands(TEO, f"/transfer {number}")
    assert await desk.stands(number) == (State.NEW, None)
    assert len(desk.chat(UGO)) == seen + 1
    assert "waits for somebody" in desk.card(UGO, number).text
    await desk.presses(TEO, "Ugo")
    assert await desk.stands(number) == (State.CLAIMED, UGO.user_id)
    assert desk.last(TEO) == f"#{number} is Ugo's now."
    assert f"Teo has given you #{number}." in desk.reads(UGO)
    assert "claimed by Ugo" in desk.card(TEO, number).text
    await desk.commands(TEO, f"/reply {number} still me")
    assert "still me" not in desk.reads(GIULIA)


async def test_the_only_one_on_duty_gives_it_back_and_the_admins_get_it(desk: TicketDesk) -> None:
    await desk.joins(UGO, on_duty=False)
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.presses(TEO, "Transfer")
    await desk.presses(TEO, "Back to everybody")
    assert QUESTION in desk.card(ADA, number).text


async def test_an_admin_may_take_over(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    await desk.commands(ADA, f"/claim {number}")
    assert desk.last(ADA) == f"#{number} is Teo's; nothing was changed and nothing was sent."
    await desk.commands(ADA, f"/transfer {number}")
    await desk.commands(ADA, f"/claim {number}")
    assert await desk.stands(number) == (State.CLAIMED, ADA.user_id)
    assert "claimed by Ada" in desk.card(TEO, number).text
    await desk.commands(TEO, f"/reply {number} mine")
    assert desk.last(TEO) == f"#{number} is Ada's; nothing was changed and nothing was sent."


async def test_a_tutor_cannot_take_what_a_colleague_has(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "Claim")
    for verb in ("transfer", "release", "close", "to|801", "ask", "reply", "merge|1", "faq", "send|general.desk"):
        toast = await desk.taps(UGO, f"1|q|{number}|{verb}", desk.card(UGO, number).number)
        assert toast == f"#{number} is Teo's; nothing was changed and nothing was sent.", verb
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)


async def test_the_list_shows_what_is_ones_own_and_what_is_nobodys(desk: TicketDesk) -> None:
    mine, free = await desk.asks(GIULIA), await desk.asks(MARCO, OTHER)
    await desk.commands(TEO, f"/claim {mine}")
    await desk.commands(TEO, "/tickets")
    assert f"Yours (1)\n#{mine}" in desk.last(TEO)
    assert f"Waiting for somebody (1)\n#{free}" in desk.last(TEO)
    await desk.commands(UGO, "/tickets")
    assert f"#{mine}" not in desk.last(UGO)
    await desk.commands(ADA, "/tickets")
    assert f"With colleagues (1)\n#{mine}" in desk.last(ADA)
    await desk.presses(UGO, f"#{free}")
    assert OTHER in desk.card(UGO, free).text


async def test_whoever_answers_another_way_is_asked_for_nothing_more(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.commands(TEO, f"/claim {number}")
    await desk.presses(TEO, "Reply")
    await desk.says(TEO, ANSWER, to=desk.card(TEO, number).number)
    desk.new(GIULIA)
    await desk.says(TEO, "how long can a free mover stay?")
    assert desk.new(GIULIA) == ""


async def test_an_answer_of_the_faq_is_sent_once_however_often_it_is_pressed(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    await desk.presses(TEO, "FAQ answer")
    offered = desk.chat(TEO)[-1]
    for toast in (None, desk.line("toast.old")):
        assert await desk.taps(TEO, next(iter(offered.buttons.values())), offered.number) == toast
    assert len([entry for entry in await desk.entries(number) if entry.author_id == TEO.user_id]) == 1


@pytest.mark.parametrize("emptied", ["/reply {}", "/close {}"])
async def test_an_answer_is_not_changed_to_nothing(desk: TicketDesk, emptied: str) -> None:
    number = await desk.asks(GIULIA)
    message = await desk.commands(TEO, f"/reply {number} {ANSWER}")
    await desk.commands(TEO, emptied.format(number), edits=message)
    assert ANSWER in desk.reads(GIULIA)
    assert desk.last(TEO) == desk.line("ticket.usage-reply")
