"""Web pages and XML Spreadsheet 2003, which web systems name .xls, become sheets; both are parsed in a process of their own."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Sequence

from analytics.ingest.dialect import HEADER_ROWS
from analytics.ingest.encodings import decoded
from analytics.ingest.heads import count_known
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Part, Sheet, looks_like_a_row
from analytics.ingest.workbooks import parsed_apart, read_apart, sheet_of
from analytics.untrusted.web import WebTable

#: A table without heads of fewer columns is a menu, or what pages one.
LEAST_COLUMNS = 3
#: So many tables of a page, and pages of an archive, are read.
MOST_TABLES, MOST_PAGES = 300, 20
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")
_UNSAFE = re.compile(r"<!(DOCTYPE(?!\s+html)|ENTITY)", re.IGNORECASE)
NO_TABLE = "是网页，但里面没有表格；请在原系统里重新导出，或把表格复制到 Excel 另存为 .xlsx 再导入"
UNSAFE = "文件含外部实体定义，不安全，已拒绝；请用 Excel 打开后另存为 .xlsx 再导入"
BROKEN_XML = "XML 表格损坏或没有传完，请重新导出，或用 Excel 打开后另存为 .xlsx 再导入"


def read_web_page(name: str, content: bytes) -> list[Sheet]:
    """Return a sheet for each table of a page that is no layout; raises RefusedFile.

    A table without heads goes on with the rows of the one above it that has as many columns.
    """
    text = _DECLARED.sub("", decoded(name, content)[0].lstrip("\ufeff"))
    if _UNSAFE.search(text[:4096]):
        raise RefusedFile(name, UNSAFE)
    tables, hidden = parsed_apart(name, text.encode("utf-8", "replace"), "page", NO_TABLE)
    data, layouts = _told_apart(tables)
    if len(data) > MOST_TABLES:
        raise RefusedFile(
            name, f"网页里有 {len(data)} 张表，超过 {MOST_TABLES} 张；请在原系统里导出 Excel 或 CSV 再导入"
        )
    found = [s for i, t in enumerate(data) if (s := sheet_of(name, f"表{i + 1}" if len(data) > 1 else "", t.rows))]
    if not found:
        raise RefusedFile(name, NO_TABLE)
    found = _continued(found)
    if hidden:
        found[0].notes.append(f"有 {hidden} 行在网页上是隐藏的，也读入了")
    found[0].left_out += [told for layout in layouts if (told := _rows_of_layout(name, layout))]
    return found


def _told_apart(tables: list[WebTable]) -> tuple[list[WebTable], list[WebTable]]:
    """Return the tables that hold data, and those of layout, which hold others; what lies in a cell is its text."""
    data: list[WebTable] = []
    layouts: list[WebTable] = []
    texts: set[int] = set()
    for place, table in enumerate(tables):
        if table.inside in texts:
            texts.add(place)
        elif table.nested and not _has_heads(table.own):
            layouts.append(table)
        else:
            data.append(table)
            texts.add(place)
    return data, layouts


def _has_heads(rows: Sequence[list[object]]) -> bool:
    return any(count_known(row) > 1 for row in rows[:HEADER_ROWS])


def _rows_of_layout(name: str, layout: WebTable) -> str:
    """Say what a table of layout holds beside other tables, '' for menus and the like."""
    rows = sum(map(looks_like_a_row, layout.own))
    return (
        f"{name}：有 {rows} 行写在套着别的表格的格子旁边，没有读入；请把表格复制到 Excel 另存为 .xlsx 再导入"
        if rows
        else ""
    )


def _continued(sheets: list[Sheet]) -> list[Sheet]:
    """Put the rows of tables without heads behind those of the table above that has heads and as many columns."""
    kept: list[Sheet] = []
    for sheet in sheets:
        above = kept[-1] if kept else None
        if (
            above is None
            or len(sheet.rows[0]) != len(above.rows[0])
            or len(sheet.rows[0]) < LEAST_COLUMNS
            or _has_heads(sheet.rows[:])
            or not _has_heads(above.rows[:])
        ):
            kept.append(sheet)
            continue
        above.parts = above.parts or [Part(0, above.sheet)]
        above.parts.append(Part(len(above.rows), sheet.sheet))
        above.rows = [*above.rows, *sheet.rows]
        above.signs |= sheet.signs
        above.notes.append(f"{sheet.sheet}没有表头，列数与{above.sheet}相同，它的 {len(sheet.rows)} 行接在后面读入")
    return kept


def read_web_archive(name: str, content: bytes) -> list[Sheet]:
    """Return the tables of a page saved as one file (MHTML); raises RefusedFile."""
    try:
        message = email.message_from_bytes(content.lstrip(), policy=email.policy.default)
        bodies = [p.get_payload(decode=True) for p in message.walk() if p.get_content_type() == "text/html"]
    except (RecursionError, ValueError, LookupError):
        raise RefusedFile(name, NO_TABLE) from None
    pages = [b for b in bodies if isinstance(b, bytes) and b"<table" in b.lower()]
    if len(pages) > MOST_PAGES:
        raise RefusedFile(
            name, f"存下的网页里有 {len(pages)} 页表格，超过 {MOST_PAGES} 页；请在原系统里导出 Excel 或 CSV 再导入"
        )
    found = [sheet for body in pages for sheet in read_web_page(name, body)]
    if not found:
        raise RefusedFile(name, NO_TABLE)
    return found


def read_xml_spreadsheet(name: str, content: bytes) -> list[Sheet]:
    """Return the sheets of an XML Spreadsheet 2003; raises RefusedFile."""
    text = _DECLARED.sub("", decoded(name, content)[0].lstrip("\ufeff \t\r\n"))
    if re.search("<!(DOCTYPE|ENTITY)", text[:4096], re.IGNORECASE):
        raise RefusedFile(name, UNSAFE)
    found = read_apart(name, text.encode("utf-8", "replace"), "xml", BROKEN_XML)
    if not found:
        raise RefusedFile(name, "是 XML 文档，但里面没有工作表；请用 Excel 打开后另存为 .xlsx 再导入")
    return found
