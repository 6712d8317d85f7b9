"""What students do to their tickets: open one, write on it, take it back, say whether the answer helped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.clock import day_in
from bot.desk.arrival import Arrival, Who
from bot.desk.cards import LONGEST_CAPTION, Cards, apart
from bot.desk.library import Library
from bot.desk.staffroom import Staffroom
from bot.rules import correspondence, duty, hours, names, ticketcard
from bot.rules.messages import Lang, Message, first_words, length
from bot.rules.programmes import Programme
from bot.rules.tickets import Act, Hand, Opening, State, after
from bot.rules.tickets import Who as Author
from bot.rules.turn import AddToTicket, Effect, Helped, Mine, OpenTicket, Part, Request, Send, Toast, WithdrawTicket
from bot.rules.turn import State as Dialogue
from bot.storage import asked, members, outbox, tickets
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import OutboxRow
from bot.storage.store import Transaction
from bot.storage.ticket_rows import Entry, Ticket

TRIED, WORTH_NAMING, LIKELY = 3, 0.05, 0.4
"""How many answers that the FAQ tried a card names; how likely one must be for that, and to tell which programme."""
BEFORE, BEFORE_SINCE = 3, timedelta(days=1)
"""How many of the questions asked before a card names, and how far back."""
EXPERIENCE = timedelta(days=60)
"""From how far back it is told how long answers take."""


class Tickets:
    """The students' side of tickets; everything happens in the transaction of what they did."""

    def __init__(self, library: Library, staffroom: Staffroom, cards: Cards) -> None:
        self._library, self._staffroom, self._cards = library, staffroom, cards

    async def does(
        self, tx: Transaction, effect: Effect, arrival: Arrival, state: Dialogue, now: datetime
    ) -> list[Effect] | None:
        """Do what an effect asks of tickets, and give back what is to be said; None: it is of no concern here."""
        lang = state.profile.language
        match effect:
            case OpenTicket(request):
                return await self._open(tx, request, arrival.who, state, now)
            case AddToTicket(number):
                return await self._add(tx, number, effect, arrival, lang, now)
            case WithdrawTicket(number):
                return await self._withdraw(tx, number, arrival.who, lang, now)
            case Helped(number, yes):
                return await self._helped(tx, number, arrival.who, lang, now, yes=yes)
        return None

    async def mine(self, tx: Transaction, user_id: int) -> tuple[Mine, ...]:
        """A student's own tickets, newest first."""
        return tuple(Mine(int(each.id or 0), each.state) for each in reversed(await tickets.of_student(tx, user_id)))

    async def about(self, tx: Transaction, arrival: Arrival) -> int | None:
        """The ticket of theirs that what they sent replies to; None: it replies to something else."""
        chat_id, message_id = arrival.who.user_id, arrival.reply_to or 0
        spoken = await outbox.spoken_of(tx, chat_id, message_id)
        number = spoken[0] if spoken else None
        if number is None:
            written = await tickets.written_in(tx, chat_id, message_id)
            number = next((each.ticket_id for each in written if each.who is Author.STUDENT), None)
        ticket = await tickets.get(tx, number) if number is not None else None
        return number if ticket and ticket.student_id == chat_id else None

    async def _mine(self, tx: Transaction, number: int, user_id: int) -> Ticket | None:
        """A ticket of one's own, held; nobody learns that another's exists."""
        ticket = await tickets.get(tx, number, hold=True)
        return ticket if ticket and ticket.student_id == user_id else None

    def _say(self, lang: Lang, key: str, ticket: int | None = None, **params: object) -> list[Effect]:
        return [Send(Message(self._library.voice.say(lang, key, **params)), ticket)]

    # Opening one

    async def _open(self, tx: Transaction, request: Request, who: Who, state: Dialogue, now: datetime) -> list[Effect]:
        lang = state.profile.language
        ticket = self._new(request, who, state, now)
        before = await self._before(tx, who.user_id, ticket.question, now)
        ticket.context |= {"before": before, "alike": await self._cards.alike(tx, ticket)}
        ticket.look_at = self._cards.remind_at(now, 0)
        number = await tickets.begin(tx, ticket)
        for part in request.parts:
            await tickets.write(tx, self._entry(number, part, who, now))
        kept = await tickets.get(tx, number)
        if kept is None:
            raise LookupError(number)
        await self._cards.show(tx, kept, await self._cards.audience(tx, kept, now), "opened", now)
        return [Send(await self._receipt(tx, kept, lang, now), number)]

    def _entry(self, number: int, part: Part, who: Who, now: datetime) -> Entry:
        return Entry(
            ticket_id=number, who=Author.STUDENT, author_id=who.user_id, kind=part.kind, text=part.text,
            chat_id=who.user_id, message_id=part.message_id, album=part.album, at=now,
        )  # fmt: skip

    def _new(self, request: Request, who: Who, state: Dialogue, now: datetime) -> Ticket:
        lang, knowledge = state.profile.language, self._library.voice.knowledge
        question = next((part.text for part in request.parts if part.text), "")
        found = self._library.match(question, previous=state.previous, usual=lang).candidates[:TRIED]
        tried = [[each.id, round(each.score, 2)] for each in found if each.score >= WORTH_NAMING]
        likely = [each.id.partition(".")[0] for each in found[:1] if each.score >= LIKELY]
        about = [names.mentioned(knowledge, question), *likely, (state.previous or "").partition(".")[0]]
        return Ticket(
            student_id=who.user_id,
            language=lang,
            programme=next((each for each in about if each in set(Programme)), None),
            origin=request.origin,
            state=State.NEW,
            question=question,
            context={"plan": ticketcard.kept(state.profile), "tried": tried},
            name=who.first_name[:64] if request.named else None,
            created_at=now,
        )

    async def _before(self, tx: Transaction, user_id: int, question: str, now: datetime) -> list[str]:
        """What they asked the bot just before, oldest first."""
        found = await asked.latest(tx, user_id, BEFORE + 1, now - BEFORE_SINCE)
        return [first_words(each.text) for each in reversed(found) if each.text != question][-BEFORE:]

    async def _receipt(self, tx: Transaction, ticket: Ticket, lang: Lang, now: datetime) -> Message:
        voice = self._library.voice
        nobody = not await self._cards.on_duty(tx, ticket, now)
        today = day_in(voice.zone, now)
        back_on = duty.next_back(await members.duties(tx), ticket.programme, lang, today) if nobody else None
        worked, zone = voice.knowledge.hours, voice.zone
        opening = Opening(
            is_open=hours.is_open(worked, now, zone),
            opens_at=hours.next_opening(worked, now, zone),
            why=ticketcard.why_closed(voice, hours.why_closed(worked, now, zone), lang),
            waits=await tickets.waits(tx, now - EXPERIENCE),
            nobody=nobody,
        )
        return correspondence.receipt(voice, int(ticket.id or 0), opening, back_on, lang)

    # Writing on one

    async def _add(
        self, tx: Transaction, number: int, effect: AddToTicket, arrival: Arrival, lang: Lang, now: datetime
    ) -> list[Effect]:
        ticket = await self._mine(tx, number, arrival.who.user_id)
        if ticket is None:
            return self._say(lang, "mine.unknown", number=f"#{number}")
        before, taken = ticket.state, await self._cards.taken(tx, ticket)
        to = after(before, Act.WRITE, Hand.STUDENT, taken=taken)
        if to is None:
            return self._say(lang, "mine.unknown", number=f"#{number}")
        sent = Part(arrival.text, "text" if arrival.kind == "text" else arrival.name, arrival.message_id, arrival.album)
        written = [self._entry(number, part, arrival.who, now) for part in effect.parts or (sent,)]
        for entry in written:
            entry.id = await tickets.write(tx, entry)
        reopened = before in {State.ANSWERED, State.CLOSED}
        changes: dict[str, Any] = {"state": to, "closed_at": None}
        changes |= {"claimer": ticket.claimer if taken else None}
        led_by = ticket.merged_into
        if before not in tickets.OWED:  # it goes its own way from here, whoever else asked the same
            changes |= {"reminded": 0, "look_at": self._cards.remind_at(now, 0), "merged_into": None}
        ticket = await tickets.change(tx, ticket, **changes)
        nobodys = ticket.claimer is None and before is not State.NEW
        await self._pass_on(tx, ticket, written, now, reopened=reopened or nobodys)
        if reopened:
            await self._cards.part(tx, ticket, now)
        await self._cards.redraw(tx, ticket, now)
        if ticket.merged_into != led_by:
            await self._cards.redraw_other(tx, led_by, now)
        if not effect.first:
            return []
        said = correspondence.added(self._library.voice, number, lang, asked=effect.asked, reopened=reopened)
        return [Send(said, number)]

    async def _pass_on(
        self, tx: Transaction, ticket: Ticket, written: Sequence[Entry], now: datetime, *, reopened: bool
    ) -> None:
        """Bring what they wrote to whoever has their ticket, or to everybody who might take it."""
        number, key = int(ticket.id or 0), f"entry:{written[0].id}"
        if ticket.claimer is None:
            holders = set(await tickets.cards(tx, number))
            if reopened or not holders:
                audience = await self._cards.audience(tx, ticket, now)
                await self._cards.show(tx, ticket, audience, key, now)
                holders &= set(audience)
            for entry in filter(apart, written):
                for user_id in sorted(holders):
                    await self._cards.relay(tx, entry, user_id, now)
            return
        if reopened:
            await self._cards.tell(tx, ticket, [ticket.claimer], "ticket.reopened", now)
            await self._cards.show(tx, ticket, [ticket.claimer], key, now)
        for entry in written:
            if not reopened or apart(entry):  # a short text stands on the new card
                await self._cards.relay(tx, entry, ticket.claimer, now)

    async def edited(self, tx: Transaction, arrival: Arrival, lang: Lang, now: datetime) -> list[Effect] | None:
        """They changed something they had written on a ticket; None: it is on none."""
        written = await tickets.written_in(tx, arrival.who.user_id, arrival.message_id or 0)
        mine = [each for each in written if each.who is Author.STUDENT]
        if not mine:
            return None
        for entry in mine:
            await tickets.reword(tx, int(entry.id or 0), arrival.text, now)
            fresh = await tickets.entry(tx, int(entry.id or 0))
            ticket = await tickets.get(tx, entry.ticket_id, hold=True)
            if fresh is None or ticket is None:
                continue
            question = arrival.text if ticket.question == entry.text else ticket.question
            ticket = await tickets.change(tx, ticket, question=question)
            await self._reword(tx, fresh, arrival.update_id, now)
            await self._cards.redraw(tx, ticket, now)
        return self._say(lang, "mine.edited", mine[0].ticket_id, number=f"#{mine[0].ticket_id}")

    async def _reword(self, tx: Transaction, entry: Entry, update_id: int, now: datetime) -> None:
        """Change what has been handed on of an entry."""
        said = self._cards.relayed(entry)
        await carry_over(tx, entry, html.escape(entry.text, quote=False), said, said, update_id, now)

    # Ending one

    async def _withdraw(self, tx: Transaction, number: int, who: Who, lang: Lang, now: datetime) -> list[Effect]:
        ticket = await self._mine(tx, number, who.user_id)
        to = after(ticket.state, Act.WITHDRAW, Hand.STUDENT) if ticket else None
        if ticket is None or to is None:
            return [Toast(self._library.voice.plain(lang, "mine.closed-already"))]
        ticket = await self._cards.close(tx, ticket, now)
        if ticket.claimer is not None:
            await self._cards.tell(tx, ticket, [ticket.claimer], "ticket.withdrawn", now)
        return self._say(lang, "mine.withdrawn", number, number=f"#{number}")

    async def _helped(
        self, tx: Transaction, number: int, who: Who, lang: Lang, now: datetime, *, yes: bool
    ) -> list[Effect]:
        ticket = await self._mine(tx, number, who.user_id)
        act = Act.HELPED if yes else Act.NOT_HELPED
        to = after(ticket.state, act, Hand.STUDENT) if ticket else None
        if ticket is None or to is None:
            return [Toast(self._library.voice.plain(lang, "toast.old"))]
        if to is State.CLOSED:
            await self._cards.close(tx, ticket, now, helpful=yes)
        else:
            await self._cards.redraw(tx, await tickets.change(tx, ticket, helpful=yes), now)
        return self._say(lang, "mine.helped" if yes else "mine.write", number, number=f"#{number}")

    # Forgetting

    async def forget(self, tx: Transaction, user_id: int, now: datetime) -> None:
        """Somebody deletes everything: of their tickets stubs are left, what they had taken is everybody's again."""
        for ticket in await tickets.of_claimer(tx, user_id):
            held = await tickets.get(tx, int(ticket.id or 0), hold=True)
            if held and owed(held):
                await self._cards.release(tx, held, now, but=user_id)
        for each in await tickets.of_student(tx, user_id):
            held = await tickets.get(tx, int(each.id or 0), hold=True)
            if held is not None:
                await self._cards.forget(tx, held, now)


