"""Looks for faults in the knowledge that reading it does not show: what is unsourced, missing, or pulls two ways."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from bot.faq.matcher import Entry
from bot.faq.phrases import strays, twins
from bot.faq.text import words
from bot.knowledge import DESK_FILE, Fault, File, Shelf, entries, names, placeholders
from bot.rules.answers import GENERAL, Answer, DeskAnswer, Fact, Knowledge, Phrases, Statement, Trust
from bot.rules.messages import LANGS, LONGEST_TEXT, TAG, length
from bot.rules.programmes import Goal, Programme, Rules

FEWEST_PHRASES = 10
"""Example phrasings an answer needs in each language."""
ENOUGH_PHRASES = 8
"""Those that an answer of the desk's should have, in each language in which it is given."""
LONGEST_TITLE = 100
"""Characters of the heading of an answer of the desk's."""
ADDRESS = re.compile(r"https?://\S+")
TAGS = {"b", "i", "u", "s", "a", "code", "pre"}


def faults(shelf: Shelf) -> Iterator[Fault]:
    """Every fault, file by file."""
    knowledge = shelf.knowledge
    for name, file in shelf.files.items():
        if name.startswith("programmes/"):
            programme = Programme(file.value["id"])
            yield from _rules(file, knowledge.programmes[programme].rules)
            yield from _afterwards(file, knowledge.programmes[programme].rules, knowledge)
            yield from _answers(file, knowledge.programmes[programme].answers, knowledge)
        elif name == "general.yaml":
            yield from _answers(file, knowledge.general, knowledge)
        elif name.startswith("messages."):
            yield from _sentences(file)
    yield from _twice_a_fact(shelf)
    yield from _colliding(shelf)
    yield from _of_the_desk(shelf)


def _rules(file: File, rules: Rules) -> Iterator[Fault]:
    yield from (
        file.fault(("rules", "fits"), f"rules.fits: {goal} is missing") for goal in Goal if goal not in rules.fits
    )
    for rule in _unsourced(rules):
        yield file.fault(("rules", rule), f"rules.{rule}: rests on no fact; name it under rules.facts")


def _unsourced(rules: Rules) -> Iterator[str]:
    """Rules that are set but rest on no fact."""
    resting = {
        "past": True,
        "years": rules.years,
        "graduates": rules.graduates,
        "academic_year": rules.academic_year,
        "judged_by_calls": rules.judged_by_calls,
        "notice": rules.notice,
        "shortest": rules.shortest,
        "longest_usual": rules.longest_usual,
        "usual": rules.usual_year,
        "free_periods": rules.free_periods,
        "left_to_call": rules.left_to_call,
    }
    yield from (rule for rule, value in resting.items() if value and rule not in rules.facts)


def _afterwards(file: File, rules: Rules, knowledge: Knowledge) -> Iterator[Fault]:
    """Papers named twice, and those due by a fact that a student may not be told or that holds for one year only."""
    seen = set()
    for at, paper in enumerate(rules.afterwards):
        path = ("rules", "afterwards", at)
        if paper.what in seen:
            yield file.fault(path, f"rules.afterwards: {paper.what} stands here twice")
        seen.add(paper.what)
        trust = knowledge.facts[paper.fact].trust
        if trust in {Trust.OLD, Trust.YEARLY}:
            yield file.fault(path, f"rules.afterwards: {paper.what} rests on a fact that is {trust}; no deadline may")


def _answers(file: File, answers: Mapping[Any, Answer], knowledge: Knowledge) -> Iterator[Fault]:
    for name, answer in answers.items():
        yield from _statements(file, name, answer, knowledge)
        for at, key in enumerate(answer.links):
            if not knowledge.sources[key].public:
                yield file.fault(("answers", name, "links", at), f"{name}: {key} is not for students (public: false)")
        for lang in LANGS:
            phrases = answer.phrases.en if lang == "en" else answer.phrases.it
            if len(set(phrases)) < FEWEST_PHRASES:
                yield file.fault(
                    ("answers", name, "phrases", lang), f"{name}: fewer than {FEWEST_PHRASES} phrases in {lang}"
                )


def _statements(file: File, name: str, answer: Answer, knowledge: Knowledge) -> Iterator[Fault]:
    for at, statement in enumerate(answer.says):
        path = ("answers", name, "says", at)
        if statement.own and file.name != "general.yaml":
            yield file.fault(path, f"{name}: only general.yaml speaks of the bot itself (own: true)")
        for fact in (knowledge.facts[key] for key in statement.facts):
            yield from _stands_on(file, path, name, statement, fact)
        for text in (statement.en, statement.it):
            if ADDRESS.search(text):
                yield file.fault(path, f"{name}: put the address into sources.yaml and name it under links")
            if length(text) > LONGEST_TEXT // 4:
                yield file.fault(path, f"{name}: a statement of more than {LONGEST_TEXT // 4} characters; split it")


