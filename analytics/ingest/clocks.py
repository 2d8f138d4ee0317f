"""One spelling of a time, as people write it (下午3点20分, 二〇二六年三月一日) and as systems do (epochs, Java's, .NET's)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

import pandas as pd

from analytics.ingest.numerals import NUMERAL, digits_of, number_of

MORNING, AFTERNOON, NOON, NIGHT = "morning", "afternoon", "noon", "night"
HALVES = {
    **dict.fromkeys(("上午", "早上", "早晨", "清晨", "凌晨", "am", "a.m."), MORNING),
    **dict.fromkeys(("下午", "午后", "pm", "p.m."), AFTERNOON),
    **dict.fromkeys(("中午", "正午"), NOON),
    **dict.fromkeys(("傍晚", "晚上", "晚", "夜间", "夜里"), NIGHT),
}
_HALF = "|".join(re.escape(h) for h in sorted(HALVES, key=len, reverse=True))
_WEEKDAY = r"\(?(?:周|星期|礼拜)[一二三四五六日天]\)?"
_CLOCK = (
    rf"(?P<half>{_HALF})?\s*(?P<hour>\d{{1,2}})\s*[:时点]\s*(?:(?P<minute>\d{{1,2}})\s*(?:[:分]\s*(?:(?P<second>\d{{1,2}})(?:\.\d+)?\s*秒?)?)?)?"
    rf"\s*(?P<tail>{_HALF})?"
)
CLOCK = re.compile(rf"^\s*{_CLOCK.replace(':时点', ':：时点').replace(':分', ':：分')}\s*$", re.IGNORECASE)
_REST = rf"\s*(?:{_WEEKDAY})?(?:[\sT,]*|-(?=\d))(?:{_CLOCK}|(?P<only>{_HALF}))?\s*(?:{_WEEKDAY})?$"
YEAR_FIRST = re.compile(
    rf"^(?P<y>\d{{4}})\s*[-/.年、]\s*(?P<m>\d{{1,2}})\s*[-/.月、]\s*(?P<d>\d{{1,2}})\s*[日号.]?{_REST}", re.IGNORECASE
)
SHORT = re.compile(
    rf"^(?P<a>\d{{1,2}})\s*[-/.年]\s*(?P<b>\d{{1,2}})\s*[-/.月]\s*(?P<c>\d{{4}}|\d{{1,2}})\s*[日号]?{_REST}",
    re.IGNORECASE,
)
_MONTHS = {
    m: i for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)
}
#: How databases write a day by themselves: Oracle “05-JUL-26 02.12.00.000000 PM”, “05-7月 -26”; SQL Server “07  5 2026  9:12AM”.
_ORACLE = re.compile(
    rf"^(\d{{1,2}})-({'|'.join(_MONTHS)}|1[0-2]|0?[1-9])(?:(?<=[a-z])|月 ?)-(\d{{4}}|\d{{2}})(?: (.*))?$", re.IGNORECASE
)
_ORACLE_CLOCK = re.compile(r"^(\d{1,2})\.(\d{2})\.(\d{2})(?:\.\d+)?(?= |$)")
_SQL_SERVER = re.compile(r"^(\d{1,2}) (\d{1,2}) (\d{4}) (\d{1,2}:\d{2}(?::\d{2})?)(?::\d{3})?([AP]M)$", re.IGNORECASE)
_OUR_OFFSET = re.compile(r" (?:\+0?8:00|asia/shanghai|prc)$", re.IGNORECASE)
#: What people write for thirty and fifteen minutes: 9点半, 9点一刻.
_PARTS_OF_HOUR = {"半": "30分", "一刻": "15分", "1刻": "15分", "三刻": "45分", "3刻": "45分"}
_PART_OF_HOUR = re.compile(r"(?<=\d[点时])(半|[一三13]刻)")
#: Digits of a second that are finer than the ledger's, which pandas would warn of.
_FINER = re.compile(r"(?<=[.,]\d{6})\d+")
_MONTH = f"(?P<m>{'|'.join(_MONTHS)})[a-z]*\\.?"
_ENGLISH_DAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
ENGLISH = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"^{_ENGLISH_DAY}{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_REST}",
        rf"^{_ENGLISH_DAY}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH},?[\s-]+(?P<y>\d{{4}}){_REST}",
        rf"^{_ENGLISH_DAY}{_MONTH}\s+(?P<d>\d{{1,2}})\s+{_CLOCK}\s*(?:CST|GMT\+0?8:?(?:00)?)?\s+(?P<y>\d{{4}})$",  # Java's Date
    )
)
IN_CHINESE = re.compile(rf"^([零〇○一二三四五六七八九]{{4}})年({NUMERAL})月({NUMERAL})[日号](.*)$")
RUN = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:[\sT]?(\d{2})(?:(\d{2})(\d{2})?)?)?$")
ZONED = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(Z|[+-]\d{2}:?(\d{2})?)$")
#: A zone by its name at either end; JavaScript writes both the offset and a name: “… GMT+0800 (中国标准时间)”.
_OURS = r"(?:(?:GMT|UTC)\s*\+0?8(?::?00)?(?:\s*\([^)]*\))?|CST|\(?(?:北京|中国标准)时间\)?)"
OURS = re.compile(rf"^{_OURS}[\s:]*(?=\d)|(?<=\d)\s*{_OURS}$", re.IGNORECASE)
UTC = re.compile(r"(?<=\d)\s*(?:GMT|UTC)(?:\s*[+-]0{1,2}(?::?00)?)?$", re.IGNORECASE)
DOTNET = re.compile(r"^/?Date\((\d{10,14})([+-]\d{4})?\)/?$")
SHANGHAI = dt.timedelta(hours=8)
EXCEL_EPOCH = dt.datetime(1899, 12, 30)
#: Seconds since 1970 that may be meant: 2004 to 2033, beyond which ten digits are a day with its hour.
EPOCHS = (1_072_886_400, 2_000_000_000)


def from_epoch(value: float) -> dt.datetime | None:
    """Return the time in Shanghai of seconds, milliseconds or microseconds since 1970; None for any other number."""
    for scale in (1, 1000, 1_000_000):
        if EPOCHS[0] <= value / scale < EPOCHS[1]:
            return dt.datetime(1970, 1, 1) + dt.timedelta(seconds=value / scale) + SHANGHAI
    return None


def single_spaced(text: str) -> str:
    """Return a text trimmed, runs of blanks as one: the patterns here allow blanks in many places that may share a run."""
    return " ".join(text.split())


def with_minutes(text: str) -> str:
    """Return a clock whose half and quarter hours are written in minutes."""
    return _PART_OF_HOUR.sub(lambda m: _PARTS_OF_HOUR[m[1]], text)


def one_time(text: str, order: str = "") -> dt.datetime | None:
    """Parse one spelling of a time; ``order`` (mdy, dmy, ymd) for a date that leaves it open. None where it is none."""
    narrow = with_minutes(single_spaced(unicodedata.normalize("NFKC", text)).strip("'\""))
    narrow = _of_database(narrow) or narrow
    try:
        return _by_machine(narrow) or _by_hand(narrow, order) or _in_a_zone(narrow, order)
    except (ValueError, OverflowError):
        return None


def _of_database(text: str) -> str | None:
    """Return what a database wrote in its own form, the year first; None for any other text."""
    if match := _SQL_SERVER.match(text):
        month, day, year, clock, half = match.groups()
        return f"{year}-{month}-{day} {clock} {half}"
    if match := _ORACLE.match(text):
        day, month, year, rest = match.groups(default="")
        clock = _ORACLE_CLOCK.sub(r"\1:\2:\3", _OUR_OFFSET.sub("", rest))
        return f"{year if len(year) == 4 else '20' + year}-{_MONTHS.get(month.lower(), month)}-{day} {clock}".strip()
    return None


def _in_a_zone(text: str, order: str) -> dt.datetime | None:
    """Parse a time that names its zone, ours or UTC; a day without a clock is a day anywhere."""
    local = OURS.sub("", text, count=1)
    if local != text:
        return _by_hand(local.strip(), order)
    there = UTC.sub("", text)
    if there == text or not re.search(r"\d:\d", there):
        return None
    at = _by_hand(there.strip(), order)
    return at and at + SHANGHAI


def _by_machine(text: str) -> dt.datetime | None:
    if ZONED.match(text):
        return pd.Timestamp(_FINER.sub("", text)).tz_convert("Asia/Shanghai").tz_localize(None).to_pydatetime()
    if match := DOTNET.match(text):
        return from_epoch(int(match[1]))
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return EXCEL_EPOCH + dt.timedelta(seconds=round(float(text) * 86400))
    if re.fullmatch(r"\d{10}(\d{3}|\d{6})?(\.\d*)?", text) and (at := from_epoch(float(text))):
        return at
    if match := RUN.match(text):
        return dt.datetime.strptime("".join(g or "00" for g in match.groups()), "%Y%m%d%H%M%S")
    return None


def _by_hand(text: str, order: str) -> dt.datetime | None:
    if match := IN_CHINESE.match(text):
        year, month, day, rest = match.groups()
        text = f"{digits_of(year)}年{number_of(month)}月{number_of(day)}日{rest}"
    if match := YEAR_FIRST.match(text):
        return _moment(match, int(match["y"]), int(match["m"]), int(match["d"]))
    if order and (match := SHORT.match(text)):
        part = dict(zip(order, (int(match[p]) for p in "abc"), strict=True))
        return _moment(match, part["y"] + (2000 if part["y"] < 100 else 0), part["m"], part["d"])
    for pattern in ENGLISH:
        if match := pattern.match(text):
            return _moment(match, int(match["y"]), _MONTHS[match["m"].lower()], int(match["d"]))
    return None


def _moment(match: re.Match[str], year: int, month: int, day: int) -> dt.datetime | None:
    half = HALVES.get((match["half"] or match["tail"] or "").lower())
    hour = _hour(int(match["hour"] or 0), half)
    if hour is None:
        return None
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    if (hour, minute, second) == (24, 0, 0):
        return dt.datetime(year, month, day) + dt.timedelta(days=1)
    return dt.datetime(year, month, day, hour, minute, second)


def _hour(hour: int, half: str | None) -> int | None:
    """Return the hour of 24: 12 AM is midnight, 12 PM noon; twelve at night is either, so none."""
    if half == MORNING:
        return 0 if hour == 12 else hour
    if half == AFTERNOON:
        return hour + 12 if hour < 12 else hour
    if half == NOON:
        return hour + 12 if hour < 4 else hour
    if half == NIGHT:
        return None if hour == 12 or hour < 5 else hour + 12 if hour < 12 else hour
    return hour
