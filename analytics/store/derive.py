"""Derive case facts, spells and stage times from the ledger as it stood at one instant.

See docs/decisions/0002.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from analytics import model

SQL = (Path(__file__).with_name("derive.sql")).read_text("utf-8")
#: The ledger's own tables whose rows speak of a case.
OF_CASES = ("cases", "events", "ratings")
#: So many cases are derived at once; of more the sorting would not fit into memory.
AT_ONCE = 500_000
#: Stages in the order in which those of one instant came; a follow-up stands beside the way of a case.
STAGES = tuple(stage for stage in model.STAGES if stage != "followed_up")
#: Of those, the ones that a case's way (``path``) names.
WAYS = tuple(stage for stage in STAGES if stage not in ("received", "paused", "resumed"))
#: Microseconds of a day; a working day has as many.
DAY = 86_400_000_000
DERIVED = ("case_facts", "spells", "stages", "transfers", "rating_facts")


def derive(con: duckdb.DuckDBPyConnection, src: str, dst: str, as_of: dt.datetime) -> None:
    """Write the derived tables of ``src`` into ``dst``, knowing nothing at or after as_of; AT_ONCE cases at a time."""
    if one(con, f"SELECT count(*) FROM {src}.cases") <= AT_ONCE:
        return _derived(con, src, dst, as_of)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE portions AS SELECT case_no,"
        f" (row_number() OVER (ORDER BY accepted_at, case_no) - 1) // {AT_ONCE} AS portion FROM {src}.cases"
    )
    for number in range(1 + one(con, "SELECT max(portion) FROM portions")):
        con.execute(f"CREATE OR REPLACE TEMP TABLE portion AS SELECT case_no FROM portions WHERE portion = {number}")
        with _derived_of(con, "portion", src, as_of) as here:
            for table in DERIVED:
                into = f"INSERT INTO {dst}.{table}" if number else f"CREATE OR REPLACE TABLE {dst}.{table} AS"
                con.execute(f"{into} SELECT * FROM {here}.{table}")
    con.execute("DROP TABLE portions")
    con.execute("DROP TABLE portion")


def derive_again(con: duckdb.DuckDBPyConnection, cases: str, as_of: dt.datetime) -> None:
    """Derive anew what a table of case numbers names, in place: what follows of a case follows from its rows alone.

    Besides its own rows a case's facts rest on its enterprise, its item and the calendar; whoever changes those
    names the cases behind them.
    """
    with _derived_of(con, cases, "main", as_of) as here:
        for table in DERIVED:
            con.execute(f"DELETE FROM main.{table} WHERE case_no IN (SELECT case_no FROM {cases})")
            con.execute(f"INSERT INTO main.{table} BY NAME SELECT * FROM {here}.{table}")


@contextmanager
def _derived_of(con: duckdb.DuckDBPyConnection, cases: str, src: str, as_of: dt.datetime) -> Iterator[str]:
    """Derive what concerns the cases that a table names, into a schema that is there for the block."""
    con.execute("CREATE SCHEMA chosen")
    for table in OF_CASES:
        con.execute(f"CREATE VIEW chosen.{table} AS SELECT * FROM {src}.{table} SEMI JOIN {cases} USING (case_no)")
    for table in ("enterprises", "items", "calendar"):
        con.execute(f"CREATE VIEW chosen.{table} AS SELECT * FROM {src}.{table}")
    con.execute("CREATE SCHEMA derived_now")
    _derived(con, "chosen", "derived_now", as_of)
    yield "derived_now"
    for table in DERIVED:  # one by one: a cascade would drop what the transaction has yet to write
        con.execute(f"DROP TABLE derived_now.{table}")
    con.execute("DROP SCHEMA derived_now")
    con.execute("DROP SCHEMA chosen CASCADE")


def _derived(con: duckdb.DuckDBPyConnection, src: str, dst: str, as_of: dt.datetime) -> None:
    for statement in SQL.format(src=src, dst=dst, day=DAY, stages=[*STAGES], ways=[*WAYS]).split(";\n"):
        text = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
        if text.strip():
            con.execute(text, {"as_of": as_of} if "$as_of" in text else None)


def one(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Return the number that a query gives; read to its end, for a result left open bars the connection."""
    return int(con.execute(sql).fetchall()[0][0])


def newest_event(con: duckdb.DuckDBPyConnection, schema: str = "main", of: str = "") -> dt.datetime | None:
    """Return the latest time of anything that happened in the ledger, or in another schema's rows (``of``: a join)."""
    rows = con.execute(
        f"SELECT greatest((SELECT max(greatest(accepted_at, coalesce(closed_at, accepted_at))) FROM {schema}.cases{of}),"
        f" (SELECT max(happened_at) FROM {schema}.events{of}), (SELECT max(rated_at) FROM {schema}.ratings{of}))"
    ).fetchall()
    return rows[0][0] if rows else None
