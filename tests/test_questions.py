"""The labelled questions are fit to judge by: each asks for one answer, and none of them was given away beforehand."""

from __future__ import annotations

from collections import Counter

from bot.faq.evaluation import Part, part
from bot.faq.overlap import leaks
from bot.faq.text import words
from bot.knowledge import entries
from tests.book import knowledge, questions, shelf

STYLES = {"clean", "typos", "telegraphic", "verbose", "slang", "far", "contrast", "followup"}
FOREIGN_STYLES = {"borrowed", "foreign"}
LANGS = {"en", "it", "mixed"}
FEWEST = 20
"""Questions in and out of scope that each part has in each language."""


def test_no_question_is_asked_twice() -> None:
    asked = Counter((" ".join(words(each.text)), each.previous) for each in questions())
    assert [text for text, several in asked.items() if several > 1] == []
    assert len({each.text for each in questions()}) == len(questions())


def test_every_question_has_a_label_that_exists_or_none() -> None:
    labels = {label for label, _ in knowledge().answers()}
    assert {each.label for each in questions()} - {None} <= labels
    assert {each.previous for each in questions()} - {None} <= labels


def test_every_question_says_its_language_and_how_it_is_written() -> None:
    for each in questions():
        assert each.lang in LANGS, each
        assert each.style in (FOREIGN_STYLES if each.label is None else STYLES), each
        assert (each.previous is not None) is (each.style == "followup"), each


def test_both_parts_have_questions_of_every_kind() -> None:
    for half in Part:
        kinds = Counter((each.label is None, each.lang) for each in questions() if part(each.text) is half)
        assert min(kinds[foreign, lang] for foreign in (False, True) for lang in ("en", "it")) >= FEWEST
        styles = {each.style for each in questions() if part(each.text) is half}
        assert styles == STYLES | FOREIGN_STYLES


def test_no_question_stands_among_the_phrases_nor_nearly() -> None:
    learned = [*(entry.phrases for entry in entries(knowledge())), shelf().vocabulary.foreign]
    phrases = [text for by_lang in learned for texts in by_lang.values() for text in texts]
    assert leaks(phrases, [each.text for each in questions()]) == []
