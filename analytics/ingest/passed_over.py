"""Columns of a case table that are not read, though their heads say that they hold what the ledger lacks."""

from __future__ import annotations

import re

from analytics.ingest.characters import named
from analytics.ingest.heads import fold
from analytics.ingest.mapping import SheetPlan, columns_of
from analytics.model import TABLES

#: Column → how the head of one that is not read tells that it holds it.
SPEAKS_OF = {
    "grade": re.compile("满意(?:度|程度|情况|率)?|评价(?:等级|结果|分)|测评结果|好差评|打分|评分"),
    "closed_at": re.compile("(?:办结|完结|结案|办毕|处结|完成).{0,4}(?:时间|日期|时刻)"),
    "department": re.compile("(?:承办|主办|责任|牵头|办理|处置).{0,2}(?:部门|单位)"),
}


def passed_over(plan: SheetPlan) -> list[str]:
    """Name the columns that plainly hold grades, times of closing or departments where no column of these is read."""
    if plan.table != "cases":
        return []
    labels = {c.name: c.label for c in columns_of(TABLES["cases"])}
    told = []
    for column, pattern in SPEAKS_OF.items():
        heads = [] if column in plan.mapping else [h for h in plan.unused if pattern.search(fold(h))]
        if heads:
            shown = "、".join(f"「{named(h)}」" for h in heads[:5])
            told.append(
                f"列{shown}像是{labels[column]}，没有读入；要用的，请手工对应（命令行 --map {labels[column]}={named(heads[0])}）再导入"
            )
    return told
