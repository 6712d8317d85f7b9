"""What tutors do with tickets: claim, answer, ask back, note, hand over, close, merge; by command, button or reply."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.desk.arrival import Kind
from bot.desk.cards import Cards
from bot.desk.library import Library
from bot.desk.staff import Room, StaffTurn, number_of
from bot.desk.tickets import carry_over, owed
from bot.rules import buttons, correspondence, replies, ticketcard, ticketlist
from bot.rules.buttons import Act as Button
from bot.rules.buttons import Tap
from bot.rules.messages import Message, lang_of
from bot.rules.roles import Role
from bot.rules.tickets import QUIET, Act, Delivery, Hand, State, Who, after
from bot.storage import members, outbox, staff, tickets
from bot.storage.rows import Draft, DraftState
from bot.storage.ticket_rows import Entry, Ticket

ACT = "ticket"
"""The act of the drafts that wait for what a tutor writes on a ticket."""
NUMBER = re.compile(r"^#?(\d{1,12})(?=\s|$)\s*")
Propose = Callable[[StaffTurn, int], Awaitable[None]]
"""(turn, ticket): propose its answer for the FAQ."""
Deed = Callable[[StaffTurn, Ticket, tuple[str, ...]], Awaitable[None]]
WRITES = {"reply": "ticket.write-reply", "ask": "ticket.write-ask", "note": "ticket.write-note"}
"""What is said when a button asks for a text."""
ACTS = {"reply": Act.REPLY, "ask": Act.ASK, "note": Act.NOTE}


class Tutoring(Room):
    """The room of tickets, as staff know them."""

    commands: Mapping[str, Role] = dict.fromkeys(("tickets", "claim", "reply", "transfer", "close"), Role.TUTOR)
    acts = frozenset({ACT})
    buttons: Mapping[Button, Role] = {Button.TICKET: Role.TUTOR}

    def __init__(self, library: Library, cards: Cards, propose: Propose) -> None:
        self._library, self._cards, self._propose = library, cards, propose

    # By command

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        """``/tickets``, or what is done to the ticket with a number."""
        if not await self._stays(turn) or (turn.arrival.edited and await self._edited(turn)):
            return
        if name == "tickets":
            await self._list(turn)
            return
        found = NUMBER.match(argument)
        ticket = await tickets.get(turn.tx, int(found[1]), hold=True) if found else None
        if found is None:
            turn.say(USAGE[name])
        elif ticket is None:
            turn.say("ticket.unknown", number=f"#{found[1]}")
        elif name == "reply":
            if text := _after_number(turn):
                await self._write(turn, ticket, Act.REPLY, text)
            else:
                await self._await(turn, ticket, "reply")
        else:
            await self._deeds(turn, ticket, name, ())

    async def _stays(self, turn: StaffTurn) -> bool:
        """Whether they are staff still, and until this turn is over; they may have been removed since it began."""
        stays = await self._cards.stays(turn.tx, turn.user_id)
        if not stays:
            turn.flash("staff.not-yours")
        return stays

    async def _list(self, turn: StaffTurn) -> None:
        mine = await tickets.of_claimer(turn.tx, turn.user_id)
        shown = [each for each in await tickets.open_ones(turn.tx) if each.student_id != turn.user_id]
        free = [each for each in shown if each.state is State.NEW]
        others = [each for each in shown if each.claimer not in {None, turn.user_id} and turn.role is Role.ADMIN]
        names = {each.user_id: each.name for each in await members.everybody(turn.tx)}
        turn.send(ticketlist.page(turn.voice, mine, free, others, names, turn.now, turn.lang))

    # By button

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        """A button of a ticket: its number and a verb."""
        if not await self._stays(turn):
            return True
        ticket = await tickets.get(turn.tx, number_of(tap), hold=True)
        verb = tap.args[1] if len(tap.args) > 1 else ""
        if ticket is None:
            return False
        if ticket.student_id is None:
            turn.flash("ticket.forgotten")
            return True
        if verb in WRITES:
            await self._await(turn, ticket, verb)
            return True
        return await self._deeds(turn, ticket, verb, tap.args[2:])

    async def _deeds(self, turn: StaffTurn, ticket: Ticket, verb: str, args: tuple[str, ...]) -> bool:
        deeds: dict[str, Deed] = {
            "claim": self._claim,
            "transfer": self._transfer,
            "release": self._release,
            "to": self._hand_over,
            "close": self._close,
            "reopen": self._reopen,
            "merge": self._merge,
            "unmerge": self._unmerge,
            "faq": self._offer_faq,
            "send": self._send_faq,
            "card": self._show,
            "propose": self._propose_it,
        }
        if verb not in deeds:
            return False
        await deeds[verb](turn, ticket, args)
        return True

    def _hand(self, turn: StaffTurn, ticket: Ticket) -> Hand:
        return ticketcard.hand_of(ticket.claimer, turn.user_id, turn.role)

    async def _may(self, turn: StaffTurn, ticket: Ticket, act: Act) -> State | None:
        """Where the ticket stands after ``act``; None after saying why that cannot be."""
        to = after(ticket.state, act, self._hand(turn, ticket))
        if ticket.student_id is None:
            to = None
            turn.flash("ticket.forgotten")
        elif ticket.student_id == turn.user_id and act is not Act.NOTE:
            to = None
            turn.flash("ticket.your-own")
        elif to is None:
            await self._refuse(turn, ticket)
        return to

    async def _refuse(self, turn: StaffTurn, ticket: Ticket) -> None:
        """Say what stands in the way: it is closed, somebody else's, or nobody's yet."""
        number = f"#{ticket.id}"
        if ticket.state is State.CLOSED:
            turn.flash("ticket.is-closed", number=number)
            if turn.message_id is None:
                await self._show(turn, ticket, ())
        elif ticket.claimer is not None and ticket.claimer != turn.user_id:
            colleague = await members.get(turn.tx, ticket.claimer)
            turn.flash("ticket.is-taken", number=number, name=colleague.name if colleague else str(ticket.claimer))
        else:
            turn.flash("ticket.not-now", number=number)

    async def _change(self, turn: StaffTurn, ticket: Ticket, act: Act, **values: object) -> Ticket:
        """Change a ticket, on record, and bring its cards up to date."""
        changed = await tickets.change(turn.tx, ticket, **values)
        await turn.audit(f"ticket {act}", f"#{ticket.id}")
        await self._cards.redraw(turn.tx, changed, turn.now)
        return changed

    def _owed(self, turn: StaffTurn) -> dict[str, Any]:
        """What is kept of a ticket whose claimer owes an answer from now on."""
        return {"reminded": 0, "look_at": self._cards.remind_at(turn.now, 0)}

    async def _known(self, turn: StaffTurn) -> None:
        await members.known(turn.tx, turn.user_id, turn.role, turn.arrival.who.first_name, turn.now)

    async def _claim(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        to = await self._may(turn, ticket, Act.CLAIM)
        if to is None:
            return
        ticket = await self._cards.alone(turn.tx, ticket, turn.now)
        await self._known(turn)
        taken = {"state": to, "claimer": turn.user_id}
        changed = await self._change(turn, ticket, Act.CLAIM, **taken)
        await self._follow(turn, changed, **taken)
        await self._with_card(turn, changed)
        turn.flash("ticket.you-claimed", number=f"#{ticket.id}")

    async def _follow(self, turn: StaffTurn, ticket: Ticket, **values: object) -> None:
        """What is answered with a ticket is taken with it."""
        for each in await tickets.merged(turn.tx, int(ticket.id or 0)):
            if each.student_id == values["claimer"]:  # nobody answers their own question
                await self._cards.alone(turn.tx, each, turn.now)
            elif each.state in tickets.OWED:
                changed = await tickets.change(turn.tx, each, **values)
                await self._cards.redraw(turn.tx, changed, turn.now)
                await self._with_card(turn, changed)

    async def _with_card(self, turn: StaffTurn, ticket: Ticket) -> None:
        """Whoever has a ticket now sees all that was written on it, however it came to them."""
        holders, claimer = await tickets.cards(turn.tx, int(ticket.id or 0)), ticket.claimer
        if claimer is not None and claimer not in holders and await self._cards.taken(turn.tx, ticket):
            await self._cards.show(turn.tx, ticket, [claimer], f"u{turn.arrival.update_id}", turn.now)

    async def _show(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        if ticket.student_id == turn.user_id:  # what colleagues note on it is not for them
            turn.flash("ticket.your-own")
            return
        key = f"u{turn.arrival.update_id}"
        await self._cards.show(turn.tx, ticket, [turn.user_id], key, turn.now)

    async def _transfer(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        """By the command it is everybody's at once; then, or by the button, it can be given to a colleague."""
        if await self._may(turn, ticket, Act.HAND_OVER) is None:
            return
        if turn.arrival.kind is Kind.COMMAND and ticket.state is not State.NEW:
            ticket = await self._released(turn, ticket)
        colleagues = [each for each in await members.everybody(turn.tx) if each.user_id != turn.user_id]
        free = ticket.state is State.NEW
        turn.send(ticketlist.colleagues(turn.voice, int(ticket.id or 0), colleagues, turn.lang, free=free))

    async def _release(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        if await self._may(turn, ticket, Act.RELEASE) is not None:
            await self._released(turn, ticket)
            turn.show(Message(turn.voice.say(turn.lang, "ticket.released", number=f"#{ticket.id}")))

    async def _released(self, turn: StaffTurn, ticket: Ticket) -> Ticket:
        await turn.audit("ticket release", f"#{ticket.id}")
        return await self._cards.release(turn.tx, ticket, turn.now, but=ticket.claimer or turn.user_id)

    async def release_all(self, turn: StaffTurn, user_id: int) -> int:
        """Somebody is no longer staff: what they owe an answer is everybody's; how many tickets."""
        await tickets.stays(turn.tx, user_id, leaving=True)
        await self._cards.take_back(turn.tx, user_id, turn.now)
        theirs = [each for each in await tickets.of_claimer(turn.tx, user_id) if owed(each)]
        for each in theirs:
            held = await tickets.get(turn.tx, int(each.id or 0), hold=True)
            if held and held.claimer == user_id:  # else it went with the one it is answered with
                await self._released(turn, held)
        return len(theirs)

    async def _hand_over(self, turn: StaffTurn, ticket: Ticket, args: tuple[str, ...]) -> None:
        number = buttons.number(args[0]) if args else 0
        colleague = await members.get(turn.tx, number)
        to = await self._may(turn, ticket, Act.HAND_OVER)
        if to is None:
            return
        if colleague is None or number == ticket.student_id or not await self._cards.stays(turn.tx, number):
            turn.flash("ticket.no-colleague")
            return
        ticket = await self._cards.alone(turn.tx, ticket, turn.now)
        given = {"state": to, "claimer": number} | self._owed(turn)
        changed = await self._change(turn, ticket, Act.HAND_OVER, **given)
        await self._follow(turn, changed, **given)
        by = turn.arrival.who.first_name
        await self._cards.tell(turn.tx, changed, [number], "ticket.given-to-you", turn.now, name=by)
        await self._cards.show(turn.tx, changed, [number], f"given:{ticket.id}:v{changed.version}", turn.now)
        if ticket.claimer not in {None, turn.user_id, number}:
            former = [ticket.claimer or 0]
            await self._cards.tell(turn.tx, ticket, former, "ticket.given", turn.now, name=colleague.name)
        turn.show(Message(turn.voice.say(turn.lang, "ticket.given", number=f"#{ticket.id}", name=colleague.name)))

    async def _close(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        if await self._may(turn, ticket, Act.CLOSE) is None:
            return
        await self._cards.close(turn.tx, ticket, turn.now)
        await turn.audit(f"ticket {Act.CLOSE}", f"#{ticket.id}")
        await self._cards.tell_student(turn.tx, ticket, "mine.closed", turn.now)
        turn.flash("ticket.you-closed", number=f"#{ticket.id}")

    async def _reopen(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        to = await self._may(turn, ticket, Act.REOPEN)
        if to is None:
            return
        await self._known(turn)
        mine = {"state": to, "claimer": turn.user_id, "closed_at": None, "merged_into": None} | self._owed(turn)
        await self._with_card(turn, await self._change(turn, ticket, Act.REOPEN, **mine))
        await self._cards.part(turn.tx, ticket, turn.now)
        turn.flash("ticket.you-reopened", number=f"#{ticket.id}")

    async def _merge(self, turn: StaffTurn, ticket: Ticket, args: tuple[str, ...]) -> None:
        """Answer a ticket with another that asks the same."""
        number = buttons.number(args[0]) if args else 0
        other = await tickets.get(turn.tx, number, hold=True)
        if await self._may(turn, ticket, Act.MERGE) is None:
            return
        along = await tickets.merged(turn.tx, int(ticket.id or 0))
        gone = other is None or other.state not in tickets.OWED or other.student_id in {None, ticket.student_id}
        own = other is not None and other.claimer in {
            each.student_id for each in (ticket, *along)
        }  # their own question
        if other is None or gone or own or other.merged_into is not None:
            turn.flash("ticket.cannot-merge", number=f"#{number}")
            return
        follows = {"merged_into": number, "state": other.state, "claimer": other.claimer}
        for each in along:  # those that wait come along
            new = follows if each.state in tickets.OWED else {"merged_into": None}
            follower = await tickets.change(turn.tx, each, **new)
            await self._cards.redraw(turn.tx, follower, turn.now)
            await self._with_card(turn, follower)
        await self._with_card(turn, await self._change(turn, ticket, Act.MERGE, **follows))
        changed = await tickets.change(turn.tx, other)
        await self._cards.redraw(turn.tx, changed, turn.now)
        turn.flash("ticket.you-merged", number=f"#{ticket.id}", other=f"#{number}")

    async def _unmerge(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        if await self._may(turn, ticket, Act.MERGE) is not None:
            await turn.audit("ticket unmerge", f"#{ticket.id}")
            await self._cards.alone(turn.tx, ticket, turn.now)

    # Answering

    async def _await(self, turn: StaffTurn, ticket: Ticket, verb: str) -> None:
        """Wait for what they write, send or record."""
        if await self._may(turn, ticket, ACTS[verb]) is None:
            return
        content = {"ticket": int(ticket.id or 0), "verb": verb}
        await staff.draft(turn.tx, turn.user_id, ACT, content, turn.now, awaits="anything")
        turn.say(WRITES[verb], number=f"#{ticket.id}")

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        """What they were asked to write for a ticket."""
        del text  # it is carried on as it was formatted
        if not await self._stays(turn):
            return
        if turn.arrival.edited:  # of something else, written before; what they are asked for is still to come
            turn.say(WRITES[str(draft.content["verb"])], number=f"#{draft.content['ticket']}")
            return
        ticket = await tickets.get(turn.tx, int(draft.content.get("ticket", 0)), hold=True)
        if turn.arrival.kind is Kind.OTHER:
            turn.say("ticket.cannot-carry")
            return
        await staff.settle(turn.tx, int(draft.id or 0), DraftState.DONE)
        if ticket is None:
            turn.say("ticket.unknown", number="#?")
        else:
            await self._write(turn, ticket, ACTS[str(draft.content.get("verb"))], turn.formatted)

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        """They gave up writing."""
        del args
        if verb == "cancel" and await staff.settle(turn.tx, int(draft.id or 0), DraftState.CANCELLED):
            turn.say("staff.cancelled")
        else:
            turn.toast = turn.voice.plain(turn.lang, "toast.old")

    async def replied(self, turn: StaffTurn) -> bool:
        """They replied to a message on a ticket, or changed what they had written on one."""
        arrival = turn.arrival
        if arrival.edited:
            return await self._edited(turn)
        number, act = await self._about(turn)
        if number is None:
            return False
        stays = await self._cards.stays(turn.tx, turn.user_id)
        ticket = await tickets.get(turn.tx, number, hold=True)
        if ticket is None or (ticket.student_id == turn.user_id and ticket.claimer != turn.user_id):
            return False
        if not stays:
            turn.say("staff.not-yours")  # they were a tutor once
        elif arrival.kind is Kind.OTHER:
            turn.say("ticket.cannot-carry")
        else:
            await self._write(turn, ticket, act, turn.formatted)
        return True

    async def _about(self, turn: StaffTurn) -> tuple[int | None, Act]:
        """The ticket of what they reply to, and what they do to it: the rest of an album does what its first did."""
        arrival = turn.arrival
        first = await tickets.begun(turn.tx, turn.user_id, arrival.album) if arrival.album else None
        if first is not None:
            return first.ticket_id, Act.NOTE if first.who is Who.NOTE else Act.ASK if first.asks else Act.REPLY
        if (spoken := await outbox.spoken_of(turn.tx, turn.user_id, arrival.reply_to or 0)) is not None:
            return spoken[0], Act.REPLY
        written = await tickets.written_in(turn.tx, turn.user_id, arrival.reply_to or 0)
        return next((each.ticket_id for each in written if each.who is not Who.STUDENT), None), Act.REPLY

    async def _write(self, turn: StaffTurn, ticket: Ticket, act: Act, text: str, kind: str = "") -> None:
        """Put what they wrote on the ticket, and send it to whoever asks the same, each with a receipt of its own."""
        to = await self._may(turn, ticket, act)
        if to is None:
            return
        await self._known(turn)
        if act is Act.NOTE:
            await tickets.write(turn.tx, self._entry(turn, ticket, Who.NOTE, text))
            await self._change(turn, ticket, Act.NOTE)
            turn.say("ticket.noted", number=f"#{ticket.id}")
            return
        await self._wrote_otherwise(turn, ticket)
        ticket = await self._cards.alone(turn.tx, ticket, turn.now)
        same = await tickets.merged(turn.tx, int(ticket.id or 0)) if act is Act.REPLY else []
        for each in same:
            if each.student_id == turn.user_id:  # nobody answers their own question
                await self._cards.alone(turn.tx, each, turn.now)
        others = [each for each in same if each.state is not State.CLOSED and each.student_id != turn.user_id]
        for each in [ticket, *others]:
            await self._answer(turn, each, act, to, text, kind)

    async def _wrote_otherwise(self, turn: StaffTurn, ticket: Ticket) -> None:
        """They answered, so what a button asked them to write on the ticket is not waited for any more."""
        draft = await staff.awaiting(turn.tx, turn.user_id, turn.now)
        if draft is not None and draft.act == ACT and draft.content.get("ticket") == ticket.id:
            await staff.settle(turn.tx, int(draft.id or 0), DraftState.CANCELLED)

    def _entry(self, turn: StaffTurn, ticket: Ticket, who: Who, text: str, kind: str = "") -> Entry:
        arrival = turn.arrival
        file = arrival.name if arrival.kind is Kind.FILE else "text"
        return Entry(
            ticket_id=int(ticket.id or 0), who=who, author_id=turn.user_id, kind=kind or file, text=text,
            chat_id=turn.user_id, message_id=None if arrival.kind is Kind.TAP else arrival.message_id,
            album=arrival.album, at=turn.now,
        )  # fmt: skip

    async def _answer(self, turn: StaffTurn, ticket: Ticket, act: Act, to: State, text: str, kind: str) -> None:
        entry = self._entry(turn, ticket, Who.TUTOR, text, kind)
        entry.asks, entry.delivery = act is Act.ASK, Delivery.WAITS
        rest = bool(entry.album and await tickets.album(turn.tx, entry.ticket_id, entry.album))
        entry.id = await tickets.write(turn.tx, entry)
        values: dict[str, Any] = {"state": to, "claimer": turn.user_id, "look_at": turn.now + QUIET}
        if act is Act.REPLY:
            values |= {"answered_at": ticket.answered_at or turn.now, "helpful": None}
        await self._send(turn, ticket, entry)
        await self._with_card(turn, await self._change(turn, ticket, act, **values))
        if not rest:  # an album has one receipt
            await self._cards.receipt(turn.tx, entry, turn.now)

    async def _send(self, turn: StaffTurn, ticket: Ticket, entry: Entry) -> None:
        lang, voice, to = await self._cards.student_language(turn.tx, ticket), turn.voice, ticket.student_id or 0
        if entry.kind != "text":
            below = correspondence.caption(voice, entry.ticket_id, entry.text, lang, asks=entry.asks)
            await self._cards.copy(turn.tx, entry, to, below, turn.now)
            return
        message = correspondence.letter(voice, entry.ticket_id, entry.text, lang, asks=entry.asks)
        await self._cards.mail(turn.tx, entry, to, message, turn.now)

    async def _edited(self, turn: StaffTurn) -> bool:
        """They changed an answer: what the students read changes too."""
        written = await tickets.written_in(turn.tx, turn.user_id, turn.arrival.message_id or 0)
        mine = [each for each in written if each.who is not Who.STUDENT]
        if not mine:
            return False
        if turn.role is Role.STUDENT:
            turn.say("staff.not-yours")
            return True
        text = _after_number(turn) if turn.arrival.kind is Kind.COMMAND else turn.formatted
        if not text.strip() and mine[0].kind == "text":
            turn.say("ticket.usage-reply")
            return True
        for entry in mine:
            ticket = await tickets.get(turn.tx, entry.ticket_id, hold=True)
            if ticket is None or ticket.student_id is None:
                continue
            await tickets.reword(turn.tx, int(entry.id or 0), text, turn.now)
            if entry.who is Who.TUTOR:
                await self._reword(turn, ticket, entry, text)
            await self._cards.redraw(turn.tx, await tickets.change(turn.tx, ticket), turn.now)
        key = "ticket.noted" if mine[0].who is Who.NOTE else "ticket.reworded"
        turn.say(key, number=", ".join(f"#{each.ticket_id}" for each in mine))
        return True

    async def _reword(self, turn: StaffTurn, ticket: Ticket, entry: Entry, text: str) -> None:
        lang = await self._cards.student_language(turn.tx, ticket)
        said = correspondence.letter(turn.voice, entry.ticket_id, text, lang, asks=entry.asks, edited=True)
        below = correspondence.caption(turn.voice, entry.ticket_id, text, lang, asks=entry.asks)
        await carry_over(turn.tx, entry, text, said, below, turn.arrival.update_id, turn.now)

    # The FAQ

    async def _offer_faq(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        """The answers the FAQ has for the question: one press sends one."""
        if await self._may(turn, ticket, Act.REPLY) is None:
            return
        found = self._library.match(ticket.question, usual=lang_of(ticket.language)).candidates
        labels = [each.id for each in found if turn.voice.knowledge.answer(each.id)]
        turn.send(ticketlist.answers(turn.voice, int(ticket.id or 0), labels, turn.lang))

    async def _send_faq(self, turn: StaffTurn, ticket: Ticket, args: tuple[str, ...]) -> None:
        label = args[0] if args else ""
        if turn.voice.knowledge.answer(label) is None:
            turn.flash("toast.old")
            return
        lang = await self._cards.student_language(turn.tx, ticket)
        text = replies.answer(turn.voice.knowledge, label, lang).text
        written = await tickets.entries(turn.tx, int(ticket.id or 0))
        if any(each.who is Who.TUTOR and each.text == text for each in written):
            turn.flash("toast.old")  # a second press on the same button
            return
        await self._write(turn, ticket, Act.REPLY, text, "text")

    async def _propose_it(self, turn: StaffTurn, ticket: Ticket, _: tuple[str, ...]) -> None:
        await self._propose(turn, int(ticket.id or 0))


def _after_number(turn: StaffTurn) -> str:
    """What follows the number of a ticket in a command (HTML)."""
    if NUMBER.match(turn.formatted):
        return NUMBER.sub("", turn.formatted, count=1).strip()
    return html.escape(NUMBER.sub("", turn.arrival.text, count=1).strip(), quote=False)  # its number was formatted too


USAGE = {
    "claim": "ticket.usage-claim",
    "reply": "ticket.usage-reply",
    "transfer": "ticket.usage-transfer",
    "close": "ticket.usage-close",
}
