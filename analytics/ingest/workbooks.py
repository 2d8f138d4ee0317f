"""Workbooks become sheets, each read in a process of its own."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

from analytics import confined
from analytics.ingest.archives import check_entities
from analytics.ingest.characters import signs_in
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.sheets import Sheet
from analytics.untrusted import reader
from analytics.untrusted.bounds import Read

LOCKED = "文件加了密码，请在 Excel 中取消密码（文件→信息→保护工作簿）后另存再导入"
BROKEN = "文件损坏，读不出来，请用 Excel 打开并另存为 .xlsx 后再导入"
FAR = "工作表太宽（超过 2,000 列）、太大，或有格子远在表外，读不下；请在 Excel 里把表格部分复制到新的工作簿再导入"
TOO_LONG = "读了太久没有读完，可能已损坏，请用 Excel 打开后另存为 .xlsx 再导入"
TOO_MUCH = (
    "读到一半就超出了限度，多半是有格子远在表外，或文件已损坏；请在 Excel 里把台账部分复制到新的工作簿再导入；"
    "确是很大的台账，请按月份拆成几个文件"
)
#: What reading one file may take.
BOUNDS = confined.Bounds(memory=3 << 30, seconds=120, patience=180, output=800 << 20)
#: Records of a cell that holds an error, and of a formula that gave one (MS-XLS 2.4.24, 2.4.127).
_XLS_ERROR = re.compile(
    rb"\x05\x02\x08\x00.{6}[\x00\x07\x0f\x17\x1d\x24\x2a]\x01|\x06\x00.{2}.{6}\x02\x00[\x00\x07\x0f\x17\x1d\x24\x2a]\x00{3}\xff\xff",
    re.DOTALL,
)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_xlsx(name: str, content: bytes) -> list[Sheet]:
    """Return the sheets of an XLSX or XLSM; raises RefusedFile."""
    check_entities(name, content)
    return read_apart(name, content, "xlsx")


def read_xls(name: str, content: bytes) -> list[Sheet]:
    """Return the sheets of an old XLS; that cells hold errors of formulas is said, for the reader gives them as empty."""
    sheets = read_apart(name, content, "book")
    if sheets and (failed := len(_XLS_ERROR.findall(content))):
        sheets[0].left_out.append(
            f"{name}：约 {failed} 格是公式错误（#N/A、#REF! 等），XLS 里读不出是哪几格，当作空格；请在 Excel 里另存为 .xlsx 再导入"
        )
    return sheets


def read_apart(name: str, content: bytes, kind: str, broken: str = BROKEN) -> list[Sheet]:
    """Return the sheets of a file (``kind``: xlsx, another book, xml, or parquet) read in a process of its own.

    Raises RefusedFile.
    """
    if _ENCRYPTED in content:
        raise RefusedFile(name, LOCKED)
    found: list[Read] = parsed_apart(name, content, kind, broken)
    sheets = []
    for title, visible, rows, merged, hidden in found:
        if sheet := sheet_of(name, title, rows, merged, visible=visible, hidden=hidden):
            sheet.formats_unknown = kind in ("book", "xml")
            sheets.append(sheet)
    return sheets


def parsed_apart(name: str, content: bytes, kind: str, broken: str = BROKEN) -> Any:
    """Return what a parser (see :mod:`analytics.untrusted.reader`) makes of a file within bounds of memory, time and output.

    Raises RefusedFile, with ``broken`` where the file is; also where the process was ended.
    """
    ended = confined.run(str(Path(reader.__file__)), content, BOUNDS, kind)
    if ended.code != 0:
        raise RefusedFile(name, ended_badly(ended.code, broken))
    return pickle.loads(ended.output)  # what our own script wrote


def ended_badly(code: int | None, broken: str) -> str:
    """Say why a process that read a file gave nothing back: what it says itself, or that it was ended."""
    if code is None:
        return TOO_LONG
    if code < 0 or code == reader.NO_MEMORY:
        return TOO_MUCH
    return {reader.PASSWORD: LOCKED, reader.TOO_LARGE: FAR}.get(code, broken)


def sheet_of(
    name: str, title: str, rows: list[list[object]], merged: int = 0, *, visible: bool = True, hidden: int = 0
) -> Sheet | None:
    """Return a sheet with notes on what a person may not have seen; None if it is empty. ``merged``: ranges that were filled."""
    if not any(cell not in ("", None) for row in rows for cell in row):
        return None
    notes = []
    if merged:
        notes.append(f"{merged} 处合并单元格已按左上角的值展开")
    if hidden:
        notes.append(f"{hidden} 行处于隐藏状态，也已读入")
    if not visible:
        notes.append("这是一张隐藏的工作表，也已读入")
    return Sheet(name, title, rows, notes, signs_in(rows))
