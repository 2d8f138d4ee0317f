"""Bars, heat maps and funnels: figures that compare groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics import model
from analytics.figures.memory import drawn_once
from analytics.figures.style import (
    BAND_COLOURS,
    BLUE,
    GRADE_COLOURS,
    GREY,
    HEAT,
    INK,
    ORANGE,
    PALE,
    RED,
    drawable,
    figure,
    left_out,
    without_small,
)
from analytics.wording import number


def labels(frame: pd.DataFrame, dimension: str) -> list[str]:
    """Return the Chinese labels of a dimension's column."""
    return [model.label_of(dimension, v) for v in frame[dimension]]


@drawn_once
def ranked(frame: pd.DataFrame, dimension: str, unit: str, name: str, target: float | None = None) -> go.Figure:
    """Draw one bar a group, largest on top; whiskers where there is an interval. Small samples are named, not drawn.

    ``frame``: the dimension, value, low, high, n, small.
    """
    rows = drawable(frame).dropna(subset=["value"]).sort_values("value")
    scale = 100 if unit == "%" else 1
    made = figure(height=max(160, 60 + 30 * len(rows)), legend=False, x=f"{name}，{unit}")
    known = rows["low"].notna() & rows["high"].notna()
    error = {
        "type": "data",
        "symmetric": False,
        "array": np.where(known, rows["high"] - rows["value"], 0) * scale,
        "arrayminus": np.where(known, rows["value"] - rows["low"], 0) * scale,
        "color": GREY,
        "thickness": 1.5,
    }
    words = [number(v, unit) for v in rows["value"]]
    made.add_bar(
        y=labels(rows, dimension),
        x=rows["value"] * scale,
        orientation="h",
        marker_color=BLUE,
        text=words,
        textposition="auto",
        insidetextanchor="start",
        error_x=error if known.any() else None,
        customdata=rows[dimension].astype(str),
        hovertemplate="%{y}：%{text}<extra></extra>",
    )
    if target is not None:
        made.add_vline(x=target * scale, line={"color": RED, "dash": "dash"})
    made.update_yaxes(showgrid=False)
    return without_small(made, labels(left_out(frame), dimension))


@drawn_once
def heat(
    frame: pd.DataFrame, row: str, column: str, unit: str = "件", column_labels: dict[object, str] | None = None
) -> go.Figure:
    """Draw a heat map of values (frame: row, column, value); an empty cell is no data, not zero, or a small sample."""
    small, frame = left_out(frame), drawable(frame)
    table = frame.pivot_table(index=row, columns=column, values="value", aggfunc="sum", sort=False)
    if column == "stage":
        table = table.reindex([s for s in model.STAGES if s in table.columns], axis=1)
    elif column != "period":
        table = table.reindex(sorted(table.columns), axis=1)
    table = table.sort_index(ascending=False) if row in ("weekday", "hour") else table.iloc[::-1]
    heads = [(column_labels or {}).get(c, c) for c in table.columns]
    names = [model.label_of(row, v) for v in table.index]
    made = figure(height=90 + 34 * len(table), legend=False)
    made.add_heatmap(
        z=table.to_numpy(float),
        x=heads,
        y=names,
        colorscale=HEAT,
        xgap=1,
        ygap=1,
        zmin=0,
        zmax=max(float(frame["value"].fillna(0).max()) if len(frame) else 0.0, 1e-9),
        colorbar={"title": unit, "thickness": 10, "outlinewidth": 0},
        hoverinfo="skip",
    )
    digits = 0 if unit == "件" else 1
    told = [["—" if v != v else f"{v:,.{digits}f} {unit}" for v in row] for row in table.to_numpy(float)]
    points_of_cells(made, heads, names, [[f"{r}|{c}" for c in table.columns] for r in table.index], told)
    made.update_yaxes(showgrid=False, type="category")
    made.update_xaxes(type="category", nticks=14)
    heads_of = {c: str((column_labels or {}).get(c, model.label_of(column, c))) for c in small[column].unique()}
    names = [f"{model.label_of(row, r)} {heads_of[c]}" for r, c in zip(small[row], small[column], strict=True)]
    return without_small(made, names)


