"""What the bot says outside its own chats, where others read along: cards to post anywhere, and answers in groups.

There nothing is remembered of anybody, so whatever a message leads to is opened in the private chat by a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.faq.matcher import Decision, Match
from bot.rules import replies, season
from bot.rules.answers import GENERAL
from bot.rules.calls import Call
from bot.rules.letters import Voice
from bot.rules.links import address, payload_of
from bot.rules.messages import LONGEST_TEXT, Button, Lang, Message, first_words, lang_of, plain, split
from bot.rules.moves import MOST_SUGGESTIONS, STANDING_ON_TOP
from bot.rules.programmes import Programme, Topic

PERSONAL = frozenset(f"{GENERAL}.{name}" for name in ("human", "subscribe", "privacy", "bot-language"))
"""Answers that are about the reader alone, or that do something for them: they are for the private chat."""
THANKS = f"{GENERAL}.thanks"
CHAT = frozenset({f"{GENERAL}.greeting", THANKS})
"""Answers that nobody posts to others."""
ASK = "ask"
"""The payload of "ask in the bot", which is no answer's: the bot greets."""
LONGEST_PREVIEW = 100
"""Of the first words of an answer on its card, in UTF-16 units."""
CUT = "\n…"
"""Ends a text of which more stands in the private chat."""


@dataclass(frozen=True, slots=True)
class Card:
    """An answer to choose; the message is then posted in the name of whoever chose it."""

    label: str
    title: str
    preview: str
    message: Message


@dataclass(frozen=True, slots=True)
class Offer:
    """The cards for what somebody typed, and the caption and payload of a button above them that leads to the bot."""

    cards: tuple[Card, ...] = ()
    button: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """What everything said outside needs: the words, the calls and the moment, and what Telegram calls the bot."""

    voice: Voice
    calls: Sequence[Call]
    now: datetime
    username: str

    def offer(self, match: Match) -> Offer:
        """The answers that a question may ask for, the best first; where there are none, a way to the bot."""
        lang = lang_of(match.lang)
        most = {Decision.ANSWER: MOST_SUGGESTIONS + 1, Decision.SUGGEST: MOST_SUGGESTIONS, Decision.NONE: 0}
        found = [candidate.id for candidate in match.candidates[: most[match.decision]]]
        cards = tuple(self.card(label, lang) for label in found if label not in PERSONAL | CHAT)
        if cards and match.answer not in PERSONAL | CHAT:
            return Offer(cards)
        return self._leading_in(match.answer if match.answer in PERSONAL else None, lang)

    def beginning(self, lang: Lang) -> Offer:
        """What is there to choose before anything was asked: the programmes."""
        cards = tuple(self.card(f"{programme}.{Topic.OVERVIEW}", lang) for programme in Programme)
        return Offer(cards, self.voice.plain(lang, "outside.ask"), ASK)

    def _leading_in(self, label: str | None, lang: Lang) -> Offer:
        payload = payload_of(label) if label else ""
        return Offer((), self.voice.plain(lang, "outside.ask"), payload or ASK)

    def card(self, label: str, lang: Lang) -> Card:
        """An answer as a card: its heading and first words to choose by."""
        knowledge = self.voice.knowledge
        title = replies.title(knowledge, label, lang)
        bare = plain(replies.answer(knowledge, label, lang).text).removeprefix(title)
        return Card(label, title, first_words(bare, LONGEST_PREVIEW), self.message(label, lang))

    def message(self, label: str, lang: Lang) -> Message:
        """An answer as the bot gives it, with its sources, and a link that opens it in the private chat."""
        text = replies.answer(self.voice.knowledge, label, lang, top=self._standing(label, lang)).text
        return Message(_in_one(text), self._link("outside.open", payload_of(label), lang))

    def in_group(self, match: Match) -> Message | None:
        """What to say to a question asked in a group; None: nothing, as it is not sure, or no answer is needed."""
        lang = lang_of(match.lang)
        if match.answer is None or match.answer == THANKS:
            return None
        return self.in_private(lang, match.answer) if match.answer in PERSONAL else self.message(match.answer, lang)

    def in_private(self, lang: Lang, label: str = "") -> Message:
        """Ask somebody over to the private chat, to an answer there or to its beginning."""
        payload = payload_of(label) if label else ASK
        return Message(self.voice.say(lang, "outside.in-private"), self._link("outside.open-chat", payload, lang))

    def _link(self, caption: str, payload: str, lang: Lang) -> tuple[tuple[Button, ...], ...]:
        return ((Button(self.voice.plain(lang, caption), url=address(self.username, payload)),),)

    def _standing(self, label: str, lang: Lang) -> str:
        """Where the living calls of an answer's programme stand, for those answers above which that is said."""
        programme, _, topic = label.partition(".")
        if programme not in set(Programme) or topic not in STANDING_ON_TOP:
            return ""
        return season.standing(self.voice, self.calls, self.now, lang).get(Programme(programme), "")


def _in_one(text: str) -> str:
    """A text as one message: of one that is too long the beginning, cut between lines."""
    first, *more = split(text, LONGEST_TEXT - len(CUT))
    return first + CUT if more else first
