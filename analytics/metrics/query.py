"""Parts shared by all queries: dimensions, filters, restriction to the period, and the result in long form.

See docs/decisions/0008.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd
from ibis.expr import types as ir

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics.catalogue import Metric
from analytics.metrics.moment import Moment
from analytics.metrics.slices import Slice, buckets
from analytics.metrics.wilson import wilson
from analytics.refusal import Refusal

BANDS = ("1–3", "4–10", "11–30", ">30")
UNITS = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


class NotMeasurable(Refusal):
    """A metric that this ledger or cut cannot give; the message is Chinese and says why."""


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


#: Case facts with the rota of the day they were received.
DUTY = "duty_cases"
#: Case facts with ``due_time``: working days until the end of the limit's last day.
LIMITS = "limited_cases"
#: Tables with a deadline of their own: what they come from, its working-day count, the limit.
DEADLINES = {
    "receipts": ("transfers", "happened_through", "receive_days"),
    "call_backs": ("rating_facts", "rated_through", "call_back_days"),
    "rectifications": ("rating_facts", "rated_through", "rectify_days"),
}


def source(ledger: Ledger, name: str, moment: Moment) -> ir.Table:
    """Return a table of the ledger, or one with ``due_day``: the last day of an office's limit."""
    if name == DUTY:
        return _with_duty(ledger)
    if name == LIMITS:
        days = ledger.table("calendar").select(due_day="day", due_time="through")
        return ledger.table("case_facts").left_join(days, "due_day")
    if name not in DEADLINES:
        return ledger.table(name)
    origin, begun, limit = DEADLINES[name]
    table = ledger.table(origin)
    table = table.mutate(limit_through=table[begun] + getattr(moment.settings, limit))
    days = ledger.table("calendar")
    ends = days.filter(days.is_workday).select(due_day="day", limit_through="through")
    return table.inner_join(ends, "limit_through")


def _with_duty(ledger: Ledger) -> ir.Table:
    """Return case facts with ``on_duty``: was the first receiver on the rota that day; null where that day has none."""
    rota = ledger.table("rota")
    served = rota.select(rota_day="day", rota_officer="officer_no").distinct().mutate(served=True)
    days = rota.select(any_day="day").distinct()
    facts = ledger.table("case_facts")
    facts = facts.mutate(received_day=facts.accepted_at.cast("date"))
    facts = facts.left_join(days, facts.received_day == days.any_day)
    both = facts.left_join(served, [facts.received_day == served.rota_day, facts.officer_no == served.rota_officer])
    return both.mutate(on_duty=both.any_day.notnull().ifelse(both.served.notnull(), ibis.null("boolean")))


def with_overdue_days(table: ir.Table, ledger: Ledger) -> ir.Table:
    """Add ``overdue_days``: working days since the limit of a case still open at the as-of, else null."""
    days, end = ledger.table("calendar"), ledger.as_of
    last = (end - dt.timedelta(microseconds=1)).date()
    through = days.filter(days.day == ibis.date(last)).through.as_scalar()
    table = table.left_join(days.select(due_day="day", due_through="through"), "due_day")
    late = table.closed_at.isnull() & (table.due_at < ibis.timestamp(end))
    return table.mutate(overdue_days=late.ifelse(through - table.due_through, ibis.null("int64")))


def within(table: ir.Table, ledger: Ledger, slice: Slice, moment: Moment, by: tuple[str, ...] = ()) -> ir.Table:
    """Apply the slice's filters (未填 stands for a missing value); attached dimensions join if asked for."""
    table = _with_attached(table, ledger, {*by, *(name for name, _ in slice.where)})
    for name, values in slice.where:
        column = dimension(table, name, moment).cast("string")
        present = column.isin([v for v in values if v != model.UNKNOWN])
        table = table.filter(present | column.isnull() if model.UNKNOWN in values else present)
    return table


