"""The same catalogue on ClickHouse, embedded: the same numbers, cut by cut."""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import sys
from collections.abc import Callable

import pytest

from analytics.issues import IssueDesk
from analytics.ledger import LOCAL, Ledger, open_ledger
from analytics.metrics import CATALOGUE, Slice
from analytics.store import Store, StoreError, clickhouse
from tests.engines.cuts import CUTS, QUARTER, alike, measurable


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    if not importlib.util.find_spec("chdb"):
        if os.environ.get("CI"):
            pytest.fail("chdb must be installed under CI (make clickhouse)")
        pytest.skip("chdb is not installed (make clickhouse)")
    return lambda on: monkeypatch.setenv("INSIGHT_CLICKHOUSE", "1" if on else "")


@pytest.mark.parametrize(("by", "grain", "slice"), CUTS)
def test_every_metric_is_the_same_on_both_engines(
    by: tuple[str, ...], grain: str | None, slice: Slice, demo_ledger: Ledger, switched: Callable[[bool], None]
) -> None:
    codes = measurable(demo_ledger, by, grain, slice)
    assert codes == list(CATALOGUE) if not by and not grain else len(codes) > 30
    assert alike(demo_ledger, switched, codes, by, grain, slice) >= len(codes)


def test_types_are_a_dimension_there_too(
    demo_ledger: Ledger, demo_found: IssueDesk, switched: Callable[[bool], None]
) -> None:
    switched(True)
    demo_found.attach(demo_ledger)  # there
    switched(False)
    ledger = demo_found.attach(demo_ledger)  # and here
    assert alike(ledger, switched, ["demand"], ("issue_type",), None, QUARTER)
    assert alike(ledger, switched, ["on_time_rate"], (), "month", QUARTER.narrowed(issue_type=("T0001", "T0002")))


def test_an_earlier_day_is_as_it_was_known_then(demo_store: Store, switched: Callable[[bool], None]) -> None:
    then = open_ledger(demo_store, LOCAL, dt.datetime(2026, 9, 15))
    assert alike(then, switched, ["demand", "backlog", "on_time_rate", "handling_median"], ("module",), None, QUARTER)


def test_statements_of_duckdbs_own_are_refused_plainly(demo_ledger: Ledger, switched: Callable[[bool], None]) -> None:
    switched(True)
    with pytest.raises(StoreError, match="DuckDB"):
        demo_ledger.reader.frame("SELECT $day", {"day": dt.date(2026, 1, 1)})
    with pytest.raises(StoreError, match="DuckDB"):
        demo_ledger.reader.frame("SELECT case_no FROM cases QUALIFY row_number() OVER () = 1 USING SAMPLE 3")


def test_without_it_that_is_said(demo_ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chdb.session", None)
    monkeypatch.setattr(clickhouse, "_session", clickhouse._session.__wrapped__)
    monkeypatch.setenv("INSIGHT_CLICKHOUSE", "1")
    with pytest.raises(StoreError, match="make clickhouse"):
        open_ledger(Store(demo_ledger.folder), LOCAL, dt.datetime(2026, 3, 1)).lacks(("due",))
