"""Who may do what staff do, once for each update, and the room that each thing is taken to; on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from sqlmodel import col, select

from bot.desk.arrival import Who
from bot.desk.calls import Calls
from bot.desk.staff import Room, StaffTurn, number_of
from bot.rules.buttons import Act, Tap, data
from bot.rules.messages import LONGEST_TEXT, Button, Message
from bot.rules.roles import Role
from bot.storage import mailings, members, staff
from bot.storage.mailings import Mailing
from bot.storage.rows import Draft, OutboxRow, SeenUpdate
from bot.storage.store import Store
from tests.deskside import ADA, BRUNO, NOW, PRESSED, Desk
from tests.frontdoor import joins

MALLORY, TEO = Who(77, "it", "Mallory"), Who(78, "en", "Teo")
"""Somebody who is not staff, and somebody who becomes a tutor."""


class Notebook(Room):
    """A room that notes texts: ``/note`` asks for one, ``/shout`` says its argument back; it has a button for each."""

    commands: Mapping[str, Role] = {"note": Role.ADMIN, "shout": Role.TUTOR}
    acts = frozenset({"note"})
    buttons: Mapping[Act, Role] = {Act.MAILING: Role.ADMIN, Act.STATS: Role.TUTOR}

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

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        mailing = await mailings.get(turn.tx, number_of(tap))
        if tap.act is Act.STATS or mailing is None or tap.args[1:] != ("stop",):
            turn.flash("staff.confirm")
            return tap.act is Act.STATS
        turn.toast = f"{mailing.key} stop"
        return True


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, rooms=(Calls(), Notebook()))


async def rows(desk: Desk) -> list[OutboxRow]:
    async with desk.store.reading() as tx:
        return list((await tx.exec(select(OutboxRow).order_by(col(OutboxRow.id)))).all())


async def test_a_command_goes_to_its_room(desk: Desk) -> None:
    assert desk.staff.commands.keys() == {"announce", "move", "withdraw", "deliveries", "note", "shout"}
    assert await desk.commands("/shout hello you") == "HELLO YOU"
    assert "Nothing has gone out" in await desk.commands("/Deliveries")
    assert desk.woken == 2


async def test_what_is_said_is_an_answer_to_them_alone(desk: Desk) -> None:
    await desk.commands("/shout hello", BRUNO)
    (row,) = await rows(desk)
    assert (row.chat_id, row.method, row.priority, row.due_at) == (BRUNO.user_id, "send", 0, NOW)
    assert row.payload["buttons"] == [[{"text": "Aa", "data": "1|c|help"}]]


async def test_a_long_text_comes_in_parts_in_order(desk: Desk) -> None:
    await desk.commands("/shout " + "x" * (LONGEST_TEXT + 10))
    assert [row.key for row in await rows(desk)] == ["update:1:staff:0", "update:1:staff:1"]


@pytest.mark.parametrize("command", ["shout", "announce", "deliveries", "move", "withdraw"])
async def test_somebody_who_is_not_staff_is_told_so_politely(desk: Desk, command: str) -> None:
    shown = await desk.commands(f"/{command} free-mover", MALLORY)
    assert shown == desk.voice.say("it", "staff.not-yours")
    assert desk.menu == {}, "who was staff once loses the menu too"
    await desk.follow(MALLORY.user_id, language="en")
    assert await desk.commands(f"/{command}", MALLORY) == desk.voice.say("en", "staff.not-yours")


async def comes(desk: Desk, who: Who, role: Role = Role.TUTOR) -> None:
    async with desk.store.transaction() as tx:
        await joins(tx, who.user_id, role, NOW)


async def leaves(desk: Desk, who: Who) -> None:
    async with desk.store.transaction() as tx:
        assert await members.remove(tx, who.user_id)


@pytest.mark.parametrize("command", ["note", "announce", "deliveries", "move", "withdraw"])
async def test_a_tutor_has_the_commands_of_tutors_and_no_others(desk: Desk, command: str) -> None:
    await comes(desk, TEO)
    assert await desk.commands("/shout hello", TEO) == "HELLO"
    assert await desk.commands(f"/{command} free-mover 2027-01-15 2027-02-15", TEO) == desk.voice.say(
        "en", "staff.not-yours"
    )
    assert desk.menu is None, "their own menu stays"
    await desk.taps(data(Act.STATS, 7), TEO)
    assert desk.toast == desk.voice.plain("en", "staff.confirm")
    await desk.taps(data(Act.MAILING, await planned(desk), "stop"), TEO)
    assert desk.toast == desk.voice.plain("en", "staff.not-yours")
    assert (await desk.drafts(), await desk.acts()) == ([], [])


async def test_an_admin_who_was_invited_is_one_like_those_of_the_settings(desk: Desk) -> None:
    await comes(desk, TEO, Role.ADMIN)
    await desk.commands("/note", TEO)
    assert await desk.writes("hello", TEO) == "noted: hello"


async def test_whoever_was_removed_is_refused_from_that_moment(desk: Desk) -> None:
    await comes(desk, TEO, Role.ADMIN)
    await desk.commands("/note", TEO)
    button = desk.button("Keep", TEO)
    await leaves(desk, TEO)
    for pressed in (button, data(Act.STATS, 7), data(Act.MAILING, await planned(desk), "stop")):
        assert await desk.taps(pressed, TEO) == ""
        assert desk.toast == desk.voice.plain("en", "staff.not-yours")
    assert await desk.writes("a text", TEO) is None
    assert await desk.commands("/shout hello", TEO) == desk.voice.say("en", "staff.not-yours")
    assert desk.menu == {}
    assert await desk.acts() == []


async def test_roles_are_checked_at_every_press_and_text(desk: Desk) -> None:
    await desk.commands("/note")
    button = desk.button("Keep")
    await desk.taps(button, MALLORY)
    assert desk.toast == desk.voice.plain("it", "staff.not-yours")
    async with desk.store.transaction() as tx:
        await staff.draft(tx, ADA.user_id, "note", {}, NOW, awaits="dates")
    assert await desk.sends_sticker()
    desk.room.admins = frozenset({BRUNO.user_id})
    await desk.taps(button)
    assert desk.toast == desk.voice.plain("en", "staff.not-yours")
    assert await desk.writes("a text") is None
    assert not await desk.door.commands(50, ADA, "cancel")
    assert await desk.sends_sticker() is None
    assert await desk.acts() == []


async def test_the_same_update_twice_is_once(desk: Desk) -> None:
    for _ in range(2):
        await desk.door.commands(7, ADA, "shout", "hello")
    assert len(await rows(desk)) == 1
    await desk.commands("/note")
    assert await desk.door.says(8, ADA, "one")
    assert not await desk.door.says(8, ADA, "one")
    assert len(await desk.acts()) == 1
    mailing = data(Act.MAILING, await planned(desk), "stop")
    assert await desk.door.taps(9, ADA, mailing, PRESSED) == "broadcast:1 stop"
    assert await desk.door.taps(9, ADA, mailing, PRESSED) is None


async def test_the_same_update_at_the_same_moment_is_once(desk: Desk) -> None:
    await asyncio.gather(*(desk.door.commands(7, ADA, "shout", "hello") for _ in range(4)))
    assert len(await rows(desk)) == 1


async def test_what_was_done_is_remembered_without_what_was_written(desk: Desk) -> None:
    await desk.commands("/Shout hello")
    await desk.taps("1|z|1|keep")
    await desk.commands("/my-secret-is hello")
    async with desk.store.reading() as tx:
        kinds = (await tx.exec(select(SeenUpdate).order_by(col(SeenUpdate.update_id)))).all()
    assert [row.kind for row in kinds] == ["/shout", "tap", "command"]


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
    await desk.door.taps(99, ADA, "1|z|1|keep", None)
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
    "data", ["1|z|99|keep", "1|z|x|keep", "1|z", "1|y|99|stop", "1|y|1|sing", "1|y", "0|z|1|keep", "junk"]
)
async def test_a_button_nobody_knows_gets_a_polite_answer(desk: Desk, data: str) -> None:
    await planned(desk)
    await desk.taps(data)
    assert desk.toast == desk.voice.plain("en", "toast.old")


async def test_a_button_of_the_students_is_left_to_them(desk: Desk) -> None:
    assert await desk.taps("1|c|help")
    assert desk.toast == ""
    assert desk.staff.took == set()


async def test_a_failure_leaves_nothing_behind(desk: Desk) -> None:
    with pytest.raises(KeyError):
        await desk.door.taps(5, ADA, f"1|z|{await broken(desk)}|confirm", PRESSED)
    assert await rows(desk) == []
    assert [draft.state for draft in await desk.drafts()] == ["open"]
    async with desk.store.reading() as tx:
        assert (await tx.exec(select(SeenUpdate))).all() == []


async def broken(desk: Desk) -> int:
    """A draft of another release, that lacks what this one needs."""
    async with desk.store.transaction() as tx:
        return await staff.draft(tx, ADA.user_id, "withdraw", {}, NOW)
