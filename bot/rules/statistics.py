"""What students ask and what becomes of it, put in words for the staff: numbers in, text out.

Small numbers are named and not made into percentages, and a median says how many it rests on. What was not understood
comes last, because it takes a moment to see what of it is alike: :func:`missed` is put below the page later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from statistics import median

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from bot.rules import replies
from bot.rules.answers import DeskAnswer
from bot.rules.buttons import Act, data
from bot.rules.findings import MONTH, QUARTER, WEEK, YEAR, Fate, Findings, Span, added
from bot.rules.letters import Voice
from bot.rules.messages import Button, Lang, Message, Rows, first_words
from bot.rules.tickets import Origin, State

SPANS: Mapping[int, str] = {
    WEEK: "stats.button-week",
    MONTH: "stats.button-month",
    QUARTER: "stats.button-quarter",
    YEAR: "stats.button-year",
}
"""The spans that have a button, in days."""
MANY = 20
"""From so many on, a share is also told as a percentage."""
ENOUGH_WAITS = 10
"""From so many on, nine in ten of them say something."""
MOST_GROUPS = 8
"""How many kinds of questions that were not understood are shown."""

Measure = Callable[[datetime, datetime], timedelta]
"""(from, until) -> how much desk time that is."""


def page(voice: Voice, found: Findings, lang: Lang, desk_time: Measure | None = None) -> Message:
    """What was found, and the buttons that lead to other spans; with :func:`missed` it fits into one message."""
    parts: list[list[str]] = [[heading(voice, found.span, lang)]]
    if found.empty:
        parts[0].append(voice.say(lang, "stats.nothing" if found.ever else "stats.nothing-ever"))
    else:
        parts += [_asked(voice, found, lang), _bot(voice, found, lang), _people(voice, found, lang, desk_time)]
        parts.append(_top(voice, found, lang))
    parts.append([*_open(voice, found, lang), *_subscribers(voice, found, lang)])
    sort_out = _sort_out(voice, found.span, lang) if found.missed else ()
    text = "\n\n".join("\n".join(lines) for lines in parts if lines)
    return Message(text, (*sort_out, *_spans(voice, found.span, lang)))


def missed_heading(voice: Voice, found: Findings, lang: Lang) -> str:
    """What stands above what was not understood, and whether that is all of it."""
    heads = voice.say(lang, "stats.missed")
    everything, looked_at = found.fates[Fate.NONE] + found.fates[Fate.REJECTED], len(found.missed)
    newest = voice.say(lang, "stats.missed-newest", many=number(looked_at, lang)) if looked_at < everything else ""
    return heads + newest


def missed(voice: Voice, texts: Sequence[str], groups: Sequence[Sequence[int]], lang: Lang) -> str:
    """What was not understood, the biggest groups first, with one or two examples of each.

    Args:
        voice: The sentences.
        texts: What students wrote, newest first, without what may say who they are.
        groups: Which of those are alike, by their places.
        lang: The reader's language.
    """
    lines, ordered = [], sorted(groups, key=lambda each: (-len(each), min(each)))
    for group in ordered[:MOST_GROUPS]:
        examples = list(dict.fromkeys(first_words(texts[place]) for place in sorted(group)))[:2]
        quoted = ", ".join(voice.plain(lang, "stats.quoted", text=each) for each in examples)
        lines.append(voice.say(lang, "stats.times", many=number(len(group), lang), what=quoted))
    if rest := sum(len(group) for group in ordered[MOST_GROUPS:]):
        lines.append(voice.say(lang, "stats.missed-rest", many=number(rest, lang)))
    return "\n".join(lines)


def heading(voice: Voice, span: Span, lang: Lang) -> str:
    """Which days it speaks of."""
    if span.days == 1:
        return voice.say(lang, "stats.today", day=span.last)
    return voice.say(lang, "stats.title", days=span.days, period=period(span, lang))


def period(span: Span, lang: Lang) -> str:
    """The first and the last day: "25 Nov – 1 Dec 2026"; a single day by itself."""
    last = format_date(span.last, "d MMM y", locale=lang)
    if span.days == 1:
        return last
    same_year = span.first.year == span.last.year
    first = format_date(span.first, "d MMM" if same_year else "d MMM y", locale=lang)
    return f"{first} – {last}"


def number(many: float, lang: Lang) -> str:
    """A number as it is written: 1,234 or 1.234."""
    return format_decimal(many, format="#,##0.#", locale=lang)


# The parts of the page


def _asked(voice: Voice, found: Findings, lang: Lang) -> list[str]:
    many, span = found.questions, found.span
    before = found.before.questions if found.before else None
    lines = [voice.say(lang, "stats.questions", many=number(many, lang)) + _than(voice, many, before, span, lang)]
    if not many:
        return lines
    days = added(found.counted, lambda each: each.day)
    busiest, most = max(days.items(), key=lambda each: (each[1], each[0]))
    if span.days > 1 and most > 1:
        mean = many / span.days
        day = format_date(span.first + timedelta(days=busiest), "EEEE d MMMM", locale=lang)
        shown = number(round(mean, 1 if mean < 10 else 0), lang)  # noqa: PLR2004 - from ten on, tenths say nothing
        lines.append(voice.say(lang, "stats.a-day", mean=shown, day=day, many=number(most, lang)))
    spoken = added(found.counted, lambda each: each.language)
    lines.append(voice.say(lang, "stats.languages", en=number(spoken["en"], lang), it=number(spoken["it"], lang)))
    return lines


def _than(voice: Voice, many: int, before: int | None, span: Span, lang: Lang) -> str:
    """How that compares with the span before: ", 12 more than the week before"; empty where nothing is known of it."""
    if before is None:
        return ""
    known = {1: "stats.before-day", WEEK: "stats.before-week", YEAR: "stats.before-year"}
    what = voice.plain(lang, known.get(span.days, "stats.before-days"), days=span.days)
    if many == before:
        return voice.say(lang, "stats.same", span=what)
    key = "stats.more" if many > before else "stats.fewer"
    return voice.say(lang, key, many=number(abs(many - before), lang), span=what)


def _share(voice: Voice, part: int, total: int, lang: Lang) -> str:
    """So many of so many; as a percentage too where they are enough for one."""
    if total < MANY:
        return voice.plain(lang, "stats.of", part=part, total=total)
    told = {"part": number(part, lang), "total": number(total, lang)}
    return voice.plain(lang, "stats.of-percent", percent=format_percent(part / total, locale=lang), **told)


def _bot(voice: Voice, found: Findings, lang: Lang) -> list[str]:
    total, fates = found.questions, found.fates
    if not total:
        return []
    keys = {
        Fate.ANSWERED: "stats.answered",
        Fate.SUGGESTED: "stats.suggested",
        Fate.REJECTED: "stats.rejected",
        Fate.NONE: "stats.none",
    }
    told = [voice.say(lang, key, share=_share(voice, fates[fate], total, lang)) for fate, key in keys.items()]
    return [voice.say(lang, "stats.bot"), *told]


def _people(voice: Voice, found: Findings, lang: Lang, desk_time: Measure | None) -> list[str]:
    many = sum(found.opened.values())
    before = found.before.tickets if found.before else None
    told = _than(voice, many, before, found.span, lang)
    lines = [voice.say(lang, "stats.people"), voice.say(lang, "stats.opened", many=number(many, lang)) + told]
    keys = {
        Origin.ASKED: "stats.origin-asked",
        Origin.REJECTED: "stats.origin-rejected",
        Origin.NONE: "stats.origin-none",
        Origin.FAILED: "stats.origin-failed",
    }
    came = [(key, found.opened[origin]) for origin, key in keys.items() if found.opened.get(origin)]
    lines += [voice.say(lang, key, many=number(times, lang)) for key, times in came]
    if found.answered:
        lines.append(voice.say(lang, "stats.tickets-answered", many=number(found.answered, lang)))
        lines += _waits(voice, found, lang, desk_time)
        lines.append(_helped(voice, found, lang))
    return lines


def _waits(voice: Voice, found: Findings, lang: Lang, desk_time: Measure | None) -> list[str]:
    measured = {"stats.by-clock": found.waited}
    if desk_time:
        measured["stats.by-desk"] = [desk_time(each.created_at, each.answered_at) for each in found.waits]
    return [
        _wait(voice, voice.plain(lang, key), sorted(waits), lang, days=key == "stats.by-clock")
        for key, waits in measured.items()
    ]


def _wait(voice: Voice, measure: str, waits: Sequence[timedelta], lang: Lang, *, days: bool) -> str:
    """One line on how long tickets waited, shortest first: what is said depends on how many there are."""
    if len(waits) == 1:
        return voice.say(lang, "stats.wait-one", measure=measure, lasts=lasting(voice, waits[0], lang, days=days))
    middle = timedelta(seconds=median(each.total_seconds() for each in waits))
    told = {"measure": measure, "median": lasting(voice, middle, lang, days=days)}
    many = number(len(waits), lang)
    if len(waits) < ENOUGH_WAITS:
        longest = lasting(voice, waits[-1], lang, days=days)
        return voice.say(lang, "stats.wait-few", longest=longest, many=many, **told)
    most = lasting(voice, waits[ceil(0.9 * len(waits)) - 1], lang, days=days)
    return voice.say(lang, "stats.wait", most=most, many=many, **told)


def lasting(voice: Voice, time_passed: timedelta, lang: Lang, *, days: bool) -> str:
    """How long that is: "40 min", "3 h 20 min", and where ``days`` mean something "2 days 4 h"."""
    minutes = round(time_passed.total_seconds() / 60)
    if not minutes:
        return voice.plain(lang, "stats.lasts-moment")
    hours, rest = divmod(minutes, 60)
    if not hours:
        return voice.plain(lang, "lasts.minutes", minutes=minutes)
    if not days or hours < 48:  # noqa: PLR2004 - two days, below which hours say more
        key = "lasts.hours" if rest else "stats.lasts-hours"
        return voice.plain(lang, key, hours=number(hours, lang), minutes=rest)
    key = "stats.lasts-days" if hours % 24 else "stats.lasts-whole-days"
    return voice.plain(lang, key, days=number(hours // 24, lang), hours=hours % 24)


def _helped(voice: Voice, found: Findings, lang: Lang) -> str:
    said = found.helpful
    total = said[True] + said[False]
    if not total:
        return voice.say(lang, "stats.helped-nobody")
    return voice.say(lang, "stats.helped", share=_share(voice, said[True], total, lang))


def _top(voice: Voice, found: Findings, lang: Lang) -> list[str]:
    if not found.top:
        return []
    lines = [voice.say(lang, "stats.top")]
    for label, many in found.top:
        lines.append(voice.say(lang, "stats.times", many=number(many, lang), what=_title(voice, label, lang)))
    return lines


def _title(voice: Voice, label: str, lang: Lang) -> str:
    answer = voice.knowledge.answer(label)
    if answer is None:
        return voice.plain(lang, "stats.gone", label=label)
    return answer.title[lang] if isinstance(answer, DeskAnswer) else replies.title(voice.knowledge, label, lang)


def _open(voice: Voice, found: Findings, lang: Lang) -> list[str]:
    keys = {
        State.NEW: "stats.state-new",
        State.CLAIMED: "stats.state-claimed",
        State.WAITING: "stats.state-waiting",
        State.ANSWERED: "stats.state-answered",
    }
    stand = {state: many for state in keys if (many := found.open_now.get(state))}
    if not stand:
        return [voice.say(lang, "stats.open-none")] if found.ever else []
    listed = ", ".join(voice.plain(lang, keys[state], many=number(many, lang)) for state, many in stand.items())
    lines = [voice.say(lang, "stats.open", many=number(sum(stand.values()), lang), states=listed)]
    if found.waits_since:
        lasts = lasting(voice, found.span.now - found.waits_since, lang, days=True)
        lines.append(voice.say(lang, "stats.longest", lasts=lasts))
    return lines


def _subscribers(voice: Voice, found: Findings, lang: Lang) -> list[str]:
    return [voice.say(lang, "stats.subscribers", many=number(found.subscribers, lang))] if found.subscribers else []


def _sort_out(voice: Voice, span: Span, lang: Lang) -> Rows:
    """The button that leads to what was not understood, question by question."""
    return ((Button(voice.plain(lang, "stats.button-missed"), data(Act.CANDIDATE, 0, "open", span.days)),),)


def _spans(voice: Voice, span: Span, lang: Lang) -> Rows:
    captions = {days: voice.plain(lang, key) for days, key in SPANS.items()}
    buttons = [
        Button(f"✓ {caption}" if days == span.days else caption, data(Act.STATS, days))
        for days, caption in captions.items()
    ]
    return (tuple(buttons[:2]), tuple(buttons[2:]))
