"""What `bot check` finds: nothing in what ships, and each kind of fault in a damaged copy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import check
from bot.knowledge import FOLDER, Fault, load
from bot.rules.programmes import Programme, Topic
from tests.book import knowledge, shelf

FM, ET, ES = (f"programmes/{name}.yaml" for name in ("free-mover", "erasmus-traineeship", "erasmus-study"))
GENERAL, SOURCES, EN, IT = "general.yaml", "sources.yaml", "messages.en.yaml", "messages.it.yaml"
STATEMENT = "    says:\n      - "
NEW_FACT = "facts:\n  IMS-FM-1: {says: So., source: ims, trust: undated, checked: null}\n"
Damage = Callable[[Path], int]


def swapped(name: str, old: str, new: str, *, after: str = "", at: str = "") -> Damage:
    """Replace the first ``old`` (after the first ``after``) by ``new``.

    The fault is on the line where ``at`` stands first, or where ``new`` begins.
    """

    def damage(folder: Path) -> int:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        place = text.index(old, text.index(after))
        damaged = text[:place] + new + text[place + len(old) :]
        path.write_text(damaged, encoding="utf-8")
        return damaged.count("\n", 0, damaged.index(at) if at else place) + 1

    return damage


def said(name: str, topic: str, statement: str) -> Damage:
    """Put a statement before the others of a topic."""
    return swapped(name, STATEMENT, f"{STATEMENT}{statement}\n      - ", after=f"\n  {topic}:", at=statement)


def found_in(folder: Path) -> list[Fault]:
    return list(check.faults(load(folder)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "knowledge"))


def test_the_shipped_knowledge_has_no_faults() -> None:
    assert [str(fault) for fault in check.faults(shelf())] == []


STATEMENTS: dict[str, tuple[str, Damage, str]] = {
    "an old fact": (
        ET,
        said(ET, "funding", "{en: 400 EUR., it: 400 EUR., facts: [ET-F2]}"),
        "funding: rests on an old fact, which may not be said to a student",
    ),
    "a yearly fact without its year": (
        ES,
        said(ES, "funding", "{en: 350 EUR., it: 350 EUR., facts: [ES-F2]}"),
        "funding: rests on a yearly fact and must name its year, 2025/26, in both languages",
    ),
    "a yearly fact with its year in one language only": (
        ES,
        said(ES, "funding", "{en: 2025/26 and 2025/26., it: 350 EUR., facts: [ES-F2]}"),
        "funding: rests on a yearly fact and must name its year, 2025/26, in both languages",
    ),
    "a programme that speaks of the bot": (
        FM,
        said(FM, "period", "{en: I know., it: Lo so., own: true}"),
        "period: only general.yaml speaks of the bot itself (own: true)",
    ),
    "an address in a text": (
        FM,
        said(FM, "period", '{en: "See https://example.org", it: Vedi., silent: [ims]}'),
        "period: put the address into sources.yaml and name it under links",
    ),
    "a statement that is too long": (
        GENERAL,
        said(GENERAL, "desk", f"{{en: Yes., it: {'no ' * 350}., own: true}}"),
        "desk: a statement of more than 1024 characters; split it",
    ),
}
RULES: dict[str, tuple[str, Damage, str]] = {
    "a private link": (
        FM,
        swapped(FM, "links: [", "links: [traineeship-old, ", after="\n  period:"),
        "period: traineeship-old is not for students (public: false)",
    ),
    "an unsourced rule": (
        FM,
        swapped(FM, " notice: IMS-FM-2,", "", at="  notice:"),
        "rules.notice: rests on no fact; name it under rules.facts",
    ),
    "unsourced past": (
        FM,
        swapped(FM, "past: IMS-FM-2, ", "", at="rules:"),
        "rules.past: rests on no fact; name it under rules.facts",
    ),
    "unsourced years": (
        ET,
        swapped(ET, "years: IMS-ET-6, ", "", at="  years:"),
        "rules.years: rests on no fact; name it under rules.facts",
    ),
    "a paper that is due by an old fact": (
        ES,
        swapped(ES, "fact: GP-A1", "fact: GP-A5", at="- {what: certificate"),
        "rules.afterwards: certificate rests on a fact that is old; no deadline may",
    ),
    "a paper that is due by a yearly fact": (
        ES,
        swapped(ES, "fact: GP-A1", "fact: ES-13", at="- {what: certificate"),
        "rules.afterwards: certificate rests on a fact that is yearly; no deadline may",
    ),
    "a paper that is due twice": (
        ES,
        swapped(ES, "what: certificate", "what: arrival", at="- {what: arrival, days: 10, after: end"),
        "rules.afterwards: arrival stands here twice",
    ),
    "a goal without a fit": (FM, swapped(FM, "lab: no, ", "", at="  fits:"), "rules.fits: lab is missing"),
    "a fact that stands in two files": (
        GENERAL,
        swapped(GENERAL, "facts:\n", NEW_FACT, at="  IMS-FM-1:"),
        "IMS-FM-1: stands in programmes/free-mover.yaml too",
    ),
    "a name of two programmes": (
        FM,
        swapped(FM, "also: [", "also: [Placement, ", at="Placement"),
        "names: 'Placement' is a name of erasmus-traineeship too",
    ),
}
TAGS: dict[str, tuple[str, Damage, str]] = {
    "a tag left open": (EN, swapped(EN, "</b>", "", after="ask.year:"), "ask.year: <b> is not closed on its line"),
    "a tag closed by another": (
        EN,
        swapped(EN, "language.set: From", "language.set: <b>From</i>"),
        "language.set: </i> closes nothing",
    ),
    "a tag that was not opened": (
        IT,
        swapped(IT, "language.set: D'ora", "language.set: D'ora</b>"),
        "language.set: </b> closes nothing",
    ),
    "a tag Telegram does not know": (
        EN,
        swapped(EN, "language.set: From", "language.set: <h1>From</h1>"),
        "language.set: Telegram knows no tag <h1>",
    ),
    "an angle that begins no tag": (
        EN,
        swapped(EN, "language.set: From", "language.set: a < b from"),
        "language.set: a < that begins no tag; write &lt;",
    ),
}


@pytest.mark.parametrize("kind", [*STATEMENTS, *RULES, *TAGS])
def test_a_kind_of_fault_is_found_where_it_is(folder: Path, kind: str) -> None:
    name, damage, sentence = (STATEMENTS | RULES | TAGS)[kind]
    line = damage(folder)
    assert [(fault.file, fault.line, fault.sentence) for fault in found_in(folder)] == [(name, line, sentence)]


def test_a_tag_over_two_lines(folder: Path) -> None:
    line = swapped(EN, "language.set: From now", "language.set: |-\n  <b>From\n  now</b>")(folder)
    assert [str(fault) for fault in found_in(folder)] == [
        f"{EN}:{line}: language.set: <b> is not closed on its line",
        f"{EN}:{line}: language.set: </b> closes nothing",
    ]


def test_a_lone_brace_in_both_languages(folder: Path) -> None:
    lines = [swapped(name, "language.set: ", "language.set: So } ")(folder) for name in (EN, IT)]
    sentence = "language.set: a lone brace, or a placeholder without a name"
    assert [str(fault) for fault in found_in(folder)] == [
        f"{name}:{line}: {sentence}" for name, line in zip((EN, IT), lines, strict=True)
    ]


def test_too_few_phrases_each_counted_once(folder: Path) -> None:
    path = folder / FM
    text = path.read_text(encoding="utf-8")
    phrases = knowledge().programmes[Programme.FREE_MOVER].answers[Topic.FUNDING].phrases.it
    begin = text.index("      it:\n", text.index("\n  funding:"))
    nine = json.dumps([*phrases[:9], phrases[0], phrases[0]], ensure_ascii=False)
    path.write_text(f"{text[:begin]}      it: {nine}\n", encoding="utf-8")
    line = text.count("\n", 0, begin) + 1
    assert [str(fault) for fault in found_in(folder)] == [f"{FM}:{line}: funding: fewer than 10 phrases in it"]


def test_a_phrase_that_stands_under_two_answers(folder: Path) -> None:
    phrase = knowledge().programmes[Programme.ERASMUS_TRAINEESHIP].answers[Topic.PERIOD].phrases.en[0]
    shouted = json.dumps(f"  {phrase.upper()} !?", ensure_ascii=False)
    line = swapped(FM, "      en:\n", f"      en:\n        - {shouted}\n", after="\n  period:", at=shouted)(folder)
    sentence = "free-mover.period: the same phrase stands under erasmus-traineeship.period"
    assert [str(fault) for fault in found_in(folder)] == [f"{FM}:{line}: {sentence}"]


def test_faults_of_several_files_are_all_listed(folder: Path) -> None:
    for _, damage, _ in (STATEMENTS["an old fact"], RULES["an unsourced rule"], TAGS["a tag left open"]):
        damage(folder)
    assert {fault.file for fault in found_in(folder)} == {ET, FM, EN}


def test_links_that_nobody_has_opened_are_listed(folder: Path) -> None:
    public = {key: source for key, source in knowledge().sources.items() if source.public and not source.opened}
    listed = check.unopened(shelf())
    assert len(listed) == len(public)
    assert all(any(source.url in fault.sentence for fault in listed) for source in public.values())
    lines = (FOLDER / SOURCES).read_text(encoding="utf-8").splitlines()
    assert {lines[fault.line - 1] for fault in listed} == {f"{key}:" for key in public}
    swapped(SOURCES, "opened: null", "opened: 2026-11-30", after="\nims:")(folder)
    assert set(listed) - set(check.unopened(load(folder))) == {
        fault for fault in listed if fault.sentence.startswith("ims:")
    }


def test_the_summary_counts_what_there_is() -> None:
    summary = check.summary(shelf())
    answers = dict(knowledge().answers())
    phrases = sum(len(answer.phrases.en) + len(answer.phrases.it) for answer in answers.values())
    assert summary.startswith(f"{len(answers)} answers, {phrases} phrases, {len(knowledge().facts)} facts")
    assert f"{len(check.unopened(shelf()))} links nobody has opened yet" in summary


DESKS = """answers:
  - id: 1
    title: {{en: Visa}}
    says: {{en: "You need one."}}
    phrases: {{en: ["{phrase}"]}}
    answered_on: 2026-11-23
{more}"""


def of_the_desk(folder: Path, phrase: str, more: str = "") -> list[str]:
    (folder / "desk.yaml").write_text(DESKS.format(phrase=phrase, more=more), encoding="utf-8")
    return [str(fault) for fault in found_in(folder)]


def test_an_answer_of_the_desks_needs_no_more_than_one_phrase(folder: Path) -> None:
    assert of_the_desk(folder, "visa for brazil please") == []


def test_an_answer_of_the_desks_collides_with_another_unless_it_expires(folder: Path) -> None:
    phrase = knowledge().programmes[Programme.FREE_MOVER].answers[Topic.PERIOD].phrases.en[0]
    assert of_the_desk(folder, phrase) == ["desk.yaml:5: desk.1: the same phrase stands under free-mover.period"]
    assert of_the_desk(folder, phrase, "    until: 2027-01-31") == []


@pytest.mark.parametrize(
    ("phrase", "more", "fault"),
    [
        ("???", "", "desk.yaml:5: desk.1: a phrase without a word"),
        ("visa", "    until: 2026-11-22", "desk.yaml:7: desk.1: until is before answered_on"),
    ],
)
def test_an_answer_of_the_desks_is_linted(folder: Path, phrase: str, more: str, fault: str) -> None:
    assert of_the_desk(folder, phrase, more) == [fault]


def test_the_heading_of_an_answer_of_the_desks_is_short_and_in_its_languages(folder: Path) -> None:
    path = folder / "desk.yaml"
    text = DESKS.format(phrase="visa for brazil", more="").replace("{en: Visa}", "{it: " + "Visto " * 20 + "}")
    path.write_text(text, encoding="utf-8")
    other, long = "title and says stand in other languages", "a title of more than 100 characters"
    assert [fault.sentence for fault in found_in(folder)] == [f"desk.1: {each}" for each in (other, long, other, long)]


def test_a_phrasing_that_the_desk_added_collides_too(folder: Path) -> None:
    phrase = knowledge().programmes[Programme.FREE_MOVER].answers[Topic.PERIOD].phrases.en[0]
    phrasings = f'answers: []\nphrasings:\n  free-mover.period:\n    en: ["{phrase}"]\n  desk:\n    it: ["{phrase}"]\n'
    (folder / "desk.yaml").write_text(phrasings.replace("desk:", "general.desk:"), encoding="utf-8")
    sentence = "general.desk: the same phrase stands under free-mover.period"
    assert [str(fault) for fault in found_in(folder)] == [f"desk.yaml:6: {sentence}"]


def test_a_phrasing_without_a_word_is_named(folder: Path) -> None:
    (folder / "desk.yaml").write_text("answers: []\nphrasings:\n  general.desk:\n    it: ['?!']\n", encoding="utf-8")
    assert [str(fault) for fault in found_in(folder)] == ["desk.yaml:4: general.desk: a phrase without a word"]


def test_phrases_that_pull_two_answers_together_are_named_where_they_stand(folder: Path) -> None:
    stray, near = "please delete everything that you know about me", "Can I please talk to a real person?"
    funding, period = "\n  funding:", "\n  period:"
    swapped(FM, "      en:\n", f"      en:\n        - {near}\n", after=period, at=near)(folder)
    stray_line = swapped(FM, "      en:\n", f"      en:\n        - {stray}\n", after=funding, at=stray)(folder)
    person = swapped(GENERAL, "talk to a real person", "talk to a real person", at="Can I talk to a real person")(
        folder
    )
    assert found_in(folder) == [], "they are no faults"
    found = check.unclear(load(folder))
    assert found == sorted(found)
    named = {(fault.file, fault.line): fault.sentence for fault in found if "nearly" not in fault.sentence}
    assert named[FM, stray_line].startswith(f"free-mover.funding: {stray!r} would be taken for general.privacy (")
    nearly = f"{GENERAL}:{person}: general.human: 'Can I talk to a real person, please?' is nearly {near!r}"
    assert f"{nearly} of free-mover.period" in {str(fault) for fault in found}


def test_answers_of_the_desks_with_few_phrases_are_named(folder: Path) -> None:
    lasting = DESKS.format(phrase="can i bring my dog to seville", more="")
    passing = DESKS.format(phrase="can i bring my cat to seville", more="    until: 2999-12-31\n")
    (folder / "desk.yaml").write_text(lasting + passing.replace("answers:\n", "").replace("id: 1", "id: 2"), "utf-8")
    few = [str(fault) for fault in check.few_phrases(load(folder))]
    assert few == ["desk.yaml:5: desk.1: few phrases (1 in en); from 8 on it is found in other words too"]
