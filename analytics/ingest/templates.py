"""Blank workbooks to fill in: the right heads, drop-down lists, and a sheet of instructions."""

from __future__ import annotations

import io

import xlsxwriter

from analytics import model
from analytics.ingest.column_values import REMEDIES
from analytics.model import Column, Table

_WORDS = {
    "module": list(model.MODULES.values()),
    "stage": list(model.STAGES.values()),
    "grade": list(model.GRADES.values()),
    "follow_result": list(model.FOLLOW_RESULTS.values()),
    "role": list(model.ROLES.values()),
    "channel": list(model.CHANNELS),
    "activity_kind": list(model.ACTIVITY_KINDS),
    "item_kind": list(model.ITEM_KINDS.values()),
}
_ROWS = 5000


def template(table: Table) -> bytes:
    """Return a blank .xlsx for a table: heads, drop-down lists, formats, and 填写说明."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        must = book.add_format({"bold": True, "bg_color": "#f8d9b0", "border": 1})
        may = book.add_format({"bold": True, "bg_color": "#dfe8f1", "border": 1})
        formats = {
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "text": book.add_format({"num_format": "@"}),
        }
        sheet = book.add_worksheet(table.label)
        sheet.freeze_panes(1, 0)
        lists = book.add_worksheet("选项")
        for position, column in enumerate(table.columns):
            sheet.write_string(0, position, column.label, must if column.required else may)
            sheet.set_column(position, position, 18, formats.get(column.kind, formats["text"]))
            if words := _words(column):
                lists.write_column(0, position, words)
                letter = xlsxwriter.utility.xl_col_to_name(position)
                source = f"=选项!${letter}$1:${letter}${len(words)}"
                sheet.data_validation(1, position, _ROWS, position, {"validate": "list", "source": source})
        lists.hide()
        _instructions(book, table)
    return buffer.getvalue()


def _words(column: Column) -> list[str] | None:
    return _WORDS.get(column.kind) or _WORDS.get(column.name)


def _instructions(book: xlsxwriter.Workbook, table: Table) -> None:
    sheet = book.add_worksheet("填写说明")
    bold = book.add_format({"bold": True, "bg_color": "#dfe8f1"})
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 3, 40)
    for position, head in enumerate(("列", "是否必填", "怎么填", "填了可以看到")):
        sheet.write_string(0, position, head, bold)
    for row, column in enumerate(table.columns, start=1):
        how = "从下拉列表中选" if _words(column) else REMEDIES.get(column.kind, "文字")
        cells = (column.label, "必填" if column.required else "可空", how, column.unlocks)
        for position, cell in enumerate(cells):
            sheet.write_string(row, position, cell)
    notes = (
        f"同一{'、'.join(table.column(k).label for k in table.key)}再次导入时按内容更新，空格不会抹掉已有的值。",
        "列的顺序可以不同，也可以删去不用的列；时间按北京时间。",
    )
    for offset, note in enumerate(notes):
        sheet.write_string(len(table.columns) + 2 + offset, 0, note)
