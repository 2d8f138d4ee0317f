"""Workbooks become sheets, each read in a process of its own."""

from __future__ import annotations

import pickle
from pathlib import Path

from analytics import confined
from analytics.ingest import apart
from analytics.ingest.archives import Beside, beside_values
from analytics.ingest.characters import signs_in
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Sheet

LOCKED = "文件加了密码，请在 Excel 中取消密码（文件→信息→保护工作簿）后另存再导入"
BROKEN = "文件损坏，读不出来，请用 Excel 打开并另存为 .xlsx 后再导入"
FAR = "工作表里有格子远在表外，读不下；请在 Excel 里把表格部分复制到新的工作簿再导入"
TOO_LONG = "读了太久没有读完，可能已损坏，请用 Excel 打开后另存为 .xlsx 再导入"
TOO_MUCH = (
    "读到一半就超出了限度，多半是有格子远在表外，或文件已损坏；请在 Excel 里把台账部分复制到新的工作簿再导入；"
    "确是很大的台账，请按月份拆成几个文件"
)
#: What reading one file may take.
BOUNDS = confined.Bounds(memory=3 << 30, seconds=120, patience=180, output=2 << 30)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_xlsx(name: str, content: bytes) -> list[Sheet]:
    """Return the sheets of an XLSX or XLSM; raises RefusedFile."""
    return read_apart(name, content, "book", beside_values(name, content))


def read_apart(name: str, content: bytes, kind: str, beside: dict[int, Beside] | None = None) -> list[Sheet]:
    """Return the sheets of a file (``kind``: book or parquet) read within bounds of memory, time and output.

    ``beside``: place of a sheet → what it says beside its values, None where the format cannot be asked. Raises
    RefusedFile, also where the process was ended.
    """
    if _ENCRYPTED in content:
        raise RefusedFile(name, LOCKED)
    ended = confined.run(str(Path(apart.__file__)), content, BOUNDS, kind)
    if ended.code != 0:
        raise RefusedFile(name, _why(ended.code))
    found = pickle.loads(ended.output)  # what our own script wrote
    sheets = []
    for place, title, visible, rows, merged in found:
        said = (beside or {}).get(place, Beside())
        said.cells.put_into(rows)
        if sheet := sheet_of(name, title, rows, merged, visible=visible, hidden=said.hidden):
            sheet.formats_unknown = beside is None and kind == "book"
            sheets.append(sheet)
    return sheets


def _why(code: int | None) -> str:
    """Say why a process that read a file gave nothing back: what it says itself, or that it was ended."""
    if code is None:
        return TOO_LONG
    if code < 0 or code == apart.NO_MEMORY:
        return TOO_MUCH
    return {apart.PASSWORD: LOCKED, apart.TOO_LARGE: FAR}.get(code, BROKEN)


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
