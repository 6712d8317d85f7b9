"""Links, joining, the list of members, removing, and duty: what people do, and what they and others are told."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from itertools import count

import pytest
from sqlmodel import select

from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.staff import StaffTurn
from bot.rules import replies
from bot.rules.buttons import Act, data
from bot.rules.roles import Role
from bot.storage import members, staff, students
from bot.storage.rows import Draft, DraftState, Student
from bot.storage.store import Store
from bot.storage.ticket_rows import Invitation, Member
from tests.membership import ADA, BRUNO, LEILA, MARCO, NOW, Office


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store, ADA)


def menu(office: Office, who: Who) -> Mapping[str, str] | None:
    return next((payload["commands"] for method, payload in office.told(who) if method == "menu"), None)


# Links


async def test_a_link_is_given_as_text_and_as_a_picture(office: Office) -> None:
    said = await office.commands(ADA, "/invite tutor")
    (sent, shown), (drew, picture) = office.told(ADA)
    assert (sent, drew) == ("send", "photo")
    address = office.buttons(ADA)["Copy the link"]
    assert address.startswith("https://t.me/ims_desk_bot?start=invite_")
    assert address in said
    assert "link for a tutor" in str(shown["text"])
    assert "8 December 2026, 10:00" in said
    assert b64decode(picture["png"]).startswith(b"\x89PNG")
    assert len(address.partition("start=")[2]) <= 64
    async with office.store.reading() as tx:
        (invited,) = (await tx.exec(select(Invitation))).all()
    assert (invited.role, invited.made_by, invited.expires_at) == (Role.TUTOR, 900, NOW + timedelta(days=7))
    acts = await office.audit()
    assert acts == [(900, "invite", "tutor")]
    token = address.partition("invite_")[2]
    assert token not in str(acts)


@pytest.mark.parametrize("written", ["", "queen <b>"])
async def test_a_link_for_nobody_asks_for_whom(office: Office, written: str) -> None:
    said = await office.commands(ADA, f"/invite {written}".strip())
    assert ("neither tutor nor admin" in said) is bool(written)
    assert list(office.buttons(ADA)) == ["🔑 Invite a tutor", "🔑 Invite an admin"]
    assert "becomes an admin" in await office.presses(ADA, "🔑 Invite an admin")


async def test_only_admins_invite_and_only_staff_are_on_duty(office: Office) -> None:
    for command in ("/invite tutor", "/staff", "/tutor on"):
        assert "persone del desk" in await office.commands(MARCO, command)
    await office.lets_in(MARCO)
    for command in ("/invite tutor", "/staff"):
        assert "persone del desk" in await office.commands(MARCO, command)
    for verb in ("invite|admin", "revoke|0123456789abcdef", "staff", "remove|900", "removed|900|0"):
        assert await office.taps(MARCO, data(Act.MEMBER, *verb.split("|"))) == ""
        assert "persone del desk" in str(office.toast)
    assert await office.commands(MARCO, "/tutor") != ""


async def test_a_link_is_taken_back_under_it(office: Office) -> None:
    payload = await office.link(ADA)
    revoke = office.buttons(ADA)["✖ Take the link back"]
    assert "lets nobody in" in await office.taps(ADA, revoke)
    assert "non funziona" in await office.commands(MARCO, f"/start {payload}")
    assert await office.taps(ADA, revoke) == ""
    assert office.toast == "That link has been used, taken back, or has run out."
    assert (900, "revoke", "tutor") in await office.audit()


# Joining


async def test_whoever_opens_the_link_is_welcomed_and_the_admins_are_told(office: Office) -> None:
    payload = await office.link(ADA)
    said = await office.commands(MARCO, f"/start {payload}")
    assert "Il desk ti dà il benvenuto, Marco &lt;3!" in said
    assert "fuori servizio" in said
    assert menu(office, MARCO) == office.voice.knowledge.words.commands("it", Role.TUTOR)
    assert list(office.buttons(MARCO)) == ["🟢 In servizio, per tutto", "Scelgo che cosa prendo"]
    assert [payload["text"] for _, payload in office.told(ADA)] == [
        "👋 <b>Marco &lt;3</b> has joined as a tutor, by a link from Ada."
    ]
    marco = await office.member(MARCO)
    assert marco
    assert (marco.role, marco.name, marco.invited_by, marco.on_duty) == (Role.TUTOR, "Marco <3", 900, False)
    assert (43, "join", "tutor") in await office.audit()
    async with office.store.reading() as tx:
        known = await students.get(tx, 43)
    assert known
    assert known.language == "it"


async def test_the_welcome_leads_to_duty(office: Office) -> None:
    await office.lets_in(MARCO)
    buttons = office.buttons(MARCO)
    assert "Sei in servizio" in await office.taps(MARCO, buttons["🟢 In servizio, per tutto"])
    assert [method for method, _ in office.told(MARCO)] == ["send"]
    marco = await office.member(MARCO)
    assert marco
    assert (marco.on_duty, marco.programmes, marco.languages) == (True, [], [])
    assert "Sei in servizio" in await office.taps(MARCO, buttons["Scelgo che cosa prendo"])


async def test_a_link_of_the_terminal_and_a_language_chosen_before(office: Office) -> None:
    async with office.store.transaction() as tx:
        token = await members.invite(tx, Role.ADMIN, None, NOW)
        chosen = Student(user_id=43, language="en", language_chosen=True, first_seen_at=NOW, last_seen_at=NOW, year=4)
        await students.save(tx, chosen)
    assert "Welcome to the desk" in await office.commands(MARCO, f"/start invite_{token}")
    assert "by a link from the terminal" in str(office.told(ADA))
    async with office.store.reading() as tx:
        assert (await students.some(tx, [43]))[43].year == 4
    assert "persone del desk" not in await office.commands(MARCO, "/staff")


async def test_a_nameless_member_goes_by_number(office: Office) -> None:
    await office.lets_in(LEILA)
    assert "Remove 44" in await press_staff(office, ADA)


async def press_staff(office: Office, who: Who) -> list[str]:
    await office.commands(who, "/staff")
    return list(office.buttons(who))


async def test_a_link_that_is_used_expired_or_unknown_says_who_gives_a_new_one(office: Office) -> None:
    used, late = await office.link(ADA), await office.link(ADA)
    await office.commands(LEILA, f"/start {used}")
    for payload, words in ((used, "già stato usato"), (f"{late}x", "non funziona"), ("invite_", "non funziona")):
        said = await office.commands(MARCO, f"/start {payload}")
        assert words in said
        assert replies.DESK in said
        assert "/invite" in said
        assert await office.member(MARCO) is None
    office.now += timedelta(days=7)
    assert "è scaduto (<tg-time" in await office.commands(MARCO, f"/start {late}")


def text_of_plain(office: Office, who: Who) -> str:
    return "\n".join(str(payload.get("text", "")) for _, payload in office.told(who))


async def test_whoever_is_staff_already_leaves_the_link_for_others(office: Office) -> None:
    payload = await office.link(ADA)
    said = await office.commands(ADA, f"/start {payload}")
    assert "You are an admin already" in said
    assert "until" in said
    await office.commands(MARCO, f"/start {payload}")
    again = await office.commands(MARCO, f"/start {payload}")
    assert again == "Fai già parte dei tutor, quindi non è cambiato nulla."
    other = await office.link(ADA)
    assert "resta valido" in await office.commands(MARCO, f"/start {other}")
    assert "Welcome" in await office.commands(LEILA, f"/start {other}")


async def test_a_tutor_becomes_an_admin_and_keeps_what_they_take(office: Office) -> None:
    await office.lets_in(MARCO)
    await office.commands(MARCO, "/tutor on free-mover")
    await office.lets_in(MARCO, "admin")
    assert menu(office, MARCO) == office.voice.knowledge.words.commands("it", Role.ADMIN)
    assert "fai parte degli admin" in text_of_plain(office, MARCO)
    assert "has joined as an admin" in text_of_plain(office, ADA)
    marco = await office.member(MARCO)
    assert marco
    assert (marco.role, marco.programmes, marco.on_duty) == (Role.ADMIN, ["free-mover"], True)
    assert "Fai già parte degli admin" in await office.commands(MARCO, f"/start {await office.link(ADA)}")


async def test_another_link_is_not_a_link_of_staff(office: Office) -> None:
    room = office.staff.rooms[0]
    async with office.store.transaction() as tx:
        arrival = Arrival(1, MARCO, Kind.COMMAND, name="start", text="free-mover")
        turn = StaffTurn(tx, office.voice, 43, "it", NOW, Role.STUDENT, arrival)
        assert not await room.joined(turn, "free-mover_when-to-apply")
        assert turn.outgoing() == []


# The list


async def test_the_list_of_a_desk_where_nobody_joined_yet(office: Office) -> None:
    said = await office.commands(ADA, "/staff")
    assert "<b>Ada</b> (you) · admin (by the settings)" in said
    assert "Nobody else has joined yet" in said
    assert list(office.buttons(ADA)) == ["🔑 Invite a tutor", "🔑 Invite an admin"]


async def test_the_list_names_everybody_and_the_links_left(store: Store) -> None:
    office = Office(store, ADA, BRUNO)
    await office.lets_in(MARCO)
    await office.commands(MARCO, "/tutor on free-mover it")
    await office.link(ADA, "admin")
    said = await office.commands(ADA, "/staff")
    assert "<b>901</b> · admin (by the settings)" in said
    assert (
        "<b>Marco &lt;3</b> · tutor · <code>43</code>\n🟢 on duty: Free Mover, and questions on none; Italian" in said
    )
    assert "1. admin, from Ada, until" in said
    assert list(office.buttons(ADA))[:2] == ["Remove Marco <3", "✖ Take back link 1"]
    left = await office.presses(ADA, "✖ Take back link 1")
    assert "Links nobody has used" not in left
    assert office.toast == "The link was taken back: it lets nobody in any more."
    assert [method for method, _ in office.told(ADA)] == ["edit"]


# Removing


async def test_removing_is_confirmed_told_and_takes_everything_along(office: Office) -> None:
    await office.lets_in(MARCO, "admin")
    unused = await office.link(MARCO)
    async with office.store.transaction() as tx:
        await staff.draft(tx, 43, "reply", {"ticket": 1}, NOW, awaits="anything")
        await staff.draft(tx, 43, "broadcast", {}, NOW)
    office.released[43] = 2
    await office.commands(ADA, "/staff")
    asked = await office.presses(ADA, "Remove Marco <3")
    assert "Remove <b>Marco &lt;3</b> (admin) from the desk?" in asked
    assert await office.member(MARCO)
    confirm = office.buttons(ADA)["Confirm"]
    assert "Tickets that are everybody's again: 2" in await office.taps(ADA, confirm)
    assert await office.member(MARCO) is None
    assert office.released == {}
    (_, told), (_, taken) = office.told(MARCO)
    assert taken == {"commands": {}}
    assert "Non fai più parte del desk" in told["text"]
    assert "non è stato inviato" in told["text"]
    assert "(2)" in told["text"]
    assert (900, "remove", "43") in await office.audit()
    async with office.store.reading() as tx:
        assert {draft.state for draft in (await tx.exec(select(Draft))).all()} == {DraftState.CANCELLED}
    assert "persone del desk" in await office.commands(MARCO, "/tutor on")
    assert "does not work" in await office.commands(LEILA, f"/start {unused}")
    assert "People of" not in await office.taps(ADA, confirm)
    assert office.toast == "They are no longer part of the desk."


async def test_removing_can_be_thought_over(office: Office) -> None:
    await office.lets_in(MARCO)
    await office.commands(ADA, "/staff")
    await office.presses(ADA, "Remove Marco <3")
    assert "The people of the desk" in await office.presses(ADA, "Cancel")
    assert await office.member(MARCO)


async def test_an_old_confirmation_does_not_remove_who_joined_anew(office: Office) -> None:
    await office.lets_in(MARCO)
    await office.commands(ADA, "/staff")
    await office.presses(ADA, "Remove Marco <3")
    confirm = office.buttons(ADA)["Confirm"]
    await office.taps(ADA, confirm)
    office.now += timedelta(hours=1)
    await office.lets_in(MARCO)
    assert await office.taps(ADA, confirm) == ""
    assert office.toast == office.voice.plain("en", "toast.old")
    assert await office.member(MARCO)


async def test_nobody_removes_themselves_the_last_admin_or_one_of_the_settings(office: Office) -> None:
    await office.lets_in(MARCO, "admin")
    since = int(NOW.timestamp())
    for verb in ("remove", "removed"):
        await office.taps(MARCO, data(Act.MEMBER, verb, 900, since))
        assert "ADMIN_IDS" in str(office.toast)
        await office.taps(MARCO, data(Act.MEMBER, verb, 43, since))
        assert office.toast == "Non puoi togliere te stesso dal desk; può farlo un altro admin."
    alone = Office(office.store)
    alone.updates = count(1000)
    async with alone.store.transaction() as tx:
        await members.remove(tx, 900)
    await alone.taps(MARCO, data(Act.MEMBER, "remove", 43))
    assert "/invite admin" in str(alone.toast)
    assert await alone.member(MARCO)


async def test_two_admins_who_remove_each_other_leave_one(store: Store) -> None:
    office = Office(store)
    async with store.transaction() as tx:
        for who in (ADA, MARCO):
            row = Member(user_id=who.user_id, role=Role.ADMIN, name="A", since=NOW, programmes=[], languages=[])
            await members.save(tx, row)
    since = int(NOW.timestamp())
    async with asyncio.TaskGroup() as both:
        both.create_task(office.taps(ADA, data(Act.MEMBER, "removed", 43, since), Role.ADMIN))
        both.create_task(office.taps(MARCO, data(Act.MEMBER, "removed", 900, since), Role.ADMIN))
    assert [await office.member(who) is None for who in (ADA, MARCO)].count(True) == 1


async def test_the_others_are_told_of_a_removal(store: Store) -> None:
    office = Office(store, ADA, BRUNO)
    await office.lets_in(MARCO)
    await office.commands(ADA, "/staff")
    await office.presses(ADA, "Remove Marco <3")
    await office.presses(ADA, "Confirm")
    assert "is no longer part of the desk: removed by Ada" in str(office.told(BRUNO))


@pytest.mark.parametrize(
    "carried",
    [(), ("dance",), ("invite",), ("invite", "queen"), ("programme",), ("programme", "moon"), ("lang", "fr"),
     ("cap", "4"), ("cap", "x"), ("pause", "never"), ("pause",)],
)  # fmt: skip
async def test_a_button_nobody_drew_gets_a_polite_answer(office: Office, carried: tuple[str, ...]) -> None:
    assert await office.taps(ADA, data(Act.MEMBER, *carried)) == ""
    assert office.toast == office.voice.plain("en", "toast.old")
