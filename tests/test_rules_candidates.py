"""What may mean what, in which order, and how it is shown: nothing here learns anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.faq.matcher import Decision, Match
from bot.rules import candidates as rules
from bot.rules.answers import Phrasing
from bot.rules.blackout import BLACK
from bot.rules.buttons import Act, data
from bot.rules.candidates import Asking, Case, Lesson, Missed, cases
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, Message, plain
from tests import book

PERIOD, LONGEST = "free-mover.period", "thesis-no-scholarship.when-to-apply"
VOICE = Voice(book.knowledge(), book.ROME)


def missed(number: int, text: str, score: float = 0.1, **given: object) -> Missed:
    return replace(Missed(number, text, "en", score), **given)  # type: ignore[arg-type]


def by_label(text: str, lang: Lang) -> Match:
    return book.by_label(text, None, lang)


def by_first_word(texts: Sequence[str]) -> list[list[int]]:
    """Texts with the same first word are alike."""
    words = [text.split()[0] for text in texts]
    return [[at for at, each in enumerate(words) if each == word] for word in dict.fromkeys(words)]


def found(*asked: Missed, settled: Sequence[str] = ()) -> list[list[int]]:
    return [[each.id for each in case.asked] for case in cases(asked, settled, by_label, by_first_word)]


def sound(message: Message) -> str:
    """What a message says, once Telegram would take it."""
    book.assert_sound(message)
    for line in message.text.split("\n"):
        book.assert_tags_close_on_their_line(line)
    return plain(message.text)


# Which, and in which order


def test_many_come_before_few_near_misses_before_far_ones_and_new_before_old() -> None:
    asked = [missed(1, "a"), missed(2, "b", 0.4), missed(3, "c"), missed(4, "d"), missed(5, "d x")]
    assert found(*asked) == [[4, 5], [2], [1], [3]]


def test_what_is_settled_takes_along_what_is_like_it() -> None:
    asked = [missed(1, "a"), missed(2, "b"), missed(3, "b x", settled=True), missed(4, "c y")]
    assert found(*asked, settled=["c"]) == [[1]]


def test_what_is_answered_by_now_is_left_out_unless_that_was_refused() -> None:
    assert found(missed(1, PERIOD)) == []
    assert found(missed(1, f"{PERIOD}?")) == [[1]]
    assert found(missed(1, PERIOD, label=PERIOD, given=True)) == [[1]]
    assert found(missed(1, PERIOD, label="general.desk", given=True)) == []
    assert found(missed(1, PERIOD, label=PERIOD)) == []  # it was one of several then, and now it is sure


def test_what_is_settled_stays_so_though_it_is_answered_by_now() -> None:
    assert found(missed(1, PERIOD, settled=True), missed(2, f"{PERIOD} in other words")) == []


def test_three_answers_are_offered_and_none_that_was_given_and_refused() -> None:
    (case,) = cases([missed(1, f"{PERIOD}?")], (), by_label, by_first_word)
    assert case.labels == (PERIOD, "general.choose", "free-mover.overview")
    (case,) = cases([missed(1, PERIOD, label=PERIOD, given=True)], (), by_label, by_first_word)
    assert case.labels == ("general.desk", "free-mover.funding")
    (case,) = cases([missed(1, "zzz")], (), by_label, by_first_word)
    assert case.labels == ()


def test_a_question_and_a_wish_travel_as_plain_values() -> None:
    one = missed(1, "a", label=PERIOD, given=True)
    assert Missed(**one.carried()) == one
    asking = Asking(2, 30, "it", admin=True, undo=3)
    assert Asking(**asking.carried()) == asking


# What is read


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_is_taken_by_telegram_however_much_stands_on_it(lang: Lang) -> None:
    asked = tuple(missed(10**11 + at, f"{at} <b>& " + "x" * 490, label=PERIOD) for at in range(200))
    case = Case(asked, (LONGEST, "general.erasmus-contribution", PERIOD))
    asking = Asking(199, 365, lang, admin=True, undo=10**11, looked_at=200)
    message = rules.page(VOICE, [case] * 201, asking)
    text = sound(message)
    assert len(text) < 4096
    assert "200" in text
    assert [len(row) for row in message.buttons] == [1, 1, 1, 2, 1, 2]


def test_a_place_that_is_gone_is_the_last_there_is() -> None:
    pages = [Case((missed(at, f"q{at}"),), ()) for at in (1, 2)]
    message = rules.page(VOICE, pages, Asking(7, 30, "en", admin=False))
    assert "Not understood: 2 of 2 (the last 30 days)" in sound(message)
    assert [[key.data for key in row] for row in message.buttons] == [
        [data(Act.CANDIDATE, 2, "foreign", 30, 1)], [data(Act.CANDIDATE, 0, "at", 30)]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (missed(1, "a"), "I found no answer."),
        (missed(1, "a", label=PERIOD), "I offered «Free Mover · When and how long», among others"),
        (missed(1, "a", label=PERIOD, given=True), "I answered with «Free Mover · When and how long»"),
        (missed(1, "a", label="desk.99", given=True), "I answered with «desk.99»"),
    ],
)
def test_what_became_of_it_is_told(one: Missed, told: str) -> None:
    assert told in sound(rules.page(VOICE, [Case((one,), ())], Asking(0, 7, "en", admin=True)))


def test_nothing_to_sort_out_is_one_sentence() -> None:
    assert sound(rules.page(VOICE, [], Asking(0, 1, "en", admin=True))).startswith("✨ Nothing to sort out (today)")
    message = rules.page(VOICE, [], Asking(0, 7, "it", admin=True, undo=4))
    assert [key.data for row in message.buttons for key in row] == [data(Act.CANDIDATE, 4, "undo", 7, 0)]


LESSON = Lesson(PERIOD, "it", "quanto dura <b>", (12, "2026-11-22T09:30:00+00:00"), 7, 3)


def test_a_lesson_travels_as_plain_values_and_counts_its_changes() -> None:
    assert Lesson.read(LESSON.carried()) == LESSON
    after = LESSON.changed(text="altro")
    assert (after.step, after.phrasing) == (1, Phrasing(PERIOD, "it", "altro"))
    assert LESSON.fault == ""
    assert LESSON.changed(text=f"a {BLACK}").fault == "proposal.black-left"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("label", [PERIOD, None])
def test_what_is_decided_on_is_shown_in_full(lang: Lang, label: str | None) -> None:
    lesson = LESSON.changed(label=label, text="x" * 300)
    shown = sound(rules.preview(VOICE, 4, lesson, lang, admin=True, removed=("Giulia",)))
    offered = sound(rules.offer(VOICE, 4, lesson.phrasing, "Tina", lang))
    for text in (shown, offered):
        assert "x" * 300 in text
        assert (PERIOD in text) == (label is not None)
    assert "Giulia" in shown


@pytest.mark.parametrize("lang", LANGS)
def test_what_came_of_it_is_told_as_the_faq_answers_now(lang: Lang) -> None:
    ours, foreign = Phrasing(PERIOD, "en", "a"), Phrasing(None, "en", "a")
    sure, unsure, nothing = (
        book.match(decision, (PERIOD,), "en") for decision in (Decision.ANSWER, Decision.SUGGEST, Decision.NONE)
    )
    told = [sound(rules.live(VOICE, 4, ours, match, lang)) for match in (sure, unsure)]
    told += [sound(rules.live(VOICE, 4, foreign, match, lang)) for match in (nothing, unsure)]
    assert len(set(told)) == 4
    for keys in (rules.DECIDED, rules.YOURS):
        for key in keys.values():
            sound(rules.decided(VOICE, key, ours, "Tina", lang))


def test_what_is_in_use_is_listed_with_a_way_back() -> None:
    message = rules.taken(VOICE, {3: Phrasing(PERIOD, "en", "a"), 1: Phrasing(None, "it", "b")}, "en")
    assert "3 · “a” → Free Mover · When and how long\n1 · “b” → None of ours" in sound(message)
    assert [key.data for row in message.buttons for key in row] == [
        data(Act.CANDIDATE, 3, "back"), data(Act.CANDIDATE, 1, "back")
    ]  # fmt: skip
    assert rules.in_faq(VOICE, (), 0, "en") == ()
    assert len(rules.in_faq(VOICE, (1, 2), 3, "en")) == 3
