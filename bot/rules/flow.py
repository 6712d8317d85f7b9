"""The questions of the guided flow: how each is asked, and how a typed answer is read."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterator
from datetime import date

from babel.dates import get_day_names
from dateutil.relativedelta import relativedelta

from bot.rules.answers import Knowledge
from bot.rules.buttons import Act, data
from bot.rules.messages import Button, Lang, Message, Rows, month_name
from bot.rules.plan import LAST_YEAR, Fault, check_dates
from bot.rules.profile import GRADUATED, MONTHS_OF_GRADUATES, Profile, Question
from bot.rules.programmes import Destination, Goal
from bot.rules.reading import Graduate, read_degree, read_destination, read_goal, read_year
from bot.rules.stay import UNSURE, Stay, read_end, read_stay

UNSURE_VALUE = "unsure"
FEW_WORDS = 4
SEASONS = "estate|inverno|primavera|autunno|natale|pasqua|summer|winter|spring|autumn|fall|christmas|easter"
LENGTHS = "anno|anni|mes[ei]|settiman[ae]|years?|months?|weeks?"
VAGUE = re.compile(rf"\b(?:semest\w*|anno accademico|academic year|asap|{SEASONS})\b|^(?:\w+ )?(?:{LENGTHS})$")
"""A time of which the page does not say the days: a semester, a season, or a length without a beginning."""
MONTHS_AHEAD = 36
"""How far ahead the calendar can be turned."""


def ask(knowledge: Knowledge, question: Question, prompt: int, today: date, lang: Lang) -> Message:
    """A question of the flow, with its buttons.

    ``prompt`` numbers the question as asked; its buttons carry it, so a tap on an older copy is recognised.
    """
    text = knowledge.words.say(lang, f"ask.{question}")
    return Message(text, tuple(_choices(knowledge, question, prompt, today, lang)))


def ask_end(knowledge: Knowledge, start: date, prompt: int, lang: Lang) -> Message:
    """Ask for the last day, once the first is known."""
    words = knowledge.words
    pick = Button(words.plain(lang, "button.calendar"), data(Act.MONTH, prompt, f"{start:%Y-%m}"))
    unsure = Button(words.plain(lang, "unsure.end"), data(Act.REPLY, prompt, Question.DATES, UNSURE_VALUE))
    return Message(words.say(lang, "ask.end", start=start), ((pick,), (unsure,)))


def _choices(
    knowledge: Knowledge, question: Question, prompt: int, today: date, lang: Lang
) -> Iterator[tuple[Button, ...]]:
    words = knowledge.words

    def choice(value: str, text: str) -> Button:
        return Button(text, data(Act.REPLY, prompt, question, value))

    match question:
        case Question.YEAR:
            years = [choice(str(year), words.plain(lang, "year.button", year=year)) for year in range(1, LAST_YEAR + 1)]
            yield tuple(years[:3])
            yield tuple(years[3:])
            yield (choice(GRADUATED, words.plain(lang, "year.graduated")),)
        case Question.DEGREE:
            months = [today.replace(day=1) - relativedelta(months=ago) for ago in range(MONTHS_OF_GRADUATES + 2)]
            *recent, before = [choice(f"{month:%Y-%m}", month_name(lang, month)) for month in months]
            for at in range(0, len(recent), 3):
                yield tuple(recent[at : at + 3])
            yield (
                Button(words.plain(lang, "degree.earlier"), before.data),
                choice(UNSURE_VALUE, words.plain(lang, "unsure.degree")),
            )
        case Question.GOAL:
            goals = [choice(goal, words.plain(lang, f"goal.{goal}")) for goal in Goal]
            yield from ((one,) for one in goals)
            yield (choice(UNSURE_VALUE, words.plain(lang, "unsure.goal")),)
        case Question.DESTINATION:
            yield from ((choice(each, words.plain(lang, f"destination.{each}")),) for each in Destination)
        case Question.DATES:
            yield (Button(words.plain(lang, "button.calendar"), data(Act.MONTH, prompt, f"{today:%Y-%m}")),)
            yield (choice(UNSURE_VALUE, words.plain(lang, "unsure.dates")),)


def month_page(
    knowledge: Knowledge, month: date, first: date, prompt: int, lang: Lang, *, last_day: bool = False
) -> Rows:
    """A month of the calendar as buttons, with ways to the months around it.

    Args:
        knowledge: What the desk wrote.
        month: Any day of the month to show; one that cannot be reached by turning becomes the nearest that can.
        first: The first day that can be picked; other ones are drawn as dots.
        prompt: The number of the question the calendar belongs to.
        lang: The reader's language.
        last_day: The last day is asked for, not the first.
    """
    month = min(max(month, first), first + relativedelta(months=MONTHS_AHEAD)).replace(day=1)
    names = get_day_names("short", locale=lang)
    header = tuple(Button(names[weekday], data(Act.BLANK)) for weekday in range(7))
    weeks = [
        tuple(_cell(each, month, first, prompt) for each in week)
        for week in Calendar().monthdatescalendar(month.year, month.month)
        if week[-1] >= first
    ]
    skip = knowledge.words.plain(lang, "unsure.end" if last_day else "unsure.dates")
    unsure = Button(skip, data(Act.REPLY, prompt, Question.DATES, UNSURE_VALUE))
    return (tuple(_turns(month, first, prompt, lang)), header, *weeks, (unsure,))


def _cell(each: date, month: date, first: date, prompt: int) -> Button:
    if each.month != month.month or each < first:
        return Button("·", data(Act.BLANK))
    return Button(str(each.day), data(Act.DAY, prompt, each.isoformat()))


def _turns(month: date, first: date, prompt: int, lang: Lang) -> Iterator[Button]:
    before, after = month - relativedelta(months=1), month + relativedelta(months=1)
    if month > first.replace(day=1):
        yield Button("‹", data(Act.MONTH, prompt, f"{before:%Y-%m}"))
    yield Button(month_name(lang, month), data(Act.BLANK))
    if after <= first + relativedelta(months=MONTHS_AHEAD):
        yield Button("›", data(Act.MONTH, prompt, f"{after:%Y-%m}"))


Read = Profile | Fault | None
"""A profile with the answer in it, why the answer cannot be, or None: the text does not answer the question."""


def tapped(profile: Profile, question: Question, value: str, today: date) -> Profile | None:
    """The profile after a button of ``question`` was tapped; None: no such button."""
    unsure = value == UNSURE_VALUE
    try:
        match question:
            case Question.YEAR:
                return profile.with_year(None if value == GRADUATED else _year(value), today)
            case Question.DEGREE:
                return profile.with_degree(None if unsure else date.fromisoformat(f"{value}-01"))
            case Question.GOAL:
                return profile.with_goal(None if unsure else Goal(value))
            case Question.DESTINATION:
                return profile.with_destination(Destination(value))
            case Question.DATES:
                return profile.with_dates(None, None) if unsure else None
    except ValueError:
        return None


def _year(value: str) -> int:
    year = int(value)
    if not 1 <= year <= LAST_YEAR:
        raise ValueError(value)
    return year


def typed(profile: Profile, question: Question, text: str, today: date) -> Read:
    """The profile after ``text`` was written in answer to ``question``."""
    match question:
        case Question.YEAR:
            return _typed_year(profile, text, today)
        case Question.DEGREE:
            month = read_degree(text, today)
            if month is None or isinstance(month, Fault):
                return month
            return profile.with_degree(None if month is UNSURE else month)
        case Question.GOAL:
            goal = read_goal(text)
            return None if goal is None else profile.with_goal(None if goal is UNSURE else goal)
        case Question.DESTINATION:
            destination = read_destination(text)
            return None if destination is None else profile.with_destination(destination)
        case Question.DATES:
            return _typed_dates(profile, text, today)


def _typed_year(profile: Profile, text: str, today: date) -> Read:
    """The year; whoever writes "mi sono laureata a luglio" has told the month of the degree too."""
    year = read_year(text)
    if year is None or isinstance(year, Fault):
        return year
    if year is not Graduate.GRADUATED:
        return profile.with_year(year, today)
    month = read_degree(text, today)
    graduate = profile.with_year(None, today)
    return graduate.with_degree(month) if isinstance(month, date) else graduate


def _typed_dates(profile: Profile, text: str, today: date) -> Read:
    stay = read_stay(text, today)
    if stay is None and "?" not in text and len(text.split()) <= FEW_WORDS and VAGUE.search(text.lower()):
        return Fault("fault.which-months", {})
    if stay is None or isinstance(stay, Fault):
        return stay
    return profile.with_dates(None, None) if stay is UNSURE else _with_stay(profile, stay, today)


def _with_stay(profile: Profile, stay: Stay, today: date) -> Profile | Fault:
    if fault := check_dates(stay.start, stay.end):
        return fault
    if stay.start < today:
        return Fault("fault.past", {"start": stay.start.isoformat()})
    return profile.with_dates(stay.start, stay.end)


def typed_end(profile: Profile, start: date, text: str, today: date) -> Read:
    """The profile after ``text`` was written in answer to "and until when?"."""
    end = read_end(text, start, today)
    if end is None or isinstance(end, Fault):
        return end
    last = None if end is UNSURE else end
    return check_dates(start, last) or profile.with_dates(start, last)
