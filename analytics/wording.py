"""How numbers, days and changes are written in Chinese; figures, pages and exports share it."""

from __future__ import annotations

import datetime as dt
import math

EMPTY = "—"
SAME = "持平"
#: A change that chance gives and that is small beside what it is compared with (metrics.comparison.is_slight).
SLIGHT = "基本持平"
#: What stands for a rate or duration of too few cases, everywhere: never its value.
SMALL = "样本不足"


def number(value: float | None, unit: str = "件") -> str:
    """Write a value with its unit: 1,234 件, 88.8%, 4.1 个工作日; — for nothing."""
    if value is None or math.isnan(value):
        return EMPTY
    if unit == "%":
        return f"{value * 100:.1f}%"
    if unit in ("件", "人日"):
        return f"{value:,.0f} {unit}"
    return f"{value:,.1f} {unit}"


def cases(count: float, repeats: float = 0) -> str:
    """Write a number of cases; where some are repeats of others it says so: 39 件，其中重复 2 件."""
    return number(count) + (f"，其中重复 {number(repeats)}" if repeats else "")


def likelihood(chance: float) -> str:
    """Write how likely chance alone would do as much: 不到 0.01%, 1.20%."""
    return "不到 0.01%" if chance < 1e-4 else f"{chance:.2%}"


def short(value: float | None, unit: str = "件") -> str:
    """Write a value without its unit, except the percent sign."""
    text = number(value, unit)
    return text if text == EMPTY or unit == "%" else text.rsplit(" ", 1)[0]


def change(now: float | None, before: float | None, unit: str) -> str | None:
    """Write the change from before to now: +12.3% of a count, +1.2 个百分点 of a rate."""
    if now is None or before is None or math.isnan(now) or math.isnan(before):
        return None
    if unit == "%":
        points = round(round(now * 100, 1) - round(before * 100, 1), 1)
        return f"{points:+.1f} 个百分点" if points else SAME
    if unit == "件":
        if before == 0:
            return f"{now - before:+,.0f} 件"
        return f"{(now - before) / before * 100:+.1f}%" if now != before else SAME
    moved = round(round(now, 1) - round(before, 1), 1)
    return f"{moved:+.1f} {unit}" if moved else SAME


def day(value: dt.date) -> str:
    """Write a day: 2026年11月24日."""
    return f"{value.year}年{value.month}月{value.day}日"


def minute(value: dt.datetime) -> str:
    """Write an instant: 2026年11月24日 17:29."""
    return f"{day(value.date())} {value:%H:%M}"


def clock(value: dt.datetime, beside: dt.datetime | None = None) -> str:
    """Write an instant, its year only where it is not that of ``beside``: 11月27日 17:30; midnight is the 24:00 before."""
    last = value - dt.timedelta(microseconds=1)
    on = value.date() if value.time() != dt.time() else last.date()
    year = "" if beside is None or (beside - dt.timedelta(microseconds=1)).year == on.year else f"{on.year}年"
    return f"{year}{on.month}月{on.day}日 " + ("24:00" if value.time() == dt.time() else f"{value:%H:%M}")


def month_or_day(value: dt.date) -> str:
    """Write the day from which on something is: 2019年1月 where it is the month's first."""
    return f"{value.year}年{value.month}月" if value.day == 1 else day(value)


def days(start: dt.date, end: dt.date, last: dt.date | None = None) -> str:
    """Write a period, the year only once: 2026年11月1日至11月30日.

    ``last``: the last day known. A period that goes on after it is called by the days it has:
    2026年11月1日至11月27日（本月未完）.
    """
    if last is not None and last < end:
        return f"{days(start, max(start, last))}（{span_name(start, end)}未完）"
    if start == end:
        return day(start)
    tail = f"{end.month}月{end.day}日" if start.year == end.year else day(end)
    return f"{day(start)}至{tail}"


def span_name(start: dt.date, end: dt.date) -> str:
    """Name a span of days by its length: 本周, 本月, 本季, 本年, else 本期."""
    if start.weekday() == 0 and (end - start).days == 6:
        return "本周"
    following = end + dt.timedelta(days=1)
    if start.day != 1 or following.day != 1:
        return "本期"
    months = (following.year - start.year) * 12 + following.month - start.month
    named = {1: "本月", 3: "本季", 12: "本年"}
    return named.get(months, "本期") if months == 1 or start.month % months == 1 else "本期"
