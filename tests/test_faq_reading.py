from __future__ import annotations

import pytest

from bot.faq.reading import NAME, NAMES, Reader, Reading
from bot.faq.vocabulary import Vocabulary

VOCABULARY = Vocabulary(
    short_forms={"hw": "how", "w o": "without"},
    fillers=["hello", "thank you", "please"],
    denials=["not"],
    synonyms={"length": ["how long"], "deadline": ["scad*"]},
    elsewhere={"housing": ["locker"]},
)


@pytest.fixture
def reader() -> Reader:
    phrases = [("en", "how long does the free mover last"), ("it", "quando scade l'elettiva"), ("en", "thank you")]
    names = {"free-mover": ["free mover"], "elective-internship": ["elettiva"]}
    return Reader(phrases, names, VOCABULARY)


def test_short_forms_are_spelled_out_and_slips_corrected(reader: Reader) -> None:
    assert reader.words("hw lnog w/o") == ["how", "long", "without"]


def test_names_are_masked_for_the_topic_and_kept_for_the_programme(reader: Reader) -> None:
    reading = reader.read("how long is the free movr")
    assert reading.named == ("free-mover",)
    assert "mover" not in reading.topic.words
    assert NAME in reading.topic.words
    assert f"the {NAME}" in reading.topic.pairs
    assert {"<free-mover>", "mover"} <= set(reading.programme.words)


def test_two_names_are_marked_as_such(reader: Reader) -> None:
    assert NAMES in reader.read("free mover or elettiva").topic.words


def test_a_denied_name_is_not_heard(reader: Reader) -> None:
    reading = reader.read("not the elettiva, the free mover")
    assert reading.named == ("free-mover",)
    assert reading.denied == {"elective-internship"}
    assert "elettiva" not in reading.programme.words


def test_politeness_is_left_out_around_a_question(reader: Reader) -> None:
    assert reader.read("hello, how long please? thank you").topic.pairs == ("how long",)


def test_politeness_alone_is_read(reader: Reader) -> None:
    reading = reader.read("hello and thank you")
    assert set(reading.topic.words) == {"hello", "and", "thank", "you"}
    assert not reading.empty


def test_meanings_are_gathered(reader: Reader) -> None:
    reading = reader.read("how long, e scadrà il locker?")
    assert reading.topic.meanings == ("=length", "=deadline", "=elsewhere")
    assert reading.meant == {"scadra"}


def test_numbers_are_all_alike(reader: Reader) -> None:
    assert reader.read("how long in 2027").topic == reader.read("how long in 1999").topic


@pytest.mark.parametrize("text", ["", "?", "😀😀", "the", "and of", "1234", "si"])
def test_what_asks_nothing_is_empty(reader: Reader, text: str) -> None:
    assert reader.read(text).empty


@pytest.mark.parametrize(
    ("text", "bare"),
    [("e per il free mover?", True), ("how long is free mover", False), ("free mover or elettiva", False)],
)
def test_a_name_alone_is_bare(reader: Reader, text: str, *, bare: bool) -> None:
    assert reader.read(text).bare is bare


def test_the_words_that_say_something_are_counted(reader: Reader) -> None:
    assert reader.read("quando scade il free mover?").content == 1
    assert reader.read("quando scade per laureati?").content == 2


def test_a_clause_that_says_what_is_not_meant_is_set_aside(reader: Reader) -> None:
    reading = reader.read("how long is the free mover, not the one called elettiva?")
    assert reading.named == ("free-mover",)
    assert reading.denied == {"elective-internship"}
    assert "elettiva" not in {*reading.said, *reading.programme.words}


def test_a_misspelt_name_of_two_words_is_put_right(reader: Reader) -> None:
    assert reader.read("how long is fre mover").named == ("free-mover",)


def test_reading_twice_reads_the_same(reader: Reader) -> None:
    def read() -> Reading:
        return reader.read("hw lnog is a free movr?")

    assert read() == read()


@pytest.mark.parametrize(
    ("text", "alarm"),
    [("I am bleeding", "general.emergency"), ("a lecture on bleeding", None), ("how long is the free mover", None)],
)
def test_an_alarm_goes_off_unless_a_calm_word_is_beside_it(text: str, alarm: str | None) -> None:
    vocabulary = Vocabulary(alarms={"general.emergency": ["bleeding"]}, calm=["lecture*"])
    assert Reader([("en", "how long")], {}, vocabulary).read(text).alarm == alarm
