"""What was not understood is gone through question by question, decided on, learned, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.desk.arrival import Kind
from bot.desk.candidates import Candidates
from bot.desk.staff import Staff
from bot.desk.statistics import Finishing, Statistics
from bot.faq.matcher import Decision
from bot.knowledge import load
from bot.rules.answers import Phrasing
from bot.rules.buttons import Act, data
from bot.rules.delivery import Outcome, Sent
from bot.rules.roles import Role
from bot.storage import asked, staff, students
from bot.storage.rows import OutboxRow
from bot.storage.store import Store
from tests.faqroom import ADA, BRUNO, GIULIA, LEILA, MARCO, NOW, TINA, Heard, Room, a_library

DOG = "can i bring my dog to seville"
SURF = "is there good surfing near the hospital of porto"
PERIOD = "free-mover.period"
MEANS = "means: Free Mover · When and how long"


class Sorting(Room):
    """The same room with statistics and what was not understood; what leaves is finished as the desk does it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.candidates = Candidates(self.publishing, self.staffroom)
        self.staff = Staff((self.room, Statistics(), self.candidates))

    async def rows(self, key: str) -> list[OutboxRow]:
        found = await super().rows(key)
        for row in found:
            if "missed" in row.payload or "alike" in row.payload:
                row.payload = await self._finished(row)
        return found

    async def _finished(self, row: OutboxRow) -> dict[str, Any]:
        left: list[Mapping[str, Any]] = []

        async def deliver(_: int, __: str, payload: Mapping[str, Any]) -> Outcome:
            left.append(payload)
            return Sent(1)

        await Finishing(deliver, self.library).deliver(row.chat_id, row.method, row.payload)
        return dict(left[0])

    async def opens(self, who: Any = ADA, days: int = 7, place: int = 0) -> list[Heard]:  # noqa: ANN401 - a Who
        return await self.does(who, Kind.TAP, data=data(Act.CANDIDATE, place, "at", days))

    async def meant(self, who: Any, text: str, label: str = PERIOD) -> list[Heard]:  # noqa: ANN401 - a Who
        """Somebody says that a question means an answer; the preview."""
        return await self.does(who, Kind.TAP, data=data(Act.CANDIDATE, await self.number(text), "is", label, 7, 0))

    async def number(self, text: str) -> int:
        async with self.store.reading() as tx:
            return next(
                int(each.id or 0)
                for each in await asked.not_understood(tx, NOW.replace(year=2020))
                if each.text == text
            )

    async def learned(self, text: str = DOG, label: str = PERIOD) -> list[Heard]:
        """Ada takes a question in; what she hears when it is in use."""
        await self.wondered(GIULIA, text, days=1)
        await self.taps(ADA, await self.meant(ADA, text, label), "✅ Approve")
        await self.publishing.step()
        return await self.heard("phrasing:%:live%")


@pytest.fixture
async def room(store: Store, tmp_path: Path) -> Sorting:
    made = Sorting(store, a_library(tmp_path))
    await made.people()
    return made


# The list


async def test_the_statistics_lead_to_the_list_and_stay(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=1)
    (page, _) = await room.commands(TINA, "stats")
    (shown,) = await room.taps(TINA, [page], "🧩 Sort these out, one by one")
    assert shown.method == "send"
    assert "Not understood: 1 of 1</b> (the last 7 days)" in shown.text
    assert "Asked once:\n“Can i bring my dog to seville”" in shown.text
    assert "I found no answer." in shown.text


async def test_where_all_was_understood_the_statistics_lead_nowhere(room: Sorting) -> None:
    await room.wondered(GIULIA, "how long is free mover", "answer", days=1)
    page, *_ = await room.commands(ADA, "stats")
    assert "🧩 Sort these out, one by one" not in page.buttons


async def test_the_most_frequent_comes_first_and_the_alike_stand_together(room: Sorting) -> None:
    await room.wondered(GIULIA, SURF, days=1)
    for who, text in (
        (GIULIA, "Can I bring my dog to Seville?"),
        (MARCO, DOG),
        (LEILA, "can i bring my dog to sevilla"),
    ):
        await room.wondered(who, text, days=2)
    (first,) = await room.opens()
    assert "1 of 2" in first.text
    assert "Asked 3 times" in first.text
    assert first.text.count("“") == 3
    assert "‹ Previous" not in first.buttons
    (second,) = await room.taps(ADA, [first], "Next ›")
    assert second.method == "edit"
    assert "surfing" in second.text
    assert "Next ›" not in second.buttons
    assert "dog" in (await room.taps(ADA, [second], "‹ Previous"))[0].text


