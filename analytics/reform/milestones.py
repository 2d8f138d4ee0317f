"""The plan's milestones (data/plan.csv): reached in time, reached late, not reached, or not measurable and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd

from analytics import model
from analytics.ledger import NEEDS, Ledger
from analytics.settings import DATA
from analytics.tables import Line, lines

PLAN = DATA / "plan.csv"

REACHED, LATE, UNDATED = "按时达到", "达到，晚于时限", "已达到，日期不明"
OPEN, UNKNOWN = "还没有达到", "无法用台账衡量"
VISITS = "走访/座谈会"
BOTH_WAYS = "线上线下"
LIFECYCLE = ("准入", "准营", "发展", "变更", "退出")


@dataclass(frozen=True)
class Milestone:
    """One milestone, its state, and the evidence in words."""

    phase: str
    name: str
    due: dt.date
    state: str
    evidence: str


@dataclass(frozen=True)
class Finding:
    """When (None: not yet, or ``undated``) and by what evidence."""

    reached: dt.date | None
    evidence: str
    undated: bool = False


def milestones(ledger: Ledger) -> list[Milestone]:
    """Return every milestone of the plan, judged by the ledger as it stands."""
    return [_judged(ledger, line) for line in read_plan(PLAN)]


def read_plan(path: Path) -> list[Line]:
    """Read the plan's table; raises SettingsError for a day that is none, an unknown check or an unknown need."""
    found = list(lines(path, ("phase", "milestone", "due", "check", "needs")))
    for line in found:
        try:
            dt.date.fromisoformat(line["due"])
        except ValueError:
            raise line.refuse("due", "日期请写成 2026-12-31") from None
        if line["check"] not in CHECKS:
            raise line.refuse("check", f"没有这种查法，可用：{'、'.join(CHECKS)}")
        if any(need not in NEEDS for need in line["needs"].split("|")):
            raise line.refuse("needs", f"请用 | 隔开，可用：{'、'.join(NEEDS)}")
    return found


def _judged(ledger: Ledger, row: Line) -> Milestone:
    due = dt.date.fromisoformat(row["due"])
    check = CHECKS[row["check"]]
    needs = tuple(row["needs"].split("|"))  # any of them will do
    lacking = ledger.lacks(needs)
    if len(lacking) == len(needs):
        return Milestone(row["phase"], row["milestone"], due, UNKNOWN, f"台账里没有{'，也没有'.join(lacking)}")
    found = check(ledger)
    if found.reached is None:
        state = UNDATED if found.undated else OPEN
    else:
        state = REACHED if found.reached <= due else LATE
    return Milestone(row["phase"], row["milestone"], due, state, found.evidence)


def _first_version(ledger: Ledger) -> Finding:
    items = ledger.table("items")
    rows = ledger.run(items.group_by("version").aggregate(since=items.in_force_from.min(), n=items.count()))
    first = rows.sort_values("since").iloc[0]
    # A list is made before it is in force; the ledger knows the second day only.
    since = pd.Timestamp(first["since"]).date()
    return Finding(
        since - dt.timedelta(days=1), f"{first['version']} {first['n']} 项，{since:%Y-%m-%d} 起生效，编制在此之前"
    )


def _stationed(ledger: Ledger) -> Finding:
    items = ledger.run(ledger.table("items"))
    rows = items[items["in_force_from"] == items["in_force_from"].min()]
    days = pd.to_datetime(rows["stationed_on"])
    told = days.dropna()
    last = told.max().date() if len(told) == len(rows) and len(rows) else None
    by_due = int((days <= pd.Timestamp(2024, 7, 31)).sum())
    return Finding(last, f"{len(rows)} 项中 {by_due} 项在 2024-07-31 前进驻，{len(rows) - len(told)} 项没有进驻日期")


def _teams(ledger: Ledger) -> Finding:
    officers = ledger.table("officers")
    rows = ledger.run(officers.group_by("module", "role").aggregate(n=officers.count()))
    whole = [m for m in model.MODULES if {"leader", "chief", "officer"} <= set(rows.loc[rows["module"] == m, "role"])]
    # The roster has no dates: that the teams stand is known, when they were formed is not.
    evidence = f"{len(model.MODULES)} 个模块中 {len(whole)} 个有分管领导、首席服务专员与服务专员；名册没有组建日期"
    return Finding(None, evidence, undated=len(whole) == len(model.MODULES))


