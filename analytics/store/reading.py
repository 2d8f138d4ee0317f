"""Reading one snapshot as it stood at one instant, by any number of threads."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import uuid
from collections import OrderedDict
from collections.abc import Callable, Collection
from threading import Lock, RLock
from typing import TYPE_CHECKING, TypeVar

import duckdb
import ibis
import pandas as pd
from ibis.backends.sql.datatypes import DuckDBType

from analytics.model import TABLES
from analytics.store.counting import Counts, counted
from analytics.store.derive import DERIVED, OF_CASES, derive
from analytics.store.files import StoreError
from analytics.store.narrowing import InParts, narrowed
from analytics.store.parts import attach, together
from analytics.store.schema import BOOKS, NEWER, SCHEMA_VERSION, create_statements
from analytics.store.snapshot import Snapshot
from analytics.store.snapshots import NO_EXTENSIONS, Store, memory_of

if TYPE_CHECKING:
    from analytics.store.clickhouse import ClickHouseReader
    from analytics.store.spark import SparkReader

#: Bytes of memory for one reader's blocks; what is more lies on the disk meanwhile.
READING = 2 << 30
#: Rows of which a function is asked at once.
BLOCK = 20_000
KEPT_OPEN = 6
KEPT_TABLES = 6
#: The time column that says when a row of a ledger table came to be.
HAPPENED = {"cases": "accepted_at", "events": "happened_at", "ratings": "rated_at"}


class Reader:
    """An in-memory database whose views show one snapshot as it stood before ``as_of``.

    The derived tables are the published ones when nothing lies after ``as_of``;
    else they are derived anew from what was known then.
    """

    dialect = "duckdb"
    tables = (*TABLES, "calendar", *DERIVED)

    def __init__(self, store: Store, snapshot: Snapshot, as_of: dt.datetime):
        self.snapshot, self.as_of = snapshot, as_of
        self._schemas: dict[str, ibis.Schema] = {}
        self._counts: Counts = {}
        self._in_parts: dict[str, InParts] = {}
        self._put: list[str] = []
        self._coming: dict[str, Callable[[], pd.DataFrame]] = {}
        self._putting = RLock()
        self.con = duckdb.connect(":memory:", config=NO_EXTENSIONS | memory_of(READING) | _spill())
        self.con.execute("SET TimeZone = 'Asia/Shanghai'")
        path = str(store.path(snapshot.id)).replace("'", "''")
        try:
            self.con.execute(f"ATTACH '{path}' AS snap (READ_ONLY)")
            attach(self.con, store.parts, snapshot.parts)
            self.con.execute("SET enable_external_access = false")  # no query reaches a file or a host
        except duckdb.Error:
            raise StoreError(
                f"快照 {snapshot.id} 打不开（文件损坏或被占用）。可用 snapshots rollback 回到前一个快照。"
            ) from None
        self.version = self._version()
        if self.version > SCHEMA_VERSION:
            raise StoreError(NEWER)
        held, sealed = self._held(), [part.schema for part in snapshot.parts]
        for table in (*TABLES, *BOOKS, "calendar"):
            if table in held:
                self._view("main", table, ["snap", *(sealed if table in OF_CASES else [])], self._until(table))
        for table, statement in create_statements().items():
            if table not in held:
                self.con.execute(statement)
        if as_of >= snapshot.as_of and self.version == SCHEMA_VERSION:
            for table in DERIVED:
                self._view("main", table, ["snap", *sealed])
        else:
            self._derive(
                [part.schema for part in snapshot.parts if part.last < as_of and self.version == SCHEMA_VERSION]
            )

    def _view(self, schema: str, table: str, sources: list[str], where: str = "") -> None:
        self.con.execute(f"CREATE VIEW {schema}.{table} AS {together(table, sources, where)}")
        if schema == "main":
            self._in_parts[table] = InParts(tuple(sources), where)

    def _derive(self, before: list[str]) -> None:
        """Derive the tables as of then; of parts that lie wholly before it what they hold is what follows."""
        if not before:
            return derive(self.con, "main", "main", self.as_of)
        later = ["snap", *(p.schema for p in self.snapshot.parts if p.schema not in before)]
        self.con.execute("CREATE SCHEMA later")
        self.con.execute("CREATE SCHEMA derived_then")
        for table in OF_CASES:
            self._view("later", table, later, self._until(table))
        for table in ("enterprises", "items", "calendar"):
            self._view("later", table, ["main"])
        derive(self.con, "later", "derived_then", self.as_of)
        for table in DERIVED:
            self._view("main", table, ["derived_then", *before])

    def _version(self) -> int:
        rows = self.con.execute("SELECT value FROM snap.meta WHERE key = 'schema'").fetchall()
        return int(rows[0][0]) if rows else 1

    def _held(self) -> set[str]:
        """Return the tables of the snapshot; an older one has fewer."""
        rows = self.con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'snap'").fetchall()
        return {row[0] for row in rows}

    def _until(self, table: str) -> str:
        """Return the condition of what was known then; none as of the snapshot itself, whose rows all lie before it."""
        if table not in HAPPENED or self.as_of >= self.snapshot.as_of:
            return ""
        return f" WHERE {HAPPENED[table]} < TIMESTAMP '{self.as_of}'"

    def frame(self, sql: str, parameters: object = None, returns: Collection[str] | None = None) -> pd.DataFrame:
        """Run a query on a cursor of its own and return its rows; ``returns``: its columns, where the caller knows them."""
        self._fetch_named_in(sql)
        statement = narrowed(sql, returns, self._in_parts, self.schema)
        return self.con.cursor().execute(statement, parameters).df()

    def mapped(
        self, sql: str, function: Callable[[pd.DataFrame], pd.DataFrame], columns: dict[str, str]
    ) -> pd.DataFrame:
        """Return what a function of rows says of a query's rows, BLOCK at a time; ``columns`` are those it returns."""
        rows = self.frame(sql)
        pieces = [function(rows[i : i + BLOCK]) for i in range(0, len(rows), BLOCK)] or [function(rows)]
        return pd.concat(pieces, ignore_index=True)[[*columns]]

    def put_once(self, name: str, make: Callable[[], pd.DataFrame]) -> None:
        """Keep a frame of a higher layer as a table beside the snapshot's, for queries to join; the last few stay.

        It is made when the first query names it.
        """
        with self._putting:
            if name not in self._put:
                self._coming[name] = make
                while len(self._coming) > KEPT_TABLES:
                    del self._coming[next(iter(self._coming))]

    def _fetch_named_in(self, sql: str) -> None:
        """Make the tables that a statement is the first to name."""
        for name in [n for n in list(self._coming) if n in sql]:
            with self._putting:
                if make := self._coming.get(name):
                    self._put_now(name, make())
                    self._coming.pop(name, None)

    def _put_now(self, name: str, frame: pd.DataFrame) -> None:
        with self._putting:
            cursor = self.con.cursor()
            cursor.register("coming", frame)
            cursor.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM coming")
            cursor.unregister("coming")
            self._put.append(name)
            if len(self._put) > KEPT_TABLES:
                old = self._put.pop(0)
                self._schemas.pop(old, None)
                cursor.execute(f"DROP TABLE IF EXISTS {old}")

    def schema(self, table: str) -> ibis.Schema:
        """Return the Ibis schema of a table or view."""
        if table not in self._schemas:
            self._fetch_named_in(table)
            # One source of many tells it: they have the same columns, and binding all of them takes a while.
            source = f"{self._in_parts[table].schemas[0]}.{table}" if table in self._in_parts else table
            rows = self.con.cursor().execute(f"DESCRIBE {source}").fetchall()
            self._schemas[table] = ibis.schema({r[0]: DuckDBType.from_string(r[1]) for r in rows})
        return self._schemas[table]

    def counts(self) -> Counts:
        """Return how many rows, filled cells and events there are (see ``counted``): as published, where that is what is shown."""
        if not self._counts:
            published = dict(self.snapshot.counts) if self.as_of >= self.snapshot.as_of else {}
            self._counts = published or counted(self.frame)
        return self._counts


