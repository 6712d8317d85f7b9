"""Answers proposed for the FAQ: a tutor proposes what they answered, an admin approves it, rejects or withdraws it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.clock import day_in
from bot.desk.library import Library
from bot.desk.publishing import ASKED_WITHIN, EVER, Publishing, same_question
from bot.desk.staff import Room, StaffTurn, number_of
from bot.desk.staffroom import Staffroom
from bot.faq.matcher import Decision
from bot.rules import buttons, candidates
from bot.rules import proposals as rules
from bot.rules.announcing import read_moment
from bot.rules.blackout import addresses, blacked_out
from bot.rules.buttons import Act, Tap
from bot.rules.calls import Call
from bot.rules.letters import Voice
from bot.rules.messages import Lang, Message, lang_of, plain
from bot.rules.plan import Fault
from bot.rules.proposals import LONGEST, Review, Suggestion
from bot.rules.roles import Role
from bot.rules.season import living
from bot.rules.tickets import Who
from bot.rules.tongues import Tongues
from bot.storage import calls, members, outbox, phrasings, proposals, staff, tickets
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.proposals import APPROVED, OPEN, REJECTED, WITHDRAWN
from bot.storage.rows import Draft, DraftState, Json
from bot.storage.staff import DRAFT_LASTS
from bot.storage.ticket_rows import Entry, Proposal, Ticket

ACT = "proposal"
MOST_CALLS = 5
"""Calls offered as those with which an answer expires."""
MOST_COMPARED = 100
"""Questions compared with the one proposed while everybody waits, which takes 0.1 s."""
MOST_LISTED = 30
"""Answers of the desk's that are listed, the newest."""

Step = Callable[[StaffTurn, int, Suggestion, str], Awaitable[None]]
"""(turn, number of the draft, what is written so far, what the button carried): one press of a draft's button."""
Verdict = Callable[[StaffTurn, int], Awaitable[bool]]
"""(turn, number): one press of a button under a proposal or an answer; False: there is none of this number."""


