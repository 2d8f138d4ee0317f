"""Lines under or inside a table that are no rows of it: totals, who made it, when it was printed, a template's sample row."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow.compute as pc

from analytics.ingest.mapping import SheetPlan
from analytics.ingest.sheets import TextRows
from analytics.model import TABLES

_WORDS = (
    r"^[（(【]?(?:合计|总计|小计|总数|总计数|累计|本页|共计?\d|单位负责人|(?:负责人|经办人|备注|说明|注)[:：]|第\d+页|"
    r"(?:导出|制表|打印|统计|填报|填表|审核|审批|复核|报送|上报|数据|截止|截至)(?:时间|日期|人|员|单位|口径|部门|来源))"
)
_FOOTER = re.compile(_WORDS)
#: What a template's sample row says in place of a number, or before one: “示例：QF20260001”, “（样例）”, “例：1”.
_SAMPLE = r"^[（(【]?(?:(?:填写|填表|填报)?(?:示例|样例|范例)|例如|例[:：])"
_IS_SAMPLE = re.compile(_SAMPLE)
#: What it says in a column of its own, such as that of running numbers; a text of a case may begin with the word.
_SAMPLE_ALONE = r"^\s*[（(【]?(?:填写|填表|填报)?(?:示例|样例|范例|例)[:：]?[）)】]?\s*$"
_IS_SAMPLE_ALONE = re.compile(_SAMPLE_ALONE)
#: What a spreadsheet's own subtotals write into the column that they group by: “科技局 汇总”.
_SUBTOTAL = re.compile(r"^.{1,30}\s(?:汇总|计数|小计|合计|总计|平均值|求和|最大值|最小值)$")
_LINE = "[-=:+|─━]{3,}"
_RULER = re.compile(_LINE)
_FEW = 3
_FIRST = frozenset("（(【 　\t\n合总小累本共单负经备说注第导制打统填审复报上数截示样范例")
_BEGINS = _FIRST | frozenset("-=:+|─━ ")


def is_footer(cell: object) -> bool:
    """Tell whether a cell begins a line that is no row: “合 计”, “制表人：”, “共 3 条”."""
    return type(cell) is str and cell[:1] in _FIRST and bool(_FOOTER.match("".join(cell.split())))


def is_sample(cell: object) -> bool:
    """Tell whether a cell says that its row shows how a table is to be filled in."""
    return type(cell) is str and cell[:1] in _FIRST and bool(_IS_SAMPLE.match("".join(cell.split())))


def _says_sample(cell: object) -> bool:
    """Tell whether a cell holds nothing but that its row is a sample."""
    return type(cell) is str and cell[:1] in _FIRST and bool(_IS_SAMPLE_ALONE.match(cell))


def is_ruler(filled: list[object]) -> bool:
    """Tell whether the filled cells of a row draw a line: +-----+, | --- |, :---:."""
    return bool(filled) and all(type(c) is str and bool(_RULER.fullmatch(c.strip())) for c in filled)


def is_subtotal(filled: list[object]) -> bool:
    """Tell whether the filled cells of a row are a spreadsheet's own subtotal: its group, and a number or two."""
    return 0 < len(filled) <= _FEW and any(type(c) is str and bool(_SUBTOTAL.match(c.strip())) for c in filled)


def footers(plan: SheetPlan, places: np.ndarray) -> dict[int, str]:
    """Return place → first word of the rows of a table of cases that are none.

    Such a row has no number of a case, or a footer's word in its place, and its first cell that holds anything begins as
    a footer does; or it says of itself, there or in its first cell, that it is a sample.
    """
    if "case_no" not in TABLES[plan.table].key or "case_no" not in plan.mapping:
        return {}
    rows = plan.sheet.rows
    found = {}
    for place in _may_be(plan, places):
        filled = [c for c in rows[place] if c not in ("", None)]
        first = filled[0] if filled else ""
        number = rows[place][plan.mapping["case_no"]] if plan.mapping["case_no"] < len(rows[place]) else None
        if is_sample(number) or _says_sample(first):
            found[place] = str(number if is_sample(number) else first).strip()
        elif is_footer(first) or is_subtotal(filled) or is_ruler(filled):
            found[place] = str(first).strip()
    return found


def _may_be(plan: SheetPlan, places: np.ndarray) -> Iterable[int]:
    """Return the places of rows whose number is empty or a footer's word, or whose first cell speaks of a sample."""
    rows, position = plan.sheet.rows, plan.mapping["case_no"]
    if isinstance(rows, TextRows):
        bare = pc.replace_substring_regex(rows.columns[position], r"\s", "")
        may = pc.or_(pc.equal(bare, ""), pc.match_substring_regex(bare, f"{_WORDS}|{_SAMPLE}|^{_LINE}$"))
        if position > 0:
            may = pc.or_(may, pc.match_substring_regex(rows.columns[0], _SAMPLE_ALONE))
        may = may.to_numpy()
        return [int(p) for p in places[may[places]]]
    return [p for p in map(int, places) if _is_empty_or_footer(rows[p], position) or _says_sample(rows[p][0])]


def _is_empty_or_footer(row: list[object], position: int) -> bool:
    cell = row[position] if position < len(row) else None
    if type(cell) is not str:
        return cell is None
    return not cell or (cell[0] in _BEGINS and (is_footer(cell) or is_sample(cell) or is_ruler([cell])))
