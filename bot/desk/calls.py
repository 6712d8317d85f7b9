"""The staff announce, move and withdraw calls: previewed, confirmed, checked once more, and planned in one transaction.

Every step shown is a draft of its own, and every press ends one: what changed meanwhile is shown as a new draft.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot.clock import day_in
from bot.desk import season
from bot.desk.staff import Room, StaffTurn
from bot.rules import buttons, callboard, letters
from bot.rules.alerts import Letter
from bot.rules.announcing import Written, read_call, read_target, unknown
from bot.rules.calls import Call, same_call, year_of_call
from bot.rules.messages import Html, Message
from bot.rules.plan import Fault
from bot.rules.programmes import Programme
from bot.rules.roles import Role
from bot.storage import calls, staff
from bot.storage.rows import Draft, DraftState, Json
from bot.storage.staff import DRAFT_LASTS

NOTHING: Mapping[str, str] = {}


class Calls(Room):
    """The room of calls; it keeps nothing itself."""

    commands = dict.fromkeys(("announce", "move", "withdraw", "deliveries"), Role.ADMIN)
    acts = frozenset({"announce", "move", "withdraw"})

    async def commanded(self, turn: StaffTurn, name: str, argument: str) -> None:
        """They wrote ``/name argument``."""
        text = _one_line(argument)
        if name == "deliveries":
            turn.send(await season.deliveries(turn))
        elif name == "announce":
            await _announce(turn, text)
        else:
            await _choose(turn, name, text)

    async def wrote(self, turn: StaffTurn, draft: Draft, text: str) -> None:
        """They wrote the dates a call moves to."""
        call = await calls.get(turn.tx, draft.content["call"])
        if call is None or not call.lives(turn.now):
            await staff.settle(turn.tx, _id(draft), DraftState.CANCELLED)
            turn.say("staff.meanwhile-over")
        elif await _move(turn, call, _one_line(text)):
            await staff.settle(turn.tx, _id(draft), DraftState.CANCELLED)

    async def pressed(self, turn: StaffTurn, draft: Draft, verb: str, args: tuple[str, ...]) -> None:
        """They pressed a button of a draft."""
        step = STEPS.get((draft.act, verb))
        if step is None:
            turn.toast = turn.voice.plain(turn.lang, "toast.old")
            return
        await calls.by_turns(turn.tx)  # what is checked now stays so until this is committed
        confirmed = verb == "confirm"
        if not await staff.settle(turn.tx, _id(draft), DraftState.DONE if confirmed else DraftState.CANCELLED):
            turn.toast = turn.voice.plain(turn.lang, "staff.settled")
            return
        await step(turn, draft, args)


# Announcing


async def _announce(turn: StaffTurn, text: str) -> None:
    voice, example = turn.voice, Programme.ERASMUS_STUDY
    written = read_call(text, voice.knowledge, voice.zone, turn.now) if text else Fault("staff.fault.nothing", NOTHING)
    if isinstance(written, Fault):
        target, _ = read_target(text, voice.knowledge)
        _refuse(turn, written, "announce", target if isinstance(target, Programme) else example)
    elif written.programme is None:
        params = {"value": f"#{written.which}", "list": ", ".join(Programme)}
        _refuse(turn, Fault("staff.fault.programme", params), "announce", example)
    else:
        await _offer(turn, _new_call(turn, written.programme, written), [])


def _new_call(turn: StaffTurn, programme: Programme, written: Written) -> Call:
    year = year_of_call(turn.voice.knowledge.rules[programme], written.dates, turn.voice.zone)
    return Call(programme, written.dates, written.link, written.note, year=year)


async def _offer(turn: StaffTurn, call: Call, beside: list[list[int]], meanwhile: str = "") -> None:
    """Show what would be announced; or ask, where it looks announced already.

    ``beside`` holds the calls (id and revision) that they said are others.
    """
    content: Json = {"programme": call.programme, "dates": calls.packed(call.dates), "beside": beside}
    content |= {"link": call.link, "note": call.note, "year": call.year}
    twin = await _twin(turn, call, beside)
    if twin:
        content |= {"twin": [twin.id, twin.revision]}
        text = callboard.announced_before(turn.voice, twin, call, turn.lang)
        alike = twin.dates == call.dates and _amended(twin, call.link, call.note) == twin
        verbs = ("new", "cancel") if alike else ("move", "new", "cancel")
    else:
        text = callboard.announcement(turn.voice, call, await season.followers(turn, call), turn.now, turn.lang)
        verbs = ("confirm", "cancel")
    await _show(turn, "announce", content, text, verbs, meanwhile)


async def _twin(turn: StaffTurn, call: Call, beside: list[list[int]]) -> Call | None:
    """A living call that this one looks like, unless they have said that it is another."""
    for other in await calls.listed(turn.tx, turn.now):
        known = [other.id, other.revision] in beside
        if not known and other.lives(turn.now) and same_call(other, call.programme, call.dates):
            return other
    return None


def _drafted_call(draft: Draft) -> Call:
    kept = draft.content
    dates = calls.unpacked(kept["dates"])
    return Call(Programme(kept["programme"]), dates, kept["link"], kept["note"], year=kept["year"])


async def _announce_beside(turn: StaffTurn, draft: Draft, args: tuple[str, ...]) -> None:
    """The call they are asked about is another one."""
    del args
    await _offer(turn, _drafted_call(draft), [*draft.content["beside"], draft.content["twin"]])


async def _announce_as_move(turn: StaffTurn, draft: Draft, args: tuple[str, ...]) -> None:
    """It is the call that is announced already, and moves to these dates."""
    del args
    wanted, twin = _drafted_call(draft), await calls.get(turn.tx, draft.content["twin"][0])
    if twin is None or not twin.lives(turn.now):
        await _offer(turn, wanted, draft.content["beside"], "staff.meanwhile-changed")
    else:
        await _preview_move(turn, twin, wanted)


async def _confirm_announcement(turn: StaffTurn, draft: Draft, args: tuple[str, ...]) -> None:
    del args
    wanted, beside = _drafted_call(draft), draft.content["beside"]
    if wanted.dates.closes_at <= turn.now:
        _past(turn, wanted)
    elif _aged(turn, draft):
        await _offer(turn, wanted, beside, "staff.meanwhile-old")
    elif await _twin(turn, wanted, beside):
        await _offer(turn, wanted, beside, "staff.meanwhile-announced")
    else:
        call = await calls.add(turn.tx, wanted, turn.now)
        planned = await season.plan(turn, call)
        await turn.audit("announce", call.name, dates=calls.packed(call.dates), link=call.link, note=call.note)
        reach = await season.followers(turn, call)
        turn.show(Message(callboard.announced(turn.voice, call, planned, reach, turn.now, turn.lang)))


# Moving and withdrawing


async def _choose(turn: StaffTurn, act: str, text: str) -> None:
    """Find the call they mean, and go on with it; ask where it may be several."""
    target, rest = read_target(text, turn.voice.knowledge)
    if text and target is None:
        _refuse(turn, unknown(text), act, Programme.ERASMUS_STUDY)
        return
    if rest and act == "withdraw":
        turn.say("staff.withdraw-one", rest=rest)
        return
    living = [call for call in await calls.listed(turn.tx, turn.now) if call.lives(turn.now)]
    found = [call for call in living if target in {None, call.id, call.programme}]
    if found and len(found) == 1 and target is not None:
        await _go_on(turn, act, found[0], rest)
    elif found:
        draft_id = await staff.draft(turn.tx, turn.user_id, act, {"rest": rest}, turn.now)
        turn.show(callboard.choice(turn.voice, found, draft_id, act, turn.lang))
    elif isinstance(target, Programme):
        turn.say("staff.none-of", name=turn.voice.name(target, turn.lang))
    elif target is not None:
        turn.say("staff.none-numbered", which=target)
    else:
        turn.say("staff.none-lives")


async def _go_on(turn: StaffTurn, act: str, call: Call, rest: str) -> None:
    if act == "withdraw":
        await _preview_withdrawal(turn, call)
    elif rest:
        await _move(turn, call, rest)
    else:
        draft_id = await staff.draft(turn.tx, turn.user_id, act, {"call": call.id}, turn.now, awaits="dates")
        today = day_in(turn.voice.zone, turn.now)
        turn.show(callboard.asked_dates(turn.voice, call, draft_id, today, turn.lang))


async def _pick(turn: StaffTurn, draft: Draft, args: tuple[str, ...]) -> None:
    """They chose one of the living calls."""
    call = await _living(turn, buttons.number(args[0]) if args else 0)
    if call:
        await _go_on(turn, draft.act, call, draft.content.get("rest", ""))


async def _move(turn: StaffTurn, call: Call, text: str) -> bool:
    """Preview a move to the dates in ``text``; False: they are none, or those that hold already."""
    written = read_call(f"#{call.id} {text}", turn.voice.knowledge, turn.voice.zone, turn.now)
    if isinstance(written, Fault):
        _refuse(turn, written, "move", f"#{call.id}")
        return False
    wanted = replace(call, dates=written.dates, link=written.link, note=written.note)
    if _moved(call, wanted) is None:
        turn.say("staff.move-same", **_named(turn, call))
        return False
    await _preview_move(turn, call, wanted)
    return True


def _amended(call: Call, link: str, note: str) -> Call:
    """The call with another link and note; those left out stay."""
    return replace(call, link=link or call.link, note=note or call.note)


def _moved(call: Call, wanted: Call) -> Call | None:
    """The call after it moved to what is wanted; None: that changes nothing."""
    amended = _amended(call, wanted.link, wanted.note)
    return None if wanted.dates == call.dates and amended == call else amended.moved(wanted.dates)


async def _preview_move(turn: StaffTurn, call: Call, wanted: Call, meanwhile: str = "") -> None:
    moved = _moved(call, wanted)
    if moved is None:
        turn.show(Message(turn.voice.say(turn.lang, meanwhile or "staff.move-same", **_named(turn, call))))
        return
    ahead = await season.outlook(turn, moved)
    became = callboard.becomes(turn.voice, ahead.repair, ahead.standing, turn.now, turn.lang)
    content = {"call": call.id, "revision": call.revision, "dates": calls.packed(wanted.dates)}
    content |= {"link": wanted.link, "note": wanted.note}
    text = callboard.move(turn.voice, call, moved, ahead.reach, became, turn.lang)
    await _show(turn, "move", content, text, ("confirm", "cancel"), meanwhile)


async def _confirm_move(turn: StaffTurn, draft: Draft, args: tuple[str, ...]) -> None:
    del args
    call = await _living(turn, draft.content["call"])
    if call is None:
        return
    dates = calls.unpacked(draft.content["dates"])
    wanted = replace(call, dates=dates, link=draft.content["link"], note=draft.content["note"])
    moved = _moved(call, wanted)
    if moved is None:
        turn.show(Message(turn.voice.say(turn.lang, "staff.meanwhile-same", **_named(turn, call))))
    elif dates.closes_at <= turn.now:
        _past(turn, wanted)
    elif _aged(turn, draft):
        await _preview_move(turn, call, wanted, "staff.meanwhile-old")
    elif call.revision != draft.content["revision"] or not await calls.change(turn.tx, moved, turn.now):
        await _preview_move(turn, await calls.get(turn.tx, call.id) or call, wanted, "staff.meanwhile-changed")
    else:
        ahead = await season.realign(turn, moved)
        packed = {"was": calls.packed(call.dates), "dates": calls.packed(moved.dates)}
        await turn.audit("move", call.name, **packed, link=moved.link, note=moved.note)
        became = callboard.becomes(turn.voice, ahead.repair, ahead.standing, turn.now, turn.lang)
        turn.show(Message(callboard.moved(turn.voice, moved, ahead.reach, became, turn.lang)))


async def _preview_withdrawal(turn: StaffTurn, call: Call, meanwhile: str = "") -> None:
    reach = season.added_up(await season.told(turn, call.taken_back(), Letter.WITHDRAWN))
    waiting = await season.unfinished(turn, call)
    text = callboard.withdrawal(turn.voice, call, reach, len(waiting), turn.lang)
    content = {"call": call.id, "revision": call.revision}
    await _show(turn, "withdraw", content, text, ("confirm", "cancel"), meanwhile)


async def _confirm_withdrawal(turn: StaffTurn, draft: Draft, args: tuple[str, ...]) -> None:
    del args
    call = await _living(turn, draft.content["call"])
    if call is None:
        return
    if _aged(turn, draft):
        await _preview_withdrawal(turn, call, "staff.meanwhile-old")
        return
    gone = call.taken_back()
    if call.revision != draft.content["revision"] or not await calls.change(turn.tx, gone, turn.now):
        newest = await calls.get(turn.tx, call.id) or call
        await _preview_withdrawal(turn, newest, "staff.meanwhile-changed")
        return
    reach, taken_back = await season.call_off(turn, gone)
    await turn.audit("withdraw", call.name, was=calls.packed(call.dates))
    turn.show(Message(callboard.withdrawn(turn.voice, call, reach, taken_back, turn.lang)))


# What every step needs


async def _show(turn: StaffTurn, act: str, content: Json, text: str, verbs: Sequence[str], meanwhile: str = "") -> None:
    """Show a step with its buttons as a new draft; ``meanwhile`` says first what changed."""
    draft_id = await staff.draft(turn.tx, turn.user_id, act, content, turn.now)
    first = [turn.voice.say(turn.lang, meanwhile)] if meanwhile else []
    turn.show(Message("\n\n".join([*first, text]), callboard.keys(turn.voice, draft_id, turn.lang, *verbs)))


async def _cancel(turn: StaffTurn, draft: Draft, args: tuple[str, ...]) -> None:
    del args
    detail = {"cancelled": True, "dates": draft.content.get("dates")}
    subject = await _subject(turn, draft)
    await turn.audit(draft.act, subject, **detail)
    if turn.message_id is None:  # where no preview is replaced, say what was given up
        call = await calls.get(turn.tx, draft.content.get("call", 0))
        what = callboard.thing(turn.voice, subject, call, turn.lang)
        turn.say("staff.given-up", act=Html(turn.voice.say(turn.lang, callboard.DRAFTS[draft.act], what=what)))
    else:
        turn.show(Message(turn.voice.say(turn.lang, "staff.cancelled")))


async def _subject(turn: StaffTurn, draft: Draft) -> str:
    """Which call a draft is about."""
    if "programme" in draft.content:
        return f"{draft.content['programme']}:{draft.content['year']}"
    call = await calls.get(turn.tx, draft.content.get("call", 0))
    return call.name if call else "-"


async def _living(turn: StaffTurn, number: int) -> Call | None:
    """The call a step is about; None: it is over meanwhile, and they are told so."""
    call = await calls.get(turn.tx, number)
    if call and call.lives(turn.now):
        return call
    turn.show(Message(turn.voice.say(turn.lang, "staff.meanwhile-over")))
    return None


def _aged(turn: StaffTurn, draft: Draft) -> bool:
    """Whether what they confirm was previewed so long ago that it has to be looked at anew."""
    return turn.now - draft.created_at >= DRAFT_LASTS


def _refuse(turn: StaffTurn, fault: Fault, act: str, which: str) -> None:
    today = day_in(turn.voice.zone, turn.now)
    turn.send(callboard.refused(turn.voice, fault, act, which, today, turn.lang))


def _past(turn: StaffTurn, call: Call) -> None:
    closes = letters.closing(turn.voice, call.dates, turn.lang)
    turn.show(Message(turn.voice.say(turn.lang, "staff.meanwhile-past", closes=closes)))


def _named(turn: StaffTurn, call: Call) -> dict[str, object]:
    span = letters.span(turn.voice, call.dates, turn.lang)
    return {"id": call.id, "name": turn.voice.name(call.programme, turn.lang), "span": span}


def _id(draft: Draft) -> int:
    return int(draft.id or 0)


def _one_line(text: str) -> str:
    """The text on one line: a note is shown inside a tag, and a tag never spans two."""
    return " ".join(text.split())


Step = Callable[[StaffTurn, Draft, tuple[str, ...]], Awaitable[None]]
STEPS: Mapping[tuple[str, str], Step] = {
    ("announce", "confirm"): _confirm_announcement,
    ("announce", "new"): _announce_beside,
    ("announce", "move"): _announce_as_move,
    ("move", "confirm"): _confirm_move,
    ("withdraw", "confirm"): _confirm_withdrawal,
    ("move", "pick"): _pick,
    ("withdraw", "pick"): _pick,
    ("announce", "cancel"): _cancel,
    ("move", "cancel"): _cancel,
    ("withdraw", "cancel"): _cancel,
}
