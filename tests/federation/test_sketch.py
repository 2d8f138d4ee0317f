"""Sketches of durations: what is lost is what is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.federation.sketch import ALPHA, ZERO, merged, quantile, size, sketch
from analytics.metrics.survival import quantiles_of

TIMES = st.lists(st.tuples(st.floats(0, 5000), st.booleans()), min_size=1, max_size=200)


def exact(rows: list[tuple[float, bool]], q: float) -> float:
    elapsed, happened = (np.array(x) for x in zip(*rows, strict=True))
    return quantiles_of(elapsed, happened, ~happened, (q,))[0][0]


def of(rows: list[tuple[float, bool]]) -> dict[int, tuple[int, int]]:
    elapsed, happened = (np.array(x) for x in zip(*rows, strict=True))
    return sketch(elapsed, happened, ~happened)


@given(TIMES, st.sampled_from([0.5, 0.9]))
def test_the_truth_lies_between_the_bounds_that_are_said(rows: list[tuple[float, bool]], q: float) -> None:
    truth = exact(rows, q)
    _, _, _, least, most = quantile(of(rows), q)
    if np.isnan(truth):
        assert np.isnan(most)
    else:
        assert least - ZERO <= truth
        assert np.isnan(most) or truth <= most + ZERO


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
