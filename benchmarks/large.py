"""Ledgers larger than a demo is quickly written: a demo of up to a million cases, copied with numbers of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from analytics.demo import generate, write_store
from analytics.model import TABLES
from analytics.store import Snapshot, Store
from analytics.store.derive import OF_CASES

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
COPIED = 1_000_000


def write_large(folder: Path, cases: int, part_cases: int | None = None) -> Store:
    """Write a demo ledger of so many cases (above a million: whole copies of one) and return its store."""
    store, copies = Store(folder / "store"), max(1, round(cases / COPIED))
    if copies == 1:
        write_store(store, generate(AS_OF, cases=cases, enterprises=max(100, cases // 8)), AS_OF)
        return store
    seed = Store(folder / "seed")
    write_store(seed, generate(AS_OF, cases=cases // copies, enterprises=cases // copies // 8), AS_OF)
    _copied(seed, seed.current(), store, copies, part_cases)
    return store


def _copied(seed: Store, snapshot: Snapshot | None, store: Store, copies: int, part_cases: int | None) -> None:
    assert snapshot
    with store.draft(part_cases=part_cases) as draft:
        con = draft.con
        con.execute(f"ATTACH '{seed.path(snapshot.id)}' AS seed (READ_ONLY)")
        for part in snapshot.parts:
            con.execute(f"ATTACH '{seed.parts / part.id}.duckdb' AS {part.schema} (READ_ONLY)")
        for table in (*TABLES, "batches"):
            sources = ["seed", *(p.schema for p in snapshot.parts if table in OF_CASES)]
            for source in sources:
                for copy in range(copies if table in OF_CASES else 1):
                    con.execute(f"INSERT INTO {table} BY NAME SELECT *{_own(table, copy)} FROM {source}.{table}")
        draft.publish(AS_OF, f"{copies} 份", None)


def _own(table: str, copy: int) -> str:
    """Give a copy numbers and texts of its own: the same text ten times over would be stored once."""
    if table not in OF_CASES:
        return ""
    texts = ", ".join(f"{c} || ' {copy}' AS {c}" for c in TABLES[table].names if c in ("title", "content", "reply"))
    return f" REPLACE (case_no || '-{copy}' AS case_no{', ' + texts if texts else ''})"
