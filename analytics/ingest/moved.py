"""Rows whose cells stand one column too far right, because a delimiter in a text was not quoted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.ingest.parsing import Cells, texts
from analytics.ingest.reasons import SHIFTED, Reasons

REMEDY = "多半是文字里的分隔符没有加引号；请给文字加引号或另存为 .xlsx"
Reads = Callable[[list[str]], Sequence[bool]]


def check_length(reasons: Reasons, rows: Sequence[list[object]], places: np.ndarray, width: int) -> None:
    """Refuse rows that have more cells than heads, filled ones, or empty ones where most rows have none."""
    lengths = np.array([len(rows[i]) for i in map(int, places)], dtype=int)
    long = lengths > width
    filled = np.array([any(c not in ("", None) for c in rows[int(i)][width:]) for i in places], dtype=bool)
    told = pd.Series(filled | (long & (2 * long.sum() <= len(long))))
    reasons.add(told, SHIFTED, lambda i: f"这一行有 {lengths[i]} 格，表头只有 {width} 格，{REMEDY}")


def moved(written: Sequence[Cells], unread: Mapping[int, np.ndarray], reads: Mapping[int, Reads]) -> dict[int, int]:
    """Return row → the column where it shows that the row was moved by one.

    ``unread``: position of a column → mask of its cells that cannot be read there; ``reads``: position → which of some
    cells a column of times, numbers or codes can read. A row was moved where a cell that cannot be read would be one of
    the column to its left: that can read it, or another row holds it there.
    """
    found: dict[int, int] = {}
    for position, mask in sorted(unread.items()):
        rows = np.flatnonzero(mask)
        if position == 0 or not len(rows):
            continue
        cells = texts(written[position])[rows].astype(object)
        if position - 1 in reads:
            words = cells.dropna().unique().tolist()
            fitting = {w for w, fits in zip(words, reads[position - 1](words), strict=True) if fits}
            fits = cells.isin(fitting)
        else:
            fits = _held_by_others(cells, texts(written[position - 1]).astype(object))
        found |= {int(row): position for row in cells.index[fits] if row not in found}
    return found


def _held_by_others(cells: pd.Series, left: pd.Series) -> pd.Series:
    """Tell which cells stand in the column to their left in another row than their own."""
    counts = left[left.isin(set(cells.dropna()))].value_counts()
    own = left[cells.index] == cells
    return cells.map(counts).fillna(0) > own.astype(int)
