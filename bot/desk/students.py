"""What a student can do to the desk; one method each: load, decide, save, enqueue, in one transaction."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock, day_in
from bot.desk.staffroom import Staffroom
from bot.faq.matcher import Match, Matcher
from bot.rules import mydata, reminders, replies, turn
from bot.rules.alerts import Kind, Wishes
from bot.rules.calendar import calendar
from bot.rules.deadlines import What
from bot.rules.dialogue import advance
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang, Message
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal, Programme
from bot.rules.reminders import Fate, Kept
from bot.rules.turn import (
    CallOff,
    Do,
    Edit,
    Effect,
    Event,
    Facts,
    KeepDeadlines,
    Reopened,
    Send,
    SendCalendar,
    SendText,
    State,
    Step,
    Ticked,
    Toast,
    Told,
)
from bot.storage import calls, deadlines, mailings, outbox, students, updates
from bot.storage.outbox import ANSWER, Outgoing
from bot.storage.rows import DeadlineRow, Student
from bot.storage.store import Store, Transaction

log = logging.getLogger(__name__)

CALLS_SHOWN = timedelta(days=30)
"""How long a call that closed or was withdrawn is still spoken of."""
FILE, DATA_FILE = "mobility.ics", "my-data.json"


@dataclass(frozen=True, slots=True)
class Who:
    """Who did something: the Telegram user's id, language and first name. The name is used and never kept."""

    user_id: int
    language_code: str
    first_name: str


