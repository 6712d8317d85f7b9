"""A call in the tables: the alerts its dates lead to, and corrections for those who know old dates."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.desk.staff import StaffTurn
from bot.rules import callboard, reports
from bot.rules.alerts import DAYS_BEFORE, MUTED_BY, Alert, Kind, Letter, Planned, Repair, alerts, anchor, repair
from bot.rules.callboard import Deed, Delivery, Reach
from bot.rules.calls import Call
from bot.rules.messages import Html, Message
from bot.storage import audiences, calls, mailings, staff
from bot.storage.mailings import Mailing
from bot.storage.rows import Json, MailingRow, MailingState

GONE_SHOWN, AHEAD_SHOWN, DEEDS_SHOWN = 10, 5, 5
LOOKED_AT = 100
"""How many of the messages to many that ended are looked at for those shown."""
REMEMBERED = timedelta(days=800)
"""How long ago a call may have closed that staff did something to lately."""
COUNTDOWN = frozenset({Kind.OPENING, *DAYS_BEFORE})
"""The kinds of alerts that a call's dates lead to."""


async def followers(turn: StaffTurn, call: Call) -> Reach:
    """How many its opening would be told now."""
    return Reach(await audiences.count(turn.tx, f"programme:{call.programme}", Kind.OPENING))


async def plan(turn: StaffTurn, call: Call) -> list[Alert]:
    """Plan the alerts of a new call."""
    planned = alerts(call, turn.voice.zone, turn.now)
    for alert in planned:
        await _plan_alert(turn, call, alert, _progress(turn) if alert.due_at <= turn.now else {})
    return planned


