"""What staff read when they announce, move or withdraw a call, before and after they confirm; and what has gone out."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.rules import letters, reports
from bot.rules.alerts import Alert, Kind, Letter, Planned, Repair, alerts
from bot.rules.announcing import near
from bot.rules.buttons import Act, data
from bot.rules.calls import Call
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Button, Html, Lang, Message, Rows
from bot.rules.plan import Fault
from bot.rules.programmes import Programme

LABELS = {
    Kind.OPENING: "planned.opening",
    Kind.CLOSING_14: "planned.closing-14",
    Kind.CLOSING_7: "planned.closing-7",
    Kind.CLOSING_1: "planned.closing-1",
    Kind.CLOSING_DAY: "planned.closing-day",
}
"""The alerts of a call, in a few words."""
CAPTIONS = {
    "confirm": "staff.confirm",
    "cancel": "staff.cancel",
    "move": "staff.move-it",
    "new": "staff.announce-too",
}
"""What the buttons of a draft say, by their verb."""
STATES = {
    "sending": "delivery.sending",
    "done": "delivery.done",
    "dropped": "delivery.dropped",
    "stopped": "delivery.stopped",
    "cancelled": "delivery.cancelled",
}
DEEDS = {
    "announce": "deed.announce",
    "move": "deed.move",
    "withdraw": "deed.withdraw",
    "broadcast": "deed.broadcast",
    "undo": "deed.undo",
    "stop": "deed.stop",
    "again": "deed.again",
    "delete": "deed.delete",
}
"""What staff did, by how the audit calls it."""
DRAFTS = {"announce": "draft.announce", "move": "draft.move", "withdraw": "draft.withdraw"}
"""What staff were about to do, by the act of its draft."""
FORMS = {"announce": "staff.form-announce", "move": "staff.form-move", "withdraw": "staff.form-withdraw"}
EXAMPLE = timedelta(days=14), timedelta(days=45)
"""How far ahead the days of an example lie, so that it can be copied and used."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people something reaches now."""

    people: int

    def line(self, voice: Voice, key: str, lang: Lang) -> str:
        """The sentence ``key``, with the number and how long that many copies take."""
        return voice.say(lang, key, people=self.people, lasts=reports.lasts(voice, self.people, lang))


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to many that went out, or goes out at ``at``; ``state`` as the tables say it."""

    kind: str
    programme: str | None
    about: Mapping[str, Any]
    state: str
    at: datetime
    report: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a member of staff did to ``what``; ``cancelled``: they gave it up."""

    at: datetime
    who: int
    act: str
    what: Html
    cancelled: bool


def keys(voice: Voice, draft_id: int, lang: Lang, *verbs: str) -> Rows:
    """A button for each verb, each on a row of its own unless there are two."""
    row = tuple(Button(voice.plain(lang, CAPTIONS[verb]), data(Act.DRAFT, draft_id, verb)) for verb in verbs)
    return (row,) if len(row) <= 2 else tuple((each,) for each in row)  # noqa: PLR2004 - two fit beside each other


def refused(voice: Voice, fault: Fault, act: str, which: str, today: date, lang: Lang) -> Message:
    """What is wrong with what they wrote, and how to write it.

    Args:
        voice: The sentences.
        fault: What is wrong.
        act: The command.
        which: The programme or ``#3`` of the example.
        today: The day the example is made for.
        lang: The reader's language.
    """
    said = voice.say(lang, fault.key, **fault.params)
    meant = near(fault.params.get("value", ""), voice.knowledge) if fault.key == "staff.fault.programme" else None
    if meant:
        said += " " + voice.say(lang, "staff.meant", programme=meant)
    opens, closes = (today + ahead for ahead in EXAMPLE)
    form = voice.say(lang, FORMS[act], which=meant or which, opens=opens.isoformat(), closes=closes.isoformat())
    return Message(f"{said}\n\n{form}")


# Announcing


def announcement(voice: Voice, call: Call, reach: Reach, now: datetime, lang: Lang) -> str:
    """What confirming would announce: the alert in both languages, when the alerts go, and to how many."""
    planned = alerts(call, voice.zone, now)
    first = planned[0].due_at
    parts = [
        voice.say(lang, "staff.to-announce", name=_name(voice, call, lang), span=letters.span(voice, call.dates, lang)),
        *both(voice, lambda each: letters.alert(voice, Kind.OPENING, call, {}, first, each)),
        _schedule(voice, planned, now, lang),
        reach.line(voice, "staff.reaches", lang) + "\n" + voice.say(lang, "staff.unsent"),
    ]
    return "\n\n".join(parts)


def announced_before(voice: Voice, twin: Call, call: Call, lang: Lang) -> str:
    """What they announce looks like a call that is announced already."""
    spans = {"was": letters.span(voice, twin.dates, lang), "now": letters.span(voice, call.dates, lang)}
    key = "staff.twin-same" if twin.dates == call.dates else "staff.twin"
    return voice.say(lang, key, id=twin.id, name=_name(voice, call, lang), **spans)


