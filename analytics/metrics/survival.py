"""Kaplan–Meier: how long things take when some have not ended yet (scipy.stats.ecdf)."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf


def _fit(elapsed: np.ndarray, happened: np.ndarray) -> Any:
    return ecdf(CensoredData.right_censored(elapsed, ~happened)).sf


def _first_at_or_below(times: np.ndarray, probabilities: np.ndarray, level: float) -> float:
    """Return the first time at which survival has fallen to the level, NaN if never."""
    below = np.flatnonzero(probabilities <= level + 1e-12)
    return float(times[below[0]]) if len(below) else float("nan")


def _bounds(fit: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95% log-log bounds; where survival is 1 or 0 they have no width."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        interval = fit.confidence_interval(method="log-log")
    sides = (interval.low.probabilities, interval.high.probabilities)
    low, high = (np.where(np.isnan(side), fit.probabilities, side) for side in sides)
    return low, high


def quantile_with_interval(
    elapsed: np.ndarray, happened: np.ndarray, quantiles: tuple[float, ...]
) -> list[tuple[float, float, float]]:
    """Return (value, low, high) for each quantile; NaN where too few have ended."""
    if not happened.any():
        return [(float("nan"), float("nan"), float("nan")) for _ in quantiles]
    fit = _fit(elapsed, happened)
    low, high = _bounds(fit)
    return [
        (
            _first_at_or_below(fit.quantiles, fit.probabilities, 1 - q),
            _first_at_or_below(fit.quantiles, low, 1 - q),
            _first_at_or_below(fit.quantiles, high, 1 - q),
        )
        for q in quantiles
    ]


def quantiles(rows: pd.DataFrame, keys: list[str], wanted: tuple[float, ...]) -> pd.DataFrame:
    """Return the keys, quantile, value, low, high, n for every group of rows.

    ``rows`` has the keys, ``elapsed`` (float) and ``happened`` (bool).
    """
    groups = rows.groupby(keys, dropna=False, sort=True) if keys else [((), rows)]
    found = []
    for key, group in groups:
        values = quantile_with_interval(group["elapsed"].to_numpy(float), group["happened"].to_numpy(bool), wanted)
        for q, (value, low, high) in zip(wanted, values, strict=True):
            found.append((*(key if isinstance(key, tuple) else (key,)), q, value, low, high, len(group)))
    return pd.DataFrame(found, columns=[*keys, "quantile", "value", "low", "high", "n"])


def curve(rows: pd.DataFrame, points: int = 200) -> pd.DataFrame:
    """Return the survival curve: elapsed, open_share, low, high; at most ``points`` rows."""
    if rows.empty:
        return pd.DataFrame(columns=["elapsed", "open_share", "low", "high"], dtype=float)
    fit = _fit(rows["elapsed"].to_numpy(float), rows["happened"].to_numpy(bool))
    low, high = _bounds(fit)
    frame = pd.DataFrame({"elapsed": fit.quantiles, "open_share": fit.probabilities, "low": low, "high": high})
    keep = np.unique(np.linspace(0, len(frame) - 1, min(points, len(frame))).astype(int))
    return frame.iloc[keep].reset_index(drop=True)
