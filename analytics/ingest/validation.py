"""A planned sheet becomes typed rows; each row is good or has a Chinese reason why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from analytics import workdays
from analytics.ingest import dates, parsing
from analytics.ingest.characters import named
from analytics.ingest.checks import check_case, check_length, check_lines, even_times
from analytics.ingest.damage import IDENTIFIERS, repaired, spoilt_numbers
from analytics.ingest.limits import limits, unit_of_head
from analytics.ingest.mapping import SheetPlan, columns_of
from analytics.ingest.reasons import OF_COLUMN, REQUIRED, SHIFTED, Reasons
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.report import LeftEmpty, Repair, words_left_out
from analytics.ingest.sheets import TextRows
from analytics.model import TABLES, Column
from analytics.privacy import mask_text, mask_value

REMEDIES = {
    "time": "请写成 2024-07-05 09:32 的样子",
    "day": "请写成 2024-07-05 的样子",
    "integer": "请只填整数",
    "grade": "请填 非常满意、满意、基本满意、不满意、非常不满意 之一",
    "stage": "请填 受理、转办、办理、会商、督办、反馈、办结、回访、重办 之一",
    "follow_result": "请填 已解决、未解决、未联系上 之一",
    "role": "请填 分管领导、首席服务专员、服务专员 之一",
    "module": "请填九个模块之一",
}
LIMITS = ("promised_days", "promised_hours")
ORDER_NAMES = {"mdy": "月/日/年", "dmy": "日/月/年", "ymd": "年/月/日"}


@dataclass
class Parsed:
    """Rows of one sheet: ``frame`` has the ledger's columns, ``row_no``, ``reason`` ('' if good) and its ``kind``."""

    plan: SheetPlan
    frame: pd.DataFrame
    warnings: list[str] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    left_empty: list[LeftEmpty] = field(default_factory=list)

    @property
    def good(self) -> pd.DataFrame:
        fine = self.frame["reason"] == ""
        return self.frame if fine.all() else self.frame[fine]

    @property
    def bad(self) -> pd.DataFrame:
        return self.frame[self.frame["reason"] != ""]


@dataclass
class _Reading:
    """A sheet while it is read: its plan, cells by ledger column, the reasons so far and what is made of them."""

    plan: SheetPlan
    cells: dict[str, parsing.Cells]
    reasons: Reasons
    parsed: Parsed

    def head(self, column: str) -> str:
        return self.plan.heads[self.plan.mapping[column]]


def validate(plan: SheetPlan, now: dt.datetime) -> Parsed:
    """Parse and check every row below the header; wholly empty rows are no rows.

    Raises RefusedFile where the order of day and month in a column of times must be asked.
    """
    numbers, written = _columns(plan)
    columns = {c.name: c for c in columns_of(TABLES[plan.table])}
    parsed = Parsed(plan, pd.DataFrame({"row_no": numbers + 1}))
    reading = _Reading(plan, {}, Reasons(len(numbers)), parsed)
    parsed.repairs += [Repair(plan.sheet.place, "", kind, n) for kind, n in plan.sheet.repairs.items()]
    for name, position in plan.mapping.items():
        reading.cells[name] = _mended(reading, columns[name], written[position])
    _join_clocks(reading, written)
    orders = _orders(reading, columns)
    for name in plan.mapping:
        _parse(reading, columns[name], orders.get(name, ""))
    if not isinstance(plan.sheet.rows, TextRows):
        check_length(reading.reasons, plan.sheet.rows, numbers, len(plan.heads))
    if plan.sheet.lined and plan.table == "cases":
        check_lines(reading.reasons, parsed.frame["case_no"], numbers)
    if plan.table == "cases":
        _given_day(plan, parsed.frame)
        parsed.warnings += even_times(parsed.frame, reading.cells)
        check_case(parsed.frame, reading.reasons, plan, now)
    if plan.sheet.doubtful:
        doubtful = pd.Series(np.isin(numbers, list(plan.sheet.doubtful)))
        reading.reasons.replace(doubtful, SHIFTED, lambda i: plan.sheet.doubtful[int(numbers[i])])
    parsed.frame["reason"], parsed.frame["kind"] = reading.reasons.text, reading.reasons.kind
    return parsed


