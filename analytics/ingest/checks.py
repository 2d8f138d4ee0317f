"""What a row says against itself: times out of order, no word of the matter, a number that is a cut text."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from analytics.ingest import parsing
from analytics.ingest.characters import named
from analytics.ingest.differing import listed
from analytics.ingest.mapping import SheetPlan
from analytics.ingest.reasons import ACCEPTED, BROKEN, CONTRADICTION, NUMBER, SHIFTED, SILENT, Reasons
from analytics.model import WIDE_STAGES

MUST_FOLLOW = (*WIDE_STAGES, "closed_at", "rated_at", "called_back_at", "rectified_at")
#: Of so many numbers at most one may have no digit for it to be strange.
LEAST_WITH_DIGITS = 4
#: A clock of which only the hour is written.
_HOUR_ONLY = re.compile(r"\d\s*[时点]\s*$")


def check_lines(reasons: Reasons, numbers: pd.Series, places: np.ndarray) -> None:
    """Refuse rows of a text file whose number has no digit where the others' have, and the rows above them: a text was cut.

    It is told here and not by the cells' count, for a text that holds delimiters may break into lines of as many. Where
    neither row has a fault the number is a word that somebody wrote (待定), and nothing was cut.
    """
    digits = numbers.str.contains("[0-9]", regex=True, na=True).to_numpy(dtype=bool)
    strange = np.flatnonzero(~digits)
    if not len(strange) or len(strange) * LEAST_WITH_DIGITS > len(digits):
        return
    at_fault = reasons.kind.isin([ACCEPTED, SHIFTED]).to_numpy()
    cut = [int(i) for i in strange if at_fault[i] or (i > 0 and at_fault[i - 1])]
    both = sorted({*cut, *(i - 1 for i in cut if i > 0)})
    told = pd.Series(np.isin(np.arange(len(numbers)), both))
    lines = {i: (places[i] + 1, places[i] + 2) if i not in cut else (places[i], places[i] + 1) for i in both}
    reasons.replace(
        told,
        SHIFTED,
        lambda i: (
            f"第 {lines[i][0]}、{lines[i][1]} 行多半是一件工单的文字换了行又没有加引号（后一行的编号里没有数字），接不准，所以都没有导入；"
            "请从原系统导出 .xlsx，或给文字加引号后再导入"
        ),
    )


def check_continued(reasons: Reasons, frame: pd.DataFrame, plan: SheetPlan, places: np.ndarray) -> list[str]:
    """Refuse rows of words alone below a row of a case: its text goes on in them. Names the rows above, which went in."""
    texts = frame[[c for c in ("title", "content") if c in frame]].notna().any(axis=1)
    bare = (frame["case_no"].isna() & frame["accepted_at"].isna() & texts).to_numpy()
    begun = frame["case_no"].notna().to_numpy()
    above = np.maximum.accumulate(np.where(begun, np.arange(len(begun)), -1)) if len(begun) else np.array([], dtype=int)

    def number(i: int) -> int:
        return plan.sheet.number(int(places[i]))

    goes_on = pd.Series(bare & (above >= 0))
    reasons.replace(
        goes_on,
        BROKEN,
        lambda i: f"这一行只有文字，没有编号和受理时间，多半接着第 {number(above[i])} 行那一件；请在原表并成一行再导入",
    )
    cut = [f"第 {n} 行" for n in sorted({number(above[i]) for i in np.flatnonzero(goes_on)})]
    return [f"{len(cut):,} 件的文字多半没有完，下面一行只有文字，没有接上：{listed(cut)}"] * bool(cut)


def check_numbers(reasons: Reasons, numbers: pd.Series, head: str) -> None:
    """Refuse rows with a word in place of a number (待定, 同上) where the others have numbers."""
    words = ~numbers.str.contains("[1-9A-Za-z]", regex=True, na=True).to_numpy(dtype=bool)
    if words.any() and words.sum() * LEAST_WITH_DIGITS <= len(words):
        reasons.add(
            pd.Series(words & (reasons.text == "").to_numpy()),
            NUMBER,
            lambda i: f"列「{named(head)}」的值“{named(str(numbers.iat[i]))}”不是编号；请补上这一件的编号后再导入",
        )


def even_times(frame: pd.DataFrame, written: dict[str, parsing.Cells]) -> list[str]:
    """Lift stage times that are coarser than the acceptance, and hold it, to the acceptance; ``written``: their cells."""
    touched = 0
    for column in MUST_FOLLOW:
        if column in frame and "accepted_at" in frame:
            time, accepted = frame[column], frame["accepted_at"]
            before = time < accepted
            if not before.any():
                continue
            holds = (time == accepted.dt.normalize()) | (time == accepted.dt.floor("min"))
            hours = before & ~holds & (time == accepted.dt.floor("h"))
            for i in np.flatnonzero(hours):
                holds.iat[i] = bool(_HOUR_ONLY.search(parsing.plain(written[column][int(i)]) or ""))
            frame.loc[before & holds, column] = accepted[before & holds]
            touched += int((before & holds).sum())
    return [f"{touched} 个时间只写到日、时或分，与受理同时，按受理时刻计"] if touched else []


def untimed_grades(frame: pd.DataFrame) -> list[str]:
    """Say how many grades bear the time of the acceptance, for want of any later time of the case."""
    if not {"grade", "accepted_at"} <= set(frame):
        return []
    later = [c for c in ("rated_at", "followed_up_at", "closed_at") if c in frame]
    untimed = int((frame["grade"].notna() & frame[later].isna().all(axis=1)).sum())
    told = f"{untimed:,} 个评价没有评价、回访或办结的时间，按受理时间计；有评价时间的，请补上这一列"
    return [told] * bool(untimed)


def check_case(frame: pd.DataFrame, reasons: Reasons, plan: SheetPlan, now: dt.datetime) -> None:
    """Check the order of times and that a case says something."""
    written = [c for c in ("title", "content") if c in frame]
    if written:
        silent = frame[written].isna().all(axis=1)
        reasons.add(silent, SILENT, lambda _: "诉求主题和诉求内容都是空的；至少填一个")
    if "accepted_at" not in frame:
        return
    accepted = frame["accepted_at"]

    def head(column: str) -> str:
        return named(plan.heads[plan.mapping[column]]) if column in plan.mapping else "受理时间"

    def cell(column: str, i: int) -> str:
        return f"{frame[column].iat[i]:%Y-%m-%d %H:%M}"

    end_of_today = pd.Timestamp(now.date()) + pd.Timedelta(days=1)
    for column in ("accepted_at", *MUST_FOLLOW):
        if column not in frame:
            continue
        reasons.add(
            frame[column] >= end_of_today,
            ACCEPTED if column == "accepted_at" else CONTRADICTION,
            lambda i, c=column: f"列「{head(c)}」的值“{cell(c, i)}”晚于导入当天（{now:%Y-%m-%d}）；请核对年月日",  # type: ignore[misc]
        )
        if column != "accepted_at":
            reasons.add(
                frame[column] < accepted,
                CONTRADICTION,
                lambda i, c=column: (  # type: ignore[misc]
                    f"列「{head(c)}」的值“{cell(c, i)}”早于受理时间“{cell('accepted_at', i)}”；请核对两个时间"
                ),
            )
