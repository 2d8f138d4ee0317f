"""The ways that cases went: their stages in order, as one word that can be counted."""

from __future__ import annotations

import pandas as pd

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute_many, unmet

ARROW = " → "
MOST = 12
MEASURED = ("closures", "handling_median", "on_time_rate", "satisfaction")


def in_words(path: str) -> str:
    """Write a path in Chinese."""
    return ARROW.join(model.STAGES.get(stage, stage) for stage in path.split(">"))


def variants(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return the most frequent ways of the cases closed in the period, one row a path.

    Columns: path, closures, share, and of those closed or accepted in the period by that path
    handling_median, on_time_rate, satisfaction (NaN where unknown), each with __small.
    """
    known = [m for m in MEASURED if not unmet(m, ledger)]
    if "closures" not in known:
        return pd.DataFrame()
    rows = compute_many(known, ledger, slice, by=("path",))
    rows = rows[rows["path"].notna()]
    wide = rows.pivot(index="path", columns="metric", values="value").reindex(columns=list(MEASURED))
    small = rows.pivot(index="path", columns="metric", values="small").reindex(columns=list(MEASURED))
    wide = wide.join(small.eq(True).add_suffix("__small"))
    wide = wide[wide["closures"] > 0].sort_values("closures", ascending=False, kind="stable")
    wide["share"] = wide["closures"] / wide["closures"].sum()
    return wide.reset_index()


def moves(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return how often cases went from one stage to the next in the period: stage, next_stage, value."""
    frame = compute_many(("moves",), ledger, slice, by=("stage", "next_stage"))
    return frame[frame["value"] > 0][["stage", "next_stage", "value"]].reset_index(drop=True)