def owed(ticket: Ticket) -> bool:
    """Whether a ticket needs somebody else when whoever has it leaves.

    One that is answered does not until its student writes again, and then it is everybody's.
    """
    return ticket.state is not State.ANSWERED and after(ticket.state, Act.RELEASE, Hand.DESK) is not None


async def carry_over(
    tx: Transaction, entry: Entry, text: str, said: Message, below: Message, update_id: int, now: datetime
) -> None:
    """Change every message that carries an entry: before it leaves where that is still possible, else by an edit.

    ``text`` is what its author wrote (HTML), ``said`` what a message says now, in as many parts as it takes, and
    ``below`` what stands below a file.
    """
    if entry.album is not None:
        await _recaption(tx, entry, text, update_id, now)
        return
    chats: dict[int, list[OutboxRow]] = {}
    for row in await outbox.carrying(tx, int(entry.id or 0)):
        if row.method in {"send", "copy"}:
            chats.setdefault(row.chat_id, []).append(row)
    for rows in chats.values():
        sends = [row for row in rows if row.method == "send"]
        carried = below.carried()
        if entry.kind == "text":
            await _rewrite(tx, sends, [part.carried() for part in said.parts()], update_id, now)
        elif sends or length(below.text) > LONGEST_CAPTION:  # it was, or is, too long to stand below the file
            await _rewrite(tx, sends, [Message(below.text).carried()], update_id, now, beside=rows[0])
        else:
            await _rewrite(tx, rows, [{"caption": carried["text"], "buttons": carried["buttons"]}], update_id, now)


