"""Workbooks become sheets: XLSX here, older and other formats in a process of their own."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from pathlib import Path

import python_calamine as calamine

from analytics.ingest import apart
from analytics.ingest.archives import MOST_CELLS, looked_through
from analytics.ingest.characters import signs_in
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Sheet

LOCKED = "文件加了密码，请在 Excel 中取消密码（文件→信息→保护工作簿）后另存再导入"
BROKEN = "文件损坏，读不出来，请用 Excel 打开并另存为 .xlsx 后再导入"
FAR = "工作表里有格子远在表外，读不下；请在 Excel 里把表格部分复制到新的工作簿再导入"
#: The longest that reading in a process of its own may take, in seconds.
MOST_SECONDS = 120
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_xlsx(name: str, content: bytes) -> list[Sheet]:
    """Return the sheets of an XLSX or XLSM; raises RefusedFile."""
    hidden = looked_through(name, content)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [s for i, m in enumerate(book.sheets_metadata) if (s := _new_sheet(name, book, i, m, hidden.get(i, 0)))]
    except RefusedFile:
        raise
    except calamine.PasswordError:
        raise RefusedFile(name, LOCKED) from None
    except BaseException as error:  # the reader's own errors come in many types, a panic of it is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise RefusedFile(name, BROKEN) from None


def read_apart(name: str, content: bytes, kind: str) -> list[Sheet]:
    """Return the sheets of a file (``kind``: book or parquet) read within bounds of memory and time; raises RefusedFile."""
    if _ENCRYPTED in content:
        raise RefusedFile(name, LOCKED)
    script = Path(__file__).with_name("apart.py")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(script), kind], input=content, capture_output=True, timeout=MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RefusedFile(name, "读了太久没有读完，可能已损坏，请用 Excel 打开后另存为 .xlsx 再导入") from None
    if done.returncode:
        raise RefusedFile(name, {apart.PASSWORD: LOCKED, apart.TOO_LARGE: FAR}.get(done.returncode, BROKEN))
    found = pickle.loads(done.stdout)  # what our own script wrote
    return [s for title, visible, rows, merged in found if (s := sheet_of(name, title, rows, merged, visible=visible))]


def _new_sheet(name: str, book: calamine.CalamineWorkbook, index: int, meta: object, hidden: int) -> Sheet | None:
    if getattr(meta, "typ", None) != calamine.SheetTypeEnum.WorkSheet:
        return None
    raw = book.get_sheet_by_index(index)
    if raw.total_height * raw.total_width > MOST_CELLS:
        raise RefusedFile(name, FAR)
    rows: list[list[object]] = [list(r) for r in raw.to_python(skip_empty_area=False)]
    visible = getattr(meta, "visible", None) == calamine.SheetVisibleEnum.Visible
    merged = raw.merged_cell_ranges or []
    return sheet_of(name, str(getattr(meta, "name", index)), rows, merged, visible=visible, hidden=hidden)


def sheet_of(
    name: str, title: str, rows: list[list[object]], merged: list, *, visible: bool = True, hidden: int = 0
) -> Sheet | None:
    """Return a sheet whose merged cells are filled, with notes on what a person may not have seen; None if it is empty."""
    if not any(cell not in ("", None) for row in rows for cell in row):
        return None
    notes = []
    for (top, left), (bottom, _) in merged:
        _fill(rows, top, left, bottom)
    if merged:
        notes.append(f"{len(merged)} 处合并单元格已按左上角的值展开")
    if hidden:
        notes.append(f"{hidden} 行处于隐藏状态，也已读入")
    if not visible:
        notes.append("这是一张隐藏的工作表，也已读入")
    return Sheet(name, title, rows, notes, signs_in(rows))


def _fill(rows: list[list[object]], top: int, left: int, bottom: int) -> None:
    """Give every cell of a vertical merge its value; a merge across columns keeps one."""
    if top >= len(rows) or left >= len(rows[top]):
        return
    for row in rows[top : bottom + 1]:
        if left < len(row):
            row[left] = rows[top][left]
