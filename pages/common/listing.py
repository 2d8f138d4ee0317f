"""What an address asks 工单明细 to list, read the same way by the list and by every link that leads to it.

See docs/decisions/0021.
"""

from __future__ import annotations

import datetime as dt

from analytics import model
from analytics.caselist import SORTS, ListRequest
from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, PERIODS, NotMeasurable, Slice, period, unmet
from analytics.metrics.evidence import PARTS
from analytics.metrics.measures import Duration, Flow, Stock
from pages.address import parameters
from pages.address.inputs import option
from pages.common import asking

#: Rows that the list shows.
PAGE_ROWS = 500
#: Dimensions of the filter bar, and what an address may add to it: the marks of some figures need it.
FILTERS = ("module", "department", "channel", "street")
NARROWING = (
    "overdue_band", "stage", "weekday", "hour", "grade", "size", "first_department", "industry", "chain", "lifecycle",
    "item_no", "issue_type", "issue_problem", "issue_class",
)  # fmt: skip
LISTED = {
    c: m.name for c, m in CATALOGUE.items() if isinstance(m.measure, Flow | Stock | Duration) and c != "stage_stay_p90"
}
DEFAULT_PERIOD = "this_month"
#: Days that a period of one's own may have.
EARLIEST, LATEST = dt.date(2004, 1, 1), dt.date(2035, 12, 31)


def period_of(query: parameters.Query, ledger: Ledger) -> tuple[dt.date, dt.date]:
    """Return first and last day of the period that an address names, the running month where it names none."""
    name = option(_last(query, "period"), tuple(PERIODS), PERIODS.get) or DEFAULT_PERIOD
    if name != "own":
        return period(name, ledger.as_of)
    today = last_day(ledger)
    start = _day(_last(query, "from"), today.replace(day=1))
    return start, max(start, _day(_last(query, "to"), today))


def last_day(ledger: Ledger) -> dt.date:
    """Return the last day that the ledger knows."""
    return (ledger.as_of - dt.timedelta(microseconds=1)).date()


def where_of(
    query: parameters.Query, ledger: Ledger, names: tuple[str, ...] = FILTERS + NARROWING
) -> dict[str, tuple[str, ...]]:
    """Return dimension → codes of what an address narrows to; "a|b" in one value are two.

    A filter of the bar whose column the ledger lacks is off, as the bar says.
    """
    found = {}
    for name in names:
        if name in FILTERS and ledger.lacks((name,)):
            continue
        raw = [v for given in query.get(name, []) for v in given.split("|") if v]
        if raw:
            found[name] = tuple(_code(name, v) for v in raw)
    return found


def _code(name: str, raw: str) -> str:
    return option(raw, tuple(model.MODULES), model.MODULES.get) or raw if name == "module" else raw


def request_of(query: parameters.Query, ledger: Ledger) -> ListRequest:
    """Return which cases an address asks for within its period and filters, and in which order."""
    known = known_metrics(ledger)
    metric = option(_last(query, "metric"), known, LISTED.get) or known[0]
    part = option(_last(query, "part"), tuple(PARTS), PARTS.get) if CATALOGUE[metric].is_rate else None
    sort = option(_last(query, "sort"), tuple(SORTS), SORTS.get) or next(iter(SORTS))
    ascending = _last(query, "ascending") == "true"
    alarm = _last(query, "alarm")
    among = _cases_of_alarm(ledger, alarm) if alarm else None
    return ListRequest(metric, part or "denominator", _last(query, "q"), sort, not ascending, PAGE_ROWS, among=among)


def _cases_of_alarm(ledger: Ledger, alarm: str) -> tuple[str, ...]:
    from pages.common import discovered  # what it imports no first number needs

    return discovered.ask_alarm_cases(ledger, alarm)


def known_metrics(ledger: Ledger) -> tuple[str, ...]:
    """Return the metrics with cases of their own that the ledger can give."""
    return tuple(c for c in LISTED if not unmet(c, ledger))


def count_of(query: parameters.Query, ledger: Ledger) -> int | None:
    """Return how many cases 工单明细 lists at an address, None where it cannot tell."""
    try:
        slice = Slice(*period_of(query, ledger)).narrowed(**where_of(query, ledger))
        return int(asking.ask_count(ledger, slice, request_of(query, ledger)))
    except NotMeasurable:
        return None


def _last(query: parameters.Query, name: str) -> str:
    return next(iter(query.get(name, [])[::-1]), "")


def _day(raw: str, default: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(raw)
    except ValueError:
        return default
    return day if EARLIEST <= day <= LATEST else default
