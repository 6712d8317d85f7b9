"""The knowledge in use: read again while the program runs, and the one file of it that the program writes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from bot.clock import day_in
from bot.faq.cache import trained
from bot.faq.matcher import Decision, Match, Matcher
from bot.faq.text import words
from bot.knowledge import (
    DESK_FILE,
    Fault,
    KnowledgeError,
    Shelf,
    check_writable,
    entries,
    load,
    names,
    shelve,
)
from bot.rules.answers import DeskAnswer, Knowledge, Phrasing
from bot.rules.calls import Call
from bot.rules.letters import Voice
from bot.rules.messages import Lang
from bot.rules.programmes import Topic


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What came of reading the folder again."""

    faults: tuple[Fault, ...] = ()
    """Why nothing changed; empty: what stands in the folder is in use now."""
    added: tuple[str, ...] = ()
    """The labels of answers there were none of before."""
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    """The labels of answers that say something else, or are asked for in other words."""
    files: tuple[str, ...] = ()
    """The files that hold something else than before."""


@dataclass(frozen=True, slots=True)
class Published:
    """What came of writing down what was decided."""

    changed: bool = False
    """Whether something else stands on file now."""
    error: str = ""
    """Why nothing was written."""


class Library:
    """The knowledge, the sentences and the matcher as they are in use: ask for them at the moment of use.

    Args:
        voice: What everybody speaks with; its knowledge is exchanged.
        matcher: The matcher over that knowledge.
        folder: The folder it was read from.
        shelf: What was read from it, by which changes are noticed; None: everything counts as changed.
        kept_in: Where matchers are kept for the next start; None: nowhere.
    """

    def __init__(
        self, voice: Voice, matcher: Matcher, folder: Path, shelf: Shelf | None = None, kept_in: Path | None = None
    ) -> None:
        self.voice, self.matcher, self.folder, self._kept_in = voice, matcher, folder, kept_in
        self.answered: Mapping[int, DeskAnswer] = dict(voice.knowledge.desk)
        """Every answer of the desk's on file, those that hold no more included."""
        self._shelf = shelf
        self._lock = asyncio.Lock()

    @classmethod
    def open(cls, folder: Path, zone: ZoneInfo, kept_in: Path | None = None) -> Self:
        """Read the folder for the first time.

        Raises:
            KnowledgeError: It cannot be used.
        """
        shelf = load(folder)
        return cls(Voice(shelf.knowledge, zone), matcher(shelf, kept_in), folder, shelf, kept_in)

    async def reload(self, now: datetime, calls: Iterable[Call] = ()) -> Reloaded:
        """Read the folder again and use what stands there, but for answers that do not hold any more at ``now``.

        Where it has faults nothing changes. ``calls`` are the calls as they stand, those that are over included.
        Questions are answered meanwhile, out of what was in use before.
        """
        async with self._lock:
            return await self._reload(now, calls)

    async def _reload(self, now: datetime, calls: Iterable[Call]) -> Reloaded:
        try:
            read = await asyncio.to_thread(load, self.folder)
        except KnowledgeError as error:
            return Reloaded(faults=tuple(error.faults))
        self.answered = dict(read.knowledge.desk)
        shelf = replace(read, knowledge=self._holding(read.knowledge, now, calls))
        before, self._shelf = self._shelf, shelf
        fresh = self.matcher
        if before is None or _asked(before) != _asked(shelf):
            fresh = await asyncio.to_thread(matcher, shelf, self._kept_in)
        found = _compared(self.voice.knowledge, shelf.knowledge, _changed(before, shelf))
        self.voice.knowledge, self.matcher = shelf.knowledge, fresh
        return found

    def _holding(self, knowledge: Knowledge, now: datetime, calls: Iterable[Call]) -> Knowledge:
        return knowledge.on(day_in(self.voice.zone, now), calls, now)

    def stale(self, now: datetime, calls: Iterable[Call]) -> bool:
        """Whether other answers of the desk's hold at ``now`` than are in use."""
        everything = replace(self.voice.knowledge, desk=self.answered)
        return self._holding(everything, now, calls).desk.keys() != self.voice.knowledge.desk.keys()

    async def publish(
        self,
        approved: Sequence[DeskAnswer],
        withdrawn: Collection[int],
        learned: Collection[Phrasing] = (),
        unlearned: Collection[Phrasing] = (),
    ) -> Published:
        """Bring the answers of the desk's on file in line with what was decided; :meth:`reload` puts them to use.

        The same goes for what was ``learned`` of questions that were not understood, or is to be forgotten.
        """
        decided = (approved, withdrawn, learned, unlearned)
        async with self._lock:
            try:
                return Published(changed=await asyncio.to_thread(shelve, self.folder, *decided))
            except KnowledgeError as error:
                return Published(error=str(error))
            except OSError as error:
                return Published(error=f"{DESK_FILE}: {error.strerror or error}")

    def unwritable(self) -> str:
        """Why the answers of the desk's cannot be written; empty: they can."""
        try:
            check_writable(self.folder)
        except OSError as error:
            return f"{error.strerror or error}"
        return ""

    def exported(self) -> str:
        """The answers of the desk's as they stand on file; empty: there is no such file."""
        path = self.folder / DESK_FILE
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def drop(self, number: int) -> None:
        """Use an answer of the desk's no more, from now on."""
        knowledge = self.voice.knowledge
        left = {each: answer for each, answer in knowledge.desk.items() if each != number}
        self.voice.knowledge = replace(knowledge, desk=left)

    def match(
        self, text: str, *, previous: str | None = None, usual: Lang = "en", knowledge: Knowledge | None = None
    ) -> Match:
        """What a question asks for among the answers of ``knowledge``, or of those in use.

        An answer that ceased to hold since the matcher was made is never found. One of the desk's is stated only where
        it was asked in words much like these, for it was given to one question: else it is suggested.
        """
        holding = knowledge or self.voice.knowledge
        before = holding.answer(previous) if previous else None
        if isinstance(before, DeskAnswer):
            previous = f"{before.programme}.{Topic.OVERVIEW}" if before.programme else None
        match = self.matcher.match(text, previous=previous, usual=usual)
        left = tuple(each for each in match.candidates if holding.answer(each.id))
        stated = holding.answer(match.answer) if match.answer else None
        if isinstance(stated, DeskAnswer) and not self._asked_before(text, stated):
            stated = None
        if match.answer is None or stated is not None:
            return replace(match, decision=match.decision if left else Decision.NONE, candidates=left)
        return replace(match, decision=Decision.SUGGEST if left else Decision.NONE, answer=None, candidates=left)

    def _asked_before(self, text: str, answer: DeskAnswer) -> bool:
        phrases = [*answer.phrases.en, *answer.phrases.it]
        phrases += [each.text for each in self.voice.knowledge.learned if each.label == answer.label]
        return bool(self.matcher.likeness.nearest(text, phrases))

    def standing(self, text: str) -> str | None:
        """The label of the answer that has these very words among its phrases; None: none has."""
        said = words(text)
        for each in entries(self.voice.knowledge):
            if any(words(phrase) == said for phrase in chain(*each.phrases.values())):
                return each.label
        return None


