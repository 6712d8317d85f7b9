"""Reading the desk's folder: what ships is whole, and every slip is named with its file and line, all at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.knowledge import (
    DESK_FILE,
    FOLDER,
    Fault,
    KnowledgeError,
    check_writable,
    entries,
    load,
    names,
    parse,
    placeholders,
    shelve,
)
from bot.rules.answers import DeskAnswer, DeskPage, Either, Phrases, Trust
from bot.rules.messages import LANGS
from bot.rules.programmes import Programme, Topic
from tests.book import knowledge, shelf

GENERAL = (
    "programmes choose desk tutor learning-agreement incoming offices erasmus-contribution human subscribe greeting"
    " thanks privacy"
)


@dataclass(frozen=True)
class Folder:
    """A copy of the desk's folder to be damaged."""

    path: Path

    def line(self, name: str, text: str) -> int:
        """The first line of a file that holds ``text``."""
        lines = (self.path / name).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def replace(self, name: str, old: str, new: str) -> int:
        """Replace the first ``old`` in a file; the line it stood on."""
        number = self.line(name, old.partition("\n")[0])
        path = self.path / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
        return number

    def faults(self) -> list[Fault]:
        """What reading finds wrong."""
        with pytest.raises(KnowledgeError) as caught:
            load(self.path)
        assert caught.value.faults == sorted(caught.value.faults)
        return list(caught.value.faults)

    def fault(self) -> tuple[str, int, str]:
        """The one thing that is wrong."""
        (fault,) = self.faults()
        return fault.file, fault.line, fault.sentence


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The desk's folder without the phrases, which take most of the time to read."""
    copied = Path(shutil.copytree(FOLDER, tmp_path / "knowledge"))
    for path in (*copied.glob("programmes/*.yaml"), copied / "general.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\n    phrases:\n(?:      .*\n)+", "\n", text), encoding="utf-8")
    return Folder(copied)


FM, ET = "programmes/free-mover.yaml", "programmes/erasmus-traineeship.yaml"
EN, IT = "messages.en.yaml", "messages.it.yaml"


# What ships


def test_the_shipped_knowledge_is_whole() -> None:
    book = knowledge()
    labels = {label for label, _ in book.answers()}
    assert {f"{programme}.{topic}" for programme in Programme for topic in Topic} <= labels
    assert {f"general.{name}" for name in GENERAL.split()} <= labels
    assert list(book.programmes) == list(Programme)
    assert len(book.facts) > 100
    assert all(fact.source in book.sources for fact in book.facts.values())


def test_yearly_facts_name_their_year() -> None:
    yearly = [fact for fact in knowledge().facts.values() if fact.trust is Trust.YEARLY]
    assert yearly
    assert all(fact.year for fact in yearly)


def test_every_answer_reaches_the_matcher_with_its_phrases() -> None:
    found = {entry.label: entry.phrases for entry in entries(knowledge())}
    assert set(found) == {label for label, _ in knowledge().answers()}
    phrases = knowledge().programmes[Programme.FREE_MOVER].answers[Topic.PERIOD].phrases
    assert found["free-mover.period"] == {"en": phrases.en, "it": phrases.it}


def test_the_names_of_a_programme_are_those_of_both_languages_once() -> None:
    found = names(knowledge())
    assert list(found) == list(Programme)
    naming = knowledge().programmes[Programme.ERASMUS_TRAINEESHIP].names
    assert found["erasmus-traineeship"][0] == naming.en.title
    assert {*naming.en.also, *naming.it.also, naming.it.button} <= set(found["erasmus-traineeship"])
    assert all(len(each) == len(set(each)) for each in found.values())


def test_the_shelf_knows_the_line_of_everything() -> None:
    file = shelf().files[FM]
    text = (FOLDER / FM).read_text(encoding="utf-8").splitlines()
    assert text[file.line(("rules", "notice")) - 1].strip().startswith("notice:")
    assert text[file.line(("answers", "period", "phrases", "it")) - 1].strip() == "it:"
    assert file.line(("answers", "period", "phrases", "it", 999)) == file.line(("answers", "period", "phrases", "it"))
    assert file.line(("nothing",)) == file.line(())