class Students:
    """Everything that can happen with a student; safe to call for many people at once."""

    def __init__(
        self,
        store: Store,
        voice: Voice,
        matcher: Matcher,
        staffroom: Staffroom,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._store, self._voice, self._knowledge, self._zone = store, voice, voice.knowledge, voice.zone
        self._matcher, self._staffroom, self._clock, self._wake = matcher, staffroom, clock, wake

    async def says(self, update_id: int, who: Who, text: str) -> None:
        """They wrote a text."""
        await self._happens(update_id, who, Event(turn.Trigger.TEXT, text))

    async def commands(self, update_id: int, who: Who, name: str, argument: str) -> None:
        """They wrote ``/name argument``."""
        await self._happens(update_id, who, turn.command(name, argument, person=who.first_name))

    async def taps(self, update_id: int, who: Who, data: str, message_id: int | None) -> str | None:
        """They tapped a button; returns the line to show over the chat, if any."""
        return await self._happens(update_id, who, turn.tapped(data, message_id))

    async def sends_other(self, update_id: int, who: Who) -> None:
        """They sent something that is not a text."""
        await self._happens(update_id, who, Event(turn.Trigger.OTHER))

    async def comes_or_goes(self, update_id: int, who: Who, *, there: bool) -> None:
        """They unblocked or blocked the bot."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            if not await updates.first_time(tx, update_id, "my_chat_member", now):
                return
            if not there and await students.unreachable(tx, who.user_id, now):
                await outbox.cancel_chat(tx, who.user_id, now)
            if there:
                await students.reachable(tx, who.user_id, now)

    async def parks(self, update_id: int, kind: str, error: str, who: Who | None) -> None:
        """An update could not be dealt with: remember that it was seen, and say so to whoever sent it."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            await updates.park(tx, update_id, kind, error, now)
            if who:
                student = await students.get(tx, who.user_id)
                lang: Lang = _spoken(student) if student else _language(who)
                sorry = Message(self._knowledge.words.say(lang, "error", desk=replies.DESK))
                await outbox.enqueue(tx, self._outgoing(update_id, who.user_id, [Send(sorry)], lang, now), now)
        self._wake()

    async def _happens(self, update_id: int, who: Who, event: Event) -> str | None:
        now = self._clock.now()
        async with self._store.transaction() as tx:
            if not await updates.first_time(tx, update_id, event.trigger, now):
                return None
            student = await students.get(tx, who.user_id)
            before = _recall(student) if student else State(Profile(language=_language(who)))
            state, effects = advance(before, event, await self._facts(tx, who, event, now))
            if event.trigger is turn.Trigger.START and self._staffroom.admits(who.user_id):
                effects = (*effects, Do.SET_MENU)  # the chat is open now, so the staff's menu can be set
            row = _remember(state, student or _stranger(who, now))
            row.last_seen_at, row.reachable = now, True
            await students.save(tx, row)
            done = [each for effect in effects for each in await self._done(tx, effect, row, state, now)]
            lang = state.profile.language
            await outbox.enqueue(tx, self._outgoing(update_id, who.user_id, done, lang, now), now)
        self._wake()
        return next((effect.text for effect in effects if isinstance(effect, Toast)), None)

    async def _facts(self, tx: Transaction, who: Who, event: Event, now: datetime) -> Facts:
        def match(text: str, previous: str | None, lang: Lang) -> Match:
            return self._matcher.match(text, previous=previous, usual=lang)

        await calls.hold_still(tx)  # what they are told of a call holds when this commits
        announced = tuple(await calls.listed(tx, now - CALLS_SHOWN))
        kept = await self._kept(tx, who.user_id) if event.trigger in turn.LOOKS_AT_DEADLINES else ()
        return Facts(self._knowledge, match, now, day_in(self._zone, now), self._zone, announced, kept)

    async def _kept(self, tx: Transaction, user_id: int) -> tuple[Kept, ...]:
        return tuple(_kept(row) for row in await deadlines.of(tx, user_id))

    async def _done(self, tx: Transaction, effect: Effect, row: Student, state: State, now: datetime) -> list[Effect]:
        """Do what goes beyond the conversation, and give back what is to be sent."""
        words, lang = self._knowledge.words, state.profile.language
        if effect is Do.FORGET:
            await students.erase(tx, row.user_id)
            return [Do.RESET_MENU, Send(Message(words.say(lang, "forget.done")))]
        if effect is Do.SHOW_DATA:
            return await self._data(tx, row, state)
        if await self._noted(tx, effect, row.user_id, now):
            return []
        return [effect]

    async def _data(self, tx: Transaction, row: Student, state: State) -> list[Effect]:
        """Everything held on a person: in sentences, and word for word in a file."""
        held, lang = await students.everything(tx, row.user_id), state.profile.language
        log = _log(row, held, self._zone)
        page = mydata.page(self._voice, row.user_id, state, await self._kept(tx, row.user_id), log, lang)
        content = json.dumps(_unnested(held), ensure_ascii=False, indent=2)
        return [Send(page), SendText(DATA_FILE, content, mydata.caption(self._voice, lang))]

    async def _noted(self, tx: Transaction, effect: Effect, user_id: int, now: datetime) -> bool:
        """Write down what bears on alerts and reminders; False: the effect does not."""
        match effect:
            case Told(known):
                await calls.tell(tx, user_id, dict(known), now)
            case CallOff(programme):
                await mailings.call_off(tx, user_id, now, programme=programme)
            case KeepDeadlines(days):
                for each in reminders.followed(await self._kept(tx, user_id), days, self._zone, now):
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
        self, update_id: int, chat_id: int, effects: Iterable[Effect], lang: Lang, now: datetime
    ) -> list[Outgoing]:
        """The effects as rows of the outbox, in order, under keys that a repeat of the update would write again."""
        asked = [each for effect in effects for each in self._asked(effect, chat_id, lang, now)]
        return [
            Outgoing(f"update:{update_id}:{number}", chat_id, method, payload, ANSWER, due_at=now)
            for number, (method, payload) in enumerate(asked)
        ]

    def _asked(self, effect: Effect, chat_id: int, lang: Lang, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
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
            staff = self._staffroom.admits(chat_id)
            yield "menu", {"commands": self._knowledge.words.commands(lang, staff=staff)}
        elif effect is Do.RESET_MENU and not self._staffroom.admits(chat_id):
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
        drafts=len(held["draft"]),
        acts=len(held["audit"]),
    )


def _language(who: Who) -> Lang:
    """Italian for those whose Telegram speaks Italian, English for everybody else."""
    return "it" if who.language_code.lower().startswith("it") else "en"


def _spoken(row: Student) -> Lang:
    """The language of a row, by itself: the rest of it may be what the update failed on."""
    return "it" if row.language == "it" else "en"


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
        offered=tuple(told.get("offered", ())),
        asked_in=next((lang for lang in LANGS if lang == told.get("asked_in")), None),
        wishes=_wishes(row),
    )


def _wishes(row: Student) -> Wishes:
    """What they want to hear of; a kind of alert of another release is left aside."""
    return Wishes(
        subscribed=frozenset(row.subscribed),
        muted=frozenset(Kind(each) for each in row.muted if each in set(Kind)),
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
        "offered": list(state.offered),
        "asked_in": state.asked_in,
    }
    return row
