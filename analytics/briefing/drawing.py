"""Figures of a briefing as PNG, drawn with matplotlib in the order and colours of the pages."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from analytics.briefing.facts import Figure
from analytics.briefing.fonts import sans_family
from analytics.figures.style import BLUE, GREEN, INK, RED
from analytics.wording import short

COLOURS = {"受理": BLUE, "办结": GREEN, "期末积压": RED}
WIDTH_CM, DPI = 15.6, 300
#: A 专报 has one page, and so a lower figure.
BRIEF_FIGURE_CM = 4.0


@lru_cache(maxsize=64)
def png(figure: Figure, height_cm: float = 7.0, dpi: int = DPI) -> bytes:
    """Return a figure as PNG of the text's width at print resolution; the same figure gives the same bytes."""
    style: dict[str, Any] = {
        "font.family": sans_family(), "font.size": 10, "axes.unicode_minus": False, "text.color": INK,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        canvas = Canvas(figsize=(WIDTH_CM / 2.54, height_cm / 2.54), layout="constrained")
        axes = canvas.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        (_columns if figure.kind == "columns" else _bars)(axes, figure)
        out = io.BytesIO()
        canvas.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def _columns(axes: Axes, figure: Figure) -> None:
    """Draw bars side by side and lines over labels in time order."""
    places = range(len(figure.labels))
    bars = [s for s in figure.series if s.marks == "bar"]
    width = 0.8 / max(len(bars), 1)
    for number, series in enumerate(figure.series):
        heights = [float("nan") if v is None else v for v in series.values]
        colour = COLOURS.get(series.name, (BLUE, GREEN, RED)[number % 3])
        if series.marks == "bar":
            shift = (bars.index(series) - (len(bars) - 1) / 2) * width
            axes.bar([p + shift for p in places], heights, width * 0.95, label=series.name, color=colour)
        else:
            axes.plot(places, heights, label=series.name, color=colour, marker="o", markersize=3.5, linewidth=1.8)
    axes.set_xticks(list(places), figure.labels, rotation=0 if len(figure.labels) <= 8 else 30)
    axes.set_ylabel(figure.unit)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axes.grid(axis="y", color="#e8edf2")
    axes.set_axisbelow(True)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, borderaxespad=0.2)


def _bars(axes: Axes, figure: Figure) -> None:
    """Draw one bar a group, the first on top, each with its number."""
    values = [0.0 if v is None else v for v in figure.series[0].values]
    drawn = axes.barh(range(len(values)), values, 0.7, color=BLUE)
    axes.bar_label(drawn, [short(v, figure.unit) for v in values], padding=3)
    axes.set_yticks(range(len(values)), figure.labels)
    axes.invert_yaxis()
    axes.set_xlabel(figure.unit)
    axes.margins(x=0.1)
    axes.xaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda v, _: f"{v:,.0f}"))