async def _rewrite(
    tx: Transaction,
    rows: Sequence[OutboxRow],
    words: Sequence[Mapping[str, Any]],
    update_id: int,
    now: datetime,
    *,
    beside: OutboxRow | None = None,
) -> None:
    """Let messages say something else; one too many goes, and words without a message get one ``beside`` the others."""
    for row, fresh in zip(rows, words, strict=False):
        if not await outbox.reword(tx, int(row.id or 0), **fresh):
            method = "edit" if row.method == "send" else "caption"
            await _amend(tx, row, method, {**fresh, "of": row.key}, f"edit:{update_id}", now)
    for row in rows[len(words) :]:
        await _amend(tx, row, "delete", {"of": row.key}, f"edit:{update_id}", now)
    for at, fresh in enumerate(words[len(rows) :]):
        await _amend(tx, beside or rows[0], "send", fresh, f"more:{update_id}:{at}", now)


async def _amend(
    tx: Transaction, row: OutboxRow, method: str, payload: Mapping[str, Any], occasion: str, now: datetime
) -> None:
    """Send something more about what a row carries."""
    about: dict[str, Any] = {"ticket_id": row.ticket_id, "entry_id": row.entry_id}
    item = Outgoing(f"{row.key}:{occasion}", row.chat_id, method, dict(payload), ANSWER, now, **about)
    await outbox.enqueue(tx, [item], now)


async def _recaption(tx: Transaction, entry: Entry, text: str, update_id: int, now: datetime) -> None:
    """Change what stands below one file of an album that has left; before, it is copied with what stands there then.

    The files left together, in the order of their messages, but for those that came late, each by itself.
    """
    files = sorted(await tickets.album(tx, entry.ticket_id, entry.album or ""), key=lambda each: each.message_id or 0)
    copies: dict[int, dict[int, OutboxRow]] = {}
    for each in files:
        for row in await outbox.carrying(tx, int(each.id or 0)):
            if row.method == "copies":
                copies.setdefault(row.chat_id, {})[int(each.id or 0)] = row
    first = min(int(each.id or 0) for each in files)
    for by_entry in copies.values():
        together = [int(each.id or 0) for each in files if each.id == first or each.id not in by_entry]
        alone = entry.id not in together
        row = by_entry[int(entry.id or 0) if alone else first]
        if row.message_id is not None and row.messages == (1 if alone else len(together)):
            place = 0 if alone else together.index(int(entry.id or 0))
            payload = {"caption": text, "buttons": [], "message_id": row.message_id + place}
            await _amend(tx, row, "caption", payload, f"edit:{update_id}:{place}", now)
