from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from bot.storage.errors import FileInUse, StorageUnavailable, reason


def test_the_docstring_is_the_message() -> None:
    said = "Another process already uses this database file; two at once would send everything twice: /data/desk.db"
    assert str(FileInUse("/data/desk.db")) == said


@pytest.mark.parametrize("error", StorageUnavailable.__subclasses__())
def test_every_error_is_one_line(error: type[StorageUnavailable]) -> None:
    assert str(error("here")).endswith(": here")
    assert "\n" not in str(error("here"))


def test_a_reason_is_what_the_database_said_and_nothing_of_the_values() -> None:
    statement, values = "INSERT INTO student VALUES (?)", ("my secret",)
    assert reason(OperationalError(statement, values, sqlite3.OperationalError("disk full\nreally"))) == "disk full"
    assert reason(NoConnectionLeft("no connection left")) == "no connection left"
