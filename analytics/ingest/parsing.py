"""Cells become values: texts, times, numbers and codes, a whole column at once."""

from __future__ import annotations

import csv
import datetime as dt
import re
import unicodedata
from functools import lru_cache

import numpy as np
import pandas as pd

from analytics.settings import DATA

EMPTY = {"", "-", "--", "—", "/", "无", "null", "none", "nan", "n/a", "#n/a", "nat"}
FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
)
PIECES = re.compile(
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT,]*(上午|下午|am|pm)?\s*(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*[:分]?\s*(?:(\d{1,2})(?:\.\d+)?\s*秒?)?)?)?"
    r"\s*(?:周.|星期.)?\s*(am|pm)?$",
    re.IGNORECASE,
)
RUN = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:[\sT]?(\d{2})(\d{2})(\d{2})?)?$")
ZONED = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})$")
EXCEL_EPOCH = dt.datetime(1899, 12, 30)


def plain(cell: object) -> str | None:
    """Return a cell as text: trimmed, whole floats without a point, None for nothing."""
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


def texts(cells: list[object]) -> pd.Series:
    """Return a column of trimmed strings, None where empty or a mere dash."""
    return pd.Series([None if (t := plain(c)) is None or t.lower() in EMPTY else t for c in cells], dtype=object)


def times(cells: list[object]) -> tuple[pd.Series, pd.Series]:
    """Parse a column of times in Asia/Shanghai.

    Returns (times as datetime64[us], mask of cells that hold something unreadable).
    """
    series = pd.Series(cells, dtype=object)
    real = series.map(lambda c: isinstance(c, (dt.datetime, dt.date)))
    number = series.map(lambda c: isinstance(c, (int, float)) and not isinstance(c, bool) and c == c)
    result = pd.Series(np.full(len(series), np.datetime64("NaT", "us")))
    if real.any():
        result[real] = pd.to_datetime(series[real], errors="coerce").astype("datetime64[us]")
    word = texts([None if r else c for c, r in zip(cells, real, strict=True)])
    if number.any():
        serial = pd.to_numeric(series.where(number), errors="coerce")
        excel = number & serial.between(20000, 80000)
        result[excel] = _from_serial(serial[excel])
        word = word.mask(excel)
    left = word.notna()
    for style in FORMATS:
        if not left.any():
            break
        parsed = pd.to_datetime(word[left], format=style, errors="coerce")
        hit = parsed.dropna()
        result[hit.index] = hit.astype("datetime64[us]")
        left[hit.index] = False
    if left.any():
        odd = {t: _one_time(t) for t in word[left].unique()}
        result[left] = pd.to_datetime(word[left].map(odd), errors="coerce").astype("datetime64[us]")
    unreadable = (word.notna() | (real & series.notna())) & result.isna()
    return result, unreadable


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


def integers(cells: list[object]) -> tuple[pd.Series, pd.Series]:
    """Parse whole numbers, with units such as “5个工作日”; returns (values, unreadable)."""
    word = texts(cells)
    narrow = word.map(lambda t: unicodedata.normalize("NFKC", t), na_action="ignore").astype("string")
    digits = narrow.str.extract(r"^(-?\d+)(?:\.0+)?\s*(?:个?工作日|天|日|小时|个)?$")[0]
    value = pd.to_numeric(digits, errors="coerce").astype("Float64")
    unreadable = word.notna() & (value.isna() | (value < 0) | (value > 100000)).fillna(True)
    return value.mask(unreadable).astype("Int64"), unreadable.astype(bool)


@lru_cache(maxsize=1)
def code_words() -> dict[str, dict[str, str]]:
    """Return kind → word → code (data/code_synonyms.csv); a code is its own word."""
    found: dict[str, dict[str, str]] = {}
    with (DATA / "code_synonyms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words = found.setdefault(row["kind"], {})
            words[row["code"].lower()] = row["code"]
            for word in row["words"].split("|"):
                words[word.lower()] = row["code"]
    return found


def codes(cells: list[object], kind: str) -> tuple[pd.Series, pd.Series]:
    """Translate words into codes of a list; returns (codes or None, unknown words' mask)."""
    words = code_words()[kind]
    word = texts(cells)
    table = {t: words.get(unicodedata.normalize("NFKC", t).lower().strip()) for t in word.dropna().unique()}
    value = word.map(table, na_action="ignore")
    value = value.where(value.notna(), None)
    return value, word.notna() & value.isna()
