"""A broadcast before it is confirmed: whom it is for, what it says, and how its preview reads.

Texts are Telegram's HTML, made from what somebody formatted in their app: what they typed is escaped in it already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.rules import reports
from bot.rules.addressing import languages_of
from bot.rules.alerts import ALL, AWAKE
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Button, Html, Lang, Message, Rows, lang_of, length, plain
from bot.rules.plan import Fault
from bot.rules.programmes import Programme

LONGEST = 3500
"""The longest text of a broadcast, in UTF-16 units as Telegram counts: the header, too, must fit into one message."""
REST_WITHIN = timedelta(seconds=3)
"""Telegram's apps cut a long text into several messages; what comes this soon after the first is the rest of it."""
LANGUAGES: Mapping[Lang, str] = {"en": "broadcast.english", "it": "broadcast.italian"}

AIMED = re.compile(rf"(?:year|anno) ?[1-6]\b|(?:{'|'.join(Programme)})\b", re.IGNORECASE)
HOLLOW = re.compile(r"<([a-z-]+)(?: [^<>]*)?></\1>")
MARK = re.compile(r'<(/?)([a-z-]+)(?: (?:"[^"]*"|[^<>"])*)?>')


@dataclass(frozen=True, slots=True)
class Sketch:
    """A broadcast as far as it is written.

    ``audience`` is as in :class:`bot.storage.rows.MailingRow`, empty until it is chosen; ``asks`` are the languages
    whose texts are still to be written, the first of them next; ``step`` counts what was changed, so that a button
    drawn before the last change is known for what it is; ``refused_at`` is when a text was too long; ``guessed`` tells
    that nobody said which language the text is in.
    """

    audience: str = ""
    texts: Mapping[Lang, str] = field(default_factory=dict)
    asks: tuple[Lang, ...] = ()
    step: int = 0
    refused_at: datetime | None = None
    tested: bool = False
    guessed: bool = False

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Sketch:
        """A sketch as :meth:`carried` wrote it."""
        refused = content["refused_at"]
        given = dict(content) | {"refused_at": datetime.fromisoformat(refused) if refused else None}
        return cls(**given | {"asks": tuple(content["asks"])})

    def carried(self) -> dict[str, Any]:
        """The sketch as plain values."""
        refused = self.refused_at.isoformat() if self.refused_at else None
        return {
            "audience": self.audience, "texts": dict(self.texts), "asks": list(self.asks), "step": self.step,
            "refused_at": refused, "tested": self.tested, "guessed": self.guessed,
        }  # fmt: skip

    def changed(self, **values: Any) -> Sketch:  # noqa: ANN401 - the fields of a sketch
        """The sketch after something was done to it."""
        return replace(self, step=self.step + 1, refused_at=None, tested=False, **values)

    def wrote(self, text: str) -> Sketch:
        """The sketch after the text that was asked for was written."""
        return self.changed(texts=ordered({**self.texts, self.asks[0]: text}), asks=self.asks[1:])

    def skipped(self) -> Sketch:
        """The sketch without the text that was asked for."""
        rest = {lang: text for lang, text in self.texts.items() if lang != self.asks[0]}
        return self.changed(texts=rest, asks=self.asks[1:])

    def swapped(self) -> Sketch:
        """The sketch with its only text in the other language."""
        return self.changed(texts={other(lang): text for lang, text in self.texts.items()})

    def too_long(self, now: datetime) -> Sketch:
        """The sketch after a text was refused for its length."""
        return replace(self, refused_at=now)

    def was_tested(self) -> Sketch:
        """The sketch after it was sent to the one who writes it; the preview shown of it still holds."""
        return replace(self, tested=True)

    def rest_of_refused(self, now: datetime) -> bool:
        """Whether what arrives now is the rest of a text that was refused for its length."""
        return self.refused_at is not None and timedelta() <= now - self.refused_at <= REST_WITHIN


def other(lang: Lang) -> Lang:
    """The other language."""
    return "en" if lang == "it" else "it"


def ordered(texts: Mapping[Lang, str]) -> dict[Lang, str]:
    """The texts, English first."""
    return {lang: texts[lang] for lang in LANGS if lang in texts}


# What was written


