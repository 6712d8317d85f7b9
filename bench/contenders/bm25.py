"""BM25 as bm25s does it, with its own settings (Lucene's); words of any length, in lower case."""

from __future__ import annotations

import re
from typing import Any

import bm25s
import numpy as np
from phrases import phrases

WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    return WORD.findall(text.lower()) or [""]


class Bm25:
    def __init__(self, texts: list[str]) -> None:
        self._index = bm25s.BM25()
        self._index.index([words(text) for text in texts], show_progress=False)

    def best(self, text: str, _previous: str | None) -> object:
        return np.argmax(self._index.get_scores(words(text)))

    def scores(self, texts: list[str]) -> np.ndarray:
        return np.stack([self._index.get_scores(words(text)) for text in texts])


def make(material: dict[str, Any]) -> Bm25:
    return Bm25(phrases(material))
