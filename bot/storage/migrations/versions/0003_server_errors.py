"""How often a message was answered 5xx."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count them from now on."""
    op.add_column("outbox", sa.Column("server_errors", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("outbox", "server_errors")
