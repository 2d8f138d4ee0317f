"""One import is one transaction is one snapshot: plan, check, merge, account, publish."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

from analytics.ingest.changes import about_something_else, changed
from analytics.ingest.characters import named
from analytics.ingest.differing import repeated
from analytics.ingest.equal_heads import equal_heads
from analytics.ingest.first_row import MOST_HEADS, shown
from analytics.ingest.folding import Folded, fold_rows
from analytics.ingest.mapping import NOTHING_BY_HAND, ByHand, Profiles, SheetPlan
from analytics.ingest.partners import alone
from analytics.ingest.passed_over import passed_over
from analytics.ingest.profiles import remember_profile
from analytics.ingest.quarantine import Quarantined, new_in_quarantine, write_quarantine
from analytics.ingest.readers import read_file, uncollected
from analytics.ingest.reading import Parsed
from analytics.ingest.reasons import CONTRADICTION, ORPHAN
from analytics.ingest.refusing import RefusedFile
from analytics.ingest.report import Account, LeftEmpty, Repair
from analytics.ingest.respelt import respelt
from analytics.ingest.several_departments import several_departments
from analytics.ingest.several_tables import plans_of
from analytics.ingest.splitting import beside_a_case, split
from analytics.ingest.told_again import settled_ratings, settled_steps
from analytics.ingest.upsert import orphans, outdated, strangers, upsert
from analytics.ingest.validation import validate
from analytics.ingest.workbooks import TOO_MUCH
from analytics.model import TABLES
from analytics.settings import Settings
from analytics.store import Draft, Snapshot, Store
from analytics.store.audit import IMPORTED, AuditLog
from analytics.viewer import IMPORT, LOCAL, Viewer

Progress = Callable[[float, str], None]
ORDER = tuple(TABLES)
SYNTHETIC_MARK = "演示数据"
STATUSES = ("accepted", "updated", "unchanged")
SPEAKS_OF_CASE = {"events": "happened_at", "ratings": "rated_at"}


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
    repairs: list[Repair] = field(default_factory=list)
    left_empty: list[LeftEmpty] = field(default_factory=list)
    #: Tables and files that were not read, though they hold rows, each a sentence.
    left_out: list[str] = field(default_factory=list)
    #: What went in and contradicts something, each a sentence that names what counts now.
    to_check: list[str] = field(default_factory=list)
    #: Files of which not one row went in → rows read.
    barren: dict[str, int] = field(default_factory=dict)

    @property
    def went_in(self) -> int:
        """Rows that are in the ledger now, or were already."""
        return self.read - self.quarantined

    def account(self) -> Account:
        """Return what became of everything, for the page, as JSON and as a workbook."""
        rows = {name: getattr(self, name) for name in ("read", *STATUSES, "quarantined")}
        return Account(
            rows,
            self.tables,
            tuple(self.repairs),
            tuple(self.left_empty),
            tuple(self.quarantine),
            tuple(self.warnings),
            tuple(self.left_out),
            tuple(self.to_check),
        )

    def sentence(self, dry_run: bool = False) -> str:
        """Say in Chinese what went in and what did not."""
        if not self.went_in:
            return f"没有一行导入：读入 {self.read:,} 行，隔离 {self.quarantined:,} 行；台账没有变化。"
        done = "核对完成（未写入）" if dry_run else "导入完成" if self.published else "没有变化，未产生新快照"
        return (
            f"{done}：读入 {self.read:,} 行，新增 {self.accepted:,}，更新 {self.updated:,}，"
            f"未变 {self.unchanged:,}，隔离 {self.quarantined:,}。"
            + (f"快照 {self.snapshot}。" if self.snapshot else "")
        )

    def summary(self) -> dict[str, object]:
        names = ("read", "accepted", "updated", "unchanged", "quarantined", "snapshot", "batch")
        return {name: getattr(self, name) for name in names}


def plan_files(
    files: Iterable[tuple[str, bytes]],
    settings: Settings,
    profiles: Profiles | None = None,
    by_hand: ByHand = NOTHING_BY_HAND,
) -> list[SheetPlan]:
    """Read files and guess each sheet's table and mapping; ``by_hand`` is what a person says of them. Raises RefusedFile.

    A sheet in which nothing required is found is passed over when another sheet of the
    file fits (instructions, drop-down lists); alone it is refused. One that holds rows with a day is told of.
    """
    plans: list[SheetPlan] = []
    for name, content in files:
        found = [p for s in read_file(name, content, settings) for p in plans_of(s, profiles, by_hand)]
        if not found:
            raise RefusedFile(name, "文件里没有任何数据，请检查导出是否成功")
        read = [p for p in found if p.fits] or found
        passed = [p for p in found if p not in read]
        left_out = [told for p in found for told in p.sheet.left_out]
        left_out += [p.left_out() for p in passed if p.is_a_loss]
        read[0].sheet.left_out = left_out
        if names := [named(p.sheet.sheet or p.sheet.file) for p in passed if not p.is_a_loss and p.sheet.rows]:
            read[0].notes.append(f"没有读入的工作表或文件（没有台账的列）：{'、'.join(names)}")
        plans += read
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
    viewer: Viewer = LOCAL,
    act: str = IMPORT,
) -> ImportResult:
    """Check and merge planned sheets; publish one snapshot unless dry_run or nothing changed.

    ``act``: what the viewer must be allowed to do. Raises RefusedFile when a sheet lacks what its table
    requires (the store is untouched), NotAllowed for a viewer who may not.
    """
    viewer.require(act)
    for plan in plans:
        if plan.missing:
            raise plan.refusal()
        if plan.is_hardly_known:
            raise RefusedFile(plan.sheet.file, plan.hardly_known())
    plans = [plan.with_first_row() for plan in plans]
    result = ImportResult(batch=f"B{now:%Y%m%d%H%M%S}-{uuid.uuid4().hex[:6]}")
    parsed = []
    for done, plan in enumerate(plans):
        progress(0.6 * done / len(plans), f"正在核对 {plan.sheet.file} {plan.sheet.sheet}")
        try:
            with uncollected():
                parsed.append(validate(plan, now))
        except MemoryError:
            raise RefusedFile(plan.sheet.file, TOO_MUCH) from None
    progress(0.6, "正在并入台账")
    current = store.current()
    replaces_demo = bool(current and current.synthetic and not is_synthetic(plans))
    if replaces_demo and any(len(sheet.good) for sheet in parsed):
        result.warnings.append("原有的演示数据已由真实台账取代（需要时可在「快照与撤回」中回去）")
    with store.draft(
        settings.keep_snapshots, afresh=replaces_demo, tracked=True, part_cases=settings.part_cases
    ) as draft:
        _merge(draft, parsed, result)
        progress(0.85, "正在生成快照")
        if not dry_run and result.went_in:
            _publish(draft, plans, result, now, profile)
    if not dry_run:
        AuditLog(store.folder).record(viewer, IMPORTED, result.batch, result.summary())
    progress(1.0, "完成")
    return result


def is_synthetic(plans: list[SheetPlan]) -> bool:
    """Tell whether any file says of itself, by its name, that it holds 演示数据."""
    return any(SYNTHETIC_MARK in p.sheet.file for p in plans)


def _merge(draft: Draft, parsed: list[Parsed], result: ImportResult) -> None:
    """Merge every sheet, cases first, and account for each of its rows once."""
    refused: dict[tuple[int, int], tuple[str, str]] = {}
    for sheet_no, sheet in sorted(enumerate(parsed), key=lambda p: ORDER.index(p[1].plan.table)):
        result.read += len(sheet.frame)
        refused |= {
            (sheet_no, int(r.row_no)): (r.kind, r.reason) for r in sheet.bad[["row_no", "kind", "reason"]].itertuples()
        }
        lost = _merge_sheet(draft, sheet, result)
        refused |= {(sheet_no, row_no): why for row_no, why in lost.items()}
        result.warnings += [f"{sheet.plan.sheet.place}：{note}" for note in (*sheet.plan.notes, *sheet.warnings)]
        if sheet.plan.is_in_doubt:
            sheet.to_check.append(sheet.plan.doubt())
        told = {sheet.plan.heads[p] for p in equal_heads(sheet.plan)}  # by their place, where they differ
        if unused := [h for h in sheet.plan.unused if h not in told]:
            result.warnings.append(f"{sheet.plan.sheet.place}：{_not_used(unused)}")
        sheet.to_check += passed_over(sheet.plan)
        result.left_out += sheet.plan.sheet.left_out
        result.to_check += [f"{sheet.plan.sheet.place}：{told}" for told in sheet.to_check]
        result.repairs += sheet.repairs
        result.left_empty += sheet.left_empty
    result.quarantine = [_quarantined(parsed[s], row_no, *why) for (s, row_no), why in sorted(refused.items())]
    result.quarantined = len(result.quarantine)
    _name_barren(parsed, refused, result)
    if result.accepted + result.updated + result.unchanged + result.quarantined != result.read:
        raise AssertionError(f"rows do not add up: {result.summary()}")


def _not_used(heads: list[str]) -> str:
    told = shown(heads) + (f" 等 {len(heads)} 列" if len(heads) > MOST_HEADS else "")
    return f"没有用到的列：{told}；其中有要用的，导入前手工对应（命令行 --map 列=表头）"


def _name_barren(parsed: list[Parsed], refused: dict[tuple[int, int], tuple[str, str]], result: ImportResult) -> None:
    """Name the files of which not one row went in."""
    read: Counter[str] = Counter()
    kept_out: Counter[str] = Counter()
    for number, sheet in enumerate(parsed):
        read[sheet.plan.sheet.file] += len(sheet.frame)
        kept_out[sheet.plan.sheet.file] += sum(1 for s, _ in refused if s == number)
    result.barren = {file: rows for file, rows in read.items() if rows == kept_out[file]}
    for file, rows in result.barren.items():
        why = f"{rows} 行全部隔离，没有一行导入" if rows else "只有表头，没有一行数据；请检查导出的时间范围"
        result.warnings.append(f"{file}：{why}")


def _merge_sheet(draft: Draft, sheet: Parsed, result: ImportResult) -> dict[int, tuple[str, str]]:
    """Merge the good rows of one sheet; return row → kind and reason for those that speak of no case, or of another.

    A row that became several (a wide case row) counts once: as new if its case is, else as
    updated if anything of it changed. A row folded into another counts as that one's update.
    """
    own = sheet.plan.table
    lost: dict[int, tuple[str, str]] = {}
    outcomes: list[pd.DataFrame] = []
    good = sheet.good.assign(row_id=sheet.good["row_no"])
    folded = Folded(good)
    if own == "cases" and len(good):
        folded = fold_rows(good, sheet.plan)
        sheet.warnings += folded.notes
        sheet.to_check += folded.to_check
        others = strangers(draft, folded.cases, result.batch)
        together = {r: others[to] for r, to in folded.lead_of.items() if to in others}
        lost |= {r: (CONTRADICTION, why) for r, why in (folded.refused | others | together).items()}
        sheet.to_check += alone(folded.cases, sheet.plan) + several_departments(folded.cases, sheet.plan)
    cases, old = folded.cases, set[int]()
    if own == "cases" and len(cases) and "updated_at" in cases:
        cases = cases.sort_values("updated_at", kind="stable", na_position="first")  # the newest says what is so
        old = outdated(draft, cases)
        if old:
            sheet.warnings.append(f"{len(old):,} 行的更新时间早于台账里已有的，没有改动台账")
    for table, rows in split(own, cases, folded.steps).items():
        if own in SPEAKS_OF_CASE:
            lost |= {r: (ORPHAN, why) for r, why in orphans(draft, rows, SPEAKS_OF_CASE[table]).items()}
        rows = rows[~rows["row_id"].isin(lost)] if lost else rows
        if old and table != own:
            rows = rows[~(rows["row_id"].isin(old) & beside_a_case(table, rows))]
        if rows.empty:
            continue
        if table == "cases":
            sheet.to_check += changed(draft, rows, result.batch) + about_something_else(draft, rows, result.batch)
        elif table == "events":
            rows, told = settled_steps(draft, rows)
            sheet.to_check += told
        elif table == "ratings" and own == "cases":
            rows, told = settled_ratings(draft, rows)
            sheet.warnings += told
            if rows.empty:
                continue
        if table == own != "cases":
            sheet.to_check += repeated(rows, table)
        outcome = upsert(draft, table, rows, result.batch)
        if table == own == "cases" and (outcome["status"] == "accepted").any():
            sheet.to_check += respelt(draft, rows, result.batch)
        result.tables[table] = result.tables.get(table, 0) + int((outcome["status"] != "unchanged").sum())
        if table != own:
            outcome["status"] = outcome["status"].replace("accepted", "updated")
        outcomes.append(outcome)
    if outcomes:
        _count(pd.concat(outcomes, ignore_index=True), folded.lead_of, result)
    return lost


def _count(outcomes: pd.DataFrame, lead_of: dict[int, int], result: ImportResult) -> None:
    """Add each source row to the result once, by the best that became of it."""
    outcomes["rank"] = outcomes["status"].map({status: rank for rank, status in enumerate(STATUSES)})
    ranks = outcomes.groupby("row_id")["rank"].min()
    for row, lead in lead_of.items():
        if row not in ranks.index and lead in ranks.index:
            ranks.loc[row] = max(ranks.loc[lead], STATUSES.index("updated"))
    counted = ranks.value_counts()
    for rank, status in enumerate(STATUSES):
        setattr(result, status, getattr(result, status) + int(counted.get(rank, 0)))


def _quarantined(sheet: Parsed, row_no: int, kind: str, why: str) -> Quarantined:
    plan = sheet.plan
    position = row_no - 1
    return Quarantined(
        plan.sheet.file,
        plan.sheet.sheet,
        plan.sheet.number(position),
        plan.table,
        f"{plan.sheet.where(position)}：{why}",
        plan.heads,
        plan.sheet.rows[position],
        kind,
    )


def _publish(
    draft: Draft, plans: list[SheetPlan], result: ImportResult, now: dt.datetime, profile: str
) -> Snapshot | None:
    """Publish a snapshot, unless nothing at all is new: then the current one stays."""
    current = draft.store.current()
    kept_out = new_in_quarantine(draft.con, result.quarantine)
    mappings = [remember_profile(draft.con, p, profile, now) for p in plans]
    if current and not result.accepted + result.updated and not kept_out and not any(mappings):
        result.snapshot = current.id
        return None
    write_quarantine(draft.con, result.quarantine, result.batch)
    files = "、".join(dict.fromkeys(p.sheet.file for p in plans))
    draft.record_batch(
        result.batch,
        now,
        files,
        profile,
        result.read,
        accepted=result.accepted,
        updated=result.updated,
        unchanged=result.unchanged,
        quarantined=result.quarantined,
        synthetic=is_synthetic(plans),
    )
    snapshot = draft.publish(now, f"导入 {files}", result.batch)
    result.snapshot, result.published = snapshot.id, True
    return snapshot
