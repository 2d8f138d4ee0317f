"""What a reader waits for in a browser: first paint, first number, figure or table, the foot of the page; the server is running.

Usage: python -m benchmarks painting [CASES | STORE]   (default 100000; needs Chromium: make browser)

Every visit is a new window without a cache. The first visit to a page asks what nobody has asked before.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from analytics.store import Store
from benchmarks.browsing import FIGURE, browsing, seen, serving, words
from benchmarks.large import write_large
from benchmarks.starting import FOOT
from pages.navigation.places import PLACES

SHOWN = ("overview", "load", "sla", "satisfaction", "loop", "issues")
#: Whether anything has been painted.
FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
#: The server is left alone until it has answered beforehand what it can (see pages.common.warming).
SETTLED = 30.0


def visited(browser: Browser, address: str) -> tuple[float, float, float]:
    """Return the seconds until first paint, the first number, figure or table, and the foot of a page."""
    first_paint, figure, foot = seen(browser, address, FIRST_PAINT, FIGURE, words(FOOT), begun=time.time())
    return first_paint, figure, max(figure, foot)  # the foot is there as text while figures are still being drawn


def painted_pages(store: Store) -> None:
    """Print the table of a store."""
    current = store.current()
    assert current
    print(f"\n## {current.cases:,} 件工单，秒：第一次看 / 再看\n")
    print("| 页面 | 首次绘制 | 第一个数、图或表 | 整页 |\n| --- | --- | --- | --- |")
    command = [sys.executable, "dashboard.py", "--server.headless", "true", "PORT"]
    with serving(command, store) as address, browsing() as browser:
        visited(browser, address)
        time.sleep(SETTLED)
        for page in SHOWN:
            title, path = next((p.title, p.address) for p in PLACES if p.file == page)
            runs = [visited(browser, f"{address}/{path}" if page != "overview" else address) for _ in range(2)]
            cells = [f"{first:.1f} / {again:.1f}" for first, again in zip(*runs, strict=True)]
            print(f"| {title} | {' | '.join(cells)} |", flush=True)


def main(arguments: list[str]) -> None:
    """Look at a store, or at a demo ledger of so many cases."""
    chosen = arguments[0] if arguments else "100000"
    with tempfile.TemporaryDirectory() as folder:
        painted_pages(write_large(Path(folder), int(chosen)) if chosen.isdigit() else Store(chosen))
