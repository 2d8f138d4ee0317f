"""Paths and moves of cases beside PM4Py on the same event log: the same counts, and how long each takes.

Usage: python -m benchmarks process [CASES]   (default 20000; pip install pm4py, AGPL: for this check only)
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time

import pandas as pd

from analytics.demo import generate, write_store
from analytics.ledger import open_ledger
from analytics.loop.paths import moves
from analytics.metrics import Slice, compute
from analytics.store import Store

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
EVER = Slice(dt.date(2004, 1, 1), dt.date(2035, 12, 31))


def main(arguments: list[str]) -> None:
    """Print whether both count the same, and the seconds of each."""
    try:
        import pm4py
    except ImportError:
        print("没有安装 pm4py，跳过：pip install pm4py", file=sys.stderr)
        return
    cases = int(arguments[0]) if arguments else 20_000
    with tempfile.TemporaryDirectory() as folder:
        write_store(Store(folder), generate(AS_OF, cases=cases, enterprises=max(400, cases // 8)), AS_OF)
        ledger = open_ledger(Store(folder))
        log = ledger.reader.frame("SELECT case_no, stage, happened_at FROM stages").assign(
            happened_at=lambda t: pd.to_datetime(t["happened_at"], utc=True)
        )
        names = {"case_id": "case_no", "activity_key": "stage", "timestamp_key": "happened_at"}
        whole = pm4py.format_dataframe(log.sort_values(["case_no", "happened_at"], kind="stable"), **names)
        begun = time.perf_counter()
        theirs = dict(pm4py.discover_dfg(whole)[0].items())
        their_seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        ours = moves(ledger, EVER).set_index(["stage", "next_stage"])["value"].astype(int).to_dict()
        our_seconds = time.perf_counter() - begun
        short = whole[~whole["stage"].isin(["received", "paused", "resumed"])]
        variants = {">".join(v): int(n) for v, n in pm4py.get_variants(short).items()}
        paths = compute("demand", ledger, EVER, by=("path",))
        own = paths.assign(path=paths["path"].str.removesuffix(">followed_up")).groupby("path")["value"].sum()
        print(f"\n## 与 PM4Py 对照，{len(log):,} 条环节记录\n")
        print(
            f"相邻环节：{len(ours)} 种，{'全部相同' if ours == theirs else '不同'}；本产品 {our_seconds:.2f} 秒，PM4Py {their_seconds:.2f} 秒。"
        )
        print(f"办理路径：{len(own)} 种，{'全部相同' if own.astype(int).to_dict() == variants else '不同'}。")
        for pair in sorted(set(ours) | set(theirs)):
            if ours.get(pair) != theirs.get(pair):
                print(pair, ours.get(pair), theirs.get(pair))
