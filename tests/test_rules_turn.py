"""Events as they come in, and the notes of one turn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.alerts import Wishes
from bot.rules.buttons import Act, data
from bot.rules.messages import Message
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Programme
from bot.rules.turn import (
    ASKING,
    COMMANDS,
    TAPS,
    Do,
    Edit,
    Event,
    Send,
    State,
    Step,
    Toast,
    Told,
    Trigger,
    Turn,
    command,
    tapped,
)
from tests.book import MESSAGE_ID, NOW, a_call, facts

HAPPENED = {
    Trigger.TEXT,
    Trigger.FILE,
    Trigger.OTHER,
    Trigger.UNKNOWN_COMMAND,
    Trigger.OLD_BUTTON,
    Trigger.STALE,
    Trigger.REWORD,
}
"""What comes neither from a command's name nor from a button's letter."""


def turn(event: Event | None = None, *, lang: str = "en") -> Turn:
    profile = Profile(language="it" if lang == "it" else "en")
    return Turn(State(profile), event or Event(Trigger.TEXT, "hi"), facts())


def test_every_question_has_its_step() -> None:
    assert {question for step, question in ASKING.items() if step.value == question.value} == set(Question)
    assert set(Step) - set(ASKING) == {Step.IDLE, Step.PERSON, Step.ADD, Step.FORGET}
    assert ASKING[Step.UNTIL] is Question.DATES


@pytest.mark.parametrize(
    ("name", "trigger"),
    [
        ("start", Trigger.START),
        ("plan", Trigger.PLAN),
        ("PLAN", Trigger.PLAN),
        ("unsubscribe", Trigger.UNSUBSCRIBE),
        ("reminders", Trigger.REMINDERS),
        ("calendar", Trigger.CALENDAR),
        ("cancel", Trigger.CANCEL),
        ("tickets", Trigger.UNKNOWN_COMMAND),
        ("", Trigger.UNKNOWN_COMMAND),
        ("text", Trigger.UNKNOWN_COMMAND),
    ],
)
def test_a_command_is_known_by_its_name(name: str, trigger: Trigger) -> None:
    assert command(name, "free-mover", person="Ada") == Event(trigger, "free-mover", name="Ada")


def test_every_trigger_can_be_pulled() -> None:
    assert set(COMMANDS.values()) | set(TAPS.values()) | HAPPENED == set(Trigger)
    staffs = {Act.DRAFT, Act.MAILING, Act.TICKET, Act.MEMBER, Act.PROPOSAL, Act.STATS, Act.CANDIDATE}
    assert set(TAPS) == set(Act) - {Act.COMMAND} - staffs


@pytest.mark.parametrize("act", sorted(TAPS))
def test_a_tap_is_known_by_its_letter(act: Act) -> None:
    event = tapped(data(act, "1", "x"), MESSAGE_ID)
    assert event.trigger is TAPS[act]
    assert event.tap is not None
    assert (event.tap.args, event.message_id) == (("1", "x"), MESSAGE_ID)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_button_may_do_what_a_command_does(name: str) -> None:
    assert tapped(data(Act.COMMAND, name), None).trigger is COMMANDS[name]


@pytest.mark.parametrize("packed", ["", "0|o|x", "1|c", "1|c|", "1|c|fly", "hello", "1|q"])
def test_other_data_is_an_old_button(packed: str) -> None:
    assert tapped(packed, None).trigger is Trigger.OLD_BUTTON


@given(st.text())
def test_any_data_makes_an_event(packed: str) -> None:
    assert tapped(packed, None).trigger in set(Trigger)


def test_a_turn_speaks_the_students_language() -> None:
    english, italian = turn(), turn(lang="it")
    english.say("language.set")
    italian.say("language.set")
    assert english.effects == [Send(Message("From now on I speak English."))]
    assert italian.effects == [Send(Message("D'ora in poi parlo italiano."))]


def test_a_turn_notes_effects_in_their_order() -> None:
    noted = turn(Event(Trigger.BLANK, message_id=MESSAGE_ID))
    noted.toast("toast.old")
    noted.edit(Message("edited"))
    noted.do(Do.SHOW_DATA)
    noted.send(Message("sent"))
    toast, *others = noted.effects
    assert isinstance(toast, Toast)
    assert others == [Edit(MESSAGE_ID, Message("edited")), Do.SHOW_DATA, Send(Message("sent"))]


def test_without_a_message_there_is_nothing_to_edit() -> None:
    noted = turn()
    noted.edit(Message("edited"))
    assert noted.effects == []


def test_what_cannot_be_edited_is_sent() -> None:
    noted, answered = turn(), turn(Event(Trigger.BLANK, message_id=MESSAGE_ID))
    for each in (noted, answered):
        each.show(Message("shown"))
    assert noted.effects == [Send(Message("shown"))]
    assert answered.effects == [Edit(MESSAGE_ID, Message("shown"))]


def test_only_the_calls_that_were_shown_count_as_told() -> None:
    calls = (a_call(revision=2), a_call(Programme.EXTRA_EU, number=4))
    noted = Turn(State(wishes=Wishes(frozenset({"all"}))), Event(Trigger.TEXT), facts(calls=calls))
    for shown in (["extra-eu"], ["erasmus-study"], [], Programme):
        noted.tell_of_calls(shown)
    assert noted.effects == [Told(((4, 1),)), Told(((3, 2), (4, 1)))]


def test_a_turn_notes_which_calls_were_told_of() -> None:
    calls = (
        a_call(revision=2),
        a_call(Programme.EXTRA_EU, number=4),
        a_call(number=5, revision=3, withdrawn=True),
        a_call(opens=NOW - timedelta(days=9), closes=NOW, number=6),
    )
    state = State(wishes=Wishes(frozenset({Programme.FREE_MOVER})))
    for wishes, told in ((state, [Told(((3, 2),))]), (State(), [])):
        noted = Turn(wishes, Event(Trigger.TEXT), facts(calls=calls))
        noted.tell_of_calls(Programme)
        assert noted.effects == told


def test_a_turn_changes_the_state_and_leaves_the_old_one_alone() -> None:
    noted = turn()
    before = noted.state
    noted.to(step=Step.GOAL, prompt=3)
    assert (noted.state.step, noted.state.prompt) == (Step.GOAL, 3)
    assert (before.step, before.prompt) == (Step.IDLE, 0)
    with pytest.raises(TypeError):
        noted.to(stepp=Step.GOAL)
