"""Commands that ask the ledger: metrics and cases. What a page shows, a script can ask for."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path

from analytics import model
from analytics.caselist import ListRequest, count_cases, list_cases
from analytics.exporting import case_table, csv_for, notes_of, workbook_for
from analytics.issues import IssueDesk
from analytics.ledger import Ledger, open_ledger
from analytics.metrics import CATALOGUE, NotMeasurable, Slice, compute_many, unmet
from analytics.metrics.evidence import PARTS
from analytics.metrics.suppression import shared_rows
from analytics.store import Store
from analytics.suggested import suggested_modules
from analytics.viewer import EXPORT, Viewer
from analytics.wording import SMALL, number

_FIRST_DAY = dt.date(2004, 1, 1)


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the commands of this file to the command line."""
    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument("--from", dest="start", type=dt.date.fromisoformat, metavar="DAY", help="起始日（默认最早）")
    asking.add_argument(
        "--to", dest="end", type=dt.date.fromisoformat, metavar="DAY", help="截止日（默认统计时刻当天）"
    )
    asking.add_argument(
        "--as-of",
        type=dt.datetime.fromisoformat,
        metavar="TIME",
        help="统计时刻（只写日期指当天 24:00；默认台账中最新的一刻）",
    )
    asking.add_argument(
        "--where",
        action="append",
        nargs="+",
        default=[],
        metavar="维度=值",
        help="筛选，如 module=finance，同一维度多个值用 | 隔开",
    )
    metrics = commands.add_parser("metrics", parents=[shared, asking], help="查询指标；不带 --metric 时列出全部口径")
    metrics.add_argument("--metric", nargs="+", default=[], choices=tuple(CATALOGUE), metavar="CODE", help="指标代码")
    metrics.add_argument("--by", nargs="+", default=[], metavar="DIM", help="拆分维度：" + "、".join(model.DIMENSIONS))
    metrics.add_argument("--grain", choices=model.GRAINS, help="按日、周、月、季、年拆分")
    metrics.add_argument("--shared", action="store_true", help="供对外共享：小的计数和能推出它们的一并隐去")
    metrics.set_defaults(run=run_metrics)
    cases = commands.add_parser("cases", parents=[shared, asking], help="导出工单清单")
    cases.add_argument(
        "--metric", default="demand", choices=tuple(CATALOGUE), metavar="CODE", help="只导出某指标背后的工单"
    )
    cases.add_argument("--part", default="denominator", choices=tuple(PARTS), help="分母、分子或分母中未达到的")
    cases.add_argument("--search", default="", help="关键词，空格隔开须全部命中")
    cases.add_argument("--unmasked", action="store_true", help="不遮盖联系人、电话与信用代码（仅限有权查看者）")
    cases.add_argument("--out", type=Path, required=True, metavar="FILE.xlsx|csv", help="写到哪个文件")
    cases.set_defaults(run=run_cases)


def _question(options: argparse.Namespace, viewer: Viewer) -> tuple[Ledger, Slice]:
    as_of = options.as_of
    if as_of and as_of.time() == dt.time():
        as_of += dt.timedelta(days=1)
    store = Store(options.store)
    ledger = IssueDesk(store).attach(open_ledger(store, viewer, as_of))
    end = options.end or (ledger.as_of - dt.timedelta(microseconds=1)).date()
    start = options.start or _FIRST_DAY
    if end < start:
        raise NotMeasurable(f"截止日 {end} 早于起始日 {start}，请对调")
    slice = Slice(start, end)
    for condition in (c for group in options.where for c in group):
        name, _, values = condition.partition("=")
        if name not in model.DIMENSIONS or not values:
            raise NotMeasurable(f"看不懂筛选条件“{condition}”，请写成 维度=值，维度可用：{'、'.join(model.DIMENSIONS)}")
        slice = slice.narrowed(**{name: tuple(values.split("|"))})
    return ledger, slice


def run_metrics(options: argparse.Namespace) -> int:
    if not options.metric:
        return _catalogue(options)
    ledger, slice = _question(options, options.viewer)
    if options.grain and not options.start:
        slice = slice.over(ledger.first_day or slice.start, slice.end)
    frame = compute_many(options.metric, ledger, slice, options.by, options.grain)
    if options.shared:
        frame = shared_rows(frame, options.by, ledger.settings.least_shared)
    rows = json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))
    for row in rows:
        if row.get("period"):
            row["period"] = row["period"][:10]
    if options.json:
        answer = {
            "snapshot": ledger.snapshot.id,
            "as_of": str(ledger.as_of),
            "from": slice.start,
            "to": slice.end,
            "synthetic": ledger.snapshot.synthetic,
            "rows": rows,
        }
        print(json.dumps(answer, ensure_ascii=False, default=str))
        return 0
    for row in rows:
        metric = CATALOGUE[row["metric"]]
        cut = " ".join(model.label_of(d, row[d]) for d in options.by)
        if row.get("hidden"):
            print(f"{metric.name} {cut} {row.get('period') or ''}：已隐去")
            continue
        share = (
            f"（{row['numerator']:,.0f}/{row['denominator']:,.0f}）" if metric.is_rate and row["denominator"] else ""
        )
        few = row["small"] and row["value"] is not None
        told = f"{SMALL}（{row['n']:,.0f} {metric.times}）" if few else number(row["value"], metric.unit) + share
        print(f"{metric.name} {cut} {row.get('period') or ''}：{told}")
    for note in notes_of(ledger, slice):
        print(note, file=sys.stderr)
    return 0


def _catalogue(options: argparse.Namespace) -> int:
    store = Store(options.store)
    settings = store.settings
    ledger = open_ledger(store, options.viewer) if store.current() else None
    rows = [
        {
            "metric": m.code,
            "name": m.name,
            "formula": m.described(settings),
            "unit": m.unit,
            "numerator": m.numerator,
            "denominator": m.denominator,
            "good": m.good,
            "minimum": m.minimum(settings),
            "source": m.source,
            "missing": unmet(m.code, ledger) if ledger else None,
        }
        for m in CATALOGUE.values()
    ]
    if options.json:
        print(json.dumps({"metrics": rows}, ensure_ascii=False))
    for row in rows if not options.json else ():
        print(f"{row['metric']:<20} {row['name']}（{row['unit']}）：{row['formula']}")
    return 0


def run_cases(options: argparse.Namespace) -> int:
    ending = options.out.suffix.lower()
    if ending not in (".xlsx", ".csv"):
        raise NotMeasurable(f"导出文件只能是 .xlsx 或 .csv，不能是“{options.out.name}”")
    viewer = options.viewer.revealing() if options.unmasked else options.viewer
    viewer.require(EXPORT)
    ledger, slice = _question(options, viewer)
    total = count_cases(ledger, slice, ListRequest(options.metric, options.part, options.search))
    request = ListRequest(options.metric, options.part, options.search, limit=max(total, 1))
    frame = case_table(list_cases(ledger, slice, request), suggested_modules(ledger))
    notes = notes_of(ledger, slice)
    here, folder, name = ledger.viewer, ledger.folder, options.out.name
    if ending == ".xlsx":
        content = workbook_for(here, folder, name, {"工单": frame}, notes)
    else:
        content = csv_for(here, folder, name, frame, notes)
    options.out.write_bytes(content)
    if options.json:
        print(
            json.dumps({"cases": total, "file": options.out.name, "snapshot": ledger.snapshot.id}, ensure_ascii=False)
        )
    else:
        print(f"已导出 {total:,} 件工单到 {options.out.name}")
    return 0
