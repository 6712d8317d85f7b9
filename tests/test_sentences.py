"""Every sentence the code names is written in both languages, and every written sentence is said somewhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

import pytest

from bot.knowledge import placeholders
from bot.rules.alerts import Kind, Letter
from bot.rules.calls import Standing
from bot.rules.deadlines import What
from bot.rules.eligibility import Verdict
from bot.rules.messages import LANGS, MENUS, Lang
from bot.rules.profile import Question
from bot.rules.programmes import Destination, Goal, Programme, Topic
from bot.rules.replies import _grouped
from bot.rules.reports import FATES
from bot.storage.ticket_rows import Ticket
from tests.book import knowledge

BOT = Path(__file__).parent.parent / "bot"
KEY_AT = {"say": 1, "plain": 1, "toast": 0, "Fault": 0}
"""What takes a key, and at which place; ``Turn.say`` knows the language itself and takes it first."""

ENDINGS: Mapping[str, Callable[[], AbstractSet[str]]] = {
    "ask.": lambda: set(Question),
    "asked.": lambda: set(Question),
    "topic.": lambda: set(Topic),
    "topic-button.": lambda: set(Topic),
    "goal.": lambda: set(Goal),
    "destination.": lambda: set(Destination),
    "change.": lambda: set(Question) - {Question.DEGREE},
    "kind.": lambda: set(Kind),
    "deadline.": lambda: set(What),
    "deadline-short.": lambda: set(What),
    "deadline-due.": lambda: set(What),
    "deadline-due-1.": lambda: set(What),
    "deadline-due-0.": lambda: set(What),
    "call.": lambda: set(Standing),
    "mailing.": lambda: {*Kind, *Letter} - {Kind.CHANGES, Kind.DEADLINES},
    "mailing.button.": lambda: {"undo", "stop", "again", "delete"},
    "report.": lambda: {*FATES, "deleted"},
    "verdict.": lambda: {*Verdict, "other-goal", "fit-unclear"},
    "result.": lambda: set(_grouped({}, goal_given=True)),
    "calls.": lambda: set(Programme) - set(knowledge().calls),
    "reason.": lambda: named_at("reason", 2),
    "date.": lambda: named_at("Deadline", 0) - {"call-opens", "call-closes"},
    "fault.": lambda: named_at("_Refused", 0) | {"goal", "destination"},
    "button.": lambda: named_at("_command", 1) | named_at("command_button", 1),
}
"""How a key goes on where the code puts one together, such as ``f"goal.{goal}"``."""


def written(lang: Lang) -> set[str]:
    return set(knowledge().words._texts[lang])


@cache
def nodes() -> tuple[ast.AST, ...]:
    """The program but for the playground."""
    paths = [path for path in BOT.rglob("*.py") if "playground" not in path.parts]
    return tuple(node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def calls_of(name: str) -> Iterator[ast.Call]:
    for node in nodes():
        if isinstance(node, ast.Call) and name == getattr(node.func, "attr", getattr(node.func, "id", None)):
            yield node


def texts(node: ast.expr) -> Iterator[str]:
    """The text that ``node`` is, or those between which it chooses; of an f-string the part before the first brace."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one), *texts(other))
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield text


def named_at(name: str, place: int) -> set[str]:
    """The texts given at one place to all calls of ``name``."""
    return {text for call in calls_of(name) if len(call.args) > place for text in texts(call.args[place])}


@cache
def named() -> frozenset[str]:
    """The keys handed to what takes one; those that are put together as far as they are known (``goal.``)."""
    found = set()
    for name, place in KEY_AT.items():
        for call in calls_of(name):
            if call.args:
                found |= set(texts(call.args[min(place, len(call.args) - 1)]))
    return frozenset(found)


def made() -> set[str]:
    """The keys the code puts together."""
    return {f"{begun}{ending}" for begun in named() if begun.endswith(".") for ending in ENDINGS[begun]()}


def chosen() -> set[str]:
    """Keys that stand on their own in the rules, to be said further down."""
    rooms = {key.partition(".")[0] for key in written("en")}
    constants = {node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    keys = {text for text in constants if text.count(".") == 1 and not text.endswith((".", ".yaml"))}
    columns = {f"{table}.id" for table in Ticket.metadata.tables}
    return {key for key in keys - columns if key.partition(".")[0] in rooms}


def test_a_key_is_put_together_only_from_parts_known_here() -> None:
    assert {begun for begun in named() if begun.endswith(".")} == set(ENDINGS)


@pytest.mark.parametrize("lang", LANGS)
def test_every_sentence_that_is_said_is_written(lang: Lang) -> None:
    whole = {key for key in named() if not key.endswith(".")}
    assert len(whole) > 30
    assert len(made()) > 80
    assert (whole | made() | chosen()) - written(lang) == set()


def test_every_placeholder_is_filled_where_the_key_is_named() -> None:
    looked_at = set()
    for name, place, room in (("say", 1, ""), ("plain", 1, ""), ("reason", 2, "reason.")):
        for call in calls_of(name):
            given = {each.arg for each in call.keywords}
            keys = {f"{room}{key}" for key in texts(call.args[min(place, len(call.args) - 1)])} if call.args else set()
            for key in keys & written("en") if None not in given else ():
                looked_at.add(key)
                assert placeholders(knowledge().words._texts["en"][key]) <= given, key
    assert len(looked_at) > 50


@pytest.mark.parametrize("lang", LANGS)
def test_every_sentence_that_is_written_is_said(lang: Lang) -> None:
    menu = {f"{prefix}{name}" for role, prefix in MENUS for name in knowledge().words.commands(lang, role)}
    assert written(lang) - named() - made() - chosen() - menu == set()
