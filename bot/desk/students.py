"""What a student can do to the desk; one method each: load, decide, save, enqueue, in one transaction."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock, day_in
from bot.faq.matcher import Match, Matcher
from bot.rules import replies, turn
from bot.rules.answers import Knowledge
from bot.rules.dialogue import advance
from bot.rules.messages import Lang, Message
from bot.rules.profile import Profile, Question
from bot.rules.programmes import Destination, Goal
from bot.rules.turn import Do, Edit, Effect, Event, Facts, Send, State, Step, Toast
from bot.storage import outbox, students, updates
from bot.storage.outbox import Outgoing
from bot.storage.rows import Student
from bot.storage.store import Store, Transaction

log = logging.getLogger(__name__)


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
        knowledge: Knowledge,
        matcher: Matcher,
        clock: Clock,
        zone: ZoneInfo,
        wake: Callable[[], None],
    ) -> None:
        self._store, self._knowledge, self._matcher = store, knowledge, matcher
        self._clock, self._zone, self._wake = clock, zone, wake

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
            if await updates.first_time(tx, update_id, "my_chat_member", now):
                change = students.reachable if there else students.unreachable
                await change(tx, who.user_id, now)

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
            state, effects = advance(before, event, self._facts(now))
            row = _remember(state, student or _stranger(who, now))
            row.last_seen_at, row.reachable = now, True
            await students.save(tx, row)
            done = [each for effect in effects for each in await self._done(tx, effect, row, state)]
            lang = state.profile.language
            await outbox.enqueue(tx, self._outgoing(update_id, who.user_id, done, lang, now), now)
        self._wake()
        return next((effect.text for effect in effects if isinstance(effect, Toast)), None)

    def _facts(self, now: datetime) -> Facts:
        def match(text: str, previous: str | None, lang: Lang) -> Match:
            return self._matcher.match(text, previous=previous, usual=lang)

        return Facts(self._knowledge, match, now, day_in(self._zone, now))

    async def _done(self, tx: Transaction, effect: Effect, row: Student, state: State) -> list[Effect]:
        """Do what goes beyond the conversation, and give back what is to be sent."""
        words, lang = self._knowledge.words, state.profile.language
        if effect is Do.FORGET:
            await students.erase(tx, row.user_id)
            return [Do.RESET_MENU, Send(Message(words.say(lang, "forget.done")))]
        if effect is Do.SHOW_DATA:
            listed = _listed(await students.everything(tx, row.user_id))
            lines = "\n".join(f"<code>{html.escape(line, quote=False)}</code>" for line in listed)
            return [Send(Message(f"{words.say(lang, 'mydata.intro')}\n{lines}"))]
        return [effect]

    def _outgoing(
        self, update_id: int, chat_id: int, effects: Iterable[Effect], lang: Lang, now: datetime
    ) -> list[Outgoing]:
        """The effects as rows of the outbox, in order, under keys that a repeat of the update would write again."""
        calls = [call for effect in effects for call in self._calls(effect, lang)]
        return [
            Outgoing(f"update:{update_id}:{number}", chat_id, method, payload, priority=0, due_at=now)
            for number, (method, payload) in enumerate(calls)
        ]

    def _calls(self, effect: Effect, lang: Lang) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(effect, Send):
            for part in effect.message.parts():
                yield "send", _payload(part)
        elif isinstance(effect, Edit):
            yield "edit", _payload(effect.message) | {"message_id": effect.message_id}
        elif effect is Do.SET_MENU:
            yield "menu", {"commands": self._knowledge.words.commands(lang)}
        elif effect is Do.RESET_MENU:
            yield "menu", {"commands": {}}


def _stranger(who: Who, now: datetime) -> Student:
    """The row of somebody who writes for the first time."""
    return Student(user_id=who.user_id, answered=[], conversation={}, first_seen_at=now, last_seen_at=now)


def _payload(message: Message) -> dict[str, Any]:
    return {"text": message.text, "buttons": [[button.carried() for button in row] for row in message.buttons]}


def _listed(held: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """Everything held on a person, a line each: their own values, then the messages that went to them."""
    for row in held["student"]:
        for name, value in {**row, **row["conversation"]}.items():
            if name != "conversation" and value not in (None, "", []):
                yield f"{name}: {value}"
    for row in held["outbox"]:
        yield f"{row['created_at'][:19]} {row['key']} {row['method']} {row['state']}"


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
        return State(Profile(language=_spoken(row), language_chosen=row.language_chosen))


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
    )


def _remember(state: State, row: Student) -> Student:
    """The row with the state of the dialogue in it."""
    profile = state.profile
    row.language, row.language_chosen = profile.language, profile.language_chosen
    row.year, row.graduated_on, row.told_on = profile.year, profile.graduated_on, profile.told_on
    row.goal, row.destination = profile.goal, profile.destination
    row.start_on, row.end_on = profile.start, profile.end
    row.answered = sorted(profile.answered)
    row.conversation = {
        "step": state.step,
        "prompt": state.prompt,
        "start": state.start.isoformat() if state.start else None,
        "previous": state.previous,
        "previous_at": state.previous_at.isoformat() if state.previous_at else None,
        "question": state.question,
        "offered": list(state.offered),
    }
    return row
