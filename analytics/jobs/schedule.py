"""When a job is due: at times of a day or at an interval, on all days, working days, days of the week or of the month."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analytics.sources.declared import SourceError
from analytics.workdays import is_workday

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
DAILY, WORKDAYS, FIRST_WORKDAY = "daily", "workdays", "first_workday"
WEEK = {"mon": "周一", "tue": "周二", "wed": "周三", "thu": "周四", "fri": "周五", "sat": "周六", "sun": "周日"}
UNITS = {"m": ("minutes", "分钟"), "h": ("hours", "小时"), "d": ("days", "天")}
_DAYS = {DAILY: "每天", WORKDAYS: "工作日", FIRST_WORKDAY: "每月第一个工作日"}


@dataclass(frozen=True)
class Schedule:
    """Either ``at`` (times of a day) or ``every`` (an interval), on ``days``: a word of _DAYS or days of the week."""

    at: tuple[dt.time, ...] = ()
    every: dt.timedelta | None = None
    days: tuple[str, ...] = (DAILY,)

    def due_on(self, day: dt.date) -> bool:
        """Tell whether anything is due on a day at all."""
        if self.days == (DAILY,):
            return True
        if self.days == (WORKDAYS,):
            return is_workday(day)
        if self.days == (FIRST_WORKDAY,):
            return is_workday(day) and not any(is_workday(day.replace(day=d)) for d in range(1, day.day))
        return list(WEEK)[day.weekday()] in self.days

    def trigger(self, anchor: dt.datetime) -> BaseTrigger:
        """Return what tells the scheduler when to fire; an interval counts from ``anchor`` (naive, Shanghai)."""
        from analytics.jobs.triggers import trigger_of  # the scheduler's library: nothing else here needs it

        return trigger_of(self, anchor.replace(tzinfo=SHANGHAI))

    def next_after(self, moment: dt.datetime) -> dt.datetime:
        """Return when it is due next, strictly after a moment (naive, Shanghai)."""
        first = moment + (self.every or dt.timedelta(microseconds=1))
        found = self.trigger(first).get_next_fire_time(None, first.replace(tzinfo=SHANGHAI))
        return found.replace(tzinfo=None)

    @property
    def described(self) -> str:
        """Say in Chinese when it is due."""
        days = _DAYS.get(self.days[0]) or "、".join(WEEK[d] for d in self.days)
        if self.every is None:
            return f"{days} " + "、".join(f"{t:%H:%M}" for t in self.at)
        seconds = int(self.every.total_seconds())
        number, unit = next(
            (seconds // n, u) for n, u in ((86400, "天"), (3600, "小时"), (60, "分钟")) if not seconds % n
        )
        return ("" if self.days == (DAILY,) else f"{days}，") + f"每 {number} {unit}"


def read_schedule(raw: Mapping[str, Any], where: str, default: Schedule | None = None) -> Schedule:
    """Return the schedule that `at` or `every`, and `days`, of a section say; raises SourceError naming the key."""
    days = _days(raw, where)
    if "at" in raw and "every" in raw:
        raise SourceError(f"{where}：at 与 every 只能写一个")
    if "at" in raw:
        given = raw["at"] if isinstance(raw["at"], list) else [raw["at"]]
        return Schedule(at=tuple(sorted({_time(t, where) for t in given})), days=days)
    if "every" in raw:
        every = _interval(raw["every"], where)
        if days == (FIRST_WORKDAY,):
            raise SourceError(f'{where}：days = "{FIRST_WORKDAY}" 要和 at 一起用，如 at = "08:00"')
        return Schedule(every=every, days=days)
    if default is None:
        raise SourceError(f'{where}：没有写什么时候做；请写 at = "06:30" 或 every = "1h"')
    return Schedule(default.at, default.every, days if "days" in raw else default.days)


def _time(text: object, where: str) -> dt.time:
    if isinstance(text, dt.time):
        return text
    if isinstance(text, str) and re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text):
        hour, minute = map(int, text.split(":"))
        return dt.time(hour, minute)
    raise SourceError(f'{where}：at = {text!r} 要写 "06:30" 这样的时刻，几个时刻写成 ["06:30", "12:00"]')


def _interval(text: object, where: str) -> dt.timedelta:
    match = re.fullmatch(r"(\d{1,4})([mhd])", text) if isinstance(text, str) else None
    if match is None or match[1].strip("0") == "":
        raise SourceError(f'{where}：every = {text!r} 要写 "15m"（分钟）、"2h"（小时）或 "1d"（天）')
    return dt.timedelta(**{UNITS[match[2]][0]: int(match[1])})


def _days(raw: Mapping[str, Any], where: str) -> tuple[str, ...]:
    given = raw.get("days", DAILY)
    days = tuple(given) if isinstance(given, list) else (given,)
    if days and all(d in WEEK for d in days):
        return days
    if len(days) == 1 and days[0] in _DAYS:
        return days
    raise SourceError(
        f'{where}：days = {given!r} 要写 "{DAILY}"、"{WORKDAYS}"、"{FIRST_WORKDAY}"，或 ["mon", "thu"] 这样的几天'
    )
