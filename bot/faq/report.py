"""What an evaluation found, as tables to read and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from bot.faq.evaluation import Miss, Question, Report, Scores, evaluate
from bot.faq.matcher import Matcher
from bot.faq.overlap import Leak, leaks
from bot.faq.rates import Interval
from bot.faq.typos import misspelt

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "top1": "in scope: the best candidate is the right one",
        "top3": "in scope: the right one is among the first three",
        "helped": "in scope: the right answer was given, or stood on a button",
        "coverage": "in scope: an answer was given, right or wrong",
        "suggested": "in scope: buttons were offered, right or wrong",
        "precision": "of the answers given, in scope or not: those that were right",
        "misled": "of all questions: a wrong answer was given",
        "oos_rejected": "out of scope: no answer was given",
        "oos_silent": "out of scope: nothing was suggested either",
        "auroc": "a question in scope scores higher than one out of scope",
    }
)
"""Every rate, in the order in which they are printed."""

BY = ("top1", "top3", "helped", "coverage", "precision", "oos_rejected", "auroc")
"""Those that are printed for each language and style."""

NOTHING = "–"
"""Stands where there is nothing to take a rate of."""

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Misspelt:
    """The same questions with slips in them."""

    share: float
    """Of the words of four letters or more."""
    changed: int
    """Questions that are not what they were."""
    report: Report


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is said about a matcher."""

    report: Report
    leaks: tuple[Leak, ...]
    misspelt: Misspelt | None


def found(matcher: Matcher, questions: Sequence[Question], phrases: Sequence[str], typos: float | None) -> Findings:
    """Evaluate a matcher.

    Args:
        matcher: What is asked.
        questions: What it is asked.
        phrases: What it has learned from; questions should not stand among them.
        typos: In which share of their words the questions are misspelt to be asked once more; None: they are not.
    """
    twin = None
    if typos is not None:
        slips = [replace(each, text=misspelt(each.text, typos)) for each in questions]
        changed = sum(one.text != other.text for one, other in zip(questions, slips, strict=True))
        twin = Misspelt(typos, changed, evaluate(matcher, slips))
    return Findings(evaluate(matcher, questions), tuple(leaks(phrases, [each.text for each in questions])), twin)


# JSON


def as_json(findings: Findings, *, misses: bool) -> dict[str, Any]:
    """The findings as JSON values; what was missed, and what was taken for what, is null unless ``misses``."""
    scores = asdict(findings.report)
    scores["misses"] = [_miss(each) for each in findings.report.misses] if misses else None
    scores["confusion"] = scores["confusion"] if misses else None
    scores["leaks"] = [asdict(leak) for leak in findings.leaks]
    scores["typos"] = _loss(findings.report, findings.misspelt) if findings.misspelt else None
    return scores


def _miss(miss: Miss) -> dict[str, Any]:
    candidates = [asdict(each) for each in miss.match.candidates]
    return asdict(miss.question) | {"decision": miss.match.decision.value, "candidates": candidates}


def _loss(report: Report, twin: Misspelt) -> dict[str, Any]:
    rates = {name: getattr(twin.report, name) for name in MEANINGS}
    return {
        "share": twin.share,
        "changed": twin.changed,
        **rates,
        "intervals": dict(twin.report.intervals),
        "loss": {name: _less(getattr(report, name), rate) for name, rate in rates.items()},
    }


def _less(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else before - after


# Tables


def printed(findings: Findings, *, misses: bool) -> str:
    """The findings as tables; what was missed is listed if ``misses``, else only counted."""
    report = findings.report
    parts = [_rates(report), *(_by(group, scores) for group, scores in report.by.items()), _reliability(report)]
    if findings.misspelt:
        parts.append(_typos(report, findings.misspelt))
    parts += [_leaks(findings.leaks)]
    parts += [_confusion(report), _misses(report)] if misses else [f"{len(report.misses)} misses, not listed"]
    return "\n\n".join(part for part in parts if part)


def _rates(report: Report) -> str:
    rows = [(name, _rate(getattr(report, name)), _interval(report, name), text) for name, text in MEANINGS.items()]
    return f"{report.n} questions\n\n" + _table([("", "rate", "95 %", ""), *rows])


def _by(group: str, kinds: Mapping[str, Scores]) -> str:
    rows = [(kind, f"{scores.n:4}", *(_cell(scores, name) for name in BY)) for kind, scores in kinds.items()]
    return _table([(f"by {group}", "   n", *BY), *rows])


def _reliability(report: Report) -> str:
    found = report.calibration
    rows = [
        (f"{each.least:.1f}–{each.most:.1f}", f"{each.n:4}", f"{each.predicted:.3f}", f"{each.right:.3f}")
        for each in found.bins
    ]
    errors = f"expected calibration error {_rate(found.ece)}, Brier score {_rate(found.brier)}"
    return _table([("probability", "   n", "said", "came true"), *rows]) + f"\n{errors}"


def _typos(report: Report, twin: Misspelt) -> str:
    rows = [
        (name, *(_rate(getattr(each, name)) for each in (report, twin.report)), _interval(twin.report, name),
         _rate(_less(getattr(report, name), getattr(twin.report, name))))
        for name in MEANINGS
    ]  # fmt: skip
    heading = f"with a slip in {twin.share:.0%} of the longer words ({twin.changed} of {report.n} questions changed)"
    return f"{heading}\n{_table([('', 'before', 'after', '95 %', 'loss'), *rows])}"


def _leaks(found: Sequence[Leak]) -> str:
    if not found:
        return ""
    rows = [(f"  {leak.likeness:.2f}", repr(leak.question), repr(leak.phrase)) for leak in found]
    return f"{_many(len(found), 'question')} a phrase, or nearly (they flatter the scores):\n{_table(rows)}"


def _many(n: int, what: str) -> str:
    return f"1 {what} is" if n == 1 else f"{n} {what}s are"


def _confusion(report: Report) -> str:
    if not report.confusion:
        return ""
    rows = [(f"{each.n:4}", each.label or NOTHING, each.taken or NOTHING) for each in report.confusion]
    return _table([("   n", "is", "taken for"), *rows])


def _misses(report: Report) -> str:
    return "\n".join([f"{len(report.misses)} misses", *(line for miss in report.misses for line in _missed(miss))])


def _missed(miss: Miss) -> Iterator[str]:
    asked = miss.question
    kinds = ", ".join(each for each in (asked.lang, asked.style) if each)
    yield (
        f"  {asked.text!r}" + (f" ({kinds})" if kinds else "") + (f" after {asked.previous}" if asked.previous else "")
    )
    yield f"    is {asked.label or 'not ours'}: {miss.match.decision.value}"
    for each in miss.match.candidates:
        yield f"      {each.score:.2f}  {each.id}" + ("  <- right" if each.id == asked.label else "")


def _cell(scores: Scores, name: str) -> str:
    rate, interval = getattr(scores, name), scores.intervals[name]
    return NOTHING if rate is None else f"{rate:.2f} {_between(interval, 2)}"


def _interval(scores: Scores, name: str) -> str:
    return _between(scores.intervals[name], 3)


def _between(interval: Interval | None, digits: int) -> str:
    return NOTHING if interval is None else NOTHING.join(f"{end:.{digits}f}" for end in interval)


def _rate(rate: float | None) -> str:
    return NOTHING if rate is None else f"{rate:.3f}"


def _table(rows: Iterable[Row]) -> str:
    """Rows whose columns stand below one another, two spaces apart."""
    lines = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
