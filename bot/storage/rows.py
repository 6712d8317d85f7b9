"""The tables. Moments are aware UTC (``*_at``), days are dates (``*_on``), and every rule a row must keep is a CHECK.

``table=True`` constructors validate nothing, so what may not be stored is said to the database and not to pydantic.
Enumerations are short strings with a named CHECK: a native PostgreSQL enum leaves a type behind and needs ALTER TYPE.
Change a table here, then write the migration that makes the same change; the tests compare the two.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)
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


class MailingState(StrEnum):
    """Where a message to many stands."""

    PLANNED = "planned"
    """Waits for its moment; nobody has a row of the outbox for it yet."""
    SENDING = "sending"
    """Its rows are being written, or are on their way."""
    DONE = "done"
    """Every row has ended; ``report`` says how."""
    DROPPED = "dropped"
    """Its moment passed while nothing could be sent."""
    STOPPED = "stopped"
    """The desk stopped it; what was not sent yet never will be."""
    CANCELLED = "cancelled"
    """Made pointless before it ended: the call moved or was withdrawn, or the desk undid it."""


class DraftState(StrEnum):
    """What became of something a member of staff is about to do."""

    OPEN = "open"
    """Not confirmed yet."""
    DONE = "done"
    """Confirmed."""
    CANCELLED = "cancelled"
    """Given up."""


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


def big_key() -> BigInteger:
    """A 64 bit key; SQLite gives its fast row id only to a column declared INTEGER, which has 64 bits there anyway."""
    key: BigInteger = BigInteger().with_variant(Integer(), "sqlite")
    return key


def words(kind: type[StrEnum]) -> Enum:
    """A column that holds one of ``kind``'s words; the table adds the CHECK."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=16,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def only(where: str) -> dict[str, Any]:
    """Options of an index over the rows ``where`` holds for; a query must write the same words, as literals."""
    return {"sqlite_where": text(where), "postgresql_where": text(where)}


