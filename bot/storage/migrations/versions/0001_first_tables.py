"""The first tables: students, updates, outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    _create_student()
    _create_seen_update()
    _create_outbox()
    _index_outbox()


def downgrade() -> None:
    """Drop them, with all that is in them."""
    op.drop_table("outbox")
    op.drop_table("seen_update")
    op.drop_table("student")


def _big_key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_student() -> None:
    op.create_table(
        "student",
        sa.Column("user_id", _big_key(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("language_chosen", sa.Boolean(), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("graduated_on", sa.Date(), nullable=True),
        sa.Column("goal", sa.String(), nullable=True),
        sa.Column("destination", sa.String(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("answered", sa.JSON(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("conversation", sa.JSON(), nullable=False),
        _moment("first_seen_at"),
        _moment("last_seen_at"),
        sa.PrimaryKeyConstraint("user_id", name="pk_student"),
        sa.CheckConstraint("language IN ('en', 'it')", name=op.f("ck_student_language")),
        sa.CheckConstraint("year BETWEEN 1 AND 6", name=op.f("ck_student_year")),
    )
    op.create_index("ix_student_last_seen_at", "student", ["last_seen_at"])


def _create_seen_update() -> None:
    op.create_table(
        "seen_update",
        sa.Column("update_id", _big_key(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        _moment("at"),
        sa.PrimaryKeyConstraint("update_id", name="pk_seen_update"),
        sa.CheckConstraint("state IN ('done', 'parked')", name=op.f("ck_seen_update_state")),
    )
    op.create_index("ix_seen_update_at", "seen_update", ["at"])


def _create_outbox() -> None:
    states = "'pending', 'sending', 'sent', 'dead', 'cancelled'"
    op.create_table(
        "outbox",
        sa.Column("id", _big_key(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _moment("planned_at"),
        _moment("due_at"),
        _moment("expires_at", nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("maybe_sent", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        _moment("lease_until", nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        _moment("created_at"),
        _moment("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        sa.CheckConstraint("method IN ('send', 'edit', 'menu')", name=op.f("ck_outbox_method")),
        sa.CheckConstraint("priority IN (0, 1)", name=op.f("ck_outbox_priority")),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_outbox_state")),
        sa.CheckConstraint("(state = 'sending') = (lease_owner IS NOT NULL)", name=op.f("ck_outbox_owner")),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_outbox_lease")),
        sa.CheckConstraint(
            "(state IN ('pending', 'sending')) = (finished_at IS NULL)", name=op.f("ck_outbox_finished")
        ),
        sqlite_autoincrement=True,
    )


def _index_outbox() -> None:
    _index("ix_outbox_due", ["priority", "due_at", "id"], "state = 'pending'")
    _index("ix_outbox_expires", ["expires_at"], "state = 'pending' AND expires_at IS NOT NULL")
    _index("ix_outbox_lease", ["lease_until"], "state = 'sending'")
    _index("ix_outbox_finished", ["finished_at"], "finished_at IS NOT NULL")
    op.create_index("ix_outbox_chat", "outbox", ["chat_id", "state", "priority", "planned_at", "id"])


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "outbox", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
