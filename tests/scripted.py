"""A matcher that says what was written down for it, and questions to it: for tests of what is made of its matches."""

from __future__ import annotations

from bot.faq.evaluation import Question
from bot.faq.matcher import Candidate, Decision, Match, Matcher


class Scripted(Matcher):
    """Says of each text what was written down for it: a decision and candidates. Of any other it knows nothing."""

    def __init__(self, matches: dict[str, tuple[Decision, dict[str, float]]]) -> None:
        super().__init__([])
        self.matches = matches
        self.asked: list[tuple[str, str | None]] = []

    def match(self, text: str, *, previous: str | None = None, lang: str | None = None, usual: str = "en") -> Match:  # noqa: ARG002 - as in the real one
        self.asked.append((text, previous))
        decision, scores = self.matches.get(text, (Decision.NONE, {}))
        candidates = tuple(Candidate(label, score) for label, score in scores.items())
        return Match(decision, candidates[0].id if decision is Decision.ANSWER else None, candidates, lang or "en")


def scripted() -> Scripted:
    """One that is right, wrong, nearly right and taken in."""
    return Scripted(
        {
            "right": (Decision.ANSWER, {"a": 0.9, "b": 0.1}),
            "wrong": (Decision.ANSWER, {"b": 0.8, "c": 0.1}),
            "offered": (Decision.SUGGEST, {"b": 0.4, "c": 0.3, "a": 0.2}),
            "late": (Decision.SUGGEST, {"b": 0.4, "c": 0.3, "d": 0.2, "a": 0.1}),
            "known, but not said": (Decision.NONE, {"a": 0.3, "b": 0.1}),
            "taken for ours": (Decision.ANSWER, {"a": 0.85}),
            "suggested": (Decision.SUGGEST, {"c": 0.35}),
            "rejected": (Decision.NONE, {}),
        }
    )


OURS = [
    Question("right", "a", "en"),
    Question("wrong", "a", "it"),
    Question("offered", "a", "en"),
    Question("late", "a", "it"),
    Question("known, but not said", "a", "en"),
]
FOREIGN = [Question("taken for ours", None, "en"), Question("suggested", None, "it"), Question("rejected", None, "it")]
