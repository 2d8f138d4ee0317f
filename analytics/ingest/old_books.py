"""Reads an XLS in a process of its own: the old format says how much memory it wants, and a broken one wants all of it.

Run as a script, the workbook on standard input, a pickle of its sheets on standard output.
"""

from __future__ import annotations

import io
import pickle
import resource
import sys

import python_calamine as calamine

MOST_MEMORY = 3 * 1024**3
#: Exit codes.
PASSWORD, BROKEN = 3, 4


def sheets(content: bytes) -> list[tuple[str, bool, list[list[object]], list]]:
    """Return name, visible, rows and merged ranges of every worksheet."""
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = []
    for index, meta in enumerate(book.sheets_metadata):
        if meta.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        raw = book.get_sheet_by_index(index)
        rows = [list(r) for r in raw.to_python(skip_empty_area=False)]
        visible = meta.visible == calamine.SheetVisibleEnum.Visible
        found.append((str(meta.name), visible, rows, raw.merged_cell_ranges or []))
    return found


def main() -> int:
    """Read standard input; exit code PASSWORD or BROKEN where it cannot be read."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        found = sheets(sys.stdin.buffer.read())
    except calamine.PasswordError:
        return PASSWORD
    except BaseException:
        return BROKEN
    pickle.dump(found, sys.stdout.buffer, protocol=5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