class Proposals(Room):
    """The room of what the desk adds to the FAQ."""

    commands: Mapping[str, Role] = {"faq": Role.ADMIN, "reload": Role.ADMIN}
    acts = frozenset({ACT})
    buttons: Mapping[Act, Role] = {Act.PROPOSAL: Role.ADMIN}

    def __init__(self, publishing: Publishing, staffroom: Staffroom) -> None:
        self._publishing, self._staffroom = publishing, staffroom

    @property
    def _library(self) -> Library:
        return self._publishing.library

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        """``/faq`` lists the desk's answers, ``/reload`` reads the knowledge again."""
        del argument
        if name == "faq":
            turn.send(await self._list(turn))
        else:
            turn.say("reload.reading")
            self._publishing.ask(f"update:{turn.arrival.update_id}:reloaded", turn.user_id, turn.lang)

    # Proposing

    async def propose(self, turn: StaffTurn, ticket_id: int) -> None:
        """Show a tutor their last answer to a ticket as it would stand in the FAQ."""
        ticket = await tickets.get(turn.tx, ticket_id)
        answer = _last_answer(await tickets.entries(turn.tx, ticket_id)) if ticket else None
        made = await proposals.of_ticket(turn.tx, ticket_id)
        if ticket is None or answer is None:
            turn.flash("proposal.no-answer")
        elif any(each.state == OPEN for each in made):
            turn.flash("proposal.waits-already")
        else:
            await self._begin(turn, ticket, answer)

    async def _begin(self, turn: StaffTurn, ticket: Ticket, answer: Entry) -> None:
        voice, names = turn.voice, await self._names(turn, ticket)
        kept = known_addresses(voice)
        question, said = (blacked_out(text, names, kept) for text in (ticket.question, plain(answer.text)))
        usual = lang_of(ticket.language)
        lang = await asyncio.to_thread(_language, voice, said.text, usual)
        call = next(iter(await self._living(turn, ticket.programme)), None) if ticket.programme else None
        until = call.dates.last_day(voice.zone) if call else None
        suggestion = rules.suggested(lang, question, said, ticket.programme, ticket.id, call, until)
        suggestion = await self._counted(turn, suggestion)
        number = await staff.draft(turn.tx, turn.user_id, ACT, suggestion.carried(), turn.now)
        removed = (*question.removed, *said.removed)
        turn.send(await self._preview(turn, number, suggestion, removed))

    async def _names(self, turn: StaffTurn, ticket: Ticket) -> list[str]:
        """First names that may stand in what was written: the student's where it is known, and the staff's."""
        return [*([ticket.name] if ticket.name else []), *(each.name for each in await members.everybody(turn.tx))]

    async def _living(self, turn: StaffTurn, *programmes: str | None) -> tuple[Call, ...]:
        """The announced calls that are open or still to open, of a programme or of all."""
        named = [each for each in programmes if each]
        return living(await calls.listed(turn.tx, turn.now), turn.now, *named)[:MOST_CALLS]

    async def _review(self, turn: StaffTurn, each: Suggestion, removed: Sequence[str] = ()) -> Review:
        """What whoever decides should know."""
        found = [self._library.match(text, usual=lang) for lang, text in each.question.items()]
        answered = next((match.answer for match in found if match.decision is Decision.ANSWER), None)
        named = [call for call in await calls.listed(turn.tx, EVER) if call.name == each.call] if each.call else []
        return Review(answered, next(iter(named), None), tuple(removed))

    async def _counted(self, turn: StaffTurn, each: Suggestion) -> Suggestion:
        """The suggestion with how many people asked much the same, at least.

        A transaction must not take long, so only some are looked at: where the FAQ thought of the same answers.
        """
        if each.alike is not None:
            return each
        phrases = list(each.question.values())
        labels = {one.id for phrase in phrases for one in self._library.match(phrase).candidates}
        since = turn.now - ASKED_WITHIN
        asked = await proposals.unanswered(turn.tx, since, MOST_COMPARED, sorted(labels))
        same = await asyncio.to_thread(same_question, self._library, phrases, asked)
        ticket = await tickets.get(turn.tx, each.ticket) if each.ticket else None
        people = {one.user_id for one in same} - {ticket.student_id if ticket else None}
        return replace(each, alike=len(people))

    async def _preview(self, turn: StaffTurn, number: int, each: Suggestion, removed: Sequence[str] = ()) -> Message:
        review, admin = await self._review(turn, each, removed), turn.role is Role.ADMIN
        return rules.preview(turn.voice, number, each, review, turn.lang, admin=admin)

    # The draft

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        """They wrote the text that was asked for."""
        each, number = Suggestion.read(draft.content), int(draft.id or 0)
        what = each.asks.partition(":")[0]
        if what == "until":
            await self._wrote_day(turn, number, each, text)
            return
        cleaned = blacked_out(text, (), known_addresses(turn.voice))
        if len(cleaned.text) > LONGEST[what] or not cleaned.text:
            turn.say("proposal.too-long", most=LONGEST[what], length=len(cleaned.text))
            return
        after = each.wrote(cleaned.text)
        if after.asks:
            await self._ask(turn, number, after)
        else:
            await self._go_on(turn, number, after, cleaned.removed)

    async def _wrote_day(self, turn: StaffTurn, number: int, each: Suggestion, text: str) -> None:
        read = read_moment(text, turn.voice.zone)
        if isinstance(read, Fault) or day_in(turn.voice.zone, read[0]) < day_in(turn.voice.zone, turn.now):
            turn.say("proposal.no-day", value=text[:40])
            return
        await self._go_on(turn, number, each.changed(until=day_in(turn.voice.zone, read[0]), call=None))

    async def _go_on(self, turn: StaffTurn, number: int, each: Suggestion, removed: Sequence[str] = ()) -> None:
        each = await self._counted(turn, each)
        await staff.redraft(turn.tx, turn.user_id, number, each.carried(), None)
        turn.show(await self._preview(turn, number, each, removed))

    async def _ask(self, turn: StaffTurn, number: int, each: Suggestion) -> None:
        await staff.redraft(turn.tx, turn.user_id, number, each.carried(), each.asks)
        turn.send(rules.asks(turn.voice, each, turn.lang))

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        """They pressed a button of what is not proposed yet."""
        each, number = Suggestion.read(draft.content), int(draft.id or 0)
        steps: dict[str, Step] = {
            "write": self._write, "until": self._choose_expiry, "with": self._with_call, "through": self._through,
            "ever": self._ever, "back": self._back, "propose": self._propose, "approve": self._approve_draft,
        }  # fmt: skip
        if draft.state is not DraftState.OPEN:
            turn.flash("staff.settled")
        elif verb == "cancel":
            await self._cancel(turn, number)
        elif args[:1] != (str(each.step),) or verb not in steps:
            turn.flash("proposal.moved-on")
        elif turn.now - draft.created_at >= DRAFT_LASTS:
            turn.flash("proposal.too-old")
        else:
            await steps[verb](turn, number, each, "".join(args[1:2]))

    async def _cancel(self, turn: StaffTurn, number: int) -> None:
        if await staff.settle(turn.tx, number, DraftState.CANCELLED):
            turn.show(Message(turn.voice.say(turn.lang, "proposal.cancelled")))

    async def _write(self, turn: StaffTurn, number: int, each: Suggestion, what: str) -> None:
        if what == "until":
            asks = what
        elif what == "other":
            asks = f"answer:{each.other}"
        elif what in LONGEST:
            asks = f"{what}:{each.lang}"
        else:
            return
        await self._ask(turn, number, replace(each, asks=asks))

    async def _choose_expiry(self, turn: StaffTurn, number: int, each: Suggestion, _: str) -> None:
        offered = await self._living(turn, each.programme)
        today = day_in(turn.voice.zone, turn.now)
        turn.show(rules.expiry(turn.voice, number, each, offered, today, turn.lang))

    async def _with_call(self, turn: StaffTurn, number: int, each: Suggestion, which: str) -> None:
        call = await calls.get(turn.tx, buttons.number(which))
        if call is None or not call.lives(turn.now):
            turn.flash("staff.meanwhile-over")
            return
        await self._go_on(turn, number, each.changed(call=call.name, until=call.dates.last_day(turn.voice.zone)))

    async def _through(self, turn: StaffTurn, number: int, each: Suggestion, day: str) -> None:
        await self._wrote_day(turn, number, each, day)

    async def _ever(self, turn: StaffTurn, number: int, each: Suggestion, _: str) -> None:
        await self._go_on(turn, number, each.changed(until=None, call=None))

    async def _back(self, turn: StaffTurn, number: int, each: Suggestion, _: str) -> None:
        await self._go_on(turn, number, each)

    async def _propose(self, turn: StaffTurn, number: int, each: Suggestion, _: str) -> None:
        if each.of or not await self._settled(turn, number, each):
            return
        admins = [admin for admin in await self._staffroom.everybody(turn.tx) if admin != turn.user_id]
        content = each.carried() | {"by": _me(turn), "admins": admins}
        made = await proposals.add(turn.tx, content, each.ticket, turn.user_id, turn.now)
        await turn.audit("faq-propose", f"faq:{made}", ticket=each.ticket)
        review = await self._review(turn, each)
        for admin in admins:
            lang = await self._staffroom.language(turn.tx, admin)
            message = rules.offer(turn.voice, made, each, review, _me(turn), lang)
            turn.post(Outgoing(_card(made, admin), admin, "send", message.carried(), ANSWER, turn.now))
        turn.show(Message(turn.voice.say(turn.lang, "proposal.proposed" if admins else "proposal.proposed-alone")))

    async def _settled(self, turn: StaffTurn, number: int, each: Suggestion) -> bool:
        """Settle a draft that can go into the FAQ as it is."""
        if each.fault:
            turn.flash(each.fault)
            return False
        if not await staff.settle(turn.tx, number, DraftState.DONE):
            turn.flash("staff.settled")
            return False
        return True

    # Deciding

    async def _approve_draft(self, turn: StaffTurn, number: int, each: Suggestion, _: str) -> None:
        """An admin approves their own answer, or a proposal that they have edited."""
        if turn.role is not Role.ADMIN or not self._can_write(turn):
            return
        if each.fault:
            turn.flash(each.fault)
            return
        if each.of:
            proposal = await proposals.get(turn.tx, each.of, hold=True)
            if proposal is None or not await self._approve(turn, proposal, each):
                await self._late(turn, proposal)
        elif await self._settled(turn, number, each):
            content = each.carried() | {"by": _me(turn), "admins": []}
            made = await proposals.add(turn.tx, content, each.ticket, turn.user_id, turn.now)
            proposal = await proposals.get(turn.tx, made)
            if proposal:
                await self._approve(turn, proposal, each)
        await staff.settle(turn.tx, number, DraftState.DONE)

    def _can_write(self, turn: StaffTurn) -> bool:
        why = self._library.unwritable()
        if why:
            turn.say("proposal.read-only", why=why)
        return not why

    async def _approve(self, turn: StaffTurn, proposal: Proposal, each: Suggestion) -> bool:
        """Approve a proposal, as it is or edited; False: somebody else has decided."""
        made = int(proposal.id or 0)
        content = (
            proposal.content | replace(each, of=None, asks="").carried() | {"number": await self._free(turn, made)}
        )
        if not await proposals.decide(turn.tx, made, APPROVED, turn.user_id, turn.now, content=content):
            return False
        await turn.audit("faq-approve", f"faq:{made}", number=content["number"])
        await self._tell_all(turn, proposal, APPROVED, each)
        turn.show(Message(turn.voice.say(turn.lang, "proposal.approved")))
        self._publishing.wake()
        return True

    async def _free(self, turn: StaffTurn, made: int) -> int:
        """The number of an answer: that of its proposal, unless the file or another answer has it already."""
        taken = {
            int(each.content["number"]) for each in await proposals.decided(turn.tx)
        } | self._library.answered.keys()
        return made if made not in taken else max(taken) + 1

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        """They pressed a button under a proposal, or under an answer that is in the FAQ."""
        verdicts: dict[str, Verdict] = {
            "approve": self._approved, "edit": self._edit, "reject": self._rejected, "show": self._show_again,
            "withdraw": self._ask_withdrawal, "gone": self._withdraw, "keep": self._keep, "export": self._export,
        }  # fmt: skip
        verdict = verdicts.get(tap.args[1] if len(tap.args) > 1 else "")
        return verdict is not None and await verdict(turn, number_of(tap))

    async def _approved(self, turn: StaffTurn, made: int) -> bool:
        proposal = await proposals.get(turn.tx, made, hold=True)
        if proposal is None:
            return False
        if self._can_write(turn) and not await self._approve(turn, proposal, Suggestion.read(proposal.content)):
            await self._late(turn, proposal)
        return True

    async def _rejected(self, turn: StaffTurn, made: int) -> bool:
        proposal = await proposals.get(turn.tx, made, hold=True)
        if proposal is None:
            return False
        each = Suggestion.read(proposal.content)
        if await proposals.decide(turn.tx, made, REJECTED, turn.user_id, turn.now):
            await turn.audit("faq-reject", f"faq:{made}")
            await self._tell_all(turn, proposal, REJECTED, each)
            turn.show(rules.decided(turn.voice, rules.DECIDED[REJECTED], each, _me(turn), turn.lang))
        else:
            await self._late(turn, proposal)
        return True

    async def _edit(self, turn: StaffTurn, made: int) -> bool:
        proposal = await proposals.get(turn.tx, made)
        if proposal is None:
            return False
        if proposal.state != OPEN:
            await self._late(turn, proposal)
            return True
        each = replace(Suggestion.read(proposal.content), of=made, step=0, asks="")
        number = await staff.draft(turn.tx, turn.user_id, ACT, each.carried(), turn.now)
        turn.send(await self._preview(turn, number, each))
        return True

    async def _show_again(self, turn: StaffTurn, made: int) -> bool:
        proposal = await proposals.get(turn.tx, made)
        if proposal is None:
            return False
        if proposal.state != OPEN:
            await self._late(turn, proposal)
            return True
        each = Suggestion.read(proposal.content)
        review = await self._review(turn, each)
        turn.send(rules.offer(turn.voice, made, each, review, str(proposal.content.get("by", "")), turn.lang))
        return True

    async def _late(self, turn: StaffTurn, proposal: Proposal | None) -> None:
        """Somebody else has decided already."""
        decider = await members.get(turn.tx, proposal.decided_by) if proposal and proposal.decided_by else None
        turn.flash("proposal.decided-already", by=decider.name if decider else "–")

    async def _tell_all(self, turn: StaffTurn, proposal: Proposal, state: str, each: Suggestion) -> None:
        """The other admins' messages say who decided, and whoever proposed it is told what became of it."""
        made, by = int(proposal.id or 0), _me(turn)
        pressed = await outbox.message_of(turn.tx, _card(made, turn.user_id))
        for admin in proposal.content.get("admins", []):
            if admin == turn.user_id and pressed is not None and pressed == turn.message_id:
                continue  # that one is shown what comes next
            message = rules.decided(
                turn.voice, rules.DECIDED[state], each, by, await self._staffroom.language(turn.tx, admin)
            )
            payload: Json = message.carried() | {"of": _card(made, admin)}
            turn.post(Outgoing(f"{_card(made, admin)}:decided", admin, "edit", payload, ANSWER, turn.now))
        if proposal.made_by is not None and proposal.made_by != turn.user_id:
            await self._tell_proposer(turn, proposal, [proposal.made_by], state, each)

    async def _tell_proposer(
        self, turn: StaffTurn, proposal: Proposal, to: list[int], state: str, each: Suggestion
    ) -> None:
        def written(lang: Lang) -> Message:
            return rules.decided(turn.voice, rules.YOURS[state], each, _me(turn), lang)

        await self._staffroom.tell(turn.tx, f"proposal:{proposal.id}:{state}", written, turn.now, to=to)

    # What is in the FAQ

    async def _list(self, turn: StaffTurn) -> Message:
        on_file = self._library.answered
        shown = [on_file[number] for number in sorted(on_file, reverse=True)[:MOST_LISTED]]
        given = await proposals.asked_for(turn.tx, [answer.label for answer in shown], turn.now - ASKED_WITHIN)
        by = {int(each.content["number"]): str(each.content.get("by", "")) for each in await proposals.decided(turn.tx)}
        announced = {call.name: call for call in await calls.listed(turn.tx, EVER)}
        holding = turn.voice.knowledge.on(day_in(turn.voice.zone, turn.now), announced.values(), turn.now).desk
        listed = [
            rules.Listed(
                answer, given.get(answer.label, 0), by.get(answer.id, ""), announced.get(answer.call or ""),
                answer.id in holding,
            )
            for answer in shown
        ]  # fmt: skip
        waiting = [int(each.id or 0) for each in await proposals.undecided(turn.tx)]
        message = rules.faq(turn.voice, listed, waiting[:MOST_LISTED], turn.lang)
        offered = [int(each.id or 0) for each in await phrasings.every(turn.tx, OPEN)]
        taken = len(await phrasings.every(turn.tx, APPROVED))
        more = candidates.in_faq(turn.voice, offered[:MOST_LISTED], taken, turn.lang)
        return replace(message, buttons=(*message.buttons, *more))

    async def _ask_withdrawal(self, turn: StaffTurn, number: int) -> bool:
        answer = self._library.answered.get(number)
        if answer is None:
            turn.flash("proposal.withdrawn-already")
            return True
        turn.send(rules.withdrawal(turn.voice, answer, turn.lang))
        return True

    async def _keep(self, turn: StaffTurn, number: int) -> bool:
        del number
        turn.show(Message(turn.voice.say(turn.lang, "proposal.kept")))
        return True

    async def _withdraw(self, turn: StaffTurn, number: int) -> bool:
        """Take an answer out of the FAQ, from this moment on, whoever put it there."""
        made = [each for each in await proposals.decided(turn.tx) if each.content["number"] == number]
        standing = [int(each.id or 0) for each in made if each.state == APPROVED]
        if not standing and (made or number not in self._library.answered):
            turn.flash("proposal.withdrawn-already")
            return True
        for each in standing:
            await proposals.decide(turn.tx, each, WITHDRAWN, turn.user_id, turn.now, before=APPROVED)
            await proposals.hush(turn.tx, each, turn.now)
        if not standing:  # somebody wrote it into the file by hand
            content: Json = {"number": number}
            await proposals.add(turn.tx, content, None, turn.user_id, turn.now, WITHDRAWN)
        await turn.audit("faq-withdraw", f"faq:{number}")
        self._library.drop(number)
        self._publishing.wake()
        turn.show(Message(turn.voice.say(turn.lang, "proposal.withdrawn", number=number)))
        return True

    async def _export(self, turn: StaffTurn, number: int) -> bool:
        del number
        content = await asyncio.to_thread(self._library.exported)
        caption = turn.voice.say(turn.lang, "faq.export")
        payload: dict[str, Any] = {"filename": "desk.yaml", "content": content, "caption": caption, "buttons": []}
        turn.said.append(("document", payload, None))
        return True


def _me(turn: StaffTurn) -> str:
    return turn.arrival.who.first_name or "–"


def _card(made: int, admin: int) -> str:
    """The key of the row that brings a proposal to an admin."""
    return f"proposal:{made}:chat:{admin}"


def _last_answer(entries: Sequence[Entry]) -> Entry | None:
    """The newest thing a tutor answered in words."""
    answers = [each for each in entries if each.who is Who.TUTOR and not each.asks and plain(each.text).strip()]
    return answers[-1] if answers else None


def _language(voice: Voice, text: str, usual: Lang) -> Lang:
    """The language of an answer; it takes some 30 ms."""
    return Tongues(voice.knowledge).of(text, usual)


def known_addresses(voice: Voice) -> frozenset[str]:
    """The e-mail addresses that the FAQ names itself."""
    return addresses([statement.en for _, answer in voice.knowledge.answers() for statement in answer.says])
