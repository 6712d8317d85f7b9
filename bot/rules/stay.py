"""When a student would like to be abroad, read from what they wrote in English, Italian or both.

A text becomes tokens: each word, number or written-out day is one token with one letter for its kind (``N`` a number,
``M`` a month, ``U`` a unit of time, ``F`` "from", ``T`` "to" …). A stay is a shape over those letters, a regular
expression: ``NMTNM`` is "1 luglio al 31 agosto". A text with any other word in it has no shape, so it is not an answer:
"can I go in july with no money?" stays a question.

Conventions, where a text leaves something open:

- Days are written day first, always: 3/7 is 3 July.
- Without a year the start is the next such day on or after today, the end the first such day on or after the start. A
  start without a year takes the year its end names, or the year before if its month comes later in the year.
- A month alone is the whole month. Its start is the 1st, its middle the 15th, its end the last day.
- Lengths count both ends: six weeks from 1 July end on 11 August.
- Seasons and semesters are never turned into days, because the page gives them none; a year alone neither.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import cache
from itertools import pairwise
from os.path import commonprefix
from typing import Final, NamedTuple
from unicodedata import combining, normalize

from babel import Locale
from dateutil.relativedelta import MO, relativedelta

from bot.rules.calls import earlier, last_day_of_stay, later
from bot.rules.messages import LANGS
from bot.rules.plan import Fault, check_dates
from bot.rules.programmes import Length


class Answer(Enum):
    """An answer that is none of the values a question asks for."""

    UNSURE = "unsure"


UNSURE: Final = Answer.UNSURE
"""The student does not know yet, or would rather skip the question."""
LONGEST_ANSWER = 200
"""Characters; a longer text is a story, not an answer to a short question."""


@dataclass(frozen=True, slots=True)
class Stay:
    """First and last day abroad; no ``end`` where the student gave none."""

    start: date
    end: date | None


LAST_DAY = -1
"""As the day of a :class:`Point`: the last of its month."""


@dataclass(frozen=True, slots=True)
class Point:
    """A day or a whole month (no ``day``), of one year or of any; it need not exist (30 February)."""

    month: int
    day: int | None = None
    year: int | None = None

    def on(self, year: int) -> date | None:
        """The day in ``year``, the first one of a whole month; None where there is no such day."""
        if not 1 <= self.month <= 12:  # noqa: PLR2004 - months of a year
            return None
        last = monthrange(year, self.month)[1]
        day = last if self.day == LAST_DAY else 1 if self.day is None else self.day
        return date(year, self.month, day) if 1 <= day <= last else None

    def first(self, earliest: date) -> date | Fault:
        """The day in its year; of any year, the first that is not before ``earliest`` (29 February may be far)."""
        years = [self.year] if self.year else range(earliest.year, earliest.year + 9)
        days = [on for year in years if (on := self.on(year)) and (self.year or on >= earliest)]
        return days[0] if days else self.missing()

    def missing(self) -> Fault:
        """There is no such day."""
        parts = [part for part in (self.day, self.month, self.year) if part is not None]
        return Fault("fault.no-such-day", {"value": "/".join(map(str, parts))})


class Token(NamedTuple):
    """A letter for the kind (see ``_KINDS``), and the number or the point that was written."""

    kind: str
    number: int = 0
    point: Point | None = None


def read_stay(text: str, today: date) -> Stay | Answer | Fault | None:
    """The days abroad; a fault where they cannot be; None where ``text`` does not answer "when?"."""
    if is_unsure(text):
        return UNSURE
    tokens = read_tokens(text, today)
    kinds = kinds_of(tokens)
    for shape, read in _SHAPES:
        if found := re.fullmatch(shape, kinds):
            stay = read({name: tokens[slice(*found.span(name))] for name in found.groupdict()}, today)
            return (_fault(stay, today) or stay) if isinstance(stay, Stay) else stay
    return None


def read_end(text: str, start: date, today: date) -> date | Answer | Fault | None:
    """The last day of a stay that begins on ``start``; None where ``text`` does not answer "until when?"."""
    if is_unsure(text):
        return UNSURE
    tokens = read_tokens(text, today)
    kinds = kinds_of(tokens)
    end: date | Fault
    if re.fullmatch(f"{_UNTIL}(?:{LENGTH})", kinds):
        end = last_day_of_stay(start, read_length(tokens))
    elif re.fullmatch(f"{_UNTIL}(?:e(?=[ND]))?(?:{POINT})", kinds):
        end = _closing(read_point(tokens)).first(start)
    elif re.fullmatch(f"{_UNTIL}eU", kinds):  # "a fine mese": of the month in which the stay begins
        end = Point(start.month, LAST_DAY, start.year).first(start)
    elif re.fullmatch("[ET]+N", kinds):  # "fino al 31"
        end = _numbered(tokens[-1].number, start)
    else:
        return None
    return end if isinstance(end, Fault) else check_dates(start, end) or end


def _fault(stay: Stay, today: date) -> Fault | None:
    past = Fault("fault.past", {"start": stay.start.isoformat()})
    return past if stay.start < today else check_dates(stay.start, stay.end)


# Shapes: what an answer looks like in the letters of its tokens, and how its parts become a stay

LEAD = "[FTLIB]*"
POINT = "[sme]?[Dn]|[sme]?[XK]*MX?Y?|N[XK]*MX?Y?|MNY?"
LENGTH = "NU(?:Ah|ANU)?|NAhU|hN?U"
_UNTIL = "[FTLIBE]*"
_FROM = "(?:s(?=[ND]))?"
_TO = "(?:[THLE]+F?|A[FTE]*|(?!(?<=D)M))(?:e(?=[ND]))?"  # nothing between is enough, but "2/3 luglio" is no range

Parts = Mapping[str, Sequence[Token]]


def _days_of_one_month(parts: Parts, today: date) -> Stay | Fault:
    month = read_point([*parts["month"], *parts["year"]])
    start = replace(month, day=parts["first"][0].number).first(today)
    if isinstance(start, Fault):
        return start
    end = replace(month, day=parts["last"][0].number, year=start.year).first(start)
    return end if isinstance(end, Fault) else Stay(start, end)


def _months_in_a_row(parts: Parts, today: date) -> Stay | Fault | None:
    """Months that follow each other; "luglio e settembre" is no single stay."""
    months = [token.number for token in parts["months"] if token.kind == "M"]
    if any((after - before) % 12 != 1 for before, after in pairwise(months)):
        return None
    split = [at for at, token in enumerate(parts["months"]) if token.kind == "M"]
    return _between(read_point(parts["months"][: split[1]]), read_point(parts["months"][split[-1] :]), today)


def _from_to(parts: Parts, today: date) -> Stay | Fault:
    return _between(read_point(parts["first"]), read_point(parts["last"]), today)


def _between(first: Point, last: Point, today: date) -> Stay | Fault:
    if last.year and not first.year:
        first = replace(first, year=last.year - (first.month > last.month))
    start = first.first(today)
    if isinstance(start, Fault):
        return start
    closing = _closing(last)
    end = closing.first(start)
    if isinstance(end, Fault):
        return end
    if not last.year and first.month == last.month and end.day < start.day:  # a slip, not a year abroad
        return Fault("fault.end-before-start", {"start": str(start), "end": str(end.replace(year=start.year))})
    return Stay(start, end)


def _for_a_time(parts: Parts, today: date) -> Stay | Fault:
    start = read_point(parts["first"]).first(today)
    if isinstance(start, Fault):
        return start
    # checked before the length is added, so that the sum is a day the calendar has
    return check_dates(start, None) or Stay(start, last_day_of_stay(start, read_length(parts["length"])))


def _one_point(parts: Parts, today: date) -> Stay | Fault:
    point = read_point(parts["first"])
    from_then_on = any(token.kind == "F" for token in parts["lead"])
    if point.day is None and not from_then_on:
        return _between(point, point, today)
    start = point.first(today)
    return start if isinstance(start, Fault) else Stay(start, None)


def _closing(point: Point) -> Point:
    return replace(point, day=LAST_DAY) if point.day is None else point


def _numbered(day: int, start: date) -> date | Fault:
    """The first day from ``start`` on that has the number ``day`` in its month; two months have every number."""
    days = (start + timedelta(days=ahead) for ahead in range(62))
    return next((on for on in days if on.day == day), Point(start.month, day).missing())


_SHAPES: tuple[tuple[str, Callable[[Parts, date], Stay | Fault | None]], ...] = (
    (rf"{LEAD}{_FROM}(?P<first>N)[THEA]+(?P<last>N)(?P<month>M)(?P<year>Y?)", _days_of_one_month),
    (rf"{LEAD}{_FROM}(?P<first>N)(?P<month>M)(?P<year>Y?)[THE]+(?P<last>N)", _days_of_one_month),
    (rf"{LEAD}(?P<month>M)(?P<first>N)[THE]+(?P<last>N)(?P<year>Y?)", _days_of_one_month),
    (rf"[FTLI]*B(?P<first>{POINT})A(?P<last>{POINT})", _from_to),
    (rf"{LEAD}(?P<months>MY?(?:A?MY?)+)", _months_in_a_row),
    (rf"{LEAD}{_FROM}(?P<first>{POINT}){_TO}(?P<last>{POINT})", _from_to),
    (rf"{LEAD}{_FROM}(?P<first>{POINT})[LHA]*(?P<length>{LENGTH})", _for_a_time),
    (rf"L*(?P<length>{LENGTH})[FTIB]*(?P<first>{POINT})", _for_a_time),
    (rf"(?P<lead>{LEAD}{_FROM})(?P<first>{POINT})", _one_point),
)


# Tokens: what the words of an answer mean


def read_point(tokens: Iterable[Token]) -> Point:
    """The day or month that tokens of the shape :data:`POINT` name."""
    found = Point(0)
    part = None
    for token in tokens:
        if token.point:
            found = token.point
        elif token.kind == "M":
            found = replace(found, month=token.number)
        elif token.kind == "N":
            found = replace(found, day=token.number)
        elif token.kind == "Y":
            found = replace(found, year=token.number)
        else:
            part = _PARTS.get(token.kind, part)
    return replace(found, day=part) if part and found.day is None else found


def read_length(tokens: Iterable[Token]) -> Length:
    """The length of time that tokens of the shape :data:`LENGTH` name; half a month is 15 days."""
    number = months = days = 0
    unit = next((token.number for token in tokens if token.kind == "U"), 0)
    for token in tokens:
        if token.kind == "N":
            number = token.number
        elif token.kind in "Uh":
            each, few = _UNITS[token.number] if token.kind == "U" else _HALVES[unit]
            times = number if token.kind == "U" else 1
            months, days = months + times * each, days + times * few
    return Length(months, days)


_PARTS = {"s": 1, "m": 15, "e": LAST_DAY}
_UNITS = ((0, 1), (0, 7), (1, 0), (12, 0))
"""Months and days of a day, a week, a month and a year …"""
_HALVES = ((0, 1), (0, 4), (0, 15), (6, 0))
"""… and of half of each."""
_NEAR = {"X": 1, "K": 0, "S": -1}


def kinds_of(tokens: Iterable[Token]) -> str:
    """The letters of the tokens; a shape is matched against them."""
    return "".join(token.kind for token in tokens)


def read_tokens(text: str, today: date, ignored: frozenset[str] = frozenset()) -> list[Token]:
    """What is said in ``text``, word by word, without the words that add nothing.

    "Next month", "two months ago" and their like become points, reckoned from ``today``. A word that nobody taught the
    bot becomes the kind ``?``, which is part of no shape; the ``ignored`` add nothing either.
    """
    tokens = list(_tokens(text, today, ignored))

    def near(found: Sequence[Token]) -> list[Token]:
        unit = next(token.number for token in found if token.kind == "U")
        ahead = next(_NEAR[token.kind] for token in found if token.kind in _NEAR)
        week, month = today + relativedelta(weeks=ahead, weekday=MO(-1)), today + relativedelta(months=ahead)
        whole_month = Token("D", point=Point(month.month, year=month.year))
        return [(Token("?"), _day(week), whole_month, Token("Y", today.year + ahead))[unit]]

    tokens = _rewritten(tokens, "[XKS]+U|UX|US", near)
    tokens = _rewritten(tokens, f"(?:{LENGTH})G", lambda found: [_day(earlier(today, read_length(found)))])
    ahead = f"[IB](?:{LENGTH})|(?<!L)(?:{LENGTH})Fn$"
    tokens = _rewritten(tokens, ahead, lambda found: [_day(later(today, read_length(found)))])
    tokens = _rewritten(tokens, "(?<![Nhe])U(?=[NMYD])", lambda _: [])  # "mese di luglio", "anno 2027"
    # "2027 dal 1 luglio" is "dal 1 luglio 2027"
    year_first = f"^{LEAD}Y{LEAD}(?:NM|MN|M)"
    return _rewritten(tokens, year_first, lambda found: sorted(found, key=lambda token: token.kind == "Y"))


def _rewritten(tokens: list[Token], shape: str, rewrite: Callable[[Sequence[Token]], list[Token]]) -> list[Token]:
    done: list[Token] = []
    at = 0
    for found in re.finditer(shape, kinds_of(tokens)):
        done += [*tokens[at : found.start()], *rewrite(tokens[found.start() : found.end()])]
        at = found.end()
    return done + tokens[at:]


def _day(on: date) -> Token:
    return Token("D", point=Point(on.month, on.day, on.year))


# Words: what is recognised, in both languages

_KINDS: Mapping[str, str] = {
    "": "i m d im id ll ill would like want wanna wish plan planning be go going hope think thinking i ve"
    " vorrei voglio vorremmo penso pensavo andare andrei andro stare rimanere spero io sono"
    " the of on my about around circa approx approximately maybe perhaps probably ideally"
    " il lo la l le gli i di d de del dell della dei mio mia verso forse probabilmente idealmente"
    " period periodo stay soggiorno abroad estero mobility whole entire all tutto tutta tutti intero intera"
    " only solo just up inclusive included incluso compreso compresi both entrambi yes si ok okay well hi hello ciao"
    " please grazie thanks summer estate winter inverno spring primavera autumn autunno fall"
    " later dopo more free available libero libera there",
    "F": "from dal dall dalla dallo dai dagli da since starting starts leaving leave depart departing departure"
    " partire partenza parto partirei partendo partiamo",
    "T": "to a ad al all alla allo alle ai agli",
    "E": "until till til through thru by ending finishing fino sino entro finisce finendo torno ritorno rientro"
    " return returning back",
    "I": "in nel nell nella nello within during durante",
    "B": "between tra fra",
    "A": "e ed and",
    "L": "for per x lasting",
    "X": "next coming following prossimo prossima venturo",
    "K": "this current questo questa quest",
    "S": "last past scorso scorsa passato passata",
    "G": "fa ago",
    "h": "half mezzo mezza mezz",
    "s": "start beginning begin early inizio inizi",
    "m": "mid middle meta",
    "e": "end ends late fine",
    "n": "now today oggi ora adesso",
}
"""The letters of the words that hold an answer together.

