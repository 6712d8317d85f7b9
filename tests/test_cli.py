"""Every command: what it prints is the contract, and what it cannot use is one line and status 2."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.rules.programmes import Programme
from tests import book
from tests.desks import ROOT, Program, served, town
from tests.scene import StillClock
from tests.terminal import Terminal

QUESTION = "when do I apply for the free mover?"
ALL = {str(programme) for programme in Programme}
VERDICTS, FITS = {"eligible", "not-eligible", "unknown"}, {"yes", "no", "unknown"}


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal(monkeypatch, capsys)


def lines_in(file: Path, *lines: object) -> str:
    """A file of lines; what is no text is written as JSON."""
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(written) + "\n", encoding="utf-8")
    return str(file)


def parsed(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# ask


def assert_is_an_answer(found: dict[str, Any], *more: str) -> None:
    assert list(found) == [*more[:1], "decision", "answer", "candidates", "lang", *more[1:]]
    assert found["decision"] in {"answer", "suggest", "none"}
    assert (found["answer"] is not None) == (found["decision"] == "answer")
    assert found["lang"] in {"en", "it"}
    assert len(found["candidates"]) <= 5
    scores = [each["score"] for each in found["candidates"]]
    assert scores == sorted(scores, reverse=True)
    assert all(set(each) == {"id", "score"} and 0 <= each["score"] <= 1 for each in found["candidates"])
    known = {label for label, _ in book.knowledge().answers()}
    assert {each["id"] for each in found["candidates"]} <= known


@pytest.mark.parametrize(
    ("text", "decision"),
    [(QUESTION, "answer"), ("papers for an internship abroad", "suggest"), ("xyzzy", "none"), ("", "none")],
)  # fmt: skip
def test_ask_says_what_the_bot_would(bot: Terminal, text: str, decision: str) -> None:
    found = json.loads(bot("ask", text, "--json").done())
    assert found.pop("decision") == decision
    read = found.pop("text")
    assert_is_an_answer({"decision": decision, **found})
    assert read
    assert bot("ask", text).done() == f"{read}\n"


def test_ask_takes_a_language_and_what_was_read_before(bot: Terminal) -> None:
    assert json.loads(bot("ask", "free mover", "--lang", "it", "--json").done())["lang"] == "it"
    follow_up = json.loads(bot("ask", "and the papers?", "--previous", "free-mover.overview", "--json").done())
    assert follow_up["answer"] == "free-mover.how-to-apply"


def test_ask_answers_a_batch_line_by_line(bot: Terminal, tmp_path: Path) -> None:
    good: list[dict[str, Any]] = [
        {"id": 7, "text": QUESTION},
        {"id": "b", "text": "and the papers?", "lang": "en", "previous": "free-mover.overview"},
        {"id": None, "text": "xyzzy \u2028 \ud800"},
        {"text": ""},
        {"id": ["\ud800", 1.5], "text": "borsa", "lang": None, "previous": None, "more": {}},
    ]
    file = lines_in(tmp_path / "in.jsonl", "\ufeff" + json.dumps(good[0]), "", *good[1:], "  \r")
    found = parsed(bot("ask", "--batch", file).done())
    assert [each.get("id", "none") for each in found] == [7, "b", None, "none", ["\ud800", 1.5]]
    for each in found:
        each.pop("id", None)
        assert_is_an_answer(each)
    assert found[1]["answer"] == "free-mover.how-to-apply"
    bot("ask", "--batch", file, "--out", str(tmp_path / "out.jsonl")).done()
    assert [{**each, "id": 0} for each in parsed((tmp_path / "out.jsonl").read_text("utf-8"))] == [
        {**each, "id": 0} for each in found
    ]


def test_a_bad_line_of_a_batch_gets_an_error_of_its_own(bot: Terminal, tmp_path: Path) -> None:
    bad: list[object] = [
        "not json", "[1]", '"text"', "null", '{"id": 1', "[" * 100_000, "1" * 5000,
        {"id": 1}, {"id": 2, "text": None}, {"id": 3, "text": 7}, {"id": 4, "text": ["a"]},
        {"id": 5, "text": "a", "lang": "fr"}, {"id": 6, "text": "a", "lang": 7}, {"id": 7, "text": "a", "lang": ["it"]},
        {"id": 8, "text": "a", "previous": "nothing.here"}, {"id": 9, "text": "a", "previous": {}},
    ]  # fmt: skip
    found = parsed(bot("ask", "--batch", lines_in(tmp_path / "in.jsonl", *bad, {"id": 10, "text": "a"})).done())
    assert [each.get("id") for each in found] == [None] * 7 + list(range(1, 11))
    assert [list(each) for each in found[:7]] == [["error"]] * 7
    assert [list(each) for each in found[7:-1]] == [["id", "error"]] * 9
    assert all(each["error"] and "\n" not in each["error"] for each in found[:-1])
    assert "error" not in found[-1]


DESK = """
answers:
  - id: 1
    title: {{en: Dogs, it: Cani}}
    says: {{en: Dogs stay at home., it: I cani restano a casa.}}
    phrases: {{en: [can i bring my dog to seville], it: [posso portare il cane a siviglia]}}
    answered_on: 2026-09-01
    until: {until}
