"""Broadcasts: written, previewed, confirmed; and what can be done about any message to many once it is on its way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.clock import day_in
from bot.desk.staff import Room, StaffTurn, number_of
from bot.rules import addressing, broadcasting, letters, reports
from bot.rules.alerts import ALL, Letter
from bot.rules.broadcasting import Sketch
from bot.rules.buttons import Act, Tap
from bot.rules.calls import academic_year
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Html, Message, lang_of, plain
from bot.rules.plan import Fault
from bot.rules.roles import Role
from bot.rules.tongues import Tongues
from bot.storage import audiences, mailings, staff
from bot.storage.mailings import Mailing, packed
from bot.storage.rows import Draft, DraftState, MailingRow, MailingState
from bot.storage.staff import DRAFT_LASTS

ACT = "broadcast"
UNDO = timedelta(seconds=30)
"""How long a confirmed broadcast waits, so that it can be undone."""
DELETABLE = timedelta(hours=47, minutes=50)
"""Telegram deletes what a bot sent for 48 hours; the rest of them is for the deleting itself."""
ENDED = {
    MailingState.PLANNED: "broadcast.too-late",
    MailingState.SENDING: "broadcast.too-late",
    MailingState.CANCELLED: "broadcast.undone-already",
    MailingState.STOPPED: "broadcast.stopped-already",
}
"""What is said of a message to many with which something cannot be done any more."""

Step = Callable[[StaffTurn, int, Sketch, str], Awaitable[None]]
"""(turn, number of the draft, what is written so far, what the button carried): one press of a draft's button."""
Remedy = Callable[[StaffTurn, MailingRow], Awaitable[None]]


