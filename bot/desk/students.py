"""What a student can do to the desk: load, decide, save, enqueue, in the transaction of what they did."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import day_in
from bot.desk.arrival import Arrival, Kind, Who
from bot.desk.library import Library
from bot.desk.tickets import Tickets
from bot.faq.matcher import Match
from bot.rules import mydata, reminders, turn
from bot.rules.alerts import Kind as AlertKind
from bot.rules.alerts import Wishes
from bot.rules.calendar import calendar
from bot.rules.deadlines import What
from bot.rules.dialogue import advance
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, Message, lang_of
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.reminders import Fate, Kept
from bot.rules.roles import Role
from bot.rules.tickets import Origin
from bot.rules.turn import (
    CallOff,
    Do,
    Edit,
    Effect,
    Event,
    Facts,
    KeepDeadlines,
    Part,
    Reopened,
    Request,
    Send,
    SendCalendar,
    SendText,
    State,
    Step,
    Ticked,
    Toast,
    Told,
    Wondered,
)
from bot.storage import asked, calls, deadlines, mailings, outbox, students
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import DeadlineRow, Student
from bot.storage.store import Transaction
from bot.storage.students import Person

log = logging.getLogger(__name__)

CALLS_SHOWN = timedelta(days=30)
"""How long a call that closed or was withdrawn is still spoken of."""
FILE, DATA_FILE = "mobility.ics", "my-data.json"


class Students:
    """Everything that can happen with a student; safe to call for many people at once."""

    def __init__(self, library: Library, tickets: Tickets) -> None:
        self._library, self._tickets = library, tickets

    @property
    def _voice(self) -> Voice:
        return self._library.voice

    async def deals(self, tx: Transaction, arrival: Arrival, person: Person, role: Role, now: datetime) -> str | None:
        """Deal with what somebody did; the line to show over the chat, if any."""
        who = arrival.who
        before = _recall(person.row) if person.row else State(Profile(language=who.language))
        if arrival.edited and (said := await self._tickets.edited(tx, arrival, before.profile.language, now)):
            await self._send(tx, arrival, said, before.profile.language, role, now)
            return None
        event = await self._event(tx, arrival)
        state, effects = advance(before, event, await self._facts(tx, who, event, person, before, now))
        if event.trigger is turn.Trigger.START and role is not Role.STUDENT:
            effects = (*effects, Do.SET_MENU)  # the chat is open now, so the menu of their role can be set
        row = _remember(state, person.row or _stranger(who, now))
        row.last_seen_at, row.reachable = now, True
        await students.save(tx, row)
        done = [each for effect in effects for each in await self._done(tx, effect, row, state, arrival, now)]
        await self._send(tx, arrival, done, state.profile.language, role, now)
        return next((effect.text for effect in (*done, *effects) if isinstance(effect, Toast)), None)

    async def meet(self, tx: Transaction, who: Who, person: Person, now: datetime) -> None:
        """Keep that somebody was here who did nothing on the students' side."""
        row = person.row or _stranger(who, now)
        row.last_seen_at, row.reachable = now, True
        if person.row is None:
            row = _remember(State(Profile(language=who.language)), row)
        await students.save(tx, row)

    async def _event(self, tx: Transaction, arrival: Arrival) -> Event:
        who = arrival.who
        match arrival.kind:
            case Kind.COMMAND:
                command = turn.command(arrival.name, arrival.text, person=who.first_name)
                return replace(command, written=arrival.message_id, edited=arrival.edited)
            case Kind.TAP:
                return turn.tapped(arrival.data, arrival.message_id, person=who.first_name)
            case Kind.OTHER:
                return Event(turn.Trigger.OTHER)
        trigger = turn.Trigger.TEXT if arrival.kind is Kind.TEXT else turn.Trigger.FILE
        return Event(
            trigger,
            arrival.text,
            name=who.first_name,
            file=arrival.name if arrival.kind is Kind.FILE else None,
            album=arrival.album,
            written=arrival.message_id,
            edited=arrival.edited,
            about=await self._tickets.about(tx, arrival) if arrival.reply_to is not None else None,
        )

    async def _send(
        self, tx: Transaction, arrival: Arrival, said: Iterable[Effect], lang: Lang, role: Role, now: datetime
    ) -> None:
        await outbox.enqueue(tx, self._outgoing(arrival.update_id, arrival.who.user_id, said, lang, role, now), now)

    async def _facts(
        self, tx: Transaction, who: Who, event: Event, person: Person, before: State, now: datetime
    ) -> Facts:
        await calls.hold_still(tx)  # what they are told of a call holds when this commits
        announced = tuple(await calls.listed(tx, now - CALLS_SHOWN))
        zone = self._voice.zone
        today = day_in(zone, now)
        knowledge = self._voice.knowledge.on(today, announced, now)

        def match(text: str, previous: str | None, lang: Lang) -> Match:
            return self._library.match(text, previous=previous, usual=lang, knowledge=knowledge)

        kept = await self._kept(tx, who.user_id) if event.trigger in turn.LOOKS_AT_DEADLINES else ()
        looks = event.trigger in turn.LOOKS_AT_TICKETS or before.step is Step.PERSON
        mine = await self._tickets.mine(tx, who.user_id) if looks else ()
        return Facts(knowledge, match, now, today, zone, announced, kept, person.waiting, mine)

    async def _kept(self, tx: Transaction, user_id: int) -> tuple[Kept, ...]:
        return tuple(_kept(row) for row in await deadlines.of(tx, user_id))

    async def _done(
        self, tx: Transaction, effect: Effect, row: Student, state: State, arrival: Arrival, now: datetime
    ) -> list[Effect]:
        """Do what goes beyond the conversation, and give back what is to be sent."""
        lang = state.profile.language
        if effect is Do.FORGET:
            await self._tickets.forget(tx, row.user_id, now)
            await students.erase(tx, row.user_id)
            return [Do.RESET_MENU, Send(Message(self._voice.say(lang, "forget.done")))]
        if effect is Do.SHOW_WHAT_GOES:
            held = await students.everything(tx, row.user_id)
            return [Send(mydata.confirm(self._voice, _log(row, held, self._voice.zone), lang))]
        if effect is Do.SHOW_DATA:
            return await self._data(tx, row, state)
        if await self._noted(tx, effect, row.user_id, now):
            return []
        said = await self._tickets.does(tx, effect, arrival, state, now)
        return [effect] if said is None else said

    async def _data(self, tx: Transaction, row: Student, state: State) -> list[Effect]:
        """Everything held on a person: in sentences, and word for word in a file."""
        held, lang = await students.everything(tx, row.user_id), state.profile.language
        log = _log(row, held, self._voice.zone)
        page = mydata.page(self._voice, row.user_id, state, await self._kept(tx, row.user_id), log, lang)
        content = json.dumps(_unnested(held), ensure_ascii=False, indent=2)
        return [Send(page), SendText(DATA_FILE, content, mydata.caption(self._voice, lang))]

    async def _noted(self, tx: Transaction, effect: Effect, user_id: int, now: datetime) -> bool:
        """Write down what bears on alerts and reminders; False: the effect does not."""
        match effect:
            case Wondered(text, found):
                best = found.candidates[0] if found.candidates else None
                label, score = (best.id, best.score) if best else (None, 0.0)
                await asked.note(tx, user_id, text, found.lang, found.decision, label, score, now)
            case Do.REJECTED:
                await asked.reject(tx, user_id, now)
            case Told(known):
                await calls.tell(tx, user_id, dict(known), now)
            case CallOff(programme):
                await mailings.call_off(tx, user_id, now, programme=programme)
            case KeepDeadlines(days):
                for each in reminders.followed(await self._kept(tx, user_id), days, self._voice.zone, now):
                    await deadlines.put(tx, _deadline_row(each, user_id))
                    await deadlines.take_back(tx, user_id, now, each.id)
            case Ticked(number):
                await deadlines.tick_off(tx, user_id, number)
                await deadlines.take_back(tx, user_id, now, number)
            case Reopened(kept):
                await deadlines.put(tx, _deadline_row(kept, user_id))
            case Do.SILENCE:
                await deadlines.silence(tx, user_id)
                await deadlines.take_back(tx, user_id, now)
            case _:
                return False
        return True

    def _outgoing(
        self, update_id: int, chat_id: int, effects: Iterable[Effect], lang: Lang, role: Role, now: datetime
    ) -> list[Outgoing]:
        """The effects as rows of the outbox, in order, under keys that a repeat of the update would write again."""
        asked = [
            (*each, effect.ticket if isinstance(effect, Send) else None)
            for effect in effects
            for each in self._asked(effect, lang, role, now)
        ]
        return [
            Outgoing(f"update:{update_id}:{number}", chat_id, method, payload, ANSWER, due_at=now, ticket_id=ticket)
            for number, (method, payload, ticket) in enumerate(asked)
        ]

    def _asked(self, effect: Effect, lang: Lang, role: Role, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
        """What Telegram is asked to do for an effect: methods of the outbox with their values."""
        if isinstance(effect, Send):
            for part in effect.message.parts():
                yield "send", part.carried()
        elif isinstance(effect, Edit):
            yield "edit", effect.message.carried() | {"message_id": effect.message_id}
        elif isinstance(effect, SendCalendar):
            yield "document", _document(FILE, calendar(effect.entries, now, effect.name).decode(), effect.message)
        elif isinstance(effect, SendText):
            yield "document", _document(effect.filename, effect.content, effect.message)
        elif effect is Do.SET_MENU:
            yield "menu", {"commands": self._voice.knowledge.words.commands(lang, role)}
        elif effect is Do.RESET_MENU and role is Role.STUDENT:
            yield "menu", {"commands": {}}


def _stranger(who: Who, now: datetime) -> Student:
    """The row of somebody who writes for the first time. Lists are given: pydantic takes 0.2 ms to make one itself."""
    return Student(
        user_id=who.user_id,
        answered=[],
        conversation={},
        subscribed=[],
        muted=[],
        first_seen_at=now,
        last_seen_at=now,
    )


def _document(filename: str, content: str, below: Message) -> dict[str, Any]:
    """A file as the outbox carries it, with the message below it."""
    carried = below.carried()
    return {"filename": filename, "content": content, "caption": carried["text"], "buttons": carried["buttons"]}


def _unnested(held: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Everything held, without the content of files of this kind that still wait to leave: else each holds the last."""
    return {
        **held,
        "outbox": [{**each, "payload": _without_file(each["payload"])} for each in held["outbox"]],
    }


def _without_file(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**payload, "content": ""} if payload.get("filename") == DATA_FILE else payload


def _log(row: Student, held: Mapping[str, Sequence[Mapping[str, Any]]], zone: ZoneInfo) -> mydata.Log:
    """How much of everything held is on record, and since when."""
    sent = [datetime.fromisoformat(each["created_at"]) for each in held["outbox"]]
    return mydata.Log(
        first_seen=day_in(zone, row.first_seen_at),
        last_seen=day_in(zone, row.last_seen_at),
        messages=len(sent),
        since=day_in(zone, min(sent)) if sent else None,
        informed=len(held["informed"]),
        questions=len(held["asked"]),
        tickets=tuple(each["id"] for each in held["ticket"]),
        drafts=len(held["draft"]),
        acts=len(held["audit"]),
        staff=bool(held["member"]),
    )


def _spoken(row: Student) -> Lang:
    """The language of a row, by itself: the rest of it may be what the update failed on."""
    return lang_of(row.language)


def _recall(row: Student) -> State:
    """The state of the dialogue from its row; what another release wrote and nobody can read is begun anew."""
    try:
        return _read(row)
    except (ValueError, TypeError):
        log.exception("the state of a student cannot be read")
        return State(Profile(language=_spoken(row), language_chosen=row.language_chosen), wishes=_wishes(row))


def _read(row: Student) -> State:
    told = row.conversation
    profile = Profile(
        language=_spoken(row),
        language_chosen=row.language_chosen,
        year=row.year,
        graduated_on=row.graduated_on,
        goal=Goal(row.goal) if row.goal else None,
        destination=Destination(row.destination) if row.destination else None,
        start=row.start_on,
        end=row.end_on,
        answered=frozenset(Question(each) for each in row.answered),
        told_on=row.told_on,
    )
    return State(
        profile=profile,
        step=Step(told.get("step", Step.IDLE)),
        prompt=told.get("prompt", 0),
        start=date.fromisoformat(told["start"]) if told.get("start") else None,
        previous=told.get("previous"),
        previous_at=datetime.fromisoformat(told["previous_at"]) if told.get("previous_at") else None,
        question=told.get("question"),
        question_id=told.get("question_id"),
        offered=tuple(told.get("offered", ())),
        asked_in=next((lang for lang in LANGS if lang == told.get("asked_in")), None),
        wishes=_wishes(row),
        request=_request(told["request"]) if told.get("request") else None,
        adding=told.get("adding"),
        adding_at=datetime.fromisoformat(told["adding_at"]) if told.get("adding_at") else None,
        album=told.get("album"),
        failures=told.get("failures", 0),
    )


def _request(told: Mapping[str, Any]) -> Request:
    """What they are about to ask a person."""
    return Request(
        parts=tuple(Part(**part) for part in told["parts"]),
        named=told["named"],
        origin=Origin(told["origin"]),
        at=datetime.fromisoformat(told["at"]) if told["at"] else None,
    )


def _requested(request: Request | None) -> dict[str, Any] | None:
    """The same as it is kept."""
    if request is None:
        return None
    at = request.at.isoformat() if request.at else None
    parts = [asdict(part) for part in request.parts]
    return {"parts": parts, "named": request.named, "origin": request.origin, "at": at}


def _wishes(row: Student) -> Wishes:
    """What they want to hear of; a kind of alert of another release is left aside."""
    return Wishes(
        subscribed=frozenset(row.subscribed),
        muted=frozenset(AlertKind(each) for each in row.muted if each in set(AlertKind)),
        awake=(row.awake_from, row.awake_until),
        paused=row.paused,
        deadlines=row.keeps_deadlines,
    )


def _kept(row: DeadlineRow) -> Kept:
    return Kept(
        programme=Programme(row.programme),
        what=What(row.what),
        on=row.due_on,
        id=row.id or 0,
        state=Fate(row.state),
        sequence=row.sequence,
        remind_at=row.remind_at,
    )


def _deadline_row(kept: Kept, user_id: int) -> DeadlineRow:
    return DeadlineRow(
        user_id=user_id,
        programme=kept.programme,
        what=kept.what,
        due_on=kept.on,
        sequence=kept.sequence,
        state=kept.state,
        remind_at=kept.remind_at,
    )


def _remember(state: State, row: Student) -> Student:
    """The row with the state of the dialogue in it."""
    profile = state.profile
    row.language, row.language_chosen = profile.language, profile.language_chosen
    row.year, row.graduated_on, row.told_on = profile.year, profile.graduated_on, profile.told_on
    row.goal, row.destination = profile.goal, profile.destination
    row.start_on, row.end_on = profile.start, profile.end
    row.answered = sorted(profile.answered)
    wishes = state.wishes
    row.subscribed, row.muted = sorted(wishes.subscribed), sorted(wishes.muted)
    row.awake_from, row.awake_until = wishes.awake
    row.paused, row.keeps_deadlines = wishes.paused, wishes.deadlines
    row.conversation = {
        "step": state.step,
        "prompt": state.prompt,
        "start": state.start.isoformat() if state.start else None,
        "previous": state.previous,
        "previous_at": state.previous_at.isoformat() if state.previous_at else None,
        "question": state.question,
        "question_id": state.question_id,
        "offered": list(state.offered),
        "asked_in": state.asked_in,
        "request": _requested(state.request),
        "adding": state.adding,
        "adding_at": state.adding_at.isoformat() if state.adding_at else None,
        "album": state.album,
        "failures": state.failures,
    }
    return row
