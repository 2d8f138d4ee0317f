"""The first day of a ledger's regular records, so that a period before it is compared with nothing.

Single cases dated years earlier do not count as its beginning.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import pandas as pd

from analytics import model, workdays
from analytics.ledger import Ledger
from analytics.metrics.slices import DAY, Slice

#: A month with less than this share of a usual month's cases holds strays.
STRAY = 0.05
#: From the beginning on so many months are kept at least; the others may be gaps.
KEPT = 0.75
#: Of a month's days before its first case so many cases are missed where the ledger began with it and not with the
#: month: none of them coming by chance is one in twenty.
SURE = 3.0


@lru_cache(maxsize=16)
def begun(ledger: Ledger) -> dt.date | None:
    """Return the first day of a ledger's regular records, None for an empty ledger.

    It lies in the first month with at least STRAY of a usual month's cases from which on KEPT of the months have as many:
    the month's first day, or the day of its first case where SURE cases were expected before that. Usual is the weighted median: half of all cases lie in months of at least that size, so that many months of one
    case each do not lower it.
    """
    facts = ledger.table("case_facts")
    rows = ledger.whole.run(facts.group_by(day=facts.accepted_at.cast("date")).aggregate(n=facts.count()))
    if rows.empty:
        return None
    daily = rows.set_index(pd.to_datetime(rows["day"]))["n"].sort_index()
    monthly = daily.groupby(daily.index.to_period("M")).sum()
    monthly = monthly.reindex(pd.period_range(monthly.index[0], monthly.index[-1], freq="M")).fillna(0)
    by_size = monthly.sort_values()
    usual = by_size[by_size.cumsum() >= by_size.sum() / 2].iloc[0]
    kept = monthly >= STRAY * usual
    kept = kept[: kept[kept].index[-1]]  # nor does a stray of years after make the ledger go on
    share = kept[::-1].expanding().mean()[::-1]
    month = kept.index[kept & (share >= KEPT)][0]
    first: dt.date = daily.index[daily.index >= month.start_time][0].date()
    return first if _missed(first, float(monthly[month])) >= SURE else first.replace(day=1)


def _missed(first: dt.date, cases: float) -> float:
    """Return the expected number of cases in the days of a month before its first case, at the rate of the days after it."""
    start, end = first.replace(day=1), (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    before, after = (_working_days(*span) for span in ((start, first), (first, end)))
    return before * cases / max(after, 1)


def _working_days(start: dt.date, end: dt.date) -> int:
    return int(workdays.whole_working_days_between([start - DAY], [end - DAY])[0])


def known_since(ledger: Ledger, slice: Slice) -> dt.date:
    """Return the first day that a slice can be asked for: the ledger's beginning, or that of types where it filters by them.

    ``date.max`` where there is no case.
    """
    first = begun(ledger) or dt.date.max
    typed = any(name in model.ATTACHED for name, _ in slice.where)
    return max(first, ledger.attached_since or first) if typed else first
