"""The first page as one writes it with Streamlit and pandas alone: what the product is measured against (see rivals).

Usage: streamlit run plain_app.py -- FOLDER   (FOLDER holds facts.parquet)
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import plotly.express as px
import streamlit as st

NOW = pd.Timestamp("2026-11-24 17:30:01")
COLUMNS = ["accepted_at", "closed_at", "due_at", "module", "grade", "rated_at", "accepted_time", "closed_time"]


@st.cache_data
def facts() -> pd.DataFrame:
    """Return the cases, read once a process."""
    return pd.read_parquet(Path(sys.argv[1]) / "facts.parquet", columns=COLUMNS)


def five(cases: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, float]:
    """Count the five numbers of a period."""
    end = min(end, NOW)
    accepted = cases[(cases["accepted_at"] >= start) & (cases["accepted_at"] < end)]
    due = cases[(cases["due_at"] >= start) & (cases["due_at"] < end)]
    rated = cases[(cases["rated_at"] >= start) & (cases["rated_at"] < end)]
    return {
        "受理量": len(accepted),
        "按期办结率": (due["closed_at"] <= due["due_at"]).mean(),
        "超期未办": int((cases["closed_at"].isna() & (cases["due_at"] < end)).sum()),
        "办理时长中位数": (accepted["closed_time"] - accepted["accepted_time"]).median(),
        "满意率": (rated["grade"] >= 3).mean(),
    }


st.set_page_config(layout="wide")
st.title("总览")
cases = facts()
month = pd.Timestamp("2026-11-01")
now, before = five(cases, month, NOW), five(cases, month - pd.DateOffset(months=1), month)
weeks = pd.date_range("2026-08-31", "2026-11-22", freq="7D")
series = [five(cases, w, w + pd.Timedelta("7D")) for w in weeks]
for column, (name, value) in zip(st.columns(5), now.items(), strict=True):
    column.metric(
        name, f"{value:,.3f}", f"{value - before[name]:.3f}", chart_data=[s[name] for s in series], chart_type="line"
    )
recent = cases[cases["accepted_at"] >= weeks[0]]
by_week = recent.groupby(["module", pd.Grouper(key="accepted_at", freq="W")]).size().reset_index(name="件")
st.plotly_chart(px.line(by_week, x="accepted_at", y="件", color="module"))
st.dataframe(pd.DataFrame({m: five(c, month, NOW) for m, c in cases.groupby("module")}).T)
st.caption("读完")
