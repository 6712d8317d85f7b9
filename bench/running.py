"""A matcher in a process of its own, seen from outside: ``contenders/worker.py`` is the inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

WORKER = Path(__file__).parent / "contenders" / "worker.py"
ALONE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
"""One thread, no hub, no chatter."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a matcher is made of, as plain values."""

    entries: list[tuple[str, dict[str, list[str]]]]
    """The labels and their phrases by language."""
    names: dict[str, list[str]] = field(default_factory=dict)
    vocabulary: dict[str, Any] = field(default_factory=dict)
    option: str = ""
    """Which one of the matchers of a module, or where its files are."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A matcher to be measured."""

    name: str
    module: str
    """In ``contenders/``."""
    option: str = ""
    checkout: Path | None = None
    """Where the program is, if not here."""


class Failure(Exception):
    """A contender cannot be measured; the message says why."""


class Running:
    """A contender in its process, which ends with the block."""

    def __init__(self, contender: Contender) -> None:
        path = {"PYTHONPATH": str(contender.checkout.resolve())} if contender.checkout else {}
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), contender.module],
            env=os.environ | ALONE | path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def do(self, command: str, *given: object) -> Any:  # noqa: ANN401 - whatever JSON can say
        """Let a command of the worker be carried out.

        Raises:
            Failure: It could not be.
        """
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps([command, *given]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failure("its process ended") from None
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"failed": "its process ended"}
        if "failed" in answer:
            raise Failure(answer["failed"])
        return answer["done"]
