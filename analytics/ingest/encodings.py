"""Bytes become text: which encoding a file is in, also where it says nothing of it, says it twice or is damaged."""

from __future__ import annotations

import re

from analytics.ingest.heads import count_known
from analytics.ingest.refusing import RefusedFile

MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
UTF8_MARK = b"\xef\xbb\xbf"
SAMPLE = 1 << 20
#: So many readable characters of more than a byte must stand beside one that is broken.
READABLE = 20
#: One null byte in so many is damage, or what a program pads its fields with; more are no text.
RARE = 20
#: Between two Latin letters, at most two letters with accents: a Western text, which GB18030 would read as Chinese.
_ACCENTED = re.compile(rb"[A-Za-z][\x80-\xff]{1,2}(?=[A-Za-z\s,;])")
_HIGH = re.compile(rb"[\x80-\xff]+")
_SIGNS = frozenset("，。；：、？！（）《》“”‘’—…·％－　／")
BIG5 = "像是 Big5（繁体）编码，读不准；请在 Excel 里打开后另存为 .xlsx，或另存为 UTF-8 的 CSV 再导入"
#: What may stand behind the last line: Ctrl-Z, by which DOS ended a text, and nulls up to the end of a block.
_BEHIND = "\x00\x1a\r\n"
_END = re.compile("[\x00\x1a]")
NOT_TEXT = "内容不是文本，请重新导出为 CSV（UTF-8 或 GBK）"


def decoded(name: str, content: bytes) -> tuple[str, str]:
    """Return the text and what its encoding is called; a character that is broken comes as U+FFFD. Raises RefusedFile.

    What DOS and what fills a block write behind the last line is no text.
    """
    text, encoding = _decoded(name, content)
    end = _END.search(text, len(text.rstrip(_BEHIND)))
    return text[: end.start()] if end else text, encoding


def has_end_mark(content: bytes) -> bool:
    """Tell whether Ctrl-Z or nulls stand behind the last line."""
    behind = content[len(content.rstrip(_BEHIND.encode())) :]
    return bool(_END.search(behind.decode("ascii")))


def _decoded(name: str, content: bytes) -> tuple[str, str]:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), encoding
    while content.startswith(UTF8_MARK):
        content = content[len(UTF8_MARK) :]
    if content[:4096].count(0) and (text := _without_mark(content)) is not None:
        return text, "utf-16"
    content = content.rstrip(b"\x00")
    if content[:4096].count(0) * RARE > len(content[:4096]):
        raise RefusedFile(name, NOT_TEXT)
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        place = error.start
    if (text := _nearly(content, "utf-8")) is not None:
        return text, "utf-8"
    if _is_western(content[:SAMPLE]):
        return content.decode("cp1252", errors="replace"), "windows-1252"
    if _may_be_big5(content[: SAMPLE >> 4]):
        raise RefusedFile(name, BIG5)
    try:
        return content.decode("gb18030"), "gb18030"
    except UnicodeDecodeError:
        pass
    if (text := _line_by_line(content)) is not None:
        return text, "utf-8+gb18030"
    if (text := _nearly(content, "gb18030")) is not None:
        return text, "gb18030"
    line = content[:place].count(b"\n") + 1
    raise RefusedFile(name, f"第 {line} 行有既非 UTF-8 也非 GBK 的字符，请用原系统重新导出，或在 Excel 中另存为 .xlsx")


def _may_be_big5(sample: bytes) -> bool:
    """Tell whether a text that is no UTF-8 is rather Big5: read so it is of common characters, read as GB18030 it is not."""
    readings = []
    for encoding in ("gb18030", "big5"):
        text = sample.decode(encoding, "replace")
        chinese = [c for c in text if ord(c) > 0x7F]
        rare = sum(not ("\u4e00" <= c <= "\u9fff" or c in _SIGNS) for c in chinese)
        readings.append((rare + _seldom(chinese, encoding), len(chinese)))
    (rare, many), (rare_big5, many_big5) = readings
    return many > 0 and rare > 0.15 * many and rare_big5 < 0.05 * many_big5


def _seldom(chinese: list[str], encoding: str) -> int:
    """Count the characters of the second level of an encoding's own table, by which texts hold few."""
    level = {"gb18030": ("gb2312", 0xD8), "big5": ("big5", 0xC9)}[encoding]
    found = 0
    for character in chinese:
        try:
            found += character.encode(level[0])[0] >= level[1]
        except UnicodeEncodeError:
            found += 1
    return found


def _without_mark(content: bytes) -> str | None:
    """Read UTF-16 that does not say so: the byte order in which its first lines hold heads that are known."""
    sample = content[:4096]
    for encoding in ("utf-16-le", "utf-16-be"):
        lines = sample[: len(sample) // 2 * 2].decode(encoding, errors="replace").splitlines()[:10]
        if any(count_known(re.split("[,\t;|，；]", line)) > 1 for line in lines):
            return content.decode(encoding, errors="replace")
    return None


def _nearly(content: bytes, encoding: str) -> str | None:
    """Read a text of which single characters are broken, such as one cut in two by a limit of bytes."""
    text = content.decode(encoding, errors="replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return text if broken * READABLE <= beyond_ascii - broken else None


def _is_western(sample: bytes) -> bool:
    runs = len(_HIGH.findall(sample))
    return runs > 0 and len(_ACCENTED.findall(sample)) > 0.6 * runs


def _line_by_line(content: bytes) -> str | None:
    """Read a file that was put together of both encodings, each line in its own."""
    lines = []
    for line in content.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            try:
                lines.append(line.decode("gb18030"))
            except UnicodeDecodeError:
                return None
    return "\n".join(lines)
