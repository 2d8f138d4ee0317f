"""Limits become working days or natural hours: the unit in the cell wins over the head's."""

from __future__ import annotations

import math
import re
import unicodedata

import pandas as pd

from analytics.ingest.numerals import NUMERAL, number_of
from analytics.ingest.parsing import Cells, texts

#: The columns of limits: in working days, and in hours.
LIMITS = ("promised_days", "promised_hours")
WORKING, NATURAL, HOURS = "working days", "natural days", "hours"
_NUMBER = rf"(\d+(?:\.\d+)?|半|{NUMERAL})"
_UNIT = "个?(?:工作日|工作天|自然日|自然天|日历日|日历天|小时|钟头|分钟|星期|礼拜|周|天|日|workingdays?|businessdays?|hours?|hrs?|minutes?|mins?|weeks?|days?|h|d)"
_BEFORE = "(?:不超过|不多于|最长|最多|至多|承诺|法定|限时|限|于|在|≤|<=|<|工作日)*"
_BEHIND = "(?:以内|之内|内|办结|办理|办毕|完成|答复|回复)*"
LIMIT = re.compile(rf"{_BEFORE}{_NUMBER}({_UNIT})?(?:[-~－—–至到]+{_NUMBER})?({_UNIT})?({_UNIT})?{_BEHIND}")
AT_ONCE = re.compile(
    "(?:即时|即到即|随到随|马上|立即|当场|当日|当天|现场|立等可)?(?:即办件?|办结|办理|可取|取|办|即办即结)?件?"
)
_SAME_DAY = re.compile("即办|即时|即到|随到|马上|立即|当场|当日|当天|现场|立等")
NO_LIMIT = re.compile("无|没有|不限|不限时|无时限|无期限|无限期|长期|不设时限|无要求|不适用")
MOST = 100_000
ROUNDED = "比小时、工作日更细的时限已向上取整"
#: What the ledger's units are too coarse for.
_FINE = re.compile(r"半|分钟|min|\d\.\d*[1-9]", re.IGNORECASE)


def unit_of_head(head: str, column: str) -> str:
    """Return the unit of bare numbers under a head; ``column``: promised_days or promised_hours."""
    if "自然" in head or "日历" in head:
        return NATURAL
    if re.search("小时|hour", head, re.IGNORECASE):
        return HOURS
    return HOURS if column == "promised_hours" else WORKING


def limits(cells: Cells, unit: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Parse a column of limits; returns (working days, natural hours, unreadable), the first two Int64.

    Of “3-5个工作日” the upper bound counts; 即办 is 0, due the same working day; 无 is no limit. A week is seven natural
    days; what is finer than an hour or a working day is rounded up.
    """
    word = texts(cells)
    found = {t: one_limit(t, unit) for t in word.dropna().unique()}
    table: dict[str, tuple[int | None, int | None]] = {t: v for t, v in found.items() if v is not None}
    bad = word.notna() & ~word.isin(list(table))
    days, hours = (
        word.map({t: v[i] for t, v in table.items()}, na_action="ignore").astype("Float64").astype("Int64")
        for i in (0, 1)
    )
    return days, hours, bad


def count_rounded(cells: Cells, unit: str) -> int:
    """Count the limits that were rounded up to whole hours or working days."""
    word = texts(cells)
    fine = {t for t in word.dropna().unique() if _FINE.search(t) and one_limit(t, unit) is not None}
    return int(word.isin(fine).sum())


def one_limit(text: str, unit: str) -> tuple[int | None, int | None] | None:
    """Return (working days, natural hours) of one limit, both None for no limit; None where it cannot be told."""
    narrow = re.sub(r"[\s()\[\]【】]", "", unicodedata.normalize("NFKC", text)).lower()
    if NO_LIMIT.fullmatch(narrow):
        return None, None
    if _SAME_DAY.search(narrow) and AT_ONCE.fullmatch(narrow):
        return 0, None
    match = LIMIT.fullmatch(narrow)
    if not match:
        return None
    lower, first_unit, upper, unit_behind, more = match.groups()
    value = _value(upper or lower)
    if value is None or value > MOST or (upper and (_value(lower) or 0) > value):
        return None
    written = "".join(filter(None, (first_unit, unit_behind, more, "工作日" if narrow.startswith("工作日") else "")))
    if not written and value % 1:  # a part of what?
        return None
    return _in_units(value, written, unit)


def _in_units(value: float, written: str, unit: str) -> tuple[int | None, int | None] | None:
    working, natural = bool(re.search("工作|working|business", written)), bool(re.search("自然|日历", written))
    if re.search("分钟|min", written):
        return (None, math.ceil(value / 60)) if not working and not natural else None
    if re.search("周|星期|礼拜|week", written):
        return (None, math.ceil(7 * 24 * value)) if not working else None
    hours = bool(re.search("小时|钟头|h", re.sub("working|business", "", written)))
    if working + natural + hours > 1:
        return None
    if not working and not natural and not hours:  # a bare number, 天 or 日: as the head says
        if unit == HOURS and written:
            return None, math.ceil(24 * value)
        working, natural, hours = unit == WORKING, unit == NATURAL, unit == HOURS
    if working:
        return math.ceil(value), None
    return None, math.ceil(value if hours else 24 * value)


def _value(written: str) -> float | None:
    if written == "半":
        return 0.5
    return float(written) if written[0].isdigit() else number_of(written)
