"""Pure functions from frames to Plotly figures, used by pages and briefings alike."""

from analytics.figures.bars import bands, funnel, grades, heat, odds, ranked, shares, stays
from analytics.figures.lines import flows_and_backlog, forecast, rate_over_time, survival

__all__ = [
    "bands",
    "flows_and_backlog",
    "forecast",
    "funnel",
    "grades",
    "heat",
    "odds",
    "ranked",
    "rate_over_time",
    "shares",
    "stays",
    "survival",
]
