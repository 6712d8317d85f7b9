"""What was not understood, question by question, and what the desk makes of each: what staff read and press.

A question becomes a phrasing of the answer it asks for, or of none of ours; both are shown before they count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.faq.matcher import Decision, Match
from bot.rules import replies
from bot.rules.answers import Phrasing
from bot.rules.blackout import BLACK
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice
from bot.rules.messages import Button, Lang, Message, Rows, first_words
from bot.rules.statistics import number as written

LONGEST_PHRASE = 300
"""Characters of a phrasing."""
MOST_LABELS = 3
"""Answers that are offered as what a question means."""
MOST_EXAMPLES = 3
"""Other words for a question that are shown below it."""

Matching = Callable[[str, Lang], Match]
"""(text, its language) -> what the FAQ makes of it now."""
Grouping = Callable[[Sequence[str]], Sequence[Sequence[int]]]
"""Puts texts that are alike together, by their places; the first of a group stands for it."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A question that was not understood, without what may say who asked.

    ``label`` is the answer that was given or suggested first and refused, ``given`` whether it was given; ``score`` is
    how sure the FAQ was at the time (0 to 1), and ``settled`` whether the desk has decided on the question.
    """

    id: int
    text: str
    lang: Lang
    score: float = 0.0
    label: str | None = None
    given: bool = False
    settled: bool = False

    def carried(self) -> dict[str, Any]:
        """The question as plain values; ``Missed(**values)`` reads them."""
        return asdict(self)

    def understood(self, match: Match) -> bool:
        """Whether it is answered by now, with something else than what was refused."""
        return match.decision is Decision.ANSWER and not (self.given and match.answer == self.label)


@dataclass(frozen=True, slots=True)
class Case:
    """Questions that are alike, the one that stands for them first, and what it may mean, likeliest first."""

    asked: tuple[Missed, ...]
    labels: tuple[str, ...]

    @property
    def lead(self) -> Missed:
        """The question that stands for them."""
        return self.asked[0]

    @property
    def score(self) -> float:
        """How near one of them came to an answer when it was asked, with what was said before."""
        return max(each.score for each in self.asked)


def cases(missed: Sequence[Missed], settled: Sequence[str], matching: Matching, grouping: Grouping) -> list[Case]:
    """What the desk can decide on: the most frequent first, then what came nearest to an answer, then the newest.

    Args:
        missed: What was not understood, newest first.
        settled: In which words other questions were asked that need no decision any more; what is like them needs none.
        matching: What the FAQ makes of a question now.
        grouping: How alike questions are found.
    """
    matches = {each.id: matching(each.text, each.lang) for each in missed if not each.settled}
    open_ = [each for each in missed if each.settled or not each.understood(matches[each.id])]
    found = []
    for group in grouping([*(each.text for each in open_), *settled]):
        if all(place < len(open_) and not open_[place].settled for place in group):
            asked = tuple(open_[place] for place in group)
            found.append(Case(asked, _meant(asked[0], matches[asked[0].id])))
    return sorted(found, key=lambda case: (-len(case.asked), -case.score))


def _meant(lead: Missed, match: Match) -> tuple[str, ...]:
    labels = [each.id for each in match.candidates if not (lead.given and each.id == lead.label)]
    return tuple(labels[:MOST_LABELS])


# The list, a question a page


@dataclass(frozen=True, slots=True)
class Asking:
    """Which page somebody wants: its place from 0, over how many days, and what they may do there."""

    place: int
    days: int
    lang: Lang
    admin: bool
    undo: int = 0
    """The number of what was left alone just before; 0: nothing was."""
    looked_at: int = 0
    """How many questions were looked at where there are more; 0: all of them."""

    def carried(self) -> dict[str, Any]:
        """The wish as plain values; ``Asking(**values)`` reads them."""
        return asdict(self)


def page(voice: Voice, found: Sequence[Case], asking: Asking) -> Message:
    """One question of the list, and what can be done with it; or that there is none."""
    lang, undo = asking.lang, _undo(voice, asking)
    if not found:
        return Message(voice.say(lang, "candidate.none", span=_span(voice, asking)), undo)
    place = min(asking.place, len(found) - 1)
    case = found[place]
    head = voice.say(lang, "candidate.title", place=place + 1, total=len(found), span=_span(voice, asking))
    newest = voice.say(lang, "stats.missed-newest", many=written(asking.looked_at, lang)) if asking.looked_at else ""
    text = "\n\n".join([head + newest, *_told(voice, case, lang), voice.say(lang, "candidate.ask")])
    here = replace(asking, place=place)
    return Message(text, (*_choices(voice, case, here), *undo, *_steps(voice, len(found), here)))


def _span(voice: Voice, asking: Asking) -> str:
    """Over how many days."""
    key = "candidate.span-day" if asking.days == 1 else "candidate.span-days"
    return voice.plain(asking.lang, key, days=asking.days)


def _told(voice: Voice, case: Case, lang: Lang) -> list[str]:
    """How often it was asked, in which words, and what became of it."""
    lead, many = case.lead, len(case.asked)
    asked = voice.say(lang, "candidate.asked-once" if many == 1 else "candidate.asked", many=written(many, lang))
    others = list(dict.fromkeys(first_words(each.text) for each in case.asked))[1:]
    quoted = [voice.say(lang, "candidate.quoted", text=each) for each in (lead.text, *others[:MOST_EXAMPLES])]
    fate = "candidate.fate-none"
    if lead.label:
        fate = "candidate.fate-given" if lead.given else "candidate.fate-suggested"
    return ["\n".join([asked, *quoted]), voice.say(lang, fate, title=title(voice, lead.label, lang))]


def _choices(voice: Voice, case: Case, asking: Asking) -> Rows:
    lead, lang = case.lead, asking.lang

    def button(key: str, *what: str, **params: str) -> Button:
        return Button(voice.plain(lang, key, **params), data(Act.CANDIDATE, lead.id, *what, asking.days, asking.place))

    means = tuple(
        (button("candidate.button-means", "is", label, title=title(voice, label, lang)),) for label in case.labels
    )
    leave = (button("candidate.button-leave", "leave"),) if asking.admin else ()
    return (*means, (button("candidate.button-foreign", "foreign"), *leave))


def _undo(voice: Voice, asking: Asking) -> Rows:
    if not asking.undo:
        return ()
    caption = voice.plain(asking.lang, "candidate.button-undo")
    return ((Button(caption, data(Act.CANDIDATE, asking.undo, "undo", asking.days, asking.place)),),)


def _steps(voice: Voice, total: int, asking: Asking) -> Rows:
    """The buttons that lead to the questions beside it."""
    beside = {"candidate.button-previous": asking.place - 1, "candidate.button-next": asking.place + 1}
    row = tuple(to(voice, key, at, asking.days, asking.lang) for key, at in beside.items() if 0 <= at < total)
    return (row,) if row else ()


def to(voice: Voice, key: str, place: int, days: int, lang: Lang) -> Button:
    """A button that leads to a place in the list."""
    return Button(voice.plain(lang, key), data(Act.CANDIDATE, place, "at", days))


def title(voice: Voice, label: str | None, lang: Lang) -> str:
    """The heading of an answer, or its label where there is none of this label any more."""
    known = label is not None and voice.knowledge.answer(label) is not None
    return replies.title(voice.knowledge, str(label), lang) if known else str(label or "–")


# What is to be learned of it


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a question means, as far as it is decided.

    ``asked`` is the number of the question and the moment it was asked; ``days`` and ``place`` lead back to the list;
    ``step`` counts what was changed, so that a button drawn before is known for what it is.
    """

    label: str | None
    lang: Lang
    text: str
    asked: tuple[int, str]
    days: int
    place: int
    step: int = 0

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Lesson:
        """A lesson as :meth:`carried` wrote it."""
        given = {name: content[name] for name in cls.__dataclass_fields__ if name in content}
        return cls(**given | {"asked": (int(content["asked"][0]), str(content["asked"][1]))})

    def carried(self) -> dict[str, Any]:
        """The lesson as plain values."""
        return asdict(self) | {"asked": list(self.asked)}

    def changed(self, **values: Any) -> Lesson:  # noqa: ANN401 - the fields of a lesson
        """The lesson after something was done to it."""
        return replace(self, **values, step=self.step + 1)

    @property
    def phrasing(self) -> Phrasing:
        """What goes on file."""
        return Phrasing(self.label, self.lang, self.text)

    @property
    def fault(self) -> str:
        """Why it cannot go on file as it is, by the key of a sentence; empty: it can."""
        return "proposal.black-left" if BLACK in self.text else ""


