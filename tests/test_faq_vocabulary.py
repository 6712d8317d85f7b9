from __future__ import annotations

from bot.faq.vocabulary import ELSEWHERE, Expressions, Meanings, Vocabulary


def test_the_longest_expression_wins() -> None:
    expressions = Expressions({"thank you": 1, "thank you very much": 2})
    assert expressions.at(["thank", "you", "very", "much", "indeed"], 0) == (4, 2)
    assert expressions.at(["oh", "thank", "you"], 1) == (3, 1)


def test_spaces_do_not_count_in_an_expression() -> None:
    expressions = Expressions({"free mover": "found"})
    assert expressions.at(["freemover"], 0) == (1, "found")
    assert expressions.at(["fre", "emover"], 0) == (2, "found")
    assert expressions.at(["mover"], 0) is None


def test_an_expression_without_words_is_never_found() -> None:
    assert Expressions({"?!": True}).at(["hello"], 0) is None


def test_a_word_has_the_meanings_of_its_beginnings() -> None:
    meanings = Meanings(Vocabulary(synonyms={"deadline": ["scad*", "due"], "date": ["scadenz*"]}))
    assert meanings.of("scade") == ("deadline",)
    assert set(meanings.of("scadenza")) == {"deadline", "date"}
    assert meanings.of("due") == ("deadline",)
    assert meanings.of("dues") == ()


def test_expressions_have_a_meaning_beside_that_of_their_words() -> None:
    meanings = Meanings(Vocabulary(synonyms={"length": ["how long"], "far": ["long"]}))
    assert meanings.among(["how", "long"]) == ["length", "far"]


def test_words_of_every_other_subject_mean_the_same() -> None:
    meanings = Meanings(Vocabulary(elsewhere={"food": ["pizza"], "sport": ["footb*"]}))
    assert meanings.of("pizza") == meanings.of("football") == (ELSEWHERE,)


def test_a_vocabulary_may_be_empty() -> None:
    assert Meanings(Vocabulary()).among(["anything"]) == []
