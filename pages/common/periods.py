"""Periods that several pages look back over, and the link from one mark to its cases."""

from __future__ import annotations

import datetime as dt

from analytics.metrics import Slice
from pages.common.drawing import custom
from pages.common.filters import View

MONTHS = 18


def last_day(view: View) -> dt.date:
    """Return the last day the view knows: the period's end or the as-of's day."""
    return (view.slice.instant(view.ledger.as_of) - dt.timedelta(microseconds=1)).date()


def months_back(view: View, months: int = MONTHS) -> Slice:
    """Return the months up to the one the period ends in, the last perhaps unfinished."""
    end = last_day(view)
    index = end.year * 12 + end.month - months
    return view.slice.over(dt.date(index // 12, index % 12 + 1, 1), end)


def weeks_back(view: View, weeks: int) -> Slice:
    """Return the weeks up to the one the period ends in, the last perhaps unfinished."""
    end = last_day(view)
    monday = end - dt.timedelta(days=end.weekday())
    return view.slice.over(monday - dt.timedelta(weeks=weeks - 1), end)


def whole_weeks_back(view: View, weeks: int) -> Slice:
    """Return the last whole weeks up to the period's end or the as-of."""
    end = view.slice.instant(view.ledger.as_of).date()
    sunday = end - dt.timedelta(days=end.weekday() + 1)
    return view.slice.over(sunday - dt.timedelta(weeks=weeks) + dt.timedelta(days=1), sunday)


def own(start: dt.date, end: dt.date) -> dict[str, str]:
    """Return the query of a period of one's own."""
    return {"period": "own", "from": f"{start}", "to": f"{end}"}


def one_week(start: str, last: dt.date | None = None) -> dict[str, str]:
    """Return the query of the seven days from a Monday (ISO text), up to the last day that was counted."""
    first = dt.date.fromisoformat(start[:10])
    return own(first, min(first + dt.timedelta(days=6), last or dt.date.max))


def one_month(start: str, last: dt.date | None = None) -> dict[str, str]:
    """Return the query of the month that begins on a day (ISO text), up to the last day that was counted."""
    first = dt.date.fromisoformat(start[:10])
    following = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return own(first, min(following - dt.timedelta(days=1), last or dt.date.max))


def late_part(view: View, point: dict) -> dict[str, str]:
    """Return the query of the cases of a month's mark that did not meet its rate."""
    return {"metric": custom(point, 4), "part": "rest", **one_month(str(point["x"]), last_day(view))}
