"""Small SQLite files that several processes write at once: all opened in one way."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path


@contextmanager
def open_book(
    path: Path, statements: Iterable[str], *, private: bool = False, patience: float = 20
) -> Iterator[sqlite3.Connection]:
    """Open a file, made with its tables where it is not there; raises sqlite3.Error or OSError where that fails.

    ``private``: a new file is for its owner alone. Whoever writes waits up to ``patience`` seconds for others.
    """
    fresh = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=patience)) as con:
        if fresh and private:
            os.chmod(path, 0o600)
        with suppress(sqlite3.OperationalError):  # SQLite does not wait here: another process is setting the same
            con.execute("PRAGMA journal_mode = WAL")
        con.execute("PRAGMA synchronous = FULL")
        for statement in statements:
            con.execute(statement)
        yield con
