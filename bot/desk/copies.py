"""What a copy of a message to many, or a reminder, says in the moment it leaves; and whether it still should.

Nothing is trusted that was true when the row was written: the call may have moved, the reader may have unsubscribed or
gone to bed, the day may be over. Whoever reads is asked here, once, whatever kept the copy waiting until now.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.clock import day_in
from bot.rules import letters, reminders
from bot.rules.alerts import ALL, COVERED, LATE, MUTED_BY, Kind, Letter, awake_at
from bot.rules.calls import Call, Window, in_window, windows
from bot.rules.deadlines import What
from bot.rules.delivery import ALERTS_A_SECOND
from bot.rules.letters import Voice
from bot.rules.messages import Lang, Message, lang_of
from bot.rules.programmes import Programme
from bot.rules.reminders import Fate, Kept
from bot.storage import calls, deadlines, mailings, outbox, students
from bot.storage.outbox import Claimed
from bot.storage.rows import DeadlineRow, MailingRow, MailingState, Student
from bot.storage.store import Transaction

log = logging.getLogger(__name__)

CORRECTIONS = frozenset({Letter.MOVED, Letter.WITHDRAWN})
IMMEDIATE = frozenset({Letter.BROADCAST, Letter.DELETION})
"""What staff send by hand: it goes when they say so, whatever the hour and whatever anybody follows."""

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Later:
    """Its reader sleeps: it leaves at ``at``."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """All that copies rest on, as it stands at one moment."""

    now: datetime
    sources: Mapping[int, MailingRow]
    calls: Mapping[int, Call]
    announced: Sequence[Call]
    known: Mapping[tuple[int, int], int]
    readers: Mapping[int, Student]
    deadlines: Mapping[int, DeadlineRow]


class Copies:
    """Writes claimed copies; it keeps nothing."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    async def compose(self, tx: Transaction, rows: Sequence[Claimed], now: datetime) -> Mapping[int, Payload]:
        """What claimed copies say, by their ids; what should not leave, or not yet, is left out and dealt with."""
        sight = await self._look(tx, rows, now)
        said: dict[int, Payload] = {}
        later: dict[int, datetime] = {}
        poison: list[int] = []
        for row in rows:
            try:
                written = self._write(row, sight)
            except Exception:
                log.exception("row %s cannot be written", row.key)
                poison.append(row.id)
                continue
            if isinstance(written, Later):
                later[row.id] = written.at
            elif written is not None:
                said[row.id] = written
        gone = [row.id for row in rows if row.id not in said and row.id not in later and row.id not in poison]
        await outbox.take_back(tx, gone, now)
        await outbox.give_up(tx, poison, "it cannot be written", now)
        await outbox.put_back(tx, later)
        await mailings.stamp(tx, self._revisions(rows, said, sight))
        return said

    async def _look(self, tx: Transaction, rows: Sequence[Claimed], now: datetime) -> Sight:
        sources = await mailings.found(tx, {row.mailing_id for row in rows if row.mailing_id is not None})
        about = await calls.found(tx, {source.call_id for source in sources.values() if source.call_id is not None})
        expected = any(source.kind == Kind.USUAL for source in sources.values())
        corrected = any(source.kind in CORRECTIONS for source in sources.values())
        people = [row.chat_id for row in rows]
        return Sight(
            now=now,
            sources=sources,
            calls=about,
            announced=await calls.listed(tx, now) if expected else (),
            known=await calls.known(tx, about, people) if corrected else {},
            readers=await students.some(tx, people),
            deadlines=await deadlines.found(tx, [row.payload["deadline"] for row in rows if "deadline" in row.payload]),
        )

    @staticmethod
    def _revisions(rows: Iterable[Claimed], said: Mapping[int, Payload], sight: Sight) -> dict[int, int]:
        """Which revision of its call each copy tells."""
        found = {}
        for row in rows:
            source = sight.sources.get(row.mailing_id or 0)
            call = sight.calls.get(source.call_id or 0) if source else None
            if row.id in said and call:
                found[row.id] = call.revision
        return found

    def _write(self, row: Claimed, sight: Sight) -> Payload | Later | None:
        """What a copy says; when it leaves instead; or None: it should not leave at all."""
        reader = sight.readers.get(row.chat_id)
        if row.mailing_id is None:
            return self._reminder(row, reader, sight)
        source = sight.sources[row.mailing_id]
        if source.state is not MailingState.SENDING:
            return None
        if source.kind == Letter.DELETION:
            return {"message_id": row.message_id}
        late = sight.now - row.planned_at > patience(source)
        if source.kind not in IMMEDIATE and not _wants(reader, source):
            return None
        if reader and (late or source.kind not in IMMEDIATE):
            at = awake_at(sight.now, (reader.awake_from, reader.awake_until), self._voice.zone, limit(source))
            if at > sight.now:
                return Later(at)
        lang = lang_of(row.payload.get("lang"))
        message = self._message(source, row, sight, lang)
        if message is None:
            return None
        if late:
            message = letters.marked_late(self._voice, message, row.planned_at, lang)
        return message.carried()

    def _message(self, source: MailingRow, row: Claimed, sight: Sight, lang: Lang) -> Message | None:
        knows = sight.known.get((source.call_id or 0, row.chat_id))
        if source.kind in CORRECTIONS and not row.maybe_sent and knows != source.about["from"]:
            return None  # they have been told something else since this copy was written
        if source.kind == Kind.USUAL and not still_expected(self._voice, source, sight.announced, sight.now):
            return None
        return self.text(source, sight.calls.get(source.call_id or 0), sight.now, lang)

    def text(self, source: MailingRow, call: Call | None, now: datetime, lang: Lang) -> Message | None:
        """What a message to many says at ``now``; None: there is nothing true left to say."""
        if source.kind == Letter.BROADCAST:
            return letters.broadcast(self._voice, source.about["texts"], lang)
        if source.kind == Kind.USUAL:
            window = _window(source)
            return letters.usual(self._voice, Programme(str(source.programme)), window.opens_on, window.closes_on, lang)
        return None if call is None else letters.alert(self._voice, source.kind, call, source.about, now, lang)

    def _reminder(self, row: Claimed, reader: Student | None, sight: Sight) -> Payload | Later | None:
        """A reminder of a day of the reader's plan, if that day is still theirs and still ahead."""
        deadline, zone = sight.deadlines.get(row.payload["deadline"]), self._voice.zone
        if reader is None or deadline is None or deadline.state != Fate.OPEN:
            return None
        if deadline.due_on.isoformat() != row.payload["on"] or not hears_reminders(reader):
            return None
        again = deadline.due_on > day_in(zone, sight.now)  # else this is the last word on it, at night if need be
        hours = (reader.awake_from, reader.awake_until)
        at = awake_at(sight.now, hours, zone, None if again else row.expires_at)
        if at > sight.now:
            return Later(at)
        lang = lang_of(reader.language)
        kept = Kept(Programme(deadline.programme), What(deadline.what), deadline.due_on, deadline.id or 0)
        message = reminders.message(self._voice, kept, day_in(zone, sight.now), lang)
        if sight.now - row.planned_at > LATE:
            message = letters.marked_late(self._voice, message, row.planned_at, lang)
        return message.carried()


