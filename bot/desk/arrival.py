"""What arrives from a person: a command, a text, a file, a press of a button, something else; or a word in a group."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.rules.messages import Lang


class Kind(StrEnum):
    """What somebody did."""

    COMMAND = "command"
    TEXT = "text"
    FILE = "file"
    """A photo, a document, a voice message …: what can be handed on to another person."""
    OTHER = "other"
    """A sticker, a place …: what cannot."""
    TAP = "tap"


@dataclass(frozen=True, slots=True)
class Who:
    """Who did something: the Telegram user's id, language and first name.

    The name of a student is used and kept only where they agree to it.
    """

    user_id: int
    language_code: str
    first_name: str

    @property
    def language(self) -> Lang:
        """Italian for those whose Telegram speaks Italian, English for everybody else."""
        return "it" if self.language_code.lower().startswith("it") else "en"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing somebody did in their chat with the bot.

    ``text`` is what they wrote, a command's argument, or what stands below a file; ``formatted`` the same in Telegram's
    HTML; ``name`` a command's name, or the kind of a file as Telegram calls it; ``data`` what a button carried;
    ``message_id`` their own message, or the one whose button was pressed; ``reply_to`` the message theirs replies to;
    ``album`` what Telegram calls the album it is part of; ``edited``: they changed a message of theirs.
    """

    update_id: int
    who: Who
    kind: Kind
    text: str = ""
    formatted: str = ""
    name: str = ""
    data: str = ""
    message_id: int | None = None
    reply_to: int | None = None
    album: str | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Addressed:
    """What somebody said to the bot in a group; of them no more is known than the language of their app.

    ``text`` is without the bot's name; ``command``: it is a command for this bot. ``thread`` is the topic it stands in,
    in a group that has topics. ``by_reply``: it replies to a message of the bot's without naming it, and ``link`` is
    where the first button of that message leads.
    """

    update_id: int
    chat_id: int
    message_id: int
    language: Lang
    text: str = ""
    command: bool = False
    thread: int | None = None
    by_reply: bool = False
    link: str = ""
