"""What was found over some days as a picture: first put in words (:func:`picture`), then drawn (:func:`png`).

The words are plain values, so that a picture can wait in a row of the outbox and be drawn when it leaves. It is made
for a telephone: upright, few words, large letters, and colours that the colour-blind tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self

from babel.dates import format_date

from bot.rules.findings import QUARTER, WEEK, Fate, Findings
from bot.rules.letters import Voice
from bot.rules.messages import Lang
from bot.rules.statistics import number, period

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, DPI = 10.0, 100
"""Inches, and pixels to each."""
HEAD, FOOT = 1.15, 0.35
"""Inches above and below the panels."""
COLUMNS_HIGH, BAR_HIGH, PANEL_MORE = 4.2, 0.55, 1.35
"""Inches of the panel of days, of each horizontal bar, and of what a panel of those has besides."""
INK, FAINT, PAPER, GRID = "#1f2933", "#5b6770", "#ffffff", "#e4e7eb"
GOOD, FAIR, BAD, UNKNOWN = "#0072b2", "#8fc7ea", "#e69f00", "#cbd2d9"
"""Blue and orange differ for every kind of eye; the light blue and the grey also in brightness."""
SMALL, NORMAL, LARGE = 14, 16, 25
"""Sizes of letters in points; at 100 dots to the inch, and halved on a telephone, still easy to read."""
MOST_TICKS = 7
"""Days that are named below the columns."""
WAITS: Sequence[tuple[str, timedelta]] = (
    ("stats.wait-hour", timedelta(hours=1)),
    ("stats.wait-hours", timedelta(hours=4)),
    ("stats.wait-day", timedelta(days=1)),
    ("stats.wait-days", timedelta(days=3)),
    ("stats.wait-longer", timedelta.max),
)
"""How long tickets wait, up to and with each time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A colour of a chart: what it stands for, and how much of it there is in each place."""

    name: str
    colour: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Columns:
    """Stacked columns, one for each day or week; ``ticks`` are the places that are named."""

    title: str
    parts: Sequence[Part]
    ticks: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars as long as what they count."""

    title: str
    names: Sequence[str]
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Shares:
    """Horizontal bars of one length, each cut into its parts: (what is said of it, colour, how many)."""

    title: str
    names: Sequence[str]
    parts: Sequence[Sequence[tuple[str, str, int]]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture in words; ``bars`` and ``shares`` are None where there is nothing to show."""

    title: str
    subtitle: str
    columns: Columns
    bars: Bars | None
    shares: Shares | None

    def carried(self) -> dict[str, Any]:
        """The picture as plain values, for a row of the outbox."""
        ticks = {str(place): name for place, name in self.columns.ticks.items()}
        return asdict(self) | {"columns": asdict(self.columns) | {"ticks": ticks}}

    @classmethod
    def read(cls, carried: Mapping[str, Any]) -> Self:
        """What :meth:`carried` wrote."""
        columns, bars, shares = carried["columns"], carried["bars"], carried["shares"]
        return cls(
            carried["title"],
            carried["subtitle"],
            Columns(
                columns["title"],
                [Part(**part) for part in columns["parts"]],
                {int(place): name for place, name in columns["ticks"].items()},
            ),
            Bars(**bars) if bars else None,
            Shares(shares["title"], shares["names"], [[(*part,) for part in row] for row in shares["parts"]])
            if shares
            else None,
        )


# Numbers in words


def picture(voice: Voice, found: Findings, lang: Lang) -> Chart:
    """What was found, as it is to be drawn."""
    title = voice.plain(lang, "stats.chart-title")
    return Chart(
        title,
        period(found.span, lang),
        _columns(voice, found, lang),
        _bars(voice, found, lang),
        _shares(voice, found, lang),
    )


def _columns(voice: Voice, found: Findings, lang: Lang) -> Columns:
    """Questions a day, or a week where the days are many; what is left of a week at the beginning is not shown."""
    span, days = found.span, found.days
    length = 1 if span.days <= QUARTER else WEEK
    begun = span.days % length
    starts = range(begun, span.days, length)
    kinds = (
        ("stats.series-answered", GOOD, (Fate.ANSWERED,)),
        ("stats.series-suggested", FAIR, (Fate.SUGGESTED,)),
        ("stats.series-missed", BAD, (Fate.REJECTED, Fate.NONE)),
    )
    parts = []
    for key, colour, fates in kinds:
        values = [
            sum(days[day][fate] for day in range(start, start + length) if day in days for fate in fates)
            for start in starts
        ]
        total = sum(found.fates[fate] for fate in fates)
        parts.append(Part(f"{voice.plain(lang, key)} {number(total, lang)}", colour, values))
    title = voice.plain(lang, "stats.chart-days" if length == 1 else "stats.chart-weeks")
    pattern = "EEE d" if span.days <= WEEK else "d MMM"
    each = -(-len(starts) // MOST_TICKS)
    named = range(len(starts) - 1, -1, -each)
    firsts = {place: span.first + timedelta(days=starts[place]) for place in named}
    return Columns(title, parts, {place: format_date(day, pattern, locale=lang) for place, day in firsts.items()})


def _bars(voice: Voice, found: Findings, lang: Lang) -> Bars | None:
    if not found.waits:
        return None
    counts = [0] * len(WAITS)
    for waited in found.waited:
        counts[next(place for place, (_, most) in enumerate(WAITS) if waited <= most)] += 1
    title = f"{voice.plain(lang, 'stats.chart-waits')} ({voice.plain(lang, 'stats.chart-tickets')})"
    return Bars(title, [voice.plain(lang, key) for key, _ in WAITS], counts)


def _shares(voice: Voice, found: Findings, lang: Lang) -> Shares | None:
    fates, helpful = found.fates, found.helpful
    kept = fates[Fate.ANSWERED] + fates[Fate.SUGGESTED]
    bot = (("stats.bot-kept", GOOD, kept), ("stats.bot-rejected", BAD, fates[Fate.REJECTED]))
    people = (
        ("stats.people-yes", GOOD, helpful[True]),
        ("stats.people-no", BAD, helpful[False]),
        ("stats.people-silent", UNKNOWN, helpful[None]),
    )
    rows = [("stats.by-bot", bot), ("stats.by-people", people)]
    told = [(key, parts) for key, parts in rows if any(many for _, _, many in parts)]
    if not told:
        return None
    return Shares(
        voice.plain(lang, "stats.chart-helped"),
        [voice.plain(lang, key) for key, _ in told],
        [
            [(f"{voice.plain(lang, name)} {number(many, lang)}", colour, many) for name, colour, many in parts if many]
            for _, parts in told
        ],
    )


# Drawing


def png(chart: Chart) -> bytes:
    """The picture, drawn. It takes some 0.3 s, and the first one a second more, so call it in a thread."""
    # matplotlib takes a second to import and 60 MB to keep, and is used where somebody asks for statistics alone.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - see above

    # The same library.
    from matplotlib.figure import Figure  # noqa: PLC0415 - see above

    heights = [COLUMNS_HIGH]
    heights += [PANEL_MORE + BAR_HIGH * len(chart.bars.names)] if chart.bars else []
    heights += [PANEL_MORE + 1.6 * BAR_HIGH * len(chart.shares.names)] if chart.shares else []
    total = HEAD + FOOT + sum(heights)
    figure = Figure(figsize=(WIDTH, total), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    figure.text(0.04, 1 - 0.3 / total, chart.title, fontsize=LARGE, fontweight="bold", color=INK, va="top")
    figure.text(0.04, 1 - 0.78 / total, chart.subtitle, fontsize=NORMAL, color=FAINT, va="top")
    top = total - HEAD
    for panel, height in zip(
        [each for each in (chart.columns, chart.bars, chart.shares) if each], heights, strict=True
    ):
        _panel(figure, panel, (top - height) / total, height / total, total)
        top -= height
    out = BytesIO()
    figure.savefig(out, format="png", pil_kwargs={"optimize": True})
    return out.getvalue()


def _panel(figure: Figure, panel: Columns | Bars | Shares, bottom: float, height: float, total: float) -> None:
    """Draw one panel into its strip of the picture, its title above it; places are parts of the whole."""
    figure.text(
        0.04, bottom + height - 0.15 / total, panel.title, fontsize=NORMAL + 1, fontweight="bold", color=INK, va="top"
    )
    left = 0.04 if isinstance(panel, Columns) else 0.25
    above, below = (1.1, 0.75) if isinstance(panel, Columns) else (0.65, 0.45)
    if isinstance(panel, Columns):
        left = 0.10
    axes = figure.add_axes((left, bottom + below / total, 0.96 - left, height - (above + below) / total))
    axes.set_facecolor(PAPER)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=FAINT)
    for side in axes.spines.values():
        side.set_visible(False)
    match panel:
        case Columns():
            _draw_columns(figure, axes, panel, bottom + height - 0.55 / total)
        case Bars():
            _draw_bars(axes, panel)
        case Shares():
            _draw_shares(figure, axes, panel)


def _draw_columns(figure: Figure, axes: Axes, panel: Columns, legend_at: float) -> None:
    places = range(len(panel.parts[0].values))
    sums = [0] * len(places)
    for part in panel.parts:
        axes.bar(places, part.values, bottom=sums, width=0.78, color=part.colour, label=part.name)
        sums = [under + value for under, value in zip(sums, part.values, strict=True)]
    axes.set_ylim(0, max(*sums, 4, 4) * 1.05)
    aside = max(0, MOST_TICKS - len(places)) / 2  # one column alone is no wider than seven
    axes.set_xlim(-0.6 - aside, len(places) - 0.4 + aside)
    axes.locator_params("y", integer=True, nbins=4)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.set_xticks(list(panel.ticks), list(panel.ticks.values()))
    bars, names = axes.get_legend_handles_labels()
    figure.legend(bars, names, bbox_to_anchor=(0.04, legend_at), **_legend())


def _draw_bars(axes: Axes, panel: Bars) -> None:
    places = range(len(panel.names))
    axes.barh(places, panel.values, height=0.66, color=GOOD)
    axes.set_xlim(0, max(*panel.values, 3) * 1.08)
    axes.set_yticks(list(places), panel.names, color=INK)
    axes.set_xticks([])
    axes.invert_yaxis()
    for place, value in enumerate(panel.values):
        axes.annotate(
            str(value),
            (value, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            color=INK,
        )


def _draw_shares(figure: Figure, axes: Axes, panel: Shares) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(len(panel.names) - 0.3, -0.4)
    axes.set_yticks(range(len(panel.names)), panel.names, color=INK)
    axes.set_xticks([])
    for place, parts in enumerate(panel.parts):
        total, begins = sum(many for _, _, many in parts), 0.0
        bars: list[Any] = []
        for _, colour, many in parts:
            bars += axes.barh(place, many / total, left=begins, height=0.4, color=colour, edgecolor=PAPER, linewidth=2)
            begins += many / total
        names = [name for name, _, _ in parts]
        figure.legend(bars, names, bbox_to_anchor=(0, place + 0.3), bbox_transform=axes.transData, **_legend())


def _legend() -> dict[str, Any]:
    """How the colours are explained: in one line, without a frame."""
    return {
        "loc": "upper left", "ncols": 3, "frameon": False, "fontsize": SMALL, "labelcolor": INK, "handlelength": 1,
        "handleheight": 1, "handletextpad": 0.5, "columnspacing": 1.5, "borderaxespad": 0, "borderpad": 0,
    }  # fmt: skip
