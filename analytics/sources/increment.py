"""How far a query was read: the newest time of change, kept as text, and what is asked for next."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

#: A time of change as databases have it: an instant, a day, a number that grows, or a text that sorts.
Moment: TypeAlias = dt.datetime | dt.date | int | float | str
#: A time of change further ahead than this is a slip of the pen: it must not hide what comes before it.
AHEAD = dt.timedelta(days=1)


def written(mark: Moment | None) -> str:
    """Return a mark as text, '' for none."""
    if mark is None:
        return ""
    kind = type(mark).__name__
    return json.dumps([kind, mark.isoformat() if isinstance(mark, dt.date) else mark], ensure_ascii=False)


def read(text: str) -> Moment | None:
    """Return the mark that a text says; None for ''."""
    if not text:
        return None
    kind, value = json.loads(text)
    if kind == "datetime":
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if kind == "date" else value


def moment(value: object) -> Moment | None:
    """Return a value of the column as a moment, None where there is none."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bool) or not isinstance(value, dt.date | int | float | str):
        return None
    return value if value != "" else None


def newest(values: Iterable[Moment | None], now: dt.datetime) -> Moment | None:
    """Return the newest moment that is not in the future; numbers and texts know no future."""
    return max((v for v in values if v is not None and not in_future(v, now)), default=None)


def in_future(value: Moment | None, now: dt.datetime) -> bool:
    """Tell whether an instant or a day lies further ahead of ``now`` (naive, Shanghai) than clocks differ."""
    if isinstance(value, dt.datetime):
        limit = (now + AHEAD).replace(tzinfo=dt.timezone(dt.timedelta(hours=8))) if value.tzinfo else now + AHEAD
        return value > limit
    return isinstance(value, dt.date) and value > (now + AHEAD).date()


def since(mark: Moment | None, overlap: dt.timedelta) -> Moment | None:
    """Return from which moment on (and with it) to ask: some time before the mark; None for from the start.

    A number or a text is asked for from the mark itself on: rows of the very same value may still come.
    """
    if isinstance(mark, dt.datetime):
        return mark - overlap
    if isinstance(mark, dt.date):
        return mark - dt.timedelta(days=-(-overlap // dt.timedelta(days=1)))
    return mark