def cleaned(text: str) -> str:
    """The text as it can be sent: every tag has its partner, and none is of a kind that bots may not send.

    A command takes the first word away, and with it perhaps the beginning of what was bold. Emoji of a set of
    somebody's own become the plain ones they stand for.
    """
    text = text.replace('<span class="tg-spoiler">', "<tg-spoiler>").replace("</span>", "</tg-spoiler>")
    opened: list[str] = []

    def kept(found: re.Match[str]) -> str:
        closing, name = found[1], found[2]
        if name == "tg-emoji":
            return ""
        if not closing:
            opened.append(name)
            return found[0]
        return f"</{opened.pop()}>" if opened and opened[-1] == name else ""

    text = MARK.sub(kept, text)
    text += "".join(f"</{name}>" for name in reversed(opened))
    while HOLLOW.search(text):
        text = HOLLOW.sub("", text)
    return text.strip()


def refused(text: str) -> Fault | None:
    """Why a text cannot be broadcast, or None."""
    if all(unicodedata.category(each)[0] in "ZC" for each in plain(text)):
        return Fault("broadcast.empty", {})
    long = length(text)
    return Fault("broadcast.too-long", {"long": f"{long}", "most": f"{LONGEST}"}) if long > LONGEST else None


# How it reads


def who(voice: Voice, audience: str, lang: Lang) -> str:
    """An audience in words: "subscribers of Free Mover"."""
    kind, _, value = audience.partition(":")
    if kind == "programme":
        return voice.plain(lang, "broadcast.programme", name=voice.name(Programme(value), lang))
    if kind == "year":
        return voice.plain(lang, "broadcast.year", year=value.partition(":")[0])
    if kind == "language":
        return voice.plain(lang, "broadcast.language", language=language(voice, lang_of(value), lang))
    return voice.plain(lang, "broadcast.all")


def language(voice: Voice, which: Lang, lang: Lang) -> str:
    """How a language is called."""
    return voice.plain(lang, LANGUAGES[which])


def choice(voice: Voice, draft_id: int, sketch: Sketch, reach: Mapping[str, int], lang: Lang) -> Message:
    """The audiences to choose from, each with how many it reaches."""

    def offered(audience: str) -> Button:
        many = reach[audience]
        text = voice.plain(lang, "broadcast.counted", who=who(voice, audience, lang), many=many)
        return Button(text, data(Act.DRAFT, draft_id, "to", sketch.step, audience))

    alone = [(offered(each),) for each in (ALL, *(f"programme:{programme}" for programme in Programme))]
    years = [offered(each) for each in reach if each.startswith("year:")]
    languages = tuple(offered(f"language:{each}") for each in LANGS)
    rows = (*alone, tuple(years[:3]), tuple(years[3:]), languages, (_cancel(voice, draft_id, lang),))
    return Message(voice.say(lang, "broadcast.choose"), rows)


def question(voice: Voice, draft_id: int, sketch: Sketch, lang: Lang) -> Message:
    """Asks for the text in the language that is next; it can be left out where there is, or may be, another."""
    which = sketch.asks[0]
    named = language(voice, which, lang)
    to = who(voice, sketch.audience, lang)
    text = voice.say(lang, "broadcast.ask", who=to, language=named, most=LONGEST)

    def button(key: str, verb: str) -> Button:
        return Button(voice.plain(lang, key, language=named), data(Act.DRAFT, draft_id, verb, sketch.step))

    ways = [button("broadcast.keep", "keep")] if which in sketch.texts else []
    if set(sketch.texts) | set(sketch.asks) > {which}:
        ways.append(button("broadcast.skip", "skip"))
    return Message(text, (*((each,) for each in ways), (_cancel(voice, draft_id, lang),)))


