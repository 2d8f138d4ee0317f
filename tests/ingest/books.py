"""Workbooks as offices make them, written by openpyxl and xlwt for the tests."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping

import openpyxl
import xlwt

HEADS = ["工单编号", "受理时间", "诉求内容", "服务模块", "承办部门", "办结时间", "评价等级"]
ROWS = [
    ["A1", dt.datetime(2024, 7, 5, 9, 32), "续贷困难", "金融服务", "区金融工作局", dt.datetime(2024, 7, 9, 10), "满意"],
    ["A2", "2024.7.5", "厂房漏水", "项目服务", "区住建局", "2024年7月8日 9时", "不满意"],
]


def book(rows: list[list], heads: list[str] | None = None, above: list[list] = ()) -> bytes:
    made = openpyxl.Workbook()
    for row in (*above, heads or HEADS, *rows):
        made.active.append(row)
    return saved(made)


def book_of(**sheets: list[list]) -> bytes:
    """Return a workbook of several sheets: name → its rows, heads among them."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(made)


def saved(made: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def packed(files: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP of files: name → content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def old_book(rows: list[list], heads: list[str] | None = None) -> bytes:
    made = xlwt.Workbook()
    sheet = made.add_sheet("台账")
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")
    for r, row in enumerate([heads or HEADS, *rows]):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell, style) if isinstance(cell, dt.datetime) else sheet.write(r, c, cell)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()
