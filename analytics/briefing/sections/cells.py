"""Table cells and columns shared by sections."""

from __future__ import annotations

import pandas as pd

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Cell, Column, Table
from analytics.metrics import CATALOGUE
from analytics.metrics.slices import Slice
from analytics.wording import SMALL

NOT_KEPT = "台账未记"


def column(code: str, prefix: str = "") -> Column:
    """Return the column of a metric, headed by its name and unit."""
    metric = CATALOGUE[code]
    return Column(prefix + metric.name, metric.unit, code)


def cell(row: pd.Series | None) -> Cell:
    """Return the value of a row; 样本不足 for a rate or duration of too few cases, None for no value."""
    if row is None or pd.isna(row["value"]):
        return None
    return SMALL if row["small"] else float(row["value"])


def _cell_or_zero(row: pd.Series | None, code: str) -> Cell:
    """Return a group's value; a count without rows is 0, a rate without rows unknown."""
    return 0.0 if row is None and CATALOGUE[code].unit == "件" else cell(row)


def by_group(e: Evidence, codes: tuple[str, ...], by: str, slice: Slice | None = None) -> pd.DataFrame:
    """Return metrics by a dimension: index (group, metric), the columns of compute_many."""
    rows = e.rows(codes, slice or e.now, (by,))
    return rows.assign(**{by: rows[by].astype(object).where(rows[by].notna(), None)})


def group_table(
    e: Evidence, id: str, title: str, by: str, name: str, codes: tuple[str, ...], note: str = "", most: int = 0
) -> Table:
    """Return one row a group, largest demand (or first metric) on top; metrics the ledger lacks are left out."""
    known = tuple(c for c in codes if e.can(c))
    rows = by_group(e, known, by)
    table = {(r[by], r["metric"]): r for _, r in rows.iterrows()}
    groups = list(dict.fromkeys(rows[by]))
    first = known[0] if known else ""

    def size(group: object) -> float:
        row = table.get((group, first))
        return -float(row["value"]) if row is not None and pd.notna(row["value"]) else 0.0

    if by != "module":
        groups.sort(key=lambda g: (size(g), str(g)))
    body = tuple(
        (e.label(by, g), *(_cell_or_zero(table.get((g, c)), c) for c in known))
        for g in (groups[:most] if most else groups)
    )
    more = f"仅列前 {most} 个。" if most and len(groups) > most else ""
    return Table(id, title, (Column(name), *(column(c) for c in known)), body, note + more)
