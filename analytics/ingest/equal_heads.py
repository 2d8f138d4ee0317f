"""Two columns under one head: one is read; what the other says otherwise is named, by its place."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.ingest import parsing
from analytics.ingest.characters import named
from analytics.ingest.heads import fold
from analytics.ingest.mapping import SheetPlan


def equal_heads(plan: SheetPlan) -> dict[int, int]:
    """Return position of a column that is not read → position of the one that is, under the same head."""
    read = {fold(plan.heads[p]): p for p in sorted(set(plan.mapping.values()), reverse=True) if plan.heads[p]}
    taken = set(plan.mapping.values())
    return {i: read[fold(h)] for i, h in enumerate(plan.heads) if h and i not in taken and fold(h) in read}


def differing(plan: SheetPlan, written: Sequence[parsing.Cells], joined: set[int]) -> list[str]:
    """Say of each column under the head of one that is read how many of its cells say something else.

    ``joined``: columns that were read together with another, as a day with its time of day.
    """
    told = []
    for other, read in equal_heads(plan).items():
        if other in joined:
            continue
        words, kept = parsing.texts(written[other]), parsing.texts(written[read])
        differ = int((words.notna() & (words != kept).fillna(value=True)).sum())
        if differ:
            told.append(
                f"第 {read + 1}、{other + 1} 列的表头都是「{named(plan.heads[read])}」，只读了第 {read + 1} 列；"
                f"第 {other + 1} 列有 {differ:,} 格与它不同，没有读入；两列都要的，请把表头改成不同的名称再导入"
            )
    return told
