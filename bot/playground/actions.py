"""What the chat page may ask of the world: each action is a value with the fields it needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, StringConstraints

from bot.playground.chats import Person
from bot.playground.entities import Json
from bot.playground.errors import NotPossibleError
from bot.playground.faults import Fault, FaultKind
from bot.playground.world import World

MAX_STEP: Final = timedelta(days=366 * 10)
_AFTER: Final = timedelta(seconds=1)
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$")]
_Seconds = Annotated[float, Field(ge=0, le=3600)]


class Action(BaseModel):
    """One action; its name on the wire is its class's with dashes: ``SetClock`` is ``set-clock``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    async def perform(self, world: World) -> Json:
        """Do it; the result goes to the page. Raises ``NotPossibleError`` where Telegram would not let them."""
        return self.run(world)

    def run(self, world: World) -> Json:
        """The same for actions that never wait: all but one."""
        raise NotImplementedError


class _Personal(Action):
    person_id: int

    def person(self, world: World) -> Person:
        """Who acts; raises ``NotPossibleError`` for nobody."""
        person = world.people.get(self.person_id)
        if person is None:
            raise NotPossibleError(f"there is no person {self.person_id}")
        return person


def still_there(world: World, chat_id: int, message_id: int | None) -> int | None:
    """The message somebody replies to; a reply to what has gone meanwhile is sent without it."""
    return message_id if message_id in world.chats[chat_id].messages else None


class _Somewhere(_Personal):
    """In a group, or in one's own chat with the bot."""

    chat_id: int | None = None

    def where(self, world: World) -> int:
        """The chat; raises ``NotPossibleError`` for one that is not there."""
        chat_id = self.chat_id or self.person(world).id
        if chat_id not in world.chats:
            raise NotPossibleError(f"there is no chat {chat_id}")
        return chat_id


class _Written(_Somewhere):
    reply_to: int | None = None

    def answered(self, world: World) -> int | None:
        """The message this replies to, if it is still there."""
        return still_there(world, self.where(world), self.reply_to)


class Say(_Written):
    """Write a text."""

    text: str

    def run(self, world: World) -> Json:
        """The ids of the messages it became."""
        answered = self.answered(world)
        sent = world.say(self.person(world), self.text, chat_id=self.where(world), reply_to=answered)
        return {"message_ids": [message["message_id"] for message in sent]}


class Start(_Personal):
    """Press Start, or follow a link with a payload."""

    payload: str = ""

    def run(self, world: World) -> Json:
        """The id of the message."""
        return {"message_ids": [world.start(self.person(world), self.payload)["message_id"]]}


class Edit(_Somewhere):
    """Change one's own text or caption."""

    message_id: int
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

    def run(self, world: World) -> Json:
        """Nothing."""
        world.edit(self.person(world), self.message_id, self.text, chat_id=self.where(world))
        return {}


class Press(_Somewhere):
    """Press a button as it is shown: it may have gone meanwhile."""

    message_id: int
    data: str

    def run(self, world: World) -> Json:
        """The id under which the answer will be told."""
        where = self.where(world)
        return {"query_id": world.press(self.person(world), self.message_id, self.data, chat_id=where, stale=True).id}


class Inline(_Somewhere):
    """Type something after the bot's name, without sending it."""

    text: Annotated[str, StringConstraints(max_length=256)]

    def run(self, world: World) -> Json:
        """The id under which what the bot offers will be told."""
        return {"query_id": world.type_inline(self.person(world), self.text, chat_id=self.where(world)).id}


class Choose(_Personal):
    """Post one of the results that were offered to a query, in the chat in which it was typed."""

    query_id: str
    result_id: str

    def run(self, world: World) -> Json:
        """The id of the message."""
        return {"message_ids": [world.choose(self.person(world), self.result_id, query_id=self.query_id)["message_id"]]}


class Sticker(_Written):
    """Send a sticker."""

    emoji: Annotated[str, StringConstraints(min_length=1, max_length=16)]

    def run(self, world: World) -> Json:
        """The id of the message."""
        where, answered = self.where(world), self.answered(world)
        sent = world.send_sticker(self.person(world), self.emoji, chat_id=where, reply_to=answered)
        return {"message_ids": [sent["message_id"]]}