class Broadcasts(Room):
    """The room in which broadcasts are made, and messages to many undone, stopped, repeated and deleted."""

    commands: Mapping[str, Role] = {"broadcast": Role.ADMIN}
    acts = frozenset({ACT})
    buttons: Mapping[Act, Role] = {Act.MAILING: Role.ADMIN}

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    # Writing one

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:  # noqa: ARG002 - it is its only command
        """``/broadcast``, with an audience and a text or without; see :func:`bot.rules.addressing.read`."""
        del argument  # the text is carried on as it was formatted
        read = addressing.read(turn.formatted, self._voice.knowledge, self._begins(turn))
        if isinstance(read, Fault):
            turn.say(read.key, **read.params)
            return
        audience, text = read
        own = addressing.languages_of(audience)
        if text:
            lang = Tongues(self._voice.knowledge).of(plain(text), turn.lang) if len(own) > 1 else own[0]
            sketch = Sketch(audience or ALL, asks=(lang,), guessed=True)
        else:
            sketch = Sketch(audience, asks=own if audience else ())
        number = await staff.draft(turn.tx, turn.user_id, ACT, sketch.carried(), turn.now)
        if text:
            await self._take(turn, number, sketch, text)
        else:
            await self._go_on(turn, number, sketch)

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        """They wrote the text that was asked for; what was cut off a text that was too long is passed over."""
        del text  # it is carried on as it was formatted
        sketch = Sketch.read(draft.content)
        if not sketch.rest_of_refused(turn.now):
            await self._take(turn, int(draft.id or 0), sketch, turn.formatted)

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        """They pressed a button of a broadcast that is not confirmed, or was meanwhile."""
        sketch, number = Sketch.read(draft.content), int(draft.id or 0)
        if draft.state is not DraftState.OPEN:
            done = draft.state is DraftState.DONE
            self._toast(turn, "broadcast.confirmed-already" if done else "broadcast.cancelled-already")
        elif verb == "cancel":
            await self._cancel(turn, number)
        elif args[:1] != (str(sketch.step),):
            self._toast(turn, "broadcast.moved-on")
        elif turn.now - draft.created_at >= DRAFT_LASTS and verb == "confirm":
            await self._renew(turn, number, sketch)
        elif turn.now - draft.created_at >= DRAFT_LASTS and verb in {"to", "add", "text", "swap"}:
            self._toast(turn, "broadcast.too-old")
        else:
            steps: dict[str, Step] = {
                "to": self._address, "keep": self._leave, "skip": self._leave_out, "add": self._add,
                "text": self._rewrite, "audience": self._choose, "test": self._test, "swap": self._swap,
                "confirm": self._confirm,
            }  # fmt: skip
            if verb in steps:
                await steps[verb](turn, number, sketch, "".join(args[1:2]))

    async def _take(self, turn: StaffTurn, number: int, sketch: Sketch, text: str) -> None:
        text = broadcasting.cleaned(text)
        fault = broadcasting.refused(text)
        if fault is None:
            await self._go_on(turn, number, sketch.wrote(text), written=True)
            return
        turn.say(fault.key, **fault.params)
        await self._keep(turn, number, sketch.too_long(turn.now) if fault.key == "broadcast.too-long" else sketch)

    async def _go_on(self, turn: StaffTurn, number: int, sketch: Sketch, *, written: bool = False) -> None:
        """Show what comes next: the choice of an audience, the question for a text, or the preview.

        ``written``: a text was changed, so that the messages themselves are shown with the preview.
        """
        await self._keep(turn, number, sketch)
        if not sketch.audience:
            await self._offer(turn, number, sketch)
        elif sketch.asks:
            turn.show(broadcasting.question(self._voice, number, sketch, turn.lang))
        else:
            if written:
                self._send_all(turn, sketch)
            await self._preview(turn, number, sketch)

    async def _keep(self, turn: StaffTurn, number: int, sketch: Sketch) -> None:
        await staff.redraft(turn.tx, turn.user_id, number, sketch.carried(), next(iter(sketch.asks), None))

    async def _offer(self, turn: StaffTurn, number: int, sketch: Sketch) -> None:
        reach = {each: await audiences.count(turn.tx, each) for each in addressing.audiences(self._begins(turn))}
        turn.show(broadcasting.choice(self._voice, number, sketch, reach, turn.lang))

    def _begins(self, turn: StaffTurn) -> int:
        """The academic year it is, by the calendar year that one begins in."""
        return academic_year(day_in(self._voice.zone, turn.now))

    async def _preview(self, turn: StaffTurn, number: int, sketch: Sketch, first: str = "") -> None:
        readers = await audiences.languages(turn.tx, sketch.audience)
        turn.show(broadcasting.preview(self._voice, number, sketch, readers, turn.now, turn.lang, first=first))

    def _send_all(self, turn: StaffTurn, sketch: Sketch) -> None:
        """Send what the readers of each language get, also of one that has no text of its own."""
        texts = {str(lang): text for lang, text in sketch.texts.items()}
        for lang in addressing.languages_of(sketch.audience):
            turn.send(letters.broadcast(self._voice, texts, lang))

    # The buttons of a draft

    async def _address(self, turn: StaffTurn, number: int, sketch: Sketch, audience: str) -> None:
        asks = () if sketch.texts else addressing.languages_of(audience)
        await self._go_on(turn, number, sketch.changed(audience=audience, asks=asks))

    async def _leave(self, turn: StaffTurn, number: int, sketch: Sketch, _: str) -> None:
        await self._answered(turn, number, sketch, sketch.changed(asks=sketch.asks[1:]), "broadcast.kept")

    async def _leave_out(self, turn: StaffTurn, number: int, sketch: Sketch, _: str) -> None:
        await self._answered(turn, number, sketch, sketch.skipped(), "broadcast.skipped")

    async def _answered(self, turn: StaffTurn, number: int, before: Sketch, after: Sketch, key: str) -> None:
        """A question for a text was answered by a button: say so in its place, and go on below."""
        named = broadcasting.language(self._voice, before.asks[0], turn.lang)
        turn.show(Message(self._voice.say(turn.lang, key, language=named)))
        turn.in_place = False
        await self._go_on(turn, number, after, written=True)

    async def _add(self, turn: StaffTurn, number: int, sketch: Sketch, which: str) -> None:
        lang = lang_of(which)
        await self._go_on(turn, number, sketch.changed(asks=(lang,), guessed=False))

    async def _rewrite(self, turn: StaffTurn, number: int, sketch: Sketch, _: str) -> None:
        own = {*addressing.languages_of(sketch.audience), *sketch.texts}
        await self._go_on(
            turn, number, sketch.changed(asks=tuple(each for each in LANGS if each in own), guessed=False)
        )

    async def _swap(self, turn: StaffTurn, number: int, sketch: Sketch, _: str) -> None:
        """The text is in the other language; what arrives, word for word, stays as it is shown."""
        if sketch.guessed and len(sketch.texts) == 1:
            await self._go_on(turn, number, sketch.swapped())

    async def _renew(self, turn: StaffTurn, number: int, sketch: Sketch) -> None:
        """What they confirm was previewed too long ago: preview it as it is now, as a draft of today."""
        await staff.settle(turn.tx, number, DraftState.CANCELLED)
        fresh = await staff.draft(turn.tx, turn.user_id, ACT, sketch.carried(), turn.now)
        await self._preview(turn, fresh, sketch, self._voice.say(turn.lang, "staff.meanwhile-old"))

    async def _choose(self, turn: StaffTurn, number: int, sketch: Sketch, _: str) -> None:
        changed = sketch.changed()
        await self._keep(turn, number, changed)
        await self._offer(turn, number, changed)

    async def _test(self, turn: StaffTurn, number: int, sketch: Sketch, _: str) -> None:
        if sketch.tested:
            self._toast(turn, "broadcast.tested-already")
            return
        self._send_all(turn, sketch)
        await self._keep(turn, number, sketch.was_tested())
        self._toast(turn, "broadcast.tested")

    async def _cancel(self, turn: StaffTurn, number: int) -> None:
        if await staff.settle(turn.tx, number, DraftState.CANCELLED):
            if turn.message_id is None:
                turn.say("staff.given-up", act=self._voice.plain(turn.lang, "draft.broadcast"))
            else:
                turn.show(Message(self._voice.say(turn.lang, "broadcast.cancelled")))

    async def _confirm(self, turn: StaffTurn, number: int, sketch: Sketch, _: str) -> None:
        people = await audiences.count(turn.tx, sketch.audience)
        if not people:
            self._toast(turn, "broadcast.nobody")
            await self._preview(turn, number, sketch)
            return
        if not await staff.settle(turn.tx, number, DraftState.DONE):
            self._toast(turn, "broadcast.confirmed-already")
            return
        about = {"texts": dict(sketch.texts)} | self._place(turn)
        key, due_at = f"{ACT}:{number}", turn.now + UNDO
        planned = await mailings.plan(
            turn.tx,
            Mailing(key, Letter.BROADCAST, sketch.audience, due_at, about=about, made_by=turn.user_id),
            turn.now,
        )
        if planned is None:
            raise LookupError(f"{key} is the key of another message to many")
        await turn.audit(ACT, key, audience=sketch.audience, people=people, languages=list(sketch.texts))
        what = reports.heading(self._voice, Letter.BROADCAST, None, about, turn.lang)
        turn.show(reports.on_the_way(self._voice, what, UNDO, planned, turn.lang))

    def _place(self, turn: StaffTurn) -> dict[str, dict[str, int]]:
        """The message that is to show how it goes: the one whose button was pressed."""
        return {} if turn.message_id is None else {"progress": {"chat": turn.user_id, "message": turn.message_id}}

    # What is on its way

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        """Undo, stop, repeat or delete a message to many; only broadcasts are undone and deleted here."""
        mailing = await mailings.get(turn.tx, number_of(tap))
        if mailing is None:
            return False
        remedies: dict[str, Remedy] = {"stop": self._stop, "again": self._again}
        if mailing.kind == Letter.BROADCAST:
            remedies |= {"undo": self._undo, "delete": self._delete, "erase": self._erase, "keep": self._keep_copies}
        remedy = remedies.get(tap.args[1] if len(tap.args) > 1 else "")
        if remedy is not None:
            await remedy(turn, mailing)
        return remedy is not None

    async def _undo(self, turn: StaffTurn, mailing: MailingRow) -> None:
        number = int(mailing.id or 0)
        # beginning it first makes sure that nobody else does: it ends in the same transaction
        if not await mailings.begin(turn.tx, number):
            self._toast(turn, ENDED.get(mailing.state, "broadcast.ended"))
            return
        await mailings.stop(turn.tx, [number], MailingState.CANCELLED, turn.now)
        await turn.audit("undo", mailing.key)
        turn.show(Message(self._voice.say(turn.lang, "broadcast.undone", what=self._what(turn, mailing))))

    async def _stop(self, turn: StaffTurn, mailing: MailingRow) -> None:
        number = int(mailing.id or 0)
        if not await mailings.stop(turn.tx, [number], MailingState.STOPPED, turn.now):
            self._toast(turn, ENDED.get(mailing.state, "broadcast.ended"))
            return
        await turn.audit("stop", mailing.key)  # the numbers are final when what is in flight has come to rest
        await self._show_final(turn, mailing, stopped=True)

    async def _again(self, turn: StaffTurn, mailing: MailingRow) -> None:
        number = int(mailing.id or 0)
        if "deleted" in mailing.about:
            self._toast(turn, "broadcast.deleted-already")
            return
        many = await mailings.again(turn.tx, number, turn.now)
        if not many:
            self._toast(turn, "broadcast.nothing-failed")
            return
        await turn.audit("again", mailing.key, people=many)
        self._toast(turn, "broadcast.again", many=many)
        report = packed(await mailings.report(turn.tx, number))
        turn.show(reports.progress(self._voice, self._what(turn, mailing), report, number, turn.lang))

    async def _delete(self, turn: StaffTurn, mailing: MailingRow) -> None:
        fresh, older = await self._deletable(turn, mailing)
        if fresh:
            turn.show(broadcasting.deletion(self._voice, int(mailing.id or 0), fresh, older, turn.lang))

    async def _deletable(self, turn: StaffTurn, mailing: MailingRow) -> tuple[int, int]:
        """How many copies can be deleted, and for how many it is too late; why none can is said."""
        number = int(mailing.id or 0)
        report = await mailings.report(turn.tx, number)
        fresh = await mailings.deletable(turn.tx, number, turn.now - DELETABLE)
        if "deleted" in mailing.about:
            self._toast(turn, "broadcast.deleted-already")
        elif report.waiting or mailing.finished_at is None:
            self._toast(turn, "broadcast.not-ended")
        elif not fresh:
            self._toast(turn, "broadcast.not-deletable")
        else:
            return fresh, report.delivered - fresh
        return 0, 0

    async def _erase(self, turn: StaffTurn, mailing: MailingRow) -> None:
        fresh, older = await self._deletable(turn, mailing)
        if not fresh:
            return
        about = {"of": mailing.id, "texts": mailing.about["texts"]} | self._place(turn)
        wanted = Mailing(
            f"deletion:{mailing.id}", Letter.DELETION, mailing.audience, turn.now, about=about, made_by=turn.user_id
        )
        number = await mailings.plan(turn.tx, wanted, turn.now)
        planned = None if number is None else await mailings.get(turn.tx, number)
        if planned is None:
            self._toast(turn, "broadcast.deleted-already")
            return
        many = await mailings.delete_copies(turn.tx, planned, int(mailing.id or 0), turn.now - DELETABLE, turn.now)
        await mailings.note(turn.tx, int(mailing.id or 0), about=mailing.about | {"deleted": planned.id})
        await turn.audit("delete", mailing.key, people=many, too_old=older)
        report = packed(await mailings.report(turn.tx, int(planned.id or 0)))
        turn.show(reports.progress(self._voice, self._what(turn, planned), report, int(planned.id or 0), turn.lang))

    async def _keep_copies(self, turn: StaffTurn, mailing: MailingRow) -> None:
        if "deleted" in mailing.about:
            self._toast(turn, "broadcast.deleted-already")
            return
        self._toast(turn, "broadcast.not-deleted")
        await self._show_final(turn, mailing, stopped=mailing.state is MailingState.STOPPED)

    async def _show_final(self, turn: StaffTurn, mailing: MailingRow, *, stopped: bool) -> None:
        number = int(mailing.id or 0)
        report = packed(await mailings.report(turn.tx, number))
        what = self._what(turn, mailing)
        final = reports.final(self._voice, what, report, number, turn.lang, kind=mailing.kind, stopped=stopped)
        turn.show(final)

    def _what(self, turn: StaffTurn, mailing: MailingRow) -> Html:
        return reports.heading(self._voice, mailing.kind, mailing.programme, mailing.about, turn.lang)

    def _toast(self, turn: StaffTurn, key: str, **params: object) -> None:
        turn.toast = self._voice.plain(turn.lang, key, **params)
