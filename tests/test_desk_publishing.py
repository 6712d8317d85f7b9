"""What was decided reaches the file, the FAQ in use, and those who asked the same; after any stop, and once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.desk.arrival import Kind
from bot.rules.answers import DeskAnswer
from bot.storage import calls, proposals, students
from bot.storage.outbox import ALERT
from bot.storage.rows import Student
from bot.storage.store import Store
from tests.faqroom import ADA, GIULIA, LEILA, MARCO, NOW, QUESTION, TINA, Room, a_library

SAME = "do I need a visa for an elective in Brazil?"


@pytest.fixture
async def room(store: Store, tmp_path: Path) -> Room:
    made = Room(store, a_library(tmp_path))
    await made.people()
    return made


async def again(room: Room, tmp_path: Path) -> Room:
    """The program after a restart, with a fresh copy of the folder."""
    return Room(room.store, a_library(tmp_path / "fresh"))


async def test_an_approved_answer_is_found_at_once_and_stands_on_file(room: Room) -> None:
    await room.approved()
    await room.publishing.step(whole=False)
    match = room.library.match("do i need a visa for my elective in brazil")
    assert match.answer == "desk.1"
    answer = room.library.voice.knowledge.answer("desk.1")
    assert isinstance(answer, DeskAnswer)
    assert answer.answered_on == NOW.date()
    text = room.library.exported()
    assert text.startswith("# Ours\n")
    assert "answered_on: 2026-11-23" in text
    (said,) = await room.heard("faq:1:live%")
    assert "The FAQ answers this now" in said.text
    assert "🗑 Withdraw 1" in said.buttons


async def test_those_who_asked_the_same_are_told_once_each_in_their_waking_hours(room: Room) -> None:
    await room.wondered(MARCO, SAME, days=5)
    await room.wondered(MARCO, SAME, days=3)
    await room.wondered(LEILA, SAME, "suggest", days=89)
    await room.wondered(GIULIA, SAME, days=1)
    await room.wondered(77, SAME, days=1)
    room.clock.at = NOW.replace(hour=23)
    await room.approved()
    await room.publishing.step()
    rows = await room.rows("faq:1:chat:%")
    assert {row.chat_id: row.priority for row in rows} == {MARCO: ALERT, LEILA: ALERT}
    assert {row.due_at for row in rows} == {(NOW + timedelta(days=1)).replace(hour=8)}
    italian = next(row.payload["text"] for row in rows if row.chat_id == MARCO)
    assert italian.startswith("Il 20 novembre 2026 hai chiesto: «do I need a visa for an elective in Brazil?»")
    assert "La risposta è in inglese" in italian
    assert "Risposta del desk del 24 novembre 2026" in italian
    assert "are told: 2." in (await room.heard("faq:1:live%"))[0].text
    await room.publishing.step()
    assert len(await room.rows("faq:%")) == len(rows) + 1


async def test_whoever_got_an_answer_or_is_gone_is_not_told(room: Room) -> None:
    await room.wondered(MARCO, SAME, "answer", days=3)
    await room.wondered(LEILA, SAME, days=3)
    async with room.store.transaction() as tx:
        await students.save(
            tx, Student(user_id=LEILA, language="en", reachable=False, first_seen_at=NOW, last_seen_at=NOW)
        )
    await room.approved()
    await room.publishing.step()
    assert await room.rows("faq:1:chat:%") == []
    assert "nobody to tell" in (await room.heard("faq:1:live%"))[0].text


async def test_withdrawing_takes_back_what_is_on_its_way(room: Room) -> None:
    await room.wondered(MARCO, SAME, days=3)
    await room.approved()
    await room.publishing.step()
    sure = await room.taps(ADA, await room.heard("faq:1:live%"), "🗑 Withdraw 1")
    await room.taps(ADA, sure, "Yes, withdraw it")
    assert [row.state for row in await room.rows("faq:1:chat:%")] == ["cancelled"]


async def test_a_fresh_copy_of_the_folder_gets_back_what_was_approved(room: Room, tmp_path: Path) -> None:
    await room.approved()
    await room.publishing.step()
    fresh = await again(room, tmp_path)
    assert fresh.library.answered == {}
    await fresh.publishing.step()
    assert set(fresh.library.voice.knowledge.desk) == {1}
    assert fresh.library.exported() == room.library.exported()
    assert len(await room.rows("faq:1:live%")) == 1


async def test_a_stop_before_anything_was_written_loses_nothing(room: Room, tmp_path: Path) -> None:
    await room.wondered(MARCO, SAME, days=3)
    await room.approved()
    fresh = await again(room, tmp_path)
    await fresh.publishing.step()
    assert len(await room.rows("faq:1:chat:%")) == 1


async def test_what_was_edited_by_hand_stays(room: Room) -> None:
    await room.approved()
    await room.publishing.step()
    path = room.library.folder / "desk.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("consulate in Milan", "consulate in Rome"), encoding="utf-8"
    )
    room.publishing.ask("reload:1", ADA.user_id, "en")
    await room.publishing.step()
    answer = room.library.voice.knowledge.desk[1]
    assert "Rome" in str(answer.says.en)
    (said,) = await room.heard("reload:1%")
    assert "Answers that changed (1): desk.1" in said.text
    assert "Files that changed (1): desk.yaml" in said.text


async def test_a_fault_keeps_the_old_and_says_where_it_is(room: Room) -> None:
    path = room.library.folder / "programmes" / "free-mover.yaml"
    path.write_text("id: [", encoding="utf-8")
    before = room.library.voice.knowledge
    room.publishing.ask("reload:1", ADA.user_id, "en")
    await room.publishing.step()
    (said,) = await room.heard("reload:1%")
    assert "<code>programmes/free-mover.yaml:2: no YAML" in said.text
    assert room.library.voice.knowledge is before


async def test_a_broken_file_is_left_alone_and_whoever_approved_hears_of_it_once(room: Room) -> None:
    path = room.library.folder / "desk.yaml"
    path.write_text("answers: [", encoding="utf-8")
    await room.approved()
    await room.publishing.step()
    await room.publishing.step()
    (said,) = await room.heard("faq:1:unwritten%")
    assert "desk.yaml:2" in said.text
    assert path.read_text(encoding="utf-8") == "answers: ["
    path.write_text("answers: []", encoding="utf-8")
    await room.publishing.step()
    assert set(room.library.voice.knowledge.desk) == {1}
    assert len(await room.rows("faq:1:live%")) == 1


async def test_an_answer_expires_with_its_call(room: Room) -> None:
    call = await room.call(days=30)
    shown = await room.proposes(ADA, await room.ticket(answer="The deadline for Brazil is 20 December."))
    await room.taps(ADA, shown, "✅ Approve")
    await room.publishing.step()
    assert set(room.library.voice.knowledge.desk) == {1}
    async with room.store.transaction() as tx:
        moved = call.moved(replace(call.dates, closes_at=NOW + timedelta(days=60)))
        await calls.change(tx, moved, NOW)
    room.clock.at = NOW + timedelta(days=45)
    await room.publishing.step()
    assert set(room.library.voice.knowledge.desk) == {1}
    async with room.store.transaction() as tx:
        await calls.change(tx, moved.taken_back(), NOW)
    await room.publishing.step()
    assert room.library.voice.knowledge.desk == {}
    assert room.library.match(QUESTION).answer is None
    assert "⌛ Expired" in (await room.commands(ADA, "faq"))[0].text


async def test_nothing_is_done_where_nothing_was_decided(room: Room) -> None:
    await room.publishing.step()
    (room.library.folder / "desk.yaml").unlink()
    await room.publishing.step(whole=False)
    await room.publishing.step()
    assert room.library.exported() == ""


async def test_a_rejection_does_not_hide_an_approval_of_the_same_moment(room: Room) -> None:
    await room.approved()
    await room.rewritten(await room.proposes(TINA, await room.ticket()))
    await room.taps(ADA, await room.heard(f"proposal:2:chat:{ADA.user_id}"), "✖️ Reject")
    await room.does(ADA, Kind.COMMAND, name="reload")
    await room.publishing.step(whole=False)
    assert set(room.library.answered) == {1}
    async with room.store.reading() as tx:
        assert await proposals.undecided(tx) == []
