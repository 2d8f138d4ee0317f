"""How each job went: a small SQLite book in the store, without a value of the ledger in it."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path

from analytics.privacy import mask_text
from analytics.store.books import told_book

RUNNING, DONE, FAILED, KILLED = "running", "done", "failed", "killed"
RESULTS = {RUNNING: "正在做", DONE: "完成", FAILED: "没有做成", KILLED: "中途被结束"}
BAD = (FAILED, KILLED)
#: Runs of each job that are kept.
KEPT = 500
LONGEST = 500
_TABLES = (
    "CREATE TABLE IF NOT EXISTS runs (seq INTEGER PRIMARY KEY, job TEXT NOT NULL, started TEXT NOT NULL, ended TEXT,"
    " result TEXT NOT NULL, attempt INTEGER NOT NULL, message TEXT NOT NULL, process INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS by_job ON runs (job, seq)",
    "CREATE TABLE IF NOT EXISTS since (job TEXT PRIMARY KEY, schedule TEXT NOT NULL, at TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Run:
    """One run of a job; ``attempt`` counts from 1, further ones are retries. ``result`` is a key of RESULTS."""

    seq: int
    job: str
    started: dt.datetime
    ended: dt.datetime | None
    result: str
    attempt: int
    message: str

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it runs."""
        return (self.ended - self.started).total_seconds() if self.ended else None


class History:
    """The book of one store's jobs, in ``jobs/history.sqlite``."""

    def __init__(self, folder: Path):
        self.path = folder / "jobs" / "history.sqlite"

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return told_book(self.path, _TABLES, "任务的记录读写不了", private=True)

    def begin(self, job: str, started: dt.datetime, attempt: int) -> int:
        """Write down that a job begins; returns the run's number. The caller holds the lock of runs."""
        self.close_left(started)
        with self._open() as con, con:
            con.execute(
                "DELETE FROM runs WHERE job = ? AND seq NOT IN (SELECT seq FROM runs WHERE job = ? ORDER BY seq DESC LIMIT ?)",
                (job, job, KEPT),
            )
            made = con.execute(
                "INSERT INTO runs (job, started, result, attempt, message, process) VALUES (?, ?, ?, ?, '', ?)",
                (job, started.isoformat(), RUNNING, attempt, os.getpid()),
            )
            return int(made.lastrowid or 0)

    def end(self, seq: int, ended: dt.datetime, result: str, message: str) -> None:
        """Write down how it went; phones, numbers and names in the message are masked."""
        with self._open() as con, con:
            con.execute(
                "UPDATE runs SET ended = ?, result = ?, message = ? WHERE seq = ?",
                (ended.isoformat(), result, mask_text(message)[:LONGEST], seq),
            )

    def close_left(self, now: dt.datetime) -> None:
        """Say of runs that never ended that they were killed; the caller holds the lock of runs, so none goes on."""
        if not self.path.exists():
            return
        with self._open() as con, con:
            con.execute(
                "UPDATE runs SET ended = ?, result = ?, message = ? WHERE result = ?",
                (now.isoformat(), KILLED, "进程中途被结束（断电、重启或内存不够），数据完好，会再做一次", RUNNING),
            )

    def runs(self, job: str = "", most: int = 100) -> list[Run]:
        """Return the newest runs first, of one job if given."""
        if not self.path.exists():
            return []
        columns = ", ".join(f.name for f in fields(Run))
        with self._open() as con:
            rows = con.execute(
                f"SELECT {columns} FROM runs WHERE ? IN ('', job) ORDER BY seq DESC LIMIT ?", (job, most)
            ).fetchall()
        return [_run(r) for r in rows]

    def last(self, job: str) -> Run | None:
        """Return a job's newest run, None where it never ran."""
        return next(iter(self.runs(job, 1)), None)

    def since(self, job: str, schedule: str, now: dt.datetime) -> dt.datetime:
        """Return since when a job is declared with this schedule; written down when it is first asked."""
        with self._open() as con, con:
            found = con.execute("SELECT schedule, at FROM since WHERE job = ?", (job,)).fetchone()
            if found and found[0] == schedule:
                return dt.datetime.fromisoformat(found[1])
            con.execute("INSERT OR REPLACE INTO since VALUES (?, ?, ?)", (job, schedule, now.isoformat()))
        return now


def _run(row: tuple) -> Run:
    seq, job, started, ended, result, attempt, message = row
    at = dt.datetime.fromisoformat
    return Run(seq, job, at(started), at(ended) if ended else None, result, attempt, message)
