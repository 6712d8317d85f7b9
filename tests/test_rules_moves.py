"""What the bot does on each thing that can happen, one move at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.faq.matcher import Decision
from bot.rules import moves
from bot.rules.buttons import Act, data
from bot.rules.messages import LANGS, Lang, Message
from bot.rules.profile import Profile
from bot.rules.programmes import Destination, Goal
from bot.rules.replies import DESK, SMALL_TALK
from bot.rules.turn import Do, Edit, Event, Send, State, Step, Toast, Trigger
from tests.book import MESSAGE_ID, NOW, TODAY, Chat, facts, knowledge, match

FULL = (
    Profile()
    .with_year(5, TODAY)
    .with_goal(Goal.CLINICAL)
    .with_destination(Destination.EU)
    .with_dates(date(2027, 7, 1), date(2027, 8, 31))
)
TO_A_TUTOR = "<b>This is what a tutor will read:</b>"
AT_GOAL = State(Profile().with_year(4, TODAY), Step.GOAL, prompt=3)


def heading(label: str, lang: Lang = "en") -> str:
    """How the message with an answer begins."""
    name, _, topic = label.partition(".")
    if name == "general":
        return f"<b>{knowledge().general[topic].title[lang]}</b>"
    title = next(page.names[lang].title for page in knowledge().programmes.values() if page.id == name)
    return f"<b>{title} · {knowledge().words.plain(lang, f'topic.{topic}')}</b>"


# Commands


@pytest.mark.parametrize("payload", ["", "  ", "hello", "general", "free-mover_colour", "😀", "_", "x" * 64])
def test_start_greets(payload: str) -> None:
    chat = Chat().commands("start", payload)
    assert "Hello Ada!" in chat.text
    assert chat.state == State(Profile())


@pytest.mark.parametrize(
    ("payload", "label"),
    [
        ("free-mover", "free-mover.overview"),
        ("Extra-EU", "extra-eu.overview"),
        ("free-mover_period", "free-mover.period"),
        ("thesis-no-scholarship_when-to-apply", "thesis-no-scholarship.when-to-apply"),
        ("general_learning-agreement", "general.learning-agreement"),
    ],
)
def test_start_opens_what_a_link_points_to(payload: str, label: str) -> None:
    chat = Chat().commands("start", payload)
    assert chat.texts[0].startswith(heading(label))
    assert chat.state.previous == label
    assert chat.state.step is Step.IDLE


def test_every_label_can_be_linked_to() -> None:
    for label, _ in knowledge().answers():
        chat = Chat().commands("start", label.replace(".", "_"))
        assert label in SMALL_TALK or chat.texts[0].startswith(heading(label)), label


def test_start_opens_the_plan() -> None:
    chat = Chat().commands("start", "plan")
    assert chat.state.step is Step.YEAR
    assert [text.split("\n")[0] for text in chat.texts][-1] == "<b>Which year are you in?</b>"


def test_start_leaves_an_open_question_and_keeps_the_answers() -> None:
    chat = Chat(AT_GOAL).commands("start")
    assert (chat.state.step, chat.state.profile) == (Step.IDLE, AT_GOAL.profile)


def test_plan_explains_itself_once_and_then_goes_on() -> None:
    first = Chat().commands("plan")
    assert first.texts[0].startswith("A few short questions")
    assert len(first.texts) == 2
    later = Chat(AT_GOAL).commands("plan")
    assert later.texts == ["<b>What would you like to do abroad?</b>"]
    assert later.state.prompt == 4


def test_plan_shows_the_result_of_what_is_known() -> None:
    chat = Chat(State(FULL)).commands("plan")
    assert chat.text.startswith("<b>Your plan:</b> year 5")
    assert chat.state.step is Step.IDLE


def test_plan_asks_again_what_has_grown_old() -> None:
    chat = Chat(State(FULL), today=date(2027, 7, 2)).commands("plan")
    assert chat.state.step is Step.DATES
    assert Chat(State(FULL), today=date(2027, 10, 1)).commands("plan").state.step is Step.YEAR


@pytest.mark.parametrize(
    "name",
    ["programmes", "calls", "subscribe", "unsubscribe", "reminders", "calendar", "help", "fly"],
)
def test_a_command_in_between_is_answered_and_the_question_asked_again(name: str) -> None:
    chat = Chat(AT_GOAL).commands(name)
    assert len(chat.texts) >= 2
    assert chat.texts[-1] == "<b>What would you like to do abroad?</b>"
    assert (chat.state.step, chat.state.prompt) == (Step.GOAL, 4)
    assert len(Chat().commands(name).texts) == len(chat.texts) - 1


@pytest.mark.parametrize(
    "packed",
    [
        data(Act.OPEN, "free-mover.period"),
        data(Act.PICK, "general.desk"),
        data(Act.SPEAK, "en"),
    ],
)
def test_a_tap_in_between_is_answered_and_the_question_asked_again(packed: str) -> None:
    chat = Chat(AT_GOAL).taps(packed)
    assert chat.texts[1:] == ["<b>What would you like to do abroad?</b>"]
    assert (chat.state.step, chat.state.prompt) == (Step.GOAL, 4)


def test_rejecting_in_between_shows_the_way_to_a_person_and_asks_again() -> None:
    chat = Chat(replace(AT_GOAL, question="who signs?")).taps(data(Act.REJECT))
    assert chat.texts[0].startswith(TO_A_TUTOR)
    assert chat.texts[1:] == ["<b>What would you like to do abroad?</b>"]
    assert (chat.state.step, chat.state.prompt) == (Step.GOAL, 4)


def test_a_command_in_between_asks_for_the_last_day_again() -> None:
    state = State(FULL.with_dates(None, None), Step.UNTIL, prompt=5, start=date(2027, 7, 1))
    chat = Chat(state).commands("help")
    assert chat.texts[-1].startswith("From <b>1 July 2027</b>")
    assert (chat.state.step, chat.state.prompt, chat.state.start) == (Step.UNTIL, 6, date(2027, 7, 1))


def test_unknown_commands_are_told_from_known_ones() -> None:
    chat = Chat().commands("fly")
    assert chat.texts[0] == "I do not know that command."
    assert "/plan – " in chat.texts[1]


def test_language_is_offered_or_taken() -> None:
    offered = Chat(AT_GOAL).commands("language")
    assert [key.text for key in offered.keys] == ["English", "Italiano"]
    assert offered.state == AT_GOAL
    for name in ("it", "Italiano", " ITALIAN"):
        chat = Chat(AT_GOAL).commands("language", name)
        assert (chat.state.profile.language, chat.state.profile.language_chosen) == ("it", True)
        assert Do.SET_MENU in chat.effects
        assert chat.texts == ["D'ora in poi parlo italiano.", "<b>Che cosa vorresti fare all'estero?</b>"]
    assert Chat().commands("language", "français").texts == ["Which language would you like?"]


@pytest.mark.parametrize(("tapped", "lang"), [("it", "it"), ("en", "en"), ("fr", "en"), ("", "en")])
def test_a_tapped_language_is_taken(tapped: str, lang: Lang) -> None:
    chat = Chat(lang="it").taps(data(Act.SPEAK, tapped))
    assert chat.state.profile == Profile(language=lang, language_chosen=True)
    assert Do.SET_MENU in chat.effects


def test_a_tap_on_the_language_button_offers_them() -> None:
    assert [key.text for key in Chat().taps(data(Act.COMMAND, "language")).keys] == ["English", "Italiano"]


def test_everything_held_is_shown_by_the_desk() -> None:
    assert Chat().commands("mydata").effects == (Do.SHOW_DATA,)


def test_deleting_is_asked_about_first() -> None:
    chat = Chat(AT_GOAL).commands("forget")
    asked = chat.state
    assert (asked.step, asked.profile) == (Step.FORGET, AT_GOAL.profile)
    assert chat.effects == (Do.SHOW_WHAT_GOES,)
    words, (yes, no) = knowledge().words, (data(Act.FORGET, "yes"), data(Act.FORGET, "no"))
    assert Chat(asked).taps(yes).effects == (Edit(MESSAGE_ID, Message(words.say("en", "forget.asked"))), Do.FORGET)
    assert Chat(asked).taps(no).effects == (Edit(MESSAGE_ID, Message(words.say("en", "forget.kept"))),)


@pytest.mark.parametrize("args", [(), ("no",), ("YES",), ("yes", "yes"), ("",)])
def test_nothing_is_deleted_on_any_other_word(args: tuple[str, ...]) -> None:
    chat = Chat(State(FULL, Step.FORGET)).taps(data(Act.FORGET, *args))
    assert Do.FORGET not in chat.effects
    assert chat.state.step is Step.IDLE


def test_a_text_before_deleting_is_a_question_and_closes_it() -> None:
    chat = Chat(State(FULL, Step.FORGET)).says("free-mover.period")
    assert chat.text.startswith(heading("free-mover.period"))
    assert chat.state.step is Step.IDLE
    late = chat.taps(data(Act.FORGET, "yes"))
    assert late.effects == (Do.SHOW_WHAT_GOES,)
    assert late.state.step is Step.FORGET


@pytest.mark.parametrize("step", Step)
def test_cancel_stops_and_keeps_the_answers(step: Step) -> None:
    chat = Chat(State(FULL, step, prompt=2, start=date(2027, 7, 1))).commands("cancel")
    assert chat.state == State(FULL, Step.IDLE, prompt=2)
    assert ("nothing to stop" in chat.text) == (step is Step.IDLE)


def test_what_cannot_be_read_is_named_and_the_question_asked_again() -> None:
    chat = Chat(AT_GOAL).does(Event(Trigger.OTHER))
    assert chat.texts == [knowledge().words.say("en", "other-kind"), "<b>What would you like to do abroad?</b>"]


# Questions


def test_a_question_is_answered_and_remembered() -> None:
    chat = Chat().says("free-mover.period")
    assert chat.text.startswith(heading("free-mover.period"))
    assert chat.keys[-1].data == data(Act.REJECT)
    state = chat.state
    assert (state.previous, state.question, state.offered) == (
        "free-mover.period",
        "free-mover.period",
        ("free-mover.period",),
    )
    assert state.previous_at == NOW


def test_a_follow_up_is_read_with_the_answer_before_for_half_an_hour() -> None:
    asked = Chat().says("free-mover.period").state
    for minutes, known in ((0, True), (30, True), (31, False)):
        chat = Chat(asked)
        chat.facts = facts(now=NOW + timedelta(minutes=minutes))
        chat.says("and the papers?")
        assert chat.text.startswith(heading("free-mover.how-to-apply")) == known, minutes


def test_a_suggestion_is_at_most_three_taps_and_a_way_out() -> None:
    chat = Chat().says("free-mover.period?")
    assert chat.text == knowledge().words.say("en", "ask.did-you-mean")
    assert [key.data for key in chat.keys] == [
        data(Act.PICK, "free-mover.period"),
        data(Act.PICK, "general.choose"),
        data(Act.PICK, "free-mover.overview"),
        data(Act.REJECT),
    ]
    assert chat.state.offered == ("free-mover.period", "general.choose", "free-mover.overview")
    picked = chat.taps(chat.keys[0].data)
    assert picked.text.startswith(heading("free-mover.period"))
    assert data(Act.REJECT) not in [key.data for key in picked.keys]


def test_what_is_not_known_is_said_and_a_person_offered() -> None:
    chat = Chat().says("where is my locker?")
    assert chat.text == knowledge().words.say("en", "ask.none")
    assert data(Act.COMMAND, "human") in [key.data for key in chat.keys]
    assert chat.state.question == "where is my locker?"
    assert Chat().says("free-mover.period").says("where is my locker?").state.offered == ()


def test_asking_for_a_person_is_not_only_described() -> None:
    chat = Chat().says("general.human")
    assert any(key.copy == DESK for key in chat.keys)
    assert any(key.copy == DESK for key in Chat().taps(data(Act.OPEN, "general.human")).keys)


@pytest.mark.parametrize(
    ("chosen", "text", "answered"),
    [(False, "it:free-mover.period", "it"), (True, "it:free-mover.period", "en"), (False, "free-mover.period", "en")],
)
def test_the_answer_speaks_the_questions_language_unless_one_was_chosen(
    *, chosen: bool, text: str, answered: Lang
) -> None:
    chat = Chat(State(Profile(language="en", language_chosen=chosen))).says(text)
    assert chat.text.startswith(heading("free-mover.period", answered))
    assert chat.state.profile.language == "en", "one question in Italian makes no Italian reader"
    assert chat.presses("Money" if answered == "en" else "Soldi").text.startswith(
        heading("free-mover.funding", answered)
    )


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["it:general.greeting"], "en"),
        (["it:general.greeting", "it:general.greeting", "it:general.thanks"], "en"),
        (["it:what?", "it:what?"], "en"),
        (["it:free-mover.period"], "en"),
        (["it:free-mover.period", "it:free-mover.funding"], "it"),
        (["it:free-mover.period?", "it:free-mover.funding?"], "it"),
        (["it:free-mover.period", "it:general.greeting", "what?", "it:free-mover.funding"], "it"),
        (["it:free-mover.period", "free-mover.period", "it:free-mover.funding"], "en"),
    ],
)
def test_only_two_questions_in_a_row_change_the_students_language(texts: list[str], language: Lang) -> None:
    chat = Chat()
    for text in texts:
        chat.says(text)
    assert chat.state.profile.language == language
    assert not chat.state.profile.language_chosen
    assert chat.commands("help").text.startswith("Write" if language == "en" else "Scrivi")


def test_a_language_that_was_chosen_is_kept_whatever_is_asked() -> None:
    chat = Chat().commands("language", "en")
    for _ in range(3):
        assert chat.says("it:free-mover.period").text.startswith(heading("free-mover.period"))
    assert chat.state.profile == Profile(language="en", language_chosen=True)


def test_what_is_tapped_under_an_answer_speaks_its_language_and_later_the_students() -> None:
    chat = Chat().says("it:free-mover.period")
    assert chat.taps(data(Act.OPEN, "free-mover.funding")).text.startswith(heading("free-mover.funding", "it"))
    chat.facts = facts(now=NOW + timedelta(hours=2))
    assert chat.taps(data(Act.OPEN, "free-mover.funding")).text.startswith(heading("free-mover.funding"))
    picked = Chat().says("it:free-mover.period?").taps(data(Act.PICK, "free-mover.period"))
    assert picked.text.startswith(heading("free-mover.period", "it"))


def test_the_question_of_the_flow_stays_in_the_students_language() -> None:
    chat = Chat(AT_GOAL).says("it:free-mover.period")
    assert chat.texts[0].startswith(heading("free-mover.period", "it"))
    assert chat.texts[1] == "<b>What would you like to do abroad?</b>"


@pytest.mark.parametrize("lang", LANGS)
def test_not_knowing_is_said_in_the_students_language(lang: Lang) -> None:
    assert Chat(lang=lang).says("it:what?").text == knowledge().words.say("it", "ask.none")
    assert Chat(lang=lang).says("what?").text == knowledge().words.say(lang, "ask.none")


def test_a_long_question_is_kept_in_part() -> None:
    assert len(Chat().says("x" * 5000).state.question or "") == moves.LONGEST_QUESTION


def test_rejecting_an_answer_suggests_others_once_then_a_person() -> None:
    chat = Chat().says("free-mover.period").taps(data(Act.REJECT))
    assert chat.text == knowledge().words.say("en", "ask.again")
    assert [key.data for key in chat.keys[:-1]] == [
        data(Act.PICK, "general.desk"),
        data(Act.PICK, "free-mover.funding"),
    ]
    assert chat.state.previous is None
    chat = chat.taps(data(Act.REJECT))
    assert chat.text.startswith(f"{TO_A_TUTOR}\n\nfree-mover.period\n")


def test_rejecting_suggestions_leads_to_a_person() -> None:
    assert Chat().says("free-mover.period?").taps(data(Act.REJECT)).text.startswith(TO_A_TUTOR)
    nothing_asked = Chat().taps(data(Act.REJECT))
    assert "Write your question here" in nothing_asked.text
    assert nothing_asked.state.step is Step.PERSON, "what they write next is the question"


def test_rejecting_when_there_is_nothing_else_leads_to_a_person() -> None:
    only = match(Decision.ANSWER, ["free-mover.period"], "en")
    chat = Chat().says("free-mover.period")
    chat.facts = replace(chat.facts, match=lambda *_: only)
    assert chat.taps(data(Act.REJECT)).text.startswith(TO_A_TUTOR)


@pytest.mark.parametrize("packed", [data(Act.OPEN, "free-mover.colour"), data(Act.OPEN), data(Act.PICK, "x")])
def test_an_answer_of_another_release_is_told_politely(packed: str) -> None:
    chat = Chat().taps(packed)
    toast, sent = chat.effects
    assert toast == Toast(knowledge().words.plain("en", "toast.old"))
    assert isinstance(sent, Send)
    assert chat.keys


def test_a_question_in_between_is_answered_and_the_question_asked_again() -> None:
    for said, first in (
        ("free-mover.period", heading("free-mover.period")),
        ("free-mover.period?", knowledge().words.say("en", "ask.did-you-mean")),
        ("where is my locker?", knowledge().words.say("en", "ask.not-an-answer")),
    ):
        chat = Chat(AT_GOAL).says(said)
        assert chat.texts[0].startswith(first)
        assert chat.texts[1:] == ["<b>What would you like to do abroad?</b>"]
        assert (chat.state.step, chat.state.prompt) == (Step.GOAL, 4)