def test_a_copy_reads_like_the_original(folder: Folder) -> None:
    assert load(folder.path).knowledge.facts == knowledge().facts


def test_files_written_on_windows_are_read(folder: Folder) -> None:
    before = load(folder.path).knowledge
    for name in (FM, EN):
        path = folder.path / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    read = load(folder.path).knowledge
    assert read.programmes == before.programmes
    assert read.words.commands("en") == before.words.commands("en")


# Slips, each with its file and line

Damage = Callable[[Folder], int]


def swapped(name: str, old: str, new: str, further: int = 0) -> Damage:
    """Replace ``old`` by ``new``; the fault is so many lines further down."""
    return lambda folder: folder.replace(name, old, new) + further


SLIPS: dict[str, tuple[str, Damage, str]] = {
    "broken YAML": (FM, swapped(FM, "id: free-mover", "id: free: mover"), "no YAML"),
    "an unclosed quote": (EN, swapped(EN, 'not announced here yet"', "not announced here yet", 1), "no YAML"),
    "a control character": (IT, swapped(IT, "calls.where: Il", "calls.where: \x07Il"), "no YAML"),
    "braces for a key": (EN, swapped(EN, "other-kind:", "{other}:"), "braces in place of a key"),
    "braces for a text": (EN, swapped(EN, "stay.start: from {start}, end open", "stay.start: {start}"), "valid string"),
    "an unknown key": (FM, swapped(FM, "  notice: {days: 30}", "  notiz: {days: 30}"), "rules.notiz: unknown key"),
    "an unknown key deep down": (FM, swapped(FM, "{days: 30}", "{day: 30}"), "rules.notice.day: unknown key"),
    "an unknown topic": (FM, swapped(FM, "  funding:", "  money:"), "answers.money"),
    "an unknown programme": (FM, swapped(FM, "id: free-mover", "id: freemover"), "id: Input should be"),
    "an unknown rule value": (ET, swapped(ET, "graduates: within", "graduates: sometimes"), "rules.graduates: "),
    "a fact without a source": (FM, swapped(FM, "    source: ", "    # source: ", -3), "source: is missing"),
    "an unknown trust": (FM, swapped(FM, "    trust: permanent", "    trust: certain"), "trust: Input should be"),
    "a day that does not exist": (
        "sources.yaml",
        swapped("sources.yaml", "opened: null", "opened: 2026-11-31"),
        "cannot be",
    ),
    "a tag": (FM, swapped(FM, "trust: permanent", "trust: !sure permanent"), "cannot be read"),
    "a public page without https": (
        "sources.yaml",
        swapped("sources.yaml", "  url: https://ims", "  url: http://ims", -1),
        "https://",
    ),
    "an unknown fact of a rule": (
        FM,
        swapped(FM, "notice: IMS-FM-2", "notice: IMS-FM-99"),
        "there is no fact IMS-FM-99",
    ),
    "an unknown fact of a paper": (
        "programmes/erasmus-study.yaml",
        swapped("programmes/erasmus-study.yaml", "fact: GP-A1", "fact: GP-A99"),
        "there is no fact GP-A99",
    ),
    "an unknown fact of a call": ("calls.yaml", swapped("calls.yaml", "IMS-ES-2", "IMS-XX"), "there is no fact IMS-XX"),
    "an unknown month": ("calls.yaml", swapped("calls.yaml", "to: 2,", "to: 13,"), "usual.erasmus-study.0.to"),
    "a key twice": (
        EN,
        swapped(EN, "calls.where:", "calls.intro: again\ncalls.where:"),
        "calls.intro: stands here twice",
    ),
    "a placeholder of its own": (
        IT,
        swapped(IT, "{name}! Sono", "{nome}! Sono", -1),
        "placeholders differ from messages.en.yaml",
    ),
    "a placeholder too few": (
        IT,
        swapped(IT, "stay.start: dal {start}", "stay.start: da un giorno"),
        "placeholders differ",
    ),
    "a number for a sentence": (EN, swapped(EN, "language.name: English", "language.name: 5"), "valid string"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_with_its_file_and_line(folder: Folder, slip: str) -> None:
    name, damage, sentence = SLIPS[slip]
    line = damage(folder)
    found = folder.faults()
    assert {fault.file for fault in found} == {name}
    assert line in {fault.line for fault in found if sentence in fault.sentence}, found


@pytest.mark.parametrize(
    ("statement", "line", "sentence"),
    [
        ("{en: A, it: B}", 4, "exactly one of facts, silent or own"),
        ("{en: A, it: B, facts: [IMS-FM-2], silent: [ims]}", 4, "exactly one of facts, silent or own"),
        ("{en: A, it: B, facts: [IMS-FM-2], own: true}", 4, "exactly one of facts, silent or own"),
        ("{en: A, facts: [IMS-FM-2]}", 4, "says.0.it: is missing"),
        ("{en: A, it: B, facts: [IMS-NO-1]}", 4, "there is no fact IMS-NO-1"),
        ("{en: A, it: B, silent: [nowhere]}", 4, "there is no source nowhere in sources.yaml"),
        ("{en: A, it: B, facts: [IMS-FM-2]}\n    links: [nowhere]", 5, "there is no source nowhere in sources.yaml"),
        ("{en: A, it: B, fatcs: [IMS-FM-2]}", 4, "fatcs: unknown key"),
        ("{en: A, it: '', facts: [IMS-FM-2]}", 4, "says.0.it"),
    ],
)
def test_a_statement_stands_on_exactly_one_ground(folder: Folder, statement: str, line: int, sentence: str) -> None:
    added = f"answers:\n  added:\n    says:\n      - {statement}\n"
    title = "    title: {en: A, it: B}\n    button: {en: A, it: B}\n"
    at = folder.replace("general.yaml", "answers:\n", added + title)
    found = folder.faults()
    assert {fault.file for fault in found} == {"general.yaml"}
    assert [fault.line for fault in found if sentence in fault.sentence] == [at + line - 1]


def test_a_yearly_fact_without_its_year(folder: Folder) -> None:
    at = folder.replace(
        FM, "facts:\n", 'facts:\n  NEW:\n    {says: "350 EUR.", source: ims, trust: yearly, checked: null}\n'
    )
    assert folder.fault() == (FM, at + 1, "facts.NEW: a yearly fact names its year, for example year: 2025/26")


def test_a_fact_from_nowhere(folder: Folder) -> None:
    at = folder.replace(
        FM, "facts:\n", "facts:\n  NEW:\n    {says: So., source: gone, trust: undated, checked: null}\n"
    )
    assert folder.fault() == (FM, at + 2, "there is no source gone in sources.yaml")


@pytest.mark.parametrize("name", [FM, "general.yaml", "sources.yaml", "calls.yaml", EN, IT, "vocabulary.yaml"])
def test_a_missing_file_and_one_that_is_no_text(folder: Folder, name: str) -> None:
    (folder.path / name).write_bytes(b"caf\xe9: \xff\n")
    assert folder.fault() == (name, 1, "the file is not UTF-8 text")
    (folder.path / name).unlink()
    assert folder.fault() == (name, 1, "the file is missing")


@pytest.mark.parametrize("name", [FM, "general.yaml", "sources.yaml", "calls.yaml", EN])
@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a\n- b\n", "just words\n"])
def test_an_empty_file_and_one_of_another_shape(folder: Folder, name: str, text: str) -> None:
    (folder.path / name).write_text(text, encoding="utf-8")
    assert folder.faults()


@pytest.mark.parametrize(("name", "other"), [(EN, IT), (IT, EN)])
def test_a_sentence_in_one_language_only(folder: Folder, name: str, other: str) -> None:
    at = folder.replace(name, "language.ask:", "language.ask.twice: Again?\nlanguage.ask:")
    assert folder.fault() == (name, at, f"language.ask.twice: is missing in {other}")


def test_an_answer_the_program_counts_on(folder: Folder) -> None:
    folder.replace(FM, "\n  funding:\n", "\n  fees:\n")
    assert any("answers.fees" in fault.sentence for fault in folder.faults())
    folder.replace("general.yaml", "\n  greeting:", "\n  hello:")
    missing = [fault for fault in folder.faults() if fault.file == "general.yaml"]
    assert [fault.sentence for fault in missing] == ["answers: missing: greeting"]
    assert missing[0].line == 1 + (folder.path / "general.yaml").read_text(encoding="utf-8").split("\n").index(
        "answers:"
    )


def test_a_topic_that_is_missing(folder: Folder) -> None:
    path = folder.path / FM
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("\n  funding:") + 1], encoding="utf-8")
    line = text.count("\n", 0, text.index("\nanswers:")) + 2
    assert folder.fault() == (FM, line, "answers: missing: funding")


