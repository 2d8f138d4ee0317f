"""Files become sheets of raw cells: encodings, delimiters, workbooks, and what is refused."""

from __future__ import annotations

import csv
import gc
import io
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, overload

import pyarrow as pa
import pyarrow.csv as arrow_csv
import python_calamine as calamine

from analytics.ingest import old_books
from analytics.ingest.archives import MOST_CELLS, looked_through
from analytics.ingest.refusing import RefusedFile
from analytics.settings import Settings

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
DELIMITERS = (",", "\t", ";", "|", "，", "；")
TEXT_ENDINGS = {".csv", ".tsv", ".txt"}
BOOK_ENDINGS = {".xlsx", ".xlsm", ".xls"}
LOCKED = "文件加了密码，请在 Excel 中取消密码后另存再导入"
BROKEN = "工作簿损坏，读不出来，请用 Excel 打开并另存后再导入"
#: The longest that reading an XLS may take, in seconds.
OLD_SECONDS = 120
#: Bytes that are cut into rows at a time; a row must not be longer to be read column by column.
BLOCK = 4 * 1024**2
#: Characters that a text file's shape is told by.
SAMPLE = 65536
csv.field_size_limit(2**31 - 1)


class TextRows(Sequence[list[object]]):
    """Rows of a text file that are all of one length, kept as columns: ``columns[j]`` holds texts, '' where empty."""

    def __init__(self, table: pa.Table) -> None:
        self.columns: list[pa.ChunkedArray] = table.columns
        self._count: int = table.num_rows

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> list[object]: ...
    @overload
    def __getitem__(self, place: slice) -> list[list[object]]: ...
    def __getitem__(self, place: int | slice) -> list[object] | list[list[object]]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(self._count))]
        return [column[place].as_py() for column in self.columns]


@dataclass
class Sheet:
    """Raw cells of one sheet. ``rows[i]`` stands in the file's row ``i + 1``."""

    file: str
    sheet: str
    rows: Sequence[list[object]]
    notes: list[str] = field(default_factory=list)


def read_bytes(path: Path, settings: Settings) -> bytes:
    """Return a file's content; raises RefusedFile when it is missing, unreadable or too large."""
    try:
        if path.stat().st_size > settings.max_file_mb * 1024**2:
            raise RefusedFile(path.name, _too_large(path.stat().st_size, settings))
        return path.read_bytes()
    except FileNotFoundError:
        raise RefusedFile(path.name, "找不到这个文件，请核对路径") from None
    except OSError as error:
        raise RefusedFile(path.name, f"打不开（{error.strerror}），请检查权限或关闭占用它的程序") from None


def _too_large(size: int, settings: Settings) -> str:
    return f"文件有 {size / 1024**2:.0f} MB，超过 {settings.max_file_mb} MB 的上限，请按月份拆成几个文件再导入"


def read_file(file: str, content: bytes, settings: Settings) -> list[Sheet]:
    """Return the sheets of a CSV, TSV, XLSX or XLS file; raises RefusedFile."""
    name = Path(file).name
    ending = Path(name).suffix.lower()
    if len(content) > settings.max_file_mb * 1024**2:
        raise RefusedFile(name, _too_large(len(content), settings))
    if not content.strip(b"\x00 \r\n\t\xef\xbb\xbf"):
        raise RefusedFile(name, "文件是空的，请检查导出是否成功")
    if ending in BOOK_ENDINGS:
        return _read_book(name, ending, content, settings)
    if ending in TEXT_ENDINGS:
        if content[:4] == b"PK\x03\x04" or content[:8] == OLE:
            raise RefusedFile(name, "后缀是文本，内容却是 Excel 工作簿，请把后缀改回 .xlsx 或 .xls 再导入")
        return [_read_text(name, content)]
    raise RefusedFile(name, f"不支持 {ending or '没有后缀'} 的文件，请另存为 .xlsx 或 .csv")


def _read_text(name: str, content: bytes) -> Sheet:
    text, encoding = _decode(name, content)
    if "\x00" in text[:4096]:
        raise RefusedFile(name, "内容不是文本，请重新导出为 CSV（UTF-8 或 GBK）")
    delimiter = _delimiter(text)
    if even := _even_rows(content if encoding == "utf-8" else text.encode(), text, delimiter):
        return Sheet(name, "", even)
    try:
        with uncollected():
            rows = cast(list[list[object]], list(csv.reader(io.StringIO(text), delimiter=delimiter)))
    except csv.Error as error:
        raise RefusedFile(name, f"CSV 格式有误（{error}），请在 Excel 中打开后另存为 .xlsx") from None
    return Sheet(name, "", rows)