def points_of_cells(made: go.Figure, columns: list, rows: list, codes: list[list[str]], told: list[list[str]]) -> None:
    """Lay a point into the middle of every cell of a heat map: it carries the cell's code and words, and is chosen.

    Plotly lets nobody choose a heat map's cell: a click on it is answered by no selection.
    """
    every = [(x, y, codes[r][c], told[r][c]) for r, y in enumerate(rows) for c, x in enumerate(columns)]
    x, y, code, text = (list(v) for v in zip(*every, strict=True)) if every else ([], [], [], [])
    made.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"size": 9, "color": INK, "opacity": 0},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=code,
        text=text,
        hovertemplate="%{y} %{x}：%{text}<extra></extra>",
        showlegend=False,
    )
    made.update_layout(hoverdistance=-1)  # the nearest middle is that of the cell pointed at, however wide it is


@drawn_once
def funnel(frame: pd.DataFrame, limits: pd.DataFrame, dimension: str, centre: float, name: str) -> go.Figure:
    """Draw a funnel plot: each group's rate against its size, with 95% and 99.8% limits.

    ``frame``: dimension, value, n, small, outside ('' , '95', '99.8'); ``limits``: n, low95, high95,
    low998, high998; rates are fractions of 1. Small samples are named, not drawn.
    """
    small, frame = left_out(frame), drawable(frame)
    made = figure(height=420, x="分母，件", y=f"{name}，%")
    for low, high, dash, label in (
        ("low95", "high95", "dot", "95% 界限"),
        ("low998", "high998", "solid", "99.8% 界限"),
    ):
        for column in (low, high):
            made.add_scatter(
                x=limits["n"],
                y=limits[column] * 100,
                mode="lines",
                line={"color": GREY, "width": 1.5, "dash": dash},
                name=label,
                legendgroup=label,
                showlegend=column == high,
                hoverinfo="skip",
            )
    made.add_hline(
        y=centre * 100,
        line={"color": BLUE, "width": 1.5},
        annotation_text=f"全区 {centre * 100:.1f}%",
        annotation_position="top left",
    )
    colours = {"": BLUE, "95": ORANGE, "99.8": RED}
    names = labels(frame, dimension)
    shown = [n if o else "" for n, o in zip(names, frame["outside"], strict=True)]
    made.add_scatter(
        x=frame["n"],
        y=frame["value"] * 100,
        mode="markers+text",
        text=shown,
        textposition="top center",
        name=model.DIMENSIONS[dimension],
        marker={"size": 12, "color": [colours[o] for o in frame["outside"]], "line": {"color": "white", "width": 1}},
        customdata=np.column_stack([frame[dimension].astype(str), names]),
        showlegend=False,
        hovertemplate="%{customdata[1]}：%{y:.1f}%（分母 %{x:,.0f} 件）<extra></extra>",
    )
    floor = min(frame["value"].min(), limits["low95"].iloc[len(limits) // 3]) if len(frame) else 0
    made.update_yaxes(range=[max(0, floor * 100 - 6), 106])
    made.update_xaxes(rangemode="tozero")
    return without_small(made, labels(small, dimension))


@drawn_once
def bands(frame: pd.DataFrame, dimension: str, order: tuple[str, ...]) -> go.Figure:
    """Draw overdue open cases by group and band of working days overdue, stacked."""
    made = figure(height=max(240, 80 + 32 * frame[dimension].nunique(dropna=False)), x="超期未办，件")
    totals = frame.groupby(dimension, dropna=False)["value"].sum().sort_values()
    for colour, band in zip(BAND_COLOURS, order, strict=True):
        part = frame[frame["overdue_band"] == band].set_index(dimension)["value"].reindex(totals.index).fillna(0)
        made.add_bar(
            y=[model.label_of(dimension, v) for v in totals.index],
            x=part,
            name=f"{band} 天",
            orientation="h",
            marker_color=colour,
            customdata=[[str(v), band] for v in totals.index],
            hovertemplate="%{y}：超期 " + band + " 个工作日 %{x:,.0f} 件<extra></extra>",
        )
    made.update_layout(barmode="stack")
    made.update_yaxes(showgrid=False)
    return made


@drawn_once
def grades(frame: pd.DataFrame, dimension: str, least: int) -> go.Figure:
    """Draw the five grades of each group as shares of its ratings, counts in the hover.

    A group with fewer than ``least`` ratings is named, not drawn.
    """
    totals = frame.groupby(dimension, dropna=False)["value"].sum()
    every = list(dict.fromkeys(frame[dimension]))
    order = [g for g in every if totals[g] >= least]
    made = figure(height=max(240, 90 + 32 * len(order)), x="占评价的比例，%")
    for grade, name in model.GRADES.items():
        part = frame[frame["grade"] == grade].set_index(dimension)["value"].reindex(order).fillna(0)
        whole = totals.reindex(order)
        made.add_bar(
            y=[model.label_of(dimension, v) + f"（{int(t)}）" for v, t in zip(order, whole, strict=True)],
            x=part / whole * 100,
            name=name,
            orientation="h",
            marker_color=GRADE_COLOURS[grade],
            customdata=np.column_stack([part, [str(v) for v in order], np.full(len(order), str(grade))]),
            hovertemplate="%{y} " + name + "：%{x:.1f}%（%{customdata[0]:.0f} 件）<extra></extra>",
        )
    made.update_layout(barmode="stack", legend_traceorder="normal")
    made.update_yaxes(showgrid=False, autorange="reversed")
    few = [g for g in every if totals[g] < least]
    return without_small(made, [f"{model.label_of(dimension, g)}（{int(totals[g])} 件）" for g in few])


@drawn_once
def stays(frame: pd.DataFrame) -> go.Figure:
    """Draw median and P90 stay in each stage (frame: stage, median, p90, n, small); small samples are named, not drawn."""
    made = figure(height=320, x="个工作日")
    small = [
        f"{model.label_of('stage', s)}之后（{n:.0f} 次）"
        for s, n in frame.loc[frame["small"], ["stage", "n"]].to_numpy()
    ]
    frame = drawable(frame)
    names = [f"{model.label_of('stage', s)}之后" for s in frame["stage"]]
    for column, name, colour in (("p90", "第 90 百分位", PALE), ("median", "中位数", BLUE)):
        made.add_bar(
            y=names,
            x=frame[column],
            name=name,
            orientation="h",
            marker_color=colour,
            customdata=np.column_stack([frame["n"], frame["stage"]]),
            text=[number(v, "天") for v in frame[column]],
            textposition="outside",
            textfont_size=13,
            constraintext="none",
            cliponaxis=False,
            hovertemplate="%{y}停留" + name + " %{x:.1f} 个工作日（%{customdata[0]} 次）<extra></extra>",
        )
    made.update_yaxes(showgrid=False, autorange="reversed")
    return without_small(made, small)


@drawn_once
def shares(frame: pd.DataFrame, dimension: str, least: int) -> go.Figure:
    """Draw each group's share of a total over time, stacked to 100 (frame: dimension, period, value).

    A month with fewer than ``least`` cases in all is named, not drawn.
    """
    made = figure(y="占受理量，%", height=360)
    totals = frame.groupby("period")["value"].transform("sum")
    few = frame.loc[(totals > 0) & (totals < least), "period"]
    frame, totals = frame[totals >= least], totals[totals >= least]
    frame = frame.assign(share=frame["value"] / totals.where(totals > 0) * 100)
    for value in frame.groupby(dimension, dropna=False)["value"].sum().sort_values(ascending=False).index:
        part = frame[frame[dimension].isna()] if value != value else frame[frame[dimension] == value]
        name = model.label_of(dimension, value)
        made.add_bar(
            x=part["period"],
            y=part["share"],
            name=name,
            customdata=np.column_stack([part["value"], part[dimension].astype(str)]),
            hovertemplate="%{x|%Y-%m} " + name + "：%{y:.1f}%（%{customdata[0]:.0f} 件）<extra></extra>",
        )
    made.update_layout(barmode="stack")
    made.update_xaxes(tickformat="%y-%m")
    return without_small(made, [f"{p:%Y-%m}" for p in sorted(few.unique())])


@drawn_once
def odds(frame: pd.DataFrame) -> go.Figure:
    """Draw the low-grade rate with and without each circumstance; small samples are named, not drawn.

    ``frame``: circumstance, met, value, low, high, numerator, denominator, small.
    """
    made = figure(height=300, x="差评占评价的比例，%")
    for met, name, colour in ((True, "有此情形", RED), (False, "无此情形", BLUE)):
        rows = drawable(frame)[drawable(frame)["met"] == met]
        made.add_bar(
            y=rows["circumstance"],
            x=rows["value"] * 100,
            name=name,
            orientation="h",
            marker_color=colour,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (rows["high"] - rows["value"]) * 100,
                "arrayminus": (rows["value"] - rows["low"]) * 100,
                "color": GREY,
            },
            customdata=rows[["numerator", "denominator"]],
            hovertemplate="%{y}，" + name + "：%{x:.1f}%（%{customdata[0]:.0f}/%{customdata[1]:.0f}）<extra></extra>",
        )
    made.update_yaxes(showgrid=False, autorange="reversed")
    few = left_out(frame)
    told = zip(few["circumstance"], few["met"], few["denominator"], strict=True)
    return without_small(made, [f"{'' if met else '没有'}{c}（{n:.0f} 件）" for c, met, n in told])
