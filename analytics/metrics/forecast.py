"""Weekly demand four weeks ahead, with its interval and the error it has made before."""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import workdays
from analytics.ledger import Ledger
from analytics.metrics.compute import compute
from analytics.metrics.query import NotMeasurable
from analytics.metrics.slices import Slice

AHEAD = 4
LEAST_WEEKS = 26
BACKTESTS = 12
SEASON_WEEKS = 104


@dataclass(frozen=True)
class Forecast:
    """``history``: period, value; ``ahead``: period, value, low, high (80%).

    ``error`` is the mean absolute percentage error of such forecasts over the last weeks,
    ``naive`` that of repeating the last week, ``covered`` how often the interval held.
    """

    history: pd.DataFrame
    ahead: pd.DataFrame
    error: float
    naive: float
    covered: float
    tested: int


def forecast_demand(ledger: Ledger, slice: Slice) -> Forecast:
    """Forecast the weekly demand after the last whole week before the as-of.

    A local level on the logarithm of cases per working day (statsmodels' unobserved
    components), times the working days of the week to come, so that holidays and make-up
    days are known. Raises NotMeasurable under 26 whole weeks of history.
    """
    today = ledger.as_of.date()
    last = today - dt.timedelta(days=today.weekday() + 1)
    first = last - dt.timedelta(weeks=SEASON_WEEKS) + dt.timedelta(days=1)
    weekly = compute("demand", ledger, slice.over(first, last), grain="week")[["period", "value"]]
    begun = weekly["value"].to_numpy() > 0
    weekly = weekly.iloc[int(np.argmax(begun)) :].reset_index(drop=True) if begun.any() else weekly.iloc[:0]
    if len(weekly) < LEAST_WEEKS:
        raise NotMeasurable(f"预测需要至少 {LEAST_WEEKS} 个完整周的受理记录，现有 {len(weekly)} 周")
    days = _working_days(weekly["period"])
    ahead = pd.DataFrame({"period": weekly["period"].iloc[-1] + pd.to_timedelta(7 * np.arange(1, AHEAD + 1), unit="D")})
    ahead[["value", "low", "high"]] = _project(weekly["value"].to_numpy(), days, _working_days(ahead["period"]))
    return Forecast(weekly, ahead, *_backtest(weekly["value"].to_numpy(), days))


def _working_days(mondays: pd.Series) -> np.ndarray:
    """Working days of each week; a week without any counts as half a day, as people still write."""
    count = workdays.whole_working_days_between(mondays - pd.Timedelta(days=1), mondays + pd.Timedelta(days=6))
    return np.maximum(count, 0.5)


def _project(counts: np.ndarray, days: np.ndarray, days_ahead: np.ndarray) -> np.ndarray:
    """Return value, low, high (80%) for each week ahead."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    rate = np.log(np.maximum(counts, 0.5) / days)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = UnobservedComponents(rate, level="local level").fit(disp=False, maxiter=100)
        ahead = fit.get_forecast(len(days_ahead))
        bounds = np.asarray(ahead.conf_int(alpha=0.2))
    return np.exp(np.column_stack([np.asarray(ahead.predicted_mean), bounds])) * days_ahead[:, None]


def _backtest(counts: np.ndarray, days: np.ndarray) -> tuple[float, float, float, int]:
    """Forecast each of the last weeks from four weeks before, and compare."""
    errors, naive, held = [], [], []
    for end in range(len(counts) - BACKTESTS - AHEAD + 1, len(counts) - AHEAD + 1):
        value, low, high = _project(counts[:end], days[:end], days[end : end + AHEAD]).T
        true = counts[end : end + AHEAD]
        errors += list(np.abs(value - true) / np.maximum(true, 1))
        naive += list(np.abs(counts[end - 1] - true) / np.maximum(true, 1))
        held += list((low <= true) & (true <= high))
    return float(np.mean(errors)), float(np.mean(naive)), float(np.mean(held)), len(errors)
