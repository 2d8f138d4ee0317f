"""A slice: the days and filters a question is about; named periods, buckets of time, periods to compare with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from analytics.model import GRAINS

Where = tuple[tuple[str, tuple[str, ...]], ...]
DAY = dt.timedelta(days=1)
PERIODS = {
    "this_week": "本周",
    "last_week": "上周",
    "this_month": "本月",
    "last_month": "上月",
    "this_quarter": "本季",
    "this_year": "本年",
    "own": "自选",
}
COMPARISONS = {"previous": "上一期", "year": "去年同期", "none": "不比较"}


@dataclass(frozen=True)
class Slice:
    """The days ``start`` to ``end`` (both included) and filters ``where`` (dimension → values).

    ``lag``: how much earlier than the ledger's as-of events must lie to count as known; a period that is compared with
    another is judged at the same age.

    >>> november = Slice(dt.date(2026, 11, 1), dt.date(2026, 11, 24))
    >>> november.narrowed(module="finance").where
    (('module', ('finance',)),)
    >>> before = november.compared("previous", dt.datetime(2026, 11, 25))
    >>> print(before.start, before.end, before.lag.days)
    2026-10-08 2026-10-31 24
    """

    start: dt.date
    end: dt.date
    where: Where = ()
    lag: dt.timedelta = dt.timedelta(0)

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"the period ends {self.end} before it starts {self.start}")

    def narrowed(self, **where: str | tuple[str, ...]) -> Slice:
        """Return the slice with further filters (or others for the same dimension)."""
        added = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in where.items()}
        return replace(self, where=tuple(sorted((dict(self.where) | added).items())))

    def over(self, start: dt.date, end: dt.date) -> Slice:
        """Return the slice with the same filters over other days."""
        return replace(self, start=start, end=end, lag=dt.timedelta(0))

    def horizon(self, as_of: dt.datetime) -> dt.datetime:
        """Return the instant before which something must have happened to be known."""
        return as_of - self.lag

    def instant(self, as_of: dt.datetime) -> dt.datetime:
        """Return the end of the period or, in an unfinished one, the horizon."""
        return min(dt.datetime.combine(self.end + DAY, dt.time()), self.horizon(as_of))

    def compared(self, comparison: str, as_of: dt.datetime) -> Slice | None:
        """Return the period to compare with, at equal length and age; None for "none"."""
        if comparison == "none":
            return None
        last = min(self.end, (as_of - dt.timedelta(microseconds=1)).date())
        span = max(last, self.start) - self.start
        if comparison == "year":
            start = _year_before(self.start, self.end)
        else:
            start = _period_before(self.start, self.end)
        if _whole_month(self.start, last):  # months are of unequal length: each is judged at its own end
            end = _month_end(_months_back(start, -_months_between(self.start, last)))
            return replace(self, start=start, end=end, lag=last - end)
        ceiling = self.start - DAY if comparison == "previous" else self.start
        return replace(self, start=start, end=min(start + span, ceiling), lag=self.start - start)


def period_before(slice: Slice) -> Slice:
    """Return the whole period of the same length before a period; whole months, quarters and years stay such."""
    return slice.over(_period_before(slice.start, slice.end), slice.start - DAY)


def _whole_month(start: dt.date, last: dt.date) -> bool:
    return start.day == 1 and last == _month_end(last)


def _month_end(day: dt.date) -> dt.date:
    following = dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - DAY


def _months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _months_back(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, 1)


def _period_before(start: dt.date, end: dt.date) -> dt.date:
    """Return the start of the period before: whole months stay months, else equal days."""
    if start.day == 1 and end == _month_end(end):
        return _months_back(start, _months_between(start, end) + 1)
    return start - (end - start) - DAY


def _year_before(start: dt.date, end: dt.date) -> dt.date:
    """Return the same days a year before; a week stays a week (52 weeks before)."""
    if (end - start).days == 6 and start.weekday() == 0:
        return start - dt.timedelta(days=364)
    leap = start.month == 2 and start.day == 29
    return start.replace(year=start.year - 1, day=28 if leap else start.day)


def period(name: str, as_of: dt.datetime) -> tuple[dt.date, dt.date]:
    """Return the first and last day of a named period (a key of PERIODS) around ``as_of``.

    >>> first, last = period("last_week", dt.datetime(2026, 11, 25))
    >>> print(first, last)
    2026-11-16 2026-11-22
    """
    today = (as_of - dt.timedelta(microseconds=1)).date()
    monday = today - dt.timedelta(days=today.weekday())
    first = today.replace(day=1)
    quarter = dt.date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    spans = {
        "this_week": (monday, monday + 6 * DAY),
        "last_week": (monday - 7 * DAY, monday - DAY),
        "this_month": (first, _month_end(first)),
        "last_month": (_months_back(first, 1), first - DAY),
        "this_quarter": (quarter, _month_end(_months_back(quarter, -2))),
        "this_year": (dt.date(today.year, 1, 1), dt.date(today.year, 12, 31)),
    }
    return spans[name]


def buckets(start: dt.date, end: dt.date, grain: str) -> list[dt.date]:
    """Return the first day of every day, week, month, quarter or year that a period touches.

    >>> [str(day) for day in buckets(dt.date(2026, 10, 30), dt.date(2026, 11, 3), "week")]
    ['2026-10-26', '2026-11-02']
    """
    if grain not in GRAINS:
        raise ValueError(f"unknown grain {grain!r}; use one of {', '.join(GRAINS)}")
    found = [bucket_start(start, grain)]
    while (following := next_bucket(found[-1], grain)) <= end:
        found.append(following)
    return found


def bucket_start(day: dt.date, grain: str) -> dt.date:
    """Return the first day of the bucket a day lies in."""
    return {
        "day": day,
        "week": day - dt.timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": dt.date(day.year, 3 * ((day.month - 1) // 3) + 1, 1),
        "year": dt.date(day.year, 1, 1),
    }[grain]


def next_bucket(first: dt.date, grain: str) -> dt.date:
    """Return the first day of the bucket that follows."""
    if grain in ("day", "week"):
        return first + dt.timedelta(days=1 if grain == "day" else 7)
    return _months_back(first, {"month": -1, "quarter": -3, "year": -12}[grain])