def _stands_on(file: File, path: tuple[str | int, ...], name: str, statement: Statement, fact: Fact) -> Iterator[Fault]:
    if fact.trust is Trust.OLD:
        yield file.fault(path, f"{name}: rests on an old fact, which may not be said to a student")
    if fact.trust is Trust.YEARLY and fact.year and not all(fact.year in statement[lang] for lang in LANGS):
        yield file.fault(path, f"{name}: rests on a yearly fact and must name its year, {fact.year}, in both languages")


def _sentences(file: File) -> Iterator[Fault]:
    for key, text in file.value.items():
        if "?" in placeholders(text) or "" in placeholders(text):
            yield file.fault((key,), f"{key}: a lone brace, or a placeholder without a name")
        for line in text.split("\n"):
            if wrong := _unbalanced(line):
                yield file.fault((key,), f"{key}: {wrong}")


class _Tags(HTMLParser):
    """Follows the tags of one line."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an opened tag."""
        del attrs
        if tag not in TAGS:
            self.wrong = f"Telegram knows no tag <{tag}>"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note a closed tag."""
        if not self.open or self.open.pop() != tag:
            self.wrong = f"</{tag}> closes nothing"


def _unbalanced(line: str) -> str | None:
    tags = _Tags()
    tags.feed(line)
    tags.close()
    if tags.wrong is None and tags.open:
        return f"<{tags.open[0]}> is not closed on its line"
    if tags.wrong is None and "<" in TAG.sub("", line):
        return "a < that begins no tag; write &lt;"
    return tags.wrong


def _twice_a_fact(shelf: Shelf) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, file in shelf.files.items():
        if not name.startswith(("programmes/", "general")):
            continue
        for key in file.value.get("facts", {}):
            if key in seen:
                yield file.fault(("facts", key), f"{key}: stands in {seen[key]} too")
            seen[key] = name


def _colliding(shelf: Shelf) -> Iterator[Fault]:
    """Phrases that say the same under two answers, and names that two programmes share."""
    users: dict[tuple[str, ...], list[_Use]] = defaultdict(list)
    for phrase in _lasting_phrases(shelf):
        users[tuple(words(phrase.text))].append(phrase)
    for uses in users.values():
        for phrase in uses[1:]:
            if phrase.label != uses[0].label:
                yield phrase.fault(f"the same phrase stands under {uses[0].label}")
    yield from _shared_names(shelf)


@dataclass(frozen=True, slots=True)
class _Use:
    """A phrase of an answer, and where it stands."""

    label: str
    lang: str
    text: str
    file: File
    path: tuple[str | int, ...]

    def fault(self, sentence: str) -> Fault:
        """Something amiss with it."""
        return self.file.fault(self.path, f"{self.label}: {sentence}")


def _lasting_phrases(shelf: Shelf) -> Iterator[_Use]:
    """Every phrase of an answer that does not expire."""
    for label, answer in shelf.knowledge.answers():
        first, _, name = label.partition(".")
        file = shelf.files["general.yaml" if first == GENERAL else f"programmes/{first}.yaml"]
        yield from _phrases(label, answer.phrases, file, ("answers", name))
    for place, desks in _lasting(shelf):
        yield from _phrases(desks.label, desks.phrases, shelf.files[DESK_FILE], ("answers", place))
    yield from _learned(shelf)


def _learned(shelf: Shelf) -> Iterator[_Use]:
    """The phrases that the desk added to answers of any kind, but those that expire."""
    if DESK_FILE not in shelf.files:
        return
    file = shelf.files[DESK_FILE]
    passing = {answer.label for _, answer in _placed(shelf) if answer.until}
    for label, by_lang in file.value.get("phrasings", {}).items():
        for lang, texts in by_lang.items():
            for place, text in enumerate(texts if label not in passing else ()):
                yield _Use(label, lang, text, file, ("phrasings", label, lang, place))


def _phrases(label: str, phrases: Phrases, file: File, path: tuple[str | int, ...]) -> Iterator[_Use]:
    """Every phrase of one answer, which stands at ``path``."""
    for lang, texts in (("en", phrases.en), ("it", phrases.it)):
        for place, text in enumerate(texts):
            yield _Use(label, lang, text, file, (*path, "phrases", lang, place))


def _placed(shelf: Shelf) -> Iterator[tuple[int, DeskAnswer]]:
    """The desk's answers to students, and their places in the file."""
    if DESK_FILE in shelf.files:
        for place, value in enumerate(shelf.files[DESK_FILE].value["answers"]):
            yield place, shelf.knowledge.desk[value["id"]]


