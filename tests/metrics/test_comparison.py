"""What a period is compared with: by working day, at the same weekday and hour, never with days before the ledger began."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.exporting import notes_of
from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, Slice, compute
from analytics.metrics.beginning import begun
from analytics.metrics.comparison import basis, compared, said
from tests.small import event, ledger_of

D = dt.date
NOVEMBER = Slice(D(2026, 11, 1), D(2026, 11, 30))


def daily(first: str, last: str, a_day: int, mark: str = "") -> list[dict]:
    """Cases of every working day of a span, one every few minutes."""
    days = [d for d in pd.date_range(first, last) if d.weekday() < 5]
    return [
        {"case_no": f"{mark}{d:%Y%m%d}-{i}", "accepted_at": f"{d:%Y-%m-%d} 09:{i % 60:02d}"}
        for d in days
        for i in range(a_day)
    ]


def test_flows_are_compared_by_working_day(demo_ledger: Ledger) -> None:
    made = basis(demo_ledger, NOVEMBER, "previous")
    assert (made.flows.start, made.flows.end) == (D(2026, 10, 1), D(2026, 10, 24))
    assert (made.days, made.days_before) == (17, 13)  # the National Day holiday
    row = compared(("demand",), demo_ledger, made).iloc[0]
    assert row["before"] == compute("demand", demo_ledger, made.flows)["value"].iloc[0]
    assert row["per_day"]
    a_day, before = row["value"] / 17, row["before"] / 13
    assert row["moved"] == f"{(a_day - before) / before * 100:+.1f}%"
    assert row["moved"] != f"{(row['value'] - row['before']) / row['before'] * 100:+.1f}%"


def test_equal_working_days_are_compared_as_they_are(demo_ledger: Ledger) -> None:
    made = basis(demo_ledger, Slice(D(2026, 11, 9), D(2026, 11, 15)), "previous")
    assert not made.uneven
    row = compared(("demand",), demo_ledger, made).iloc[0]
    assert row["moved"] == f"{(row['value'] - row['before']) / row['before'] * 100:+.1f}%"
    assert "按工作日折算" not in said(made)


@pytest.mark.parametrize(
    ("start", "end", "comparison", "weeks"),
    [
        (D(2026, 11, 1), D(2026, 11, 30), "previous", 4),
        (D(2026, 10, 1), D(2026, 12, 31), "previous", 13),
        (D(2026, 11, 23), D(2026, 11, 29), "previous", 1),
        (D(2026, 11, 16), D(2026, 11, 22), "previous", 1),
        (D(2026, 2, 1), D(2026, 2, 28), "previous", 4),
        (D(2026, 11, 1), D(2026, 11, 30), "year", 52),
        (D(2026, 1, 1), D(2026, 12, 31), "previous", 52),
        (D(2026, 11, 10), D(2026, 11, 12), "previous", 1),
    ],
)
def test_stocks_are_compared_at_the_same_weekday_and_hour(
    start: dt.date, end: dt.date, comparison: str, weeks: int, demo_ledger: Ledger
) -> None:
    slice = Slice(start, end)
    made = basis(demo_ledger, slice, comparison)
    assert made.at == slice.instant(demo_ledger.as_of)
    assert made.at - made.at_before == dt.timedelta(weeks=weeks)
    assert made.stocks.instant(demo_ledger.as_of) == made.at_before


def test_a_stock_compared_is_what_was_open_at_that_moment(tmp_path: Path) -> None:
    """Two cases are overdue on Friday 5 April at 17:00 and four weeks before one was; month against month says 4 March."""
    rows = daily("2024-01-02", "2024-04-05", 1)
    cases = [r | {"promised_days": 1, "closed_at": r["accepted_at"][:10] + " 12:00"} for r in rows]
    for number, accepted, closed in (("a", "2024-03-04", "2024-03-08 20:00"), ("b", "2024-03-28", None), ("c", "2024-04-01", None)):  # fmt: skip
        cases.append({"case_no": number, "accepted_at": f"{accepted} 09:00", "promised_days": 1, "closed_at": closed})
    cases.append({"case_no": "newest", "accepted_at": "2024-04-05 16:59"})
    ledger = ledger_of(tmp_path, cases)
    made = basis(ledger, Slice(D(2024, 4, 1), D(2024, 4, 30)), "previous")
    row = compared(("overdue_open",), ledger, made).iloc[0]
    assert (row["value"], row["before"]) == (2, 1)
    assert made.at_before.replace(second=0) == dt.datetime(2024, 3, 8, 16, 59)


def test_an_unfinished_period_is_called_by_the_days_it_has(demo_ledger: Ledger) -> None:
    assert "统计期：2026年11月1日至11月24日（本月未完）" in notes_of(demo_ledger, NOVEMBER)[1]
    told = notes_of(demo_ledger, NOVEMBER, basis(demo_ledger, NOVEMBER, "previous"))
    assert any(
        "2026年10月1日至10月24日" in t and "工作日本期 17 个、对比期 13 个" in t and "11月24日" in t for t in told
    )
    assert "未完" not in notes_of(demo_ledger, Slice(D(2026, 10, 1), D(2026, 10, 31)))[1]


def test_two_stray_cases_are_no_beginning(tmp_path: Path) -> None:
    strays = [{"case_no": f"s{y}", "accepted_at": f"{y}-05-06 09:00"} for y in (2011, 2014)]
    ledger = ledger_of(tmp_path, [*strays, *daily("2019-01-02", "2019-12-31", 3)])
    assert ledger.first_day == D(2011, 5, 6)
    assert begun(ledger) == D(2019, 1, 1)
    year_ago = basis(ledger, Slice(D(2019, 11, 1), D(2019, 11, 30)), "year")
    assert (year_ago.flows, year_ago.reason) == (None, "台账自 2019年1月 起，没有去年同期的记录")
    rows = compared(("demand",), ledger, year_ago)
    assert rows["moved"].isna().all()
    assert rows["before"].isna().all()
    previous = basis(ledger, Slice(D(2019, 11, 1), D(2019, 11, 30)), "previous")
    assert (previous.flows.start, previous.reason) == (D(2019, 10, 1), "")
    first = basis(ledger, Slice(D(2019, 1, 1), D(2019, 3, 31)), "previous")
    assert first.reason == "台账自 2019年1月 起，没有上一期的记录"


def test_many_months_of_a_case_each_are_no_beginning_either(tmp_path: Path) -> None:
    strays = [{"case_no": f"s{i}", "accepted_at": f"{2010 + i // 12}-{i % 12 + 1:02d}-07 09:00"} for i in range(96)]
    ledger = ledger_of(tmp_path, [*strays, *daily("2019-03-18", "2019-12-31", 5)])
    assert begun(ledger) == D(2019, 3, 18)


def test_a_period_only_partly_in_the_ledger_is_not_compared_with(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, daily("2024-03-18", "2024-05-31", 3))
    april = basis(ledger, Slice(D(2024, 4, 1), D(2024, 4, 30)), "previous")
    assert (april.flows, april.reason) == (None, "台账自 2024年3月18日 起，上一期的记录不完整")
    assert basis(ledger, Slice(D(2024, 5, 1), D(2024, 5, 31)), "previous").flows is not None


def test_a_month_without_cases_in_a_kept_ledger_is_compared_with(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, [*daily("2023-01-02", "2023-05-31", 2), *daily("2023-07-03", "2024-03-29", 2, "b")])
    assert begun(ledger) == D(2023, 1, 1)
    july = basis(ledger, Slice(D(2023, 7, 1), D(2023, 7, 31)), "previous")
    row = compared(("demand",), ledger, july).iloc[0]
    assert (row["before"], row["moved"]) == (0, f"+{row['value']:,.0f} 件")


def test_one_case_begins_its_month(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, [{"case_no": "A", "accepted_at": "2024-03-04 09:00"}], [event("A", "closed", "2024-03-05")])  # fmt: skip
    assert begun(ledger) == D(2024, 3, 1)


def test_groups_are_compared_as_the_whole_is(demo_ledger: Ledger) -> None:
    made = basis(demo_ledger, NOVEMBER, "previous")
    rows = compared(("demand", "overdue_open", "on_time_rate"), demo_ledger, made, by=("module",))
    for row in rows.dropna(subset=["module"]).itertuples():
        slice = made.beside(CATALOGUE[row.metric]).narrowed(module=row.module)
        value = compute(row.metric, demo_ledger, slice)["value"].iloc[0]
        assert row.before == pytest.approx(value, nan_ok=True)
        assert row.moved is None or not (row.small or row.before_small)
    one = compared(("demand",), demo_ledger, basis(demo_ledger, NOVEMBER.narrowed(module="finance"), "previous")).iloc[
        0
    ]
    among = rows[(rows["metric"] == "demand") & (rows["module"] == "finance")].iloc[0]
    assert (one["moved"], one["changed"]) == (among["moved"], among["changed"])


def test_a_change_within_chance_is_told_as_such() -> None:
    rng = np.random.default_rng(3)
    counts = rng.poisson(100, 200)
    from analytics.metrics.comparison import rate_of_arrival_changed

    false = [
        rate_of_arrival_changed(float(a), float(b), 20, 20) for a, b in zip(counts[:100], counts[100:], strict=True)
    ]
    assert np.mean(false) < 0.12
