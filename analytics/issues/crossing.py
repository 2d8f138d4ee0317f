"""Two dimensions crossed, with cells that differ from what their margins lead to expect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics import model
from analytics.ledger import Ledger
from analytics.metrics import Slice, compute

MOST_ROWS, MOST_COLUMNS = 20, 12
OTHERS = "其余"


def crossed(ledger: Ledger, slice: Slice, rows: str, columns: str) -> pd.DataFrame:
    """Return cases by two dimensions: row_code, column_code, value, expected, residual.

    The largest groups first, the rest as 其余. ``expected`` is row × column ÷ all; ``residual``
    is (value − expected) ÷ its standard error under independence (adjusted residual, Haberman
    1973), NaN where a margin holds everything.
    """
    found = compute("demand", ledger, slice, by=(rows, columns))
    if found.empty:
        return pd.DataFrame(columns=["row_code", "column_code", "value", "expected", "residual"])
    found = found.assign(
        row_code=_largest(found[rows], found["value"], MOST_ROWS),
        column_code=_largest(found[columns], found["value"], MOST_COLUMNS),
    )
    table = found.pivot_table(index="row_code", columns="column_code", values="value", aggfunc="sum", fill_value=0)
    table = table.loc[_order(table.sum(axis=1)), _order(table.sum(axis=0))]
    counts = table.to_numpy(float)
    total = counts.sum()
    across, down = counts.sum(axis=1, keepdims=True) / total, counts.sum(axis=0, keepdims=True) / total
    expected = total * across * down
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = (counts - expected) / np.sqrt(expected * (1 - across) * (1 - down))
    long = table.stack().rename("value").reset_index()  # noqa: PD013
    return long.assign(expected=expected.ravel(), residual=np.where(np.isfinite(residual), residual, np.nan).ravel())


def _largest(codes: pd.Series, weight: pd.Series, most: int) -> pd.Series:
    text = codes.where(codes.notna(), model.UNKNOWN).astype(str)
    kept = weight.groupby(text).sum().nlargest(most).index
    return text.where(text.isin(kept), OTHERS)


def _order(sums: pd.Series) -> list[str]:
    """Return codes by size, 其余 and （未填） last."""
    last = {model.UNKNOWN: 1, OTHERS: 2}
    return sorted(sums.index, key=lambda c: (last.get(c, 0), -sums[c], c))
