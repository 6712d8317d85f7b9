"""An answer proposed for the FAQ: what it says, how long it holds, and what staff read of it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bot.rules import replies
from bot.rules.answers import DeskAnswer, Either, Phrases
from bot.rules.blackout import BLACK, Cleaned
from bot.rules.buttons import Act, data
from bot.rules.calls import Call, academic_year, last_day_of_academic_year
from bot.rules.letters import Voice, closing
from bot.rules.messages import LANGS, Button, Html, Lang, Message, Rows, lang_of
from bot.rules.programmes import Programme

LONGEST_QUESTION, LONGEST_ANSWER, LONGEST_TITLE = 300, 3000, 80
"""In characters."""
SHOWN = 1000
"""Characters of a text that a preview shows: two answers and two questions fit into one message."""
LONGEST = {"question": LONGEST_QUESTION, "answer": LONGEST_ANSWER, "title": LONGEST_TITLE}
DAY = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}\b|\b\d{4}-\d\d-\d\d\b"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]* \d"
    r"|\b\d{1,2}(?:st|nd|rd|th|°)?(?: of)? (?:jan|feb|mar|apr|may|ju[nl]|aug|sep|oct|nov|dec)"
    r"|\b\d{1,2}°? (?:gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic)"
    r"|\b(?:call|bando|deadlines?|scadenz[ae]|scade|closes|chiude)\b",
    re.IGNORECASE,
)
"""What speaks of a day or of a call, and so does not hold for ever."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and its answer as far as they are written.

    ``lang`` is the language they were first written in; ``call`` the name of the call with which it expires, and
    ``until`` the last day it holds; ``of`` the proposal that is being edited; ``asks`` what the next text is
    (``answer:it``, ``until``); ``step`` counts what was changed, so that a button drawn before is known for what it is.
    """

    lang: Lang
    question: Mapping[Lang, str]
    answer: Mapping[Lang, str]
    title: Mapping[Lang, str] = field(default_factory=dict)
    programme: str | None = None
    until: date | None = None
    call: str | None = None
    ticket: int | None = None
    of: int | None = None
    asks: str = ""
    step: int = 0
    alike: int | None = None
    """How many people asked much the same lately, at least; None: it was not counted yet."""

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Suggestion:
        """A suggestion as :meth:`carried` wrote it, whatever else stands beside it."""
        given = {name: content[name] for name in cls.__dataclass_fields__ if name in content}
        until = content.get("until")
        return cls(**given | {"until": date.fromisoformat(until) if until else None})

    def carried(self) -> dict[str, Any]:
        """The suggestion as plain values."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        copies = {name: dict(values[name]) for name in ("question", "answer", "title")}
        return values | copies | {"until": self.until.isoformat() if self.until else None}

    def changed(self, **values: Any) -> Suggestion:  # noqa: ANN401 - the fields of a suggestion
        """The suggestion after something was done to it."""
        return replace(self, **{"asks": ""} | values, step=self.step + 1)

    def wrote(self, text: str) -> Suggestion:
        """The suggestion after the text that was asked for; an answer in a second language needs a question in it."""
        what, _, language = self.asks.partition(":")
        lang = lang_of(language)
        after = self.changed(**{what: {**getattr(self, what), lang: text}})
        after = replace(after, alike=None) if what == "question" else after
        return replace(after, asks=f"question:{lang}") if what == "answer" and lang not in self.question else after

    @property
    def other(self) -> Lang:
        """The language it was not first written in."""
        return "en" if self.lang == "it" else "it"

    @property
    def fault(self) -> str:
        """Why it cannot be put into the FAQ as it is, by the key of a sentence; empty: it can."""
        texts = [*self.question.values(), *self.answer.values(), *self.title.values()]
        return "proposal.black-left" if any(BLACK in text for text in texts) else ""

    def heading(self, lang: Lang) -> str:
        """What stands over the answer: the title, or else the question."""
        return self.title.get(lang) or clipped(self.question[lang], LONGEST_TITLE)

    def answered(self, number: int, on: date) -> DeskAnswer:
        """The answer as it goes on file under ``number``, given ``on`` a day."""
        asked = {lang: (self.question[lang],) for lang in LANGS if lang in self.question and lang in self.answer}
        return DeskAnswer(
            id=number,
            title=Either(**{lang: self.heading(lang) for lang in asked}),
            says=Either(**{lang: self.answer[lang] for lang in asked}),
            phrases=Phrases(**asked),
            programme=Programme(self.programme) if self.programme in set(Programme) else None,
            answered_on=on,
            until=self.until,
            call=self.call,
        )


