"""The life of a ticket: what can be done to it, by whom, and what cannot."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from bot.rules.tickets import MOVES, TABLE, Act, Hand, State, after, diagram, next_reminder

NEW, CLAIMED, WAITING, ANSWERED, CLOSED = State
STUDENT, CLAIMER, STAFF, ADMIN, DESK = Hand
STAY = "stays"
POSSIBLE: dict[Act, dict[str, str]] = {
    Act.CLAIM: {"staff admin claimer: new": "claimed"},
    Act.REPLY: {"staff admin claimer: new": "answered", "claimer: claimed waiting answered": "answered"},
    Act.ASK: {"staff admin claimer: new": "waiting", "claimer: claimed waiting answered": "waiting"},
    Act.NOTE: {"staff admin claimer: new claimed waiting answered closed": STAY},
    Act.WRITE: {"student: new": "new", "student: claimed waiting answered closed": "claimed"},
    Act.HAND_OVER: {"staff admin claimer: new": "claimed", "admin claimer: claimed waiting answered": "claimed"},
    Act.RELEASE: {"admin claimer desk: claimed waiting answered": "new"},
    Act.CLOSE: {"staff admin claimer: new": "closed", "admin claimer: claimed waiting answered": "closed"},
    Act.REOPEN: {"staff admin claimer: closed": "claimed"},
    Act.MERGE: {"staff admin claimer: new": STAY, "admin claimer: claimed": STAY},
    Act.WITHDRAW: {"student: new claimed waiting answered": "closed"},
    Act.HELPED: {"student: answered closed": "closed"},
    Act.NOT_HELPED: {"student: answered closed": STAY},
    Act.FALL_QUIET: {"desk: waiting answered": "closed"},
    Act.FORGET: {"student desk: new claimed waiting answered closed": "closed"},
}
"""Everything that can be done: by whom, where the ticket stands, and where it stands then."""


def expected() -> dict[tuple[State, Act, Hand], State]:
    found = {}
    for act, rows in POSSIBLE.items():
        for row, to in rows.items():
            hands, _, states = row.partition(": ")
            for hand, state in itertools.product(hands.split(), states.split()):
                found[State(state), act, Hand(hand)] = State(state) if to == STAY else State(to)
    return found


def test_what_can_be_done_is_exactly_what_is_written_here() -> None:
    allowed = expected()
    assert set(POSSIBLE) == set(Act)
    for state, act, hand in itertools.product(State, Act, Hand):
        assert after(state, act, hand) == allowed.get((state, act, hand)), (state, act, hand)


def test_no_two_rows_speak_of_the_same() -> None:
    assert len(TABLE) == sum(len(move.states) * len(move.hands) for move in MOVES)


@pytest.mark.parametrize(
    ("what", "state", "act", "hand"),
    [
        ("two claims", CLAIMED, Act.CLAIM, STAFF),
        ("two claims, by an admin", CLAIMED, Act.CLAIM, ADMIN),
        ("a claim twice by the same", CLAIMED, Act.CLAIM, CLAIMER),
        ("a claim of what is answered", ANSWERED, Act.CLAIM, STAFF),
        ("a claim of one's own question", NEW, Act.CLAIM, STUDENT),
        ("a reply by another tutor", CLAIMED, Act.REPLY, STAFF),
        ("a reply by an admin who has not taken it", CLAIMED, Act.REPLY, ADMIN),
        ("a second answer by another tutor", ANSWERED, Act.REPLY, STAFF),
        ("a reply to what is closed", CLOSED, Act.REPLY, CLAIMER),
        ("a question back on what is closed", CLOSED, Act.ASK, CLAIMER),
        ("a question back by another tutor", WAITING, Act.ASK, STAFF),
        ("a note by the student", NEW, Act.NOTE, STUDENT),
        ("a student who withdraws what is closed", CLOSED, Act.WITHDRAW, STUDENT),
        ("a tutor who withdraws", NEW, Act.WITHDRAW, CLAIMER),
        ("a student who closes", ANSWERED, Act.CLOSE, STUDENT),
        ("another tutor who closes", CLAIMED, Act.CLOSE, STAFF),
        ("closing twice", CLOSED, Act.CLOSE, CLAIMER),
        ("another tutor who gives it away", CLAIMED, Act.HAND_OVER, STAFF),
        ("giving away what is closed", CLOSED, Act.HAND_OVER, CLAIMER),
        ("another tutor who gives it back", CLAIMED, Act.RELEASE, STAFF),
        ("giving back what nobody has", NEW, Act.RELEASE, ADMIN),
        ("opening again what is open", ANSWERED, Act.REOPEN, CLAIMER),
        ("a merge of what is answered", ANSWERED, Act.MERGE, CLAIMER),
        ("a merge of what waits for the student", WAITING, Act.MERGE, CLAIMER),
        ("a merge of another tutor's", CLAIMED, Act.MERGE, STAFF),
        ("thanks for what is not answered", CLAIMED, Act.HELPED, STUDENT),
        ("falling quiet while somebody owes an answer", CLAIMED, Act.FALL_QUIET, DESK),
        ("falling quiet before anybody has looked", NEW, Act.FALL_QUIET, DESK),
        ("a tutor who forgets", CLOSED, Act.FORGET, CLAIMER),
    ],
)
def test_what_must_not_be_possible_is_not(what: str, state: State, act: Act, hand: Hand) -> None:
    assert after(state, act, hand) is None, what


def test_every_state_can_be_reached_and_what_is_open_can_end() -> None:
    reached, grew = {NEW}, True
    while grew:
        grown = {to for (state, _, _), to in TABLE.items() if state in reached} | reached
        reached, grew = grown, grown != reached
    assert reached == set(State)
    for state in set(State) - {CLOSED}:
        assert after(state, Act.WITHDRAW, STUDENT) is CLOSED
        assert after(state, Act.CLOSE, ADMIN) is CLOSED


def test_what_nobody_has_any_more_is_new_when_its_student_writes() -> None:
    for state in (CLAIMED, WAITING, ANSWERED, CLOSED):
        assert after(state, Act.WRITE, STUDENT, taken=False) is NEW
        assert after(state, Act.WRITE, STUDENT) is CLAIMED
    assert after(CLOSED, Act.CLOSE, ADMIN, taken=False) is None
    assert after(ANSWERED, Act.WITHDRAW, STUDENT, taken=False) is CLOSED


def test_the_diagram_is_the_table() -> None:
    first, start, *arrows, end = diagram().split("\n")
    assert (first, start.strip(), end.strip()) == ("stateDiagram-v2", "[*] --> new", "closed --> [*]")
    drawn = set()
    for arrow in arrows:
        ends, _, acts = arrow.strip().partition(": ")
        state, to = ends.split(" --> ")
        for act in acts.split(" / "):
            assert (state, act, to) not in drawn
            drawn.add((state, act, to))
    assert drawn == {(state, act, to) for (state, act, _), to in TABLE.items() if to is not state}


def test_reminders_come_after_four_and_twenty_four_hours_and_then_each_day() -> None:
    waits = list(itertools.accumulate(next_reminder(reminded) for reminded in range(4)))
    assert waits == [timedelta(hours=4), timedelta(hours=24), timedelta(hours=48), timedelta(hours=72)]