def test_a_file_of_another_programme(folder: Folder) -> None:
    at = folder.replace(FM, "id: free-mover", "id: extra-eu")
    assert (FM, at, "id: the file of extra-eu is called programmes/extra-eu.yaml") in [
        (fault.file, fault.line, fault.sentence) for fault in folder.faults()
    ]


def test_all_faults_are_listed_at_once(folder: Folder) -> None:
    folder.replace(FM, "graduates: no", "graduates: nobody")
    folder.replace(ET, "id: erasmus-traineeship", "idd: erasmus-traineeship")
    (folder.path / "calls.yaml").unlink()
    folder.replace("sources.yaml", "ims:", "ims: [")
    found = folder.faults()
    assert {fault.file for fault in found} == {FM, ET, "calls.yaml", "sources.yaml"}
    assert {fault.sentence for fault in found if fault.file == ET} == {"id: is missing", "idd: unknown key"}
    with pytest.raises(KnowledgeError) as caught:
        load(folder.path)
    assert str(caught.value) == f"calls.yaml:1: the file is missing (and {len(found) - 1} more; run: bot check)"


def test_a_folder_that_is_not_there_lists_every_file(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load(tmp_path / "nowhere")
    assert {fault.file for fault in caught.value.faults} == set(shelf().files)


def test_an_alone_fault_is_told_alone() -> None:
    fault = Fault("calls.yaml", 3, "is wrong")
    assert str(fault) == "calls.yaml:3: is wrong"
    assert str(KnowledgeError([fault])) == "calls.yaml:3: is wrong"


def test_words_that_yaml_takes_for_something_else_stay_words(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("a: [no, yes, on, off, true, false]\nb: 1.5\nc: 12\nd: 2026-11-30\ne: null\n")
    value = parse(tmp_path / "f.yaml", "f.yaml").value
    assert value["a"] == ["no", "yes", "on", "off", True, False]
    assert (value["b"], value["c"], value["e"]) == ("1.5", 12, None)
    assert value["d"].isoformat() == "2026-11-30"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{a} and {b}", {"a", "b"}),
        ("none", set()),
        ("{a:>3} {a!r}", {"a"}),
        ("{", {"?"}),
        ("}", {"?"}),
        ("{}", {""}),
        ("{{x}}", set()),
    ],
)
def test_placeholders_of_a_sentence(text: str, found: set[str]) -> None:
    assert placeholders(text) == found


