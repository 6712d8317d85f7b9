from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from bot.desk.library import matcher
from bot.faq.cache import KEPT, trained
from bot.faq.matcher import Entry, Matcher, Vocabulary
from tests.book import shelf

NAMES = {"free-mover": ["free mover"]}


def make(folder: Path | None, phrase: str = "how long is it") -> Matcher:
    entries = [
        Entry("free-mover.period", {"en": [phrase, "for how many weeks"]}),
        Entry("free-mover.funding", {"en": ["is there any money", "who pays for the stay"]}),
    ]
    return trained(folder, entries, NAMES, Vocabulary(synonyms={"length": ["how long"]}))


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def test_a_kept_matcher_is_taken_up_again_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(tmp_path)
    assert len(kept(tmp_path)) == 1
    monkeypatch.delattr(Matcher, "__init__")
    second = make(tmp_path)
    for text in ("how long is the free mover?", "who pays?", "nothing of ours", ""):
        assert second.match(text) == first.match(text)
    assert second.likeness.of("how long is it", "for how long is it") == first.likeness.of(
        "how long is it", "for how long is it"
    )


def test_the_shipped_matcher_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = matcher(shelf(), tmp_path)
    monkeypatch.delattr(Matcher, "__init__")
    text = "hw long can a free movr stay, not the elective?"
    assert matcher(shelf(), tmp_path).match(text) == shipped.match(text)


def test_other_phrases_are_another_matcher(tmp_path: Path) -> None:
    make(tmp_path)
    make(tmp_path, "how long does it last")
    assert len(kept(tmp_path)) == 2


def test_other_code_is_another_matcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    monkeypatch.setattr("bot.faq.cache.rapidfuzz.__version__", "0")
    make(tmp_path)
    assert len(kept(tmp_path)) == 2


def test_only_the_last_ones_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        make(tmp_path, f"how long is it {'really ' * number}")
        for age, file in enumerate(sorted(tmp_path.glob("*"), key=lambda each: each.stat().st_mtime)):
            os.utime(file, (age, age))
    assert len(kept(tmp_path)) == KEPT


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps("something else")])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    make(tmp_path)
    [file] = kept(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(content)
    assert make(tmp_path).match("how long is the free mover?").candidates[0].id == "free-mover.period"
    assert [file.stat().st_size for file in kept(tmp_path)] == [len(whole)]


class Harm:
    """What somebody could put into the file to have it run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_nothing_in_the_file_is_run(tmp_path: Path) -> None:
    folder, mark = tmp_path / "kept", tmp_path / "mark"
    make(folder)
    [file] = kept(folder)
    file.write_bytes(pickle.dumps(Harm(mark)))
    make(folder)
    assert not mark.exists()


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder")
    assert make(tmp_path / "file").match("how long is the free mover?").candidates
    assert "cannot be kept" in caplog.text


def test_without_a_folder_nothing_is_kept() -> None:
    assert make(None).match("how long is the free mover?").candidates
