"""A table whose heads stand in its first column, a case a column; and a form, a case a sheet: neither has a row of heads."""

from __future__ import annotations

from analytics.ingest.dialect import HEADER_ROWS
from analytics.ingest.heads import fold, known_heads
from analytics.ingest.sheets import Sheet

#: So many known heads one under another are no chance, where no row holds as many.
LEAST = 3
MOST_NAMED = 4


def remedy(sheet: Sheet) -> str:
    """Say what to do with a sheet whose heads stand below one another, '' for any other sheet."""
    rows = [sheet.rows[i] for i in range(sheet.first, min(len(sheet.rows), sheet.first + HEADER_ROWS))]
    first = [str(row[0]) for row in rows if row and _is_head(row[0])]
    pairs = [row for row in rows if len(row) > 2 and _is_head(row[0]) and not _is_head(row[1])]
    further = [str(cell) for row in pairs for cell in row[2:] if _is_head(cell)]
    widest = max((sum(map(_is_head, row)) for row in rows), default=0)
    if len(first) + len(further) < LEAST or len(first) < 2 or widest > len(first):
        return ""
    named = "、".join([*first, *further][:MOST_NAMED])
    if further:
        return (
            f"像是一件一张的登记表（{named}……各在自己的值旁边），不是一行一件的台账；"
            "请从原系统导出一行一件的台账，或在 Excel 里填成一行一件再导入"
        )
    return (
        f"表头像是竖着写在第一列（{named}……），一列一件；"
        "请在 Excel 里复制整张表，用“选择性粘贴”的“转置”贴到新的工作表，另存后再导入"
    )


def _is_head(cell: object) -> bool:
    return type(cell) is str and 0 < len(cell) <= 20 and fold(cell).rstrip(":：") in known_heads()