def test_both_languages_say_the_same_things() -> None:
    english, italian = (knowledge().words._texts[lang] for lang in LANGS)
    assert set(english) == set(italian)


# What the program writes


VISA = DeskAnswer(
    id=7,
    title=Either(en="Visa: yes"),
    says=Either(en="First line.\n\n- second: “line” #3\nno", it="Sì."),
    phrases=Phrases(en=("visa?",), it=("visto", "123")),
    programme=Programme.FREE_MOVER,
    answered_on=date(2026, 11, 23),
    until=date(2027, 2, 15),
    call="free-mover:2026",
)


def test_an_answer_is_written_sorted_under_the_comment_and_read_as_it_was(folder: Folder) -> None:
    (folder.path / DESK_FILE).write_text("# Ours\n\nanswers: []\n", encoding="utf-8")
    other = VISA.model_copy(update={"id": 3, "programme": None, "until": None, "call": None})
    assert shelve(folder.path, [VISA, other], [])
    text = (folder.path / DESK_FILE).read_text(encoding="utf-8")
    assert text.startswith("# Ours\n\nanswers:\n  - id: 3\n")
    assert "    until: 2027-02-15\n" in text
    assert "      en: |-\n        First line.\n\n        - second" in text
    assert load(folder.path).knowledge.desk == {3: other, 7: VISA}
    assert list(folder.path.glob(".desk*")) == []


