"""What each page may take: its queries and the whole run on the server, checked against a table.

Usage: python -m benchmarks budgets [CASES | STORE]   (default 100000; exits 1 where a page is over)
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from analytics.issues import IssueDesk
from analytics.ledger import open_ledger
from analytics.remedies.sample import place_cards
from analytics.store import Reader, Store
from benchmarks.large import write_large
from pages.navigation.places import PLACES

#: Milliseconds of a page's queries together, and of one whole run on the server with nothing asked before.
QUERIES, WHOLE = 1000, 2000
#: Pages for which that is too generous or too little → their own.
# The overview shows its numbers first; what waits for a decision is found among types, and remedies are judged, after them.
OWN = {
    "overview": (QUERIES, 4000),
    "glossary": (300, 1000),
    "administration": (300, 1000),
    "data": (500, 1000),
    "triage": (500, 1000),
}
LEFT_OUT = {"briefing": "composes a document: see briefing"}
BUDGETS = {page: OWN.get(page, (QUERIES, WHOLE)) for page in (p.file for p in PLACES) if page not in LEFT_OUT}


@dataclass
class Run:
    """Seconds of one page run: of its queries, how many, and of all."""

    queries: float = 0.0
    count: int = 0
    whole: float = 0.0


def drawn(page: str) -> Run:
    """Draw a page as the server does and return what it took; raises AssertionError for one that fails."""
    run, frame = Run(), Reader.frame

    def timed(reader: Reader, *asked: Any, **how: Any) -> object:
        begun = time.perf_counter()
        try:
            return frame(reader, *asked, **how)
        finally:
            run.queries += time.perf_counter() - begun
            run.count += 1

    Reader.frame = timed  # type: ignore[method-assign,assignment]
    try:
        begun = time.perf_counter()
        script = f"from pages.common.frame import draw\ndraw({page!r})"
        seen = AppTest.from_string(script, default_timeout=600).run()
        run.whole = time.perf_counter() - begun
    finally:
        Reader.frame = frame  # type: ignore[method-assign]
    failed = [e.message for e in seen.exception] + [e.value for e in seen.error]  # a page says in words that it failed
    assert not failed, (page, failed)
    return run


def _with_types(store: Store) -> Store:
    """Find the types of a small store and place its cards, so that its pages ask all that a full store's do."""
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    opened = desk.attach(open_ledger(store))
    found = desk.findings(opened)
    assert found
    place_cards(store, opened, found)
    return store


def checked(store: Store) -> list[str]:
    """Print the table of a store and return the pages over their budget."""
    current = store.current()
    assert current
    with tempfile.TemporaryDirectory() as folder:  # what a process does once, imports above all, is not a page's own
        os.environ["INSIGHT_STORE"] = str(_with_types(write_large(Path(folder), 1_000)).folder)
        for page in BUDGETS:
            drawn(page)
    os.environ["INSIGHT_STORE"] = str(store.folder)
    print(f"\n## {current.cases:,} 件工单\n")
    print(
        "| 页面 | 查询，次 | 查询共，毫秒（预算） | 整页，毫秒（预算） | 再看一次，毫秒 |\n| --- | --- | --- | --- | --- |"
    )
    over = []
    for page, (queries, whole) in BUDGETS.items():
        first, again = drawn(page), drawn(page)
        spent = first.queries * 1000, first.whole * 1000
        if spent[0] > queries or spent[1] > whole:
            over.append(page)
        mark = " **超**" if over[-1:] == [page] else ""
        print(
            f"| {page}{mark} | {first.count} | {spent[0]:.0f}（{queries}） | {spent[1]:.0f}（{whole}） | {again.whole * 1000:.0f} |",
            flush=True,
        )
    return over


def main(arguments: list[str]) -> None:
    """Check a store, or a demo ledger of so many cases."""
    chosen = arguments[0] if arguments else "100000"
    with tempfile.TemporaryDirectory() as folder:
        over = checked(write_large(Path(folder), int(chosen)) if chosen.isdigit() else Store(chosen))
    if over:
        sys.exit(f"超出预算：{'、'.join(over)}")
