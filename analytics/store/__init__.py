"""Snapshots of the ledger: the only place that opens DuckDB.

What is named here is imported when it is first asked for: a server must listen before it can read a ledger.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.store.draft import Draft
    from analytics.store.files import StoreError, sync_folder
    from analytics.store.reading import Reader, open_duckdb, open_reader
    from analytics.store.snapshot import Snapshot
    from analytics.store.snapshots import Store

__all__ = ["Draft", "Reader", "Snapshot", "Store", "StoreError", "open_duckdb", "open_reader", "sync_folder"]
_WHERE = {
    "Draft": "draft",
    "Reader": "reading",
    "Snapshot": "snapshot",
    "Store": "snapshots",
    "StoreError": "files",
    "open_duckdb": "reading",
    "open_reader": "reading",
    "sync_folder": "files",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
