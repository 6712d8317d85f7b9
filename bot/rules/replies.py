"""The messages of the dialogue, put together from the knowledge: answers, suggestions, lists, and the plan's result."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from bot.rules.answers import DESK as DESKS
from bot.rules.answers import GENERAL, Answer, DeskAnswer, Knowledge, Source
from bot.rules.buttons import Act, data
from bot.rules.eligibility import Judgement, Reason, Verdict, judge
from bot.rules.messages import LANGS, Button, Html, Lang, Message, Rows, month_name, months
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Fit, Goal, Programme, Topic

DESK = "erasmus.ims@unimi.it"
SMALL_TALK = (f"{GENERAL}.greeting", f"{GENERAL}.thanks", f"{GENERAL}.emergency")
"""Answers that read as part of a talk: without heading and without "that's not it"."""
LONGEST_CAPTION = 40
"""Characters of a heading on a button."""
NO_CALLS: Mapping[Programme, str] = MappingProxyType({})


def title(knowledge: Knowledge, label: str, lang: Lang) -> str:
    """The heading of an answer: "Free Mover · When to apply"."""
    first, _, second = label.partition(".")
    if first == DESKS:
        return knowledge.desk[int(second)].title[lang]
    if first == GENERAL:
        return knowledge.general[second].title[lang]
    name = knowledge.programmes[Programme(first)].names[lang].title
    return f"{name} · {knowledge.words.plain(lang, f'topic.{second}')}"


def _caption(knowledge: Knowledge, label: str, lang: Lang) -> str:
    first, _, second = label.partition(".")
    if first == DESKS:
        return _short(knowledge.desk[int(second)].title[lang])
    if first == GENERAL:
        return knowledge.general[second].button[lang]
    return f"{knowledge.programmes[Programme(first)].names[lang].button} · {_topic(knowledge, second, lang)}"


def _short(heading: str) -> str:
    """A heading as a button shows it."""
    return heading if len(heading) <= LONGEST_CAPTION else f"{heading[:LONGEST_CAPTION].rsplit(' ', 1)[0]}…"


def _topic(knowledge: Knowledge, topic: str, lang: Lang) -> str:
    return knowledge.words.plain(lang, f"topic-button.{topic}")


def _link(source: Source, lang: Lang) -> Html:
    return Html(f'<a href="{html.escape(source.url)}">{html.escape(source.title[lang], quote=False)}</a>')


def sources(knowledge: Knowledge, facts: Iterable[str | None], lang: Lang) -> str:
    """The line that names the pages some facts come from; empty where a student may be shown none."""
    links = dict.fromkeys(_link(page, lang) for fact in facts if (page := knowledge.link(fact)))
    return knowledge.words.say(lang, "result.source", links=Html(", ".join(links))) if links else ""


def answer(
    knowledge: Knowledge, label: str, lang: Lang, *, on_request: bool = True, top: str = "", offers: Rows = ()
) -> Message:
    """An answer with its sources, and buttons to the programme's other topics.

    Args:
        knowledge: What the desk wrote.
        label: An answer's label; it must exist.
        lang: The reader's language.
        on_request: True: the student chose it; False: the bot guessed it, so "that's not it" is offered.
        top: What is said before it (HTML).
        offers: Buttons that come before the ways on.
    """
    found = knowledge.answer(label)
    if found is None:
        raise KeyError(label)
    if isinstance(found, DeskAnswer):
        return _of_the_desk(knowledge, found, lang, on_request=on_request)
    says = [html.escape(statement[lang], quote=False) for statement in found.says]
    if label in SMALL_TALK:
        return Message("\n\n".join(says), ways_on(knowledge, lang))
    heading = html.escape(title(knowledge, label, lang), quote=False)
    parts = [f"<b>{heading}</b>", top, *says, *_sources(knowledge, found, lang)]
    rows = (*offers, *_ways_on(knowledge, label, lang), *_rejection(knowledge, lang, on_request=on_request))
    return Message("\n\n".join(part for part in parts if part), rows)


def _of_the_desk(knowledge: Knowledge, found: DeskAnswer, lang: Lang, *, on_request: bool) -> Message:
    """What the desk once answered to a student, and when; in the other language where it stands in that one alone."""
    words = knowledge.words
    other = "answer.in-italian" if "it" in found.says.langs else "answer.in-english"
    parts = [
        f"<b>{html.escape(found.title[lang], quote=False)}</b>",
        "" if lang in found.says.langs else words.say(lang, other),
        html.escape(found.says[lang], quote=False),
        words.say(lang, "answer.by-the-desk", on=found.answered_on),
    ]
    about = f"{found.programme}." if found.programme else found.label
    rows = (*_ways_on(knowledge, about, lang), *_rejection(knowledge, lang, on_request=on_request))
    return Message("\n\n".join(part for part in parts if part), rows)


def _sources(knowledge: Knowledge, found: Answer, lang: Lang) -> Iterable[str]:
    shown = [knowledge.sources[key] for key in found.links if knowledge.sources[key].public]
    if shown:
        links = Html(", ".join(_link(source, lang) for source in shown))
        opened = [source.opened for source in shown if source.opened]
        checked = len(opened) == len(shown)
        yield knowledge.words.say(
            lang,
            "answer.sources-checked" if checked else "answer.sources",
            links=links,
            on=min(opened) if opened else "",
        )


def _ways_on(knowledge: Knowledge, label: str, lang: Lang) -> Rows:
    first, _, second = label.partition(".")
    if first == DESKS:
        return ways_on(knowledge, lang)
    if first != GENERAL:
        others = [topic for topic in Topic if topic != second]
        topics = [Button(_topic(knowledge, topic, lang), data(Act.OPEN, f"{first}.{topic}")) for topic in others]
        return (*_in_rows(topics, 3), (_command(knowledge, "plan", lang), _command(knowledge, "human", lang)))
    if second == "human":
        return ((_command(knowledge, "human", lang),),)
    if second == "subscribe":
        return ((_command(knowledge, "calls", lang),),)
    if second == "bot-language":
        return languages(knowledge, lang).buttons
    if second == "privacy":
        return ((_command(knowledge, "mydata", lang), _command(knowledge, "forget", lang)),)
    if second in {"programmes", "compare", "destinations"}:
        return (*_programme_rows(knowledge, lang), (_command(knowledge, "plan", lang),))
    return ways_on(knowledge, lang)


def _rejection(knowledge: Knowledge, lang: Lang, *, on_request: bool) -> Rows:
    if on_request:
        return ()
    return ((Button(knowledge.words.plain(lang, "button.not-it"), data(Act.REJECT)),),)


def _command(knowledge: Knowledge, name: str, lang: Lang) -> Button:
    return Button(knowledge.words.plain(lang, f"button.{name}"), data(Act.COMMAND, name))


def _in_rows(buttons: Sequence[Button], width: int) -> Rows:
    return tuple(tuple(buttons[at : at + width]) for at in range(0, len(buttons), width))


def _programme_rows(knowledge: Knowledge, lang: Lang) -> Rows:
    buttons = [
        Button(page.names[lang].button, data(Act.OPEN, f"{programme}.{Topic.OVERVIEW}"))
        for programme, page in knowledge.programmes.items()
    ]
    return _in_rows(buttons, 2)


def suggestions(knowledge: Knowledge, labels: Sequence[str], lang: Lang, *, again: bool = False) -> Message:
    """Offer what may be meant, a button each, and a way out; ``again`` after "that's not it"."""
    text = knowledge.words.say(lang, "ask.again" if again else "ask.did-you-mean")
    picks = tuple((Button(_caption(knowledge, label, lang), data(Act.PICK, label)),) for label in labels)
    return Message(text, (*picks, (Button(knowledge.words.plain(lang, "button.none-of-these"), data(Act.REJECT)),)))


def not_understood(knowledge: Knowledge, lang: Lang) -> Message:
    """Say that the bot does not know, and offer the ways on."""
    return Message(knowledge.words.say(lang, "ask.none"), ways_on(knowledge, lang))


def programmes(knowledge: Knowledge, lang: Lang) -> Message:
    """The seven ways abroad, one button each."""
    return Message(
        knowledge.words.say(lang, "programmes.intro"),
        (*_programme_rows(knowledge, lang), (_command(knowledge, "plan", lang),)),
    )


def ways_on(knowledge: Knowledge, lang: Lang) -> Rows:
    """Buttons that lead on from anywhere."""
    return (
        (_command(knowledge, "plan", lang), _command(knowledge, "programmes", lang)),
        (_command(knowledge, "human", lang),),
    )


def help_page(knowledge: Knowledge, lang: Lang) -> Message:
    """What the bot can do, from the command menu."""
    words = knowledge.words
    listed = "\n".join(f"/{name} – {html.escape(text, quote=False)}" for name, text in words.commands(lang).items())
    return Message(words.say(lang, "help", commands=Html(listed)), ways_on(knowledge, lang))


def welcome(knowledge: Knowledge, name: str, lang: Lang) -> Message:
    """The first thing a student reads."""
    rows = (
        (_command(knowledge, "plan", lang),),
        (_command(knowledge, "programmes", lang), _command(knowledge, "calls", lang)),
        (_command(knowledge, "subscribe", lang), _command(knowledge, "language", lang)),
    )
    return Message(knowledge.words.say(lang, "welcome", name=name), rows)


def languages(knowledge: Knowledge, lang: Lang) -> Message:
    """The choice of a language."""
    buttons = tuple(Button(knowledge.words.plain(each, "language.name"), data(Act.SPEAK, each)) for each in LANGS)
    return Message(knowledge.words.say(lang, "language.ask"), (buttons,))


# The plan's result


def result(
    knowledge: Knowledge,
    profile: Profile,
    today: date,
    lang: Lang,
    *,
    standing: Mapping[Programme, str] = NO_CALLS,
    days: str = "",
    offers: Rows = (),
) -> Message:
    """All seven programmes judged: what fits, what does not and why, and what would change it.

    ``standing`` says where the announced calls of a programme stand, ``days`` which days the plan leads to, and
    ``offers`` are the buttons that come before those that change it.
    """
    judged = judge(knowledge.rules, knowledge.calls, profile.plan(today), today)
    words, parts = (
        knowledge.words,
        [knowledge.words.say(lang, "result.intro", plan=Html(summary(knowledge, profile, lang)))],
    )
    for key, group in _grouped(judged, goal_given=profile.goal is not None).items():
        if group:
            parts.append(words.say(lang, f"result.{key}"))
            parts += [
                _verdict(knowledge, each, judged[each], profile.goal, lang, announced=standing.get(each, ""))
                for each in group
            ]
    parts += [days] if days else []
    parts.append(words.say(lang, "result.outro", desk=DESK))
    return Message("\n\n".join(parts), (*offers, *_result_buttons(knowledge, judged, lang)))


def fitting(knowledge: Knowledge, profile: Profile, today: date) -> list[Programme]:
    """The programmes that fit a plan, or may."""
    judged = judge(knowledge.rules, knowledge.calls, profile.plan(today), today)
    groups = _grouped(judged, goal_given=profile.goal is not None)
    return [*groups["fits"], *groups["maybe"]]


def _grouped(judged: dict[Programme, Judgement], *, goal_given: bool) -> dict[str, list[Programme]]:
    groups: dict[str, list[Programme]] = {"fits": [], "maybe": [], "other-goal": [], "not-now": []}
    for programme, judgement in judged.items():
        if judgement.verdict is Verdict.NOT_ELIGIBLE:
            groups["not-now"].append(programme)
        elif judgement.fits is Fit.NO:
            groups["other-goal"].append(programme)
        elif judgement.verdict is Verdict.ELIGIBLE and (judgement.fits is Fit.YES or not goal_given):
            groups["fits"].append(programme)
        else:
            groups["maybe"].append(programme)
    return groups


def _verdict(
    knowledge: Knowledge, programme: Programme, judgement: Judgement, goal: Goal | None, lang: Lang, *, announced: str
) -> str:
    words, name = knowledge.words, knowledge.programmes[programme].names[lang].title
    lines = [f"<b>{html.escape(name, quote=False)}</b> – {words.say(lang, f'verdict.{_standing(judgement, goal)}')}"]
    if goal and judgement.fits is Fit.UNKNOWN and judgement.verdict is not Verdict.NOT_ELIGIBLE:
        lines.append(words.say(lang, "result.fit-unknown"))
    lines += [f"• {reason_text(knowledge, reason, lang)}" for reason in judgement.reasons]
    lines += [announced] if announced else []
    lines += [f"📅 {text}" for text in date_texts(knowledge, judgement, lang, usual=not announced)]
    lines.append(sources(knowledge, (reason.fact for reason in judgement.reasons), lang))
    return "\n".join(line for line in lines if line)


def _standing(judgement: Judgement, goal: Goal | None) -> str:
    """The verdict in the light of the goal: what the page allows is of no use where it does not serve it."""
    if judgement.verdict is Verdict.NOT_ELIGIBLE:
        return judgement.verdict
    if judgement.fits is Fit.NO:
        return "other-goal"
    unclear = goal is not None and judgement.fits is Fit.UNKNOWN and judgement.verdict is Verdict.ELIGIBLE
    return "fit-unclear" if unclear else judgement.verdict


def reason_text(knowledge: Knowledge, reason: Reason, lang: Lang) -> str:
    """One reason as a sentence (HTML)."""
    return knowledge.words.say(lang, f"reason.{reason.key}", **reason.params)


def date_texts(knowledge: Knowledge, judgement: Judgement, lang: Lang, *, usual: bool = True) -> list[str]:
    """The days that matter to a plan, a sentence each; a usual call's two days make one, unless ``usual`` is False."""
    days = {deadline.what: deadline.on for deadline in judgement.dates}
    texts = []
    if usual and "call-opens" in days:
        texts.append(
            knowledge.words.say(lang, "date.call", months=months(lang, days["call-opens"], days["call-closes"]))
        )
    own = [what for what in ("apply-by", "earliest-start", "graduate-until") if what in days]
    if judgement.verdict is not Verdict.NOT_ELIGIBLE:
        texts += [knowledge.words.say(lang, f"date.{what}", on=days[what]) for what in own]
    return texts


