"""TF-IDF of words, pairs of words and pieces of words, by scikit-learn: the mean of both cosines."""

from __future__ import annotations

from typing import Any

import numpy as np
from phrases import phrases
from sklearn.feature_extraction.text import TfidfVectorizer


class TfIdf:
    def __init__(self, texts: list[str]) -> None:
        usual: dict[str, Any] = {"sublinear_tf": True, "strip_accents": "unicode", "dtype": np.float32}
        self._kinds = [
            TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2), **usual),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **usual),
        ]
        self._indices = [kind.fit_transform(texts).T.tocsr() for kind in self._kinds]

    def best(self, text: str, _previous: str | None) -> object:
        return np.argmax(self.scores([text]))

    def scores(self, texts: list[str]) -> np.ndarray:
        return sum(
            (kind.transform(texts) @ index).toarray() / len(self._kinds)
            for kind, index in zip(self._kinds, self._indices, strict=True)
        )


def make(material: dict[str, Any]) -> TfIdf:
    return TfIdf(phrases(material))
