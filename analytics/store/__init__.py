"""Snapshots of the ledger: the only place that opens DuckDB."""

from analytics.store.draft import Draft
from analytics.store.files import StoreError, sync_folder
from analytics.store.reading import Reader, open_duckdb, open_reader
from analytics.store.snapshot import Snapshot
from analytics.store.snapshots import Store

__all__ = ["Draft", "Reader", "Snapshot", "Store", "StoreError", "open_duckdb", "open_reader", "sync_folder"]
