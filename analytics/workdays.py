"""China's working days: due dates, working-day spans and ageing, vectorised.

Source of the calendar: the `chinesecalendar` package (statutory holidays and 调休
make-up days as the State Council publishes them), overridden by
``data/calendar_overrides.csv`` (day, kind = workday|holiday, note). Years the package
does not know yet are estimated as Monday to Friday less the fixed holidays, and
:func:`estimated_years` names them so that a page can warn.

Working time runs 24 hours on a working day and stands still on every other day, so a
span is fractional, additive, and counts whole days exactly as a limit does.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path

import chinese_calendar
import numpy as np
import pandas as pd

from analytics.settings import DATA
from analytics.tables import lines

FIRST = dt.date(2004, 1, 1)
LAST = dt.date(2035, 12, 31)
OVERRIDES = DATA / "calendar_overrides.csv"
FIXED_HOLIDAYS = {(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)}
KNOWN_YEARS = (
    min(d.year for d in chinese_calendar.holidays),
    max(d.year for d in chinese_calendar.holidays),
)
_DAY = np.timedelta64(1, "D")


def read_overrides(path: Path = OVERRIDES) -> dict[dt.date, bool]:
    """Return day → is it a working day, from the office's own table; raises SettingsError for a line that says neither."""
    found: dict[dt.date, bool] = {}
    for line in lines(path, ("day", "kind")) if path.exists() else ():
        if line["kind"] not in ("workday", "holiday"):
            raise line.refuse("kind", "只能填 workday（上班）或 holiday（休息）")
        try:
            day = dt.date.fromisoformat(line["day"])
        except ValueError:
            raise line.refuse("day", "不是日期，请写成 2026-10-01") from None
        if found.setdefault(day, line["kind"] == "workday") != (line["kind"] == "workday"):
            raise line.refuse("day", "前面已写成另一种，请只留一行")
    return found


def is_workday(day: dt.date) -> bool:
    """Tell whether a day is a working day: overrides, published calendar, then estimate."""
    overrides = _overrides()
    if day in overrides:
        return overrides[day]
    if KNOWN_YEARS[0] <= day.year <= KNOWN_YEARS[1]:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS


def estimated_years(start: dt.date, end: dt.date) -> list[int]:
    """Return the years between two days whose holidays are only estimated."""
    overridden = {d.year for d in _overrides()}
    years = range(start.year, end.year + 1)
    return [y for y in years if not KNOWN_YEARS[0] <= y <= KNOWN_YEARS[1] and y not in overridden]


@lru_cache(maxsize=1)
def _overrides() -> dict[dt.date, bool]:
    return read_overrides()


@lru_cache(maxsize=1)
def calendar() -> pd.DataFrame:
    """Return the calendar: day (datetime64), is_workday (bool), through (int64).

    ``through`` counts the working days from the first day up to and with the day.
    """
    days = pd.date_range(FIRST, LAST, freq="D")
    work = np.asarray(days.weekday < 5).copy()
    named = {**dict.fromkeys(chinese_calendar.holidays, False), **dict.fromkeys(chinese_calendar.workdays, True)}
    for year in estimated_years(FIRST, LAST):
        named |= {dt.date(year, month, day): False for month, day in FIXED_HOLIDAYS}
    for day, is_work in (named | _overrides()).items():
        if FIRST <= day <= LAST:
            work[(day - FIRST).days] = is_work
    return pd.DataFrame({"day": days, "is_workday": work, "through": work.cumsum()})


@lru_cache(maxsize=1)
def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    frame = calendar()
    work = frame["is_workday"].to_numpy()
    through = frame["through"].to_numpy().astype("int64")
    return work, through, np.flatnonzero(work)


def _split(times: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split times into day number since FIRST, fraction of the day, and missing mask."""
    stamps = np.asarray(pd.to_datetime(pd.Series(times)).to_numpy(), dtype="datetime64[us]")
    missing = np.isnat(stamps)
    stamps = np.where(missing, np.datetime64(FIRST, "us"), stamps)
    days = stamps.astype("datetime64[D]")
    number = (days - np.datetime64(FIRST, "D")).astype("int64")
    if ((number < 0) | (number >= len(calendar()))).any():
        raise ValueError(f"times outside the calendar {FIRST} to {LAST}")
    return number, (stamps - days.astype("datetime64[us]")) / _DAY, missing


def working_time(times: object) -> np.ndarray:
    """Return the working time from the calendar's start to each time, in working days."""
    work, through, _ = _tables()
    number, fraction, missing = _split(times)
    elapsed = through[number] - work[number] + work[number] * fraction
    return np.where(missing, np.nan, elapsed)


def working_days_between(start: object, end: object) -> np.ndarray:
    """Return working days from start to end (float, may be negative, nan where missing)."""
    return working_time(end) - working_time(start)


def whole_working_days_between(start: object, end: object) -> np.ndarray:
    """Count the working days after start's day up to and with end's day (float for nan)."""
    _, through, _ = _tables()
    first, _, missing_first = _split(start)
    last, _, missing_last = _split(end)
    count = (through[last] - through[first]).astype(float)
    return np.where(missing_first | missing_last, np.nan, count)


def due_at(accepted: object, days: object, paused: object = 0) -> np.ndarray:
    """Return when a limit of N working days ends: 24:00 of the Nth working day after.

    ``accepted`` times, ``days`` limits and ``paused`` working days that the clock stood, fractions too (each array-like
    or scalar). The day of acceptance does not count (domain.md §5); a limit of none ends with it, or with the first
    working day after it. A clock that stood moves the end by as much working time, to the second. 24:00 is the next
    day's midnight; closed *at or before* it is in time. Missing limits give NaT.
    """
    work, through, workdays = _tables()
    number, _, missing = _split(accepted)
    limit = np.broadcast_to(np.asarray(days, dtype=float), number.shape)
    missing = missing | np.isnan(limit)
    limit = np.nan_to_num(limit).astype("int64")
    stopped = np.rint(np.broadcast_to(np.nan_to_num(np.asarray(paused, dtype=float)), number.shape) * 86400)
    whole, rest = np.divmod(stopped.astype("int64"), 86400)
    position = through[number] + np.where((limit == 0) & ~work[number], 1, limit) + whole + (rest > 0)
    last = workdays[np.clip(position - 1, 0, len(workdays) - 1)]
    seconds = np.where(rest > 0, rest, 86400).astype("timedelta64[s]")
    due = (np.datetime64(FIRST, "D") + last.astype("timedelta64[D]")).astype("datetime64[us]") + seconds
    return np.where(missing, np.datetime64("NaT"), due)


def add_working_days(day: dt.date, count: int) -> dt.date:
    """Return the count-th working day after (or before, if negative) a day."""
    _, through, workdays = _tables()
    number = (day - FIRST).days
    if count >= 0:
        position = through[number] - 1 + count
        return day if count == 0 else FIRST + dt.timedelta(days=int(workdays[position]))
    before = through[number - 1] if number else 0
    return FIRST + dt.timedelta(days=int(workdays[before + count]))


def at_working_time(values: object) -> np.ndarray:
    """Return the instant at which the working clock shows each value (inverse of working_time)."""
    _, _, workdays = _tables()
    clock = np.asarray(values, dtype=float)
    whole = np.floor(clock)
    number = workdays[np.clip(whole.astype("int64"), 0, len(workdays) - 1)]
    seconds = np.rint((clock - whole) * 86400).astype("timedelta64[s]")
    return (np.datetime64(FIRST, "D") + number.astype("timedelta64[D]")).astype("datetime64[us]") + seconds
