"""The tables of a snapshot, made from the vocabulary.

See docs/decisions/0018.
"""

from __future__ import annotations

from analytics.model import TABLES, Table

#: 2: activities, scenes, first consultation. 3: the way a case went. 4: co-departments, pauses by the hour. 5: the office's own class. An older
#: snapshot is read by deriving anew, and written as the newest.
SCHEMA_VERSION = 5
NEWER = "这份台账是由较新版本的程序写的，请先升级程序再打开"
TYPES = {"time": "TIMESTAMP", "day": "DATE", "integer": "INTEGER", "grade": "TINYINT"}
#: Texts of which no two are alike: packed so they take less than half the room and a small part of the time to write.
PACKED = " USING COMPRESSION zstd"
LONG = dict.fromkeys(("content", "reply"), PACKED)

#: Book-keeping beside the ledger's own tables.
BOOKS = {
    "meta": "key VARCHAR PRIMARY KEY, value VARCHAR",
    "batches": (
        "batch VARCHAR, imported_at TIMESTAMP, files VARCHAR, profile VARCHAR, read INTEGER, "
        "accepted INTEGER, updated INTEGER, unchanged INTEGER, quarantined INTEGER, synthetic BOOLEAN"
    ),
    "quarantine": (
        "batch VARCHAR, file VARCHAR, sheet VARCHAR, row_no INTEGER, table_name VARCHAR, "
        f"reason VARCHAR, heads VARCHAR, cells VARCHAR{PACKED}, kind VARCHAR"
    ),
    "versions": f"table_name VARCHAR, key VARCHAR, batch VARCHAR, replaced_by VARCHAR, old_row VARCHAR{PACKED}",
    "profiles": "name VARCHAR, table_name VARCHAR, signature VARCHAR, mapping VARCHAR, saved_at TIMESTAMP",
}


def column_types(table: Table) -> dict[str, str]:
    """Return column → DuckDB type of a ledger table, ``batch`` last."""
    types = {c.name: TYPES.get(c.kind, "VARCHAR") for c in table.columns}
    return types | {"batch": "VARCHAR"}


def create_statements(schema: str = "main") -> dict[str, str]:
    """Return table → its DDL; on an older snapshot it adds the tables that are missing."""
    columns = {
        t.name: ", ".join(f"{c} {k}{LONG.get(c, '')}" for c, k in column_types(t).items()) for t in TABLES.values()
    }
    columns |= BOOKS | {"calendar": "day DATE, is_workday BOOLEAN, through INTEGER"}
    return {name: f"CREATE TABLE IF NOT EXISTS {schema}.{name} ({of})" for name, of in columns.items()}


def added_columns() -> list[str]:
    """Return the statements that give the tables of an older snapshot the columns that they lack."""
    cases = [f"ALTER TABLE cases ADD COLUMN IF NOT EXISTS {c} {k}" for c, k in column_types(TABLES["cases"]).items()]
    return [*cases, "ALTER TABLE quarantine ADD COLUMN IF NOT EXISTS kind VARCHAR"]
