"""The period of a briefing (week, month, quarter or own days), its names, and the periods to compare with."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.slices import bucket_start, next_bucket
from analytics.store import StoreError
from analytics.wording import days

DAY = dt.timedelta(days=1)
#: Grain → (name of the report, how the period, the one before and the one a year ago are called).
NAMES = {
    "week": ("周报", "本周", "上周", "去年同期"),
    "month": ("月报", "本月", "上月", "去年同月"),
    "quarter": ("季报", "本季度", "上季度", "去年同季度"),
    "own": ("简报", "本期", "上期", "去年同期"),
}
HELP = "周写作 2026-W47，月写作 2026-11，季度写作 2026-Q4，自定写作 2026-11-01..2026-11-15"


@dataclass(frozen=True)
class Period:
    """Days ``start`` to ``end`` (both in) of a grain (see NAMES)."""

    grain: str
    start: dt.date
    end: dt.date

    @property
    def report(self) -> str:
        return NAMES[self.grain][0]

    @property
    def now(self) -> str:
        return NAMES[self.grain][1]

    @property
    def before(self) -> str:
        return NAMES[self.grain][2]

    @property
    def year_ago(self) -> str:
        return NAMES[self.grain][3]

    @property
    def key(self) -> str:
        """The period as the command line spells it; a file name, too."""
        if self.grain == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02d}"
        if self.grain == "month":
            return f"{self.start:%Y-%m}"
        if self.grain == "quarter":
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start}..{self.end}"

    @property
    def title(self) -> str:
        """The period as a heading says it: 2026年第47周（11月16日至22日）."""
        if self.grain == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}年第{week}周（{days(self.start, self.end)}）"
        if self.grain == "month":
            return f"{self.start.year}年{self.start.month}月"
        if self.grain == "quarter":
            return f"{self.start.year}年第{(self.start.month + 2) // 3}季度"
        return days(self.start, self.end)

    @property
    def slice(self) -> Slice:
        return Slice(self.start, self.end)

    def last_known(self, ledger: Ledger) -> dt.date:
        """Return the last day of the period that the ledger knows of."""
        return min(self.end, (ledger.as_of - dt.timedelta(microseconds=1)).date())

    def called(self, ledger: Ledger) -> str:
        """The title, and of a period that isn't over the days it has: 2026年11月（2026年11月1日至11月27日，本月未完）."""
        if not self.unfinished(ledger):
            return self.title
        known = days(self.start, self.end, self.last_known(ledger)).replace("（", "，").removesuffix("）")
        return f"{self.title.split('（')[0]}（{known}）"

    def unfinished(self, ledger: Ledger) -> bool:
        return self.last_known(ledger) < self.end

    def whole_before(self) -> Period:
        """Return the whole period before this one."""
        if self.grain == "own":
            return Period("own", self.start - (self.end - self.start) - DAY, self.start - DAY)
        start = bucket_start(self.start - DAY, self.grain)
        return Period(self.grain, start, self.start - DAY)


def parse(text: str) -> Period:
    """Return the period that a text of the command line names (see HELP); raises StoreError, in Chinese, for another.

    >>> parse("2026-W47").title
    '2026年第47周（2026年11月16日至11月22日）'
    >>> parse("2026-Q4").key
    '2026-Q4'
    """
    try:
        if found := re.fullmatch(r"(\d{4})-W(\d{1,2})", text):
            start = dt.date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return Period("week", start, start + 6 * DAY)
        if found := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            return containing(dt.date(int(found[1]), 3 * int(found[2]) - 2, 1), "quarter")
        if found := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
            return containing(dt.date(int(found[1]), int(found[2]), 1), "month")
        if found := re.fullmatch(r"(\S+)\.\.(\S+)", text):
            start, end = dt.date.fromisoformat(found[1]), dt.date.fromisoformat(found[2])
            if end < start:
                raise StoreError(f"起始日 {start} 晚于截止日 {end}，请对调")
            return Period("own", start, end)
    except ValueError:
        pass
    raise StoreError(f"看不懂统计期“{text}”；{HELP}")


def containing(day: dt.date, grain: str) -> Period:
    """Return the week, month or quarter that a day lies in."""
    start = bucket_start(day, grain)
    return Period(grain, start, next_bucket(start, grain) - DAY)


def last_whole(grain: str, as_of: dt.datetime) -> Period:
    """Return the newest week, month or quarter that is over at ``as_of``."""
    return containing(bucket_start(as_of.date(), grain) - DAY, grain)
