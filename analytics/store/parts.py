"""Sealed parts: what is settled of a large ledger lies in files that snapshots share and nobody writes again.

A case is settled when it is closed and nothing has happened to it for a while. Some hundred thousand
settled cases make a part, with all their rows, the ledger's own and the derived ones; a snapshot is its own
file with the rest, and its parts. So an import copies and derives what it touches, not the whole ledger.
A case of a part that is touched after all comes back into the snapshot's file, and the part is written anew without it.

See docs/decisions/0017.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analytics.store.counting import counted
from analytics.store.derive import DERIVED, OF_CASES, newest_event, one
from analytics.store.files import digest, sync_file, sync_folder
from analytics.store.schema import create_statements

#: Nothing has happened to a settled case for so many days.
QUIET_DAYS = 30
#: An open file with a larger share of free room is written anew.
MOSTLY_FREE = 0.8
#: What lies in a part, and the column by whose order: what is asked of a period is found in a few row groups.
ORDERED = {
    "cases": "accepted_at",
    "events": "happened_at",
    "ratings": "rated_at",
    "case_facts": "accepted_at",
    "spells": "opened_at",
    "stages": "happened_at",
    "transfers": "happened_at",
    "rating_facts": "rated_at",
}
#: The last that happened to a rating.
RATED_LAST = "max(greatest(rated_at, coalesce(called_back_at, rated_at), coalesce(rectified_at, rated_at)))"
assert set(ORDERED) == {*OF_CASES, *DERIVED}


@dataclass(frozen=True)
class Part:
    """One sealed file; ``newest`` as of a snapshot, ``last`` with call-backs and rectifications too."""

    id: str
    cases: int
    newest: dt.datetime
    last: dt.datetime
    size: int
    digest: str
    #: What ``counted`` counts of it; none where an older program sealed it.
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def schema(self) -> str:
        """The name under which a connection attaches it."""
        return f"part_{self.id}"

    def card(self) -> dict[str, object]:
        """Return the part as a snapshot's card names it."""
        told = {"newest": self.newest.isoformat(), "last": self.last.isoformat(), "counts": dict(self.counts)}
        return {**self.__dict__, **told}

    @classmethod
    def of(cls, card: dict) -> Part:
        """Read a part from a card; raises KeyError, TypeError or ValueError for a damaged one."""
        at = {name: dt.datetime.fromisoformat(card[name]) for name in ("newest", "last")}
        return cls(**{**card, **at, "counts": tuple(card.get("counts", {}).items())})


def path_of(folder: Path, part: Part) -> Path:
    return folder / f"{part.id}.duckdb"


def there(folder: Path, parts: Iterable[Part]) -> bool:
    """Tell whether every part's file is there in its full length (its content: see ``sound``; DuckDB checks each block)."""
    try:
        return all(path_of(folder, p).stat().st_size == p.size for p in parts)
    except OSError:
        return False


def sound(folder: Path, part: Part) -> bool:
    """Tell whether a part's content is as it was sealed; reads the whole file."""
    return there(folder, [part]) and digest(path_of(folder, part)) == part.digest


def attach(con: duckdb.DuckDBPyConnection, folder: Path, parts: Iterable[Part]) -> None:
    """Attach parts for reading."""
    for part in parts:
        con.execute(f"ATTACH {_quoted(path_of(folder, part))} AS {part.schema} (READ_ONLY)")


def together(table: str, schemas: Sequence[str], where: str = "") -> str:
    """Return the query of a table's rows in several schemas."""
    return " UNION ALL BY NAME ".join(f"SELECT * FROM {schema}.{table}{where}" for schema in schemas)


