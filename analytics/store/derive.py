"""Derive case facts, spells and stage times from the ledger as it stood at one instant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

SQL = (Path(__file__).with_name("derive.sql")).read_text("utf-8")
#: The ledger's own tables whose rows speak of a case.
OF_CASES = ("cases", "events", "ratings")
#: Stages in the order in which those of one instant came.
STAGES = (
    "accepted", "transferred", "received", "returned", "processing", "paused", "resumed", "consulted", "supervised",
    "replied", "closed", "reopened",
)  # fmt: skip
#: Of those, the ones that a case's way (``path``) names.
WAYS = tuple(stage for stage in STAGES if stage not in ("received", "paused", "resumed"))
DERIVED = ("case_facts", "spells", "stages", "transfers", "rating_facts")


def derive(con: duckdb.DuckDBPyConnection, src: str, dst: str, as_of: dt.datetime) -> None:
    """Write the derived tables of ``src`` into ``dst``, knowing nothing at or after as_of."""
    for statement in SQL.format(src=src, dst=dst, stages=[*STAGES], ways=[*WAYS]).split(";\n"):
        text = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
        if text.strip():
            con.execute(text, {"as_of": as_of} if "$as_of" in text else None)


def derive_again(con: duckdb.DuckDBPyConnection, cases: str, as_of: dt.datetime) -> None:
    """Derive anew what a table of case numbers names, in place: what follows of a case follows from its rows alone.

    Besides its own rows a case's facts rest on its enterprise, its item and the calendar; whoever changes those
    names the cases behind them.
    """
    con.execute("CREATE SCHEMA touched_now")
    for table in OF_CASES:
        con.execute(f"CREATE VIEW touched_now.{table} AS SELECT * FROM main.{table} SEMI JOIN {cases} USING (case_no)")
    for table in ("enterprises", "items", "calendar"):
        con.execute(f"CREATE VIEW touched_now.{table} AS SELECT * FROM main.{table}")
    con.execute("CREATE SCHEMA derived_now")
    derive(con, "touched_now", "derived_now", as_of)
    for table in DERIVED:
        con.execute(f"DELETE FROM main.{table} WHERE case_no IN (SELECT case_no FROM {cases})")
        con.execute(f"INSERT INTO main.{table} BY NAME SELECT * FROM derived_now.{table}")
        con.execute(f"DROP TABLE derived_now.{table}")
    con.execute("DROP SCHEMA derived_now")
    con.execute("DROP SCHEMA touched_now CASCADE")


def newest_event(con: duckdb.DuckDBPyConnection, schema: str = "main") -> dt.datetime | None:
    """Return the latest time of anything that happened in the ledger, or in another schema's rows."""
    rows = con.execute(
        f"SELECT greatest((SELECT max(greatest(accepted_at, coalesce(closed_at, accepted_at))) FROM {schema}.cases),"
        f" (SELECT max(happened_at) FROM {schema}.events), (SELECT max(rated_at) FROM {schema}.ratings))"
    ).fetchall()
    return rows[0][0] if rows else None
