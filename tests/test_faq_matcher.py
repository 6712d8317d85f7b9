"""What the matcher makes of questions, mostly with the shipped knowledge: the fault may lie in the phrases."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.faq.matcher import Decision, Entry, Match, Matcher, Vocabulary
from tests.book import trained


@pytest.fixture(scope="module")
def desk() -> Matcher:
    return trained()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("hw long can a free movr stay in sevilla", "free-mover.period"),
        ("deadline for the free movr", "free-mover.when-to-apply"),
        ("quandoscade il freemover", "free-mover.when-to-apply"),
        ("ciao! scusa, quando scade il free mover? grazie", "free-mover.when-to-apply"),
        ("erasums+ traneeship requirments", "erasmus-traineeship.eligibility"),
        ("come si fa dommanda per lo scabmio in cina", "extra-eu.how-to-apply"),
        ("quanto pagano per l'erasmus in germania", "erasmus-study.funding"),
        ("sono al secondo anno, posso fare l'elettiva?", "elective-internship.eligibility"),
        ("does my grade average matter for the thesis scholarship", "thesis-scholarship.eligibility"),
        ("free mover", "free-mover.overview"),
        ("who signs the learning agreement", "general.learning-agreement"),
        ("differenza tra tesi con borsa e tesi senza borsa", "general.compare"),
    ],
)
def test_a_question_gets_its_answer(desk: Matcher, text: str, label: str) -> None:
    match = desk.match(text)
    assert (match.decision, match.answer) == (Decision.ANSWER, label)
    assert match.candidates[0].id == label


@pytest.mark.parametrize(
    "text",
    [
        "exchange my locker",
        "can i exchange my locker with a friend?",
        "borsa frigo per la mensa",
        "borsa di studio regionale",
        "traineeship at google",
        "thesis binding price",
        "free pizza for movers",
        "erasmus bridge opening hours",
        "quando apre la biblioteca",
        "elective surgery waiting list",
        "placement of a dental implant",
    ],
)
def test_a_question_that_borrows_our_words_gets_no_answer(desk: Matcher, text: str) -> None:
    assert desk.match(text).decision is not Decision.ANSWER


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("which papers for an internship abroad?", "how-to-apply"),
        ("quando scade?", "when-to-apply"),
        ("what are the requirements?", "eligibility"),
        ("how much money do i get", "funding"),
    ],
)
def test_several_programmes_are_offered_where_none_is_named(desk: Matcher, text: str, topic: str) -> None:
    match = desk.match(text)
    assert match.decision is Decision.SUGGEST
    assert match.candidates[0].id.endswith(f".{topic}")
    programmes = [each.id.split(".")[0] for each in match.candidates if not each.id.startswith("general.")]
    assert programmes[0] != programmes[1]


def test_one_word_is_never_enough_to_choose_a_programme(desk: Matcher) -> None:
    assert desk.match("borsa").decision is Decision.SUGGEST


@pytest.mark.parametrize(
    ("text", "previous", "label"),
    [
        ("ok and the papers?", "free-mover.when-to-apply", "free-mover.how-to-apply"),
        ("e da che anno?", "erasmus-study.funding", "erasmus-study.eligibility"),
        ("and the money?", "extra-eu.period", "extra-eu.funding"),
        ("e per il free mover?", "erasmus-study.funding", "free-mover.funding"),
        ("non quello, il traineeship", "erasmus-study.funding", "erasmus-traineeship.funding"),
        ("quando scade?", "free-mover.overview", "free-mover.when-to-apply"),
        ("and for the elective?", "general.choose", "elective-internship.overview"),
        ("e quando scade il free mover?", "thesis-scholarship.funding", "free-mover.when-to-apply"),
        ("how do i contact the desk?", "free-mover.period", "general.desk"),
        ("chi firma il learning agreement?", "erasmus-study.period", "general.learning-agreement"),
        ("voglio parlare con una persona", "erasmus-study.period", "general.human"),
        ("grazie!", "erasmus-study.period", "general.thanks"),
        ("no, the traineeship", "erasmus-study.funding", "erasmus-traineeship.funding"),
        ("no I meant the elective", "erasmus-study.funding", "elective-internship.funding"),
    ],
)
def test_a_follow_up_builds_on_the_answer_before(desk: Matcher, text: str, previous: str, label: str) -> None:
    assert desk.match(text, previous=previous).answer == label


def test_a_follow_up_with_two_meanings_is_asked_back(desk: Matcher) -> None:
    match = desk.match("when?", previous="free-mover.overview")
    assert match.decision is Decision.SUGGEST
    assert {each.id for each in match.candidates[:2]} == {"free-mover.when-to-apply", "free-mover.period"}


@pytest.mark.parametrize(
    "text",
    [
        "my roommate tried to kill herself",
        "I got hit by a car in Berlin",
        "qualcuno mi segue ho paura",
        "mi hanno aggredita in metro a lisbona",
        "i was raped in my dorm",
        "I was hit by a car and I am in the hospital",
    ],
)
def test_who_is_in_danger_is_told_whom_to_call_whatever_else_is_said(desk: Matcher, text: str) -> None:
    match = desk.match(text)
    assert (match.decision, match.answer) == (Decision.ANSWER, "general.emergency")


@pytest.mark.parametrize("text", ["ammazza che bello", "can I do my thesis on heart attack patients as a free mover?"])
def test_not_every_terrible_word_is_an_alarm(desk: Matcher, text: str) -> None:
    assert desk.match(text).answer != "general.emergency"


@pytest.mark.parametrize("text", ["exchange my locker", "quanto costa la mensa?", "ok", "asdf"])
def test_a_follow_up_is_not_answered_at_any_price(desk: Matcher, text: str) -> None:
    assert desk.match(text, previous="extra-eu.period").decision is not Decision.ANSWER


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("i want to talk to a human about the erasmus traineeship", "general.human"),
        ("avvisami quando apre il bando del free mover", "general.subscribe"),
    ],
)
def test_what_is_to_be_done_is_done_even_if_a_programme_is_named(desk: Matcher, text: str, label: str) -> None:
    assert desk.match(text).answer == label


@pytest.mark.parametrize(("text", "label"), [("ciao", "general.greeting"), ("grazie mille", "general.thanks")])
def test_politeness_alone_is_answered(desk: Matcher, text: str, label: str) -> None:
    assert desk.match(text).answer == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("not erasmus study, how long is the free mover?", "free-mover.period"),
        ("non l'elettiva, il free mover: come si fa domanda?", "free-mover.how-to-apply"),
        ("non la tesi con borsa, quella senza: come si fa domanda?", "thesis-no-scholarship.how-to-apply"),
        ("not the elective but the free mover, how do I apply", "free-mover.how-to-apply"),
        ("no erasmus study deadline?", "erasmus-study.when-to-apply"),
    ],
)
def test_a_programme_may_be_set_aside(desk: Matcher, text: str, label: str) -> None:
    assert desk.match(text).answer == label


@pytest.mark.parametrize(
    "text", ["", " ", "?", "a", "😀", "😀" * 5_000, "1234", "the", "asdkjh qwe", "привет", "\ud800"]
)
def test_nonsense_gets_nothing(desk: Matcher, text: str) -> None:
    assert desk.match(text).decision is Decision.NONE


@pytest.mark.parametrize(
    ("text", "lang"),
    [("when does the call open", "en"), ("quando esce il bando", "it"), ("free mover quanto dura", "it")],
)
def test_the_language_is_recognised(desk: Matcher, text: str, lang: str) -> None:
    assert desk.match(text).lang == lang


def test_the_language_may_be_given(desk: Matcher) -> None:
    assert desk.match("when does the call open", lang="it").lang == "it"


def check(match: Match) -> None:
    scores = [candidate.score for candidate in match.candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len(scores) <= 5
    assert (match.decision is Decision.ANSWER) == (match.answer is not None)
    if match.decision is Decision.ANSWER:
        assert match.answer == match.candidates[0].id
    if match.decision is Decision.SUGGEST:
        assert match.candidates
    assert match.lang in {"en", "it"}


WORDS = st.sampled_from(
    ["how", "long", "free", "mover", "quando", "scade", "borsa", "tesi", "not", "erasmus", "ciao", "?", "4th"]
)


@given(
    st.one_of(st.text(st.characters()), st.lists(WORDS, max_size=12).map(" ".join)),
    st.sampled_from([None, "free-mover.period", "x"]),
)
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_match_and_always_the_same(desk: Matcher, text: str, previous: str | None) -> None:
    match = desk.match(text, previous=previous)
    check(match)
    assert desk.match(text, previous=previous) == match


def test_the_longest_message_is_matched_at_once(desk: Matcher) -> None:
    text = " ".join(f"{letter}bcdfgh{other}" for letter in "abcdefghijklmnopqrstuvwxyz" for other in "aeiouxyz")
    before = time.perf_counter()
    check(desk.match(text * 20))
    assert time.perf_counter() - before < 0.5


def test_labels_may_be_of_any_kind() -> None:
    matcher = Matcher(
        [
            Entry("card_declined", {"en": ["my card was declined", "card refused at the shop"]}),
            Entry("balance", {"en": ["what is my balance", "how much is on my account"]}),
        ]
    )
    match = matcher.match("card declined")
    check(match)
    assert match.candidates[0].id == "card_declined"
    assert match.lang == "en"


@pytest.mark.parametrize("phrases", [{}, {"en": []}, {"en": ["?"]}])
def test_a_faq_may_be_empty(phrases: dict[str, list[str]]) -> None:
    matcher = Matcher([Entry("nothing", phrases)])
    assert matcher.match("hello").decision is not Decision.ANSWER
    assert Matcher([]).match("hello") == Match(Decision.NONE, None, (), "en")


def test_names_of_what_is_no_programme_are_ignored() -> None:
    matcher = Matcher([Entry("a", {"en": ["where is it"]})], {"moon": ["moon"]}, Vocabulary(denials=["not"]))
    check(matcher.match("not the moon, where"))
