"""An answer of the FAQ, statement by statement, and where each statement comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.rules.calls import Call, UsualCall
from bot.rules.hours import DeskHours
from bot.rules.messages import LANGS, Lang, Words
from bot.rules.programmes import Programme, Rules, Topic

GENERAL = "general"
DESK = "desk"
"""The room of the labels of answers that the desk gave to a student and then put into the FAQ."""
GENERAL_ANSWERS = (
    "programmes", "choose", "desk", "tutor", "learning-agreement", "incoming", "offices", "erasmus-contribution",
    "human", "subscribe", "greeting", "thanks", "privacy",
)  # fmt: skip
"""Answers the program itself counts on."""
LONGEST_NUMBER = 6
"""Digits of the number of an answer of the desk's."""

Answers = TypeVar("Answers", bound=Mapping[Any, Any])


class Strict(BaseModel):
    """A value read from a file: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Both(Strict):
    """A short text in both languages."""

    en: str = Field(min_length=1)
    it: str = Field(min_length=1)

    def __getitem__(self, lang: Lang) -> str:
        """The text in ``lang``."""
        return self.en if lang == "en" else self.it


class Source(Strict):
    """A page that facts come from."""

    url: str
    title: Both
    opened: date | None
    """The day somebody at the desk last opened it; None: nobody yet."""
    public: bool = True
    """False: never shown to a student (a copy, a test host, another department)."""

    @model_validator(mode="after")
    def _public_has_address(self) -> Self:
        if self.public and not self.url.startswith("https://"):
            raise ValueError("a page that students are shown needs an address that begins with https://")
        return self


class Trust(StrEnum):
    """How far a fact may be relied on."""

    PERMANENT = "permanent"
    YEARLY = "yearly"
    UNDATED = "undated"
    OLD = "old"


class Fact(Strict):
    """One thing a page says."""

    says: str = Field(min_length=1)
    source: str
    trust: Trust
    checked: date | None
    """The day somebody at the desk last compared it with the page; None: nobody yet."""
    year: str | None = Field(default=None, pattern=r"^20\d\d/\d\d$")

    @model_validator(mode="after")
    def _yearly_has_year(self) -> Self:
        if self.trust is Trust.YEARLY and self.year is None:
            raise ValueError("a yearly fact names its year, for example year: 2025/26")
        return self


class Statement(Both):
    """One to three sentences of an answer and what they rest on."""

    facts: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    """Sources that were read and do not say it."""
    own: bool = False
    """It speaks of the bot itself."""

    @model_validator(mode="after")
    def _one_ground(self) -> Self:
        if [bool(self.facts), bool(self.silent), self.own].count(True) != 1:
            raise ValueError("a statement needs exactly one of facts, silent or own: true")
        return self


class Phrases(Strict):
    """How students ask for an answer, by language."""

    en: tuple[str, ...] = ()
    it: tuple[str, ...] = ()


class Answer(Strict):
    """What the bot says under one label."""

    says: tuple[Statement, ...] = Field(min_length=1)
    links: tuple[str, ...] = ()
    phrases: Phrases = Phrases()


class GeneralAnswer(Answer):
    """An answer that belongs to no programme, so it carries its own heading and button."""

    title: Both
    button: Both


class Either(Strict):
    """A text in one of the languages at least."""

    en: str | None = Field(default=None, min_length=1)
    it: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _in_one_at_least(self) -> Self:
        if not self.langs:
            raise ValueError("a text in en or in it is missing")
        return self

    @property
    def langs(self) -> tuple[Lang, ...]:
        """The languages it stands in."""
        return tuple(lang for lang in LANGS if getattr(self, lang))

    def __getitem__(self, lang: Lang) -> str:
        """The text in ``lang``, or failing that in the other language."""
        mine, other = (self.en, self.it) if lang == "en" else (self.it, self.en)
        return mine or other or ""


class DeskAnswer(Strict):
    """An answer that the desk gave to a student, and then to everybody who asks the same."""

    id: int = Field(ge=1, le=999_999)
    """Its label is ``desk.<id>``."""
    title: Either
    says: Either
    """Bare text; paragraphs are parted by an empty line."""
    phrases: Phrases
    programme: Programme | None = None
    answered_on: date
    until: date | None = None
    """The last day on which it holds; None: until it is withdrawn."""
    call: str | None = None
    """The name of the call it speaks of: while that is known its life counts, and not ``until``."""

    @model_validator(mode="after")
    def _can_be_asked_for(self) -> Self:
        if not self.phrases.en and not self.phrases.it:
            raise ValueError("a phrase is missing: nobody could ask for it")
        return self

    @property
    def label(self) -> str:
        """The label of the answer."""
        return f"{DESK}.{self.id}"

    def holds(self, today: date, lives: Mapping[str, bool]) -> bool:
        """Whether it may be said on ``today``; ``lives`` tells by name which calls are open or still to open."""
        if self.call and self.call in lives:
            return lives[self.call]
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True)
class Phrasing:
    """A question that the bot did not understand, and what the desk says it means."""

    label: str | None
    """The answer it asks for; None: it is a question of another subject."""
    lang: Lang
    text: str


class DeskPage(Strict):
    """``knowledge/desk.yaml``."""

    answers: tuple[DeskAnswer, ...]
    phrasings: Mapping[str, Phrases] = {}
    """How students ask for answers besides the phrases that stand with these, by label."""
    foreign: Phrases = Phrases()
    """Questions of other subjects."""

    @field_validator("answers")
    @classmethod
    def _each_once(cls, answers: tuple[DeskAnswer, ...]) -> tuple[DeskAnswer, ...]:
        numbers = [answer.id for answer in answers]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise ValueError(f"two answers have the id {twice[0]}")
        return answers

    @property
    def learned(self) -> tuple[Phrasing, ...]:
        """All phrasings one by one, in their order, the questions of other subjects last."""
        groups: list[tuple[str | None, Phrases]] = [*self.phrasings.items(), (None, self.foreign)]
        return tuple(
            Phrasing(label, lang, text)
            for label, phrases in groups
            for lang in LANGS
            for text in (phrases.en if lang == "en" else phrases.it)
        )


class Naming(Strict):
    """How a programme is called in one language: in a heading, on a button, and by students."""

    title: str
    button: str = Field(max_length=32)
    also: tuple[str, ...] = ()


class Names(Strict):
    """How a programme is called in both languages."""

    en: Naming
    it: Naming

    def __getitem__(self, lang: Lang) -> Naming:
        """The names in ``lang``."""
        return self.en if lang == "en" else self.it


def _complete(answers: Answers, needed: Iterable[str]) -> Answers:
    missing = [name for name in needed if name not in answers]
    if missing:
        raise ValueError(f"missing: {', '.join(missing)}")
    return answers


class ProgrammePage(Strict):
    """One file of ``knowledge/programmes/``."""

    id: Programme
    names: Names
    facts: Mapping[str, Fact]
    rules: Rules
    answers: Mapping[Topic, Answer]

    @field_validator("answers")
    @classmethod
    def _every_topic(cls, answers: Mapping[Topic, Answer]) -> Mapping[Topic, Answer]:
        return _complete(answers, Topic)


class GeneralPage(Strict):
    """``knowledge/general.yaml``."""

    facts: Mapping[str, Fact] = {}
    answers: Mapping[str, GeneralAnswer]

    @field_validator("answers")
    @classmethod
    def _every_answer(cls, answers: Mapping[str, GeneralAnswer]) -> Mapping[str, GeneralAnswer]:
        return _complete(answers, GENERAL_ANSWERS)


class UsualCalls(Strict):
    """``knowledge/calls.yaml``."""

    usual: Mapping[Programme, tuple[UsualCall, ...]]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything the desk may edit, read and checked."""

    programmes: Mapping[Programme, ProgrammePage]
    general: Mapping[str, GeneralAnswer]
    facts: Mapping[str, Fact]
    sources: Mapping[str, Source]
    calls: Mapping[Programme, tuple[UsualCall, ...]]
    words: Words
    hours: DeskHours
    """When the desk works."""
    desk: Mapping[int, DeskAnswer] = field(default_factory=dict)
    """What the desk answered to students, by number."""
    learned: tuple[Phrasing, ...] = ()
    """What the desk made of questions that were not understood."""

    def on(self, today: date, calls: Iterable[Call], now: datetime) -> Knowledge:
        """The knowledge without what does not hold any more: answers whose last day, or whose call, is over.

        Args:
            today: The day it is in Milan.
            calls: The calls as they stand, those that are over included.
            now: The moment.
        """
        if not self.desk:
            return self
        lives = {call.name: call.lives(now) for call in calls}
        holding = {number: answer for number, answer in self.desk.items() if answer.holds(today, lives)}
        return self if len(holding) == len(self.desk) else replace(self, desk=holding)

    @property
    def rules(self) -> dict[Programme, Rules]:
        """The rules of every programme."""
        return {programme: page.rules for programme, page in self.programmes.items()}

    def answers(self) -> Iterator[tuple[str, Answer]]:
        """Every answer of the programmes and the general ones, with its label; see ``desk`` for the others."""
        for programme, page in self.programmes.items():
            for topic, answer in page.answers.items():
                yield f"{programme}.{topic}", answer
        for name, general in self.general.items():
            yield f"{GENERAL}.{name}", general

    def answer(self, label: str) -> Answer | DeskAnswer | None:
        """The answer under ``label``, or None: the label is of another release, or the answer holds no more."""
        first, _, second = label.partition(".")
        if first == DESK:
            return self.desk.get(int(second)) if second.isdecimal() and len(second) <= LONGEST_NUMBER else None
        if first == GENERAL:
            return self.general.get(second)
        if first in set(Programme) and second in set(Topic):
            return self.programmes[Programme(first)].answers[Topic(second)]
        return None

    def asked_for(self, label: str | None, lang: Lang) -> tuple[str, ...]:
        """How else an answer is asked for in ``lang``, as the desk has found out; None: questions of other subjects."""
        return tuple(each.text for each in self.learned if (each.label, each.lang) == (label, lang))

    def link(self, fact: str | None) -> Source | None:
        """The page a fact comes from, where a student may be shown it."""
        source = self.sources[self.facts[fact].source] if fact else None
        return source if source and source.public else None

    def address(self, fact: str | None) -> str | None:
        """The address of the page a fact comes from; None for a rule of common sense."""
        return self.sources[self.facts[fact].source].url if fact else None
