"""Labelled questions as they stand in a file: a JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot.faq.evaluation import Question
from bot.faq.matcher import Entry

MORE = ("lang", "style", "previous")
"""What a line may say besides its text and label."""


class NotLabelled(Exception):
    """A line that is no labelled question; the message is what is wrong with it, behind the number of the line."""


def read(text: str) -> list[Question]:
    """The questions of a file, one from each line that is not blank.

    Raises:
        NotLabelled: A line is no JSON object, has no text or label, or anything in it is no text.
    """
    lines = enumerate(text.split("\n"), start=1)
    return [_question(number, line) for number, line in lines if line.strip()]


def _question(number: int, line: str) -> Question:
    raw = as_object(line)
    if raw is None or not isinstance(raw.get("text"), str) or not isinstance(raw.get("label", 0), str | None):
        raise NotLabelled(f'{number}: each line must be {{"text": "…", "label": "…" or null}}')
    for key in MORE:
        if not isinstance(raw.get(key), str | None):
            raise NotLabelled(f"{number}: {key} is no text")
    return Question(raw["text"], raw["label"], *(raw.get(key) for key in MORE))


def as_object(line: str) -> dict[str, Any] | None:
    """A line as the JSON object it is; None: it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def entries(questions: Iterable[Question]) -> Sequence[Entry]:
    """The questions as phrases to learn from, those that are not ours left out; without a language, English."""
    phrases: dict[str, dict[str, list[str]]] = {}
    for each in questions:
        if each.label is not None:
            phrases.setdefault(each.label, {}).setdefault(each.lang or "en", []).append(each.text)
    return [Entry(label, by_lang) for label, by_lang in phrases.items()]
