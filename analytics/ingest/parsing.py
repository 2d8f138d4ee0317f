"""Cells become values: texts, times, numbers and codes, a whole column at once."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics import model
from analytics.settings import DATA
from analytics.tables import lines

EMPTY = {"", "-", "--", "—", "/", "无", "null", "none", "nan", "n/a", "#n/a", "nat"}
NOTHING = pa.array(sorted(EMPTY))
TEXT = pd.StringDtype("pyarrow")
#: A column as it was read: texts in Arrow from a text file, cells of any kind from a workbook.
Cells: TypeAlias = Sequence[object] | pa.ChunkedArray
FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
#: Ornaments of dates that all say the same.
PLAIN_DATE = str.maketrans(
    {".": "-", "/": "-", "年": "-", "月": "-", "日": " ", "时": ":", "分": ":", "秒": "", "T": " "}
)
SAMPLE = 200
PIECES = re.compile(
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT,]*(上午|下午|am|pm)?\s*(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*[:分]?\s*(?:(\d{1,2})(?:\.\d+)?\s*秒?)?)?)?"
    r"\s*(?:周.|星期.)?\s*(am|pm)?$",
    re.IGNORECASE,
)
RUN = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:[\sT]?(\d{2})(\d{2})(\d{2})?)?$")
ZONED = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})$")
WHOLE = re.compile(r"(\d+)(?:\.0+)?\s*(?:个?工作日|天|日|小时|个)?")
EXCEL_EPOCH = dt.datetime(1899, 12, 30)


def plain(cell: object) -> str | None:
    """Return a cell as text: trimmed, whole floats without a point, None for nothing."""
    if isinstance(cell, pa.Scalar):
        cell = cell.as_py()
    if cell is None:
        return None
    if isinstance(cell, float):
        if cell != cell:
            return None
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    text = str(cell).strip()
    return text or None


def all_words(cells: Cells) -> bool:
    """Tell whether every cell is a string or nothing, as in a text file."""
    return isinstance(cells, pa.ChunkedArray) or set(map(type, cells)) <= {str, type(None)}


def texts(cells: Cells) -> pd.Series:
    """Return a column of trimmed strings, missing where empty or a mere dash; kept in Arrow, as DuckDB reads it."""
    if not isinstance(cells, pa.ChunkedArray):
        words = cells if all_words(cells) else [plain(c) for c in cells]
        cells = pa.chunked_array([pa.array(words, pa.string())])
    word = pc.utf8_trim_whitespace(cells)
    nothing = pc.is_in(pc.utf8_lower(word), value_set=NOTHING)
    return pd.Series(pc.if_else(nothing, None, word), dtype=TEXT)


def times(cells: Cells) -> tuple[pd.Series, pd.Series]:
    """Parse a column of times in Asia/Shanghai.

    Returns (times as datetime64[us], mask of cells that hold something unreadable).
    """
    result = pd.Series(np.full(len(cells), np.datetime64("NaT", "us")))
    written, taken = (cells, np.zeros(len(cells), dtype=bool)) if all_words(cells) else _take_real(cells, result)
    word = texts(written)
    _parse_words(word, result)
    return result, (word.notna() | taken) & result.isna()


def _take_real(cells: Cells, result: pd.Series) -> tuple[list[object], np.ndarray]:
    """Fill ``result`` from true dates and Excel's serials; returns the other cells, and a mask of those taken."""
    kinds = np.array([_kind(c) for c in cells], np.int8)
    words = pd.Series(list(cells), dtype=object)
    at = np.flatnonzero(kinds == REAL)
    result.iloc[at] = pd.to_datetime(words.iloc[at], errors="coerce").to_numpy("datetime64[us]")
    at = np.flatnonzero(kinds == NUMBER)
    serial = pd.to_numeric(words.iloc[at]).reset_index(drop=True)
    excel = serial.between(20000, 80000).to_numpy()
    result.iloc[at[excel]] = _from_serial(serial[excel]).to_numpy("datetime64[us]")
    kinds[at[excel]] = REAL
    words[kinds == REAL] = None
    return words.tolist(), kinds == REAL


WORD, REAL, NUMBER = 0, 1, 2


def _kind(cell: object) -> int:
    if type(cell) is str or cell is None:
        return WORD
    if isinstance(cell, dt.datetime | dt.date):
        return REAL
    return NUMBER if isinstance(cell, int | float) and not isinstance(cell, bool) and cell == cell else WORD


def _parse_words(word: pd.Series, result: pd.Series) -> None:
    """Fill ``result`` from words: the common shapes a column at once, the odd ones one by one."""
    left = word.dropna()
    if left.empty:
        return
    as_written = _parse_common(left, result)
    folded = pd.Series([t.translate(PLAIN_DATE).strip() for t in as_written], index=as_written.index, dtype=object)
    rest = left.loc[_parse_common(folded, result).index]
    if len(rest):
        odd = {t: _one_time(t) for t in rest.unique()}
        values = pd.to_datetime(rest.map(odd), errors="coerce")
        result.loc[rest.index] = values.to_numpy("datetime64[us]")