def summary(knowledge: Knowledge, profile: Profile, lang: Lang) -> str:
    """The plan in one line: "4th year · clinical practice · inside the EU · from 1 July 2027"."""
    shown = [question for question in Question if question is not Question.DEGREE]
    return " · ".join(told(knowledge, question, profile, lang) for question in shown)


def told(knowledge: Knowledge, question: Question, profile: Profile, lang: Lang) -> str:
    """What the profile says in answer to one question (HTML)."""
    words = knowledge.words
    match question:
        case Question.YEAR | Question.DEGREE if profile.year:
            return words.say(lang, "year.number", year=profile.year)
        case Question.YEAR | Question.DEGREE if profile.graduated_long_ago:
            return words.say(lang, "year.graduated-long-ago")
        case Question.YEAR | Question.DEGREE if profile.graduated_on:
            return words.say(lang, "year.graduated-on", month=month_name(lang, profile.graduated_on))
        case Question.YEAR | Question.DEGREE:
            return words.say(lang, "year.graduated")
        case Question.GOAL:
            return words.say(lang, f"goal.{profile.goal}" if profile.goal else "goal.unsure")
        case Question.DESTINATION:
            return words.say(lang, f"destination.{profile.destination or 'any'}")
        case Question.DATES:
            return stay(knowledge, profile.start, profile.end, lang)


def stay(knowledge: Knowledge, start: date | None, end: date | None, lang: Lang) -> str:
    """The dates of a plan as a phrase (HTML)."""
    words = knowledge.words
    if start and end:
        return words.say(lang, "stay.both", start=start, end=end)
    return words.say(lang, "stay.start", start=start) if start else words.say(lang, "stay.open")


def _result_buttons(knowledge: Knowledge, judged: dict[Programme, Judgement], lang: Lang) -> Rows:
    words = knowledge.words
    changes = [
        Button(words.plain(lang, f"change.{question}"), data(Act.CHANGE, question))
        for question in Question
        if question is not Question.DEGREE
    ]
    good = [
        programme
        for programme, judgement in judged.items()
        if judgement.verdict is not Verdict.NOT_ELIGIBLE and judgement.fits is not Fit.NO
    ]
    more = [
        Button(knowledge.programmes[each].names[lang].button, data(Act.OPEN, f"{each}.{Topic.HOW_TO_APPLY}"))
        for each in good
    ]
    return (*_in_rows(more, 2), *_in_rows(changes, 2), (_command(knowledge, "human", lang),))
