"""Who of the staff takes which question: on duty or away, programmes, languages, and a cap of open tickets.

What a member takes on is a value; each change of it is a function from one value to the next, so that the commands and
the buttons of ``/tutor`` cannot disagree. An empty list means everything: every programme and the questions on none, or
both languages. Nobody can be left with nothing to take: who takes nothing is off duty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from babel import Locale
from dateutil.relativedelta import relativedelta

from bot.rules.alerts import ALL
from bot.rules.answers import Knowledge
from bot.rules.calls import later
from bot.rules.messages import LANGS
from bot.rules.names import several
from bot.rules.plan import Fault
from bot.rules.programmes import Programme
from bot.rules.stay import LENGTH, POINT, fold, is_slip, kinds_of, read_length, read_point, read_tokens, words_of

LONGEST_PAUSE = relativedelta(years=1)
"""How far ahead somebody may say that they are back."""
LARGEST_CAP = 99
PROGRAMMES: tuple[str, ...] = tuple(Programme)
LANGUAGES: tuple[str, ...] = LANGS


@dataclass(frozen=True, slots=True)
class Duty:
    """What a member of staff takes on.

    ``programmes`` and ``languages`` are empty for all of them; ``back_on`` is the day on which they take tickets again;
    ``most_open`` is how many they deal with at once (None: any number), and ``open`` how many they deal with now.
    """

    user_id: int
    name: str
    on_duty: bool = False
    programmes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    back_on: date | None = None
    most_open: int | None = None
    open: int = 0

    @property
    def full(self) -> bool:
        """Whether they have as many tickets as they want."""
        return self.most_open is not None and self.open >= self.most_open

    def away(self, today: date) -> bool:
        """Whether they are on duty, but not before another day."""
        return self.on_duty and self.back_on is not None and self.back_on > today

    def follows(self, programme: str | None) -> bool:
        """Whether questions on a programme are theirs; those on none are everybody's."""
        return programme is None or not self.programmes or programme in self.programmes

    def speaks(self, lang: str) -> bool:
        """Whether they answer in a language."""
        return not self.languages or lang in self.languages


# Who takes a ticket


def takes(duty: Duty, programme: str | None, lang: str, today: date) -> bool:
    """Whether a ticket on ``programme`` (None: on none) is theirs to take today, however many they have."""
    return duty.on_duty and not duty.away(today) and duty.follows(programme) and duty.speaks(lang)


def on_duty_for(duties: Iterable[Duty], programme: str | None, lang: str, today: date) -> list[Duty]:
    """Those who take a ticket today and have room for it, the least busy first."""
    found = [duty for duty in duties if takes(duty, programme, lang, today) and not duty.full]
    return sorted(found, key=lambda duty: (duty.open, duty.name, duty.user_id))


def next_back(duties: Iterable[Duty], programme: str | None, lang: str, today: date) -> date | None:
    """The first day on which somebody who would take such a ticket is back; None: nobody has said when."""
    days = (
        duty.back_on
        for duty in duties
        if duty.away(today) and not duty.full and duty.follows(programme) and duty.speaks(lang)
    )
    return min((on for on in days if on), default=None)


# How it changes


def begun(duty: Duty, programmes: Sequence[str] = (), languages: Sequence[str] = ()) -> Duty:
    """On duty from now on. Of everything, the named become the only ones; of a list, they are added; ``all`` is all."""
    return replace(
        duty,
        on_duty=True,
        back_on=None,
        programmes=_added(duty.programmes, programmes, PROGRAMMES),
        languages=_added(duty.languages, languages, LANGUAGES),
    )


def ended(duty: Duty, programmes: Sequence[str] = (), languages: Sequence[str] = ()) -> Duty:
    """What is named is left out from now on; off duty where nothing, or ``all``, is named, or nothing is left."""
    fewer = _without(duty.programmes, programmes, PROGRAMMES), _without(duty.languages, languages, LANGUAGES)
    if not (programmes or languages) or ALL in programmes or None in fewer:
        return replace(duty, on_duty=False, back_on=None)
    return replace(duty, programmes=fewer[0] or (), languages=fewer[1] or ())


def switched(duty: Duty, programme: str) -> Duty | None:
    """A programme, or ``all``, switched on or off in the list; None: nothing would be left."""
    left = () if programme == ALL else _switched(duty.programmes, programme, PROGRAMMES)
    return None if left is None else replace(duty, programmes=left)


def spoken(duty: Duty, lang: str) -> Duty | None:
    """A language switched on or off; None: none would be left."""
    left = _switched(duty.languages, lang, LANGUAGES)
    return None if left is None else replace(duty, languages=left)


def paused(duty: Duty, back_on: date | None) -> Duty:
    """Away until a day, and on duty from then on; None: back at once."""
    return replace(duty, on_duty=True, back_on=back_on)


def capped(duty: Duty, most_open: int | None) -> Duty:
    """At most so many tickets at once; None: any number."""
    return replace(duty, most_open=most_open)


def _added(before: tuple[str, ...], named: Sequence[str], every: tuple[str, ...]) -> tuple[str, ...]:
    if ALL in named:
        return ()
    return _tidy({*before, *named}, every) if named else before


