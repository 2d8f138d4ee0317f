"""One look for every figure: a palette that colour-blind people can tell apart, Chinese fonts.

See docs/decisions/0022.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType

from analytics.wording import SMALL

FONT = "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, sans-serif"
#: Okabe–Ito, its yellow replaced (too pale on white), with two dark tones for long lists.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#5b6770", "#3d2b6b", "#a6761d")
BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY = PALETTE[:7]
PALE = "#c9d2db"
INK = "#1b2733"
#: So many groups that are not drawn are named.
MOST_NAMED = 12
HEAT = [[0.0, "#f3f6fa"], [0.25, "#b8d4ea"], [0.5, "#6aa9d3"], [0.75, "#2474b0"], [1.0, "#0a3f73"]]
#: Five grades from best to worst.
GRADE_COLOURS = {5: "#0072B2", 4: "#56B4E9", 3: "#c9d2db", 2: "#E69F00", 1: "#D55E00"}
BAND_COLOURS = ("#f3c98b", "#E69F00", "#D55E00", "#8c2d04")


def figure(*, height: int = 320, legend: bool = True, x: str = "", y: str = "") -> go.Figure:
    """Return an empty figure in the house style, with axis titles that name their unit."""
    made = go.Figure()
    made.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 30 if legend else 12, "b": 8},
        font={"family": FONT, "size": 14, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=PALETTE,
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "xanchor": "left", "x": 0},
        hoverlabel={"font": {"family": FONT, "size": 14}},
        dragmode=False,
        clickmode="event+select",
        bargap=0.25,
        separators=".,",
    )
    axis = {"gridcolor": "#e8edf2", "zeroline": False, "linecolor": "#b7c2cc", "automargin": True, "title_standoff": 6}
    axis |= {"exponentformat": "none", "separatethousands": True}  # 100,000, not 100k
    made.update_xaxes(title_text=x, showgrid=False, **axis)
    made.update_yaxes(title_text=y, **axis)
    return made


def without_small(made: go.Figure, left_out: Iterable[str]) -> go.Figure:
    """Name below a figure what is too small to be drawn (its ``layout.meta``, which pages print); nothing where all is."""
    names = list(dict.fromkeys(left_out))
    if names:
        more = f" 等 {len(names)} 个" if len(names) > MOST_NAMED else ""
        made.update_layout(meta=f"{SMALL}未画：{'、'.join(names[:MOST_NAMED])}{more}。")
    return made


def is_blank(made: go.Figure) -> bool:
    """Tell whether a figure has no mark at all: none of its points has both coordinates, no trace of another kind is there."""
    return all(trace.type in ("bar", "scatter", "scattergl") and not _points(trace) for trace in made.data)


def _points(trace: BaseTraceType) -> int:
    x, y = (pd.Series(() if v is None else list(v), dtype=object) for v in (trace.x, trace.y))
    return int((x.notna() & y.notna()).sum()) if len(x) and len(y) else 0


def drawable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are no small sample (column ``small``, where there is one)."""
    return frame[~frame["small"].astype(bool)] if "small" in frame else frame


def left_out(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the small samples of a frame that have a value at all."""
    return frame[frame["small"].astype(bool) & frame["value"].notna()] if "small" in frame else frame[:0]


def faint(colour: str, alpha: float = 0.18) -> str:
    """Return a hex colour as rgba, see-through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
