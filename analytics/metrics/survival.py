"""Kaplan–Meier estimates from counts at distinct times.

Counts, not rows as scipy.stats.ecdf takes them: a province has millions of rows, a city has only counts (see
federation.sketch), and importing scipy.stats takes half a second. Tests compare both.

See docs/decisions/0015.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.metrics.wilson import Z

#: Columns of times: how long, how many of them ended then, and how many were last seen open then.
TIMES = ("elapsed", "ended", "still")


@dataclass(frozen=True)
class Survival:
    """The share that lasts longer than each of ``times``, with its 95% log-log bounds."""

    times: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def quantile(self, q: float) -> tuple[float, float, float]:
        """Return the first time at which a share q has ended, with its bounds; NaN where too few have."""
        value, low, high = (self._first(side, 1 - q) for side in (self.share, self.low, self.high))
        return value, low, high

    def _first(self, shares: np.ndarray, level: float) -> float:
        below = np.flatnonzero(shares <= level + 1e-12)
        return float(self.times[below[0]]) if len(below) else float("nan")


def of_counts(times: np.ndarray, ended: np.ndarray, still: np.ndarray, *, open_first: bool = False) -> Survival:
    """Return the survival function from ``ended`` and ``still`` (censored) counts at ascending ``times``.

    At one time, ended cases count before censored ones; with ``open_first`` after them. Where the share is 0 or 1 the
    bounds have no width.

    >>> found = of_counts(np.array([1.0, 2.0, 5.0]), ended=np.array([2, 1, 1]), still=np.array([0, 1, 1]))
    >>> found.share.round(3).tolist()
    [0.667, 0.5, 0.25]
    >>> found.quantile(0.5)
    (2.0, 1.0, nan)
    """
    at_risk = np.cumsum((ended + still)[::-1])[::-1].astype(float)
    if open_first:
        at_risk = np.maximum(at_risk - still, ended)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.cumprod(1 - np.where(at_risk > 0, ended / at_risk, 0.0))
        spread = np.sqrt(np.cumsum(ended / (at_risk * (at_risk - ended)))) / -np.log(share)
        low, high = share ** np.exp(Z * spread), share ** np.exp(-Z * spread)
    sure = ~np.isfinite(spread)
    return Survival(times, share, np.where(sure, share, low), np.where(sure, share, high))


def of_times(elapsed: np.ndarray, ended: np.ndarray, still: np.ndarray) -> Survival:
    """Return survival from times in any order, each with how many ended and how many were last seen open then."""
    times, place = np.unique(elapsed, return_inverse=True)
    ended, still = (np.bincount(place, weights=counts, minlength=len(times)) for counts in (ended, still))
    return of_counts(times, ended, still)


def quantiles_of(
    elapsed: np.ndarray, ended: np.ndarray, still: np.ndarray, wanted: tuple[float, ...]
) -> list[tuple[float, float, float]]:
    """Return (value, low, high) for each quantile, times as of_times takes them; NaN where too few have ended."""
    if not ended.any():
        return [(float("nan"), float("nan"), float("nan")) for _ in wanted]
    survival = of_times(elapsed, ended, still)
    return [survival.quantile(q) for q in wanted]


def quantiles(times: pd.DataFrame, keys: list[str], wanted: tuple[float, ...]) -> pd.DataFrame:
    """Return the keys, quantile, value, low, high, n for every group of times.

    ``times`` has the keys, ``elapsed`` (float), ``ended`` and ``still`` (how many of each).
    """
    groups = times.groupby(keys, dropna=False, sort=True) if keys else [((), times)]
    found = []
    for key, group in groups:
        elapsed, ended, still = (group[name].to_numpy(float) for name in TIMES)
        n = int(ended.sum() + still.sum())
        for q, bounds in zip(wanted, quantiles_of(elapsed, ended, still, wanted), strict=True):
            found.append((*(key if isinstance(key, tuple) else (key,)), q, *bounds, n))
    return pd.DataFrame(found, columns=[*keys, "quantile", "value", "low", "high", "n"])


def curve(times: pd.DataFrame, points: int = 200) -> pd.DataFrame:
    """Return the survival curve of ``times`` (elapsed, ended, still): elapsed, open_share, low, high; so many points."""
    if times.empty:
        return pd.DataFrame(columns=["elapsed", "open_share", "low", "high"], dtype=float)
    found = of_times(*(times[name].to_numpy(float) for name in TIMES))
    frame = pd.DataFrame({"elapsed": found.times, "open_share": found.share, "low": found.low, "high": found.high})
    keep = np.unique(np.linspace(0, len(frame) - 1, min(points, len(frame))).astype(int))
    return frame.iloc[keep].reset_index(drop=True)
