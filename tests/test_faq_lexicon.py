from __future__ import annotations

import pytest

from bot.faq.lexicon import Lexicon


@pytest.fixture
def lexicon() -> Lexicon:
    phrases = [
        ("en", ["how", "long", "can", "a", "mover", "stay"]),
        ("en", ["when", "is", "the", "deadline"]),
        ("it", ["quando", "scade", "la", "borsa"]),
        ("it", ["la", "borsa", "basta"]),
    ]
    return Lexicon(phrases, ["freemover", "rosa"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("deadline", ["deadline"]),
        ("dedline", ["deadline"]),
        ("deadlnie", ["deadline"]),
        ("movr", ["mover"]),
        ("whn", ["when"]),
        ("freemovr", ["freemover"]),
        ("quandoscade", ["quando", "scade"]),
        ("isthe", ["is", "the"]),
        ("locker", ["locker"]),
        ("xy", ["xy"]),
        ("2027", ["2027"]),
    ],
)
def test_slips_find_the_way_back(lexicon: Lexicon, written: str, meant: list[str]) -> None:
    assert list(lexicon.correct(written)) == meant


def test_of_two_corrections_the_more_usual_word_is_taken(lexicon: Lexicon) -> None:
    assert lexicon.correct("brosa") == ("borsa",)


def test_words_speak_for_their_language(lexicon: Lexicon) -> None:
    italian = lexicon.languages(["la", "borsa"])
    assert italian["it"] > italian["en"]
    english = lexicon.languages(["the", "deadline", "unheard"])
    assert english["en"] > english["it"]


def test_unknown_words_speak_for_no_language(lexicon: Lexicon) -> None:
    assert lexicon.languages(["zzz"]) == {"en": 0.0, "it": 0.0}


def test_a_common_word_is_no_slip_and_no_slip_is_taken_for_it() -> None:
    lexicon = Lexicon([("en", ["deadline", "attach"])], [], ["attack"])
    assert lexicon.correct("attack") == ("attack",)
    assert lexicon.correct("attackk") != ("attack",)


def test_a_name_that_happens_to_be_two_words_is_left_whole() -> None:
    assert Lexicon([("it", ["sala", "manca"])], []).correct("salamanca") == ("salamanca",)
