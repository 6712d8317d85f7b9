"""Whom a broadcast is for: the audiences there are, and how staff write them before a text.

Texts are Telegram's HTML, made from what somebody formatted in their app.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from bot.rules import names
from bot.rules.alerts import ALL
from bot.rules.answers import Knowledge
from bot.rules.messages import LANGS, Lang, plain
from bot.rules.plan import Fault
from bot.rules.programmes import Programme

YEARS = range(1, 7)
"""Of the degree."""

_TAGS = r"(?:</?[a-z-]+(?: [^<>]*)?>)*"
_TONGUES: Mapping[str, Lang] = {
    "en": "en", "english": "en", "inglese": "en", "it": "it", "italian": "it", "italiano": "it",
}  # fmt: skip
_YEAR = r"(?:(?:year|anno)[ :]? ?(?P<year>\d{1,4})|(?P<nth>\d)(?:st|nd|rd|th|°|º)? (?:year|anno))"
_TONGUE = rf"(?:language|lingua)[ :] ?(?P<tongue>{'|'.join(_TONGUES)})"
_NAMED = rf"(?P<who>all|en|it|{_YEAR}|{_TONGUE}|{'|'.join(Programme)})"
ADDRESSED = re.compile(rf"({_TAGS}){_NAMED}(?P<end>{_TAGS}) *(?:$|\n|:(?P<after>{_TAGS}))", re.IGNORECASE)
HEADED = re.compile(rf"({_TAGS})([^:<>\n]{{1,60}}?)(?P<end>{_TAGS}) *(?:$|(?P<colon>:)(?P<after>{_TAGS}))")
"""The words before a colon, or all there is where it is short and on one line."""
MOST_WORDS = 4
"""Words of the longest thing that can be taken for an audience that was written wrongly."""
EVERYBODY = frozenset({"all", "everybody", "everyone", "tutti", "tutte"})
LEADS = frozenset({"year", "years", "anno", "anni", "language", "lingua", "programme", "programma"})
"""What begins with one of these and a few words more was meant for an audience."""
NEAR = 0.8
"""How alike a slip of the keyboard is to what was meant."""


def audiences(begins: int) -> tuple[str, ...]:
    """Everybody a broadcast can be for, in the order in which they are offered.

    ``begins`` is the calendar year the academic year begins in: a year of the degree is only true in the one it was
    told in.
    """
    programmes = (f"programme:{programme}" for programme in Programme)
    return (ALL, *programmes, *(f"year:{year}:{begins}" for year in YEARS), *(f"language:{lang}" for lang in LANGS))


def languages_of(audience: str) -> tuple[Lang, ...]:
    """The languages an audience can be written to in; who was chosen by language reads that one."""
    return tuple(lang for lang in LANGS if audience == f"language:{lang}") or LANGS


def read(argument: str, knowledge: Knowledge, begins: int) -> tuple[str, str] | Fault:
    """The audience a command names (empty: none) and the text after it (HTML).

    An audience is ``all``, a programme, ``year 4``, ``en`` or ``it``, and only counts where a colon or the end of the
    line follows it. Announcements begin with these very words ("All students …", "Free-mover applications …", "It is
    …"), and one that lost its first word and went to a few, or a few words taken for an audience, would be worse than
    having to type a colon. Before a colon, and where nothing else is written, other names of an audience count too
    ("tutti", "free mover"), and what is nearly one is a fault. What is not taken for one goes to everybody, and the
    preview says so before anything leaves.
    """
    written = argument.strip()
    found = ADDRESSED.match(written)
    if found is not None:
        year = found["year"] or found["nth"]
        if year and int(year) not in YEARS:
            return Fault("broadcast.no-year", {"year": year})
        who, kept = _audience(found, begins), found.group(1, "end", "after")
        return who, "".join(each or "" for each in kept) + written[found.end() :].strip()
    headed = HEADED.match(written)
    head = plain(headed[2]).strip() if headed else ""
    meant = _meant(head, knowledge)
    if headed and meant:
        return meant, "".join(each or "" for each in headed.group(1, "end", "after")) + written[headed.end() :].strip()
    if headed and headed["colon"] and _nearly(head, knowledge):
        return Fault("broadcast.no-such", {"value": head, "list": ", ".join(Programme)})
    return "", written


def _audience(found: re.Match[str], begins: int) -> str:
    who, tongue = found["who"].lower(), (found["tongue"] or "").lower()
    if year := found["year"] or found["nth"]:
        return f"year:{year}:{begins}"
    if who in set(Programme):
        return f"programme:{who}"
    return who if who == ALL else f"language:{_TONGUES[tongue or who]}"


def _meant(head: str, knowledge: Knowledge) -> str:
    """The audience that words can only mean; empty: none."""
    low = " ".join(head.lower().split())
    if low in EVERYBODY:
        return ALL
    if low in _TONGUES:
        return f"language:{_TONGUES[low]}"
    programme = names.named(knowledge, head)
    return f"programme:{programme}" if programme in set(Programme) else ""


def _nearly(head: str, knowledge: Knowledge) -> bool:
    """Whether words look like an audience that was written wrongly."""
    low = head.lower().split()
    if not 0 < len(low) <= MOST_WORDS:
        return False
    begins = (" ".join(low[:many]) for many in range(1, len(low)))
    if low[0] in LEADS or any(names.named(knowledge, each) in set(Programme) for each in begins):
        return True
    known = [*EVERYBODY, *_TONGUES, *LEADS, *(str(programme).replace("-", " ") for programme in Programme)]
    known = [each for each in known if len(each) > len("all")]
    return bool(get_close_matches(" ".join(low).replace("-", " "), known, n=1, cutoff=NEAR))
