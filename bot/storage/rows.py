"""The tables. Moments are aware UTC (``*_at``), days are dates (``*_on``), and every rule a row must keep is a CHECK.

``table=True`` constructors validate nothing, so what may not be stored is said to the database and not to pydantic.
Enumerations are short strings with a named CHECK: a native PostgreSQL enum leaves a type behind and needs ALTER TYPE.
Change a table here, then write the migration that makes the same change; the tests compare the two.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Enum, Index, Integer, MetaData, Table, text
from sqlmodel import Field, SQLModel

Json = dict[str, Any]
"""A JSON object. Changing one in place is not noticed by the database: give the row a new one, or save it."""


class UpdateState(StrEnum):
    """What became of an update of Telegram's."""

    DONE = "done"
    """Its effects are committed; a repeat changes nothing."""
    PARKED = "parked"
    """It failed and was put aside, so that those behind it go on."""


class OutboxState(StrEnum):
    """Where a message on its way out stands."""

    PENDING = "pending"
    """Waits for its moment, its turn in the chat, or its next attempt."""
    SENDING = "sending"
    """Leased by one sender until ``lease_until``; nobody else touches it."""
    SENT = "sent"
    """Telegram took it."""
    DEAD = "dead"
    """Will never be sent; ``error`` says why."""
    CANCELLED = "cancelled"
    """Taken back before it was sent."""


class Row(SQLModel):
    """What every table shares: constraint names that a migration can find again."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        }
    )


def columns(row: type[Row]) -> Table:
    """The table of a row class, for queries that speak Core."""
    table: Table = row.metadata.tables[str(row.__tablename__)]
    return table


def _big_key() -> BigInteger:
    """A 64 bit key; SQLite gives its fast row id only to a column declared INTEGER, which has 64 bits there anyway."""
    key: BigInteger = BigInteger().with_variant(Integer(), "sqlite")
    return key


def _words(kind: type[StrEnum]) -> Enum:
    """A column that holds one of ``kind``'s words; the table adds the CHECK."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=16,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def _only(where: str) -> dict[str, Any]:
    """Options of an index over the rows ``where`` holds for; a query must write the same words, as literals."""
    return {"sqlite_where": text(where), "postgresql_where": text(where)}


class Student(Row, table=True):
    """A person who writes to the desk, by number alone: in a private chat the chat's id is the user's."""

    __tablename__ = "student"
    __table_args__ = (
        CheckConstraint("language IN ('en', 'it')", name="language"),
        CheckConstraint("year BETWEEN 1 AND 6", name="year"),
        Index(None, "last_seen_at"),
    )

    user_id: int = Field(sa_column=Column(_big_key(), primary_key=True, autoincrement=False))
    language: str = Field(default="en", max_length=2)
    language_chosen: bool = False
    """True once they picked it themselves, rather than Telegram's setting."""
    reachable: bool = True
    """False while they block the bot, or their account is gone."""
    year: int | None = None
    graduated_on: date | None = None
    """The first day of the month in which they graduated."""
    goal: str | None = None
    destination: str | None = None
    start_on: date | None = None
    end_on: date | None = None
    answered: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """The plan's questions they have answered, "I do not know" included."""
    told_on: date | None = None
    """The day they told their year, because a year is only true for a while."""
    conversation: Json = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The state of the dialogue."""
    first_seen_at: datetime
    last_seen_at: datetime


class SeenUpdate(Row, table=True):
    """An update that was handled, so that its repeat is known."""

    __tablename__ = "seen_update"
    __table_args__ = (
        CheckConstraint("state IN ('done', 'parked')", name="state"),
        Index(None, "at"),
    )

    update_id: int = Field(sa_column=Column(_big_key(), primary_key=True, autoincrement=False))
    state: UpdateState = Field(sa_column=Column(_words(UpdateState), nullable=False))
    kind: str = Field(max_length=32)
    error: str | None = None
    at: datetime


class OutboxRow(Row, table=True):
    """One message on its way to one chat.

    ``planned_at`` is when it was meant to go, and with ``id`` the order in a chat; ``due_at`` starts equal to it and
    moves with every retry. The two are apart because a row that waits for its retry holds back what comes after it,
    and a row planned for next year must not.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("method IN ('send', 'edit', 'menu')", name="method"),
        CheckConstraint("priority IN (0, 1)", name="priority"),
        CheckConstraint("state IN ('pending', 'sending', 'sent', 'dead', 'cancelled')", name="state"),
        CheckConstraint("(state = 'sending') = (lease_owner IS NOT NULL)", name="owner"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("(state IN ('pending', 'sending')) = (finished_at IS NULL)", name="finished"),
        Index("ix_outbox_due", "priority", "due_at", "id", **_only("state = 'pending'")),
        Index("ix_outbox_expires", "expires_at", **_only("state = 'pending' AND expires_at IS NOT NULL")),
        Index("ix_outbox_lease", "lease_until", **_only("state = 'sending'")),
        Index("ix_outbox_finished", "finished_at", **_only("finished_at IS NOT NULL")),
        Index("ix_outbox_chat", "chat_id", "state", "priority", "planned_at", "id"),
        {"sqlite_autoincrement": True},  # or SQLite gives the id of a deleted row to the next, and a late mark hits it
    )

    id: int | None = Field(default=None, sa_column=Column(_big_key(), primary_key=True))
    key: str = Field(max_length=200, unique=True)
    chat_id: int = Field(sa_type=BigInteger)
    method: str = Field(max_length=8)
    payload: Json = Field(sa_column=Column(JSON, nullable=False))
    priority: int
    state: OutboxState = Field(default=OutboxState.PENDING, sa_column=Column(_words(OutboxState), nullable=False))
    planned_at: datetime
    due_at: datetime
    expires_at: datetime | None = None
    attempts: int = 0
    maybe_sent: int = 0
    """How often it may have arrived though nobody said so: a reply that never came, a sender that died."""
    lease_owner: str | None = Field(default=None, max_length=64)
    lease_until: datetime | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


SCHEMA = "0001"
"""The newest revision under ``migrations/versions``: what these tables are at."""
