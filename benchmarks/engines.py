"""The same questions on DuckDB and on Spark (both on this machine), and how each grows with the ledger.

Usage: python -m benchmarks engines [CASES …]   (default 100000 1000000; needs `make spark` and Java)
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from collections.abc import Callable

import numpy as np

from analytics.demo import generate, write_store
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import Slice, compute_many
from analytics.store import Store
from benchmarks.timing import side_by_side

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
MASTER = "local[2]"
YEAR = Slice(dt.date(2025, 12, 1), dt.date(2026, 11, 24))
QUESTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str | None]] = {
    "每周受理（模块×周）": (("demand",), ("module",), "week"),
    "按期办结率（部门×月）": (("on_time_rate",), ("department",), "month"),
    "办理时长 P90（模块）": (("handling_p90",), ("module",), None),
    "满意率（渠道）": (("satisfaction",), ("channel",), None),
}


def asking(ledger: Ledger, master: str, question: str) -> Callable[[], object]:
    """Return a question of a ledger for one engine."""
    codes, by, grain = QUESTIONS[question]

    def ask() -> object:
        os.environ["INSIGHT_SPARK"] = master
        return compute_many(codes, ledger, YEAR, by, grain)

    return ask


def measure(cases: int) -> dict[str, dict[str, float]]:
    """Print and return the median seconds of every question by engine, on a demo of so many cases."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        write_store(store, generate(AS_OF, cases=cases, enterprises=max(100, cases // 8)), AS_OF)
        ledger = open_ledger(store)
        begun = time.perf_counter()
        asking(ledger, MASTER, next(iter(QUESTIONS)))()
        opened = time.perf_counter() - begun
        found = {}
        print(f"\n## {ledger.snapshot.cases:,} 件\n")
        print(f"第一次在 Spark 上问（写 Parquet、连上、答完）：{opened:.1f} 秒。\n")
        print("| 图（一年） | DuckDB，毫秒 | Spark，毫秒 | Spark÷DuckDB |\n| --- | --- | --- | --- |")
        for question in QUESTIONS:
            seconds = side_by_side({m or "duckdb": asking(ledger, m, question) for m in ("", MASTER)}, runs=5)
            duck, spark = seconds["duckdb"], seconds[MASTER]
            found[question] = {"duckdb": duck, "spark": spark}
            print(f"| {question} | {duck * 1000:.1f} | {spark * 1000:.0f} | {spark / duck:.1f} |")
        return found


def main(arguments: list[str]) -> None:
    """Print the tables, and from the smallest and the largest how each engine grows and where they would meet."""
    sizes = sorted(int(a) for a in arguments) or [100_000, 1_000_000]
    found = [measure(n) for n in sizes]
    if len(sizes) < 2:
        return
    print(
        "\n| 图 | DuckDB，毫秒/百万件 | Spark，毫秒/百万件 | 一次提问的固定开销，毫秒（DuckDB，Spark） | 相遇于，万件 |"
    )
    print("| --- | --- | --- | --- | --- |")
    for question in QUESTIONS:
        lines = {}
        for engine in ("duckdb", "spark"):
            times = [f[question][engine] for f in found]
            slope, start = np.polyfit(sizes, times, 1)
            lines[engine] = (max(slope, 0.0) * 1e9, start * 1000)
        (a, b), (c, d) = lines["duckdb"], lines["spark"]
        meet = f"{(d - b) / (a - c) * 100:,.0f}" if a > c and d > b else "这台机器上不相遇"
        print(f"| {question} | {a:.1f} | {c:.1f} | {b:.1f}，{d:.0f} | {meet} |")
