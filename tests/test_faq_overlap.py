from __future__ import annotations

import pytest

from bot.faq.overlap import leaks, pairs

PHRASES = [
    "Who has to sign my learning agreement?",
    "Buongiorno",
    "How long can a free mover stay abroad?",
    "free mover docs",
    "When does the call for the thesis scholarship open?",
]


@pytest.mark.parametrize(
    ("question", "phrase", "likeness"),
    [
        ("buongiorno!!", "Buongiorno", 1.0),
        ("who has to sign MY learning agreement", "Who has to sign my learning agreement?", 1.0),
        ("my learning agreement, who has to sign?", "Who has to sign my learning agreement?", 1.0),
        ("docs free mover", "free mover docs", 1.0),
        ("who has to sign the learning agreement", "Who has to sign my learning agreement?", None),
        ("hw long can a free movr stay abroad", "How long can a free mover stay abroad?", None),
    ],
)
def test_a_question_that_is_a_phrase_or_nearly_is_found(question: str, phrase: str, likeness: float | None) -> None:
    (leak,) = leaks(PHRASES, ["is there a doctor here", question])
    assert (leak.question, leak.phrase) == (question, phrase)
    assert leak.likeness == likeness if likeness else 0.9 <= leak.likeness < 1


@pytest.mark.parametrize(
    "question",
    [
        "how long may I stay as a free mover",
        "When does the call for the Erasmus traineeship open?",
        "free mover doc",  # short: one letter may be all that differs
        "buongiornoo",
        "???",
        "",
    ],
)
def test_a_question_in_words_of_its_own_is_none(question: str) -> None:
    assert leaks(PHRASES, [question]) == []


def test_the_likest_come_first_each_with_the_phrase_most_like_it() -> None:
    phrases = ["can i ask for the grant in march please", "can i ask for the grant in march", "ciao"]
    found = leaks(phrases, ["can i ask for a grant in march", "Ciao"])
    assert [(leak.question, leak.phrase) for leak in found] == [("Ciao", "ciao"), (
        "can i ask for a grant in march", "can i ask for the grant in march"
    )]  # fmt: skip


def test_pairs_are_found_among_many() -> None:
    texts = [f"{number:04} {number * 7919 % 104729:06} quite another question" for number in range(600)]
    assert [pair for pair in pairs([*PHRASES, *PHRASES]) if pair[0] < 5] == [(at, at + 5) for at in range(5)]
    texts[3], texts[599] = "where do I send the signed papers", "where do I send my signed papers"
    assert (3, 599) in set(pairs(texts))


def test_texts_without_words_are_no_pair() -> None:
    assert list(pairs(["???", "!!!", "", "free mover docs", "free mover dogs"])) == []
