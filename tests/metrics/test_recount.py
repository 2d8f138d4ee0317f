"""The catalogue on the demo ledger against a plain-pandas recount that shares no code with it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter

from analytics import workdays
from analytics.demo import DemoLedger
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from tests.conftest import AS_OF

MONTHS = [
    Slice(dt.date(2024, 7, 1), dt.date(2026, 12, 31)),
    Slice(dt.date(2026, 10, 1), dt.date(2026, 10, 31)),
    Slice(dt.date(2026, 11, 1), dt.date(2026, 11, 30)),
]


@pytest.fixture(scope="module")
def cases(demo: DemoLedger) -> pd.DataFrame:
    """One row a case with its last closing, pauses and due date, counted the plain way."""
    frame = demo.tables["cases"].set_index("case_no")
    events = demo.tables["events"]
    state = events[events["stage"].isin(["closed", "reopened"])].sort_values("happened_at").groupby("case_no").last()
    frame["closed_at"] = state[state["stage"] == "closed"]["happened_at"].reindex(frame.index)
    paused = events[events["stage"] == "paused"].groupby("case_no")["happened_at"].first()
    resumed = events[events["stage"].isin(["resumed", "closed"])].groupby("case_no")["happened_at"].first()
    frame["paused_at"], frame["resumed_at"] = paused.reindex(frame.index), resumed.reindex(frame.index)
    frame["due"] = [due_by_hand(r) for r in frame.itertuples()]
    return frame.reset_index()


def due_by_hand(row) -> pd.Timestamp:
    """24:00 of the last working day, and then as many working seconds later as the clock stood."""
    if pd.notna(row.paused_at) and pd.isna(row.resumed_at):
        return pd.NaT
    left, day = int(row.promised_days), row.accepted_at.date()
    while left:
        day += dt.timedelta(days=1)
        left -= workdays.is_workday(day)
    due, one_day = pd.Timestamp(day) + pd.Timedelta(days=1), pd.Timedelta(days=1)
    stood = pd.Timedelta(0)
    if pd.notna(row.paused_at):
        for midnight in pd.date_range(row.paused_at.normalize(), row.resumed_at.normalize()):
            inside = min(row.resumed_at, midnight + one_day) - max(row.paused_at, midnight)
            stood += inside if workdays.is_workday(midnight.date()) else pd.Timedelta(0)
    while stood > pd.Timedelta(0):
        if workdays.is_workday(due.date()):
            step = min(stood, one_day)
            due, stood = due + step, stood - step
        else:
            due += one_day
    return due


def inside(times: pd.Series, slice: Slice) -> pd.Series:
    return (times >= pd.Timestamp(slice.start)) & (times < pd.Timestamp(slice.end) + pd.Timedelta(days=1))


@pytest.mark.parametrize("slice", MONTHS)
def test_on_time_rate(slice: Slice, cases: pd.DataFrame, demo_ledger: Ledger) -> None:
    due = cases[inside(cases["due"] - pd.Timedelta(seconds=1), slice) & (cases["due"] < demo_ledger.as_of)]
    found = compute("on_time_rate", demo_ledger, slice).iloc[0]
    assert found["denominator"] == len(due)
    assert found["numerator"] == (due["closed_at"] <= due["due"]).sum()


@pytest.mark.parametrize("slice", MONTHS)
def test_demand_by_module(slice: Slice, cases: pd.DataFrame, demo_ledger: Ledger) -> None:
    expected = cases[inside(cases["accepted_at"], slice)].groupby("module").size()
    found = compute("demand", demo_ledger, slice, by=("module",)).set_index("module")["value"]
    assert found.sort_index().to_dict() == expected.sort_index().to_dict()


def test_backlog_every_day(cases: pd.DataFrame, demo: DemoLedger, demo_ledger: Ledger) -> None:
    slice = Slice(dt.date(2026, 9, 1), dt.date(2026, 10, 31))
    events = demo.tables["events"]
    moves = events[events["stage"].isin(["closed", "reopened"])].sort_values("happened_at")
    found = compute("backlog", demo_ledger, slice, grain="day").set_index("period")["value"]
    for day in pd.date_range(slice.start, slice.end, freq="9D"):
        end = day + pd.Timedelta(days=1)
        last = moves[moves["happened_at"] < end].groupby("case_no")["stage"].last()
        open_ = cases["accepted_at"].lt(end) & ~cases["case_no"].map(last).eq("closed")
        assert found.loc[day] == open_.sum()


def test_backlog_balances_day_by_day(demo_ledger: Ledger) -> None:
    slice = Slice(dt.date(2024, 7, 1), dt.date(2026, 11, 24))
    series = {
        m: compute(m, demo_ledger, slice, by=("module",), grain="day").pivot_table(
            index="period", columns="module", values="value", fill_value=0
        )
        for m in ("backlog", "demand", "closures", "reopened")
    }
    backlog, demand, closures, reopened = (series[m] for m in ("backlog", "demand", "closures", "reopened"))
    reopened = reopened.reindex_like(backlog).fillna(0)
    pd.testing.assert_frame_equal(backlog.diff().iloc[1:], (demand - closures + reopened).iloc[1:], check_names=False)


@pytest.mark.parametrize("code", ["backlog", "overdue_open"])
def test_a_stock_over_time_is_the_sum_of_its_groups(code: str, demo_ledger: Ledger) -> None:
    autumn = Slice(dt.date(2026, 9, 1), dt.date(2026, 11, 30))
    whole = compute(code, demo_ledger, autumn, grain="week").set_index("period")["value"]
    groups = compute(code, demo_ledger, autumn, by=("module",), grain="week").groupby("period")["value"].sum()
    assert whole.max() > 0
    pd.testing.assert_series_equal(whole, groups)


def test_overdue_open(cases: pd.DataFrame, demo_ledger: Ledger) -> None:
    late = cases[(cases["due"] < demo_ledger.as_of) & cases["closed_at"].isna()]
    found = compute("overdue_open", demo_ledger, MONTHS[0], by=("department",)).set_index("department")["value"]
    assert found.sort_index().to_dict() == late.groupby("department").size().sort_index().to_dict()


def test_handling_time(cases: pd.DataFrame, demo_ledger: Ledger) -> None:
    mine = cases[inside(cases["accepted_at"], MONTHS[1])]
    end = mine["closed_at"].fillna(demo_ledger.as_of)
    stop = (
        mine["resumed_at"].where(mine["paused_at"].notna()).fillna(demo_ledger.as_of).where(mine["paused_at"].notna())
    )
    paused = np.nan_to_num(workdays.working_days_between(mine["paused_at"], stop))
    took = workdays.working_days_between(mine["accepted_at"], end) - paused
    median = KaplanMeierFitter().fit(took, mine["closed_at"].notna()).median_survival_time_
    assert compute("handling_median", demo_ledger, MONTHS[1])["value"].iloc[0] == pytest.approx(median, abs=2 / 1440)


@pytest.mark.parametrize(("metric", "least"), [("satisfaction", 3), ("strict_satisfaction", 4)])
def test_satisfaction_by_channel(
    metric: str, least: int, demo: DemoLedger, cases: pd.DataFrame, demo_ledger: Ledger
) -> None:
    ratings = demo.tables["ratings"].merge(cases[["case_no", "channel"]], on="case_no")
    mine = ratings[inside(ratings["rated_at"], MONTHS[0])]
    expected = mine.assign(hit=mine["grade"] >= least).groupby("channel")["hit"].agg(["sum", "size"]).sort_index()
    found = compute(metric, demo_ledger, MONTHS[0], by=("channel",)).set_index("channel").sort_index()
    assert found["numerator"].tolist() == expected["sum"].tolist()
    assert found["denominator"].tolist() == expected["size"].tolist()


def test_groups_add_up_to_the_whole(demo_ledger: Ledger) -> None:
    for metric in (
        "demand",
        "closure_rate",
        "on_time_rate",
        "satisfaction",
        "transfer_rate",
        "reopen_rate",
        "rectified_rate",
    ):
        whole = compute(metric, demo_ledger, MONTHS[0]).iloc[0]
        for by in ("module", "department", "street", "weekday", "industry"):
            parts = compute(metric, demo_ledger, MONTHS[0], by=(by,))
            assert parts["numerator"].sum() == whole["numerator"], (metric, by)


def test_an_earlier_as_of_knows_nothing_later(demo_store, demo_ledger: Ledger) -> None:
    from analytics.ledger import open_ledger

    earlier = open_ledger(demo_store, as_of=dt.datetime(2026, 11, 1))
    then = compute("backlog", earlier, MONTHS[1])["value"].iloc[0]
    assert then == compute("backlog", demo_ledger, MONTHS[1])["value"].iloc[0]
    assert compute("demand", earlier, MONTHS[2])["value"].iloc[0] == 0
    assert earlier.run(earlier.table("rating_facts").aggregate(last=lambda t: t.rated_at.max()))["last"].iloc[
        0
    ] < pd.Timestamp("2026-11-01")
    assert earlier.as_of < AS_OF
