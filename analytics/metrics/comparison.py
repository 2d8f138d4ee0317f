"""What a period is compared with, and how: one definition for pages, briefings and exports.

Flows (受理, 办结 …) are compared by working day where the working days differ, stocks (超期未办, 积压 …) at the same
weekday and hour a whole number of weeks before, rates and durations at equal age. Nothing is compared with days
before the ledger began.

See docs/decisions/0005.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from analytics import workdays
from analytics.ledger import Ledger
from analytics.metrics.beginning import known_since
from analytics.metrics.catalogue import CATALOGUE, Metric
from analytics.metrics.compute import compute, compute_many
from analytics.metrics.measures import Flow
from analytics.metrics.slices import COMPARISONS, DAY, Slice, period_before
from analytics.metrics.wilson import Z
from analytics.settings import Settings
from analytics.wording import change, clock, days, month_or_day

WEEK = dt.timedelta(weeks=1)
#: Periods looked back at to measure how much demand varies by itself.
LOOK_BACK = 12
#: A change within chance is "much the same" below these; a larger one is told with its size (a leader reads the table beside it).
SLIGHT_SHARE, SLIGHT_POINTS = 0.05, 0.01


@dataclass(frozen=True)
class Basis:
    """A period beside what it is compared with.

    ``whole`` as asked, ``now`` as far as it has gone; ``flows``: the days compared with, at equal length and age;
    ``stocks``: the same filters at the moment compared with; both None where nothing is compared, with the
    ``reason`` in Chinese where it is the ledger's. ``days`` and ``days_before`` are working days, ``at`` and
    ``at_before`` the moments at which stocks are counted.
    """

    whole: Slice
    now: Slice
    name: str
    flows: Slice | None
    stocks: Slice | None
    days: int
    days_before: int
    at: dt.datetime
    at_before: dt.datetime | None
    reason: str = ""

    @property
    def uneven(self) -> bool:
        """Do the working days differ, so that flows are compared by working day?"""
        return self.flows is not None and self.days != self.days_before and min(self.days, self.days_before) > 0

    def beside(self, metric: Metric) -> Slice | None:
        """Return the slice that a metric is compared with."""
        return self.stocks if metric.is_stock else self.flows

    def per_day(self, metric: Metric) -> bool:
        """Tell whether a metric is compared by working day here."""
        return self.uneven and is_flow(metric)

    def pace(self, metric: Metric) -> float:
        """Return what a value before is multiplied with to stand for as many working days."""
        return self.days / self.days_before if self.per_day(metric) else 1.0


def is_flow(metric: Metric) -> bool:
    """Tell whether a metric is a count of events within a period."""
    return isinstance(metric.measure, Flow) and not metric.is_rate


def how_compared(metric: Metric) -> str:
    """Return in Chinese the rule by which a metric is compared with another period."""
    if metric.is_stock:
        return "与整周以前的同一星期同一时刻比"
    return "工作日不同时按工作日折算" if is_flow(metric) else "按同等时龄比"


@lru_cache(maxsize=256)
def basis(ledger: Ledger, slice: Slice, comparison: str, name: str = "") -> Basis:
    """Return what a slice is compared with.

    ``comparison`` is a key of ``slices.COMPARISONS`` (previous, year, none); ``name`` replaces its usual Chinese name. The
    result's ``flows`` and ``stocks`` are None where nothing is compared, with ``reason`` saying why.
    """
    at = slice.instant(ledger.as_of)
    now = replace(slice, end=max(slice.start, (at - dt.timedelta(microseconds=1)).date()))
    made = Basis(slice, now, name or COMPARISONS[comparison], None, None, working_days(now, ledger.as_of), 0, at, None)
    flows = slice.compared(comparison, ledger.as_of)
    if flows is None:
        return made
    since = known_since(ledger, slice)
    if flows.start < since:
        if since == dt.date.max:
            return replace(made, reason="台账里还没有工单")
        told = f"{made.name}的记录不完整" if flows.end >= since else f"没有{made.name}的记录"
        return replace(made, reason=f"台账自 {month_or_day(since)} 起，{told}")
    back = max(1, round((slice.start - flows.start) / WEEK)) * WEEK
    stocks = replace(now, start=now.start - back, end=now.end - back, lag=now.lag + back)
    return replace(
        made,
        flows=flows,
        stocks=stocks,
        days_before=working_days(flows, ledger.as_of),
        at_before=stocks.instant(ledger.as_of),
    )


def working_days(slice: Slice, as_of: dt.datetime) -> int:
    """Count the working days of a period as far as it has gone."""
    last = (slice.instant(as_of) - dt.timedelta(microseconds=1)).date()
    return int(workdays.whole_working_days_between([slice.start - DAY], [max(last, slice.start - DAY)])[0])


def said(basis: Basis) -> str:
    """Say what is compared with what, for a footer or the notes of an export; '' where nothing is."""
    if basis.flows is None or basis.at_before is None:
        return basis.reason
    even = f"工作日本期 {basis.days} 个、对比期 {basis.days_before} 个，件数的增减按工作日折算"
    return (
        f"对比{basis.name} {days(basis.flows.start, basis.flows.end)}（同等时龄）"
        + (f"；{even}" if basis.uneven else "")
        + f"；超期未办、积压等截至 {clock(basis.at)}，与 {clock(basis.at_before, basis.at)} 比"
    )


def compared(
    codes: Iterable[str],
    ledger: Ledger,
    basis: Basis,
    by: Sequence[str] = (),
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Return metrics of a period beside what it is compared with: the columns of ``compute_many`` and these.

    - before (float64): the value compared with, in the metric's unit; NaN where there is none
    - before_small (bool): 样本不足 there; a group that had no cases then has counts of 0
    - moved (str or None): the change in Chinese words, None where none is to be told
    - per_day (bool): whether it is compared by working day
    - changed (bool): whether it changed by more than chance

    Raises NotMeasurable as ``compute_many`` does.
    """
    chosen = [CATALOGUE[c] for c in codes]
    now = compute_many([m.code for m in chosen], ledger, basis.now, by, settings=settings)
    keys = ["metric", *by]
    old = pd.concat(
        [
            compute_many([m.code for m in part], ledger, slice, by, settings=settings)
            for slice, part in (
                (basis.flows, [m for m in chosen if not m.is_stock]),
                (basis.stocks, [m for m in chosen if m.is_stock]),
            )
            if slice is not None and part
        ]
        or [now[:0]]
    )
    earlier = now[keys].merge(old, on=keys, how="left")
    spread = spreads(ledger, basis, tuple(by)) if basis.flows and "demand" in now["metric"].to_numpy() else {}
    pairs = [
        _pair(row, before, basis, spread.get(tuple(row[list(by)]), 1.0))
        for (_, row), (_, before) in zip(now.iterrows(), earlier.iterrows(), strict=True)
    ]
    told = pd.DataFrame(pairs, columns=["before", "before_small", "moved", "per_day", "changed"], index=now.index)
    return pd.concat([now, told], axis=1)


