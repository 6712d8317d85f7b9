"""The tables of tickets: what they hold of people, and that they are what the code says on both databases."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import inspect

from bot.rules.tickets import Delivery, Origin, State, Who
from bot.storage.rows import Row, columns
from bot.storage.store import Store
from bot.storage.ticket_rows import Asked, Card, Entry, Invitation, Member, Proposal, Ticket

TABLES: tuple[type[Row], ...] = (Member, Invitation, Ticket, Entry, Card, Asked, Proposal)


@pytest.mark.parametrize("row", TABLES, ids=lambda row: str(row.__tablename__))
async def test_the_tables_are_there_as_the_code_says(store: Store, row: type[Row]) -> None:
    async with store.reading() as tx:
        connection = await tx.connection()
        name = str(row.__tablename__)
        found = await connection.run_sync(lambda sync: {each["name"] for each in inspect(sync).get_columns(name)})
    assert found == {column.name for column in columns(row).c}


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [(Ticket, "state", State), (Ticket, "origin", Origin), (Entry, "who", Who), (Entry, "delivery", Delivery)],
)
def test_every_word_of_the_rules_fits_its_column(row: type[Row], column: str, words: type[State]) -> None:
    checks = [str(getattr(each, "sqltext", "")) for each in columns(row).constraints]
    listed = next(check for check in checks if check.startswith(f"{column} IN"))
    assert set(re.findall(r"'(\w+)'", listed)) == {str(each) for each in words}


def test_whatever_holds_a_person_is_as_wide_as_their_id() -> None:
    for row in TABLES:
        for column in columns(row).c:
            if column.name in {"user_id", "student_id", "author_id", "claimer", "made_by", "used_by", "decided_by"}:
                assert "BIGINT" in str(column.type).upper() or "INTEGER" in str(column.type).upper(), column
