"""Commands that keep the store: import, demo, snapshots, doctor."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import platform
from contextlib import suppress
from pathlib import Path

from analytics import ingest
from analytics.checkup import BAD, checks
from analytics.cli import REFUSED
from analytics.cli.output import print_json, say, show_progress
from analytics.clock import shanghai_now
from analytics.demo import generate, write_store
from analytics.demo.spreadsheets import write_spreadsheets
from analytics.exporting import quarantine_for
from analytics.ingest.date_orders import ORDER_NAMES
from analytics.ingest.mapping import SEVERAL
from analytics.issues import IssueDesk
from analytics.ledger import NEEDS, open_ledger
from analytics.refusal import Refusal
from analytics.remedies.sample import place_cards
from analytics.store import Snapshot, Store, StoreError
from analytics.viewer import IMPORT, Viewer
from analytics.wording import minute

PACKAGES = (
    "streamlit",
    "duckdb",
    "ibis-framework",
    "pandas",
    "plotly",
    "scipy",
    "statsmodels",
    "chinesecalendar",
    "python-calamine",
    "XlsxWriter",
    "filelock",
)


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the commands of this file to the command line."""
    load = commands.add_parser(
        "import", parents=[shared], help="导入台账文件（CSV、XLSX、XLS、ODS、网页、JSON、Parquet，或装着它们的 ZIP）"
    )
    load.add_argument("files", nargs="+", type=Path, metavar="FILE", help="台账文件")
    load.add_argument("--profile", default="", help="以此名保存本次的列对应，下次同样表头自动使用")
    load.add_argument("--dry-run", action="store_true", help="只核对，不发布")
    load.add_argument("--quarantine-out", type=Path, metavar="FILE.xlsx", help="把隔离的行写成可修改后重新导入的表格")
    load.add_argument(
        "--map",
        nargs="+",
        default=[],
        metavar="列=表头",
        help='手工对应，如 工单编号="Unique Key"；表头也可写成 Excel 的列号 A、B',
    )
    load.add_argument("--table", default="", metavar="表", help="这是哪张表，如 诉求台账（默认按表头认）")
    load.add_argument(
        "--accepted-on", type=dt.date.fromisoformat, metavar="DAY", help="整个文件没有受理时间时，都按这一天受理"
    )
    load.add_argument(
        "--date-order",
        choices=tuple(ORDER_NAMES),
        default="",
        help="日期分不清月和日时：mdy 月在前，dmy 日在前，ymd 年在前；Excel 日期的月和日：exchanged 弄反了，true 没有弄反",
    )
    load.add_argument(
        "--several", choices=SEVERAL, default="", help="一件工单有几行时：together 一件多部门，versions 先后版本"
    )
    load.add_argument("--report", type=Path, metavar="FILE", help="把导入报告写成 .xlsx 或 .json")
    load.set_defaults(run=run_import)
    demo = commands.add_parser("demo", parents=[shared], help="生成演示数据")
    demo.add_argument("--if-empty", action="store_true", help="只在还没有台账时生成")
    demo.add_argument("--cases", type=int, default=60_000, help="工单数（默认 60000）")
    demo.add_argument("--seed", type=int, default=20240701, help="随机种子：同一种子、同一截至日，生成的数据相同")
    demo.add_argument("--as-of", type=dt.date.fromisoformat, default=None, metavar="DAY", help="截至日（默认今天）")
    demo.add_argument("--spreadsheets", type=Path, metavar="DIR", help="不写数据目录，写成一批“不干净”的表格供导入练习")
    demo.set_defaults(run=run_demo)
    snapshots = commands.add_parser("snapshots", parents=[shared], help="查看快照，或回到某个快照")
    snapshots.add_argument(
        "action", nargs="?", choices=("list", "rollback"), default="list", help="list 列出，rollback 回到某个快照"
    )
    snapshots.add_argument("id", nargs="?", help="快照编号（rollback 时必填）")
    snapshots.set_defaults(run=run_snapshots)
    doctor = commands.add_parser("doctor", parents=[shared], help="检查安装、数据目录和缺什么")
    doctor.set_defaults(run=run_doctor)


def run_import(options: argparse.Namespace) -> int:
    """Import files; exit code 1 where not one row of a file went in."""
    store = Store(options.store)
    settings = store.settings
    files = [(p.name, ingest.read_bytes(p, settings)) for p in options.files]
    plans = ingest.plan_files(files, settings, ingest.kept_profiles(store), _by_hand(options))
    result = ingest.run_import(
        store, plans, settings, shanghai_now(), profile=options.profile, dry_run=options.dry_run, progress=show_progress,
        viewer=options.viewer,
    )  # fmt: skip
    if result.published:
        _join(store, options.viewer)
    _write_reports(options, store, result)
    for told in result.account().told():
        say(told)
    for row in result.quarantine[:20]:
        say(f"隔离：{row.reason}")
    if options.json:
        print_json(result.summary() | result.account().as_json())
    else:
        print(result.sentence(options.dry_run))
        print(result.account().next_step)
    return REFUSED if result.barren else 0


def _by_hand(options: argparse.Namespace) -> ingest.ByHand:
    """Return what a person says of the files."""
    pairs = [pair.partition("=") for pair in options.map]
    if wrong := [whole for whole, (_, sign, head) in zip(options.map, pairs, strict=True) if not sign or not head]:
        raise StoreError(f'--map 的“{wrong[0]}”不是“列=表头”的样子，例如 工单编号="Unique Key"')
    heads = {column: head for column, _, head in pairs}
    return ingest.ByHand(heads, options.table, options.date_order, options.accepted_on, options.several)


