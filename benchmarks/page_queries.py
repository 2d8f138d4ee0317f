"""The queries of each page against bare DuckDB SQL that gives the same numbers, and pandas.

Usage: python -m benchmarks page_queries [CASES …]   (default 100000 1000000)
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable

import numpy as np
import pandas as pd

from analytics.attention import findings
from analytics.demo import generate, write_store
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import Slice, compute_many, period
from analytics.metrics.durations import handling_curve
from analytics.metrics.funnel import funnel
from analytics.ratings import bad_ratings, circumstances, comments
from analytics.store import Store
from benchmarks.timing import side_by_side

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
#: A chart takes milliseconds, so few runs tell chance.
CHART_RUNS = 25
FIVE = ("demand", "on_time_rate", "overdue_open", "handling_median", "satisfaction")


def pages(ledger: Ledger) -> dict[str, Callable[[], object]]:
    """Return what each page asks in its default view (this month, compared with the last)."""
    now = Slice(*period("this_month", ledger.as_of))
    before = now.compared("previous", ledger.as_of)
    weeks, season = (
        now.over(dt.date(2026, 8, 31), dt.date(2026, 11, 22)),
        now.over(dt.date(2026, 6, 1), dt.date(2026, 11, 24)),
    )
    months, year = (
        now.over(dt.date(2025, 6, 1), dt.date(2026, 11, 24)),
        now.over(dt.date(2025, 12, 1), dt.date(2026, 11, 24)),
    )

    def overview() -> None:
        compute_many(FIVE, ledger, now)
        compute_many(FIVE, ledger, before)
        compute_many(FIVE, ledger, weeks, grain="week")
        findings(ledger, now)
        compute_many((*FIVE, "backlog"), ledger, now, by=("module",))
        compute_many(("demand",), ledger, weeks, by=("module",), grain="week")

    def load() -> None:
        compute_many(("demand",), ledger, season, by=("module",), grain="week")
        compute_many(("demand", "closures", "backlog"), ledger, season, grain="week")
        compute_many(("load_accepted", "load_open"), ledger, now, by=("module",))
        compute_many(("demand",), ledger, now, by=("weekday", "hour"))
        compute_many(("demand",), ledger, year, by=("channel",), grain="month")

    def sla() -> None:
        compute_many(("on_time_rate",), ledger, months, grain="month")
        funnel("on_time_rate", ledger, now, "department")
        compute_many(("overdue_open",), ledger, now, by=("department", "overdue_band"))
        compute_many(("at_risk",), ledger, now)
        compute_many(("stage_stay", "stage_stay_p90"), ledger, now, by=("stage",))
        handling_curve(ledger, now)
        handling_curve(ledger, before)
        compute_many(("handling_median", "handling_p90", "handling_natural"), ledger, now)

    def satisfaction() -> None:
        compute_many(
            ("satisfaction", "strict_satisfaction", "rating_coverage", "called_back_rate", "rectified_rate"),
            ledger,
            now,
        )
        compute_many(("satisfaction", "strict_satisfaction"), ledger, months, grain="month")
        compute_many(("rating_coverage",), ledger, now, by=("channel",))
        compute_many(("ratings",), ledger, now, by=("module", "grade"))
        funnel("satisfaction", ledger, now, "department")
        circumstances(ledger, now)
        bad_ratings(ledger, now)
        comments(ledger, now)

    return {"总览": overview, "模块负荷": load, "时限合规": sla, "满意度": satisfaction}


def single(ledger: Ledger) -> dict[str, dict[str, Callable[[], object]]]:
    """Return four charts' queries by the catalogue, by bare SQL and by pandas on a loaded frame."""
    year = Slice(dt.date(2025, 12, 1), dt.date(2026, 11, 24))
    facts = ledger.reader.frame("SELECT accepted_at, due_at, due_day, closed_at, module, department FROM case_facts")
    ratings = ledger.reader.frame("SELECT rated_at, grade, channel FROM rating_facts")
    sql = ledger.reader.frame
    first, last, now = pd.Timestamp(year.start), pd.Timestamp(AS_OF), f"TIMESTAMP '{ledger.as_of}'"

    def in_pandas_on_time() -> pd.DataFrame:
        rows = facts[(facts["due_day"] >= first) & (facts["due_at"] < last)]
        rows = rows.assign(month=rows["due_day"].dt.to_period("M"), hit=rows["closed_at"] <= rows["due_at"])
        return rows.groupby(["department", "month"])["hit"].agg(["sum", "size"])

    def in_pandas_load() -> pd.Series:
        rows = facts[facts["accepted_at"] >= first]
        return rows.groupby(["module", rows["accepted_at"].dt.to_period("W")]).size()

    def in_pandas_overdue() -> pd.Series:
        return facts[facts["closed_at"].isna() & (facts["due_at"] < last)].groupby("department").size()

    def in_pandas_satisfaction() -> pd.DataFrame:
        rows = ratings[ratings["rated_at"] >= first]
        return rows.assign(hit=rows["grade"] >= 3).groupby("channel")["hit"].agg(["sum", "size"])

    return {
        "每周受理（模块×周）": {
            "本产品": lambda: compute_many(("demand",), ledger, year, by=("module",), grain="week"),
            "裸 SQL": lambda: sql(
                f"SELECT module, date_trunc('week', accepted_at) w, count(*) FROM case_facts WHERE accepted_at >= '{first}' GROUP BY ALL"
            ),
            "pandas": in_pandas_load,
        },
        "按期办结率（部门×月）": {
            "本产品": lambda: compute_many(("on_time_rate",), ledger, year, by=("department",), grain="month"),
            "裸 SQL": lambda: sql(
                f"SELECT department, date_trunc('month', due_day) m, count(*) FILTER (closed_at <= due_at), count(*) FROM case_facts WHERE due_day >= '{first}' AND due_at < {now} GROUP BY ALL"
            ),
            "pandas": in_pandas_on_time,
        },
        "超期未办（部门）": {
            "本产品": lambda: compute_many(("overdue_open",), ledger, year, by=("department",)),
            "裸 SQL": lambda: sql(
                f"SELECT department, count(*) FROM spells WHERE closed_at IS NULL AND due_at < {now} GROUP BY ALL"
            ),
            "pandas": in_pandas_overdue,
        },
        "满意率（渠道）": {
            "本产品": lambda: compute_many(("satisfaction",), ledger, year, by=("channel",)),
            "裸 SQL": lambda: sql(
                f"SELECT channel, count(*) FILTER (grade >= 3), count(*) FROM rating_facts WHERE rated_at >= '{first}' GROUP BY ALL"
            ),
            "pandas": in_pandas_satisfaction,
        },
    }


def main(arguments: list[str]) -> None:
    """Print, for each size, the seconds of every page's queries, then the charts side by side."""
    for cases in [int(a) for a in arguments] or [100_000, 1_000_000]:
        with tempfile.TemporaryDirectory() as folder:
            store = Store(folder)
            write_store(store, generate(AS_OF, cases=cases, enterprises=max(100, cases // 8)), AS_OF)
            ledger = open_ledger(store)
            print(f"\n## {ledger.counts['cases']:,} 件工单，{ledger.counts['events']:,} 条环节记录\n")
            print("| 页面 | 全部查询，毫秒 |\n| --- | --- |")
            for name, seconds in side_by_side(pages(ledger)).items():
                print(f"| {name} | {seconds * 1000:.0f} |")
            print("\n| 图 | 本产品，毫秒 | 裸 SQL | pandas | 本产品÷裸 SQL |\n| --- | --- | --- | --- | --- |")
            for name, contestants in single(ledger).items():
                found = side_by_side(contestants, runs=CHART_RUNS)
                ours, bare, frame = (found[k] * 1000 for k in ("本产品", "裸 SQL", "pandas"))
                print(f"| {name} | {ours:.1f} | {bare:.1f} | {frame:.1f} | {np.round(ours / bare, 2)} |")
