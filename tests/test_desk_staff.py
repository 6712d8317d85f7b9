"""Who may do what staff do, once for each update, and the room that each thing is taken to; on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import col, select

from bot.desk.calls import Calls
from bot.desk.staff import StaffTurn
from bot.desk.students import Who
from bot.rules.buttons import Act, data
from bot.rules.messages import LONGEST_TEXT, Button, Message
from bot.storage import mailings, staff
from bot.storage.mailings import Mailing
from bot.storage.rows import Draft, MailingRow, OutboxRow, SeenUpdate
from bot.storage.store import Store
from tests.deskside import ADA, BRUNO, NOW, PRESSED, Desk

MALLORY = Who(77, "it", "Mallory")


class Notebook:
    """A room that notes texts: ``/note`` asks for one, ``/shout`` says its argument back."""

    commands = frozenset({"note", "shout"})
    acts = frozenset({"note"})

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        if name == "shout":
            turn.send(Message(argument.upper(), ((Button("Aa", "1|c|help"),),)))
        else:
            number = await staff.draft(turn.tx, turn.user_id, "note", {}, turn.now, awaits="text")
            turn.send(Message("?", ((Button("Keep", data(Act.DRAFT, number, "keep", "a", "b")),),)))

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        await staff.redraft(turn.tx, turn.user_id, int(draft.id or 0), {"text": text}, None)
        await turn.audit("note", "a text", text=text)
        turn.show(Message(f"noted: {text}"))

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        turn.toast = f"{verb} {'+'.join(args)} {draft.content}"
        turn.show(Message("shown"))
        turn.say("staff.cancelled")

    async def handled(self, turn: StaffTurn, mailing: MailingRow, verb: str) -> bool:
        turn.toast = f"{mailing.key} {verb}"
        return verb == "stop"


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, rooms=(Calls(), Notebook()))


async def rows(desk: Desk) -> list[OutboxRow]:
    async with desk.store.reading() as tx:
        return list((await tx.exec(select(OutboxRow).order_by(col(OutboxRow.id)))).all())


async def test_a_command_goes_to_its_room(desk: Desk) -> None:
    assert desk.staff.commands == {"announce", "move", "withdraw", "deliveries", "note", "shout"}
    assert await desk.commands("/shout hello you") == "HELLO YOU"
    assert "Nothing has gone out" in await desk.commands("/deliveries")
    assert desk.woken == 2


async def test_what_is_said_is_an_answer_to_them_alone(desk: Desk) -> None:
    await desk.commands("/shout hello", BRUNO)
    (row,) = await rows(desk)
    assert (row.chat_id, row.method, row.priority, row.due_at) == (BRUNO.user_id, "send", 0, NOW)
    assert row.payload["buttons"] == [[{"text": "Aa", "data": "1|c|help"}]]


async def test_a_long_text_comes_in_parts_in_order(desk: Desk) -> None:
    await desk.commands("/shout " + "x" * (LONGEST_TEXT + 10))
    assert [row.key for row in await rows(desk)] == ["update:1:0", "update:1:1"]


@pytest.mark.parametrize("command", ["shout", "announce", "deliveries", "move", "withdraw"])
async def test_somebody_who_is_not_staff_is_told_so_politely(desk: Desk, command: str) -> None:
    shown = await desk.commands(f"/{command} free-mover", MALLORY)
    assert shown == desk.voice.say("en", "staff.not-yours")
    await desk.follow(MALLORY.user_id, language="it")
    assert await desk.commands(f"/{command}", MALLORY) == desk.voice.say("it", "staff.not-yours")


async def test_roles_are_checked_at_every_press_and_text(desk: Desk) -> None:
    await desk.commands("/note")
    button = desk.button("Keep")
    await desk.taps(button, MALLORY)
    assert desk.toast == desk.voice.plain("en", "staff.not-yours")
    async with desk.store.transaction() as tx:
        await staff.draft(tx, ADA.user_id, "note", {}, NOW, awaits="dates")
    assert await desk.staff.sends_other(40, ADA)
    desk.staff._staffroom.admins = frozenset({BRUNO.user_id})
    await desk.taps(button)
    assert desk.toast == desk.voice.plain("en", "staff.not-yours")
    assert await desk.writes("a text") is None
    assert not await desk.staff.cancels(50, ADA)
    assert not await desk.staff.sends_other(51, ADA)
    assert await desk.acts() == []


async def test_the_same_update_twice_is_once(desk: Desk) -> None:
    for _ in range(2):
        await desk.staff.commanded(7, ADA, "shout", "hello")
    assert len(await rows(desk)) == 1
    await desk.commands("/note")
    assert await desk.staff.writes(8, ADA, "one")
    assert not await desk.staff.writes(8, ADA, "one")
    assert len(await desk.acts()) == 1
    mailing = data(Act.MAILING, await planned(desk), "stop")
    assert await desk.staff.tapped(9, ADA, mailing, PRESSED) == "broadcast:1 stop"
    assert await desk.staff.tapped(9, ADA, mailing, PRESSED) is None


async def test_the_same_update_at_the_same_moment_is_once(desk: Desk) -> None:
    await asyncio.gather(*(desk.staff.commanded(7, ADA, "shout", "hello") for _ in range(4)))
    assert len(await rows(desk)) == 1


async def test_what_was_done_is_remembered_as_an_update_of_staff(desk: Desk) -> None:
    await desk.commands("/shout hello")
    await desk.taps("1|z|1|keep")
    async with desk.store.reading() as tx:
        kinds = (await tx.exec(select(SeenUpdate).order_by(col(SeenUpdate.update_id)))).all()
    assert [row.kind for row in kinds] == ["/shout", "staff's button"]


async def test_a_text_goes_to_the_draft_that_waits_for_it_and_to_nothing_else(desk: Desk) -> None:
    assert await desk.writes("hello") is None
    await desk.commands("/note")
    assert await desk.writes("hello", BRUNO) is None
    assert await desk.writes("<b>hello</b>") == "noted: <b>hello</b>"
    assert await desk.writes("again") is None
    (act,) = await desk.acts()
    assert (act.user_id, act.act, act.subject, act.detail, act.at) == (
        ADA.user_id, "note", "a text", {"text": "<b>hello</b>"}, NOW,
    )  # fmt: skip


async def test_a_text_is_not_waited_for_longer_than_a_day(desk: Desk) -> None:
    await desk.commands("/note")
    desk.later(days=1)
    assert await desk.writes("hello") is None


async def test_a_button_of_a_draft_goes_to_its_room_and_changes_its_message(desk: Desk) -> None:
    await desk.commands("/note")
    await desk.writes("hello")
    await desk.taps("1|z|1|keep|a|b")
    assert desk.toast == "keep a+b {'text': 'hello'}"
    edit, said = (await rows(desk))[-2:]
    assert (edit.method, edit.payload["message_id"], edit.payload["text"]) == ("edit", PRESSED, "shown")
    assert said.method == "send"


async def test_without_a_message_what_would_change_it_is_sent(desk: Desk) -> None:
    await desk.commands("/note")
    await desk.staff.tapped(99, ADA, "1|z|1|keep", None)
    assert [row.method for row in (await rows(desk))[-2:]] == ["send", "send"]


async def planned(desk: Desk) -> int:
    async with desk.store.transaction() as tx:
        number = await mailings.plan(tx, Mailing("broadcast:1", "broadcast", "all", NOW), NOW)
    assert number
    return number


async def test_a_button_of_a_message_to_many_goes_to_the_room_that_knows_its_verb(desk: Desk) -> None:
    number = await planned(desk)
    await desk.taps(data(Act.MAILING, number, "stop"), BRUNO)
    assert desk.toast == "broadcast:1 stop"


@pytest.mark.parametrize(
    "data", ["1|z|99|keep", "1|z|x|keep", "1|z", "1|y|99|stop", "1|y|1|sing", "1|y", "0|z|1|keep", "junk", "1|c|help"]
)
async def test_a_button_nobody_knows_gets_a_polite_answer(desk: Desk, data: str) -> None:
    await planned(desk)
    await desk.taps(data)
    assert desk.toast == desk.voice.plain("en", "toast.old")


async def test_a_failure_leaves_nothing_behind(desk: Desk) -> None:
    with pytest.raises(KeyError):
        await desk.staff.tapped(5, ADA, f"1|z|{await broken(desk)}|confirm", PRESSED)
    assert await rows(desk) == []
    assert [draft.state for draft in await desk.drafts()] == ["open"]
    async with desk.store.reading() as tx:
        assert (await tx.exec(select(SeenUpdate))).all() == []


async def broken(desk: Desk) -> int:
    """A draft of another release, that lacks what this one needs."""
    async with desk.store.transaction() as tx:
        return await staff.draft(tx, ADA.user_id, "withdraw", {}, NOW)
