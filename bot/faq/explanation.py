"""Why a question was taken for what it was: for whoever writes phrases, and for whoever wonders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Guess:
    """One of several things a text may be about."""

    name: str
    probability: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A feature of the text that speaks for the best guess."""

    feature: str
    """A word, a pair of neighbours, or a meaning ("=deadline")."""
    worth: float
    """How much likelier (as a logarithm of odds) it makes the best guess than the second one."""


@dataclass(frozen=True, slots=True)
class Near:
    """A phrase of the best answer that is like the text."""

    phrase: str
    likeness: float
    """0 to 1 (see :class:`bot.faq.likeness.Likeness`)."""
    shared: tuple[str, ...]
    """The words both have once they are read."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every step from the text to the decision."""

    said: tuple[str, ...]
    """The words as they were read: spelled out and corrected."""
    corrected: tuple[tuple[str, str], ...]
    """What was written, and what it was read as."""
    set_aside: str
    """Clauses that only say what is not meant."""
    named: tuple[str, ...]
    denied: tuple[str, ...]
    meanings: tuple[str, ...]
    unknown: tuple[str, ...]
    """Words that no phrase of ours has and no meaning is known of."""
    topics: tuple[Guess, ...]
    topic_reasons: tuple[Reason, ...]
    programmes: tuple[Guess, ...]
    programme_reasons: tuple[Reason, ...]
    labels: tuple[Guess, ...]
    """The likeliest answers before the calibration, topic, programme and context put together."""
    alarm: str | None
    """The label of the answer that is due whatever else is said."""
    context: str | None
    """The label of the answer read before."""
    alien: float
    """Share of the words that are not ours: 0 to 1."""
    confidence: float
    probability: float
    """That the first answer is right: 0 to 1."""
    answer_from: float
    """The probability from which an answer is given."""
    scope: float
    suggest_from: float
    """The scope from which answers are suggested."""
    decision: str
    near: tuple[Near, ...]

    def __str__(self) -> str:
        """One step a line, with indented lines for what it rests on."""
        lines = [
            f"read as      {' '.join(self.said) or '(nothing)'}",
            *(f"  corrected  {written} -> {right}" for written, right in self.corrected),
            *([f"  set aside  {self.set_aside}"] if self.set_aside else []),
            *([f"  named      {', '.join(self.named)}"] if self.named else []),
            *([f"  denied     {', '.join(self.denied)}"] if self.denied else []),
            *([f"  meanings   {' '.join(self.meanings)}"] if self.meanings else []),
            *([f"  unknown    {', '.join(self.unknown)} ({self.alien:.0%} of the weight)"] if self.unknown else []),
            *([f"  alarm      {self.alarm}"] if self.alarm else []),
            *([f"  follows    {self.context}"] if self.context else []),
            *_guessed("topic", self.topics, self.topic_reasons),
            *_guessed("programme", self.programmes, self.programme_reasons),
            f"together     {_listed(self.labels)}",
            *(f"  like       {each.likeness:.2f} {each.phrase!r} ({' '.join(each.shared)})" for each in self.near),
            f"decision     {self.decision}",
            f"  right      {self.probability:.2f} (answered from {self.answer_from:.2f})",
            f"  ours       {self.scope:.1f} (suggested from {self.suggest_from:.1f})",
        ]
        return "\n".join(lines)


def corrections(written: Sequence[str], read: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The stretches of a text that were read as something else."""
    aligned = SequenceMatcher(None, written, read, autojunk=False).get_opcodes()
    return tuple((" ".join(written[a:b]), " ".join(read[c:d])) for kind, a, b, c, d in aligned if kind != "equal")


def _guessed(what: str, guesses: Sequence[Guess], reasons: Sequence[Reason]) -> list[str]:
    if not guesses:
        return []
    because = "  ".join(f"{reason.feature} {reason.worth:+.1f}" for reason in reasons)
    return [f"{what:<12} {_listed(guesses)}", *([f"  because    {because}"] if because else [])]


def _listed(guesses: Sequence[Guess]) -> str:
    return ", ".join(f"{guess.name} {guess.probability:.2f}" for guess in guesses) or "(nothing)"
