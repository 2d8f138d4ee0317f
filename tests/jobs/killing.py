"""Jobs that are killed at any instant, forked from a process that has imported everything and opened no database.

`python -m tests.jobs.killing FOLDER`: after each kill every file is somewhere once, the store is whole, and what a job
acknowledged stands; at the end, left alone, the jobs do what was left.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from analytics import workdays
from analytics.jobs.declared import job_named
from analytics.jobs.history import DONE, RUNNING, History
from analytics.jobs.runner import SERVICE, run_job
from analytics.ledger import open_ledger
from analytics.sources import database as _database  # noqa: F401  before the forks
from analytics.sources import take as _take  # noqa: F401
from analytics.sources.book import TAKING, SourceBook
from analytics.store import Store
from analytics.store import backup as _backup  # noqa: F401
from tests.children import answered

KILLS = 30
ROWS = 30
NOW = dt.datetime(2026, 11, 25, 9)
#: A job is given up to so many times what it takes unhindered: most are killed, some get to their end.
LONGEST = 1.2
JOBS = ("热线", "办件库", "备份")
SETTINGS = """
[[sources]]
name = "热线"
kind = "folder"
folder = "{place}/in"
settle_seconds = 0

[[sources]]
name = "办件库"
kind = "database"
url = "sqlite:///{place}/office.db"
query = 'SELECT no AS "工单编号", at AS "受理时间", words AS "内容", changed AS "更新时间" FROM office_cases'
updated = "更新时间"

[[jobs]]
run = "backup"
folder = "{place}/out"
at = "06:30"
"""


def put(place: Path, number: int) -> None:
    """Let something new come into the folder and into the database."""
    lines = "".join(f"F{number:03d}-{i:02d},2026-11-02 09:00,贷款难\n" for i in range(ROWS))
    path = place / "in" / f"批{number}.csv"
    path.with_suffix(".part").write_text(f"工单编号,受理时间,内容\n{lines}", "utf-8")
    os.replace(path.with_suffix(".part"), path)
    with closing(sqlite3.connect(place / "office.db")) as con, con:
        rows = [
            (f"D{number:03d}-{i:02d}", "2026-11-02 09:00", "房租高", f"2026-11-20 {number // 60:02d}:{number % 60:02d}")
            for i in range(ROWS)
        ]
        con.executemany("INSERT INTO office_cases VALUES (?, ?, ?, ?)", rows)


def child_of(store: Store, name: str, minute: int) -> int:
    """Fork a child that runs a job and ends with 0 where it was done."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 2)
        at = NOW + dt.timedelta(minutes=minute)
        try:
            run = run_job(store, job_named(store.folder, name), lambda: at, SERVICE, patience=60)
            os._exit(0 if run.result == DONE else 4)
        except BaseException:
            os._exit(3)
    return child


def looked(store: Store) -> dict[str, object]:
    """Return how many cases a store holds, of which files, and whether it is whole."""
    if not store.current_id():
        return {"cases": 0, "batches": []}
    ledger = open_ledger(store)
    batches = list(ledger.run_sql("SELECT files FROM batches")["files"])
    return {"cases": ledger.counts["cases"], "batches": batches, "whole": store.damaged() is None}


def check(store: Store, place: Path, came: int) -> None:
    """Each file lies in one place; each was published at most once; nothing half is in."""
    held = [p.name for folder in ("in", "in/done", "in/refused") for p in (place / folder).glob("*.csv")]
    assert sorted(held) == sorted(f"批{n}.csv" for n in range(came)), held
    assert not list((place / "in" / "refused").glob("*"))
    found = answered(lambda: looked(store))
    assert found.get("whole", True)
    assert int(str(found["cases"])) % ROWS == 0
    batches = [b for b in found["batches"] if b.startswith("批")]  # type: ignore[attr-defined]
    assert len(batches) == len(set(batches)), "a file was imported twice"
    for backup in (place / "out").glob("insight-*.tar.gz"):
        assert backup.stat().st_size > 1000


def main(place: Path) -> None:
    """Kill jobs KILLS times and look after each; then let them do what was left."""
    store, rng = Store(place / "store"), random.Random(20261125)
    for folder in ("store", "in/done", "in/refused", "out"):
        (place / folder).mkdir(parents=True)
    (place / "store" / "settings.toml").write_text(SETTINGS.format(place=place), "utf-8")
    with closing(sqlite3.connect(place / "office.db")) as con, con:
        con.execute("CREATE TABLE office_cases (no TEXT, at TEXT, words TEXT, changed TEXT)")
    workdays.calendar()
    took = {}
    for number, name in enumerate(JOBS):
        put(place, number)
        start = time.perf_counter()
        _, status = os.waitpid(child_of(store, name, number), 0)
        assert os.waitstatus_to_exitcode(status) == 0, name
        took[name] = time.perf_counter() - start
    came, killed = len(JOBS), 0
    while killed < KILLS:
        put(place, came)
        came += 1
        child = child_of(store, JOBS[came % len(JOBS)], came)
        time.sleep(rng.random() * LONGEST * took[JOBS[came % len(JOBS)]])
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL), JOBS[came % len(JOBS)]
        killed += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        check(store, place, came)
    for name in JOBS:
        _, status = os.waitpid(child_of(store, name, came + 1), 0)
        assert os.waitstatus_to_exitcode(status) == 0, name
    check(store, place, came)
    assert int(str(answered(lambda: looked(store))["cases"])) == 2 * ROWS * came
    assert not list((place / "in").glob("*.csv"))
    assert not SourceBook(store.folder).entries(outcome=TAKING)
    assert not [r for r in History(store.folder).runs() if r.result == RUNNING]
    assert [p.name for p in (place / "out").iterdir() if not p.name.startswith("insight-")] == []
    print(f"killed {killed}, files {came}, runs {len(History(store.folder).runs(most=1000))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