async def _plan_alert(turn: StaffTurn, call: Call, alert: Alert, more: Json) -> None:
    name = f"call:{call.name}:{alert.kind}"
    mailing = Mailing(
        key=name if call.revision == 1 else f"{name}:r{call.revision}",
        kind=alert.kind,
        audience=f"programme:{call.programme}",
        due_at=alert.due_at,
        expires_at=alert.expires_at,
        programme=call.programme,
        call_id=call.id,
        about={"anchor": anchor(alert.kind, call).isoformat()} | more,
        made_by=turn.user_id,
    )
    await mailings.plan(turn.tx, mailing, turn.now)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a move means.

    ``rows`` are all that was ever planned on the call, ``standing`` its alerts among them, ``repair`` what becomes of
    those, and ``told`` how many know dates that hold no longer.
    """

    rows: list[MailingRow]
    standing: list[Planned]
    repair: Repair
    told: Mapping[int, int]

    @property
    def reach(self) -> Reach:
        """How many are told that the dates changed."""
        return added_up(self.told)


async def outlook(turn: StaffTurn, moved: Call) -> Outlook:
    """What it would mean, or meant, that a call moved."""
    rows = await mailings.of_call(turn.tx, moved.id)
    standing = _standing(rows)
    repaired = repair(moved, standing, turn.voice.zone, turn.now)
    return Outlook(rows, standing, repaired, await told(turn, moved, Letter.MOVED))


async def realign(turn: StaffTurn, moved: Call) -> Outlook:
    """Bring what is planned in line with the new dates, and write to those who know old ones."""
    ahead = await outlook(turn, moved)
    abouts = {row.id: row.about for row in ahead.rows}
    for row, alert in ahead.repair.moved:
        about = abouts[row] | {"anchor": anchor(alert.kind, moved).isoformat()}
        if not await mailings.retime(turn.tx, row, alert.due_at, alert.expires_at, about):
            await _plan_alert(turn, moved, alert, {})  # it began in this very moment; its copies do not leave untrue
    corrections = [int(row.id or 0) for row in ahead.rows if row.kind == Letter.MOVED and row.finished_at is None]
    await mailings.stop(turn.tx, [*ahead.repair.cancelled, *corrections], MailingState.CANCELLED, turn.now)
    await _correct(turn, moved, Letter.MOVED, ahead.told)
    for alert in ahead.repair.planned:
        shown = alert.due_at <= turn.now and not ahead.reach.people  # a message shows how far one thing has come
        await _plan_alert(turn, moved, alert, _progress(turn) if shown else {})
    return ahead


async def call_off(turn: StaffTurn, gone: Call) -> tuple[Reach, int]:
    """Take back what is planned on a withdrawn call, and write to all who were told of it; how many of both."""
    waiting = await unfinished(turn, gone)
    await mailings.stop(turn.tx, waiting, MailingState.CANCELLED, turn.now)
    people = await told(turn, gone, Letter.WITHDRAWN)
    await _correct(turn, gone, Letter.WITHDRAWN, people)
    return added_up(people), len(waiting)


async def told(turn: StaffTurn, call: Call, letter: Letter) -> dict[int, int]:
    """The earlier revisions of a call that hold no longer, and how many know each of them as the last."""
    stale = [at for at, dates in enumerate(call.told, start=1) if call.withdrawn or dates != call.dates]
    muted = MUTED_BY[letter]
    return {at: await audiences.count(turn.tx, f"told:{call.programme}:{call.id}:{at}", muted) for at in stale}


async def _correct(turn: StaffTurn, call: Call, letter: Letter, told: Mapping[int, int]) -> None:
    """Write to those who know earlier revisions of a call, one message to many for each.

    Also where nobody does as of now: a copy in flight may have told somebody by the time it begins.
    """
    watched = next((at for at, people in told.items() if people), None)
    for at in told:
        by = _by(call, letter, at, turn.now)
        span = f"{at}-{call.revision}" if letter is Letter.MOVED else f"{call.revision}:{at}"
        mailing = Mailing(
            key=f"call:{call.name}:{letter}:{span}",
            kind=letter,
            audience=f"told:{call.programme}:{call.id}:{at}",
            due_at=turn.now,
            expires_at=max(call.at_revision(at).closes_at, call.dates.closes_at),
            programme=call.programme,
            call_id=call.id,
            about={"from": at, "to": call.revision} | by | (_progress(turn) if at == watched else {}),
            made_by=turn.user_id,
        )
        await mailings.plan(turn.tx, mailing, turn.now)


def _by(call: Call, letter: Letter, at: int, now: datetime) -> Json:
    """Until when a correction has to be read: the earliest closing, of those told and those that hold, still ahead.

    Whoever is told only afterwards may have applied too late, or for nothing. A withdrawn call has no closing that
    holds.
    """
    closings = {call.at_revision(at).closes_at} | ({call.dates.closes_at} if letter is Letter.MOVED else set())
    first = min((closing for closing in closings if closing > now), default=None)
    return {"by": first.isoformat()} if first else {}


def _standing(rows: Iterable[MailingRow]) -> list[Planned]:
    """The alerts of a call that are still to come, under way or told.

    What was cancelled or dropped told nobody all it should. What staff stopped half-way was wrong, and the move is how
    they put it right: the preview lists it as planned anew.
    """
    states = {MailingState.PLANNED, MailingState.SENDING, MailingState.DONE}
    return [
        Planned(
            id=int(row.id or 0),
            kind=Kind(row.kind),
            due_at=row.due_at,
            anchor=datetime.fromisoformat(row.about["anchor"]),
            waiting=row.state == MailingState.PLANNED,
            ended=row.state == MailingState.DONE,
        )
        for row in rows
        if row.kind in COUNTDOWN and row.state in states
    ]


async def unfinished(turn: StaffTurn, call: Call) -> list[int]:
    """The ids of what is planned or under way on a call."""
    return [int(row.id or 0) for row in await mailings.of_call(turn.tx, call.id) if row.finished_at is None]


def added_up(told: Mapping[int, int]) -> Reach:
    """How many people know any of some revisions; nobody knows two as the last."""
    return Reach(sum(told.values()))


def _progress(turn: StaffTurn) -> Json:
    """That the message whose button was pressed shows how far it has come."""
    message = turn.message_id
    return {} if message is None else {"progress": {"chat": turn.user_id, "message": message}}


async def deliveries(turn: StaffTurn) -> Message:
    """What went out, what goes out next, and what staff did last."""
    rows = [row for row in await mailings.latest(turn.tx, LOOKED_AT) if not _never_began(row)]
    gone = [await _delivery(turn, row) for row in rows[:GONE_SHOWN]]
    waiting = [row for row in await mailings.unfinished(turn.tx) if row.state == MailingState.PLANNED]
    ahead = [await _delivery(turn, row) for row in waiting[:AHEAD_SHOWN]]
    return callboard.deliveries(turn.voice, gone, ahead, await _deeds(turn), turn.now, turn.user_id, turn.lang)


async def _deeds(turn: StaffTurn) -> list[Deed]:
    """What staff did last, each with what it was done to in words."""
    acts = await staff.acts(turn.tx, DEEDS_SHOWN, callboard.DEEDS)
    announced = {call.name: call for call in await calls.listed(turn.tx, turn.now - REMEMBERED)}
    rows = [*await mailings.unfinished(turn.tx), *await mailings.latest(turn.tx, LOOKED_AT)]
    sent = {row.key: row for row in rows}
    deeds = []
    for each in acts:
        row = sent.get(each.subject)
        if row is not None:
            what = reports.heading(turn.voice, row.kind, row.programme, row.about, turn.lang)
        elif each.act in callboard.DRAFTS:
            call = None if each.detail.get("cancelled") and each.act == "announce" else announced.get(each.subject)
            what = callboard.thing(turn.voice, each.subject, call, turn.lang)
        else:
            what = Html(html.escape(each.subject, quote=False))
        deeds.append(Deed(each.at, each.user_id, each.act, what, bool(each.detail.get("cancelled"))))
    return deeds


def _never_began(row: MailingRow) -> bool:
    """Whether a message was taken back while it waited for its moment: nobody would have noticed it."""
    return row.state == MailingState.CANCELLED and not row.cursor


async def _delivery(turn: StaffTurn, row: MailingRow) -> Delivery:
    """A message to many with its numbers: those kept at its end, or as they are now."""
    report = row.report or mailings.packed(await mailings.report(turn.tx, int(row.id or 0)))
    return Delivery(row.kind, row.programme, row.about, row.state, row.due_at, report)