def body(voice: Voice, phrasing: Phrasing, lang: Lang) -> str:
    """A phrasing in full, and what it is to mean."""
    language = voice.plain(lang, "proposal.italian" if phrasing.lang == "it" else "proposal.english")
    heading = voice.say(lang, "candidate.foreign")
    if phrasing.label:
        heading = voice.say(lang, "candidate.means", title=title(voice, phrasing.label, lang), label=phrasing.label)
    return "\n".join([heading, voice.say(lang, "candidate.phrase", language=language, text=phrasing.text)])


def preview(
    voice: Voice, draft: int, lesson: Lesson, lang: Lang, *, admin: bool, removed: Sequence[str] = ()
) -> Message:
    """The draft with a number, as it would go on file, and what can be done with it."""
    notes = [voice.say(lang, "proposal.removed", what=", ".join(removed))] if removed else []
    notes += [voice.say(lang, lesson.fault)] if lesson.fault else []

    def button(key: str, verb: str) -> Button:
        return Button(voice.plain(lang, key), data(Act.DRAFT, draft, verb, lesson.step))

    decide = button("proposal.button-approve", "approve") if admin else button("proposal.button-propose", "propose")
    other = "candidate.button-english" if lesson.lang == "it" else "candidate.button-italian"
    rows = (
        (decide,),
        (button("candidate.button-write", "write"), button(other, "other")),
        (button("proposal.button-back", "back"),),
    )
    parts = [voice.say(lang, "candidate.preview"), body(voice, lesson.phrasing, lang), *notes]
    return Message("\n\n".join(parts), rows)