async def test_each_has_the_three_answers_it_may_mean_and_a_tutor_may_not_leave_it(room: Sorting) -> None:
    await room.wondered(GIULIA, "when may i leave as a visitor of another hospital", days=1)
    (shown,) = await room.opens()
    assert len([each for each in shown.buttons if each.startswith("means: ")]) == 3
    assert {"None of ours", "Leave it"} <= set(shown.buttons)
    assert "Leave it" not in (await room.opens(TINA))[0].buttons


async def test_nobody_is_named(room: Sorting) -> None:
    await room.wondered(GIULIA, "my name is Giulia Rossi, can my dog Tina come to Seville? giulia@example.org", days=1)
    (shown,) = await room.opens()
    assert "“My name is █, can my dog █ come to Seville? █”" in shown.text
    (row,) = [row for row in await Room.rows(room, "update:%") if "missed" in row.payload]
    assert "Rossi" not in str(row.payload)


async def test_what_is_answered_by_now_is_not_listed(room: Sorting) -> None:
    await room.wondered(GIULIA, "how long is free mover", days=1)
    (shown,) = await room.opens()
    assert "✨ Nothing to sort out (the last 7 days)" in shown.text
    assert shown.buttons == {}
    assert "Niente da sistemare (oggi)" in (await room.opens(BRUNO, days=1))[0].text


async def test_what_was_answered_wrongly_is_listed_without_the_wrong_answer(room: Sorting) -> None:
    async with room.store.transaction() as tx:
        await asked.note(tx, GIULIA, "how long is free mover", "en", "answer", PERIOD, 0.9, NOW - timedelta(hours=2))
        await asked.reject(tx, GIULIA, NOW - timedelta(hours=2))
    (shown,) = await room.opens()
    assert "I answered with «Free Mover · When and how long» and was told" in shown.text
    assert MEANS not in shown.buttons
    async with room.store.transaction() as tx:  # suggested, and that was not it: it would be answered by now
        await asked.note(tx, MARCO, "what is free mover", "en", "suggest", PERIOD, 0.5, NOW - timedelta(hours=1))
        await asked.reject(tx, MARCO, NOW - timedelta(hours=1))
    assert "1 of 1" in (await room.opens())[0].text


async def test_the_span_is_that_of_the_statistics(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=20)
    assert "Nothing to sort out" in (await room.opens())[0].text
    assert "the last 30 days" in (await room.opens(days=30))[0].text


# What it means


async def test_what_an_admin_approves_is_read_before_as_it_goes_on_file(room: Sorting) -> None:
    await room.wondered(GIULIA, f"Hi! {DOG}? Thanks, Giulia", days=1)
    (shown,) = await room.meant(ADA, f"Hi! {DOG}? Thanks, Giulia")
    assert "Means: «Free Mover · When and how long» (<code>free-mover.period</code>)" in shown.text
    assert "English: “Can i bring my dog to seville?”" in shown.text
    assert "Giulia" not in shown.text
    (done,) = await room.taps(ADA, [shown], "✅ Approve")
    assert "It takes some seconds to learn" in done.text
    await room.publishing.step(whole=False)
    text = room.library.exported()
    assert text.startswith("# Ours\nanswers: []\n")
    assert "phrasings:\n  free-mover.period:\n    en:\n    - Can i bring my dog to seville?\n" in text
    assert "Giulia" not in text
    assert room.library.match(DOG).candidates[0].id == PERIOD
    assert "Nothing to sort out" in (await room.taps(ADA, [done], "Next ›"))[0].text


async def test_it_is_said_when_it_is_learned_and_once(room: Sorting) -> None:
    (said,) = await room.learned()
    sure = room.library.match(DOG).decision is Decision.ANSWER
    assert ("is answered with" if sure else "I am not sure enough yet") in said.text
    assert "🗑 Take it back" in said.buttons
    await room.publishing.step()
    assert len(await room.rows("phrasing:%")) == 1


async def test_a_restart_and_a_fresh_folder_know_it_too(room: Sorting, tmp_path: Path) -> None:
    await room.learned()
    again = load(room.library.folder).knowledge
    assert again.learned == (Phrasing(PERIOD, "en", "Can i bring my dog to seville"),)
    fresh = Sorting(room.store, a_library(tmp_path / "fresh"))
    assert not fresh.library.voice.knowledge.learned
    await fresh.publishing.step()
    assert fresh.library.exported() == room.library.exported()
    assert fresh.library.voice.knowledge.learned == again.learned
    assert len(await room.rows("phrasing:%:live%")) == 1


