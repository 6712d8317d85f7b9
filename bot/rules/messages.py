"""What a person reads: sentences by key and language, buttons, and messages cut to Telegram's measure.

Sentences are HTML as Telegram reads it; every value put into one is escaped here, so that a name with ``<`` in it stays
a name. A tag never spans two lines, which is what lets :func:`split` cut a long text between lines.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from babel.dates import format_date

from bot.rules.roles import Role

Lang = Literal["en", "it"]
LANGS: tuple[Lang, ...] = ("en", "it")


def lang_of(written: str | None) -> Lang:
    """A language as it was written down somewhere; English where that is none of ours."""
    return "it" if written == "it" else "en"


LONGEST_TEXT = 4096
"""Telegram's limit for one message, in UTF-16 units after its entities are parsed."""
LONGEST_COPY = 256
"""Telegram's limit for the text a button copies, in characters."""

MENUS = ((Role.ADMIN, "staff-command."), (Role.TUTOR, "tutor-command."), (Role.STUDENT, "command."))
"""How the keys of the commands begin that are in the menu from a role on."""
ELIDED = {"il": "l'", "Il": "L'", "al": "all'", "dal": "dall'", "Dal": "Dall'", "del": "dell'", "nel": "nell'"}
ELISION = re.compile(rf"\b({'|'.join(ELIDED)}) ((?:<b>)?)\{{(\w+)\}}")
"""Italian says "l'8 luglio" and "dall'11 marzo"."""
TAG = re.compile(r"</?(?:b|i|u|s|a|code|pre|blockquote|tg-spoiler|tg-time)(?: [^<>]*)?>")


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; exactly one of ``data``, ``url`` and ``copy`` is set.

    ``data`` comes back when it is tapped (64 bytes at most), ``url`` opens a page, ``copy`` goes to the clipboard.
    """

    text: str
    data: str = ""
    url: str = ""
    copy: str = ""

    def carried(self) -> dict[str, str]:
        """The button as plain values, without what is empty."""
        values = {"text": self.text, "data": self.data, "url": self.url, "copy": self.copy}
        return {name: value for name, value in values.items() if value}


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A text (Telegram's HTML) and the rows of buttons under it."""

    text: str
    buttons: Rows = ()

    def carried(self) -> dict[str, object]:
        """The message as plain values, for a row of the outbox."""
        return {"text": self.text, "buttons": [[button.carried() for button in row] for row in self.buttons]}

    def parts(self) -> Iterator[Message]:
        """The message in pieces that Telegram accepts, the buttons under the last."""
        *first, last = split(self.text)
        for text in first:
            yield Message(text)
        yield replace(self, text=last)


class Words:
    """Every sentence the bot says besides its answers, by language and key."""

    def __init__(self, texts: Mapping[Lang, Mapping[str, str]]) -> None:
        self._texts = texts

    def say(self, lang: Lang, key: str, **params: object) -> str:
        """The sentence ``key`` in ``lang``, as HTML.

        Args:
            lang: The reader's language.
            key: A key of ``knowledge/messages.*.yaml``.
            params: What fills the sentence's placeholders: days are written out in the language, anything else is
                escaped; a value that is HTML already is given as :class:`Html`.

        Raises:
            KeyError: Nobody wrote such a sentence, or it has a placeholder that is not given.
        """
        filled = {name: _shown(lang, value) for name, value in params.items()}
        template = self._texts[lang][key]
        if lang == "it":
            template = ELISION.sub(lambda found: _elided(found, params.get(found[3])), template)
        return template.format_map(filled)

    def plain(self, lang: Lang, key: str, **params: object) -> str:
        """The sentence without mark-up, for buttons, menus and the terminal."""
        return plain(self.say(lang, key, **params))

    def commands(self, lang: Lang, role: Role = Role.STUDENT) -> dict[str, str]:
        """The command menu of a role in ``lang``: name and description, in the order in which the file lists them.

        What is an admin's alone stands first, then what is a tutor's, then what is everybody's.
        """
        found: dict[str, str] = {}
        for prefix in (prefix for needed, prefix in MENUS if role.may(needed)):
            texts = self._texts[lang].items()
            found |= {key.removeprefix(prefix): text for key, text in texts if key.startswith(prefix)}
        return found


