"""A snapshot's tables as Parquet, for engines that read no DuckDB file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.store.files import StoreError, sync_folder
from analytics.store.snapshots import Store

if TYPE_CHECKING:
    from analytics.store.reading import Reader

ROWS = 500_000
#: Snapshots that are kept as Parquet.
KEPT = 6


def written(store: Store, reader: Reader) -> Path:
    """Return the folder with one Parquet file a table of a reader (snapshot and as-of); written where it is missing.

    Instants stay without a zone, as in the ledger. The oldest folders are deleted beyond KEPT, and with their snapshot.
    """
    folder = store.parquet / f"{reader.snapshot.id}-{reader.as_of:%Y%m%d%H%M%S}"
    if folder.exists():
        return folder
    import pyarrow.parquet as pq

    draft = folder.with_name(f".draft-{os.getpid()}")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for table in reader.tables:
            batches = reader.con.cursor().sql(f"SELECT * FROM {table}").to_arrow_reader(ROWS)
            with pq.ParquetWriter(draft / f"{table}.parquet", batches.schema) as file:
                for batch in batches:
                    file.write_batch(batch)
        os.replace(draft, folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if folder.exists():  # another process was faster
            return folder
        raise StoreError(f"写不了 Parquet（{error.strerror or type(error).__name__}），请检查磁盘空间和权限") from None
    kept = sorted((p for p in folder.parent.glob("S*") if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for old in kept[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder
