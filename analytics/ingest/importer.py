"""One import is one transaction is one snapshot: plan, check, merge, account, publish."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

import pandas as pd

from analytics.ingest.mapping import SheetPlan, plan_sheet
from analytics.ingest.parsing import plain
from analytics.ingest.readers import RefusedFile, read_file
from analytics.ingest.splitting import split
from analytics.ingest.upsert import orphans, remember_profile, upsert
from analytics.ingest.validation import Parsed, validate
from analytics.model import TABLES
from analytics.settings import Settings
from analytics.store import Draft, Snapshot, Store

Progress = Callable[[float, str], None]
Profiles = dict[str, tuple[str, str, dict[str, str]]]
ORDER = tuple(TABLES)
SPEAKS_OF_CASE = {"events": "happened_at", "ratings": "rated_at"}


@dataclass
class Quarantined:
    """One row kept out, with its original cells and the reason."""

    file: str
    sheet: str
    row_no: int
    table: str
    reason: str
    heads: list[str]
    cells: list[object]


@dataclass
class ImportResult:
    """The account of an import: the four outcomes add up to ``read``."""

    batch: str
    read: int = 0
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    snapshot: str | None = None
    published: bool = False
    quarantine: list[Quarantined] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)

    def summary(self) -> dict[str, object]:
        names = ("read", "accepted", "updated", "unchanged", "quarantined", "snapshot", "batch")
        return {k: v for k, v in asdict(self).items() if k in names}


def kept_profiles(store: Store) -> Profiles:
    """Return signature → (name, table, column → head) of the current snapshot."""
    from analytics.store import open_reader

    current = store.current()
    if current is None:
        return {}
    rows = open_reader(store, current, current.as_of).frame("SELECT * FROM profiles")
    return {r.signature: (r.name, r.table_name, json.loads(r.mapping)) for r in rows.itertuples(index=False)}


def plan_files(
    files: Iterable[tuple[str, bytes]], settings: Settings, profiles: Profiles | None = None
) -> list[SheetPlan]:
    """Read files and guess each sheet's table and mapping; raises RefusedFile.

    A sheet in which nothing required is found is passed over when another sheet of the
    file fits (instructions, drop-down lists); alone it is refused.
    """
    plans: list[SheetPlan] = []
    for name, content in files:
        found = [plan_sheet(s, profiles) for s in read_file(name, content, settings)]
        fitting = [p for p in found if not p.missing]
        plans += fitting or found
        if not found:
            raise RefusedFile(name, "文件里没有任何数据，请检查导出是否成功")
    return plans


def run_import(
    store: Store,
    plans: list[SheetPlan],
    settings: Settings,
    now: dt.datetime,
    *,
    profile: str = "",
    dry_run: bool = False,
    progress: Progress = lambda share, text: None,
) -> ImportResult:
    """Check and merge planned sheets; publish one snapshot unless dry_run or nothing changed.

    Raises RefusedFile when a sheet lacks what its table requires (the store is untouched).
    """
    for plan in plans:
        if plan.missing:
            heads = "、".join(h for h in plan.heads[:12] if h) or "（没有表头）"
            raise RefusedFile(
                plan.sheet.file,
                f"{'工作表「' + plan.sheet.sheet + '」' if plan.sheet.sheet else ''}第 {plan.header_row + 1} 行的表头里找不到："
                f"{'、'.join(plan.missing)}；读到的表头是：{heads}。请在数据管理页手工对应，或改表头后再导入",
            )
    result = ImportResult(batch=f"B{now:%Y%m%d%H%M%S}-{uuid.uuid4().hex[:6]}")
    parsed = []
    for done, plan in enumerate(plans):
        progress(0.6 * done / len(plans), f"正在核对 {plan.sheet.file} {plan.sheet.sheet}")
        parsed.append(validate(plan, now))
    progress(0.6, "正在并入台账")
    with store.draft(settings.keep_snapshots) as draft:
        _merge(draft, parsed, result)
        progress(0.85, "正在生成快照")
        if not dry_run:
            _publish(draft, plans, result, now, profile)
    progress(1.0, "完成")
    return result


def _merge(draft: Draft, parsed: list[Parsed], result: ImportResult) -> None:
    outcome: dict[tuple[int, int], Counter[str]] = {}
    refused: dict[tuple[int, int], str] = {}
    for sheet_no, sheet in sorted(enumerate(parsed), key=lambda p: ORDER.index(p[1].plan.table)):
        result.read += len(sheet.frame)
        result.warnings += [
            f"{sheet.plan.sheet.file} {sheet.plan.sheet.sheet}：{n}".replace(" ：", "：")
            for n in (*sheet.plan.notes, *sheet.warnings)
        ]
        refused |= {(sheet_no, int(r.row_no)): r.reason for r in sheet.bad.itertuples()}
        good = sheet.good.assign(row_id=sheet.good["row_no"])
        for table, rows in split(sheet.plan.table, good).items():
            if sheet.plan.table in SPEAKS_OF_CASE:
                lost = orphans(draft.con, rows, SPEAKS_OF_CASE[table])
                refused |= {(sheet_no, int(i)): why for i, why in lost.items()}
                rows = rows[~rows["row_id"].isin(lost)]
            if rows.empty:
                continue
            statuses = upsert(draft.con, table, rows, result.batch)
            result.tables[table] = result.tables.get(table, 0) + int((statuses["status"] != "unchanged").sum())
            for row_id, status in zip(statuses["row_id"], statuses["status"], strict=True):
                outcome.setdefault((sheet_no, int(row_id)), Counter())[
                    status if table == sheet.plan.table or status != "accepted" else "updated"
                ] += 1
    for tally in outcome.values():
        name = next(s for s in ("accepted", "updated", "unchanged") if tally[s])
        setattr(result, name, getattr(result, name) + 1)
    result.quarantine = [_quarantined(parsed[s], row_no, why) for (s, row_no), why in sorted(refused.items())]
    result.quarantined = len(result.quarantine)
    if result.accepted + result.updated + result.unchanged + result.quarantined != result.read:
        raise AssertionError(f"rows do not add up: {result.summary()}")


def _quarantined(sheet: Parsed, row_no: int, why: str) -> Quarantined:
    plan = sheet.plan
    where = f"{plan.sheet.file}{' 工作表「' + plan.sheet.sheet + '」' if plan.sheet.sheet else ''}第 {row_no} 行"
    return Quarantined(
        plan.sheet.file,
        plan.sheet.sheet,
        row_no,
        plan.table,
        f"{where}：{why}",
        plan.heads,
        sheet.cells[row_no],
    )


def _publish(
    draft: Draft, plans: list[SheetPlan], result: ImportResult, now: dt.datetime, profile: str
) -> Snapshot | None:
    current = draft.store.current()
    changed = result.accepted + result.updated > 0
    con = draft.con
    mappings_new = False
    for plan in plans:
        heads = {c: plan.heads[i] for c, i in plan.mapping.items()}
        name = profile or plan.profile or plan.sheet.file.rsplit(".", 1)[0]
        known = con.execute("SELECT mapping, name FROM profiles WHERE signature = ?", [plan.signature]).fetchone()
        if not known or json.loads(known[0]) != heads or known[1] != name:
            remember_profile(con, name, plan.table, plan.signature, heads, now)
            mappings_new = True
    fresh_quarantine = _new_quarantine(con, result)
    if current and not changed and not fresh_quarantine and not mappings_new:
        result.snapshot = current.id
        return None
    if result.quarantine:
        _write_quarantine(con, result)
    con.execute(
        "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, false)",
        [
            result.batch,
            now,
            "、".join(dict.fromkeys(p.sheet.file for p in plans)),
            profile,
            result.read,
            result.accepted,
            result.updated,
            result.unchanged,
            result.quarantined,
        ],
    )
    files = "、".join(dict.fromkeys(p.sheet.file for p in plans))
    snapshot = draft.publish(now, f"导入 {files}", result.batch)
    result.snapshot, result.published = snapshot.id, True
    return snapshot


def _new_quarantine(con: object, result: ImportResult) -> bool:
    known = {tuple(r) for r in con.execute("SELECT file, reason FROM quarantine").fetchall()}  # type: ignore[attr-defined]
    return any((q.file, q.reason) not in known for q in result.quarantine)


def _write_quarantine(con: object, result: ImportResult) -> None:
    frame = pd.DataFrame(
        [
            (
                result.batch,
                q.file,
                q.sheet,
                q.row_no,
                q.table,
                q.reason,
                json.dumps(q.heads, ensure_ascii=False),
                json.dumps([plain(c) for c in q.cells], ensure_ascii=False),
            )
            for q in result.quarantine
        ],
        columns=["batch", "file", "sheet", "row_no", "table_name", "reason", "heads", "cells"],
    )
    con.register("kept_out", frame)  # type: ignore[attr-defined]
    con.execute("INSERT INTO quarantine SELECT * FROM kept_out")  # type: ignore[attr-defined]
    con.unregister("kept_out")  # type: ignore[attr-defined]
