"""What the bot does about alerts: subscriptions, kinds, hours, days, the calendar, and the way back after a block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules.alerts import ALL, Kind, Wishes
from bot.rules.buttons import Act, data
from bot.rules.deadlines import What, personal
from bot.rules.messages import plain
from bot.rules.profile import Profile
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.reminders import Fate, Kept
from bot.rules.turn import CallOff, Do, Edit, KeepDeadlines, Reopened, Send, SendCalendar, State, Step, Ticked, Told
from tests.book import NOW, TODAY, Chat, a_call, facts, knowledge

FREE_MOVER = Wishes(frozenset({"free-mover"}))
PLAN = (
    Profile()
    .with_year(4, TODAY)
    .with_goal(Goal.CLINICAL)
    .with_destination(Destination.EU)
    .with_dates(date(2027, 7, 1), date(2027, 8, 31))
)
KEPT = (
    Kept(Programme.FREE_MOVER, What.APPLY_BY, date(2027, 6, 1), id=5),
    Kept(Programme.ELECTIVE_INTERNSHIP, What.APPLY_BY, date(2027, 6, 1), id=6, state=Fate.DONE),
)
SEASON = facts(calls=[a_call(), a_call(Programme.EXTRA_EU, number=5, revision=2, withdrawn=True)], kept=KEPT)


def chat(wishes: Wishes | None = None, profile: Profile = PLAN, **state: object) -> Chat:
    """Somebody with wishes and a plan, while a call of Free Mover is announced."""
    return Chat(State(profile, wishes=wishes or Wishes(), **state), given=SEASON)  # type: ignore[arg-type]


def only(chat: Chat, kind: type) -> object:
    """The one effect of a kind."""
    (found,) = [effect for effect in chat.effects if isinstance(effect, kind)]
    return found


# Subscriptions


@pytest.mark.parametrize("named", ["free-mover", "Free Mover", "FREE MOVER "])
def test_subscribing_by_name_says_what_comes_and_counts_as_told(named: str) -> None:
    asked = chat().commands("subscribe", named)
    assert asked.state.wishes.subscribed == {"free-mover"}
    assert "Alerts are on for" in asked.text
    assert "15 January 2027" in asked.text
    assert only(asked, Told) == Told(((3, 1),))


def test_subscribing_to_all_follows_every_programme() -> None:
    asked = chat().commands("subscribe", "all")
    assert asked.state.wishes.subscribed == {ALL}
    assert "all seven programmes" in asked.text
    assert "already" in asked.commands("subscribe", "free mover").text
    assert asked.state.wishes.subscribed == {ALL}


def test_several_programmes_are_followed_and_left_in_one_command() -> None:
    on = chat().commands("subscribe", "free mover, tesi, red hat")
    theses = {"thesis-scholarship", "thesis-no-scholarship"}
    assert on.state.wishes.subscribed == {"free-mover", *theses}
    assert plain(on.text).startswith("I know no programme called “red hat”.\n\n🔔 Alerts are on for Free Mover, Thesis")
    off = on.commands("unsubscribe", "free mover, extra-eu, umbrella")
    assert off.state.wishes.subscribed == theses
    assert plain(off.text).split("\n") == [
        "I know no programme called “umbrella”.", "",
        "🔕 No more alerts on Free Mover.",
        "You were getting no alerts on Exchange outside the EU, so there is nothing to stop.",
    ]  # fmt: skip


def test_a_name_nobody_knows_is_said_and_the_list_shown() -> None:
    asked = chat().commands("subscribe", "<hat>" * 50)
    assert plain(asked.text).startswith("I know no programme called “<hat>")
    assert len(asked.text) < 1000
    assert data(Act.TOGGLE, "free-mover") in [key.data for key in asked.keys]
    assert asked.state.wishes == Wishes()
    assert "I know no programme" in chat(FREE_MOVER).commands("unsubscribe", "hat").text


def test_the_list_is_changed_in_place() -> None:
    listed = chat().commands("subscribe")
    on = listed.presses("▫️ Free Mover")
    assert isinstance(on.effects[-1], Edit)
    assert on.state.wishes == FREE_MOVER
    assert only(on, Told) == Told(((3, 1),))
    off = on.presses("✅ Free Mover")
    assert off.state.wishes == Wishes()
    assert only(off, CallOff) == CallOff(programme="free-mover")
    every = off.presses("▫️ All seven")
    assert every.state.wishes.subscribed == {ALL}
    six = every.presses("✅ Free Mover")
    assert six.state.wishes.subscribed == set(Programme) - {Programme.FREE_MOVER}
    none = six.presses("▫️ All seven").presses("✅ All seven")
    assert none.state.wishes == Wishes()
    assert only(none, CallOff) == CallOff()


def test_unsubscribing_takes_back_what_waits() -> None:
    left = chat(FREE_MOVER).commands("unsubscribe", "free mover")
    assert left.state.wishes == Wishes()
    assert only(left, CallOff) == CallOff(programme="free-mover")
    again = left.commands("unsubscribe", "free mover")
    assert "nothing to stop" in again.text
    assert not any(isinstance(effect, CallOff) for effect in again.effects)
    every = chat(replace(FREE_MOVER, deadlines=True)).commands("unsubscribe", "all")
    assert every.state.wishes == Wishes(deadlines=True)
    assert "days of your own plan go on" in every.text


def test_unsubscribing_without_a_name_shows_the_list_or_that_there_is_nothing() -> None:
    assert data(Act.TOGGLE, "free-mover") in [key.data for key in chat(FREE_MOVER).commands("unsubscribe").keys]
    assert "nothing to stop" in chat().commands("unsubscribe").text


def test_an_answer_offers_to_tell_when_its_programme_opens() -> None:
    answered = chat().commands("start", "free-mover_when-to-apply")
    assert "Free Mover</b>: announced" in answered.text
    on = answered.presses("🔔 Tell me when it opens")
    assert on.state.wishes == FREE_MOVER
    assert isinstance(on.effects[-1], Send)
    again = on.commands("start", "free-mover_funding")
    assert "announced" not in again.text
    off = again.presses("🔕 Stop these alerts")
    assert off.state.wishes == Wishes()
    assert only(off, CallOff) == CallOff(programme="free-mover")


def test_an_answer_about_an_open_call_offers_to_remind_before_it_closes() -> None:
    running = facts(calls=[a_call(opens=NOW - timedelta(days=2))])
    answered = Chat(State(PLAN), given=running).commands("start", "free-mover_when-to-apply")
    assert answered.presses("🔔 Remind me before it closes").state.wishes == FREE_MOVER


# What counts as told


TWO = facts(calls=[a_call(revision=2), a_call(Programme.EXTRA_EU, number=5)])
BOTH = Wishes(frozenset({"free-mover", "extra-eu"}))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (lambda chat: chat.commands("subscribe", "extra-eu"), ((5, 1),)),
        (lambda chat: chat.commands("start", "extra-eu_when-to-apply"), ((5, 1),)),
        (lambda chat: chat.says("extra-eu.overview"), ((5, 1),)),
        (lambda chat: chat.says("erasmus-study.when-to-apply"), ()),
        (lambda chat: chat.says("free-mover.funding"), ()),
        (lambda chat: chat.commands("subscribe", "erasmus"), ()),
        (lambda chat: chat.taps(data(Act.FOLLOW, "free-mover")), ((3, 2),)),
        (lambda chat: chat.commands("subscribe"), ((3, 2), (5, 1))),
        (lambda chat: chat.commands("calls"), ((3, 2), (5, 1))),
        (lambda chat: chat.commands("plan"), ((3, 2), (5, 1))),
        (lambda chat: chat.commands("calendar"), ((3, 2), (5, 1))),
        (lambda chat: chat.commands("reminders"), ()),
    ],
)
def test_a_call_that_a_message_does_not_show_is_not_counted_as_told(
    asked: Callable[[Chat], Chat], told: tuple[tuple[int, int], ...]
) -> None:
    """Else the correction that waits for them would be taken for known, and they would keep the old dates."""
    done = asked(Chat(State(PLAN, wishes=BOTH), given=TWO))
    assert [effect.calls for effect in done.effects if isinstance(effect, Told)] == ([told] if told else [])
    names = {3: "Free Mover", 5: "Exchange outside the EU"}
    lines = [line for line in done.text.split("\n") if "announced. Opens" in line]
    shown = {number for number, name in names.items() if any(name in line for line in lines)}
    assert shown == {number for number, _ in told} or any(isinstance(each, SendCalendar) for each in done.effects)


def test_the_answer_on_alerts_does_the_thing() -> None:
    asked = chat().says("general.subscribe")
    assert asked.presses("🔔 Alerts for all seven").state.wishes.subscribed == {ALL}
    stop = chat(FREE_MOVER).says("general.subscribe").presses("🔕 Stop all alerts")
    assert stop.state.wishes == Wishes()
    assert only(stop, CallOff) == CallOff()


def test_whoever_writes_stop_finds_the_way_out_first() -> None:
    wishes = replace(FREE_MOVER.subscribe("extra-eu"), deadlines=True)
    asked = chat(wishes, question="nn voglio piu messaggi").taps(data(Act.PICK, "general.subscribe"))
    assert plain(asked.text).split("\n\n")[1].startswith("🔔 On now: alerts on Free Mover, Exchange outside the EU.")
    assert [key.text for key in asked.keys][:4] == [
        "🔕 Stop all alerts", "🔕 Free Mover", "🔕 Exchange outside the EU", "🔕 No reminders of these days",
    ]  # fmt: skip
    one = asked.presses("🔕 Free Mover")
    assert one.state.wishes.subscribed == {"extra-eu"}
    assert only(one, CallOff) == CallOff(programme="free-mover")
    nothing = chat(question="please stop").taps(data(Act.PICK, "general.subscribe"))
    assert "Nothing is on" in nothing.text
    assert not any(key.data.startswith("1|w") for key in nothing.keys)


@pytest.mark.parametrize("left", ["hat", "", "fits", "none"])
def test_nothing_but_a_programme_is_left_by_a_button(left: str) -> None:
    asked = chat(FREE_MOVER).taps(data(Act.FOLLOW, "none", left))
    assert asked.state.wishes == FREE_MOVER
    assert asked.toasts


def test_the_answer_on_alerts_offers_the_programme_that_was_named_or_read_about() -> None:
    read = chat().commands("start", "free-mover").says("general.subscribe")
    assert read.keys[0].data == data(Act.FOLLOW, "free-mover")
    named = read.taps(data(Act.PICK, "general.subscribe"))
    named.state = replace(named.state, question="ping me when erasmus+ traineeship opens")
    assert named.taps(data(Act.OPEN, "general.subscribe")).keys[0].data == data(Act.FOLLOW, "erasmus-traineeship")
    assert chat().says("general.subscribe").keys[0].data == data(Act.FOLLOW, "all")


def test_what_fits_a_plan_is_followed_with_one_tap() -> None:
    result = chat().commands("plan")
    on = result.presses("🔔 Alerts for what fits")
    assert {"free-mover", "elective-internship"} <= on.state.wishes.subscribed
    assert "thesis-scholarship" not in on.state.wishes.subscribed
    assert "🔔 Alerts for what fits" not in [key.text for key in on.commands("plan").keys]
    lost = chat(profile=Profile()).taps(data(Act.FOLLOW, "fits"))
    assert lost.state.wishes == Wishes()
    assert data(Act.TOGGLE, "free-mover") in [key.data for key in lost.keys]


def test_the_result_says_where_an_announced_call_stands() -> None:
    text = chat().commands("plan").text
    assert "🔵 <b>Free Mover</b>: announced" in text
    assert "📌 Days of your plan" in text


# Kinds and hours


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_switched_in_place_and_what_waits_stays(kind: Kind) -> None:
    page = chat(FREE_MOVER).commands("reminders")
    off = page.taps(data(Act.KIND, kind))
    assert off.state.wishes.muted == {kind}
    assert [type(effect) for effect in off.effects] == [Edit], "off and on again must lose nothing"
    on = off.taps(data(Act.KIND, kind))
    assert on.state.wishes.muted == frozenset()
    assert [type(effect) for effect in on.effects] == [Edit]


def test_changes_switched_off_are_warned_about() -> None:
    off = chat(FREE_MOVER).commands("reminders").presses("✅ when dates change")
    assert "<b>I do not tell you</b>" in off.text


def test_hours_are_chosen_in_place() -> None:
    page = chat(FREE_MOVER).commands("reminders").presses("🌙 9:00–20:00")
    assert page.presses("7").presses("24").state.wishes.awake == (7, 24)
    assert "🌙 7:00–24:00" in [key.text for key in page.presses("‹ Back").keys]


@pytest.mark.parametrize("args", [("6", "20"), ("9", "25"), ("9",), ("x", "20"), ("9", "20", "1"), ("20", "9")])
def test_hours_nobody_offered_are_not_taken(args: tuple[str, ...]) -> None:
    asked = chat().taps(data(Act.HOURS, *args))
    assert asked.state.wishes.awake == (9, 20)
    assert asked.toasts


# The days of the plan


def test_the_days_of_a_plan_are_kept_once_they_are_asked_for() -> None:
    on = chat().commands("plan").presses("🔔 Remind me of these days")
    assert on.state.wishes.deadlines
    assert only(on, KeepDeadlines) == KeepDeadlines(personal(knowledge(), PLAN, TODAY))
    assert "Free Mover: apply by 1 June 2027" in on.text


def test_telling_when_one_qualifies_keeps_the_day() -> None:
    early = PLAN.with_year(3, TODAY).with_goal(Goal.STUDY).with_dates(None, None)
    on = chat(profile=early).commands("plan").presses("🔔 Tell me when I qualify")
    kept = only(on, KeepDeadlines)
    assert isinstance(kept, KeepDeadlines)
    assert {day.what for day in kept.days} == {What.QUALIFIES}
    assert "I write on the day." in on.text


def test_without_days_there_is_nothing_to_keep() -> None:
    asked = chat(profile=Profile()).taps(data(Act.KEEP, "on"))
    assert "no dates in your plan" in asked.text
    assert not asked.state.wishes.deadlines
    without_dates = Profile().with_year(5, TODAY).with_goal(Goal.LAB).with_destination(Destination.EU)
    planned = chat(profile=without_dates.with_dates(None, None)).taps(data(Act.KEEP))
    assert planned.text.startswith("Nothing in your plan has a day to remember.")
    assert not any(isinstance(effect, KeepDeadlines) for effect in asked.effects)


def test_every_change_of_the_plan_changes_the_days_that_are_kept() -> None:
    keeping = chat(replace(FREE_MOVER, deadlines=True)).taps(data(Act.CHANGE, "dates"))
    assert not any(isinstance(effect, KeepDeadlines) for effect in keeping.effects)
    moved = keeping.says("from 1 August 2027 to 31 August 2027")
    kept = only(moved, KeepDeadlines)
    assert isinstance(kept, KeepDeadlines)
    assert date(2027, 7, 2) in {day.on for day in kept.days}
    assert not any(isinstance(effect, KeepDeadlines) for effect in moved.commands("language", "it").effects)
    silent = chat(FREE_MOVER).taps(data(Act.CHANGE, "dates")).says("from 1 August 2027 to 31 August 2027")
    assert not any(isinstance(effect, KeepDeadlines) for effect in silent.effects)


def test_reminders_of_days_can_be_switched_off() -> None:
    page = chat(replace(FREE_MOVER, deadlines=True)).taps(data(Act.KEEP))
    assert "1. Free Mover: apply by 1 June 2027" in page.text
    off = page.presses("🔕 No reminders of these days")
    assert not off.state.wishes.deadlines
    assert Do.SILENCE in off.effects


def test_what_is_done_is_ticked_on_the_page_and_under_a_reminder() -> None:
    keeping = replace(FREE_MOVER, deadlines=True)
    page = chat(keeping).taps(data(Act.KEEP)).presses("✅ Done: 1")
    assert only(page, Ticked) == Ticked(5)
    assert "1. ✅ Free Mover: apply by 1 June 2027" in page.text
    assert "✅ Done: 1" not in [key.text for key in page.keys]
    reminder = chat(keeping).taps(data(Act.TICK, 5))
    assert reminder.effects == (Ticked(5), Edit(77, reminder.effects[1].message))  # type: ignore[union-attr]
    for other in (6, 7, "x"):
        assert chat(keeping).taps(data(Act.TICK, other)).toasts


def test_a_tick_can_be_undone_where_it_was_made() -> None:
    keeping = replace(FREE_MOVER, deadlines=True)
    on = Kept(Programme.ELECTIVE_INTERNSHIP, What.APPLY_BY, date(2027, 6, 1), id=6)
    again = replace(on, remind_at=datetime(2027, 5, 2, 7, tzinfo=UTC))
    page = chat(keeping).taps(data(Act.KEEP)).presses("↩️ Not done yet: 2")
    assert only(page, Reopened) == Reopened(again)
    assert "2. Elective internship: apply by 1 June 2027" in page.text
    assert "✅ Done: 2" in [key.text for key in page.keys]
    reminder = chat(keeping).taps(data(Act.TICK, 6, "undo"))
    assert only(reminder, Reopened) == Reopened(again)
    assert "✅ Done" in [key.text for key in reminder.keys]
    silent = chat(FREE_MOVER).taps(data(Act.TICK, 6, "undo"))
    assert only(silent, Reopened) == Reopened(on), "nobody is reminded who does not want to be"
    assert chat(keeping).taps(data(Act.TICK, 5, "undo")).toasts, "it is open"
    late = facts(date(2027, 6, 2), datetime(2027, 6, 2, 9, tzinfo=UTC), kept=KEPT)
    assert Chat(State(PLAN, wishes=keeping), given=late).taps(data(Act.TICK, 6, "undo")).toasts, "the day is over"


# The calendar file


def test_the_calendar_holds_what_is_followed_and_kept() -> None:
    file = only(chat(FREE_MOVER).commands("calendar"), SendCalendar)
    assert isinstance(file, SendCalendar)
    assert [entry.uid.partition("@")[0] for entry in file.entries] == [
        "call-3-opens", "call-3-closes", "deadline-5", "deadline-6",
    ]  # fmt: skip
    assert file.name == "Mobility desk"


def test_an_empty_calendar_is_not_sent_and_says_how_to_fill_it() -> None:
    empty = Chat().commands("calendar")
    assert not any(isinstance(effect, SendCalendar) for effect in empty.effects)
    assert {"1|c|subscribe", "1|c|plan"} <= {key.data for key in empty.keys}


# Somebody who came back


def test_whoever_comes_back_is_asked_once_whether_alerts_go_on() -> None:
    back = chat(replace(FREE_MOVER, paused=True)).says("free-mover.period")
    assert back.texts[-1].startswith("You were away")
    assert len(back.texts) == 2
    assert back.state.wishes == FREE_MOVER, "whoever writes hears again, whatever they answer"
    assert len(back.says("free-mover.period").texts) == 1


def test_alerts_go_on_with_what_is_true_by_now() -> None:
    back = chat(replace(FREE_MOVER, paused=True)).commands("help")
    assert only(back, Told) == Told(((3, 1),))
    assert "15 January 2027" in back.texts[-1]
    yes = back.presses("Yes, go on")
    assert yes.state.wishes == FREE_MOVER
    assert "15 January 2027" in yes.text
    stopped = yes.taps(data(Act.RESUME, "no"))
    assert stopped.taps(data(Act.RESUME, "yes")).toasts


def test_alerts_stop_for_good_if_that_is_wished() -> None:
    no = chat(replace(FREE_MOVER, paused=True, deadlines=True)).commands("help").presses("No, stop them")
    assert no.state.wishes == Wishes()
    assert {CallOff(), Do.SILENCE} <= set(no.effects)
    assert "Alerts on calls and reminders of the days of your plan are off." in no.text


def test_subscribing_again_resumes() -> None:
    on = chat(replace(FREE_MOVER, paused=True)).commands("subscribe", "free-mover")
    assert on.state.wishes == FREE_MOVER
    assert len(on.texts) == 2
    other = chat(replace(FREE_MOVER, paused=True)).commands("subscribe", "extra-eu")
    assert len(other.texts) == 1, "who chooses anew is not asked"


def test_whoever_hears_of_nothing_is_not_asked() -> None:
    back = chat(Wishes(paused=True)).commands("help")
    assert len(back.texts) == 1
    assert not back.state.wishes.paused


def test_deleting_everything_asks_nothing_more() -> None:
    gone = chat(replace(FREE_MOVER, paused=True), step=Step.FORGET).taps(data(Act.FORGET, "yes"))
    assert Do.FORGET in gone.effects
    assert len(gone.texts) == 1
