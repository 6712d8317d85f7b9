from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import select

from bot.storage.rows import OutboxRow, OutboxState, Row, SeenUpdate, Student, UpdateState, columns
from bot.storage.store import Store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def student(**changed: object) -> Student:
    given: dict[str, Any] = {"user_id": 42, "first_seen_at": NOON, "last_seen_at": NOON}
    return Student(**given | changed)


def message(**changed: object) -> OutboxRow:
    given: dict[str, Any] = {"key": "k", "chat_id": 42, "method": "send", "payload": {}, "priority": 0}
    return OutboxRow(**given | {"planned_at": NOON, "due_at": NOON, "created_at": NOON} | changed)


async def kept(store: Store, row: Row) -> Row:
    async with store.transaction() as tx:
        tx.add(row)
    async with store.reading() as tx:
        return (await tx.exec(select(type(row)))).one()


async def test_a_moment_comes_back_in_utc_whatever_it_was_written_in(store: Store) -> None:
    rome = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Rome"), fold=1)
    found = await kept(store, student(last_seen_at=rome))
    assert isinstance(found, Student)
    assert found.last_seen_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert found.last_seen_at.utcoffset() == UTC.utcoffset(None)


async def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="timezone"):
        await kept(store, student(last_seen_at=datetime(2026, 10, 25, 2, 30)))


async def test_everything_of_a_student_comes_back(store: Store) -> None:
    given: dict[str, Any] = {
        "user_id": 2**40,
        "language": "it",
        "language_chosen": True,
        "reachable": False,
        "year": 6,
        "graduated_on": date(2026, 7, 1),
        "goal": "lab",
        "destination": "extra-eu",
        "start_on": date(2027, 3, 1),
        "end_on": date(2027, 5, 31),
        "answered": ["year", "goal"],
        "told_on": date(2026, 11, 22),
        "conversation": {"at": "plan", "asked": ["perché", None, 3]},
        "subscribed": ["free-mover"],
        "muted": ["closing-14"],
        "awake_from": 7,
        "awake_until": 24,
        "paused": True,
        "keeps_deadlines": True,
        "first_seen_at": NOON,
        "last_seen_at": NOON,
    }
    assert (await kept(store, student(**given))).model_dump() == given


async def test_a_message_comes_back_with_its_enum(store: Store) -> None:
    found = await kept(store, message(payload={"text": "già"}, chat_id=-1001234567890))
    assert isinstance(found, OutboxRow)
    assert found.state is OutboxState.PENDING
    assert (found.chat_id, found.payload, found.attempts) == (-1001234567890, {"text": "già"}, 0)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (student(language="fr"), "ck_student_language"),
        (student(year=0), "ck_student_year"),
        (student(year=7), "ck_student_year"),
        (message(method="shout"), "ck_outbox_method"),
        (message(priority=2), "ck_outbox_priority"),
        (message(state=OutboxState.SENDING, lease_until=NOON), "ck_outbox_owner"),
        (message(state=OutboxState.SENDING, lease_owner="a"), "ck_outbox_lease"),
        (message(lease_owner="a"), "ck_outbox_owner"),
        (message(state=OutboxState.SENT), "ck_outbox_finished"),
        (message(finished_at=NOON), "ck_outbox_finished"),
    ],
)
async def test_the_database_refuses(store: Store, row: Row, rule: str) -> None:
    fresh = type(row)(**row.model_dump())  # the same example serves both databases
    with pytest.raises(IntegrityError, match=rule):
        await kept(store, fresh)


async def test_a_word_outside_its_enum_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="bogus"):
        await kept(store, message(key="other", state="bogus"))


async def test_an_update_is_a_row(store: Store) -> None:
    found = await kept(store, SeenUpdate(update_id=1, kind="message", state=UpdateState.DONE, at=NOON))
    assert isinstance(found, SeenUpdate)
    assert (found.state, found.at) == (UpdateState.DONE, NOON)


def test_every_constraint_has_a_name_a_migration_can_find() -> None:
    for table in Row.metadata.sorted_tables:
        names = [constraint.name for constraint in table.constraints] + [index.name for index in table.indexes]
        assert all(names), table.name


def test_columns_are_those_of_the_row() -> None:
    assert columns(SeenUpdate).c.keys() == list(SeenUpdate.model_fields)
