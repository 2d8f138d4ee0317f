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
from analytics.ingest import parsing
from analytics.ingest.mapping import SheetPlan, columns_of
from analytics.ingest.readers import TextRows
from analytics.model import TABLES, WIDE_STAGES, Column
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
FORGIVING = {"module"}  # an unknown word here is a warning on a case, not a refusal
MUST_FOLLOW = (*WIDE_STAGES, "closed_at", "rated_at", "called_back_at", "rectified_at")


@dataclass
class Parsed:
    """Rows of one sheet: ``frame`` has the ledger's columns, ``row_no`` and ``reason`` ('' if good)."""

    plan: SheetPlan
    frame: pd.DataFrame
    warnings: list[str] = field(default_factory=list)

    @property
    def good(self) -> pd.DataFrame:
        fine = self.frame["reason"] == ""
        return self.frame if fine.all() else self.frame[fine]

    @property
    def bad(self) -> pd.DataFrame:
        return self.frame[self.frame["reason"] != ""]


def validate(plan: SheetPlan, now: dt.datetime) -> Parsed:
    """Parse and check every row below the header; wholly empty rows are no rows."""
    numbers, written = _columns(plan)
    columns = {c.name: c for c in columns_of(TABLES[plan.table])}
    frame = pd.DataFrame({"row_no": numbers + 1})
    reasons = pd.Series([""] * len(numbers), dtype=object)
    parsed = Parsed(plan, frame)
    for name, position in plan.mapping.items():
        cells = written[position]
        frame[name], bad = _parse(cells, columns[name])
        head = plan.heads[position]
        if bad.any() and columns[name].kind in FORGIVING and plan.table == "cases":
            parsed.warnings.append(_unknown_words(head, cells, bad))
        elif bad.any():
            _blame(reasons, bad, cells, head, columns[name])
        if columns[name].required:
            empty = frame[name].isna() & ~bad
            _add(reasons, empty, lambda _, h=head: f"列「{h}」是空的；请补填后再导入")
    if not isinstance(plan.sheet.rows, TextRows):
        _long_rows(reasons, plan.sheet.rows, numbers, len(plan.heads))
    if plan.table == "cases":
        _check_case(frame, reasons, plan, now)
        parsed.warnings += _even_dates(frame)
    frame["reason"] = reasons
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


def _parse(cells: parsing.Cells, column: Column) -> tuple[pd.Series, pd.Series]:
    if column.kind in ("time", "day"):
        value, bad = parsing.times(cells)
        outside = value.notna() & ~value.between(pd.Timestamp(workdays.FIRST), pd.Timestamp(workdays.LAST))
        value = value.mask(outside)
        return value.dt.normalize() if column.kind == "day" else value, bad | outside
    if column.kind == "integer":
        return parsing.integers(cells)
    if column.kind == "text":
        word = parsing.texts(cells)
        if parsing.all_words(cells):
            return word, pd.Series(np.zeros(len(word), dtype=bool))
        cut = pd.Series([isinstance(c, float) and abs(c) >= 1e15 for c in cells])
        return word, cut & word.notna()
    value, bad = parsing.codes(cells, column.kind)
    if column.kind == "grade":
        value = pd.to_numeric(value).astype("Int64")
    return value, bad


def _blame(reasons: pd.Series, bad: pd.Series, cells: parsing.Cells, head: str, column: Column) -> None:
    def why(i: int) -> str:
        raw = str(parsing.plain(cells[i]))
        shown = mask_value(raw) if column.personal else mask_text(raw)
        if column.kind == "text":
            return f"列「{head}」的值“{shown}”是超过15位的数字，已被 Excel 截断；请把该列设为文本后重新导出"
        return f"列「{head}」的值“{shown[:40]}”认不出；{REMEDIES[column.kind]}"

    _add(reasons, bad, why)


def _add(reasons: pd.Series, where: pd.Series, why: object) -> None:
    for i in np.flatnonzero(where.to_numpy(dtype=bool)):
        reasons.iat[i] = "；".join(filter(None, [reasons.iat[i], why(int(i))]))  # type: ignore[operator]


def _long_rows(reasons: pd.Series, rows: Sequence[list[object]], numbers: np.ndarray, width: int) -> None:
    long = pd.Series(
        [len(rows[i]) > width and any(c not in ("", None) for c in rows[i][width:]) for i in map(int, numbers)],
        dtype=bool,
    )
    _add(
        reasons,
        long,
        lambda i: (
            f"这一行有 {len(rows[int(numbers[i])])} 格，表头只有 {width} 格，多半是文字里的分隔符没有加引号；请给文字加引号或另存为 .xlsx"
        ),
    )


def _check_case(frame: pd.DataFrame, reasons: pd.Series, plan: SheetPlan, now: dt.datetime) -> None:
    """Check the order of times and that a case says something."""
    written = [c for c in ("title", "content") if c in frame]
    if written:
        silent = frame[written].isna().all(axis=1)
        _add(reasons, silent, lambda _: "诉求主题和诉求内容都是空的；至少填一个")
    if "accepted_at" not in frame:
        return
    accepted = frame["accepted_at"]

    def head(column: str) -> str:
        return plan.heads[plan.mapping[column]]

    def cell(column: str, i: int) -> str:
        return f"{frame[column].iat[i]:%Y-%m-%d %H:%M}"

    end_of_today = pd.Timestamp(now.date()) + pd.Timedelta(days=1)
    for column in ("accepted_at", *MUST_FOLLOW):
        if column not in frame:
            continue
        late = frame[column] >= end_of_today
        _add(
            reasons,
            late,
            lambda i, c=column: f"列「{head(c)}」的值“{cell(c, i)}”晚于导入当天（{now:%Y-%m-%d}）；请核对年月日",
        )
        if column != "accepted_at":
            same_day = (frame[column] == frame[column].dt.normalize()) & (frame[column] == accepted.dt.normalize())
            early = (frame[column] < accepted) & ~same_day
            _add(
                reasons,
                early,
                lambda i, c=column: (
                    f"列「{head(c)}」的值“{cell(c, i)}”早于受理时间“{cell('accepted_at', i)}”；请核对两个时间"
                ),
            )


def _even_dates(frame: pd.DataFrame) -> list[str]:
    """Lift date-only stage times of the day of acceptance to the acceptance itself."""
    touched = 0
    for column in MUST_FOLLOW:
        if column in frame and "accepted_at" in frame:
            before = frame[column] < frame["accepted_at"]
            before &= frame[column] == frame["accepted_at"].dt.normalize()
            frame.loc[before, column] = frame.loc[before, "accepted_at"]
            touched += int(before.sum())
    return [f"{touched} 个只有日期的时间与受理同日，按受理时刻计"] if touched else []


def _unknown_words(head: str, cells: parsing.Cells, bad: pd.Series) -> str:
    words = pd.Series([parsing.plain(cells[int(i)]) for i in np.flatnonzero(bad)], dtype=object).value_counts()
    shown = "、".join(f"{mask_text(str(w))}（{n} 行）" for w, n in words.head(5).items())
    return f"列「{head}」有 {len(words)} 种不认识的值：{shown}，按未分模块导入；可在 data/code_synonyms.csv 中补充"
