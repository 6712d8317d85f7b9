from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, func, inspect, make_url, select, text

from bot.storage.errors import SchemaTooNew
from bot.storage.rows import SCHEMA
from bot.storage.schema import MIGRATING, configuration, connected, upgrade


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


def test_whoever_comes_second_waits_and_finds_nothing_to_do(blank_url: str, database: str) -> None:
    url = make_url(blank_url)
    with connected(url) as first, ThreadPoolExecutor(1) as pool:
        if database == "postgresql":
            first.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        first.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        first.execute(text(f"INSERT INTO alembic_version VALUES ('{SCHEMA}')"))  # noqa: S608 - a constant
        second = pool.submit(upgrade, url)
        assert not wait([second], timeout=0.3).done
        first.commit()
        second.result()
        assert not inspect(first).has_table("student")


def test_a_file_is_changed_all_or_nothing_and_with_foreign_keys_off(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'a.db'}")
    with connected(url) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 0
        connection.rollback()
    with closing(sqlite3.connect(tmp_path / "a.db")) as file:
        assert file.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
