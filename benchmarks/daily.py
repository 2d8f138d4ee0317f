"""A day of a large office into its ledger: what comes in is what takes time, not what lies there.

Usage: python -m benchmarks daily [CASES …]   (default 100000 1000000; each in parts and in one file)
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analytics import ingest
from analytics.settings import load_settings
from analytics.store import Store, open_duckdb
from benchmarks.large import AS_OF, write_large

NEW, CLOSED = 30_000, 10_000
NEVER = 10**9
MERGED, DERIVING = "正在并入台账", "正在生成快照"


def day_of(store: Store, number: int) -> bytes:
    """Return a day's file: 30,000 new cases, and 10,000 known ones that were closed and rated."""
    current = store.current()
    assert current
    at = AS_OF + dt.timedelta(days=number)
    some = open_duckdb(store, current, current.as_of).frame(
        "SELECT case_no, accepted_at, title, module, department, channel, street, promised_days FROM cases"
        f" SEMI JOIN (SELECT case_no FROM case_facts WHERE closed_at IS NULL) USING (case_no) LIMIT {CLOSED}"
    )
    some = some.assign(closed=at, grade="满意")
    new = some.sample(NEW, replace=True, random_state=number).drop(columns=["closed", "grade"])
    new = new.assign(case_no=[f"{at:%Y%m%d}-{i:06d}" for i in range(NEW)], accepted_at=at)
    heads = ["工单编号", "受理时间", "诉求主题", "服务模块", "承办部门", "来源渠道", "所属街道", "承诺时限"]
    return pd.concat([some, new]).set_axis([*heads, "办结时间", "评价等级"], axis=1).to_csv(index=False).encode()


def taken_in(store: Store, content: bytes, number: int, part_cases: int) -> dict[str, float]:
    """Import a day and return the seconds of its steps."""
    settings = replace(load_settings(), part_cases=part_cases)
    marks = {"begun": time.perf_counter()}
    plans = ingest.plan_files([(f"第{number}天 演示数据.csv", content)], settings)
    result = ingest.run_import(
        store,
        plans,
        settings,
        AS_OF + dt.timedelta(days=number, hours=1),
        progress=lambda _, text: marks.setdefault(text, time.perf_counter()) and None,
    )
    assert not result.quarantined, result.sentence()
    ended = time.perf_counter()
    return {
        "核对": marks[MERGED] - marks["begun"],
        "并入": marks[DERIVING] - marks[MERGED],
        "发布": ended - marks[DERIVING],
        "共": ended - marks["begun"],
    }


def measure(cases: int, part_cases: int, days: int = 3) -> None:
    """Print the median seconds of a day's import into a ledger of so many cases."""
    with tempfile.TemporaryDirectory() as folder:
        store = write_large(Path(folder), cases, part_cases)
        rows = [taken_in(store, day_of(store, n), n, part_cases) for n in range(1, days + 1)]
        current = store.current()
        assert current
        told = " | ".join(f"{seconds:.1f}" for seconds in pd.DataFrame(rows).median())
        own = store.path(current.id).stat().st_size / 1e9
        print(f"| {current.cases:,} | {len(current.parts)} | {own:.2f} | {told} |", flush=True)


def main(arguments: list[str]) -> None:
    """Print a table: seconds of a day's import, by the ledger's size, in parts and in one file."""
    print(f"\n## 一天：{NEW:,} 件新的，{CLOSED:,} 件办结\n")
    print(
        "| 台账，件 | 分卷 | 快照自己的文件，GB | 核对，秒 | 并入 | 发布 | 共 |\n| --- | --- | --- | --- | --- | --- | --- |"
    )
    for cases in [int(a) for a in arguments] or [100_000, 1_000_000]:
        for part_cases in (load_settings().part_cases, NEVER):
            measure(cases, part_cases)
