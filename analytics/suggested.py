"""Modules that came from an accepted suggestion: which cases they are, so that wherever they are used it is said.

See docs/decisions/0009.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import cast

from analytics.ledger import Ledger
from analytics.store import Store
from analytics.store.decisions import DecisionBook
from analytics.viewer import DECIDE, LOCAL, Viewer

MODULE = "module"
#: What stands behind a module that was suggested.
MARK = "（建议）"


def book_of(store: Store, viewer: Viewer = LOCAL) -> DecisionBook:
    """The accepted suggestions of one store; those on demo data lie apart from those on real data."""
    return DecisionBook(store, f"suggestions/{store.kind}", DECIDE, viewer)


def record(store: Store, viewer: Viewer, accepted: dict[str, str], at: dt.datetime) -> None:
    """Write down which cases (case_no → module) took their module from a suggestion."""
    book_of(store, viewer).record(MODULE, MODULE, {"cases": accepted}, viewer.name, "采纳分派建议", at)


def suggested_modules(ledger: Ledger) -> frozenset[str]:
    """Return the cases whose module is the one that was suggested; one that a later file gave otherwise is none."""
    store = Store(ledger.folder)
    return _suggested(ledger.whole, book_of(store).last())


@lru_cache(maxsize=8)
def _suggested(ledger: Ledger, last: int) -> frozenset[str]:
    if not last:
        return frozenset()
    accepted: dict[str, str] = {}
    for decision in book_of(Store(ledger.folder)).standing():
        accepted.update(cast("dict[str, str]", decision.detail["cases"]))
    found = ledger.duckdb.frame(
        "SELECT case_no, module FROM case_facts WHERE case_no IN (SELECT unnest($numbers))", {"numbers": [*accepted]}
    )
    return frozenset(n for n, m in zip(found["case_no"], found["module"], strict=True) if accepted[n] == m)


def told(ledger: Ledger) -> str:
    """Say how many cases' modules are suggestions, '' where none is."""
    count = len(suggested_modules(ledger))
    return f"其中 {count:,} 件的模块来自采纳的分派建议" if count else ""
