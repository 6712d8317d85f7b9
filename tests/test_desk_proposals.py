"""An answer proposed, edited, approved, rejected and withdrawn in the chat."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.desk.arrival import Kind
from bot.rules.programmes import Programme, Topic
from bot.storage.store import Store
from tests import book
from tests.faqroom import ADA, BRUNO, LEILA, MARCO, QUESTION, TINA, Room, a_library


@pytest.fixture
async def room(store: Store, tmp_path: Path) -> Room:
    made = Room(store, a_library(tmp_path))
    await made.people()
    return made


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which nothing can be made; root may write anywhere, so permissions would not do."""

    def refused(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("bot.knowledge.tempfile.TemporaryFile", refused)


# Proposing


async def test_the_draft_shows_the_last_answer_without_names_and_says_what_was_taken_out(room: Room) -> None:
    (shown,) = await room.proposes(TINA, await room.ticket())
    assert "Do I need a visa for my elective in Brazil?" in shown.text
    assert "For Brazil you need a visa: write to █." in shown.text
    assert "Taken out: Hi!, Thanks, Giulia, Ciao Giulia,, Best, Tina, ines.costa@consulate.br" in shown.text
    assert "Elective" in shown.text
    assert "Holds until it is withdrawn" in shown.text
    assert "✅ Approve" not in shown.buttons


async def test_what_is_blacked_out_has_to_be_written_anew_first(room: Room) -> None:
    shown = await room.proposes(TINA, await room.ticket())
    await room.taps(TINA, shown, "📨 Propose")
    assert "blacked out" in str(room.toast)
    (done,) = await room.rewritten(shown)
    assert done.text.startswith("📨 Proposed.")
    assert (await room.proposal()).content["answer"]["en"].startswith("For Brazil")


async def test_without_an_answer_in_words_there_is_nothing_to_propose(room: Room) -> None:
    await room.proposes(TINA, await room.ticket(answer=None))
    assert room.toast == "Nobody has answered this ticket in words yet."


async def test_an_answer_is_proposed_once(room: Room) -> None:
    ticket = await room.ticket()
    await room.rewritten(await room.proposes(TINA, ticket))
    await room.proposes(TINA, ticket)
    assert "proposed already" in str(room.toast)


async def test_an_answer_that_names_a_day_expires_with_the_call_unless_one_says_otherwise(room: Room) -> None:
    call = await room.call()
    shown = await room.proposes(TINA, await room.ticket(answer="The deadline for Brazil is 20 December."))
    assert "Expires with the call" in shown[0].text
    choice = await room.taps(TINA, shown, "⏳ Expires…")
    assert any(caption.startswith("With the call: Elective") for caption in choice[0].buttons)
    shown = await room.taps(TINA, choice, "Never by itself")
    assert "Holds until it is withdrawn" in shown[0].text
    choice = await room.taps(TINA, shown, "⏳ Expires…")
    shown = await room.taps(TINA, choice, "Another day…")
    assert "2027-02-15" in shown[0].text
    assert "no day to come" in (await room.writes(TINA, "yesterday"))[0].text
    assert "no day to come" in (await room.writes(TINA, "2026-11-22"))[0].text
    shown = await room.writes(TINA, "2027-01-31")
    assert "Holds through 31 January 2027" in shown[0].text
    choice = await room.taps(TINA, shown, "⏳ Expires…")
    shown = await room.taps(TINA, choice, next(each for each in choice[0].buttons if each.startswith("With")))
    await room.taps(TINA, shown, "📨 Propose")
    assert (await room.proposal()).content["call"] == call.name


async def test_both_languages_and_a_heading_can_be_written(room: Room) -> None:
    shown = await room.proposes(TINA, await room.ticket())
    await room.taps(TINA, shown, "✏️ Answer")
    shown = await room.writes(TINA, "For Brazil you need a visa.")
    await room.taps(TINA, shown, "➕ Italian")
    (asked,) = await room.writes(TINA, "Per il Brasile serve un visto.")
    assert "Write the question" in asked.text
    shown = await room.writes(TINA, "serve il visto per il Brasile?")
    await room.taps(TINA, shown, "✏️ Heading")
    assert "too long" in (await room.writes(TINA, "x" * 81))[0].text
    shown = await room.writes(TINA, "Visa for Brazil")
    await room.taps(TINA, shown, "📨 Propose")
    content = (await room.proposal()).content
    assert content["question"] == {
        "en": "Do I need a visa for my elective in Brazil?",
        "it": "Serve il visto per il Brasile?",
    }
    assert content["answer"]["it"] == "Per il Brasile serve un visto."
    assert content["title"] == {"en": "Visa for Brazil"}


async def test_an_old_preview_and_a_settled_one_do_nothing(room: Room) -> None:
    first = await room.proposes(TINA, await room.ticket(answer="You need one."))
    await room.taps(TINA, first, "✏️ Question")
    newer = await room.writes(TINA, "Visa for Brazil?")
    await room.taps(TINA, first, "📨 Propose")
    assert "newest preview" in str(room.toast)
    await room.taps(TINA, newer, "Cancel")
    await room.taps(TINA, newer, "📨 Propose")
    assert room.toast == room.library.voice.plain("en", "staff.settled")


# Deciding


async def test_admins_are_asked_in_their_language_and_the_first_decides(room: Room) -> None:
    await room.approved()
    (italian,) = await room.heard(f"proposal:1:chat:{BRUNO.user_id}")
    assert "Tina propone una risposta per le FAQ" in italian.text
    (edited,) = await room.rows(f"proposal:1:chat:{BRUNO.user_id}:decided")
    assert edited.payload["of"] == f"proposal:1:chat:{BRUNO.user_id}"
    assert "Ada l'ha aggiunta" in edited.payload["text"]
    (tina,) = await room.rows("proposal:1:approved:%")
    assert tina.chat_id == TINA.user_id
    await room.taps(BRUNO, [italian], "✖️ Rifiuta")
    assert room.toast == "Ha già deciso –."
    assert (await room.proposal()).state == "approved"


async def test_a_rejected_proposal_stays_out_and_the_tutor_hears_of_it(room: Room) -> None:
    await room.rewritten(await room.proposes(TINA, await room.ticket()))
    offered = await room.heard(f"proposal:1:chat:{ADA.user_id}")
    (done,) = await room.taps(ADA, offered, "✖️ Reject")
    assert "did not put" in done.text
    assert "did not put your answer" in (await room.heard("proposal:1:rejected:%"))[0].text
    await room.publishing.step()
    assert room.library.answered == {}


async def test_an_admin_edits_a_proposal_before_approving_it(room: Room) -> None:
    await room.rewritten(await room.proposes(TINA, await room.ticket()))
    shown = await room.taps(ADA, await room.heard(f"proposal:1:chat:{ADA.user_id}"), "✏️ Edit")
    assert "📨 Propose" not in shown[0].buttons
    await room.taps(ADA, shown, "✏️ Answer")
    shown = await room.writes(ADA, "Yes: a tourist visa.")
    await room.taps(ADA, shown, "✅ Approve")
    await room.publishing.step()
    assert room.library.voice.knowledge.desk[1].says.en == "Yes: a tourist visa."


async def test_an_admin_approves_an_own_answer_at_once(room: Room) -> None:
    shown = await room.proposes(ADA, await room.ticket(answer="Yes, a tourist visa."))
    await room.taps(ADA, shown, "✅ Approve")
    assert (await room.proposal()).state == "approved"
    assert (await room.rows("proposal:%")) == []


async def test_where_nothing_can_be_written_the_proposal_stays_open(room: Room, read_only: None) -> None:
    del read_only
    (said,) = await room.approved()
    assert "Read-only file system" in said.text
    assert (await room.proposal()).state == "open"
    shown = await room.commands(ADA, "faq")
    assert "📨 Look at proposal 1" in shown[0].buttons


async def test_the_admin_sees_how_many_asked_the_same_and_what_answers_it_already(room: Room) -> None:
    await room.wondered(MARCO, "do i need a visa for an elective in brazil", days=3)
    await room.wondered(LEILA, "do I need a visa for my elective in brazil", days=100)
    (shown,) = await room.proposes(TINA, await room.ticket())
    assert "at least 1." in shown.text
    phrase = book.knowledge().programmes[Programme.FREE_MOVER].answers[Topic.PERIOD].phrases.en[0]
    (other,) = await room.proposes(TINA, await room.ticket(question=phrase))
    assert "answers this question already: «Free Mover" in other.text


async def test_a_tutor_may_not_decide(room: Room) -> None:
    await room.rewritten(await room.proposes(TINA, await room.ticket()))
    await room.taps(TINA, await room.heard(f"proposal:1:chat:{ADA.user_id}"), "✅ Approve")
    assert (await room.proposal()).state == "open"
    assert room.toast


# What is in the FAQ


async def test_the_list_is_empty_at_first(room: Room) -> None:
    (shown,) = await room.commands(ADA, "faq")
    assert "Nothing yet" in shown.text
    assert shown.buttons == {}


async def test_an_answer_is_withdrawn_at_once_and_its_number_is_never_used_again(room: Room) -> None:
    await room.approved()
    await room.publishing.step()
    shown = await room.commands(ADA, "faq")
    assert "Proposed by Tina, approved on 23 November 2026" in shown[0].text
    sure = await room.taps(ADA, shown, "🗑 Withdraw 1")
    assert "Do I need a visa" in sure[0].text
    await room.taps(ADA, sure, "Yes, withdraw it")
    assert room.library.voice.knowledge.answer("desk.1") is None
    assert room.library.match(QUESTION).answer != "desk.1"
    await room.publishing.step()
    assert "id: 1" not in room.library.exported()
    await room.taps(ADA, sure, "Yes, withdraw it")
    assert room.toast == "It is not in the FAQ any more."


async def test_an_answer_written_by_hand_keeps_its_number_and_can_be_withdrawn_too(room: Room) -> None:
    hand = "answers:\n  - {id: 1, title: {en: A}, says: {en: A}, phrases: {en: [zebra]}, answered_on: 2026-11-01}\n"
    (room.library.folder / "desk.yaml").write_text(hand, encoding="utf-8")
    await room.library.reload(room.clock.at)
    await room.approved()
    assert (await room.proposal()).content["number"] == 2
    await room.publishing.step()
    assert set(room.library.answered) == {1, 2}
    shown = await room.commands(ADA, "faq")
    await room.taps(ADA, await room.taps(ADA, shown, "🗑 Withdraw 1"), "Yes, withdraw it")
    await room.publishing.step()
    assert set(room.library.answered) == {2}


async def test_the_file_is_sent_for_review(room: Room) -> None:
    await room.approved()
    await room.publishing.step()
    await room.taps(ADA, await room.commands(ADA, "faq"), "📄 Export")
    row = (await room.rows("update:%"))[-1]
    assert (row.method, row.payload["filename"]) == ("document", "desk.yaml")
    assert "# Ours" in row.payload["content"]
    assert "id: 1" in row.payload["content"]


async def test_the_knowledge_is_read_again_on_demand(room: Room) -> None:
    (said,) = await room.commands(ADA, "reload")
    assert "reading" in said.text
    await room.publishing.step(whole=False)
    assert "nothing has changed" in (await room.heard("update:1:reloaded%"))[0].text


async def test_a_button_that_means_nothing_is_of_another_release(room: Room) -> None:
    await room.does(ADA, Kind.TAP, data="1|b|77|approve")
    assert room.toast == room.library.voice.plain("en", "toast.old")
    await room.does(ADA, Kind.TAP, data="1|b|1|dance")
    assert room.toast == room.library.voice.plain("en", "toast.old")
