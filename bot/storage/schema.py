"""Brings a database to the newest schema. Importing this costs as long as half a start: it is done when needed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, event

from bot.storage.errors import SchemaTooNew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection

MIGRATING = 4_711_001
"""The advisory lock of PostgreSQL that a migration holds; SQLite has one writer at a time anyway."""
IN_THIS_PROCESS = Lock()
"""Alembic keeps what it is working on in global variables, so two threads cannot migrate at once."""


def upgrade(url: URL) -> None:
    """Bring the database at ``url`` to the newest schema, all of it or nothing.

    Two processes that upgrade at once do it one after the other; the second finds nothing left to do.

    :raises SchemaTooNew: when it is at a revision this program does not know
    """
    with IN_THIS_PROCESS:
        _upgrade(url, configuration())


def _upgrade(url: URL, config: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with connected(url) as connection:
        for revision in MigrationContext.configure(connection).get_current_heads():
            if revision not in known:
                raise SchemaTooNew(f"revision {revision}, known up to {max(known)}")
        connection.rollback()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def configuration() -> Config:
    """What Alembic needs to know; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


@contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """A connection of its own, fit for changing tables."""
    driver = "postgresql+psycopg" if url.get_backend_name() == "postgresql" else "sqlite+pysqlite"
    engine = create_engine(url.set(drivername=driver), poolclass=NullPool, hide_parameters=True)
    if driver == "sqlite+pysqlite":
        _prepare(engine)
    with engine.connect() as connection:
        yield connection


def _prepare(engine: Any) -> None:  # noqa: ANN401 - SQLAlchemy takes any target of events
    """Make SQLite roll back a failed migration whole, and keep rows that point to a table while it is rebuilt.

    Rebuilding a table with foreign keys on deletes, without a word, what points to it with ON DELETE CASCADE.
    """

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA busy_timeout=60000")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
