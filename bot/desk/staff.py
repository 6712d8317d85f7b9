"""What members of staff can do: one transaction for each command, text and press, and the role checked at each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.clock import Clock
from bot.desk.staffroom import Staffroom
from bot.desk.students import Who
from bot.rules import buttons
from bot.rules.buttons import Act
from bot.rules.letters import Voice
from bot.rules.messages import Lang, Message
from bot.storage import mailings, outbox, staff, updates
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import Draft, MailingRow
from bot.storage.store import Store, Transaction


@dataclass
class StaffTurn:
    """One thing a member of staff did, being dealt with in one transaction: what they are told is collected here.

    ``message_id`` is the message whose button was pressed, or None.
    """

    tx: Transaction
    voice: Voice
    user_id: int
    lang: Lang
    now: datetime
    message_id: int | None = None
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    toast: str | None = None

    def send(self, message: Message) -> None:
        """Send them a message."""
        self.said += [("send", part.carried()) for part in message.parts()]

    def say(self, key: str, **params: object) -> None:
        """Send them a sentence."""
        self.send(Message(self.voice.say(self.lang, key, **params)))

    def show(self, message: Message) -> None:
        """Put a message in place of the one whose button was pressed; without one, send it."""
        if self.message_id is None:
            self.send(message)
        else:
            self.said.append(("edit", message.carried() | {"message_id": self.message_id}))

    async def audit(self, act: str, subject: str, **detail: object) -> None:
        """Write down what they did."""
        await staff.audit(self.tx, self.user_id, act, subject, detail, self.now)


Deal = Callable[[StaffTurn], Awaitable[None]]
AWAITED: Mapping[str, str] = {"en": "staff.only-text-en", "it": "staff.only-text-it", "dates": "staff.only-text-dates"}
"""What is said to something that is no text, by what a draft waits for."""
LONGEST_NUMBER = 15
"""Digits of a number a button carries; a database's has at most nineteen."""
FORMATTED = "broadcast"
"""The command, and the act, whose text is carried on as it was formatted, in Telegram's HTML; others get bare text."""


class Room(Protocol):
    """A part of what staff can do."""

    commands: frozenset[str]
    """The commands it answers."""
    acts: frozenset[str]
    """The acts whose drafts are its own."""

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        """They wrote ``/name argument``."""

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        """They wrote the text a draft was waiting for."""

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        """They pressed a button of one of its drafts, whatever became of the draft since."""

    async def handled(self, turn: StaffTurn, mailing: MailingRow, verb: str) -> bool:
        """They pressed a button of a message to many; False: not one of its verbs."""


