"""What a button carries back: a release mark, an action, and its arguments, within Telegram's 64 bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RELEASE = "1"
"""Changed when old buttons can no longer be understood; their owners get a polite answer."""
LONGEST_DATA = 64
"""Telegram's limit for the data of a button, in bytes."""


LONGEST_NUMBER = 18
"""Digits that always fit a number of the database's, which is below 2 to the 63rd."""


class Act(StrEnum):
    """What a button does; the letters travel in its data."""

    OPEN = "o"
    """Open the answer with a label."""
    PICK = "k"
    """Open the answer picked among suggestions."""
    COMMAND = "c"
    """Do what a command does."""
    REPLY = "r"
    """Answer a question of the flow: prompt number, question, value."""
    CHANGE = "x"
    """Change one answer of the plan."""
    MONTH = "m"
    """Show another month of the calendar: prompt number, year-month."""
    DAY = "d"
    """Pick a day of the calendar: prompt number, day."""
    REJECT = "n"
    """"That's not it"."""
    SPEAK = "l"
    """Choose a language."""
    FORGET = "f"
    """Confirm, or not, that everything is deleted."""
    FOLLOW = "w"
    """Subscribe to a programme's calls, or to ``all``, from anywhere; after ``none``, unsubscribe from it, or all."""
    TOGGLE = "t"
    """Switch a programme, or ``all``, in the list of subscriptions."""
    KIND = "a"
    """Switch a kind of alert."""
    HOURS = "h"
    """Choose the hours at which alerts may arrive: from, until; without them, show the choice."""
    KEEP = "e"
    """Be reminded of the days of one's own plan, or no more: ``on``, ``off``."""
    TICK = "v"
    """A deadline is done: its number; ``list`` on the page of days, ``undo`` where it was not done after all."""
    RESUME = "u"
    """Alerts go on after a pause, or do not: ``yes``, ``no``."""
    DRAFT = "z"
    """Staff: what to do with a draft: its number, a verb, and what the verb needs."""
    MAILING = "y"
    """Staff: what to do with a message to many: its number and a verb."""
    PERSON = "p"
    """What to do with a question for a person that is not sent yet: ``send``, ``more``, ``name``, ``cancel``."""
    MINE = "i"
    """A student's own ticket: its number and a verb."""
    TICKET = "q"
    """Staff: what to do with a ticket: its number, a verb, and what the verb needs."""
    MEMBER = "j"
    """Staff: who they are, and what they take on: a verb, and what the verb needs."""
    PROPOSAL = "b"
    """Staff: what to do with an answer proposed for the FAQ: its number and a verb."""
    STATS = "s"
    """Staff: what students ask: a span of time."""
    CANDIDATE = "g"
    """Staff: what a question that was not understood means: a number, a verb, and what the verb needs."""
    BLANK = "-"
    """A cell of the calendar that is only drawn."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button's data, taken apart."""

    act: Act
    args: tuple[str, ...]


def number(argument: str) -> int:
    """The number that a button carries as an argument; 0 where it is none, or none of ours."""
    return int(argument) if argument.isdecimal() and len(argument) <= LONGEST_NUMBER else 0


def data(act: Act, *args: object) -> str:
    """The data of a button."""
    packed = "|".join((RELEASE, act, *(str(arg) for arg in args)))
    if len(packed.encode()) > LONGEST_DATA:
        raise ValueError(f"button data of more than {LONGEST_DATA} bytes: {packed}")
    return packed


def read(packed: str) -> Tap | None:
    """A button's data taken apart, or None: it is of another release, or not ours."""
    release, *rest = packed.split("|")
    if release != RELEASE or not rest or rest[0] not in set(Act):
        return None
    return Tap(Act(rest[0]), tuple(rest[1:]))
