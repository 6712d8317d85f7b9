"""What staff read of what students ask: every sentence on a page, and what is not said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.playground.entities import parse_html, utf16_len
from bot.rules.findings import Answered, Before, Counted, Findings, Span
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, LONGEST_TEXT, Lang, Message
from bot.rules.statistics import lasting, missed, missed_heading, number, page, period
from bot.rules.tickets import Origin, State
from tests import book
from tests.book import ROME

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
WEEK = Span.of(7, NOW, ROME)
FEW = [Counted(0, "en", "answer", 3), Counted(6, "it", "none", 1)]
MANY = [
    Counted(0, "en", "answer", 900),
    Counted(1, "it", "suggest", 150),
    Counted(1, "it", "answer", 50, rejected=True),
    Counted(6, "it", "none", 100),
]


def voice() -> Voice:
    return Voice(book.knowledge(), ROME)


def said(found: Findings, lang: Lang = "en") -> str:
    message = page(voice(), found, lang)
    book.assert_sound(message)
    book.assert_tags_close_on_their_line(message.text)
    return parse_html(message.text)[0]


def waits(*hours: float, helpful: bool | None = None) -> list[Answered]:
    return [Answered(NOW - timedelta(hours=each), NOW, helpful) for each in hours]


def answered(*hours: float, helpful: bool | None = None) -> Findings:
    return Findings(WEEK, FEW, answered=len(hours), waits=waits(*hours, helpful=helpful))


def test_where_nothing_was_ever_asked_it_says_so() -> None:
    text = said(Findings(WEEK, ever=False))
    assert "Nothing asked yet" in text
    assert "Questions" not in text
    assert "Nothing was asked in these days" in said(Findings(WEEK))


def test_small_numbers_are_named_and_large_ones_are_also_shares() -> None:
    assert "Answered at once: 3 of 4\n" in said(Findings(WEEK, FEW))
    text = said(Findings(WEEK, MANY))
    assert "Questions: 1,200" in text
    assert "Answered at once: 900 of 1,200 (75%)" in text
    assert "Offered several answers: 150 of 1,200" in text
    assert "that’s not it”: 50 of 1,200 (4%)" in text
    assert "Found no answer: 100 of 1,200 (8%)" in text
    assert "Risposta immediata: 900 su 1.200 (75%)" in said(Findings(WEEK, MANY), "it")


def test_questions_are_told_a_day_with_the_busiest_and_by_language() -> None:
    text = said(Findings(WEEK, MANY))
    assert "About 171 a day; the busiest was Wednesday 25 November with 900" in text
    assert "In English 900, in Italian 300" in text
    assert "About 0.6 a day" in said(Findings(WEEK, FEW))
    assert "busiest" not in said(Findings(WEEK, FEW[1:]))
    assert "mercoledì 25 novembre, 900" in said(Findings(WEEK, MANY), "it")


@pytest.mark.parametrize(
    ("days", "before", "told"),
    [
        (7, 2, "Questions: 4, 2 more than the week before"),
        (7, 5, "Questions: 4, 1 fewer than the week before"),
        (7, 4, "Questions: 4, as many as the week before"),
        (1, 3, "Questions: 4, 1 more than yesterday up to this hour"),
        (30, 3, "Questions: 4, 1 more than the 30 days before"),
        (365, 3, "Questions: 4, 1 more than the year before"),
    ],
)
def test_it_is_compared_with_the_span_before(days: int, before: int, told: str) -> None:
    found = Findings(Span.of(days, NOW, ROME), FEW, before=Before(before, 0))
    assert told in said(found)
    assert "more than" not in said(replace(found, before=None))


def test_tickets_are_told_by_how_they_came_about() -> None:
    text = said(Findings(WEEK, FEW, opened={Origin.ASKED: 2, Origin.FAILED: 1}, before=Before(4, 5)))
    assert "Tickets opened: 3, 2 fewer than the week before\n• asked for a person: 2\n• the bot failed twice: 1" in text
    assert "Tickets answered" not in text


def test_a_median_says_how_many_it_rests_on() -> None:
    assert "First answer, by the clock: after 3 h (one ticket)" in said(answered(3))
    assert "median 2 h 30 min, longest 50 h" not in said(answered(1, 2, 3, 50))
    assert "median 2 h 30 min, longest 2 days 2 h (4 tickets)" in said(answered(1, 2, 3, 50))
    assert "median 5 h 30 min, nine in ten within 9 h (10 tickets)" in said(answered(*range(1, 11)))


def test_desk_hours_are_told_beside_the_clock_and_never_in_days() -> None:
    message = page(voice(), answered(200, 300), "en", lambda start, end: (end - start) / 2)
    assert "by the clock: median 10 days 10 h, longest 12 days 12 h (2 tickets)" in message.text
    assert "in desk hours: median 125 h, longest 150 h (2 tickets)" in message.text


def test_whether_it_helped_counts_those_who_told() -> None:
    assert "nobody has told" in said(answered(1, 2))
    found = replace(answered(1), waits=[*waits(1, 2, 3, helpful=True), *waits(1, helpful=False), *waits(5)])
    assert "It helped: 3 of 4 who told" in said(found)


def test_the_answers_most_asked_for_have_their_titles() -> None:
    text = said(Findings(WEEK, FEW, top=[("free-mover.when-to-apply", 3), ("general.desk", 1), ("old.one", 1)]))
    assert "3 × Free Mover · When to apply" in text
    assert "1 × old.one (no longer in the FAQ)" in text


def test_what_was_not_understood_is_shown_in_groups_the_biggest_first() -> None:
    text = missed(voice(), ["gym?", "is there a gym", "wifi <b>", "gym?"], [[2], [0, 1, 3]], "en")
    assert text == "3 × “gym?”, “is there a gym”\n1 × “wifi &lt;b&gt;”"


def test_of_many_groups_the_biggest_are_shown_and_the_rest_is_counted() -> None:
    texts = [f"text {number}" for number in range(12)]
    groups = [[number] for number in range(10)] + [[10, 11]]
    text = missed(voice(), texts, groups, "en")
    assert text.startswith("2 × “text 10”, “text 11”\n1 × “text 0”")
    assert text.count("1 × ") == 7
    assert text.endswith("… and 3 more")


def test_it_says_so_where_only_the_newest_are_looked_at() -> None:
    assert missed_heading(voice(), Findings(WEEK, MANY, missed=["?"] * 150), "en") == "❓ <b>Not understood</b>"
    assert missed_heading(voice(), Findings(WEEK, MANY, missed=["?"] * 9), "en").endswith(", of the newest 9")


def test_what_is_open_now_is_told_even_where_nothing_happened() -> None:
    stands = {State.NEW: 2, State.WAITING: 1}
    text = said(Findings(WEEK, open_now=stands, waits_since=NOW - timedelta(days=3), subscribers=1200))
    assert "Open tickets now: 3 (2 new, 1 waiting for the student)" in text
    assert "Waiting longest for a first answer: 3 days" in text
    assert "Subscribed to calls now: 1,200" in text
    assert "Open tickets now: none" in said(Findings(WEEK))


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "under a minute"), (40, "40 min"), (60, "1 h"), (200, "3 h 20 min"), (2879, "47 h 59 min"), (2880, "2 days")],
)
def test_a_time_is_told_in_words(minutes: int, told: str) -> None:
    assert lasting(voice(), timedelta(minutes=minutes), "en", days=True) == told


def test_a_span_is_told_by_its_days() -> None:
    assert period(WEEK, "en") == "25 Nov – 1 Dec 2026"
    assert period(Span.of(365, NOW, ROME), "it") == "2 dic 2025 – 1 dic 2026"
    assert period(Span.of(1, NOW, ROME), "it") == "1 dic 2026"
    assert said(Findings(Span.of(1, NOW, ROME))).startswith("📊 Today, 1 December 2026")


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    assert (number(1234, "en"), number(1234, "it"), number(1.25, "it")) == ("1,234", "1.234", "1,2")


def captions(message: Message) -> list[str]:
    return [button.text for row in message.buttons for button in row]


def test_the_span_that_is_shown_is_ticked() -> None:
    assert captions(page(voice(), Findings(WEEK), "en")) == ["✓ 7 days", "30 days", "90 days", "A year"]
    assert captions(page(voice(), Findings(Span.of(12, NOW, ROME)), "it")) == [
        "7 giorni", "30 giorni", "90 giorni", "Un anno",
    ]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_the_longest_page_fits_into_one_message(lang: Lang) -> None:
    labels = sorted((label for label, _ in book.knowledge().answers()), key=len)[-10:]
    texts = [f"{place} {'<&>' * 40}" for place in range(300)]
    found = Findings(
        Span.of(365, NOW, ROME), MANY, [(label, 99_999) for label in labels], texts,
        dict.fromkeys(Origin, 99_999), 99_999,
        waits(*range(1000, 2000), helpful=True), dict.fromkeys(State, 99_999), NOW - timedelta(days=999), 99_999,
        Before(99_999, 99_999),
    )  # fmt: skip
    message = page(voice(), found, lang, lambda start, end: end - start)
    groups = [range(start, start + 10) for start in range(0, 300, 10)]
    below = f"{missed_heading(voice(), found, lang)}\n{missed(voice(), texts, groups, lang)}"
    assert utf16_len(parse_html(f"{message.text}\n\n{below}")[0]) <= LONGEST_TEXT
