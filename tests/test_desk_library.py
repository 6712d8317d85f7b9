"""The knowledge in use: exchanged in one go while questions are answered, and never for one that has faults."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.faq.matcher import Candidate, Decision, Match
from bot.rules.answers import DeskAnswer, Either, Phrases
from bot.rules.calls import Call, Dates
from bot.rules.programmes import Programme
from tests.faqroom import NOW, a_library

VISA = DeskAnswer(
    id=7,
    title=Either(en="Visa for Brazil"),
    says=Either(en="For Brazil you need a visa.\n\nAsk the consulate: it takes “weeks”."),
    phrases=Phrases(en=("do I need a visa for my elective in Brazil?",)),
    programme=Programme.ELECTIVE_INTERNSHIP,
    answered_on=NOW.date(),
)


async def test_an_answer_is_published_found_and_taken_out_again(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    assert (await library.publish([VISA], [])).changed
    assert not (await library.publish([VISA], [])).changed
    found = await library.reload(NOW)
    assert (found.added, found.files, found.faults) == (("desk.7",), ("desk.yaml",), ())
    assert library.voice.knowledge.desk == {7: VISA}
    assert library.match("do i need a visa for my elective in brazil").answer == "desk.7"
    assert (await library.publish([], [7])).changed
    assert (await library.reload(NOW)).removed == ("desk.7",)
    assert library.exported() == "# Ours\nanswers: []\n"


async def test_what_is_only_near_is_suggested_never_stated(tmp_path: Path) -> None:
    """One question is not enough to know what else its answer holds for: a visa for Brazil is none for the USA."""
    library = a_library(tmp_path)
    await library.publish([VISA], [])
    await library.reload(NOW)
    match = library.match("do i need a visa for the usa")
    assert match.decision is not Decision.ANSWER
    assert match.answer is None


async def test_questions_are_answered_while_the_matcher_is_made(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    await library.publish([VISA], [])
    reading = asyncio.create_task(library.reload(NOW))
    answered = 0
    while not reading.done():
        assert library.match("how long is free mover").candidates
        answered += 1
        await asyncio.sleep(0.02)
    assert answered > 3
    assert (await reading).added == ("desk.7",)


async def test_two_readings_come_one_after_the_other(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    await library.publish([VISA], [])
    first, second = await asyncio.gather(library.reload(NOW), library.reload(NOW))
    assert (first.added, second.added) == (("desk.7",), ())


async def test_a_fault_changes_nothing(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    before, matcher = library.voice.knowledge, library.matcher
    (library.folder / "general.yaml").unlink()
    found = await library.reload(NOW)
    assert [str(fault) for fault in found.faults] == ["general.yaml:1: the file is missing"]
    assert (library.voice.knowledge, library.matcher) == (before, matcher)


async def test_a_changed_sentence_does_not_need_another_matcher(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    before = library.matcher
    path = library.folder / "messages.en.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("button.not-it: ", "button.not-it: Oh, "), encoding="utf-8"
    )
    found = await library.reload(NOW)
    assert (found.files, found.altered) == (("messages.en.yaml",), ())
    assert library.matcher is before
    assert library.voice.plain("en", "button.not-it").startswith("Oh, ")


async def test_an_answer_that_is_over_is_neither_read_nor_found(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    until = NOW.date() + timedelta(days=1)
    await library.publish([replace_until(until)], [])
    await library.reload(NOW)
    assert not library.stale(NOW, [])
    later = NOW + timedelta(days=2)
    assert library.stale(later, [])
    expired = library.voice.knowledge.on(later.date(), [], later)
    assert library.match("do i need a visa for my elective in brazil", knowledge=expired).answer is None
    await library.reload(later)
    assert library.voice.knowledge.answer("desk.7") is None
    assert set(library.answered) == {7}


def replace_until(until: object) -> DeskAnswer:
    return VISA.model_copy(update={"until": until})


async def test_a_call_decides_where_it_is_known(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    dates = Dates(NOW - timedelta(days=9), NOW + timedelta(days=9))
    call = Call(Programme.ELECTIVE_INTERNSHIP, dates, name="elective-internship:2026")
    bound = VISA.model_copy(update={"call": call.name, "until": NOW.date() - timedelta(days=1)})
    await library.publish([bound], [])
    await library.reload(NOW, [call])
    assert set(library.voice.knowledge.desk) == {7}
    await library.reload(NOW, [replace(call, withdrawn=True)])
    assert library.voice.knowledge.desk == {}
    await library.reload(NOW, [])
    assert library.voice.knowledge.desk == {}


async def test_a_follow_up_takes_the_programme_of_the_desks_answer(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    await library.publish([VISA], [])
    await library.reload(NOW)
    asked = library.match("and when do I apply?", previous="desk.7").candidates[0].id
    assert asked == "elective-internship.when-to-apply"


async def test_a_dropped_answer_is_gone_from_the_next_question_on(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    await library.publish([VISA], [])
    await library.reload(NOW)
    library.drop(7)
    match = library.match("do i need a visa for my elective in brazil")
    assert "desk.7" not in {each.id for each in match.candidates}
    assert match.answer is None


async def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    library = a_library(tmp_path)
    assert library.unwritable() == ""
    monkeypatch.setattr("bot.knowledge.tempfile.TemporaryFile", refused)
    monkeypatch.setattr("bot.knowledge.tempfile.mkstemp", refused)
    assert library.unwritable() == "Read-only file system"
    assert (await library.publish([VISA], [])).error == "desk.yaml: Read-only file system"
    assert library.exported() == "# Ours\nanswers: []\n"


def test_a_match_of_the_curated_answers_is_left_as_it_is(tmp_path: Path) -> None:
    library = a_library(tmp_path)
    text = "how long is free mover"
    assert library.match(text) == library.matcher.match(text)
    assert isinstance(library.match(text), Match)
    assert all(isinstance(each, Candidate) for each in library.match(text).candidates)
