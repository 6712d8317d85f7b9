"""The life of a ticket, as a table: where it stands, what is done to it and by whom, where it stands then.

The table is data: a test walks every state and act, and what is not in it cannot be done. Whoever acts is named in
relation to the ticket (:class:`Hand`); that somebody is staff at all is checked before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REMINDED_AFTER = (timedelta(hours=4), timedelta(hours=24))
"""How much desk time a ticket waits before its tutors are reminded; the second time, and each day of desk time from
then on, the admins are too."""
MOST_OPEN = 5
"""Open tickets of one student; what comes then is added to one of them."""
QUIET = timedelta(days=7)
"""After so long without a word an answered ticket, or one that waits for its student, is closed."""


class State(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    """Nobody has taken it."""
    CLAIMED = "claimed"
    """Somebody has, and owes an answer."""
    WAITING = "waiting"
    """It waits for its student."""
    ANSWERED = "answered"
    CLOSED = "closed"


class Act(StrEnum):
    """What can be done to a ticket."""

    CLAIM = "claim"
    REPLY = "reply"
    ASK = "ask"
    NOTE = "note"
    WRITE = "write"
    HAND_OVER = "hand over"
    RELEASE = "release"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    WITHDRAW = "withdraw"
    HELPED = "helped"
    NOT_HELPED = "not helped"
    FALL_QUIET = "fall quiet"
    FORGET = "forget"


class Hand(StrEnum):
    """Who does it, seen from the ticket."""

    STUDENT = "student"
    """Whose question it is."""
    CLAIMER = "claimer"
    """Who has taken it."""
    STAFF = "staff"
    """A tutor who has not."""
    ADMIN = "admin"
    """An admin who has not."""
    DESK = "desk"
    """The program by itself."""


class Who(StrEnum):
    """Who wrote something on a ticket."""

    STUDENT = "student"
    TUTOR = "tutor"
    NOTE = "note"
    """Staff, for staff: the student never sees it."""


class Delivery(StrEnum):
    """What became of an answer on its way to the student."""

    NONE = "none"
    """It goes to nobody."""
    WAITS = "waits"
    SENT = "sent"
    FAILED = "failed"
    BLOCKED = "blocked"
    """The student has blocked the bot, or is gone."""


class Origin(StrEnum):
    """How a ticket came about."""

    ASKED = "asked"
    """The student asked for a person."""
    REJECTED = "rejected"
    """The student said "that's not it"."""
    NONE = "none"
    """The bot had no answer."""
    FAILED = "failed"
    """The bot failed twice in a row."""


@dataclass(frozen=True, slots=True)
class Opening:
    """When a new ticket can be expected to be read.

    ``opens_at`` is when the desk works next (now, while it ``is_open``; None: nobody knows), ``why`` it is closed;
    ``waits`` how long those answered lately had waited; ``nobody``: nobody is on duty for it.
    """

    is_open: bool
    opens_at: datetime | None
    why: str = ""
    waits: Sequence[timedelta] = ()
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table: in any of ``states``, any of ``hands`` may do ``act``; then the ticket stands at ``to``.

    ``to`` is None where it stays where it is.
    """

    act: Act
    states: tuple[State, ...]
    hands: tuple[Hand, ...]
    to: State | None


OPEN = (State.NEW, State.CLAIMED, State.WAITING, State.ANSWERED)
TAKEN = (State.CLAIMED, State.WAITING, State.ANSWERED)
ANY = tuple(State)
PEOPLE = (Hand.STAFF, Hand.ADMIN, Hand.CLAIMER)

MOVES: tuple[Move, ...] = (
    Move(Act.CLAIM, (State.NEW,), PEOPLE, State.CLAIMED),
    Move(Act.REPLY, (State.NEW,), PEOPLE, State.ANSWERED),
    Move(Act.REPLY, TAKEN, (Hand.CLAIMER,), State.ANSWERED),
    Move(Act.ASK, (State.NEW,), PEOPLE, State.WAITING),
    Move(Act.ASK, TAKEN, (Hand.CLAIMER,), State.WAITING),
    Move(Act.NOTE, ANY, PEOPLE, None),
    Move(Act.WRITE, (State.NEW,), (Hand.STUDENT,), State.NEW),
    Move(Act.WRITE, (State.CLAIMED, State.WAITING, State.ANSWERED, State.CLOSED), (Hand.STUDENT,), State.CLAIMED),
    Move(Act.HAND_OVER, TAKEN, (Hand.CLAIMER, Hand.ADMIN), State.CLAIMED),
    Move(Act.HAND_OVER, (State.NEW,), PEOPLE, State.CLAIMED),
    Move(Act.RELEASE, TAKEN, (Hand.CLAIMER, Hand.ADMIN, Hand.DESK), State.NEW),
    Move(Act.CLOSE, (State.NEW,), PEOPLE, State.CLOSED),
    Move(Act.CLOSE, TAKEN, (Hand.CLAIMER, Hand.ADMIN), State.CLOSED),
    Move(Act.REOPEN, (State.CLOSED,), PEOPLE, State.CLAIMED),
    Move(Act.MERGE, (State.NEW,), PEOPLE, None),
    Move(Act.MERGE, (State.CLAIMED,), (Hand.CLAIMER, Hand.ADMIN), None),
    Move(Act.WITHDRAW, OPEN, (Hand.STUDENT,), State.CLOSED),
    Move(Act.HELPED, (State.ANSWERED, State.CLOSED), (Hand.STUDENT,), State.CLOSED),
    Move(Act.NOT_HELPED, (State.ANSWERED, State.CLOSED), (Hand.STUDENT,), None),
    Move(Act.FALL_QUIET, (State.WAITING, State.ANSWERED), (Hand.DESK,), State.CLOSED),
    Move(Act.FORGET, ANY, (Hand.STUDENT, Hand.DESK), State.CLOSED),
)


def _table(moves: Iterable[Move]) -> dict[tuple[State, Act, Hand], State]:
    return {(state, move.act, hand): move.to or state for move in moves for state in move.states for hand in move.hands}


TABLE: Mapping[tuple[State, Act, Hand], State] = _table(MOVES)


def after(state: State, act: Act, hand: Hand, *, taken: bool = True) -> State | None:
    """Where a ticket stands after ``act``; None: ``hand`` may not do that to a ticket that stands there.

    What nobody has ``taken`` any more, because whoever had is no longer staff, is new instead of claimed.
    """
    to = TABLE.get((state, act, hand))
    return State.NEW if to is State.CLAIMED and not taken else to


def next_reminder(reminded: int) -> timedelta:
    """How much desk time after the last reminder (or after the ticket began to wait) the next one comes."""
    first, second = REMINDED_AFTER
    return {0: first, 1: second - first}.get(reminded, second)


def diagram() -> str:
    """The life of a ticket as a Mermaid state diagram, drawn from the table."""
    labels: dict[tuple[State, State], dict[str, None]] = {}
    for move in MOVES:
        for state in move.states:
            if move.to and move.to is not state:
                labels.setdefault((state, move.to), {})[move.act] = None
    arrows = [f"    {state} --> {to}: {' / '.join(acts)}" for (state, to), acts in labels.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> new", *arrows, "    closed --> [*]"])
