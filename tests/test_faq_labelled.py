from __future__ import annotations

import pytest

from bot.faq.evaluation import Question
from bot.faq.labelled import NotLabelled, entries, read
from bot.faq.matcher import Entry


def test_a_file_is_read_line_by_line() -> None:
    text = """
    {"text": "when?", "label": "a.b", "lang": "en", "style": "slang", "previous": "a.c", "id": 7}\r
{"text": "caff\\u00e8 \u2028 \\ud800", "label": null, "lang": null}

"""
    assert read(text) == [
        Question("when?", "a.b", "en", "slang", "a.c"),
        Question("caffè \u2028 \ud800", None, None, None, None),
    ]
    assert read("") == []


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        *((line, 'each line must be {"text": "…", "label": "…" or null}') for line in (
            "not json", "[1]", "7", '"text"', '{"text": "a"', "[" * 100_000, '{"text": "a"}', '{"label": "b"}',
            '{"text": null, "label": "b"}', '{"text": "a", "label": 7}', '{"text": "a", "label": ["b"]}',
        )),
        ('{"text": "a", "label": "b", "lang": 7}', "lang is no text"),
        ('{"text": "a", "label": "b", "style": {}}', "style is no text"),
        ('{"text": "a", "label": "b", "previous": true}', "previous is no text"),
    ],
)  # fmt: skip
def test_what_is_no_labelled_question_is_named_by_its_line(line: str, sentence: str) -> None:
    with pytest.raises(NotLabelled) as error:
        read(f'{{"text": "a", "label": null}}\n\n{line}\n')
    assert str(error.value) == f"3: {sentence}"


def test_labelled_questions_become_phrases() -> None:
    questions = [
        Question("tea", "a"), Question("tè", "a", "it"), Question("milk", "b", "en"), Question("more tea", "a", "en"),
        Question("weather", None, "en"),
    ]  # fmt: skip
    assert entries(questions) == [
        Entry("a", {"en": ["tea", "more tea"], "it": ["tè"]}),
        Entry("b", {"en": ["milk"]}),
    ]
