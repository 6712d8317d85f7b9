"""What staff write after ``/announce`` and ``/move``, read: a programme, two moments, a link, a note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil import tz
from dateutil.relativedelta import relativedelta

from bot.rules import names
from bot.rules.answers import Knowledge
from bot.rules.calls import Dates
from bot.rules.messages import LANGS
from bot.rules.plan import Fault
from bot.rules.programmes import Programme

NO_LINK = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:\S", re.IGNORECASE)
"""An address of a kind that is not opened in a chat."""
MOMENT = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:T(\d{1,2}[:.]\d{2}))?", re.IGNORECASE)
FURTHEST = relativedelta(years=2)
"""A call further ahead than this is a slip of the keyboard."""
LONGEST_LINK, LONGEST_NOTE = 300, 300
NEAR = 0.75
"""How alike a slip of the keyboard is to what was meant."""
NUMBER = re.compile(r"#?(\d{1,9})")
LONGEST_NAME = 8
"""Words of the longest name of a programme, and some more."""
BEGINS_THE_REST = re.compile(r"\d|https?://|www\.", re.IGNORECASE)
"""What no name of a programme begins with: dates and links."""


@dataclass(frozen=True, slots=True)
class Written:
    """A call as it was written; ``which`` is the number of a call instead of its programme."""

    programme: Programme | None
    which: int | None
    dates: Dates
    link: str
    note: str


def read_target(text: str, knowledge: Knowledge) -> tuple[Programme | int | None, str]:
    """The programme or the number (``#3`` or ``3``) a command begins with, and the rest of it.

    A programme is named by its id or as students name it, where that can only mean one: "erasmus study". The longest
    name that the text begins with is the one that counts.
    """
    words = text.split()
    if words and (number := NUMBER.fullmatch(words[0])):
        return int(number[1]), text.strip()[len(words[0]) :].strip()
    for many in range(len(_name(words)), 0, -1):
        meant = names.named(knowledge, " ".join(words[:many]))
        if meant in set(Programme):
            return Programme(str(meant)), " ".join(words[many:])
    return None, " ".join(words[1:])


def _name(words: Sequence[str]) -> list[str]:
    """The words at the beginning that may be a programme's name."""
    return list(takewhile(lambda word: not BEGINS_THE_REST.match(word), words[:LONGEST_NAME]))


def unknown(text: str) -> Fault:
    """That a command begins with no programme."""
    words = text.split()
    value = " ".join(_name(words)) or "".join(words[:1])
    return Fault("staff.fault.programme", {"value": value, "list": ", ".join(Programme)})


def near(text: str, knowledge: Knowledge) -> Programme | None:
    """The programme that was probably meant by words that name none, where that is obvious."""
    words = text.lower().replace("-", " ").split()
    known = {str(programme).replace("-", " "): programme for programme in Programme}
    for programme, page in knowledge.programmes.items():
        for lang in LANGS:
            known |= {name.lower(): programme for name in (page.names[lang].title, page.names[lang].button)}
    for many in range(len(words), 0, -1):
        found = get_close_matches(" ".join(words[:many]).strip(",;:"), list(known), n=1, cutoff=NEAR)
        if found:
            return known[found[0]]
    return None


def read_call(text: str, knowledge: Knowledge, zone: ZoneInfo, now: datetime) -> Written | Fault:
    """A programme (or a call's number), the opening, the closing, and if they like a link and a note.

    Days are written ``YYYY-MM-DD``, an hour on the desk's wall follows as ``THH:MM`` (``THH.MM`` is understood).
    """
    target, rest = read_target(text, knowledge)
    if target is None:
        return unknown(text)
    words = rest.split()
    if len(words) < 2:  # noqa: PLR2004 - an opening and a closing
        return Fault("staff.fault.two-dates", {})
    dates = read_dates(words[0], words[1], zone, now)
    if isinstance(dates, Fault):
        return dates
    if len(words) > 2 and NO_LINK.match(words[2]):  # noqa: PLR2004 - what follows the dates
        return Fault("staff.fault.link", {"value": words[2]})
    link, note = _link_and_note(words[2:], rest)
    if len(link) > LONGEST_LINK or len(note) > LONGEST_NOTE:
        return Fault("staff.fault.long-note", {"most": str(LONGEST_NOTE)})
    programme = target if isinstance(target, Programme) else None
    return Written(programme, None if programme else int(target), dates, link, note)


def _link_and_note(words: list[str], rest: str) -> tuple[str, str]:
    if words and words[0].lower().startswith(("http://", "https://", "www.")):
        link = f"https://{words[0]}" if words[0].lower().startswith("www.") else words[0]
        return link, rest.partition(words[0])[2].strip()
    return "", rest.split(maxsplit=2)[2].strip() if words else ""


def read_dates(opens: str, closes: str, zone: ZoneInfo, now: datetime) -> Dates | Fault:
    """The opening and the closing, checked against each other and against ``now``."""
    first, last = read_moment(opens, zone), read_moment(closes, zone, end=True)
    if isinstance(first, Fault):
        return first
    if isinstance(last, Fault):
        return last
    dates = Dates(first[0], last[0], first[1], last[1])
    if dates.closes_at <= dates.opens_at:
        return Fault("staff.fault.order", {"opens": opens, "closes": closes})
    if dates.closes_at <= now:
        return Fault("staff.fault.past", {"closes": closes})
    if dates.closes_at > now + FURTHEST:
        return Fault("staff.fault.far", {"closes": closes})
    return dates


def read_moment(text: str, zone: ZoneInfo, *, end: bool = False) -> tuple[datetime, bool] | Fault:
    """A day, or a day and an hour, as a moment in UTC and whether the hour was given.

    A day alone is its beginning, or its end (``end``). An hour that the clocks skip or repeat is a fault: nobody could
    tell which moment was meant.
    """
    found = MOMENT.fullmatch(text.strip())
    if not found:
        return Fault("staff.fault.date", {"value": text})
    try:
        year, month, day = (int(part) for part in found[1].split("-"))
        on = date(year, month, day)
        hour = time.fromisoformat(found[2].replace(".", ":").zfill(5)) if found[2] else None
        whole = on + timedelta(days=end)
    except (ValueError, OverflowError):
        return Fault("staff.fault.no-such-moment", {"value": text})
    if hour is None:
        return datetime.combine(whole, time(), tzinfo=zone).astimezone(UTC), False
    local = datetime.combine(on, hour, tzinfo=zone)
    if not tz.datetime_exists(local) or tz.datetime_ambiguous(local):
        return Fault("staff.fault.clocks", {"value": text})
    return local.astimezone(UTC), True