def _parse_common(left: pd.Series, result: pd.Series) -> pd.Series:
    """Fill ``result`` from the words of a common format; returns the others."""
    for style in _likely(left):
        if left.empty:
            break
        parsed = pd.to_datetime(left, format=style, errors="coerce").dropna()
        result.loc[parsed.index] = parsed.to_numpy("datetime64[us]")
        left = left.drop(parsed.index)
    return left


def _likely(folded: pd.Series) -> list[str]:
    """Return the formats that a sample of the column shows, the most frequent first."""
    sample = folded.iloc[:: max(1, len(folded) // SAMPLE)]
    hits = {style: int(pd.to_datetime(sample, format=style, errors="coerce").notna().sum()) for style in FORMATS}
    return sorted((s for s in FORMATS if hits[s]), key=lambda s: -hits[s])


def _from_serial(serial: pd.Series) -> pd.Series:
    seconds = (serial * 86400).round()
    return (EXCEL_EPOCH + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")


def _one_time(text: str) -> dt.datetime | None:
    """Parse one spelling of a time that no common format fits."""
    narrow = unicodedata.normalize("NFKC", text).strip()
    try:
        if ZONED.match(narrow):
            stamp = pd.Timestamp(narrow).tz_convert("Asia/Shanghai").tz_localize(None)
            return stamp.to_pydatetime()
        if re.fullmatch(r"\d{5}(\.\d+)?", narrow):
            return EXCEL_EPOCH + dt.timedelta(seconds=round(float(narrow) * 86400))
        if match := RUN.match(narrow):
            return dt.datetime.strptime("".join(g or "00" for g in match.groups()), "%Y%m%d%H%M%S")
        if match := PIECES.match(narrow):
            year, month, day, half, hour, minute, second, tail = match.groups()
            clock = int(hour or 0)
            late = (half or tail or "").lower() in ("下午", "pm")
            clock += 12 if late and clock < 12 else 0
            return dt.datetime(int(year), int(month), int(day), clock, int(minute or 0), int(second or 0))
    except ValueError:
        return None
    return None


def integers(cells: Cells) -> tuple[pd.Series, pd.Series]:
    """Parse whole numbers, with units such as “5个工作日”; returns (values, unreadable)."""
    word = texts(cells)
    table = {t: _one_integer(t) for t in word.dropna().unique()}
    value = word.map(table, na_action="ignore").astype("Float64").astype("Int64")
    return value, word.notna() & value.isna()


def _one_integer(text: str) -> int | None:
    match = WHOLE.fullmatch(unicodedata.normalize("NFKC", text))
    value = int(match.group(1)) if match else -1
    return value if 0 <= value <= 100_000 else None


CODE_SYNONYMS = DATA / "code_synonyms.csv"
#: Kind of code → its codes.
CODES: dict[str, tuple[str, ...]] = {
    "module": tuple(model.MODULES),
    "stage": tuple(model.STAGES),
    "grade": tuple(map(str, model.GRADES)),
    "follow_result": tuple(model.FOLLOW_RESULTS),
    "role": tuple(model.ROLES),
}


@lru_cache(maxsize=1)
def code_words() -> dict[str, dict[str, str]]:
    """Return kind → word → code (data/code_synonyms.csv); a code is its own word."""
    return read_code_words(CODE_SYNONYMS)


def read_code_words(path: Path) -> dict[str, dict[str, str]]:
    """Read a table of words; raises SettingsError for an unknown kind or code, an empty word or one of two codes."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in CODES}
    for line in lines(path, ("kind", "code", "words")):
        if line["kind"] not in CODES:
            raise line.refuse("kind", f"没有这一种，可用：{'、'.join(CODES)}")
        if line["code"] not in CODES[line["kind"]]:
            raise line.refuse("code", f"没有这个代码，可用：{'、'.join(CODES[line['kind']])}")
        for word in (line["code"], *line["words"].split("|")):
            if not word.strip():
                raise line.refuse("words", "有空的写法，请用 | 隔开各种写法，首尾不要有 |")
            if found[line["kind"]].setdefault(word.lower(), line["code"]) != line["code"]:
                raise line.refuse("words", f"其中“{word:.40}”已属于 {found[line['kind']][word.lower()]}，请只留一处")
    return found


def codes(cells: Cells, kind: str) -> tuple[pd.Series, pd.Series]:
    """Translate words into codes of a list; returns (codes or None, unknown words' mask)."""
    words = code_words()[kind]
    word = texts(cells)
    table = {t: words.get(unicodedata.normalize("NFKC", t).lower().strip()) for t in word.dropna().unique()}
    value = word.map(table, na_action="ignore")
    value = value.where(value.notna(), None)
    return value, word.notna() & value.isna()
