"""Who of the staff sees a ticket: cards handed out and kept up to date, files handed on, answers seen to arrive."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from bot.clock import day_in
from bot.desk.library import Library
from bot.desk.staffroom import Staffroom
from bot.faq.likeness import ALIKE
from bot.rules import duty, hours, ticketcard
from bot.rules.messages import Lang, Message, Rows, lang_of, length
from bot.rules.roles import Role
from bot.rules.ticketcard import LONGEST_ENTRY, Said, View
from bot.rules.tickets import Delivery, State, Who, next_reminder
from bot.storage import members, outbox, students, tickets
from bot.storage.outbox import ANSWER, GONE, Claimed, Dead, Outgoing, Sent
from bot.storage.rows import OutboxRow, OutboxState
from bot.storage.store import Transaction
from bot.storage.ticket_rows import Entry, Ticket

ALBUM_PAUSE = timedelta(seconds=1)
"""How long an album waits for its rest: Telegram brings each of its files as a message of its own."""
LONGEST_CAPTION = 1024
"""Telegram's limit for what stands below a file, in UTF-16 units."""
ALIKE_SHOWN, ALIKE_LOOKED_AT = 2, 50
"""How many tickets that ask the same a card offers, and among how many open ones they are looked for."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A member of staff who reads a card."""

    user_id: int
    role: Role
    lang: Lang


