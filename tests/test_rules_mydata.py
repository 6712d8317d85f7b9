"""What is kept of a student, in sentences that they can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.rules import mydata
from bot.rules.alerts import Kind, Wishes
from bot.rules.buttons import Act, data
from bot.rules.deadlines import What
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, plain
from bot.rules.profile import Profile
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.reminders import Fate, Kept
from bot.rules.turn import State
from tests.book import ROME, TODAY, assert_sound, assert_tags_close_on_their_line, keys, knowledge

VOICE = Voice(knowledge(), ROME)
PLAN = (
    Profile()
    .with_year(4, TODAY)
    .with_goal(Goal.CLINICAL)
    .with_destination(Destination.EU)
    .with_dates(date(2027, 7, 1), date(2027, 8, 31))
)
WISHES = Wishes(frozenset({"free-mover", "extra-eu"}), frozenset({Kind.USUAL}), (8, 22), deadlines=True)
KEPT = (
    Kept(Programme.FREE_MOVER, What.APPLY_BY, date(2027, 6, 1)),
    Kept(Programme.FREE_MOVER, What.REPORT, date(2027, 9, 14), state=Fate.DONE),
    Kept(Programme.EXTRA_EU, What.REPORT, date(2027, 9, 14), state=Fate.GONE),
)
LOG = mydata.Log(date(2026, 10, 1), TODAY, 12, date(2026, 10, 2), informed=2, drafts=1, acts=3)


def told(state: State, kept: tuple[Kept, ...] = (), log: mydata.Log = LOG) -> list[str]:
    return plain(mydata.page(VOICE, 42, state, kept, log, "en").text).split("\n")


def test_each_value_is_a_sentence() -> None:
    assert told(State(PLAN, question="a <secret>?", wishes=WISHES), KEPT) == [
        "This is everything I keep about you:",
        "Your Telegram number: 42",
        "Your language: English",
        "Your year: year 4",
        "Your goal: clinical practice in wards",
        "Your destination: inside the EU",
        "Your dates: 1 July 2027 to 31 August 2027",
        "Your year was told on 22 November 2026.",
        "Your last question: “a <secret>?”",
        "🔔 Calls: Free Mover, Exchange outside the EU",
        "📌 Days of your plan: reminders are on",
        "🌙 Messages come between 8:00 and 22:00, Milan time.",
        "Switched off: when the usual months come near",
        "Days I keep for you",
        "• Free Mover: apply by 1 June 2027",
        "• ✅ Free Mover: hand in the Evaluation Report by 14 September 2027",
        "• Exchange outside the EU: hand in the Evaluation Report by 14 September 2027 (no longer in your plan)",
        "Calls whose dates I have told you: 2",
        "You first wrote on 1 October 2026, and last on 22 November 2026.",
        "Messages from me to you on record: 12, since 2 October 2026.",
        "As staff: 1 drafts, and 3 acts on record.",
    ]


def test_what_is_not_there_is_not_spoken_of() -> None:
    assert told(State(), log=mydata.Log(TODAY, TODAY)) == [
        "This is everything I keep about you:",
        "Your Telegram number: 42",
        "Your language: English",
        "Your plan: nothing told yet",
        "🔔 Calls: none yet (/subscribe)",
        "📌 Days of your plan: no reminders",
        "🌙 Messages come between 9:00 and 20:00, Milan time.",
        "You first wrote on 22 November 2026, and last on 22 November 2026.",
        "No message from me to you is on record.",
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_a_graduate_reads_of_the_degree_and_every_page_is_sound(lang: Lang) -> None:
    graduate = PLAN.with_year(None, TODAY).with_degree(date(2026, 7, 1))
    page = mydata.page(VOICE, 42, State(graduate, question="<b>", wishes=WISHES), KEPT, LOG, lang)
    assert_sound(page)
    assert_tags_close_on_their_line(page.text)
    assert ("July 2026" if lang == "en" else "luglio 2026") in page.text
    assert_sound(mydata.caption(VOICE, lang))


def test_tickets_questions_and_staff_are_counted() -> None:
    log = replace(LOG, questions=4, tickets=(12, 15), staff=True)
    lines = told(State(), log=log)
    assert "Questions of yours on record, with what I made of them: 4." in lines
    assert "Your tickets, with everything you and the desk wrote on them: #12, #15." in lines
    assert any("member of the desk's staff" in line for line in lines)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("tickets", "staff"), [((), False), ((12, 15), False), ((), True), ((12,), True)])
def test_before_deleting_it_is_said_what_goes(tickets: tuple[int, ...], staff: bool, lang: Lang) -> None:  # noqa: FBT001 - a parameter
    message = mydata.confirm(VOICE, replace(LOG, tickets=tickets, staff=staff), lang)
    assert_sound(message)
    assert all(f"#{number}" in message.text for number in tickets)
    assert len(message.text.split("\n\n")) == 3 + bool(tickets) + staff
    assert [key.data for key in keys(message)] == [data(Act.FORGET, "yes"), data(Act.FORGET, "no")]
