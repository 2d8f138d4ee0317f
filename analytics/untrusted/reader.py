"""Reads workbooks of every kind, web pages and Parquet in a process of its own: a file that ends its reader ends nothing else.

Run as a script within bounds (:mod:`analytics.confined`) with the kind as its argument, the file on standard input, a
pickle of its sheets (of a page: its tables) on standard output.
"""

from __future__ import annotations

import gc
import io
import json
import pickle
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from analytics.untrusted.bounds import (
    EXCEL_COLUMNS,
    MOST_CELLS,
    MOST_SHEETS,
    Merged,
    Read,
    Room,
    TooLargeError,
    cut_to_what_is_held,
    is_too_large,
)
from analytics.untrusted.xlsx import Beside, beside_values

#: Exit codes.
PASSWORD, BROKEN, TOO_LARGE, NO_MEMORY = 3, 4, 5, 6


def book(content: bytes) -> list[Read]:
    """Return the worksheets of a workbook of any kind."""
    return _handed_on((title, visible, rows, merged, 0) for _, title, visible, rows, merged in _worksheets(content))


def xlsx(content: bytes) -> list[Read]:
    """Return the worksheets of an XLSX, cells that mislead as the workbook shows them."""
    beside, found = beside_values(content), []
    for place, title, visible, rows, merged in _worksheets(content):
        said = beside.get(place, Beside())
        said.put_into(rows)
        found.append((title, visible, rows, merged, said.hidden))
    return _handed_on(found)


def _handed_on(sheets: Iterable[tuple[str, bool, list[list[object]], list[Merged], int]]) -> list[Read]:
    """Return sheets as they are handed on: what is held, merged cells filled, all of it within bounds."""
    room = Room()
    found: list[Read] = []
    for title, visible, rows, merged, hidden in sheets:
        cut_to_what_is_held(rows)
        room.fill(rows, merged)
        room.take(rows)
        found.append((title, visible, rows, len(merged), hidden))
    return found


def _worksheets(content: bytes) -> Iterator[tuple[int, str, bool, list[list[object]], list[Merged]]]:
    """Yield place, name, visible, rows and merged ranges of every worksheet."""
    import python_calamine as calamine

    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    if len(book.sheets_metadata) > MOST_SHEETS:
        raise TooLargeError
    for index, meta in enumerate(book.sheets_metadata):
        if meta.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        raw = book.get_sheet_by_index(index)
        if raw.total_width > EXCEL_COLUMNS or raw.total_height * raw.total_width > MOST_CELLS:
            raise TooLargeError
        rows = [list(r) for r in raw.to_python(skip_empty_area=False)]
        visible = meta.visible == calamine.SheetVisibleEnum.Visible
        yield index, str(meta.name), visible, rows, _merged(raw)


def _merged(raw: object) -> list[Merged]:
    try:
        return getattr(raw, "merged_cell_ranges", None) or []
    except BaseException:  # the format knows of none
        return []


def table(content: bytes) -> list[Read]:
    """Return the one table of a Parquet file as a sheet: heads, then rows; structures one level deep are columns."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(pa.BufferReader(content))
    if is_too_large(file.metadata.num_columns, file.metadata.num_rows, MOST_CELLS):
        raise TooLargeError
    held = file.read().flatten()
    if is_too_large(held.num_columns, held.num_rows, sum(len(c) - c.null_count for c in held.columns)):
        raise TooLargeError
    columns = [_local(column) for column in held.columns]
    rows: list[list[object]] = [list(held.column_names), *(list(r) for r in zip(*columns, strict=True))]
    return [("", True, rows, 0, 0)]


def _local(column: Any) -> list[object]:
    """Return the cells of an Arrow column as Python's own; times that know their zone in Shanghai's."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):
        if kind.tz:
            column = column.cast(pa.timestamp("us", tz="Asia/Shanghai")).cast(pa.string())
            return [c if c is None else c[:19] for c in column.to_pylist()]
        return column.cast(pa.timestamp("us"), safe=False).to_pylist()
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    return [_plain(cell) for cell in column.to_pylist()]


def _plain(cell: object) -> object:
    """Return a cell as a sheet may hold it: bytes as the text that they are, lists as one text."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, list):
        return "；".join(str(_plain(c)) for c in cell)
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, dict) else cell


def page(content: bytes) -> object:
    """Return the tables of a web page, and how many of its rows are hidden."""
    from analytics.untrusted import web

    return web.page(content)


def spreadsheet_2003(content: bytes) -> list[Read]:
    """Return the worksheets of an XML Spreadsheet 2003."""
    from analytics.untrusted import web

    return _handed_on(web.spreadsheet_2003(content))


READ = {"book": book, "xlsx": xlsx, "parquet": table, "page": page, "xml": spreadsheet_2003}


def main() -> int:
    """Read standard input; the exit code says why it cannot be read."""
    gc.disable()  # cells hold no cycles, and the process ends with its file
    try:
        found = READ[sys.argv[1]](sys.stdin.buffer.read())
        pickle.dump(found, sys.stdout.buffer, protocol=5)
    except TooLargeError:
        return TOO_LARGE
    except MemoryError:
        return NO_MEMORY
    except BaseException as error:  # a reader's own errors come in many types, a panic of it is no Exception
        return PASSWORD if type(error).__name__ == "PasswordError" else BROKEN
    return 0


if __name__ == "__main__":
    sys.exit(main())
