"""Calls, messages to many, personal deadlines, drafts and acts of staff; what a student wants to hear of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

METHODS = "method IN ('send', 'edit', 'menu', 'document', 'delete')"
METHODS_BEFORE = "method IN ('send', 'edit', 'menu')"
STATES = "'planned', 'sending', 'done', 'dropped', 'stopped', 'cancelled'"
AWAKE = "awake_from >= 0 AND awake_from < awake_until AND awake_until <= 24"


def upgrade() -> None:
    """Create them."""
    _create_call()
    _create_mailing()
    _create_informed()
    _create_deadline()
    _create_staff()
    _widen_outbox()
    _widen_student()


def downgrade() -> None:
    """Drop them, with all that is in them."""
    wishes = ("keeps_deadlines", "paused", "awake_until", "awake_from", "muted", "subscribed")
    with op.batch_alter_table("student") as table:
        table.drop_constraint(op.f("ck_student_awake"), type_="check")
        for column in wishes:
            table.drop_column(column)
    op.execute("DELETE FROM outbox WHERE mailing_id IS NOT NULL OR method IN ('document', 'delete')")
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint(op.f("fk_outbox_mailing_id_mailing"), type_="foreignkey")
        table.drop_index("ix_outbox_mailing")
        table.drop_column("revision")
        table.drop_column("mailing_id")
        table.drop_constraint(op.f("ck_outbox_method"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_method"), METHODS_BEFORE)
    for name in ("audit", "draft", "deadline", "informed", "mailing", "call"):
        op.drop_table(name)


def _big_key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_call() -> None:
    op.create_table(
        "call",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("programme", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _moment("opens_at"),
        _moment("closes_at"),
        sa.Column("opens_hour", sa.Boolean(), nullable=False),
        sa.Column("closes_hour", sa.Boolean(), nullable=False),
        sa.Column("link", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        _moment("announced_at"),
        _moment("changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
        sa.UniqueConstraint("name", name="uq_call_name"),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_call_order")),
    )
    op.create_index("ix_call_programme_closes_at", "call", ["programme", "closes_at"])


def _create_mailing() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("programme", sa.String(length=32), nullable=True),
        sa.Column("call_id", _big_key(), nullable=True),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _moment("due_at"),
        _moment("expires_at", nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        _moment("fanned_at", nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        _moment("created_at"),
        _moment("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mailing"),
        sa.UniqueConstraint("key", name="uq_mailing_key"),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_mailing_call_id_call"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_mailing_state")),
        sa.CheckConstraint(
            "(state IN ('planned', 'sending')) = (finished_at IS NULL)", name=op.f("ck_mailing_finished")
        ),
    )
    op.create_index("ix_mailing_call_id", "mailing", ["call_id"])
    _index("ix_mailing_open", "mailing", ["due_at"], "finished_at IS NULL")


def _create_informed() -> None:
    op.create_table(
        "informed",
        sa.Column("call_id", _big_key(), autoincrement=False, nullable=False),
        sa.Column("user_id", _big_key(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("call_id", "user_id", name="pk_informed"),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_informed_call_id_call"),
    )
    op.create_index("ix_informed_user_id", "informed", ["user_id"])


def _create_deadline() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("programme", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        _moment("remind_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deadline"),
        sa.UniqueConstraint("user_id", "programme", "what", name="uq_deadline_user_id_programme_what"),
        sa.CheckConstraint("state IN ('open', 'done', 'gone')", name=op.f("ck_deadline_state")),
        sqlite_autoincrement=True,
    )
    _index("ix_deadline_remind", "deadline", ["remind_at"], "remind_at IS NOT NULL")


def _create_staff() -> None:
    op.create_table(
        "draft",
        sa.Column("id", _big_key(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("awaits", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_draft_state")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_draft_user_id_state", "draft", ["user_id", "state"])
    op.create_table(
        "audit",
        sa.Column("id", _big_key(), nullable=False),
        _moment("at"),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _widen_outbox() -> None:
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("mailing_id", _big_key(), nullable=True))
        table.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_outbox_mailing_id_mailing"), "mailing", ["mailing_id"], ["id"])
        table.drop_constraint(op.f("ck_outbox_method"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_method"), METHODS)
    _index("ix_outbox_mailing", "outbox", ["mailing_id", "state"], "mailing_id IS NOT NULL")


def _widen_student() -> None:
    with op.batch_alter_table("student") as table:
        table.add_column(sa.Column("subscribed", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("muted", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("awake_from", sa.Integer(), server_default="9", nullable=False))
        table.add_column(sa.Column("awake_until", sa.Integer(), server_default="20", nullable=False))
        table.add_column(sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("keeps_deadlines", sa.Boolean(), server_default=sa.false(), nullable=False))
        table.create_check_constraint(op.f("ck_student_awake"), AWAKE)


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
