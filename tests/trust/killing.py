"""Work on a store that is killed at any instant, forked from a process that has imported everything and opened no database.

`python -m tests.trust.killing FOLDER [TIMES]`; the test kills a hundred times.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analytics import ingest, workdays
from analytics.briefing.compose import Request
from analytics.briefing.office import Office, writers
from analytics.briefing.period import parse
from analytics.issues import IssueDesk
from analytics.issues import discovery as _discovery  # noqa: F401  before the forks
from analytics.issues.texts import stop_words
from analytics.ledger import open_ledger
from analytics.settings import load_settings
from analytics.store import Store
from analytics.store.audit import AuditLog
from tests.children import answered

NOW = dt.datetime(2026, 11, 25, 9)
ROWS = 60
#: So few cases make a part that imports seal some.
PART = 100
#: Job → how often it is killed of a hundred times.
KILLS = {"import": 40, "decide": 30, "discover": 15, "brief": 15}
#: A job is first given up to so many times what it takes unhindered, then less or more (see :func:`next_longest`).
LONGEST = 1.2


def file_of(number: int) -> tuple[str, bytes]:
    """Return the ledger file of one batch: ROWS cases of its own, with events and a rating each; every other is of long ago."""
    month = "2026-08" if number % 2 else "2026-11"
    lines = ["工单编号,受理时间,内容,承办部门,服务模块,办结时间,评价等级"]
    lines += [
        f"K{number:04d}-{i:03d},{month}-{i % 20 + 1:02d} 09:00,请协调解决贷款续期的第{i % 7}种问题,甲局,金融服务,{month}-{i % 3 + 21} 10:00,满意"
        for i in range(ROWS)
    ]
    return f"批{number}.csv", "\n".join(lines).encode()


def importing(store: Store, number: int, say: Callable[[str], None]) -> None:
    settings = replace(load_settings(), part_cases=PART)
    result = ingest.run_import(store, ingest.plan_files([file_of(number)], settings), settings, NOW)
    say(f"{number} {result.snapshot}")


def discovering(store: Store, number: int, say: Callable[[str], None]) -> None:
    say(IssueDesk(store).discover(open_ledger(store)).id)


def deciding(store: Store, number: int, say: Callable[[str], None]) -> None:
    desk = IssueDesk(store)
    for i in range(400):
        say(str(desk.mark("note", f"T{number}", f"第 {i} 步", "测试")))


def briefing(store: Store, number: int, say: Callable[[str], None]) -> None:
    made = Office(store).deliver(Request(parse("2026-W47"), parts=("overall",)), ("html", "xlsx"), "测试")
    say(made.folder.name)


JOBS = {"import": importing, "discover": discovering, "decide": deciding, "brief": briefing}


def warm() -> None:
    """Do once, before the forks, what every process does first and what opens no database."""
    workdays.calendar()
    stop_words()
    writers()


def killed(folder: Path, job: str, number: int, rng: random.Random, longest: float) -> tuple[list[str], bool]:
    """Run a job in a child and kill it after a random while; return what it acknowledged, and whether it got to its end."""
    child, read = _begun(folder, job, number)
    time.sleep(rng.random() * longest)
    os.kill(child, signal.SIGKILL)
    return _ended(child, read, (job, number))


def next_longest(longest: float, *, ended: bool) -> float:
    """Return the longest wait before the next kill of a job: what is as quick as the machine now is, of which some get to their end."""
    return longest * (0.7 if ended else 1.05)


def whole(folder: Path, job: str, number: int) -> tuple[list[str], float]:
    """Run a job to its end; return what it acknowledged and how many seconds it took."""
    start = time.perf_counter()
    child, read = _begun(folder, job, number)
    lines, done = _ended(child, read, (job, number))
    assert done
    return lines, time.perf_counter() - start


def _begun(folder: Path, job: str, number: int) -> tuple[int, int]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 2)
        try:
            JOBS[job](Store(folder), number, lambda text: os.write(write, f"{text}\n".encode()) and None)
            os._exit(0)
        except BaseException:
            os._exit(3)
    os.close(write)
    return child, read


def _ended(child: int, read: int, of: tuple[str, int]) -> tuple[list[str], bool]:
    with os.fdopen(read) as lines:
        told = lines.read().splitlines()
    _, status = os.waitpid(child, 0)
    assert not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == 3), of
    return told, os.WIFEXITED(status)


def state(folder: Path) -> dict[str, object]:
    """Return what stands in a store, as a fresh process sees it."""
    return answered(lambda: _looked(Store(folder)))


def _looked(store: Store) -> dict[str, object]:
    ledger = open_ledger(store)
    cases = ledger.run_sql(
        "SELECT split_part(case_no, '-', 1) AS batch, count(*) AS n FROM cases GROUP BY 1 ORDER BY 1"
    )
    others = ledger.run_sql(
        "SELECT (SELECT count(*) FROM ratings) AS ratings, (SELECT count(*) FROM case_facts) AS facts,"
        " (SELECT count(*) FROM batches) AS batches"
    ).iloc[0]
    desk, office = IssueDesk(store), Office(store)
    found = desk.findings(ledger)
    deliveries = office.deliveries()
    return {
        "snapshot": ledger.snapshot.id,
        "whole": store.damaged() is None,
        "batches": dict(zip(cases["batch"], map(int, cases["n"]), strict=True)),
        "ratings": int(others["ratings"]),
        "facts": int(others["facts"]),
        "imports": int(others["batches"]),
        "run": found.run.id if found else None,
        "classified": len(found.cases) if found else 0,
        "decisions": [d.seq for d in desk.history()],
        "deliveries": [d.folder.name for d in deliveries],
        "files": all((d.folder / f).stat().st_size > 0 for d in deliveries for f in d.files),
        "audit": AuditLog(store.folder).verify(),
    }


def main(folder: Path, hundreds: int) -> None:
    """Kill some hundred times in the midst, looking at the store after every fifth run; raises AssertionError for what does not stand.

    A run that got to its end before its kill is no kill: the job is run once more.
    """
    rng = random.Random(20261125)
    warm()
    killed(folder, "import", 0, rng, 0)  # before anything stands
    told: dict[str, set[str]] = {}
    longest: dict[str, float] = {}
    for job in JOBS:
        lines, _ = whole(folder, job, 0)
        more, takes = whole(folder, job, 900)  # the second is what it takes when the disk is warm
        longest[job] = LONGEST * takes
        told[job] = {*lines, *more}
    jobs = [job for job, times in KILLS.items() for _ in range(hundreds * times)]
    rng.shuffle(jobs)
    before = state(folder)
    number = 0
    while jobs:
        number += 1
        job = jobs.pop()
        lines, ended = killed(folder, job, number, rng, longest[job])
        longest[job] = next_longest(longest[job], ended=ended)
        told[job] |= set(lines)
        if ended:
            jobs.insert(rng.randint(0, len(jobs)), job)
        if number % 5 and jobs:
            continue
        now = state(folder)
        assert now["whole"], number
        assert now["audit"] is None, (number, now["audit"])
        assert set(now["batches"].values()) == {ROWS}, "a batch is wholly in or wholly out"
        assert now["facts"] == now["ratings"] == ROWS * len(now["batches"])
        assert set(before["batches"]) <= set(now["batches"])
        assert {f"K{int(line.split()[0]):04d}" for line in told["import"]} <= set(now["batches"])
        assert {int(line) for line in told["decide"]} <= set(now["decisions"]), "a decision acknowledged is kept"
        assert now["decisions"] == list(range(1, len(now["decisions"]) + 1))
        assert told["brief"] <= set(now["deliveries"])
        assert now["files"]
        assert not told["discover"] or now["run"] >= max(told["discover"])
        before = now


if __name__ == "__main__":
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    main(Path(sys.argv[1]), times // 100)
    print("killed", times // 100 * 100)
