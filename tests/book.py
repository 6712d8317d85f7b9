"""The shipped knowledge, read once; a stand-in for the matcher; and a chat with the rules alone, without a desk."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import settings

from bot.desk.library import matcher
from bot.faq.evaluation import Question
from bot.faq.labelled import read
from bot.faq.matcher import Candidate, Decision, Match, Matcher
from bot.knowledge import Shelf, load
from bot.playground.entities import Json, parse_html, utf16_len
from bot.playground.keyboards import checked_markup
from bot.rules import buttons
from bot.rules.answers import Knowledge
from bot.rules.calls import Call, Dates
from bot.rules.dialogue import advance
from bot.rules.messages import LONGEST_TEXT, Button, Lang, Message
from bot.rules.profile import Profile
from bot.rules.programmes import Programme
from bot.rules.reminders import Kept
from bot.rules.turn import Edit, Effect, Event, Facts, Mine, Send, SendCalendar, State, Toast, Trigger, command, tapped

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
MESSAGE_ID = 77
LONGEST_TOAST = 200
WIDEST_ROW = 8
settings.register_profile("desk", deadline=None)  # the first example reads the folder, which takes a moment
settings.load_profile("desk")
TAG = re.compile(r"<(/?)([a-z-]+)(?: [^<>]*)?>")

MATCHERS = Path(tempfile.gettempdir()) / f"mobility-desk-tests-{os.getuid()}"
"""Where trained matchers are kept."""


@cache
def shelf() -> Shelf:
    """The real folder."""
    return load()


def knowledge() -> Knowledge:
    """What the desk ships."""
    return shelf().knowledge


def by_label(text: str, previous: str | None, usual: Lang) -> Match:
    """A matcher that knows labels only, so that these tests do not hang on phrases.

    A label is answered (in Italian after ``it:``), ``label?`` suggests it first, ``and the papers?`` asks on about the
    programme read before, and anything else is not known.
    """
    asked = text.removeprefix("it:")
    lang: Lang = "it" if asked != text else usual
    if asked == "and the papers?" and previous:
        asked = f"{previous.partition('.')[0]}.how-to-apply"
    label = asked.removesuffix("?")
    if knowledge().answer(label) is None:
        return match(Decision.NONE, (), lang)
    if asked != label:
        return match(Decision.SUGGEST, (label, "general.choose", "free-mover.overview", "extra-eu.overview"), lang)
    return match(Decision.ANSWER, (label, "general.desk", "free-mover.funding"), lang)


def match(decision: Decision, labels: Sequence[str], lang: Lang) -> Match:
    """A match with ``labels`` as its candidates, best first."""
    candidates = tuple(Candidate(label, 0.9 - 0.1 * at) for at, label in enumerate(dict.fromkeys(labels)))
    return Match(
        decision=decision, answer=labels[0] if decision is Decision.ANSWER else None, candidates=candidates, lang=lang
    )


def facts(
    today: date = TODAY,
    now: datetime = NOW,
    *,
    calls: Sequence[Call] = (),
    kept: Sequence[Kept] = (),
    waiting: int | None = None,
    mine: Sequence[Mine] = (),
) -> Facts:
    """What the dialogue may look at."""
    return Facts(knowledge(), by_label, now, today, ROME, tuple(calls), tuple(kept), waiting, tuple(mine))


def a_call(
    programme: Programme = Programme.FREE_MOVER,
    opens: datetime = datetime(2026, 11, 30, 23, tzinfo=UTC),
    closes: datetime = datetime(2027, 1, 15, 11, tzinfo=UTC),
    *,
    number: int = 3,
    revision: int = 1,
    withdrawn: bool = False,
    closes_hour: bool = True,
) -> Call:
    """A call the desk announced: from 1 December 2026 to 15 January 2027 at noon, Milan time."""
    dates = Dates(opens, closes, closes_hour=closes_hour)
    told = (dates,) * (revision - 1)
    return Call(
        programme, dates, id=number, name=f"{programme}:2026", year=2026, revision=revision, withdrawn=withdrawn,
        told=told,
    )  # fmt: skip


class Chat:
    """One student and the dialogue; every effect is looked at as Telegram would before it is handed on."""

    def __init__(
        self, state: State | None = None, *, lang: Lang = "en", today: date = TODAY, given: Facts | None = None
    ) -> None:
        self.state = state or State(Profile(language=lang))
        self.facts = given or facts(today)
        self.effects: tuple[Effect, ...] = ()

    def does(self, event: Event) -> Chat:
        """Let something happen."""
        self.state, self.effects = advance(self.state, event, self.facts)
        for effect in self.effects:
            assert_acceptable(effect)
        return self

    def says(self, text: str, *, written: int | None = None, about: int | None = None, edited: bool = False) -> Chat:
        """Write a text, or change one; ``about`` is the ticket it replies to."""
        return self.does(Event(Trigger.TEXT, text, name="Ada", written=written, about=about, edited=edited))

    def sends(
        self,
        kind: str,
        caption: str = "",
        *,
        album: str | None = None,
        written: int | None = None,
        about: int | None = None,
        edited: bool = False,
    ) -> Chat:
        """Send a file, or change what stands below one."""
        event = Event(
            Trigger.FILE, caption, name="Ada", file=kind, album=album, written=written, about=about, edited=edited
        )
        return self.does(event)

    def commands(self, name: str, argument: str = "") -> Chat:
        """Write a command."""
        return self.does(command(name, argument, person="Ada"))

    def taps(self, data: str) -> Chat:
        """Tap a button that carries ``data``."""
        return self.does(tapped(data, MESSAGE_ID, person="Ada"))

    def presses(self, caption: str) -> Chat:
        """Press the button with this caption under what was shown last."""
        return self.taps(next(each.data for each in self.keys if each.text == caption))

    @property
    def texts(self) -> list[str]:
        """The texts sent or edited by the last event."""
        return [message.text for message in messages(self.effects)]

    @property
    def text(self) -> str:
        """Everything said by the last event."""
        return "\n\n".join(self.texts)

    @property
    def keys(self) -> list[Button]:
        """The buttons under what the last event sent or edited."""
        return [each for message in messages(self.effects) for each in keys(message)]

    @property
    def toasts(self) -> list[str]:
        """The short lines shown over the chat."""
        return [effect.text for effect in self.effects if isinstance(effect, Toast)]


def messages(effects: Sequence[Effect]) -> list[Message]:
    """The messages among some effects."""
    return [effect.message for effect in effects if isinstance(effect, Send | Edit | SendCalendar)]


def keys(message: Message) -> Iterator[Button]:
    """The buttons of a message, row by row."""
    for row in message.buttons:
        yield from row


def assert_acceptable(effect: Effect) -> None:
    """An effect is one that Telegram would carry out."""
    if isinstance(effect, Toast):
        assert 0 < len(effect.text) <= LONGEST_TOAST
    elif isinstance(effect, Edit):
        assert_sound(effect.message)
        assert utf16_len(parse_html(effect.message.text)[0]) <= LONGEST_TEXT
    elif isinstance(effect, SendCalendar):
        assert_sound(effect.message)
        assert effect.entries
    elif isinstance(effect, Send):
        for part in effect.message.parts():
            assert_sound(part)
            assert utf16_len(parse_html(part.text)[0]) <= LONGEST_TEXT


def assert_sound(message: Message) -> None:
    """A message has text that parses, and buttons that Telegram takes and this release can read back."""
    assert parse_html(message.text)[0].strip()
    for row in message.buttons:
        assert 0 < len(row) <= WIDEST_ROW
    for button in keys(message):
        assert [button.data, button.url, button.copy].count("") == 2, button
        assert not button.data or buttons.read(button.data), button
    checked_markup({"inline_keyboard": [[_json(button) for button in row] for row in message.buttons]})


def _json(button: Button) -> Json:
    copied = {"copy_text": {"text": button.copy}} if button.copy else {}
    return {"text": button.text, "callback_data": button.data, "url": button.url} | copied


def assert_tags_close_on_their_line(text: str) -> None:
    """Every tag ends on the line on which it begins, in order, and no ``<`` stands alone."""
    for line in text.split("\n"):
        open_tags: list[str] = []
        for closing, name in TAG.findall(line):
            if closing:
                assert open_tags, line
                assert open_tags.pop() == name, line
            else:
                open_tags.append(name)
        assert not open_tags, line
        assert "<" not in TAG.sub("", line), line


@cache
def questions() -> tuple[Question, ...]:
    """What students might ask, with the answers it asks for; written by people who knew neither phrases nor matcher."""
    return tuple(read((Path(__file__).parent / "data" / "questions.jsonl").read_text(encoding="utf-8")))


@cache
def trained() -> Matcher:
    """The matcher over the shipped phrases. It takes seconds to train and never changes: one for all desks."""
    return matcher(shelf(), MATCHERS)