def reaches(ledger: Ledger, slice: Slice) -> bool:
    """Tell whether what attached dimensions know goes back to the first day of a period."""
    return ledger.attached_since is None or slice.start >= ledger.attached_since


def check_reach(ledger: Ledger, slice: Slice, by: Sequence[str] = ()) -> None:
    """Raise NotMeasurable for a period that begins before what an attached dimension, filtered or split by, knows."""
    if not reaches(ledger, slice) and {*by, *(name for name, _ in slice.where)} & set(model.ATTACHED):
        raise NotMeasurable(model.TOO_EARLY.format(ledger.attached_since))


def _with_attached(table: ir.Table, ledger: Ledger, names: set[str]) -> ir.Table:
    for name in sorted(names & set(model.ATTACHED)):
        where = dict(ledger.attached).get(name)
        if not where:
            raise NotMeasurable(model.ATTACHED[name])
        table = table.left_join(ledger.table(where).select("case_no", name), "case_no")
    return table


def anchored(table: ir.Table, anchor: str, moment: Moment) -> ir.Table:
    """Keep rows whose anchor lies in the period and before the horizon."""
    column = table[anchor]
    if column.type().is_date():
        return table.filter(column.between(ibis.date(moment.first_day), ibis.date(moment.last_day)))
    return table.filter(column >= ibis.timestamp(moment.start), column < ibis.timestamp(moment.at))


def keys_of(
    table: ir.Table, by: tuple[str, ...], grain: str | None, anchor: str, moment: Moment
) -> dict[str, ir.Value]:
    keys = {name: dimension(table, name, moment) for name in by}
    if grain:
        keys["period"] = table[anchor].truncate(UNITS[grain]).cast("timestamp")
    return keys


def tidy(
    wide: pd.DataFrame, group: list[Metric], keys: list[str], slice: Slice, moment: Moment, grain: str | None
) -> pd.DataFrame:
    """Turn code__k / code__n columns into one row a metric, empty buckets included."""
    if grain:
        wide = every_bucket(wide, keys, slice, moment, grain)
    frames = [_counted(metric, wide, keys) for metric in group]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _counted(metric: Metric, wide: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return one metric's rows from its code__k and code__n columns."""
    k, n = wide[f"{metric.code}__k"].to_numpy(float), wide[f"{metric.code}__n"].to_numpy(float)
    nothing = np.full(len(k), np.nan)
    if metric.is_rate:
        low, high = wilson(k, n)
        value, denominator = np.divide(k, n, out=nothing, where=n > 0), n
    else:
        value, denominator, low, high = k, nothing, nothing, nothing
    columns: dict[str, object] = {"metric": np.full(len(k), metric.code, dtype=object)}
    columns |= {key: wide[key] for key in keys} | {"value": value, "numerator": k}
    return pd.DataFrame({**columns, "denominator": denominator, "low": low, "high": high, "n": n})


def every_bucket(wide: pd.DataFrame, keys: list[str], slice: Slice, moment: Moment, grain: str) -> pd.DataFrame:
    """Return the rows of ``wide`` and, with counts of 0, those of buckets that have none; may change ``wide`` itself."""
    last = min(slice.end, (moment.horizon - dt.timedelta(microseconds=1)).date())
    if last < slice.start:
        return wide
    periods = pd.to_datetime(buckets(slice.start, last, grain)).astype("datetime64[ns]")
    wide["period"] = wide["period"].astype("datetime64[ns]")
    others = [k for k in keys if k != "period"]
    if len(wide) >= len(periods) * math.prod(wide[k].nunique(dropna=False) for k in others):
        return wide
    grid, groups = pd.DataFrame({"period": periods}), wide[others].drop_duplicates() if others else None
    full = (grid if groups is None else groups.merge(grid, how="cross")).merge(wide, on=keys, how="left")
    counts = [c for c in wide.columns if c not in keys]
    full[counts] = full[counts].astype(float).fillna(0.0)
    return full
