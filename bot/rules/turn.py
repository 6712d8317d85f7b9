"""One turn of the conversation: what a student did, what the bot remembers, and what it does in return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.faq.matcher import Match
from bot.rules import buttons
from bot.rules.alerts import Wishes
from bot.rules.answers import Knowledge
from bot.rules.buttons import Act, Tap
from bot.rules.calendar import Entry
from bot.rules.calls import Call
from bot.rules.deadlines import Personal
from bot.rules.letters import Voice
from bot.rules.messages import Lang, Message
from bot.rules.profile import Profile, Question
from bot.rules.reminders import Kept
from bot.rules.tickets import Origin
from bot.rules.tickets import State as TicketState


class Step(StrEnum):
    """Where a student stands: at rest, at a question of the flow, writing to a person, before deleting everything."""

    IDLE = "idle"
    YEAR = "year"
    DEGREE = "degree"
    GOAL = "goal"
    DESTINATION = "destination"
    DATES = "dates"
    UNTIL = "until"
    PERSON = "person"
    """What they write is for a person, and is shown before it is sent."""
    ADD = "add"
    """What they write next goes to a ticket of theirs."""
    FORGET = "forget"


ASKING = {Step(question): question for question in Question} | {Step.UNTIL: Question.DATES}
"""The steps at which a question of the flow is open."""


class Trigger(StrEnum):
    """What can happen: a command, a text, a tap, or something that is neither."""

    START = "/start"
    PLAN = "/plan"
    PROGRAMMES = "/programmes"
    CALLS = "/calls"
    SUBSCRIBE = "/subscribe"
    UNSUBSCRIBE = "/unsubscribe"
    REMINDERS = "/reminders"
    CALENDAR = "/calendar"
    HUMAN = "/human"
    LANGUAGE = "/language"
    MYDATA = "/mydata"
    FORGET = "/forget"
    HELP = "/help"
    CANCEL = "/cancel"
    UNKNOWN_COMMAND = "unknown command"
    TEXT = "text"
    OPEN = "button of an answer"
    PICK = "button of a suggestion"
    REJECT = "that's not it"
    REPLY = "button"
    CHANGE = "change one answer"
    MONTH = "another month"
    DAY = "day of the calendar"
    SPEAK = "language"
    CONFIRM = "delete or keep"
    FOLLOW = "alerts on, from anywhere"
    TOGGLE = "programme in the list of alerts"
    KIND = "kind of alert"
    HOURS = "hours of alerts"
    KEEP = "reminders of the plan's days"
    TICK = "done"
    RESUME = "alerts go on or stop"
    PERSON = "send, add, name, cancel"
    MINE = "one's own ticket"
    BLANK = "nothing behind it"
    STALE = "question answered before"
    REWORD = "edit of what is not sent yet"
    OLD_BUTTON = "button of another release"
    FILE = "photo, document, voice …"
    OTHER = "sticker, place …"


COMMANDS: Mapping[str, Trigger] = {trigger.removeprefix("/"): trigger for trigger in Trigger if trigger.startswith("/")}
TAPS: Mapping[Act, Trigger] = {
    Act.OPEN: Trigger.OPEN,
    Act.PICK: Trigger.PICK,
    Act.REPLY: Trigger.REPLY,
    Act.CHANGE: Trigger.CHANGE,
    Act.MONTH: Trigger.MONTH,
    Act.DAY: Trigger.DAY,
    Act.REJECT: Trigger.REJECT,
    Act.SPEAK: Trigger.SPEAK,
    Act.FORGET: Trigger.CONFIRM,
    Act.FOLLOW: Trigger.FOLLOW,
    Act.TOGGLE: Trigger.TOGGLE,
    Act.KIND: Trigger.KIND,
    Act.HOURS: Trigger.HOURS,
    Act.KEEP: Trigger.KEEP,
    Act.TICK: Trigger.TICK,
    Act.RESUME: Trigger.RESUME,
    Act.PERSON: Trigger.PERSON,
    Act.MINE: Trigger.MINE,
    Act.BLANK: Trigger.BLANK,
}
LOOKS_AT_DEADLINES = frozenset({Trigger.CALENDAR, Trigger.KEEP, Trigger.TICK})
"""What is dealt with in the light of the deadlines that are kept; for all else they need not be looked up."""

LOOKS_AT_TICKETS = frozenset(
    {Trigger.HUMAN, Trigger.PERSON, Trigger.MINE, Trigger.OPEN, Trigger.PICK, Trigger.REJECT, Trigger.FILE}
)
"""The same for the student's own tickets; they are looked at, too, whatever is done while writing to a person."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the student did.

    ``text`` is what they wrote, or a command's argument; ``tap`` what their button carried; ``message_id`` the message
    the button stands under; ``name`` the first name Telegram shows, kept only where they agree. ``file`` is Telegram's
    word for what they sent, ``album`` what it is part of, ``written`` their own message, ``edited`` that they changed
    it, and ``about`` the number of the ticket of theirs that it replies to.
    """

    trigger: Trigger
    text: str = ""
    tap: Tap | None = None
    message_id: int | None = None
    name: str = ""
    file: str | None = None
    album: str | None = None
    written: int | None = None
    about: int | None = None
    edited: bool = False


def command(name: str, argument: str = "", *, person: str = "") -> Event:
    """The student wrote ``/name argument``."""
    return Event(COMMANDS.get(name.lower(), Trigger.UNKNOWN_COMMAND), argument, name=person)


def tapped(packed: str, message_id: int | None, *, person: str = "") -> Event:
    """The student tapped a button that carries ``packed``."""
    tap = buttons.read(packed)
    if tap and tap.act is Act.COMMAND and tap.args:
        return Event(COMMANDS.get(tap.args[0], Trigger.OLD_BUTTON), tap=tap, message_id=message_id, name=person)
    trigger = TAPS[tap.act] if tap and tap.act in TAPS else Trigger.OLD_BUTTON
    return Event(trigger, tap=tap, message_id=message_id, name=person)


@dataclass(frozen=True, slots=True)
class Part:
    """One text or file that a student is about to send to a person.

    ``kind`` is ``text`` or Telegram's word for the file; ``message_id`` is their own message, ``album`` what it is part
    of.
    """

    text: str
    kind: str = "text"
    message_id: int | None = None
    album: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a student is about to ask a person; ``named``: their first name may be shown; ``at``: the last change."""

    parts: tuple[Part, ...] = ()
    named: bool = False
    origin: Origin = Origin.ASKED
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mine:
    """A ticket of the student's own."""

    number: int
    state: TicketState


