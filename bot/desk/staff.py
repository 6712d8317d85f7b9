"""What members of staff can do: each command, text, file and press is taken to its room, the role checked at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.desk.arrival import Arrival, Kind
from bot.rules import buttons
from bot.rules.buttons import Act, Tap
from bot.rules.letters import Voice
from bot.rules.messages import Lang, Message
from bot.rules.roles import Role
from bot.storage import staff
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import Draft
from bot.storage.store import Transaction

NOTHING: Mapping[Any, Role] = {}
NO_ACTS: frozenset[str] = frozenset()
AWAITED: Mapping[str, str] = {"en": "staff.only-text-en", "it": "staff.only-text-it", "dates": "staff.only-text-dates"}
"""What is said to something that is no text, by what a draft waits for."""
ONLY_TEXT = "staff.only-text"
"""The same for all else that a draft waits for."""


@dataclass
class StaffTurn:
    """One thing a person did, being dealt with in one transaction: what anybody is told is collected here."""

    tx: Transaction
    voice: Voice
    user_id: int
    lang: Lang
    now: datetime
    role: Role
    arrival: Arrival
    said: list[tuple[str, dict[str, Any], int | None]] = field(default_factory=list)
    """What they are told: a method of the outbox, what it carries, and the ticket it speaks of."""
    posted: list[Outgoing] = field(default_factory=list)
    """What others are told."""
    toast: str | None = None
    in_place: bool = True
    """Whether what is shown takes the place of the message whose button was pressed."""

    @property
    def message_id(self) -> int | None:
        """The message whose button was pressed; None: it was no press, or is left as it is."""
        return self.arrival.message_id if self.arrival.kind is Kind.TAP and self.in_place else None

    @property
    def formatted(self) -> str:
        """What they wrote, in Telegram's HTML; of a command what follows its name."""
        return self.arrival.formatted or self.arrival.text

    def send(self, message: Message, ticket: int | None = None) -> None:
        """Send them a message; a reply to it speaks of ``ticket``."""
        self.said += [("send", part.carried(), ticket) for part in message.parts()]

    def say(self, key: str, **params: object) -> None:
        """Send them a sentence."""
        self.send(Message(self.voice.say(self.lang, key, **params)))

    def show(self, message: Message) -> None:
        """Put a message in place of the one whose button was pressed; without one, send it."""
        if self.message_id is None:
            self.send(message)
        else:
            self.said.append(("edit", message.carried() | {"message_id": self.message_id}, None))

    def flash(self, key: str, **params: object) -> None:
        """Show a short line over the chat; after a press only, else it is sent."""
        if self.message_id is None:
            self.say(key, **params)
        else:
            self.toast = self.voice.plain(self.lang, key, **params)

    def post(self, *items: Outgoing) -> None:
        """Send something to anybody."""
        self.posted += items

    async def audit(self, act: str, subject: str, **detail: object) -> None:
        """Write down what they did."""
        await staff.audit(self.tx, self.user_id, act, subject, detail, self.now)

    def outgoing(self) -> list[Outgoing]:
        """All that is to be sent, under keys that a repeat of the update would write again."""
        key = f"update:{self.arrival.update_id}:staff"
        mine = [
            Outgoing(f"{key}:{number}", self.user_id, method, payload, ANSWER, self.now, ticket_id=ticket)
            for number, (method, payload, ticket) in enumerate(self.said)
        ]
        return [*mine, *self.posted]


class Room:
    """A part of what staff can do: a room says what belongs to it, and deals with that."""

    commands: Mapping[str, Role] = NOTHING
    """The commands it answers, and the role each needs."""
    acts: frozenset[str] = NO_ACTS
    """The acts whose drafts are its own."""
    buttons: Mapping[Act, Role] = NOTHING
    """The buttons that are its own, besides those of drafts, and the role each needs."""

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        """They wrote ``/name argument``."""

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        """They wrote the text a draft was waiting for."""

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        """They pressed a button of one of its drafts, whatever became of the draft since."""

    async def tapped(self, turn: StaffTurn, tap: Tap) -> bool:
        """They pressed one of its other buttons; False: it is of another release, or nonsense."""
        del turn, tap
        return False

    async def joined(self, turn: StaffTurn, payload: str) -> bool:
        """Somebody, staff or not, opened the chat by a link with ``payload``; False: not one of its links."""
        del turn, payload
        return False

    async def replied(self, turn: StaffTurn) -> bool:
        """They replied to a message, or changed one of theirs; False: it is of no concern here."""
        del turn
        return False


