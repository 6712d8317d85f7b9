"""What an evaluation says, in words and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.faq.evaluation import Question
from bot.faq.matcher import Decision
from bot.faq.report import MEANINGS, Findings, as_json, found, printed
from tests.scripted import FOREIGN, OURS, Scripted, scripted

PHRASES = ["Right!", "something else"]


@pytest.fixture
def findings() -> Findings:
    return found(scripted(), [*OURS, *FOREIGN], PHRASES, None)


def block(text: str, heading: str) -> list[list[str]]:
    """The rows below the line that begins with ``heading``, up to the next empty line, as their columns."""
    lines = text.split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith(heading)) + 1
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return [line.split() for line in lines[start:end]]


# JSON


def test_json_holds_the_contract_and_more(findings: Findings) -> None:
    said = json.loads(json.dumps(as_json(findings, misses=True)))
    assert {"n", "top1", "top3", "coverage", "precision", "oos_rejected", "auroc", "by"} <= set(said)
    assert (said["n"], said["top1"], said["helped"], said["misled"]) == (8, 0.4, 0.4, 0.25)
    assert set(said["intervals"]) == set(MEANINGS)
    assert said["intervals"]["top1"] == pytest.approx([0.1176, 0.7693], abs=1e-4)
    assert (said["by"]["lang"]["en"]["n"], said["by"]["lang"]["it"]["top1"]) == (4, 0.0)
    assert said["by"]["lang"]["it"]["intervals"]["oos_rejected"][1] == 1.0
    assert said["calibration"]["n"] == sum(each["n"] for each in said["calibration"]["bins"]) == 7
    assert said["confusion"] == [{"label": "a", "taken": "b", "n": 3}, {"label": None, "taken": "a", "n": 1}]
    assert said["leaks"] == [{"question": "right", "phrase": "Right!", "likeness": 1.0}]
    assert said["typos"] is None


def test_json_lists_every_miss_with_its_candidates(findings: Findings) -> None:
    misses = as_json(findings, misses=True)["misses"]
    assert [each["text"] for each in misses] == ["wrong", "offered", "late", "taken for ours"]
    assert misses[1] == {
        "text": "offered", "label": "a", "lang": "en", "style": None, "previous": None, "decision": "suggest",
        "candidates": [{"id": "b", "score": 0.4}, {"id": "c", "score": 0.3}, {"id": "a", "score": 0.2}],
    }  # fmt: skip


def test_json_says_neither_what_was_missed_nor_what_was_taken_for_what_unless_asked(findings: Findings) -> None:
    shown, hidden = (as_json(findings, misses=misses) for misses in (True, False))
    assert (hidden.pop("misses"), hidden.pop("confusion")) == (None, None)
    assert hidden.items() <= shown.items()


# Tables


def test_every_rate_is_printed_with_its_interval_and_meaning(findings: Findings) -> None:
    text = printed(findings, misses=True)
    rows = {name: rest for name, *rest in block(text, "     ")}
    assert list(rows) == list(MEANINGS)
    assert rows["top1"][:2] == ["0.400", "0.118–0.769"]
    assert " ".join(rows["precision"]) == f"0.333 0.061–0.792 {MEANINGS['precision']}"


def test_languages_and_styles_are_printed_with_intervals(findings: Findings) -> None:
    rows = {kind: rest for kind, *rest in block(printed(findings, misses=True), "by lang")}
    assert rows["it"] == ["4", "0.00", "0.00–0.66", "0.00", "0.00–0.66", "0.00", "0.00–0.66", "0.50", "0.09–0.91",
                          "0.00", "0.00–0.79", "1.00", "0.34–1.00", "1.00", "1.00–1.00"]  # fmt: skip
    assert "by style" not in printed(findings, misses=True)


def test_columns_stand_below_one_another(findings: Findings) -> None:
    lines = printed(findings, misses=True).split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith("by lang"))
    heading, *rows = lines[start : start + 3]
    for name in ("top1", "helped", "precision"):
        assert {row[heading.index(name) + 1] for row in rows} == {"."}


def test_reliability_is_printed(findings: Findings) -> None:
    text = printed(findings, misses=True)
    assert block(text, "probability")[0] == ["0.3–0.4", "2", "0.325", "0.500"]
    assert "\nexpected calibration error 0.414, Brier score 0.329\n" in text


def test_every_miss_is_printed_with_its_candidates(findings: Findings) -> None:
    text = printed(findings, misses=True)
    assert "\n4 misses\n" in text
    start = text.index("  'offered'")
    assert text[start : text.index("  'late'")] == (
        "  'offered' (en)\n    is a: suggest\n      0.40  b\n      0.30  c\n      0.20  a  <- right\n"
    )
    assert "  'taken for ours' (en)\n    is not ours: answer\n      0.85  a" in text
    assert block(text, "   n  is") == [["3", "a", "b"], ["1", "–", "a"]]


def test_misses_are_only_counted_unless_asked(findings: Findings) -> None:
    text = printed(findings, misses=False)
    assert text.endswith("\n4 misses, not listed")
    assert "offered" not in text.replace("buttons were offered", "")
    assert "taken for" not in text


def test_a_follow_up_is_printed_with_what_was_read_before() -> None:
    asked = [Question("wrong", "a", "it", "followup", "a.before")]
    assert "  'wrong' (it, followup) after a.before\n" in printed(found(scripted(), asked, [], None), misses=True)


def test_questions_that_are_phrases_are_named(findings: Findings) -> None:
    text = printed(findings, misses=False)
    assert "1 question is a phrase, or nearly (they flatter the scores):\n  1.00  'right'  'Right!'" in text
    assert "flatter" not in printed(found(scripted(), OURS, [], None), misses=False)


def test_without_questions_everything_is_a_dash() -> None:
    empty = found(scripted(), [], [], 0.5)
    rows = {name: rest for name, *rest in block(printed(empty, misses=True), "     ")}
    assert {(row[0], row[1]) for row in rows.values()} == {("–", "–")}
    assert json.loads(json.dumps(as_json(empty, misses=True)))["typos"]["loss"]["top1"] is None


# Typos


def misspelt_twice() -> tuple[Scripted, Findings]:
    """Two questions that are understood as they were written only, and one too short for a slip."""
    answer: tuple[Decision, dict[str, float]] = (Decision.ANSWER, {"a": 0.9})
    matcher = Scripted({"borsa": answer, "scadenza": answer, "ok?": answer})
    return matcher, found(matcher, [Question(text, "a") for text in matcher.matches], [], 1.0)


def test_what_slips_cost_is_measured_beside_the_rest() -> None:
    matcher, findings = misspelt_twice()
    said: dict[str, Any] = as_json(findings, misses=True)
    assert (said["top1"], said["misses"]) == (1.0, [])
    typos = said["typos"]
    assert (typos["share"], typos["changed"]) == (1.0, 2)
    assert (typos["top1"], typos["loss"]["top1"]) == pytest.approx((1 / 3, 2 / 3))
    assert (typos["suggested"], typos["loss"]["auroc"]) == (0.0, None)
    assert typos["intervals"]["top1"] == pytest.approx((0.0615, 0.7923), abs=1e-4)
    assert len({text for text, _ in matcher.asked}) == 5, "each question once as it is and once misspelt"


def test_what_slips_cost_is_printed() -> None:
    rows = block(printed(misspelt_twice()[1], misses=False), "with a slip in 100% of the longer words (2 of 3 ")
    assert rows[0] == ["before", "after", "95", "%", "loss"]
    assert rows[1] == ["top1", "1.000", "0.333", "0.061–0.792", "0.667"]
