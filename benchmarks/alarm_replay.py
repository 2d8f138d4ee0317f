"""Alarms week by week: discovery and alarms as of every Sunday's end, beside what readers (or the demo's truth) say.

Usage: python -m benchmarks alarm_replay [board|replies|shuffled|demo] [SEED] [CASES]
(default: board, which needs ../shared/real). ``replies`` plays the last two years of the other real file. ``shuffled`` lets
every message of the board keep its words and sender and take the time of another: what rises there rises by chance.
``demo`` plays the last year of a demo ledger.
Prints one line for each alarm that was raised, and for the largest matter one for each week.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analytics import ingest
from analytics.demo import generate, write_store
from analytics.issues import IssueDesk
from analytics.issues.alarm_list import FALLEN, alarms
from analytics.issues.alarms import BASELINE_WEEKS, FEWEST_WEEKS, GUARD_WEEKS
from analytics.ledger import open_ledger
from analytics.settings import ROOT, load_settings
from analytics.store import Store

AS_OF = dt.datetime(2026, 11, 24, 17, 30)
DAYS_A_MONTH = 365.25 / 12
REAL = ROOT.parent / "shared" / "real"
FILES = {
    "board": ("board_messages.xlsx", "board_groups.csv"),
    "replies": ("messages_with_replies.xlsx", "replies_groups.csv"),
}


@dataclass
class Raised:
    """One matter that was in alarm: what was said of it on which Sunday."""

    said: list[tuple[pd.Timestamp, dict]] = field(default_factory=list)

    @property
    def cases(self) -> set[str]:
        return set().union(*(row["case_nos"] for _, row in self.said))


def sundays(store: Store, weeks: int | None = None) -> list[pd.Timestamp]:
    """Return the Mondays (0:00) with which the weeks of a ledger end, from the first that can be judged on."""
    at = (
        open_ledger(store).reader.frame("SELECT min(accepted_at) AS first, max(accepted_at) AS last FROM cases").iloc[0]
    )
    ends = pd.date_range(at["first"].normalize(), at["last"] + pd.Timedelta(weeks=1), freq="W-MON")[1:]
    return list(ends[FEWEST_WEEKS + GUARD_WEEKS :] if weeks is None else ends[-weeks:])


def played(store: Store, ends: list[pd.Timestamp]) -> Iterator[tuple[pd.Timestamp, pd.DataFrame]]:
    """Discover and judge as of each week's end, one after the other."""
    desk = IssueDesk(store)
    for end in ends:
        ledger = open_ledger(store, as_of=end.to_pydatetime())
        desk.discover(ledger)
        begun = time.monotonic()
        told = alarms(desk.attach(ledger))
        print(f"{end:%Y-%m-%d} {len(told)} alarms, {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
        yield end, told


def raised(told: list[tuple[pd.Timestamp, pd.DataFrame]]) -> list[Raised]:
    """Put what was said on several Sundays of the same cases together."""
    found: list[Raised] = []
    for end, table in told:
        for row in table.to_dict("records"):
            cases = set(row["case_nos"])
            same = [r for r in found if 2 * len(r.cases & cases) >= min(len(r.cases), len(cases))]
            if row["state"] != FALLEN and not same:
                found.append(Raised())
                same = found[-1:]
            for r in same[:1]:
                r.said.append((end, row))
    return found


def verdict(cases: set[str], truth: pd.Series) -> tuple[str, int]:
    """Return the group that most of the cases are of, and how many."""
    groups = Counter(g for g in truth.reindex(sorted(cases)) if isinstance(g, str) and g)
    return groups.most_common(1)[0] if groups else ("—", 0)


def report(told: list[tuple[pd.Timestamp, pd.DataFrame]], truth: pd.Series, names: pd.Series) -> None:
    """Print one line for each alarm."""
    found = raised(told)
    months = len(told) * 7 / DAYS_A_MONTH
    print(
        "\n| 首报（周日） | 末报 | 层级 | 名称 | 自 | 首报件数 | 最多 | 预期 | 偶然 | 状态 | 多数属于 | 其中 | 是同一件事 |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    wrong = Counter()
    for r in found:
        (first, row), (last, _) = r.said[0], r.said[-1]
        group, n = verdict(set(row["case_nos"]), truth)
        right = n >= 3 and 2 * n >= len(row["case_nos"])
        wrong[row["level"]] += not right
        states = "→".join(dict.fromkeys(x["state"] for _, x in r.said))
        day = lambda t: f"{t - pd.Timedelta(days=1):%Y-%m-%d}"  # noqa: E731
        most = max(x["observed"] for _, x in r.said)
        print(
            f"| {day(first)} | {day(last)} | {row['level']} | {row['name']} | {row['since']:%m-%d} | {row['observed']} | {most} |"
            f" {row['expected']:.1f} | {row['chance']:.4f} | {states} | {names.get(group, group)} | {n} | {'是' if right else '否'} |"
        )
    by_level = "、".join(f"{k} {v}" for k, v in wrong.items() if v)
    print(
        f"\n{len(found)} 次预警，{months:.1f} 个月，每月 {len(found) / months:.2f} 次；多数不属同一件事的每月 {sum(wrong.values()) / months:.2f} 次（{by_level}）"
    )


def weeks_of(group: str, told: list[tuple[pd.Timestamp, pd.DataFrame]], truth: pd.Series, at: pd.Series) -> None:
    """Print week by week how many cases of one group came, and what the alarm says."""
    own = truth.index[truth == group]
    came = at.reindex(own)
    print("\n| 周（周一） | 读者件数 | 预警 | 自 | 预警件数 | 读者同期 | 预期 | 偶然 | 状态 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for end, table in told:
        begun = end - pd.Timedelta(weeks=1)
        if end < came.min() or begun > came.max() + pd.Timedelta(weeks=6):
            continue
        mine = [r for r in table.to_dict("records") if verdict(set(r["case_nos"]), truth)[0] == group]
        n = int(((came >= begun) & (came < end)).sum())
        for row in mine or [None]:
            if row is None:
                print(f"| {begun:%Y-%m-%d} | {n} | 无 | | | | | | |")
                continue
            until = end if row["state"] != FALLEN else row["last"] + pd.Timedelta(weeks=1)
            read = int(((came >= row["since"]) & (came < until)).sum())
            print(
                f"| {begun:%Y-%m-%d} | {n} | {row['level']}「{row['name']}」 | {row['since']:%m-%d} | {row['observed']} | {read} |"
                f" {row['expected']:.1f} | {row['chance']:.2g} | {row['state']} |"
            )


def messages(folder: str, name: str, read: str, seed: int | None) -> tuple[Store, pd.Series, pd.Series, pd.Series]:
    """Import a real file (its times exchanged where there is a seed); returns the store, readers' groups, their names, times."""
    file = REAL / name
    if seed is not None:
        rows = pd.read_excel(file, dtype=str, engine="calamine")
        rows["留言时间"] = np.random.default_rng(seed).permutation(rows["留言时间"].to_numpy())
        file = Path(folder) / name
        rows.to_excel(file, index=False)
    store, settings = Store(Path(folder) / "store"), load_settings()
    ingest.run_import(store, ingest.plan_files([(file.name, file.read_bytes())], settings), settings, AS_OF)
    groups = pd.read_csv(REAL / read, dtype=str).fillna("").drop_duplicates("留言编号").set_index("留言编号")
    names = groups.groupby("具体问题")["具体问题名称"].first()
    at = open_ledger(store).reader.frame("SELECT case_no, accepted_at FROM cases").set_index("case_no")["accepted_at"]
    return store, groups["具体问题"], names, at


def demo(folder: str, seed: int, cases: int) -> tuple[Store, pd.Series, pd.Series, pd.Series]:
    """Write a demo ledger; returns the store, the planted problems of its cases, their names, times."""
    made = generate(AS_OF, cases=cases, enterprises=max(400, cases // 8), seed=seed)
    store = Store(folder)
    write_store(store, made, AS_OF)
    truth = made.truth.set_index("case_no")["problem_no"].astype(str)
    planted = {str(p["problem_no"]): f"植入突发 {p['first_day']}" for p in made.plants["emergences"]}
    at = open_ledger(store).reader.frame("SELECT case_no, accepted_at FROM cases").set_index("case_no")["accepted_at"]
    return store, truth, pd.Series(planted), at


def main(arguments: list[str]) -> None:
    """Play a ledger week by week and print what was told."""
    what = arguments[0] if arguments else "board"
    numbers = [int(a) for a in arguments[1:]]
    with tempfile.TemporaryDirectory() as folder:
        if what == "demo":
            store, truth, names, at = demo(folder, numbers[0] if numbers else 1, (numbers[1:] or [10_000])[0])
            ends = sundays(store, 2 * BASELINE_WEEKS)
        else:
            files = FILES["replies" if what == "replies" else "board"]
            store, truth, names, at = messages(folder, *files, (numbers or [0])[0] if what == "shuffled" else None)
            ends = sundays(store, 4 * BASELINE_WEEKS if what == "replies" else None)
        told = list(played(store, ends))
    report(told, truth, names)
    if what == "board":
        weeks_of(truth[truth != ""].value_counts().index[0], told, truth, at)
