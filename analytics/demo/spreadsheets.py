"""The demo ledger as an office would send it: several dirty files from three systems."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import xlsxwriter

from analytics import model
from analytics.demo.generate import DemoLedger

_CUT = pd.Timestamp("2025-07-01"), pd.Timestamp("2026-07-01")
_SPELLINGS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d %H:%M:%S", "%Y年%m月%d日 %H时%M分%S秒")


def write_spreadsheets(ledger: DemoLedger, folder: Path) -> list[Path]:
    """Write the ledger as dirty files and return their paths, in no order that matters.

    Every name says 演示数据, and what is imported from them is marked so again.

    台账2024 is an .xlsx with title rows and merged cells and mixed spellings of time; 台账2025
    a GB18030 .csv with semicolons; 台账2026 a UTF-8 .tsv with English heads; 环节 and 评价 are
    files of their own; 基础资料 has seven sheets.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cases = ledger.tables["cases"]
    first = cases[cases["accepted_at"] < _CUT[0]]
    second = cases[(cases["accepted_at"] >= _CUT[0]) & (cases["accepted_at"] < _CUT[1])]
    third = cases[cases["accepted_at"] >= _CUT[1]]
    paths = [
        _book(
            folder / "演示数据-台账2024.xlsx",
            {"诉求台账": _chinese(first, "cases", mixed=True)},
            title="雁塔区企业综合服务中心服务台账（演示数据）",
        ),
        _text(folder / "演示数据-台账2025.csv", _chinese(second, "cases"), ";", "gb18030"),
        _text(folder / "演示数据-台账2026.tsv", _plain(third), "\t", "utf-8"),
        _text(folder / "演示数据-环节.csv", _chinese(ledger.tables["events"], "events"), ",", "utf-8-sig"),
        _book(folder / "演示数据-评价.xlsx", {"好差评": _chinese(ledger.tables["ratings"], "ratings", mixed=True)}),
    ]
    basics = ("enterprises", "departments", "officers", "rota", "items", "activities", "scenes")
    sheets = {model.TABLES[t].label: _chinese(ledger.tables[t], t) for t in basics}
    return [*paths, _book(folder / "演示数据-基础资料.xlsx", sheets)]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    times = frame.select_dtypes("datetime").columns
    return frame.assign(**{c: frame[c].dt.strftime("%Y-%m-%dT%H:%M:%S+08:00") for c in times})


def _chinese(frame: pd.DataFrame, table: str, mixed: bool = False) -> pd.DataFrame:
    """Return the frame with Chinese heads, words for codes, and times as people write them."""
    spec, shown = model.TABLES[table], {}
    words = {
        "module": model.MODULES,
        "stage": model.STAGES,
        "grade": model.GRADES,
        "follow_result": model.FOLLOW_RESULTS,
        "role": model.ROLES,
    }
    for name in frame.columns:
        column, cells = spec.column(name), frame[name]
        if column.kind == "time" and mixed:
            cells = pd.Series(
                [None if pd.isna(t) else t.strftime(_SPELLINGS[i % 4]) for i, t in enumerate(cells)], dtype=object
            )
        elif column.kind == "time":
            cells = cells.dt.strftime("%Y.%m.%d %H:%M:%S")
        elif column.kind in words:
            cells = cells.map(words[column.kind])
        shown[column.label] = cells.astype(object).where(cells.notna(), None).to_numpy()
    return pd.DataFrame(shown)


def _text(path: Path, frame: pd.DataFrame, delimiter: str, encoding: str) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        frame.to_csv(file, sep=delimiter, index=False, quoting=csv.QUOTE_MINIMAL)
    return path


def _book(path: Path, sheets: dict[str, pd.DataFrame], title: str = "") -> Path:
    with xlsxwriter.Workbook(
        path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        for name, frame in sheets.items():
            sheet = book.add_worksheet(name)
            top = 0
            if title:
                sheet.merge_range(0, 0, 0, len(frame.columns) - 1, title)
                sheet.write_string(1, 0, "填报单位：演示")
                top = 2
            sheet.write_row(top, 0, list(frame.columns))
            for row, cells in enumerate(frame.itertuples(index=False), start=top + 1):
                for column, cell in enumerate(cells):
                    if cell is not None and cell == cell:
                        sheet.write(row, column, cell if isinstance(cell, str | int | float) else str(cell))
    return path
