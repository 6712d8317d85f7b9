"""Every path of the guided flow, button by button, and every answer changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from bot.rules import buttons
from bot.rules.buttons import Act, Tap, data
from bot.rules.messages import LANGS, Button, Lang
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.turn import State, Step
from tests.book import TODAY, Chat, knowledge

ANSWERED = (
    Profile()
    .with_year(5, TODAY)
    .with_goal(Goal.CLINICAL)
    .with_destination(Destination.EU)
    .with_dates(date(2027, 7, 1), date(2027, 8, 31))
)
MONTHS = 37
"""Pages of the calendar: this month and three years."""


def tap_of(key: Button) -> Tap:
    tap = buttons.read(key.data)
    assert tap is not None
    return tap


def with_act(chat: Chat, *acts: Act) -> list[Button]:
    return [key for key in chat.keys if key.data and tap_of(key).act in acts]


def pressed(chat: Chat, key: Button) -> Chat:
    """The chat after a button; the chat before stays as it was."""
    after = Chat(chat.state).taps(key.data)
    assert not after.toasts, key
    return after


def turned(chat: Chat, way: str = "›") -> Chat | None:
    """The calendar on its next page; None on the last."""
    key = next((key for key in chat.keys if key.text == way), None)
    return pressed(chat, key) if key else None


def pages(chat: Chat | None) -> Iterator[Chat]:
    """The calendar, page by page to its end."""
    for _ in range(MONTHS + 1):
        if chat is None:
            return
        yield chat
        chat = turned(chat)
    raise AssertionError("the calendar does not end")


def choices(chat: Chat) -> list[Button]:
    """The buttons that go on from a question; of the days of a page the first for a start and the last for an end."""
    days = with_act(chat, Act.DAY)
    months = [] if days else with_act(chat, Act.MONTH)
    return [*with_act(chat, Act.REPLY), *months, *(days[-1:] if chat.state.start else days[:1])]


def ends(chat: Chat) -> Iterator[Chat]:
    """Every way through the questions that are left."""
    if chat.state.step is Step.IDLE:
        yield chat
        return
    assert choices(chat)
    for key in choices(chat):
        yield from ends(pressed(chat, key))


@pytest.mark.parametrize("lang", LANGS)
def test_every_path_ends_in_a_result_that_names_all_seven(lang: Lang) -> None:
    names = [f"<b>{page.names[lang].title}</b>" for page in knowledge().programmes.values()]
    told = []
    under: set[str] = set()
    for chat in ends(Chat(lang=lang).commands("plan")):
        assert all(chat.texts[-1].count(name) == 1 for name in names)
        profile = chat.state.profile
        told.append((profile.year, profile.graduated_on, profile.goal, profile.destination, profile.start, profile.end))
        under |= {key.data for key in chat.keys if key.data}
    years, dates = 6 + 14 + 1, 4
    assert len(told) == years * (len(Goal) + 1) * len(Destination) * dates
    assert len(set(told)) == len(told) * 3 // dates, "the dates can be left open in two places"
    assert_alive(under, lang)


def assert_alive(under: set[str], lang: Lang) -> None:
    """No button under a result is dead, and all seven programmes come up somewhere."""
    opened = {data(Act.OPEN, f"{programme}.how-to-apply") for programme in Programme}
    changes = {data(Act.CHANGE, question) for question in Question if question is not Question.DEGREE}
    alerts = {data(Act.FOLLOW, "fits"), data(Act.KEEP, "on")}
    assert under == opened | changes | alerts | {data(Act.COMMAND, "human")}
    for packed in under:
        chat = Chat(State(ANSWERED.speaking(lang))).taps(packed)
        assert not chat.toasts, packed
        assert chat.texts, packed


def test_every_button_that_is_no_answer_leads_somewhere_too() -> None:
    state = State(ANSWERED)
    for name in (
        "start",
        "programmes",
        "calls",
        "help",
        "human",
        "language",
        "subscribe",
        "reminders",
        "calendar",
    ):
        for key in Chat(state).commands(name).keys:
            if key.data:
                after = Chat(Chat(state).commands(name).state).taps(key.data)
                assert not after.toasts, key
                assert after.effects, key


# The calendar


def asked_for_dates() -> Chat:
    return Chat(State(ANSWERED)).taps(data(Act.CHANGE, Question.DATES))


def calendar() -> Chat:
    chat = asked_for_dates()
    return pressed(chat, with_act(chat, Act.MONTH)[0])


def test_every_day_of_every_page_can_be_the_first() -> None:
    found = []
    for page in pages(calendar()):
        found += [date.fromisoformat(tap_of(key).args[1]) for key in with_act(page, Act.DAY)]
        for key in with_act(page, Act.DAY)[:: 10 if len(found) > 40 else 1]:
            after = pressed(page, key)
            assert (after.state.step, after.state.start) == (Step.UNTIL, date.fromisoformat(tap_of(key).args[1]))
            assert [each.data[-10:] for each in with_act(after, Act.DAY)][:1] == [tap_of(key).args[1]]
    assert found[0] == TODAY
    assert [(b - a).days for a, b in pairwise(found)] == [1] * (len(found) - 1)
    assert found[-1] == date(2029, 11, 30)


def test_every_page_of_the_last_day_leads_to_a_result() -> None:
    page = calendar()
    start = date.fromisoformat(tap_of(with_act(page, Act.DAY)[2]).args[1])
    until = list(pages(pressed(page, with_act(page, Act.DAY)[2])))
    assert len(until) == MONTHS
    for each in until:
        for key in with_act(each, Act.DAY)[::9]:
            done = pressed(each, key)
            assert done.state.step is Step.IDLE
            assert (done.state.profile.start, done.state.profile.end) == (
                start,
                date.fromisoformat(tap_of(key).args[1]),
            )
            assert "Your dates:" in done.texts[0]


def test_the_calendar_turns_back_the_way_it_came() -> None:
    there = list(pages(calendar()))
    assert len(there) == MONTHS
    back = there[-1]
    for before in reversed(there[:-1]):
        turned_back = turned(back, "‹")
        assert turned_back is not None
        assert turned_back.effects == before.effects
        back = turned_back
    assert turned(back, "‹") is None


def test_the_calendar_can_be_left_open_at_both_ends() -> None:
    page = calendar()
    nothing = pressed(page, with_act(page, Act.REPLY)[0]).state.profile
    assert (nothing.start, nothing.end) == (None, None)
    until = pressed(page, with_act(page, Act.DAY)[5])
    start_only = pressed(until, with_act(until, Act.REPLY)[0]).state.profile
    assert (start_only.start, start_only.end) == (until.state.start, None)
    assert until.state.start is not None


# One answer changed afterwards


@pytest.mark.parametrize("question", [question for question in Question if question is not Question.DEGREE])
def test_one_answer_is_changed_and_the_others_stay(question: Question) -> None:
    result = Chat(State(ANSWERED)).commands("plan")
    (key,) = [key for key in with_act(result, Act.CHANGE) if tap_of(key).args == (question,)]
    asked = pressed(result, key)
    assert asked.state.profile == ANSWERED
    assert len(asked.texts) == 1
    own = {
        Question.YEAR: ("year", "graduated_on", "told_on"),
        Question.GOAL: ("goal",),
        Question.DESTINATION: ("destination",),
        Question.DATES: ("start", "end"),
    }[question]
    changed = 0
    for chat in ends(asked):
        profile = chat.state.profile
        kept = {name: getattr(ANSWERED, name) for name in own}
        assert replace(profile, answered=ANSWERED.answered, **kept) == ANSWERED
        assert profile.missing(TODAY) is None
        assert "Your plan:" in chat.texts[-1]
        changed += profile != ANSWERED
    assert changed


def test_a_change_of_mind_is_left_with_cancel() -> None:
    asked = Chat(State(ANSWERED)).taps(data(Act.CHANGE, Question.GOAL))
    assert asked.commands("cancel").state.profile == ANSWERED
    assert asked.commands("plan").texts[-1].startswith("<b>Your plan:</b> year 5 · clinical")
