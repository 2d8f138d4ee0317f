"""Tables of web pages and of XML Spreadsheet 2003, which web systems name .xls, become sheets."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator

from lxml import etree, html

from analytics.ingest.archives import MOST_CELLS
from analytics.ingest.dialect import HEADER_ROWS
from analytics.ingest.encodings import decoded
from analytics.ingest.heads import count_known
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Part, Sheet, looks_like_a_row
from analytics.ingest.workbooks import FAR, sheet_of

#: A cell that spans more is a mistake, or malice.
MOST_SPAN = 2000
MOST_COLUMNS = 16_384
#: A table without heads of fewer columns is a menu, or what pages one.
LEAST_COLUMNS = 3
_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")
_UNSAFE = re.compile(r"<!(DOCTYPE(?!\s+html)|ENTITY)", re.IGNORECASE)
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: Elements after which a new line begins.
LINES = ("br", "tr", "p", "div", "li")
NO_TABLE = "是网页，但里面没有表格；请在原系统里重新导出，或把表格复制到 Excel 另存为 .xlsx 再导入"
UNSAFE = "文件含外部实体定义，不安全，已拒绝；请用 Excel 打开后另存为 .xlsx 再导入"
BROKEN_XML = "XML 表格损坏或没有传完，请重新导出，或用 Excel 打开后另存为 .xlsx 再导入"

Grid = dict[int, dict[int, object]]


def read_web_page(name: str, content: bytes) -> list[Sheet]:
    """Return a sheet for each table of a page that is no layout; raises RefusedFile.

    A table without heads goes on with the rows of the one above it that has as many columns.
    """
    text = _DECLARED.sub("", decoded(name, content)[0].lstrip("\ufeff"))
    if _UNSAFE.search(text[:4096]):
        raise RefusedFile(name, UNSAFE)
    try:
        root = html.document_fromstring(text)
    except (etree.ParserError, ValueError):
        raise RefusedFile(name, NO_TABLE) from None
    hidden = _leave_what_is_seen(root)
    tables, layouts = _tables(root)
    found = [s for i, t in enumerate(tables) if (s := _web_sheet(name, f"表{i + 1}" if len(tables) > 1 else "", t))]
    if not found:
        raise RefusedFile(name, NO_TABLE)
    found = _continued(found)
    if hidden:
        found[0].notes.append(f"有 {hidden} 行在网页上是隐藏的，也读入了")
    found[0].left_out += [told for layout in layouts if (told := _rows_of_layout(name, layout))]
    return found


def _leave_what_is_seen(root: html.HtmlElement) -> int:
    """Take out of cells what a person does not see (scripts, styles, hidden parts, options not chosen), and put words for
    pictures; return how many rows are hidden, which are read all the same.
    """
    etree.strip_elements(root, "script", "style", "template", "noscript", with_tail=False)
    for options in root.iter("select"):
        listed = list(options.iter("option"))
        chosen = [o for o in listed if o.get("selected") is not None] or listed[:1]
        for option in listed:
            if option not in chosen:
                option.drop_tree()
    for picture in list(root.iter("img")):
        picture.tail = (picture.get("alt") or "") + (picture.tail or "")
    unseen = [e for e in root.iter("*") if _is_hidden(e)]
    rows = [e for e in unseen if e.tag == "tr"]
    for element in unseen:
        if element.tag not in ("html", "body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"):
            element.drop_tree()
    return len(rows)


def _is_hidden(element: html.HtmlElement) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _tables(root: html.HtmlElement) -> tuple[list[html.HtmlElement], list[html.HtmlElement]]:
    """Return the tables of a page that hold data, and those of layout, which hold others; what lies in a cell is its text."""
    data: list[html.HtmlElement] = []
    layouts: list[html.HtmlElement] = []
    for table in root.iter("table"):
        if any(t in data for t in table.iterancestors("table")):
            continue
        nested = table.find(".//table") is not None
        (layouts if nested and not _has_heads(_own_cells(table)) else data).append(table)
    return data, layouts


def _own_rows(table: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the rows of a table without those of tables in its cells."""
    nested = table.find(".//table") is not None
    return (r for r in table.iter("tr") if not nested or next(r.iterancestors("table")) is table)


def _own_cells(table: html.HtmlElement) -> list[list[object]]:
    """Return the texts of cells that hold no table, row by row."""
    return [[_text(c) for c in row.iterchildren("td", "th") if c.find(".//table") is None] for row in _own_rows(table)]


def _has_heads(rows: list[list[object]]) -> bool:
    return any(count_known(row) > 1 for row in rows[:HEADER_ROWS])


