"""The picture of what was found: the words in it, and that it is drawn small and soon, however much there is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from struct import unpack

import pytest

from bot.rules.chart import Bars, Chart, Part, picture, png
from bot.rules.findings import Answered, Counted, Findings, Span
from bot.rules.letters import Voice
from bot.rules.messages import LANGS, Lang
from tests import book
from tests.book import ROME

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LARGEST = 150_000
WIDTH = 1000


def found(days: int, many: int = 3, tickets: int = 5) -> Findings:
    fates = (("answer", False), ("suggest", False), ("answer", True), ("none", False))
    counted = [
        Counted(day, "en", decision, 1 + (day * many) % 17, rejected)
        for day in range(days)
        for decision, rejected in fates
    ]
    waits = [Answered(NOW - timedelta(hours=3 * each), NOW, (True, False, None)[each % 3]) for each in range(tickets)]
    return Findings(Span.of(days, NOW, ROME), counted if many else (), answered=tickets, waits=waits)


def drawn(seen: Findings, lang: Lang = "en") -> Chart:
    return picture(Voice(book.knowledge(), ROME), seen, lang)


def size(image: bytes) -> tuple[int, int]:
    assert image.startswith(b"\x89PNG")
    width, height = unpack(">II", image[16:24])
    return width, height


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("days", "many", "tickets"), [(7, 0, 0), (1, 1, 1), (7, 3, 5), (365, 3, 300)])
def test_it_is_drawn_small_and_upright(lang: Lang, days: int, many: int, tickets: int) -> None:
    image = png(drawn(found(days, many, tickets), lang))
    width, height = size(image)
    assert width == WIDTH
    assert (height > 1200) == bool(many)
    assert height <= 1300
    assert len(image) < LARGEST


def test_it_can_wait_in_a_row_of_the_outbox() -> None:
    for seen in (found(7), found(90), found(7, 0, 0)):
        chart = drawn(seen)
        waited = Chart.read(json.loads(json.dumps(chart.carried())))
        assert waited.carried() == chart.carried()
        assert png(waited) == png(chart)


def test_every_day_has_its_column_and_of_few_days_its_name() -> None:
    columns = drawn(found(7)).columns
    assert columns.title == "Questions a day"
    assert list(columns.ticks.values()) == ["Tue 1", "Mon 30", "Sun 29", "Sat 28", "Fri 27", "Thu 26", "Wed 25"]
    assert [len(part.values) for part in columns.parts] == [7, 7, 7]
    assert drawn(found(90), "it").columns.ticks[89] == "1 dic"
    assert len(drawn(found(90)).columns.ticks) <= 7


def test_a_year_is_shown_in_whole_weeks() -> None:
    columns = drawn(found(365)).columns
    assert columns.title == "Questions a week"
    assert len(columns.parts[0].values) == 52
    assert columns.ticks[51] == "25 Nov"


def test_the_colours_add_up() -> None:
    seen = found(7)
    answered, suggested, missed = drawn(seen).columns.parts
    assert sum(answered.values) + sum(suggested.values) + sum(missed.values) == seen.questions
    assert missed.values == [2 * value for value in answered.values]
    assert answered == Part(f"answered {sum(answered.values)}", answered.colour, answered.values)


def test_tickets_are_counted_by_how_long_they_waited() -> None:
    hours = (0, 1, 2, 4, 5, 24, 25, 72, 73, 900)
    waits = [Answered(NOW - timedelta(hours=each), NOW, None) for each in hours]
    bars = drawn(Findings(Span.of(7, NOW, ROME), waits=waits)).bars
    assert bars is not None
    assert list(zip(bars.names, bars.values, strict=True)) == [
        ("up to 1 h", 2), ("1 to 4 h", 2), ("4 to 24 h", 2), ("1 to 3 days", 2), ("longer", 2),
    ]  # fmt: skip


def test_what_there_is_nothing_of_has_no_panel() -> None:
    chart = drawn(found(7, 0, 0))
    assert (chart.bars, chart.shares) == (None, None)
    chart = drawn(found(7, 3, 0))
    assert chart.bars is None
    assert chart.shares
    assert chart.shares.names == ["Bot"]
    chart = drawn(found(7, 0, 3))
    assert isinstance(chart.bars, Bars)
    assert chart.shares
    assert [[name for name, _, _ in row] for row in chart.shares.parts] == [
        ["it helped 1", "it did not 1", "not told 1"]
    ]
