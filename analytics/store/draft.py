"""A snapshot being written: what comes in, what is derived of it, and what settles."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analytics.model import TABLES
from analytics.store import parts
from analytics.store.counting import added, complete, counted
from analytics.store.derive import OF_CASES, derive, derive_again, newest_event, one
from analytics.store.files import StoreError, digest, sync_file, sync_folder
from analytics.store.parts import Part
from analytics.store.schema import NEWER, SCHEMA_VERSION, added_columns, column_types, create_statements
from analytics.store.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd

    from analytics.store.snapshots import Store


@dataclass
class Draft:
    """A snapshot being written: ``con`` is its open connection, inside a transaction.

    Its tables hold what is not sealed; what is comes in case by case (``touch``), or all at once (``open_all``).
    """

    store: Store
    con: duckdb.DuckDBPyConnection
    path: Path
    keep: int
    part_cases: int
    base: Snapshot | None = None
    #: All is derived anew, not only what was touched.
    everything: bool = False
    parts: list[Part] = field(default_factory=list)
    #: Parts of which a case came in: they are written anew.
    opened: set[Part] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.parts = list(self.base.parts) if self.base else []
        self.con.execute("CREATE TEMP TABLE touched (case_no VARCHAR)")
        self.con.execute("CREATE TEMP TABLE recalled (case_no VARCHAR)")

    def touch(self, cases: str) -> None:
        """Name cases that change (a query with ``case_no``): they come in from their parts and are derived anew."""
        con = self.con
        con.execute(f"CREATE OR REPLACE TEMP TABLE touching AS SELECT DISTINCT case_no FROM ({cases})")
        con.execute("INSERT INTO touched SELECT case_no FROM touching ANTI JOIN touched USING (case_no)")
        for part in self.parts:
            con.execute(
                f"CREATE OR REPLACE TEMP TABLE coming AS SELECT case_no FROM {part.schema}.cases"
                " SEMI JOIN touching USING (case_no) ANTI JOIN recalled USING (case_no)"
            )
            if not one(con, "SELECT count(*) FROM coming"):
                continue
            for table in OF_CASES:
                con.execute(
                    f"INSERT INTO {table} BY NAME SELECT * FROM {part.schema}.{table} SEMI JOIN coming USING (case_no)"
                )
            con.execute("INSERT INTO recalled SELECT case_no FROM coming")
            self.opened.add(part)

    def open_all(self) -> None:
        """Bring the whole ledger in, to be derived anew: for a writer who changes what it likes."""
        for part in self.parts:
            self.touch(f"SELECT case_no FROM {part.schema}.cases")
        self.everything = True

    def known(self, table: str, incoming: str) -> str:
        """Return the query of the rows of a ledger table, sealed ones only of the cases in ``incoming``."""
        rows = f"SELECT * FROM {table}"
        if table not in OF_CASES:
            return rows
        for part in self.parts:
            if one(self.con, f"SELECT count(*) FROM {part.schema}.cases SEMI JOIN {incoming} USING (case_no)"):
                rows += (
                    f" UNION ALL BY NAME SELECT * FROM {part.schema}.{table}"
                    f" SEMI JOIN {incoming} USING (case_no) ANTI JOIN recalled USING (case_no)"
                )
        return rows

    def accepted_between(self, first: dt.datetime, last: dt.datetime, columns: str) -> str:
        """Return the query of some columns of all cases accepted on the days from ``first`` to ``last``."""
        days = f"accepted_at::DATE BETWEEN '{first:%Y-%m-%d}' AND '{last:%Y-%m-%d}'"
        rows = f"SELECT {columns} FROM cases WHERE {days}"
        for part in self.parts:
            rows += (
                f" UNION ALL SELECT {columns} FROM {part.schema}.cases ANTI JOIN recalled USING (case_no) WHERE {days}"
            )
        return rows

    def touch_behind(self, key: str, changed: str) -> None:
        """Name the cases that point by ``key`` at changed rows of another table (a query with that column)."""
        for schema in ("main", *(part.schema for part in self.parts)):
            self.touch(f"SELECT case_no FROM {schema}.cases SEMI JOIN ({changed}) USING ({key})")

    def clear(self) -> None:
        """Forget the whole ledger and its batches; mappings stay."""
        for table in (*TABLES, "batches", "quarantine", "versions"):
            self.con.execute(f"DELETE FROM {table}")
        self.parts, self.opened, self.everything = [], set(), True

    def replace(self, table: str, frame: pd.DataFrame, batch: str) -> None:
        """Make a frame (columns of the table's own) the whole content of a ledger table."""
        types = column_types(TABLES[table])
        casts = ", ".join(f"{c}::{types[c]}" for c in frame.columns)
        self.con.register("whole", frame)
        self.con.execute(f"DELETE FROM {table}")
        self.con.execute(
            f"INSERT INTO {table} ({', '.join(frame.columns)}, batch) SELECT {casts}, '{batch}' FROM whole"
        )
        self.con.unregister("whole")

    def record_batch(
        self,
        batch: str,
        at: dt.datetime,
        files: str,
        profile: str,
        read: int,
        *,
        accepted: int | None = None,
        updated: int = 0,
        unchanged: int = 0,
        quarantined: int = 0,
        synthetic: bool = False,
    ) -> None:
        """Enter an import into the book of batches."""
        counts = [read, read if accepted is None else accepted, updated, unchanged, quarantined]
        self.con.execute(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [batch, at, files, profile, *counts, synthetic]
        )

    def publish(
        self, made_at: dt.datetime, note: str, batch: str | None = None, *, written_anew: bool = False
    ) -> Snapshot:
        """Derive, commit, seal what is settled, checkpoint, sync and make this the current snapshot.

        ``written_anew``: copy the rows into a fresh file, since what was erased still stands in blocks that are free.
        """
        horizon = self._derive(made_at)
        newest = self._newest()
        synthetic = one(self.con, "SELECT count(*) FROM batches WHERE synthetic") > 0
        self.con.execute("COMMIT")
        sealed, left = self._seal(horizon)
        cases = left + sum(part.cases for part in sealed)
        counts = added([counted(lambda sql: self.con.execute(sql).df()), *(dict(part.counts) for part in sealed)])
        self.con.execute("CHECKPOINT")
        if written_anew:
            self.path = parts.written_anew(self.con, self.path)
        self.con.close()
        number = 1 + max((int(p.stem[1:7]) for p in self.store.files.glob("S*.json")), default=0)
        snapshot = Snapshot(
            f"S{number:06d}-{made_at:%Y%m%d%H%M}",
            made_at,
            newest,
            cases,
            synthetic,
            note,
            batch,
            tuple(sealed),
            tuple(sorted(counts.items())),
        )
        final = self.store.path(snapshot.id)
        sync_file(self.path)
        checksum = digest(self.path)
        os.replace(self.path, final)
        card = snapshot.card() | {"digest": checksum}
        card_path = final.with_suffix(".json")
        card_path.write_text(json.dumps(card, ensure_ascii=False, indent=1), "utf-8")
        sync_file(card_path)
        sync_folder(self.store.files)
        self.store.point(snapshot.id)
        self.store.prune(self.keep)
        return snapshot

    def _newest(self) -> dt.datetime | None:
        """Return the newest event of the file and of the parts; of an opened part without the cases that came in."""
        times = [newest_event(self.con)]
        for part in self.parts:
            left = " ANTI JOIN recalled USING (case_no)"
            times.append(newest_event(self.con, part.schema, left) if part in self.opened else part.newest)
        return max((t for t in times if t), default=None)

    def _derive(self, made_at: dt.datetime) -> dt.datetime:
        """Derive what was touched, or all where that is most of it; returns the horizon."""
        horizon = (self._newest() or made_at).replace(microsecond=0) + dt.timedelta(seconds=1)
        for part in self.parts:
            if part.last >= horizon:  # the newest event has been corrected to far earlier
                self.touch(f"SELECT case_no FROM {part.schema}.cases")
        if self.base and not self.everything:
            # Besides what was touched, facts change with the horizon: of a clock that stands, of a call-back to come.
            edge = min(horizon, self.base.as_of)
            self.touch("SELECT case_no FROM case_facts WHERE paused_now")
            self.touch(
                f"SELECT case_no FROM ratings WHERE called_back_at >= TIMESTAMP '{edge}' OR rectified_at >= TIMESTAMP '{edge}'"
            )
        touched, cases = (one(self.con, f"SELECT count(*) FROM {table}") for table in ("touched", "cases"))
        if self.everything or 4 * touched > cases:
            derive(self.con, "main", "main", horizon)
        else:
            derive_again(self.con, "touched", horizon)
        return horizon

    def _seal(self, horizon: dt.datetime) -> tuple[list[Part], int]:
        """Write opened parts anew and what has settled since into new ones; returns all parts, and the cases in none."""
        con, folder, sealed = self.con, self.store.parts, []
        for part in self.parts:
            staying = f"SELECT case_no FROM {part.schema}.cases ANTI JOIN recalled USING (case_no)"
            sealed.append(parts.seal(con, folder, part.schema, staying) if part in self.opened else _counted(con, part))
        full = parts.settled(con, horizon, self.part_cases)
        for number in range(full):
            sealed.append(parts.seal(con, folder, "main", f"SELECT case_no FROM settled WHERE part = {number}"))
        if full:
            self.path = parts.take_out(con, self.path)
        return [part for part in sealed if part], one(con, "SELECT count(*) FROM cases")


def _counted(con: duckdb.DuckDBPyConnection, part: Part) -> Part:
    """Return the part with its counts, of which one that an older program sealed lacks some or all."""
    return part if complete(dict(part.counts)) else replace(part, counts=parts.counts_of(con, part.schema))


def bring_up(con: duckdb.DuckDBPyConnection) -> bool:
    """Give a new or older snapshot every table of the schema of now and tell whether it was one; StoreError for a newer."""
    for statement in create_statements().values():
        con.execute(statement)
    known = con.execute("SELECT value FROM meta WHERE key = 'schema'").fetchall()
    if known and int(known[0][0]) > SCHEMA_VERSION:
        raise StoreError(NEWER)
    if known and int(known[0][0]) < SCHEMA_VERSION:
        for statement in added_columns():
            con.execute(statement)
    con.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", [str(SCHEMA_VERSION)])
    if known:
        return int(known[0][0]) < SCHEMA_VERSION
    from analytics import workdays  # pandas: a server listens before it needs it

    days = workdays.calendar()
    con.register("days", days)
    con.execute("INSERT INTO calendar SELECT day::DATE, is_workday, through FROM days")
    con.unregister("days")
    return True
