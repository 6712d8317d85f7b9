"""The tables of what people answer: members of staff and their invitations, tickets, what was asked, proposals.

The same rules hold as for :mod:`bot.storage.rows`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, ForeignKey, Index, false
from sqlmodel import Field

from bot.rules.roles import Role
from bot.rules.tickets import Delivery, Origin, State, Who
from bot.storage.rows import Json, Row, big_key, only, words


class Member(Row, table=True):
    """Somebody of the staff. Admins of the settings need no row; they get one when they first deal with a ticket."""

    __tablename__ = "member"
    __table_args__ = (CheckConstraint("role IN ('tutor', 'admin')", name="role"),)

    user_id: int = Field(sa_column=Column(big_key(), primary_key=True, autoincrement=False))
    role: Role = Field(sa_column=Column(words(Role), nullable=False))
    name: str = Field(max_length=64)
    """Their first name as Telegram showed it last: what colleagues read. Students never do."""
    invited_by: int | None = Field(default=None, sa_type=BigInteger)
    on_duty: bool = False
    """Whether they take tickets."""
    programmes: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """The programmes they take tickets on; empty: every one, and tickets on none."""
    languages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """The languages they answer; empty: both."""
    back_on: date | None = None
    """The day on which they take tickets again; until then they are away."""
    most_open: int | None = None
    """How many tickets they deal with at once; None: any number."""
    since: datetime


class Invitation(Row, table=True):
    """A one-time link that makes somebody a member of staff. Only a digest of its token is kept."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint("role IN ('tutor', 'admin')", name="role"),)

    digest: str = Field(primary_key=True, max_length=64)
    role: Role = Field(sa_column=Column(words(Role), nullable=False))
    made_by: int | None = Field(default=None, sa_type=BigInteger)
    """None: made at the terminal."""
    made_at: datetime
    expires_at: datetime
    used_by: int | None = Field(default=None, sa_type=BigInteger)
    used_at: datetime | None = None


class Ticket(Row, table=True):
    """A question that waits for a person, or had one. After its student has deleted their data it is a stub."""

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'claimed', 'waiting', 'answered', 'closed')", name="state"),
        CheckConstraint("origin IN ('asked', 'rejected', 'none', 'failed')", name="origin"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("state != 'new' OR claimer IS NULL", name="claimer"),
        Index("ix_ticket_student", "student_id", "state"),
        Index("ix_ticket_claimer", "claimer", "state"),
        Index("ix_ticket_open", "state", **only("state != 'closed'")),
        Index("ix_ticket_look", "look_at", **only("look_at IS NOT NULL")),
        Index(None, "merged_into"),
        Index(None, "closed_at"),
        {"sqlite_autoincrement": True},  # a number once given is never another's
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    student_id: int | None = Field(default=None, sa_type=BigInteger)
    """None: the student has deleted their data."""
    language: str = Field(max_length=2)
    programme: str | None = Field(default=None, max_length=32)
    origin: Origin = Field(sa_column=Column(words(Origin), nullable=False))
    state: State = Field(default=State.NEW, sa_column=Column(words(State), nullable=False))
    claimer: int | None = Field(default=None, sa_type=BigInteger)
    """Who answers it; kept when it is closed."""
    question: str
    """The first text of the student's, bare."""
    context: Json = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """What tutors see of the student: year, goal, dates, what the FAQ tried, what was said last."""
    name: str | None = Field(default=None, max_length=64)
    """The student's first name; only where they agreed that it is shown."""
    helpful: bool | None = None
    merged_into: int | None = Field(default=None, sa_column=Column(big_key(), ForeignKey("ticket.id")))
    """The ticket that asks the same: what is answered there is answered here."""
    version: int = 0
    """Raised with every change its cards show."""
    reminded: int = 0
    """How often somebody was reminded that it waits."""
    look_at: datetime | None = None
    """When it is looked at next: to remind, or to close it."""
    created_at: datetime
    answered_at: datetime | None = None
    """When the first answer was written."""
    closed_at: datetime | None = None


class Entry(Row, table=True):
    """One thing that was written on a ticket."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint("who IN ('student', 'tutor', 'note')", name="who"),
        CheckConstraint("delivery IN ('none', 'waits', 'sent', 'failed', 'blocked')", name="delivery"),
        Index(None, "ticket_id"),
        Index("ix_entry_message", "chat_id", "message_id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    ticket_id: int = Field(sa_column=Column(big_key(), ForeignKey("ticket.id"), nullable=False))
    who: Who = Field(sa_column=Column(words(Who), nullable=False))
    author_id: int | None = Field(default=None, sa_type=BigInteger)
    """Who wrote it; None: they have deleted their data."""
    kind: str = Field(default="text", max_length=16)
    """``text``, or the kind of file Telegram calls it."""
    text: str = ""
    """What it says, or what stands below the file; of staff in Telegram's HTML, of students bare."""
    chat_id: int | None = Field(default=None, sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    """The author's own message, from which files are copied and by which an edit is recognised."""
    album: str | None = Field(default=None, max_length=64)
    """What Telegram calls the album it is part of."""
    asks: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether it asks the student back, rather than answers."""
    delivery: Delivery = Field(default=Delivery.NONE, sa_column=Column(words(Delivery), nullable=False))
    """What became of it on its way to the student."""
    at: datetime
    edited_at: datetime | None = None


class Card(Row, table=True):
    """The newest card of a ticket in the chat of a member of staff: the one that shows how it stands."""

    __tablename__ = "card"

    ticket_id: int = Field(sa_column=Column(big_key(), ForeignKey("ticket.id"), primary_key=True, autoincrement=False))
    user_id: int = Field(sa_column=Column(big_key(), primary_key=True, autoincrement=False))
    key: str = Field(max_length=200)
    """The row of the outbox that brought it."""


class Asked(Row, table=True):
    """A free question, and what the FAQ made of it."""

    __tablename__ = "asked"
    __table_args__ = (
        CheckConstraint("decision IN ('answer', 'suggest', 'none')", name="decision"),
        Index(None, "at"),
        Index(None, "user_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    user_id: int = Field(sa_type=BigInteger)
    at: datetime
    text: str
    language: str = Field(max_length=2)
    decision: str = Field(max_length=8)
    label: str | None = Field(default=None, max_length=64)
    """The best candidate, given or not."""
    score: float = 0.0
    rejected: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether they said "that's not it"."""


class Proposal(Row, table=True):
    """An answer that a tutor proposes for the FAQ. What is approved lives in ``knowledge/``."""

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'approved', 'rejected', 'withdrawn')", name="state"),
        Index(None, "ticket_id"),
        {"sqlite_autoincrement": True},  # its number is in the label of its answer
    )

    id: int | None = Field(default=None, sa_column=Column(big_key(), primary_key=True))
    ticket_id: int | None = Field(default=None, sa_column=Column(big_key(), ForeignKey("ticket.id")))
    state: str = Field(default="open", max_length=16)
    content: Json = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """The question, the answer and its language, the programme, the last day it holds."""
    made_by: int | None = Field(default=None, sa_type=BigInteger)
    made_at: datetime
    decided_by: int | None = Field(default=None, sa_type=BigInteger)
    decided_at: datetime | None = None
