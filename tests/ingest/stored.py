"""A file imported into a store of its own, and what the store then holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from analytics import ingest
from analytics.ingest import ByHand, ImportResult
from analytics.ledger import LOCAL, open_ledger
from analytics.settings import load_settings
from analytics.store import Store

NOW = dt.datetime(2026, 11, 25, 12)


def imported(
    folder: Path | Store, name: str, content: bytes | str, by_hand: ByHand | None = None, **more
) -> ImportResult:
    """Import one file as a person would, with what they say of it; every row is accounted for."""
    store = folder if isinstance(folder, Store) else Store(folder)
    content = content.encode() if isinstance(content, str) else content
    plans = ingest.plan_files([(name, content)], load_settings(), ingest.kept_profiles(store), by_hand or ByHand())
    result = ingest.run_import(store, plans, load_settings(), NOW, **more)
    assert result.accepted + result.updated + result.unchanged + result.quarantined == result.read
    return result


def held(folder: Path | Store, table: str = "cases") -> pd.DataFrame:
    """Return a table of the store; cases and ratings by their number."""
    ledger = open_ledger(folder if isinstance(folder, Store) else Store(folder), LOCAL.revealing())
    rows = ledger.run(ledger.table(table).order_by("case_no"))
    return rows.set_index("case_no") if table != "events" else rows


def repairs(result: ImportResult) -> dict[str, int]:
    """Return kind of repair → cells."""
    return result.account().by_kind()["repaired"]
