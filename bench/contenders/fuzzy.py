"""rapidfuzz: ``extractOne`` over all phrases, texts in lower case and without punctuation."""

from __future__ import annotations

from typing import Any

from phrases import phrases
from rapidfuzz import fuzz, process, utils


class Fuzzy:
    def __init__(self, texts: list[str], scorer: str) -> None:
        self._phrases = [utils.default_process(text) for text in texts]
        self._scorer = getattr(fuzz, scorer)

    def best(self, text: str, _previous: str | None) -> object:
        return process.extractOne(utils.default_process(text), self._phrases, scorer=self._scorer)

    def scores(self, texts: list[str]) -> object:
        return process.cdist([utils.default_process(text) for text in texts], self._phrases, scorer=self._scorer)


def make(material: dict[str, Any]) -> Fuzzy:
    return Fuzzy(phrases(material), material["option"])
