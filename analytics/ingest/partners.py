"""Columns of a case's row that say nothing without another one: what they hold alone is kept nowhere, and is named."""

from __future__ import annotations

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.mapping import SheetPlan

#: Column → the one that it says something of, and what a person can do.
PARTNERS = {
    "follow_result": ("followed_up_at", "回访结果要有回访时间才能记入环节，请补上回访时间"),
    **dict.fromkeys(
        ("rated_at", "comment", "called_back_at", "rectified_at"),
        ("grade", "没有评价等级的不算评价，请补上评价等级"),
    ),
}


def alone(rows: pd.DataFrame, plan: SheetPlan) -> list[str]:
    """Say which cells of case rows (columns of the table, wide ones too) stand without their partner: head, count, remedy."""
    told = []
    for name, (partner, remedy) in PARTNERS.items():
        if name not in rows:
            continue
        lonely = rows[name].notna() & (rows[partner].isna() if partner in rows else True)
        if count := int(lonely.sum()):
            head = plan.heads[plan.mapping[name]] if name in plan.mapping else name
            told.append(f"列「{named(head)}」有 {count:,} 格没有记入：{remedy}")
    return told
