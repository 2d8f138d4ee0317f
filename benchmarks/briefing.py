"""How long a week's briefing takes, step by step, and the memory of the process.

Usage: python -m benchmarks briefing [CASES]   (default 100000)
"""

from __future__ import annotations

import datetime as dt
import resource
import sys
import tempfile
import time

from analytics.briefing.compose import Request
from analytics.briefing.office import Office, writers
from analytics.briefing.period import last_whole
from analytics.demo import generate, write_store
from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.store import Store

AS_OF = dt.datetime(2026, 11, 24, 17, 30)


def main(arguments: list[str]) -> None:
    """Print a table of seconds, and the peak memory so far (making the demo data included)."""
    cases = int(arguments[0]) if arguments else 100_000
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        write_store(store, generate(AS_OF, cases=cases, enterprises=max(400, cases // 8)), AS_OF)
        IssueDesk(store).discover(open_ledger(store))
        request, office = Request(last_whole("week", AS_OF)), Office(store)
        print(f"## 简报，{cases:,} 件\n\n| 步骤 | 秒 |\n| --- | --- |")
        ledger = _timed("还原到期末", lambda: office.ledger(request))
        _timed("读一次", lambda: ledger.counts)
        briefing = _timed("汇总事实", lambda: office.compose(request))
        for kind, write in writers().items():
            _timed(kind, lambda write=write: write(briefing))  # type: ignore[misc]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    print(f"\n内存峰值（含生成演示数据与归类）{peak:,.0f} MB。")


def _timed(name: str, act):  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    result = act()
    print(f"| {name} | {time.perf_counter() - start:.2f} |")
    return result
