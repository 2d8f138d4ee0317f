"""Figures of recurring problems: trend with alarms, the map of all cases, the tree, crossings."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.figures.bars import points_of_cells
from analytics.figures.memory import drawn_once
from analytics.figures.style import BLUE, GREY, INK, ORANGE, PALETTE, RED, faint, figure, without_small

#: Adjusted residual beyond which a cell differs from expectation (two-sided 1%).
REMARKABLE = 2.58


@drawn_once
def trend_with_alarms(counts: pd.Series, expected: pd.Series, alarm: pd.Series, repeats: pd.Series) -> go.Figure:
    """Draw weekly counts as bars (weeks in alarm red) and what was expected as a line; index: Mondays.

    ``repeats``: how many of ``counts`` say again what was said before; they stand in the hover.
    """
    made = figure(y="件/周")
    told = pd.DataFrame({"expected": expected, "repeats": repeats})
    for name, chosen, colour in (("受理", ~alarm, BLUE), ("预警", alarm, RED)):
        if chosen.any():
            made.add_bar(
                x=counts.index[chosen],
                y=counts[chosen],
                name=name,
                marker_color=colour,
                customdata=told[chosen],
                hovertemplate="%{x|%Y-%m-%d} 起一周<br>"
                + name
                + " %{y:,.0f} 件，其中重复 %{customdata[1]:,.0f} 件；预期 %{customdata[0]:,.1f} 件（不含重复）<extra></extra>",
            )
    made.add_scatter(
        x=expected.index,
        y=expected,
        name="预期",
        mode="lines",
        line={"color": ORANGE, "width": 2.5},
        hovertemplate="%{x|%Y-%m-%d} 起一周<br>预期 %{y:,.1f} 件<extra></extra>",
    )
    made.update_layout(barmode="overlay")
    made.update_yaxes(rangemode="tozero")
    made.update_xaxes(tickformat="%Y-%m-%d", nticks=8)
    return made


@drawn_once
def case_map(points: pd.DataFrame, middles: pd.DataFrame) -> go.Figure:
    """Draw every case as a point, a colour a type (the palette repeats); each type bears its number, and its name where there is room.

    ``points``: x, y, case_no, type_id, type; ``middles``: x, y, name of every type, largest first (they are numbered so),
    indexed by type_id.
    """
    made = figure(height=620, legend=False)
    for number, (id, rows) in enumerate(points.groupby("type_id", sort=False)):
        made.add_scattergl(
            x=rows["x"],
            y=rows["y"],
            mode="markers",
            marker={"size": 4, "color": PALETTE[number % len(PALETTE)], "opacity": 0.55},
            customdata=rows["case_no"],
            hovertemplate=f"{html.escape(str(rows['type'].iloc[0]))}<br>工单 %{{customdata}}<extra></extra>",
            name=str(id),
        )
    named = _apart(middles)
    for number, row in enumerate(middles.itertuples(), 1):
        made.add_annotation(
            x=row.x,
            y=row.y,
            text=f"{number} {html.escape(_short(row.name))}" if number - 1 in named else str(number),
            showarrow=False,
            bgcolor="rgba(255,255,255,0.75)",
            borderpad=0,
            font={"size": 13 if number - 1 in named else 11},
        )
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False)
    made.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, dragmode="pan")
    return made


#: Two names keep so much of the map's width and height apart, so that they do on a phone; a name keeps so much from a number.
_ROOM, _ROOM_OF_NUMBER = (0.42, 0.05), (0.09, 0.03)


def _apart(middles: pd.DataFrame) -> set[int]:
    """Return the places of the names, largest types first, that lie over no other name and no type's number."""
    width, height = np.ptp(middles["x"]) or 1.0, np.ptp(middles["y"]) or 1.0
    x, y = middles["x"].to_numpy() / width, middles["y"].to_numpy() / height
    kept: list[int] = []
    for i in range(len(middles)):
        near = (abs(x - x[i]) <= _ROOM_OF_NUMBER[0]) & (abs(y - y[i]) <= _ROOM_OF_NUMBER[1])
        if near.sum() == 1 and all(abs(x[i] - x[j]) > _ROOM[0] or abs(y[i] - y[j]) > _ROOM[1] for j in kept):
            kept.append(i)
    return set(kept)


def _short(name: str, length: int = 10) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"


@drawn_once
def tree(nodes: pd.DataFrame) -> go.Figure:
    """Draw module → type → problem as nested boxes (id, parent, name, cases; parent '' at the top)."""
    made = figure(height=620, legend=False)
    made.add_treemap(
        ids=nodes["id"],
        parents=nodes["parent"],
        labels=[_wrapped(n) for n in nodes["name"]],
        hovertext=nodes["name"],
        values=nodes["cases"],
        branchvalues="total",
        maxdepth=2,
        customdata=nodes["id"],
        texttemplate="%{label}<br>%{value:,} 件",
        hovertemplate="%{hovertext}<br>%{value:,} 件，占上一层 %{percentParent:.1%}<extra></extra>",
        marker={
            "colors": [faint(PALETTE[i % len(PALETTE)], 0.35) for i in _top_number(nodes)],
            "pad": {"t": 24, "l": 3, "r": 3, "b": 3},
        },
        textfont={"color": INK, "size": 14},
        pathbar={"visible": True},
    )
    made.update_layout(margin={"l": 0, "r": 0, "t": 4, "b": 0})
    return made


