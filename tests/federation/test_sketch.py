"""Sketches of durations: what is lost is what is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.federation.sketch import ALPHA, ZERO, merged, quantile, size, sketch
from analytics.metrics.survival import quantile_with_interval

TIMES = st.lists(st.tuples(st.floats(0, 5000), st.booleans()), min_size=1, max_size=200)


def exact(rows: list[tuple[float, bool]], q: float) -> float:
    elapsed, happened = (np.array(x) for x in zip(*rows, strict=True))
    return quantile_with_interval(elapsed, happened, (q,))[0][0]


def of(rows: list[tuple[float, bool]]) -> dict[int, tuple[int, int]]:
    elapsed, happened = (np.array(x) for x in zip(*rows, strict=True))
    return sketch(elapsed, happened)


@given(TIMES, st.sampled_from([0.5, 0.9]))
def test_the_truth_lies_between_the_bounds_that_are_said(rows: list[tuple[float, bool]], q: float) -> None:
    truth = exact(rows, q)
    value, _, _, least, most = quantile(of(rows), q)
    if np.isnan(truth):
        assert np.isnan(value) or np.isnan(least) or np.isnan(most)
    elif not np.isnan(least):
        assert least - ZERO <= truth <= most + ZERO or np.isnan(most)


@given(
    st.dictionaries(st.integers(-400, 600), st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40)
)
def test_counts_give_what_rows_give(bins: dict[int, tuple[int, int]]) -> None:
    """The same numbers, bounds included, as scipy's Kaplan–Meier on one row a case."""
    counts = dict(sorted(bins.items()))
    gamma = (1 + ALPHA) / (1 - ALPHA)
    rows = [
        (2 * gamma**b / (gamma + 1), e)
        for b, (ended, still) in counts.items()
        for e in [True] * ended + [False] * still
    ]
    if not rows:
        return
    elapsed, happened = (np.array(x) for x in zip(*rows, strict=True))
    expected = quantile_with_interval(elapsed, happened, (0.5,))[0]
    assert quantile(counts, 0.5)[:3] == pytest.approx(expected, nan_ok=True, rel=1e-9)


@given(TIMES)
def test_without_open_cases_the_error_is_alpha(rows: list[tuple[float, bool]]) -> None:
    rows = [(t, True) for t, _ in rows]
    value = quantile(of(rows), 0.5)[0]
    assert value == pytest.approx(exact(rows, 0.5), rel=ALPHA * 1.0001, abs=ZERO)


@given(TIMES, TIMES, TIMES)
def test_merging_is_adding_in_any_order(a: list, b: list, c: list) -> None:
    assert merged([of(a), of(b), of(c)]) == merged([of(c), merged([of(b), of(a)])]) == of(a + b + c)
    assert size(of(a + b)) == len(a) + len(b)


def test_too_few_ended_give_no_number() -> None:
    assert np.isnan(quantile(of([(1.0, False)] * 9 + [(1.0, True)]), 0.5)[0])
    assert np.isnan(quantile(of([(3.0, False)] * 5), 0.5)).all()
