"""Files that are written, not packed: between tags, in braces, in lines; what may be far larger than it was sent is read apart.

Run as a module within bounds (:mod:`analytics.confined`) with a pickle of name and content on standard input, a pickle of
the sheets, or of why there are none, on standard output.
"""

from __future__ import annotations

import gc
import pickle
import re
import sys

from analytics import confined
from analytics.ingest.json_records import SCRIPT, read_json
from analytics.ingest.refusing import NoTable, RefusedFile
from analytics.ingest.sheets import Sheet, TextRows
from analytics.ingest.text_files import read_text
from analytics.ingest.web_tables import read_web_archive, read_web_page, read_xml_spreadsheet
from analytics.ingest.workbooks import BOUNDS, ended_badly
from analytics.untrusted import reader
from analytics.untrusted.bounds import Room, TooLargeError

#: Bytes up to which records in braces, or a member of an archive, are read in the caller's own process.
SMALL = 1 << 20
BROKEN = "文件损坏，读不出来，请从原系统重新导出"
_MAIL = re.compile(rb"MIME-Version:|From:|Content-Type: multipart", re.IGNORECASE)
_BRACES = re.compile(rb'\{\s*"|\[\s*[\[{]')
_PAGE = re.compile(rb"<(html|!doctype html|table|meta|head|body|style|div|script)[\s>]", re.IGNORECASE)
_SCRIPT = re.compile(
    rb"(?:--[^\n]*\n\s*|/\*[^*/]*\*/;?\s*){0,50}+(?:INSERT\s+INTO|CREATE\s+(?:TABLE|DATABASE)|DROP\s+TABLE|SET\s+NAMES|LOCK\s+TABLES)\b",
    re.IGNORECASE,
)
_COMMENTS = re.compile(rb"\A(?:\s*(?://|#)[^\n]*\n)+\s*")
_XML_BOOK = b"urn:schemas-microsoft-com:office:spreadsheet"


def read_written(name: str, content: bytes, *, packed: bool = False) -> list[Sheet]:
    """Return the sheets of a text, a page or records; ``packed``: it comes from an archive. Raises RefusedFile."""
    start = _start(content)
    large = len(content) > SMALL and (packed or _is_json(start))
    return _read_apart(name, content) if large or _is_mail(start, content) else _read(name, content)


def _read_apart(name: str, content: bytes) -> list[Sheet]:
    ended = confined.run(__name__, pickle.dumps((name, content)), BOUNDS)
    if ended.code != 0:
        raise RefusedFile(name, ended_badly(ended.code, BROKEN))
    found = pickle.loads(ended.output)  # what our own module wrote
    if isinstance(found, tuple):
        is_none, file, reason = found
        raise (NoTable if is_none else RefusedFile)(file, reason)
    return found


def _read(name: str, content: bytes) -> list[Sheet]:
    return _read_marked(name, content) or [read_text(name, content)]


def _start(content: bytes) -> bytes:
    return content[:4096].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\x00", b"")


def _is_mail(start: bytes, content: bytes) -> bool:
    """Tell whether a file is a page saved as one (MHTML)."""
    return bool(_MAIL.match(start)) and b"text/html" in content


def _is_json(start: bytes) -> bool:
    bare = _COMMENTS.sub(b"", start)
    return bool(_BRACES.match(bare) or SCRIPT.match(bare.decode("latin-1")))


def _read_marked(name: str, content: bytes) -> list[Sheet] | None:
    """Read what is written between tags or braces; None where it is a plain text."""
    start = _start(content)
    if start[:1] == b"<":
        if _XML_BOOK in content[:65536].replace(b"\x00", b"") and b"<html" not in start[:300].lower():
            return read_xml_spreadsheet(name, content)
        if _PAGE.search(start):
            return read_web_page(name, content)
        raise RefusedFile(name, "是 XML 文档，不是表格；请在原系统里导出 Excel 或 CSV 再导入")
    if _is_mail(start, content):
        return read_web_archive(name, content)
    if _SCRIPT.match(start):
        raise NoTable(name, "是 SQL 脚本，不是表格；请在原系统里导出 Excel 或 CSV，或用数据库来源直接读入")
    return read_json(name, content) if _is_json(start) else None


def main() -> int:
    """Read standard input; the exit code says why nothing was written."""
    gc.disable()  # cells hold no cycles, and the process ends with its file
    name, content = pickle.load(sys.stdin.buffer)
    try:
        found: object = _read(name, content)
        room = Room()
        for sheet in found:  # type: ignore[attr-defined]
            if not isinstance(sheet.rows, TextRows):
                room.take(sheet.rows)
    except RefusedFile as error:
        found = isinstance(error, NoTable), error.file, error.reason
    except TooLargeError:
        return reader.TOO_LARGE
    except MemoryError:
        return reader.NO_MEMORY
    pickle.dump(found, sys.stdout.buffer, protocol=5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
