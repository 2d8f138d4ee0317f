"""One way to ask: ``compute(metric, ledger, slice, by, grain)`` returns a tidy frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import survival
from analytics.metrics.catalogue import CATALOGUE, Metric
from analytics.metrics.measures import Duration, Flow, ListCoverage, PerOfficer, Stock
from analytics.metrics.moment import Moment
from analytics.metrics.slices import Slice, bucket_start, buckets, next_bucket
from analytics.metrics.wilson import wilson
from analytics.settings import Settings, load_settings

COLUMNS = ("metric", "value", "numerator", "denominator", "low", "high", "n", "small")
BANDS = ("1–3", "4–10", "11–30", ">30")


class NotMeasurable(Exception):
    """A metric that this ledger or cut cannot give; the message is Chinese and says why."""


def compute(
    metric: str,
    ledger: Ledger,
    slice: Slice,
    by: Sequence[str] = (),
    grain: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Return a metric over a slice; see :func:`compute_many` for the columns."""
    return compute_many((metric,), ledger, slice, by, grain, settings)


def compute_many(
    metrics: Iterable[str],
    ledger: Ledger,
    slice: Slice,
    by: Sequence[str] = (),
    grain: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Return several metrics at once; those of one source are counted in one query.

    One row a metric, a value of each dimension of ``by`` and, with ``grain``, a ``period``
    (first day, datetime64). Columns: metric, the dimensions, period, value, numerator,
    denominator, low, high (95%: Wilson for rates, log-log Kaplan–Meier for quantiles, NaN
    for counts), n, small (样本不足). Rates are fractions of 1. An empty denominator gives a
    NaN value, never 0. Raises NotMeasurable when the ledger lacks what a metric needs.
    """
    settings = settings or load_settings()
    chosen = [_known(code) for code in metrics]
    for metric in chosen:
        if reason := unmet(metric.code, ledger):
            raise NotMeasurable(reason)
    moment = Moment.of(ledger, slice, settings)
    groups: dict[tuple[object, ...], list[Metric]] = {}
    for metric in chosen:
        groups.setdefault(metric.measure.source, []).append(metric)
    frames = [_count(group, ledger, slice, moment, tuple(by), grain) for group in groups.values()]
    frame = pd.concat(frames, ignore_index=True)
    rank = {m.code: i for i, m in enumerate(chosen)}
    frame = frame.sort_values("metric", key=lambda c: c.map(rank), kind="stable", ignore_index=True)
    least = frame["metric"].map({m.code: m.minimum(settings) for m in chosen})
    frame["small"] = frame["n"] < least
    keys = [*by, *(["period"] if grain else [])]
    return frame[["metric", *keys, *COLUMNS[1:]]]


def unmet(code: str, ledger: Ledger) -> str | None:
    """Say in Chinese what the ledger lacks for a metric, or None when nothing."""
    metric = _known(code)
    if lacking := ledger.lacks(metric.needs):
        return f"台账里没有{'、'.join(lacking)}，补上后可得「{metric.name}」"
    return None


def _known(code: str) -> Metric:
    if code not in CATALOGUE:
        raise NotMeasurable(f"没有指标“{code}”；可用：{'、'.join(CATALOGUE)}")
    return CATALOGUE[code]


def _count(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    measure = group[0].measure
    if isinstance(measure, Flow):
        return _flows(group, ledger, slice, moment, by, grain)
    if isinstance(measure, Stock):
        return _stocks(group, ledger, slice, moment, by, grain)
    if isinstance(measure, Duration):
        return _durations(group, ledger, slice, moment, by, grain)
    if grain or set(by) - {"module"} or {d for d, _ in slice.where} - {"module"}:
        raise NotMeasurable(f"「{group[0].name}」只能按服务模块看，不能按其他维度或时间拆分")
    if isinstance(measure, PerOfficer):
        return _per_officer(group[0], measure, ledger, slice, moment, by)
    return _list_coverage(group[0], measure, ledger, slice, by)


# --- what every query shares ---------------------------------------------------------------


def dimension(table: ir.Table, name: str, moment: Moment) -> ir.Value:
    """Return a dimension of a table as an expression; raises NotMeasurable if it has none."""
    if name == "weekday" and "accepted_at" in table.columns:
        return table.accepted_at.day_of_week.index()
    if name == "hour" and "accepted_at" in table.columns:
        return table.accepted_at.hour()
    if name == "overdue_band" and "due_through" in table.columns:
        days = moment.through_at - table.due_through
        return ibis.cases((days <= 3, BANDS[0]), (days <= 10, BANDS[1]), (days <= 30, BANDS[2]), else_=BANDS[3])
    if name not in model.DIMENSIONS or name not in table.columns:
        label = model.DIMENSIONS.get(name, name)
        raise NotMeasurable(f"这个指标不能按“{label}”拆分")
    return table[name]


def within(table: ir.Table, slice: Slice, moment: Moment) -> ir.Table:
    """Apply the slice's filters; 未填 stands for a missing value."""
    for name, values in slice.where:
        column = dimension(table, name, moment).cast("string")
        present = column.isin([v for v in values if v != model.UNKNOWN])
        table = table.filter(present | column.isnull() if model.UNKNOWN in values else present)
    return table


def anchored(table: ir.Table, anchor: str, slice: Slice, moment: Moment) -> ir.Table:
    """Keep rows whose anchor lies in the period and before the horizon."""
    column = table[anchor]
    if column.type().is_date():
        return table.filter(column.between(ibis.date(slice.start), ibis.date(slice.end)))
    start = dt.datetime.combine(slice.start, dt.time())
    return table.filter(column >= ibis.timestamp(start), column < ibis.timestamp(moment.at))


_UNITS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


def _keys(table: ir.Table, by: tuple[str, ...], grain: str | None, anchor: str, moment: Moment) -> dict[str, ir.Value]:
    keys = {name: dimension(table, name, moment) for name in by}
    if grain:
        keys["period"] = table[anchor].truncate(_UNITS[grain]).cast("timestamp")
    return keys


def _long(
    wide: pd.DataFrame, group: list[Metric], keys: list[str], slice: Slice, moment: Moment, grain: str | None
) -> pd.DataFrame:
    """Turn code__k / code__n columns into one row a metric, empty buckets included."""
    if grain:
        wide = _every_bucket(wide, keys, slice, moment, grain)
    frames = []
    for metric in group:
        k, n = wide[f"{metric.code}__k"].to_numpy(float), wide[f"{metric.code}__n"].to_numpy(float)
        share = metric.is_rate
        value = np.divide(k, n, out=np.full(len(k), np.nan), where=n > 0) if share else k
        low, high = wilson(k, n) if share else (np.full(len(k), np.nan),) * 2
        counted = {"metric": metric.code, "value": value, "numerator": k, "denominator": n if share else np.nan}
        frames.append(wide[keys].assign(**counted, low=low, high=high, n=n))
    return pd.concat(frames, ignore_index=True)


def _every_bucket(
    wide: pd.DataFrame, keys: list[str], slice: Slice, moment: Moment, grain: str
) -> pd.DataFrame:
    last = min(slice.end, (moment.horizon - dt.timedelta(microseconds=1)).date())
    if last < slice.start:
        return wide
    periods = pd.DataFrame({"period": pd.to_datetime(buckets(slice.start, last, grain))})
    wide = wide.assign(period=wide["period"].astype("datetime64[ns]"))
    periods["period"] = periods["period"].astype("datetime64[ns]")
    others = [k for k in keys if k != "period"]
    grid = wide[others].drop_duplicates().merge(periods, how="cross") if others else periods
    counts = [c for c in wide.columns if c not in keys]
    full = grid.merge(wide, on=keys, how="left")
    full[counts] = full[counts].astype(float).fillna(0.0)
    return full


# --- flows ---------------------------------------------------------------------------------


def _flows(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    measures = {m.code: m.measure for m in group if isinstance(m.measure, Flow)}
    first = next(iter(measures.values()))
    table = anchored(within(ledger.table(first.table), slice, moment), first.anchor, slice, moment)
    sums: dict[str, ir.Value] = {}
    for code, flow in measures.items():
        among = flow.among(table, moment) if flow.among else None
        hit = flow.hit(table, moment) if flow.hit else None
        both = hit if among is None else among if hit is None else among & hit
        sums[f"{code}__k"] = table.count(where=both)
        sums[f"{code}__n"] = table.count(where=among)
    keys = _keys(table, by, grain, first.anchor, moment)
    wide = ledger.run(table.group_by(**keys).aggregate(**sums) if keys else table.aggregate(**sums))
    return _long(wide, group, list(keys), slice, moment, grain)


# --- stocks --------------------------------------------------------------------------------


def _open_cases(stock: Stock, ledger: Ledger, slice: Slice, moment: Moment) -> ir.Table:
    """Spells with ``enter`` and ``leave``: when each began and ceased to belong to the stock."""
    table = within(ledger.table("spells"), slice, moment)
    if stock.overdue:
        table = table.filter(table.due_at.notnull())
        enter = ibis.greatest(table.opened_at, table.due_at)
        table = table.mutate(enter=enter)
        return table.filter(table.closed_at.isnull() | (table.closed_at > table.enter)).mutate(leave=table.closed_at)
    return table.mutate(enter=table.opened_at, leave=table.closed_at)


def _stocks(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    measures = {m.code: m.measure for m in group if isinstance(m.measure, Stock)}
    table = _open_cases(next(iter(measures.values())), ledger, slice, moment)
    if grain:
        return _stock_series(group, table, ledger, slice, moment, by, grain)
    at = ibis.timestamp(moment.at)
    table = table.filter(table.enter < at, table.leave.isnull() | (table.leave >= at))
    sums = {}
    for code, stock in measures.items():
        among = stock.among(table, moment) if stock.among else None
        sums[f"{code}__k"] = sums[f"{code}__n"] = table.count(where=among)
    keys = _keys(table, by, None, "enter", moment)
    wide = ledger.run(table.group_by(**keys).aggregate(**sums) if keys else table.aggregate(**sums))
    return _long(wide, group, list(keys), slice, moment, None)


def _stock_series(
    group: list[Metric], table: ir.Table, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str
) -> pd.DataFrame:
    """Count the stock at the end of every bucket: what entered less what left until then."""
    if any(isinstance(m.measure, Stock) and m.measure.among for m in group):
        raise NotMeasurable(f"「{group[0].name}」只有统计时刻的数，没有时间序列")
    at = ibis.timestamp(moment.at)
    start = ibis.timestamp(dt.datetime.combine(slice.start, dt.time()))
    keys = {name: dimension(table, name, moment) for name in by}
    moves = []
    for column, sign in (("enter", 1), ("leave", -1)):
        rows = table.filter(table[column] < at)
        period = ibis.greatest(rows[column], start).truncate(_UNITS[grain])
        cut = {n: dimension(rows, n, moment) for n in by} | {"period": period.cast("timestamp")}
        moves.append(rows.group_by(**cut).aggregate(moved=rows.count() * sign))
    changes = ledger.run(moves[0].union(moves[1]))
    last = min(slice.end, (moment.at - dt.timedelta(microseconds=1)).date())
    periods = pd.to_datetime(buckets(slice.start, max(last, slice.start), grain)).astype("datetime64[ns]")
    changes["period"] = changes["period"].astype("datetime64[ns]")
    names = list(keys)
    if names:
        pivot = changes.pivot_table(index=names, columns="period", values="moved", aggfunc="sum", dropna=False, fill_value=0)
    else:
        pivot = changes.groupby("period")["moved"].sum().to_frame().T
    level = pivot.reindex(columns=periods, fill_value=0).fillna(0).cumsum(axis=1)
    level.columns.name = "period"
    long = level.stack(future_stack=True).rename("value").reset_index()  # noqa: PD013
    frames = [
        long[[*names, "period"]].assign(
            metric=m.code, value=long["value"].astype(float), numerator=long["value"].astype(float),
            denominator=np.nan, low=np.nan, high=np.nan, n=long["value"].astype(float),
        )
        for m in group
    ]
    return pd.concat(frames, ignore_index=True)


# --- durations -----------------------------------------------------------------------------


def durations(
    metric: Metric, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    """Return one row a case: the dimensions, period, ``elapsed`` and ``happened``."""
    measure = metric.measure
    if not isinstance(measure, Duration):
        raise TypeError(f"{metric.code} is no duration")
    table = anchored(within(ledger.table(measure.table), slice, moment), measure.anchor, slice, moment)
    if measure.among:
        table = table.filter(measure.among(table, moment))
    keys = _keys(table, by, grain, measure.anchor, moment)
    query = table.select(**keys, elapsed=measure.elapsed(table, moment), happened=measure.happened(table, moment))
    frame = ledger.run(query)
    return frame[frame["elapsed"].notna()]


def _durations(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    rows = durations(group[0], ledger, slice, moment, by, grain)
    keys = [*by, *(["period"] if grain else [])]
    quantiles = {m.code: m.measure.quantile for m in group if isinstance(m.measure, Duration)}
    found = survival.quantiles(rows, keys, tuple(quantiles.values()))
    frames = []
    for code, q in quantiles.items():
        part = found[found["quantile"] == q].drop(columns="quantile")
        frames.append(part.assign(metric=code, numerator=np.nan, denominator=part["n"]))
    frame = pd.concat(frames, ignore_index=True)
    if grain and len(frame):
        frame = _with_empty_periods(frame, keys, slice, moment, grain)
    return frame


def _with_empty_periods(
    frame: pd.DataFrame, keys: list[str], slice: Slice, moment: Moment, grain: str
) -> pd.DataFrame:
    full = _every_bucket(frame[["metric", *keys, "n"]], ["metric", *keys], slice, moment, grain)
    frame = frame.assign(period=frame["period"].astype("datetime64[ns]")).drop(columns="n")
    return full.merge(frame, on=["metric", *keys], how="left")


# --- officers and the list -----------------------------------------------------------------


def _per_officer(
    metric: Metric, measure: PerOfficer, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...]
) -> pd.DataFrame:
    code = "demand" if measure.accepted else "backlog"
    cases = _count([CATALOGUE[code]], ledger, slice, moment, by, None)
    last = (moment.at - dt.timedelta(microseconds=1)).date()
    rota = within(ledger.table("rota"), slice, moment)
    rota = rota.filter(rota.day.between(ibis.date(slice.start), ibis.date(max(last, slice.start))))
    officers = rota.count() if measure.accepted else rota.officer_no.nunique()
    staff = ledger.run(rota.group_by(*by).aggregate(staff=officers) if by else rota.aggregate(staff=officers))
    both = cases.merge(staff, how="left", on=list(by)) if by else cases.assign(staff=staff["staff"].iloc[0])
    n = both["staff"].fillna(0).to_numpy(float)
    value = np.divide(both["value"], n, out=np.full(len(n), np.nan), where=n > 0)
    return both[list(by)].assign(
        metric=metric.code, value=value, numerator=both["value"], denominator=n, low=np.nan, high=np.nan, n=n
    )


def _list_coverage(
    metric: Metric, measure: ListCoverage, ledger: Ledger, slice: Slice, by: tuple[str, ...]
) -> pd.DataFrame:
    moment = Moment.of(ledger, slice, load_settings())
    items = within(ledger.table("items"), slice, moment)
    end = ibis.date(slice.end)
    items = items.filter(
        items.in_force_from <= end, items.in_force_to.isnull() | (items.in_force_to >= ibis.date(slice.start))
    )
    listed = items.select(*by, "item_no").distinct()
    cases = anchored(within(ledger.table("case_facts"), slice, moment), "accepted_at", slice, moment)
    used = cases.filter(cases.item_no.notnull()).select("item_no").distinct().mutate(used=True)
    joined = listed.left_join(used, "item_no")
    sums = {f"{metric.code}__k": joined.used.count(), f"{metric.code}__n": joined.count()}
    wide = ledger.run(joined.group_by(*by).aggregate(**sums) if by else joined.aggregate(**sums))
    return _long(wide, [metric], list(by), slice, moment, None)


def bucket_bounds(day: dt.date, grain: str) -> tuple[dt.date, dt.date]:
    """Return first and last day of the bucket a day lies in."""
    first = bucket_start(day, grain)
    return first, next_bucket(first, grain) - dt.timedelta(days=1)
