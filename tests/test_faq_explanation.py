from __future__ import annotations

import pytest

from bot.faq.explanation import Explanation, corrections
from bot.faq.matcher import Entry, Matcher
from tests.book import trained


def explained(text: str, previous: str | None = None) -> Explanation:
    found = trained().explain(text, previous=previous)
    assert found is not None
    return found


def test_it_ends_where_the_match_does() -> None:
    for text in ("hw long can a free movr stay", "borsa?", "where do i park my boat"):
        match, why = trained().match(text), explained(text)
        assert why.decision == match.decision.value
        assert why.labels[0].name == match.candidates[0].id
        assert why.probability == match.candidates[0].score


def test_it_names_corrections_names_and_meanings() -> None:
    why = explained("hw long can a free movr stay, not the elective?")
    assert ("hw", "how") in why.corrected
    assert ("movr", "mover") in why.corrected
    assert (why.named, why.denied) == (("free-mover",), ("elective-internship",))
    assert why.set_aside == "not the elective"
    assert "=how-long" in why.meanings


def test_what_speaks_for_the_topic_is_said() -> None:
    why = explained("how long does the free mover last")
    assert why.topics[0].name == "period"
    assert max(why.topic_reasons, key=lambda reason: reason.worth).feature == "=how-long"


def test_words_that_are_not_ours_are_named() -> None:
    why = explained("can i take my zebra along as a free mover")
    assert why.unknown == ("zebra",)
    assert why.alien > 0


def test_the_phrases_it_is_most_like_come_first() -> None:
    near = explained("how long does the free mover last").near
    assert [each.likeness for each in near] == sorted((each.likeness for each in near), reverse=True)
    assert near[0].shared


def test_an_alarm_is_told() -> None:
    assert "alarm      general.emergency" in str(explained("my roommate is unconscious"))


def test_the_context_is_told() -> None:
    assert "follows    extra-eu.overview" in str(explained("and the money?", "extra-eu.overview"))


@pytest.mark.parametrize("text", ["", "😀", "the"])
def test_nothing_is_explained_where_nothing_is_asked(text: str) -> None:
    assert trained().explain(text) is None


def test_labels_without_programmes_have_no_programme_to_explain() -> None:
    plain = Matcher([Entry("card", {"en": ["my card is lost"]}), Entry("balance", {"en": ["how much is left"]})])
    why = plain.explain("the card is lost")
    assert why is not None
    assert (why.programmes, why.programme_reasons) == ((), ())
    assert "programme" not in str(why)


def test_corrections_are_the_stretches_that_differ() -> None:
    assert corrections(["hw", "long", "fre", "mover"], ["how", "long", "free", "mover"]) == (
        ("hw", "how"),
        ("fre", "free"),
    )
