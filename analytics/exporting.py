"""The one way out for files: who may, what it says beside its numbers, and that it is written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analytics import model
from analytics.federation import City, make, written
from analytics.federation.sketch import ALPHA
from analytics.ledger import Ledger
from analytics.metrics import CATALOGUE
from analytics.metrics.comparison import Basis, said
from analytics.metrics.slices import Slice
from analytics.spreadsheet import safe_csv, workbook
from analytics.store.audit import EXPORTED, AuditLog
from analytics.suggested import MARK, told
from analytics.viewer import EXPORT, IMPORT, Viewer
from analytics.wording import days, minute

if TYPE_CHECKING:
    from analytics.ingest.quarantine import Quarantined

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


def exchange_for(viewer: Viewer, ledger: Ledger, district: str, slice: Slice) -> bytes:
    """Return a district's figures for the city (see federation.make); allowed and audited as a workbook is."""
    viewer.require(EXPORT)
    made = make(ledger, district, slice)
    _noted(viewer, ledger.folder, exchange_name(made.district, slice), len(made.cells) + len(made.sketches))
    return written(made)


def exchange_name(district: str, slice: Slice) -> str:
    """Return the name of an exchange file."""
    safe = "".join(c for c in district if c.isalnum())[:20]
    return f"交换-{safe}-{slice.start:%Y%m%d}-{slice.end:%Y%m%d}.json"


def city_notes(city: City) -> list[str]:
    """Return the lines that make a city's numbers reproducible: data, period, every district's snapshot."""
    snapshots = "；".join(f"{d.district} {d.snapshot}（{minute(d.as_of)}）" for d in city.districts)
    least = max(d.least for d in city.districts)
    last = (min(d.as_of for d in city.districts) - dt.timedelta(microseconds=1)).date()
    return [
        *(["演示数据：其中有合成数据，企业与人员均为虚构"] if city.synthetic else []),
        f"统计期：{days(city.start, city.end, last)}；范围：{len(city.districts)} 个区县的全部工单",
        f"数据快照：{snapshots}；口径见「指标口径」",
        f"小于 {least} 的计数已隐去；时长的分位数由分箱计数合并，相对误差不超过 {ALPHA:.0%}，有未办结工单时另给上下界",
        *city.apart,
    ]


def city_table(city: City) -> pd.DataFrame:
    """Return a city's rows with Chinese heads and words."""
    rows = city.rows
    metrics = [CATALOGUE[c] for c in rows["metric"]]
    return pd.DataFrame(
        {
            "指标": [m.name for m in metrics],
            "单位": [m.unit for m in metrics],
            "区县": rows["district"],
            "服务模块": [model.label_of("module", m) if m else "全部" for m in rows["module"]],
            "月份": [p[:7] or "全期" for p in rows["period"]],
            "数值": rows["value"],
            "分子": rows["numerator"],
            "分母": rows["denominator"],
            "95% 下限": rows["low"],
            "95% 上限": rows["high"],
            "合并误差下界": rows["least"],
            "合并误差上界": rows["most"],
            "样本不足": ["是" if s else "" for s in rows["small"]],
            "未计入的区县": rows["without"],
        }
    )


def quarantine_for(viewer: Viewer, folder: Path | str, name: str, rows: list[Quarantined]) -> bytes:
    """Return rows kept out of an import, as they came, as an .xlsx; raises NotAllowed for who may not import. Audited."""
    viewer.require(IMPORT)
    told = {"rows": len(rows), "personal": True}
    AuditLog(Path(folder)).record(viewer, EXPORTED, name, told)
    from analytics.ingest.quarantine import quarantine_workbook  # with readers of files: not before it is needed

    return quarantine_workbook(rows)


def _noted(viewer: Viewer, folder: Path | str, name: str, rows: int) -> None:
    viewer.require(EXPORT)
    told = {"rows": rows, "personal": viewer.sees_personal, "department": viewer.department}
    AuditLog(Path(folder)).record(viewer, EXPORTED, name, told)


def notes_of(ledger: Ledger, slice: Slice, basis: Basis | None = None) -> list[str]:
    """Return the lines that make a number reproducible: data, period, comparison, filters, as-of, snapshot."""
    last = (slice.instant(ledger.as_of) - dt.timedelta(microseconds=1)).date()
    filters = "；".join(
        f"{model.DIMENSIONS.get(name, name)}：{'、'.join(model.label_of(name, v) for v in values)}"
        for name, values in slice.where
    )
    return [
        *(["演示数据：本文件由合成数据生成，企业与人员均为虚构"] if ledger.snapshot.synthetic else []),
        f"统计期：{days(slice.start, slice.end, max(last, slice.start))}；筛选：{filters or '全部'}",
        *([said(basis)] if basis and said(basis) else []),
        *([f"{suggestions}（标“建议”）"] if (suggestions := told(ledger)) else []),
        f"统计时刻：{minute(ledger.as_of)}；数据快照：{ledger.snapshot.id}；口径见「指标口径」",
    ]


def deadline(due: pd.Timestamp) -> str | None:
    """Write a limit as people do: the end of a day is its 24:00, not the next day's 00:00."""
    if pd.isna(due):
        return None
    if due == due.normalize():
        return f"{due - pd.Timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{due:%Y-%m-%d %H:%M}"


def case_table(frame: pd.DataFrame, suggested: Collection[str] = ()) -> pd.DataFrame:
    """Return a list of cases with Chinese heads and words instead of codes; ``suggested``: cases whose module is marked so."""
    shown = frame.copy()
    if "due_at" in shown:
        shown["due_at"] = [deadline(d) for d in frame["due_at"]]
    modules = [model.label_of("module", v) for v in frame["module"]]
    shown["module"] = [m + MARK * (n in suggested) for m, n in zip(modules, frame["case_no"], strict=True)]
    if "grade" in shown:
        shown["grade"] = [model.GRADES[int(g)] if pd.notna(g) else None for g in frame["grade"]]
    return shown.rename(columns=LABELS)
