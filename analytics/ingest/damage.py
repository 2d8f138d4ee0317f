"""Cells that a program has spoilt: what can be told for certain is put right, the rest is said."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ingest.characters import DOUBLED, ESCAPED, FAILED, INVISIBLE, INVISIBLES, LOST, MARKED, WESTERN, bare
from analytics.ingest.limits import LIMITS
from analytics.ingest.parsing import Cells
from analytics.ingest.spellings import ONE, UNLIKE
from analytics.model import Column
from analytics.untrusted.xlsx import ERROR, Shown

#: Columns whose cells are compared letter by letter, and those that people write sentences into.
IDENTIFIERS = frozenset({"case_no", "item_no", "officer_no", "credit_code", "contact_phone"})
SENTENCES = frozenset({"title", "content", "reply", "comment", "note"})
UNSCRAMBLED = "编码错乱的文字已还原"
REMOVED = "看不见的字符已去掉"
LINKED = "链接公式（=HYPERLINK）已换成显示的文字"
UNMARKED = '文本标记（="…"、开头的撇号）已去掉'
RESTORED = "表格软件的转义（_x000D_ 之类）已还原"
SHOWN = "编号、时限按表格里显示的样子读（数字格式）"
POINTED = "编号末尾多出的 .0 已去掉"
SPELT = "电话、信用代码的写法已统一"
NARROWED = "全角字符和各种横线已转成半角"
UNREADABLE = "有读不出的字（原文已丢失），已照存"

#: A number as a spreadsheet shows one that is too long for it, and one longer than the fifteen digits it keeps.
SCIENTIFIC = r"^\s*[+-]?\d(?:\.\d+)?[Ee]\+\d{1,3}\s*$"
LONG, CUT = r"^\s*\d{16,}\s*$", r"^\s*\d{15}0+\s*$"
#: Long numbers whose digits behind the fifteenth are all noughts, by chance: less likely than this, they were cut.
CHANCE = 1e-4
#: A whole number as programs write it that hold it as a fraction.
_POINTED = r"^\s*\d{2,}\.0+\s*$"
_MARK = r'^="((?:[^"]|"")*)"$'
#: A formula that shows a text as a link, written into a text file as it was typed; its shown text is the cell.
_LINK = r'^=(?i:HYPERLINK)\(\s*"[^"]*"\s*[,;]\s*"((?:[^"]|"")*)"\s*\)$'
_APOSTROPHE = re.compile(r"^['’](?=[=+\-@\dA-Za-z])")
#: How XLSX writes a control character; programs that do not know it hand the letters on.
_ESCAPE = "_x00(0[0-9A-Fa-f]|1[0-9A-Fa-f])_"
_WIDE = "[\uff01-\uff5e\u3000\u2010-\u2015\u2212]"
_DASHES = (*range(0x2010, 0x2016), 0x2212)
_LOST = "\ufffd|锟斤拷|烫烫烫"
_CP1252 = {bytes([b]).decode("cp1252"): b for b in range(0x80, 0xA0) if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
#: Three bytes of Chinese in UTF-8 read as GBK begin with one of these.
_FIRST_OF_DOUBLED = (
    "[" + "".join(bytes([a, b]).decode("gb18030") for a in range(0xE4, 0xEA) for b in range(0x80, 0xC0)) + "]"
)
#: What is seen.
_WITHIN = re.compile(f"[^{INVISIBLE}\\s]")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_PLAUSIBLE = re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef‘’“”…—·×℃№\x00-\x7f]*")
_PAIRS = re.compile(rb"(?:[\x00-\x7f]|[\xb0-\xf7][\xa1-\xfe]|[\xa1-\xa9][\xa1-\xfe])*")


def repaired(cells: Cells, column: Column, signs: frozenset[str]) -> tuple[Cells, Counter[str]]:
    """Put right what can be told for certain, where the sheet shows signs of it; returns the cells and kind → count."""
    counts: Counter[str] = Counter()
    identifier = column.name in IDENTIFIERS
    if (identifier or column.name in LIMITS) and not isinstance(cells, pa.ChunkedArray):
        told = [isinstance(c, Shown) and (identifier or not c.shown.isdigit()) for c in cells]
        counts[SHOWN] = sum(told)
        cells = [c.shown if t else c for c, t in zip(cells, told, strict=True)] if counts[SHOWN] else cells
    for sign, pattern in ((WESTERN, "[\u00c0-\u00ff]"), (DOUBLED, _FIRST_OF_DOUBLED)):
        if sign in signs:
            cells = _each(cells, pattern, unscrambled, counts, UNSCRAMBLED)
    if ESCAPED in signs:
        cells = _each(cells, _ESCAPE, lambda t: re.sub(_ESCAPE, _unescaped, t), counts, RESTORED)
    if INVISIBLES in signs:
        remove = _trimmed if column.name in SENTENCES else _without_padding if identifier else bare
        cells = _each(cells, f"[{INVISIBLE}]", remove, counts, REMOVED)
    if MARKED in signs:
        cells = _each(cells, _LINK, lambda t: re.sub(_LINK, _shown_of, t), counts, LINKED)
        cells = _each(
            cells,
            f"{_MARK}|^\\s*['’]",
            lambda t: unmarked(t, identifier=identifier or column.kind != "text"),
            counts,
            UNMARKED,
        )
    if identifier:
        cells = _each(cells, f"{_WIDE}.|.{_WIDE}", lambda t: _narrowed(t.strip()), counts, NARROWED)
        cells = _each(cells, _POINTED, lambda t: t.strip().partition(".")[0], counts, POINTED)
        if column.name in ONE:
            cells = _each(cells, UNLIKE[column.name], ONE[column.name], counts, SPELT)
    counts = +counts
    if LOST in signs and column.kind == "text":
        _each(cells, f"{_LOST}|\\?{{3,}}", lambda t: "" if is_lost(t) else t, counts, UNREADABLE)
    return cells, counts


def without_errors(cells: Cells, signs: frozenset[str]) -> tuple[Cells, dict[int, str]]:
    """Return the cells without the errors of formulas (#N/A, #REF!, a value never computed), and place → error."""
    if FAILED not in signs:
        return cells, {}
    if isinstance(cells, pa.ChunkedArray):
        may = pc.match_substring_regex(cells, ERROR)
        failed = {i: str(cells[i]).strip() for i in np.flatnonzero(pc.fill_null(may, False).to_numpy()).tolist()}
        return pc.if_else(may, None, cells) if failed else cells, failed
    is_error = re.compile(ERROR).match
    failed = {i: c.strip() for i, c in enumerate(cells) if type(c) is str and is_error(c)}
    return [None if i in failed else c for i, c in enumerate(cells)] if failed else cells, failed


def _each(cells: Cells, pattern: str, mend: Callable[[str], str | None], counts: Counter[str], kind: str) -> Cells:
    """Mend the cells in which a pattern occurs, counting those that changed."""
    if isinstance(cells, pa.ChunkedArray):
        may = pc.match_substring_regex(cells, pattern)
        if not pc.any(may).as_py():
            return cells
        words = cells.to_pandas().astype(object)
        touched = [i for i, hit in enumerate(may.to_pylist()) if hit]
    else:
        words, search = pd.Series(list(cells), dtype=object), re.compile(pattern).search
        touched = [i for i, c in enumerate(cells) if type(c) is str and search(c)]
    for i in touched:
        mended = mend(words.iat[i])
        if mended is not None and mended != words.iat[i]:
            words.iat[i] = mended
            counts[kind] += 1
    return pa.chunked_array([pa.array(words, pa.string())]) if isinstance(cells, pa.ChunkedArray) else words.tolist()


def unscrambled(text: str) -> str | None:
    """Return what a text says that was read with the wrong encoding, None where that is not certain.

    Certain is a text that becomes Chinese, every byte of it, when its own bytes are read as they were meant.
    """
    if not _CHINESE.search(text):
        return _from_western(text)
    try:
        meant = text.strip().encode("gb18030").decode("utf-8")
    except UnicodeError:
        return None
    return meant if len(_CHINESE.findall(meant)) >= 2 and _PLAUSIBLE.fullmatch(meant) else None


def _from_western(text: str) -> str | None:
    try:
        raw = bytes(_CP1252.get(c, ord(c)) for c in text)
    except ValueError:
        return None
    for encoding, may in (("utf-8", True), ("gb18030", _PAIRS.fullmatch(raw))):
        if may:
            try:
                meant = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            least = 1 if encoding == "utf-8" else 2
            if len(_CHINESE.findall(meant)) >= least and _PLAUSIBLE.fullmatch(meant):
                return meant
    return None


def _shown_of(link: re.Match[str]) -> str:
    return link[1].replace('""', '"')


def unmarked(text: str, *, identifier: bool) -> str:
    """Return a text without the marks by which programs tell a spreadsheet that it is one."""
    stripped = text.strip()
    if match := re.fullmatch(_MARK, stripped):
        return match[1].replace('""', '"')
    if _APOSTROPHE.match(stripped) and (identifier or stripped[1] in "=+-@"):
        return stripped[1:]
    return text


def _unescaped(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return "\n" if character == "\r" else character if character in "\n\t" else ""


def _narrowed(text: str) -> str:
    return text.translate(
        {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)} | {0x3000: " "} | dict.fromkeys(_DASHES, "-")
    ).strip()


def _trimmed(text: str) -> str:
    """Return a text without invisible characters at its ends and without controls; inside they may hold signs together."""
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
    within = _WITHIN.search(kept)
    return kept[within.start() : len(kept) - _WITHIN.search(kept[::-1]).start()] if within else ""  # type: ignore[union-attr]


def _without_padding(text: str) -> str:
    """Return an identifier without what is invisible; a null byte inside it stands where a character was lost."""
    return bare(re.sub("(?<=[^\x00])\x00+(?=[^\x00])", "\ufffd", text.strip("\x00")))


def is_lost(text: str) -> bool:
    """Tell whether a text holds characters that are gone for good."""
    return bool(re.search(_LOST, text)) or (bool(re.search(r"\?{3,}", text)) and not _CHINESE.search(text))


def spoilt_numbers(words: pd.Series, cells: Cells) -> pd.Series | None:
    """Tell which identifiers a spreadsheet has spoilt; returns why, '' where it has not, None where it has none.

    Scientific notation has lost its digits. Of long numbers those behind the fifteenth are noughts in every row: told
    from the column as a whole, for a single number may end so.
    """
    from_text = isinstance(cells, pa.ChunkedArray)
    text = cells if from_text else pa.chunked_array([pa.array(words.to_numpy(object, na_value=None), pa.string())])
    floats = [] if from_text else [isinstance(c, float) and abs(c) >= 1e15 for c in cells]
    days = [] if from_text else [isinstance(c, dt.date) for c in cells]
    if (
        not any(floats)
        and not any(days)
        and not pc.any(pc.match_substring_regex(text, f"{SCIENTIFIC}|{CUT}|\ufffd")).as_py()
    ):
        return None
    why = pd.Series([""] * len(words), dtype=object)

    def blame(pattern: str, reason: str) -> None:
        why[pc.fill_null(pc.match_substring_regex(text, pattern), False).to_numpy()] = reason

    blame(SCIENTIFIC, "被表格软件显示成了科学记数，后面的数字已丢失")
    blame("\ufffd", "里有读不出的字，原来的编号已丢失")
    if any(floats):
        why[np.array(floats)] = "是超过15位的数字，已被表格软件截断"
    if any(days):
        why[np.array(days)] = "被表格软件当成了日期，原来的编号已丢失"
    if _all_cut(text):
        blame(CUT, "是超过15位的数字，第16位起全是0，已被表格软件截断")
    return why if (why != "").any() else None


def _all_cut(text: pa.ChunkedArray) -> bool:
    """Tell whether the long numbers of a column all end in noughts where a spreadsheet cuts them, and not by chance."""
    cut = pc.fill_null(pc.match_substring_regex(text, CUT), False)
    long = pc.fill_null(pc.match_substring_regex(text, LONG), False)
    many = pc.sum(long).as_py() or 0
    if not many or pc.sum(cut).as_py() != many:
        return False
    digits = pc.sum(pc.utf8_length(pc.utf8_trim_whitespace(pc.filter(text, long)))).as_py() - 15 * many
    return 10.0 ** -min(digits, 20) < CHANCE
