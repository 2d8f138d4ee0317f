"""Due dates, working-day spans and ageing of a million rows.

Usage: python -m benchmarks calendar
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics import workdays
from benchmarks.timing import side_by_side

ROWS = 1_000_000


def main(arguments: list[str]) -> None:
    """Print the seconds of each, and of counting a hundredth of the rows day by day."""
    rng = np.random.default_rng(0)
    start = pd.Series(pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 10 * 365 * 86400, ROWS), unit="s"))
    end = start + pd.to_timedelta(rng.integers(0, 60 * 86400, ROWS), unit="s")
    limits = rng.integers(1, 30, ROWS)
    workdays.calendar()

    def day_by_day() -> None:
        for first, last in zip(start[: ROWS // 100], end[: ROWS // 100], strict=True):
            sum(workdays.is_workday(d.date()) for d in pd.date_range(first.normalize(), last.normalize())[1:])

    found = side_by_side(
        {
            "办理期限": lambda: workdays.due_at(start, limits),
            "工作日时长": lambda: workdays.working_days_between(start, end),
            "整工作日数": lambda: workdays.whole_working_days_between(start, end),
            "逐日数（一万行）": day_by_day,
        },
        runs=3,
    )
    print(f"\n## 工作日，{ROWS:,} 行\n\n| 计算 | 秒 |\n| --- | --- |")
    for name, seconds in found.items():
        print(f"| {name} | {seconds:.2f} |")