class Location(_Written):
    """Send a place."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]

    def run(self, world: World) -> Json:
        """The id of the message."""
        where, answered = self.where(world), self.answered(world)
        sent = world.send_location(self.person(world), self.latitude, self.longitude, chat_id=where, reply_to=answered)
        return {"message_ids": [sent["message_id"]]}


class Block(_Personal):
    """Stop the bot."""

    def run(self, world: World) -> Json:
        """Nothing."""
        world.block(self.person(world))
        return {}


class Unblock(_Personal):
    """Let the bot write again."""

    def run(self, world: World) -> Json:
        """Nothing."""
        world.unblock(self.person(world))
        return {}


class DeleteAccount(_Personal):
    """Leave Telegram."""

    def run(self, world: World) -> Json:
        """Nothing."""
        world.delete_account(self.person(world))
        return {}


class AddPerson(Action):
    """Somebody new, whom the page plays."""

    first_name: _Name
    language_code: _Language = "en"

    def run(self, world: World) -> Json:
        """The new person's id."""
        return {"person_id": world.add_person(self.first_name, language_code=self.language_code, demo=True).id}


class Advance(Action):
    """Move the clock by some seconds, back if negative."""

    seconds: Annotated[float, Field(ge=-MAX_STEP.total_seconds(), le=MAX_STEP.total_seconds())]

    def run(self, world: World) -> Json:
        """Nothing."""
        world.advance(timedelta(seconds=self.seconds))
        return {}


class SetClock(Action):
    """Make it this moment; without an offset it is the hour on the wall in ``zone``."""

    moment: AwareDatetime | NaiveDatetime
    zone: str

    def run(self, world: World) -> Json:
        """Nothing; raises ``NotPossibleError`` for a moment too far from the machine's."""
        moment = self.moment if self.moment.tzinfo else _on_the_wall(self.moment, self.zone)
        _check_reach(world, moment)
        world.set_clock(moment)
        return {}


class NextEvent(Action):
    """Move the clock to where the bot will do something next by itself, and a second further; never back."""

    async def perform(self, world: World) -> Json:
        """The ``moment`` that was planned, in ISO 8601; it may have been past already."""
        if world.next_event is None:
            raise NotPossibleError("this bot tells nobody what it plans")
        moment = await world.next_event()
        if moment is None:
            raise NotPossibleError("nothing is planned")
        _check_reach(world, moment)
        world.advance(max(moment + _AFTER - world.now(), timedelta(0)))
        return {"moment": moment.isoformat()}


class RealTime(Action):
    """Bring the clock back to the machine's."""

    def run(self, world: World) -> Json:
        """Nothing."""
        world.advance(-world.clock.shift)
        return {}


class AddFault(Action):
    """Make calls of the bot fail; see ``Fault``."""

    kind: FaultKind
    method: str | None = None
    chat_id: int | None = None
    seconds: _Seconds = 5.0
    times: Annotated[int, Field(ge=1)] | None = None

    def run(self, world: World) -> Json:
        """The number that takes it back."""
        fault = Fault(self.kind, self.method, self.chat_id, times=self.times, seconds=self.seconds)
        return {"number": world.faults.add(fault)}


class RemoveFault(Action):
    """End a fault."""

    number: int

    def run(self, world: World) -> Json:
        """Nothing."""
        world.faults.remove(self.number)
        return {}


class ClearFaults(Action):
    """End all faults."""

    def run(self, world: World) -> Json:
        """Nothing."""
        world.faults.clear()
        return {}


class Limits(Action):
    """Let Telegram's limits on speed hold, or not."""

    on: bool

    def run(self, world: World) -> Json:
        """Nothing; whoever watches is told ``limits``."""
        world.limits.on = self.on
        world.feed.add("limits", on=self.on)
        return {}


class Reset(Action):
    """Begin anew."""

    def run(self, world: World) -> Json:
        """Nothing."""
        world.reset()
        return {}


def _wire_name(kind: type[Action]) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("-")


_KINDS: Final = (
    Say,
    Start,
    Edit,
    Press,
    Inline,
    Choose,
    Sticker,
    Location,
    Block,
    Unblock,
    DeleteAccount,
    AddPerson,
    Advance,
    SetClock,
    NextEvent,
    RealTime,
    AddFault,
    RemoveFault,
    ClearFaults,
    Limits,
    Reset,
)
ACTIONS: Final[Mapping[str, type[Action]]] = MappingProxyType({_wire_name(kind): kind for kind in _KINDS})


def _check_reach(world: World, moment: datetime) -> None:
    if abs(moment - (world.now() - world.clock.shift)) > MAX_STEP:
        raise NotPossibleError("the clock moves ten years at most")


def _on_the_wall(moment: datetime, zone: str) -> datetime:
    try:
        return moment.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, LookupError, OSError):
        raise NotPossibleError(f"{zone!r} is no time zone") from None
