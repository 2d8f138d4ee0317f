"""A forecast is shown where it has been better than repeating a week, and its level is that of the weeks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.ledger import Ledger
from analytics.metrics import NotMeasurable, Slice
from analytics.metrics.comparison import working_days
from analytics.metrics.forecast import AHEAD, forecast_demand
from tests.small import ledger_of

ALL = Slice(dt.date(2004, 1, 1), dt.date(2030, 12, 31))


def weeks_of(folder: Path, counts: list[int], first: str = "2022-01-03", more: list[dict] = ()) -> Ledger:
    """A ledger with so many cases each week from a Monday on, and a case of the week after so that the last is whole."""
    mondays = pd.date_range(first, periods=len(counts) + 1, freq="7D")
    rows = [
        {"case_no": f"{m:%Y%m%d}-{i}", "accepted_at": f"{m + pd.Timedelta(days=i % 5):%Y-%m-%d} 09:00"}
        for m, n in zip(mondays, [*counts, 1], strict=True)
        for i in range(n)
    ]
    return ledger_of(folder, [*rows, *more])


def test_the_level_is_that_of_the_weeks(tmp_path: Path) -> None:
    mondays = pd.date_range("2022-10-10", periods=60, freq="7D")
    days = [working_days(Slice(m.date(), (m + pd.Timedelta(days=6)).date()), dt.datetime(2030, 1, 1)) for m in mondays]
    counts = np.random.default_rng(5).poisson(14 * np.array(days))
    found = forecast_demand(weeks_of(tmp_path, counts.tolist(), "2022-10-10"), ALL)
    assert len(found.ahead) == AHEAD
    assert 0.85 * 280 < found.ahead["value"].sum() < 1.15 * 280
    assert found.error < found.naive
    assert np.isnan(found.seasonal) or found.error < found.seasonal


def test_what_repeats_last_year_better_is_not_forecast(tmp_path: Path) -> None:
    year = np.random.default_rng(2).integers(10, 90, 52).tolist()
    with pytest.raises(NotMeasurable, match=r"试算中，预测平均偏差 .*不比照搬去年同周（0\.0%）准"):
        forecast_demand(weeks_of(tmp_path, [*year, *year]), ALL)


def test_what_goes_on_as_the_last_week_is_not_forecast(tmp_path: Path) -> None:
    """Steps up and down that last for months, by other steps than working days: the last week knows as much."""
    counts = [40] * 20 + [41] * 50
    with pytest.raises(NotMeasurable, match="不比照搬上一周"):
        forecast_demand(weeks_of(tmp_path, counts, "2022-10-10"), ALL)


def test_a_ledger_whose_newest_weeks_are_empty_is_not_forecast(tmp_path: Path) -> None:
    counts = np.random.default_rng(5).poisson(70, 60).tolist()
    stray = [{"case_no": "stray", "accepted_at": "2024-05-08 09:00"}]
    with pytest.raises(NotMeasurable, match="几乎没有受理记录"):
        forecast_demand(weeks_of(tmp_path, counts, "2022-10-10", stray), ALL)


def test_strays_of_years_before_are_no_history(tmp_path: Path) -> None:
    stray = [{"case_no": "stray", "accepted_at": "2021-05-10 09:00"}]
    counts = np.random.default_rng(5).poisson(70, 20).tolist()
    with pytest.raises(NotMeasurable, match="至少 26 个完整周"):
        forecast_demand(weeks_of(tmp_path, counts, "2022-10-10", stray), ALL)