def _rows_of_layout(name: str, layout: html.HtmlElement) -> str:
    """Say what a table of layout holds beside other tables, '' for menus and the like."""
    rows = sum(map(looks_like_a_row, _own_cells(layout)))
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
            or _has_heads(sheet.rows[:])  # type: ignore[arg-type]
            or not _has_heads(above.rows[:])  # type: ignore[arg-type]
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
    message = email.message_from_bytes(content.lstrip(), policy=email.policy.default)
    found: list[Sheet] = []
    for part in message.walk():
        if part.get_content_type() == "text/html":
            body = part.get_payload(decode=True)
            if isinstance(body, bytes) and b"<table" in body.lower():
                found += read_web_page(name, body)
    if not found:
        raise RefusedFile(name, NO_TABLE)
    return found


def _web_sheet(name: str, title: str, table: html.HtmlElement) -> Sheet | None:
    grid: Grid = {}
    for top, row in enumerate(_own_rows(table)):
        left = 0
        for cell in row.iterchildren("td", "th"):
            while left in grid.get(top, {}):
                left += 1
            down, across = _span(cell, "rowspan"), _span(cell, "colspan")
            for below in range(down):  # a merge downwards is filled, one across keeps one value
                held = grid.setdefault(top + below, {})
                held |= {left: _text(cell)} | dict.fromkeys(range(left + 1, left + across), "")
            left += across
        grid.setdefault(top, {})
    return sheet_of(name, title, _rows(name, grid), [])


def _span(cell: html.HtmlElement, name: str) -> int:
    found = re.match(r"\d{1,6}", cell.get(name) or "")
    return min(max(int(found[0]), 1), MOST_SPAN) if found else 1


def _text(cell: html.HtmlElement) -> str:
    for end in cell.iter(*LINES, "td", "th"):  # td, th: of a table inside the cell
        if end is not cell:
            end.tail = ("\n" if end.tag in LINES else " ") + (end.tail or "")
    return str(cell.text_content()).strip()


def read_xml_spreadsheet(name: str, content: bytes) -> list[Sheet]:
    """Return the sheets of an XML Spreadsheet 2003; raises RefusedFile."""
    text = _DECLARED.sub("", decoded(name, content)[0].lstrip("\ufeff \t\r\n"))
    if re.search("<!(DOCTYPE|ENTITY)", text[:4096], re.IGNORECASE):
        raise RefusedFile(name, UNSAFE)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False, encoding="utf-8")
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        raise RefusedFile(name, BROKEN_XML) from None
    found = []
    for sheet in root.iter(f"{_SS}Worksheet"):
        grid, merged = _xml_grid(name, sheet)
        rows = _rows(name, grid)
        if made := sheet_of(name, str(sheet.get(f"{_SS}Name") or ""), rows, merged):
            made.formats_unknown = True
            found.append(made)
    if not found:
        raise RefusedFile(name, "是 XML 文档，但里面没有工作表；请用 Excel 打开后另存为 .xlsx 再导入")
    return found


def _xml_grid(name: str, sheet: etree._Element) -> tuple[Grid, list]:
    grid: Grid = {}
    merged = []
    top = -1
    for row in sheet.iter(f"{_SS}Row"):
        top = _index(name, row, top + 1)
        left = -1
        held = grid.setdefault(top, {})
        for cell in row.iterchildren(f"{_SS}Cell"):
            left = _index(name, cell, left + 1)
            held[left] = _value(cell.find(f"{_SS}Data"))
            if down := _index(name, cell, 0, "MergeDown", 0):
                merged.append(((top, left), (top + down, left)))
            left += _index(name, cell, 0, "MergeAcross", 0)
    return grid, merged


def _index(name: str, element: etree._Element, otherwise: int, attribute: str = "Index", base: int = 1) -> int:
    written = element.get(f"{_SS}{attribute}")
    if written is None:
        return otherwise
    if not re.fullmatch(r"\d{1,7}", written):
        raise RefusedFile(name, BROKEN_XML)
    return max(int(written) - base, 0)


def _value(data: etree._Element | None) -> object:
    if data is None:
        return ""
    text = "".join(data.itertext())
    if data.get(f"{_SS}Type") == "Number":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _rows(name: str, grid: Grid) -> list[list[object]]:
    """Return a grid as rows of one length; raises RefusedFile where a cell lies far outside."""
    height = 1 + max(grid, default=-1)
    width = 1 + max((column for row in grid.values() for column in row), default=-1)
    if width > MOST_COLUMNS or height * width > MOST_CELLS:
        raise RefusedFile(name, FAR)
    return [[grid.get(r, {}).get(c, "") for c in range(width)] for r in range(height)]
