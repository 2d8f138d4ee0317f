"""Reads workbooks of every kind, and Parquet, in a process of its own: a file that ends its reader ends nothing else.

Run as a script within bounds (:mod:`analytics.confined`) with the kind as its argument, the file on standard input, a
pickle of its sheets on standard output.
"""

from __future__ import annotations

import gc
import io
import pickle
import sys
from typing import Any

#: A sheet is handed on as a whole rectangle: so many cells at most, and columns as Excel has.
MOST_CELLS, MOST_COLUMNS = 60_000_000, 16_384
#: Exit codes.
PASSWORD, BROKEN, TOO_LARGE, NO_MEMORY = 3, 4, 5, 6


class TooLargeError(Exception):
    """More cells than may be held."""


def sheets(content: bytes) -> list[tuple[int, str, bool, list[list[object]], list]]:
    """Return place, name, visible, rows and merged ranges of every worksheet of a workbook."""
    import python_calamine as calamine

    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = []
    for index, meta in enumerate(book.sheets_metadata):
        if meta.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        raw = book.get_sheet_by_index(index)
        if raw.total_width > MOST_COLUMNS or raw.total_height * raw.total_width > MOST_CELLS:
            raise TooLargeError
        rows = [list(r) for r in raw.to_python(skip_empty_area=False)]
        visible = meta.visible == calamine.SheetVisibleEnum.Visible
        found.append((index, str(meta.name), visible, rows, _merged(raw)))
    return found


def _merged(raw: object) -> list:
    try:
        return getattr(raw, "merged_cell_ranges", None) or []
    except BaseException:  # the format knows of none
        return []


def table(content: bytes) -> list[tuple[int, str, bool, list[list[object]], list]]:
    """Return the one table of a Parquet file as a sheet: heads, then rows; structures one level deep are columns."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(pa.BufferReader(content))
    if file.metadata.num_rows * max(1, file.metadata.num_columns) > MOST_CELLS:
        raise TooLargeError
    held = file.read().flatten()
    columns = [_local(column) for column in held.columns]
    rows: list[list[object]] = [list(held.column_names), *(list(r) for r in zip(*columns, strict=True))]
    return [(0, "", True, rows, [])]


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
    return column.to_pylist()


READ = {"book": sheets, "parquet": table}


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