@dataclass(frozen=True, slots=True)
class Review:
    """What whoever decides should know: what answers it already, the call it expires with, what was blacked out."""

    answered_by: str | None = None
    call: Call | None = None
    removed: tuple[str, ...] = ()


def clipped(text: str, most: int) -> str:
    """A text on one line, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"


def suggested(
    lang: Lang,
    question: Cleaned,
    answer: Cleaned,
    programme: str | None,
    ticket: int | None,
    call: Call | None,
    until: date | None,
) -> Suggestion:
    """What a tutor is shown first; where it speaks of a day or a call it expires with ``call``, on ``until``."""
    texts = {lang: clipped(question.text, LONGEST_QUESTION)}, {lang: answer.text[:LONGEST_ANSWER]}
    begun = Suggestion(lang, *texts, programme=programme, ticket=ticket)
    return replace(begun, call=call.name, until=until) if call and DAY.search(answer.text) else begun


# What staff read


def preview(voice: Voice, number: int, each: Suggestion, review: Review, lang: Lang, *, admin: bool) -> Message:
    """The draft with a number, as it would stand in the FAQ, and what can be done with it."""
    notes = [voice.say(lang, "proposal.removed", what=", ".join(review.removed))] if review.removed else []
    notes += [voice.say(lang, each.fault)] if each.fault else []
    head = voice.say(lang, "proposal.edited" if each.of else "proposal.preview")
    text = "\n\n".join([head, *body(voice, each, review, lang), *notes])

    def button(key: str, verb: str, *args: str) -> Button:
        return Button(voice.plain(lang, key), data(Act.DRAFT, number, verb, each.step, *args))

    send = () if each.of else (button("proposal.button-propose", "propose"),)
    decide = (button("proposal.button-approve", "approve"),) if admin else ()
    other = "proposal.button-italian" if each.other == "it" else "proposal.button-english"
    return Message(
        text,
        (
            (*send, *decide),
            (
                button("proposal.button-question", "write", "question"),
                button("proposal.button-answer", "write", "answer"),
            ),
            (button("proposal.button-title", "write", "title"), button(other, "write", "other")),
            (button("proposal.button-until", "until"), button("proposal.button-cancel", "cancel")),
        ),
    )


def body(voice: Voice, each: Suggestion, review: Review, lang: Lang) -> Iterable[str]:
    """The question, the answer, how long it holds, and what whoever decides should know."""
    for spoken in LANGS:
        if spoken in each.answer:
            language = voice.plain(lang, "proposal.italian" if spoken == "it" else "proposal.english")
            asked, said = each.question.get(spoken, "–"), each.answer[spoken]
            shown = said if len(said) <= SHOWN else f"{said[:SHOWN]}…"
            title = f"{each.title[spoken]} · " if each.title.get(spoken) else ""
            yield voice.say(lang, "proposal.text", language=language, title=title, question=asked, answer=shown)
    yield "\n".join(_circumstances(voice, each, review, lang))


def _circumstances(voice: Voice, each: Suggestion, review: Review, lang: Lang) -> Iterable[str]:
    known = each.programme in set(Programme)
    name = voice.name(Programme(str(each.programme)), lang) if known else voice.plain(lang, "proposal.no-programme")
    yield voice.say(lang, "proposal.about", name=name)
    yield holds(voice, each.until, review.call, lang)
    yield (voice.say(lang, "proposal.alike", many=each.alike) if each.alike else voice.say(lang, "proposal.alike-none"))
    if review.answered_by:
        title = replies.title(voice.knowledge, review.answered_by, lang)
        yield voice.say(lang, "proposal.answered-by", title=title)


def holds(voice: Voice, until: date | None, call: Call | None, lang: Lang) -> str:
    """How long an answer holds."""
    if call is not None:
        closes = closing(voice, call.dates, lang)
        return voice.say(lang, "proposal.holds-call", name=voice.name(call.programme, lang), closes=closes)
    return voice.say(lang, "proposal.holds-until", on=until) if until else voice.say(lang, "proposal.holds-ever")


def expiry(voice: Voice, number: int, each: Suggestion, calls: Sequence[Call], today: date, lang: Lang) -> Message:
    """The choice of how long it holds."""

    def button(text: str, *args: object) -> tuple[Button, ...]:
        return (Button(text, data(Act.DRAFT, number, *args)),)

    year_ends = last_day_of_academic_year(academic_year(today))
    rows: Rows = ()
    for call in calls:
        name, on = voice.name(call.programme, lang), call.dates.last_day(voice.zone)
        rows += (button(voice.plain(lang, "proposal.button-call", name=name, on=on), "with", each.step, call.id),)
    rows += (
        button(voice.plain(lang, "proposal.button-day", on=year_ends), "through", each.step, year_ends),
        button(voice.plain(lang, "proposal.button-ever"), "ever", each.step),
        button(voice.plain(lang, "proposal.button-write-day"), "write", each.step, "until"),
        button(voice.plain(lang, "proposal.button-back"), "back", each.step),
    )
    return Message(voice.say(lang, "proposal.until-ask"), rows)


def asks(voice: Voice, each: Suggestion, lang: Lang) -> Message:
    """The question for the text that comes next."""
    what, _, language = each.asks.partition(":")
    if what == "until":
        return Message(voice.say(lang, "proposal.ask-until"))
    named = voice.plain(lang, "proposal.italian" if language == "it" else "proposal.english")
    return Message(voice.say(lang, ASKS[what], language=named, most=LONGEST[what]))


ASKS = {"question": "proposal.ask-question", "answer": "proposal.ask-answer", "title": "proposal.ask-title"}


def offer(voice: Voice, number: int, each: Suggestion, review: Review, by: str, lang: Lang) -> Message:
    """What an admin decides on."""
    head = voice.say(lang, "proposal.offer", by=by, number=f"#{each.ticket}") if each.ticket else ""
    verbs = {"approve": "proposal.button-approve", "edit": "proposal.button-edit", "reject": "proposal.button-reject"}
    buttons = tuple(Button(voice.plain(lang, key), data(Act.PROPOSAL, number, verb)) for verb, key in verbs.items())
    return Message("\n\n".join(part for part in (head, *body(voice, each, review, lang)) if part), (buttons,))


DECIDED = {"approved": "proposal.approved-by", "rejected": "proposal.rejected-by"}
"""What an admin reads in place of what somebody else has decided on, by how it ended."""
YOURS = {"approved": "proposal.yours-approved", "rejected": "proposal.yours-rejected"}
"""What the tutor reads whose proposal it was."""


def decided(voice: Voice, key: str, each: Suggestion, by: str, lang: Lang) -> Message:
    """What became of a proposal; ``key`` is of :data:`DECIDED` or :data:`YOURS`."""
    return Message(voice.say(lang, key, by=by, question=clipped(each.question[each.lang], SHOWN)))


def live(voice: Voice, number: int, each: Suggestion, told: int, lang: Lang) -> Message:
    """It is in the FAQ now, and ``told`` people who asked the same are told."""
    lines = [voice.say(lang, "proposal.live", question=clipped(each.question[each.lang], SHOWN))]
    lines += [voice.say(lang, "proposal.told", many=told) if told else voice.say(lang, "proposal.told-nobody")]
    return Message("\n\n".join(lines), (withdraw_row(voice, number, lang),))


def withdraw_row(voice: Voice, number: int, lang: Lang) -> tuple[Button, ...]:
    """The button that takes an answer out of the FAQ."""
    return (
        Button(voice.plain(lang, "proposal.button-withdraw", number=number), data(Act.PROPOSAL, number, "withdraw")),
    )


def withdrawal(voice: Voice, answer: DeskAnswer, lang: Lang) -> Message:
    """The question whether an answer is really to be withdrawn."""
    yes = Button(voice.plain(lang, "proposal.button-withdraw-yes"), data(Act.PROPOSAL, answer.id, "gone"))
    no = Button(voice.plain(lang, "proposal.button-keep"), data(Act.PROPOSAL, answer.id, "keep"))
    return Message(voice.say(lang, "proposal.withdraw-ask", title=answer.title[lang]), ((yes, no),))


# What those read who asked the same


def told(voice: Voice, label: str, asked: str, on: date, lang: Lang) -> Message:
    """What somebody asked some time ago, and the answer there is now."""
    answer = replies.answer(voice.knowledge, label, lang)
    before = voice.say(lang, "proposal.you-asked", on=on, question=clipped(asked, LONGEST_QUESTION))
    return replace(answer, text=f"{before}\n\n{answer.text}")


# The list of the desk's answers


@dataclass(frozen=True, slots=True)
class Listed:
    """An answer of the desk's: how often it was given lately, who proposed it, the call it expires with."""

    answer: DeskAnswer
    given: int
    by: str
    call: Call | None
    holding: bool


