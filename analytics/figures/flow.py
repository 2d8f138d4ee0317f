"""Figures of a process: how far cases got, and how they went from stage to stage."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from analytics import model
from analytics.figures.memory import drawn_once
from analytics.figures.style import BLUE, ORANGE, PALE, PALETTE, faint, figure


@drawn_once
def reached(frame: pd.DataFrame) -> go.Figure:
    """Draw how many of the accepted cases got to each step (name, metric, value, share, small, side).

    A share of too few cases is not said; the counts are.
    """
    shares = ["" if few else f"，{s:.1%}" for s, few in zip(frame["share"], frame["small"], strict=True)]
    made = figure(height=90 + 44 * len(frame), legend=False, x="件")
    made.add_bar(
        y=frame["name"],
        x=frame["value"],
        orientation="h",
        marker_color=[PALE if side else BLUE for side in frame["side"]],
        text=[f"{v:,.0f} 件{s}" for v, s in zip(frame["value"], shares, strict=True)],
        textposition="auto",
        insidetextanchor="start",
        customdata=frame["metric"],
        hovertemplate="%{y}：%{text}<extra></extra>",
    )
    made.update_yaxes(autorange="reversed", showgrid=False)
    return made


@drawn_once
def went(moves: pd.DataFrame) -> go.Figure:
    """Draw the moves from stage to stage (stage, next_stage, value); steps back are orange."""
    order = list(model.STAGES)
    names = [s for s in order if s in set(moves["stage"]) | set(moves["next_stage"])]
    number = {s: i for i, s in enumerate(names)}
    back = [order.index(b) <= order.index(a) for a, b in zip(moves["stage"], moves["next_stage"], strict=True)]
    made = figure(height=460, legend=False)
    made.add_sankey(
        arrangement="snap",
        node={
            # 重办 stands last, its name to the left, where 办结 has its own: raised by two lines.
            "label": [model.STAGES[s] + "<br> <br> " * (s == "reopened") for s in names],
            "customdata": [model.STAGES[s] for s in names],
            "color": [PALETTE[i % len(PALETTE)] for i in range(len(names))],
            "pad": 18,
            "thickness": 16,
            "hovertemplate": "%{customdata}：%{value:,} 次<extra></extra>",
        },
        link={
            "source": [number[s] for s in moves["stage"]],
            "target": [number[s] for s in moves["next_stage"]],
            "value": moves["value"],
            "color": [faint(ORANGE, 0.5) if b else faint(BLUE, 0.25) for b in back],
            "hovertemplate": "%{source.customdata} → %{target.customdata}：%{value:,} 次<extra></extra>",
        },
    )
    made.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return made
