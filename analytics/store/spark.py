"""The same reader over Apache Spark: a province's ledger on an engine that stands already (settings: [engine]).

Needs pyspark (`make spark`) and Java. What the catalogue asks through Ibis runs here; the few statements
written by hand for DuckDB do not, and say so (see docs/scale.md).

See docs/decisions/0016.
"""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable, Collection, Iterator
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import ibis
import pandas as pd

from analytics.settings import ROOT
from analytics.store.counting import Counts, counted
from analytics.store.files import StoreError
from analytics.store.parquet import written
from analytics.store.reading import KEPT_TABLES, Reader
from analytics.store.snapshot import Snapshot
from analytics.store.snapshots import Store

#: Spark Connect's own port, and how long an answer may take to a first knock.
CONNECT_PORT, SECONDS = 15002, 5.0


class SparkReader:
    """One snapshot as it stood before ``as_of``, read from Parquet by Spark: what Reader is for DuckDB."""

    dialect = "pyspark"

    def __init__(self, store: Store, snapshot: Snapshot, as_of: dt.datetime, master: str):
        self.snapshot, self.as_of = snapshot, as_of
        here = Reader(store, snapshot, as_of)
        self.tables = here.tables
        folder = written(store, here)
        here.con.close()
        self._spark = session(master)
        self._schemas: dict[str, ibis.Schema] = {}
        self._counts: Counts = {}
        self._put: list[str] = []
        self._putting = Lock()
        for table in self.tables:
            self._spark.read.parquet(str(folder / f"{table}.parquet")).createOrReplaceTempView(table)

    def frame(self, sql: str, parameters: object = None, returns: Collection[str] | None = None) -> pd.DataFrame:
        """Run a statement of Spark's dialect and return its rows."""
        if parameters:
            raise StoreError("这项功能需要 DuckDB 引擎（数据设置里的 [engine] spark 留空）")
        try:
            return self._spark.sql(sql).toPandas()
        except Exception as error:
            if type(error).__name__ in ("ParseException", "AnalysisException"):
                raise StoreError("这项功能需要 DuckDB 引擎（数据设置里的 [engine] spark 留空）") from None
            raise

    def mapped(
        self, sql: str, function: Callable[[pd.DataFrame], pd.DataFrame], columns: dict[str, str]
    ) -> pd.DataFrame:
        """Return what a function of rows says of a query's rows, told on the executors; ``columns``: name → Spark's type.

        They need this program under the same path (see docs/scale.md).
        """

        def every(blocks: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
            return (function(block)[[*columns]] for block in blocks)

        told = self._spark.sql(sql).mapInPandas(every, ", ".join(f"{name} {of}" for name, of in columns.items()))
        return told.toPandas()

    def put_once(self, name: str, make: Callable[[], pd.DataFrame]) -> None:
        """Keep a frame of a higher layer as a table beside the snapshot's; the last few stay."""
        with self._putting:
            if name in self._put:
                return
            self._spark.createDataFrame(make()).createOrReplaceTempView(name)
            self._put.append(name)
            if len(self._put) > KEPT_TABLES:
                self._spark.catalog.dropTempView(self._put.pop(0))

    def schema(self, table: str) -> ibis.Schema:
        """Return the Ibis schema of a table."""
        if table not in self._schemas:
            self._schemas[table] = ibis.pyspark.connect(self._spark).table(table).schema()
        return self._schemas[table]

    def counts(self) -> Counts:
        """Count as Reader does, here."""
        if not self._counts:
            self._counts = counted(self.frame)
        return self._counts


def session(master: str) -> Any:
    """Return a session of its own (its tables are seen by nobody else) of a master: local[2], local-cluster[2,1,1024], spark://host:7077, or sc://host (Spark Connect).

    Raises StoreError where pyspark or Java is missing, or nobody answers.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise StoreError("没有安装 pyspark，请先运行 make spark") from None
    try:
        if master.startswith("sc://"):
            where = urlsplit(master)
            # The client itself would try a wrong address for ten minutes.
            socket.create_connection((where.hostname or "", where.port or CONNECT_PORT), SECONDS).close()
            made = SparkSession.builder.remote(master).create()
        else:
            builder = SparkSession.builder.master(master).appName("demand-insight")
            for name, value in _LOCAL.items():
                builder = builder.config(name, value)
            made = builder.getOrCreate().newSession()
        made.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
        return made
    except Exception as error:
        raise StoreError(f"连不上 Spark（{master}）：{type(error).__name__}。请确认装了 Java，地址写对") from None


#: No web page of its own, nothing bound beyond this machine unless the cluster's own settings say so.
_LOCAL = {
    "spark.executorEnv.PYTHONPATH": str(ROOT),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
