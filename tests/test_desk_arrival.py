"""What arrives from a person."""

from __future__ import annotations

from dataclasses import fields

import pytest

from bot.desk.arrival import Addressed, Arrival, Kind, Who


@pytest.mark.parametrize(
    ("code", "lang"),
    [("it", "it"), ("it-IT", "it"), ("IT", "it"), ("en", "en"), ("de", "en"), ("", "en"), ("iu", "en")],
)
def test_who_reads_italian(code: str, lang: str) -> None:
    assert Who(1, code, "Ada").language == lang


def test_an_arrival_is_nothing_but_what_is_given() -> None:
    arrival = Arrival(1, Who(1, "en", "Ada"), Kind.TEXT, "hello")
    assert (arrival.formatted, arrival.data, arrival.album, arrival.reply_to, arrival.edited) == (
        "",
        "",
        None,
        None,
        False,
    )


def test_kinds_are_what_is_remembered_of_an_update() -> None:
    assert [str(kind) for kind in Kind] == ["command", "text", "file", "other", "tap"]


def test_of_whoever_speaks_in_a_group_nothing_but_their_language_is_known() -> None:
    assert {field.name for field in fields(Addressed)} == {
        "update_id", "chat_id", "message_id", "language", "text", "command", "thread", "by_reply", "link",
    }  # fmt: skip
