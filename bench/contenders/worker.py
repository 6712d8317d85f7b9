"""One matcher in a process of its own, so that its memory and its libraries are its own; ``running.py`` drives it.

    python bench/contenders/worker.py MODULE

Commands come as lines of JSON on standard input, answers go as lines of JSON to standard output. Whatever the module
needs is imported by the first ``build``; nothing but the standard library is in memory before. A module has ``make``,
from the material (``Material`` in ``running.py``) to an object with ``best``, which is what is timed, and
either ``ranked``, or ``scores`` of every phrase, which :mod:`nearest` ranks. One that can be kept on
disk has ``keep`` as well, and its module ``restore``.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

WARMING = 20
"""Phrases that are asked before memory or time are taken."""
AT_ONCE = 256
"""Questions whose scores are held in memory at a time."""


class Worker:
    """Carries out the commands, each a method that takes and gives plain values."""

    def __init__(self, module: str) -> None:
        self._name = module
        self._module: Any = None
        self._material: Any = None
        self._contender: Any = None

    def build(self, material: dict[str, Any]) -> dict[str, float]:
        """Import what is needed, make the matcher, and warm it: processor seconds, and MB added to a bare Python."""
        self._material = material
        before, began = resident(), time.process_time()
        self._module = import_module(self._name)
        imported = time.process_time()
        self._contender = self._module.make(material)
        built = time.process_time()
        self._warm()
        return {"libraries": imported - began, "build": built - imported, "memory": resident() - before}

    def rebuild(self) -> float:
        """Make the matcher anew, its libraries being there: processor seconds."""
        self._contender = None
        gc.collect()
        began = time.process_time()
        self._contender = self._module.make(self._material)
        seconds = time.process_time() - began
        self._warm()
        return seconds

    def time(self, questions: list[tuple[str, str | None]]) -> list[float]:
        """Processor seconds of one match, for each question."""
        return list(self._timed(questions))

    def _timed(self, questions: list[tuple[str, str | None]]) -> Iterator[float]:
        for text, previous in questions:
            began = time.process_time()
            self._contender.best(text, previous)
            yield time.process_time() - began

    def ask(self, questions: list[tuple[str, str | None]]) -> list[Any]:
        """For each question: the first three labels, the first one's score or scores, the label answered outright."""
        if hasattr(self._contender, "ranked"):
            return [self._contender.ranked(text, previous) for text, previous in questions]
        ranking = import_module("nearest").Ranking(self._material)
        return [
            row
            for start in range(0, len(questions), AT_ONCE)
            for row in ranking.of(self._contender.scores([text for text, _ in questions[start : start + AT_ONCE]]))
        ]

    def keep(self, folder: str) -> bool:
        """Keep the matcher in the folder; whether it can be kept."""
        return hasattr(self._contender, "keep") and self._contender.keep(Path(folder))

    def restore(self, material: dict[str, Any], folder: str) -> float:
        """Take the matcher from the folder, in a process that has not built it, and ask it once: processor seconds."""
        self._module = import_module(self._name)
        began = time.process_time()
        self._contender = self._module.restore(material, Path(folder))
        self._contender.best("when?", None)
        return time.process_time() - began

    def _warm(self) -> None:
        for _, phrases in self._material["entries"][:WARMING]:
            for texts in phrases.values():
                self._contender.best(texts[0], None)


def resident() -> float:
    """The memory of this process in MB."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        command, *given = json.loads(line)
        try:
            answer = {"done": getattr(worker, command)(*given)}
        except ModuleNotFoundError as error:
            answer = {"failed": f"not installed: {error.name}"}
        except Exception as error:  # noqa: BLE001 - told to the one who asked
            answer = {"failed": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
