"""Rows of one number: one case where words and times agree, and otherwise not; which is which, and why.

See docs/decisions/0033.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.differing import MOST_NAMED, differences, listed
from analytics.ingest.mapping import TOGETHER, VERSIONS, SheetPlan
from analytics.privacy import mask_text

TEXTS = ("title", "content")
#: What a number has; a word in its place (待定, XXX, 0) has none, or one letter over and over.
_MEANT = re.compile("[1-9A-Za-z]")
GIVE_NUMBERS = "请给每件补上各自的编号后再导入"
CHECK_NUMBERS = (
    "请核对编号；确是同一件的先后版本，请带上更新时间一列，或导入时选“同一件的先后版本”（命令行 --several versions）"
)


@dataclass
class Agreement:
    """``refused``: row_id → why its number is not that of one case; ``to_check``: in what rows of one case differ."""

    refused: dict[int, str] = field(default_factory=dict)
    to_check: list[str] = field(default_factory=list)


def agreement(frame: pd.DataFrame, plan: SheetPlan) -> Agreement:
    """Compare the rows (``row_id``, the place of each in its sheet, from 1) of each number of a case table.

    Versions (said by a person, or by times of update that differ) may change their words, or their time of acceptance,
    not both. Departments of one case agree in both. Other rows that agree in words alone are one case, and told.
    """
    rows = frame[frame["case_no"].duplicated(keep=False)]
    group, several = rows["case_no"], plan.several
    words, times = _texts_differ(rows, group), _times_differ(rows, group)
    versions = pd.Series(several == VERSIONS, index=rows.index) | _dated(rows, group)
    steps = pd.Series("step" in rows and several != VERSIONS, index=rows.index)
    apart = words & (~versions | times | ~_are_numbers(group))
    joined = ~versions & ~steps & _departments_differ(rows, group, several)
    found = Agreement()
    found.refused |= _refusals(rows[apart], plan, "诉求内容不同")
    found.refused |= _refusals(rows[~apart & times & joined], plan, "受理时间不同")
    alone = ~apart & ~versions & ~joined & ~steps
    found.to_check += _later_times(rows[alone & times])
    if told := differences(rows[alone], "cases", ("case_no",), frozenset({"accepted_at"})):
        found.to_check.append(f"同一工单在文件里有几行，以后一行为准，各行不同的列：{told}；请核对")
    return found


def _texts_differ(rows: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Tell of every row whether the texts of its number differ; what is empty, and spaces, differ from nothing."""
    differ = pd.Series(False, index=rows.index)
    for column in TEXTS:
        if column in rows:
            text = rows[column].astype(object).map(lambda t: "".join(t.split()), na_action="ignore")
            differ |= text.groupby(group).transform("nunique") > 1
    return differ


def _times_differ(rows: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Tell the same of times of acceptance; a day, or a minute, agrees with a time that lies in it."""
    last = rows["accepted_at"].groupby(group).transform("max")
    agree = rows["accepted_at"].isin([pd.NaT])
    for coarse in (last, last.dt.floor("min"), last.dt.normalize()):
        agree |= rows["accepted_at"] == coarse
    return (~agree).groupby(group).transform("any")


def _dated(rows: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Tell of every row whether the rows of its number were updated at different times."""
    if "updated_at" not in rows:
        return pd.Series(False, index=rows.index)
    return rows["updated_at"].fillna(pd.Timestamp(0)).groupby(group).transform("nunique") > 1


def _departments_differ(rows: pd.DataFrame, group: pd.Series, several: str) -> pd.Series:
    if "department" not in rows or ("updated_at" in rows and several != TOGETHER):
        return pd.Series(False, index=rows.index)
    return rows["department"].groupby(group).transform("nunique") > 1


def _are_numbers(numbers: pd.Series) -> pd.Series:
    return numbers.map(is_number).astype(bool)


def is_number(text: str) -> bool:
    """Tell whether a text may be the number of one case, and is no word that stands for a number still to come."""
    meant = set(_MEANT.findall(text))
    return len(meant) > 1 or any(map(str.isdigit, meant))


def _refusals(rows: pd.DataFrame, plan: SheetPlan, what: str) -> dict[int, str]:
    found: dict[int, str] = {}
    head = plan.heads[plan.mapping["case_no"]]
    for number, ids in rows.groupby("case_no")["row_id"]:
        places = "、".join(str(plan.sheet.number(int(i) - 1)) for i in ids[:MOST_NAMED]) + (
            f" 等 {len(ids)}" if len(ids) > MOST_NAMED else ""
        )
        meant = is_number(str(number))
        why = (
            f"列「{named(head)}」的值“{named(mask_text(str(number)))}”{'' if meant else '不是编号，'}在第 {places} 行都有，{what}，"
            f"不能并成一件；{CHECK_NUMBERS if meant else GIVE_NUMBERS}"
        )
        found |= dict.fromkeys(map(int, ids), why)
    return found


def _later_times(rows: pd.DataFrame) -> list[str]:
    """Name the cases whose rows say different times of acceptance, of which the later row counts."""
    if rows.empty:
        return []
    groups = [
        f"“{named(mask_text(str(number)))}”" + " → ".join(dict.fromkeys(f"{t:%Y-%m-%d %H:%M}" for t in times))
        for number, times in rows.groupby("case_no")["accepted_at"]
    ]
    return [f"{len(groups)} 件工单在文件里有几行，内容相同而受理时间不同，以后一行为准：{listed(groups)}；请核对"]
