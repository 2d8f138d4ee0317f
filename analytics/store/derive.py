"""Derive case facts, spells and stage times from the ledger as it stood at one instant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

SQL = (Path(__file__).with_name("derive.sql")).read_text("utf-8")
DERIVED = ("case_facts", "spells", "stages", "transfers", "rating_facts")


def derive(con: duckdb.DuckDBPyConnection, src: str, dst: str, as_of: dt.datetime) -> None:
    """Write the derived tables of ``src`` into ``dst``, knowing nothing at or after as_of."""
    for statement in SQL.format(src=src, dst=dst).split(";\n"):
        text = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
        if text.strip():
            con.execute(text, {"as_of": as_of} if "$as_of" in text else None)


def newest_event(con: duckdb.DuckDBPyConnection) -> dt.datetime | None:
    """Return the latest time of anything that happened in the ledger."""
    rows = con.execute(
        "SELECT greatest((SELECT max(greatest(accepted_at, coalesce(closed_at, accepted_at))) FROM cases),"
        " (SELECT max(happened_at) FROM events), (SELECT max(rated_at) FROM ratings))"
    ).fetchall()
    return rows[0][0] if rows else None
