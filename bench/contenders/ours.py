"""The desk's own matcher, of this checkout or of an older one that has no cache yet."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bot.faq.matcher import Entry, Matcher, Vocabulary

FEW = 3
CACHE: Any = import_module("bot.faq.cache") if find_spec("bot.faq.cache") else None


class Ours:
    def __init__(self, matcher: Matcher, parts: tuple[Any, ...]) -> None:
        self._matcher, self._parts = matcher, parts

    def best(self, text: str, previous: str | None) -> object:
        return self._matcher.match(text, previous=previous)

    def ranked(self, text: str, previous: str | None) -> tuple[list[str], list[float], str | None]:
        match = self._matcher.match(text, previous=previous)
        first = match.candidates[:FEW]
        return [each.id for each in first], [first[0].score if first else 0.0], match.answer

    def keep(self, folder: Path) -> bool:
        """Train another one that is then kept in the folder; False: there is no cache."""
        return CACHE is not None and bool(CACHE.trained(folder, *self._parts))


def make(material: dict[str, Any]) -> Ours:
    made_of = parts(material)
    return Ours(Matcher(*made_of), made_of)


def restore(material: dict[str, Any], folder: Path) -> Ours:
    made_of = parts(material)
    return Ours(CACHE.trained(folder, *made_of), made_of)


def parts(material: dict[str, Any]) -> tuple[list[Entry], dict[str, list[str]], Vocabulary]:
    entries = [Entry(label, phrases) for label, phrases in material["entries"]]
    known = {each.name for each in fields(Vocabulary)}  # an older program may know less
    vocabulary = Vocabulary(**{name: value for name, value in material["vocabulary"].items() if name in known})
    return entries, material["names"], vocabulary
