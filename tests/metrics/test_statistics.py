"""Intervals and survival against independent libraries."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scipy.stats import CensoredData, binomtest, ecdf

from analytics.metrics.funnel import limits
from analytics.metrics.survival import curve, of_times, quantiles, quantiles_of
from analytics.metrics.wilson import wilson


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_matches_scipy(k: int, n: int) -> None:
    k = min(k, n)
    low, high = wilson(np.array([float(k)]), np.array([float(n)]))
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_no_interval_of_nothing() -> None:
    assert np.isnan(wilson(np.array([0.0]), np.array([0.0]))).all()


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=80))
def test_kaplan_meier_of_counts_is_scipys_of_rows(rows: list[tuple[int, bool]]) -> None:
    elapsed, happened = (np.array(x) for x in zip(*rows, strict=True))
    found = of_times(elapsed.astype(float), happened, ~happened)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fit = ecdf(CensoredData.right_censored(elapsed, ~happened)).sf
        sides = fit.confidence_interval(method="log-log")
    assert found.times == pytest.approx(fit.quantiles)
    assert found.share == pytest.approx(fit.probabilities, abs=1e-12)
    for ours, side in ((found.low, sides.low.probabilities), (found.high, sides.high.probabilities)):
        assert ours == pytest.approx(np.where(np.isnan(side), fit.probabilities, side), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=3, max_size=60))
def test_kaplan_meier_matches_lifelines(rows: list[tuple[int, bool]]) -> None:
    elapsed = np.array([float(t) for t, _ in rows])
    happened = np.array([h for _, h in rows])
    ((value, low, high),) = quantiles_of(elapsed, happened, ~happened, (0.5,))
    fit = KaplanMeierFitter().fit(elapsed, happened)
    expected = fit.median_survival_time_
    if not happened.any():
        assert np.isnan(value)
        return
    exactly_half = abs(fit.predict(value) - 0.5) < 1e-9 if not np.isnan(value) else False
    assert (np.isnan(value) and np.isinf(expected)) or value == expected or exactly_half  # lifelines rounds down there
    bounds = median_survival_times(fit.confidence_interval_).to_numpy()[0]
    for ours, theirs in zip((low, high), bounds, strict=True):
        assert (np.isnan(ours) and np.isinf(theirs)) or ours == theirs


def times(elapsed: np.ndarray, happened: np.ndarray, **keys: object) -> pd.DataFrame:
    return pd.DataFrame({**keys, "elapsed": elapsed, "ended": happened, "still": ~happened})


def test_quantiles_of_groups_keep_missing_groups() -> None:
    found = quantiles(
        times(np.array([1.0, 3.0, 2.0]), np.array([True] * 3), module=["a", "a", None]), ["module"], (0.5,)
    )
    assert found["n"].tolist() == [2, 1]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=80))
def test_times_that_are_counted_are_as_times_one_by_one(rows: list[tuple[int, bool]]) -> None:
    each = times(*(np.array(x) for x in zip(*rows, strict=True)))
    counted = each.groupby("elapsed", as_index=False)[["ended", "still"]].sum().sample(frac=1, random_state=0)
    assert counted["elapsed"].is_unique
    pd.testing.assert_frame_equal(quantiles(counted, [], (0.5, 0.9)), quantiles(each, [], (0.5, 0.9)))
    pd.testing.assert_frame_equal(curve(counted), curve(each))


def test_a_curve_falls_and_is_short() -> None:
    rng = np.random.default_rng(0)
    found = curve(times(rng.exponential(5, 5000), rng.random(5000) < 0.8), points=100)
    assert len(found) <= 100
    assert found["open_share"].is_monotonic_decreasing


def test_funnel_limits_narrow_with_size() -> None:
    found = limits(0.9, np.array([10.0, 100.0, 1000.0]))
    assert (found["high95"] - found["low95"]).is_monotonic_decreasing
    assert ((found["low998"] <= found["low95"]) & (found["high998"] >= found["high95"])).all()
