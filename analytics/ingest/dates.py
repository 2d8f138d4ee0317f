"""Cells become times: a whole column at once, the order of month and day told from the column as a whole."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analytics.ingest.clocks import CLOCK, from_epoch, one_time, single_spaced, with_minutes
from analytics.ingest.parsing import Cells, all_words, plain, texts

FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S.%f")
#: Orders of numbers in a date that does not begin with a year of four digits, and their common formats.
ORDERS = {"mdy": "%m-%d-%Y", "dmy": "%d-%m-%Y", "ymd": ""}
CLOCKS = (" %I:%M:%S %p", " %H:%M:%S", " %H:%M", "")
#: Ornaments of dates that all say the same.
PLAIN_DATE = str.maketrans(
    {".": "-", "/": "-", "年": "-", "月": "-", "日": " ", "时": ":", "分": ":", "秒": "", "T": " "}
)
#: What stands for no time at all.
NO_TIME = r"^\s*(?:0000-00-00|0001-01-01|1900-01-01|9999-12-31)(?:[ T](?:00:00(?::00(?:\.0+)?)?|23:59:59))?\s*$"
SAMPLE = 200
SHORT_YEAR = r"^\s*(?P<a>\d{1,2})\s*[-/.]\s*(?P<b>\d{1,2})\s*[-/.]\s*(?P<c>\d{4}|\d{1,2})(?:\D|$)"
EXCEL_EPOCH = dt.datetime(1899, 12, 30)
#: Days of Excel's calendar that may be meant (1954 to 2119), and the years that a short one may stand for.
SERIALS, YEARS = (20000, 80000), (4, 35)
WORD, REAL, NUMBER = 0, 1, 2


def times(cells: Cells, order: str = "") -> tuple[pd.Series, pd.Series]:
    """Parse a column of times in Asia/Shanghai; ``order``: mdy, dmy or ymd for dates that leave it open.

    Returns (times as datetime64[us], mask of cells that hold something unreadable).
    """
    result = pd.Series(np.full(len(cells), np.datetime64("NaT", "us")))
    cells = _without_placeholders(cells)
    written, taken = (cells, np.zeros(len(cells), dtype=bool)) if all_words(cells) else _take_real(cells, result)
    word = texts(written)
    _parse_words(word, result, order)
    return result, (word.notna() | taken) & result.isna()


def _without_placeholders(cells: Cells) -> Cells:
    """Return the cells without what systems write where there is no time: 0000-00-00, 1900-01-01, 9999-12-31."""
    if isinstance(cells, pa.ChunkedArray):
        none = pc.match_substring_regex(cells, NO_TIME)
        return pc.if_else(pc.fill_null(none, False), None, cells) if pc.any(none).as_py() else cells
    none = re.compile(NO_TIME).search
    return [None if type(c) is str and c[:1] in "019 " and none(c) else c for c in cells]


def epoch_in(cells: Cells) -> tuple[str, dt.datetime] | None:
    """Return the first cell that counts seconds or milliseconds since 1970, and the time in Shanghai; None without one."""
    for cell in cells[:SAMPLE]:
        text = plain(cell) or ""
        if re.fullmatch(r"\d{10}(?:\d{3}|\d{6})?", text) and (at := from_epoch(float(text))):
            return text, at
    return None


def orders_of(cells: Cells) -> set[str] | None:
    """Return the orders that every date of a column allows; None where no date leaves its order open."""
    words = texts(cells if all_words(cells) else [c if type(c) is str else None for c in cells]).dropna()
    sample = words.iloc[:: max(1, len(words) // SAMPLE)]
    if not sample.str.match(SHORT_YEAR).any():
        return None
    parts = words.astype(object).str.extract(SHORT_YEAR).dropna()
    first, second, third = (parts[p].astype(int) for p in "abc")
    month_first, day_first = (first.le(12) & second.le(31)).all(), (second.le(12) & first.le(31)).all()
    if (parts["c"].str.len() == 4).all():
        return {name for name, may in (("mdy", month_first), ("dmy", day_first)) if may}
    year_last = (third.between(*YEARS) & parts["c"].str.len().eq(2) | third.gt(1000)).all()
    year_first = first.between(*YEARS).all()
    found = {name for name, may in (("mdy", month_first), ("dmy", day_first)) if may and year_last}
    return found | ({"ymd"} if year_first and second.le(12).all() and third.le(31).all() else set())


def are_clocks(cells: Cells) -> bool:
    """Tell whether a column holds times of day without their day."""
    sample = [c for c in cells[: 5 * SAMPLE] if plain(c)][:SAMPLE]
    return bool(sample) and sum(_clock(c) is not None for c in sample) > len(sample) / 2


def joined(days: Cells, clocks: Cells) -> Cells:
    """Return days and times of day that stand in two columns as one."""
    if isinstance(days, pa.ChunkedArray) and isinstance(clocks, pa.ChunkedArray):
        both = (pc.utf8_trim_whitespace(days), pc.utf8_trim_whitespace(clocks))
        return pc.binary_join_element_wise(*both, " ", null_handling="replace", null_replacement="")
    return [_joined(day, clock) for day, clock in zip(days, clocks, strict=True)]


def _joined(day: object, clock: object) -> object:
    shown = _clock(clock)
    if isinstance(day, float | int) and not isinstance(day, bool) and SERIALS[0] <= day <= SERIALS[1]:
        day = EXCEL_EPOCH + dt.timedelta(days=int(day))
    if shown is None:
        return day
    if isinstance(day, dt.date):  # a datetime is one too
        return f"{day:%Y-%m-%d} {shown}"
    return f"{plain(day) or ''} {shown}".strip()


def _clock(cell: object) -> str | None:
    """Return a time of day as text, whatever a workbook holds it as."""
    if isinstance(cell, dt.time):
        return f"{cell:%H:%M:%S}"
    if isinstance(cell, float) and 0 <= cell < 1:
        cell = dt.timedelta(days=cell)
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}" if 0 <= seconds < 86400 else None
    text = single_spaced(plain(cell) or "")
    return text if CLOCK.match(with_minutes(text)) else None


def _take_real(cells: Cells, result: pd.Series) -> tuple[list[object], np.ndarray]:
    """Fill ``result`` from true dates, Excel's serials and epochs; returns the other cells, and a mask of those taken."""
    kinds = np.array([_kind(c) for c in cells], np.int8)
    words = pd.Series(list(cells), dtype=object)
    at = np.flatnonzero(kinds == REAL)
    result.iloc[at] = pd.to_datetime(words.iloc[at], errors="coerce").to_numpy("datetime64[us]")
    at = np.flatnonzero(kinds == NUMBER)
    serial = pd.to_numeric(words.iloc[at]).reset_index(drop=True)
    excel = serial.between(*SERIALS).to_numpy()
    result.iloc[at[excel]] = _from_serial(serial[excel]).to_numpy("datetime64[us]")
    epochs = [None if is_excel else from_epoch(float(n)) for n, is_excel in zip(serial, excel, strict=True)]
    since = np.array([e is not None for e in epochs], dtype=bool)
    result.iloc[at[since]] = pd.to_datetime(pd.Series([e for e in epochs if e])).to_numpy("datetime64[us]")
    kinds[at[excel | since]] = REAL
    words[kinds == REAL] = None
    return words.tolist(), kinds == REAL