def patience(source: MailingRow) -> timedelta:
    """After how long a copy is late, rather than far back in the queue."""
    return LATE + timedelta(seconds=source.recipients / ALERTS_A_SECOND)


def limit(source: MailingRow) -> datetime | None:
    """The moment before which a copy has to come, at night if need be: what a correction says may end sooner.

    None: there is none, because the next alert says it too.
    """
    if source.kind in COVERED:
        return None
    by = source.about.get("by")
    return datetime.fromisoformat(by) if by else source.expires_at


def switch(kind: str) -> str:
    """The switch of a student's that silences a message to many; empty: none does."""
    if kind in set(Letter):
        return MUTED_BY.get(Letter(kind), "")
    return kind


def still_expected(voice: Voice, source: MailingRow, announced: Iterable[Call], now: datetime) -> bool:
    """Whether a usual window is still one, and no call has been announced for it."""
    window, programme = _window(source), Programme(str(source.programme))
    usual = voice.knowledge.calls.get(programme, ())
    if window not in windows(usual, window.closes_on, window.closes_on):
        return False
    return not any(
        call.programme is programme and call.lives(now) and in_window(call, window, voice.zone) for call in announced
    )


def hears_reminders(student: Student) -> bool:
    """Whether reminders of their own days may go to a student."""
    return student.reachable and not student.paused and Kind.DEADLINES not in student.muted


def _wants(reader: Student | None, source: MailingRow) -> bool:
    """Whether a student still follows what an alert is about, and wants its kind."""
    if reader is None or reader.paused or switch(source.kind) in reader.muted:
        return False
    return bool({ALL, str(source.programme)} & set(reader.subscribed))


def _window(source: MailingRow) -> Window:
    return Window(date.fromisoformat(source.about["first"]), date.fromisoformat(source.about["last"]))
