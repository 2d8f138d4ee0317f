"""The one way out for files: who may, what it says beside its numbers, and that it is written down."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from analytics import model
from analytics.ingest.quarantine import Quarantined, quarantine_workbook
from analytics.ledger import Ledger
from analytics.metrics.slices import Slice
from analytics.spreadsheet import safe_csv, workbook
from analytics.store.audit import EXPORTED, AuditLog
from analytics.viewer import EXPORT, IMPORT, Viewer
from analytics.wording import days, minute

LABELS = {c.name: c.label for c in model.CASES.columns} | {
    "module": "服务模块",
    "overdue_days": "超期工作日",
    "closing_department": "办结部门",
    "transfers": "转办次数",
    "chases": "督办次数",
    "grade": "评价等级",
}


def workbook_for(
    viewer: Viewer, folder: Path | str, name: str, sheets: dict[str, pd.DataFrame], notes: Iterable[str] = ()
) -> bytes:
    """Return sheets as an .xlsx called ``name``; raises NotAllowed for who may not export. It is audited."""
    _noted(viewer, folder, name, sum(len(f) for f in sheets.values()))
    return workbook(sheets, notes)


def csv_for(
    viewer: Viewer, folder: Path | str, name: str, frame: pd.DataFrame, notes: Iterable[str] = (), *, mark: bool = True
) -> bytes:
    """Return a frame as a .csv called ``name`` (see spreadsheet.safe_csv); allowed and audited as a workbook is."""
    _noted(viewer, folder, name, len(frame))
    return safe_csv(frame, notes, mark=mark)


def quarantine_for(viewer: Viewer, folder: Path | str, name: str, rows: list[Quarantined]) -> bytes:
    """Return rows kept out of an import, as they came, as an .xlsx; raises NotAllowed for who may not import. Audited."""
    viewer.require(IMPORT)
    told = {"rows": len(rows), "personal": True}
    AuditLog(Path(folder)).record(viewer, EXPORTED, name, told)
    return quarantine_workbook(rows)


def _noted(viewer: Viewer, folder: Path | str, name: str, rows: int) -> None:
    viewer.require(EXPORT)
    told = {"rows": rows, "personal": viewer.sees_personal, "department": viewer.department}
    AuditLog(Path(folder)).record(viewer, EXPORTED, name, told)


def notes_of(ledger: Ledger, slice: Slice) -> list[str]:
    """Return the lines that make a number reproducible: data, period, filters, as-of, snapshot."""
    filters = "；".join(
        f"{model.DIMENSIONS.get(name, name)}：{'、'.join(model.label_of(name, v) for v in values)}"
        for name, values in slice.where
    )
    return [
        *(["演示数据：本文件由合成数据生成，企业与人员均为虚构"] if ledger.snapshot.synthetic else []),
        f"统计期：{days(slice.start, slice.end)}；筛选：{filters or '全部'}",
        f"统计时刻：{minute(ledger.as_of)}；数据快照：{ledger.snapshot.id}；口径见「指标口径」",
    ]


def deadline(due: pd.Timestamp) -> str | None:
    """Write a limit as people do: the end of a day is its 24:00, not the next day's 00:00."""
    if pd.isna(due):
        return None
    if due == due.normalize():
        return f"{due - pd.Timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{due:%Y-%m-%d %H:%M}"


def case_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a list of cases with Chinese heads and words instead of codes."""
    shown = frame.copy()
    if "due_at" in shown:
        shown["due_at"] = [deadline(d) for d in frame["due_at"]]
    shown["module"] = [model.label_of("module", v) for v in frame["module"]]
    if "grade" in shown:
        shown["grade"] = [model.GRADES[int(g)] if pd.notna(g) else None for g in frame["grade"]]
    return shown.rename(columns=LABELS)
