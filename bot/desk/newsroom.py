"""What the desk hears of its messages to many: canaries, progress, reports, and what did not get through."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

from bot.clock import day_in
from bot.desk.copies import patience
from bot.desk.staffroom import Staffroom
from bot.rules import letters, reports
from bot.rules.alerts import LATE, Kind, Letter, usual_alert
from bot.rules.answers import Knowledge
from bot.rules.calls import Window, windows
from bot.rules.letters import Voice
from bot.rules.messages import Html, Lang, Message
from bot.rules.programmes import Programme
from bot.storage import mailings, outbox
from bot.storage.mailings import Mailing, Report, packed
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import MailingRow, MailingState
from bot.storage.store import Transaction

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=10)
"""How long a step of the progress bar is worth showing: a group takes fewer a minute than there are."""
USUAL_PLANNED = timedelta(days=60)
"""How far ahead usual windows are planned, so that a downtime does not lose one."""


class Newsroom:
    """Tells the staff how it goes."""

    def __init__(self, voice: Voice, staffroom: Staffroom) -> None:
        self._voice, self._staffroom = voice, staffroom
        self.usual_planned_on: date | None = None
        self._shown: dict[int, str] = {}

    # Usual windows

    async def plan_usual(self, tx: Transaction, now: datetime) -> date:
        """Plan what is said before a usual window opens, and return the day, to be kept as :attr:`usual_planned_on`.

        Once a day is enough, and a repeat changes nothing.
        """
        today = day_in(self._voice.zone, now)
        if self.usual_planned_on == today:
            return today
        for programme, window in _coming(self._voice.knowledge, today):
            due_at, expires_at = usual_alert(window, self._voice.zone)
            if due_at > now - timedelta(days=1):
                about = {"first": window.opens_on.isoformat(), "last": window.closes_on.isoformat()}
                key = f"usual:{programme}:{window.opens_on:%Y-%m}"
                audience = f"programme:{programme}"
                mailing = Mailing(key, Kind.USUAL, audience, due_at, expires_at, str(programme), about=about)
                await mailings.plan(tx, mailing, now)
        return today

    # What goes out

    async def canary(
        self, tx: Transaction, row: MailingRow, written: Callable[[Lang], Message | None], now: datetime
    ) -> None:
        """Send the staff a copy of an alert as it begins, and say so where it begins late."""

        def copy(lang: Lang) -> Message:
            message = written(lang)
            what = self._what(row, lang)
            late = now - row.due_at > LATE
            key = "news.canary-late" if late else "news.canary"
            head = self._voice.say(lang, key, what=what, at=letters.moment(self._voice, row.due_at, lang))
            return Message(f"{head}\n\n{message.text}" if message else head)

        await self._staffroom.tell(tx, f"{row.key}:canary", copy, now)

    async def dropped(self, tx: Transaction, row: MailingRow, now: datetime) -> None:
        """Say that an alert was not sent because its time was over before anything could be."""
        log.warning("%s was dropped: its time was over", row.key)

        def said(lang: Lang) -> Message:
            at = letters.moment(self._voice, row.due_at, lang)
            return Message(self._voice.say(lang, "news.dropped", what=self._what(row, lang), at=at))

        await self._staffroom.tell(tx, f"{row.key}:dropped", said, now)

    async def progressed(self, tx: Transaction, row: MailingRow, report: Report, sleeping: int, now: datetime) -> None:
        """Move the progress bar, and raise the alarm where an alert does not get through."""
        number = int(row.id or 0)
        numbers = packed(report)
        lang = await self._reader(tx, row)
        message = reports.progress(self._voice, self._what(row, lang), numbers, number, lang, sleeping=sleeping)
        if report.recipients and self._shown.get(number) != message.text:
            self._shown[number] = message.text
            await self._show(tx, row, message, f"{now.timestamp():.0f}", now)
        if row.watched or row.kind in {Letter.BROADCAST, Letter.DELETION}:
            return
        overdue = await mailings.overdue(tx, number, now - patience(row))
        if overdue:
            log.warning("%s: %d copies that were due are not delivered after 15 minutes", row.key, overdue)
            await mailings.note(tx, number, watched=True)

            def said(lang: Lang) -> Message:
                what = self._what(row, lang)
                return Message(self._voice.say(lang, "news.overdue", what=what, many=overdue, total=report.recipients))

            await self._staffroom.tell(tx, f"{row.key}:overdue", said, now)

    async def reported(self, tx: Transaction, row: MailingRow, report: Report, now: datetime) -> None:
        """Show what became of every copy; of an alert nobody subscribed to there is nothing to show."""
        if not report.recipients and "progress" not in row.about:
            return
        self._shown.pop(int(row.id or 0), None)
        ended_early = row.state in {MailingState.STOPPED, MailingState.CANCELLED}
        lang = await self._reader(tx, row)
        what = self._what(row, lang)
        number, numbers = int(row.id or 0), packed(report)
        message = reports.final(self._voice, what, numbers, number, lang, kind=row.kind, stopped=ended_early)
        await self._show(tx, row, message, f"done:{now.timestamp():.0f}", now)
        log.info("%s: %d copies, %d delivered", row.key, report.recipients, report.delivered)

    async def _show(self, tx: Transaction, row: MailingRow, message: Message, stamp: str, now: datetime) -> None:
        """Put a message in place of the one that shows how a message to many goes; where there is none, send it."""
        place = row.about.get("progress") or {}
        if not await self._staffroom.is_admin(tx, place.get("chat", 0)):
            chat = await self._chat_of(tx, row)
            if chat is None:
                return
            if chat < 0:  # a group: roles are checked where somebody speaks for themselves
                message = Message(message.text)
            place = {"chat": chat, "message": await outbox.message_of(tx, f"{row.key}:report:first")}
        final = stamp.startswith("done")
        if place["message"] is None:
            key = f"{row.key}:report:{stamp if final else 'first'}"
            item = Outgoing(key, place["chat"], "send", message.carried(), ANSWER, now)
        else:
            payload = message.carried() | {"message_id": place["message"]}
            until = None if final else now + FRESH
            item = Outgoing(f"{row.key}:report:{stamp}", place["chat"], "edit", payload, ANSWER, now, until)
        await outbox.enqueue(tx, [item], now)

    async def _chat_of(self, tx: Transaction, row: MailingRow) -> int | None:
        """Who is shown how it goes: whoever made it, as long as they are staff, else the staff's own chat."""
        if row.made_by and await self._staffroom.is_admin(tx, row.made_by):
            return row.made_by
        return next(iter(await self._staffroom.chats(tx)), None)

    async def _reader(self, tx: Transaction, row: MailingRow) -> Lang:
        return await self._staffroom.language(tx, await self._chat_of(tx, row) or 0)

    def _what(self, row: MailingRow, lang: Lang) -> Html:
        return reports.heading(self._voice, row.kind, row.programme, row.about, lang)


def _coming(knowledge: Knowledge, today: date) -> list[tuple[Programme, Window]]:
    """The usual windows that open soon."""
    ahead = today + USUAL_PLANNED
    return [
        (programme, window)
        for programme, usual in knowledge.calls.items()
        for window in windows(usual, today, ahead + timedelta(days=366))
        if today <= window.opens_on <= ahead
    ]
