"""Files that several processes write at once."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from analytics.store.books import open_book

TABLE = ("CREATE TABLE IF NOT EXISTS rows (a INTEGER)",)


def test_whoever_opens_a_file_that_another_is_just_making_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "books" / "a.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE rows (a INTEGER)")
        done = threading.Timer(0.5, other.commit)
        done.start()
        with open_book(path, TABLE) as con, con:
            con.execute("INSERT INTO rows VALUES (1)")
        done.join()
        assert other.execute("SELECT count(*) FROM rows").fetchone() == (1,)


def test_a_private_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    with open_book(tmp_path / "own", TABLE, private=True) as con:
        assert (tmp_path / "own").stat().st_mode & 0o077 == 0
        assert con.execute("PRAGMA journal_mode").fetchone() == ("wal",)
