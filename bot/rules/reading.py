"""What a student typed, read as the answer to a question of the guided flow; "when?" is read by :mod:`bot.rules.stay`.

English and Italian are always both understood, also mixed, whatever the case, the accents and the emoji around. The
rule is the same for every question: take away the words that add nothing, and what is left must be an answer. One word
nobody taught the bot, and the text is no answer but a question for the FAQ: "what documents for the 4th year?".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import Enum
from functools import cache

from babel import Locale

from bot.rules.calls import earlier
from bot.rules.messages import LANGS
from bot.rules.plan import EARLIEST, LAST_YEAR, Fault, check_dates
from bot.rules.programmes import Destination, Goal
from bot.rules.stay import (
    LEAD,
    LENGTH,
    UNSURE,
    Answer,
    Point,
    is_slip,
    is_unsure,
    kinds_of,
    read_length,
    read_point,
    read_tokens,
    words_of,
)

__all__ = ["UNSURE", "Answer", "Graduate", "read_degree", "read_destination", "read_goal", "read_year"]


class Graduate(Enum):
    """The answer to "which year are you in?" of somebody who is in none."""

    GRADUATED = "graduated"


def read_year(text: str) -> int | Graduate | Fault | None:
    """The year of the degree; a fault for one that the degree does not have; None where ``text`` is no answer."""
    said = re.sub(r"\bi anno\b|\b(?:anno|year) i\b", "1 anno", " ".join(words_of(text)))
    if _is_graduate(said):
        return Graduate.GRADUATED
    said, late = re.subn(_LAST_YEAR_OR_LATER, "", said)
    besides = set(_BESIDES_YEAR.split())
    numbers = {_number(word) for word in said.split() if word not in besides}
    if late:
        # whoever is past the sixth year is still enrolled in it, however many years that has been
        return None if None in numbers else LAST_YEAR
    if len(numbers) != 1 or (number := numbers.pop()) is None:
        return None
    return number if 1 <= number <= LAST_YEAR else Fault("fault.year", {"value": str(number)})


def read_degree(text: str, today: date) -> date | Answer | Fault | None:
    """The first day of the month of the degree; a month without a year is the last such month that has begun."""
    if is_unsure(text):
        return UNSURE
    tokens = read_tokens(text, today, frozenset(_BESIDES_DEGREE.split()))
    kinds = kinds_of(tokens)
    if re.fullmatch(f"{LEAD}(?:{LENGTH})", kinds):  # "da tre mesi"
        day: date | Fault = earlier(today, read_length(tokens))
    elif re.fullmatch(f"{LEAD}(?:{_PAST_POINT})", kinds):
        before = today.replace(day=1) - timedelta(days=1) if "S" in kinds else today
        day = read_point(tokens).first(today) if "X" in kinds else _last_such(read_point(tokens), before)
    else:
        return None
    if isinstance(day, Fault):
        return day
    if day > today:
        return Fault("fault.degree-future", {"value": day.isoformat()})
    return check_dates(day, None) or day.replace(day=1)


def read_goal(text: str) -> Goal | Answer | None:
    """What the student wants to do; None where ``text`` is no short answer to that, or names goals side by side."""
    besides = set(_BESIDES_GOAL.split())
    said = [word for word in words_of(text) if word not in besides]
    if is_unsure(text) or (said and set(said) <= set(_ANYTHING.split())):
        return UNSURE
    goals = {_goal(word) for word in said if word not in _AND}
    if len(goals) == 1:
        return goals.pop()
    if not _AND.isdisjoint(said):
        return None
    return next((narrow for narrow, wide in _NARROWER if goals == {narrow, wide}), None)


def read_destination(text: str) -> Destination | None:
    """Where the student wants to go: in the European Union, outside it, or anywhere (also "I do not know").

    Norway, Iceland, Liechtenstein, North Macedonia, Serbia and Turkey take part in Erasmus+ and are still outside, as
    are Switzerland and the United Kingdom: the page speaks of the European Union, and what Erasmus+ covers in a year
    is for the call to say.
    """
    if is_unsure(text):
        return Destination.ANY
    places = set[Destination]()
    for place in _places(_key(text).split()):
        if place is None:
            return None
        places.add(place)
    if not places:
        return None
    narrower = places - {Destination.ANY}  # "anywhere in Europe"
    return narrower.pop() if len(narrower) == 1 else Destination.ANY


# The year


def _is_graduate(said: str) -> bool:
    """Whether the words say "I have the degree", perhaps since when, and nothing else."""
    rest, found = re.subn(_DEGREE, "", said)
    if not found:
        return False
    kinds = kinds_of(read_tokens(rest, EARLIEST, frozenset(_BESIDES_DEGREE.split())))  # any today will do: the shape
    return bool(re.fullmatch(f"{LEAD}(?:{_PAST_POINT}|{LENGTH}|Y)?", kinds))


def _number(word: str) -> int | None:
    if re.fullmatch("[0-9]+", word):
        return int(word)
    known = {each: number for number, line in enumerate(_YEARS, 1) for each in line.split()}
    if word in known or word in _FINAL:
        return known.get(word, LAST_YEAR)
    meant = {number for each, number in known.items() if is_slip(word, each)}
    return meant.pop() if len(meant) == 1 else None


_BESIDES_YEAR = (
    "yes si ok okay well hi hello ciao please thanks grazie beh"
    " i m am im my in at on a an the of to it s is be currently now right just started starting entering attending"
    " sono io al allo il lo la l le del della di d da sto facendo faccio frequento frequentando ho iniziato appena"
    " inizio adesso ora attualmente iscritto iscritta enrolled studente studentessa student med medical medicine"
    " medicina ims unimi statale degree course corso laurea year years yr anno anni quest this current attuale"
    " ripetente repeating st nd rd th o"
)
_YEARS = (
    "i one uno first primo",
    "ii two due second secondo",
    "iii three tre third terzo",
    "iv iiii four quattro fourth quarto",
    "v five cinque fifth quinto",
    "vi six sei sixth sesto",
    "vii seven sette seventh settimo",
    "viii eight otto eighth ottavo",
)
"""The years of the degree in order, and the first two that it does not have."""
_FINAL = frozenset({"last", "final", "ultimo"})
_LAST_YEAR_OR_LATER = r"\b(?:fuori ?corso|off ?track|out of course|laureand[oa])\b"
_DEGREE = (
    r"\b(?:neo ?)?laureat[oaie]\b|\bgraduated\b|^(?:.* )?(?:a|recent|new|fresh|already) graduate$|^graduate$"
    r"|\balumn(?:us|a)\b|\b(?:ho|have|ve|got) (?:gia |already )?(?:preso |conseguito )?(?:la |my |the |a )?"
    r"(?:laurea|degree)\b"
)
_BESIDES_DEGREE = (
    "i m im am ve have been was it the on my already just recently gia mi sono son appena di ho lo l la il io"
    " from medicine medicina ims unimi finally finalmente laurea degree graduation graduated laureato laureata"
    " laureati neolaureato neolaureata recent fresh new got preso conseguito about circa yes si"
)
_PAST_POINT = "[sme]?[Dn]|[sme]?[XKS]*M[XS]?Y?|N[XKS]*M[XS]?Y?|MNY?"


def _last_such(point: Point, today: date) -> date | Fault:
    """The day in its year; of any year, the last that is not after ``today``."""
    years = [point.year] if point.year else range(today.year, today.year - 9, -1)
    days = [on for year in years if (on := point.on(year)) and (point.year or on <= today)]
    return days[0] if days else point.missing()


# The goal


def _goal(word: str) -> Goal | None:
    known = {each: goal for goal, line in _GOALS.items() for each in line.split()}
    meant = {known[word]} if word in known else {goal for each, goal in known.items() if is_slip(word, each)}
    return meant.pop() if len(meant) == 1 else None


_GOALS: Mapping[Goal, str] = {
    Goal.STUDY: "study studying studies studio studiare exam exams esame esami course courses corso corsi class classes"
    " lezione lezioni lecture lectures semester semestre",
    Goal.TRAINEESHIP: "traineeship traineeships tirocinio tirocini internship internships placement stage training",
    Goal.CLINICAL: "clinical clinico clinica cliniche clerkship clerkships ward wards reparto reparti corsia hospital"
    " hospitals ospedale ospedali rotation rotations rotazione observership internato",
    Goal.LAB: "lab labs laboratory laboratories laboratorio laboratori research ricerca ricerche",
    Goal.ELECTIVE: "elective electives elettiva elettive elettivo elettivi",
    Goal.THESIS: "thesis theses tesi dissertation",
}
_NARROWER: tuple[tuple[Goal, Goal], ...] = (
    (Goal.CLINICAL, Goal.TRAINEESHIP),
    (Goal.LAB, Goal.TRAINEESHIP),
    (Goal.ELECTIVE, Goal.TRAINEESHIP),
    (Goal.ELECTIVE, Goal.CLINICAL),
    (Goal.THESIS, Goal.LAB),
)
"""Said in one breath, the first is meant: "tirocinio in reparto", "clinical elective", "ricerca per la tesi"."""
_AND = frozenset({"e", "ed", "o", "oppure", "and", "or"})
"""Between goals they tell that several are meant; the flow asks for one."""
_ANYTHING = "anything any whatever qualsiasi qualunque tutto everything indifferente"
_BESIDES_GOAL = (
    "i d id m would like want wanna to do doing go for the a an some my in at of is it on yes si ok take taking attend"
    " attending sit sitting write writing work working period activity activities practice abroad erasmus university"
    " vorrei voglio fare un una uno il lo la l le gli i di del della degli dei delle per in nel nella mio mia all"
    " estero periodo attivita pratica frequentare frequenza sostenere dare seguire scrivere lavorare andare universita"
    " alcuni qualche cosa"
)


# The destination


def _key(text: str) -> str:
    """How a place is looked up: its words without the small ones."""
    besides = set(_BESIDES_PLACE.split())
    return " ".join(word for word in words_of(text) if word not in besides)


def _places(words: list[str]) -> Iterator[Destination | None]:
    """The places named one after the other, the longest name first; None for a word that is no place."""
    at = 0
    while at < len(words):
        names = (" ".join(words[at : at + length]) for length in range(_LONGEST_NAME, 0, -1))
        name = next((name for name in names if name in _gazetteer()), words[at])
        if name in _gazetteer() or name not in _AND:
            yield _gazetteer().get(name) or _misspelt(name)
        at += len(name.split())


def _misspelt(word: str) -> Destination | None:
    meant = {place for name, place in _gazetteer().items() if is_slip(word, name)}
    return meant.pop() if len(meant) == 1 else None


_LONGEST_NAME = 6
"""Words."""


@cache
def _gazetteer() -> Mapping[str, Destination]:
    """Every country and continent in both languages, and what else students call the places they go to."""
    places = {
        _key(name): _territory(code)
        for language in LANGS
        for code, name in Locale(language).territories.items()
        if code not in _NOT_ABROAD
    }
    places |= {_key(name): place for place, names in _ALSO.items() for name in names.split(", ")}
    return {name: place for name, place in places.items() if name}


def _territory(code: str) -> Destination:
    if code == "001":  # the world
        return Destination.ANY
    return Destination.EU if code in _EU.split() else Destination.EXTRA_EU


_EU = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE LT LU LV MT NL PL PT RO SE SI SK"
    " AX EA GF GP IC MF MQ RE YT"
    " EU EZ 150 151 154 155 039"
)
"""CLDR's codes: the member states without Italy, their parts that have a code, and Europe, often said for the Union."""
_NOT_ABROAD = frozenset({"IT", "MC", "QO", "UN", "XA", "XB", "ZZ"})
"""Not read as a place to go to: home, what is no place, and Monaco, which in Italian is also Munich."""
_ALSO: Mapping[Destination, str] = {
    Destination.ANY: "anywhere, everywhere, wherever, any, any country, whatever, either, both, abroad, no preference,"
    " doesn't matter, does not matter, don't care, don't mind, open, ovunque, dovunque, dappertutto, qualsiasi,"
    " qualunque, qualsiasi paese, qualsiasi posto, indifferente, uguale, non importa, non mi importa, fa lo stesso,"
    " nessuna preferenza, entrambi, entrambe, estero, tutto il mondo, va bene tutto",
    Destination.EU: "ue, eu, holland, olanda, czech republic, repubblica ceca, within eu, madrid,"
    " barcelona, barcellona, valencia, sevilla, seville, siviglia, granada, salamanca, malaga, bilbao, lisbon, lisbona,"
    " porto, coimbra, paris, parigi, lyon, lione, bordeaux, toulouse, tolosa, marseille, marsiglia, strasbourg,"
    " strasburgo, berlin, berlino, munich, monaco di baviera, heidelberg, hamburg, amburgo, frankfurt, francoforte,"
    " cologne, colonia, vienna, graz, brussels, bruxelles, leuven, lovanio, ghent, gand, amsterdam, rotterdam, leiden,"
    " maastricht, utrecht, groningen, copenhagen, copenaghen, stockholm, stoccolma, uppsala, lund, helsinki, dublin,"
    " dublino, prague, praga, warsaw, varsavia, krakow, cracovia, budapest, bucharest, bucarest, cluj, sofia, athens,"
    " atene, ljubljana, lubiana, zagreb, zagabria, riga, vilnius, tallinn",
    Destination.EXTRA_EU: "outside eu, outside the european union, outside europe, not in europe, not eu, non eu,"
    " non ue, non in europa, fuori ue, fuori dall'unione europea, fuori europa, extra ue, extra eu, extraue, extraeu,"
    " extra europa, extra europeo, extraeuropeo, extraeuropea, overseas, oltreoceano, us, usa, u.s., u.s.a.,"
    " states, america, sudamerica, sud america, uk, u.k., england, scotland, wales, northern ireland, great britain,"
    " britain, inghilterra, scozia, galles, irlanda del nord, gran bretagna, turkey, macedonia, bosnia, korea, corea,"
    " south corea, emirates, emirati, hong kong, macau, congo, ivory coast, palestine, palestina, birmania, burma,"
    " russian federation, london, londra, oxford, cambridge, edinburgh, zurich, zurigo, geneva, ginevra, basel,"
    " basilea, lausanne, losanna, oslo, istanbul, new york, boston, chicago, los angeles, san francisco, toronto,"
    " montreal, tokyo, beijing, pechino, shanghai, dubai, tel aviv, sydney, melbourne, buenos aires",
}
_BESIDES_PLACE = (
    "i d id m im would like want wanna to go going in into at the a an of my on somewhere some country countries city"
    " university hospital place places maybe perhaps probably yes si ok is it d where anything"
    " vorrei voglio andare andrei partire nel nella nello negli nelle il lo la l le gli i un una del della dell dello"
    " dei degli delle d di ad al all alla allo ai per dall dalla dal da qualche parte paese paesi posto citta"
    " universita ospedale dove magari forse probabilmente mi me va sarebbe"
)
