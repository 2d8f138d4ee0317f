"""Kitagawa decomposition of the change of a rate: change of the mix of groups, and change within groups."""

from __future__ import annotations

import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics.compute import compute
from analytics.metrics.slices import Slice
from analytics.settings import Settings


def decompose(
    metric: str, ledger: Ledger, now: Slice, before: Slice, by: str, settings: Settings | None = None
) -> pd.DataFrame:
    """Return how the change of a rate between two periods splits over the groups of a dimension, a row a group.

    Columns: the dimension (str), share_before and share_now (of the denominator, fractions of 1), rate_before and rate_now
    (fractions of 1), mix and rate (differences of fractions). Kitagawa (1955): mix = Δshare × mean rate, rate = Δrate ×
    mean share; both columns together add up to the change of the whole. A group of one period only is all mix. Raises
    NotMeasurable as ``compute_many`` does.
    """
    both = []
    for slice in (before, now):
        rows = compute(metric, ledger, slice, by=(by,), settings=settings)
        rows = rows[rows["denominator"] > 0].set_index(by)[["numerator", "denominator"]]
        both.append(rows)
    old, new = both[0].align(both[1], join="outer", fill_value=0.0)
    frame = pd.DataFrame(index=old.index)
    frame["share_before"] = old["denominator"] / max(old["denominator"].sum(), 1)
    frame["share_now"] = new["denominator"] / max(new["denominator"].sum(), 1)
    rates = [rows["numerator"] / rows["denominator"].where(rows["denominator"] > 0) for rows in (old, new)]
    frame["rate_before"] = rates[0].fillna(rates[1])
    frame["rate_now"] = rates[1].fillna(rates[0])
    frame["mix"] = (frame["share_now"] - frame["share_before"]) * (frame["rate_now"] + frame["rate_before"]) / 2
    frame["rate"] = (frame["rate_now"] - frame["rate_before"]) * (frame["share_now"] + frame["share_before"]) / 2
    return frame.rename_axis(by).reset_index()