class Cards:
    """Shows tickets to the staff; everything happens in the transaction of what caused it."""

    def __init__(self, library: Library, staffroom: Staffroom) -> None:
        self._library, self._staffroom = library, staffroom

    async def reader(self, tx: Transaction, user_id: int) -> Reader:
        """Somebody as a reader of cards, with the role they have now."""
        role = self._staffroom.role(user_id, await members.role(tx, user_id))
        return Reader(user_id, role, await self._staffroom.language(tx, user_id))

    async def on_duty(self, tx: Transaction, ticket: Ticket, now: datetime) -> list[int]:
        """Who takes a ticket; empty: nobody does today."""
        today = day_in(self._library.voice.zone, now)
        found = duty.on_duty_for(await members.duties(tx), ticket.programme, lang_of(ticket.language), today)
        return [each.user_id for each in found if each.user_id != ticket.student_id]

    async def audience(self, tx: Transaction, ticket: Ticket, now: datetime, *, but: int | None = None) -> list[int]:
        """Who is shown a ticket that nobody has: those on duty for it, else the admins; not ``but``, who had it."""
        on_duty = [each for each in await self.on_duty(tx, ticket, now) if each != but]
        return on_duty or [each for each in await self.admins(tx, ticket) if each != but]

    async def admins(self, tx: Transaction, ticket: Ticket) -> list[int]:
        """The admins, but for one whose own question it is."""
        return [each for each in await self._staffroom.everybody(tx) if each != ticket.student_id]

    async def stays(self, tx: Transaction, user_id: int) -> bool:
        """Whether somebody is staff, and stays so until this transaction ends."""
        return self._staffroom.role(user_id, await tickets.stays(tx, user_id)) is not Role.STUDENT

    async def taken(self, tx: Transaction, ticket: Ticket) -> bool:
        """Whether whoever took a ticket is still staff."""
        return ticket.claimer is not None and (await self.reader(tx, ticket.claimer)).role is not Role.STUDENT

    async def view(self, tx: Transaction, ticket: Ticket) -> View:
        """A ticket as its card shows it."""
        number, written = int(ticket.id or 0), await tickets.entries(tx, int(ticket.id or 0))
        names = {each.user_id: each.name for each in await members.everybody(tx)}
        alike = await self._still_alike(tx, ticket) if ticket.state in tickets.OWED else []
        return View(
            number=number,
            programme=ticket.programme,
            language=lang_of(ticket.language),
            origin=ticket.origin,
            state=ticket.state,
            claimer=ticket.claimer,
            claimed_by=names.get(ticket.claimer or 0, str(ticket.claimer or "")),
            name=ticket.name,
            created_at=ticket.created_at,
            context=ticket.context,
            said=list(_talk(written, names)),
            alike=alike,
            merged=[int(each.id or 0) for each in await tickets.merged(tx, number)],
            into=ticket.merged_into,
            forgotten=ticket.student_id is None,
        )

    async def alike(self, tx: Transaction, ticket: Ticket) -> list[int]:
        """Open tickets of other students that ask the same as a new one, the closest first."""
        others = [each for each in await tickets.open_ones(tx) if _may_be_the_same(each, ticket)][-ALIKE_LOOKED_AT:]
        found = self._library.matcher.likeness.nearest(ticket.question, [each.question for each in others], ALIKE)
        return [int(others[place].id or 0) for place, _ in found[:ALIKE_SHOWN]]

    async def _still_alike(self, tx: Transaction, ticket: Ticket) -> list[int]:
        """Those of them that still wait for an answer."""
        found = [await tickets.get(tx, int(number)) for number in ticket.context.get("alike", ())]
        return [int(each.id or 0) for each in found if each and _may_be_the_same(each, ticket)]

    async def show(self, tx: Transaction, ticket: Ticket, to: Iterable[int], key: str, now: datetime) -> None:
        """Hand a card to some members of staff, below it what it cannot show; ``key`` names the occasion."""
        number, view = int(ticket.id or 0), await self.view(tx, ticket)
        had = await tickets.cards(tx, number)
        for user_id in to:
            reader = await self.reader(tx, user_id)
            card_key = f"card:{number}:{user_id}:{key}"
            message = ticketcard.card(self._library.voice, view, user_id, reader.role, reader.lang)
            item = Outgoing(card_key, user_id, "send", message.carried(), ANSWER, now, ticket_id=number)
            await outbox.enqueue(tx, [item], now)
            await tickets.hand_card(tx, number, user_id, card_key)
            if user_id in had:  # the old one changes no more, so it says where the new one is
                moved = ticketcard.moved_down(self._library.voice, view, reader.lang).carried() | {"of": had[user_id]}
                item = Outgoing(f"{had[user_id]}:moved", user_id, "edit", moved, ANSWER, now, ticket_id=number)
                await outbox.enqueue(tx, [item], now)
            else:
                await self._hand_files(tx, ticket, user_id, now)

    async def _hand_files(self, tx: Transaction, ticket: Ticket, to: int, now: datetime) -> None:
        for entry in await tickets.entries(tx, int(ticket.id or 0)):
            if entry.who is Who.STUDENT and apart(entry):
                await self.relay(tx, entry, to, now)

    async def copy(self, tx: Transaction, entry: Entry, to: int, below: Message, now: datetime) -> None:
        """Copy a file to somebody; those of an album leave together, below a line of ours, with their own captions."""
        about: dict[str, Any] = {"ticket_id": entry.ticket_id, "entry_id": entry.id}
        head = below.text.partition("\n")[0]
        if entry.album is None:
            await self._copy_one(tx, entry, to, below, head, now)
            return
        first = next(iter(await tickets.album(tx, entry.ticket_id, entry.album)), entry)
        key = f"entry:{first.id}:album:chat:{to}"
        if await outbox.extend(tx, key, "messages", int(entry.message_id or 0), due_at=now + ALBUM_PAUSE):
            return
        if entry.id != first.id:  # the rest came after the first had left
            key = f"entry:{entry.id}:album:chat:{to}"
        payload = {"from_chat": entry.chat_id, "messages": [entry.message_id]}
        items = [Outgoing(key, to, "copies", payload, ANSWER, now + ALBUM_PAUSE, **about)]
        if entry.id == first.id:
            above = replace(below, text=head).carried()
            items.insert(0, Outgoing(f"entry:{entry.id}:chat:{to}", to, "send", above, ANSWER, now, **about))
        await outbox.enqueue(tx, items, now)

    async def _copy_one(self, tx: Transaction, entry: Entry, to: int, below: Message, head: str, now: datetime) -> None:
        """Copy one file; what is too long to stand below it comes before it, under the same line of ours."""
        key = f"entry:{entry.id}:chat:{to}"
        about: dict[str, Any] = {"ticket_id": entry.ticket_id, "entry_id": entry.id}
        items = []
        if length(below.text) > LONGEST_CAPTION:
            words = Message(below.text).carried()
            items.append(Outgoing(f"{key}:words", to, "send", words, ANSWER, now, **about))
            below = replace(below, text=head)
        carried = below.carried()
        payload = {"from_chat": entry.chat_id, "message": entry.message_id, "caption": carried["text"]}
        payload |= {"buttons": carried["buttons"]}
        await outbox.enqueue(tx, [*items, Outgoing(key, to, "copy", payload, ANSWER, now, **about)], now)

    async def relay(self, tx: Transaction, entry: Entry, to: int, now: datetime) -> None:
        """Hand what a student wrote to somebody of the staff."""
        if entry.kind != "text":
            await self.copy(tx, entry, to, self.relayed(entry), now)
            return
        await self.mail(tx, entry, to, self.relayed(entry), now)

    async def mail(self, tx: Transaction, entry: Entry, to: int, message: Message, now: datetime) -> None:
        """Send a text of a ticket to somebody, in as many parts as it takes."""
        key = f"entry:{entry.id}:chat:{to}"
        about: dict[str, Any] = {"ticket_id": entry.ticket_id, "entry_id": entry.id}
        items = [
            Outgoing(f"{key}:{at}" if at else key, to, "send", part.carried(), ANSWER, now, **about)
            for at, part in enumerate(message.parts())
        ]
        await outbox.enqueue(tx, items, now)

    def relayed(self, entry: Entry) -> Message:
        """What a student wrote, or what stands below their file, as the staff reads it."""
        text = html.escape(entry.text, quote=False)
        return Message("\n".join(part for part in (f"👤 <b>#{entry.ticket_id}</b>", text) if part))

    async def redraw(self, tx: Transaction, ticket: Ticket, now: datetime) -> None:
        """Bring every card of a ticket up to date."""
        number, view = int(ticket.id or 0), await self.view(tx, ticket)
        items = []
        for user_id, key in (await tickets.cards(tx, number)).items():
            reader = await self.reader(tx, user_id)
            if reader.role is Role.STUDENT:
                continue
            message = ticketcard.card(self._library.voice, view, user_id, reader.role, reader.lang)
            payload = message.carried() | {"of": key}
            items.append(Outgoing(f"{key}:v{ticket.version}", user_id, "edit", payload, ANSWER, now, ticket_id=number))
        await outbox.enqueue(tx, items, now)

    async def redraw_other(self, tx: Transaction, number: int | None, now: datetime) -> None:
        """Bring the cards of a ticket up to date that show something of another, which has changed."""
        other = await tickets.get(tx, number, hold=True) if number is not None else None
        if other is not None:
            await self.redraw(tx, await tickets.change(tx, other), now)

    async def part(self, tx: Transaction, ticket: Ticket, now: datetime) -> None:
        """A ticket goes its own way: those that were answered with it are each on their own again."""
        for each in await tickets.merged(tx, int(ticket.id or 0)):
            changed = await tickets.change(tx, each, merged_into=None)
            await self.redraw(tx, changed, now)
            if changed.state is State.CLAIMED and changed.claimer not in await tickets.cards(tx, int(each.id or 0)):
                await self.show(tx, changed, [changed.claimer or 0], f"apart{changed.version}", now)

    async def alone(self, tx: Transaction, ticket: Ticket, now: datetime) -> Ticket:
        """A ticket is dealt with by itself, whatever it was to be answered with; as it is then."""
        if ticket.merged_into is None:
            return ticket
        changed = await tickets.change(tx, ticket, merged_into=None)
        await self.redraw(tx, changed, now)
        await self.redraw_other(tx, ticket.merged_into, now)
        return changed

    async def take_back(self, tx: Transaction, user_id: int, now: datetime) -> None:
        """Somebody is no longer staff: their cards say nothing any more."""
        lang = await self._staffroom.language(tx, user_id)
        text = self._library.voice.say(lang, "ticket.card-gone")
        keys = await tickets.take_cards(tx, user_id)
        items = [
            Outgoing(f"{key}:gone", user_id, "edit", Message(text).carried() | {"of": key}, ANSWER, now) for key in keys
        ]
        await outbox.enqueue(tx, items, now)

    async def release(self, tx: Transaction, ticket: Ticket, now: datetime, *, but: int) -> Ticket:
        """A ticket is everybody's again: those who might take it get a card, ``but`` whoever had it.

        What is answered with it is nobody's either.
        """
        free = {"state": State.NEW, "claimer": None, "reminded": 0}
        changed = await tickets.change(tx, ticket, **free, merged_into=None, look_at=self.remind_at(now, 0))
        for each in await tickets.merged(tx, int(ticket.id or 0)):
            if each.state is State.CLAIMED:
                await self.redraw(tx, await tickets.change(tx, each, **free), now)
        await self.redraw(tx, changed, now)
        await self.redraw_other(tx, ticket.merged_into, now)
        audience = await self.audience(tx, changed, now, but=but)
        await self.show(tx, changed, audience, f"released{changed.version}", now)
        return changed

    async def tell(
        self, tx: Transaction, ticket: Ticket, to: Sequence[int], key: str, now: datetime, **params: object
    ) -> None:
        """Say a sentence about a ticket to members of staff, to those of them who still are."""
        to = [each for each in to if (await self.reader(tx, each)).role is not Role.STUDENT]

        def written(lang: Lang) -> Message:
            return Message(self._library.voice.say(lang, key, number=f"#{ticket.id}", **params))

        occasion = f"ticket:{ticket.id}:{key}:v{ticket.version}"
        await self._staffroom.tell(tx, occasion, written, now, to=to, ticket=ticket.id)

    async def tell_student(self, tx: Transaction, ticket: Ticket, key: str, now: datetime) -> None:
        """Say a sentence about a ticket to its student."""
        text = self._library.voice.say(await self.student_language(tx, ticket), key, number=f"#{ticket.id}")
        row = f"ticket:{ticket.id}:{key}:v{ticket.version}"
        to, carried = ticket.student_id or 0, Message(text).carried()
        await outbox.enqueue(tx, [Outgoing(row, to, "send", carried, ANSWER, now, ticket_id=ticket.id)], now)

    async def close(self, tx: Transaction, ticket: Ticket, now: datetime, **values: object) -> Ticket:
        """A ticket is closed: it is answered with no other any more, nor any other with it."""
        gone = {"state": State.CLOSED, "closed_at": ticket.closed_at or now, "look_at": None, "merged_into": None}
        changed = await tickets.change(tx, ticket, **gone, **values)
        await self.part(tx, ticket, now)
        await self.redraw(tx, changed, now)
        await self.redraw_other(tx, ticket.merged_into, now)
        return changed

    async def forget(self, tx: Transaction, ticket: Ticket, now: datetime, priority: int = ANSWER) -> None:
        """Leave nothing of a ticket but a stub, in the tables and in the staff's chats; tell whoever had it open.

        What changes in the chats goes with a ``priority`` of :mod:`bot.storage.outbox`.
        """
        await self.part(tx, ticket, now)
        await self.stub(tx, int(ticket.id or 0), now, priority)
        await tickets.erase(tx, int(ticket.id or 0), now)
        await self.redraw_other(tx, ticket.merged_into, now)
        if ticket.claimer is not None and ticket.state is not State.CLOSED:
            await self.tell(tx, ticket, [ticket.claimer], "ticket.forgotten-now", now)

    async def landed(self, tx: Transaction, row: Claimed, mark: Sent | Dead, now: datetime) -> None:
        """Something on a ticket has come to its end on the way: tell whoever wrote it; see to cards that are lost."""
        if row.entry_id is None:
            if isinstance(mark, Dead) and row.method == "send" and row.key.startswith("card:"):
                await self._lost(tx, row, now)
            return
        entry = await tickets.entry(tx, row.entry_id or 0)
        ticket = await tickets.get(tx, row.ticket_id or 0)
        if entry is None or ticket is None or row.method in {"edit", "caption", "delete"}:
            return
        if entry.who is not Who.TUTOR or row.chat_id != ticket.student_id:
            return
        if row.method == "send" and entry.kind != "text" and isinstance(mark, Sent):
            return  # what stands above a file, which is still to come
        parts = await self._parts(tx, entry)
        for each in parts:
            if row.method != "copies" or each.message_id in row.payload["messages"]:
                await tickets.delivered(tx, int(each.id or 0), _delivery(mark))
        after = await self._parts(tx, entry)
        if [each.delivery for each in after] == [each.delivery for each in parts]:
            return
        await self.redraw_other(tx, row.ticket_id, now)
        ended = max((each.delivery for each in after), key=WORST.index)
        await self.receipt(tx, after[0].model_copy(update={"delivery": ended}), now, edits=True)

    async def _parts(self, tx: Transaction, entry: Entry) -> list[Entry]:
        """What has one receipt: an album, or an entry by itself."""
        if entry.album is not None:
            return [each for each in await tickets.album(tx, entry.ticket_id, entry.album) if each.who is Who.TUTOR]
        found = await tickets.entry(tx, int(entry.id or 0))
        return [found] if found else []

    async def _lost(self, tx: Transaction, row: Claimed, now: datetime) -> None:
        """A card did not reach a tutor: if nobody else has one, the admins get it."""
        ticket = await tickets.get(tx, row.ticket_id or 0, hold=True)
        await tickets.drop_card(tx, row.ticket_id or 0, row.chat_id)
        if ticket is None or ticket.state is State.CLOSED or await tickets.cards(tx, row.ticket_id or 0):
            return
        admins = await self.admins(tx, ticket)
        if row.chat_id not in admins:
            await self.show(tx, ticket, admins, f"lost{ticket.version}", now)

    async def receipt(self, tx: Transaction, entry: Entry, now: datetime, *, edits: bool = False) -> None:
        """Tell a tutor how their answer fares; first that it is on its way, then in the same message how it ended."""
        author = entry.author_id
        if author is None:  # they have deleted their data
            return
        lang = await self._staffroom.language(tx, author)
        text = self._library.voice.say(lang, RECEIPTS[entry.delivery], number=f"#{entry.ticket_id}")
        message = Message(text, self._after(entry, lang) if entry.delivery is Delivery.SENT and not entry.asks else ())
        key = f"receipt:{entry.id}"
        payload = message.carried() | ({"of": key} if edits else {})
        item = Outgoing(
            f"{key}:{entry.delivery}" if edits else key,
            author,
            "edit" if edits else "send",
            payload,
            ANSWER,
            now,
            ticket_id=entry.ticket_id,
        )
        await outbox.enqueue(tx, [item], now)

    def _after(self, entry: Entry, lang: Lang) -> Rows:
        return ticketcard.propose_button(self._library.voice, entry.ticket_id, lang)

    async def stub(self, tx: Transaction, number: int, now: datetime, priority: int = ANSWER) -> None:
        """The student has deleted their data: nothing of theirs stays in anybody's chat.

        Texts become the card of a stub; files are deleted, which Telegram allows for 48 hours.
        """
        ticket = await tickets.get(tx, number)
        if ticket is None:
            return
        cards = set((await tickets.cards(tx, number)).values())
        view = await self.view(tx, ticket)
        items = []
        for row in await outbox.about_ticket(tx, number):
            if row.chat_id == ticket.student_id or row.method in {"edit", "caption", "delete"}:
                continue
            places = _places(row)
            if row.method == "send" and places:
                reader = await self.reader(tx, row.chat_id)
                said = ticketcard.stub(self._library.voice, view, reader.lang, card=row.key in cards)
                items.append(
                    Outgoing(f"{row.key}:forgotten", row.chat_id, "edit", said.carried() | places[0], priority, now)
                )
                continue
            items += [
                Outgoing(f"{row.key}:forgotten:{at}", row.chat_id, "delete", place, priority, now)
                for at, place in enumerate(places)
            ]
        await outbox.enqueue(tx, items, now)

    def remind_at(self, since: datetime, reminded: int) -> datetime | None:
        """When staff are reminded next of a ticket that waits for them; None where the desk never works."""
        voice = self._library.voice
        try:
            return hours.after(voice.knowledge.hours, since, next_reminder(reminded), voice.zone)
        except ValueError:
            return None

    async def student_language(self, tx: Transaction, ticket: Ticket) -> Lang:
        """What the student of a ticket reads."""
        student = await students.get(tx, ticket.student_id or 0)
        return lang_of(student.language if student else ticket.language)


