"""Puts into the FAQ what was decided: writes the file, reads the knowledge again, tells those who asked the same.

The tables say what was decided, and the file is brought in line with them again and again, so that a stop at any
moment, a fresh copy of the folder or a second process changes nothing in the end. Reading takes seconds, and none of it
happens in a transaction.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.clock import Clock, day_in
from bot.desk.library import Library, Reloaded
from bot.desk.staffroom import Staffroom
from bot.rules import candidates
from bot.rules import proposals as rules
from bot.rules.alerts import awake_at
from bot.rules.answers import DESK, DeskAnswer, Phrasing
from bot.rules.calls import Call, moment_in
from bot.rules.messages import Lang, Message, lang_of
from bot.rules.proposals import Suggestion
from bot.storage import calls, outbox, phrasings, proposals, students, tickets
from bot.storage.errors import StorageUnavailable
from bot.storage.outbox import ALERT, ANSWER, Outgoing
from bot.storage.phrasings import phrasing_of
from bot.storage.proposals import APPROVED, WITHDRAWN
from bot.storage.rows import Student
from bot.storage.store import Store, Transaction
from bot.storage.ticket_rows import Asked, Proposal

log = logging.getLogger(__name__)

EVER = datetime(2000, 1, 1, tzinfo=UTC)
ASKED_WITHIN = timedelta(days=90)
"""How long ago somebody may have asked the same to be told the answer."""
MOST_ASKED = 2000
"""Of what was asked meanwhile, the newest are looked at."""
REST, PAUSE = 60.0, 1.0
"""Seconds after which the tables are looked at again though nobody called, and between two looks."""
MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants the knowledge to be read again, and to know what came of it."""

    key: str
    chat_id: int
    lang: Lang


