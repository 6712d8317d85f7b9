"""Run by Alembic, never imported: migrates the connection it is given, or the database of ``-x url=…``.

From the root of the project, to write the migration of a changed table::

    alembic -x url=sqlite:///data/desk.db revision --autogenerate --rev-id 0002 -m "what changes"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context
from sqlalchemy import func, make_url, select

from bot.storage import ticket_rows  # noqa: F401 - its tables are part of the metadata
from bot.storage.rows import Row
from bot.storage.schema import MIGRATING, connected

if TYPE_CHECKING:
    from sqlalchemy import Connection


def migrate(connection: Connection) -> None:
    """Run what Alembic was asked for, in one transaction.

    :raises RuntimeError: when a row is left pointing nowhere; nothing is kept
    """
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            astray = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if astray:
                message = f"rows left pointing nowhere: {astray[:5]}"
                raise RuntimeError(message)


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with connected(make_url(context.get_x_argument(as_dictionary=True)["url"])) as opened:
        migrate(opened)
