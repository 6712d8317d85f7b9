"""What can become of a message on its way to Telegram, and when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass

MOST_TRIES = 40
"""Tries that failed for certain before a message is given up; with the delays below about three hours."""
LONGEST_DELAY = 300.0
"""The longest pause between two tries, in seconds."""
ALERTS_A_SECOND = 25.0
"""Alerts and broadcasts over all chats; Telegram allows about 30 a second, answers to people not counted."""
UNCERTAIN_TRIES = 1
"""How often a message that may have arrived is sent once more: at least once, at most once more."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Telegram took it; ``message_id`` is None where a call makes no message, the first where it makes several."""

    message_id: int | None
    messages: int = 1


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Telegram refused it for now: not sent, and to be left alone for ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NotSent:
    """It never reached Telegram: safe to repeat."""

    error: str


@dataclass(frozen=True, slots=True)
class ServerError:
    """Telegram, or a gateway before it, answered 5xx: most likely not sent.

    So it is tried until it is, and since nobody can be sure the report counts it as perhaps twice.
    """

    error: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have arrived: the answer was lost."""

    error: str


@dataclass(frozen=True, slots=True)
class Gone:
    """There is nobody there: the bot was blocked, the account deleted, the chat unknown."""

    error: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Telegram will never take this message as it is."""

    error: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """The group has become a supergroup with another id; not sent."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class Halted:
    """Nothing can be sent at all: the token was revoked."""

    error: str


Outcome = Sent | RetryAt | NotSent | ServerError | Unknown | Gone | Refused | Migrated | Halted


def delay(tries: int, *, lasting: bool = False) -> float | None:
    """Seconds until the next try after ``tries`` that failed for certain; None: give up.

    ``lasting``: it has an end of its own, so it is tried until then, however long Telegram cannot be reached.
    """
    return min(2.0 ** min(tries - 1, 20), LONGEST_DELAY) if lasting or tries < MOST_TRIES else None
