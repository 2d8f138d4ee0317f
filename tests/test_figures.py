"""Figures: small samples are never ranked, missing values never drawn as zero."""

import numpy as np
import pandas as pd

from analytics import figures


def test_small_samples_stand_below_the_ranking_and_are_marked() -> None:
    frame = pd.DataFrame(
        {
            "department": ["甲", "乙", "丙"],
            "value": [0.9, 0.8, 1.0],
            "low": 0.5,
            "high": 1.0,
            "n": [100, 100, 3],
            "small": [False, False, True],
        }
    )
    bar = figures.ranked(frame, "department", "%", "按期办结率").data[0]
    assert list(bar.y) == ["丙", "乙", "甲"]  # from the bottom up
    assert "样本不足" in bar.text[0]
    assert "样本不足" not in bar.text[2]


def test_a_heat_map_leaves_unknown_cells_empty() -> None:
    frame = pd.DataFrame({"weekday": [0, 1], "hour": [9, 10], "value": [3.0, 4.0]})
    table = np.asarray(figures.heat(frame, "weekday", "hour").data[0].z, dtype=float)
    assert np.isnan(table).sum() == 2


def test_a_rate_without_a_denominator_is_a_gap() -> None:
    frame = pd.DataFrame(
        {
            "metric": "on_time_rate",
            "period": pd.to_datetime(["2026-01-01", "2026-02-01"]),
            "value": [0.9, np.nan],
            "low": [0.8, np.nan],
            "high": [1.0, np.nan],
            "numerator": [9, 0],
            "denominator": [10, 0],
            "small": [False, True],
        }
    )
    line = figures.rate_over_time(frame, {"on_time_rate": "按期办结率"}).data[1]
    assert np.isnan(line.y[1])