class Student(Row, table=True):
    """A person who writes to the desk, by number alone: in a private chat the chat's id is the user's.

    What they want to hear of stands here and not in tables of its own: it is read and saved with everything else of
    them at every message, and one pass over the students finds who hears a call.
    """

    __tablename__ = "student"
    __table_args__ = (
        CheckConstraint("language IN ('en', 'it')", name="language"),
        CheckConstraint("year BETWEEN 1 AND 6", name="year"),
        CheckConstraint("awake_from >= 0 AND awake_from < awake_until AND awake_until <= 24", name="awake"),
        Index(None, "last_seen_at"),
    )

    user_id: int = Field(sa_column=Column(big_key(), primary_key=True, autoincrement=False))
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
    subscribed: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """The programmes whose calls they hear of, or ``all``."""
    muted: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """The kinds of alerts they switched off."""
    awake_from: int = Field(default=9, sa_column_kwargs={"server_default": "9"})
    awake_until: int = Field(default=20, sa_column_kwargs={"server_default": "20"})
    """The hours, in the desk's time zone, between which alerts may arrive."""
    paused: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """True after they could not be reached, until they write again."""
    keeps_deadlines: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether they are reminded of the days their own plan leads to."""
    first_seen_at: datetime
    last_seen_at: datetime


class SeenUpdate(Row, table=True):
    """An update that was handled, so that its repeat is known."""

    __tablename__ = "seen_update"
    __table_args__ = (
        CheckConstraint("state IN ('done', 'parked')", name="state"),
        Index(None, "at"),
    )

    update_id: int = Field(sa_column=Column(big_key(), primary_key=True, autoincrement=False))
    state: UpdateState = Field(sa_column=Column(words(UpdateState), nullable=False))
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
        CheckConstraint(
            "method IN ('send', 'edit', 'menu', 'document', 'photo', 'copy', 'copies', 'caption', 'delete')",
            name="method",
        ),
        CheckConstraint("priority IN (0, 1)", name="priority"),
        CheckConstraint("state IN ('pending', 'sending', 'sent', 'dead', 'cancelled')", name="state"),
        CheckConstraint("(state = 'sending') = (lease_owner IS NOT NULL)", name="owner"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("(state IN ('pending', 'sending')) = (finished_at IS NULL)", name="finished"),
        Index("ix_outbox_due", "priority", "due_at", "id", **only("state = 'pending'")),
        Index("ix_outbox_expires", "expires_at", **only("state = 'pending' AND expires_at IS NOT NULL")),
        Index("ix_outbox_lease", "lease_until", **only("state = 'sending'")),
        Index("ix_outbox_finished", "finished_at", **only("finished_at IS NOT NULL")),
        Index("ix_outbox_chat", "chat_id", "state", "priority", "planned_at", "id"),
        Index("ix_outbox_mailing", "mailing_id", "state", **only("mailing_id IS NOT NULL")),
        Index("ix_outbox_ticket", "ticket_id", **only("ticket_id IS NOT NULL")),
        Index("ix_outbox_message", "chat_id", "message_id", **only("ticket_id IS NOT NULL")),
        {"sqlite_autoincrement": True},  # or SQLite gives the id of a deleted row to the next, and a late mark hits it
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    key: str = Field(max_length=200, unique=True)
    chat_id: int = Field(sa_type=BigInteger)
    method: str = Field(max_length=8)
    payload: Json = Field(sa_column=Column(JSON, nullable=False))
    priority: int
    state: OutboxState = Field(default=OutboxState.PENDING, sa_column=Column(words(OutboxState), nullable=False))
    planned_at: datetime
    due_at: datetime
    expires_at: datetime | None = None
    attempts: int = 0
    maybe_sent: int = 0
    """How often it may have arrived though nobody said so: a reply that never came, a 5xx, a sender that died."""
    server_errors: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many of those were a 5xx: then it most likely did not, so it is tried again however often."""
    lease_owner: str | None = Field(default=None, max_length=64)
    lease_until: datetime | None = None
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = None
    mailing_id: int | None = Field(default=None, sa_column=Column(big_key(), ForeignKey("mailing.id")))
    """The message to many it is a copy of; ``payload`` then holds the reader's language alone."""
    revision: int | None = None
    """The revision of the call whose dates the text had when it was last handed to a sender."""
    ticket_id: int | None = Field(default=None, sa_type=BigInteger)
    """The ticket it speaks of: whoever replies to it speaks of that ticket too."""
    entry_id: int | None = Field(default=None, sa_type=BigInteger)
    """What it carries of that ticket."""
    messages: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """How many messages it became: an album is several, ``message_id`` the first."""
    created_at: datetime
    finished_at: datetime | None = None


class CallRow(Row, table=True):
    """A call as the desk announced it. What it says changes by revisions; ``history`` keeps what they said."""

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("opens_at < closes_at", name="order"),
        Index(None, "programme", "closes_at"),
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    name: str = Field(max_length=64, unique=True)
    """Readable, for keys: ``erasmus-study:2027``, and ``erasmus-traineeship:2026:2`` for the second of a year."""
    programme: str = Field(max_length=32)
    year: int
    """The academic year it belongs to, by the calendar year that one begins in."""
    revision: int = 1
    opens_at: datetime
    closes_at: datetime
    opens_hour: bool
    """Whether the hour of the opening is known; else ``opens_at`` is the beginning of its day."""
    closes_hour: bool
    """Whether the hour of the closing is known; else ``closes_at`` is the end of its day."""
    link: str | None = None
    note: str | None = None
    withdrawn: bool = False
    history: list[Json] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """What each revision before this one said, oldest first."""
    announced_at: datetime
    changed_at: datetime


