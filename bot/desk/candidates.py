"""What was not understood, fed back: staff go through it question by question and say what each means.

A question becomes a phrasing of the answer it asks for, or one of another subject, once an admin has read it as it will
stand on file; :mod:`bot.desk.publishing` puts it there. The list itself is made when its page leaves, so that no
transaction waits for it (see :class:`bot.desk.statistics.Finishing`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NamedTuple

from bot.desk.library import Library
from bot.desk.proposals import known_addresses
from bot.desk.publishing import Publishing
from bot.desk.staff import Room, StaffTurn, number_of
from bot.desk.staffroom import Staffroom
from bot.desk.statistics import MOMENT, MOST_GROUPED
from bot.rules import buttons
from bot.rules import candidates as rules
from bot.rules.blackout import Cleaned, blacked_out
from bot.rules.buttons import Act, Tap
from bot.rules.candidates import LONGEST_PHRASE, Asking, Lesson, Missed
from bot.rules.findings import YEAR, Span
from bot.rules.messages import Message, lang_of
from bot.rules.proposals import clipped
from bot.rules.roles import Role
from bot.storage import asked, members, outbox, phrasings, proposals, staff
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.phrasings import Kind, Question, phrasing_of, question
from bot.storage.proposals import APPROVED, OPEN, REJECTED, WITHDRAWN
from bot.storage.rows import Draft, DraftState, Json
from bot.storage.staff import DRAFT_LASTS
from bot.storage.ticket_rows import Asked, Proposal

ACT = "phrasing"
MOST_SETTLED = 200
"""Questions that were decided on, the newest, with which those of the list are compared."""
MOST_LISTED = 30
"""Phrasings in use that are listed, the newest."""
AUDITED = {APPROVED: "phrasing-approve", REJECTED: "phrasing-reject"}
"""How a decision on what a tutor proposed is written down."""

Step = Callable[[StaffTurn, int, Lesson], Awaitable[None]]
"""(turn, number of the draft, the lesson): one press of a draft's button."""


class Press(NamedTuple):
    """A press of another button: who may, and what it does; False: it is of another release, or nonsense."""

    needs: Role
    does: Callable[[StaffTurn, int, tuple[str, ...]], Awaitable[bool]]


