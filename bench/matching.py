"""Measures the matcher: how fast, how large, and how well it does with phrases it has not seen.

    python bench/matching.py

Times are given beside those of ``rapidfuzz.process.extractOne`` with ``token_set_ratio`` over the same phrases in the
same run, so that runs on different machines can be compared. The phrases of each answer stand in the order of their
authors; holding back one third of them at a time is nearly, but not quite, testing on another author.
"""

from __future__ import annotations

import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from rapidfuzz import fuzz, process

from bot.faq.evaluation import Question, Report, evaluate
from bot.faq.matcher import Entry, Matcher, Vocabulary
from bot.knowledge import entries, load, names

FOLDS = 3
TYPOS = 0.15
"""Share of words with one slip."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def main() -> None:
    shelf = load()
    known, called, vocabulary = entries(shelf.knowledge), names(shelf.knowledge), shelf.vocabulary
    report_cost(known, called, vocabulary)
    for typos in (False, True):
        report_quality(known, called, vocabulary, typos=typos)


def report_cost(known: Sequence[Entry], called: Mapping[str, Sequence[str]], vocabulary: Vocabulary) -> None:
    phrases = [text for entry in known for texts in entry.phrases.values() for text in texts]
    chance = random.Random(1)
    asked = [slip(text, chance) for text in chance.sample(phrases, min(400, len(phrases)))]
    builds = [seconds(partial(Matcher, known, called, vocabulary)) for _ in range(3)]
    tracemalloc.start()
    matcher = Matcher(known, called, vocabulary)
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ours = statistics.median(seconds(partial(matcher.match, text)) for text in asked)
    plain = partial(process.extractOne, choices=phrases, scorer=fuzz.token_set_ratio)
    theirs = statistics.median(seconds(partial(plain, text)) for text in asked)
    build = statistics.median(builds)
    print(f"{len(phrases)} phrases, extractOne(token_set_ratio): {theirs * 1e3:.2f} ms")
    print(f"match   median {ours * 1e3:7.2f} ms = {ours / theirs:7.3f} extractOne")
    print(f"build   median {build * 1e3:7.0f} ms = {build / theirs:7.0f} extractOne")
    print(f"memory  kept {size / 2**20:.0f} MiB, at most {peak / 2**20:.0f} MiB while building")


def report_quality(
    known: Sequence[Entry], called: Mapping[str, Sequence[str]], vocabulary: Vocabulary, *, typos: bool
) -> None:
    print(f"\none third held back{', one word in seven misspelt' if typos else ''}")
    for fold in range(FOLDS):
        chance = random.Random(fold)
        learned = [replace(entry, phrases=part(entry.phrases, fold, held=False)) for entry in known]
        foreign = part(vocabulary.foreign, fold, held=False)
        matcher = Matcher(learned, called, replace(vocabulary, foreign=foreign))
        groups: list[tuple[str | None, Mapping[str, Sequence[str]]]] = [
            *((entry.label, entry.phrases) for entry in known),
            (None, vocabulary.foreign),
        ]
        questions = [
            Question(slip(text, chance) if typos else text, label, lang)
            for label, phrases in groups
            for lang, texts in part(phrases, fold, held=True).items()
            for text in texts
        ]
        print_report(f"third {fold + 1}", evaluate(matcher, questions))


def part(phrases: Mapping[str, Sequence[str]], fold: int, *, held: bool) -> dict[str, list[str]]:
    """One block of the phrases of each language, or all but that block."""
    return {
        lang: [text for place, text in enumerate(texts) if (place * FOLDS // len(texts) == fold) is held]
        for lang, texts in phrases.items()
    }


def slip(text: str, chance: random.Random) -> str:
    """The text with a letter lost, doubled, mistaken or exchanged in some of its words."""
    return " ".join(
        misspelt(word, chance) if chance.random() < TYPOS and len(word) > 2 else word for word in text.split()
    )


def misspelt(word: str, chance: random.Random) -> str:
    place, letter = chance.randrange(len(word)), chance.choice(LETTERS)
    head, rest = word[:place], word[place:]
    return chance.choice(
        [head + rest[1:], head + letter + rest, head + letter + rest[1:], head + rest[1::-1] + rest[2:]]
    )


def print_report(title: str, report: Report) -> None:
    rates = ("top1", "top3", "coverage", "precision", "oos_rejected", "auroc")
    for name, scores in [(title, report), *report.by.get("lang", {}).items()]:
        values = "  ".join(
            f"{rate} {value * 100:5.1f}" for rate in rates if (value := getattr(scores, rate)) is not None
        )
        print(f"{name:>8}  n {scores.n:4}  {values}")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
