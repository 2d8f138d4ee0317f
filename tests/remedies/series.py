"""Series written out by hand for the tests of effects."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analytics.remedies.series import Daily, Series

FIRST, DAY = dt.date(2024, 1, 1), dt.date(2025, 3, 3)


def made(before: list[float], after: list[float], others: list[float] | float = 1000, **more: object) -> Series:
    """Return a series of seven-day bins around DAY; ``others`` one number or one a bin."""
    inside = np.array([*before, *after], dtype=int)
    bins = len(inside)
    rest = np.full(bins, others) if isinstance(others, int | float) else np.array(others)
    start = np.datetime64(DAY) + 7 * (np.arange(bins) - len(before))
    return Series(start, inside, rest.astype(int), np.arange(bins) >= len(before), **more)  # type: ignore[arg-type]


def days_of(weekly: dict[str, list[int]]) -> Daily:
    """Return daily counts whose every seven days hold the given numbers, all on the first of them."""
    columns = {}
    for name, counts in weekly.items():
        column = np.zeros(7 * len(counts), dtype=int)
        column[::7] = counts
        columns[name] = column
    return Daily(FIRST, pd.DataFrame(columns))