def test_what_stands_on_file_wins_and_what_was_withdrawn_goes(folder: Folder) -> None:
    shelve(folder.path, [VISA], [])
    changed = VISA.model_copy(update={"says": Either(en="Other.")})
    assert not shelve(folder.path, [changed], [])
    assert load(folder.path).knowledge.desk == {7: VISA}
    assert shelve(folder.path, [changed], [7])
    assert load(folder.path).knowledge.desk == {}


def test_a_folder_without_the_desks_answers_has_none_yet(folder: Folder) -> None:
    (folder.path / DESK_FILE).unlink()
    assert load(folder.path).knowledge.desk == {}
    assert not shelve(folder.path, [], [3])
    assert shelve(folder.path, [VISA], [])
    assert load(folder.path).knowledge.desk == {7: VISA}


def test_a_file_with_faults_is_not_written(folder: Folder) -> None:
    (folder.path / DESK_FILE).write_text("answers:\n  - id: 7\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"desk\.yaml:2: answers\.0\.answered_on: is missing"):
        shelve(folder.path, [VISA], [])


def test_one_number_is_one_answer(folder: Folder) -> None:
    shelve(folder.path, [VISA], [])
    path = folder.path / DESK_FILE
    block = path.read_text(encoding="utf-8").partition("answers:\n")[2]
    path.write_text(f"answers:\n{block}{block}", encoding="utf-8")
    assert folder.fault() == (DESK_FILE, 1, "answers: two answers have the id 7")


def test_a_file_that_cannot_be_replaced_stays_whole(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = (folder.path / DESK_FILE).read_text(encoding="utf-8")
    monkeypatch.setattr("bot.knowledge.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        shelve(folder.path, [VISA], [])
    assert (folder.path / DESK_FILE).read_text(encoding="utf-8") == before
    assert list(folder.path.glob(".desk*")) == []


def test_writing_is_tried_beside_the_file(folder: Folder) -> None:
    check_writable(folder.path)
    with pytest.raises(OSError, match="No such file"):
        check_writable(folder.path / "nowhere")


said = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.just("\n"), min_size=1).filter(
    str.strip
)


@given(says=said, phrase=said, title=said)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_as_it_went(tmp_path: Path, says: str, phrase: str, title: str) -> None:
    answer = DeskAnswer(
        id=1,
        title=Either(it=title),
        says=Either(it=says),
        phrases=Phrases(it=(phrase,)),
        answered_on=date(2026, 11, 23),
    )
    (tmp_path / DESK_FILE).unlink(missing_ok=True)
    shelve(tmp_path, [answer], [])
    read = TypeAdapter(DeskPage).validate_python(parse(tmp_path / DESK_FILE, DESK_FILE).value)
    assert read.answers == (answer,)