async def test_once_taken_it_does_not_come_again_nor_what_is_like_it(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=2)
    await room.taps(ADA, await room.meant(ADA, DOG), "✅ Approve")
    await room.wondered(MARCO, "can I bring my dog to Sevilla?", days=1)
    assert "Nothing to sort out" in (await room.opens())[0].text  # though nothing is learned yet


async def test_it_can_be_written_anew_and_in_the_other_language(room: Sorting) -> None:
    await room.wondered(GIULIA, "my name is Giulia Rossi, posso portare il cane", days=1)
    shown = await room.meant(ADA, "my name is Giulia Rossi, posso portare il cane")
    await room.taps(ADA, shown, "✅ Approve")
    assert "blacked out" in str(room.toast)
    (asks,) = await room.taps(ADA, shown, "✏️ Write it anew")
    assert "at most 300 characters" in asks.text
    assert "too long" in (await room.writes(ADA, "x" * 301))[0].text
    assert "Taken out: Ciao!" in (await room.writes(ADA, "Ciao! posso portare il cane?"))[0].text
    await room.taps(ADA, await room.meant(ADA, "my name is Giulia Rossi, posso portare il cane"), "✏️ Write it anew")
    shown = await room.writes(ADA, "posso portare\nil cane con me?")
    older, shown = shown, await room.taps(ADA, shown, "It is Italian")
    assert "Italian: “Posso portare il cane con me?”" in shown[0].text
    await room.taps(ADA, older, "✅ Approve")
    assert "newest preview" in str(room.toast)
    await room.taps(ADA, shown, "✅ Approve")
    await room.publishing.step()
    assert room.library.voice.knowledge.learned == (Phrasing(PERIOD, "it", "Posso portare il cane con me?"),)


async def test_words_that_stand_in_the_faq_are_not_added_twice(room: Sorting) -> None:
    phrase = next(each for each in room.library.voice.knowledge.answer("extra-eu.funding").phrases.en)  # type: ignore[union-attr]
    await room.wondered(GIULIA, phrase, days=1)
    await room.taps(ADA, await room.meant(ADA, phrase), "✅ Approve")
    assert "These very words stand under «" in str(room.toast)
    assert len(str(room.toast)) <= 200


async def test_back_leads_to_the_list_and_cancel_adds_nothing(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=1)
    shown = await room.meant(ADA, DOG)
    assert "1 of 1" in (await room.taps(ADA, shown, "‹ Back"))[0].text
    await room.taps(ADA, shown, "✅ Approve")
    assert room.toast == room.library.voice.plain("en", "staff.settled")
    await room.meant(ADA, DOG)
    assert (await room.commands(ADA, "cancel"))[0].text == "Nothing was added."
    shown = await room.meant(ADA, DOG)
    room.clock.at += staff.DRAFT_LASTS
    await room.taps(ADA, shown, "✅ Approve")
    assert "too old" in str(room.toast)


async def test_two_admins_do_not_decide_twice(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=1)
    mine, yours = await room.meant(ADA, DOG), await room.meant(BRUNO, DOG, "free-mover.overview")
    await room.taps(ADA, mine, "✅ Approve")
    await room.taps(BRUNO, yours, "✅ Approva")
    assert "già occupato" in str(room.toast)
    await room.meant(BRUNO, DOG)
    assert "già occupato" in str(room.toast)


