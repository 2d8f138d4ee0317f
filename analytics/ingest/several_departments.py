"""Cells that name several departments at once, in a column that holds one."""

from __future__ import annotations

import re

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.mapping import SheetPlan

_SEVERAL = re.compile(r"[、，,;；/\\→＋+]|(?:牵头|主办|配合|协办)[：:]|[（(](?:牵头|主办|配合|协办)[)）]")


def several_departments(rows: pd.DataFrame, plan: SheetPlan) -> list[str]:
    """Say how many cells of ``department`` name more than one; each is taken for a department of its own."""
    if "department" not in rows or "department" not in plan.mapping:
        return []
    counts = rows["department"].dropna().value_counts()
    found = counts[[bool(_SEVERAL.search(name)) for name in counts.index]]
    if found.empty:
        return []
    head = named(plan.heads[plan.mapping["department"]])
    return [
        f"列「{head}」有 {int(found.sum()):,} 格写了不止一个部门（如“{named(found.index[0])}”），整格当作一个部门统计；"
        "请分成主办部门、协办部门两列再导入"
    ]