def _rota(ledger: Ledger) -> Finding:
    rota = ledger.table("rota")
    first = ledger.run(rota.group_by("module").aggregate(first=rota.day.min()))
    if len(first) < len(model.MODULES):
        return Finding(None, f"{len(model.MODULES)} 支服务队中 {len(first)} 支有轮值表")
    last = pd.to_datetime(first["first"]).max().date()
    return Finding(last, f"九支服务队都有轮值，最晚的一支自 {last:%Y-%m-%d} 起")


def _visits(ledger: Ledger) -> Finding:
    facts = ledger.table("case_facts")
    mine = facts.filter(facts.channel == VISITS)
    rows = ledger.run(mine.aggregate(first=mine.accepted_at.min(), n=mine.count())).iloc[0]
    if not rows["n"]:
        return Finding(None, "没有来自走访、座谈会的诉求")
    return Finding(
        rows["first"].date(), f"来自走访、座谈会的诉求 {int(rows['n']):,} 件，首件在 {rows['first']:%Y-%m-%d}"
    )


def _dynamic(ledger: Ledger) -> Finding:
    items = ledger.table("items")
    rows = ledger.run(items.group_by("version").aggregate(since=items.in_force_from.min())).sort_values("since")
    if len(rows) < 2:
        return Finding(None, "台账里只有一个版本的清单")
    second = pd.Timestamp(rows["since"].iloc[1]).date()
    return Finding(second, f"已有 {len(rows)} 个版本，第二个自 {second:%Y-%m-%d} 起生效")


def _scenes(ledger: Ledger) -> Finding:
    rows = ledger.run(ledger.table("scenes"))
    day = pd.Timestamp((ledger.as_of - dt.timedelta(microseconds=1)).date())
    launched = rows[pd.to_datetime(rows["launched_on"]) <= day]
    first = pd.to_datetime(launched.groupby("module")["launched_on"].min())
    wanted = [m for m in model.MODULES if m != "relief"]
    have = [m for m in wanted if m in first.index]
    evidence = f"登记场景 {len(rows)} 个，已上线 {len(launched)} 个，{len(wanted)} 个板块中 {len(have)} 个有场景上线"
    return Finding(first[wanted].max().date() if len(have) == len(wanted) else None, evidence)


def _both_ways(ledger: Ledger) -> Finding:
    """Judge the integrated scenes; a ledger without scenes is judged by its list, which has no dates."""
    day = min((ledger.as_of - dt.timedelta(microseconds=1)).date(), dt.date(2025, 12, 31))
    if not ledger.lacks(("scenes",)):
        return _both_ways_scenes(ledger.run(ledger.table("scenes")), pd.Timestamp(day))
    items = ledger.table("items")
    listed = items.filter(
        items.in_force_from <= ibis.date(day), items.in_force_to.isnull() | (items.in_force_to >= ibis.date(day))
    )
    rows = ledger.run(listed.aggregate(n=listed.count(), both=listed.count(where=listed.online == BOTH_WAYS))).iloc[0]
    whole = rows["n"] and rows["both"] == rows["n"]
    evidence = f"清单 {int(rows['n'])} 项中 {int(rows['both'])} 项线上线下都能办"
    return Finding(None, evidence, undated=bool(whole))


def _both_ways_scenes(scenes: pd.DataFrame, day: pd.Timestamp) -> Finding:
    """Reached on the day from which every stage of the life cycle has a scene open both ways."""
    both = scenes[(scenes["online"] == BOTH_WAYS) & (pd.to_datetime(scenes["launched_on"]) <= day)]
    first = pd.to_datetime(both.groupby("lifecycle")["launched_on"].min())
    covered = [s for s in LIFECYCLE if s in first.index]
    missing = [s for s in LIFECYCLE if s not in covered]
    evidence = f"{day:%Y-%m-%d} 前上线的线上线下场景 {len(both)} 个，覆盖生命周期{'、'.join(covered) or '（无）'}"
    evidence += f"，缺{'、'.join(missing)}" if missing else "全部五个阶段"
    return Finding(None if missing else first[list(LIFECYCLE)].max().date(), evidence)


CHECKS: dict[str, Callable[[Ledger], Finding]] = {
    "list_2024": _first_version,
    "stationed": _stationed,
    "teams": _teams,
    "rota": _rota,
    "visits": _visits,
    "dynamic": _dynamic,
    "scenes": _scenes,
    "both_ways": _both_ways,
}
