"""Cuts of the catalogue in which engines are held against each other."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE, NotMeasurable, Slice, compute, compute_many

QUARTER = Slice(dt.date(2026, 7, 1), dt.date(2026, 9, 30))
CUTS = [
    ((), None, QUARTER),
    (("module",), None, QUARTER),
    ((), "month", QUARTER),
    (("department", "channel"), None, QUARTER.narrowed(module=("finance", "legal"))),
    (("module",), "week", Slice(dt.date(2026, 9, 7), dt.date(2026, 9, 30)).narrowed(item_no="（未填）")),
]


def measurable(ledger: Ledger, by: tuple[str, ...], grain: str | None, slice: Slice) -> list[str]:
    """Return the metrics that DuckDB gives for a cut."""
    found = []
    for code in CATALOGUE:
        with contextlib.suppress(NotMeasurable):
            compute(code, ledger, slice, by, grain)
            found.append(code)
    return found


def alike(
    ledger: Ledger,
    switched: Callable[[bool], None],
    codes: list[str],
    by: tuple[str, ...],
    grain: str | None,
    slice: Slice,
) -> int:
    """Hold metrics with another engine switched on against DuckDB, to rounding; returns how many rows there were."""
    found = []
    for on in (True, False):
        switched(on)
        found.append(compute_many(codes, replace(ledger), slice, by, grain))
    pd.testing.assert_frame_equal(*found, check_dtype=False, rtol=1e-9, atol=1e-9)
    return len(found[0])
