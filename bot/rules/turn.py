"""One turn of the conversation: what a student did, what the bot remembers, and what it does in return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from bot.faq.matcher import Match
from bot.rules import buttons
from bot.rules.answers import Knowledge
from bot.rules.buttons import Act, Tap
from bot.rules.messages import Lang, Message
from bot.rules.profile import Profile, Question


class Step(StrEnum):
    """Where a student stands: at rest, at a question of the flow, or before deleting everything."""

    IDLE = "idle"
    YEAR = "year"
    DEGREE = "degree"
    GOAL = "goal"
    DESTINATION = "destination"
    DATES = "dates"
    UNTIL = "until"
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
    BLANK = "nothing behind it"
    STALE = "question answered before"
    OLD_BUTTON = "button of another release"
    OTHER = "photo, sticker, voice …"


COMMANDS: Mapping[str, Trigger] = {
    trigger.removeprefix("/"): trigger for trigger in Trigger if trigger.startswith("/")
} | {"unsubscribe": Trigger.SUBSCRIBE, "reminders": Trigger.SUBSCRIBE}
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
    Act.BLANK: Trigger.BLANK,
}


@dataclass(frozen=True, slots=True)
class Event:
    """What the student did.

    ``text`` is what they wrote, or a command's argument; ``tap`` what their button carried; ``message_id`` the message
    the button stands under; ``name`` the first name Telegram shows, used for a greeting and never kept.
    """

    trigger: Trigger
    text: str = ""
    tap: Tap | None = None
    message_id: int | None = None
    name: str = ""


def command(name: str, argument: str = "", *, person: str = "") -> Event:
    """The student wrote ``/name argument``."""
    return Event(COMMANDS.get(name.lower(), Trigger.UNKNOWN_COMMAND), argument, name=person)


def tapped(packed: str, message_id: int | None) -> Event:
    """The student tapped a button that carries ``packed``."""
    tap = buttons.read(packed)
    if tap and tap.act is Act.COMMAND and tap.args:
        return Event(COMMANDS.get(tap.args[0], Trigger.OLD_BUTTON), tap=tap, message_id=message_id)
    return Event(TAPS[tap.act] if tap and tap.act in TAPS else Trigger.OLD_BUTTON, tap=tap, message_id=message_id)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the bot remembers of a student between two events.

    ``prompt`` numbers the last question asked; ``start`` is the first day picked while the last is still asked for;
    ``previous`` is the label of the answer just read, at ``previous_at``; ``question`` is the last free question and
    ``offered`` the labels shown or suggested for it.
    """

    profile: Profile = field(default_factory=Profile)
    step: Step = Step.IDLE
    prompt: int = 0
    start: date | None = None
    previous: str | None = None
    previous_at: datetime | None = None
    question: str | None = None
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the dialogue may look at: the knowledge, the matcher, and the time."""

    knowledge: Knowledge
    match: Callable[[str, str | None, Lang], Match]
    """(text, label of the answer just read, the student's language) -> what the FAQ makes of it."""
    now: datetime
    today: date
    """The day it is in Milan."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message."""

    message: Message


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
    FORGET = "delete everything held"
    SET_MENU = "set the command menu in the chosen language"
    RESET_MENU = "take the chosen command menu back"


Effect = Send | Edit | Toast | Do


class Turn:
    """One event being dealt with: the state as it changes, and the effects so far."""

    def __init__(self, state: State, event: Event, facts: Facts) -> None:
        self.state, self.event, self.facts = state, event, facts
        self.effects: list[Effect] = []

    @property
    def lang(self) -> Lang:
        """The language the student reads."""
        return self.state.profile.language

    @property
    def knowledge(self) -> Knowledge:
        """What the desk wrote."""
        return self.facts.knowledge

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

    def do(self, what: Do) -> None:
        """Ask for an effect beyond the conversation."""
        self.effects.append(what)

    def send(self, message: Message) -> None:
        """Send a message."""
        self.effects.append(Send(message))

    def toast(self, key: str) -> None:
        """Answer a tap with a short line."""
        self.effects.append(Toast(self.knowledge.words.plain(self.lang, key)))