class Staff:
    """Takes what staff do to the room it belongs to."""

    def __init__(
        self,
        store: Store,
        voice: Voice,
        staffroom: Staffroom,
        rooms: tuple[Room, ...],
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store, self._voice, self._staffroom, self._rooms = store, voice, staffroom, rooms
        self._clock, self._wake = clock, wake

    @property
    def commands(self) -> frozenset[str]:
        """The commands that are the staff's alone."""
        return frozenset().union(*(room.commands for room in self._rooms))

    def admits(self, who: Who) -> bool:
        """Whether somebody is staff, as of now."""
        return self._staffroom.admits(who.user_id)

    async def commanded(self, update_id: int, who: Who, name: str, argument: str, formatted: str = "") -> None:
        """They wrote one of :attr:`commands`; somebody who is not staff is told so."""

        async def deal(turn: StaffTurn) -> None:
            if not self._staffroom.admits(who.user_id):
                turn.say("staff.not-yours")
                return
            room = next(room for room in self._rooms if name in room.commands)
            await room.commanded(turn, name, (formatted or argument) if name == FORMATTED else argument)

        await self._happens(update_id, who, f"/{name}", deal)

    async def cancels(self, update_id: int, who: Who) -> bool:
        """They wrote ``/cancel``; True: what they were about to do is given up, False: they were about nothing."""
        if not self.admits(who):
            return False
        async with self._store.reading() as tx:
            if await staff.unsettled(tx, who.user_id, self._clock.now()) is None:
                return False

        async def deal(turn: StaffTurn) -> None:
            draft = await staff.unsettled(turn.tx, who.user_id, turn.now)
            room = next((room for room in self._rooms if draft and draft.act in room.acts), None)
            if draft and room:
                await room.pressed(turn, draft, "cancel", ())

        await self._happens(update_id, who, "/cancel", deal)
        return True

    async def sends_other(self, update_id: int, who: Who) -> bool:
        """They sent something that is no text; True: a draft waits for text, and they were told so."""
        if not self.admits(who):
            return False
        async with self._store.reading() as tx:
            draft = await staff.awaiting(tx, who.user_id, self._clock.now())
        awaited = AWAITED.get(draft.awaits or "") if draft else None
        if awaited is None:
            return False

        async def deal(turn: StaffTurn) -> None:
            turn.say(awaited)

        await self._happens(update_id, who, "other", deal)
        return True

    async def greets(self, update_id: int, who: Who) -> None:
        """They wrote ``/start`` or ``/help``, which has been answered: name the commands that are theirs alone."""
        if not self.admits(who):
            return
        now = self._clock.now()
        async with self._store.transaction() as tx:

            def written(lang: Lang) -> Message:
                return Message(self._voice.say(lang, "staff.commands"))

            await self._staffroom.tell(tx, f"update:{update_id}:staff", written, now, to=who.user_id)
        self._wake()

    async def writes(self, update_id: int, who: Who, text: str, formatted: str = "") -> bool:
        """They wrote a text; True: it was one a draft waited for, and has been dealt with."""
        if not self.admits(who):
            return False
        async with self._store.reading() as tx:
            if await staff.awaiting(tx, who.user_id, self._clock.now()) is None:
                return False

        async def deal(turn: StaffTurn) -> None:
            draft = await staff.awaiting(turn.tx, who.user_id, turn.now)
            room = next((room for room in self._rooms if draft and draft.act in room.acts), None)
            if draft and room:
                await room.wrote(turn, draft, (formatted or text) if draft.act == FORMATTED else text)

        await self._happens(update_id, who, "text", deal)
        return True

    async def tapped(self, update_id: int, who: Who, data: str, message_id: int | None) -> str | None:
        """They pressed a button of a draft or of a message to many; the line to show over the chat, if any."""

        async def deal(turn: StaffTurn) -> None:
            if not self._staffroom.admits(who.user_id):
                turn.toast = self._voice.plain(turn.lang, "staff.not-yours")
            else:
                await self._press(turn, data)

        turn = await self._happens(update_id, who, "staff's button", deal, message_id)
        return turn.toast if turn else None

    async def _press(self, turn: StaffTurn, data: str) -> None:
        tap = buttons.read(data)
        first = tap.args[0] if tap and tap.args else ""
        number = int(first) if first.isdecimal() and len(first) <= LONGEST_NUMBER else 0
        verb = tap.args[1] if tap and len(tap.args) > 1 else ""
        if tap and tap.act is Act.MAILING:
            mailing = await mailings.get(turn.tx, number)
            if mailing is not None:
                for room in self._rooms:
                    if await room.handled(turn, mailing, verb):
                        return
        elif tap and tap.act is Act.DRAFT:
            draft = await staff.drafted(turn.tx, turn.user_id, number)
            mine = [room for room in self._rooms if draft and draft.act in room.acts]
            if draft and mine:
                await mine[0].pressed(turn, draft, verb, tap.args[2:])
                return
        turn.toast = self._voice.plain(turn.lang, "toast.old")

    async def _happens(
        self, update_id: int, who: Who, kind: str, deal: Deal, message_id: int | None = None
    ) -> StaffTurn | None:
        now = self._clock.now()
        async with self._store.transaction() as tx:
            if not await updates.first_time(tx, update_id, kind, now):
                return None
            lang = await self._staffroom.language(tx, who.user_id)
            turn = StaffTurn(tx, self._voice, who.user_id, lang, now, message_id)
            await deal(turn)
            items = [
                Outgoing(f"update:{update_id}:{number}", who.user_id, method, payload, ANSWER, now)
                for number, (method, payload) in enumerate(turn.said)
            ]
            await outbox.enqueue(tx, items, now)
        self._wake()
        return turn


def staffs(data: str) -> bool:
    """Whether a button is one of the staff's."""
    tap = buttons.read(data)
    return tap is not None and tap.act in {Act.DRAFT, Act.MAILING}