@dataclass(frozen=True, slots=True)
class State:
    """Everything the bot remembers of a student between two events.

    ``prompt`` numbers the last question asked; ``start`` is the first day picked while the last is still asked for;
    ``previous`` is the label of the answer just read, at ``previous_at``; ``question`` is the last free question, their
    message ``question_id``, and ``offered`` the labels shown or suggested for it; ``asked_in`` its language, where that
    is not the student's. ``wishes`` is what they want to hear of. ``request`` is what they are about to ask a person;
    ``adding`` the ticket their next text goes to, chosen at ``adding_at``; ``album`` the album whose rest still
    arrives, after the number of its ticket; ``failures`` counts the questions in a row that the bot could not answer.
    """

    profile: Profile = field(default_factory=Profile)
    step: Step = Step.IDLE
    prompt: int = 0
    start: date | None = None
    previous: str | None = None
    previous_at: datetime | None = None
    question: str | None = None
    question_id: int | None = None
    offered: tuple[str, ...] = ()
    asked_in: Lang | None = None
    wishes: Wishes = field(default_factory=Wishes)
    request: Request | None = None
    adding: int | None = None
    adding_at: datetime | None = None
    album: str | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the dialogue may look at: the knowledge, the matcher, the time, and what the desk announced."""

    knowledge: Knowledge
    match: Callable[[str, str | None, Lang], Match]
    """(text, label of the answer just read, the student's language) -> what the FAQ makes of it."""
    now: datetime
    today: date
    """The day it is in Milan."""
    zone: ZoneInfo
    """Where the desk's clock hangs."""
    calls: tuple[Call, ...] = ()
    """The calls announced, those included that closed or were withdrawn not long ago; soonest opening first."""
    kept: tuple[Kept, ...] = ()
    """The student's deadlines as they are kept, at what ``LOOKS_AT_DEADLINES`` names; empty elsewhere."""
    waiting: int | None = None
    """The number of the ticket that asks the student something."""
    mine: tuple[Mine, ...] = ()
    """The student's own tickets, newest first, at what ``LOOKS_AT_TICKETS`` names; empty elsewhere."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message; a reply to it goes to ``ticket``."""

    message: Message
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text and buttons of a message the bot sent before."""

    message_id: int
    message: Message


@dataclass(frozen=True, slots=True)
class Toast:
    """A short line over the chat, in answer to a tap."""

    text: str


class Do(StrEnum):
    """An effect beyond the conversation, done in the same transaction."""

    SHOW_DATA = "show everything held"
    REJECTED = "the last answer was not what was asked"
    SHOW_WHAT_GOES = "show what would be deleted"
    FORGET = "delete everything held"
    SET_MENU = "set the command menu in the chosen language"
    RESET_MENU = "take the chosen command menu back"
    SILENCE = "no more reminders of the plan's days"


@dataclass(frozen=True, slots=True)
class Told:
    """The student was told the dates of calls: (id, revision) of each."""

    calls: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CallOff:
    """Take back the alerts that wait for the student: of a programme, or all."""

    programme: str = ""


@dataclass(frozen=True, slots=True)
class KeepDeadlines:
    """Remind the student of these days of their plan, and of no others."""

    days: tuple[Personal, ...]


@dataclass(frozen=True, slots=True)
class Ticked:
    """The student has done what a deadline is for: its number."""

    deadline: int


@dataclass(frozen=True, slots=True)
class Reopened:
    """The student has not done after all what a deadline is for: how it is kept from now on."""

    kept: Kept


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text as a file; the message stands below it."""

    filename: str
    content: str
    message: Message


@dataclass(frozen=True, slots=True)
class SendCalendar:
    """Send a calendar file, under the ``name`` that calendars show for it; the message stands below it."""

    entries: tuple[Entry, ...]
    name: str
    message: Message


@dataclass(frozen=True, slots=True)
class Wondered:
    """The student asked something: what the FAQ made of it goes on record."""

    text: str
    match: Match


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Hand a request to the tutors."""

    request: Request


@dataclass(frozen=True, slots=True)
class AddToTicket:
    """What the student sent goes to a ticket of theirs.

    ``asked``: because the ticket waits for them, so it may have been meant for the bot. ``first``: of an album, or
    alone.
    ``parts`` is what they had put together for a request; empty: it is what they sent just now.
    """

    number: int
    asked: bool = False
    first: bool = True
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class WithdrawTicket:
    """The student takes a ticket back."""

    number: int


@dataclass(frozen=True, slots=True)
class Helped:
    """The student said whether the answer helped."""

    number: int
    yes: bool


Effect = (
    Send | Edit | Toast | Do | Told | CallOff | KeepDeadlines | Ticked | Reopened | SendText | SendCalendar
    | Wondered | OpenTicket | AddToTicket | WithdrawTicket | Helped
)  # fmt: skip


class Turn:
    """One event being dealt with: the state as it changes, and the effects so far."""

    def __init__(self, state: State, event: Event, facts: Facts) -> None:
        self.state, self.event, self.facts = state, event, facts
        self.effects: list[Effect] = []

    @property
    def lang(self) -> Lang:
        """The language the student reads: that of everything but what is said to a text in the other language."""
        return self.state.profile.language

    @property
    def knowledge(self) -> Knowledge:
        """What the desk wrote."""
        return self.facts.knowledge

    @property
    def voice(self) -> Voice:
        """The words, and the zone the desk's clock is in."""
        return Voice(self.facts.knowledge, self.facts.zone)

    @property
    def wishes(self) -> Wishes:
        """What the student wants to hear of, as it is by now."""
        return self.state.wishes

    @property
    def args(self) -> tuple[str, ...]:
        """What the tapped button carried; nothing where no button was tapped."""
        return self.event.tap.args if self.event.tap else ()

    def to(self, **changes: object) -> None:
        """Change the state."""
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    def say(self, key: str, **params: object) -> None:
        """Send a sentence without buttons."""
        self.send(Message(self.knowledge.words.say(self.lang, key, **params)))

    def edit(self, message: Message) -> None:
        """Replace the message whose button was tapped."""
        if self.event.message_id is not None:
            self.effects.append(Edit(self.event.message_id, message))

    def show(self, message: Message) -> None:
        """Put a message in place of the one whose button was tapped; where there is none, send it."""
        if self.event.message_id is None:
            self.send(message)
        else:
            self.edit(message)

    def do(self, what: Effect) -> None:
        """Ask for an effect beyond the conversation."""
        self.effects.append(what)

    def send(self, message: Message) -> None:
        """Send a message."""
        self.effects.append(Send(message))

    def tell_of_calls(self, shown: Iterable[str]) -> None:
        """Note that the student is told where the living calls of some programmes stand, as far as they follow them.

        Args:
            shown: The programmes whose calls the message really shows. Whoever knows the dates by now needs no
                correction, so one programme too many would leave somebody with dates that have moved.
        """
        told = {programme for programme in shown if self.wishes.follows(programme)}
        living = [call for call in self.facts.calls if call.lives(self.facts.now)]
        known = tuple((call.id, call.revision) for call in living if call.programme in told)
        if known:
            self.do(Told(known))

    def toast(self, key: str) -> None:
        """Answer a tap with a short line."""
        self.effects.append(Toast(self.knowledge.words.plain(self.lang, key)))