def announced(voice: Voice, call: Call, planned: Sequence[Alert], reach: Reach, now: datetime, lang: Lang) -> str:
    """It is announced."""
    head = _head(voice, "staff.announced", call, lang)
    return "\n\n".join((head, _schedule(voice, planned, now, lang), reach.line(voice, "staff.reaches", lang)))


def both(voice: Voice, written: Callable[[Lang], Message | None]) -> list[str]:
    """A message as students read it, in both languages, each under a line that says which."""
    texts = [(lang, written(lang)) for lang in LANGS]
    return [f"{voice.say(lang, 'staff.reads')}\n{message.text}" for lang, message in texts if message]


def _schedule(voice: Voice, planned: Iterable[Alert], now: datetime, lang: Lang) -> str:
    lines = [_planned(voice, "staff.alert", each.kind, lang, at=_when(voice, each, now, lang)) for each in planned]
    return "\n".join([voice.say(lang, "staff.alerts"), *lines])


def _planned(voice: Voice, key: str, kind: Kind, lang: Lang, **moments: Html) -> str:
    return voice.say(lang, key, what=voice.say(lang, LABELS[kind]), **moments)


def _when(voice: Voice, alert: Alert, now: datetime, lang: Lang) -> Html:
    return letters.moment(voice, alert.due_at, lang) if alert.due_at > now else Html(voice.say(lang, "staff.at-once"))


def _name(voice: Voice, call: Call, lang: Lang) -> str:
    return voice.name(call.programme, lang)


def _head(voice: Voice, key: str, call: Call, lang: Lang) -> str:
    span = letters.span(voice, call.dates, lang)
    return voice.say(lang, key, id=call.id, name=_name(voice, call, lang), span=span)


# Moving and withdrawing


def choice(voice: Voice, found: Sequence[Call], draft_id: int, act: str, lang: Lang) -> Message:
    """Which of the living calls is meant: a button for each."""
    zone, rows = voice.zone, []
    for call in found:
        days = {"opens": call.dates.first_day(zone), "closes": call.dates.last_day(zone)}
        caption = voice.plain(lang, "staff.call-button", id=call.id, name=_name(voice, call, lang), **days)
        rows.append((Button(caption, data(Act.DRAFT, draft_id, "pick", call.id)),))
    asked = voice.say(lang, "staff.which-move" if act == "move" else "staff.which-withdraw")
    return Message(asked, (*rows, *keys(voice, draft_id, lang, "cancel")))


def asked_dates(voice: Voice, call: Call, draft_id: int, today: date, lang: Lang) -> Message:
    """Which dates the call moves to: they write them."""
    opens, closes = ((today + ahead).isoformat() for ahead in EXAMPLE)
    head = _head(voice, "staff.ask-dates", call, lang)
    text = voice.say(lang, "staff.ask-dates-form", opens=opens, closes=closes)
    return Message(f"{head}\n{text}", keys(voice, draft_id, lang, "cancel"))


def move(voice: Voice, call: Call, moved: Call, reach: Reach, became: str, lang: Lang) -> str:
    """What confirming would change; ``became`` says what becomes of the alerts, see :func:`becomes`."""
    about = {"from": call.revision, "to": moved.revision}
    if call.dates == moved.dates:
        parts = [_head(voice, "staff.to-amend", moved, lang), letters.details(voice, moved, lang)]
        parts += [_told(voice, "staff.told-old", reach, lang)] if reach.people else []
    else:
        parts = [
            voice.say(lang, "staff.to-move", id=call.id, name=_name(voice, call, lang)),
            *both(voice, lambda each: letters.alert(voice, Letter.MOVED, moved, about, call.dates.opens_at, each)),
            _told(voice, "staff.told-old", reach, lang),
        ]
    return "\n\n".join(each for each in (*parts, became, voice.say(lang, "staff.unsent")) if each)


def moved(voice: Voice, call: Call, reach: Reach, became: str, lang: Lang) -> str:
    """It is moved."""
    amended = call.told[-1] == call.dates
    head = _head(voice, "staff.amended" if amended else "staff.moved", call, lang)
    told = "" if amended and not reach.people else _told(voice, "staff.told-old", reach, lang)
    return "\n\n".join(each for each in (head, told, became) if each)


def becomes(voice: Voice, repair: Repair, standing: Sequence[Planned], now: datetime, lang: Lang) -> str:
    """What becomes of the planned alerts, a line for each; empty where there are none."""
    known, lines = {each.id: each for each in standing}, []
    for row, alert in repair.moved:
        was, at = letters.moment(voice, known[row].due_at, lang), _when(voice, alert, now, lang)
        if alert.due_at == known[row].due_at:
            lines.append((alert.due_at, _planned(voice, "staff.alert-stays", alert.kind, lang, at=at)))
        else:
            lines.append((alert.due_at, _planned(voice, "staff.alert-moves", alert.kind, lang, was=was, at=at)))
    lines += [
        (alert.due_at, _planned(voice, "staff.alert-new", alert.kind, lang, at=_when(voice, alert, now, lang)))
        for alert in repair.planned
    ]
    gone = [known[row] for row in repair.cancelled]
    lines += [(old.due_at, _planned(voice, "staff.alert-gone", old.kind, lang)) for old in gone]
    shown = [line for _, line in sorted(lines)]
    return "\n".join([voice.say(lang, "staff.alerts"), *shown]) if shown else ""


