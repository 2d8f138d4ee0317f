"""The same charts by bare SQL, this product, pandas and Apache Superset; the first page beside plain Streamlit and pandas.

Usage: python -m benchmarks rivals [CASES [PYTHON OF SUPERSET]]   (default 1000000, without Superset)

Superset runs from an environment of its own: pip install apache-superset==6.1.0 duckdb-engine==0.17.0 duckdb==2.0.1
flask-caching==2.3.1 rich cachetools. The first page needs Chromium (make browser).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from analytics.ledger import open_ledger
from analytics.store import Store
from benchmarks.browsing import painted, serving
from benchmarks.large import write_large
from benchmarks.page_queries import single
from benchmarks.timing import RUNS, side_by_side

HERE = Path(__file__).parent
NEVER = 10**9


def charts(store: Store, superset: str | None) -> None:
    """Print the medians of four charts side by side; Superset in its own process right after."""
    current = store.current()
    assert current
    theirs = {}
    if superset:
        command = [superset, "-P", str(HERE / "superset_charts.py"), str(store.path(current.id)), str(RUNS)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        theirs = json.loads(done.stdout.splitlines()[-1])
    print(f"\n## 图，{current.cases:,} 件工单（毫秒，{RUNS} 次中位）\n")
    print("| 图 | 裸 SQL | 本产品 | pandas（已在内存） | Superset 6.1.0 | 本产品÷裸 SQL | Superset÷本产品 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, contestants in single(open_ledger(store)).items():
        found = {who: seconds * 1000 for who, seconds in side_by_side(contestants).items()}
        ours, bare = found["本产品"], found["裸 SQL"]
        other = statistics.median(theirs[name]["seconds"]) * 1000 if name in theirs else float("nan")
        print(
            f"| {name} | {bare:.1f} | {ours:.1f} | {found['pandas']:.1f} | {other:.1f} | {ours / bare:.2f} | {other / ours:.1f} |"
        )


def paint(store: Store, folder: Path) -> None:
    """Print how long the first page takes in a browser, here and as one writes it with pandas."""
    open_ledger(store).reader.frame("SELECT * FROM case_facts").to_parquet(folder / "facts.parquet")
    plain = [sys.executable, "-m", "streamlit", "run", str(HERE / "plain_app.py"), "--server.headless", "true", "PORT"]
    contestants = {
        "本产品": ([sys.executable, "dashboard.py", "PORT"], "数据快照"),
        "Streamlit + pandas": ([*plain, "--", str(folder)], "读完"),
    }
    print("\n| 总览 | 第一次打开，秒 | 再打开（中位） |\n| --- | --- | --- |")
    for name, (command, words) in contestants.items():
        with serving(command, store) as address:
            first, *again = painted(address, words)
        print(f"| {name} | {first:.2f} | {statistics.median(again):.2f} |", flush=True)


def main(arguments: list[str]) -> None:
    """Print both tables for a ledger in one file, as Superset can read it."""
    cases = int(arguments[0]) if arguments else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        store = write_large(Path(folder), cases, NEVER)
        charts(store, arguments[1] if len(arguments) > 1 else None)
        paint(store, Path(folder))
