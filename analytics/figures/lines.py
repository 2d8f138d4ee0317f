"""Figures over time: rates with interval and target, flows, forecasts, survival curves."""

from __future__ import annotations

import html

import pandas as pd
import plotly.graph_objects as go

from analytics.figures.memory import drawn_once
from analytics.figures.style import BLUE, GREEN, GREY, ORANGE, PALETTE, RED, faint, figure, left_out, without_small


@drawn_once
def rate_over_time(
    frame: pd.DataFrame, names: dict[str, str], target: float | None = None, top: float = 1.0
) -> go.Figure:
    """Draw rates with their 95% interval as a band; a small sample is a gap, and named.

    ``frame``: metric, period, value, low, high, numerator, denominator, small. ``names``:
    metric code → Chinese name.
    """
    made = figure(y="%")
    few = left_out(frame[frame["metric"].isin(names)])
    shown = frame["value"].where(~frame["small"].astype(bool))
    frame = frame.assign(value=shown, low=frame["low"].where(shown.notna()), high=frame["high"].where(shown.notna()))
    for colour, (code, name) in zip(PALETTE, names.items(), strict=False):
        rows = frame[frame["metric"] == code]
        _band(made, rows["period"], rows["low"] * 100, rows["high"] * 100, colour)
        made.add_scatter(
            x=rows["period"],
            y=rows["value"] * 100,
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={"size": 8, "color": colour},
            customdata=rows[["numerator", "denominator", "low", "high", "metric"]].assign(
                low=rows["low"] * 100, high=rows["high"] * 100
            ),
            hovertemplate="%{x|%Y-%m-%d} 起<br>" + name + " %{y:.1f}%（%{customdata[0]:.0f}/%{customdata[1]:.0f}，"
            "95% 区间 %{customdata[2]:.1f}–%{customdata[3]:.1f}%）<extra></extra>",
        )
    if target is not None:
        _target(made, target * 100, f"目标 {target * 100:.0f}%")
    lowest = (frame["low"].min() if frame["low"].notna().any() else 0) * 100
    made.update_yaxes(range=[max(0, min(lowest, (target or 1) * 100) - 4), top * 100 + 1])
    _dates(made)
    return without_small(made, [f"{p:%Y-%m}" for p in sorted(few["period"].unique())])


@drawn_once
def flows_and_backlog(frame: pd.DataFrame, events: pd.DataFrame | None = None) -> go.Figure:
    """Draw arrivals and closures as bars and the backlog as a line (metric, period, value).

    ``events`` (held_on, activity_kind, topic) stand as marks on the demand of their week.
    """
    made = figure(y="件")
    for code, name, colour in (("demand", "受理", BLUE), ("closures", "办结", GREEN)):
        rows = frame[frame["metric"] == code]
        made.add_bar(
            x=rows["period"],
            y=rows["value"],
            name=name,
            marker_color=colour,
            customdata=[[code, f"{p:%Y-%m-%d}"] for p in rows["period"]],  # a bar's own x is beside its week's
            hovertemplate="%{x|%Y-%m-%d} 起<br>" + name + " %{y:,.0f} 件<extra></extra>",
        )
    rows = frame[frame["metric"] == "backlog"]
    made.add_scatter(
        x=rows["period"],
        y=rows["value"],
        name="期末积压",
        mode="lines+markers",
        line={"color": RED, "width": 3},
        customdata=[["backlog", f"{p:%Y-%m-%d}"] for p in rows["period"]],
        hovertemplate="%{x|%Y-%m-%d} 起<br>期末积压 %{y:,.0f} 件<extra></extra>",
    )
    if events is not None and len(events):
        _marks(made, frame[frame["metric"] == "demand"], events)
    made.update_yaxes(rangemode="tozero", tickformat=",d")
    _dates(made)
    return made


def _marks(made: go.Figure, demand: pd.DataFrame, events: pd.DataFrame) -> None:
    """Stand activities above the demand of the week they fell in, one mark a week."""
    week = events["held_on"] - pd.to_timedelta(events["held_on"].dt.weekday, unit="D")
    said = events["held_on"].dt.strftime("%m-%d ") + events["activity_kind"] + "：" + events["topic"].map(html.escape)
    by_week = said.groupby(week).agg("<br>".join)
    height = demand.set_index("period")["value"].reindex(by_week.index)
    made.add_scatter(
        x=by_week.index,
        y=height * 1.06 + 1,
        name="政企活动",
        mode="markers",
        marker={"symbol": "triangle-down", "size": 12, "color": ORANGE},
        customdata=by_week.to_numpy(),
        hovertemplate="%{customdata}<extra></extra>",
    )