def _pair(now: pd.Series, before: pd.Series, basis: Basis, spread: float) -> tuple[float, bool, str | None, bool, bool]:
    metric = CATALOGUE[now["metric"]]
    if basis.beside(metric) is None:
        return float("nan"), False, None, False, False
    if pd.isna(before["value"]) and metric.unit == "件":
        before = before.fillna({"value": 0.0, "numerator": 0.0, "n": 0.0})
    small = bool(before["small"]) if pd.notna(before["small"]) else False
    moved = None if small or now["small"] else step(metric, now["value"], before["value"], basis)
    return (
        float(before["value"]), small, moved, basis.per_day(metric), has_changed(metric, now, before, basis, spread)
    )  # fmt: skip


def step(metric: Metric, now: float, before: float, basis: Basis) -> str | None:
    """Write the change of a metric against what it is compared with: +12.3%, +1.2 个百分点; by working day where those differ."""
    if basis.per_day(metric) and before > 0:
        return change(now, before * basis.pace(metric), metric.unit)
    return change(now, before, metric.unit)


def is_slight(metric: Metric, now: float, before: float, basis: Basis) -> bool:
    """Tell whether a change is too small to tell: under 5% of what it is compared with, under one point of a rate."""
    if metric.unit == "%":
        return abs(now - before) < SLIGHT_POINTS
    fair = before * basis.pace(metric) if basis.per_day(metric) else before
    return abs(now - fair) < SLIGHT_SHARE * abs(fair) or now == fair


