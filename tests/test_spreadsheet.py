"""Workbooks out: text is text, times are times, nothing missing becomes a word."""

import io

import openpyxl
import pandas as pd

from analytics.spreadsheet import safe_csv, workbook

FRAME = pd.DataFrame(
    {
        "文字": ["=1+1", "+86", "-x", "@a", None],
        "数": pd.array([1, None, 3, 4, 5], dtype="Int64"),
        "时间": pd.to_datetime(["2026-11-24 09:30", None, None, None, None]),
        "是否": [True, False, None, True, False],
    }
)


def test_a_workbook_holds_no_formula_and_freezes_its_head() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook({"表": FRAME}, ["说明一"])))["表"]
    assert [c.value for c in sheet["A"]][1:] == ["=1+1", "+86", "-x", "@a", None]
    assert "f" not in {c.data_type for row in sheet.iter_rows() for c in row}
    assert sheet.freeze_panes == "A2"
    assert sheet["C2"].is_date
    assert [c.value for c in sheet["B"]][1:] == [1, None, 3, 4, 5]


def test_a_csv_starts_no_formula_and_opens_in_excel_as_utf8() -> None:
    content = safe_csv(FRAME, ["说明一"])
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").splitlines()
    assert [line[0] for line in lines[1:5]] == ["'"] * 4
    assert "nan" not in content.decode().lower()
    assert lines[-1] == "# 说明一"
