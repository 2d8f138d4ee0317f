"""Tables of web pages and of XML Spreadsheet 2003, which web systems name .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html

from analytics.untrusted.bounds import MOST_COLUMNS, Merged, Room, TooLargeError, is_too_large

#: Browsers let a cell span so many columns; one that spans more rows is a mistake, or malice, as are spans that fill more
#: cells of a table beside their own.
MOST_ACROSS, MOST_DOWN, MOST_FILLED = 1000, 2000, 4_000_000
#: Elements after which a new line begins.
LINES = ("br", "tr", "p", "div", "li")
_CELLS = ("td", "th")
_SEEN = ("html", "body", "table", "thead", "tbody", "tfoot", "tr", *_CELLS)
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

Grid = dict[int, dict[int, object]]


@dataclass
class WebTable:
    """A table of a page: its rows, the texts of its cells that hold no table, and the place of the table around it."""

    rows: list[list[object]]
    own: list[list[object]]
    nested: bool
    inside: int | None


def page(content: bytes) -> tuple[list[WebTable], int]:
    """Return the tables of a page in UTF-8 in its order, and how many of its rows are hidden; raises TooLargeError."""
    try:
        root = html.document_fromstring(content.decode("utf-8"))
    except (etree.ParserError, ValueError):
        return [], 0
    hidden = _leave_what_is_seen(root)
    tables = list(root.iter("table"))
    places = {table: i for i, table in enumerate(tables)}
    found = []
    for table in tables:
        around = next(table.iterancestors("table"), None)
        nested = table.find(".//table") is not None
        rows = [list(row.iterchildren(*_CELLS)) for row in _own_rows(table, nested=nested)]
        own: list[list[object]] = [[_text(c) for c in row if c.find(".//table") is None] for row in rows]
        found.append(WebTable(_grid(rows), own, nested, None if around is None else places[around]))
    room = Room()
    for table in found:
        room.take(table.rows)
    return found, hidden


def _leave_what_is_seen(root: html.HtmlElement) -> int:
    """Take out of cells what a person does not see (scripts, styles, hidden parts, options not chosen), and put words for
    pictures; return how many rows are hidden, which are read all the same.
    """
    etree.strip_elements(root, "script", "style", "template", "noscript", with_tail=False)
    for options in root.iter("select"):
        listed = list(options.iter("option"))
        chosen = {o for o in listed if o.get("selected") is not None} or set(listed[:1])
        for option in listed:
            if option not in chosen:
                option.drop_tree()
    for picture in list(root.iter("img")):
        picture.tail = (picture.get("alt") or "") + (picture.tail or "")
    unseen = [e for e in root.iter("*") if _is_hidden(e)]
    for element in unseen:
        if element.tag not in _SEEN:
            element.drop_tree()
    return sum(e.tag == "tr" for e in unseen)


def _is_hidden(element: html.HtmlElement) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _own_rows(table: html.HtmlElement, *, nested: bool) -> Iterator[html.HtmlElement]:
    """Yield the rows of a table without those of tables in its cells."""
    return (r for r in table.iter("tr") if not nested or next(r.iterancestors("table")) is table)


def _grid(rows: list[list[html.HtmlElement]]) -> list[list[object]]:
    """Return the texts of cells as rows of one length: a span downwards is filled, one across keeps one value."""
    grid: Grid = {}
    spread = 0
    for top, cells in enumerate(rows):
        left = 0
        for cell in cells:
            while left in grid.get(top, {}):
                left += 1
            down, across = _span(cell, "rowspan", MOST_DOWN), _span(cell, "colspan", MOST_ACROSS)
            spread += down * across - 1
            if spread > MOST_FILLED or left + across > MOST_COLUMNS:
                raise TooLargeError
            filled: dict[int, object] = dict.fromkeys(range(left, left + across), "")
            filled[left] = _text(cell)
            for below in range(down):
                grid.setdefault(top + below, {}).update(filled)
            left += across
        grid.setdefault(top, {})
    return _rows(grid)


def _span(cell: html.HtmlElement, name: str, most: int) -> int:
    found = re.match(r"\d{1,6}", cell.get(name) or "")
    return min(max(int(found[0]), 1), most) if found else 1


def _text(cell: html.HtmlElement) -> str:
    """Return what stands in a cell, with the breaks of its lines, and spaces between cells of tables inside it."""
    found = []
    for event, element in etree.iterwalk(cell, events=("start", "end", "comment", "pi")):
        if event == "start":
            found.append(element.text or "")
        elif element is not cell:
            end = "\n" if element.tag in LINES else " " if element.tag in _CELLS else ""
            found.append(end + (element.tail or ""))
    return "".join(found).strip()


def spreadsheet_2003(content: bytes) -> list[tuple[str, bool, list[list[object]], list[Merged], int]]:
    """Return name, visible, rows, merged ranges and 0 of the worksheets of an XML Spreadsheet 2003 in UTF-8.

    Raises ValueError where it is no XML, TooLargeError.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=False, encoding="utf-8")
    found: list[tuple[str, bool, list[list[object]], list[Merged], int]] = []
    for sheet in etree.fromstring(content, parser).iter(f"{_SS}Worksheet"):
        grid, merged = _xml_grid(sheet)
        found.append((str(sheet.get(f"{_SS}Name") or ""), True, _rows(grid), merged, 0))
    return found


def _xml_grid(sheet: etree._Element) -> tuple[Grid, list]:
    grid: Grid = {}
    merged = []
    top = -1
    for row in sheet.iter(f"{_SS}Row"):
        top = _index(row, top + 1)
        left = -1
        held = grid.setdefault(top, {})
        for cell in row.iterchildren(f"{_SS}Cell"):
            left = _index(cell, left + 1)
            held[left] = _value(cell.find(f"{_SS}Data"))
            if down := _index(cell, 0, "MergeDown", 0):
                merged.append(((top, left), (top + down, left)))
            left += _index(cell, 0, "MergeAcross", 0)
    return grid, merged


def _index(element: etree._Element, otherwise: int, attribute: str = "Index", base: int = 1) -> int:
    written = element.get(f"{_SS}{attribute}")
    if written is None:
        return otherwise
    if not re.fullmatch(r"\d{1,7}", written):
        raise ValueError(attribute)
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


def _rows(grid: Grid) -> list[list[object]]:
    """Return a grid as rows of one length; raises TooLargeError where a cell lies far outside."""
    height = 1 + max(grid, default=-1)
    width = 1 + max((column for row in grid.values() for column in row), default=-1)
    if is_too_large(width, height, sum(map(len, grid.values()))):
        raise TooLargeError
    return [[grid.get(r, {}).get(c, "") for c in range(width)] for r in range(height)]
