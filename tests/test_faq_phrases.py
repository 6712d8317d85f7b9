from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.faq.matcher import Entry, Vocabulary
from bot.faq.phrases import SURE, Phrase, strays, twins

NAMES = {"free-mover": ["free mover", "clerkship"], "extra-eu": ["extra-eu exchange"]}
MONEY = [
    "how much money do I get", "is there any money for it", "what money is there", "do they give us money for it",
    "which money may I count on", "will I see the money before I leave",
]  # fmt: skip
PAPERS = [
    "which papers do I need", "where do I send the papers", "my professor signs the papers",
    "what papers are there to fill in", "are the papers in English", "who signs the papers",
]  # fmt: skip


def entries(money: list[str], papers: list[str]) -> list[Entry]:
    return [Entry("a.money", {"en": money, "it": []}), Entry("a.papers", {"en": papers})]


def test_phrases_in_their_place_do_not_stray() -> None:
    assert list(strays(entries(MONEY, PAPERS), NAMES, Vocabulary())) == []


def test_a_phrase_under_the_answer_of_another_strays() -> None:
    misplaced = "which papers do I send and who signs the papers"
    (stray,) = (each for each in strays(entries([*MONEY, misplaced], PAPERS), NAMES) if each.phrase.label == "a.money")
    assert (stray.phrase.lang, stray.phrase.place, stray.phrase.text) == ("en", 6, misplaced)
    assert stray.taken == "a.papers"
    assert SURE <= stray.score <= 1


def test_an_answer_with_one_phrase_is_not_judged_without_it() -> None:
    alone = Entry("desk.1", {"en": ["which papers do I need for my dog"], "it": []})
    assert list(strays([*entries(MONEY, PAPERS), alone], NAMES)) == []


def test_a_phrase_that_names_no_programme_is_asked_about_its_own() -> None:
    asked = [
        Entry("free-mover.funding", {"en": [f"{text} as a free mover" for text in MONEY]}),
        Entry("free-mover.how-to-apply", {"en": [f"{text} as a free mover" for text in [*PAPERS, "where are papers"]]}),
        Entry("extra-eu.funding", {"en": MONEY}),
        Entry("extra-eu.how-to-apply", {"en": PAPERS}),
    ]
    assert list(strays(asked, NAMES)) == []


def test_nothing_strays_where_there_is_nothing() -> None:
    assert list(strays([], NAMES)) == []
    assert list(strays([Entry("a", {"en": []})], NAMES)) == []


def pairs_of(
    one: str, other: str, *, label: str = "b.money", names: Mapping[str, Sequence[str]] = NAMES
) -> list[tuple[Phrase, Phrase]]:
    return list(twins([Entry("a.money", {"en": ["ciao", one]}), Entry(label, {"it": [other]})], names))


def test_phrases_of_two_answers_that_are_nearly_the_same_are_twins() -> None:
    ((one, other),) = pairs_of(
        "who can write the thesis abroad without a grant", "Can I write the thesis abroad without a grant?"
    )
    assert (one.label, one.lang, one.place) == ("a.money", "en", 1)
    assert (other.label, other.lang, other.place) == ("b.money", "it", 0)


def test_what_differs_in_the_name_of_a_programme_is_no_twin() -> None:
    alike = "what do I have to pay for as a free mover abroad", "what do I have to pay for as a free rider abroad"
    assert pairs_of(*alike) == []
    assert pairs_of(*alike, names={})


def test_phrases_of_one_answer_are_no_twins() -> None:
    assert pairs_of("who can write the thesis abroad", "Who can write the thesis abroad?", label="a.money") == []