def _columns(plan: SheetPlan) -> tuple[np.ndarray, Sequence[parsing.Cells]]:
    """Return the places of the rows that hold anything, and their cells column by column.

    A row that ends early has no cells there, and a long one keeps its first.
    """
    rows, width = plan.sheet.rows, len(plan.heads)
    if isinstance(rows, TextRows):
        body = [column.slice(plan.body.start) for column in rows.columns]
        filled = reduce(pc.or_, (pc.not_equal(column, "") for column in body))
        numbers = np.flatnonzero(filled.to_numpy()) + plan.body.start
        return numbers, body if len(numbers) == len(filled) else [column.filter(filled) for column in body]
    numbers = np.array(
        [i for i in plan.body if any(rows[i]) or any(c not in ("", None) for c in rows[i])], dtype="int64"
    )
    kept = [rows[i] for i in map(int, numbers)]
    if any(len(row) != width for row in kept):
        kept = [(row + [None] * (width - len(row)))[:width] for row in kept]
    return numbers, list(zip(*kept, strict=True)) or [()] * width


def _mended(reading: _Reading, column: Column, cells: parsing.Cells) -> parsing.Cells:
    """Return a column's cells with what is certainly damage put right, and enter it in the account."""
    mended, counts = repaired(cells, column, reading.plan.sheet.signs)
    place, head = reading.plan.sheet.place, reading.head(column.name)
    reading.parsed.repairs += [Repair(place, head, kind, n) for kind, n in counts.items()]
    return mended


def _join_clocks(reading: _Reading, written: Sequence[parsing.Cells]) -> None:
    """Join a day and a time of day that stand in two columns."""
    for name, position in reading.plan.beside.items():
        mapped, other = reading.cells[name], written[position]
        if dates.are_clocks(mapped) != dates.are_clocks(other):
            day, clock = (other, mapped) if dates.are_clocks(mapped) else (mapped, other)
            reading.cells[name] = dates.joined(day, clock)
            both = f"「{reading.plan.heads[position]}」与「{reading.head(name)}」"
            reading.parsed.warnings.append(f"列{both}已合成一个时间")


def _orders(reading: _Reading, columns: dict[str, Column]) -> dict[str, str]:
    """Return time column → order of its dates where they leave it open: told from all of them, or asked."""
    told = {
        name: orders
        for name, cells in reading.cells.items()
        if columns[name].kind in ("time", "day") and (orders := dates.orders_of(cells)) is not None
    }
    common = reduce(set.intersection, told.values()) if told else set()
    found = {}
    for name, orders in told.items():
        left = orders if len(orders) == 1 else common
        if len(left) > 1:
            left = left & {reading.plan.order} or left
        if len(left) > 1:
            raise _order_asked(reading, name, left)
        found[name] = next(iter(left), "")
    if told:  # kept with the mapping: next week's file may hold no day beyond the twelfth
        reading.plan.order = max(found.values(), key=list(found.values()).count)
    return found


def _order_asked(reading: _Reading, name: str, orders: set[str]) -> RefusedFile:
    cell = next(c for c in map(parsing.plain, reading.cells[name]) if c and dates.orders_of([c]))
    may = "还是".join(ORDER_NAMES[o] for o in sorted(orders))
    return RefusedFile(
        reading.plan.sheet.file,
        f"列「{named(reading.head(name))}」的日期（如“{named(cell)}”）从整列也分不清是{may}；"
        f"请选定「日期写法」后再导入（命令行用 --date-order {'、'.join(sorted(orders))} 之一）",
    )


def _parse(reading: _Reading, column: Column, order: str) -> None:
    """Parse one column into the frame; what cannot be read is a reason where required, else left empty and counted."""
    cells, frame = reading.cells[column.name], reading.parsed.frame
    if column.name in LIMITS:
        bad = _parse_limits(reading, column, cells)
    else:
        frame[column.name], bad = _values(cells, column, order)
    if column.name in IDENTIFIERS or column.name == "event_key":
        bad = bad | _check_numbers(reading, column, cells)
    elif bad.any() and column.required:
        reading.reasons.add(bad, OF_COLUMN.get(column.name, REQUIRED), lambda i: _why(reading, column, i))
    if bad.any() and not column.required:
        frame.loc[bad, column.name] = pd.NA if column.kind not in ("time", "day") else pd.NaT
        if not _kept_as_class(reading, column):
            _leave_empty(reading, column, bad)
    if column.required:
        empty = frame[column.name].isna() & ~bad
        head = reading.head(column.name)
        reading.reasons.add(
            empty, OF_COLUMN.get(column.name, REQUIRED), lambda _: f"列「{named(head)}」是空的；请补填后再导入"
        )