class MailingRow(Row, table=True):
    """One message to many: an alert on a call, a correction, or a broadcast.

    Until ``due_at`` it is this row alone; then ``cursor`` walks through the students and leaves a row of the outbox for
    each who hears it. What an alert says is written when each copy leaves, so that none can be out of date.
    """

    __tablename__ = "mailing"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'sending', 'done', 'dropped', 'stopped', 'cancelled')", name="state"),
        CheckConstraint("(state IN ('planned', 'sending')) = (finished_at IS NULL)", name="finished"),
        Index("ix_mailing_open", "due_at", **only("finished_at IS NULL")),
        Index(None, "call_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    key: str = Field(max_length=120, unique=True)
    """Readable: ``call:erasmus-study:2027:opening:2027-01-15``; a copy's key adds ``:chat:<id>``."""
    kind: str = Field(max_length=16)
    audience: str = Field(max_length=64)
    """Who gets it: ``programme:<id>``, ``told:<call id>:<revision>``, ``all``, ``year:4``, ``language:it``."""
    programme: str | None = Field(default=None, max_length=32)
    call_id: int | None = Field(default=None, sa_column=Column(big_key(), ForeignKey("call.id")))
    about: Json = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What its text needs beside the call: the words of a broadcast, the months of a usual window."""
    state: MailingState = Field(default=MailingState.PLANNED, sa_column=Column(words(MailingState), nullable=False))
    due_at: datetime
    expires_at: datetime | None = None
    cursor: int = Field(default=0, sa_type=BigInteger)
    """The last student looked at; private chats have ids above 0."""
    fanned_at: datetime | None = None
    """When the last row of the outbox was written."""
    recipients: int = 0
    report: Json = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    watched: bool = False
    """Whether the desk has been told that it is not getting through."""
    made_by: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime
    finished_at: datetime | None = None


class Informed(Row, table=True):
    """Which dates of a call somebody was told last, so that exactly those who know old ones hear of new ones."""

    __tablename__ = "informed"
    __table_args__ = (Index(None, "user_id"),)

    call_id: int = Field(sa_column=Column(big_key(), ForeignKey("call.id"), primary_key=True, autoincrement=False))
    user_id: int = Field(sa_column=Column(big_key(), primary_key=True, autoincrement=False))
    revision: int
    at: datetime


class DeadlineRow(Row, table=True):
    """A day one student's own plan leads to. It stays when the plan changes, so that their calendar can follow."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("user_id", "programme", "what"),
        CheckConstraint("state IN ('open', 'done', 'gone')", name="state"),
        Index("ix_deadline_remind", "remind_at", **only("remind_at IS NOT NULL")),
        {"sqlite_autoincrement": True},  # its id is in the keys of reminders, which outlive it
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    user_id: int = Field(sa_type=BigInteger)
    programme: str = Field(max_length=32)
    what: str = Field(max_length=16)
    due_on: date
    sequence: int = 0
    """Raised whenever the day moves or the deadline goes, as calendars count changes."""
    state: str = Field(default="open", max_length=8)
    """``open``, ``done`` (ticked by the student) or ``gone`` (the plan no longer leads to it)."""
    remind_at: datetime | None = None
    """The moment of the next reminder; None: there is none to come."""


class Draft(Row, table=True):
    """What a member of staff is about to do and has not confirmed."""

    __tablename__ = "draft"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
        Index(None, "user_id", "state"),
        {"sqlite_autoincrement": True},  # its id is in the key of what it led to, which outlives it
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    user_id: int = Field(sa_type=BigInteger)
    act: str = Field(max_length=16)
    content: Json = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    awaits: str | None = Field(default=None, max_length=16)
    """What the next text they write is, if anything."""
    state: DraftState = Field(default=DraftState.OPEN, sa_column=Column(words(DraftState), nullable=False))
    created_at: datetime


class AuditRow(Row, table=True):
    """One act of staff: who did what, when."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"),)

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    at: datetime
    user_id: int = Field(sa_type=BigInteger)
    act: str = Field(max_length=16)
    subject: str = Field(max_length=120)
    detail: Json = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


SCHEMA = "0004"
"""The newest revision under ``migrations/versions``: what these tables are at."""