class Staff:
    """Takes what people do to the room it belongs to."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        self.rooms = rooms

    @property
    def commands(self) -> dict[str, Role]:
        """The commands that not everybody may use, and the role each needs."""
        return {name: role for room in self.rooms for name, role in room.commands.items()}

    @property
    def buttons(self) -> dict[Act, Role]:
        """The buttons that not everybody may press, and the role each needs."""
        return {Act.DRAFT: Role.TUTOR} | {act: role for room in self.rooms for act, role in room.buttons.items()}

    async def takes(self, turn: StaffTurn) -> bool:
        """Deal with what somebody did; False: it is no matter of the staff's."""
        arrival = turn.arrival
        match arrival.kind:
            case Kind.COMMAND:
                return await self._commanded(turn, arrival.name.lower(), arrival.text)
            case Kind.TAP:
                return await self._tapped(turn, buttons.read(arrival.data))
            case _:
                return await self._sent(turn)

    async def _commanded(self, turn: StaffTurn, name: str, argument: str) -> bool:
        if name == "start" and argument:
            return any([await room.joined(turn, argument) for room in self.rooms])
        room = self._of_command(name)
        if room is None:
            return name == "cancel" and await self._cancelled(turn)
        if turn.role.may(room.commands[name]):
            await room.commanded(turn, name, argument)
        else:
            self._refuse(turn)
        return True

    def _of_command(self, name: str) -> Room | None:
        return next((room for room in self.rooms if name in room.commands), None)

    def _refuse(self, turn: StaffTurn) -> None:
        """It is not theirs; who was staff once loses the menu too."""
        turn.flash("staff.not-yours")
        if turn.role is Role.STUDENT and turn.message_id is None:
            turn.said.append(("menu", {"commands": {}}, None))

    async def _cancelled(self, turn: StaffTurn) -> bool:
        """They wrote ``/cancel``: what they were about to do is given up; False: they were about nothing."""
        if turn.role is Role.STUDENT:
            return False
        draft = await staff.unsettled(turn.tx, turn.user_id, turn.now)
        room = self._room_of(draft)
        if draft is None or room is None:
            return False
        await room.pressed(turn, draft, "cancel", ())
        return True

    async def _sent(self, turn: StaffTurn) -> bool:
        """They wrote a text or sent something else."""
        if turn.arrival.edited or turn.arrival.reply_to is not None:
            for each in self.rooms:
                if await each.replied(turn):
                    return True
        if turn.role is Role.STUDENT:
            return False
        draft = await staff.awaiting(turn.tx, turn.user_id, turn.now)
        room = self._room_of(draft)
        if draft is None or room is None:
            return False
        if turn.arrival.kind is Kind.TEXT or draft.awaits == "anything":
            await room.wrote(turn, draft, turn.arrival.text)
        else:
            turn.say(AWAITED.get(draft.awaits or "", ONLY_TEXT))
        return True

    def _room_of(self, draft: Draft | None) -> Room | None:
        return next((room for room in self.rooms if draft and draft.act in room.acts), None)

    async def _tapped(self, turn: StaffTurn, tap: Tap | None) -> bool:
        needed = self.buttons.get(tap.act) if tap else None
        if tap is None or needed is None:
            return False
        if not turn.role.may(needed):
            self._refuse(turn)
        elif not await (self._draft(turn, tap) if tap.act is Act.DRAFT else self._room(turn, tap)):
            turn.toast = turn.voice.plain(turn.lang, "toast.old")
        return True

    async def _draft(self, turn: StaffTurn, tap: Tap) -> bool:
        draft = await staff.drafted(turn.tx, turn.user_id, number_of(tap))
        room = self._room_of(draft)
        if draft and room:
            await room.pressed(turn, draft, tap.args[1] if len(tap.args) > 1 else "", tap.args[2:])
        return draft is not None and room is not None

    async def _room(self, turn: StaffTurn, tap: Tap) -> bool:
        return await next(room for room in self.rooms if tap.act in room.buttons).tapped(turn, tap)


def number_of(tap: Tap) -> int:
    """The number a button carries first; 0 where it is none."""
    return buttons.number(tap.args[0]) if tap.args else 0
