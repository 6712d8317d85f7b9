"""Programmes as students name them, and how they ask to be left in peace."""

from __future__ import annotations

import pytest

from bot.rules import names
from bot.rules.alerts import ALL
from bot.rules.messages import LANGS
from bot.rules.programmes import Programme
from tests.book import knowledge

THESES = ("thesis-scholarship", "thesis-no-scholarship")


def test_a_question_names_a_programme_by_the_longest_name_in_it() -> None:
    asked = {
        "tell me when the erasmus traineeship opens": Programme.ERASMUS_TRAINEESHIP,
        "avvisami quando apre il bando del free mover": Programme.FREE_MOVER,
        "ping me when the call opens": None,
    }
    assert {text: names.mentioned(knowledge(), text) for text in asked} == asked


@pytest.mark.parametrize(
    ("text", "found", "unknown"),
    [
        ("erasmus tesi", ("erasmus-study", *THESES), ()),
        ("erasmus traineeship", ("erasmus-traineeship",), ()),
        ("erasmus, traineeship", ("erasmus-study", "erasmus-traineeship"), ()),
        ("free mover and erasmus+ study", ("free-mover", "erasmus-study"), ()),
        ("Free Mover e tesi all’estero con borsa", ("free-mover", "thesis-scholarship"), ()),
        ("free-mover; extra-eu; hat", ("free-mover", "extra-eu"), ("hat",)),
        ("red hat, free mover, umbrella", ("free-mover",), ("red hat", "umbrella")),
        ("FREE MOVER ", ("free-mover",), ()),
        (" Free  Mover! ", ("free-mover",), ()),
        ("Erasmus+ studio", ("erasmus-study",), ()),
        ("tesi all’estero con borsa", ("thesis-scholarship",), ()),
        ("thesis_no_scholarship", ("thesis-no-scholarship",), ()),
        ("free mover, all", (ALL,), ()),
        ("Tutti", (ALL,), ()),
        ("<b>", (), ("<b>",)),
        ("free mover free mover", ("free-mover",), ()),
        ("hat", (), ("hat",)),
        (" , ,, ", (), ()),
        ("", (), ()),
    ],
)
def test_several_programmes_are_understood_at_once(text: str, found: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    assert names.several(knowledge(), text) == (found, unknown)


@pytest.mark.parametrize(
    ("text", "programme"),
    [
        ("free-mover", "free-mover"), ("Free Mover!", "free-mover"), ("tesi con borsa", "thesis-scholarship"),
        ("Tutti", ALL), ("hat", None), ("", None), ("tesi", None), ("free mover and erasmus", None),
    ],
)  # fmt: skip
def test_a_text_names_one_programme_as_a_whole_or_none(text: str, programme: str | None) -> None:
    assert names.named(knowledge(), text) == programme


def test_every_name_is_understood_alone_and_among_others() -> None:
    for programme, page in knowledge().programmes.items():
        for lang in LANGS:
            called = page.names[lang]
            for name in (programme, called.title, called.button, *called.also):
                assert names.several(knowledge(), name.upper()) == ((programme,), ()), name
                assert names.named(knowledge(), name.upper()) == programme, name
                assert names.several(knowledge(), f"hat, {name}") == ((programme,), ("hat",)), name


@pytest.mark.parametrize(
    "text",
    [
        "stop", "basta", "disiscrivimi", "non scrivermi più", "nn voglio piu messaggi", "please stop", "STOP!!",
        "stop sending me alerts", "i dont want messages anymore", "Non mandarmi più notifiche sui bandi",
        "no more alerts",
        "unsubscribe me from reminders", "togli le notifiche dei bandi", "I don’t need them any more",
    ],
)  # fmt: skip
def test_whoever_asks_for_an_end_is_understood(text: str) -> None:
    assert names.asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "tell me when the call opens", "avvisami quando apre il bando", "I do not want to miss it again",
        "mi ricordi tu la scadenza?", "can you remind me?", "non voglio dimenticarmi più la scadenza", "",
    ],
)  # fmt: skip
def test_whoever_asks_for_alerts_is_not_taken_to_want_an_end(text: str) -> None:
    assert not names.asks_to_stop(text)
