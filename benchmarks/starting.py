"""A cold start: from starting the process to the first number, and to the foot of the page, in a browser that is open.

Usage: python -m benchmarks starting [CASES | STORE [TREE …]]   (default 100000; needs Chromium: make browser)

TREE: other checkouts of this program, each with an environment of its own, started in turn with this one.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from analytics.settings import ROOT
from analytics.store import Store
from benchmarks.browsing import NUMBER, browsing, seen, serving, words
from benchmarks.large import write_large

TURNS = 6
FOOT = "数据快照"


def started(store: Store, tree: Path) -> tuple[float, float, float]:
    """Start the server of a tree and open its first page; return the seconds until it listens, to a number, to the foot."""
    interpreter = tree / ".venv" / "bin" / "python"
    command = [
        str(interpreter if interpreter.exists() else sys.executable),
        "dashboard.py",
        "--server.headless",
        "true",
        "PORT",
    ]
    with browsing() as browser:
        begun = time.time()
        with serving(command, store, tree) as address:
            listens = time.time() - begun
            number, foot = seen(browser, address, NUMBER, words(FOOT), begun=begun)
    return listens, number, foot


def compared(store: Store, trees: list[Path]) -> None:
    """Print the median and the range of some starts of each tree, taken in turn after one that does not count."""
    current = store.current()
    assert current
    runs: dict[Path, list[tuple[float, float, float]]] = {tree: [] for tree in trees}
    for turn in range(TURNS + 1):
        for tree in trees:
            run = started(store, tree)
            if turn:
                runs[tree].append(run)
    print(f"\n## {current.cases:,} 件工单，{TURNS} 次中位（最小–最大），秒\n")
    print("| | 开始监听 | 第一个数 | 整页 |\n| --- | --- | --- | --- |")
    for tree, found in runs.items():
        cells = [f"{statistics.median(x):.2f}（{min(x):.2f}–{max(x):.2f}）" for x in zip(*found, strict=True)]
        print(f"| {'现在' if tree == ROOT else tree.name} | {' | '.join(cells)} |", flush=True)


def main(arguments: list[str]) -> None:
    """Time the starts over a store, or over a demo ledger of so many cases."""
    chosen, trees = (arguments[0] if arguments else "100000"), [ROOT, *map(Path, arguments[1:])]
    with tempfile.TemporaryDirectory() as folder:
        compared(write_large(Path(folder), int(chosen)) if chosen.isdigit() else Store(chosen), trees)
