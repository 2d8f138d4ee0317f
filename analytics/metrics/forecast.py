"""Forecast of weekly demand four weeks ahead, with its interval and its error in earlier weeks."""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import workdays
from analytics.ledger import Ledger
from analytics.metrics.beginning import STRAY, begun
from analytics.metrics.compute import compute
from analytics.metrics.query import NotMeasurable
from analytics.metrics.slices import Slice

AHEAD = 4
LEAST_WEEKS = 26
BACKTESTS = 12
SEASON_WEEKS = 104
YEAR_WEEKS = 52


@dataclass(frozen=True)
class Forecast:
    """A forecast: ``history`` has period, value; ``ahead`` has period, value, low, high (80%).

    Backtest over the last weeks, each forecast from four weeks before: ``error`` is the weighted absolute percentage error
    (WAPE, a fraction of 1), ``naive`` and ``seasonal`` the same for repeating the last week and the week a year before (NaN
    where the ledger is younger), ``covered`` the share of weeks inside the interval.
    """

    history: pd.DataFrame
    ahead: pd.DataFrame
    error: float
    naive: float
    seasonal: float
    covered: float
    tested: int


def forecast_demand(ledger: Ledger, slice: Slice) -> Forecast:
    """Forecast the weekly demand after the last whole week before the as-of.

    A local level on the logarithm of cases per working day (statsmodels' unobserved
    components), times the working days of the week to come, so that holidays and make-up
    days are known. Raises NotMeasurable, saying why, under 26 whole weeks of history, where the ledger's
    newest weeks are empty, and where such forecasts have been no better than repeating the last week or the
    same week of the year before.
    """
    weekly = _history(ledger, slice)
    counts, days = weekly["value"].to_numpy(), _working_days(weekly["period"])
    if len(weekly) < LEAST_WEEKS:
        raise NotMeasurable(f"预测需要至少 {LEAST_WEEKS} 个完整周的受理记录，现有 {len(weekly)} 周")
    if empty := _empty_weeks(counts, days):
        raise NotMeasurable(f"台账最近 {empty} 个完整周几乎没有受理记录，可能还没有导入，不作预测")
    tried = _backtest(counts, days)
    error, naive, seasonal, _, tested = tried
    other, name = min((v, n) for v, n in ((naive, "照搬上一周"), (seasonal, "照搬去年同周")) if not np.isnan(v))
    if other <= error:
        raise NotMeasurable(
            f"在过去 {tested} 次试算中，预测平均偏差 {error:.1%}，不比{name}（{other:.1%}）准，所以不作预测"
        )
    ahead = pd.DataFrame({"period": weekly["period"].iloc[-1] + pd.to_timedelta(7 * np.arange(1, AHEAD + 1), unit="D")})
    ahead[["value", "low", "high"]] = _project(counts, days, _working_days(ahead["period"]))
    return Forecast(weekly, ahead, *tried)


def _history(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return period, value of the whole weeks since the ledger began, the first with a case on top."""
    today = ledger.as_of.date()
    last = today - dt.timedelta(days=today.weekday() + 1)
    first = last - dt.timedelta(weeks=SEASON_WEEKS) + dt.timedelta(days=1)
    since = begun(ledger) or first
    since += dt.timedelta(days=-since.weekday() % 7)
    if max(first, since) > last:
        return pd.DataFrame({"period": pd.to_datetime([]), "value": []})
    weekly = compute("demand", ledger, slice.over(max(first, since), last), grain="week")[["period", "value"]]
    filled = weekly["value"].to_numpy() > 0
    return weekly.iloc[int(np.argmax(filled)) :].reset_index(drop=True) if filled.any() else weekly.iloc[:0]


def _empty_weeks(counts: np.ndarray, days: np.ndarray) -> int:
    """Return how many of the newest weeks have almost no cases; 0 for a single one, which may be a holiday."""
    rate = counts / days
    filled = np.flatnonzero(rate >= STRAY * np.median(rate[rate > 0]))
    empty = len(rate) - 1 - int(filled[-1])
    return empty if empty > 1 else 0


def _working_days(mondays: pd.Series) -> np.ndarray:
    """Return the working days of each week; a week without any counts as half a day, since some cases still arrive."""
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


def _backtest(counts: np.ndarray, days: np.ndarray) -> tuple[float, float, float, float, int]:
    """Forecast each of the last weeks from four weeks before, and compare (see Forecast: error to tested)."""
    off: dict[str, list[np.ndarray]] = {"error": [], "naive": [], "seasonal": []}
    came, held = [], []
    for end in range(len(counts) - BACKTESTS - AHEAD + 1, len(counts) - AHEAD + 1):
        value, low, high = _project(counts[:end], days[:end], days[end : end + AHEAD]).T
        true = counts[end : end + AHEAD]
        year_ago = counts[end - YEAR_WEEKS : end - YEAR_WEEKS + AHEAD] if end >= YEAR_WEEKS else np.full(AHEAD, np.nan)
        for name, told in (("error", value), ("naive", counts[end - 1]), ("seasonal", year_ago)):
            off[name].append(np.abs(told - true))
        came.append(true)
        held.append((low <= true) & (true <= high))
    whole = max(float(np.sum(came)), 1.0)
    error, naive, seasonal = (float(np.sum(off[name])) / whole for name in off)
    return error, naive, seasonal, float(np.mean(held)), int(np.size(came))
