"""Reminders of the days of students' own plans, put on their way when they are due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from bot.clock import Clock
from bot.desk.copies import hears_reminders
from bot.rules import reminders
from bot.rules.alerts import awake_at
from bot.rules.deadlines import What
from bot.rules.letters import Voice
from bot.rules.reminders import Reminder
from bot.storage import deadlines, outbox, students
from bot.storage.deadlines import REMINDER
from bot.storage.outbox import ALERT, Outgoing
from bot.storage.rows import DeadlineRow, Student
from bot.storage.store import Store, Transaction

log = logging.getLogger(__name__)


class Reminders:
    """Looks at the deadlines that are kept; the tables hold when each is spoken of next."""

    def __init__(self, store: Store, voice: Voice, clock: Clock, wake: Callable[[], None]) -> None:
        self._store, self._voice, self._clock, self._wake = store, voice, clock, wake

    async def tick(self) -> datetime | None:
        """Enqueue the reminders that are due; the moment of the next one, or None.

        After a downtime a deadline is spoken of once, marked late, however many of its reminders were missed; one whose
        day is over is not.
        """
        now = self._clock.now()
        async with self._store.transaction() as tx:
            due = await deadlines.due(tx, now)
            people = await students.some(tx, {row.user_id for row in due})
            said = [await self._remind(tx, row, people.get(row.user_id), now) for row in due]
            await outbox.enqueue(tx, [each for each in said if each], now)
            following = await deadlines.next_due(tx)
        if due:
            self._wake()
        return following

    async def _remind(
        self, tx: Transaction, row: DeadlineRow, student: Student | None, now: datetime
    ) -> Outgoing | None:
        """Plan the next reminder of a day; the one that is due, if it is to be sent."""
        zone = self._voice.zone
        try:
            what = What(row.what)
        except ValueError:
            log.exception("deadline %s cannot be read and is not spoken of any more", row.id)
            await deadlines.remind_next(tx, row, None)
            return None
        if not await deadlines.remind_next(tx, row, reminders.upcoming(what, row.due_on, zone, now)):
            return None  # the plan changed in this very moment, and its new day has reminders of its own
        reminder = reminders.overdue(what, row.due_on, zone, now)
        return self._outgoing(row, reminder, student) if student and reminder and hears_reminders(student) else None

    def _outgoing(self, row: DeadlineRow, reminder: Reminder, student: Student) -> Outgoing:
        """A reminder as a row of the outbox; its text is written when it leaves, and true on that day."""
        awake = (student.awake_from, student.awake_until)
        planned = awake_at(reminder.at, awake, self._voice.zone, reminder.ends)
        key = f"{REMINDER}:{row.id}:{row.due_on}:{reminder.days_before}:chat:{row.user_id}"
        payload = {"deadline": row.id, "on": row.due_on.isoformat()}
        return Outgoing(key, row.user_id, "send", payload, ALERT, planned, reminder.ends)
