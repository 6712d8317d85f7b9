"""The conversation as a table: where a student stands, what happens, what the bot does, where they stand then.

``advance(state, event, facts)`` is the only way forward. It is pure: what the student did comes in as an event, what
the bot does goes out as effects, and the state between two events lives in the database. The table is data: a test
walks every row of it, and the README's diagram is drawn from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.rules import errands, escalation, moves
from bot.rules.turn import ASKING, Effect, Event, Facts, State, Step, Trigger, Turn

EVERYWHERE = tuple(Step)
QUESTIONS = tuple(ASKING)
ELSEWHERE = tuple(step for step in Step if step not in ASKING)
ASKED = (*(step for step in ASKING if step is not Step.UNTIL), Step.IDLE)
"""Where the flow may stand after an answer: at the first question that is open, or at the result."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: at any of ``steps``, on ``trigger``, do ``act``; the student then stands at one of ``to``.

    An empty ``to`` means that they stay where they are, ``may_stay`` that they may as well.
    """

    steps: tuple[Step, ...]
    trigger: Trigger
    act: Callable[[Turn], None]
    to: tuple[Step, ...] = ()
    may_stay: bool = False


ROWS: tuple[Row, ...] = (
    Row(EVERYWHERE, Trigger.START, moves.start, ASKED),
    Row(EVERYWHERE, Trigger.PLAN, moves.plan, ASKED),
    Row(EVERYWHERE, Trigger.PROGRAMMES, moves.programmes),
    Row(EVERYWHERE, Trigger.CALLS, moves.calls),
    Row(EVERYWHERE, Trigger.SUBSCRIBE, errands.subscribe),
    Row(EVERYWHERE, Trigger.UNSUBSCRIBE, errands.unsubscribe),
    Row(EVERYWHERE, Trigger.REMINDERS, errands.reminders),
    Row(EVERYWHERE, Trigger.CALENDAR, errands.calendar),
    Row(EVERYWHERE, Trigger.HUMAN, escalation.human, (Step.PERSON,)),
    Row(EVERYWHERE, Trigger.HELP, moves.help_page),
    Row(EVERYWHERE, Trigger.LANGUAGE, moves.language),
    Row(EVERYWHERE, Trigger.MYDATA, moves.mydata),
    Row(EVERYWHERE, Trigger.FORGET, moves.forget, (Step.FORGET,)),
    Row(EVERYWHERE, Trigger.CANCEL, moves.cancel, (Step.IDLE,)),
    Row(EVERYWHERE, Trigger.UNKNOWN_COMMAND, moves.unknown_command),
    Row(EVERYWHERE, Trigger.OTHER, moves.other),
    Row((Step.PERSON,), Trigger.TEXT, escalation.written, (Step.IDLE, Step.PERSON)),
    Row((Step.PERSON,), Trigger.FILE, escalation.written, (Step.IDLE, Step.PERSON)),
    Row((Step.ADD,), Trigger.TEXT, escalation.add, (Step.IDLE, Step.PERSON)),
    Row((Step.ADD,), Trigger.FILE, escalation.add, (Step.IDLE,)),
    Row((Step.IDLE, Step.FORGET, *QUESTIONS), Trigger.FILE, moves.file),
    Row(QUESTIONS, Trigger.TEXT, moves.typed_answer, (*ASKED, Step.UNTIL, Step.PERSON)),
    Row((Step.IDLE, Step.FORGET), Trigger.TEXT, moves.question, (Step.IDLE, Step.PERSON)),
    Row(EVERYWHERE, Trigger.REWORD, escalation.reworded, (Step.PERSON,), may_stay=True),
    Row(EVERYWHERE, Trigger.PERSON, escalation.pressed, (Step.IDLE, Step.PERSON), may_stay=True),
    Row(EVERYWHERE, Trigger.MINE, escalation.mine, (Step.IDLE, Step.ADD, Step.PERSON), may_stay=True),
    Row(EVERYWHERE, Trigger.OPEN, moves.open_answer, (Step.PERSON,), may_stay=True),
    Row(EVERYWHERE, Trigger.PICK, moves.open_answer, (Step.PERSON,), may_stay=True),
    Row(EVERYWHERE, Trigger.REJECT, moves.reject, (Step.PERSON,), may_stay=True),
    Row(QUESTIONS, Trigger.REPLY, moves.tapped_answer, (*ASKED, Step.UNTIL)),
    Row(ELSEWHERE, Trigger.REPLY, moves.stale),
    Row(EVERYWHERE, Trigger.CHANGE, moves.change, ASKED),
    Row((Step.DATES, Step.UNTIL), Trigger.MONTH, moves.turn_calendar),
    Row((Step.DATES,), Trigger.DAY, moves.pick_day, (Step.DATES, Step.UNTIL)),
    Row((Step.UNTIL,), Trigger.DAY, moves.pick_day, (*ASKED, Step.UNTIL)),
    Row(EVERYWHERE, Trigger.SPEAK, moves.speak),
    Row((Step.FORGET,), Trigger.CONFIRM, moves.confirm, (Step.IDLE,)),
    Row((Step.IDLE, Step.PERSON, Step.ADD, *QUESTIONS), Trigger.CONFIRM, moves.forget, (Step.FORGET,)),
    Row(EVERYWHERE, Trigger.FOLLOW, errands.follow),
    Row(EVERYWHERE, Trigger.TOGGLE, errands.toggle),
    Row(EVERYWHERE, Trigger.KIND, errands.switch),
    Row(EVERYWHERE, Trigger.HOURS, errands.hours),
    Row(EVERYWHERE, Trigger.KEEP, errands.keep),
    Row(EVERYWHERE, Trigger.TICK, errands.tick),
    Row(EVERYWHERE, Trigger.RESUME, errands.resume_alerts),
    Row(EVERYWHERE, Trigger.BLANK, moves.nothing),
    Row(EVERYWHERE, Trigger.STALE, moves.stale),
    Row(EVERYWHERE, Trigger.OLD_BUTTON, moves.old_button),
)


def _table(rows: Iterable[Row]) -> dict[tuple[Step, Trigger], Row]:
    return {(step, row.trigger): row for row in rows for step in row.steps}


TABLE: Mapping[tuple[Step, Trigger], Row] = _table(ROWS)
NUMBERED = {Trigger.REPLY, Trigger.MONTH, Trigger.DAY}
"""Taps whose first argument is the number of the question they belong to."""


def advance(state: State, event: Event, facts: Facts) -> tuple[State, tuple[Effect, ...]]:
    """What becomes of ``state`` when ``event`` happens, and what the bot does."""
    turn = Turn(state, event, facts)
    errands.beforehand(turn)
    row_for(state, event).act(turn)
    errands.afterwards(turn, state)
    return turn.state, tuple(turn.effects)


def row_for(state: State, event: Event) -> Row:
    """The row of the table that deals with ``event``; a tap on a question answered before is stale."""
    trigger = event.trigger
    if trigger in NUMBERED and event.tap is not None and event.tap.args[:1] != (str(state.prompt),):
        trigger = Trigger.STALE
    if escalation.rewords(state, event):
        trigger = Trigger.REWORD
    return TABLE.get((state.step, trigger)) or TABLE[state.step, Trigger.STALE]


def diagram() -> str:
    """The dialogue as a Mermaid state diagram, drawn from the table.

    It shows what moves a student from place to place, and of the flow the way forward: back it goes only for a question
    that was skipped or whose answer is out of date.
    """
    labels: dict[tuple[Step, Step], list[str]] = {}
    for row in ROWS:
        for step in (Step.IDLE,) if row.steps == EVERYWHERE else row.steps:
            for to in row.to:
                if to is not step and (to is not Step.UNTIL or row.trigger is Trigger.DAY) and not _back(step, to):
                    labels.setdefault((step, to), []).append(row.trigger)
    arrows = [f"    {step} --> {to}: {' / '.join(triggers)}" for (step, to), triggers in labels.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> idle", *arrows])


def _back(step: Step, to: Step) -> bool:
    order = list(ASKING)
    return step in ASKING and to in ASKING and order.index(to) < order.index(step)
