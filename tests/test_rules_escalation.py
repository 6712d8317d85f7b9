"""How a student reaches a person: the preview, what may be done about it, and tickets that are open already."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import escalation
from bot.rules.buttons import Act, data
from bot.rules.messages import LANGS, Lang, plain
from bot.rules.profile import Profile
from bot.rules.replies import DESK
from bot.rules.tickets import Origin
from bot.rules.tickets import State as TicketState
from bot.rules.turn import (
    AddToTicket,
    Event,
    Facts,
    Helped,
    Mine,
    OpenTicket,
    Part,
    Request,
    State,
    Step,
    Toast,
    Trigger,
    WithdrawTicket,
)
from tests.book import NOW, TODAY, Chat, facts, knowledge

HEAD = "<b>This is what a tutor will read:</b>\n\n"
AT_GOAL = State(Profile().with_year(4, TODAY), Step.GOAL, prompt=3)
OPEN = facts(mine=[Mine(12, TicketState.ANSWERED), Mine(9, TicketState.CLOSED), Mine(7, TicketState.NEW)])
ASKED_BACK = facts(mine=[Mine(12, TicketState.WAITING)], waiting=12)


def said(key: str, lang: Lang = "en", **params: object) -> str:
    return knowledge().words.say(lang, key, **params)


def later(chat: Chat, given: timedelta, known: Facts | None = None) -> Chat:
    """The same chat some time later."""
    return Chat(chat.state, given=replace(known or chat.facts, now=chat.facts.now + given))


def asked(text: str = "who signs?", known: Facts | None = None) -> Chat:
    return Chat(given=known).commands("human", text)


def parts(chat: Chat) -> list[str]:
    """What is put together, text by text."""
    assert chat.state.request is not None
    return [part.text for part in chat.state.request.parts]


def sent(chat: Chat) -> Request:
    (opened,) = [each for each in chat.effects if isinstance(each, OpenTicket)]
    return opened.request


# The preview


@pytest.mark.parametrize("lang", LANGS)
def test_human_with_a_question_shows_what_will_be_sent(lang: Lang) -> None:
    chat = Chat(lang=lang).commands("human", "who signs <my> papers?")
    words = knowledge().words
    assert plain(chat.text).split("\n\n")[1:] == ["who signs <my> papers?", words.plain(lang, "person.nameless")]
    captions = "send more name anew cancel".split()  # noqa: SIM905 - the buttons of a preview
    named = [words.plain(lang, f"button.person-{each}") for each in captions]
    assert [key.text for key in chat.keys if key.data] == named
    assert [key.copy for key in chat.keys if key.copy] == [DESK, "who signs <my> papers?"]
    assert chat.state.step is Step.PERSON


def test_human_without_a_question_takes_the_last_one() -> None:
    chat = Chat().says("what about my cat?", written=30).commands("human")
    assert chat.text.startswith(f"{HEAD}what about my cat?\n")
    assert chat.state.request == Request((Part("what about my cat?", message_id=30),), origin=Origin.NONE, at=NOW)
    answered = Chat().says("general.desk").commands("human").state.request
    assert answered is not None
    assert answered.origin is Origin.ASKED


def test_human_with_nothing_asked_asks_what_to_send() -> None:
    chat = Chat().commands("human")
    assert chat.text == said("person.write", desk=DESK)
    assert [key.text for key in chat.keys] == ["Copy the address", "Cancel"]
    assert chat.says("who signs?").text.startswith(f"{HEAD}who signs?\n")


def test_human_in_the_middle_of_the_flow_leaves_it() -> None:
    for chat in (Chat(AT_GOAL).commands("human"), Chat(AT_GOAL).says("general.human")):
        assert (chat.state.step, chat.state.profile) == (Step.PERSON, AT_GOAL.profile)
        assert len(chat.texts) == 1
        assert parts(chat.says("not sure")) == ["not sure"], "it is no answer to the flow"


def test_asking_for_a_person_in_words_is_no_question_to_be_sent() -> None:
    chat = Chat().says("general.human")
    assert chat.text == said("person.write", desk=DESK)
    assert chat.commands("cancel").commands("human").text == said("person.write", desk=DESK)


def test_the_plan_goes_along_and_is_shown() -> None:
    assert "With it goes what you told me: year 4." in plain(Chat(AT_GOAL).commands("human", "who?").text)
    assert "With it goes" not in asked().text


def test_texts_photos_and_voice_messages_are_added_one_after_another() -> None:
    chat = asked().says("and <when>?", written=31).sends("photo", "this form", written=32).sends("voice", written=33)
    assert plain(chat.text).split("\n\n")[1] == "who signs?\nand <when>?\n📎 photo: this form\n📎 voice message"
    assert chat.state.request is not None
    assert [part.message_id for part in chat.state.request.parts] == [None, 31, 32, 33]


def test_a_file_of_a_kind_nobody_knows_is_a_document() -> None:
    assert "📎 document" in asked().sends("hologram").text


def test_an_album_of_ten_is_one_preview_and_ten_parts() -> None:
    chat, previews = asked(), 0
    for number in range(10):
        chat.sends("photo", "all pages" if number == 0 else "", album="a", written=40 + number)
        previews += len(chat.texts)
    assert previews == 1
    assert len(parts(chat)) == 11
    chat.taps(data(Act.PERSON, "send", escalation.sealed(chat.state.request or Request())))
    assert plain(chat.texts[0]) == "Sent to the desk:\n\nwho signs?\n📎 album: all pages"
    assert [part.message_id for part in sent(chat).parts[1:]] == list(range(40, 50))


def test_the_send_button_drawn_with_the_first_of_an_album_sends_it_all() -> None:
    chat = asked().sends("photo", album="a", written=40)
    send = next(key.data for key in chat.keys if key.text == "Send")
    for number in range(41, 50):
        chat.sends("photo", album="a", written=number)
    assert len(sent(chat.taps(send)).parts) == 11


def test_too_many_texts_are_refused_once_for_an_album_and_nothing_is_lost() -> None:
    chat = asked()
    for number in range(escalation.MOST_PARTS - 1):
        chat.says(f"more {number}")
    assert said("person.too-much", most=20) in chat.says("one too many").text
    refusals = [len(chat.sends("photo", album="a").texts) for _ in range(4)]
    assert refusals == [1, 0, 0, 0]
    assert len(parts(chat)) == escalation.MOST_PARTS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=4096) | st.just("😀" * 2000), min_size=1, max_size=25))
def test_a_preview_and_what_was_sent_are_one_message_each_however_long(texts: list[str]) -> None:
    chat = Chat(State(AT_GOAL.profile)).commands("human", "why?")
    for text in texts:
        chat.says(text)
    assert len(chat.texts) == 1
    chat.taps(data(Act.PERSON, "name"))  # an edit that is too long would be refused here
    chat.taps(data(Act.PERSON, "send"))
    assert [part.text for part in sent(chat).parts][1:] == [text.strip() for text in texts][:19]


# Its buttons


def test_the_name_is_hidden_until_it_is_agreed_to() -> None:
    chat = asked()
    assert "Your name stays hidden." in chat.text
    assert "Your first name is shown: Ada." in chat.presses("Show my first name").text
    assert chat.state.request is not None
    assert chat.state.request.named
    assert "Your name stays hidden." in chat.presses("Hide my first name").text
    assert not sent(chat.presses("Send")).named
    assert sent(asked().presses("Show my first name").presses("Send")).named


def test_adding_begins_where_the_preview_ends() -> None:
    chat = Chat(replace(AT_GOAL, question="who signs?")).taps(data(Act.REJECT)).presses("Add something")
    assert chat.text == said("person.write-more")
    assert parts(chat.says("and when?")) == ["who signs?", "and when?"]


def test_writing_anew_drops_what_was_taken_over() -> None:
    chat = Chat().says("what about my cat?").commands("human").presses("Write it anew")
    assert chat.text == said("person.write", desk=DESK)
    assert parts(chat.says("who signs?")) == ["who signs?"]


def test_cancelling_sends_nothing_and_says_so() -> None:
    for chat in (asked().presses("Cancel"), asked().commands("cancel")):
        assert chat.text == said("person.cancelled")
        assert (chat.state.step, chat.state.request) == (Step.IDLE, None)
        assert not [each for each in chat.effects if isinstance(each, OpenTicket)]


def test_sending_shows_what_went_and_opens_a_ticket() -> None:
    chat = asked().presses("Send")
    assert chat.text == said("person.sent-text", text="who signs?")
    assert not chat.keys
    assert sent(chat) == Request((Part("who signs?"),), at=NOW)
    assert (chat.state.step, chat.state.request, chat.state.question) == (Step.IDLE, None, None)


def test_what_was_sent_is_not_offered_again() -> None:
    chat = Chat().says("what about my cat?").commands("human").presses("Send")
    assert chat.commands("human").text == said("person.write", desk=DESK)


def test_sending_twice_sends_once() -> None:
    chat = asked()
    send = next(key.data for key in chat.keys if key.text == "Send")
    chat.taps(send).taps(send)
    assert chat.effects == (Toast(knowledge().words.plain("en", "toast.no-request")),)


def test_a_preview_that_shows_something_else_by_now_sends_nothing() -> None:
    chat = asked()
    old = [key.data for key in chat.keys if key.data]
    chat.says("and when?")
    for packed in old:
        after = Chat(chat.state).taps(packed)
        assert after.toasts == [knowledge().words.plain("en", "toast.request-changed")]
        assert after.text.startswith(f"{HEAD}who signs?\nand when?")
        assert after.state == chat.state
    named = asked()
    send = next(key.data for key in named.keys if key.text == "Send")
    assert named.presses("Show my first name").taps(send).toasts, "it promised to hide the name"


def test_an_hour_later_a_text_is_a_question_again_and_the_preview_can_still_be_sent() -> None:
    chat = later(asked(), timedelta(minutes=61))
    assert parts(later(asked(), timedelta(minutes=60)).says("and when?")) == ["who signs?", "and when?"]
    send = data(Act.PERSON, "send", escalation.sealed(chat.state.request or Request()))
    assert sent(Chat(chat.state, given=chat.facts).taps(send)).parts == (Part("who signs?"),)
    chat.says("general.desk")
    assert "erasmus.ims@unimi.it" in chat.text
    assert (chat.state.step, chat.state.request) == (Step.IDLE, None)


def test_an_hour_later_a_file_is_offered_to_a_person_anew() -> None:
    chat = later(asked(), timedelta(minutes=61)).sends("photo", "the form")
    assert chat.texts[0] == said("person.file")
    assert parts(chat) == ["the form"]


def test_asking_for_a_person_again_loses_nothing_that_was_put_together() -> None:
    chat = asked().says("and when?").commands("human")
    assert chat.text.startswith(f"{HEAD}who signs?\nand when?")
    assert parts(chat.commands("human", "and where?")) == ["who signs?", "and when?", "and where?"]


@pytest.mark.parametrize("args", [(), ("fly",), ("send", "0", "x"), ("", "")])
def test_a_button_nobody_drew_does_nothing(args: tuple[str, ...]) -> None:
    chat = asked().taps(data(Act.PERSON, *args))
    assert chat.toasts
    assert parts(chat) == ["who signs?"]


# Before it came to that


def test_after_two_failures_in_a_row_a_person_is_offered() -> None:
    chat = Chat().says("where is my locker?")
    assert chat.texts == [said("ask.none")]
    chat.says("and my shoes?", written=31)
    assert chat.texts[0] == said("person.failed")
    assert chat.texts[1].startswith(f"{HEAD}and my shoes?")
    assert chat.state.request == Request((Part("and my shoes?", message_id=31),), origin=Origin.FAILED, at=NOW)
    assert chat.state.step is Step.IDLE, "what is written next is for the bot"
    assert chat.says("and my hat?").texts == [said("ask.none")]


def test_a_success_in_between_begins_the_count_anew_and_a_suggestion_does_not() -> None:
    chat = Chat().says("where is my locker?").says("general.desk").says("and my shoes?")
    assert chat.texts == [said("ask.none")]
    assert chat.says("free-mover.period?").says("and my hat?").texts[0] == said("person.failed")


def test_the_offer_speaks_the_language_of_the_question() -> None:
    chat = Chat().says("it:boh?").says("it:boh?")
    assert chat.texts[0] == said("person.failed", "it")
    assert "Ecco che cosa leggerà un tutor" in chat.texts[1]


def test_that_is_not_it_twice_leads_to_a_person() -> None:
    chat = Chat().says("free-mover.period", written=30).taps(data(Act.REJECT))
    assert chat.text == said("ask.again")
    chat.taps(data(Act.REJECT))
    assert chat.state.request == Request((Part("free-mover.period", message_id=30),), origin=Origin.REJECTED, at=NOW)
    assert chat.text.startswith(f"{HEAD}free-mover.period\n")


def test_a_file_out_of_the_blue_is_offered_to_a_person_and_the_flow_goes_on() -> None:
    chat = Chat(AT_GOAL).sends("photo", "is <this> it?", written=31)
    assert chat.texts[0] == said("person.file")
    assert "📎 photo: is &lt;this&gt; it?" in chat.texts[1]
    assert chat.texts[2] == "<b>What would you like to do abroad?</b>"
    assert chat.state.step is Step.GOAL
    assert sent(chat.taps(data(Act.PERSON, "send"))).parts == (Part("is <this> it?", "photo", 31),)


def test_a_file_joins_a_question_that_is_not_sent_yet_and_an_album_is_offered_once() -> None:
    chat = Chat().says("my locker?").says("my shoes?").sends("photo", album="a").sends("photo", album="a")
    assert parts(chat) == ["my shoes?", "", ""]
    chat = Chat().sends("photo", album="a")
    assert len(chat.texts) == 2
    assert [len(chat.sends("photo", album="a").texts) for _ in range(9)] == [0] * 9
    assert len(parts(chat)) == 10


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("lang", LANGS)
def test_a_sticker_is_answered_once_with_what_can_be_sent(step: Step, lang: Lang) -> None:
    start = TODAY if step is Step.UNTIL else None
    chat = Chat(State(Profile(language=lang), step, prompt=3, start=start, adding=12)).does(Event(Trigger.OTHER))
    for_person = step in {Step.PERSON, Step.ADD}
    assert chat.texts[0] == said("other-kind-for-person" if for_person else "other-kind", lang)
    assert ("photos" if lang == "en" else "foto") in chat.texts[0]
    assert chat.state.step is step
    assert len(chat.texts) == (1 if step in {Step.IDLE, Step.PERSON, Step.ADD, Step.FORGET} else 2)


# Edits


@pytest.mark.parametrize("step", Step)
def test_an_edited_question_replaces_what_would_be_sent(step: Step) -> None:
    request = Request((Part("who sings?", message_id=30), Part("", "photo", 31)), at=NOW)
    start = TODAY if step is Step.UNTIL else None
    state = State(step=step, prompt=3, start=start, adding=12, request=request)
    chat = Chat(state).says("who signs?", written=30, edited=True)
    assert plain(chat.text).split("\n\n")[1] == "who signs?\n📎 photo"
    assert chat.state.step is step
    chat.sends("photo", "page 2", written=31, edited=True)
    assert plain(chat.text).split("\n\n")[1] == "who signs?\n📎 photo: page 2"
    assert parts(chat) == ["who signs?", "page 2"]


def test_an_edited_command_replaces_its_question() -> None:
    human = Event(Trigger.HUMAN, "who sings?", name="Ada", written=30)
    chat = Chat().does(human).does(replace(human, text="who signs?", edited=True))
    assert parts(chat) == ["who signs?"]
    assert chat.does(replace(human, text="", edited=True)).text == said("person.write", desk=DESK)


def test_the_question_that_failed_can_be_edited_while_its_preview_is_open() -> None:
    chat = Chat().says("my locker?", written=30).says("my shoos?", written=31)
    chat.says("my shoes?", written=31, edited=True)
    assert chat.text.startswith(f"{HEAD}my shoes?")
    assert chat.says("my keys?", written=30, edited=True).texts == [said("ask.none")], "it is no part of the request"


# Tickets that are open already


def test_the_preview_leads_to_tickets_that_are_open() -> None:
    chat = asked(known=OPEN)
    assert [key.text for key in chat.keys if "|i|" in key.data] == ["Add to #12", "Add to #7"]
    chat.presses("Add to #7")
    assert chat.texts == [said("person.sent-text", text="who signs?")]
    assert AddToTicket(7, parts=(Part("who signs?"),)) in chat.effects
    assert (chat.state.step, chat.state.request) == (Step.IDLE, None)


def test_a_request_is_put_on_a_ticket_only_from_its_own_preview() -> None:
    chat = asked(known=OPEN)
    put = next(key.data for key in chat.keys if key.text == "Add to #7")
    changed = Chat(chat.says("and when?").state, given=OPEN).taps(put)
    assert changed.toasts == [knowledge().words.plain("en", "toast.request-changed")]
    receipt = Chat(chat.state, given=OPEN).taps(data(Act.MINE, 7, "add"))
    assert receipt.text == said("mine.write", number="#7")
    assert not [each for each in receipt.effects if isinstance(each, AddToTicket)]
    assert Chat(given=OPEN).taps(put).toasts == [knowledge().words.plain("en", "toast.no-request")]


def test_without_a_question_the_way_to_an_open_ticket_waits_for_one() -> None:
    chat = Chat(given=OPEN).commands("human").presses("Add to #12")
    assert (chat.state.step, chat.state.adding) == (Step.ADD, 12)
    chat.says("one thing more")
    assert chat.effects == (AddToTicket(12),)
    assert (chat.state.step, chat.state.adding) == (Step.IDLE, None)


def test_an_album_goes_to_a_ticket_with_one_receipt() -> None:
    chat = Chat(given=OPEN).taps(data(Act.MINE, 12, "add"))
    added = [chat.sends("photo", album="a").effects for _ in range(10)]
    assert added == [(AddToTicket(12),)] + [(AddToTicket(12, first=False),)] * 9
    replied = Chat(given=OPEN)
    added = [replied.sends("photo", album="b", about=7).effects for _ in range(3)]
    assert added == [(AddToTicket(7),)] + [(AddToTicket(7, first=False),)] * 2


def test_an_hour_after_a_ticket_was_chosen_a_text_is_a_question_again() -> None:
    chosen = Chat(given=OPEN).taps(data(Act.MINE, 12, "add"))
    chat = later(chosen, timedelta(minutes=61)).says("where is my locker?")
    assert chat.texts == [said("ask.none")]
    assert chat.state.adding is None
    assert later(chosen, timedelta(minutes=59)).says("one thing more").effects == (AddToTicket(12),)
    assert later(chosen, timedelta(minutes=61)).sends("photo").texts[0] == said("person.file")


@pytest.mark.parametrize("step", Step)
def test_a_reply_to_a_ticket_goes_to_it_from_any_step(step: Step) -> None:
    start = TODAY if step is Step.UNTIL else None
    request = Request((Part("who?"),), at=NOW) if step is Step.PERSON else None
    state = State(step=step, prompt=3, start=start, adding=7, request=request)
    for chat in (Chat(state, given=OPEN).says("4", about=12), Chat(state, given=OPEN).sends("voice", about=12)):
        assert [each for each in chat.effects if isinstance(each, AddToTicket)] == [AddToTicket(12)]
        assert chat.state.request == request
        assert chat.state.profile == state.profile


def test_what_a_ticket_waits_for_is_the_next_text_and_may_have_been_for_the_bot() -> None:
    chat = Chat(given=ASKED_BACK).says("general.desk", written=31)
    assert chat.effects == (AddToTicket(12, asked=True),)
    chat = Chat(chat.state, given=OPEN).taps(data(Act.MINE, 12, "ask"))
    assert DESK in chat.text
    assert chat.state.question_id == 31
    photo = Chat(given=ASKED_BACK).sends("photo")
    assert photo.effects == (AddToTicket(12),), "a photo cannot have been a question for the bot"


def test_what_a_ticket_waits_for_is_taken_in_the_flow_where_it_is_no_answer_to_it() -> None:
    chat = Chat(AT_GOAL, given=ASKED_BACK).says("my tutor is Rossi")
    assert chat.effects[0] == AddToTicket(12, asked=True)
    assert chat.texts == ["<b>What would you like to do abroad?</b>"]
    assert Chat(AT_GOAL, given=ASKED_BACK).says("clinical").state.step is Step.DESTINATION


@pytest.mark.parametrize(
    ("number", "verb"),
    [
        *itertools.product(
            ("13", "0", "x", "²", "-12", "9" * 30, ""), ("add", "withdraw", "helped", "no", "ask", "put")
        ),
        ("12", "fly"),
    ],
)
def test_a_guessed_ticket_is_an_old_button(number: str, verb: str) -> None:
    chat = Chat(given=OPEN).taps(data(Act.MINE, number, verb))
    assert chat.effects == (Toast(knowledge().words.plain("en", "toast.old")),)
    assert chat.state == State()


def test_a_ticket_is_withdrawn_and_said_to_have_helped_or_not() -> None:
    for verb, effect in (
        ("withdraw", WithdrawTicket(12)),
        ("helped", Helped(12, yes=True)),
        ("no", Helped(12, yes=False)),
    ):
        chat = Chat(given=OPEN).taps(data(Act.MINE, 12, verb))
        assert chat.effects == (effect,)
        assert chat.state.step is (Step.ADD if verb == "no" else Step.IDLE)


def test_a_ticket_that_is_taken_back_takes_no_further_text() -> None:
    chat = Chat(given=OPEN).taps(data(Act.MINE, 12, "add")).taps(data(Act.MINE, 12, "withdraw"))
    assert chat.says("where is my locker?").texts == [said("ask.none")]
    other = Chat(given=OPEN).taps(data(Act.MINE, 12, "add")).taps(data(Act.MINE, 7, "withdraw"))
    assert other.says("one thing more").effects == (AddToTicket(12),)


def test_closed_tickets_do_not_count_among_the_most_open() -> None:
    closed = facts(mine=[Mine(each, TicketState.CLOSED) for each in range(1, 9)])
    assert isinstance(asked(known=closed).presses("Send").effects[-1], OpenTicket)