def _lasting(shelf: Shelf) -> Iterator[tuple[int, DeskAnswer]]:
    """Those that do not expire: of the others, this year's may well be asked for as last year's was."""
    return ((place, answer) for place, answer in _placed(shelf) if answer.until is None)


def _of_the_desk(shelf: Shelf) -> Iterator[Fault]:
    """What is amiss with the desk's answers to students, and with what it made of their questions."""
    for phrase in _learned(shelf):
        if not words(phrase.text):
            yield phrase.fault("a phrase without a word")
    for place, answer in _placed(shelf):
        file, path = shelf.files[DESK_FILE], ("answers", place)
        for lang in LANGS:
            if (lang in answer.title.langs) != (lang in answer.says.langs):
                yield file.fault((*path, "title"), f"{answer.label}: title and says stand in other languages")
            if length(answer.title[lang]) > LONGEST_TITLE:
                yield file.fault((*path, "title"), f"{answer.label}: a title of more than {LONGEST_TITLE} characters")
        for phrase in _phrases(answer.label, answer.phrases, file, path):
            if not words(phrase.text):
                yield phrase.fault("a phrase without a word")
        if answer.until and answer.until < answer.answered_on:
            yield file.fault((*path, "until"), f"{answer.label}: until is before answered_on")


def _shared_names(shelf: Shelf) -> Iterator[Fault]:
    owner: dict[str, Programme] = {}
    for programme, page in shelf.knowledge.programmes.items():
        file = shelf.files[f"programmes/{programme}.yaml"]
        for lang in LANGS:
            for at, name in enumerate(page.names[lang].also):
                if owner.setdefault(name.lower(), programme) is not programme:
                    yield file.fault(
                        ("names", lang, "also", at), f"names: {name!r} is a name of {owner[name.lower()]} too"
                    )


def unclear(shelf: Shelf) -> list[Fault]:
    """What makes questions harder to understand than need be, but is no fault; it takes some seconds."""
    return sorted([*_pulling(shelf), *few_phrases(shelf)])


def _pulling(shelf: Shelf) -> Iterator[Fault]:
    """Phrases that ask for the answer of another as well, or rather."""
    uses = _uses(shelf)
    labels = dict.fromkeys(label for label, _ in uses)
    asked = [Entry(label, {lang: [each.text for each in uses[label, lang]] for lang in LANGS}) for label in labels]
    called = names(shelf.knowledge)
    for stray in strays(asked, called, shelf.vocabulary):
        use = uses[stray.phrase.label, stray.phrase.lang][stray.phrase.place]
        yield use.fault(f"{use.text!r} would be taken for {stray.taken} ({stray.score:.2f}) if it did not stand here")
    for one, other in twins(asked, called):
        yield uses[other.label, other.lang][other.place].fault(f"{other.text!r} is nearly {one.text!r} of {one.label}")


def few_phrases(shelf: Shelf) -> Iterator[Fault]:
    """Answers of the desk's that can hardly be found in other words, for there are few phrases."""
    uses = _uses(shelf)
    for place, answer in _lasting(shelf):
        counts = {lang: len(uses[answer.label, lang]) for lang in answer.says.langs}
        few = ", ".join(f"{count} in {lang}" for lang, count in counts.items() if count < ENOUGH_PHRASES)
        if few:
            sentence = f"{answer.label}: few phrases ({few}); from {ENOUGH_PHRASES} on it is found in other words too"
            yield shelf.files[DESK_FILE].fault(("answers", place, "phrases"), sentence)


def _uses(shelf: Shelf) -> defaultdict[tuple[str, str], list[_Use]]:
    """The phrases by their label and language, in their order."""
    uses = defaultdict(list)
    for use in _lasting_phrases(shelf):
        uses[use.label, use.lang].append(use)
    return uses


def unopened(shelf: Shelf) -> list[Fault]:
    """Links that students are shown and nobody at the desk has opened yet."""
    file = shelf.files["sources.yaml"]
    return [
        file.fault((key,), f"{key}: nobody has opened {source.url} yet; open it and write the day under opened")
        for key, source in shelf.knowledge.sources.items()
        if source.public and source.opened is None
    ]


def summary(shelf: Shelf) -> str:
    """How much there is, in one line."""
    knowledge = shelf.knowledge
    answers = entries(knowledge)
    phrases = sum(len(texts) for entry in answers for texts in entry.phrases.values())
    unchecked = sum(fact.checked is None for fact in knowledge.facts.values())
    return (
        f"{len(answers)} answers, {phrases} phrases, {len(knowledge.facts)} facts "
        f"({unchecked} not yet checked by a person), "
        f"{len(unopened(shelf))} links nobody has opened yet: no faults"
    )
