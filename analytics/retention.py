"""What has been kept long enough: personal data and texts of old cases are erased, what is counted stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from analytics import model
from analytics.privacy import FREE_TEXT, PERSONAL
from analytics.store import Draft, Store, StoreError, open_duckdb
from analytics.store.audit import FORGOTTEN, AuditLog
from analytics.store.runs import RunBook
from analytics.viewer import ADMINISTER, LOCAL, Viewer

#: Ledger tables whose rows speak of a case.
_OF_CASES = ("cases", "events", "ratings")
#: A case is kept until it was closed, by its own column or by an event, and all that happened to it lies before the day.
_OLD = (
    "SELECT c.case_no FROM cases c LEFT JOIN (SELECT case_no, max(happened_at) AS last,"
    " arg_max(stage, (happened_at, stage)) FILTER (stage IN ('closed', 'reopened')) AS state"
    " FROM events GROUP BY case_no) e USING (case_no)"
    " WHERE c.accepted_at < $day AND coalesce(c.closed_at < $day, true) AND coalesce(e.last < $day, true)"
    " AND coalesce(e.state = 'closed', c.closed_at IS NOT NULL)"
)


@dataclass(frozen=True)
class Plan:
    """What would be erased: cases closed before ``day``, by the year they were accepted in, and older copies."""

    day: dt.date
    years: int
    cases: tuple[str, ...]
    by_year: dict[int, int]
    filled: dict[str, int]
    quarantined: int
    versions: int
    snapshots: tuple[str, ...]

    def summary(self) -> dict[str, object]:
        return {
            "before": self.day,
            "cases": len(self.cases),
            "by_year": self.by_year,
            "cells": self.filled,
            "quarantined": self.quarantined,
            "versions": self.versions,
            "snapshots": list(self.snapshots),
        }

    def sentence(self) -> str:
        """Say in Chinese what the plan erases."""
        if not self.cases:
            return f"{self.day:%Y-%m-%d} 以前办结、还留着个人信息或文字的工单：没有。"
        years = "，".join(f"{y} 年 {n:,} 件" for y, n in self.by_year.items())
        cells = "、".join(f"{name} {n:,} 格" for name, n in self.filled.items() if n)
        return (
            f"{self.day:%Y-%m-%d} 以前办结的工单 {len(self.cases):,} 件（{years}）：抹去 {cells}；"
            f"删去相应的旧版本 {self.versions:,} 行、隔离行 {self.quarantined:,} 行，以及更早的快照 {len(self.snapshots)} 个。"
            "受理与办结时间、模块、部门、评价等级等统计所需的保留。"
        )


def erased_columns() -> dict[str, list[str]]:
    """Return ledger table → its columns that are erased: personal ones and free texts."""
    return {
        name: [
            c for c in model.TABLES[name].names if (c in PERSONAL or c in FREE_TEXT) and c not in model.TABLES[name].key
        ]
        for name in _OF_CASES
    }


def plan(store: Store, years: int, today: dt.date, viewer: Viewer = LOCAL) -> Plan:
    """Return what keeping cases for so many years would erase today; nothing is changed."""
    viewer.require(ADMINISTER)
    current = store.current()
    if current is None:
        raise StoreError("还没有台账")
    day = (pd.Timestamp(today) - pd.DateOffset(years=years)).date()
    reader, given = open_duckdb(store, current, current.as_of), {"day": day}
    columns = erased_columns()
    some = " OR ".join(f"{c} IS NOT NULL" for c in columns["cases"])
    old = reader.frame(
        f"SELECT case_no, year(accepted_at) AS year FROM cases WHERE case_no IN ({_OLD}) AND ({some})", given
    )
    filled: dict[str, int] = {}
    for table, names in columns.items():
        counts = reader.frame(
            f"SELECT {', '.join(f'count({c}) AS {c}' for c in names)} FROM {table} WHERE case_no IN ({_OLD})", given
        ).iloc[0]
        for name in names:
            label = model.TABLES[table].column(name).label
            filled[label] = filled.get(label, 0) + int(counts[name])
    kept_out = reader.frame(
        "SELECT count(*) AS n FROM quarantine q JOIN batches b USING (batch) WHERE b.imported_at < $day", given
    )
    versions = reader.frame(f"SELECT count(*) AS n FROM versions WHERE split_part(key, '|', 1) IN ({_OLD})", given)
    others = tuple(sorted({p.stem for p in store.files.glob("S*")} - {current.id}))
    by_year = {int(y): int(n) for y, n in old["year"].value_counts().sort_index().items()}
    return Plan(
        day,
        years,
        tuple(old["case_no"]),
        by_year,
        filled,
        int(kept_out["n"].iloc[0]),
        int(versions["n"].iloc[0]),
        others,
    )


def apply(store: Store, plan: Plan, now: dt.datetime, viewer: Viewer = LOCAL) -> None:
    """Carry a plan out: a new snapshot without what is erased, and no older copy of it anywhere in the store.

    Backups and briefings made before still hold it; that is for who keeps them.
    """
    viewer.require(ADMINISTER)
    if not plan.cases:
        return
    with store.draft(keep=1) as draft:
        _erase(draft, plan)
        snapshot = draft.publish(now, f"留存期满 {plan.years} 年，抹去 {len(plan.cases):,} 件工单的个人信息与文字")
    with store.writing():
        for other in {p.stem for p in store.files.glob("S*")} - {snapshot.id}:  # damaged ones too
            store.remove(other)
        store.sweep()
        RunBook(store.folder / f"issues/{store.kind}").forget(set(plan.cases))
    AuditLog(store.folder).record(viewer, FORGOTTEN, f"{plan.day}", plan.summary())


def _erase(draft: Draft, plan: Plan) -> None:
    con, given = draft.con, {"day": plan.day}
    con.execute(f"CREATE TEMP TABLE old AS {_OLD}", given)
    con.execute("DELETE FROM versions WHERE split_part(key, '|', 1) IN (SELECT case_no FROM old)")
    for table, names in erased_columns().items():
        sets = ", ".join(f"{c} = NULL" for c in names)
        con.execute(f"UPDATE {table} SET {sets} WHERE case_no IN (SELECT case_no FROM old)")
    con.execute("DELETE FROM quarantine WHERE batch IN (SELECT batch FROM batches WHERE imported_at < $day)", given)
    con.execute("DROP TABLE old")
