"""Programmes as students name them, one or several at a time, and texts that ask to be left in peace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from bot.rules.alerts import ALL
from bot.rules.answers import Knowledge
from bot.rules.messages import LANGS
from bot.rules.programmes import Programme

EVERYTHING = {ALL, "everything", "tutti", "tutte", "tutto", "any"}
THESES = (Programme.THESIS_SCHOLARSHIP, Programme.THESIS_NO_SCHOLARSHIP)
FAMILIES: Mapping[str, Sequence[Programme]] = MappingProxyType({"tesi": THESES, "thesis": THESES})
"""Words that name several programmes at once."""
BETWEEN = {"and", "e", "ed", "also", "anche", "the", "il", "la", "lo", "per", "for", "or", "o", "plus", "più"}
"""Words that may stand between two names without being one."""
STOP_WORD = re.compile(
    r"\b(?:stop|basta|smett\w+|smet+ila|unsubscribe\w*|disis?criv\w*|disattiv\w*|unfollow|annulla\w*|togli\w*|"
    r"leva\w*|leave me alone|turn (?:it |them )?off|switch (?:it |them )?off)\b"
)
"""Words that ask for an end by themselves, where alerts are spoken of."""
NO_MORE = re.compile(
    r"\b(?:no|not|don'?t|dont|do not|non?|nn|never|senza)\b.*\b(?:any ?more|no longer|again|più|piu|altri|altre)\b|"
    r"\bno (?:more|longer)\b|\b(?:don'?t|dont|do not) (?:want|need|send|write|message|text)\b.*"
    r"\b(?:alerts?|messages?|reminders?|notifications?|me)\b|\b(?:non|nn) (?:voglio|mandar|inviar|scriver)\w*\b"
)
"""Ways to say that something should come no more."""
MISSING_OUT = re.compile(r"\b(?:miss|forget|perder\w*|dimenticar\w*)\b")
"""Whoever does not want to miss something again does not ask for an end."""


def named(knowledge: Knowledge, text: str) -> str | None:
    """The one programme that ``text`` names as a whole, or ``all``; None: neither.

    A name is a programme's id, its title, what stands on its button, or what students call it, in either language.
    """
    wanted = _plain_name(text)
    if wanted in EVERYTHING:
        return ALL
    found = {programme for programme, name in _names(knowledge) if name == wanted}
    return str(found.pop()) if len(found) == 1 else None


def several(knowledge: Knowledge, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All programmes that ``text`` names, or ``all``, and the parts of it that name none.

    Names stand between commas or simply one after the other; of two that begin alike the longer one is meant.
    """
    known = _by_name(knowledge)
    found: dict[str, None] = {}
    unknown: list[str] = []
    for part in re.split(r"[,;/\n]+", text):
        meant, rest = _read(part.split(), known)
        found |= dict.fromkeys(meant)
        unknown += rest
    return (ALL,) if ALL in found else tuple(found), tuple(unknown)


def _by_name(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = dict.fromkeys(EVERYTHING, (ALL,))
    known |= {word: tuple(str(each) for each in programmes) for word, programmes in FAMILIES.items()}
    return known | {name: (str(programme),) for programme, name in _names(knowledge)}


def _read(words: Sequence[str], known: Mapping[str, tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """What a row of words names, and the stretches of it that name nothing."""
    found: list[str] = []
    unknown: list[list[str]] = [[]]
    at = 0
    while at < len(words):
        ends = range(len(words), at, -1)
        end = next((end for end in ends if _plain_name(" ".join(words[at:end])) in known), None)
        if end is not None:
            found += known[_plain_name(" ".join(words[at:end]))]
            unknown.append([])
        elif unknown[-1] or _plain_name(words[at]) not in BETWEEN | {""}:
            unknown[-1].append(words[at])
        at = end or at + 1
    return found, [" ".join(each) for each in unknown if each]


def mentioned(knowledge: Knowledge, text: str) -> Programme | None:
    """The programme a question names somewhere, by the longest of the names in it; None: none."""
    words = f" {_plain_name(text)} "
    found = [(len(name), programme) for programme, name in _names(knowledge) if f" {name} " in words]
    return max(found)[1] if found else None


def _names(knowledge: Knowledge) -> Iterator[tuple[Programme, str]]:
    for programme, page in knowledge.programmes.items():
        yield programme, _plain_name(programme)
        for lang in LANGS:
            names = page.names[lang]
            yield from ((programme, _plain_name(name)) for name in (names.title, names.button, *names.also))


def _plain_name(text: str) -> str:
    return " ".join(re.sub(r"[^\w']+", " ", text.replace("’", "'").replace("_", " ").casefold()).split())


def asks_to_stop(text: str) -> bool:
    """Whether a text about alerts asks for an end to them rather than for more."""
    said = _plain_name(text)
    if MISSING_OUT.search(said):
        return False
    return bool(STOP_WORD.search(said) or NO_MORE.search(said))