async def test_where_nothing_can_be_written_nothing_is_approved(room: Sorting, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    await room.wondered(GIULIA, DOG, days=1)
    shown = await room.meant(ADA, DOG)
    monkeypatch.setattr("bot.knowledge.tempfile.TemporaryFile", refused)
    assert "Read-only file system" in (await room.taps(ADA, shown, "✅ Approve"))[0].text
    assert "1 of 1" in (await room.opens())[0].text


async def test_a_broken_file_is_left_alone_and_whoever_approved_hears_of_it(room: Sorting) -> None:
    path = room.library.folder / "desk.yaml"
    path.write_text("answers: [", encoding="utf-8")
    assert await room.learned() == []
    (said,) = await room.heard("faq:1:unwritten%")
    assert "desk.yaml:2" in said.text
    path.write_text("answers: []", encoding="utf-8")
    await room.publishing.step()
    assert len(await room.rows("phrasing:1:live%")) == 1


# None of ours, and left alone


async def test_none_of_ours_is_learned_as_a_question_of_another_subject(room: Sorting) -> None:
    await room.wondered(GIULIA, SURF, days=1)
    (shown,) = await room.taps(ADA, await room.opens(), "None of ours")
    assert "None of ours: a question of another subject\nEnglish: “Is there good surfing" in shown.text
    await room.taps(ADA, [shown], "✅ Approve")
    await room.publishing.step()
    assert "foreign:\n  en:\n  - Is there good surfing near the hospital of porto\n" in room.library.exported()
    assert "Is there good surfing near the hospital of porto" in load(room.library.folder).vocabulary.foreign["en"]
    (said,) = await room.heard("phrasing:1:live%")
    assert "I no longer take" in said.text
    assert "Nothing to sort out" in (await room.opens())[0].text


async def test_what_is_left_does_not_come_again_unless_it_is_put_back(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=2)
    await room.wondered(GIULIA, SURF, days=3)
    (shown,) = await room.opens()
    (after,) = await room.taps(ADA, [shown], "Leave it")
    assert "surfing" in after.text
    assert "1 of 1" in after.text
    await room.wondered(MARCO, "can I bring my dog to Sevilla?", days=0)
    assert "1 of 1" in (await room.opens())[0].text
    room.clock.at += timedelta(days=6)
    assert "Nothing to sort out" in (await room.opens(days=6))[0].text  # what is like it is left too, and later
    (back,) = await room.taps(ADA, [after], "↩️ Put back the one left out")
    assert "dog" in back.text or "surfing" in back.text
    assert room.library.exported() == "# Ours\nanswers: []\n"


async def test_a_tutor_may_neither_leave_nor_decide(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=1)
    number = await room.number(DOG)
    for verb in (("leave", 7, 0), ("approve",), ("reject",), ("back",), ("show",), ("taken",), ("undo", 7, 0)):
        await room.does(TINA, Kind.TAP, data=data(Act.CANDIDATE, number, *verb))
        assert room.toast == room.library.voice.plain("en", "staff.not-yours"), verb
    shown = await room.meant(TINA, DOG)
    assert "✅ Approve" not in shown[0].buttons
    await room.does(TINA, Kind.TAP, data=data(Act.DRAFT, 1, "approve", 0))
    assert "1 of 1" in (await room.opens())[0].text


# Proposed by a tutor


async def proposed(room: Sorting) -> list[Heard]:
    """Tina proposes what a question means; what Ada is asked."""
    await room.wondered(GIULIA, DOG, days=1)
    (done,) = await room.taps(TINA, await room.meant(TINA, DOG), "📨 Propose")
    assert done.text.startswith("📨 Proposed. An admin decides")
    return await room.heard(f"phrasing:1:chat:{ADA.user_id}")


async def test_what_a_tutor_proposes_waits_for_an_admin_who_reads_all_of_it(room: Sorting) -> None:
    (offered,) = await proposed(room)
    assert "Tina says what students mean" in offered.text
    assert "English: “Can i bring my dog to seville”" in offered.text
    (italian,) = await room.heard(f"phrasing:1:chat:{BRUNO.user_id}")
    assert "Tina dice che cosa intendono" in italian.text
    assert "Nothing to sort out" in (await room.opens())[0].text
    await room.publishing.step()
    assert room.library.exported() == "# Ours\nanswers: []\n"
    await room.taps(ADA, [offered], "✅ Approve")
    await room.publishing.step()
    assert "dog" in room.library.exported()
    (edited,) = await room.rows(f"phrasing:1:chat:{BRUNO.user_id}:decided")
    assert "Ada ha aggiunto" in edited.payload["text"]
    (tina,) = await room.heard("phrasing:1:approved")
    assert "Thank you!" in tina.text
    await room.taps(BRUNO, [italian], "✖️ Rifiuta")
    assert room.toast == "Ha già deciso –."


async def test_what_is_rejected_is_not_kept_and_the_question_comes_back(room: Sorting) -> None:
    offered = await proposed(room)
    (done,) = await room.taps(ADA, offered, "✖️ Reject")
    assert "on the list again" in done.text
    assert "did not add" in (await room.heard("phrasing:1:rejected"))[0].text
    assert "dog" not in str((await room.proposal()).content)
    assert "1 of 1" in (await room.opens())[0].text


async def test_what_waits_is_found_beside_the_desks_answers(room: Sorting) -> None:
    await proposed(room)
    shown = await room.commands(ADA, "faq")
    (again,) = await room.taps(ADA, shown, "📨 Look at phrasing 1")
    await room.taps(ADA, [again], "✅ Approve")
    await room.taps(ADA, shown, "📨 Look at phrasing 1")
    assert "dealt with" in str(room.toast)
    await room.does(ADA, Kind.TAP, data=data(Act.PROPOSAL, 1, "approve"))
    assert room.toast == room.library.voice.plain("en", "toast.old")  # it is no answer


# Taken back


async def test_what_was_learned_is_listed_and_can_be_taken_back(room: Sorting) -> None:
    await room.learned()
    listed = await room.taps(ADA, await room.commands(ADA, "faq"), "🧩 Phrasings added: 1")
    assert "1 · “Can i bring my dog to seville” → Free Mover · When and how long" in listed[0].text
    room.clock.at += timedelta(seconds=1)
    await room.does(ADA, Kind.TAP, data=data(Act.CANDIDATE, 1, "undo", 7, 0))
    assert room.toast == room.library.voice.plain("en", "toast.old")  # it was not left alone
    (done,) = await room.taps(ADA, listed, "🗑 Take back 1")
    assert "Taken back: “Can i bring" in done.text
    await room.publishing.step(whole=False)
    assert room.library.exported() == "# Ours\nanswers: []\n"
    assert room.library.voice.knowledge.learned == ()
    assert "1 of 1" in (await room.opens())[0].text
    await room.taps(ADA, listed, "🗑 Take back 1")
    assert room.toast == "It was taken back already."
    await room.taps(ADA, await room.meant(ADA, DOG), "✅ Approve")
    await room.publishing.step()
    assert "dog" in room.library.exported()


async def test_a_phrasing_goes_with_the_answer_of_the_desks_it_asks_for(room: Sorting) -> None:
    await room.approved()
    await room.publishing.step()
    await room.learned("what papers do brazilians want to see at the border", "desk.1")
    assert room.library.match("what papers do brazilians want to see at the border").answer == "desk.1"
    sure = await room.taps(ADA, await room.commands(ADA, "faq"), "🗑 Withdraw 1")
    await room.taps(ADA, sure, "Yes, withdraw it")
    await room.publishing.step()
    await room.publishing.step()
    assert room.library.exported() == "# Ours\nanswers: []\n"
    load(room.library.folder)


# Forgotten


async def test_whoever_deletes_their_question_takes_it_out_of_what_is_not_decided(room: Sorting) -> None:
    await proposed(room)
    await room.wondered(LEILA, SURF, days=1)
    shown = await room.meant(ADA, SURF)
    async with room.store.transaction() as tx:
        await students.erase(tx, GIULIA)
        await students.erase(tx, LEILA)
    await room.taps(ADA, await room.heard(f"phrasing:1:chat:{ADA.user_id}"), "✅ Approve")
    assert room.toast == room.library.voice.plain("en", "toast.old")
    await room.wondered(MARCO, "what about my cat", days=1)  # it may get the number of one that is gone
    await room.taps(ADA, shown, "✅ Approve")
    assert room.toast == "Whoever asked this has deleted it meanwhile."
    assert "cat" in (await room.opens())[0].text
    await room.publishing.step()
    assert room.library.exported() == "# Ours\nanswers: []\n"


async def test_a_button_that_means_nothing_is_of_another_release(room: Sorting) -> None:
    await room.wondered(GIULIA, DOG, days=1)
    number = await room.number(DOG)
    for args in (
        (), (1,), (1, "dance"), (0, "at"), (0, "at", "x"), (0, "at", 366), (number, "is"), (number, "is", PERIOD),
        (number, "is", "desk.99", 7, 0), (number, "foreign"), (number, "leave"), (99, "undo", 7, 0), (99, "approve"),
        (99, "reject"), (99, "back"), (99, "show"),
    ):  # fmt: skip
        await room.does(ADA, Kind.TAP, data=data(Act.CANDIDATE, *args))
        assert room.toast == room.library.voice.plain("en", "toast.old"), args
    await room.does(ADA, Kind.TAP, data=data(Act.CANDIDATE, 99, "leave", 7, 0))
    assert "deleted" in str(room.toast)


async def test_who_may_come_in_at_all(room: Sorting) -> None:
    assert room.staff.buttons[Act.CANDIDATE] is Role.TUTOR
