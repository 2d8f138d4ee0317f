"""How many cases are open, or open and overdue, at an instant or at the end of each bucket."""

from __future__ import annotations

import datetime as dt

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics.ledger import Ledger
from analytics.metrics.catalogue import Metric
from analytics.metrics.measures import Stock
from analytics.metrics.moment import Moment
from analytics.metrics.query import UNITS, NotMeasurable, dimension, keys_of, tidy, within
from analytics.metrics.slices import Slice, buckets


def open_cases(stock: Stock, ledger: Ledger, slice: Slice, moment: Moment) -> ir.Table:
    """Spells with ``enter`` and ``leave``: when each began and ceased to belong to the stock."""
    table = within(ledger.table("spells"), slice, moment)
    if stock.overdue:
        table = table.filter(table.due_at.notnull())
        enter = ibis.greatest(table.opened_at, table.due_at)
        table = table.mutate(enter=enter)
        return table.filter(table.closed_at.isnull() | (table.closed_at > table.enter)).mutate(leave=table.closed_at)
    return table.mutate(enter=table.opened_at, leave=table.closed_at)


def stocks(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    measures = {m.code: m.measure for m in group if isinstance(m.measure, Stock)}
    table = open_cases(next(iter(measures.values())), ledger, slice, moment)
    if grain:
        return _stock_series(group, table, ledger, slice, moment, by, grain)
    at = ibis.timestamp(moment.at)
    table = table.filter(table.enter < at, table.leave.isnull() | (table.leave >= at))
    sums = {}
    for code, stock in measures.items():
        among = stock.among(table, moment) if stock.among else None
        sums[f"{code}__k"] = sums[f"{code}__n"] = table.count(where=among)
    keys = keys_of(table, by, None, "enter", moment)
    wide = ledger.run(table.group_by(**keys).aggregate(**sums) if keys else table.aggregate(**sums))
    return tidy(wide, group, list(keys), slice, moment, None)


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
        period = ibis.greatest(rows[column], start).truncate(UNITS[grain])
        cut = {n: dimension(rows, n, moment) for n in by} | {"period": period.cast("timestamp")}
        moves.append(rows.group_by(**cut).aggregate(moved=rows.count() * sign))
    changes = ledger.run(moves[0].union(moves[1]))
    last = min(slice.end, (moment.at - dt.timedelta(microseconds=1)).date())
    periods = pd.to_datetime(buckets(slice.start, max(last, slice.start), grain)).astype("datetime64[ns]")
    changes["period"] = changes["period"].astype("datetime64[ns]")
    names = list(keys)
    if names:
        pivot = changes.pivot_table(
            index=names, columns="period", values="moved", aggfunc="sum", dropna=False, fill_value=0
        )
    else:
        pivot = changes.groupby("period")["moved"].sum().to_frame().T
    level = pivot.reindex(columns=periods, fill_value=0).fillna(0).cumsum(axis=1)
    level.columns.name = "period"
    long = level.stack(future_stack=True).rename("value").reset_index()  # noqa: PD013
    frames = [
        long[[*names, "period"]].assign(
            metric=m.code,
            value=long["value"].astype(float),
            numerator=long["value"].astype(float),
            denominator=np.nan,
            low=np.nan,
            high=np.nan,
            n=long["value"].astype(float),
        )
        for m in group
    ]
    return pd.concat(frames, ignore_index=True)
