"""The program as somebody at a terminal meets it: what it prints, and the status it ends with."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main
from bot.config import Settings
from bot.desk.library import matcher
from bot.faq.matcher import Matcher
from bot.knowledge import Shelf
from tests.book import trained


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    status: int
    out: str
    err: str

    def refused(self) -> str:
        """The one line that says why nothing was done."""
        assert self.status == 2, self
        assert self.err.startswith("bot: "), self
        assert self.err.count("\n") == 1, self
        assert self.err.endswith("\n"), self
        assert "Traceback" not in self.err
        return self.err.removeprefix("bot: ").strip()

    def done(self) -> str:
        """What was printed."""
        assert (self.status, self.err) == (0, ""), self
        return self.out


class Terminal:
    """Runs commands in this process, with nothing set in the environment but what is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = monkeypatch, capsys
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setattr("bot.cli.matcher", _trained)
        monkeypatch.setattr("bot.desk.library.matcher", _trained)

    def __call__(self, *arguments: str, **environment: str) -> Outcome:
        self._patch.setattr(sys, "argv", ["bot", *arguments])
        for name, value in environment.items():
            self._patch.setenv(name, value)
        root = logging.getLogger()
        (handlers, root.handlers), level = (root.handlers, []), root.level
        try:
            with pytest.raises(SystemExit) as end:
                main()
        finally:
            root.handlers = handlers
            root.setLevel(level)
        printed = self._capsys.readouterr()
        status = end.value.code
        assert isinstance(status, int)
        return Outcome(status, printed.out, printed.err)


def _trained(shelf: Shelf, _kept_in: Path | None = None) -> Matcher:
    """The one matcher over what is shipped; a matcher of its own where the desk has answered something."""
    return matcher(shelf) if shelf.knowledge.desk else trained()
