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

STEPS = 30
"""Steps of the descent. Rare features move fastest, and stopping early keeps what they overheard from being believed:
with 100 steps fewer of another author's questions are understood, with 24 fewer of the foreign ones rejected."""

FEW_STEPS = 12
"""The same for labels as a whole, which are told apart by more classes and fewer phrases each: more steps cost time
and bring nothing."""

SPEED = 16.0
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
    labels: Floats | None
    """Of each label as a whole; None where no label has a programme, so that topics are the labels."""
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
        self.general = sorted(
            {topic for label, topic in zip(self.labels, self.topic_of.tolist(), strict=True) if _is_general(label)}
        )
        """The topics of no programme, but for those that may be asked about one."""
        self._by_topic = self._learn_topics(readings, labels)
        self._by_programme, self._by_label = None, None
        if (self.programme_of >= 0).any():
            self._by_programme, self._by_label = self._learn_labels(readings, labels)

    def judge(self, reading: Reading) -> Judgement:
        """What a reading is taken for."""
        topic = self._by_topic.index.weigh(reading.topic, reading.meant)
        if self._by_programme is None or self._by_label is None:
            programmes, labels = normal(np.zeros(len(PROGRAMMES), dtype=np.float32)), None
        else:
            whole = self._by_programme.index.weigh(reading.programme)
            programmes, labels = self._by_programme.judge(whole), self._by_label.judge(whole)
        return Judgement(self._by_topic.judge(topic), programmes, labels, topic.alien)

    def topic_reasons(self, reading: Reading, best: int, second: int) -> list[tuple[str, float]]:
        """What speaks for a topic rather than another one; both by their place in the judgement."""
        return self._by_topic.reasons(self._by_topic.index.weigh(reading.topic, reading.meant), best, second)

    def programme_reasons(self, reading: Reading, best: int, second: int) -> list[tuple[str, float]]:
        """The same for programmes; nothing where no label has one."""
        if self._by_programme is None:
            return []
        return self._by_programme.reasons(self._by_programme.index.weigh(reading.programme), best, second)

    def _learn_topics(self, readings: Sequence[Reading], labels: Sequence[str | None]) -> Classes:
        other = len(self.topics)
        said = list(zip((reading.topic for reading in readings), labels, strict=True))
        said += [(_of_programme(text), label) for text, label in said if label in REQUESTS]
        answers = [other if label is None else self.topics.index(facets(label)[1]) for _, label in said]
        weights = _evened(answers, other + 1)
        weights[other] *= FOREIGN
        texts = [text for text, _ in said]
        index = Index(texts, [label is not None for _, label in said])
        return Classes(index, index.matrix(texts), answers, weights, STEPS)

    def _learn_labels(self, readings: Sequence[Reading], labels: Sequence[str | None]) -> tuple[Classes, Classes]:
        """Learns each programme, from the phrases that belong to one, and each label by itself, from all of ours."""
        known = {label: place for place, label in enumerate(self.labels)}
        ours = [(reading.programme, known[label]) for reading, label in zip(readings, labels, strict=True) if label]
        texts, answers = [text for text, _ in ours], [answer for _, answer in ours]
        index = Index(texts, [True] * len(texts))
        matrix = index.matrix(texts)
        none = len(PROGRAMMES)
        programmes = [int(self.programme_of[answer]) % (none + 1) for answer in answers]
        weights = _evened(programmes, none + 1)
        weights[none] = 0
        return (
            Classes(index, matrix, programmes, weights, STEPS, none),
            Classes(index, matrix, answers, _evened(answers, len(known)), FEW_STEPS),
        )


def _is_general(label: str) -> bool:
    return facets(label)[0] is None and label not in REQUESTS


def _of_programme(text: Features) -> Features:
    """The same, said of a programme."""
    return replace(text, words=tuple(dict.fromkeys([*text.words, NAME])))


def _evened(answers: Sequence[int], classes: int) -> Floats:
    """The weight of one text of each class: those of small classes weigh more, by the root of what they lack."""
    counts = np.bincount(np.array(answers, dtype=np.int64), minlength=classes)
    weights: Floats = np.sqrt(counts.mean() / np.maximum(counts, 1)).astype(np.float32)
    return weights


class Classes:
    """Tells classes of texts apart: a softmax regression that is stopped early.

    Args:
        index: The features of the texts to learn from.
        matrix: The texts in numbers, a row for each.
        answers: The class of each, counted from 0.
        weights: What one text of each class weighs in learning, for all classes.
        steps: How long to learn.
        told: How many classes can be told; the texts of those beyond them teach nothing. As a rule all.
    """

    def __init__(
        self,
        index: Index,
        matrix: Sparse,
        answers: Sequence[int],
        weights: Floats,
        steps: int,
        told: int | None = None,
    ) -> None:
        self.index = index
        by_unit, by_gram, bias = _learn(matrix, index.spelling, np.array(answers, dtype=np.int64), weights, steps)
        self._by_unit = (by_unit + index.spelling.times(by_gram))[:, :told]
        self._by_gram = by_gram[:, :told]
        self._bias = bias[:told]

    def reasons(self, weighed: Weighed, best: int, second: int) -> list[tuple[str, float]]:
        """The known features of a text and how much each speaks for one class rather than another, the most first."""
        table, units = self._by_unit, self.index.units
        worth = [
            (units[place], value * float(table[place, best] - table[place, second]))
            for place, value in zip(weighed.units.places, weighed.units.values, strict=True)
        ]
        return sorted(worth, key=lambda each: -each[1])

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


def _learn(
    matrix: Sparse, spelling: Sparse, answers: Ints, weights: Floats, steps: int
) -> tuple[Floats, Floats, Floats]:
    """Weights by unit, by piece of a word and of the class itself, found by accelerated descent (Nesterov's)."""
    share = (weights[answers] / len(answers)).astype(np.float32)[:, np.newaxis]
    target = np.eye(len(weights), dtype=np.float32)[answers]
    brakes = _brakes(matrix, spelling, share)
    here = [np.zeros((len(brake), len(weights)), dtype=np.float32) for brake in brakes]
    ahead, pace = here, 1.0
    for _ in range(steps):
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
