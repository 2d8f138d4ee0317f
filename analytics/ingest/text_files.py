"""Text files become sheets: columns at once where rows are even, line by line where quotes or rows are not."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from analytics.ingest.characters import signs_of
from analytics.ingest.dialect import Dialect, dialect_of
from analytics.ingest.encodings import NOT_TEXT, RARE, decoded, has_end_mark
from analytics.ingest.line_breaks import REJOINED, rejoined
from analytics.ingest.records import FORMS_FROM, Forms, records_of
from analytics.ingest.refusing import NoTable, RefusedFile
from analytics.ingest.sheets import Sheet, TextRows
from analytics.ingest.text_forms import RETURN, in_plain_form
from analytics.untrusted.bounds import FREE_CELLS, MOST_COLUMNS, is_too_large

#: Bytes that are cut into rows at a time; a row must not be longer to be read column by column.
BLOCK = 4 * 1024**2
SAMPLE = 65536
CUT_OFF = "这是最后一行，列数不够，行末也没有换行，文件多半没有传完；请重新导出整个文件再导入"
RAGGED = "有的行列数太多，合起来放不下，多半不是台账；请从原系统重新导出，或另存为 .xlsx 后再导入"
#: So many lines of rows that differ in length, or lie in quotes, are read.
MOST_LINES = 5_000_000
BLANK = "几乎都是空行或空格，或者太大，不是台账；请从原系统重新导出，很大的请按月份拆成几个文件再导入"
MIXED = "utf-8+gb18030"
UPRIGHT = (
    "是 MySQL 客户端竖排（\\G）的查询结果，不是表格；请把语句末尾的 \\G 改成分号，用 mysql --batch -e "
    "'查询语句' > 台账.txt 重新导出，或用数据库来源直接读入"
)
_UPRIGHT = re.compile(r"\s*\*{3,} 1\. (?:row|行) \*{3,}[ \t]*$", re.MULTILINE)
csv.field_size_limit(2**31 - 1)


def read_text(name: str, content: bytes) -> Sheet:
    """Return the sheet of a text file; raises RefusedFile."""
    text, encoding = decoded(name, content)
    content = b"" if has_end_mark(content) else content
    if text[:4096].count("\x00") * RARE > len(text[:4096]):
        raise RefusedFile(name, NOT_TEXT)
    if text.lstrip()[:3] == "***" and _UPRIGHT.match(text):
        raise NoTable(name, UPRIGHT)
    lined, notes = in_plain_form(_with_line_ends(text))
    if lined is not text or encoding != "utf-8" or content[:3] == b"\xef\xbb\xbf" or "\ufffd" in lined:
        content = lined.lstrip("\ufeff").encode("utf-8", "replace")
        lined = lined.lstrip("\ufeff")
    sheet = Sheet(name, "", [], notes, signs=signs_of(lined), lined=True)
    dialect = dialect_of(lined)
    if dialect.width > MOST_COLUMNS:
        raise RefusedFile(
            name, f"一行有 {dialect.width} 列或更多，不是台账；请从原系统重新导出，或另存为 .xlsx 后再导入"
        )
    even = _even_rows(content, lined, dialect.delimiter)
    if even and is_too_large(len(even.columns), len(even), len(content) - len(even) * len(even.columns)):
        raise RefusedFile(name, BLANK)
    if even and not (b'"' in content and (_pair_begins(content, dialect) or _swallowed(even, lined, dialect))):
        sheet.rows = even
    else:
        _read_lines(sheet, lined.replace("\r\n", "\n"), dialect)
    if lined.endswith("\ufffd"):
        sheet.left_out.append(
            f"{name}：最后一个字只有一半，文件多半没有传完，后面的行没有读入；请重新导出整个文件再导入"
        )
    if encoding == MIXED:
        sheet.notes.append("文件里 UTF-8 与 GBK 两种编码混用，已逐行识别")
    elif encoding == "windows-1252":
        sheet.notes.append("按西文编码（Windows-1252）读入")
    return sheet


def _with_line_ends(text: str) -> str:
    """Return the text with lines that end in \\n or \\r\\n; a return inside a line is kept apart."""
    bare = text.count("\r") - text.count("\r\n")
    if not bare:
        return text
    if bare > text.count("\n"):
        return text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\r\n", "\n").replace("\r", RETURN)


def _read_lines(sheet: Sheet, text: str, dialect: Dialect) -> None:
    if text.count("\n") > MOST_LINES:
        raise RefusedFile(sheet.file, f"超过 {MOST_LINES:,} 行，请按月份拆成几个文件再导入")
    if '"' in text:
        found = records_of(text, dialect)
        rows, sheet.repairs, sheet.doubtful = found.rows, Counter(found.repairs), found.doubtful
    else:
        rows = [line.split(dialect.delimiter) if line else [] for line in text.split("\n")]
        rows = rows[:-1] if rows and not rows[-1] else rows
    longest = max(map(len, rows), default=0)
    if longest * len(rows) > FREE_CELLS and is_too_large(longest, len(rows), sum(map(len, rows))):
        raise RefusedFile(sheet.file, RAGGED)
    cut = _cut_row(rows, text, dialect)
    broken = rejoined(rows, dialect)
    rows = broken.rows
    sheet.doubtful = {at: why for at, why in sheet.doubtful.items() if at not in broken.places} | broken.doubtful
    if broken.places:
        sheet.repairs[REJOINED] += len(broken.places)
    if cut and len(rows) == cut + 1:
        sheet.doubtful[cut] = CUT_OFF
    if RETURN in text:
        rows = [[c.replace(RETURN, "\n") for c in row] for row in rows]
    sheet.rows = rows  # type: ignore[assignment]


def _cut_row(rows: list[list[str]], text: str, dialect: Dialect) -> int:
    """Return the position of a last row that was cut off, 0 for none: the only one too short, and no end of line behind it."""
    short = [i for i, row in enumerate(rows) if row and len(row) < dialect.width]
    return short[0] if not text.endswith("\n") and short == [len(rows) - 1] else 0


def _even_rows(content: bytes, text: str, delimiter: str) -> TextRows | None:
    """Read UTF-8 column by column, several times as fast; None where rows differ in length."""
    try:
        head = next(csv.reader(io.StringIO(text[:SAMPLE]), delimiter=delimiter), [])
        names = [str(n) for n in range(len(head))]
        if len(names) < 2 or not delimiter.isascii() or RETURN in text:
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


def _pair_begins(content: bytes, dialect: Dialect) -> bool:
    """Tell whether a cell may begin with two quotes that are its text: the reader by columns would drop them."""
    delimiter = re.escape(dialect.delimiter.encode())
    return bool(re.search(rb"(?:^|[\n" + delimiter + rb'])""(?=[^"\r\n' + delimiter + rb"])", content))


def _swallowed(rows: TextRows, text: str, dialect: Dialect) -> bool:
    """Tell whether a cell of several lines may hold a row, its first line too: a quote may begin one row and end in the next."""
    forms = Forms(text[:SAMPLE].replace("\r\n", "\n").split("\n")[:FORMS_FROM], dialect)
    for column in rows.columns:
        many = column.filter(pc.match_substring(column, "\n"))
        if any(forms.begins_a_row(line) for cell in many for line in cell.as_py().split("\n")):
            return True
    return False