def preview(
    voice: Voice,
    draft_id: int,
    sketch: Sketch,
    readers: Mapping[str, int],
    now: datetime,
    lang: Lang,
    *,
    first: str = "",
) -> Message:
    """What staff read under the messages themselves before they confirm: for whom, how many, how long, what is odd.

    ``readers`` is how many of the audience read which language; ``first`` is a sentence above all else.
    """
    many = sum(readers.values())
    kind, _, value = sketch.audience.partition(":")
    year = int(value.partition(":")[2]) if kind == "year" else 0
    lines = [first] if first else []
    lines += [voice.say(lang, "broadcast.preview", who=who(voice, sketch.audience, lang))]
    lines[-1] += "\n" + voice.say(lang, "broadcast.year-told", first=year, second=(year + 1) % 100) if year else ""
    lines += [voice.say(lang, "broadcast.taken-as", language=language(voice, each, lang)) for each in _guess(sketch)]
    lines += [
        voice.say(
            lang, "broadcast.reach", many=many, english=readers.get("en", 0), italian=readers.get("it", 0),
            lasts=reports.lasts(voice, many, lang),
        ),
    ]  # fmt: skip
    lines += [f"⚠️ {warning}" for warning in warnings(voice, sketch, readers, now, lang)]
    return Message("\n\n".join(lines), _ways_on(voice, draft_id, sketch, lang, confirm=many > 0))


def _guess(sketch: Sketch) -> tuple[Lang, ...]:
    """The language the only text was taken in, where nobody said which it is and it could be another."""
    only = tuple(sketch.texts)
    return only if sketch.guessed and len(only) == 1 and len(languages_of(sketch.audience)) > 1 else ()


def warnings(voice: Voice, sketch: Sketch, readers: Mapping[str, int], now: datetime, lang: Lang) -> list[Html]:
    """What staff should know before they confirm."""
    said = []
    for missing in LANGS:
        if missing not in sketch.texts and readers.get(missing):
            names = [language(voice, each, lang) for each in (missing, *sketch.texts)]
            said.append(voice.say(lang, "broadcast.missing", language=names[0], other=names[1], many=readers[missing]))
    first = plain(next(iter(sketch.texts.values()))).strip()
    aimed = AIMED.match(first) if sketch.audience == ALL else None
    if aimed:
        said.append(voice.say(lang, "broadcast.aimed", word=aimed[0]))
    local = now.astimezone(voice.zone)
    if local.hour not in range(*AWAKE):
        said.append(voice.say(lang, "broadcast.hour", hour=f"{local:%H:%M}", begin=AWAKE[0], end=AWAKE[1]))
    if not sum(readers.values()):
        said.append(voice.say(lang, "broadcast.nobody"))
    return [Html(each) for each in said]


def _ways_on(voice: Voice, draft_id: int, sketch: Sketch, lang: Lang, *, confirm: bool) -> Rows:
    def button(text: str, verb: str, *more: str) -> Button:
        return Button(text, data(Act.DRAFT, draft_id, verb, sketch.step, *more))

    missing = [each for each in languages_of(sketch.audience) if each not in sketch.texts]
    added = [
        (button(voice.plain(lang, "broadcast.add", language=language(voice, each, lang)), "add", each),)
        for each in missing
    ]
    first = [(button(voice.plain(lang, "broadcast.confirm"), "confirm"),)] if confirm else []
    first += [
        (button(voice.plain(lang, "broadcast.swap", language=language(voice, other(each), lang)), "swap"),)
        for each in _guess(sketch)
    ]
    return (
        *first,
        (button(voice.plain(lang, "broadcast.test"), "test"),),
        *added,
        (
            button(voice.plain(lang, "broadcast.change-text"), "text"),
            button(voice.plain(lang, "broadcast.change-audience"), "audience"),
        ),
        (_cancel(voice, draft_id, lang),),
    )


def _cancel(voice: Voice, draft_id: int, lang: Lang) -> Button:
    return Button(voice.plain(lang, "broadcast.cancel"), data(Act.DRAFT, draft_id, "cancel"))


# Taking it back from those who got it


def deletion(voice: Voice, mailing_id: int, fresh: int, older: int, lang: Lang) -> Message:
    """Asks whether a broadcast is to be deleted for the ``fresh`` who got it lately, and says that others keep it."""
    lines = [voice.say(lang, "broadcast.delete-ask", many=fresh)]
    if older:
        lines.append(voice.say(lang, "broadcast.delete-older", many=older))
    yes = Button(voice.plain(lang, "broadcast.delete-yes", many=fresh), data(Act.MAILING, mailing_id, "erase"))
    no = Button(voice.plain(lang, "broadcast.delete-no"), data(Act.MAILING, mailing_id, "keep"))
    return Message("\n\n".join(lines), ((yes,), (no,)))
