"""What a student hears of, in messages: subscriptions, the kinds and hours of alerts, the days of their plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.rules import season
from bot.rules.alerts import ALL, Kind, Wishes
from bot.rules.buttons import Act, data
from bot.rules.calendar import Entry
from bot.rules.calls import Call
from bot.rules.deadlines import Personal, What
from bot.rules.letters import Voice, command_button
from bot.rules.messages import Button, Html, Lang, Message, Rows, plain
from bot.rules.programmes import Programme
from bot.rules.reminders import Fate, Kept, day_line, my_days_button, resting

NOTHING, FITTING = "none", "fits"
"""What else :attr:`Act.FOLLOW` carries: stop all alerts (or a programme's), and alerts for what fits the plan."""
IN_LIST, UNDO = "list", "undo"
"""What :attr:`Act.TICK` carries besides a number: tapped on the page of days, and not done after all."""
FROM_HOURS, UNTIL_HOURS = range(7, 13), range(18, 25)
"""The hours that can be chosen for alerts to begin and to end."""
NIGHT_BEFORE = timedelta(hours=15)
"""How long before midnight's end of a whole day its alarm rings: nine o'clock on the day before."""
DAY_BEFORE = timedelta(days=1)
DONE_IN_A_ROW = 3


# Subscriptions


def subscriptions(voice: Voice, wishes: Wishes, calls: Sequence[Call], now: datetime, lang: Lang) -> Message:
    """The programmes, a switch each, with what comes and where the calls of those that are followed stand."""
    followed = [programme for programme in voice.knowledge.programmes if wishes.follows(programme)]
    parts = [voice.say(lang, "subscribe.list" if followed else "subscribe.empty")]
    if followed:
        parts.append(_comes(voice, wishes, lang))
        parts.append(season.lines(voice, season.living(calls, now, *followed), now, lang))
    return Message("\n\n".join(part for part in parts if part), tuple(_switches(voice, wishes, lang)))


def _switches(voice: Voice, wishes: Wishes, lang: Lang) -> Iterator[tuple[Button, ...]]:
    for programme, page in voice.knowledge.programmes.items():
        text = _marked(page.names[lang].button, on=wishes.follows(programme))
        yield (Button(text, data(Act.TOGGLE, programme)),)
    yield (Button(_marked(voice.plain(lang, "subscribe.all"), on=ALL in wishes.subscribed), data(Act.TOGGLE, ALL)),)
    if wishes.subscribed:
        yield (_stop_all(voice, lang), command_button(voice, "reminders", lang))


def _marked(text: str, *, on: bool) -> str:
    return f"✅ {text}" if on else f"▫️ {text}"


def _stop_all(voice: Voice, lang: Lang) -> Button:
    return Button(voice.plain(lang, "button.stop-alerts"), data(Act.FOLLOW, NOTHING))


def _comes(voice: Voice, wishes: Wishes, lang: Lang) -> str:
    """Which alerts come, and when."""
    on = [kind for kind in Kind if kind is not Kind.DEADLINES and kind not in wishes.muted]
    if not on:
        return voice.say(lang, "subscribe.all-off")
    begin, end = wishes.awake
    if len(on) == len(Kind) - 1:
        return voice.say(lang, "subscribe.comes-all", begin=begin, end=end)
    kinds = ", ".join(voice.plain(lang, f"kind.{kind}") for kind in on)
    return voice.say(lang, "subscribe.comes", kinds=kinds, begin=begin, end=end)


def confirmed(
    voice: Voice,
    wishes: Wishes,
    programmes: Sequence[str],
    calls: Sequence[Call],
    now: datetime,
    lang: Lang,
    *,
    new: bool,
) -> Message:
    """The student follows ``programmes``: what will come, and where their calls stand; ``new``: they did not before."""
    names = _listed(voice, programmes, lang)
    parts = [
        voice.say(lang, "subscribe.done" if new else "subscribe.already", names=names),
        _comes(voice, wishes, lang),
    ]
    parts.append(season.lines(voice, season.living(calls, now, *programmes), now, lang))
    awaited = [
        each for each in voice.knowledge.programmes if each in programmes and not season.living(calls, now, each)
    ]
    parts.append("\n".join(filter(None, (season.expectation(voice, each, calls, now, lang) for each in awaited))))
    return Message("\n\n".join(part for part in parts if part), _after(voice, lang))


def _listed(voice: Voice, programmes: Sequence[str], lang: Lang) -> Html:
    if len(programmes) == len(Programme):
        return Html(voice.say(lang, "subscribe.all-names"))
    return Html(", ".join(f"<b>{voice.name(Programme(each), lang)}</b>" for each in programmes))


def _after(voice: Voice, lang: Lang) -> Rows:
    return (
        (command_button(voice, "reminders", lang), command_button(voice, "calendar", lang)),
        (command_button(voice, "subscribe", lang),),
    )


def stopped(voice: Voice, wishes: Wishes, what: Mapping[str, bool], lang: Lang) -> Message:
    """The student follows programmes, or ``all``, no more; of each, whether they did until now."""
    text = "\n".join(_stopped(voice, each, lang, followed=followed) for each, followed in what.items())
    days_go_on = [voice.say(lang, "unsubscribe.days-go-on")] if ALL in what and wishes.deadlines else []
    return Message("\n\n".join([text, *days_go_on]), ((command_button(voice, "subscribe", lang),),))


def _stopped(voice: Voice, what: str, lang: Lang, *, followed: bool) -> str:
    if what == ALL:
        return voice.say(lang, "unsubscribe.all" if followed else "unsubscribe.nothing")
    name = voice.name(Programme(what), lang)
    return voice.say(lang, "unsubscribe.done" if followed else "unsubscribe.was-not", name=name)


def stopped_for_good(voice: Voice, lang: Lang) -> Message:
    """Somebody who came back wants neither alerts on calls nor reminders of their days."""
    return Message(
        voice.say(lang, "resume.no"), ((command_button(voice, "subscribe", lang), my_days_button(voice, lang)),)
    )


def unknown(voice: Voice, text: str, page: Message, lang: Lang) -> Message:
    """No programme is called that; the list instead."""
    said = voice.say(lang, "subscribe.unknown", text=text)
    return Message(f"{said}\n\n{page.text}", page.buttons)


def offers(voice: Voice, wishes: Wishes, about: str, lang: Lang) -> Rows:
    """Under the answer on alerts: to subscribe, to the programme it may be ``about`` too; and to stop."""
    rows: list[tuple[Button, ...]] = []
    if about in set(Programme) and not wishes.follows(about):
        rows.append((Button(f"🔔 {voice.name(Programme(about), lang)}", data(Act.FOLLOW, about)),))
    if ALL not in wishes.subscribed:
        rows.append((Button(voice.plain(lang, "button.follow-all"), data(Act.FOLLOW, ALL)),))
    rows.append((Button(voice.plain(lang, "button.choose"), data(Act.COMMAND, "subscribe")),))
    stop = (_stop_all(voice, lang),) if wishes.subscribed else ()
    rows.append((*stop, command_button(voice, "reminders", lang)))
    return tuple(rows)


def what_is_on(voice: Voice, wishes: Wishes, lang: Lang) -> str:
    """What the student hears of at present, for somebody who wants an end to it."""
    followed = [each for each in voice.knowledge.programmes if wishes.follows(each)]
    lines = [voice.say(lang, "stop.follows", names=_listed(voice, followed, lang))] if followed else []
    lines += [voice.say(lang, "stop.days")] if wishes.deadlines else []
    return "\n".join(lines or [voice.say(lang, "stop.nothing")])


def ways_to_stop(voice: Voice, wishes: Wishes, lang: Lang) -> Rows:
    """Under the answer to somebody who wants an end: all alerts off, one programme's off, the days of the plan off."""
    rows: list[tuple[Button, ...]] = []
    followed = [each for each in voice.knowledge.programmes if each in wishes.subscribed]
    if wishes.subscribed:
        rows.append((_stop_all(voice, lang),))
    if len(followed) > 1:
        rows += [(Button(f"🔕 {voice.name(each, lang)}", data(Act.FOLLOW, NOTHING, each)),) for each in followed]
    if wishes.deadlines:
        rows.append((Button(voice.plain(lang, "button.keep-off"), data(Act.KEEP, "off")),))
    choose = Button(voice.plain(lang, "button.choose"), data(Act.COMMAND, "subscribe"))
    return (*rows, (choose, command_button(voice, "reminders", lang)))


def follow_button(voice: Voice, wishes: Wishes, programme: str, lang: Lang, *, opened: bool) -> Button:
    """Under what is said of a programme: to hear of its calls (one is ``opened``, or none is), or no more of them."""
    if wishes.follows(programme):
        return Button(voice.plain(lang, "button.unfollow"), data(Act.FOLLOW, NOTHING, programme))
    return Button(voice.plain(lang, "button.follow-open" if opened else "button.follow"), data(Act.FOLLOW, programme))


def resuming(voice: Voice, wishes: Wishes, calls: Sequence[Call], now: datetime, lang: Lang) -> Message:
    """Alerts go on for somebody who came back: what comes, where the calls stand by now, and whether that is wanted."""
    yes = Button(voice.plain(lang, "button.resume-yes"), data(Act.RESUME, "yes"))
    no = Button(voice.plain(lang, "button.resume-no"), data(Act.RESUME, "no"))
    return Message(_going_on(voice, "resume.ask", wishes, calls, now, lang), ((yes, no),))


# Kinds and hours


def reminders_page(voice: Voice, wishes: Wishes, lang: Lang) -> Message:
    """What is subscribed, the kinds of alerts as switches, the hours, and the ways to all else."""
    followed = [each for each in voice.knowledge.programmes if wishes.follows(each)]
    names = _listed(voice, followed, lang)
    parts = [voice.say(lang, "reminders.title")]
    parts.append(
        voice.say(lang, "reminders.follows", names=names) if followed else voice.say(lang, "reminders.nothing")
    )
    parts.append(voice.say(lang, "reminders.days-on" if wishes.deadlines else "reminders.days-off"))
    parts.append(voice.say(lang, "reminders.hours", begin=wishes.awake[0], end=wishes.awake[1]))
    if wishes.muted >= set(Kind):
        parts.append(voice.say(lang, "reminders.all-off"))
    else:
        off = Kind.CHANGES in wishes.muted
        parts.append(voice.say(lang, "reminders.changes-off" if off else "reminders.changes-on"))
    return Message("\n\n".join(parts), tuple(_kinds(voice, wishes, lang)))


def _kinds(voice: Voice, wishes: Wishes, lang: Lang) -> Iterator[tuple[Button, ...]]:
    for kind in Kind:
        text = _marked(voice.plain(lang, f"kind.{kind}"), on=kind not in wishes.muted)
        yield (Button(text, data(Act.KIND, kind)),)
    hours = voice.plain(lang, "button.hours", begin=wishes.awake[0], end=wishes.awake[1])
    yield (Button(hours, data(Act.HOURS)), my_days_button(voice, lang))
    yield (command_button(voice, "subscribe", lang), command_button(voice, "calendar", lang))


def hours_page(voice: Voice, wishes: Wishes, lang: Lang) -> Message:
    """The choice of the hours at which alerts may arrive."""
    begin, end = wishes.awake
    starts = tuple(Button(_chosen(each, begin), data(Act.HOURS, each, end)) for each in FROM_HOURS)
    ends = tuple(Button(_chosen(each, end), data(Act.HOURS, begin, each)) for each in UNTIL_HOURS)
    back = Button(voice.plain(lang, "button.back"), data(Act.KIND))
    return Message(voice.say(lang, "hours.ask", begin=begin, end=end), (starts, ends, (back,)))


def _chosen(hour: int, now: int) -> str:
    return f"✅ {hour}" if hour == now else str(hour)


# The days of a plan


def plan_days(voice: Voice, days: Sequence[Personal], lang: Lang, *, on: bool) -> str:
    """The days a plan leads to, for under its result; empty where there are none."""
    if not days:
        return ""
    listed = [f"• {day_line(voice, day, lang)}" for day in days]
    how = voice.say(lang, "days.on") if on else _offered(voice, days, lang)
    return "\n".join([voice.say(lang, "days.title"), *listed, resting(voice, days, lang), how])


def _offered(voice: Voice, days: Iterable[Personal | Kept], lang: Lang) -> str:
    only_later = all(day.what is What.QUALIFIES for day in days)
    return voice.say(lang, "days.offer-qualifies" if only_later else "days.offer")


def plan_offers(voice: Voice, wishes: Wishes, fitting: Sequence[str], days: Sequence[Personal], lang: Lang) -> Rows:
    """Under a plan's result: alerts for what fits, and reminders of its days."""
    rows: list[tuple[Button, ...]] = []
    if any(not wishes.follows(each) for each in fitting):
        rows.append((Button(voice.plain(lang, "button.follow-fitting"), data(Act.FOLLOW, FITTING)),))
    if days and wishes.deadlines:
        rows.append((my_days_button(voice, lang),))
    elif days:
        rows += [(Button(voice.plain(lang, key), data(Act.KEEP, "on")),) for key in _keeping(days)]
    return tuple(rows)


def _keeping(days: Iterable[Personal]) -> list[str]:
    kinds = {day.what is What.QUALIFIES for day in days}
    return [key for later, key in ((False, "button.keep"), (True, "button.keep-qualifies")) if later in kinds]


def kept_now(voice: Voice, wishes: Wishes, days: Sequence[Personal], lang: Lang, *, planned: bool) -> Message:
    """Reminders of a plan's days are on; where there are none, see :func:`no_days`."""
    if not days:
        return no_days(voice, lang, planned=planned)
    listed = "\n".join(f"• {day_line(voice, day, lang)}" for day in days)
    parts = [voice.say(lang, "days.kept"), f"{listed}\n{resting(voice, days, lang)}", _when(voice, days, wishes, lang)]
    return Message("\n\n".join(parts), ((my_days_button(voice, lang), command_button(voice, "calendar", lang)),))


def _when(voice: Voice, days: Iterable[Personal | Kept], wishes: Wishes, lang: Lang) -> str:
    if Kind.DEADLINES in wishes.muted:
        return voice.say(lang, "days.muted")
    only_later = all(day.what is What.QUALIFIES for day in days)
    return voice.say(lang, "days.when-qualifies" if only_later else "days.when")


def no_days(voice: Voice, lang: Lang, *, planned: bool) -> Message:
    """There are no days to be reminded of: there is no plan, or (``planned``) it leads to none, and what would."""
    return Message(
        voice.say(lang, "days.nothing" if planned else "days.none"), ((command_button(voice, "plan", lang),),)
    )


def days_page(
    voice: Voice,
    wishes: Wishes,
    kept: Sequence[Kept],
    days: Sequence[Personal],
    today: date,
    lang: Lang,
    *,
    planned: bool,
) -> Message:
    """The days of a plan: those that are kept, each to be ticked; or those it leads to, where none are kept yet.

    ``planned`` tells a plan that leads to no day from none at all.
    """
    shown = [each for each in kept if each.state is not Fate.GONE and each.on >= today]
    listed: Sequence[Personal | Kept] = shown if wishes.deadlines else days
    if not listed:
        return no_days(voice, lang, planned=planned)
    lines = [_numbered(voice, number, each, lang) for number, each in enumerate(listed, 1)]
    lines.append(resting(voice, listed, lang))
    how = _when(voice, listed, wishes, lang) if wishes.deadlines else _offered(voice, listed, lang)
    parts = [voice.say(lang, "days.title"), "\n".join(lines), how]
    rows = _done_buttons(voice, shown, lang) if wishes.deadlines else ()
    return Message("\n\n".join(parts), (*rows, *_days_ways_on(voice, wishes, lang)))


def _numbered(voice: Voice, number: int, day: Personal | Kept, lang: Lang) -> str:
    done = isinstance(day, Kept) and day.state is Fate.DONE
    return f"{number}. {'✅ ' if done else ''}{day_line(voice, day, lang)}"


def _done_buttons(voice: Voice, shown: Sequence[Kept], lang: Lang) -> Rows:
    """A switch for each day on which there is something to do; one that only opens a programme has none."""
    buttons = [
        _done_button(voice, number, each, lang)
        for number, each in enumerate(shown, 1)
        if each.what is not What.QUALIFIES
    ]
    return tuple(tuple(buttons[at : at + DONE_IN_A_ROW]) for at in range(0, len(buttons), DONE_IN_A_ROW))


def _done_button(voice: Voice, number: int, day: Kept, lang: Lang) -> Button:
    if day.state is Fate.DONE:
        return Button(voice.plain(lang, "button.undo-number", number=number), data(Act.TICK, day.id, IN_LIST, UNDO))
    return Button(voice.plain(lang, "button.done-number", number=number), data(Act.TICK, day.id, IN_LIST))


def _days_ways_on(voice: Voice, wishes: Wishes, lang: Lang) -> Rows:
    key, word = ("button.keep-off", "off") if wishes.deadlines else ("button.keep", "on")
    switch = Button(voice.plain(lang, key), data(Act.KEEP, word))
    return ((switch,), (command_button(voice, "calendar", lang), command_button(voice, "reminders", lang)))


# The calendar file


def entries(
    voice: Voice, wishes: Wishes, calls: Sequence[Call], kept: Sequence[Kept], now: datetime, lang: Lang
) -> tuple[Entry, ...]:
    """What a student's calendar should hold: the calls they follow and the days they keep.

    What was taken back or is gone is in it as cancelled, so that it disappears from a calendar that has it.
    """
    today = now.astimezone(voice.zone).date()
    followed = [call for call in calls if wishes.follows(call.programme) and (call.lives(now) or call.withdrawn)]
    found = [entry for call in followed for entry in _call_entries(voice, call, lang)]
    return (*found, *(_day_entry(voice, each, lang) for each in kept if each.on >= today))


def _call_entries(voice: Voice, call: Call, lang: Lang) -> Iterator[Entry]:
    dates, name = call.dates, voice.name(call.programme, lang)
    opens = dates.opens_at if dates.opens_hour else dates.first_day(voice.zone)
    closes = dates.closes_at if dates.closes_hour else dates.last_day(voice.zone)
    text = "\n".join(part for part in (call.note, voice.plain(lang, "ics.from-desk")) if part)
    for key, start in (("opens", opens), ("closes", closes)):
        yield Entry(
            uid=f"call-{call.id}-{key}@mobility-desk",
            summary=voice.plain(lang, "ics.opens" if key == "opens" else "ics.closes", name=name),
            description=text,
            start=start,
            sequence=call.revision - 1,
            cancelled=call.withdrawn,
            url=call.link,
            remind=DAY_BEFORE if isinstance(start, datetime) else NIGHT_BEFORE,
        )


def _day_entry(voice: Voice, day: Kept, lang: Lang) -> Entry:
    summary = plain(voice.say(lang, f"deadline-short.{day.what}", name=voice.name(day.programme, lang)))
    return Entry(
        uid=f"deadline-{day.id}@mobility-desk",
        summary=summary,
        description=voice.plain(lang, "ics.from-plan"),
        start=day.on,
        sequence=day.sequence,
        cancelled=day.state is Fate.GONE,
        remind=None if day.state is Fate.DONE else NIGHT_BEFORE,
    )


def calendar_caption(voice: Voice, lang: Lang) -> Message:
    """What stands below the calendar file."""
    return Message(voice.say(lang, "ics.caption"), ((command_button(voice, "reminders", lang),),))


def empty_calendar(voice: Voice, lang: Lang) -> Message:
    """There is nothing to put into a calendar, and how there comes to be."""
    rows = (
        (command_button(voice, "subscribe", lang), command_button(voice, "plan", lang)),
        (command_button(voice, "calls", lang),),
    )
    return Message(voice.say(lang, "ics.empty"), rows)


def resumed(voice: Voice, wishes: Wishes, calls: Sequence[Call], now: datetime, lang: Lang) -> Message:
    """Alerts go on, as they said."""
    return Message(_going_on(voice, "resume.yes", wishes, calls, now, lang), _after(voice, lang))


def _going_on(voice: Voice, key: str, wishes: Wishes, calls: Sequence[Call], now: datetime, lang: Lang) -> str:
    followed = [programme for programme in voice.knowledge.programmes if wishes.follows(programme)]
    parts = [voice.say(lang, key)]
    if followed:
        parts.append(_comes(voice, wishes, lang))
        parts.append(season.lines(voice, season.living(calls, now, *followed), now, lang))
    return "\n\n".join(part for part in parts if part)
