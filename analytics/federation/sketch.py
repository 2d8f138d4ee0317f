"""Durations as counts in bins that grow in proportion: mergeable by addition, with a known error.

Bins as in DDSketch (Masson, Rim & Lee, VLDB 2019): bin ``i`` holds the times in (γ^(i−1), γ^i] with
γ = (1 + α) / (1 − α), and the value that stands for it is within α of every time in it. Times up to
ZERO lie in a bin of their own. Of each bin the ended and the still open times are counted apart, so
that Kaplan–Meier can be asked of sums of sketches.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.metrics.survival import of_counts

#: The relative error of a time, and the time (in the metric's unit) up to which it counts as none.
ALPHA, ZERO = 0.01, 1e-3
_GAMMA = (1 + ALPHA) / (1 - ALPHA)
_NONE = -(10**6)

#: Bin → (ended, still open).
Sketch = dict[int, tuple[int, int]]


def sketch(elapsed: np.ndarray, ended: np.ndarray, still: np.ndarray) -> Sketch:
    """Return the bins of times (n floats ≥ 0), each with how many ended and how many were last seen open then."""
    times = np.asarray(elapsed, float)
    bins = np.full(len(times), _NONE)
    some = times > ZERO
    bins[some] = np.ceil(np.log(times[some]) / np.log(_GAMMA) - 1e-9).astype(int)
    counted = pd.DataFrame({"bin": bins, "ended": ended, "still": still}).groupby("bin").sum()
    return {int(b): (int(e), int(o)) for b, e, o in counted.itertuples()}


def merged(sketches: list[Sketch]) -> Sketch:
    """Return the sum of sketches."""
    both: Sketch = {}
    for one in sketches:
        for bin, (ended, still) in one.items():
            had = both.get(bin, (0, 0))
            both[bin] = (had[0] + ended, had[1] + still)
    return dict(sorted(both.items()))


def size(of: Sketch) -> int:
    """Return how many times a sketch holds."""
    return sum(ended + still for ended, still in of.values())


def quantile(of: Sketch, wanted: float) -> tuple[float, float, float, float, float]:
    """Return a quantile by Kaplan–Meier: value, low, high (95%, log-log), and the least and most it can be in truth.

    Where nothing is still open the truth is within α of the value. Open times in a bin may lie before or
    after its ended ones; the last two numbers are the answers of both extremes, widened by α. NaN where
    too few have ended: with a least and no most, it can be never.
    """
    bins = np.array(list(of), int)
    ended, still = np.array(list(of.values()), float).reshape(-1, 2).T
    times = np.where(bins == _NONE, 0.0, 2 * _GAMMA ** np.maximum(bins, -5000).astype(float) / (_GAMMA + 1))
    survival = of_counts(times, ended, still)
    value, low, high = survival.quantile(wanted) if ended.any() else (float("nan"),) * 3
    earliest = of_counts(times, ended, still, open_first=True).quantile(wanted)[0]
    return value, low, high, earliest / (1 + ALPHA), value / (1 - ALPHA)
