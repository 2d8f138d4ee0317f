"""Small SQLite files that several processes write at once: all opened in one way."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from analytics.store.files import StoreError


@contextmanager
def told_book(
    path: Path, statements: Iterable[str], fault: str, *, private: bool = False
) -> Iterator[sqlite3.Connection]:
    """Open a file as ``open_book`` does; what fails, then or in the block, is a StoreError that begins with ``fault``."""
    try:
        with open_book(path, statements, private=private) as con:
            yield con
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{fault}（{type(error).__name__}），请检查数据目录的空间和权限") from None


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
