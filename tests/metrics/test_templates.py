"""A query compiled once and filled in gives what the same query compiled for its own instants gives."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, NotMeasurable, Slice, compute, templates
from analytics.metrics.moment import Moment
from tests.small import ledger_of

PERIODS = [
    Slice(dt.date(2026, 3, 1), dt.date(2026, 3, 31)),
    Slice(dt.date(2026, 9, 1), dt.date(2026, 11, 30), (("channel", ("12345热线", "（未填）")),)),
]


def compiled_directly(ledger: Ledger, shape: object, moment: Moment, build: templates.Build) -> pd.DataFrame:
    return ledger.run(build(moment))


@pytest.mark.parametrize("grain", [None, "week"])
@pytest.mark.parametrize("by", [(), ("module",), ("weekday",)])
@pytest.mark.parametrize("metric", CATALOGUE)
def test_filled_in_and_compiled_directly_agree(
    metric: str, by: tuple[str, ...], grain: str | None, demo_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slice in PERIODS:
        try:
            filled = compute(metric, demo_ledger, slice, by, grain)
        except NotMeasurable:
            return
        with monkeypatch.context() as patch:
            for room in ("flows", "stocks", "durations"):
                patch.setattr(f"analytics.metrics.{room}.ask", compiled_directly)
            pd.testing.assert_frame_equal(filled, compute(metric, demo_ledger, slice, by, grain))


def test_a_shape_is_compiled_once_for_all_periods(demo_ledger: Ledger) -> None:
    templates._template.cache_clear()
    for month in range(1, 7):
        compute("on_time_rate", demo_ledger, Slice(dt.date(2026, month, 1), dt.date(2026, month, 28)), by=("module",))
    assert templates._template.cache_info().misses == 1


def test_two_ledgers_never_share_an_answer(demo_ledger: Ledger) -> None:
    month = Slice(dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    mine = month.narrowed(department="区法院")
    assert (
        compute("demand", demo_ledger, mine)["value"].iloc[0] < compute("demand", demo_ledger, month)["value"].iloc[0]
    )


def test_a_shape_holds_for_every_snapshot(demo_ledger: Ledger, tmp_path: Path) -> None:
    case = {"case_no": "A1", "accepted_at": "2024-12-02 09:00", "title": "问", "module": "finance"}
    other, days = ledger_of(tmp_path, [case]), Slice(dt.date(2024, 12, 1), dt.date(2024, 12, 31))
    templates._template.cache_clear()
    compute("demand", demo_ledger, days, by=("module",))
    found = compute("demand", other, days, by=("module",))
    assert templates._template.cache_info().misses == 1
    assert found["module"].tolist() == ["finance"]
    assert found["value"].tolist() == [1]
