from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bot.faq.model import Judgement, Model, normal
from bot.faq.ranking import Ranking, rank
from bot.faq.reading import Reader
from bot.faq.vocabulary import Vocabulary

LABELS = ("extra-eu.period", "free-mover.overview", "free-mover.period", "general.desk")
READER = {"free-mover": ["free mover"], "extra-eu": ["extra eu"]}


@pytest.fixture
def reader() -> Reader:
    return Reader([("en", "period overview desk of it")], READER, Vocabulary(denials=["not"]))


@pytest.fixture
def model(reader: Reader) -> Model:
    return Model([reader.read("period") for _ in LABELS], LABELS)


@pytest.fixture
def ranked(model: Model, reader: Reader) -> Callable[..., Ranking]:
    """Ranks a text whose topic is "period" at ``sure``, and whose programme nothing tells."""

    def ranked(text: str, previous: str | None = None, *, sure: float = 3, alien: float = 0) -> Ranking:
        topics = np.zeros(len(model.topics) + 1, dtype=np.float32)
        topics[model.topics.index("period")] = sure
        judged = Judgement(normal(topics), normal(np.zeros(7, dtype=np.float32)), None, alien)
        return rank(model, judged, reader.read(text), previous=previous)

    return ranked


def first(ranking: Ranking) -> str:
    return LABELS[int(ranking.order[0])]


def test_of_a_question_for_several_programmes_each_is_offered_once(ranked: Callable[..., Ranking]) -> None:
    assert [LABELS[place] for place in ranked("period").order] == [
        "extra-eu.period",
        "free-mover.period",
        "general.desk",
    ]


def test_the_programme_read_before_is_carried_on(ranked: Callable[..., Ranking]) -> None:
    ranking = ranked("period", "free-mover.overview")
    assert first(ranking) == "free-mover.period"
    assert not ranking.unnamed


def test_a_programme_that_is_named_is_not_carried_on(ranked: Callable[..., Ranking]) -> None:
    assert first(ranked("period of extra eu", "free-mover.overview")) == "extra-eu.period"


def test_the_topic_read_before_is_likelier_the_less_is_said(ranked: Callable[..., Ranking]) -> None:
    def fit(text: str) -> float:
        ranking = ranked(text, "extra-eu.period", sure=0)
        return float(ranking.fits[ranking.order.tolist().index(LABELS.index("free-mover.period"))])

    assert fit("same of free mover") > fit("same of free mover with other words about something else")


def test_a_name_alone_carries_the_topic_on(ranked: Callable[..., Ranking]) -> None:
    assert first(ranked("free mover", "extra-eu.period", sure=0)) in {"extra-eu.period", "free-mover.period"}


def test_a_name_alone_asks_for_the_overview(ranked: Callable[..., Ranking]) -> None:
    assert first(ranked("and free mover")) == "free-mover.overview"


def test_a_denied_programme_comes_last(ranked: Callable[..., Ranking]) -> None:
    assert LABELS[int(ranked("period, not extra eu").order[-1])] == "extra-eu.period"


def test_what_is_not_ours_lowers_the_confidence(ranked: Callable[..., Ranking]) -> None:
    assert ranked("period", alien=0.5).confidence < ranked("period").confidence
    assert ranked("period", alien=0.5).scope < ranked("period").scope


def test_a_label_read_before_may_be_unknown(ranked: Callable[..., Ranking]) -> None:
    assert first(ranked("period", "no.such.label")) == first(ranked("period"))
