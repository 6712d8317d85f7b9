from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, make_url, text

from bot.storage.errors import SchemaTooNew
from bot.storage.rows import SCHEMA
from bot.storage.schema import configuration, connected, upgrade

UPGRADE = """
import sys
from sqlalchemy import make_url
from bot.storage.schema import upgrade
upgrade(make_url(sys.argv[1]))
"""


def revision(url: URL) -> str:
    with connected(url) as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def test_the_newest_revision_is_the_one_the_tables_are_at() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [SCHEMA]


def test_an_upgrade_ends_at_the_newest_and_again_does_nothing(blank_url: str) -> None:
    url = make_url(blank_url)
    upgrade(url)
    upgrade(url)
    assert revision(url) == SCHEMA


def test_a_revision_nobody_knows_is_refused(blank_url: str) -> None:
    url = make_url(blank_url)
    upgrade(url)
    with connected(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(SchemaTooNew, match=f"revision 9999, known up to {SCHEMA}"):
        upgrade(url)
    assert revision(url) == "9999"


def test_threads_that_upgrade_at_once_do_it_one_after_the_other(blank_url: str) -> None:
    url = make_url(blank_url)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(upgrade, [url] * 3)) == [None] * 3
    assert revision(url) == SCHEMA


def test_processes_that_upgrade_at_once_do_it_one_after_the_other(blank_url: str) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", UPGRADE, blank_url]) for _ in range(3)]  # noqa: S603
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert revision(make_url(blank_url)) == SCHEMA


def test_a_file_is_changed_all_or_nothing_and_with_foreign_keys_off(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'a.db'}")
    with connected(url) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 0
        connection.rollback()
    with closing(sqlite3.connect(tmp_path / "a.db")) as file:
        assert file.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
