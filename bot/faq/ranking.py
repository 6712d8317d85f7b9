"""Orders the labels by how well they fit a text and its context, and says how sure that order is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bot.faq.index import Floats, Ints
from bot.faq.model import NEVER, PROGRAMMES, Judgement, Model, facets, normal
from bot.faq.reading import Reading
from bot.rules.programmes import Programme, Topic

CARRIED = 3.0
"""How much likelier (as a logarithm) the programme of the answer just read is, where none is named: twenty times."""

CARRIED_ALONE = 3.0
"""How much more, where a single word says something; the more words do, the less: they may describe another one."""

FOLLOWS = 1.0
"""How much likelier a topic of a programme is than a general one, once a programme is spoken of."""

BARE = 0.9
"""Probability of the topic carried on when only a programme is named."""

OPEN = 0.65
"""Under this probability of the likeliest programme, and with none named, the question is one for several."""

GENERAL = -0.7
"""How much likelier a topic of no programme is, once a programme is named: half as likely."""

SAME_TOPIC = 3.0
"""How much likelier the topic of the answer just read is, once another programme is named and little else is said."""

OF_WHOLE = 0.5
"""How much the model of labels as a whole counts beside the two of topics and programmes. Trained on three authors and
tested on the fourth it brings 1.6 points more right."""

# The terms of the confidence beside the probability of the best label, as a logistic regression weighs them that is
# trained on three authors' phrases and tested on the fourth's; they need no more digits than these.
OF_MARGIN = 0.3
OF_ALIEN = 1.6
OF_UNNAMED = 0.8


@dataclass(frozen=True, slots=True)
class Ranking:
    """Labels, the best first."""

    order: Ints
    """Places in the model's labels; of a question for several programmes only the best label of each."""
    fits: Floats
    """The logarithm of the probability of each, in the same order."""
    confidence: float
    """How sure the first one is: grows with the probability that it is right, but is none yet."""
    scope: float
    """How sure it is that the question is about one of the topics at all, on a scale of its own."""
    alien: float
    """Share of the words that are not ours: 0 to 1."""
    unnamed: bool
    """Whether the programme of the first one was neither named nor carried on, only gathered from other words."""


def rank(
    model: Model, judged: Judgement, reading: Reading, *, previous: str | None = None, without: str | None = None
) -> Ranking:
    """Order the labels.

    Args:
        model: Where the labels come from.
        judged: What the text was taken for.
        reading: The text itself.
        previous: The label of the answer read just before.
        without: A label whose topic is to be forgotten, to see what would be made of a question nobody foresaw.
    """
    before, topic_before = facets(previous) if previous else (None, "")
    carried = before if before and not reading.named else None
    topics = _topics(model, judged, reading, topic_before if before else "", carried)
    if without is not None:
        topics = topics.copy()
        topics[model.topics.index(facets(without)[1])] = NEVER
        topics = normal(topics)
    programmes = _programmes(judged, reading, carried)
    fits = topics[model.topic_of] + np.where(model.programme_of >= 0, programmes[model.programme_of], 0)
    if judged.labels is not None and not carried and not reading.bare:
        fits = _with_whole(fits, judged.labels)
    order = np.argsort(-fits, kind="stable")
    known = {*reading.named, carried}
    if not known - {None} and programmes.max() < np.log(OPEN):
        order = _one_for_each(order, model.programme_of)
    unnamed = _is_unnamed(model, order[0], known)
    confidence = _confidence(fits[order], judged, unnamed=unnamed)
    scope = float(topics[:-1].max()) - OF_ALIEN * judged.alien
    return Ranking(order, fits[order], confidence, scope, judged.alien, unnamed)


def _topics(model: Model, judged: Judgement, reading: Reading, before: str, carried: Programme | None) -> Floats:
    if reading.bare:
        topic = before or Topic.OVERVIEW.value
        if topic in model.topics:
            return _nearly_only(model.topics.index(topic), len(judged.topics))
    likelier = np.zeros_like(judged.topics)
    if carried and judged.topics[:-1].max() > judged.topics[-1]:
        likelier[model.topic_of[model.programme_of >= 0]] = FOLLOWS
    if reading.named:
        likelier[model.general] += GENERAL
    if reading.named and before in model.topics:
        likelier[model.topics.index(before)] = SAME_TOPIC / (1 + reading.content)
    return normal(judged.topics + likelier) if likelier.any() else judged.topics


def _with_whole(fits: Floats, labels: Floats) -> Floats:
    """What labels as a whole say counts too, but not whether the question is ours: of that they know nothing."""
    scope = np.log(np.exp(fits).sum())
    return np.asarray(normal((1 - OF_WHOLE / 2) * fits + OF_WHOLE * labels) + scope, dtype=np.float32)


def _nearly_only(place: int, size: int) -> Floats:
    found = np.full(size, np.log((1 - BARE) / max(1, size - 1)), dtype=np.float32)
    found[place] = np.log(BARE)
    return found


def _programmes(judged: Judgement, reading: Reading, carried: Programme | None) -> Floats:
    found = judged.programmes.copy()
    if carried:
        found[PROGRAMMES.index(carried)] += CARRIED + CARRIED_ALONE / max(1, reading.content)
    for denied in reading.denied:
        found[PROGRAMMES.index(Programme(denied))] = NEVER
    return normal(found)


def _one_for_each(order: Ints, programme_of: Ints) -> Ints:
    """The best label of each programme, and the general ones."""
    seen: set[int] = set()
    kept = []
    for place in order.tolist():
        programme = int(programme_of[place])
        if programme < 0 or programme not in seen:
            kept.append(place)
            seen.add(programme)
    return np.array(kept, dtype=np.int64)


def _is_unnamed(model: Model, place: int, known: set[str | None]) -> bool:
    programme = int(model.programme_of[place])
    return programme >= 0 and PROGRAMMES[programme] not in known


def _confidence(fits: Floats, judged: Judgement, *, unnamed: bool) -> float:
    margin = float(fits[0] - fits[1]) if len(fits) > 1 else 0.0
    return float(fits[0]) + OF_MARGIN * margin - OF_ALIEN * judged.alien - OF_UNNAMED * unnamed
