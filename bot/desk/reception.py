"""The front door: everything people do comes in here, and each thing is dealt with in one transaction.

The row of a person is read once, with their role and whether a ticket waits for them; then what they did is taken to
the staff's rooms or to the students' side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.clock import Clock
from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.staff import Staff, StaffTurn
from bot.desk.staffroom import Staffroom
from bot.desk.students import Students
from bot.rules import replies
from bot.rules.letters import Voice
from bot.rules.messages import Message
from bot.rules.roles import Role
from bot.storage import outbox, students, tickets, updates
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.store import Store, Transaction

GREETED = {"start", "help"}
"""Commands after which staff are told of those that are theirs alone."""


class Reception:
    """Deals with each update once; safe to call for many people at once.

    ``send`` says that there is something to send, ``look`` that something may have been planned as well.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the front door leads to everybody
        self,
        store: Store,
        voice: Voice,
        staffroom: Staffroom,
        students: Students,
        staff: Staff,
        clock: Clock,
        send: Callable[[], None],
        look: Callable[[], None],
    ) -> None:
        self._store, self._voice, self._staffroom = store, voice, staffroom
        self._students, self._staff, self._clock = students, staff, clock
        self._send, self._look = send, look

    async def receives(self, arrival: Arrival) -> str | None:
        """Somebody did something; the line to show over their chat, if any."""
        who, now = arrival.who, self._clock.now()
        async with self._store.transaction() as tx:
            if not await updates.first_time(tx, arrival.update_id, self._kind(arrival), now):
                return None
            person = await students.person(tx, who.user_id)
            role = self._staffroom.role(who.user_id, person.role)
            if arrival.album and not arrival.edited and role is not Role.STUDENT:
                arrival = await self._with_its_album(tx, arrival)
            turn = StaffTurn(tx, self._voice, who.user_id, person.language or who.language, now, role, arrival)
            toast = None
            took = await self._staff.takes(turn)
            if took:
                await self._students.meet(tx, who, person, now)
            else:
                toast = await self._students.deals(tx, arrival, person, role, now)
                if role is not Role.STUDENT and arrival.kind is Kind.COMMAND and arrival.name.lower() in GREETED:
                    turn.say("staff.commands" if role is Role.ADMIN else "tutor.commands")
            await outbox.enqueue(tx, turn.outgoing(), now)
        (self._look if took else self._send)()
        return turn.toast or toast

    async def _with_its_album(self, tx: Transaction, arrival: Arrival) -> Arrival:
        """The rest of an album goes where its first file went: as if it replied to that, where it went to a ticket."""
        first = await tickets.begun(tx, arrival.who.user_id, arrival.album or "")
        return arrival if first is None else replace(arrival, reply_to=first.message_id)

    def _kind(self, arrival: Arrival) -> str:
        """What is remembered of an update: never what somebody wrote, and anything may stand behind a slash."""
        name = arrival.name.lower()
        return f"/{name}" if arrival.kind is Kind.COMMAND and name in self._staff.commands else arrival.kind

    async def comes_or_goes(self, update_id: int, who: Who, *, there: bool) -> None:
        """They unblocked or blocked the bot."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            if not await updates.first_time(tx, update_id, "my_chat_member", now):
                return
            if not there and await students.unreachable(tx, who.user_id, now):
                await outbox.cancel_chat(tx, who.user_id, now)
            if there:
                await students.reachable(tx, who.user_id, now)

    async def parks(self, update_id: int, kind: str, error: str, who: Who | None) -> None:
        """An update could not be dealt with: remember that it was seen, and say so to whoever sent it."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            await updates.park(tx, update_id, kind, error, now)
            if who:
                person = await students.person(tx, who.user_id)
                sorry = Message(self._voice.say(person.language or who.language, "error", desk=replies.DESK))
                item = Outgoing(f"update:{update_id}:0", who.user_id, "send", sorry.carried(), ANSWER, now)
                await outbox.enqueue(tx, [item], now)
        self._send()
