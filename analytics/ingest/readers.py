"""Files become sheets of raw cells: encodings, delimiters, workbooks, and what is refused."""

from __future__ import annotations

import csv
import gc
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import python_calamine as calamine

from analytics.settings import Settings

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
DELIMITERS = (",", "\t", ";", "|", "，", "；")
TEXT_ENDINGS = {".csv", ".tsv", ".txt"}
BOOK_ENDINGS = {".xlsx", ".xlsm", ".xls"}
csv.field_size_limit(2**31 - 1)


class RefusedFile(Exception):
    """A file that cannot be read; the message is Chinese and says what to do."""

    def __init__(self, file: str, reason: str):
        super().__init__(f"{file}：{reason}")
        self.file, self.reason = file, reason


@dataclass
class Sheet:
    """Raw cells of one sheet. ``rows[i]`` stands in the file's row ``i + 1``."""

    file: str
    sheet: str
    rows: list[list[object]]
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
    text = _decode(name, content)
    if "\x00" in text[:4096]:
        raise RefusedFile(name, "内容不是文本，请重新导出为 CSV（UTF-8 或 GBK）")
    delimiter = _delimiter(text)
    try:
        with uncollected():
            rows = cast(list[list[object]], list(csv.reader(io.StringIO(text), delimiter=delimiter)))
    except csv.Error as error:
        raise RefusedFile(name, f"CSV 格式有误（{error}），请在 Excel 中打开后另存为 .xlsx") from None
    return Sheet(name, "", rows)


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


def _decode(name: str, content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
    raise RefusedFile(name, f"第 {line} 行有既非 UTF-8 也非 GBK 的字符，请用原系统重新导出，或在 Excel 中另存为 .xlsx")


def _delimiter(text: str) -> str:
    """Choose the delimiter that cuts the first lines into the most columns."""
    lines = [line for line in text[:65536].splitlines()[:20] if line.strip()]

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
    hidden = _check_zip(name, content, settings) if ending != ".xls" else {}
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [s for i, m in enumerate(book.sheets_metadata) if (s := _sheet(name, book, i, m, hidden))]
    except RefusedFile:
        raise
    except calamine.PasswordError:
        raise RefusedFile(name, "文件加了密码，请在 Excel 中取消密码后另存再导入") from None
    except Exception as error:  # the reader's own errors come in many types
        raise RefusedFile(
            name, f"工作簿损坏，读不出来（{type(error).__name__}），请用 Excel 打开并另存后再导入"
        ) from None


def _sheet(
    name: str, book: calamine.CalamineWorkbook, index: int, meta: object, hidden: dict[int, int]
) -> Sheet | None:
    if getattr(meta, "typ", None) != calamine.SheetTypeEnum.WorkSheet:
        return None
    raw = book.get_sheet_by_index(index)
    rows: list[list[object]] = [list(r) for r in raw.to_python(skip_empty_area=False)]
    if not any(cell not in ("", None) for row in rows for cell in row):
        return None
    notes = []
    merged = raw.merged_cell_ranges or []
    for (top, left), (bottom, right) in merged:
        _fill(rows, top, left, bottom, right)
    if merged:
        notes.append(f"{len(merged)} 处合并单元格已按左上角的值展开")
    if hidden.get(index):
        notes.append(f"{hidden[index]} 行处于隐藏状态，也已读入")
    if getattr(meta, "visible", None) != calamine.SheetVisibleEnum.Visible:
        notes.append("这是一张隐藏的工作表，也已读入")
    return Sheet(name, str(getattr(meta, "name", index)), rows, notes)


def _fill(rows: list[list[object]], top: int, left: int, bottom: int, right: int) -> None:
    """Give every cell of a vertical merge its value; a merge across columns keeps one."""
    if top >= len(rows) or left >= len(rows[top]):
        return
    for row in rows[top : bottom + 1]:
        if left < len(row):
            row[left] = rows[top][left]


def _check_zip(name: str, content: bytes, settings: Settings) -> dict[int, int]:
    """Refuse bombs and unsafe XML; return sheet index → count of hidden rows."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            unpacked = sum(p.file_size for p in parts) / 1024**2
            packed = max(len(content) / 1024**2, 0.001)
            if unpacked > settings.max_unpacked_mb or (unpacked > 100 and unpacked / packed > 200):
                raise RefusedFile(name, f"解压后有 {unpacked:.0f} MB，疑似压缩炸弹，已拒绝；若确是台账，请拆分后再导入")
            if not any(p.filename.startswith("xl/") for p in parts):
                raise RefusedFile(name, "是压缩包而不是 Excel 工作簿，请解压后导入其中的表格")
            xml = [p for p in parts if p.filename.endswith((".xml", ".rels"))]
            if any(re.search(rb"<!(DOCTYPE|ENTITY)", archive.open(p).read(4096)) for p in xml):
                raise RefusedFile(name, "工作簿含外部实体定义，不安全，已拒绝；请用 Excel 另存后再导入")
            sheets = [p for p in parts if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", p.filename)]
            sheets.sort(key=lambda p: int(re.findall(r"\d+", p.filename)[0]))
            return {i: _hidden_rows(archive, p) for i, p in enumerate(sheets)}
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError):
        raise RefusedFile(name, "工作簿损坏或没有传完，请重新导出或另存后再导入") from None


def _hidden_rows(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    with archive.open(part) as stream:
        count, tail = 0, b""
        while chunk := stream.read(1 << 20):
            block = tail + chunk
            cut = block.rfind(b"<row")
            body, tail = (block[:cut], block[cut:]) if cut > 0 else (block, b"")
            count += len(re.findall(rb'<row\b[^>]*\bhidden="(?:1|true)"', body))
        return count + len(re.findall(rb'<row\b[^>]*\bhidden="(?:1|true)"', tail))


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
