"""Everything that can hold a person is shown by ``/mydata`` and removed by ``/forget``: every table, every column.

``COLUMNS`` says of each column what it holds. A new table or column is in none of its sets, and fails a test until
somebody has decided; then the rows below are written with a mark in it, and both commands are held to it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, DateTime, Float, Integer, Table, insert, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.desk.arrival import Who
from bot.desk.staffroom import Staffroom
from bot.rules.buttons import Act, data
from bot.rules.letters import Voice
from bot.storage import students, ticket_rows
from bot.storage.rows import Row
from bot.storage.store import Store
from tests import book
from tests.frontdoor import FrontDoor
from tests.scene import StillClock, open_scene
from tests.season import ROME

THEM, OTHER = 4242, 7
"""The person who is looked for, and somebody else."""
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
WORD = "Zanzibar"
"""The mark: it stands in every column that can hold what somebody wrote, or their name."""

WHO = {
    "student.user_id", "outbox.chat_id", "informed.user_id", "deadline.user_id", "draft.user_id", "asked.user_id",
    "member.user_id", "card.user_id", "ticket.student_id", "ticket.claimer", "entry.author_id", "entry.chat_id",
    "member.invited_by", "invitation.made_by", "invitation.used_by", "proposal.made_by", "proposal.decided_by",
}  # fmt: skip
"""Columns that say who somebody is: shown, and gone or empty after."""
WORDS = {
    "student.conversation", "outbox.payload", "draft.content", "asked.text", "member.name", "ticket.question",
    "ticket.context", "ticket.name", "entry.text",
}  # fmt: skip
"""Columns that can hold what somebody wrote, or their name: shown, and gone after."""
KEPT = {
    "audit.user_id": "who announced, moved or wrote to everybody is on record",
    "audit.subject": "what a member of staff did it to: a call, a ticket's number",
    "audit.detail": "the same",
    "mailing.made_by": "who wrote to everybody is on record",
    "mailing.about": "what the desk wrote to many",
    "proposal.content": "an anonymised question, and the desk's answer or what it means, on their way into the FAQ",
    "outbox.error": "Telegram's words",
    "seen_update.error": "the name of an error",
    "call.note": "the desk's own words",
    "call.link": "the same",
    "call.history": "the same",
}
"""Columns that hold somebody's doing or the desk's words, and why they stay."""
ABOUT_THEM = {"student", "outbox", "informed", "deadline", "draft", "asked", "member", "card"}
"""Tables whose rows are somebody's own: whatever else stands in them goes with the row."""
HARMLESS = {
    "ticket": {
        "id", "language", "programme", "origin", "state", "helpful", "merged_into", "version", "reminded", "look_at",
        "created_at", "answered_at", "closed_at",
    },
    "entry": {
        "id", "ticket_id", "who", "kind", "message_id", "album", "asks", "delivery", "at", "edited_at",
    },
    "invitation": {"digest", "role", "made_at", "expires_at", "used_at"},
    "proposal": {"id", "ticket_id", "state", "made_at", "decided_at"},
    "audit": {"id", "at", "act"},
    "seen_update": {"update_id", "state", "kind", "at"},
    "call": {
        "id", "name", "programme", "year", "revision", "opens_at", "closes_at", "opens_hour", "closes_hour",
        "withdrawn", "announced_at", "changed_at",
    },
    "mailing": {
        "id", "key", "kind", "audience", "programme", "call_id", "state", "due_at", "expires_at", "cursor", "fanned_at",
        "recipients", "report", "watched", "created_at", "finished_at",
    },
}  # fmt: skip
"""Columns of the other tables that say nothing of a person; a stub of a ticket keeps its number and its moments."""


def tables() -> list[Table]:
    assert ticket_rows.Ticket.__tablename__ in Row.metadata.tables
    return list(Row.metadata.sorted_tables)


def named(column: Column[Any]) -> str:
    return f"{column.table.name}.{column.name}"


def test_every_column_is_accounted_for() -> None:
    for table in tables():
        for column in table.c:
            sets = [
                named(column) in WHO,
                named(column) in WORDS,
                named(column) in KEPT,
                column.name in HARMLESS.get(table.name, ()),
            ]
            own = table.name in ABOUT_THEM
            assert sum(sets) == 1 or (own and sum(sets) <= 1), f"{named(column)}: can it hold a person?"
    every = {named(column) for table in tables() for column in table.c}
    listed = {*WHO, *WORDS, *KEPT, *(f"{table}.{name}" for table, names in HARMLESS.items() for name in names)}
    assert listed <= every, listed - every


# One row in every table, with the mark wherever it can stand


CHOSEN: dict[str, Any] = {
    "state": {"seen_update": "done", "outbox": "sent", "mailing": "done", "draft": "open", "ticket": "claimed",
              "deadline": "open", "proposal": "approved"},
    "method": "send", "language": "en", "role": "tutor", "who": "student", "delivery": "none", "origin": "asked",
    "decision": "none", "priority": 0, "awake_from": 9, "awake_until": 20, "year": 4, "programme": "free-mover",
    "step": "idle", "what": "leave", "awaits": None, "lease_owner": None, "lease_until": None, "closed_at": None,
    "merged_into": None, "mailing_id": None, "call_id": 1, "ticket_id": 1, "album": None, "kind": "text",
    "closes_at": datetime(2027, 1, 1, tzinfo=UTC), "goal": "clinical", "destination": "eu",
}  # fmt: skip


