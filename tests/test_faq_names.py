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