def settled(con: duckdb.DuckDBPyConnection, horizon: dt.datetime, size: int) -> int:
    """Number the settled cases of the open file by age, in the table ``settled`` (case_no, part); returns the full parts.

    Nothing is settled in a file of fewer than twice ``size`` cases.
    """
    if one(con, "SELECT count(*) FROM case_facts") < 2 * size:
        return 0
    con.execute(
        "CREATE OR REPLACE TEMP TABLE settled AS SELECT case_no,"
        f" (row_number() OVER (ORDER BY accepted_at, case_no) - 1) // {size} AS part FROM case_facts"
        " LEFT JOIN (SELECT case_no, max(happened_at) AS last FROM events GROUP BY case_no) e USING (case_no)"
        f" LEFT JOIN (SELECT case_no, {RATED_LAST} AS rated FROM ratings GROUP BY case_no) r USING (case_no)"
        " WHERE closed_at < $before AND NOT paused_now AND coalesce(e.last, closed_at) < $before"
        " AND coalesce(r.rated, closed_at) < $before",
        {"before": horizon - dt.timedelta(days=QUIET_DAYS)},
    )
    full = one(con, "SELECT count(*) FROM settled") // size
    con.execute(f"DELETE FROM settled WHERE part >= {full}")
    return full


def seal(con: duckdb.DuckDBPyConnection, folder: Path, schema: str, cases: str) -> Part | None:
    """Write the cases that a query names, with their rows of a schema, into a new part; None where it names none.

    Outside of a transaction: a statement writes one database at a time.
    """
    con.execute(f"CREATE OR REPLACE TEMP TABLE sealing AS SELECT DISTINCT case_no FROM ({cases})")
    count = one(con, "SELECT count(*) FROM sealing")
    if not count:
        return None
    folder.mkdir(exist_ok=True)
    draft = folder / f".draft-{os.getpid()}.duckdb"
    con.execute(f"ATTACH {_quoted(draft)} AS sealed")
    statements = create_statements("sealed")
    for table, column in ORDERED.items():
        con.execute(statements.get(table, f"CREATE TABLE sealed.{table} AS FROM {schema}.{table} LIMIT 0"))
        con.execute(
            f"INSERT INTO sealed.{table} BY NAME SELECT * FROM {schema}.{table} SEMI JOIN sealing USING (case_no)"
            f" ORDER BY {column}, case_no"
        )
    newest = newest_event(con, "sealed")
    assert newest, "a part has cases"
    (last,) = con.execute(f"SELECT {RATED_LAST} FROM sealed.ratings").fetchall()[0]
    counts = counts_of(con, "sealed")
    con.execute("CHECKPOINT sealed")
    con.execute("DETACH sealed")
    sync_file(draft)
    checksum = digest(draft)
    part = Part(checksum[:16], count, newest, max(newest, last or newest), draft.stat().st_size, checksum, counts)
    os.replace(draft, path_of(folder, part))
    sync_folder(folder)
    return part


def counts_of(con: duckdb.DuckDBPyConnection, schema: str) -> tuple[tuple[str, int], ...]:
    """Count what lies in a part, in the order of names: engines group in no order of their own."""
    return tuple(sorted(counted(lambda sql: con.execute(sql).df(), OF_CASES, f"{schema}.").items()))


def take_out(con: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """Delete the cases in ``settled`` from the open file; where little is left it is written anew. Returns the file.

    Room that is free is used by what comes next, so writing anew pays after a large first import only.
    """
    con.execute("BEGIN")  # one commit: each large one has DuckDB write the file anew
    for table in ORDERED:
        con.execute(f"DELETE FROM main.{table} WHERE case_no IN (SELECT case_no FROM settled)")
    con.execute("COMMIT")
    con.execute("CHECKPOINT")
    total, free = con.execute(
        "SELECT total_blocks, free_blocks FROM pragma_database_size() WHERE database_name = current_database()"
    ).fetchall()[0]
    return path if free < MOSTLY_FREE * total else written_anew(con, path)


def written_anew(con: duckdb.DuckDBPyConnection, path: Path) -> Path:
    """Copy an open file's rows into a fresh one, in which nothing stands in blocks that are free; returns the file."""
    (name,) = con.execute("SELECT current_database()").fetchall()[0]
    fresh = path.with_name(f"{path.name}.left")
    con.execute(f"ATTACH {_quoted(fresh)} AS fresh")
    con.execute(f'COPY FROM DATABASE "{name}" TO fresh')
    con.execute("CHECKPOINT fresh")
    con.execute("DETACH fresh")
    return fresh


def sweep(folder: Path, kept: Iterable[Part]) -> None:
    """Delete the files that no part of ``kept`` names: of snapshots that are gone, or of a process that was killed."""
    names = {f"{part.id}.duckdb" for part in kept}
    for path in folder.glob("*"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
