"""What somebody wrote, shown to others without what could say who they are."""

from __future__ import annotations

import re

LONGEST_EXCERPT = 80
"""Characters that are shown of a text."""
HIDDEN = "…"
"""What stands where something was left out."""
IDENTIFYING = re.compile(
    r"""
    \b(?P<date>\d{4}-\d\d-\d\d|\d\d?[./-]\d\d?[./-](?:\d{4}|\d\d)|(?:19|20)\d\d(?:[/-]\d\d(?:\d\d)?)?)\b  # stays
    | \S+@\S+                                             # an e-mail address
    | (?<!\w)@\w+                                         # a name at Telegram's
    | (?:https?://|www\.|t\.me/)\S+                       # an address, which may be a person's page
    | \+?\d(?:[ ./()-]{0,2}\d){5,}                        # a telephone number
    | \b\w*(?:\d\w*){5,}\b                                # the number of a student, a tax code, an account
    | (?<=(?i:my\ name\ is)\ )\w+(?:\ [A-Z]\w+)*            # what they are called
    | (?<=(?i:mi\ chiamo)\ )\w+(?:\ [A-Z]\w+)*
    """,
    re.VERBOSE,
)
"""What may say who somebody is; years and days, which may look alike, are left."""


def anonymous(text: str) -> str:
    """What somebody wrote, on one line, without what may say who they are."""
    return " ".join(IDENTIFYING.sub(lambda hit: hit[0] if hit["date"] else HIDDEN, text).split())


def excerpt(text: str) -> str:
    """The beginning of a text."""
    return text if len(text) <= LONGEST_EXCERPT else text[: LONGEST_EXCERPT - 1].rstrip() + HIDDEN
