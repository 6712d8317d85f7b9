"""Makes slips of the keyboard, always the same ones in the same text, so that what they cost can be measured."""

from __future__ import annotations

import hashlib
import re

SHORTEST = 4
"""Letters of the shortest word that is misspelt."""

_WORD = re.compile(rf"[^\W\d_]{{{SHORTEST},}}")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_WHOLE = 2.0**64
"""One more than the greatest number of eight bytes."""


def misspelt(text: str, share: float) -> str:
    """The text with one slip in about this share of its words of four letters or more.

    Two neighbours change places, a letter is lost, doubled, or mistaken for the key beside it. Which words and which
    slips hangs on the text alone; a greater share keeps the slips of a smaller one.

    Args:
        text: As it was written.
        share: 0 (no word) to 1 (each).
    """
    seed = text.encode("utf-8", "surrogatepass")

    def slipped(found: re.Match[str]) -> str:
        chance = hashlib.sha256(b"%d " % found.start() + seed).digest()
        return _slip(found[0], chance) if int.from_bytes(chance[:8]) / _WHOLE < share else found[0]

    return _WORD.sub(slipped, text)


def _slip(word: str, chance: bytes) -> str:
    """The word with one letter wrong."""
    place = int.from_bytes(chance[8:16]) % len(word)
    head, letter, rest = word[:place], word[place], word[place + 1 :]
    match chance[16] % 4:
        case 0 if rest and rest[0] != letter:
            return f"{head}{rest[0]}{letter}{rest[1:]}"
        case 1 if beside := _beside(letter):
            return f"{head}{beside[chance[17] % len(beside)]}{rest}"
        case 2:
            return f"{head}{letter}{letter}{rest}"
        case _:
            return head + rest


def _beside(letter: str) -> str:
    """The keys to the left and right of a letter, none of which it has if it is no plain one."""
    row = next((row for row in _ROWS if letter.lower() in row), "")
    place = row.find(letter.lower())
    return row[max(0, place - 1) : place] + row[place + 1 : place + 2]
