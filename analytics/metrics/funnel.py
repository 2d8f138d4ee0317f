"""Comparison of groups by a rate: control limits of a funnel plot, and adjustment for case mix."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics.compute import compute
from analytics.metrics.query import NotMeasurable
from analytics.metrics.slices import Slice
from analytics.settings import Settings


def limits(centre: float, n: np.ndarray) -> pd.DataFrame:
    """Return the control limits of a rate ``centre`` for group sizes ``n``.

    Columns (float64): n, low95, high95, low998, high998 (fractions of 1). Source: Spiegelhalter (2005); the limits are
    Wilson's score test inverted for the group size, between 0 and 1.

    >>> limits(0.9, np.array([10, 100])).round(3)
           n  low95  high95  low998  high998
    0   10.0  0.714   1.000   0.607    1.000
    1  100.0  0.841   0.959   0.807    0.993
    """
    n = np.asarray(n, float)
    frame = {"n": n}
    for name, level in (("95", 0.95), ("998", 0.998)):
        half = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt(centre * (1 - centre) / np.maximum(n, 1))
        frame[f"low{name}"], frame[f"high{name}"] = np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)
    return pd.DataFrame(frame)


def funnel(
    metric: str, ledger: Ledger, slice: Slice, by: str, mix: str | None = None, settings: Settings | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return (groups, limit curves, overall rate) of a rate for a funnel plot.

    ``groups``: by, value, numerator, denominator, n, small, outside ('' within 95%, '95'
    outside it, '99.8' outside both). With ``mix`` (such as item_no) each group's value is
    adjusted for its case mix: overall × observed ÷ expected, where expected takes the
    overall rate of each kind of case (indirect standardisation). Small groups are marked and never outside.
    """
    overall = compute(metric, ledger, slice, settings=settings)
    centre = float(overall["value"].iloc[0])
    groups = compute(metric, ledger, slice, by=(by,), settings=settings)
    groups = groups[groups["denominator"] > 0]
    if mix:
        groups = groups.assign(value=_adjusted(metric, ledger, slice, by, mix, groups, centre, settings))
    groups = groups.reset_index(drop=True)
    own = limits(centre, groups["denominator"].to_numpy(float))
    beyond95 = (groups["value"] < own["low95"]) | (groups["value"] > own["high95"])
    beyond998 = (groups["value"] < own["low998"]) | (groups["value"] > own["high998"])
    groups["outside"] = np.select([groups["small"], beyond998, beyond95], ["", "99.8", "95"], "")
    largest = groups.loc[~groups["small"], "denominator"].max() if not groups["small"].all() else 100
    return groups, limits(centre, np.linspace(5, max(float(largest) * 1.05, 30), 120)), centre


def _adjusted(
    metric: str,
    ledger: Ledger,
    slice: Slice,
    by: str,
    mix: str,
    groups: pd.DataFrame,
    centre: float,
    settings: Settings | None,
) -> np.ndarray:
    if reason := ledger.lacks(("item",) if mix == "item_no" else ()):
        raise NotMeasurable(f"台账里没有{'、'.join(reason)}，不能按事项难度校正")
    kinds = compute(metric, ledger, slice, by=(mix,), settings=settings).set_index(mix)["value"]
    cells = compute(metric, ledger, slice, by=(by, mix), settings=settings)
    cells["expected"] = cells["denominator"] * cells[mix].map(kinds).to_numpy(float)
    cells.loc[cells[mix].isna(), "expected"] = (
        cells["denominator"] * float(kinds[kinds.index.isna()].mean()) if kinds.index.isna().any() else np.nan
    )
    expected = cells.groupby(by, dropna=False)["expected"].sum()
    ratio = groups["numerator"].to_numpy(float) / expected.reindex(groups[by]).to_numpy(float)
    return np.clip(centre * ratio, 0, 1)
