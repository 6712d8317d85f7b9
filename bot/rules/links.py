"""Links that open the bot: their address, and the answer that the payload of one stands for."""

from __future__ import annotations

import re

from bot.rules.programmes import Topic

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What Telegram lets a link carry."""
_CARRIED = re.compile(rf"[?&]start=({PAYLOAD.pattern})(?:&|$)")


def address(username: str, payload: str = "") -> str:
    """The address that opens the bot, at what ``payload`` stands for."""
    return f"https://t.me/{username}?start={payload}" if payload else f"https://t.me/{username}"


def payload_of(label: str) -> str:
    """What a link to an answer carries; empty where its label has letters that no link can carry."""
    packed = label.replace(".", "_", 1)
    return packed if PAYLOAD.fullmatch(packed) else ""


def label_of(payload: str) -> str:
    """The label a payload stands for, whether or not there is such an answer; a programme alone is its overview."""
    return payload.replace("_", ".", 1) if "_" in payload else f"{payload}.{Topic.OVERVIEW}"


def label_behind(link: str) -> str | None:
    """The label that a link to the bot leads to; None: it leads to no answer."""
    found = _CARRIED.search(link)
    return label_of(found[1]) if found else None
