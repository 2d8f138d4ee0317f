"""政企活动: meetings, visits and policy releases, and how demand stood before and after each."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analytics import model, workdays
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute
from analytics.reform.milestones import VISITS

#: Working days looked at before and after an activity.
SPAN = 20
MORE, FEWER, SAME, EARLY, FEW = "增多", "减少", "基本持平", "时日未满", "样本不足"


def held(ledger: Ledger, start: dt.date, end: dt.date) -> pd.DataFrame:
    """Return the activities of the days, oldest first: held_on, activity_kind, topic, module, department, reached."""
    table = ledger.table("activities")
    rows = ledger.run(table.filter(table.held_on.between(start, end)).order_by("held_on", "activity_kind", "topic"))
    rows["held_on"] = pd.to_datetime(rows["held_on"])
    return rows.drop(columns=["batch", "note"])


def before_and_after(ledger: Ledger, slice: Slice) -> pd.DataFrame:
    """Return the period's activities with demand in SPAN working days before and after each.

    The day itself counts as after. Demand is that of the activity's module, of all where it
    names none. Columns: those of ``held``, before, after (cases), ratio (after ÷ before), low, high
    (exact conditional 95% interval of the ratio of two Poisson rates: Przyborowski & Wilenski
    1940, Clopper–Pearson), visits (cases that came by 走访/座谈会 in the days after), verdict.
    Before and after alone cannot show a cause: other things happen in the same weeks.
    """
    rows = held(ledger, slice.start, slice.end)
    if chosen := dict(slice.where).get("module"):
        rows = rows[rows["module"].isin(chosen) | rows["module"].isna()].reset_index(drop=True)
    if rows.empty:
        return rows
    last = (ledger.as_of - pd.Timedelta(microseconds=1)).date()
    first, final = _around(rows["held_on"].min().date()), _around(rows["held_on"].max().date())
    whole = slice.over(first[0], min(final[1], last))
    demand = compute("demand", ledger, whole, by=("module",), grain="day")
    known = not ledger.lacks(("channel",))
    visits = compute("demand", ledger, whole, by=("module", "channel"), grain="day") if known else demand.head(0)
    visits = visits[visits["channel"] == VISITS] if known else visits
    found = [
        _measured(day.date(), module, demand, visits, last)
        for day, module in zip(rows["held_on"], rows["module"], strict=True)
    ]
    return rows.join(pd.DataFrame(found, index=rows.index))


def _around(day: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first day of SPAN working days before a day, and the last of SPAN from it on."""
    days = workdays.calendar()
    work = days.loc[days["is_workday"], "day"].reset_index(drop=True)
    place = int(work.searchsorted(pd.Timestamp(day)))
    return work[place - SPAN].date(), work[place + SPAN - 1].date()


def _measured(
    day: dt.date, module: str | None, demand: pd.DataFrame, visits: pd.DataFrame, last: dt.date
) -> dict[str, object]:
    start, end = _around(day)
    before = _sum(demand, module, start, day - dt.timedelta(days=1))
    after = _sum(demand, module, day, end)
    low, high = _ratio_interval(before, after)
    return {
        "before": before,
        "after": after,
        "ratio": after / before if before else float("nan"),
        "low": low,
        "high": high,
        "visits": _sum(visits, module, day, end),
        "verdict": EARLY if end > last else _verdict(before, after, low, high),
    }


def _sum(frame: pd.DataFrame, module: str | None, start: dt.date, end: dt.date) -> int:
    inside = frame["period"].between(pd.Timestamp(start), pd.Timestamp(end))
    if module in model.MODULES:
        inside &= frame["module"] == module
    return int(frame.loc[inside, "value"].sum())


def _ratio_interval(before: int, after: int) -> tuple[float, float]:
    from scipy.stats import binomtest  # half a second that the first numbers need not wait for

    if not before or not after:
        return float("nan"), float("nan")
    interval = binomtest(after, before + after).proportion_ci(0.95, "exact")
    return interval.low / (1 - interval.low), interval.high / (1 - interval.high)


def _verdict(before: int, after: int, low: float, high: float) -> str:
    if before + after < 10 or np.isnan(low):
        return FEW
    return MORE if low > 1 else FEWER if high < 1 else SAME
