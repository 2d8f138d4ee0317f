"""Suppression of small counts in tables that are shared: primary cells and those from which they could be derived."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

#: What of a metric's row is hidden with it.
HIDDEN = ("value", "numerator", "denominator", "low", "high", "n")


def hidden_cells(counts: np.ndarray, least: int) -> np.ndarray:
    """Return which cells of a table of counts (rows × columns) must not be shown, given that all totals are known.

    Primary: counts from 1 to ``least`` − 1. Secondary: no row and no column has a single hidden
    cell, from which the total would give it away, and hidden cells of a line add up to ``least``
    at least; the smallest shown cell is hidden with it, zero last (Hundepool et al., Statistical
    Disclosure Control, 2012, ch. 4). Then no small count follows from several totals together: rows and
    columns joined by hidden cells make a graph, and a cell follows from them when it is the only way
    between two parts of it (Gusfield, SIAM J. Comput. 17, 1988); a second way is hidden. Zeros are shown where nothing asks for them.
    """
    shown = np.asarray(counts, dtype=float)
    hidden = (shown > 0) & (shown < least)
    changed = True
    while changed:
        changed = False
        for values, marks in (*zip(shown, hidden, strict=True), *zip(shown.T, hidden.T, strict=True)):
            if marks.any() and (marks.sum() == 1 or values[marks].sum() < least) and not marks.all():
                marks[_smallest(values, ~marks)] = True
                changed = True
    if min(hidden.shape) > 1:  # of a single column each row is its own total, and that is not known
        for row, column in np.argwhere((shown > 0) & (shown < least)):
            ways = _other_ways(hidden, row, column)
            if ways is not None and ways.any():
                hidden[np.unravel_index(_smallest(shown.ravel(), ways.ravel()), hidden.shape)] = True
    return hidden


def _smallest(values: np.ndarray, among: np.ndarray) -> int:
    """Return the place of the smallest value where ``among`` holds, zero last."""
    return int(np.where(among, np.where(values > 0, values, np.finfo(float).max), np.inf).argmin())


def _other_ways(hidden: np.ndarray, row: int, column: int) -> np.ndarray | None:
    """Return the shown cells of which each would be a second way from a hidden cell's row to its column; None where there is one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    others = hidden.copy()
    others[row, column] = False
    rows, columns = np.nonzero(others)
    height, size = len(hidden), sum(hidden.shape)
    joined = coo_matrix((np.ones(len(rows)), (rows, height + columns)), (size, size))
    parts = connected_components(joined, directed=False)[1]
    of_rows, of_columns = parts[:height, None], parts[height:]
    here, there = parts[row], parts[height + column]
    if here == there:
        return None
    across: np.ndarray = (of_rows == here) & (of_columns == there) | (of_rows == there) & (of_columns == here)
    return across & ~hidden


def shared(table: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return a table of counts (index × columns) as objects, with cells that must not be shown as None.

    >>> shared(pd.DataFrame([[3, 20, 30], [15, 25, 40]], index=["A", "B"], columns=["x", "y", "z"]), least=5)
          x     y   z
    A  None  None  30
    B  None  None  40
    """
    hidden = hidden_cells(table.to_numpy(float), least)
    return table.astype(object).mask(hidden, None)


def shared_rows(frame: pd.DataFrame, by: Sequence[str], least: int) -> pd.DataFrame:
    """Return rows of compute_many with what must not be shown emptied, and a column ``hidden``.

    A row is hidden by its count: of a rate the numerator, what is left of the denominator, and the
    denominator itself; else ``n`` or the value. With two dimensions rows of a metric make a table,
    otherwise a column whose total is known.
    """
    keys = [*by, *(["period"] if "period" in frame else [])]
    mark = pd.Series(False, index=frame.index)
    for _, rows in frame.groupby("metric", sort=False):
        for counted in _counts(rows):
            mark.loc[rows.index] |= _marks(rows, counted, keys, least)
    emptied = frame.copy()
    for column in HIDDEN:
        emptied[column] = frame[column].mask(mark)
    return emptied.assign(hidden=mark)


def _counts(rows: pd.DataFrame) -> list[pd.Series]:
    numerator, denominator = rows["numerator"], rows["denominator"]
    if denominator.notna().any():
        return [numerator, denominator - numerator, denominator]
    return [rows["n"] if rows["n"].notna().any() else numerator]


def _marks(rows: pd.DataFrame, counted: pd.Series, keys: list[str], least: int) -> pd.Series:
    values = counted.fillna(0).to_numpy(float)
    if len(keys) != 2:
        return pd.Series(hidden_cells(values.reshape(-1, 1), least).ravel(), index=rows.index)
    across, down = (pd.factorize(rows[k], use_na_sentinel=False)[0] for k in keys)
    table = np.zeros((across.max() + 1, down.max() + 1))
    table[across, down] = values
    return pd.Series(hidden_cells(table, least)[across, down], index=rows.index)
