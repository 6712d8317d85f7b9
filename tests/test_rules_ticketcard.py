"""The card of a ticket: for every reader and state what they see and may press, however long what was said is."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules import correspondence, ticketcard
from bot.rules.buttons import Act as Button
from bot.rules.buttons import read
from bot.rules.hours import Reason, Why
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, LONGEST_TEXT, Lang, Message, length, plain
from bot.rules.profile import Profile
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.roles import Role
from bot.rules.ticketcard import Said, View, card, hand_of
from bot.rules.tickets import Act, Delivery, Hand, Origin, State, Who, after
from tests.book import ROME, TODAY, assert_sound, keys, knowledge

VOICE = Voice(knowledge(), ROME)
CARLA, OTTO = 7, 8
PLAN = (
    Profile()
    .with_year(4, TODAY)
    .with_goal(Goal.CLINICAL)
    .with_destination(Destination.EU)
    .with_dates(date(2027, 7, 1), date(2027, 8, 31))
)
ASKED = Said(Who.STUDENT, "", "text", "Does a stay in &lt;Izmir&gt; count?")
TRIED = [["free-mover.period", 0.41], ["gone.label", 0.3]]
VIEW = View(
    number=12,
    programme="free-mover",
    language="it",
    origin=Origin.REJECTED,
    state=State.NEW,
    claimer=None,
    claimed_by="",
    name=None,
    created_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    context={"plan": ticketcard.kept(PLAN), "tried": TRIED, "before": ["is <this> it?", "ciao"]},
    said=[ASKED],
    alike=[9, 10],
)
VERBS = {
    "claim": Act.CLAIM,
    "reply": Act.REPLY,
    "ask": Act.ASK,
    "faq": Act.REPLY,
    "note": Act.NOTE,
    "transfer": Act.HAND_OVER,
    "close": Act.CLOSE,
    "reopen": Act.REOPEN,
    "merge": Act.MERGE,
    "unmerge": Act.MERGE,
}


def verbs(message: Message) -> list[str]:
    """What the buttons of a card do."""
    taps = [read(key.data) for key in keys(message)]
    assert all(tap and tap.act is Button.TICKET and tap.args[0] == "12" for tap in taps)
    return [tap.args[1] for tap in taps if tap]


def shown(view: View, user_id: int = OTTO, role: Role = Role.TUTOR, lang: Lang = "en") -> Message:
    message = card(VOICE, view, user_id, role, lang)
    assert_sound(message)
    assert length(message.text) <= LONGEST_TEXT
    return message


# Who may press what


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("into", [None, 3])
@pytest.mark.parametrize("state", State)
def test_each_reader_has_the_buttons_of_what_the_table_lets_them_do(state: State, into: int | None, lang: Lang) -> None:
    for user_id, role in itertools.product((CARLA, OTTO), (Role.TUTOR, Role.ADMIN)):
        claimer = None if state is State.NEW else CARLA
        view = replace(VIEW, state=state, claimer=claimer, claimed_by="Carla", into=into)
        who, pressed = hand_of(view.claimer, user_id, role), set(verbs(shown(view, user_id, role, lang)))
        allowed = {verb for verb, act in VERBS.items() if after(state, act, who)}
        assert pressed == allowed - {"unmerge" if into is None else "merge"}, (user_id, role)


def test_who_somebody_is_to_a_ticket() -> None:
    taken = replace(VIEW, claimer=CARLA)
    assert hand_of(taken.claimer, CARLA, Role.ADMIN) is Hand.CLAIMER
    assert hand_of(taken.claimer, CARLA, Role.TUTOR) is Hand.CLAIMER
    assert hand_of(taken.claimer, OTTO, Role.ADMIN) is Hand.ADMIN
    assert hand_of(taken.claimer, OTTO, Role.TUTOR) is Hand.STAFF
    assert hand_of(VIEW.claimer, OTTO, Role.TUTOR) is Hand.STAFF


def test_a_faq_answer_is_offered_where_the_faq_had_one() -> None:
    assert "faq" in verbs(shown(VIEW))
    assert "faq" not in verbs(shown(replace(VIEW, context={})))


def test_each_ticket_that_asks_the_same_has_a_button_that_names_it() -> None:
    merges = [key for key in keys(shown(VIEW)) if "|merge|" in key.data]
    assert [(key.data.split("|")[-1], key.text) for key in merges] == [
        ("9", "Same as #9: merge"),
        ("10", "Same as #10: merge"),
    ]
    assert "Answered together with #3" in shown(replace(VIEW, into=3)).text


# What is read


def test_a_card_says_who_asks_what_and_how_it_stands() -> None:
    assert plain(shown(VIEW).text).split("\n") == [
        "🎫 #12 · Free Mover · in Italian",
        "🔵 waits for somebody",
        "The bot's answer was not it, 22 November 2026, 10:30 (Milan time)",
        "Plan: year 4 · clinical practice in wards · inside the EU · 1 July 2027 to 31 August 2027",
        "The FAQ tried: Free Mover · When and how long 41%",
        "Asked just before: «is <this> it?» · «ciao»",
        "",
        "👤 Does a stay in <Izmir> count?",
    ]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("origin", Origin)
def test_every_way_a_ticket_came_about_is_named(origin: Origin, lang: Lang) -> None:
    bare = replace(VIEW, origin=origin, programme=None, context={})
    assert len(plain(shown(bare, lang=lang).text).split("\n")) == 5


def test_a_name_is_shown_only_where_it_was_given_and_as_it_is_written() -> None:
    assert "Name:" not in shown(VIEW).text
    assert "Name: <Ada> & co" in plain(shown(replace(VIEW, name="<Ada> & co")).text)
    claimed = replace(VIEW, state=State.CLAIMED, claimer=CARLA, claimed_by="<Carla>")
    assert "🟡 claimed by <Carla>" in plain(shown(claimed).text)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("delivery", Delivery)
def test_the_card_shows_what_became_of_an_answer(delivery: Delivery, lang: Lang) -> None:
    answer = Said(Who.TUTOR, "Carla", "text", "<b>Yes</b>", delivery, edited=True)
    line = plain(shown(replace(VIEW, said=[ASKED, answer]), lang=lang).text).split("\n")[-1]
    assert line.startswith("💬 Carla: Yes (")
    assert ("✓" in line) is (delivery is Delivery.SENT)
    assert ("NO" in line) is (delivery in {Delivery.FAILED, Delivery.BLOCKED})


def test_files_notes_and_questions_back_are_told_apart() -> None:
    talk = [
        ASKED,
        Said(Who.STUDENT, "", "photo", ""),
        Said(Who.STUDENT, "", "contract_of_2031", "the form"),
        Said(Who.TUTOR, "Carla", "text", "Which year?", Delivery.SENT, asks=True),
        Said(Who.NOTE, "Carla", "text", "ask the office"),
    ]
    assert plain(shown(replace(VIEW, said=talk)).text).split("\n")[-4:] == [
        "👤 📎 photo",
        "👤 📎 document: the form",
        "❓ Carla: Which year? ✓",
        "🗒 Carla (note, stays inside): ask the office",
    ]


def test_a_plan_reads_back_as_it_was_kept() -> None:
    graduate = Profile().with_year(None, TODAY).with_degree(date(2026, 7, 1))
    for profile in (Profile(), PLAN, graduate):
        assert replace(ticketcard.profile_of({"plan": ticketcard.kept(profile)}), language="en") == profile
    assert ticketcard.profile_of({}) == Profile()


# However long

TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="<>&\0"), max_size=300),
    st.builds(
        lambda char, many: char * many, st.sampled_from(["x", "😀", "é ", "&amp;", "&lt;b&gt; "]), st.integers(0, 4096)
    ),
    st.builds(lambda many: "<b>" + "bold\n" * many + "</b>", st.integers(1, 900)),
)
SAIDS = st.builds(
    Said, st.sampled_from(Who), st.text(max_size=90), st.sampled_from(["text", "photo", "voice", "?"]), TEXTS,
    st.sampled_from(Delivery), st.booleans(), st.booleans(),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(SAIDS, min_size=1, max_size=40),
    st.lists(st.text(max_size=5000), max_size=5),
    st.text(max_size=100),
    st.integers(0, 300),
    st.sampled_from(LANGS),
)
def test_a_card_is_one_message_whatever_was_said(
    said: list[Said], before: list[str], name: str, merged: int, lang: Lang
) -> None:
    context = {**VIEW.context, "before": before, "tried": [["thesis-no-scholarship.how-to-apply", 0.5]] * 9}
    view = replace(
        VIEW, said=said, context=context, name=name or None, claimed_by=name, merged=range(1, merged), into=3,
        state=State.CLAIMED, claimer=CARLA,
    )  # fmt: skip
    shown(view, lang=lang)


def test_a_long_question_is_shown_whole_where_it_fits() -> None:
    long = "why? " * 600
    assert long.strip() in plain(shown(replace(VIEW, said=[replace(ASKED, text=long)])).text)
    longer = plain(shown(replace(VIEW, said=[replace(ASKED, text="why? " * 819)])).text)
    assert longer.endswith("…")
    assert len(longer) > 3000


def test_of_a_long_talk_the_question_and_the_newest_are_shown_and_the_rest_is_counted() -> None:
    talk = [ASKED, *(Said(Who.STUDENT, "", "text", f"number {each} {'x' * 900}") for each in range(30))]
    lines = plain(shown(replace(VIEW, said=talk)).text).split("\n")
    assert "👤 Does a stay in <Izmir> count?" in lines
    assert lines[-1].startswith("👤 number 29 ")
    missing = next(line for line in lines if line.endswith("not shown"))
    told = sum(line.startswith("👤") for line in lines)
    assert missing == f"… {len(talk) - told} not shown"


# What must not be read


@pytest.mark.parametrize("lang", LANGS)
def test_of_a_student_who_is_gone_nothing_is_left(lang: Lang) -> None:
    view = replace(VIEW, name="Ada", state=State.CLOSED, forgotten=True)
    for message in (
        shown(view, lang=lang),
        shown(view, CARLA, Role.ADMIN, lang),
        ticketcard.stub(VOICE, view, lang, card=True),
        ticketcard.stub(VOICE, view, lang, card=False),
    ):
        assert_sound(message)
        assert "#12" in message.text
        assert not message.buttons
        for trace in ("Ada", "Izmir", "is &lt;this&gt; it", "ciao", VOICE.plain(lang, "year.number", year=4)):
            assert trace not in message.text


def test_what_students_read_cannot_hold_a_note() -> None:
    written = Path(correspondence.__file__).read_text(encoding="utf-8")
    assert "ticketcard" not in written, "the card, on which the notes are, is for staff alone"
    assert "NOTE" not in written


@pytest.mark.parametrize("lang", LANGS)
def test_the_card_above_a_newer_one_only_points_down(lang: Lang) -> None:
    message = ticketcard.moved_down(VOICE, VIEW, lang)
    assert_sound(message)
    assert not message.buttons
    assert "Izmir" not in message.text


def test_a_good_answer_can_be_proposed() -> None:
    ((button,),) = ticketcard.propose_button(VOICE, 12, "en")
    assert verbs(Message("x", ((button,),))) == ["propose"]


@pytest.mark.parametrize("lang", LANGS)
def test_why_the_desk_is_closed_is_said_in_a_few_words(lang: Lang) -> None:
    named: dict[Lang, str] = {"en": "Milan's <patron>", "it": "Sant'Ambrogio"}
    said = [ticketcard.why_closed(VOICE, Reason(why, named), lang) for why in Why]
    assert all(0 < len(each) < 40 for each in said)
    assert said[list(Why).index(Why.HOLIDAY)] == named[lang]
    assert ticketcard.why_closed(VOICE, Reason(Why.WEEKEND), lang) in {"weekend", "fine settimana"}


def test_every_programme_has_a_card() -> None:
    for programme in Programme:
        assert VOICE.name(programme, "en") in plain(shown(replace(VIEW, programme=programme)).text)