def matcher(shelf: Shelf, kept_in: Path | None = None) -> Matcher:
    """The matcher over the desk's phrases; it takes seconds to make where none is kept in the folder."""
    return trained(kept_in, entries(shelf.knowledge), names(shelf.knowledge), shelf.vocabulary)


def _asked(shelf: Shelf) -> object:
    """All that a matcher is made of."""
    return entries(shelf.knowledge), names(shelf.knowledge), shelf.vocabulary


def _changed(before: Shelf | None, after: Shelf) -> tuple[str, ...]:
    """The files that hold something else than before."""
    old = {} if before is None else {name: file.value for name, file in before.files.items()}
    return tuple(name for name, file in after.files.items() if name not in old or old[name] != file.value)


def _compared(before: Knowledge, after: Knowledge, files: tuple[str, ...]) -> Reloaded:
    old, new = _answers(before), _answers(after)
    return Reloaded(
        added=tuple(label for label in new if label not in old),
        removed=tuple(label for label in old if label not in new),
        altered=tuple(label for label in new if label in old and new[label] != old[label]),
        files=files,
    )


def _answers(knowledge: Knowledge) -> dict[str, object]:
    """Every answer, and how else it is asked for, by label."""
    said = {**dict(knowledge.answers()), **{answer.label: answer for answer in knowledge.desk.values()}}
    return {
        label: (answer, [each for each in knowledge.learned if each.label == label]) for label, answer in said.items()
    }
