"""Durations as counts in bins that grow in proportion: mergeable by addition, with a known error.

Bins as in DDSketch (Masson, Rim & Lee, VLDB 2019): bin ``i`` holds the times in (γ^(i−1), γ^i] with
γ = (1 + α) / (1 − α), and the value that stands for it is within α of every time in it. Times up to
ZERO lie in a bin of their own. Of each bin the ended and the still open times are counted apart, so
that Kaplan–Meier can be asked of sums of sketches.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.metrics.wilson import Z

#: The relative error of a time, and the time (in the metric's unit) up to which it counts as none.
ALPHA, ZERO = 0.01, 1e-3
_GAMMA = (1 + ALPHA) / (1 - ALPHA)
_NONE = -(10**6)

#: Bin → (ended, still open).
Sketch = dict[int, tuple[int, int]]


def sketch(elapsed: np.ndarray, happened: np.ndarray) -> Sketch:
    """Return the bins of times (n floats ≥ 0) and whether each ended (n bools)."""
    times = np.asarray(elapsed, float)
    bins = np.full(len(times), _NONE)
    some = times > ZERO
    bins[some] = np.ceil(np.log(times[some]) / np.log(_GAMMA) - 1e-9).astype(int)
    counted = pd.DataFrame({"bin": bins, "ended": happened, "open": ~np.asarray(happened, bool)}).groupby("bin").sum()
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
    too few have ended.
    """
    bins = np.array(list(of), int)
    ended, still = np.array(list(of.values()), float).reshape(-1, 2).T
    times = np.where(bins == _NONE, 0.0, 2 * _GAMMA ** np.maximum(bins, -5000).astype(float) / (_GAMMA + 1))
    at_risk = np.cumsum((ended + still)[::-1])[::-1]
    survival, low, high = _survival(ended, at_risk)
    sooner = _survival(ended, np.maximum(at_risk - still, ended))[0]
    value, lowest, highest, other = (_first(times, s, 1 - wanted) for s in (survival, low, high, sooner))
    earliest, latest = sorted((value, other))
    return value, lowest, highest, earliest * (1 - ALPHA), latest * (1 + ALPHA)


def _survival(ended: np.ndarray, at_risk: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Kaplan–Meier survival after each bin with its 95% log-log bounds, as metrics.survival has them.

    By counts and not by rows, as scipy takes them: a city has millions. The tests hold the two together.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - np.where(at_risk > 0, ended / at_risk, 0.0))
        spread = np.sqrt(np.cumsum(ended / (at_risk * (at_risk - ended)))) / -np.log(survival)
        low, high = survival ** np.exp(Z * spread), survival ** np.exp(-Z * spread)
    sure = ~np.isfinite(spread)
    return survival, np.where(sure, survival, low), np.where(sure, survival, high)


def _first(times: np.ndarray, survival: np.ndarray, level: float) -> float:
    below = np.flatnonzero(survival <= level + 1e-12)
    return float(times[below[0]]) if len(below) else float("nan")