def _spill() -> dict[str, str | bool | int | float | list[str]]:
    """Return DuckDB's setting for where it puts what memory does not hold: a folder of nobody else's, made when needed."""
    return {"temp_directory": f"{tempfile.gettempdir()}/insight-{os.getpid()}-{uuid.uuid4().hex[:8]}"}


Key = tuple[str, str, str, dt.datetime]
R = TypeVar("R")
_open: OrderedDict[Key, Reader] = OrderedDict()
_on_spark: OrderedDict[Key, SparkReader] = OrderedDict()
_on_clickhouse: OrderedDict[Key, ClickHouseReader] = OrderedDict()
_guard = Lock()


def open_reader(store: Store, snapshot: Snapshot, as_of: dt.datetime) -> Reader | SparkReader | ClickHouseReader:
    """Return the shared reader of a snapshot at an instant; the last few stay open.

    By DuckDB, or by Spark where the settings ([engine] spark) or the environment (INSIGHT_SPARK) name a master, or by
    ClickHouse where they ([engine] clickhouse, INSIGHT_CLICKHOUSE) ask for it.
    """
    if os.environ.get("INSIGHT_CLICKHOUSE", store.settings.clickhouse):
        from analytics.store.clickhouse import ClickHouseReader

        return _shared(_on_clickhouse, "", store, snapshot, as_of, lambda at: ClickHouseReader(store, snapshot, at))
    master = os.environ.get("INSIGHT_SPARK", store.settings.spark)
    if not master:
        return open_duckdb(store, snapshot, as_of)
    from analytics.store.spark import SparkReader

    return _shared(_on_spark, master, store, snapshot, as_of, lambda at: SparkReader(store, snapshot, at, master))


def open_duckdb(store: Store, snapshot: Snapshot, as_of: dt.datetime) -> Reader:
    """Return the shared reader by DuckDB, whatever the settings say."""
    return _shared(_open, "", store, snapshot, as_of, lambda at: Reader(store, snapshot, at))


def _shared(
    kept: OrderedDict[Key, R],
    engine: str,
    store: Store,
    snapshot: Snapshot,
    as_of: dt.datetime,
    make: Callable[[dt.datetime], R],
) -> R:
    as_of = max(min(as_of, snapshot.as_of), dt.datetime(2004, 1, 2))
    key = (engine, str(store.folder.resolve()), snapshot.id, as_of)
    with _guard:
        if key not in kept:
            kept[key] = make(as_of)
        kept.move_to_end(key)
        while len(kept) > KEPT_OPEN:
            kept.popitem(last=False)
        return kept[key]
