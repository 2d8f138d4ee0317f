"""Small counts are hidden, and nobody works them out from the totals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from analytics.metrics.suppression import hidden_cells, shared, shared_rows


def test_a_table_by_hand() -> None:
    table = pd.DataFrame({"甲": [3, 20, 30], "乙": [40, 9, 0], "丙": [50, 60, 70]}, index=["一", "二", "三"])
    # 3 is small; in its row 40 is the smallest beside it, in its column 20; then 40 and 20 stand alone in their lines: 9.
    told = shared(table, 5)
    assert told.isna().to_numpy().tolist() == [[True, True, False], [True, True, False], [False, False, False]]
    assert told.loc["三"].tolist() == [30, 0, 70]


def test_nothing_small_hides_nothing() -> None:
    assert not hidden_cells(np.array([[5, 0], [7, 100]]), 5).any()


def test_hidden_cells_that_add_up_to_little_take_another_along() -> None:
    # 1 + 1 = 2 could only be one each.
    assert hidden_cells(np.array([[1.0], [1.0], [50.0], [80.0]]), 5).ravel().tolist() == [True, True, True, False]


@settings(max_examples=200, deadline=None)
@example(np.array([[0, 5, 0, 5], [0, 5, 0, 5], [5, 0, 5, 5], [5, 1, 5, 5]]))  # rows 1 and 2 less column 4 leave the 1
@given(arrays(np.int64, st.tuples(st.integers(2, 4), st.integers(2, 4)), elements=st.integers(0, 30)))
def test_no_small_count_follows_from_the_totals(counts: np.ndarray) -> None:
    """For every hidden small count, the totals and the shown cells leave more than one value possible."""
    hidden = hidden_cells(counts, 5)
    small = (counts > 0) & (counts < 5)
    assert (hidden | ~small).all()
    cells = np.argwhere(hidden)
    if not len(cells) or hidden.all(axis=0).any() or hidden.all(axis=1).any():
        return  # a line hidden whole: its own total is small as well
    equations = np.array([[c[0] == r for c in cells] for r in range(counts.shape[0])] + [[c[1] == k for c in cells] for k in range(counts.shape[1])], dtype=float)  # fmt: skip
    totals = np.concatenate([(counts * hidden).sum(axis=1), (counts * hidden).sum(axis=0)])
    for number, (r, k) in enumerate(cells):
        if not small[r, k]:
            continue
        target = np.zeros(len(cells))
        target[number] = 1
        low, high = (linprog(s * target, A_eq=equations, b_eq=totals, bounds=(0, None)).fun for s in (1, -1))
        assert -high - low > 0.5, (counts, hidden, (r, k))


def test_rows_of_metrics_are_emptied_whole() -> None:
    frame = pd.DataFrame(
        {
            "metric": ["on_time_rate"] * 4,
            "department": ["甲", "乙", "丙", "丁"],
            "value": [0.98, 0.5, 0.9, 0.5],
            "numerator": [98, 20, 90, 2],
            "denominator": [100, 40, 100, 4],
            "low": 0.1,
            "high": 0.9,
            "n": [100, 40, 100, 4],
        }
    )
    told = shared_rows(frame, ("department",), 5)
    assert told.loc[told["department"] == "丁", "hidden"].all()  # four of a kind
    assert told.loc[told["department"] == "甲", "hidden"].all()  # two that were late
    assert told.loc[told["hidden"], ["value", "numerator", "denominator", "n"]].isna().all(axis=None)
    assert told.loc[~told["hidden"], "value"].notna().all()
