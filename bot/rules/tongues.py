"""Which of the desk's languages a text is written in, told by the words of its own answers in both."""

from __future__ import annotations

from collections.abc import Iterator

from bot.faq.lexicon import Lexicon
from bot.faq.text import words
from bot.rules.answers import Knowledge
from bot.rules.messages import LANGS, Lang

CLEAR = 1.0
"""How much more must speak for one language (a difference of logarithms) for it to be the one."""


class Tongues:
    """Tells the language of a text; it takes some 30 ms to make."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._lexicon = Lexicon(_said(knowledge), ())

    def of(self, text: str, usual: Lang) -> Lang:
        """The language of a bare text; ``usual`` where its words could be either's."""
        speaks = self._lexicon.languages(words(text))
        likely = max(LANGS, key=lambda lang: speaks[lang])
        return likely if speaks[likely] - min(speaks.values()) >= CLEAR else usual


def _said(knowledge: Knowledge) -> Iterator[tuple[Lang, list[str]]]:
    """Every statement and every phrase of the answers, with its language."""
    for _, answer in knowledge.answers():
        asked = {"en": answer.phrases.en, "it": answer.phrases.it}
        for lang in LANGS:
            yield from ((lang, words(statement[lang])) for statement in answer.says)
            yield from ((lang, words(phrase)) for phrase in asked[lang])
