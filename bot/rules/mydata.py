"""What is kept of a student, in sentences of their language; word for word it is in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.rules import replies
from bot.rules.alerts import Kind
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice
from bot.rules.messages import Button, Html, Lang, Message
from bot.rules.profile import Profile, Question
from bot.rules.reminders import Fate, Kept, day_line
from bot.rules.turn import State


@dataclass(frozen=True, slots=True)
class Log:
    """What else is on record, only counted here: the days of the first and the last message from them, and the rows.

    ``since`` is the day of the oldest ``messages``; ``informed`` counts the calls whose dates they were told,
    ``questions`` what they asked freely, ``tickets`` are the numbers of their tickets, ``drafts`` and ``acts`` what a
    member of staff left behind; ``staff``: they are one.
    """

    first_seen: date
    last_seen: date
    messages: int = 0
    since: date | None = None
    informed: int = 0
    questions: int = 0
    tickets: tuple[int, ...] = ()
    drafts: int = 0
    acts: int = 0
    staff: bool = False


def page(voice: Voice, number: int, state: State, kept: Sequence[Kept], log: Log, lang: Lang) -> Message:
    """Everything held on the person with a Telegram number."""
    about = [
        voice.say(lang, "mydata.number", number=number),
        voice.say(lang, "mydata.language", language=voice.plain(state.profile.language, "language.name")),
        *_plan(voice, state.profile, lang),
    ]
    if state.question:
        about.append(voice.say(lang, "mydata.question", question=state.question))
    parts = [voice.say(lang, "mydata.intro"), *about, *_wishes(voice, state, lang)]
    if kept:
        parts.append("\n".join([voice.say(lang, "mydata.days"), *(f"• {_day(voice, each, lang)}" for each in kept)]))
    return Message("\n".join([*parts, *_logged(voice, log, lang)]))


def _plan(voice: Voice, profile: Profile, lang: Lang) -> Iterator[str]:
    told = [question for question in Question if question in profile.answered and question is not Question.DEGREE]
    if not told:
        yield voice.say(lang, "mydata.no-plan")
    for question in told:
        asked = voice.say(lang, f"asked.{question}")
        yield f"{asked} {replies.told(voice.knowledge, question, profile, lang)}"
    if profile.told_on:
        yield voice.say(lang, "mydata.told-on", on=profile.told_on)


def _wishes(voice: Voice, state: State, lang: Lang) -> Iterator[str]:
    wishes = state.wishes
    followed = [voice.name(each, lang) for each in voice.knowledge.programmes if wishes.follows(each)]
    if followed:
        yield voice.say(lang, "reminders.follows", names=", ".join(followed))
    else:
        yield voice.say(lang, "reminders.nothing")
    yield voice.say(lang, "reminders.days-on" if wishes.deadlines else "mydata.days-off")
    yield voice.say(lang, "mydata.hours", begin=wishes.awake[0], end=wishes.awake[1])
    muted = [voice.plain(lang, f"kind.{kind}") for kind in Kind if kind in wishes.muted]
    if muted:
        yield voice.say(lang, "mydata.off", kinds=", ".join(muted))


def _day(voice: Voice, day: Kept, lang: Lang) -> str:
    line = day_line(voice, day, lang)
    if day.state is Fate.GONE:
        return voice.say(lang, "mydata.day-gone", day=Html(line))
    return f"✅ {line}" if day.state is Fate.DONE else line


def _logged(voice: Voice, log: Log, lang: Lang) -> Iterator[str]:
    if log.informed:
        yield voice.say(lang, "mydata.informed", many=log.informed)
    yield voice.say(lang, "mydata.seen", first=log.first_seen, last=log.last_seen)
    if log.since:
        yield voice.say(lang, "mydata.messages", many=log.messages, since=log.since)
    else:
        yield voice.say(lang, "mydata.no-messages")
    if log.questions:
        yield voice.say(lang, "mydata.questions", many=log.questions)
    if log.tickets:
        yield voice.say(lang, "mydata.tickets", numbers=", ".join(f"#{each}" for each in log.tickets))
    if log.staff:
        yield voice.say(lang, "mydata.member")
    if log.drafts or log.acts:
        yield voice.say(lang, "mydata.staff", drafts=log.drafts, acts=log.acts)


def caption(voice: Voice, lang: Lang) -> Message:
    """What stands below the file."""
    return Message(voice.say(lang, "mydata.file"))


def confirm(voice: Voice, log: Log, lang: Lang) -> Message:
    """What will be deleted, and the question whether it should be."""
    lines = [voice.say(lang, "forget.ask")]
    if log.tickets:
        lines.append(voice.say(lang, "forget.tickets", numbers=", ".join(f"#{each}" for each in log.tickets)))
    if log.staff:
        lines.append(voice.say(lang, "forget.member"))
    lines.append(voice.say(lang, "forget.sure"))
    yes = Button(voice.plain(lang, "button.forget-yes"), data(Act.FORGET, "yes"))
    no = Button(voice.plain(lang, "button.forget-no"), data(Act.FORGET, "no"))
    return Message("\n\n".join(lines), ((yes, no),))
