"""The language a text is written in, as far as its words tell."""

from __future__ import annotations

import pytest

from bot.rules.messages import LANGS, Lang
from bot.rules.tongues import Tongues
from tests import book

TONGUES = pytest.fixture(scope="module", name="tongues")(lambda: Tongues(book.knowledge()))


@pytest.mark.parametrize("usual", LANGS)
@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Dear students", "en"),
        ("The desk is closed tomorrow.", "en"),
        ("Reminder: deadline tomorrow", "en"),
        ("Erasmus meeting on Friday at 15:00, aula 5", "en"),
        ("Cari tutti", "it"),
        ("Cari studenti, domani il desk è chiuso.", "it"),
        ("Promemoria: scadenza domani", "it"),
        ("Il Learning Agreement va firmato prima di partire", "it"),
    ],
)
def test_a_sentence_tells_its_language_whoever_writes_it(tongues: Tongues, text: str, lang: Lang, usual: Lang) -> None:
    assert tongues.of(text, usual) == lang


@pytest.mark.parametrize("usual", LANGS)
@pytest.mark.parametrize("text", ["", "🎓", "Learning Agreement", "Zoom 15:00"])
def test_what_could_be_either_is_in_the_writers_own(tongues: Tongues, text: str, usual: Lang) -> None:
    assert tongues.of(text, usual) == usual