RECEIPTS = {
    Delivery.WAITS: "ticket.receipt-waits",
    Delivery.SENT: "ticket.receipt-sent",
    Delivery.FAILED: "ticket.receipt-failed",
    Delivery.BLOCKED: "ticket.receipt-blocked",
}


WORST = (Delivery.NONE, Delivery.SENT, Delivery.WAITS, Delivery.FAILED, Delivery.BLOCKED)
"""What is said of an album is said of the file that fares worst."""


def _places(row: OutboxRow) -> list[dict[str, Any]]:
    """The messages that a row became, as what changes them names them; of one in flight the first is known by its key.

    Empty where it has not left, and will not.
    """
    if row.message_id is not None:
        return [{"message_id": row.message_id + at} for at in range(row.messages)]
    return [{"of": row.key}] if row.state is OutboxState.SENDING else []


def _may_be_the_same(other: Ticket, ticket: Ticket) -> bool:
    """Whether a ticket waits for an answer, is another student's, and is not answered with another already."""
    theirs = other.student_id is not None and other.student_id != ticket.student_id
    return other.state in tickets.OWED and other.id != ticket.id and other.merged_into is None and theirs


def apart(entry: Entry) -> bool:
    """Whether a card cannot show the whole of it: a file, or a text that is cut there."""
    return entry.kind != "text" or len(entry.text) > LONGEST_ENTRY


def _talk(written: Sequence[Entry], names: Mapping[int, str]) -> Iterator[Said]:
    """What was written on a ticket; an album is one thing."""
    for album, group in groupby(written, key=lambda entry: entry.album):
        said = [_said(entry, names.get(entry.author_id or 0, "")) for entry in group]
        if album is None:
            yield from said
        else:
            worst = max(said, key=lambda each: WORST.index(each.delivery))
            text = " ".join(each.text for each in said if each.text)
            yield replace(worst, kind="album", text=text, edited=any(each.edited for each in said))


def _said(entry: Entry, by: str) -> Said:
    text = html.escape(entry.text, quote=False) if entry.who is Who.STUDENT else entry.text
    return Said(entry.who, by, entry.kind, text, entry.delivery, entry.edited_at is not None, entry.asks)


def _delivery(mark: Sent | Dead) -> Delivery:
    if isinstance(mark, Sent):
        return Delivery.SENT
    return Delivery.BLOCKED if mark.error.startswith(GONE) else Delivery.FAILED
