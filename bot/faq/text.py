"""Text as the matcher sees it: folded, cut to a sane size, split into words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_CHARACTERS = 4_000
"""What is looked at of one message; Telegram allows 4,096 characters."""

MAX_WORDS = 60
"""Words that are compared; of a longer text the first and the last half of them, where its question stands."""

MAX_LETTERS = 40
"""What is looked at of one word."""

NUMBER = "#"
"""Stands for every number: which number it was is never what an answer turns on."""

_WORD = re.compile(r"[^\W\d_]+|\d+")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")

_CLAUSE_END = re.compile(r"[,;:.!?()\n]+|\s[-\u2013\u2014]\s|\s(?:but|ma|bens[iì])\s", re.IGNORECASE)
_NO = re.compile(r"\bno\s*[,;:.!]", re.IGNORECASE)
_CONTRAST = re.compile(
    r"(?:(?:and|but|e|ma|ok|sorry|scusa|intendo|i mean)\s+)*"
    r"(?:not|non|instead of|rather than|invece (?:di|che)|piuttosto che|no)\s+"
    r"(?:(?:for|with|about|per|con|di|su)\s+)?(?:the|that|this|those|quell\w*|quest\w*|il|i|un|una|an?)\b",
    re.IGNORECASE,
)

_ENGLISH = """
    a an the of to in on at for from with by and or but if then than so as is are was were be been being am do does did
    have has had i you he she it we they me my your his her its our their us them this that these those there here up
    out into s t m re ve ll d about just also too very one ones yes no not
"""
_ITALIAN = """
    il lo la gli le l un uno una di da con su per tra fra del dello della dei degli delle dell al allo alla ai agli alle
    all dal dallo dalla dai dalle dall nel nello nella nei nelle nell sul sullo sulla sui sulle sull col e ed o ma se
    che mi ti si ci vi ne io tu lui lei noi voi loro mio mia miei mie tuo tua suo sua suoi sue nostro essere sono sei
    cosi siamo era ho hai ha abbiamo hanno c questo questa quello quella anche poi qui gia solo no non
"""
_ASKING = """
    what which who whom how when where why any some all much many more most can could may might must shall should will
    would
    chi cui come dove quando quanto quanta quanti quante quale quali qual perche cosa piu molto puo posso puoi possono
"""

FUNCTION_WORDS = frozenset((_ENGLISH + _ITALIAN).split())
"""Words that carry grammar: a message of nothing else asks nothing."""

QUESTION_WORDS = frozenset(_ASKING.split())
"""Words that carry the question but say little of its subject; they are never dropped, only weighed less."""

LIGHT_WORDS = FUNCTION_WORDS | QUESTION_WORDS


def fold(text: str) -> str:
    """Lower case without accents, letters drawn out ("ciaoooo") cut to two; at most ``MAX_CHARACTERS`` are read."""
    apart = unicodedata.normalize("NFKD", text[:MAX_CHARACTERS].casefold())
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return _DRAWN_OUT.sub(r"\1\1", plain)


def words(text: str) -> list[str]:
    """The words of a text, numbers as written; at most ``MAX_WORDS``."""
    found = _WORD.findall(fold(text.replace("+", " plus ")))
    if len(found) > MAX_WORDS:
        found = found[: MAX_WORDS // 2] + found[-MAX_WORDS // 2 :]
    return [word[:MAX_LETTERS] for word in found]


def without_contrast(text: str) -> tuple[str, str]:
    """A text without its clauses that only say what is not meant ("not the one with the scholarship"), and these.

    A clause ends with a mark of punctuation, a dash or a "but"; one that is all there is stays. A "no" that stands
    alone is dropped: it denies what was answered before, not what it is followed by.
    """
    text = _NO.sub(" ", text)
    clauses = [part for clause in _CLAUSE_END.split(text[:MAX_CHARACTERS]) if (part := clause.strip())]
    contrary = [clause for clause in clauses if _CONTRAST.match(clause)]
    kept = [clause for clause in clauses if clause not in contrary]
    if not contrary or LIGHT_WORDS.issuperset(words(" ".join(kept))):
        return text, ""
    return ", ".join(kept), ", ".join(contrary)


@lru_cache(maxsize=8_000)
def grams(word: str) -> tuple[str, ...]:
    """The pieces of three and four letters of a word, its two ends marked: what it shares with its relatives."""
    marked = f"<{word}>"
    return tuple(marked[start : start + size] for size in (3, 4) for start in range(len(marked) - size + 1))
