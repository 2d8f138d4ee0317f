"""Side cells of a case that say nothing: a limit before the acceptance, a department that is still to be found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.reading import Reading
from analytics.ingest.report import words_left_out
from analytics.model import CASES

#: What stands for a department that nobody has named yet.
TO_BE_FOUND = ("待定", "待分派", "待分配", "待派单", "未分派", "未分配", "未派单", "未定", "暂无", "不详", "未知")
OF_DEPARTMENTS = ("department", "first_department", "co_departments")


def leave_out_what_says_nothing(reading: Reading) -> None:
    """Leave such cells empty, and tell how many of which words."""
    frame = reading.parsed.frame
    if {"due_at", "accepted_at"} <= set(frame) and "due_at" in reading.plan.mapping:
        before = (frame["due_at"] < frame["accepted_at"].dt.normalize()).fillna(False)
        _leave_out(reading, "due_at", before, "早于受理时间")
    for column in OF_DEPARTMENTS:
        if column in frame:
            _leave_out(reading, column, frame[column].isin(TO_BE_FOUND), "不是部门")


def _leave_out(reading: Reading, column: str, told: pd.Series, why: str) -> None:
    if not told.any():
        return
    frame, head = reading.parsed.frame, reading.head(column)
    words = [reading.shown(CASES.column(column), int(i)) for i in np.flatnonzero(told)]
    reading.parsed.left_empty += words_left_out(reading.plan.sheet.place, head, words)
    frame.loc[told, column] = pd.NaT if column == "due_at" else pd.NA
    shown = "、".join(dict.fromkeys(words[:3]))
    reading.parsed.warnings.append(f"列「{named(head)}」有 {len(words):,} 格{why}，已留空：{shown}；请核对")
