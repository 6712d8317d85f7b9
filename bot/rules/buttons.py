"""What a button carries back: a release mark, an action, and its arguments, within Telegram's 64 bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RELEASE = "1"
"""Changed when old buttons can no longer be understood; their owners get a polite answer."""
LONGEST_DATA = 64
"""Telegram's limit for the data of a button, in bytes."""


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
    BLANK = "-"
    """A cell of the calendar that is only drawn."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button's data, taken apart."""

    act: Act
    args: tuple[str, ...]


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
