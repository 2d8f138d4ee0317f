"""What was taken from each source, and how far: a small SQLite book in the store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path

from analytics.store.books import told_book

TAKING, DONE, REFUSED, WAITING = "taking", "done", "refused", "waiting"
OUTCOMES = {TAKING: "正在取", DONE: "已导入", REFUSED: "未导入", WAITING: "还在写入"}
COUNTS = ("read", "accepted", "updated", "unchanged", "quarantined")
_TABLES = (
    "CREATE TABLE IF NOT EXISTS taken (seq INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL,"
    " target TEXT NOT NULL, digest TEXT NOT NULL, begun TEXT NOT NULL, outcome TEXT NOT NULL, batch TEXT NOT NULL DEFAULT '',"
    " read INTEGER NOT NULL DEFAULT 0, accepted INTEGER NOT NULL DEFAULT 0, updated INTEGER NOT NULL DEFAULT 0,"
    " unchanged INTEGER NOT NULL DEFAULT 0, quarantined INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT '')",
    "CREATE INDEX IF NOT EXISTS by_source ON taken (source, seq)",
    "CREATE TABLE IF NOT EXISTS looks (source TEXT, name TEXT, size INTEGER, changed INTEGER, seen TEXT,"
    " PRIMARY KEY (source, name))",
    "CREATE TABLE IF NOT EXISTS state (source TEXT PRIMARY KEY, looked TEXT NOT NULL DEFAULT '', mark TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE IF NOT EXISTS known (source TEXT, row BLOB, PRIMARY KEY (source, row)) WITHOUT ROWID",
)


@dataclass(frozen=True)
class Taken:
    """One file or one portion of a query: what became of it, in rows. ``outcome`` is a key of OUTCOMES."""

    seq: int
    source: str
    name: str
    target: str
    digest: str
    begun: dt.datetime
    outcome: str
    batch: str
    read: int
    accepted: int
    updated: int
    unchanged: int
    quarantined: int
    message: str


@dataclass(frozen=True)
class Standing:
    """How a source stands: when it was last looked at and last gave something, and how much in all."""

    looked: dt.datetime | None
    last: Taken | None
    imported: int
    refused: int
    rows: int


class SourceBook:
    """The book of all sources of one store, in ``sources/sources.sqlite``."""

    def __init__(self, folder: Path):
        self.path = folder / "sources" / "sources.sqlite"

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return told_book(self.path, _TABLES, "自动导入的记录读写不了", private=True)

    # -- what is taken ------------------------------------------------------------------------

    def begin(self, source: str, name: str, target: str, digest: str, begun: dt.datetime) -> int:
        """Write down that something is about to be taken, before it is; returns its number."""
        with self._open() as con, con:
            made = con.execute(
                "INSERT INTO taken (source, name, target, digest, begun, outcome) VALUES (?, ?, ?, ?, ?, ?)",
                (source, name, target, digest, begun.isoformat(), TAKING),
            )
            return int(made.lastrowid or 0)

    def end(
        self, seq: int, outcome: str, message: str, batch: str = "", counts: Mapping[str, int] | None = None
    ) -> None:
        """Write down what became of it; nothing to be told of (an unchanged query) leaves no entry."""
        given = {name: int((counts or {}).get(name, 0)) for name in COUNTS}
        sets = ", ".join(f"{name} = :{name}" for name in COUNTS)
        with self._open() as con, con:
            con.execute(
                f"UPDATE taken SET outcome = :outcome, message = :message, batch = :batch, {sets} WHERE seq = :seq",
                given | {"outcome": outcome, "message": message, "batch": batch, "seq": seq},
            )

    def drop(self, seq: int) -> None:
        """Forget an entry that came to nothing."""
        with self._open() as con, con:
            con.execute("DELETE FROM taken WHERE seq = ?", (seq,))

    def entries(self, source: str = "", outcome: str = "", most: int = 200) -> list[Taken]:
        """Return entries, the newest first, of one source or outcome if given."""
        if not self.path.exists():
            return []
        columns = ", ".join(f.name for f in fields(Taken))
        sql = f"SELECT {columns} FROM taken WHERE ? IN ('', source) AND ? IN ('', outcome) ORDER BY seq DESC LIMIT ?"
        with self._open() as con:
            return [_taken(row) for row in con.execute(sql, (source, outcome, most))]

    def tries(self, source: str, name: str, digest: str) -> int:
        """Return how often taking this very file was begun and never ended."""
        with self._open() as con:
            sql = "SELECT count(*) FROM taken WHERE source = ? AND name = ? AND digest = ? AND outcome = ?"
            return int(con.execute(sql, (source, name, digest, TAKING)).fetchone()[0])

    def standing(self, source: str) -> Standing:
        """Return how a source stands."""
        if not self.path.exists():
            return Standing(None, None, 0, 0, 0)
        with self._open() as con:
            looked = con.execute("SELECT looked FROM state WHERE source = ?", (source,)).fetchone()
            counts = con.execute(
                "SELECT count(*) FILTER (WHERE outcome = ?), count(*) FILTER (WHERE outcome = ?), sum(accepted + updated)"
                " FROM taken WHERE source = ?",
                (DONE, REFUSED, source),
            ).fetchone()
        last = next((t for t in self.entries(source, most=20) if t.outcome in (DONE, REFUSED)), None)
        at = dt.datetime.fromisoformat(looked[0]) if looked and looked[0] else None
        return Standing(at, last, int(counts[0]), int(counts[1]), int(counts[2] or 0))

    # -- how far ------------------------------------------------------------------------------

    def looks(self, source: str) -> dict[str, tuple[int, int, dt.datetime]]:
        """Return file → (size, time of change in ns, since when it is so) as of the last look at a folder."""
        with self._open() as con:
            rows = con.execute("SELECT name, size, changed, seen FROM looks WHERE source = ?", (source,)).fetchall()
        return {name: (size, changed, dt.datetime.fromisoformat(seen)) for name, size, changed, seen in rows}

    def keep_looks(self, source: str, found: Mapping[str, tuple[int, int, dt.datetime]]) -> None:
        with self._open() as con, con:
            con.execute("DELETE FROM looks WHERE source = ?", (source,))
            rows = [(source, name, size, changed, seen.isoformat()) for name, (size, changed, seen) in found.items()]
            con.executemany("INSERT INTO looks VALUES (?, ?, ?, ?, ?)", rows)

    def looked(self, source: str, at: dt.datetime) -> None:
        """Write down when a source was last looked at to the end."""
        with self._open() as con, con:
            _set(con, source, "looked", at.isoformat())

    def mark(self, source: str) -> str:
        """Return how far a query was read, '' for not at all (see increment)."""
        with self._open() as con:
            found = con.execute("SELECT mark FROM state WHERE source = ?", (source,)).fetchone()
        return found[0] if found else ""

    def known(self, source: str) -> set[bytes]:
        """Return the digests of rows that are asked for again though they are in."""
        with self._open() as con:
            return {row for (row,) in con.execute("SELECT row FROM known WHERE source = ?", (source,))}

    def advance(self, source: str, mark: str, known: Iterable[bytes]) -> None:
        """Move the mark and replace the known rows, in one step."""
        with self._open() as con, con:
            _set(con, source, "mark", mark)
            con.execute("DELETE FROM known WHERE source = ?", (source,))
            con.executemany("INSERT OR IGNORE INTO known VALUES (?, ?)", ((source, row) for row in known))

    def forget(self, source: str) -> None:
        """Let the next take of a query begin from the start."""
        self.advance(source, "", ())


def _set(con: sqlite3.Connection, source: str, column: str, value: str) -> None:
    con.execute(
        f"INSERT INTO state (source, {column}) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET {column} = excluded.{column}",
        (source, value),
    )


def _taken(row: tuple) -> Taken:
    values = dict(zip((f.name for f in fields(Taken)), row, strict=True))
    return Taken(**values | {"begun": dt.datetime.fromisoformat(values["begun"])})
