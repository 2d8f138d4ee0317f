"""The ways that cases went: their stages in order, as one word that can be counted."""

from __future__ import annotations

import pandas as pd

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute_many, unmet

TABLE = "case_paths"
ARROW = " → "
MOST = 12
#: Stages in time order; the derived table has no follow-up, which comes from the case itself.
_SQL = """
SELECT s.case_no, string_agg(s.stage, '>' ORDER BY s.happened_at, list_position(
           ['accepted', 'transferred', 'received', 'returned', 'processing', 'paused', 'resumed', 'consulted',
            'supervised', 'replied', 'closed', 'reopened'], s.stage))
       || if(any_value(f.followed_up_at) IS NULL, '', '>followed_up') AS path
FROM stages s JOIN case_facts f USING (case_no)
WHERE s.stage NOT IN ('received', 'paused', 'resumed')
GROUP BY s.case_no
"""
MEASURED = ("closures", "handling_median", "on_time_rate", "satisfaction")


def attach_paths(ledger: Ledger) -> Ledger:
    """Return the ledger with the dimension ``path``: receiving and stopping the clock left out."""
    ledger.reader.put_once(TABLE, lambda: ledger.duckdb.frame(_SQL))
    return ledger.attach(TABLE, "path")


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
    rows = compute_many(known, attach_paths(ledger), slice, by=("path",))
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