def offer(voice: Voice, made: int, phrasing: Phrasing, by: str, lang: Lang) -> Message:
    """What an admin decides on."""
    verbs = {"approve": "proposal.button-approve", "reject": "proposal.button-reject"}
    row = tuple(Button(voice.plain(lang, key), data(Act.CANDIDATE, made, verb)) for verb, key in verbs.items())
    return Message(f"{voice.say(lang, 'candidate.offer', by=by)}\n\n{body(voice, phrasing, lang)}", (row,))


DECIDED = {"approved": "candidate.approved-by", "rejected": "candidate.rejected-by"}
"""What an admin reads in place of what somebody else has decided on, by how it ended."""
YOURS = {"approved": "candidate.yours-approved", "rejected": "candidate.yours-rejected"}
"""What the tutor reads whose proposal it was."""


def decided(voice: Voice, key: str, phrasing: Phrasing, by: str, lang: Lang) -> Message:
    """What became of a proposal; ``key`` is of :data:`DECIDED` or :data:`YOURS`."""
    return Message(voice.say(lang, key, by=by, text=phrasing.text))


def live(voice: Voice, made: int, phrasing: Phrasing, match: Match, lang: Lang) -> Message:
    """It is in use now; and what the FAQ makes of these words since."""
    if phrasing.label is None:
        key = "candidate.live-foreign" if match.decision is Decision.NONE else "candidate.live-foreign-unsure"
    else:
        key = "candidate.live" if match.answer == phrasing.label else "candidate.live-unsure"
    told = voice.say(lang, key, text=phrasing.text, title=title(voice, phrasing.label, lang))
    return Message(told, ((_back(voice, "candidate.button-back", made, lang),),))


def _back(voice: Voice, key: str, made: int, lang: Lang) -> Button:
    return Button(voice.plain(lang, key, number=made), data(Act.CANDIDATE, made, "back"))


# Beside the desk's answers


def in_faq(voice: Voice, waiting: Sequence[int], taken: int, lang: Lang) -> Rows:
    """The buttons below the desk's answers that lead to phrasings: those that wait for an admin, and those in use."""
    looks = [
        (Button(voice.plain(lang, "candidate.button-look", number=each), data(Act.CANDIDATE, each, "show")),)
        for each in waiting
    ]
    caption = voice.plain(lang, "candidate.button-taken", many=taken)
    listed = ((Button(caption, data(Act.CANDIDATE, 0, "taken")),),) if taken else ()
    return (*looks, *listed)


def taken(voice: Voice, phrasings: Mapping[int, Phrasing], lang: Lang) -> Message:
    """The phrasings in use, by the number of the decision, each with a button that takes it back."""
    lines = [voice.say(lang, "candidate.taken")]
    for made, each in phrasings.items():
        meant = title(voice, each.label, lang) if each.label else voice.plain(lang, "candidate.foreign")
        lines.append(voice.say(lang, "candidate.taken-line", number=made, text=each.text, title=meant))
    backs = [_back(voice, "candidate.button-back-one", made, lang) for made in phrasings]
    return Message("\n".join(lines), tuple(tuple(backs[at : at + 2]) for at in range(0, len(backs), 2)))
