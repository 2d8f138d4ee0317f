"""What a workbook's cell shows: formulas that were never computed, errors, and numbers in a format of their own."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt

from analytics.ingest.reasons import ACCEPTED, NUMBER
from tests.ingest.books import old_book, saved
from tests.ingest.stored import held, imported, repairs

HEADS = ["工单编号", "受理时间", "诉求内容", "承办部门", "承诺时限", "满意度"]


def workbook(rows: list[list], formats: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> bytes:
    made = openpyxl.Workbook()
    for row in [HEADS, *rows]:
        made.active.append(row)
    for place, shown in (formats or {}).items():
        made.active[place].number_format = shown
    for place, word in (errors or {}).items():
        made.active[place].value, made.active[place].data_type = word, "e"
    return saved(made)


def told(result) -> dict[tuple[str, str], int]:
    return {(e.head, e.word): e.count for e in result.left_empty}


@pytest.mark.parametrize("word", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!"])
def test_an_error_in_a_side_column_is_counted(tmp_path: Path, word: str) -> None:
    rows = [["A1", "2026-03-01", "漏水", "x", 5, "满意"], ["A2", "2026-03-02", "停电", "城管局", 5, "x"]]
    result = imported(tmp_path, "a.xlsx", workbook(rows, errors={"D2": word, "F3": word}))
    assert (result.accepted, told(result)) == (2, {("承办部门", word): 1, ("满意度", word): 1})
    assert held(tmp_path).loc["A1", "department"] is None
    assert result.account().state == "amber"


@pytest.mark.parametrize("word", ["#N/A", "#REF!"])
def test_an_error_as_number_or_time_keeps_the_row_out(tmp_path: Path, word: str) -> None:
    rows = [["x", "2026-03-01", "漏水"], ["A2", "x", "停电"], ["A3", "2026-03-02", "x"], ["A4", "2026-03-02", "停水"]]
    result = imported(tmp_path, "a.xlsx", workbook(rows, errors={"A2": word, "B3": word, "C4": word}))
    assert [q.kind for q in result.quarantine][:2] == [NUMBER, ACCEPTED]
    assert all(word in q.reason and "公式" in q.reason for q in result.quarantine[:2])
    assert (result.accepted, held(tmp_path).index.tolist()) == (1, ["A4"])


def test_errors_written_as_text_are_the_same(tmp_path: Path) -> None:
    lines = "工单编号,受理时间,诉求内容,承办部门\n#REF!,2026-03-01,漏水,城管局\nA2,2026-03-01,停电,#N/A\n"
    result = imported(tmp_path, "a.csv", lines)
    assert (result.accepted, result.quarantined, told(result)) == (1, 1, {("承办部门", "#N/A"): 1})


def test_a_formula_that_was_never_computed_is_told(tmp_path: Path) -> None:
    rows = [["A1", "2026-03-01", "漏水", '="城"&"管"', 5], ['="A"&2', "2026-03-01", "停电"], ["A3", "=TODAY()", "停水"]]
    result = imported(tmp_path, "a.xlsx", workbook(rows))
    assert told(result) == {("承办部门", "公式没有算出的值"): 1}
    assert [(q.row_no, q.kind) for q in result.quarantine] == [(3, NUMBER), (4, ACCEPTED)]
    assert all("公式" in q.reason and "另存" in q.reason for q in result.quarantine)


def test_formulas_with_a_value_and_those_that_give_an_empty_text_are_no_fault(tmp_path: Path) -> None:
    """As Excel writes them: a text that is empty says that it is one."""
    content = workbook([["A1", "2026-03-01", "漏水", "=UPPER(1)", None, '=IF(1,"","")']])
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for part in old.namelist():
            xml = old.read(part).decode()
            xml = re.sub(r'<c r="D2">(<f>.*?</f>)<v></v>', r'<c r="D2" t="str">\1<v>城管局</v>', xml)
            new.writestr(part, re.sub(r'<c r="F2">(<f>.*?</f>)<v></v>', r'<c r="F2" t="str">\1<v></v>', xml))
    result = imported(tmp_path, "a.xlsx", buffer.getvalue())
    assert held(tmp_path).loc["A1", "department"] == "城管局"
    assert told(result) == {}


@pytest.mark.parametrize(
    ("shown", "number"),
    [("000000", "000012"), ('"2026-"0000', "2026-0012"), ("\\G\\D000000", "GD000012"), ("0000-0000", "0000-0012"), ('"投"00"号"', "投12号")],
)  # fmt: skip
def test_the_number_that_is_shown_is_the_number(tmp_path: Path, shown: str, number: str) -> None:
    rows = [[12, "2026-03-01", "漏水"], ["A2", "2026-03-01", "停电"]]
    result = imported(tmp_path, "a.xlsx", workbook(rows, {"A2": shown}))
    assert set(held(tmp_path).index) == {number, "A2"}
    assert repairs(result) == {"编号、时限按表格里显示的样子读（数字格式）": 1}


def test_formats_of_other_columns_change_nothing(tmp_path: Path) -> None:
    rows = [["A1", "2026-03-01", "漏水", "城管局", 5]]
    result = imported(tmp_path, "a.xlsx", workbook(rows, {"E2": "000"}))
    assert (held(tmp_path).loc["A1", "promised_days"], repairs(result)) == (5, {})


def test_errors_in_an_old_workbook_are_said(tmp_path: Path) -> None:
    made = xlwt.Workbook()
    sheet = made.add_sheet("台账")
    for r, row in enumerate(
        [["工单编号", "受理时间", "诉求内容", "承办部门"], ["A1", "2026-03-01", "x"], ["A2", "2026-03-01", "y", "甲"]]
    ):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell)
    sheet.row(1).set_cell_error(3, 0x2A)  # #N/A
    buffer = io.BytesIO()
    made.save(buffer)
    result = imported(tmp_path, "a.xls", buffer.getvalue())
    assert result.accepted == 2
    assert any("约 1 格是公式错误" in t and ".xlsx" in t for t in result.left_out)
    assert imported(tmp_path, "b.xls", old_book([["A3", "2026-03-01", "x"]], HEADS[:3])).left_out == []


def test_where_no_format_can_be_read_it_is_said(tmp_path: Path) -> None:
    heads = ["工单编号", "受理时间", "诉求内容"]
    result = imported(tmp_path, "a.xls", old_book([[12, "2026-03-01", "漏水"]], heads))
    assert any("显示格式" in w and "另存为 .xlsx" in w for w in result.warnings)
    assert not any(
        "显示格式" in w for w in imported(tmp_path, "b.xls", old_book([["A2", "2026-03-01", "x"]], heads)).warnings
    )
