"""Stock metrics: cases open, or open and overdue, at an instant or at the end of each bucket of time."""

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
from analytics.metrics.templates import ask


def entering(stock: Stock) -> str:
    """Return the column of spells that holds the time at which a case entered the stock."""
    return "overdue_at" if stock.overdue else "opened_at"


def open_cases(stock: Stock, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...] = ()) -> ir.Table:
    """Return the spells that belong to the stock at the moment."""
    table = within(ledger.table("spells"), ledger, slice, moment, by)
    at = ibis.timestamp(moment.at)
    return table.filter(table[entering(stock)] < at, table.closed_at.isnull() | (table.closed_at >= at))


def stocks(
    group: list[Metric], ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str | None
) -> pd.DataFrame:
    """Count the stocks of one kind at the moment, or at the end of every bucket."""
    measures = {m.code: m.measure for m in group if isinstance(m.measure, Stock)}
    first = next(iter(measures.values()))
    if grain:
        return _stock_series(group, first, ledger, slice, moment, by, grain)

    def build(moment: Moment) -> ir.Table:
        table = open_cases(first, ledger, slice, moment, by)
        sums = {}
        for code, stock in measures.items():
            among = stock.among(table, moment) if stock.among else None
            sums[f"{code}__k"] = sums[f"{code}__n"] = table.count(where=among)
        keys = keys_of(table, by, None, entering(first), moment)
        return table.group_by(**keys).aggregate(**sums) if keys else table.aggregate(**sums)

    wide = ask(ledger, (tuple(measures), by, slice.where), moment, build)
    return tidy(wide, group, list(by), slice, moment, None)


def _stock_series(
    group: list[Metric], stock: Stock, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...], grain: str
) -> pd.DataFrame:
    """Count the stock at the end of every bucket: what entered less what left until then."""
    if any(isinstance(m.measure, Stock) and m.measure.among for m in group):
        raise NotMeasurable(f"「{group[0].name}」只有统计时刻的数，没有时间序列")

    def build(moment: Moment) -> ir.Table:
        table = within(ledger.table("spells"), ledger, slice, moment, by)
        if not by:  # what left before the period entered before it too; split, a group of nothing else would be lost
            table = table.filter(table.closed_at.isnull() | (table.closed_at >= ibis.timestamp(moment.start)))
        moves = []
        for column, sign in ((entering(stock), 1), ("closed_at", -1)):
            rows = table.filter(table[entering(stock)].notnull(), table[column] < ibis.timestamp(moment.at))
            period = ibis.greatest(rows[column], ibis.timestamp(moment.start)).truncate(UNITS[grain])
            cut = {n: dimension(rows, n, moment) for n in by} | {"period": period.cast("timestamp")}
            moves.append(rows.group_by(**cut).aggregate(moved=rows.count().cast("int64") * sign))
        return moves[0].union(moves[1])

    changes = ask(ledger, (stock.overdue, by, grain, slice.where), moment, build)
    last = min(slice.end, (moment.at - dt.timedelta(microseconds=1)).date())
    periods = pd.to_datetime(buckets(slice.start, max(last, slice.start), grain)).astype("datetime64[ns]")
    changes["period"] = changes["period"].astype("datetime64[ns]")
    names = list(by)
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
