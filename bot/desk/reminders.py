"""Reminders of the days of students' own plans, put on their way when they are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.clock import Clock, day_in
from bot.rules import reminders
from bot.rules.alerts import LATE, Kind, awake_at
from bot.rules.deadlines import What
from bot.rules.letters import Voice, marked_late
from bot.rules.messages import Lang
from bot.rules.programmes import Programme
from bot.rules.reminders import Kept, Reminder
from bot.storage import deadlines, outbox, students
from bot.storage.deadlines import REMINDER
from bot.storage.outbox import ALERT, Outgoing
from bot.storage.rows import DeadlineRow, Student
from bot.storage.store import Store, Transaction


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
            for row in due:
                await self._remind(tx, row, now)
            following = await deadlines.next_due(tx)
        if due:
            self._wake()
        return following

    async def _remind(self, tx: Transaction, row: DeadlineRow, now: datetime) -> None:
        what, zone = What(row.what), self._voice.zone
        student = await students.get(tx, row.user_id)
        reminder = reminders.overdue(what, row.due_on, zone, now)
        if student and reminder and _hears(student):
            await outbox.enqueue(tx, [self._outgoing(row, reminder, student, now)], now)
        await deadlines.remind_next(tx, row.id or 0, reminders.upcoming(what, row.due_on, zone, now))

    def _outgoing(self, row: DeadlineRow, reminder: Reminder, student: Student, now: datetime) -> Outgoing:
        zone, awake = self._voice.zone, (student.awake_from, student.awake_until)
        lang: Lang = "it" if student.language == "it" else "en"
        planned = awake_at(reminder.at, awake, zone, reminder.ends)
        due_at = max(planned, awake_at(now, awake, zone, reminder.ends))
        kept = Kept(Programme(row.programme), What(row.what), row.due_on, row.id or 0)
        message = reminders.message(self._voice, kept, day_in(zone, due_at), lang)
        if now - planned > LATE:
            message = marked_late(self._voice, message, planned, lang)
        key = f"{REMINDER}:{row.id}:{row.due_on}:{reminder.days_before}:chat:{row.user_id}"
        return Outgoing(key, row.user_id, "send", message.carried(), ALERT, due_at, reminder.ends)


def _hears(student: Student) -> bool:
    """Whether reminders may go to a student."""
    return student.reachable and not student.paused and Kind.DEADLINES not in student.muted