def _write_reports(options: argparse.Namespace, store: Store, result: ingest.ImportResult) -> None:
    """Write the report and the rows kept out, where they are asked for."""
    if options.report:
        account = result.account()
        as_json = options.report.suffix.lower() == ".json"
        content = (
            json.dumps(account.as_json(), ensure_ascii=False, indent=1).encode() if as_json else account.as_workbook()
        )
        options.report.write_bytes(content)
        say(f"导入报告已写入 {options.report.name}")
    if options.quarantine_out and result.quarantine:
        options.quarantine_out.write_bytes(
            quarantine_for(options.viewer, store.folder, options.quarantine_out.name, result.quarantine)
        )
        say(f"隔离的 {result.quarantined} 行已写入 {options.quarantine_out.name}")


def _join(store: Store, viewer: Viewer) -> None:
    """Let new cases join the types that are known, where types have been found before."""
    try:
        joined = IssueDesk(store, viewer=viewer).join_new(open_ledger(store, viewer))
    except StoreError as error:
        say(f"新工单没有归入一类问题：{error}")
        return
    if joined:
        say(f"{joined:,} 件新工单归入了已有的一类问题")


def run_demo(options: argparse.Namespace) -> int:
    store = Store(options.store)
    options.viewer.require(IMPORT)
    if options.if_empty and store.current() and not options.spreadsheets:
        return 0
    clock = shanghai_now()
    day = options.as_of or clock.date()
    as_of = dt.datetime.combine(day, dt.time(17, 30))
    as_of = min(as_of, clock) if day == clock.date() else as_of
    ledger = generate(as_of, cases=options.cases, seed=options.seed, progress_to=show_progress)
    if options.spreadsheets:
        paths = write_spreadsheets(ledger, options.spreadsheets)
        show_progress(1.0, f"写好 {len(paths)} 个表格")
        print_json({"files": [p.name for p in paths]}) if options.json else print("、".join(p.name for p in paths))
        return 0
    show_progress(0.9, "正在写入快照")
    snapshot = write_store(store, ledger, clock)
    show_progress(0.95, f"演示数据已就绪：{snapshot.cases:,} 件工单；正在找出一类问题")
    desk = IssueDesk(store)
    desk.discover(open_ledger(store))
    opened = desk.attach(open_ledger(store))
    found = desk.findings(opened)
    if found and (cards := place_cards(store, opened, found)):
        show_progress(1.0, f"一类问题已找出，治理台账列入 {cards} 类")
    if options.json:
        print_json({"snapshot": snapshot.id, "cases": snapshot.cases})
    return 0


def run_snapshots(options: argparse.Namespace) -> int:
    store = Store(options.store)
    if options.action == "rollback":
        if not options.id:
            say("用法有误：rollback 之后要写快照编号，可先用 snapshots list 查看。")
            return 2
        snapshot = store.rollback(options.id, options.viewer)
        print_json({"current": snapshot.id}) if options.json else print(f"当前快照已改为 {snapshot.id}")
        return 0
    rows = [_card(s, store.current_id()) for s in store.snapshots()]
    if options.json:
        print_json({"snapshots": rows})
    for row in rows if not options.json else ():
        print(
            f"{'*' if row['current'] else ' '} {row['id']}  {row['made_at']}  {row['cases']:>9,} 件  {row['note']}{'（演示数据）' if row['synthetic'] else ''}"
        )
    return 0


def _card(snapshot: Snapshot, current: str | None) -> dict[str, object]:
    return {
        "id": snapshot.id,
        "made_at": minute(snapshot.made_at),
        "newest": snapshot.newest and minute(snapshot.newest),
        "cases": snapshot.cases,
        "synthetic": snapshot.synthetic,
        "note": snapshot.note,
        "batch": snapshot.batch,
        "current": snapshot.id == current,
    }


def run_doctor(options: argparse.Namespace) -> int:
    """Check the deployment; exit code 1 when something is wrong that must be mended."""
    store = Store(options.store)
    found = checks(store)
    answer: dict[str, object] = {
        "python": platform.python_version(),
        "packages": {p: importlib.metadata.version(p) for p in PACKAGES},
        "store": str(options.store),
        "snapshot": store.current_id(),
        "missing": [],
        "checks": [vars(c) for c in found],
    }
    with suppress(Refusal):
        ledger = open_ledger(store, options.viewer)
        lacks = ledger.lacks(tuple(NEEDS))
        answer |= {"cases": ledger.counts["cases"], "as_of": minute(ledger.as_of), "missing": lacks}
    code = int(any(c.state == BAD for c in found))
    if options.json:
        print_json(answer)
        return code
    print(f"数据目录：{answer['store']}；当前快照：{answer['snapshot'] or '还没有'}")
    for check in found:
        print(f"[{check.state}] {check.name}：{check.told}")
    if "cases" in answer:
        missing = answer["missing"]
        assert isinstance(missing, list)
        print(f"工单 {answer['cases']:,} 件，截至 {answer['as_of']}")
        print("台账齐全" if not missing else "台账里还没有：" + "；".join(missing))
    return code