def _without(before: tuple[str, ...], named: Sequence[str], every: tuple[str, ...]) -> tuple[str, ...] | None:
    """What is left; None: nothing."""
    left = set(before or every) - (set(every) if ALL in named else set(named))
    return _tidy(left, every) if left else None


def _switched(before: tuple[str, ...], named: str, every: tuple[str, ...]) -> tuple[str, ...] | None:
    if before and named not in before:
        return _tidy({*before, named}, every)
    return _without(before, [named], every)


def _tidy(chosen: set[str], every: tuple[str, ...]) -> tuple[str, ...]:
    """In the order in which they are listed everywhere; all of them is the empty list."""
    found = tuple(each for each in every if each in chosen)
    return () if found == every else found


# How it is written


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wrote after ``/tutor on`` and ``/tutor off``: programmes (or ``all``), languages, and the rest."""

    programmes: tuple[str, ...]
    languages: tuple[str, ...]
    unknown: tuple[str, ...]


def read_wanted(knowledge: Knowledge, text: str) -> Wanted:
    """The programmes and languages that are named in ``text``, in either language."""
    languages: dict[str, None] = {}
    rest = []
    for word in re.sub(r"([,;/])", r" \1 ", text).split():
        named = _LANGUAGES.get(fold(word))
        languages |= dict.fromkeys(named or ())
        rest.append("," if named or fold(word) == "in" else word)
    programmes, unknown = several(knowledge, " ".join(rest))
    return Wanted(programmes, tuple(languages), unknown)


_LANGUAGES: dict[str, tuple[str, ...]] = {
    word: langs
    for langs, words in (
        (("en",), "en eng english inglese"),
        (("it",), "it ita italian italiano"),
        ((ALL,), "both bilingual entrambe entrambi bilingue"),
    )
    for word in words.split()
}


def read_back(text: str, today: date) -> date | Fault | None:
    """The day on which somebody is back, from "Monday", "2 settimane", "7 December", "2026-12-07".

    A weekday is the next one after today, a length of time counts from today, and a month is its first day. A fault
    where the day is not to come, or more than a year ahead; None where ``text`` names no day.
    """
    on = _weekday(text, today) or _day(text, today)
    if not isinstance(on, date):
        return on
    if on <= today:
        return Fault("members.back-past", {"value": text})
    return on if on <= today + LONGEST_PAUSE else Fault("members.back-far", {"value": text})


def _weekday(text: str, today: date) -> date | None:
    """The next such weekday, where nothing but one is named."""
    besides = {*_BESIDES_BACK.split(), *["next", "this", "coming", "prossimo", "prossima", "questo", "questa"]}
    said = [word for word in words_of(text) if word not in besides]
    meant = {day for word in said for name, day in _weekdays() if word == name or is_slip(word, name)}
    if len(said) != 1 or len(meant) != 1:
        return None
    return today + timedelta(days=(meant.pop() - today.weekday() - 1) % 7 + 1)


def _day(text: str, today: date) -> date | Fault | None:
    tokens = read_tokens(text, today, frozenset(_BESIDES_BACK.split()))
    kinds = kinds_of(tokens)
    if re.fullmatch(f"{_LEAD}(?:{LENGTH})", kinds):
        return later(today, read_length(tokens))
    if re.fullmatch(f"{_LEAD}(?:{POINT})", kinds):
        return read_point(tokens).first(today + timedelta(days=1))
    if re.fullmatch(f"{_LEAD}N", kinds):  # "until the 15th"
        ahead = (today + timedelta(days=days) for days in range(1, 63))
        return next((on for on in ahead if on.day == tokens[-1].number), None)
    return None


_LEAD = "[FTLIBEK]*"
_BESIDES_BACK = (
    "until till til fino finche a al alla il lo la per for di"
    " on from again of dal da back torno tornero rientro return returning i m im am ill ll will be sono saro away via"
    " pause pausa the ok please grazie at"
)


def _weekdays() -> list[tuple[str, int]]:
    """Names of the days of the week in both languages, folded, Monday as 0; "mar" is left to March and to marzo."""
    named = []
    for locale in map(Locale, LANGS):
        for width in ("wide", "abbreviated"):
            named += [(fold(name), day) for day, name in locale.days["format"][width].items() if fold(name) != "mar"]
    return named


def read_cap(text: str) -> int | Fault | None:
    """A cap of open tickets from "5" or "none" (None); a fault where it is neither."""
    said = [word for word in words_of(text) if word not in {"at", "most", "max", "al", "massimo", "tickets", "ticket"}]
    if len(said) == 1 and said[0] in _NO_CAP:
        return None
    digits = len(said) == 1 and "-" not in text and re.fullmatch("[0-9]{1,3}", said[0])
    if not digits or not 1 <= int(said[0]) <= LARGEST_CAP:
        return Fault("members.cap-unknown", {"value": text, "most": str(LARGEST_CAP)})
    return int(said[0])


_NO_CAP = frozenset("none no off unlimited any nessuno nessun senza illimitato via".split())  # noqa: SIM905 - shorter