"""


@pytest.mark.parametrize(("until", "known"), [("2999-12-31", True), ("2026-09-30", False)])
def test_what_the_desk_answered_is_known_until_its_last_day(
    bot: Terminal, tmp_path: Path, until: str, *, known: bool
) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(ROOT / "knowledge", folder)
    (folder / "desk.yaml").write_text(DESK.format(until=until), encoding="utf-8")
    found = bot("ask", "can i bring my dog to seville?", "--json", KNOWLEDGE_DIR=str(folder))
    assert ("desk.1" in found.out) is known


# plan


def assert_is_a_plan(found: dict[str, Any]) -> None:
    assert set(found["verdicts"]) == ALL
    for verdict in found["verdicts"].values():
        assert list(verdict) == ["verdict", "fits", "reasons", "dates"]
        assert verdict["verdict"] in VERDICTS
        assert verdict["fits"] in FITS
        for reason in verdict["reasons"]:
            assert set(reason) == {"rule", "text", "source"}
            assert reason["rule"]
            assert reason["text"]
        for each in verdict["dates"]:
            assert set(each) == {"what", "on"}
            assert len(each["on"]) == len("2027-01-01")


PLAN = [
    "--year", "4", "--goal", "clinical", "--destination", "eu", "--start", "2027-07-01", "--end", "2027-08-31",
    "--today", "2026-11-22",
]  # fmt: skip


def test_plan_judges_all_seven(bot: Terminal) -> None:
    found = json.loads(bot("plan", *PLAN, "--json").done())
    assert list(found) == ["verdicts"]
    assert_is_a_plan(found)
    assert found["verdicts"]["free-mover"]["verdict"] == "eligible"
    assert found["verdicts"]["erasmus-traineeship"]["verdict"] == "not-eligible"
    table = bot("plan", *PLAN).done()
    assert table.count("(fits: ") == 7
    assert bot("plan", *PLAN, "--lang", "it").done() != table


def test_plan_takes_graduates_and_the_day_it_is(bot: Terminal) -> None:
    asked = ("plan", "--year", "graduated", "--months-since-graduation", "3", "--json")
    assert_is_a_plan(json.loads(bot(*asked).done()))
    assert bot(*asked, "--today", "2026-11-22").done() != bot(*asked, "--today", "2026-03-01").done()


def test_plan_judges_a_batch_line_by_line(bot: Terminal, tmp_path: Path) -> None:
    lines: list[object] = [
        {"id": 1, "year": 4, "today": "2026-11-22"},
        {"id": 2, "year": "graduated", "months_since_graduation": 3, "goal": None, "start": ""},
        {"year": "6"},
        {"id": 3, "year": 12}, {"id": 4, "year": True}, {"id": 5}, "not json", {"id": 6, "year": 4, "goal": "holiday"},
        {"id": 7, "year": 4, "start": "2027-02-30"}, {"id": 8, "year": 4, "start": ["2027-02-03"]},
        {"id": 9, "year": 4, "start": "2027-08-31", "end": "2027-07-01"},
        {"id": 10, "year": "graduated", "months_since_graduation": -1},
        {"id": 11, "year": 4, "start": 20270701.5}, {"id": 12, "year": {"a": 1}},
        {"id": 13, "year": 4, "today": "yesterday"}, {"id": 14, "year": 4, "start": "2027-W26-4"},
    ]  # fmt: skip
    file = lines_in(tmp_path / "in.jsonl", *lines)
    found = parsed(bot("plan", "--batch", file).done())
    for each in found[:3]:
        assert_is_a_plan(each)
    assert [list(each) for each in found] == [["id", "verdicts"]] * 2 + [["verdicts"]] + [
        ["error"] if line == "not json" else ["id", "error"] for line in lines[3:]
    ]
    assert [each.get("id") for each in found[3:]] == [3, 4, 5, None, *range(6, 15)]
    bot("plan", "--batch", file, "--out", str(tmp_path / "out.jsonl")).done()
    assert parsed((tmp_path / "out.jsonl").read_text("utf-8")) == found


# check


def test_check_finds_nothing_wrong_with_what_is_shipped(bot: Terminal) -> None:
    listed = bot("check").done().splitlines()
    assert re.fullmatch(r".* phrases, .*: no faults, \d+ phrases or answers that may be unclear", listed[-1])
    assert all(re.match(r"[\w/.-]+\.yaml:\d+: ", line) for line in listed[:-1])


def test_check_names_file_and_line_of_every_fault(bot: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    for file in (ROOT / "knowledge").rglob("*.yaml"):
        copy = folder / file.relative_to(ROOT / "knowledge")
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(file.read_bytes())
    with (folder / "calls.yaml").open("a", encoding="utf-8") as calls:
        calls.write("nonsense: [\n")
    found = bot("check", KNOWLEDGE_DIR=str(folder))
    assert "faults in knowledge/" in found.refused()
    assert "calls.yaml:" in found.out


# What cannot be used


REFUSED: list[tuple[list[str], str]] = [
    ([], "say what to do: ask, check, eval, invite, plan, run, try"),
    (["dance"], "No such command 'dance'"),
    (["--loud"], "No such option"),
    (["ask", "--loud"], "No such option"),
    (["ask"], "either a question or --batch"),
    (["ask", "a", "--batch", "b"], "either a question or --batch"),
    (["ask", "a", "b"], "unexpected extra argument"),
    (["ask", "a", "--lang", "fr"], "'fr' is not one of 'en', 'it'"),
    (["ask", "a", "--previous", "nothing.here"], "no answer labelled 'nothing.here'"),
    (["ask", "--batch", "gone.jsonl"], "gone.jsonl cannot be read: No such file"),
    (["ask", "--batch", "."], "cannot be read: Is a directory"),
    (["ask", "--batch", "latin1.txt"], "latin1.txt is not UTF-8"),
    (["ask", "--batch", "empty.txt", "--out", "empty.txt/x"], "cannot be written: Not a directory"),
    (["ask", "--batch", "empty.txt", "--out", "."], "cannot be written: Is a directory"),
    (["plan"], "year"),
    (["plan", "--year", "12"], "12"),
    (["plan", "--year", "four"], "four"),
    (["plan", "--year", "4", "--start", "2027-02-30"], "2027-02-30"),
    (["plan", "--year", "4", "--start", "tomorrow"], "tomorrow"),
    (["plan", "--year", "4", "--start", "1027-01-01"], "1027"),
    (["plan", "--year", "4", "--start", "2027-08-31", "--end", "2027-07-01"], "before it starts"),
    (["plan", "--year", "4", "--goal", "holiday"], "holiday"),
    (["plan", "--year", "4", "--destination", "moon"], "moon"),
    (["plan", "--year", "graduated", "--months-since-graduation", "-1"], "-1"),
    (["plan", "--year", "4", "--today", "2027-13-01"], "2027-13-01"),
    (["plan", "--batch", "empty.txt", "--year", "5"], "a batch names everything in its lines"),
    (["plan", "--batch", "gone.jsonl"], "gone.jsonl cannot be read"),
    (["try", "--port", "99999"], "99999 is not in the range"),
    (["try", "--port", "x"], "'x' is not a valid integer"),
    (["try", "--port", "0", "--db", "."], "is a directory"),
    (["try", "--port", "0", "--db", "empty.txt/x.db"], "The folder of the database cannot be written to"),
    (["run", "now"], "unexpected extra argument"),
    (["run"], "BOT_TOKEN is missing"),
]


@pytest.mark.parametrize(
    ("arguments", "words"), REFUSED, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_what_cannot_be_used_is_one_line(bot: Terminal, arguments: list[str], words: str) -> None:
    Path("latin1.txt").write_bytes(b'{"text": "caff\xe8"}\n')
    Path("empty.txt").touch()
    assert words in bot(*arguments).refused()


TOKEN = "123456:hunter3-hunter3"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"BOT_TOKEN": "123456"}, ["BOT_TOKEN is no bot token"]),
        ({"BOT_TOKEN": "x", "LOG_LEVEL": "LOUD", "ADMIN_IDS": "me"}, ["BOT_TOKEN", "LOG_LEVEL", "ADMIN_IDS"]),
        ({"BOT_TOKEN": TOKEN, "DATABASE_URL": "sqlite:///taken.txt/data/desk.db"}, ["cannot be written", "taken.txt"]),
        ({"BOT_TOKEN": TOKEN, "DATABASE_URL": "sqlite:///taken.txt"}, ["is not a database"]),
        ({"BOT_TOKEN": TOKEN, "DATABASE_URL": "sqlite://"}, ["DATABASE_URL must look like"]),
        ({"BOT_TOKEN": TOKEN, "DATABASE_URL": "mysql://root:hunter2@localhost/x"}, ["DATABASE_URL must look like"]),
        ({"BOT_TOKEN": TOKEN, "DATABASE_URL": "postgresql://root:hunter2@127.0.0.1:9/x"}, ["does not let us in"]),
        ({"BOT_TOKEN": TOKEN, "KNOWLEDGE_DIR": "nowhere"}, ["the file is missing"]),
        ({"BOT_TOKEN": TOKEN, "DESK_TIMEZONE": "Europe"}, ["DESK_TIMEZONE is no time zone"]),
    ],
)
def test_a_program_that_cannot_start_says_why(bot: Terminal, given: dict[str, str], words: list[str]) -> None:
    Path("taken.txt").write_text("no folder, and no database either" * 99, encoding="utf-8")
    found = bot("run", **given)
    said = found.refused()
    for word in words:
        assert word in said
    for secret in ("hunter2", "hunter3"):
        assert secret not in found.out + found.err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], *([name, "--help"] for name in ("run", "try", "ask", "plan", "check", "eval"))]
)
def test_help_is_help(bot: Terminal, arguments: list[str]) -> None:
    assert "Usage: " in bot(*arguments).done()


def test_odd_bytes_are_no_trouble(bot: Terminal) -> None:
    found = json.loads(bot("ask", "caff\udce8 \udcff free mover", "--json").done())
    assert found["decision"] in {"answer", "suggest", "none"}


async def test_a_wrong_token_is_one_line(tmp_path: Path) -> None:
    async with (
        served(town(StillClock())) as address,
        Program(tmp_path, "run", BOT_TOKEN=TOKEN, BOT_API_URL=address, LOG_LEVEL="DEBUG") as program,
    ):
        assert await program.status() == 2
    (said,) = [line for line in program.log().splitlines() if line.startswith("bot: ")]
    assert said == "bot: Telegram does not know this bot token."
    assert "Traceback" not in program.log()
    assert "hunter3" not in program.log() + program.output.read_text("utf-8")
