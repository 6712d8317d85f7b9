"""Members of staff, invitations, tickets with what was written on them, what was asked, proposals for the FAQ."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

METHODS = "method IN ('send', 'edit', 'menu', 'document', 'photo', 'copy', 'copies', 'caption', 'delete')"
METHODS_BEFORE = "method IN ('send', 'edit', 'menu', 'document', 'delete')"


def upgrade() -> None:
    """Create them."""
    _create_asked()
    _create_invitation()
    _create_member()
    _create_ticket()
    _create_card()
    _create_entry()
    _create_proposal()
    _widen_outbox()


def downgrade() -> None:
    """Drop them, with all that is in them."""
    op.execute("DELETE FROM outbox WHERE ticket_id IS NOT NULL OR method IN ('photo', 'copy', 'copies', 'caption')")
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as table:
        for name in ("ix_outbox_message", "ix_outbox_ticket"):
            table.drop_index(name)
        for name in ("messages", "entry_id", "ticket_id"):
            table.drop_column(name)
        table.drop_constraint(op.f("ck_outbox_method"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_method"), METHODS_BEFORE)
    for name in ("proposal", "entry", "card", "ticket", "member", "invitation", "asked"):
        op.drop_table(name)


def _big_key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def _create_asked() -> None:
    op.create_table(
        "asked",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _moment("at"),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("rejected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("decision IN ('answer', 'suggest', 'none')", name=op.f("ck_asked_decision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked")),
    )
    op.create_index(op.f("ix_asked_at"), "asked", ["at"])
    op.create_index(op.f("ix_asked_user_id"), "asked", ["user_id"])


def _create_invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        _moment("made_at"),
        _moment("expires_at"),
        sa.Column("used_by", sa.BigInteger(), nullable=True),
        _moment("used_at", nullable=True),
        sa.CheckConstraint("role IN ('tutor', 'admin')", name=op.f("ck_invitation_role")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitation")),
    )


def _create_member() -> None:
    op.create_table(
        "member",
        sa.Column("user_id", _big_key(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=True),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("programmes", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("back_on", sa.Date(), nullable=True),
        sa.Column("most_open", sa.Integer(), nullable=True),
        _moment("since"),
        sa.CheckConstraint("role IN ('tutor', 'admin')", name=op.f("ck_member_role")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_member")),
    )


def _create_ticket() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("programme", sa.String(length=32), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("claimer", sa.BigInteger(), nullable=True),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=True),
        sa.Column("helpful", sa.Boolean(), nullable=True),
        sa.Column("merged_into", _big_key(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        _moment("look_at", nullable=True),
        _moment("created_at"),
        _moment("answered_at", nullable=True),
        _moment("closed_at", nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_ticket_closed")),
        sa.CheckConstraint("origin IN ('asked', 'rejected', 'none', 'failed')", name=op.f("ck_ticket_origin")),
        sa.CheckConstraint("state != 'new' OR claimer IS NULL", name=op.f("ck_ticket_claimer")),
        sa.CheckConstraint(
            "state IN ('new', 'claimed', 'waiting', 'answered', 'closed')", name=op.f("ck_ticket_state")
        ),
        sa.ForeignKeyConstraint(["merged_into"], ["ticket.id"], name=op.f("fk_ticket_merged_into_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_claimer", "ticket", ["claimer", "state"])
    op.create_index(op.f("ix_ticket_closed_at"), "ticket", ["closed_at"])
    op.create_index("ix_ticket_look", "ticket", ["look_at"], **_only("look_at IS NOT NULL"))
    op.create_index(op.f("ix_ticket_merged_into"), "ticket", ["merged_into"])
    op.create_index("ix_ticket_open", "ticket", ["state"], **_only("state != 'closed'"))
    op.create_index("ix_ticket_student", "ticket", ["student_id", "state"])


def _create_card() -> None:
    op.create_table(
        "card",
        sa.Column("ticket_id", _big_key(), autoincrement=False, nullable=False),
        sa.Column("user_id", _big_key(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_card_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("ticket_id", "user_id", name=op.f("pk_card")),
    )


def _create_entry() -> None:
    op.create_table(
        "entry",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("ticket_id", _big_key(), nullable=False),
        sa.Column("who", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("album", sa.String(length=64), nullable=True),
        sa.Column("asks", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("delivery", sa.String(length=16), nullable=False),
        _moment("at"),
        _moment("edited_at", nullable=True),
        sa.CheckConstraint(
            "delivery IN ('none', 'waits', 'sent', 'failed', 'blocked')", name=op.f("ck_entry_delivery")
        ),
        sa.CheckConstraint("who IN ('student', 'tutor', 'note')", name=op.f("ck_entry_who")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_entry_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entry_message", "entry", ["chat_id", "message_id"])
    op.create_index(op.f("ix_entry_ticket_id"), "entry", ["ticket_id"])


def _create_proposal() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("ticket_id", _big_key(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        _moment("made_at"),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.CheckConstraint("state IN ('open', 'approved', 'rejected', 'withdrawn')", name=op.f("ck_proposal_state")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_proposal_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_proposal_ticket_id"), "proposal", ["ticket_id"])


def _widen_outbox() -> None:
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("ticket_id", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("entry_id", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("messages", sa.Integer(), server_default="1", nullable=False))
        table.drop_constraint(op.f("ck_outbox_method"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_method"), METHODS)
    op.create_index("ix_outbox_message", "outbox", ["chat_id", "message_id"], **_only("ticket_id IS NOT NULL"))
    op.create_index("ix_outbox_ticket", "outbox", ["ticket_id"], **_only("ticket_id IS NOT NULL"))
