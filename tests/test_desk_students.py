"""What a student does is one transaction on both databases: state, update and answers together, or nothing."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from bot.desk.arrival import Who
from bot.desk.staffroom import Staffroom
from bot.rules.buttons import Act, data
from bot.rules.calls import Call, Dates
from bot.rules.letters import Voice
from bot.rules.messages import LONGEST_TEXT, length, plain
from bot.rules.programmes import Programme
from bot.storage import calls, deadlines, mailings, outbox, students
from bot.storage.mailings import Mailing
from bot.storage.outbox import Outgoing
from bot.storage.rows import DeadlineRow, OutboxRow, OutboxState, Student, UpdateState
from bot.storage.store import Store
from tests import book
from tests.desks import outbox_of, seen
from tests.frontdoor import FrontDoor
from tests.scene import StillClock

ADA, BEN = Who(1, "en", "Ada"), Who(2, "it-IT", "Ben")
ASK = "how long can I stay as a free mover?"


class Desk(FrontDoor):
    """A desk without staff; it counts how often it woke the outbox."""

    def __init__(self, store: Store, clock: StillClock) -> None:
        self.store, self.clock, self.woken = store, clock, 0
        voice, nobody = Voice(book.knowledge(), ZoneInfo("Europe/Rome")), Staffroom(frozenset(), None)
        super().__init__(store, voice, nobody, (), clock, self._wake)

    def _wake(self) -> None:
        self.woken += 1

    async def texts(self, who: Who) -> list[str]:
        rows = await outbox_of(self.store)
        return [plain(str(row.payload.get("text"))) for row in rows if row.chat_id == who.user_id]

    async def row(self, who: Who) -> Student | None:
        async with self.store.reading() as tx:
            return await students.get(tx, who.user_id)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def desk(store: Store, clock: StillClock) -> Desk:
    return Desk(store, clock)


async def test_a_text_is_answered_remembered_and_noted_together(desk: Desk, clock: StillClock) -> None:
    await desk.says(7, ADA, ASK)
    (row,) = await outbox_of(desk.store)
    assert (row.key, row.chat_id, row.method, row.priority) == ("update:7:0", 1, "send", 0)
    assert (row.due_at, row.state) == (clock.now(), OutboxState.PENDING)
    assert row.payload["text"].startswith("<b>Free Mover")
    known = await desk.row(ADA)
    assert known is not None
    assert (known.language, known.first_seen_at, known.last_seen_at) == ("en", clock.now(), clock.now())
    assert known.conversation["question"] == ASK
    assert {number: each.state for number, each in (await seen(desk.store)).items()} == {7: UpdateState.DONE}
    assert desk.woken == 1


async def test_a_repeat_changes_nothing(desk: Desk, clock: StillClock) -> None:
    await desk.commands(1, ADA, "plan", "")
    prompt = (await outbox_of(desk.store))[-1].payload["buttons"][1][0]["data"]
    assert await desk.taps(2, ADA, prompt, 11) is None
    before = await desk.row(ADA), len(await outbox_of(desk.store)), desk.woken
    clock.shift = timedelta(hours=1)
    await desk.commands(1, ADA, "plan", "")
    assert await desk.taps(2, ADA, prompt, 11) is None
    await desk.says(2, ADA, ASK)
    await desk.sends_other(2, ADA)
    await desk.reception.comes_or_goes(2, ADA, there=False)
    await desk.reception.parks(2, "message", "ValueError", ADA)
    assert (await desk.row(ADA), len(await outbox_of(desk.store))) == before[:2]


async def test_a_tap_on_an_answered_question_says_so_over_the_chat(desk: Desk) -> None:
    await desk.commands(1, ADA, "plan", "")
    prompt = (await outbox_of(desk.store))[-1].payload["buttons"][1][0]["data"]
    await desk.taps(2, ADA, prompt, 11)
    toast = await desk.taps(3, ADA, prompt, 11)
    assert toast is not None
    assert toast.startswith("You have already answered this")


async def test_a_failure_keeps_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_new_row", lambda *_: {"key": None})
    with pytest.raises(Exception, match=r".+"):
        await desk.says(7, ADA, ASK)
    monkeypatch.undo()
    assert await desk.row(ADA) is None
    assert not await seen(desk.store)
    assert not await outbox_of(desk.store)
    await desk.says(7, ADA, ASK)
    assert len(await outbox_of(desk.store)) == 1


async def test_the_language_is_telegrams_until_one_is_chosen(desk: Desk) -> None:
    await desk.commands(1, BEN, "start", "")
    await desk.commands(2, Who(3, "de", "Eva"), "start", "")
    await desk.commands(3, Who(4, "", "Zoe"), "start", "")
    await desk.commands(4, BEN, "language", "en")
    rows = [await desk.row(each) for each in (BEN, Who(3, "", ""), Who(4, "", ""))]
    assert [(row and row.language, row and row.language_chosen) for row in rows] == [
        ("en", True), ("en", False), ("en", False),
    ]  # fmt: skip
    assert (await desk.texts(BEN))[0].startswith("Ciao Ben")
    menu = next(row for row in await outbox_of(desk.store) if row.method == "menu")
    assert menu.payload["commands"]["plan"] == book.knowledge().words.commands("en")["plan"]


async def test_the_name_is_used_and_not_kept(desk: Desk) -> None:
    who = Who(9, "en", "Hypatia")
    await desk.commands(1, who, "start", "")
    row = await desk.row(who)
    assert row is not None
    assert "Hypatia" not in str(row.model_dump())
    assert (await desk.texts(who))[0].startswith("Hello Hypatia")


async def test_the_plan_survives_every_write_and_read(desk: Desk, clock: StillClock) -> None:
    answers = ("4", "my thesis", "in Germany", "from 1 March 2027 to 30 June 2027")
    await desk.commands(1, ADA, "plan", "")
    for number, text in enumerate(answers, start=2):
        await desk.says(number, ADA, text)
    row = await desk.row(ADA)
    assert row is not None
    assert (row.year, row.goal, row.destination) == (4, "thesis", "eu")
    assert (row.start_on, row.end_on) == (date(2027, 3, 1), date(2027, 6, 30))
    assert row.told_on == clock.now().date()
    assert row.conversation["step"] == "idle"
    assert (await desk.texts(ADA))[-1].startswith("Your plan:")


async def test_many_people_at_once_get_their_own(desk: Desk) -> None:
    people = [Who(number, "en", f"N{number}") for number in range(100, 140)]
    await asyncio.gather(*(desk.commands(who.user_id, who, "start", "") for who in people))
    for who in people:
        assert [text.split("!")[0] for text in await desk.texts(who)] == [f"Hello {who.first_name}"]


async def test_one_person_many_times_at_once_misses_nothing(desk: Desk) -> None:
    await asyncio.gather(*(desk.says(number, ADA, f"{ASK} {number}") for number in range(20)))
    assert len(await outbox_of(desk.store)) == len(await seen(desk.store)) == 20


async def test_whoever_blocks_the_bot_gets_nothing_that_waits_and_is_asked_once_back(desk: Desk) -> None:
    await desk.commands(1, ADA, "subscribe", "free-mover")
    await desk.commands(2, BEN, "start", "")
    await desk.reception.comes_or_goes(3, ADA, there=False)
    rows = await outbox_of(desk.store)
    assert {row.state for row in rows if row.chat_id == ADA.user_id} == {OutboxState.CANCELLED}
    assert {row.state for row in rows if row.chat_id == BEN.user_id} == {OutboxState.PENDING}
    await desk.reception.comes_or_goes(4, ADA, there=True)
    for number in (5, 6):
        await desk.commands(number, ADA, "help", "")
    assert [text.startswith("You were away") for text in (await desk.texts(ADA))[-3:]] == [False, True, False]
    await desk.reception.comes_or_goes(7, ADA, there=False)
    async with desk.store.transaction() as tx:
        assert await students.unreachable(tx, BEN.user_id, desk.clock.now())
    for number, who in ((8, ADA), (9, BEN)):
        await desk.commands(number, who, "help", "")
    assert (await desk.texts(ADA))[-1].startswith("You were away")
    assert "Non riuscivo" not in (await desk.texts(BEN))[-1]
    row = await desk.row(BEN)
    assert row is not None
    assert not row.paused


async def test_coming_and_going(desk: Desk, clock: StillClock) -> None:
    await desk.commands(1, ADA, "start", "")
    for number, there in ((2, False), (3, True), (4, False)):
        await desk.reception.comes_or_goes(number, ADA, there=there)
        row = await desk.row(ADA)
        assert row is not None
        assert row.reachable is there
    clock.shift = timedelta(minutes=1)
    await desk.sends_other(5, ADA)
    row = await desk.row(ADA)
    assert row is not None
    assert row.reachable
    await desk.reception.comes_or_goes(6, BEN, there=False)
    assert await desk.row(BEN) is None


# Failures


@pytest.mark.parametrize(("who", "sorry"), [(ADA, "Something went wrong"), (BEN, "Qualcosa è andato storto")])
async def test_a_parked_update_is_apologised_for_once(desk: Desk, who: Who, sorry: str) -> None:
    for _ in range(2):
        await desk.reception.parks(5, "message", "KeyError", who)
    assert [text.startswith(sorry) for text in await desk.texts(who)] == [True]
    parked = (await seen(desk.store))[5]
    assert (parked.state, parked.kind, parked.error) == (UpdateState.PARKED, "message", "KeyError")
    await desk.says(5, who, ASK)
    assert len(await outbox_of(desk.store)) == 1


async def test_a_parked_update_of_nobody_is_only_noted(desk: Desk) -> None:
    await desk.reception.parks(5, "a_kind_with_a_name_longer_than_the_column", "KeyError", None)
    assert list(await seen(desk.store)) == [5]
    assert not await outbox_of(desk.store)


async def test_a_row_of_another_release_is_begun_anew_in_its_language(desk: Desk) -> None:
    await desk.commands(1, ADA, "language", "it")
    row = await desk.row(ADA)
    assert row is not None
    row.goal, row.conversation = "a goal of another release", {"step": "nowhere"}
    row.subscribed, row.muted = ["free-mover"], ["a kind of another release", "usual"]
    async with desk.store.transaction() as tx:
        await students.save(tx, row)
    await desk.commands(2, ADA, "plan", "")
    assert "A che anno sei?" in (await desk.texts(ADA))[-1]
    row = await desk.row(ADA)
    assert row is not None
    assert (row.subscribed, row.muted) == (["free-mover"], ["usual"])
    await desk.reception.parks(3, "message", "ValueError", ADA)
    assert (await desk.texts(ADA))[-1].startswith("Qualcosa è andato storto")


# Alerts and reminders

FREE_MOVER = Dates(datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2027, 1, 15, 11, tzinfo=UTC), closes_hour=True)


async def announce(desk: Desk) -> Call:
    async with desk.store.transaction() as tx:
        return await calls.add(tx, Call(Programme.FREE_MOVER, FREE_MOVER, year=2026), desk.clock.now())


async def plan(desk: Desk, who: Who = ADA, dates: str = "from 1 July 2027 to 31 August 2027") -> None:
    """Tell a plan: year 4, clinical practice, inside the EU."""
    await desk.commands(100, who, "plan", "")
    for number, text in enumerate(("4", "clinical", "eu", dates), start=101):
        await desk.says(number, who, text)


async def kept(desk: Desk, who: Who = ADA) -> dict[str, DeadlineRow]:
    async with desk.store.reading() as tx:
        return {f"{row.programme} {row.what}": row for row in await deadlines.of(tx, who.user_id)}


async def test_wishes_survive_every_write_and_read(desk: Desk) -> None:
    await desk.commands(1, ADA, "subscribe", "free mover")
    await desk.taps(2, ADA, data(Act.TOGGLE, "erasmus-study"), 11)
    await desk.taps(3, ADA, data(Act.KIND, "usual"), 11)
    await desk.taps(4, ADA, data(Act.HOURS, 8, 22), 11)
    await desk.says(5, ADA, ASK)
    row = await desk.row(ADA)
    assert row is not None
    assert (row.subscribed, row.muted) == (["erasmus-study", "free-mover"], ["usual"])
    assert (row.awake_from, row.awake_until, row.paused, row.keeps_deadlines) == (8, 22, False, False)


async def test_whoever_subscribes_is_told_the_dates_and_known_to_know_them(desk: Desk) -> None:
    call = await announce(desk)
    await desk.commands(1, BEN, "calls", "")
    await desk.commands(2, ADA, "subscribe", "free mover")
    assert "15 January 2027, 12:00" in (await desk.texts(ADA))[-1]
    async with desk.store.reading() as tx:
        told = (await students.everything(tx, ADA.user_id))["informed"]
        assert [(row["call_id"], row["revision"]) for row in told] == [(call.id, 1)]
        assert not (await students.everything(tx, BEN.user_id))["informed"], "he does not follow it"


async def test_unsubscribing_takes_back_the_alerts_that_wait(desk: Desk) -> None:
    call = await announce(desk)
    await desk.commands(1, ADA, "subscribe", "all")
    await fan_out(desk, call)
    await desk.commands(2, ADA, "unsubscribe", "erasmus")
    assert (await copy_of(desk)).state is OutboxState.PENDING
    await desk.commands(3, ADA, "unsubscribe", "free mover")
    assert (await copy_of(desk)).state is OutboxState.CANCELLED


async def fan_out(desk: Desk, call: Call) -> None:
    """Write the copies of the alert that a call is open."""
    mailing = Mailing(
        "call:x:opening", "opening", "programme:free-mover", desk.clock.now(), None, "free-mover", call.id
    )
    async with desk.store.transaction() as tx:
        number = await mailings.plan(tx, mailing, desk.clock.now())
        row = await mailings.get(tx, number or 0)
        assert row is not None
        await mailings.fan_out(tx, row, "opening", lambda at, _: at, desk.clock.now())


async def copy_of(desk: Desk) -> OutboxRow:
    (row,) = [row for row in await outbox_of(desk.store) if row.mailing_id]
    return row


async def test_the_days_of_a_plan_are_kept_and_follow_it(desk: Desk) -> None:
    await plan(desk)
    assert await kept(desk) == {}
    await desk.taps(110, ADA, data(Act.KEEP, "on"), 11)
    first = await kept(desk)
    apply_by = first["free-mover apply-by"]
    assert (apply_by.due_on, apply_by.sequence, apply_by.state) == (date(2027, 6, 1), 0, "open")
    assert apply_by.remind_at == datetime(2027, 5, 2, 7, tzinfo=UTC)
    await desk.taps(111, ADA, data(Act.TICK, first["elective-internship apply-by"].id), 11)
    await desk.taps(112, ADA, data(Act.CHANGE, "goal"), 11)
    await desk.says(113, ADA, "laboratory")
    after = await kept(desk)
    assert (after["free-mover apply-by"].state, after["free-mover apply-by"].sequence) == ("gone", 1)
    assert after["free-mover apply-by"].remind_at is None
    assert after["elective-internship apply-by"].state == "done"
    await desk.taps(114, ADA, data(Act.CHANGE, "dates"), 11)
    await desk.says(115, ADA, "from 1 August 2027 to 31 August 2027")
    moved = (await kept(desk))["elective-internship apply-by"]
    assert (moved.state, moved.sequence, moved.due_on) == ("open", 1, date(2027, 7, 1))
    await desk.taps(116, ADA, data(Act.KEEP, "off"), 11)
    assert {row.remind_at for row in (await kept(desk)).values()} == {None}


async def test_a_reminder_that_waits_is_taken_back_once_it_is_done(desk: Desk) -> None:
    await plan(desk)
    await desk.taps(110, ADA, data(Act.KEEP, "on"), 11)
    number = (await kept(desk))["free-mover apply-by"].id
    waiting = [
        Outgoing(f"deadline:{each}:2027-06-01:30:chat:1", 1, "send", {"text": "x"}, 1, desk.clock.now())
        for each in (number, f"{number}9")
    ]
    async with desk.store.transaction() as tx:
        await outbox.enqueue(tx, waiting, desk.clock.now())
    await desk.taps(111, ADA, data(Act.TICK, number), 11)
    states = {row.key.split(":")[1]: row.state for row in await outbox_of(desk.store) if row.key.startswith("deadline")}
    assert states == {str(number): OutboxState.CANCELLED, f"{number}9": OutboxState.PENDING}


async def test_a_tick_that_is_undone_is_reminded_of_again(desk: Desk) -> None:
    await plan(desk)
    await desk.taps(110, ADA, data(Act.KEEP, "on"), 11)
    before = (await kept(desk))["free-mover apply-by"]
    await desk.taps(111, ADA, data(Act.TICK, before.id), 11)
    assert (await kept(desk))["free-mover apply-by"].state == "done"
    await desk.taps(112, ADA, data(Act.TICK, before.id, "undo"), 11)
    assert (await kept(desk))["free-mover apply-by"] == before


async def test_a_kind_that_is_switched_off_and_on_again_has_lost_nothing(desk: Desk) -> None:
    await desk.commands(1, ADA, "subscribe", "all")
    await fan_out(desk, await announce(desk))
    reminder = Outgoing("deadline:1:2027-06-01:30:chat:1", 1, "send", {"deadline": 1}, 1, desk.clock.now())
    async with desk.store.transaction() as tx:
        await outbox.enqueue(tx, [reminder], desk.clock.now())
    for number, kind in enumerate(("opening", "changes", "deadlines"), start=2):
        await desk.taps(number, ADA, data(Act.KIND, kind), 11)
    assert (await copy_of(desk)).state is OutboxState.PENDING
    assert {row.state for row in await outbox_of(desk.store) if row.key.startswith("deadline")} == {OutboxState.PENDING}


async def test_a_correction_still_waits_for_somebody_who_read_of_another_call(desk: Desk) -> None:
    """Nothing but a message that shows the new dates makes the correction needless."""
    call = await announce(desk)
    await desk.commands(1, ADA, "subscribe", "free mover")
    moved = call.moved(Dates(FREE_MOVER.opens_at, FREE_MOVER.closes_at + timedelta(days=3), closes_hour=True))
    async with desk.store.transaction() as tx:
        assert await calls.change(tx, moved, desk.clock.now())
    for number, asked in enumerate(("extra-eu", "erasmus"), start=2):
        await desk.commands(number, ADA, "subscribe", asked)
    await desk.says(4, ADA, "when does the erasmus study call open")
    assert await told_of(desk, call.id) == 1
    await desk.commands(5, ADA, "calls", "")
    assert await told_of(desk, call.id) == 2


async def told_of(desk: Desk, call_id: int) -> int:
    """The revision of a call that she knows."""
    async with desk.store.reading() as tx:
        rows = (await students.everything(tx, ADA.user_id))["informed"]
    return next(int(row["revision"]) for row in rows if row["call_id"] == call_id)


async def test_the_language_of_a_question_is_remembered_to_the_next(desk: Desk) -> None:
    for number, text in enumerate(("ciao", "quanto dura il free mover?"), start=1):
        await desk.says(number, ADA, text)
    row = await desk.row(ADA)
    assert row is not None
    assert (row.language, row.conversation["asked_in"]) == ("en", "it")
    await desk.says(3, ADA, "quanti soldi danno per il free mover?")
    row = await desk.row(ADA)
    assert row is not None
    assert (row.language, row.conversation["asked_in"]) == ("it", None)


async def test_nobody_ticks_the_deadline_of_another(desk: Desk) -> None:
    await plan(desk)
    await desk.taps(110, ADA, data(Act.KEEP, "on"), 11)
    number = (await kept(desk))["free-mover apply-by"].id
    assert await desk.taps(111, BEN, data(Act.TICK, number), 11) is not None
    assert (await kept(desk))["free-mover apply-by"].state == "open"


async def test_the_calendar_is_a_file_that_can_be_read(desk: Desk) -> None:
    await announce(desk)
    await plan(desk)
    await desk.taps(110, ADA, data(Act.KEEP, "on"), 11)
    await desk.commands(111, ADA, "subscribe", "free mover")
    await desk.commands(112, ADA, "calendar", "")
    row = (await outbox_of(desk.store))[-1]
    assert (row.method, row.payload["filename"]) == ("document", "mobility.ics")
    file = Calendar.from_ical(row.payload["content"])
    uids = {str(event["uid"]).partition("@")[0] for event in file.walk("VEVENT")}
    assert {"call-1-opens", "call-1-closes", "deadline-1"} <= uids
    assert row.payload["caption"].startswith("📅")
    assert row.payload["buttons"][0][0]["data"] == "1|c|reminders"


async def test_mydata_shows_what_alerts_need_and_forget_removes_it(desk: Desk) -> None:
    await announce(desk)
    await plan(desk)
    await desk.taps(110, ADA, data(Act.KEEP, "on"), 11)
    await desk.commands(111, ADA, "subscribe", "free mover")
    await desk.commands(112, ADA, "mydata", "")
    shown = await said_of(desk, 112)
    for held in ("Calls: Free Mover", "reminders are on", "Free Mover: apply by 1 June 2027", "told you: 1"):
        assert held in shown, shown
    file = await file_of(desk, 112)
    assert [(row["call_id"], row["revision"]) for row in file["informed"]] == [(1, 1)]
    assert "2027-06-01" in [row["due_on"] for row in file["deadline"]]
    await desk.commands(113, ADA, "forget", "")
    await desk.taps(114, ADA, data(Act.FORGET, "yes"), 11)
    async with desk.store.reading() as tx:
        left = await students.everything(tx, ADA.user_id)
    assert {name for name, rows in left.items() if rows} == {"outbox"}


# Their data


async def said_of(desk: Desk, update_id: int) -> str:
    """What was said in return for an update."""
    rows = [row for row in await outbox_of(desk.store) if row.key.startswith(f"update:{update_id}:")]
    return "\n".join(plain(row.payload["text"]) for row in rows if row.method == "send")


async def file_of(desk: Desk, update_id: int) -> dict[str, list[dict[str, object]]]:
    """The file that was sent in return for an update."""
    rows = [row for row in await outbox_of(desk.store) if row.key.startswith(f"update:{update_id}:")]
    (row,) = [row for row in rows if row.method == "document"]
    assert row.payload["filename"] == "my-data.json"
    held: dict[str, list[dict[str, object]]] = json.loads(row.payload["content"])
    return held


async def test_mydata_shows_everything_held_and_nothing_of_others(desk: Desk) -> None:
    await desk.says(1, BEN, "il segreto di Ben?")
    await desk.says(2, ADA, "a secret\nin <two> lines?")
    await desk.commands(3, ADA, "mydata", "")
    shown, held = await said_of(desk, 3), await file_of(desk, 3)
    for sentence in ("Your Telegram number: 1", "Your language: English", "a secret\nin <two> lines?"):
        assert sentence in shown
    assert "on record: 1, since 22 November 2026" in shown
    assert [(row["user_id"], row["language"]) for row in held["student"]] == [(1, "en")]
    assert [row["key"] for row in held["outbox"]] == ["update:2:0"]
    assert "segreto" not in shown + json.dumps(held)


async def test_mydata_does_not_grow_with_itself(desk: Desk) -> None:
    for number in range(1, 9):
        await desk.commands(number, ADA, "mydata", "")
    files = [row.payload["content"] for row in await outbox_of(desk.store) if row.method == "document"]
    assert len(files[-1]) - len(files[-2]) < 3000
    assert len(files[-1]) - len(files[-2]) < len(files[-2]) - len(files[-3]) + 100, "no file holds another"


async def test_a_long_log_is_one_line_and_whole_in_the_file(desk: Desk, clock: StillClock) -> None:
    await desk.says(1, ADA, "😀<b>\n" * 300)
    many = [Outgoing(f"call:erasmus-study:{n}", 1, "send", {"text": "x"}, 1, clock.now()) for n in range(300)]
    async with desk.store.transaction() as tx:
        await outbox.enqueue(tx, many, clock.now())
    await desk.commands(2, ADA, "mydata", "")
    parts = [row.payload for row in await outbox_of(desk.store) if row.key.startswith("update:2")]
    assert all(length(part["text"]) <= LONGEST_TEXT for part in parts if "text" in part)
    assert "on record: 301" in await said_of(desk, 2)
    assert "erasmus-study" not in await said_of(desk, 2)
    assert sum("call:erasmus-study" in str(row["key"]) for row in (await file_of(desk, 2))["outbox"]) == 300


async def test_forget_leaves_nothing_but_the_word_that_it_is_done(desk: Desk) -> None:
    await desk.says(1, BEN, ASK)
    await desk.commands(2, ADA, "plan", "")
    await desk.says(3, ADA, "4")
    await desk.commands(4, ADA, "forget", "")
    yes = (await outbox_of(desk.store))[-1].payload["buttons"][0][0]["data"]
    await desk.taps(5, ADA, yes, 20)
    assert await desk.row(ADA) is None
    left = [row for row in await outbox_of(desk.store) if row.chat_id == ADA.user_id]
    assert [row.key for row in left] == ["update:5:0", "update:5:1", "update:5:2"]
    assert (await desk.texts(ADA))[-1].startswith("Done.")
    assert len(await desk.texts(BEN)) == 1
    assert await desk.row(BEN) is not None
    await desk.taps(6, ADA, yes, 20)
    row = await desk.row(ADA)
    assert row is not None
    assert (row.year, row.conversation["step"]) == (None, "forget")
