"""The front door: each thing once, in one transaction; staff to their rooms, everybody else to the students' side."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.desk.arrival import Arrival, Kind
from bot.desk.staff import Room, StaffTurn
from bot.rules.roles import Role
from bot.rules.tickets import State
from bot.storage import students, tickets
from bot.storage.rows import SeenUpdate
from bot.storage.store import Store
from tests.ticketdesk import ADA, BLOCKED, GIULIA, MARCO, TEO, TicketDesk


@pytest.fixture
async def desk(store: Store) -> TicketDesk:
    desk = TicketDesk(store)
    await desk.joins(TEO)
    return desk


async def test_a_repeat_changes_nothing(desk: TicketDesk) -> None:
    number = await desk.asks(GIULIA)
    again = Arrival(7777, TEO, Kind.TAP, data=f"1|q|{number}|claim", message_id=1)
    assert await desk.receives(again)
    version = (await desk.ticket(number)).version
    assert await desk.receives(again) is None
    assert (await desk.ticket(number)).version == version


class Faulty(Room):
    """Claims a ticket, and the first time something goes wrong after that."""

    commands: Mapping[str, Role] = {"faulty": Role.TUTOR}
    broken = True

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        del name
        held = await tickets.get(turn.tx, int(argument), hold=True)
        assert held
        await tickets.change(turn.tx, held, state=State.CLAIMED, claimer=turn.user_id)
        turn.say("ticket.you-claimed", number=f"#{argument}")
        if self.broken:
            raise RuntimeError


async def test_what_fails_half_way_leaves_nothing(desk: TicketDesk) -> None:
    number, faulty = await desk.asks(GIULIA), Faulty()
    desk.door.staff.rooms = (*desk.door.staff.rooms, faulty)
    command = Arrival(7777, TEO, Kind.COMMAND, str(number), str(number), "faulty")
    with pytest.raises(RuntimeError):
        await desk.receives(command)
    assert await desk.stands(number) == (State.NEW, None)
    async with desk.store.reading() as tx:
        assert await tx.get(SeenUpdate, 7777) is None, "so it may come again"
    faulty.broken = False
    await desk.receives(command)
    assert await desk.stands(number) == (State.CLAIMED, TEO.user_id)
    assert desk.last(TEO) == desk.line("ticket.you-claimed", number=f"#{number}")


async def test_staff_are_met_as_people_too(desk: TicketDesk) -> None:
    await desk.commands(TEO, "/tickets")
    async with desk.store.reading() as tx:
        person = await students.get(tx, TEO.user_id)
    assert person is not None
    assert person.last_seen_at == desk.clock.now()


async def test_staff_hear_of_their_commands_and_students_do_not(desk: TicketDesk) -> None:
    for who, key in ((TEO, "tutor.commands"), (ADA, "staff.commands")):
        await desk.commands(who, "/help")
        assert desk.line(key) in desk.reads(who)
    await desk.commands(MARCO, "/help")
    assert desk.line("tutor.commands") not in desk.reads(MARCO)


async def test_what_a_tutor_asks_the_bot_is_answered_like_anybodys(desk: TicketDesk) -> None:
    await desk.says(TEO, "When do I apply for a Free Mover?")
    assert "Free Mover" in desk.last(TEO)


async def test_whoever_blocks_the_bot_is_left_alone_until_they_are_back(desk: TicketDesk) -> None:
    await desk.commands(GIULIA, "/start")
    desk.fate = lambda _: BLOCKED
    await desk.door.reception.comes_or_goes(8001, GIULIA, there=False)
    async with desk.store.reading() as tx:
        person = await students.get(tx, GIULIA.user_id)
    assert person is not None
    assert not person.reachable
    desk.fate = lambda _: None
    await desk.door.reception.comes_or_goes(8002, GIULIA, there=True)
    await desk.door.reception.comes_or_goes(8002, GIULIA, there=False)  # a repeat of an update
    async with desk.store.reading() as tx:
        person = await students.get(tx, GIULIA.user_id)
    assert person is not None
    assert person.reachable


async def test_what_cannot_be_dealt_with_is_apologised_for_once(desk: TicketDesk) -> None:
    for _ in range(2):
        await desk.door.reception.parks(8003, "message", "ValueError", GIULIA)
    await desk.settle()
    assert len(desk.chat(GIULIA)) == 1
    await desk.door.reception.parks(8004, "unknown", "unknown", None)
    await desk.settle()
    assert len(desk.chat(GIULIA)) == 1


async def test_what_somebody_wrote_behind_a_slash_is_not_kept(desk: TicketDesk) -> None:
    await desk.receives(Arrival(7778, GIULIA, Kind.COMMAND, "", "", "mypassportnumberisX99"))
    async with desk.store.reading() as tx:
        seen = await tx.get(SeenUpdate, 7778)
    assert seen is not None
    assert "X99" not in repr(seen)
