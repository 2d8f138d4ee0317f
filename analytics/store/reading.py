"""Reading one snapshot as it stood at one instant, by any number of threads."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from threading import Lock

import duckdb
import pandas as pd

from analytics.model import TABLES
from analytics.store.derive import DERIVED, derive
from analytics.store.schema import BOOKS
from analytics.store.snapshots import Snapshot, Store, StoreError

KEPT_OPEN = 6
#: The time column that says when a row of a ledger table came to be.
HAPPENED = {"cases": "accepted_at", "events": "happened_at", "ratings": "rated_at"}


class Reader:
    """An in-memory database whose views show one snapshot as it stood before ``as_of``.

    The derived tables are the published ones when nothing lies after ``as_of``;
    else they are derived anew from what was known then.
    """

    def __init__(self, store: Store, snapshot: Snapshot, as_of: dt.datetime):
        self.snapshot, self.as_of = snapshot, as_of
        self.con = duckdb.connect(":memory:")
        self.con.execute("SET TimeZone = 'Asia/Shanghai'")
        path = str(store.path(snapshot.id)).replace("'", "''")
        try:
            self.con.execute(f"ATTACH '{path}' AS snap (READ_ONLY)")
        except duckdb.Error:
            raise StoreError(
                f"快照 {snapshot.id} 打不开（文件损坏或被占用）。可用 snapshots rollback 回到前一个快照。"
            ) from None
        for table in TABLES:
            self.con.execute(f"CREATE VIEW {table} AS SELECT * FROM snap.{table}{self._until(table)}")
        for table in (*BOOKS, "calendar"):
            self.con.execute(f"CREATE VIEW {table} AS SELECT * FROM snap.{table}")
        if as_of >= snapshot.as_of:
            for table in DERIVED:
                self.con.execute(f"CREATE VIEW {table} AS SELECT * FROM snap.{table}")
        else:
            derive(self.con, "main", "main", as_of)

    def _until(self, table: str) -> str:
        return f" WHERE {HAPPENED[table]} < TIMESTAMP '{self.as_of}'" if table in HAPPENED else ""

    def frame(self, sql: str, parameters: object = None) -> pd.DataFrame:
        """Run a query on a cursor of its own and return its rows."""
        return self.con.cursor().execute(sql, parameters).df()

    def columns(self, table: str) -> dict[str, str]:
        """Return column → DuckDB type of a table or view."""
        rows = self.con.cursor().execute(f"DESCRIBE {table}").fetchall()
        return {r[0]: r[1] for r in rows}


_open: OrderedDict[tuple[str, str, dt.datetime], Reader] = OrderedDict()
_guard = Lock()


def open_reader(store: Store, snapshot: Snapshot, as_of: dt.datetime) -> Reader:
    """Return the shared reader of a snapshot at an instant; the last few stay open."""
    as_of = max(min(as_of, snapshot.as_of), dt.datetime(2004, 1, 2))
    key = (str(store.folder.resolve()), snapshot.id, as_of)
    with _guard:
        if key not in _open:
            _open[key] = Reader(store, snapshot, as_of)
        _open.move_to_end(key)
        while len(_open) > KEPT_OPEN:
            _open.popitem(last=False)
        return _open[key]
