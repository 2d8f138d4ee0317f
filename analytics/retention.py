"""What has been kept long enough: personal data and texts of old cases are erased, what is counted stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from analytics import model
from analytics.lingering import ERASED, OLD, Lingering, erased_columns, lingering, old_cases
from analytics.store import Draft, Store, StoreError, open_duckdb
from analytics.store.audit import FORGOTTEN, AuditLog
from analytics.store.files import clear
from analytics.store.runs import RunBook
from analytics.viewer import ADMINISTER, LOCAL, Viewer


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
    #: What still holds such data beside the ledger itself, also where an earlier erasing was interrupted.
    left: tuple[Lingering, ...]

    @property
    def nothing(self) -> bool:
        """There is nothing left to erase."""
        return not (self.cases or self.quarantined or self.versions or self.erasable)

    @property
    def erasable(self) -> list[Lingering]:
        return [one for one in self.left if one.kind in ERASED]

    def summary(self) -> dict[str, object]:
        return {
            "before": self.day,
            "cases": len(self.cases),
            "by_year": self.by_year,
            "cells": self.filled,
            "quarantined": self.quarantined,
            "versions": self.versions,
            "left": [str(one) for one in self.left],
        }

    def sentence(self) -> str:
        """Say in Chinese what the plan erases."""
        others = "；".join(str(one) for one in self.left if one.kind not in ERASED)
        told = f"这些不会自动删，请自行处理：{others}。" if others else ""
        if self.nothing:
            return f"{self.day:%Y-%m-%d} 以前办结、还留着个人信息或文字的工单：没有。{told}"
        years = "，".join(f"{y} 年 {n:,} 件" for y, n in self.by_year.items())
        cells = "、".join(f"{name} {n:,} 格" for name, n in self.filled.items() if n)
        return (
            f"{self.day:%Y-%m-%d} 以前办结的工单 {len(self.cases):,} 件（{years}）：抹去 {cells}；"
            f"删去相应的旧版本 {self.versions:,} 行、隔离行 {self.quarantined:,} 行，以及还留着它们的旧文件 {len(self.erasable)} 个"
            f"{'（' if self.erasable else ''}{'、'.join(map(str, self.erasable))}{'）' if self.erasable else ''}。"
            f"受理与办结时间、模块、部门、评价等级等统计所需的保留。{told}"
        )


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
        f"SELECT case_no, year(accepted_at) AS year FROM cases WHERE case_no IN ({OLD}) AND ({some})", given
    )
    filled: dict[str, int] = {}
    for table, names in columns.items():
        counts = reader.frame(
            f"SELECT {', '.join(f'count({c}) AS {c}' for c in names)} FROM {table} WHERE case_no IN ({OLD})", given
        ).iloc[0]
        for name in names:
            label = model.TABLES[table].column(name).label
            filled[label] = filled.get(label, 0) + int(counts[name])
    kept_out = reader.frame(
        "SELECT count(*) AS n FROM quarantine q JOIN batches b USING (batch) WHERE b.imported_at < $day", given
    )
    versions = reader.frame(f"SELECT count(*) AS n FROM versions WHERE split_part(key, '|', 1) IN ({OLD})", given)
    by_year = {int(y): int(n) for y, n in old["year"].value_counts().sort_index().items()}
    return Plan(
        day,
        years,
        tuple(old["case_no"]),
        by_year,
        filled,
        int(kept_out["n"].iloc[0]),
        int(versions["n"].iloc[0]),
        tuple(lingering(store, day)),
    )


def apply(store: Store, plan: Plan, now: dt.datetime, viewer: Viewer = LOCAL) -> None:
    """Carry a plan out: a new snapshot without what is erased, and no older copy of it anywhere in the store.

    Killed at any point, a second run finds what the first has left (see ``lingering``). Backups and briefings made before
    still hold it; they are named, and are for who keeps them.
    """
    viewer.require(ADMINISTER)
    if plan.nothing:
        return
    if plan.cases or plan.quarantined or plan.versions:
        with store.draft(keep=1) as draft:
            _erase(draft, plan)
            draft.publish(
                now, f"留存期满 {plan.years} 年，抹去 {len(plan.cases):,} 件工单的个人信息与文字", written_anew=True
            )
    with store.writing():
        _sweep(store, plan.day)
    if still := [one for one in lingering(store, plan.day) if one.kind in ERASED]:
        raise StoreError(f"还有没能抹去的：{'、'.join(map(str, still))}；请检查磁盘和权限后再运行一次")
    AuditLog(store.folder).record(viewer, FORGOTTEN, f"{plan.day}", plan.summary())


def _sweep(store: Store, day: dt.date) -> None:
    """Delete every older copy of the ledger, and the words that runs keep of old cases. The caller holds the lock."""
    current = store.current()
    assert current is not None
    for other in {p.stem for p in store.files.glob("S*")} - {current.id}:  # damaged ones too
        store.remove(other)
    for folder in (store.files, store.parts):
        for draft in folder.glob(".draft-*"):
            clear(draft)
    for copied in store.parquet.glob("S*"):
        if not copied.name.startswith(current.id):
            clear(copied)
    store.sweep()
    old = set(old_cases(store, current, day))
    for kind in ("real", "demo"):
        RunBook(store.folder / "issues" / kind).forget(old)


def _erase(draft: Draft, plan: Plan) -> None:
    con, given = draft.con, {"day": plan.day}
    con.execute(f"CREATE TEMP TABLE old AS {OLD}", given)
    con.execute("DELETE FROM versions WHERE split_part(key, '|', 1) IN (SELECT case_no FROM old)")
    for table, names in erased_columns().items():
        sets = ", ".join(f"{c} = NULL" for c in names)
        con.execute(f"UPDATE {table} SET {sets} WHERE case_no IN (SELECT case_no FROM old)")
    con.execute("DELETE FROM quarantine WHERE batch IN (SELECT batch FROM batches WHERE imported_at < $day)", given)
    con.execute("DROP TABLE old")
