from __future__ import annotations

import pytest

from bot.faq.names import Gazetteer, Mention

NAMES = {
    "free-mover": ["free mover", "free movers"],
    "erasmus-study": ["erasmus", "shared name"],
    "erasmus-traineeship": ["erasmus traineeship", "shared name"],
}


@pytest.fixture
def gazetteer() -> Gazetteer:
    return Gazetteer(NAMES, ["not", "instead of", "invece di"])


def found(gazetteer: Gazetteer, text: str) -> list[tuple[str, bool]]:
    return [(mention.programme, mention.denied) for mention in gazetteer.find(text.split())]


def test_the_longest_name_wins(gazetteer: Gazetteer) -> None:
    assert found(gazetteer, "the erasmus traineeship") == [("erasmus-traineeship", False)]
    assert found(gazetteer, "the erasmus") == [("erasmus-study", False)]


@pytest.mark.parametrize("text", ["freemover", "free mover", "free movers"])
def test_a_name_is_found_with_and_without_spaces(gazetteer: Gazetteer, text: str) -> None:
    assert found(gazetteer, text) == [("free-mover", False)]


@pytest.mark.parametrize("text", ["not erasmus", "not the erasmus", "instead of the erasmus"])
def test_a_name_may_be_denied(gazetteer: Gazetteer, text: str) -> None:
    assert found(gazetteer, text) == [("erasmus-study", True)]


def test_a_denied_name_begins_at_its_denial(gazetteer: Gazetteer) -> None:
    assert gazetteer.find(["yes", "not", "the", "erasmus"]) == [Mention(1, 4, "erasmus-study", denied=True)]


def test_a_denial_reaches_only_the_next_name(gazetteer: Gazetteer) -> None:
    assert found(gazetteer, "not erasmus the free mover") == [("erasmus-study", True), ("free-mover", False)]
    assert found(gazetteer, "i did not win the erasmus") == [("erasmus-study", False)]


def test_a_name_of_two_programmes_tells_nothing(gazetteer: Gazetteer) -> None:
    assert found(gazetteer, "shared name") == []


def test_all_words_of_names_are_known(gazetteer: Gazetteer) -> None:
    assert {"free", "mover", "freemover"} <= gazetteer.words


@pytest.mark.parametrize("text", ["the free one mover", "free quello mover"])
def test_small_words_may_stand_within_a_name(gazetteer: Gazetteer, text: str) -> None:
    assert found(gazetteer, text) == [("free-mover", False)]


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("il fre mover", "il free mover"),
        ("erasmus trayneeship please", "erasmus traineeship please"),
        ("freemovr", "free mover"),
        ("free time", "free time"),
        ("a cover", "a cover"),
        ("", ""),
    ],
)
def test_a_misspelt_name_is_put_right(gazetteer: Gazetteer, written: str, mended: str) -> None:
    known = {"il", "free", "mover", "erasmus", "please", "time", "a", "cover"}
    assert gazetteer.mend(written.split(), known.__contains__) == mended.split()


def test_what_is_known_is_no_misspelt_name(gazetteer: Gazetteer) -> None:
    assert gazetteer.mend(["fred", "mover"], lambda _word: True) == ["fred", "mover"]


def test_no_before_the_only_name_denies_nothing() -> None:
    gazetteer = Gazetteer(NAMES, ["no", "not"])
    assert found(gazetteer, "no free mover in august") == [("free-mover", False)]
    assert found(gazetteer, "no free mover the erasmus") == [("free-mover", True), ("erasmus-study", False)]


def test_no_names_are_no_fault() -> None:
    nothing = Gazetteer({}, [])
    assert nothing.find(["free", "mover"]) == []
    assert nothing.mend(["freemover"], lambda _word: False) == ["freemover"]
