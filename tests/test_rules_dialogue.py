"""The dialogue's table: every row of it, every path of the guided flow, and whatever a student may do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import escalation, moves
from bot.rules.alerts import Kind, Wishes
from bot.rules.buttons import RELEASE, Act, data
from bot.rules.deadlines import What
from bot.rules.dialogue import ROWS, TABLE, diagram, row_for
from bot.rules.messages import LANGS, Lang
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.reminders import Kept
from bot.rules.tickets import State as TicketState
from bot.rules.turn import (
    ASKING,
    COMMANDS,
    Edit,
    Event,
    Facts,
    Mine,
    Part,
    Request,
    Send,
    State,
    Step,
    Toast,
    Trigger,
    tapped,
)
from tests.book import MESSAGE_ID, NOW, TODAY, Chat, a_call, facts, knowledge

START = date(2027, 7, 1)
PROFILES = {
    "new": Profile(),
    "half": Profile().with_year(4, TODAY),
    "graduate": Profile(language="it").with_year(None, TODAY).with_degree(None),
    "full": Profile()
    .with_year(5, TODAY)
    .with_goal(Goal.CLINICAL)
    .with_destination(Destination.EU)
    .with_dates(START, date(2027, 8, 31)),
}
WISHES = Wishes(frozenset({"free-mover"}), frozenset({Kind.USUAL}), (8, 22), paused=True, deadlines=True)
FACTS = facts(
    calls=[a_call(), a_call(Programme.ERASMUS_STUDY, number=4, withdrawn=True)],
    kept=[Kept(Programme.FREE_MOVER, What.APPLY_BY, date(2027, 6, 1), id=5)],
    mine=[Mine(12, TicketState.ANSWERED), Mine(9, TicketState.CLOSED)],
)
ASKED_BACK = replace(FACTS, waiting=12)
REQUEST = Request((Part("who signs?", message_id=30), Part("", "photo", 31, "a")), at=NOW)
SEAL = escalation.sealed(REQUEST)
TEXTS = (
    "4",
    "july 2027",
    "not sure",
    "clinical",
    "spain",
    "until 31 August 2027",
    "free-mover.period",
    "general.choose?",
    "?",
)
IMPOSSIBLE = ("1 July 2020", "30 february", "7th year")
ARGUMENTS = ("", "plan", "free-mover_period", "it", "who are you?", "Free Mover", "all")
TAPPED: dict[Trigger, list[tuple[object, ...]]] = {
    Trigger.OPEN: [("free-mover.period",), ("general.human",), ("gone.away",), ()],
    Trigger.PICK: [("general.desk",), ()],
    Trigger.REJECT: [()],
    Trigger.REPLY: [
        (3, question, value)
        for question in Question
        for value in ("4", "graduated", "2026-07", "lab", "eu", "unsure", "?")
    ] + [(3,), (3, "year")],
    Trigger.CHANGE: [("goal",), ("degree",), ("dates",), ("hat",), ()],
    Trigger.MONTH: [(3, "2027-07"), (3, "1900-01"), (3, "9999-12"), (3, "soon"), (3,)],
    Trigger.DAY: [(3, "2027-07-15"), (3, "2026-11-22"), (3, "2026-11-21"), (3, "9999-12-31"), (3, "soon"), (3,)],
    Trigger.SPEAK: [("it",), ("xx",), ()],
    Trigger.CONFIRM: [("yes",), ("no",), ()],
    Trigger.FOLLOW: [("free-mover",), ("all",), ("fits",), ("none",), ("gone",), ()],
    Trigger.TOGGLE: [("free-mover",), ("all",), ("gone",), ()],
    Trigger.KIND: [(kind,) for kind in Kind] + [("gone",), ()],
    Trigger.HOURS: [(7, 24), (6, 20), (9,), ("9", "x"), (9, 20, 1), ()],
    Trigger.KEEP: [("on",), ("off",), ("gone",), ()],
    Trigger.TICK: [(5,), (5, "list"), (6,), ("x",), ()],
    Trigger.RESUME: [("yes",), ("no",), ()],
    Trigger.PERSON: [
        (verb, *seal)
        for verb in ("send", "more", "anew", "name", "cancel", "fly")
        for seal in ((), (SEAL,), ("0",))
    ]
    + [()],
    Trigger.MINE: [(number, verb) for number in (12, 9, 13) for verb in ("add", "withdraw", "helped", "no", "ask", "x")]
    + [(12, "put", SEAL), (12, "put", "0"), (12, "put"), ("x", "add"), ("²", "add"), ("9" * 19, "add"), (12,), ()],
    Trigger.BLANK: [()],
    Trigger.STALE: [(2, "goal", "lab")],
    Trigger.OLD_BUTTON: [()],
}  # fmt: skip
LETTERS = {
    Trigger.OPEN: Act.OPEN,
    Trigger.PICK: Act.PICK,
    Trigger.REJECT: Act.REJECT,
    Trigger.REPLY: Act.REPLY,
    Trigger.CHANGE: Act.CHANGE,
    Trigger.MONTH: Act.MONTH,
    Trigger.DAY: Act.DAY,
    Trigger.SPEAK: Act.SPEAK,
    Trigger.CONFIRM: Act.FORGET,
    Trigger.FOLLOW: Act.FOLLOW,
    Trigger.TOGGLE: Act.TOGGLE,
    Trigger.KIND: Act.KIND,
    Trigger.HOURS: Act.HOURS,
    Trigger.KEEP: Act.KEEP,
    Trigger.TICK: Act.TICK,
    Trigger.RESUME: Act.RESUME,
    Trigger.PERSON: Act.PERSON,
    Trigger.MINE: Act.MINE,
    Trigger.BLANK: Act.BLANK,
    Trigger.STALE: Act.REPLY,
}


def events(trigger: Trigger) -> Iterator[Event]:
    """What may pull a trigger, the question in the chat being the third."""
    if trigger in TAPPED:
        for args in TAPPED[trigger]:
            packed = data(LETTERS[trigger], *args) if trigger in LETTERS else "0|o|free-mover.period"
            yield from (tapped(packed, message_id) for message_id in (MESSAGE_ID, None))
    elif trigger is Trigger.TEXT:
        yield from (Event(trigger, text, about=about) for text in (*TEXTS, *IMPOSSIBLE) for about in (None, 12))
    elif trigger is Trigger.FILE:
        for album, about in itertools.product((None, "a", "b"), (None, 12)):
            yield Event(trigger, "look <here>", file="photo", album=album, about=about, written=40)
    elif trigger is Trigger.REWORD:
        yield Event(Trigger.TEXT, "who <signs> it?", written=30, edited=True)
        yield Event(Trigger.FILE, "look", file="photo", album="a", written=31, edited=True)
        yield Event(Trigger.HUMAN, "", written=30, edited=True)
    elif trigger is Trigger.OTHER:
        yield Event(trigger)
    else:
        yield from (Event(trigger, text, name="Ada <3") for text in ARGUMENTS)


def states(step: Step) -> Iterator[State]:
    """A student who stands at ``step``, knowing more or less, having asked something before or not."""
    start = START if step is Step.UNTIL else None
    for profile in PROFILES.values():
        yield State(profile, step, prompt=3, start=start, adding=9 if step is Step.ADD else None)
        yield State(
            profile,
            step,
            prompt=3,
            start=start,
            previous="free-mover.period",
            question="q?",
            offered=("free-mover.period",),
            wishes=WISHES,
            request=REQUEST,
            adding=12,
            album="12:b",
            failures=1,
        )


def worlds(trigger: Trigger) -> tuple[Facts, ...]:
    """What may stand around an event: a ticket that waits for the student takes what they write."""
    return (FACTS, ASKED_BACK) if trigger in {Trigger.TEXT, Trigger.FILE} else (FACTS,)


# The table


def test_every_pair_has_a_row_or_is_stale() -> None:
    assert len(TABLE) == sum(len(row.steps) for row in ROWS), "two rows for one pair"
    for step, trigger in itertools.product(Step, Trigger):
        assert (step, trigger) in TABLE or trigger in {Trigger.MONTH, Trigger.DAY, Trigger.CONFIRM}
        assert (step, Trigger.STALE) in TABLE


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("step", Step)
def test_every_pair_keeps_to_its_row(step: Step, trigger: Trigger) -> None:
    for state in states(step):
        for event in events(trigger):
            row = row_for(state, event)
            stand = (step,) if not row.to else (step, *row.to) if row.may_stay else row.to
            for world in worlds(trigger):
                chat = Chat(state, given=world).does(event)
                assert chat.state.step in ((step,) if chat.toasts else stand), (row, event)
                assert chat.state.prompt >= state.prompt
                assert chat.effects or trigger is Trigger.BLANK or event.message_id is None
                assert_way_on(chat)


def test_an_edit_of_what_is_not_sent_yet_is_known_at_every_step() -> None:
    for step in Step:
        for state in states(step):
            for event in events(Trigger.REWORD):
                known = row_for(state, event).trigger is Trigger.REWORD
                assert known == (state.request is not None)
                assert row_for(state, replace(event, edited=False)).trigger is event.trigger


def assert_way_on(chat: Chat) -> None:
    """Who stands at a question can answer it, and who is asked something sees how."""
    state = chat.state
    assert (state.start is not None) == (state.step is Step.UNTIL)
    if state.step in ASKING:
        assert TABLE[state.step, Trigger.TEXT].act is moves.typed_answer
        asked = [each for each in chat.keys if each.data.startswith(f"{RELEASE}|{Act.REPLY}|")]
        assert all(each.data.split("|")[2] == str(state.prompt) for each in asked)
    if state.step is Step.FORGET:
        assert (state.step, Trigger.CONFIRM) in TABLE
    if state.step is Step.ADD:
        assert state.adding is not None


@pytest.mark.parametrize("step", ASKING)
def test_a_tap_on_a_question_answered_before_is_stale(step: Step) -> None:
    for act, args in ((Act.REPLY, ("goal", "lab")), (Act.MONTH, ("2027-07",)), (Act.DAY, ("2027-07-01",))):
        for prompt in ("2", "4", "", "x"):
            state = State(PROFILES["half"], step, prompt=3, start=START if step is Step.UNTIL else None)
            chat = Chat(state).taps(data(act, prompt, *args))
            assert chat.effects == (Toast(knowledge().words.plain("en", "toast.stale")),)
            assert chat.state == state


def test_the_diagram_shows_every_step_and_no_other() -> None:
    drawn = diagram()
    arrows = [line.strip().partition(": ")[0] for line in drawn.split("\n")[1:]]
    assert drawn.startswith("stateDiagram-v2\n    [*] --> idle\n")
    assert {arrow.split(" --> ")[0] for arrow in arrows} == {*Step, "[*]"}, "every step can be left"
    assert {arrow.split(" --> ")[1] for arrow in arrows} == set(Step), "every step can be reached"
    assert len(arrows) == len(set(drawn.split("\n")[1:]))


# What students do


def test_two_taps_at_once_make_one_question() -> None:
    chat = Chat().commands("plan")
    fourth, fifth = chat.keys[3:5]
    chat.taps(fourth.data)
    settled = chat.state
    second = Chat(settled).taps(fifth.data)
    assert second.effects == (Toast(knowledge().words.plain("en", "toast.stale")),)
    assert second.state == settled
    assert settled.profile.year == 4


def test_a_tap_on_another_copy_of_the_question_still_counts_once() -> None:
    chat = Chat().commands("plan")
    old = chat.keys[0]
    again = chat.commands("plan")
    assert Chat(again.state).taps(old.data).toasts
    assert Chat(again.state).taps(again.keys[0].data).state.profile.year == 1


def test_an_answer_is_shown_in_place_of_its_buttons() -> None:
    chat = Chat().commands("plan").presses("4")
    edit, sent = chat.effects
    assert isinstance(edit, Edit)
    assert (edit.message_id, edit.message.text, edit.message.buttons) == (MESSAGE_ID, "Your year: <b>year 4</b>", ())
    assert isinstance(sent, Send)
    assert sent.message.text == "<b>What would you like to do abroad?</b>"


@pytest.mark.parametrize("packed", ["0|o|free-mover.period", "", "answer:12", "1|zz", "1|c|fly", "2|r|1|year|4"])
@pytest.mark.parametrize("step", Step)
def test_a_button_of_an_older_release_gets_a_polite_answer_and_ways_on(step: Step, packed: str) -> None:
    state = State(PROFILES["half"], step, prompt=3, start=START if step is Step.UNTIL else None)
    chat = Chat(state).taps(packed)
    assert chat.toasts == [knowledge().words.plain("en", "toast.old")]
    assert chat.texts == [knowledge().words.say("en", "button-old")]
    assert [key.data for key in chat.keys] == [data(Act.COMMAND, name) for name in ("plan", "programmes", "human")]
    assert chat.state == state


def test_the_flow_can_be_typed() -> None:
    chat = Chat().commands("plan")
    for said in ("4th year", "clinical", "spain", "from 1 july 2027 for six weeks"):
        chat.says(said)
    assert chat.state.step is Step.IDLE
    assert chat.text.startswith(
        "<b>Your plan:</b> year 4 · clinical practice in wards · inside the EU · 1 July 2027 to 11"
    )


def test_what_cannot_be_is_said_and_the_question_stays_open() -> None:
    asked = Chat().commands("plan").presses("4").presses("my thesis").presses("anywhere")
    before = asked.state
    for said, told in (("1 July 2020", "1 July 2020 is already past"), ("30 february 2027", "no such day")):
        chat = Chat(before).says(said)
        assert told in chat.text
        assert chat.texts[-1].startswith("<b>When would you like to be abroad?</b>")
        assert chat.state == replace(before, prompt=before.prompt + 1)


# Whatever a student does

RANDOM_DATA = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda act, args: "|".join(("1", act, *args)),
        st.sampled_from(Act),
        st.lists(
            st.one_of(st.sampled_from(["1", "2", "3", *Question, "2027-07", "9999-12-31", "yes"]), st.text()),
            max_size=4,
        ),
    ),
)
DOINGS = st.one_of(
    st.tuples(st.just("says"), st.one_of(st.sampled_from([*TEXTS, *IMPOSSIBLE]), st.text(min_size=1))),
    st.tuples(
        st.just("commands"), st.sampled_from([*COMMANDS, "fly"]), st.one_of(st.sampled_from(ARGUMENTS), st.text())
    ),
    st.tuples(st.just("presses"), st.integers(0, 99)),
    st.tuples(st.just("presses"), st.integers(0, 99)),
    st.tuples(st.just("taps"), RANDOM_DATA),
    st.tuples(st.just("files"), st.sampled_from([None, "a", "b"]), st.sampled_from([None, 12])),
    st.tuples(st.just("edits"), st.integers(1, 25), st.text(min_size=1)),
    st.tuples(st.just("sends"), st.none()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(DOINGS, max_size=25), st.sampled_from(LANGS))
def test_nothing_a_student_does_goes_wrong(doings: list[tuple[object, ...]], lang: Lang) -> None:
    chat, drawn = Chat(lang=lang, given=FACTS), [data(Act.COMMAND, "plan")]
    for number, (kind, *details) in enumerate(doings, 1):
        match kind, details:
            case "says", [str(text)]:
                chat.says(text, written=number)
            case "files", [str() | None as album, int() | None as about]:
                chat.sends("photo", "look", album=album, written=number, about=about)
            case "edits", [int(which), str(text)]:
                chat.says(text, written=which, edited=True)
            case "commands", [str(name), str(argument)]:
                chat.commands(name, argument)
            case "presses", [int(which)]:
                chat.taps(drawn[-1 - which % len(drawn)])
            case "taps", [str(packed)]:
                chat.taps(packed)
            case _:
                chat.does(Event(Trigger.OTHER))
        drawn += [key.data for key in chat.keys if key.data]
        assert_way_on(chat)
        plan = chat.state.profile.plan(TODAY)
        assert plan.start is None or plan.start >= TODAY
        assert plan.end is None or (plan.start is not None and plan.start <= plan.end)