def has_changed(metric: Metric, now: pd.Series, before: pd.Series, basis: Basis, spread: float = 1.0) -> bool:
    """Tell whether a metric changed by more than chance gives; arrivals by working day and, of demand, by their usual spread."""
    if not is_flow(metric) or min(basis.days, basis.days_before) <= 0:
        return not within_noise(now, before)
    own = spread if metric.code == "demand" else 1.0
    return rate_of_arrival_changed(
        float(now["value"]), float(before["value"]), float(basis.days), float(basis.days_before), own
    )


@lru_cache(maxsize=256)
def spreads(ledger: Ledger, basis: Basis, by: tuple[str, ...] = ()) -> dict[tuple[object, ...], float]:
    """Return how much demand a working day varies from one period to the next, by group (see spread_of_arrivals).

    Over the LOOK_BACK periods before, as far as the ledger reaches; a group without cases has none.
    """
    periods: list[Slice] = []
    typed = basis.whole.narrowed(**dict.fromkeys(by, "")) if by else basis.whole
    since, one = known_since(ledger, typed), basis.whole
    while len(periods) < LOOK_BACK and (one := period_before(one)).start >= since:
        periods.append(one)
    if not periods:
        return {}
    span = basis.whole.over(periods[-1].start, periods[0].end)
    daily = compute("demand", ledger, span, by, "day")
    open_days = [float(working_days(p, ledger.as_of)) for p in periods]
    place = pd.cut(daily["period"], [pd.Timestamp(p.start) for p in reversed(periods)] + [pd.Timestamp(basis.whole.start)], right=False, labels=False)  # fmt: skip
    keys = [daily[name] for name in by]
    sums = daily["value"].groupby([*keys, place], dropna=False).sum()
    table = sums.unstack(fill_value=0.0) if by else sums.to_frame().T
    found = {}
    for group, counts in table.iterrows():
        key = group if isinstance(group, tuple) else (group,) if by else ()
        found[key] = spread_of_arrivals(list(counts.iloc[::-1]), open_days)
    return found


def within_noise(now: pd.Series, before: pd.Series) -> bool:
    """Tell whether the change between two rows of one metric is no more than chance would give.

    Counts: the difference of two Poisson counts within 1.96 of its standard error. Rates and
    quantiles: either value lies in the other's 95% interval. Unknown counts as noise.
    """
    if pd.isna(now["value"]) or pd.isna(before["value"]):
        return True
    if pd.isna(now["low"]) and pd.isna(before["low"]):
        return bool(abs(now["value"] - before["value"]) <= Z * np.sqrt(now["value"] + before["value"]))
    inside = now["low"] <= before["value"] <= now["high"]
    return bool(inside or before["low"] <= now["value"] <= before["high"])


def rate_of_arrival_changed(
    now: float, before: float, now_days: float, before_days: float, spread: float = 1.0
) -> bool:
    """Tell whether arrivals a day differ by more than chance (5%, two-sided; pooled score test of two rates).

    ``now`` and ``before`` are counts over ``now_days`` and ``before_days``; ``spread``: variance ÷ mean of counts (1 is
    Poisson; quasi-Poisson, McCullagh & Nelder 1989).

    >>> rate_of_arrival_changed(120, 100, now_days=20, before_days=20)
    False
    >>> rate_of_arrival_changed(160, 100, now_days=20, before_days=20)
    True
    """
    if min(now_days, before_days) <= 0 or now + before <= 0:
        return False
    pooled = (now + before) / (now_days + before_days)
    error = np.sqrt(spread * pooled * (1 / now_days + 1 / before_days))
    return bool(abs(now / now_days - before / before_days) > Z * error)


def spread_of_arrivals(counts: Sequence[float], days: Sequence[float]) -> float:
    """Return variance ÷ mean of arrivals from one period to the next, at least 1; 1 under four steps.

    ``counts`` and open ``days`` of periods in a row. Successive differences (von Neumann et al.
    1941), so that growth and seasons, which are changes and not noise, do not count as spread.
    """
    kept = [(c, d) for c, d in zip(counts, days, strict=True) if d > 0]
    if len(kept) < 5 or not any(c for c, _ in kept):
        return 1.0
    count, day = np.array(kept).T
    rate = count / day
    pooled = (count[1:] + count[:-1]) / (day[1:] + day[:-1])
    known = pooled > 0
    steps = (rate[1:] - rate[:-1])[known] ** 2 / (pooled * (1 / day[1:] + 1 / day[:-1]))[known]
    return float(max(1.0, steps.mean()))
