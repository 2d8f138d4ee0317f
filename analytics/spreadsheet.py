"""Workbooks out: exports, templates and quarantines, where text is never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pandas as pd
import xlsxwriter

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
#: No text becomes a formula, a link or a number.
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


def workbook(sheets: dict[str, pd.DataFrame], notes: Iterable[str] = ()) -> bytes:
    """Return an .xlsx with one sheet a frame (column names are heads), and a sheet of notes.

    Heads are bold and frozen, times are real times, every text is stored as text.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        head = book.add_format(
            {"bold": True, "bg_color": "#dfe8f1", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, frame in sheets.items():
            sheet = book.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(frame.columns):
                sheet.write_string(0, column, str(title), head)
                _write_column(sheet, column, frame.iloc[:, column], time)
                sheet.set_column(column, column, _width(str(title), frame.iloc[:, column]))
            if len(frame):
                sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
        if notes:
            sheet = book.add_worksheet("说明")
            sheet.set_column(0, 0, 100)
            for row, note in enumerate(notes):
                sheet.write_string(row, 0, note)
    return buffer.getvalue()


def _write_column(sheet: xlsxwriter.worksheet.Worksheet, column: int, cells: pd.Series, time: object) -> None:
    for row, cell in enumerate(cells, start=1):
        if pd.isna(cell):
            continue
        if isinstance(cell, pd.Timestamp):
            sheet.write_datetime(row, column, cell.to_pydatetime(), time)
        elif isinstance(cell, bool) or (not isinstance(cell, int | float) and not hasattr(cell, "dtype")):
            sheet.write_string(row, column, str(cell)[:32767])
        else:
            sheet.write_number(row, column, float(cell))


def _width(title: str, cells: pd.Series) -> float:
    longest = max([len(title), *(len(str(c)) for c in cells.head(50))], default=8)
    return min(48.0, 4 + 1.6 * longest)


def safe_csv(frame: pd.DataFrame, notes: Iterable[str] = (), *, mark: bool = True) -> bytes:
    """Return a CSV in which no cell starts a formula; notes end it as # lines.

    It is UTF-8 with a byte order ``mark``, which Excel needs and some scripts stumble over.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(frame.columns)
    for row in frame.itertuples(index=False):
        writer.writerow(["" if pd.isna(c) else _harmless(c) for c in row])
    for note in notes:
        writer.writerow([f"# {note}"])
    return buffer.getvalue().encode("utf-8-sig" if mark else "utf-8")


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(_DANGEROUS):
        return "'" + cell
    return cell
