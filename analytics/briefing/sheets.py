"""Write a briefing as an Excel workbook: tables with number formats, native charts, and a list of all facts."""

from __future__ import annotations

import io

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from analytics.briefing import words
from analytics.briefing.drawing import COLOURS
from analytics.briefing.facts import Briefing, Cell, Column, Figure, Table
from analytics.figures.style import BLUE
from analytics.spreadsheet import OPTIONS

FORMATS = {"%": "0.0%", "件": "#,##0", "个工作日": "0.0", "件/人": "0.0", "件/人日": "0.0"}
Formats = dict[str, Format]


def xlsx(briefing: Briefing) -> bytes:
    """Return the tables as .xlsx; text is never a formula, and the same facts give the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties(
            {
                "title": briefing.head.title,
                "author": briefing.head.issuer,
                "comments": briefing.footer,
                "created": briefing.as_of,
            }
        )
        formats = _formats(book)
        _text(book, briefing, formats)
        for table in briefing.tables():
            _table(book, table, formats)
        for figure in (f for s in briefing.sections for f in s.figures):
            _figure(book, figure, formats)
        _facts(book, briefing, formats)
    return buffer.getvalue()


def _formats(book: xlsxwriter.Workbook) -> Formats:
    made = {unit: book.add_format({"num_format": code}) for unit, code in FORMATS.items()}
    made["head"] = book.add_format({"bold": True, "bg_color": "#dfe8f1", "border": 1, "text_wrap": True})
    made["bold"] = book.add_format({"bold": True, "font_size": 14})
    made["wrap"] = book.add_format({"text_wrap": True, "valign": "top"})
    return made


def _text(book: xlsxwriter.Workbook, briefing: Briefing, formats: Formats) -> None:
    """Write the text and what it rests on, so that the tables can be read alone."""
    sheet = book.add_worksheet("正文")
    sheet.set_column(0, 0, 110, formats["wrap"])
    sheet.write_string(0, 0, f"{briefing.head.title}（{briefing.head.subtitle}）", formats["bold"])
    lines = [*briefing.notices, briefing.footer]
    for place, section in enumerate(briefing.sections):
        lines += [words.heading(place, section.title), *words.lines(section)]
    lines += ["指标口径", *briefing.definitions]
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, line, formats["wrap"])


def _table(book: xlsxwriter.Workbook, table: Table, formats: Formats) -> None:
    sheet = book.add_worksheet(table.title[:31])
    sheet.freeze_panes(1, 1)
    told = words.mixed(table)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.head, formats["head"])
        width = max([len(column.head), *(len(words.shown(r[place], column)) for r in told.rows)])
        sheet.set_column(place, place, min(46, 4 + 1.7 * width))
    for row, cells in enumerate(table.rows, start=1):
        unit = _unit_of(table, cells)
        for place, (cell, column) in enumerate(zip(cells, table.columns, strict=True)):
            _write(sheet, row, place, cell, formats.get(unit or column.unit))
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)
    if table.note:
        sheet.write_string(len(table.rows) + 2, 0, f"注：{table.note}")
    if len(table.rows) > 1 and table.columns[1].unit == "件" and table.id != "main":
        _chart_beside(book, sheet, table)


def _unit_of(table: Table, cells: tuple[Cell, ...]) -> str:
    """Return the unit of a row of the main figures, where each row has its own."""
    return str(cells[0]).rsplit("（", 1)[1].removesuffix("）") if table.id == "main" else ""


def _write(sheet: Worksheet, row: int, place: int, cell: Cell, shape: Format | None) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, place, cell)
    elif cell is not None:
        sheet.write_number(row, place, cell, shape)


def _chart_beside(book: xlsxwriter.Workbook, sheet: Worksheet, table: Table) -> None:
    """Put a native bar chart of the first number column beside the table."""
    column: Column = table.columns[1]
    chart = book.add_chart({"type": "bar"})
    last = min(len(table.rows), 15)
    chart.add_series(
        {
            "name": column.head,
            "categories": [sheet.name, 1, 0, last, 0],
            "values": [sheet.name, 1, 1, last, 1],
            "fill": {"color": BLUE},
        }
    )
    chart.set_title({"name": table.title, "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    sheet.insert_chart(1, len(table.columns) + 1, chart, {"x_scale": 1.1, "y_scale": 1.3})


def _figure(book: xlsxwriter.Workbook, figure: Figure, formats: Formats) -> None:
    """Write a figure's numbers with a native chart of them."""
    sheet = book.add_worksheet(f"图-{figure.title}"[:31].replace("/", "-"))
    sheet.freeze_panes(1, 1)
    sheet.write_string(0, 0, "", formats["head"])
    for place, series in enumerate(figure.series, start=1):
        sheet.write_string(0, place, f"{series.name}（{figure.unit}）", formats["head"])
        for row, value in enumerate(series.values, start=1):
            _write(sheet, row, place, value, formats.get(figure.unit))
    for row, label in enumerate(figure.labels, start=1):
        sheet.write_string(row, 0, label)
    sheet.set_column(0, len(figure.series), 16)
    kind = "bar" if figure.kind == "bars" else "column"
    chart, lines = book.add_chart({"type": kind}), book.add_chart({"type": "line"})
    drawn_lines = False
    for place, series in enumerate(figure.series, start=1):
        spec = {
            "name": [sheet.name, 0, place],
            "categories": [sheet.name, 1, 0, len(figure.labels), 0],
            "values": [sheet.name, 1, place, len(figure.labels), place],
        }
        colour = COLOURS.get(series.name, BLUE)
        if series.marks == "line":
            lines.add_series(spec | {"line": {"color": colour, "width": 2.25}})
            drawn_lines = True
        else:
            chart.add_series(spec | {"fill": {"color": colour}})
    if drawn_lines:
        chart.combine(lines)
    chart.set_title({"name": figure.title, "name_font": {"size": 12}})
    if kind == "bar":
        chart.set_y_axis({"reverse": True})
    sheet.insert_chart(1, len(figure.series) + 2, chart, {"x_scale": 1.5, "y_scale": 1.3})


def _facts(book: xlsxwriter.Workbook, briefing: Briefing, formats: Formats) -> None:
    """List every number of the text with where it comes from."""
    sheet = book.add_worksheet("数字出处")
    heads = ("正文中的写法", "数值", "指标", "部分", "起", "止", "筛选", "算法")
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, formats["head"])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 7, 16)
    for row, fact in enumerate(briefing.facts, start=1):
        where = "；".join(f"{k}={v}" for k, v in fact.where)
        cells: tuple[Cell, ...] = (
            fact.text, fact.value, fact.metric, fact.part if fact.metric else "", fact.start, fact.end, where, fact.op or fact.how,
        )  # fmt: skip
        for place, cell in enumerate(cells):
            _write(sheet, row, place, None if cell != cell else cell, None)
