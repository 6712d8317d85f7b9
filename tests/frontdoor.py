"""The front door of a desk, driven directly: what people do comes in, and what the desk says is in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from bot.clock import Clock
from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.cards import Cards
from bot.desk.library import Library
from bot.desk.reception import Reception
from bot.desk.staff import Room, Staff, StaffTurn
from bot.desk.staffroom import Staffroom
from bot.desk.students import Students
from bot.desk.tickets import Tickets
from bot.rules.letters import Voice
from bot.rules.roles import Role
from bot.storage import members
from bot.storage.store import Store, Transaction
from bot.storage.ticket_rows import Member
from tests.book import trained

BY_ITSELF = Arrival(0, Who(0, "", ""), Kind.OTHER)
"""What the desk does by itself, where a person's doing is asked for."""


class Watched(Staff):
    """The staff's side, which notes which updates were a matter of its own."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        super().__init__(rooms)
        self.took: set[int] = set()

    async def takes(self, turn: StaffTurn) -> bool:
        took = await super().takes(turn)
        if took:
            self.took.add(turn.arrival.update_id)
        return took


class FrontDoor:
    """A desk with some rooms; what somebody did tells whether it was a matter of the staff's, once for each update."""

    def __init__(
        self,
        store: Store,
        voice: Voice,
        staffroom: Staffroom,
        rooms: Sequence[Room],
        clock: Clock,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self.library = Library(voice, trained(), Path())
        self.cards = Cards(self.library, staffroom)
        self.staff = Watched(rooms)
        students = Students(self.library, Tickets(self.library, staffroom, self.cards))
        self.reception = Reception(store, voice, staffroom, students, self.staff, clock, look, look)

    async def commands(self, number: int, who: Who, name: str, argument: str = "", formatted: str = "") -> bool:
        """They write a command; ``formatted`` is its argument in Telegram's HTML."""
        return await self._arrives(Arrival(number, who, Kind.COMMAND, argument, formatted, name))

    async def says(self, number: int, who: Who, text: str, formatted: str = "") -> bool:
        """They write a text."""
        return await self._arrives(Arrival(number, who, Kind.TEXT, text, formatted, message_id=number))

    async def sends_photo(self, number: int, who: Who) -> bool:
        """They send a photo, with nothing below it."""
        return await self._arrives(Arrival(number, who, Kind.FILE, name="photo", message_id=number))

    async def sends_other(self, number: int, who: Who) -> bool:
        """They send a sticker."""
        return await self._arrives(Arrival(number, who, Kind.OTHER, message_id=number))

    async def taps(self, number: int, who: Who, data: str, message_id: int | None) -> str | None:
        """They press a button; the line shown over the chat."""
        return await self.reception.receives(Arrival(number, who, Kind.TAP, data=data, message_id=message_id))

    async def _arrives(self, arrival: Arrival) -> bool:
        self.staff.took.discard(arrival.update_id)
        await self.reception.receives(arrival)
        return arrival.update_id in self.staff.took


async def joins(tx: Transaction, user_id: int, role: Role, now: datetime, name: str = "Teo") -> None:
    """Somebody becomes a member of staff who takes on everything."""
    await members.save(tx, Member(user_id=user_id, role=role, name=name, programmes=[], languages=[], since=now))