def faq(voice: Voice, answers: Sequence[Listed], waiting: Sequence[int], lang: Lang) -> Message:
    """All answers of the desk's, and the proposals that wait."""
    lines = [voice.say(lang, "faq.intro" if answers else "faq.empty")]
    lines += [_line(voice, each, lang) for each in answers]
    if waiting:
        lines.append(voice.say(lang, "faq.waiting", many=len(waiting)))
    looks = [
        Button(voice.plain(lang, "faq.button-look", number=each), data(Act.PROPOSAL, each, "show")) for each in waiting
    ]
    gone = [withdraw_row(voice, each.answer.id, lang)[0] for each in answers]
    export = ((Button(voice.plain(lang, "faq.button-export"), data(Act.PROPOSAL, 0, "export")),),) if answers else ()
    return Message("\n\n".join(lines), (*_in_twos(looks), *_in_twos(gone), *export))


def _line(voice: Voice, each: Listed, lang: Lang) -> str:
    title = html.escape(each.answer.title[lang], quote=False)
    by = voice.say(lang, "faq.by", by=each.by, on=each.answer.answered_on) if each.by else ""
    until = holds(voice, each.answer.until, each.call, lang) if each.holding else voice.say(lang, "faq.over")
    given = voice.say(lang, "faq.given", many=each.given)
    return "\n".join(part for part in (f"<b>{each.answer.id} · {title}</b>", given, until, by) if part)


def _in_twos(buttons: Sequence[Button]) -> Rows:
    return tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))


# Reading the folder again

MOST_LINES = 20


def reloaded(voice: Voice, changes: Mapping[str, Sequence[str]], faults: Sequence[str], lang: Lang) -> Message:
    """What came of reading the knowledge again: what changed (labels, and files), or why nothing did."""
    if faults:
        listed = Html("\n".join(f"<code>{html.escape(each, quote=False)}</code>" for each in faults[:MOST_LINES]))
        return Message(voice.say(lang, "reload.faults", many=len(faults), faults=listed))
    lines = [
        voice.say(lang, key, many=len(changes[what]), list=", ".join(changes[what][:MOST_LINES]))
        for what, key in RELOADED.items()
        if changes.get(what)
    ]
    return Message("\n".join([voice.say(lang, "reload.done"), *lines] if lines else [voice.say(lang, "reload.same")]))


RELOADED = {
    "added": "reload.added",
    "removed": "reload.removed",
    "altered": "reload.altered",
    "files": "reload.files",
}