class Month(date):
    """A day of which only the month is known."""

    @classmethod
    def of(cls, on: date) -> Month:
        """The month of a day."""
        return cls(on.year, on.month, on.day)


class Html(str):
    """A text that is HTML already and must not be escaped again."""

    __slots__ = ()


def _elided(found: re.Match[str], value: object) -> str:
    """An article before a day, elided where Italian does so: before the 8th and the 11th."""
    if isinstance(value, date) and not isinstance(value, Month) and value.day in {8, 11}:
        return f"{ELIDED[found[1]]}{found[2]}{{{found[3]}}}"
    return found[0]


def _shown(lang: Lang, value: object) -> str:
    if isinstance(value, Html):
        return value
    if isinstance(value, Month):
        return month_name(lang, value)
    if isinstance(value, date):
        return day_name(lang, value)
    return html.escape(str(value), quote=False)


def day_name(lang: Lang, on: date) -> str:
    """A day as people write it: 14 January 2027, 14 gennaio 2027, 1° luglio 2027."""
    first_in_italian = lang == "it" and on.day == 1
    return format_date(on, "d'°' MMMM y" if first_in_italian else "d MMMM y", locale=lang)


def month_name(lang: Lang, on: date) -> str:
    """A month as people write it: January 2027, gennaio 2027."""
    return format_date(on, "LLLL y", locale=lang)


def months(lang: Lang, first: date, last: date) -> str:
    """A span of whole months: February 2027, January–February 2027, dicembre 2027–gennaio 2028."""
    if (first.year, first.month) == (last.year, last.month):
        return month_name(lang, last)
    begin = format_date(first, "LLLL" if first.year == last.year else "LLLL y", locale=lang)
    return f"{begin}–{month_name(lang, last)}"


def plain(text: str) -> str:
    """Telegram's HTML as bare text; a link keeps its address in brackets."""
    text = re.sub(r'<a href="([^"]*)">([^<]*)</a>', r"\2 (\1)", text)
    return html.unescape(TAG.sub("", text))


def length(text: str) -> int:
    """How long Telegram says a text is: UTF-16 units, without mark-up."""
    return len(html.unescape(TAG.sub("", text)).encode("utf-16-le")) // 2


def shortened(text: str, most: int) -> str:
    """Bare text in at most ``most`` UTF-16 units; "…" stands for the rest."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def first_words(text: str, most: int = 80) -> str:
    """The beginning of a bare text, on one line."""
    return shortened(" ".join(text.split()), most)


def split(text: str, limit: int = LONGEST_TEXT) -> list[str]:
    """Cut ``text`` between lines, or failing that between words, into pieces of at most ``limit``; nothing is lost."""
    pieces, current = [], ""
    for line in _short_lines(text, limit):
        longer = f"{current}\n{line}" if current else line
        if length(longer) <= limit:
            current = longer
        else:
            pieces.append(current)
            current = line
    return [*pieces, current]


def _short_lines(text: str, limit: int) -> Iterator[str]:
    for line in text.split("\n"):
        if length(line) <= limit:
            yield line
        else:
            yield from (html.escape(piece, quote=False) for piece in _chunks(plain(line), limit))


def _chunks(text: str, limit: int) -> Iterator[str]:
    while length(html.escape(text, quote=False)) > limit:
        end = limit // 2  # every character is at most two units, so this many always fit
        space = text.rfind(" ", 1, end)
        end = space if space > 0 else end
        yield text[:end]
        text = text[end:].lstrip(" ")
    yield text
