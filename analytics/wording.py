"""How numbers, days and changes are written in Chinese; figures, pages and exports share it."""

from __future__ import annotations

import datetime as dt
import math

EMPTY = "—"
SAME = "持平"


def number(value: float | None, unit: str = "件") -> str:
    """Write a value with its unit: 1,234 件, 88.8%, 4.1 个工作日; — for nothing."""
    if value is None or math.isnan(value):
        return EMPTY
    if unit == "%":
        return f"{value * 100:.1f}%"
    if unit in ("件", "人日"):
        return f"{value:,.0f} {unit}"
    return f"{value:,.1f} {unit}"


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


def days(start: dt.date, end: dt.date) -> str:
    """Write a period, the year only once: 2026年11月1日至11月30日."""
    if start == end:
        return day(start)
    tail = f"{end.month}月{end.day}日" if start.year == end.year else day(end)
    return f"{day(start)}至{tail}"
