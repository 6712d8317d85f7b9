"""`bot eval`: the matcher scored on a file of labelled questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.faq.evaluation import part
from bot.rules.programmes import Programme, Topic
from tests import book
from tests.terminal import Terminal

ASKED = "when do I apply for the free mover?"
LABEL = "free-mover.when-to-apply"
CONTRACT = {"n", "top1", "top3", "coverage", "precision", "oos_rejected", "auroc", "by"}
MISSED = {"development": "free mover", "test": "free mover?"}
"""A question of each part; both are missed if they are to be thanks."""


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(monkeypatch, capsys)


def lines_in(name: str, *lines: object) -> str:
    Path(name).write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    return name


def labelled(text: str, label: str | None, **more: str) -> dict[str, str | None]:
    return {"text": text, "label": label, **more}


def found(bot: Terminal, *arguments: str) -> dict[str, Any]:
    scores = json.loads(bot("eval", *arguments, "--json").done())
    assert set(scores) >= CONTRACT
    return dict(scores)


def test_the_matcher_is_scored(bot: Terminal) -> None:
    test = lines_in("t.jsonl", labelled(ASKED, LABEL, lang="en"), labelled("xyzzy", None))
    scores = found(bot, "--test", test)
    assert (scores["n"], scores["top1"], scores["helped"], scores["oos_rejected"], scores["auroc"]) == (2, 1, 1, 1, 1)
    assert list(scores["by"]["lang"]) == ["en"]
    assert scores["misses"] == []
    printed = bot("eval", "--test", test).done()
    assert "\ntop1          1.000  0.207–1.000  in scope: " in printed
    assert "\n0 misses\n" in printed


def test_other_labels_can_be_taught(bot: Terminal) -> None:
    train = lines_in("train.jsonl", *(labelled(f"{word} please", word) for word in ("tea", "milk")))
    test = lines_in("test.jsonl", labelled("some tea please", "tea"), labelled("Milk, please!", "milk"))
    scores = found(bot, "--test", test, "--train", train)
    assert (scores["n"], scores["top1"], scores["auroc"]) == (2, 1, None)
    assert scores["leaks"] == [{"question": "Milk, please!", "phrase": "milk please", "likeness": 1.0}]


def test_questions_that_the_matcher_has_learned_are_named(bot: Terminal) -> None:
    ours = book.knowledge().programmes[Programme.FREE_MOVER].answers[Topic.PERIOD].phrases.it[0]
    phrases = [ours.upper(), book.shelf().vocabulary.foreign["en"][0]]
    test = lines_in("t.jsonl", *(labelled(text, None) for text in [*phrases, "what about my dog then"]))
    assert {leak["question"] for leak in found(bot, "--test", test)["leaks"]} == set(phrases)
    assert "2 questions are a phrase, or nearly" in bot("eval", "--test", test).done()


def questions_of_both_parts() -> str:
    assert {each: part(text) for each, text in MISSED.items()} == {each: each for each in MISSED}
    return lines_in("t.jsonl", *(labelled(text, "general.thanks") for text in MISSED.values()))


@pytest.mark.parametrize(
    ("given", "asked"),
    [([], set(MISSED)), (["--part", "all"], set(MISSED)), *((["--part", each], {each}) for each in MISSED)],
)
def test_a_part_of_the_questions_can_be_asked(bot: Terminal, given: list[str], asked: set[str]) -> None:
    scores = found(bot, "--test", questions_of_both_parts(), "--misses", *given)
    assert scores["n"] == len(asked)
    assert {miss["text"] for miss in scores["misses"]} == {MISSED[each] for each in asked}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ([], True), (["--part", "all"], True), (["--part", "development"], True), (["--part", "test"], False),
        (["--part", "test", "--misses"], True), (["--no-misses"], False),
        (["--part", "development", "--no-misses"], False),
    ],
)  # fmt: skip
def test_misses_of_the_test_part_are_shown_on_demand_only(bot: Terminal, given: list[str], *, shown: bool) -> None:
    arguments = ["--test", questions_of_both_parts(), *given]
    printed = bot("eval", *arguments).done()
    asked = MISSED["test" if "test" in given else "development"]
    assert (f"  {asked!r}\n    is general.thanks: " in printed) is shown
    assert ("general.thanks" in printed) is shown
    scores = found(bot, *arguments)
    assert (scores["misses"] is not None, scores["confusion"] is not None) == (shown, shown)


def test_what_typos_cost_is_measured_on_demand(bot: Terminal) -> None:
    test = lines_in("t.jsonl", labelled(ASKED, LABEL))
    assert found(bot, "--test", test)["typos"] is None
    typos = found(bot, "--test", test, "--typos", "1")["typos"]
    assert (typos["share"], typos["changed"], set(typos["loss"])) == (1.0, 1, set(typos["intervals"]))
    assert "with a slip in 50% of the longer words (" in bot("eval", "--test", test, "--typos", "0.5").done()


def test_half_a_character_is_no_trouble(bot: Terminal) -> None:
    test = lines_in("t.jsonl", labelled("\ud800 why", "\ud800", lang="\ud800"))
    assert found(bot, "--test", test)["n"] == 1
    assert r"\ud800" in bot("eval", "--test", test).done()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing option '--test'"),
        (["--test", "gone.jsonl"], "gone.jsonl cannot be read"),
        (["--test", "bad.jsonl"], "bad.jsonl:2: each line must be"),
        (["--test", "good.jsonl", "--train", "bad.jsonl"], "bad.jsonl:2: each line must be"),
        (["--test", "good.jsonl", "--train", "good.jsonl"], "no labelled line"),
        (["--test", "good.jsonl", "--part", "half"], "'half' is not one of 'development', 'test', 'all'"),
        (["--test", "good.jsonl", "--typos", "15"], "15"),
        (["--test", "good.jsonl", "--typos", "many"], "'many' is not a valid float"),
        (["--test", "latin1.txt"], "latin1.txt is not UTF-8"),
    ],
)
def test_what_cannot_be_used_is_one_line(bot: Terminal, arguments: list[str], words: str) -> None:
    Path("latin1.txt").write_bytes(b'{"text": "caff\xe8"}\n')
    lines_in("good.jsonl", labelled("a", None))
    lines_in("bad.jsonl", labelled("a", None), {"text": "a"})
    assert words in bot("eval", *arguments).refused()


def test_a_file_with_a_mark_at_its_head_is_read(bot: Terminal) -> None:
    Path("marked.jsonl").write_text("\ufeff" + json.dumps(labelled(ASKED, LABEL)), encoding="utf-8")
    assert found(bot, "--test", "marked.jsonl")["n"] == 1
