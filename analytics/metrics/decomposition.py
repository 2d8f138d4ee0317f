"""What drives a change: the mix of cases or the rates themselves, group by group."""

from __future__ import annotations

import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics.compute import compute
from analytics.metrics.slices import Slice
from analytics.settings import Settings


def decompose(
    metric: str, ledger: Ledger, now: Slice, before: Slice, by: str, settings: Settings | None = None
) -> pd.DataFrame:
    """Split the change of a rate between two periods over the groups of a dimension.

    Columns: the dimension, share_before, share_now (of the denominator), rate_before, rate_now,
    mix, rate. Kitagawa (1955): mix = Δshare × mean rate, rate = Δrate × mean share; the two
    columns add up to the change of the whole. A group of one period only is all mix.
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