def _even_rows(content: bytes, text: str, delimiter: str) -> TextRows | None:
    """Read UTF-8 column by column, several times as fast; None where rows differ in length, which takes the csv module."""
    try:
        names = [str(n) for n in range(len(next(csv.reader(io.StringIO(text[:SAMPLE]), delimiter=delimiter), [])))]
        if len(names) < 2 or not delimiter.isascii() or text.count("\r") != text.count("\r\n"):
            return None
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            arrow_csv.ReadOptions(column_names=names, block_size=BLOCK),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), check_utf8=False, strings_can_be_null=False
            ),
        )
    except (csv.Error, pa.ArrowInvalid):
        return None
    return TextRows(table.combine_chunks())


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the garbage collector rest: it would search a million cells for cycles that cells cannot hold."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _decode(name: str, content: bytes) -> tuple[str, str]:
    """Return the text and its encoding; UTF-8 also where marks of it stand before the text."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace"), "utf-16"
    for encoding, spelt in (("utf-8", "utf-8-sig"), ("gb18030", "gb18030")):
        try:
            return content.decode(spelt), encoding
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
    raise RefusedFile(name, f"第 {line} 行有既非 UTF-8 也非 GBK 的字符，请用原系统重新导出，或在 Excel 中另存为 .xlsx")


def _delimiter(text: str) -> str:
    """Choose the delimiter that cuts the first lines into the most columns."""
    lines = [line for line in text[:SAMPLE].splitlines()[:20] if line.strip()]

    def cut(delimiter: str) -> int:
        return sum(len(row) - 1 for row in csv.reader(lines, delimiter=delimiter))

    return max(DELIMITERS, key=cut)


def _read_book(name: str, ending: str, content: bytes, settings: Settings) -> list[Sheet]:
    if content[:8] == OLE and _holds(content, "EncryptedPackage"):
        raise RefusedFile(name, "文件加了密码，请在 Excel 中取消密码（文件→信息→保护工作簿）后另存再导入")
    if ending == ".xls" and content[:8] != OLE:
        raise RefusedFile(name, _what_it_is(content) + "请用 Excel 打开后另存为 .xlsx 再导入")
    if ending != ".xls" and content[:4] != b"PK\x03\x04":
        raise RefusedFile(name, _what_it_is(content) + "请用 Excel 打开后另存为 .xlsx 再导入")
    if ending == ".xls":
        old = _old_sheets(name, content)
        return [s for title, visible, rows, merged in old if (s := _sheet(name, title, visible, rows, merged))]
    hidden = looked_through(name, content, settings)
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


def _new_sheet(name: str, book: calamine.CalamineWorkbook, index: int, meta: object, hidden: int) -> Sheet | None:
    if getattr(meta, "typ", None) != calamine.SheetTypeEnum.WorkSheet:
        return None
    raw = book.get_sheet_by_index(index)
    if raw.total_height * raw.total_width > MOST_CELLS:
        raise RefusedFile(name, "工作表里有格子远在表外，读不下；请在 Excel 里把表格部分复制到新的工作簿再导入")
    rows: list[list[object]] = [list(r) for r in raw.to_python(skip_empty_area=False)]
    visible = getattr(meta, "visible", None) == calamine.SheetVisibleEnum.Visible
    return _sheet(name, str(getattr(meta, "name", index)), visible, rows, raw.merged_cell_ranges or [], hidden)


def _old_sheets(name: str, content: bytes) -> list[tuple[str, bool, list[list[object]], list]]:
    """Read an XLS in a process of its own, within bounds of memory and time."""
    script = Path(__file__).with_name("old_books.py")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(script)], input=content, capture_output=True, timeout=OLD_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise RefusedFile(name, "读了太久没有读完，可能已损坏，请用 Excel 打开后另存为 .xlsx 再导入") from None
    if done.returncode:
        raise RefusedFile(name, LOCKED if done.returncode == old_books.PASSWORD else BROKEN)
    found: list[tuple[str, bool, list[list[object]], list]] = pickle.loads(done.stdout)
    return found


def _sheet(
    name: str, title: str, visible: bool, rows: list[list[object]], merged: list, hidden: int = 0
) -> Sheet | None:
    if not any(cell not in ("", None) for row in rows for cell in row):
        return None
    notes = []
    for (top, left), (bottom, right) in merged:
        _fill(rows, top, left, bottom, right)
    if merged:
        notes.append(f"{len(merged)} 处合并单元格已按左上角的值展开")
    if hidden:
        notes.append(f"{hidden} 行处于隐藏状态，也已读入")
    if not visible:
        notes.append("这是一张隐藏的工作表，也已读入")
    return Sheet(name, title, rows, notes)


def _fill(rows: list[list[object]], top: int, left: int, bottom: int, right: int) -> None:
    """Give every cell of a vertical merge its value; a merge across columns keeps one."""
    if top >= len(rows) or left >= len(rows[top]):
        return
    for row in rows[top : bottom + 1]:
        if left < len(row):
            row[left] = rows[top][left]


def _holds(content: bytes, word: str) -> bool:
    return word.encode("utf-16-le") in content


def _what_it_is(content: bytes) -> str:
    head = content[:512].lstrip().lower()
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<meta")):
        return "其实是网页，不是 Excel 工作簿，"
    if head.startswith(b"<?xml"):
        return "其实是 XML 文档，不是 Excel 工作簿，"
    if content[:8] == OLE or content[:4] == b"PK\x03\x04":
        return "后缀与内容不符（xls 与 xlsx 混淆），"
    if content[:4] == b"%PDF":
        return "其实是 PDF，不是 Excel 工作簿，"
    return "不是 Excel 工作簿，"
