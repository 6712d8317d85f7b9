"""What questions mean stands in the desk's file: written below the answers, read into the matcher, faults named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.knowledge import DESK_FILE, FOLDER, KnowledgeError, entries, load, parse, shelve
from bot.rules.answers import DeskAnswer, DeskPage, Either, Phrases, Phrasing
from bot.rules.messages import LANGS
from tests.book import TODAY

DOG, MENSA = Phrasing("free-mover.period", "en", "can my dog come: yes or no?"), Phrasing(None, "it", "tessera mensa")
VISA = DeskAnswer(
    id=7, title=Either(en="Visa"), says=Either(en="You need one."), phrases=Phrases(en=("visa?",)), answered_on=TODAY
)
OF_VISA = Phrasing("desk.7", "it", "serve il visto?")
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)
PHRASES = st.builds(
    Phrasing,
    st.sampled_from([None, "free-mover.period", "general.desk"]),
    st.sampled_from(LANGS),
    TEXTS.map(str.strip).filter(bool),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = Path(shutil.copytree(FOLDER, tmp_path / "knowledge"))
    (copied / DESK_FILE).write_text("# Ours\nanswers: []\n", encoding="utf-8")
    return copied


def test_phrasings_are_written_below_the_answers_by_label_and_language(folder: Path) -> None:
    assert shelve(folder, [], [], [DOG, MENSA, Phrasing(DOG.label, "it", "e il cane?")])
    assert (folder / DESK_FILE).read_text(encoding="utf-8") == (
        "# Ours\nanswers: []\n\nphrasings:\n  free-mover.period:\n    en:\n    - 'can my dog come: yes or no?'\n"
        "    it:\n    - e il cane?\n\nforeign:\n  it:\n  - tessera mensa\n"
    )
    assert not shelve(folder, [], [], [MENSA])
    assert shelve(folder, [VISA], [], [], [DOG])
    page = load(folder).knowledge
    assert (list(page.desk), page.learned) == ([7], (Phrasing(DOG.label, "it", "e il cane?"), MENSA))


def test_they_reach_the_matcher_after_the_phrases_that_stand_with_the_answers(folder: Path) -> None:
    before = {entry.label: entry for entry in entries(load(folder).knowledge)}
    shelve(folder, [VISA], [], [DOG, OF_VISA, MENSA])
    shelf = load(folder)
    after = {entry.label: entry for entry in entries(shelf.knowledge)}
    assert after["free-mover.period"].phrases["en"] == (*before["free-mover.period"].phrases["en"], DOG.text)
    assert after["free-mover.period"].phrases["it"] == before["free-mover.period"].phrases["it"]
    assert after["desk.7"].phrases == {"en": ("visa?",), "it": (OF_VISA.text,)}
    assert shelf.vocabulary.foreign["it"][-1] == MENSA.text
    assert MENSA.text not in [text for entry in after.values() for text in entry.phrases["it"]]


def test_what_asks_for_an_answer_that_is_withdrawn_goes_with_it(folder: Path) -> None:
    shelve(folder, [VISA], [], [OF_VISA])
    assert shelve(folder, [], [7], [OF_VISA])
    assert (folder / DESK_FILE).read_text(encoding="utf-8") == "# Ours\nanswers: []\n"


def test_what_was_written_by_hand_stays(folder: Path) -> None:
    text = "answers: []\nphrasings:\n  general.desk: {it: [dove siete]}\n"
    (folder / DESK_FILE).write_text(text, encoding="utf-8")
    shelve(folder, [], [], [DOG])
    assert load(folder).knowledge.learned == (Phrasing("general.desk", "it", "dove siete"), DOG)


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("phrasings:\n  general.desk: {}\n  general.x: {en: [b]}\n", 4, "phrasings: there is no answer general.x"),
        ("phrasings:\n  desk.7:\n    it: [b]\n", 3, "phrasings: there is no answer desk.7"),
        ("phrasings:\n  general.desk: {de: [a]}\n", 3, "phrasings.general.desk.de: unknown key"),
        ("phrasings:\n  general.desk:\n    en: a\n", 4, "phrasings.general.desk.en: Input should be a valid tuple"),
        ("foreign: [a]\n", 2, "foreign: Input should be a valid dictionary or instance of Phrases"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_line(folder: Path, text: str, line: int, sentence: str) -> None:
    (folder / DESK_FILE).write_text(f"answers: []\n{text}", encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        load(folder)
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.sentence) == (DESK_FILE, line, sentence)


@given(st.lists(PHRASES, max_size=6))
def test_any_phrasing_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, phrasings: list[Phrasing]
) -> None:
    folder = tmp_path_factory.mktemp("desk")
    shelve(folder, [], [], phrasings)
    file = parse(folder / DESK_FILE, DESK_FILE) if phrasings else None
    page = TypeAdapter(DeskPage).validate_python(file.value) if file else DeskPage(answers=())
    assert sorted(map(str, page.learned)) == sorted(map(str, set(phrasings)))