def _kept_as_class(reading: _Reading, column: Column) -> bool:
    """Tell whether words that are no module stay as the office's own class: one head (一级分类, 诉求类别) may hold either."""
    mapping = reading.plan.mapping
    return column.name == "module" and mapping.get("own_class") == mapping["module"]


def _values(cells: parsing.Cells, column: Column, order: str) -> tuple[pd.Series, pd.Series]:
    if column.kind in ("time", "day"):
        value, bad = dates.times(cells, order)
        outside = value.notna() & ~value.between(pd.Timestamp(workdays.FIRST), pd.Timestamp(workdays.LAST))
        value = value.mask(outside)
        return value.dt.normalize() if column.kind == "day" else value, bad | outside
    if column.kind == "integer":
        return parsing.integers(cells)
    if column.kind == "text":
        word = parsing.texts(cells)
        return word, pd.Series(np.zeros(len(word), dtype=bool))
    value, bad = parsing.codes(cells, column.kind)
    if column.kind == "grade":
        value = pd.to_numeric(value).astype("Int64")
    return value, bad


def _parse_limits(reading: _Reading, column: Column, cells: parsing.Cells) -> pd.Series:
    """Parse limits into both columns, each by the unit that its cell says."""
    frame = reading.parsed.frame
    found = limits(cells, unit_of_head(reading.head(column.name), column.name))
    for name, values in zip(LIMITS, found[:2], strict=True):
        if values.notna().any() or name == column.name:
            frame[name] = frame[name].fillna(values) if name in frame else values
    return found[2]


def _check_numbers(reading: _Reading, column: Column, cells: parsing.Cells) -> pd.Series:
    why = spoilt_numbers(reading.parsed.frame[column.name], cells)
    if why is None:
        return pd.Series(np.zeros(len(cells), dtype=bool))
    spoilt = why != ""
    if column.required:
        head = named(reading.head(column.name))
        reading.reasons.add(
            spoilt,
            OF_COLUMN.get(column.name, REQUIRED),
            lambda i: f"列「{head}」的值“{_shown(reading, column, i)}”{why.iat[i]}；请把该列设为文本后从原系统重新导出",
        )
    return spoilt


def _shown(reading: _Reading, column: Column, i: int) -> str:
    """Return a cell as a message may show it: masked, with what deceives the eye named."""
    raw = str(parsing.plain(reading.cells[column.name][i]))
    return named(mask_value(raw) if column.personal else mask_text(raw)[:40])


def _why(reading: _Reading, column: Column, i: int) -> str:
    head = named(reading.head(column.name))
    return f"列「{head}」的值“{_shown(reading, column, i)}”认不出；{REMEDIES.get(column.kind, '请核对')}"


def _leave_empty(reading: _Reading, column: Column, bad: pd.Series) -> None:
    words = [_shown(reading, column, int(i)) for i in np.flatnonzero(bad)]
    left = words_left_out(reading.plan.sheet.place, reading.head(column.name), words)
    reading.parsed.left_empty += left
    shown = "、".join(f"{e.word}（{e.count} 格）" for e in left[:5])
    where = "，可在 data/code_synonyms.csv 中补充" if column.kind in parsing.code_words() else ""
    reading.parsed.warnings.append(
        f"列「{named(reading.head(column.name))}」有 {len(words)} 格认不出，已留空：{shown}{where}"
    )


def _given_day(plan: SheetPlan, frame: pd.DataFrame) -> None:
    """Give cases of a file without times of acceptance the one day that a person said."""
    if plan.accepted_on and "accepted_at" not in plan.mapping:
        frame["accepted_at"] = pd.Series(pd.Timestamp(plan.accepted_on), index=frame.index).astype("datetime64[us]")
