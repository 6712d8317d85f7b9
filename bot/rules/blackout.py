"""Takes out of a text what tells who wrote it or to whom: greetings, farewells, addresses, numbers, names.

For texts that others will read: an answer of the FAQ, and what students asked that the bot did not understand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

BLACK = "█"
"""What stands in place of what was taken out in the middle of a sentence."""

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
HANDLE = re.compile(r"(?:https?://)?t\.me/\w+|(?<![\w.])@\w{3,32}")
PAGE = re.compile(r"(?<![\w.-])(?:https?://)?(?:www\.|m\.)?(?:facebook|instagram|linkedin|tiktok|x|twitter)\.com/\S+")
"""A person's page; other addresses may be what an answer is about."""
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b|\b[a-z]{2}\d{2}[a-z]?\d{10,30}\b")
TAX_CODE = re.compile(r"\b[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]\b")
DOCUMENT = re.compile(r"\b[A-Z]{2}\d{7}\b|\b[A-Z]{2}\d{5}[A-Z]{2}\b")
CODE = re.compile(r"\b[A-Z]\d{5,6}\b")
"""The number of a student, as the University of Milan writes some."""
ENROLMENT = re.compile(
    r"(?i:\b(?:matricola|matr\.?|student (?:id|number|no\.?)|(?:enrolment|enrollment|registration) number)\b)"
    r"(?:\s*(?:n\.?|no\.?|nr\.?|number|numero|is|è|:|#))*\s*([A-Za-z]?\d[\dA-Za-z]{3,9})"
)
DIGITS = re.compile(r"(?<![\w.,/€$-])\d{6,7}(?![\w€]|[.,/-]\d| ?(?i:eur|€))")
PHONE = re.compile(r"(?<![\w.,/-])(?:\+|00)?\(?\d(?:[ ./()-]{0,2}\d){7,15}(?![\w])")
DATES = re.compile(
    r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})\b|\b20\d\d ?[-/–] ?(?:20)?\d\d\b"
)
"""Days and academic years, which have as many digits as a telephone number."""

NAME = r"[A-ZÀ-Ý][\w'’-]+"
NAMES = rf"{NAME}(?: {NAME}){{0,2}}"
TITLE = (
    r"(?: (?i:dott(?:oressa|ore|\.ssa|\.)?|prof(?:essor(?:essa|e)?|\.ssa|\.)?|dr\.?|mrs?\.?|ms\.?"
    r"|sig(?:nora|\.ra|\.)?))"
)
GREETING = re.compile(
    r"(?i:ciao|hi|hello|hey|dear|car[oaie]|gentil(?:e|issim[oa])|egregi[oa]|salve|buongiorno|buonasera|buon giorno"
    r"|buona sera|good (?:morning|afternoon|evening))"
    rf"{TITLE}*(?: {NAMES})?\s*(?:[,!.:;–-]+\s*|\n\s*|$)"
)
PAUSE = r"(?:(?<=[.!?\n…,;–-])|(?<=[.!?\n…,;–-]\s)|^)"
FAREWELL = re.compile(
    rf"[\s,;–-]*{PAUSE}"
    r"(?i:(?:best|kind|warm)(?: (?:regards|wishes))?|regards|cheers|all the best|yours(?: sincerely)?"
    r"|(?:cordiali |distinti |un caro |un |tanti |cari )?salut[oi]|cordialmente|a presto|buona giornata"
    r"|(?:mille |molte )?grazie(?: mille)?|thanks(?: a lot| in advance)?|thank you(?: (?:so|very) much)?)"
    rf"\s*[,!.:;–-]*\s*(?:{NAMES})?\s*[.!🙂😊]*\s*$"
)
INTRODUCTION = re.compile(rf"(?i:\b(?:my name is|mi chiamo|il mio nome (?:è|e')))\s+(\w+(?: {NAME}){{0,2}})")
PRESENTATION = re.compile(rf"\b(?:I am|I'm|I’m|Sono|sono)\s+({NAME} {NAME})(?=[,.;!?\n]|$)")
IDENTIFYING = (EMAIL, PAGE, HANDLE, IBAN, TAX_CODE, DOCUMENT, CODE, ENROLMENT, INTRODUCTION, PRESENTATION)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text without what tells who it is about, and what was taken out of it."""

    text: str
    removed: tuple[str, ...] = ()


def blacked_out(text: str, names: Collection[str] = (), kept: Collection[str] = ()) -> Cleaned:
    """A bare text without greetings, farewells, and what identifies somebody.

    It finds what has a shape; whoever proposes the text reads it before anybody else does.

    Args:
        text: What was written.
        names: First names of those who wrote.
        kept: E-mail addresses that may stay, such as the desk's own, in lower case.
    """
    removed: list[str] = []
    text = _without_manners(text.strip(), removed)
    for pattern in IDENTIFYING:
        text = _blackened(pattern, text, removed, kept)
    text = _without_numbers(text, removed)
    for name in names:
        if len(name.strip()) > 1:
            text = _blackened(re.compile(rf"(?<!\w){re.escape(name.strip())}(?!\w)"), text, removed, ())
    text = text.strip()
    return Cleaned(text[:1].upper() + text[1:], tuple(dict.fromkeys(removed)))


def addresses(texts: Collection[str]) -> frozenset[str]:
    """The e-mail addresses that some texts name, in lower case."""
    return frozenset(found.lower().rstrip(".") for text in texts for found in EMAIL.findall(text))


def _without_manners(text: str, removed: list[str]) -> str:
    greeting = GREETING.match(text)
    if greeting and greeting.end() < len(text):
        removed.append(greeting[0].strip())
        text = text[greeting.end() :]
    farewell = FAREWELL.search(text)
    while farewell and farewell.start() > 0:
        removed.append(farewell[0].strip(" \n,;–-"))
        text = text[: farewell.start()]
        farewell = FAREWELL.search(text)
    return text


def _blackened(pattern: re.Pattern[str], text: str, removed: list[str], kept: Collection[str]) -> str:
    def black(found: re.Match[str]) -> str:
        named = found[found.lastindex or 0]
        if named.lower().rstrip(".") in kept:
            return found[0]
        removed.append(named)
        return found[0].replace(named, BLACK)

    return pattern.sub(black, text)


def _without_numbers(text: str, removed: list[str]) -> str:
    """Telephone and enrolment numbers are blacked out, days and years are not."""
    parts = []
    for part, is_date in _parted(text):
        without = part
        for pattern in () if is_date else (PHONE, DIGITS):
            without = _blackened(pattern, without, removed, ())
        parts.append(without)
    return "".join(parts)


def _parted(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces: what are days or academic years, and what stands between them."""
    end = 0
    for found in DATES.finditer(text):
        yield text[end : found.start()], False
        yield found[0], True
        end = found.end()
    yield text[end:], False
