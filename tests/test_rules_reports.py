"""How far a message to many has come and what became of it, as staff read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.rules import reports
from bot.rules.alerts import DAYS_BEFORE, Kind, Letter
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Html, Lang, Message
from tests import book
from tests.deskside import ROME

VOICE = Voice(book.knowledge(), ROME)
WHAT = Html("Free Mover: the call is open")
NONE = dict.fromkeys(
    ("recipients", "delivered", "blocked", "failed", "late", "cancelled", "waiting", "maybe_twice", "maybe_once"), 0
)


def captions(message: Message) -> list[str]:
    book.assert_sound(message)
    return [button.data for row in message.buttons for button in row]


@pytest.mark.parametrize(
    ("copies", "shown"),
    [(0, "0 s"), (1, "1 s"), (25, "1 s"), (26, "2 s"), (2475, "99 s"), (2476, "2 min"), (10_000, "7 min"),
     (88_500, "59 min"), (88_501, "1 h 0 min"), (100_000, "1 h 7 min")],
)  # fmt: skip
def test_how_long_copies_take(copies: int, shown: str) -> None:
    assert reports.lasts(VOICE, copies, "en") == shown


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", [Kind.OPENING, *DAYS_BEFORE, Kind.USUAL, Letter.MOVED, Letter.WITHDRAWN])
def test_an_alert_is_headed_by_its_programme(kind: str, lang: Lang) -> None:
    assert reports.heading(VOICE, kind, "free-mover", {}, lang).startswith("Free Mover: ")


def test_a_broadcast_is_headed_by_how_it_begins_in_the_readers_language() -> None:
    texts = {"en": "<b>Dear</b> students,\n" + "x" * 100, "it": "Care &amp; cari"}
    assert f"Dear students, {'x' * 45}" in reports.heading(VOICE, Letter.BROADCAST, None, {"texts": texts}, "en")
    assert "Care &amp; cari" in reports.heading(VOICE, Letter.BROADCAST, None, {"texts": texts}, "it")
    assert "Dear" in reports.heading(VOICE, Letter.BROADCAST, None, {"texts": {"en": "Dear"}}, "it")


@pytest.mark.parametrize(
    ("total", "waiting", "filled"), [(100, 100, 0), (100, 51, 5), (100, 1, 11), (100, 0, 12), (0, 0, 12)]
)
def test_the_bar_fills_as_copies_end(total: int, waiting: int, filled: int) -> None:
    message = reports.progress(VOICE, WHAT, NONE | {"recipients": total, "waiting": waiting}, 7, "en")
    assert "▓" * filled + "░" * (12 - filled) + f" {total - waiting} of {total}" in message.text
    assert captions(message) == ["1|y|7|stop"]


@pytest.mark.parametrize("lang", LANGS)
def test_copies_that_wait_for_the_morning_take_no_time(lang: Lang) -> None:
    def lines(waiting: int, sleeping: int) -> list[str]:
        report = NONE | {"recipients": 90, "waiting": waiting}
        return reports.progress(VOICE, WHAT, report, 7, lang, sleeping=sleeping).text.split("\n")[2:]

    assert [line.rpartition(" ")[2] for line in lines(60, 0)] == ["s"]
    assert [line.rpartition(": ")[2] for line in lines(1, 1)] == ["1"]
    assert len(lines(60, 10)) == 2
    assert "2 s" in lines(60, 10)[0]
    assert len(lines(0, 0)) == 1


def test_the_report_has_a_line_for_every_fate_that_befell_any() -> None:
    report = NONE | {"recipients": 10, "delivered": 7, "blocked": 2, "failed": 1, "maybe_once": 1}
    message = reports.final(VOICE, WHAT, report, 7, "en", kind=Kind.OPENING)
    head, finished, *lines = message.text.split("\n")
    assert WHAT in head
    assert finished == "Finished. Copies: 10"
    assert [line.rpartition(": ")[2] for line in lines] == ["7", "2", "1", "1"]
    assert captions(message) == ["1|y|7|again"]


def test_nothing_delivered_is_said_too() -> None:
    message = reports.final(VOICE, WHAT, NONE, 7, "en", kind=Kind.OPENING, stopped=True)
    assert message.text.endswith("Stopped. Copies: 0\n✅ delivered: 0")
    assert captions(message) == []


def test_only_a_broadcast_can_be_deleted_from_the_chats() -> None:
    report = NONE | {"recipients": 2, "delivered": 1, "failed": 1}
    of = {kind: captions(reports.final(VOICE, WHAT, report, 7, "en", kind=kind)) for kind in (*Letter, Kind.OPENING)}
    assert of[Letter.BROADCAST] == ["1|y|7|again", "1|y|7|delete"]
    assert of[Letter.MOVED] == of[Kind.OPENING] == ["1|y|7|again"]
    assert of[Letter.DELETION] == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_fate_can_be_said(lang: Lang) -> None:
    lines = reports.fates(VOICE, NONE | dict.fromkeys(reports.FATES, 3), lang, kind="opening")
    assert len(lines) == len(reports.FATES)
    assert all(line.endswith(": 3") for line in lines)


def test_what_is_on_the_way_can_be_undone() -> None:
    message = reports.on_the_way(VOICE, WHAT, timedelta(seconds=30), 7, "en")
    assert "30 seconds" in message.text
    assert captions(message) == ["1|y|7|undo"]
