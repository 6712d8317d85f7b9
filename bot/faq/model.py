"""What a text is taken for: its topic and its programme, learned and recognised apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.faq.index import Floats, Index, Ints, Sparse, Weighed
from bot.faq.reading import NAME, Features, Reading
from bot.rules.programmes import Programme

PROGRAMMES = tuple(Programme)

FOREIGN = 3.0
"""How much more a question of another subject weighs in learning: they are few for all they must stand for."""

REQUESTS = ("general.human", "general.subscribe")
"""What is to be done, not told. It may be asked with a programme named or without, so it is learned both ways."""

NEVER = np.float32(-20.0)
"""The logarithm of a probability that is as good as none."""

STEPS = 24
"""Steps of the descent. Rare features move fastest, and stopping early keeps what they overheard from being believed:
with 60 steps a point fewer of another author's questions are understood, with 12 fewer of the foreign ones rejected."""

SPEED = 8.0
"""How much longer a step is than the one that is safe for any data; at 32 the descent begins to sway."""

PULL = 1e-4
"""How strongly weights are drawn back to nothing."""


def facets(label: str) -> tuple[Programme | None, str]:
    """The programme and the topic of a label; one that is not ``<programme>.<topic>`` is a topic as a whole."""
    programme, _, topic = label.partition(".")
    return (Programme(programme), topic) if programme in PROGRAMMES and topic else (None, label)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a text is taken for, before its context is known. Probabilities are logarithms."""

    topics: Floats
    """Of each of the model's topics; the last is "another subject"."""
    programmes: Floats
    """Of each programme, in their order; all alike where no label names any."""
    alien: float
    """Share of the words that no phrase of ours has: 0 to 1."""


class Model:
    """Has learned from phrases what they ask.

    Args:
        readings: The phrases.
        labels: What each of them asks; None for a question of another subject.
    """

    def __init__(self, readings: Sequence[Reading], labels: Sequence[str | None]) -> None:
        self.labels = tuple(sorted({label for label in labels if label is not None}))
        split = [facets(label) for label in self.labels]
        self.topics = tuple(sorted({topic for _, topic in split}))
        self.topic_of = np.array([self.topics.index(topic) for _, topic in split], dtype=np.int64)
        self.programme_of = np.array([PROGRAMMES.index(which) if which else -1 for which, _ in split], dtype=np.int64)
        self._by_topic = self._learn_topics(readings, labels)
        self._by_programme = _learn_programmes(readings, labels)

    def judge(self, reading: Reading) -> Judgement:
        """What a reading is taken for."""
        weighed = self._by_topic.index.weigh(reading.topic, reading.meant)
        if self._by_programme is None:
            programmes = normal(np.zeros(len(PROGRAMMES), dtype=np.float32))
        else:
            programmes = self._by_programme.judge(self._by_programme.index.weigh(reading.programme))
        return Judgement(self._by_topic.judge(weighed), programmes, weighed.alien)

    def _learn_topics(self, readings: Sequence[Reading], labels: Sequence[str | None]) -> Classes:
        other = len(self.topics)
        said = list(zip((reading.topic for reading in readings), labels, strict=True))
        said += [(_of_programme(text), label) for text, label in said if label in REQUESTS]
        answers = [other if label is None else self.topics.index(facets(label)[1]) for _, label in said]
        weights = _evened(answers, other + 1)
        weights[other] *= FOREIGN
        return Classes([text for text, _ in said], answers, weights, [label is not None for _, label in said])


def _of_programme(text: Features) -> Features:
    """The same, said of a programme."""
    return replace(text, words=tuple(dict.fromkeys([*text.words, NAME])))


def _learn_programmes(readings: Sequence[Reading], labels: Sequence[str | None]) -> Classes | None:
    """Learns from the phrases that belong to a programme; None where no phrase does."""
    pairs = [
        (reading.programme, PROGRAMMES.index(programme))
        for reading, label in zip(readings, labels, strict=True)
        if label is not None and (programme := facets(label)[0]) is not None
    ]
    if not pairs:
        return None
    answers = [answer for _, answer in pairs]
    return Classes([text for text, _ in pairs], answers, _evened(answers, len(PROGRAMMES)), [True] * len(pairs))


def _evened(answers: Sequence[int], classes: int) -> Floats:
    """The weight of one text of each class: those of small classes weigh more, by the root of what they lack."""
    counts = np.bincount(np.array(answers, dtype=np.int64), minlength=classes)
    weights: Floats = np.sqrt(counts.mean() / np.maximum(counts, 1)).astype(np.float32)
    return weights


class Classes:
    """Tells classes of texts apart: a softmax regression that is stopped early.

    Args:
        texts: The features of each text to learn from.
        answers: The class of each, counted from 0.
        weights: What one text of each class weighs in learning, for all classes.
        ours: For each text, whether it asks something of ours.
    """

    def __init__(
        self, texts: Sequence[Features], answers: Sequence[int], weights: Floats, ours: Sequence[bool]
    ) -> None:
        self.index = Index(texts, ours)
        by_unit, by_gram, self._bias = _learn(self.index, texts, np.array(answers, dtype=np.int64), weights)
        self._by_unit = by_unit + self.index.spelling.times(by_gram)
        self._by_gram = by_gram

    def judge(self, weighed: Weighed) -> Floats:
        """The logarithm of the probability of each class."""
        total = self._bias.copy()
        for row, table in ((weighed.units, self._by_unit), (weighed.unknown, self._by_gram)):
            if row.places:
                total += np.array(row.values, dtype=np.float32) @ table[row.places]
        return normal(total)


def normal(logits: Floats) -> Floats:
    """The same logarithms of probabilities, so that the probabilities add up to 1 along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), dtype=np.float32)


def _learn(index: Index, texts: Sequence[Features], answers: Ints, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights by unit, by piece of a word and of the class itself, found by accelerated descent (Nesterov's)."""
    matrix, spelling = index.matrix(texts), index.spelling
    share = (weights[answers] / len(answers)).astype(np.float32)[:, np.newaxis]
    target = np.eye(len(weights), dtype=np.float32)[answers]
    brakes = _brakes(matrix, spelling, share)
    here = [np.zeros((len(brake), len(weights)), dtype=np.float32) for brake in brakes]
    ahead, pace = here, 1.0
    for _ in range(STEPS):
        units, pieces, bias = ahead
        error = (np.exp(normal(matrix.times(units + spelling.times(pieces)) + bias)) - target) * share
        of_units = matrix.turned_times(error)
        slopes = (of_units, spelling.turned_times(of_units), error.sum(axis=0, keepdims=True))
        moved = [at - (slope + PULL * at) / brake for at, slope, brake in zip(ahead, slopes, brakes, strict=True)]
        faster = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead = [new + (pace - 1) / faster * (new - old) for new, old in zip(moved, here, strict=True)]
        here, pace = moved, faster
    return here[0], here[1], here[2][0]


def _brakes(matrix: Sparse, spelling: Sparse, share: Floats) -> tuple[Floats, Floats, Floats]:
    """For each weight, how much its slope must be divided by: an upper bound of its curvature, over ``SPEED``."""
    ones = [np.ones((width, 1), dtype=np.float32) for width in (matrix.shape[1], spelling.shape[1])]
    reach = 1 + matrix.times(ones[0] + spelling.times(ones[1]))
    of_units = matrix.turned_times(share * reach) / (2 * SPEED)
    return of_units + PULL, spelling.turned_times(of_units) + PULL, (share * reach).sum(keepdims=True) / (2 * SPEED)
