from __future__ import annotations

import numpy as np
import pytest

from bot.faq.model import PROGRAMMES, Model, facets, normal
from bot.faq.reading import Reader
from bot.faq.vocabulary import Vocabulary
from bot.rules.programmes import Programme

PHRASES = [
    ("free-mover.period", "how long is the free mover"),
    ("free-mover.funding", "how much money for the free mover"),
    ("extra-eu.period", "how long is the exchange in china"),
    ("extra-eu.funding", "how much money for china"),
    ("general.desk", "where is the desk"),
    (None, "how much is a pizza"),
]


@pytest.fixture
def reader() -> Reader:
    return Reader([("en", text) for _, text in PHRASES], {"free-mover": ["free mover"]}, Vocabulary())


@pytest.fixture
def model(reader: Reader) -> Model:
    return Model([reader.read(text) for _, text in PHRASES], [label for label, _ in PHRASES])


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("free-mover.period", (Programme.FREE_MOVER, "period")),
        ("general.desk", (None, "general.desk")),
        ("card_declined", (None, "card_declined")),
        ("free-mover", (None, "free-mover")),
    ],
)
def test_a_label_has_a_programme_or_none(label: str, expected: tuple[Programme | None, str]) -> None:
    assert facets(label) == expected


def test_topic_and_programme_are_recognised_apart(model: Model, reader: Reader) -> None:
    judged = model.judge(reader.read("money for china"))
    assert model.topics[int(judged.topics[:-1].argmax())] == "funding"
    assert PROGRAMMES[int(judged.programmes.argmax())] is Programme.EXTRA_EU


def test_a_topic_is_recognised_without_a_programme(model: Model, reader: Reader) -> None:
    judged = model.judge(reader.read("how long?"))
    assert model.topics[int(judged.topics.argmax())] == "period"


def test_questions_of_other_subjects_have_a_place_of_their_own(model: Model, reader: Reader) -> None:
    judged = model.judge(reader.read("a pizza"))
    assert int(judged.topics.argmax()) == len(model.topics)


def test_what_is_to_be_done_is_also_learned_with_a_programme_named(reader: Reader) -> None:
    phrases = [*PHRASES, ("general.human", "somebody real please")]
    model = Model([reader.read(text) for _, text in phrases], [label for label, _ in phrases])
    judged = model.judge(reader.read("somebody real for the free mover"))
    assert model.topics[int(judged.topics.argmax())] == "general.human"


def test_probabilities_add_up_to_one(model: Model, reader: Reader) -> None:
    judged = model.judge(reader.read("how long is the desk"))
    assert np.exp(judged.topics).sum() == pytest.approx(1, abs=1e-5)
    assert np.exp(judged.programmes).sum() == pytest.approx(1, abs=1e-5)


def test_without_programmes_all_of_them_are_alike(reader: Reader) -> None:
    judged = Model([reader.read("where is the desk"), reader.read("pizza")], ["a", "b"]).judge(reader.read("desk"))
    assert len(set(judged.programmes.tolist())) == 1


def test_learning_is_the_same_each_time(model: Model, reader: Reader) -> None:
    again = Model([reader.read(text) for _, text in PHRASES], [label for label, _ in PHRASES])
    reading = reader.read("how much is the exchange")
    assert again.judge(reading).topics.tolist() == model.judge(reading).topics.tolist()


def test_normal_bears_large_numbers() -> None:
    assert np.isfinite(normal(np.array([1e4, -1e4], dtype=np.float32))).all()
