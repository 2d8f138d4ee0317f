"""Figures: a small sample is never drawn, it is named; missing values are never drawn as zero."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics import figures

#: What a small sample's value is in every frame below: nothing of the kind may lie in a figure's data.
TELLTALE = 0.777
MONTHS = pd.to_datetime(["2026-08-01", "2026-09-01", "2026-10-01"])


def rates(dimension: str, **more: object) -> pd.DataFrame:
    """Three groups of a rate, 丙 of too few cases."""
    frame = {"value": [0.9, 0.8, TELLTALE], "low": [0.85, 0.7, 0.4], "high": [0.93, 0.9, 0.95]}
    frame |= {"numerator": [90, 80, 3], "denominator": [100, 100, 4], "n": [100, 100, 4], "small": [False, False, True]}
    return pd.DataFrame({dimension: ["甲", "乙", "丙"]} | frame | more)


def limits() -> pd.DataFrame:
    n = np.linspace(5, 110, 30)
    return pd.DataFrame({"n": n} | {c: np.full(30, 0.8) for c in ("low95", "high95", "low998", "high998")})


def graded() -> pd.DataFrame:
    rows = [("甲", 5, 40.0), ("甲", 1, 10.0), ("丙", 5, 7.0)]
    return pd.DataFrame(rows, columns=["department", "grade", "value"])


def by_month() -> pd.DataFrame:
    rows = [("甲", MONTHS[0], 50.0), ("乙", MONTHS[0], 50.0), ("甲", MONTHS[1], 7.0)]
    return pd.DataFrame(rows, columns=["channel", "period", "value"])


def over_time() -> pd.DataFrame:
    return rates("group", metric="on_time_rate", period=MONTHS)


def curve(share: float) -> pd.DataFrame:
    return pd.DataFrame({"elapsed": [0.0, 1.0], "open_share": [1.0, share], "low": [1.0, share], "high": [1.0, share]})


CURVES = {"本期": curve(0.2), "上期": curve(TELLTALE)}
STAYS = pd.DataFrame({"stage": ["accepted", "replied"], "median": [2.0, TELLTALE], "p90": [5.0, TELLTALE], "n": [50, 4], "small": [False, True]})  # fmt: skip
BANDS = pd.DataFrame({"told": [0.9, 0.5], "right": [0.88, TELLTALE], "n": [200, 4]})
CELLS = pd.DataFrame({"module": ["finance", "legal"], "stage": ["accepted", "replied"], "value": [2.0, TELLTALE], "small": [False, True]})  # fmt: skip
STEPS = pd.DataFrame({"name": ["受理", "办结"], "metric": ["demand", "closure_rate"], "value": [4.0, 3.0], "share": [1.0, TELLTALE], "small": [True, True], "side": [False, False]})  # fmt: skip

#: Every figure that shows rates, shares or durations → (made from a frame with a small sample, what is named below).
DRAWN: dict[str, tuple[Callable[[], go.Figure], str]] = {
    "ranked": (lambda: figures.ranked(rates("department"), "department", "%", "按期办结率"), "丙"),
    "heat": (lambda: figures.heat(CELLS, "module", "stage", "个工作日"), "法治服务 反馈"),
    "funnel": (lambda: figures.funnel(rates("department", outside=""), limits(), "department", 0.85, "按期率"), "丙"),
    "grades": (lambda: figures.grades(graded(), "department", 30), "丙（7 件）"),
    "stays": (lambda: figures.stays(STAYS), "反馈之后（4 次）"),
    "shares": (lambda: figures.shares(by_month(), "channel", 10), "2026-09"),
    "odds": (lambda: figures.odds(rates("circumstance", met=[True, False, True])), "丙（4 件）"),
    "reached": (lambda: figures.reached(STEPS), ""),
    "calibration": (lambda: figures.calibration(BANDS, 10), "把握约 50%（4 件）"),
    "rate_over_time": (lambda: figures.rate_over_time(over_time(), {"on_time_rate": "按期办结率"}), "2026-10"),
    "survival": (lambda: figures.survival(CURVES, {"本期": 100, "上期": 4}, 10), "上期（4 件）"),
}
#: Figures of counts, which are never too few to be counted, and what only draws.
COUNTS = {
    "bands", "went", "case_map", "crossed", "small_line", "sparkline", "tree", "trend_with_alarms", "before_after", "flows_and_backlog", "forecast",
}  # fmt: skip


def test_every_figure_is_looked_at() -> None:
    known = {name for name in figures.__all__ if inspect.isfunction(getattr(figures, name))}
    assert known == set(DRAWN) | COUNTS


@pytest.mark.parametrize("name", DRAWN)
def test_a_small_sample_is_a_word_and_never_drawn(name: str) -> None:
    make, named = DRAWN[name]
    made = make()
    drawn = json.dumps(made.to_plotly_json()["data"], default=lambda v: np.asarray(v).tolist())
    assert "777" not in drawn.replace("77.7", "777")
    assert "77.7" not in drawn
    if named.startswith("丙"):
        assert "\\u4e19" not in drawn
    assert (f"样本不足未画：{named}。" == made.layout.meta) if named else made.layout.meta is None


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_large_enough_is_drawn_and_nothing_is_named(name: str) -> None:
    frame = rates("department").assign(small=False, outside="")
    if name == "ranked":
        made = figures.ranked(frame, "department", "%", "按期办结率")
        assert list(made.data[0].y) == ["丙", "乙", "甲"]  # from the bottom up
    elif name == "funnel":
        made = figures.funnel(frame, limits(), "department", 0.85, "按期率")
        assert len(made.data[-1].x) == 3
    elif name == "rate_over_time":
        made = figures.rate_over_time(over_time().assign(small=False), {"on_time_rate": "按期办结率"})
        assert made.data[-1].y[2] == pytest.approx(77.7)
    else:
        return
    assert made.layout.meta is None


def test_many_small_samples_are_counted_and_not_all_named() -> None:
    many = pd.DataFrame({"department": [f"{i}局" for i in range(40)], "value": 0.5, "low": 0.1, "high": 0.9, "n": 3, "small": True})  # fmt: skip
    made = figures.ranked(many, "department", "%", "按期办结率")
    assert made.layout.meta.endswith("等 40 个。")
    assert not len(made.data[0].y)


def test_the_same_rows_are_drawn_once_and_others_anew() -> None:
    frame = pd.DataFrame({"stage": ["accepted"], "median": [1.0], "p90": [2.0], "n": [40], "small": [False]})
    first = figures.stays(frame)
    assert figures.stays(frame.copy()) is first
    for column, value in (("median", 1.5), ("n", 41), ("stage", "closed")):
        assert figures.stays(frame.assign(**{column: value})) is not first
    assert figures.stays(frame.rename(index={0: 7})) is not first
    assert figures.heat(frame.assign(value=1.0, module="a"), "module", "stage").to_dict() != first.to_dict()
