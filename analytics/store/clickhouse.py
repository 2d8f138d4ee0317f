"""The same reader over ClickHouse, embedded in the process (chdb): a second target of the catalogue's expressions.

Needs chdb (`make clickhouse`). As with Spark, statements written by hand for DuckDB do not run here (see docs/scale.md).

See docs/decisions/0016.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Collection
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import ibis
import pandas as pd

from analytics.store.counting import Counts, counted
from analytics.store.files import StoreError
from analytics.store.parquet import written
from analytics.store.reading import KEPT_TABLES, Reader
from analytics.store.snapshot import Snapshot
from analytics.store.snapshots import Store

#: ClickHouse of itself joins without nulls, counts and sums nothing as 0, and shows times in the machine's zone.
SETTINGS = "join_use_nulls = 1, aggregate_functions_null_for_empty = 0, session_timezone = 'UTC'"
ELSEWHERE = "这项功能需要 DuckDB 引擎（数据设置里的 [engine] clickhouse 设为 false）"
#: An embedded ClickHouse answers one statement at a time, in one database.
_one_at_a_time = RLock()


class ClickHouseReader:
    """One snapshot as it stood before ``as_of``, read from Parquet by ClickHouse: what Reader is for DuckDB."""

    dialect = "clickhouse"

    def __init__(self, store: Store, snapshot: Snapshot, as_of: dt.datetime):
        self.snapshot, self.as_of = snapshot, as_of
        here = Reader(store, snapshot, as_of)
        self.tables = here.tables
        self._schemas = {table: here.schema(table) for table in self.tables}
        folder = written(store, here)
        here.con.close()
        self._counts: Counts = {}
        self._put: list[str] = []
        self._beside = tempfile.TemporaryDirectory(prefix="insight-")
        self._database = f"l{id(self)}"
        self._run(f"CREATE DATABASE {self._database}", "CSV")
        for table in self.tables:
            self._view(table, folder / f"{table}.parquet")

    def frame(self, sql: str, parameters: object = None, returns: Collection[str] | None = None) -> pd.DataFrame:
        """Run a statement of ClickHouse's dialect and return its rows."""
        if parameters:
            raise StoreError(ELSEWHERE)
        try:
            return self._run(f"{sql} SETTINGS {SETTINGS}", "DataFrame")
        except Exception as error:
            if "SYNTAX_ERROR" in str(error) or "UNKNOWN_FUNCTION" in str(error):
                raise StoreError(ELSEWHERE) from None
            raise

    def put_once(self, name: str, make: Callable[[], pd.DataFrame]) -> None:
        """Keep a frame of a higher layer as a table beside the snapshot's; the last few stay."""
        with _one_at_a_time:
            if name in self._schemas:
                return
            rows, file = make(), Path(self._beside.name) / f"{name}.parquet"
            rows.to_parquet(file)
            self._view(name, file)
            self._schemas[name] = ibis.memtable(rows).schema()
            self._put.append(name)
            if len(self._put) > KEPT_TABLES:
                old = self._put.pop(0)
                del self._schemas[old]
                self._run(f"DROP VIEW {self._database}.{old}", "CSV")

    def schema(self, table: str) -> ibis.Schema:
        """Return the Ibis schema of a table."""
        return self._schemas[table]

    def counts(self) -> Counts:
        """Count as Reader does, here."""
        if not self._counts:
            self._counts = counted(self.frame)
        return self._counts

    def _view(self, name: str, file: Path) -> None:
        path = str(file).replace("\\", "\\\\").replace("'", "\\'")
        self._run(f"CREATE VIEW {self._database}.{name} AS SELECT * FROM file('{path}', Parquet)", "CSV")

    def _run(self, sql: str, form: str) -> Any:
        with _one_at_a_time:
            if form == "DataFrame":
                _session().query(f"USE {self._database}")
            return _session().query(sql, form)


@lru_cache(maxsize=1)
def _session() -> Any:
    """Return the process's embedded ClickHouse; raises StoreError where it is not installed."""
    try:
        from chdb.session import Session
    except ImportError:
        raise StoreError("没有安装 chdb，请先运行 make clickhouse") from None
    return Session()