def withdrawal(voice: Voice, call: Call, reach: Reach, planned: int, lang: Lang) -> str:
    """What confirming would take back: the text in both languages, and ``planned`` alerts that never go."""
    about, gone = {"from": call.revision}, call.taken_back()
    parts = [
        _head(voice, "staff.to-withdraw", call, lang),
        *both(voice, lambda each: letters.alert(voice, Letter.WITHDRAWN, gone, about, call.dates.opens_at, each)),
        _told(voice, "staff.told-any", reach, lang),
        voice.say(lang, "staff.taken-back", many=planned) + "\n" + voice.say(lang, "staff.unsent"),
    ]
    return "\n\n".join(parts)


def withdrawn(voice: Voice, call: Call, reach: Reach, planned: int, lang: Lang) -> str:
    """It is withdrawn."""
    told = _told(voice, "staff.told-any", reach, lang)
    head = _head(voice, "staff.withdrawn", call, lang)
    return "\n\n".join((head, told, voice.say(lang, "staff.taken-back", many=planned)))


def _told(voice: Voice, key: str, reach: Reach, lang: Lang) -> str:
    return reach.line(voice, key, lang) if reach.people else voice.say(lang, "staff.told-nobody")


# What has gone out


def thing(voice: Voice, subject: str, call: Call | None, lang: Lang) -> Html:
    """The call a member of staff did something to: "Free Mover (#3)", as far as it is known.

    ``subject`` begins with the programme.
    """
    which = subject.partition(":")[0]
    if call is not None:
        return Html(voice.say(lang, "deed.call", name=_name(voice, call, lang), id=call.id))
    if which in set(Programme):
        return Html(html.escape(voice.name(Programme(which), lang), quote=False))
    return Html(voice.say(lang, "deed.some-call"))


def deliveries(
    voice: Voice,
    gone: Sequence[Delivery],
    ahead: Sequence[Delivery],
    deeds: Sequence[Deed],
    now: datetime,
    reader: int,
    lang: Lang,
) -> Message:
    """What went out, what goes out next, and what staff did last; ``reader`` is the member of staff who asks."""
    if not gone and not ahead and not deeds:
        return Message(voice.say(lang, "delivery.nothing"))
    parts = [
        _listed(voice, "delivery.last", [_went(voice, each, now, lang) for each in gone], lang),
        _listed(voice, "delivery.next", [_goes(voice, each, now, lang) for each in ahead], lang),
        _listed(voice, "delivery.acts", [_did(voice, each, now, reader, lang) for each in deeds], lang),
        voice.say(lang, "delivery.zone"),
    ]
    return Message("\n\n".join(parts))


def _listed(voice: Voice, key: str, lines: Sequence[str], lang: Lang) -> str:
    return "\n".join([voice.say(lang, key), *(lines or [voice.say(lang, "delivery.none")])])


def _heading(voice: Voice, each: Delivery, lang: Lang) -> Html:
    return reports.heading(voice, each.kind, each.programme, each.about, lang)


def _short(voice: Voice, at: datetime, now: datetime) -> str:
    """A moment as a list has room for it: 24/11 09:00, with the year where it is another."""
    local = at.astimezone(voice.zone)
    return f"{local:%d/%m %H:%M}" if local.year == now.astimezone(voice.zone).year else f"{local:%d/%m/%Y %H:%M}"


def _went(voice: Voice, each: Delivery, now: datetime, lang: Lang) -> str:
    nobody = each.state == "done" and not each.report["recipients"]
    state = Html(voice.say(lang, "delivery.nobody" if nobody else STATES[each.state]))
    line = voice.say(
        lang, "delivery.line", at=_short(voice, each.at, now), what=_heading(voice, each, lang), state=state
    )
    copied = each.report["recipients"] or (each.state == "sending")
    return f"{line}\n{' · '.join(reports.fates(voice, each.report, lang, kind=each.kind))}" if copied else line


def _goes(voice: Voice, each: Delivery, now: datetime, lang: Lang) -> str:
    return voice.say(lang, "delivery.planned", at=_short(voice, each.at, now), what=_heading(voice, each, lang))


def _did(voice: Voice, deed: Deed, now: datetime, reader: int, lang: Lang) -> str:
    if deed.cancelled and deed.act in DRAFTS:
        done = voice.say(lang, "deed.gave-up", act=Html(voice.say(lang, DRAFTS[deed.act], what=deed.what)))
    elif deed.act in DEEDS:
        done = voice.say(lang, DEEDS[deed.act], what=deed.what)
    else:
        done = f"{html.escape(deed.act, quote=False)}: {deed.what}"
    who = voice.plain(lang, "deed.you") if deed.who == reader else deed.who
    return voice.say(lang, "delivery.did", at=_short(voice, deed.at, now), who=who, done=Html(done))
