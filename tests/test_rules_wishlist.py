"""What a student hears of, in messages: sound, in both languages, and true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.rules import wishlist
from bot.rules.alerts import ALL, Kind, Wishes
from bot.rules.calendar import calendar
from bot.rules.calls import Call
from bot.rules.deadlines import Personal, What
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, Message, plain
from bot.rules.programmes import Programme
from bot.rules.reminders import Fate, Kept
from tests.book import NOW, ROME, TODAY, a_call, assert_sound, assert_tags_close_on_their_line, keys, knowledge

VOICE = Voice(knowledge(), ROME)
CALLS: tuple[Call, ...] = (a_call(), a_call(Programme.EXTRA_EU, number=5, revision=2, withdrawn=True))
FOLLOWS = Wishes(frozenset({Programme.FREE_MOVER, Programme.EXTRA_EU}))
IMS = "Source: IMS outgoing students (https://ims.cdl.unimi.it/en/study/international-exchange/outgoing-students)"
APPLY = Personal(Programme.FREE_MOVER, What.APPLY_BY, date(2027, 6, 1))
OPENS = Personal(Programme.ERASMUS_STUDY, What.QUALIFIES, date(2027, 10, 1))
KEPT = (
    Kept(Programme.FREE_MOVER, What.APPLY_BY, date(2027, 6, 1), id=5, sequence=2),
    Kept(Programme.FREE_MOVER, What.REPORT, date(2027, 9, 14), id=6, state=Fate.DONE),
    Kept(Programme.EXTRA_EU, What.REPORT, date(2027, 9, 14), id=7, state=Fate.GONE, sequence=1),
    Kept(Programme.FREE_MOVER, What.ARRIVAL, date(2026, 11, 1), id=8),
)


def captions(message: Message) -> list[str]:
    return [key.text for key in keys(message)]


# Pages


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(),
        FOLLOWS,
        Wishes(frozenset({ALL}), frozenset(Kind), (12, 24), deadlines=True),
        Wishes(frozenset({Programme.FREE_MOVER}), frozenset({Kind.USUAL}), deadlines=True),
    ],
)
def test_every_page_is_sound(wishes: Wishes, lang: Lang) -> None:
    days = (APPLY, OPENS)
    followed = [str(each) for each in Programme if wishes.follows(each)]
    for message in (
        wishlist.subscriptions(VOICE, wishes, CALLS, NOW, lang),
        wishlist.confirmed(VOICE, wishes, followed, CALLS, NOW, lang, new=True),
        wishlist.confirmed(VOICE, wishes, ["erasmus-study"], CALLS, NOW, lang, new=False),
        wishlist.stopped(VOICE, wishes, {ALL: True}, lang),
        wishlist.stopped(VOICE, wishes, {"free-mover": False, "extra-eu": True}, lang),
        wishlist.stopped_for_good(VOICE, lang),
        wishlist.unknown(VOICE, "<hat>", Message("list"), lang),
        wishlist.resuming(VOICE, wishes, CALLS, NOW, lang),
        wishlist.resumed(VOICE, wishes, CALLS, NOW, lang),
        wishlist.reminders_page(VOICE, wishes, lang),
        wishlist.hours_page(VOICE, wishes, lang),
        wishlist.kept_now(VOICE, wishes, days, lang, planned=True),
        wishlist.kept_now(VOICE, wishes, (), lang, planned=True),
        wishlist.days_page(VOICE, wishes, KEPT, days, TODAY, lang, planned=True),
        wishlist.days_page(VOICE, wishes, (), (), TODAY, lang, planned=False),
        Message(wishlist.what_is_on(VOICE, wishes, lang), wishlist.ways_to_stop(VOICE, wishes, lang)),
        wishlist.calendar_caption(VOICE, lang),
        wishlist.empty_calendar(VOICE, lang),
    ):
        assert_sound(message)
        assert_tags_close_on_their_line(message.text)
        assert "\n\n\n" not in message.text


def test_the_list_ticks_what_is_followed() -> None:
    some = wishlist.subscriptions(VOICE, FOLLOWS, CALLS, NOW, "en")
    assert [text for text in captions(some) if text.startswith("✅")] == ["✅ Free Mover", "✅ Exchange outside the EU"]
    assert "Free Mover</b>: announced" in some.text
    every = wishlist.subscriptions(VOICE, Wishes(frozenset({ALL})), CALLS, NOW, "en")
    assert len([text for text in captions(every) if text.startswith("✅")]) == 8
    none = wishlist.subscriptions(VOICE, Wishes(), CALLS, NOW, "en")
    assert none.text.startswith("<b>You get no alerts yet.</b>")
    assert len(captions(none)) == 8


def test_a_confirmation_says_what_comes_and_where_the_call_stands() -> None:
    said = plain(wishlist.confirmed(VOICE, FOLLOWS, ["free-mover"], CALLS, NOW, "en", new=True).text)
    assert said.startswith("🔔 Alerts are on for Free Mover.")
    assert "Between 9:00 and 20:00" in said
    assert "15 January 2027, 12:00" in said
    awaited = plain(wishlist.confirmed(VOICE, FOLLOWS, ["erasmus-study"], CALLS, NOW, "en", new=False).text)
    assert "were on already" in awaited
    assert "usually next in January–February 2027" in awaited
    muted = replace(FOLLOWS, muted=frozenset(Kind) - {Kind.OPENING}, awake=(7, 22))
    assert "I write: when a call opens. Between 7:00 and 22:00" in plain(
        wishlist.confirmed(VOICE, muted, ["free-mover"], CALLS, NOW, "en", new=True).text
    )


def test_switching_off_changes_is_warned_about() -> None:
    on, off = (wishlist.reminders_page(VOICE, replace(FOLLOWS, muted=muted), "en") for muted in (
        frozenset(), frozenset({Kind.CHANGES})))  # fmt: skip
    assert "⚠️" not in on.text
    assert "⚠️ “When dates change” is off" in off.text
    assert "▫️ when dates change" in captions(off)
    assert len([text for text in captions(on) if text.startswith("✅")]) == len(Kind)


def test_hours_to_choose_from() -> None:
    page = wishlist.hours_page(VOICE, Wishes(awake=(8, 22)), "en")
    assert [len(row) for row in page.buttons] == [6, 7, 1]
    assert [text for text in captions(page) if text.startswith("✅")] == ["✅ 8", "✅ 22"]


def test_the_answer_on_alerts_offers_what_was_asked_for_and_a_way_to_stop() -> None:
    new = [key.data for row in wishlist.offers(VOICE, Wishes(), "free-mover", "it") for key in row]
    assert new == ["1|w|free-mover", "1|w|all", "1|c|subscribe", "1|c|reminders"]
    old = [key.data for row in wishlist.offers(VOICE, Wishes(frozenset({ALL})), "free-mover", "en") for key in row]
    assert old == ["1|c|subscribe", "1|w|none", "1|c|reminders"]


def test_whoever_wants_an_end_reads_first_what_is_on_and_finds_each_way_out() -> None:
    wishes = replace(FOLLOWS, deadlines=True)
    said = plain(wishlist.what_is_on(VOICE, wishes, "en"))
    assert said.startswith("🔔 On now: alerts on Free Mover, Exchange outside the EU.")
    assert "reminders of the days of your plan" in said
    ways = [key.data for row in wishlist.ways_to_stop(VOICE, wishes, "en") for key in row]
    assert ways == ["1|w|none", "1|w|none|free-mover", "1|w|none|extra-eu", "1|e|off", "1|c|subscribe", "1|c|reminders"]
    assert "Nothing is on" in plain(wishlist.what_is_on(VOICE, Wishes(), "en"))
    left = [key.data for row in wishlist.ways_to_stop(VOICE, Wishes(), "en") for key in row]
    assert left == ["1|c|subscribe", "1|c|reminders"]
    every = [key.data for row in wishlist.ways_to_stop(VOICE, Wishes(frozenset({ALL})), "it") for key in row]
    assert every == ["1|w|none", "1|c|subscribe", "1|c|reminders"]


@pytest.mark.parametrize(
    ("wishes", "opened", "caption"),
    [
        (Wishes(), False, "🔔 Tell me when it opens"),
        (Wishes(), True, "🔔 Remind me before it closes"),
        (FOLLOWS, True, "🔕 Stop these alerts"),
        (FOLLOWS, False, "🔕 Stop these alerts"),
    ],
)
def test_the_button_under_an_answer_says_what_is_still_to_come(*, wishes: Wishes, opened: bool, caption: str) -> None:
    button = wishlist.follow_button(VOICE, wishes, "free-mover", "en", opened=opened)
    assert button.text == caption
    assert button.data == ("1|w|none|free-mover" if wishes == FOLLOWS else "1|w|free-mover")


def test_switching_everything_off_is_warned_about() -> None:
    off = wishlist.reminders_page(VOICE, replace(FOLLOWS, muted=frozenset(Kind)), "en")
    assert "⚠️ Everything is switched off" in off.text
    assert (
        "Everything" not in wishlist.reminders_page(VOICE, replace(FOLLOWS, muted=frozenset({Kind.USUAL})), "en").text
    )


# Days


def test_the_days_of_a_plan_are_offered_under_its_result() -> None:
    assert wishlist.plan_days(VOICE, (), "en", on=False) == ""
    assert plain(wishlist.plan_days(VOICE, (APPLY,), "en", on=False)) == (
        "📌 Days of your plan\n• Free Mover: apply by 1 June 2027\n"
        f"{IMS}\nI can remind you 30, 14, 7 and 1 days before, and on the day."
    )

    def offered(wishes: Wishes, *days: Personal) -> list[str]:
        rows = wishlist.plan_offers(VOICE, wishes, ["free-mover"], days, "en")
        return [key.text for row in rows for key in row]

    assert offered(Wishes(), APPLY, OPENS) == [
        "🔔 Alerts for what fits", "🔔 Remind me of these days", "🔔 Tell me when I qualify",
    ]  # fmt: skip
    assert offered(FOLLOWS, OPENS) == ["🔔 Tell me when I qualify"]
    assert offered(replace(FOLLOWS, deadlines=True), APPLY) == ["📌 My days"]
    assert offered(FOLLOWS) == []


def test_the_page_of_days_shows_what_is_kept_and_what_can_be_ticked() -> None:
    opens = Kept(Programme.ERASMUS_STUDY, What.QUALIFIES, date(2027, 10, 1), id=9)
    on = wishlist.days_page(VOICE, Wishes(deadlines=True), (*KEPT, opens), (APPLY,), TODAY, "en", planned=True)
    shown = plain(on.text).split("\n\n")[1].split("\n")
    assert shown == [
        "1. Free Mover: apply by 1 June 2027",
        "2. ✅ Free Mover: hand in the Evaluation Report by 14 September 2027",
        "3. Erasmus+ study: by your year of study, open to you from 1 October 2027",
        IMS,
    ]
    assert [(key.text, key.data) for key in keys(on)][:2] == [
        ("✅ Done: 1", "1|v|5|list"), ("↩️ Not done yet: 2", "1|v|6|list|undo"),
    ]  # fmt: skip
    assert not any(key.data.startswith("1|v|9") for key in keys(on)), "that a programme opens is nothing to be done"
    off = wishlist.days_page(VOICE, Wishes(), KEPT, (APPLY,), TODAY, "en", planned=True)
    assert "1|e|on" in [key.data for key in keys(off)]
    assert not any(key.data.startswith("1|v") for key in keys(off))


def test_without_days_it_says_whether_there_is_a_plan_and_what_would_have_a_day() -> None:
    def said(*, planned: bool) -> str:
        return plain(wishlist.days_page(VOICE, Wishes(), KEPT[2:], (), TODAY, "en", planned=planned).text)

    assert said(planned=False) == "There are no dates in your plan yet: /plan"
    assert said(planned=True).startswith("Nothing in your plan has a day to remember.")
    assert "the dates of a stay" in said(planned=True)


# The calendar file


def test_a_calendar_holds_the_calls_that_are_followed_and_the_days_that_are_kept() -> None:
    entries = {entry.uid: entry for entry in wishlist.entries(VOICE, FOLLOWS, CALLS, KEPT, NOW, "en")}
    assert list(entries) == [
        "call-3-opens@mobility-desk", "call-3-closes@mobility-desk",
        "call-5-opens@mobility-desk", "call-5-closes@mobility-desk",
        "deadline-5@mobility-desk", "deadline-6@mobility-desk", "deadline-7@mobility-desk",
    ]  # fmt: skip
    opens, closes = entries["call-3-opens@mobility-desk"], entries["call-3-closes@mobility-desk"]
    assert (opens.start, opens.remind, opens.sequence) == (date(2026, 12, 1), timedelta(hours=15), 0)
    assert (closes.start, closes.remind) == (datetime(2027, 1, 15, 11, tzinfo=UTC), timedelta(days=1))
    assert closes.summary == "Free Mover: the call closes"
    gone = entries["call-5-closes@mobility-desk"]
    assert (gone.cancelled, gone.sequence) == (True, 1)
    assert [entries[f"deadline-{each}@mobility-desk"].cancelled for each in (5, 6, 7)] == [False, False, True]
    assert (entries["deadline-5@mobility-desk"].sequence, entries["deadline-6@mobility-desk"].remind) == (2, None)
    assert calendar(entries.values(), NOW, "x").count(b"BEGIN:VEVENT") == 7


def test_a_closing_day_without_an_hour_takes_the_whole_day() -> None:
    call = a_call(closes=datetime(2027, 1, 15, 23, tzinfo=UTC), closes_hour=False)
    closes = wishlist.entries(VOICE, FOLLOWS, (call,), (), NOW, "it")[1]
    assert (closes.start, closes.remind) == (date(2027, 1, 15), timedelta(hours=15))


def test_nothing_followed_and_nothing_kept_is_no_calendar() -> None:
    assert wishlist.entries(VOICE, Wishes(), CALLS, (), NOW, "en") == ()
    assert wishlist.entries(VOICE, FOLLOWS, CALLS[:1], (), NOW + timedelta(days=99), "en") == ()