class Publishing:
    """Keeps the FAQ in use in line with what was decided; one instance per process, which owns its library."""

    def __init__(
        self, store: Store, library: Library, staffroom: Staffroom, clock: Clock, look: Callable[[], None]
    ) -> None:
        self._store, self.library, self._staffroom, self._clock, self._look = store, library, staffroom, clock, look
        self._wake = asyncio.Event()
        self._requests: list[Request] = []
        self._stamp: tuple[int, datetime | None] | None = None
        self._error = ""

    def wake(self) -> None:
        """Something may have been decided."""
        self._wake.set()

    def ask(self, key: str, chat_id: int, lang: Lang) -> None:
        """Read the knowledge again, and tell a chat what came of it under a key of the outbox."""
        self._requests.append(Request(key, chat_id, lang))
        self.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        rested = True
        while True:
            self._wake.clear()
            try:
                await self.step(whole=rested)
            except StorageUnavailable as error:
                log.error("the FAQ waits for the database: %s", error)  # noqa: TRY400 - the sentence says it all
            except Exception:
                log.exception("the FAQ could not be brought in line, next try in %.0f s", REST)
            rested = not await self._clock.wait(self._wake, REST)
            await self._clock.sleep(PAUSE)

    async def step(self, *, whole: bool = True) -> None:
        """Do what is to be done now; unless ``whole``, only where something was decided or asked for."""
        async with self._store.reading() as tx:
            stamp = await proposals.stamp(tx)
            if not whole and stamp == self._stamp and not self._requests:
                return
            decided, meant = await proposals.decided(tx), await phrasings.every(tx, APPROVED, WITHDRAWN)
            announced = await calls.listed(tx, EVER)
        self._stamp = stamp
        lacking = await self._publish(decided, meant)
        await self._reload(announced, lacking=lacking)
        for proposal in decided:
            if _untold(proposal):
                await self._finish(proposal, announced)
        for each in meant:
            if _untold(each):
                await self._finish_phrasing(each)

    async def _publish(self, decided: Sequence[Proposal], meant: Sequence[Proposal]) -> bool:
        """Bring the file in line; whether that which is in use is not.

        Where it cannot be written, whoever approved what does not stand there yet is told so once.
        """
        approved = [answer_of(each, self.library) for each in decided if each.state == APPROVED]
        standing = {answer.id for answer in approved}
        withdrawn = {int(each.content["number"]) for each in decided if each.state == WITHDRAWN} - standing
        learned, unlearned = self._learned(meant, standing | (self.library.answered.keys() - withdrawn))
        published = await self.library.publish(approved, withdrawn, learned, unlearned)
        if published.error and published.error != self._error:
            log.error("the desk's answers cannot be written: %s", published.error)
        self._error = published.error
        for each in (*decided, *meant) if published.error else ():
            if _untold(each):
                await self._tell_decider(each, published.error)
        known, in_use = self.library.answered.keys(), set(self.library.voice.knowledge.learned)
        lacking = standing - known or withdrawn & known or set(learned) - in_use or unlearned & in_use
        return published.changed or bool(lacking)

    def _learned(self, meant: Sequence[Proposal], answered: Collection[int]) -> tuple[list[Phrasing], set[Phrasing]]:
        """The phrasings that should stand on file, and those that should not.

        One of an answer that is gone waits in the table until there is such an answer again.
        """
        labels = {None, *(f"{DESK}.{number}" for number in answered)}
        labels |= {label for label, _ in self.library.voice.knowledge.answers()}
        learned = [
            phrasing_of(each) for each in meant if each.state == APPROVED and each.content.get("label") in labels
        ]
        return learned, {phrasing_of(each) for each in meant if each.state == WITHDRAWN} - set(learned)

    async def _reload(self, announced: Sequence[Call], *, lacking: bool) -> None:
        """Read the knowledge again if somebody asked for it, or if what is in use is not what it should be."""
        now = self._clock.now()
        requests, self._requests = self._requests, []
        if not requests and not lacking and not self.library.stale(now, announced):
            return
        found = await self.library.reload(now, announced)
        if found.faults:
            log.warning("the knowledge has faults, so what was read before stays: %s", found.faults[0])
        for request in requests:
            await self._say(request.key, request.chat_id, _reloaded(self.library, found, request.lang))

    async def _say(self, key: str, chat_id: int, message: Message) -> None:
        now = self._clock.now()
        items = [
            Outgoing(f"{key}:{number}", chat_id, "send", part.carried(), ANSWER, now)
            for number, part in enumerate(message.parts())
        ]
        async with self._store.transaction() as tx:
            await outbox.enqueue(tx, items, now)
        self._look()

    async def _tell_decider(self, proposal: Proposal, why: str) -> None:
        """What they approved is not in use yet; said once, however often it is found so."""
        if proposal.decided_by is None:
            return
        async with self._store.reading() as tx:
            lang = await self._staffroom.language(tx, proposal.decided_by)
        said = Message(self.library.voice.say(lang, "proposal.unwritten", why=why))
        await self._say(f"faq:{proposal.id}:unwritten", proposal.decided_by, said)

    async def _finish_phrasing(self, row: Proposal) -> None:
        """A phrasing is in use: tell whoever approved it, and what the FAQ makes of these words now."""
        number, phrasing = int(row.id or 0), phrasing_of(row)
        if phrasing not in self.library.voice.knowledge.learned:
            return
        now, match = self._clock.now(), self.library.match(phrasing.text, usual=phrasing.lang)

        def written(lang: Lang) -> Message:
            return candidates.live(self.library.voice, number, phrasing, match, lang)

        async with self._store.transaction() as tx:
            kept = await phrasings.get(tx, number, hold=True)
            if kept is None or not _untold(kept):
                return
            await proposals.keep(tx, number, {**kept.content, "told": 0})
            if kept.decided_by is not None:
                await self._staffroom.tell(tx, f"phrasing:{number}:live", written, now, to=[kept.decided_by])
        self._look()

    # Those who asked the same

    async def _finish(self, proposal: Proposal, announced: Sequence[Call]) -> None:
        """An approved answer is in use: tell those who asked the same, and whoever approved it."""
        number = int(proposal.id or 0)
        answer = self.library.voice.knowledge.desk.get(proposal.content["number"])
        if answer is None:
            return
        now = self._clock.now()
        async with self._store.reading() as tx:
            asked = await proposals.unanswered(tx, now - ASKED_WITHIN, MOST_ASKED)
        same = await asyncio.to_thread(_same, self.library, answer, asked)
        async with self._store.transaction() as tx:
            kept = await proposals.get(tx, number, hold=True)
            if kept is None or kept.state != APPROVED or "told" in kept.content:
                return
            told = await self._tell(tx, kept, answer, same, _ends(self.library, answer, announced), now)
            await proposals.keep(tx, number, {**kept.content, "told": told})
            if kept.decided_by is not None:
                await self._report(tx, kept, told, now)
        self._look()

    async def _tell(
        self,
        tx: Transaction,
        proposal: Proposal,
        answer: DeskAnswer,
        same: Iterable[Asked],
        ends: datetime | None,
        now: datetime,
    ) -> int:
        """Write to each who asked the same, in their waking hours; how many."""
        ticket = await tickets.get(tx, proposal.ticket_id) if proposal.ticket_id else None
        newest: dict[int, Asked] = {}
        for each in same:
            newest.setdefault(each.user_id, each)
        newest.pop(ticket.student_id if ticket and ticket.student_id else 0, None)
        people = await students.some(tx, newest)
        items: list[Outgoing] = []
        for user_id, asked in newest.items():
            person = people.get(user_id)
            if person and person.reachable:
                items += _told(self.library, int(proposal.id or 0), answer, asked, person, ends, now)
        await outbox.enqueue(tx, items, now)
        return len({item.chat_id for item in items})

    async def _report(self, tx: Transaction, proposal: Proposal, told: int, now: datetime) -> None:
        suggestion, number = Suggestion.read(proposal.content), int(proposal.content["number"])

        def written(lang: Lang) -> Message:
            return rules.live(self.library.voice, number, suggestion, told, lang)

        to = None if proposal.decided_by is None else [proposal.decided_by]
        await self._staffroom.tell(tx, f"faq:{proposal.id}:live", written, now, to=to)


