"""Rows a second from a file to a published snapshot, by format and width of the ledger.

Usage: python -m benchmarks importing [ROWS]   (default 200000)
"""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import pandas as pd

from analytics import ingest
from analytics.demo import generate
from analytics.model import CASES
from analytics.settings import load_settings
from analytics.store import Store
from benchmarks.timing import side_by_side

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
NARROW = ("case_no", "accepted_at", "title", "module", "department", "channel", "street", "promised_days")


def files(rows: int, folder: Path) -> dict[str, Path]:
    """Write the cases of a demo ledger as CSV and XLSX, all columns and eight."""
    cases = generate(AS_OF, cases=int(rows * 1.03), enterprises=max(100, rows // 8)).tables["cases"].head(rows)
    found = {}
    for width, columns in (("全部列", list(cases.columns)), ("八列", list(NARROW))):
        frame = cases[columns].rename(columns={c.name: c.label for c in CASES.columns})
        found[f"CSV {width}（{len(columns)} 列）"] = folder / f"{width}.csv"
        frame.to_csv(folder / f"{width}.csv", index=False)
        found[f"XLSX {width}（{len(columns)} 列）"] = folder / f"{width}.xlsx"
        with pd.ExcelWriter(folder / f"{width}.xlsx", engine="xlsxwriter") as book:
            frame.to_excel(book, index=False)
    return found


def load(path: Path, *, publish: bool) -> None:
    """Read, map and check a file; with ``publish`` into a new store."""
    settings = load_settings()
    with tempfile.TemporaryDirectory() as folder:
        plans = ingest.plan_files([(path.name, path.read_bytes())], settings)
        ingest.run_import(Store(folder), plans, settings, AS_OF + dt.timedelta(days=1), dry_run=not publish)


def main(arguments: list[str]) -> None:
    """Print rows a second for each file, checked only and published."""
    rows = int(arguments[0]) if arguments else 200_000
    with tempfile.TemporaryDirectory() as folder:
        print(f"\n## 导入 {rows:,} 行\n\n| 文件 | 核对，行/秒 | 核对并发布，行/秒 |\n| --- | --- | --- |")
        for name, path in files(rows, Path(folder)).items():
            found = side_by_side(
                {"check": lambda p=path: load(p, publish=False), "publish": lambda p=path: load(p, publish=True)},
                runs=3,
            )
            print(f"| {name} | {rows / found['check']:,.0f} | {rows / found['publish']:,.0f} |")
