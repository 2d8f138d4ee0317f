"""Pure functions from frames to Plotly figures, used by pages and briefings alike."""

from analytics.figures.bars import bands, funnel, grades, heat, odds, ranked, shares, stays
from analytics.figures.flow import reached, went
from analytics.figures.issues import (
    calibration,
    case_map,
    crossed,
    small_line,
    sparkline,
    tree,
    trend_with_alarms,
)
from analytics.figures.lines import before_after, flows_and_backlog, forecast, rate_over_time, survival

__all__ = [
    "bands",
    "before_after",
    "calibration",
    "case_map",
    "crossed",
    "flows_and_backlog",
    "forecast",
    "funnel",
    "grades",
    "heat",
    "odds",
    "ranked",
    "rate_over_time",
    "reached",
    "shares",
    "small_line",
    "sparkline",
    "stays",
    "survival",
    "tree",
    "trend_with_alarms",
    "went",
]