class Candidates(Room):
    """The room of what was not understood."""

    acts = frozenset({ACT})
    buttons: Mapping[Act, Role] = {Act.CANDIDATE: Role.TUTOR}

    def __init__(self, publishing: Publishing, staffroom: Staffroom) -> None:
        self._publishing, self._staffroom = publishing, staffroom

    @property
    def _library(self) -> Library:
        return self._publishing.library

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        """They pressed a button of the list, of a proposal, or of what is in use."""
        presses = {
            "open": Press(Role.TUTOR, self._open), "at": Press(Role.TUTOR, self._turn_to),
            "is": Press(Role.TUTOR, self._means), "foreign": Press(Role.TUTOR, self._means),
            "leave": Press(Role.ADMIN, self._leave), "undo": Press(Role.ADMIN, self._undo),
            "approve": Press(Role.ADMIN, self._approved), "reject": Press(Role.ADMIN, self._rejected),
            "back": Press(Role.ADMIN, self._take_back), "show": Press(Role.ADMIN, self._show),
            "taken": Press(Role.ADMIN, self._list_taken),
        }  # fmt: skip
        press = presses.get(tap.args[1] if len(tap.args) > 1 else "")
        if press is None:
            return False
        if not turn.role.may(press.needs):
            turn.flash("staff.not-yours")
            return True
        return await press.does(turn, number_of(tap), tap.args[1:])

    # The list

    async def _open(self, turn: StaffTurn, place: int, args: tuple[str, ...]) -> bool:
        """From the statistics, which stay where they are."""
        turn.in_place = False
        return await self._turn_to(turn, place, args)

    async def _turn_to(self, turn: StaffTurn, place: int, args: tuple[str, ...]) -> bool:
        days = _days(args[1:])
        if days:
            await self._list(turn, place, days)
        return bool(days)

    async def _list(self, turn: StaffTurn, place: int, days: int, undo: int = 0) -> None:
        """Show a page of the list: what it needs to be made is put together here."""
        since = Span.of(days, turn.now + MOMENT, turn.voice.zone).bounds[0]
        found = await asked.not_understood(turn.tx, since, MOST_GROUPED + 1)
        settled = await phrasings.settled(turn.tx)
        names, kept = await self._names(turn), known_addresses(turn.voice)
        missed = [_missed(row, names, kept, settled=question(row) in settled) for row in found[:MOST_GROUPED]]
        texts = await self._settled(turn, settled, {question(row) for row in found})
        looked_at = MOST_GROUPED if len(found) > MOST_GROUPED else 0
        asking = Asking(place, days, turn.lang, turn.role is Role.ADMIN, undo, looked_at)
        rows = [each.carried() for each in missed if each.text]
        page: Json = {"text": "", "buttons": []}
        page |= {"missed": {"rows": rows, "settled": texts, "asking": asking.carried()}}
        if turn.message_id is None:
            turn.said.append(("send", page, None))
        else:
            turn.said.append(("edit", page | {"message_id": turn.message_id}, None))

    async def _settled(
        self, turn: StaffTurn, settled: Mapping[Question, str], besides: Collection[Question]
    ) -> list[str]:
        """In which words those questions were asked, and taken in, that need no decision any more."""
        newest = [each for each in settled if each not in besides][:MOST_SETTLED]
        rows = await asked.some(turn.tx, {number for number, _ in newest})
        taken = [text for text in settled.values() if text][:MOST_SETTLED]
        return [*(blacked_out(row.text).text for row in rows if question(row) in settled), *taken]

    async def _names(self, turn: StaffTurn) -> list[str]:
        """First names that may stand in what was written: those of the students are not kept, the staff's are."""
        return [each.name for each in await members.everybody(turn.tx)]

    async def _leave(self, turn: StaffTurn, number: int, args: tuple[str, ...]) -> bool:
        """Nothing comes of a question, nor of those like it."""
        days = _days(args[1:])
        row = await self._question(turn, number) if days else None
        if row is not None:
            content: Json = {"asked": list(question(row))}
            made = await phrasings.add(turn.tx, Kind.LEFT, content, turn.user_id, turn.now)
            await self._list(turn, _place(args[2:]), days, made)
        return bool(days)

    async def _undo(self, turn: StaffTurn, made: int, args: tuple[str, ...]) -> bool:
        days = _days(args[1:])
        if not days or await phrasings.get(turn.tx, made, Kind.LEFT) is None:
            return False
        await proposals.decide(turn.tx, made, WITHDRAWN, turn.user_id, turn.now, before=APPROVED)
        await self._list(turn, _place(args[2:]), days)
        return True

    async def _question(self, turn: StaffTurn, number: int, moment: str | None = None) -> Asked | None:
        """A question that is still to be decided on; None: they are told why not."""
        row = next(iter(await asked.some(turn.tx, {number})), None)
        if row is None or (moment or question(row)[1]) != question(row)[1]:
            turn.flash("candidate.gone")
            return None
        if question(row) in await phrasings.settled(turn.tx):
            turn.flash("candidate.settled")
            return None
        return row

    # What it means

    async def _means(self, turn: StaffTurn, number: int, args: tuple[str, ...]) -> bool:
        """They say what a question means: show what would go on file, but not what was taken out, for it may name."""
        label, rest = (args[1], args[2:]) if args[0] == "is" and len(args) > 1 else (None, args[1:])
        days = _days(rest)
        if not days or (args[0] == "is" and turn.voice.knowledge.answer(label or "") is None):
            return False
        row = await self._question(turn, number)
        if row is not None:
            text = clipped((await self._cleaned(turn, row.text)).text, LONGEST_PHRASE)
            lesson = Lesson(label, lang_of(row.language), text, question(row), days, _place(rest[1:]))
            draft = await staff.draft(turn.tx, turn.user_id, ACT, lesson.carried(), turn.now)
            self._preview(turn, draft, lesson)
        return True

    async def _cleaned(self, turn: StaffTurn, text: str) -> Cleaned:
        return blacked_out(text, await self._names(turn), known_addresses(turn.voice))

    def _preview(self, turn: StaffTurn, draft: int, lesson: Lesson, removed: Collection[str] = ()) -> None:
        admin = turn.role is Role.ADMIN
        turn.show(rules.preview(turn.voice, draft, lesson, turn.lang, admin=admin, removed=tuple(removed)))

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        """They wrote it in other words."""
        cleaned = await self._cleaned(turn, text)
        line = " ".join(cleaned.text.split())
        if not 0 < len(line) <= LONGEST_PHRASE:
            turn.say("proposal.too-long", most=LONGEST_PHRASE, length=len(line))
            return
        await self._change(turn, int(draft.id or 0), Lesson.read(draft.content).changed(text=line), cleaned.removed)

    async def _change(self, turn: StaffTurn, number: int, lesson: Lesson, removed: Collection[str] = ()) -> None:
        await staff.redraft(turn.tx, turn.user_id, number, lesson.carried(), None)
        self._preview(turn, number, lesson, removed)

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        """They pressed a button of what is not decided yet."""
        lesson, number = Lesson.read(draft.content), int(draft.id or 0)
        steps: dict[str, Step] = {
            "write": self._write, "other": self._other, "propose": self._propose, "approve": self._approve,
        }  # fmt: skip
        if draft.state is not DraftState.OPEN:
            turn.flash("staff.settled")
        elif verb in {"back", "cancel"}:
            await self._go_back(turn, number, lesson, listed=verb == "back")
        elif args[:1] != (str(lesson.step),) or verb not in steps:
            turn.flash("proposal.moved-on")
        elif turn.now - draft.created_at >= DRAFT_LASTS:
            turn.flash("candidate.too-old")
        else:
            await steps[verb](turn, number, lesson)

    async def _go_back(self, turn: StaffTurn, number: int, lesson: Lesson, *, listed: bool) -> None:
        await staff.settle(turn.tx, number, DraftState.CANCELLED)
        if listed:
            await self._list(turn, lesson.place, lesson.days)
        else:
            turn.say("candidate.cancelled")

    async def _write(self, turn: StaffTurn, number: int, lesson: Lesson) -> None:
        await staff.redraft(turn.tx, turn.user_id, number, lesson.carried(), "text")
        language = turn.voice.plain(turn.lang, "proposal.italian" if lesson.lang == "it" else "proposal.english")
        turn.say("proposal.ask-question", language=language, most=LONGEST_PHRASE)

    async def _other(self, turn: StaffTurn, number: int, lesson: Lesson) -> None:
        """It is of the other language."""
        await self._change(turn, number, lesson.changed(lang="en" if lesson.lang == "it" else "it"))

    async def _propose(self, turn: StaffTurn, number: int, lesson: Lesson) -> None:
        if not await self._settles(turn, number, lesson):
            return
        admins = [admin for admin in await self._staffroom.everybody(turn.tx) if admin != turn.user_id]
        made = await self._decision(turn, lesson, admins, OPEN)
        await turn.audit("phrasing-propose", f"phrasing:{made}", label=lesson.label)
        for admin in admins:
            lang = await self._staffroom.language(turn.tx, admin)
            message = rules.offer(turn.voice, made, lesson.phrasing, _me(turn), lang)
            turn.post(Outgoing(_card(made, admin), admin, "send", message.carried(), ANSWER, turn.now))
        self._done(turn, lesson, "proposal.proposed" if admins else "proposal.proposed-alone")

    async def _approve(self, turn: StaffTurn, number: int, lesson: Lesson) -> None:
        """An admin approves what they have read just now."""
        if turn.role is not Role.ADMIN or not self._can_write(turn) or not await self._settles(turn, number, lesson):
            return
        made = await self._decision(turn, lesson, [], APPROVED)
        await turn.audit("phrasing-approve", f"phrasing:{made}", label=lesson.label)
        self._done(turn, lesson, "candidate.approved")
        self._publishing.wake()

    async def _settles(self, turn: StaffTurn, number: int, lesson: Lesson) -> bool:
        """Settle a draft that can be decided on as it is; False: they are told why not."""
        if lesson.fault:
            turn.flash(lesson.fault)
            return False
        if (standing := self._library.standing(lesson.text)) is not None:
            turn.flash("candidate.stands", title=rules.title(turn.voice, standing, turn.lang))
            return False
        if await self._question(turn, *lesson.asked) is None:
            return False
        return await staff.settle(turn.tx, number, DraftState.DONE)

    async def _decision(self, turn: StaffTurn, lesson: Lesson, admins: list[int], state: str) -> int:
        phrasing = lesson.phrasing
        content: Json = {"label": phrasing.label, "lang": phrasing.lang, "text": phrasing.text}
        content |= {"asked": list(lesson.asked), "by": _me(turn), "admins": admins}
        return await phrasings.add(turn.tx, Kind.PHRASING, content, turn.user_id, turn.now, state)

    def _done(self, turn: StaffTurn, lesson: Lesson, key: str) -> None:
        onwards = rules.to(turn.voice, "candidate.button-next", lesson.place, lesson.days, turn.lang)
        turn.show(Message(turn.voice.say(turn.lang, key), ((onwards,),)))

    def _can_write(self, turn: StaffTurn) -> bool:
        why = self._library.unwritable()
        if why:
            turn.say("proposal.read-only", why=why)
        return not why

    # What a tutor has proposed

    async def _approved(self, turn: StaffTurn, made: int, _: tuple[str, ...]) -> bool:
        row = await phrasings.get(turn.tx, made, hold=True)
        if row is not None and self._can_write(turn) and await self._decides(turn, row, APPROVED, row.content):
            turn.say("candidate.approved")
            self._publishing.wake()
        return row is not None

    async def _rejected(self, turn: StaffTurn, made: int, _: tuple[str, ...]) -> bool:
        """What is rejected is not kept: the question is on the list again."""
        row = await phrasings.get(turn.tx, made, hold=True)
        if row is not None:
            await self._decides(turn, row, REJECTED, {**row.content, "text": ""})
        return row is not None

    async def _decides(self, turn: StaffTurn, row: Proposal, state: str, content: Json) -> bool:
        made, phrasing, by = int(row.id or 0), phrasing_of(row), _me(turn)
        if not await proposals.decide(turn.tx, made, state, turn.user_id, turn.now, content=content):
            decider = await members.get(turn.tx, row.decided_by) if row.decided_by else None
            turn.flash("proposal.decided-already", by=decider.name if decider else "–")
            return False
        await turn.audit(AUDITED[state], f"phrasing:{made}", label=phrasing.label)
        turn.show(rules.decided(turn.voice, rules.DECIDED[state], phrasing, by, turn.lang))
        for admin in row.content.get("admins", []):
            pressed = admin == turn.user_id and await outbox.message_of(turn.tx, _card(made, admin)) == turn.message_id
            lang = await self._staffroom.language(turn.tx, admin)
            message = rules.decided(turn.voice, rules.DECIDED[state], phrasing, by, lang)
            payload: Json = message.carried() | {"of": _card(made, admin)}
            if not pressed:
                turn.post(Outgoing(f"{_card(made, admin)}:decided", admin, "edit", payload, ANSWER, turn.now))
        if row.made_by is not None and row.made_by != turn.user_id:
            lang = await self._staffroom.language(turn.tx, row.made_by)
            told = rules.decided(turn.voice, rules.YOURS[state], phrasing, by, lang).carried()
            turn.post(Outgoing(f"phrasing:{made}:{state}", row.made_by, "send", told, ANSWER, turn.now))
        return True

    async def _show(self, turn: StaffTurn, made: int, _: tuple[str, ...]) -> bool:
        row = await phrasings.get(turn.tx, made)
        if row is not None and row.state == OPEN:
            turn.send(rules.offer(turn.voice, made, phrasing_of(row), str(row.content.get("by", "–")), turn.lang))
        elif row is not None:
            turn.flash("candidate.settled")
        return row is not None

    # What is in use

    async def _list_taken(self, turn: StaffTurn, _: int, __: tuple[str, ...]) -> bool:
        rows = (await phrasings.every(turn.tx, APPROVED))[-MOST_LISTED:]
        turn.send(rules.taken(turn.voice, {int(row.id or 0): phrasing_of(row) for row in reversed(rows)}, turn.lang))
        return True

    async def _take_back(self, turn: StaffTurn, made: int, _: tuple[str, ...]) -> bool:
        row = await phrasings.get(turn.tx, made, hold=True)
        if row is None:
            return False
        if not await proposals.decide(turn.tx, made, WITHDRAWN, turn.user_id, turn.now, before=APPROVED):
            turn.flash("candidate.back-already")
            return True
        await turn.audit("phrasing-back", f"phrasing:{made}", label=row.content.get("label"))
        self._publishing.wake()
        turn.send(Message(turn.voice.say(turn.lang, "candidate.taken-back", text=phrasing_of(row).text)))
        return True


def _missed(row: Asked, names: Collection[str], kept: Collection[str], *, settled: bool) -> Missed:
    """A question without what may say who asked it."""
    return Missed(
        int(row.id or 0),
        " ".join(blacked_out(row.text, names, kept).text.split()),
        lang_of(row.language),
        row.score,
        label=row.label if row.rejected else None,
        given=row.rejected and row.decision == "answer",
        settled=settled,
    )


def _days(args: tuple[str, ...]) -> int:
    """The span a button carries first; 0: none."""
    days = buttons.number(args[0]) if args else 0
    return days if days <= YEAR else 0


def _place(args: tuple[str, ...]) -> int:
    """The place in the list that a button carries first."""
    return buttons.number(args[0]) if args else 0


def _me(turn: StaffTurn) -> str:
    return turn.arrival.who.first_name or "–"


def _card(made: int, admin: int) -> str:
    """The key of the row that brings a proposal to an admin."""
    return f"phrasing:{made}:chat:{admin}"
