"""Files become sheets of raw cells: what a file is, its content says and not its name."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics.ingest.archives import Member, members
from analytics.ingest.refusing import NoTable, RefusedFile
from analytics.ingest.sheets import Sheet, TextRows
from analytics.ingest.workbooks import TOO_MUCH, read_apart, read_xls, read_xlsx
from analytics.ingest.written_files import read_written
from analytics.settings import Settings
from analytics.untrusted.bounds import Room, TooLargeError

__all__ = ["Sheet", "TextRows", "read_bytes", "read_file", "uncollected"]

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
#: How files begin that hold no table, and what to say of them.
NO_TABLES = (
    (b"%PDF", "是 PDF，不是表格；请在原系统里导出 Excel 或 CSV 再导入"),
    (b"\x89PNG", "是图片，不是表格；请在原系统里导出 Excel 或 CSV 再导入"),
    (b"\xff\xd8\xff", "是图片，不是表格；请在原系统里导出 Excel 或 CSV 再导入"),
    (b"GIF8", "是图片，不是表格；请在原系统里导出 Excel 或 CSV 再导入"),
    (b"{\\rtf", "是 RTF 文档，不是表格；请把表格复制到 Excel 另存为 .xlsx 再导入"),
    (b"Rar!", "是 RAR 压缩包；请解压后导入其中的表格，或改用 ZIP"),
    (b"7z\xbc\xaf", "是 7z 压缩包；请解压后导入其中的表格，或改用 ZIP"),
    (b"\x1f\x8b", "是 gzip 压缩文件；请解压后再导入，或改用 ZIP"),
    (b"SQLite format 3", "是 SQLite 数据库，不是表格；请导出成 CSV 或 XLSX 再导入"),
)
#: How the files are called that a spreadsheet program lays beside one that is open.
LOCKS = ("~$", ".~")
LOCK = "是 Excel（或 WPS）打开文件时的临时文件，里面没有表格；请关闭 Excel，选文件名不带 ~$ 的那个文件"
#: So many files of an archive are read.
MOST_MEMBERS = 500


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


def read_file(file: str, content: bytes, settings: Settings, *, packed: bool = False) -> list[Sheet]:
    """Return the sheets of a file of any format that is read; raises RefusedFile.

    ``packed``: it was unpacked from an archive, and may be a thousand times as large as what was sent.
    """
    name = Path(file).name or file
    if name.startswith(LOCKS) and content[:4] != b"PK\x03\x04" and content[:8] != OLE:
        raise NoTable(name, LOCK)
    if len(content) > settings.max_file_mb * 1024**2:
        raise RefusedFile(name, _too_large(len(content), settings))
    if not content.strip(b"\x00 \r\n\t\xef\xbb\xbf"):
        raise RefusedFile(name, "文件是空的，请检查导出是否成功")
    for beginning, reason in NO_TABLES:
        if content.startswith(beginning):
            raise NoTable(name, reason)
    try:
        return _read(name, content, settings, packed=packed)
    except MemoryError:
        raise RefusedFile(name, TOO_MUCH) from None


def _read(name: str, content: bytes, settings: Settings, *, packed: bool) -> list[Sheet]:
    with uncollected():
        if content[:4] == b"PK\x03\x04":
            return _read_archive(name, content, settings)
        if content[:8] == OLE:
            return read_xls(name, content)
        if content[:4] == b"PAR1":
            return read_apart(name, content, "parquet")
        return read_written(name, content, packed=packed)


def _read_archive(name: str, content: bytes, settings: Settings) -> list[Sheet]:
    """Read a workbook that is an archive, or the tables that an archive holds."""
    held = members(name, content, settings)
    names = {m.name for m in held}
    if any(n.startswith("xl/") for n in names):
        binary = "xl/workbook.bin" in names
        return read_apart(name, content, "book") if binary else read_xlsx(name, content)
    if "content.xml" in names and "META-INF/manifest.xml" in names:
        return read_apart(name, content, "book")
    if any(n.startswith(("word/", "ppt/")) for n in names):
        raise NoTable(name, "是 Word 或 PowerPoint 文档，不是表格；请把表格复制到 Excel 另存为 .xlsx 再导入")
    if any(n.rsplit("/", 1)[-1] == "OFD.xml" for n in names):
        raise NoTable(name, "是 OFD 版式文件，不是表格；请在原系统里导出 Excel 或 CSV 再导入")
    found: list[Sheet] = []
    passed_over = []
    if sum(m.is_table_like for m in held) > MOST_MEMBERS:
        raise RefusedFile(name, f"压缩包里有 {len(held)} 个文件，超过 {MOST_MEMBERS} 个；请分几次导入")
    room, left = Room(), settings.max_unpacked_mb * 1024**2 - sum(m.part.file_size for m in held)
    for member in held:
        if member.is_table_like:
            content = member.read()
            inner = f"{name}›{Path(member.name).name}"
            if content[:4] == b"PK\x03\x04":
                left -= _unpacked(inner, content, settings)
                if left < 0:
                    raise RefusedFile(name, f"里面的工作簿解压后合起来超过 {settings.max_unpacked_mb} MB；请分几次导入")
            try:
                read = _read_member(inner, member, content, settings)
            except NoTable as error:
                passed_over.append(f"压缩包里的 {error.file} 没有读入：{error.reason}")
                continue
            found += read
            _take(name, room, read)
    if not found:
        raise RefusedFile(name, "压缩包里没有表格；请放入 CSV、XLSX 等文件后再导入")
    found[0].left_out += passed_over
    return found


def _take(name: str, room: Room, sheets: list[Sheet]) -> None:
    """Count in what a member of an archive holds; raises RefusedFile where all hold too much together."""
    try:
        for sheet in sheets:
            if not isinstance(sheet.rows, TextRows):
                room.take(sheet.rows)
    except TooLargeError:
        raise RefusedFile(name, "压缩包里的表格合起来太大，或几乎都是空格；请分几次导入") from None


def _unpacked(inner: str, content: bytes, settings: Settings) -> int:
    """Return the bytes that a document in an archive unpacks to; raises RefusedFile where it is another archive."""
    parts = members(inner, content, settings)
    if not any(m.name.startswith(("xl/", "word/", "ppt/")) or m.name in ("content.xml", "OFD.xml") for m in parts):
        raise RefusedFile(inner, "压缩包里还有压缩包；请解压后导入其中的表格")
    return sum(m.part.file_size for m in parts)


def _read_member(inner: str, member: Member, content: bytes, settings: Settings) -> list[Sheet]:
    try:
        sheets = read_file(Path(member.name).name, content, settings, packed=True)
    except NoTable:
        raise
    except RefusedFile as error:
        raise RefusedFile(inner, error.reason) from None
    for sheet in sheets:
        sheet.file = inner
    return sheets


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