def _wrapped(name: str, line: int = 8) -> str:
    return "<br>".join(name[i : i + line] for i in range(0, len(name), line))


def _top_number(nodes: pd.DataFrame) -> list[int]:
    """Return for each node the number of its module, so that a module has one colour."""
    parent = dict(zip(nodes["id"], nodes["parent"], strict=True))
    tops = {id: n for n, id in enumerate(nodes.loc[nodes["parent"] == "", "id"])}

    def top(id: str) -> int:
        while parent[id]:
            id = parent[id]
        return tops[id]

    return [top(i) for i in nodes["id"]]


@drawn_once
def crossed(cells: pd.DataFrame, rows: str, columns: str) -> go.Figure:
    """Draw counts of two dimensions crossed; ▲▼ mark cells beyond what the margins lead to expect.

    ``cells``: row, column (labels), value, residual (adjusted), in display order.
    """
    order_r, order_c = list(dict.fromkeys(cells["row"])), list(dict.fromkeys(cells["column"]))
    value = cells.pivot(index="row", columns="column", values="value").reindex(index=order_r, columns=order_c)
    residual = cells.pivot(index="row", columns="column", values="residual").reindex(index=order_r, columns=order_c)
    mark = np.select([residual.to_numpy() > REMARKABLE, residual.to_numpy() < -REMARKABLE], ["▲", "▼"], "")
    text = [
        [f"{v:,.0f}{m}" for v, m in zip(vs, ms, strict=True)] for vs, ms in zip(value.to_numpy(), mark, strict=True)
    ]
    codes = cells.assign(codes=cells["row_code"] + "|" + cells["column_code"])
    custom = codes.pivot(index="row", columns="column", values="codes").reindex(index=order_r, columns=order_c)
    made = figure(height=max(280, 90 + 30 * len(order_r)), legend=False, x=columns, y=rows)
    made.add_heatmap(
        z=residual.clip(-8, 8),
        x=order_c,
        y=order_r,
        text=text,
        texttemplate="%{text}",
        colorscale=[[0, "#2474b0"], [0.5, "#ffffff"], [1, "#D55E00"]],
        zmid=0,
        showscale=False,
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    told = [
        [f"{v:,.0f} 件" + ("" if z != z else f"<br>与预期相比的标准化差 {z:.1f}") for v, z in zip(vs, zs, strict=True)]
        for vs, zs in zip(value.to_numpy(), residual.to_numpy(), strict=True)
    ]
    points_of_cells(made, order_c, order_r, custom.to_numpy().tolist(), told)
    made.update_yaxes(autorange="reversed")
    return made


@drawn_once
def calibration(bands: pd.DataFrame, least: int) -> go.Figure:
    """Draw how often suggestions were right against how sure they were (told, right, n).

    A band of fewer than ``least`` cases is named, not drawn.
    """
    few, bands = bands[bands["n"] < least], bands[bands["n"] >= least]
    made = figure(height=300, legend=False, x="模型给出的把握，%", y="实际正确，%")
    made.add_scatter(x=[0, 100], y=[0, 100], mode="lines", line={"color": GREY, "dash": "dash"}, hoverinfo="skip")
    made.add_scatter(
        x=bands["told"] * 100,
        y=bands["right"] * 100,
        mode="lines+markers+text",
        text=[f"{n:,} 件" for n in bands["n"]],
        textposition="top left",
        marker={"size": 10, "color": BLUE},
        hovertemplate="把握 %{x:.0f}%：正确 %{y:.0f}%（%{text}）<extra></extra>",
    )
    made.update_xaxes(range=[0, 103])
    made.update_yaxes(range=[0, 110])
    return without_small(
        made, [f"把握约 {t:.0%}（{n:.0f} 件）" for t, n in zip(few["told"], few["n"], strict=True) if n > 0]
    )


def sparkline(values: Sequence[float], marked: Sequence[bool] = (), width: int = 220, height: int = 36) -> str:
    """Return a small bar chart as the address of an SVG image, one bar a value; marked ones red."""
    largest = max([*values, 1])
    step = width / max(len(values), 1)
    flags = list(marked) or [False] * len(values)
    bars = "".join(
        f'<rect x="{i * step:.1f}" y="{height - v / largest * height:.1f}" width="{step * 0.75:.1f}"'
        f' height="{v / largest * height:.1f}" fill="{RED if flag else BLUE}"/>'
        for i, (v, flag) in enumerate(zip(values, flags, strict=True))
    )
    return _address(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{bars}</svg>')


def small_line(values: Sequence[float], width: int = 220, height: int = 56) -> str:
    """Return a line through two values and more as the address of an SVG image, least at the bottom, that stretches."""
    least, largest = min(values), max(values)
    room = (largest - least) or 1.0
    points = " ".join(
        f"{2 + i * (width - 4) / (len(values) - 1):.1f},{height - 3 - (v - least) / room * (height - 6):.1f}"
        for i, v in enumerate(values)
    )
    return _address(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none"><polyline'
        f' points="{points}" fill="none" stroke="{GREY}" stroke-width="1.8" vector-effect="non-scaling-stroke"/></svg>'
    )


def _address(drawn: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()
