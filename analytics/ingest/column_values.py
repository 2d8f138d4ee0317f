"""One column becomes values of its kind; what cannot be read is a reason where it is required, else left empty and told."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analytics.ingest import dates, parsing
from analytics.ingest.characters import named
from analytics.ingest.clocks import CLOCK, single_spaced
from analytics.ingest.damage import IDENTIFIERS, spoilt_numbers
from analytics.ingest.due_times import DUE, without_before
from analytics.ingest.limits import LIMITS, ROUNDED, count_rounded, limits, unit_of_head
from analytics.ingest.reading import Reading
from analytics.ingest.reasons import OF_COLUMN, REQUIRED
from analytics.ingest.report import Repair, words_left_out
from analytics.model import STAGES, Column
from analytics.untrusted.xlsx import NOT_COMPUTED
from analytics.workdays import FIRST, LAST

REMEDIES = {
    "time": "请写成 2024-07-05 09:32 的样子",
    "day": "请写成 2024-07-05 的样子",
    "integer": "请只填整数",
    "grade": "请填 非常满意、满意、基本满意、不满意、非常不满意 之一",
    "stage": f"请填 {'、'.join(STAGES.values())} 之一",
    "follow_result": "请填 已解决、未解决、未联系上 之一",
    "role": "请填 分管领导、首席服务专员、服务专员 之一",
    "module": "请填九个模块之一",
}
YEAR = re.compile(r"^\s*(\d{4})\s*[-/.年]")
_DAY_HEAD = re.compile(r"日期|date\s*$", re.IGNORECASE)
#: A day of which only month and day are written.
NO_YEAR = re.compile(r"^\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?(?:\s|$)")


def parse_column(reading: Reading, column: Column, order: str) -> None:
    """Parse one column into the frame; what cannot be read is a reason where required, else left empty and counted."""
    cells, frame = reading.cells[column.name], reading.parsed.frame
    failed = _failed(reading, column, len(frame))
    if column.name in LIMITS:
        bad = _parse_limits(reading, column, cells)
    else:
        frame[column.name], bad = values_of(cells, column, order, reading.head(column.name))
    if column.kind == "time" and (epoch := dates.epoch_in(cells)):
        reading.parsed.warnings.append(
            f"列「{named(reading.head(column.name))}」是时间戳，已按北京时间换算，如 {epoch[0]} → {epoch[1]:%Y-%m-%d %H:%M}；"
            "原系统按当地时间写的（pandas 常这样）会差 8 小时，请核对一件"
        )
    if column.name in IDENTIFIERS or column.name == "event_key":
        bad = bad | _check_numbers(reading, column, cells)
    elif bad.any() and column.required:
        reading.reasons.add(bad, OF_COLUMN.get(column.name, REQUIRED), lambda i: _why(reading, column, i))
    if bad.any():
        reading.unread[column.name] = bad.to_numpy(dtype=bool)
    if bad.any() and not column.required:
        frame.loc[bad, column.name] = pd.NA if column.kind not in ("time", "day") else pd.NaT
    if column.required:
        empty = frame[column.name].isna() & ~bad & ~failed
        reading.reasons.add(empty, OF_COLUMN.get(column.name, REQUIRED), lambda i: _why_empty(reading, column, i))


def values_of(cells: parsing.Cells, column: Column, order: str, head: str = "") -> tuple[pd.Series, pd.Series]:
    """Parse cells as a column's kind; ``order`` of dates that leave it open, ``head`` where it may say how grades run.

    Returns (values, mask of what cannot be read).
    """
    if column.kind in ("time", "day"):
        value, bad = dates.times(without_before(cells) if column.name == DUE else cells, order)
        outside = value.notna() & ~value.between(pd.Timestamp(FIRST), pd.Timestamp(LAST))
        value = value.mask(outside)
        return value.dt.normalize() if column.kind == "day" else value, bad | outside
    if column.kind == "integer":
        return parsing.integers(cells)
    if column.kind == "text":
        word = parsing.texts(cells)
        return word, pd.Series(np.zeros(len(word), dtype=bool))
    value, bad = parsing.codes(cells, column.kind, best_first=parsing.is_best_first(head))
    if column.kind == "grade":
        value = pd.to_numeric(value).astype("Int64")
    return value, bad


def can_read(reading: Reading, column: Column, order: str, cells: parsing.Cells) -> list[bool]:
    """Tell which cells a column of times, numbers or codes can read."""
    cells = parsing.brief(cells)
    if column.name in LIMITS:
        days, hours, _ = limits(cells, unit_of_head(reading.head(column.name), column.name))
        return (days.notna() | hours.notna()).tolist()
    return values_of(cells, column, order)[0].notna().tolist()


def _parse_limits(reading: Reading, column: Column, cells: parsing.Cells) -> pd.Series:
    """Parse limits into both columns, each by the unit that its cell says."""
    frame = reading.parsed.frame
    unit = unit_of_head(reading.head(column.name), column.name)
    found = limits(cells, unit)
    if rounded := count_rounded(cells, unit):
        reading.parsed.repairs.append(Repair(reading.plan.sheet.place, reading.head(column.name), ROUNDED, rounded))
    for name, values in zip(LIMITS, found[:2], strict=True):
        if values.notna().any() or name == column.name:
            frame[name] = frame[name].fillna(values) if name in frame else values
    return found[2]


def _check_numbers(reading: Reading, column: Column, cells: parsing.Cells) -> pd.Series:
    why = spoilt_numbers(reading.parsed.frame[column.name], cells)
    if why is None:
        return pd.Series(np.zeros(len(cells), dtype=bool))
    spoilt = why != ""
    if column.required:
        head = named(reading.head(column.name))
        reading.reasons.add(
            spoilt,
            OF_COLUMN.get(column.name, REQUIRED),
            lambda i: f"列「{head}」的值“{reading.shown(column, i)}”{why.iat[i]}；请把该列设为文本后从原系统重新导出",
        )
    return spoilt


def _why(reading: Reading, column: Column, i: int) -> str:
    head, cell = named(reading.head(column.name)), reading.shown(column, i)
    if column.kind == "time" and column.name in reading.plan.beside and CLOCK.match(single_spaced(cell)):
        day = _head_of_day(reading, column.name)
        return f"列「{named(day)}」是空的，只写了时刻“{cell}”；请补填日期后再导入"
    if column.kind in ("time", "day") and NO_YEAR.match(cell):
        return f"列「{head}」的值“{cell}”没有写年份，不猜是哪一年；请补上年份，写成 2024-07-05 的样子"
    if column.kind in ("time", "day") and (year := YEAR.match(cell)) and not FIRST.year <= int(year[1]) <= LAST.year:
        return f"列「{head}」的值“{cell}”的年份不在 {FIRST.year} 到 {LAST.year} 年之间；请核对"
    if column.name in reading.mixed and re.match(dates.SHORT_YEAR, cell):
        return (
            f"列「{head}」的值“{cell}”分不清月和日（这一列里月在前、日在前两种写法都有）；请统一写成 2024-07-05 的样子"
        )
    return f"列「{head}」的值“{cell}”认不出；{REMEDIES.get(column.kind, '请核对')}"


def _head_of_day(reading: Reading, column: str) -> str:
    """Return which of two heads is that of the day, where a day and its time of day stand in two columns."""
    heads = reading.head(column), reading.plan.heads[reading.plan.beside[column]]
    return next((h for h in heads if _DAY_HEAD.search(h)), heads[1])


def _failed(reading: Reading, column: Column, rows: int) -> pd.Series:
    """Enter what a formula failed to give: a reason where the column is required, else cells left empty; return its mask."""
    failed = reading.failed.get(column.name, {})
    mask = pd.Series(np.isin(np.arange(rows), list(failed)))
    head = named(reading.head(column.name))
    if failed and column.required:
        reading.reasons.add(
            mask,
            OF_COLUMN.get(column.name, REQUIRED),
            lambda i: (
                f"列「{head}」的值“{failed[i].lstrip('#') if failed[i] == NOT_COMPUTED else failed[i]}”：这一格是公式，没有得出值；"
                "请在表格软件里打开、改好公式并另存后再导入"
            ),
        )
    elif failed:
        words = [w.lstrip("#") if w == NOT_COMPUTED else w for w in failed.values()]
        reading.parsed.left_empty += words_left_out(reading.plan.sheet.place, reading.head(column.name), words)
    return mask


def _why_empty(reading: Reading, column: Column, i: int) -> str:
    head, written = named(reading.head(column.name)), parsing.plain(reading.cells[column.name][i])
    return f"列「{head}」{f'只写了“{named(written)}”' if written else '是空的'}；请补填后再导入"


def leave_empty(reading: Reading, column: Column, bad: np.ndarray) -> None:
    words = [reading.shown(column, int(i)) for i in np.flatnonzero(bad)]
    left = words_left_out(reading.plan.sheet.place, reading.head(column.name), words)
    reading.parsed.left_empty += left
    shown = "、".join(f"{e.word}（{e.count} 格）" for e in left[:5]) + (
        f" 等 {len(set(words))} 种" if len(left) > 5 else ""
    )
    where = "，可在 data/code_synonyms.csv 中补充" if column.kind in parsing.code_words() else ""
    if column.kind == "grade" and any(map(parsing.is_beyond_five, words)):
        where = "；这一列里有 1 到 5 以外的分，分数不当作五级，请换成 非常满意、满意 这样的等级"
    elif column.kind == "grade" and parsing.is_yes_or_no(words):
        where = "；这一列只有 1 和 0，分不清是不是五级，请换成 满意、不满意 这样的等级"
    reading.parsed.warnings.append(
        f"列「{named(reading.head(column.name))}」有 {len(words)} 格认不出，已留空：{shown}{where}"
    )