The first line adds nothing. N, U, M, Y and D are numbers, units, months, years and points; ``?`` is any other word.
"""
_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve",
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth",
    """uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici
    diciassette diciotto diciannove venti ventuno ventidue ventitre ventiquattro venticinque ventisei ventisette
    ventotto ventinove trenta trentuno""",
)
"""Each line counts up from one."""
_MORE_NUMBERS = {"primo": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "couple": 2, "paio": 2}
_UNIT_WORDS = (
    "day days giorno giorni",
    "week weeks weks wk wks settimana settimane",
    "month months mese mesi",
    "year years anno anni",
)
"""In the order of ``_UNITS``."""
_DAYS_AHEAD = {"yesterday": -1, "ieri": -1, "tomorrow": 1, "domani": 1}
_MORE_MONTHS = {"sept": 9, "sett": 9}
_ONE = frozenset({"a", "an", "un", "uno", "una"})


_LEXER = re.compile(
    r"(?P<ymd>[12][0-9]{3}([-/.])[0-9]{1,2}\2[0-9]{1,2}(?![0-9]))"
    r"|(?P<dmy>[0-9]{1,2}([-/.])[0-9]{1,2}\4(?:[12][0-9]{3}|[0-9]{2})(?![0-9]))"
    r"|(?P<ym>[12][0-9]{3}[-/.](?:1[0-2]|0?[1-9])(?![0-9]))"
    r"|(?P<my>(?:1[0-2]|0?[1-9])[-/.][12][0-9]{3}(?![0-9]))"
    r"|(?P<dm>[0-9]{1,2}[/.][0-9]{1,2}(?![0-9]))"
    r"|(?P<yy>(?<![a-z0-9])['’‘`][0-9]{2}(?![0-9]))"
    r"|(?P<number>[0-9]+)(?:(?:st|nd|rd|th|o|a|°)(?![a-z]))?"
    r"|(?P<word>[a-z]+)|(?P<dash>[-‐‑–—−/→~])|(?P<plus>[&+])|(?P<other>[^\W_])"
)
"""What a folded text is cut into; anything else (punctuation, emoji) falls away."""


def fold(text: str) -> str:
    """``text`` in lower case, accents gone and full-width forms narrowed; empty where it is too long for an answer."""
    if len(text) > LONGEST_ANSWER:
        return ""
    folded = "".join(each for each in normalize("NFKD", text).casefold() if not combining(each))
    return folded if len(folded) <= LONGEST_ANSWER else ""  # a single character can stand for a sentence


def words_of(text: str) -> list[str]:
    """The words and whole numbers of a text, folded; letters of other scripts stand for themselves."""
    return re.findall(r"[a-z]+|[0-9]+|[^\W_]", fold(text))


def _tokens(text: str, today: date, ignored: frozenset[str]) -> Iterator[Token]:
    found = [(str(each.lastgroup), each[str(each.lastgroup)]) for each in _LEXER.finditer(fold(text))]
    before = ""
    for (group, value), (_, after) in pairwise([*found, ("", "")]):
        token = _word(value, before, after, today, ignored) if group == "word" else _figure(group, value)
        if token.kind:
            yield token
            before = token.kind


def _figure(group: str, value: str) -> Token:
    """A token written in figures or signs."""
    numbers = [int(number) for number in re.findall("[0-9]+", value)]
    if point := _point_in_figures(group, numbers):
        return Token("D", point=point)
    if group == "yy" or re.fullmatch("[12][0-9]{3}", value):
        return Token("Y", _full_year(numbers[0]))
    if group == "number" and len(value) <= len("365"):
        return Token("N", numbers[0])
    return Token({"dash": "H", "plus": "A"}.get(group, "?"))


def _point_in_figures(group: str, numbers: Sequence[int]) -> Point | None:
    match group:
        case "ymd":
            return Point(numbers[1], numbers[2], numbers[0])
        case "dmy":
            return Point(numbers[1], numbers[0], _full_year(numbers[2]))
        case "dm":
            return Point(numbers[1], numbers[0])
        case "ym" | "my":
            return Point(min(numbers), year=max(numbers))
    return None


def _full_year(year: int) -> int:
    return year + 2000 if year < 100 else year  # noqa: PLR2004 - two figures


def _word(word: str, before: str, after: str, today: date, ignored: frozenset[str]) -> Token:
    """The token of a word between a kind of token and a word; of the kind "" where the word adds nothing."""
    known = Token("") if word in ignored else _vocabulary().get(word)
    if word in _ONE and (unit := _vocabulary().get(after)) and unit.kind == "U":
        return Token("" if before == "h" else "N", 1)
    if word in _ONE and after in {"couple", "paio", "half"}:
        return Token("")
    if word == "ago":  # English after a length of time, August anywhere else
        return Token("G") if before in {"U", "h"} else Token("M", 8)
    if known is None:
        meant = {token for each, token in _vocabulary().items() if token.kind in set("MU") and is_slip(word, each)}
        return meant.pop() if len(meant) == 1 else Token("?")
    return _day(today + timedelta(days=known.number))._replace(kind=known.kind) if known.kind in set("Dn") else known


@cache
def _vocabulary() -> Mapping[str, Token]:
    words = {word: Token(kind) for kind, said in _KINDS.items() for word in said.split()}
    words |= {word: Token("D", ahead) for word, ahead in _DAYS_AHEAD.items()}
    words |= {word: Token("N", at) for said in _NUMBERS for at, word in enumerate(said.split(), 1)}
    words |= {word: Token("N", number) for word, number in _MORE_NUMBERS.items()}
    words |= {word: Token("U", unit) for unit, said in enumerate(_UNIT_WORDS) for word in said.split()}
    for locale in map(Locale, LANGS):
        words |= {fold(day): Token("") for day in locale.days["format"]["wide"].values()}
        for names in (locale.months["format"]["abbreviated"], locale.months["format"]["wide"]):
            words |= {fold(month): Token("M", number) for number, month in names.items()}
    return words | {word: Token("M", number) for word, number in _MORE_MONTHS.items()}


_NO_SLIPS = frozenset({"aprire", "ateneo", "marche", "medico", "opens", "quanta", "quanti", "quanto", "there", "these"})
"""Words of their own, one slip away from another that is an answer."""


def is_slip(word: str, meant: str) -> bool:
    """Whether ``meant`` was typed with one slip: a letter missing or too many, two swapped, in a long word one wrong.

    The first letter is taken to be right; words of four letters and less are too close to each other to guess.
    """
    if word[0] != meant[0] or len(word) < len("jully") or len(meant) < len("july") or word in _NO_SLIPS:
        return False
    at = len(commonprefix((word, meant)))  # noqa: RUF071 - the letters they share is what is meant
    wrong = word[at + 1 :] == meant[at + 1 :] and len(word) >= len("luglip")
    swapped = word[at : at + 2] == meant[at : at + 2][::-1] and word[at + 2 :] == meant[at + 2 :]
    return wrong or swapped or word[at + 1 :] == meant[at:] or word[at:] == meant[at + 1 :]


_UNSURE = (
    "boh|bo|mah|idk|dunno|dk|tbd|skip|salta|pass|passo|avanti|unsure|undecided|indecis[oa]|chissa|vedremo|non saprei"
    "|(?:non|nn) (?:l[oa] )?so|non ne ho idea|nessuna idea|(?:no|not a) (?:idea|clue)|non ho idea|who knows"
    "|not (?:really |so |too )?(?:sure|certain)|(?:don ?t|do not) (?:really )?know|(?:non|nn) sono sicur[oa]"
    "|da (?:decidere|definire|vedere)|to be (?:decided|defined|seen)|(?:devo|dobbiamo) (?:ancora )?(?:decidere|capire)"
    "|non (?:ho )?(?:ancora )?(?:deciso|scelto)|(?:have ?n ?t|have not|not) (?:yet )?decided|still (?:decid|think)ing"
    "|ci (?:sto|devo) (?:ancora )?pensa(?:ndo|re)|not yet|non ancora|(?:rather|prefer) not (?:to )?say"
    "|preferisco non dirlo"
)
_BESIDES_UNSURE = (
    "i m d im am io sono we it lo la le the il i a of ancora yet still per ora for now al momento at moment"
    " bene really sinceramente onestamente honestly sorry scusa scusate di preciso esattamente exactly con precisione"
    " quando when dove where cosa what date dates di sono ma but mi dispiace ok si yes well beh eh haha"
)


def is_unsure(text: str) -> bool:
    """Whether ``text`` says that the student does not know, and nothing more ("non so quando esce il bando" does)."""
    said = " ".join(words_of(text))
    rest, found = re.subn(rf"\b(?:{_UNSURE})\b", "", said)
    return found > 0 and set(rest.split()) <= set(_BESIDES_UNSURE.split())