def value(column: Column[Any], person: int) -> Any:  # noqa: ANN401, PLR0911 - whatever a column holds
    name = named(column)
    if name in WHO:
        return person
    chosen = CHOSEN.get(column.name, ...)
    if isinstance(chosen, dict):
        chosen = chosen.get(column.table.name, ...)
    if chosen is not ...:
        return chosen
    if isinstance(column.type, JSON):
        wanted: Any = {"text": f"{WORD} {person}"} if name in WORDS else {}
        return (
            [] if column.name in {"answered", "subscribed", "muted", "programmes", "languages", "history"} else wanted
        )
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, (Integer, BigInteger)):
        return person if column.primary_key and not column.foreign_keys else 1
    if isinstance(column.type, Float):
        return 0.5
    if isinstance(column.type, Date):
        return date(2026, 11, 22)
    if isinstance(column.type, DateTime) or "DateTime" in type(column.type).__name__:
        return NOW
    return f"{WORD} {person}" if name in WORDS else f"{column.name} {person}"


async def fill(tx: AsyncSession, person: int) -> None:
    connection = await tx.connection()
    for table in tables():
        row = {column.name: value(column, person) for column in table.c}
        if table.name == "ticket":
            row["id"] = person
        if table.name in {"call", "mailing"}:
            row["id"] = 1 if person == OTHER else 2
        if "ticket_id" in row:
            row["ticket_id"] = person
        if "entry_id" in row:
            row["entry_id"] = None
        await connection.execute(insert(table).values(row))


async def everything(store: Store) -> list[tuple[str, dict[str, Any]]]:
    async with store.reading() as tx:
        connection = await tx.connection()
        return [
            (table.name, dict(row))
            for table in tables()
            for row in (await connection.execute(select(table))).mappings()
        ]


def marks(found: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """The columns in which the person still stands, by number or by word."""
    for table, row in found:
        for column, held in row.items():
            name = f"{table}.{column}"
            if (name in WHO and held == THEM) or f"{WORD} {THEM}" in json.dumps(held, default=str, ensure_ascii=False):
                yield name


async def test_mydata_shows_every_column_that_can_hold_them(store: Store) -> None:
    async with store.transaction() as tx:
        await fill(tx, OTHER)
        await fill(tx, THEM)
    async with store.reading() as tx:
        shown = await students.everything(tx, THEM)
    written = json.dumps(shown, ensure_ascii=False)
    assert f"{WORD} {OTHER}" not in written
    for name in {*WHO, *WORDS} - {"ticket.claimer"}:  # who answered is the tutor's own affair
        table, _, column = name.partition(".")
        held = [row[column] for row in shown[table]]
        assert THEM in held or any(f"{WORD} {THEM}" in json.dumps(each, ensure_ascii=False) for each in held), name


async def test_forget_removes_every_column_that_can_hold_them_and_nobody_else(store: Store) -> None:
    async with store.transaction() as tx:
        await fill(tx, OTHER)
        await fill(tx, THEM)
    before = [each for each in await everything(store) if OTHER in each[1].values()]
    door = FrontDoor(store, Voice(book.knowledge(), ROME), Staffroom(frozenset(), None), (), StillClock(NOW))
    them = Who(THEM, "en", "Them")
    await door.commands(9001, them, "forget")
    await door.taps(9002, them, data(Act.FORGET, "yes"), 5)
    left = await everything(store)
    mine = [each for each in marks(left) if each != "outbox.chat_id"]  # the last word to them is on its way
    assert mine == []
    farewell = [row for table, row in left if table == "outbox" and row["chat_id"] == THEM]
    assert [row["state"] for row in farewell] == ["pending"] * len(farewell)
    stub = next(row for table, row in left if table == "ticket" and row["id"] == THEM)
    assert (stub["student_id"], stub["question"], stub["context"], stub["name"]) == (None, "", {}, None)
    assert [each for each in left if OTHER in each[1].values()] == before


async def test_no_log_holds_what_anybody_wrote(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    async with open_scene(tmp_path, {"Marta": "en"}, {"Anna": "en"}) as scene:
        world = scene.world
        adam, anna = world.add_person("Adam"), next(each for each in world.people.values() if each.first_name == "Anna")
        await scene.say(adam, f"/human where is {WORD}?")
        await scene.tap(adam, "Send")
        await scene.say(anna, f"/reply 1 {WORD} is an island")
        world.edit(adam, 1, f"/human where is {WORD} now?")
        world.block(adam)
        await scene.say(anna, f"/reply 1 {WORD} is far away")
        world.unblock(adam)
        await scene.say(adam, f"/subscribe {WORD}")
    assert "blocked" in caplog.text  # what happened is logged, what was written is not
    assert WORD not in caplog.text