def _kind(cell: object) -> int:
    if type(cell) is str or cell is None:
        return WORD
    if isinstance(cell, dt.datetime | dt.date):
        return REAL
    return NUMBER if isinstance(cell, int | float) and not isinstance(cell, bool) and cell == cell else WORD


def _parse_words(word: pd.Series, result: pd.Series, order: str) -> None:
    """Fill ``result`` from words: the common shapes a column at once, the odd ones one by one."""
    left = word.dropna()
    if left.empty:
        return
    as_written = _parse_common(left, result, FORMATS)
    folded = pd.Series([t.translate(PLAIN_DATE).strip() for t in as_written], index=as_written.index, dtype=object)
    more = tuple(ORDERS[order] + clock for clock in CLOCKS) if ORDERS.get(order) else ()
    rest = left.loc[_parse_common(folded, result, FORMATS + more).index]
    if len(rest):
        odd = {t: one_time(t, order) for t in rest.unique()}
        values = pd.to_datetime(rest.map(odd), errors="coerce")
        result.loc[rest.index] = values.to_numpy("datetime64[us]")


def _parse_common(left: pd.Series, result: pd.Series, formats: tuple[str, ...]) -> pd.Series:
    """Fill ``result`` from the words of a common format; returns the others."""
    for style in _likely(left, formats):
        if left.empty:
            break
        parsed = pd.to_datetime(left, format=style, errors="coerce").dropna()
        result.loc[parsed.index] = parsed.dt.floor("s").to_numpy("datetime64[us]")
        left = left.drop(parsed.index)
    return left


def _likely(folded: pd.Series, formats: tuple[str, ...]) -> list[str]:
    """Return the formats that a sample of the column shows, the most frequent first."""
    sample = folded.iloc[:: max(1, len(folded) // SAMPLE)]
    hits = {style: int(pd.to_datetime(sample, format=style, errors="coerce").notna().sum()) for style in formats}
    return sorted((s for s in formats if hits[s]), key=lambda s: -hits[s])


def _from_serial(serial: pd.Series) -> pd.Series:
    seconds = (serial * 86400).round()
    return (EXCEL_EPOCH + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")
