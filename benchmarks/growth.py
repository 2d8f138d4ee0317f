"""How each cost grows with the ledger, from ten thousand cases to ten million: a table, and docs/images/growth.svg.

Usage: python -m benchmarks growth [FOLDER [CASES …]]   (default a temporary folder, 10000 100000 1000000 10000000;
ledgers that lie in FOLDER/CASES already are used again; the largest takes a quarter of an hour to write)
"""

from __future__ import annotations

import resource
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from analytics.briefing.fonts import sans_family
from analytics.ledger import open_ledger
from analytics.settings import ROOT, load_settings
from analytics.store import Store
from benchmarks.daily import day_of, taken_in
from benchmarks.large import write_large
from benchmarks.page_queries import pages, single
from benchmarks.timing import side_by_side

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
PICTURE = ROOT / "docs" / "images" / "growth.svg"
#: Where each budget lies, in seconds, by panel.
PANELS = {"各页查询合计": 1.0, "四张图，本产品": None, "四张图，裸 SQL": None, "导入一天": 10.0}


def measured(folder: Path, cases: int) -> list[tuple[int, str, str, float]]:
    """Return (cases, panel, line, seconds) of one ledger, in a process of its own: that of writing it has other memory."""
    if not (folder / str(cases) / "store").exists():
        with get_context("spawn").Pool(1) as pool:
            pool.apply(write_large, (folder / str(cases), cases))
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (folder, cases))


def _measured(folder: Path, cases: int) -> list[tuple[int, str, str, float]]:
    store = Store(folder / str(cases) / "store")
    begun = time.perf_counter()
    ledger = open_ledger(store)
    assert ledger.counts
    opened = time.perf_counter() - begun
    size = ledger.snapshot.cases
    rows = [(size, "打开快照", "打开并点数", opened)]
    for page, ask in pages(ledger).items():
        begun = time.perf_counter()
        ask()
        rows.append((size, "各页查询合计（第一次）", page, time.perf_counter() - begun))
    rows += [(size, "各页查询合计", page, s) for page, s in side_by_side(pages(ledger)).items()]
    for name, contestants in single(ledger).items():
        for who, seconds in side_by_side({k: v for k, v in contestants.items() if k != "pandas"}).items():
            rows.append((size, f"四张图，{who}", name, seconds))
    rows.append((size, "内存，GB", "查询之后", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6))
    part_cases, number = load_settings().part_cases, 1 + len(store.snapshots())
    for step, seconds in taken_in(store, day_of(store, number), number, part_cases).items():
        rows.append((size, "导入一天", step, seconds))
    return rows


def drawn(rows: pd.DataFrame) -> None:
    """Draw a panel for each kind of cost, both axes logarithmic, the budget as a line."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.family": sans_family(), "font.size": 9, "svg.fonttype": "path", "svg.hashsalt": "growth"}):
        figure = Figure(figsize=(11, 7), layout="constrained")
        for axes, (panel, budget) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
            for line, part in rows[rows["panel"] == panel].groupby("line", sort=False):
                axes.plot(part["cases"], part["seconds"], marker="o", label=line)
            if budget:
                axes.axhline(budget, color="grey", linestyle="--", label=f"目标 {budget:g} 秒")
            axes.set(xscale="log", yscale="log", title=panel, xlabel="台账，件", ylabel="秒")
            axes.grid(alpha=0.3)
            axes.legend(fontsize=8)
        figure.savefig(PICTURE, metadata={"Date": None})


def main(arguments: list[str]) -> None:
    """Measure, print a table and draw."""
    sizes = [int(a) for a in arguments[1:]] or SIZES
    with tempfile.TemporaryDirectory() as own:
        folder = Path(arguments[0]) if arguments else Path(own)
        found = [row for cases in sizes for row in measured(folder, cases)]
    rows = pd.DataFrame(found, columns=["cases", "panel", "line", "seconds"])
    table = rows.pivot_table(index=["panel", "line"], columns="cases", values="seconds", sort=False)
    print("\n| | " + " | ".join(f"{c:,} 件" for c in table.columns) + " |\n| --- |" + " --- |" * len(table.columns))
    for (panel, line), values in table.iterrows():
        print(f"| {panel}：{line} | " + " | ".join(f"{v:.3f}" for v in values) + " |")
    drawn(rows)