@drawn_once
def forecast(history: pd.DataFrame, ahead: pd.DataFrame) -> go.Figure:
    """Draw weekly demand and its forecast (history: period, value; ahead: period, value, low, high)."""
    made = figure(y="件/周")
    made.add_bar(
        x=history["period"],
        y=history["value"],
        name="实际",
        marker_color=BLUE,
        hovertemplate="%{x|%Y-%m-%d} 起一周<br>实际 %{y:,.0f} 件<extra></extra>",
    )
    made.add_bar(
        x=ahead["period"],
        y=ahead["value"],
        name="预测（80% 区间）",
        marker={"color": faint(ORANGE, 0.55)},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": ahead["high"] - ahead["value"],
            "arrayminus": ahead["value"] - ahead["low"],
            "color": ORANGE,
            "thickness": 2,
        },
        customdata=ahead[["low", "high"]],
        hovertemplate="%{x|%Y-%m-%d} 起一周<br>预测 %{y:,.0f} 件（%{customdata[0]:,.0f}–%{customdata[1]:,.0f}）<extra></extra>",
    )
    made.update_yaxes(rangemode="tozero", tickformat=",d")
    made.update_layout(barmode="overlay")  # side by side a bar stands, and is chosen, beside its own day
    _dates(made)
    return made


@drawn_once
def survival(
    curves: dict[str, pd.DataFrame], cases: dict[str, float], least: int, limit: float | None = None
) -> go.Figure:
    """Draw the share still open by working days since acceptance (elapsed, open_share, low, high).

    ``cases``: of how many each curve tells; one of fewer than ``least`` is named, not drawn.
    """
    made = figure(x="受理后的工作日", y="仍未办结，%")
    few = [f"{name}（{cases[name]:.0f} 件）" for name in curves if cases[name] < least]
    curves = {name: rows for name, rows in curves.items() if cases[name] >= least}
    for colour, (name, rows) in zip(PALETTE, curves.items(), strict=False):
        _band(made, rows["elapsed"], rows["low"] * 100, rows["high"] * 100, colour)
        made.add_scatter(
            x=rows["elapsed"],
            y=rows["open_share"] * 100,
            name=name,
            mode="lines",
            line={"color": colour, "width": 3, "shape": "hv"},
            hovertemplate=name + "：第 %{x:.1f} 个工作日仍有 %{y:.1f}% 未办结<extra></extra>",
        )
    if limit:
        made.update_xaxes(range=[0, limit])
    made.update_yaxes(range=[0, 101])
    return without_small(made, few)


@drawn_once
def before_after(rows: pd.DataFrame) -> go.Figure:
    """Draw seven-day counts and what was to be expected without the remedy.

    ``rows``: start, observed, expected, low, high (95% of the mean), after.
    """
    made = figure(height=340, y="件/7天")
    for name, part, colour in (("生效前", rows[~rows["after"]], BLUE), ("生效后", rows[rows["after"]], GREEN)):
        made.add_bar(
            x=part["start"],
            y=part["observed"],
            name=name,
            marker_color=colour,
            customdata=part["expected"],
            hovertemplate="%{x|%Y-%m-%d} 起七天<br>受理 %{y:,.0f} 件，若无措施应有 %{customdata:,.1f} 件<extra></extra>",
        )
    _band(made, rows["start"], rows["low"], rows["high"], ORANGE)
    made.add_scatter(
        x=rows["start"],
        y=rows["expected"],
        name="若无措施应有",
        mode="lines",
        line={"color": ORANGE, "width": 2.5},
        hoverinfo="skip",
    )
    made.add_vline(x=rows.loc[rows["after"], "start"].min(), line={"color": GREY, "dash": "dash", "width": 2})
    made.update_yaxes(rangemode="tozero")
    made.update_layout(barmode="overlay")  # see forecast
    _dates(made)
    return made


def _band(made: go.Figure, x: pd.Series, low: pd.Series, high: pd.Series, colour: str) -> None:
    known = low.notna() & high.notna()
    x, low, high = x[known], low[known], high[known]
    made.add_scatter(
        x=pd.concat([x, x[::-1]]),
        y=pd.concat([high, low[::-1]]),
        fill="toself",
        fillcolor=faint(colour),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def _target(made: go.Figure, value: float, text: str) -> None:
    made.add_hline(
        y=value,
        line={"color": GREY, "dash": "dash", "width": 2},
        annotation_text=text,
        annotation_position="bottom right",
    )


def _dates(made: go.Figure) -> None:
    made.update_xaxes(tickformat="%y-%m-%d", hoverformat="%Y-%m-%d", nticks=8)