def _untold(proposal: Proposal) -> bool:
    """Whether it is approved, and not known yet to be in use."""
    return proposal.state == APPROVED and "told" not in proposal.content


def answer_of(proposal: Proposal, library: Library) -> DeskAnswer:
    """An approved proposal as it goes on file."""
    on = day_in(library.voice.zone, proposal.decided_at or proposal.made_at)
    return Suggestion.read(proposal.content).answered(int(proposal.content["number"]), on)


def same_question(library: Library, phrases: Sequence[str], asked: Sequence[Asked]) -> list[Asked]:
    """What was asked that is much like one of some phrases, in the order given."""
    texts = [each.text for each in asked]
    places = {place for phrase in phrases for place, _ in library.matcher.likeness.nearest(phrase, texts)}
    return [each for place, each in enumerate(asked) if place in places]


def _same(library: Library, answer: DeskAnswer, asked: Sequence[Asked]) -> list[Asked]:
    """What was asked that is much like the question, or is answered with it by now; in the order given."""
    alike = {each.id for each in same_question(library, [*answer.phrases.en, *answer.phrases.it], asked)}
    return [each for each in asked if each.id in alike or library.match(each.text).answer == answer.label]


def _told(
    library: Library,
    number: int,
    answer: DeskAnswer,
    asked: Asked,
    person: Student,
    ends: datetime | None,
    now: datetime,
) -> Iterator[Outgoing]:
    """What somebody is told who asked the same; nothing where the answer is over before they are awake."""
    lang = lang_of(person.language)
    zone = library.voice.zone
    message = rules.told(library.voice, answer.label, asked.text, day_in(zone, asked.at), lang)
    due_at = awake_at(now, (person.awake_from, person.awake_until), zone, ends)
    for place, part in enumerate(message.parts()):
        key = f"faq:{number}:chat:{person.user_id}" + (f":{place}" if place else "")
        yield Outgoing(key, person.user_id, "send", part.carried(), ALERT, due_at, expires_at=ends)


def _ends(library: Library, answer: DeskAnswer, announced: Iterable[Call]) -> datetime | None:
    """When an answer ceases to hold; None: not by itself."""
    closing = {call.name: call.dates.closes_at for call in announced}
    if answer.call in closing:
        return closing[answer.call]
    return moment_in(library.voice.zone, answer.until + timedelta(days=1), MIDNIGHT) if answer.until else None


def _reloaded(library: Library, found: Reloaded, lang: Lang) -> Message:
    changes = {"added": found.added, "removed": found.removed, "altered": found.altered, "files": found.files}
    return rules.reloaded(library.voice, changes, [str(fault) for fault in found.faults], lang)
