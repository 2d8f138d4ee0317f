"""Commands of discovery: discover, types, alarms, classes, assignments, suggest-name."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from analytics.cli.output import print_json, say, show_progress
from analytics.exporting import csv_for
from analytics.issues import Findings, IssueDesk, counts
from analytics.issues.alarm_list import LEVEL_NAMES, alarms, weeks_lacking
from analytics.issues.trends import watched
from analytics.ledger import Ledger, open_ledger
from analytics.store import Store, StoreError
from analytics.store.runs import PROBLEM, TYPE
from analytics.wording import cases, likelihood

TREND_WEEKS = 26
CHANGES = {"born": "新出现", "grown": "增长", "split": "分化", "merged": "合并", "vanished": "消失"}


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the commands of this file to the command line."""
    find = commands.add_parser("discover", parents=[shared], help="从诉求文字中找出一类问题（类型与具体问题）")
    find.add_argument("--as-of", type=dt.date.fromisoformat, metavar="DAY", help="只看到这一天收工时为止的工单")
    find.add_argument("--new-only", action="store_true", help="只把上次之后的新工单归入已有类型，不动旧的")
    find.set_defaults(run=run_discover)
    types = commands.add_parser("types", parents=[shared], help="列出类型：名称、规模、关键词、近期走势、预警")
    types.set_defaults(run=run_types)
    alarmed = commands.add_parser(
        "alarms", parents=[shared], help="列出预警：正在抬头、居高不下、已回落的，连同未归类的突发"
    )
    alarmed.add_argument("--as-of", type=dt.date.fromisoformat, metavar="DAY", help="只看到这一天收工时为止的工单")
    alarmed.set_defaults(run=run_alarms)
    classes = commands.add_parser("classes", parents=[shared], help="导入本单位的分类表，类型挂在最细的分类下")
    classes.add_argument("file", type=Path, metavar="FILE.xlsx", help="首行为列名，一列一级，上级在左")
    classes.set_defaults(run=run_classes)
    proposed = commands.add_parser(
        "suggest-name",
        parents=[shared],
        help="请本单位自己运行的语言模型给一个类型起名（settings.toml 的 [language_model]）",
    )
    proposed.add_argument("type", metavar="编号", help="类型的编号，如 T0001")
    proposed.add_argument("--accept", action="store_true", help="通过检查的名称与说明直接采用（可撤销）")
    proposed.set_defaults(run=run_suggest_name)
    assigned = commands.add_parser("assignments", parents=[shared], help="导出每件工单归入的问题与类型")
    assigned.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="写到哪个文件")
    assigned.set_defaults(run=run_assignments)


def _opened(store: Store, options: argparse.Namespace) -> Ledger:
    """Open the ledger as of the end of the day that was asked for, the newest by default."""
    as_of = dt.datetime.combine(options.as_of + dt.timedelta(days=1), dt.time()) if options.as_of else None
    return open_ledger(store, options.viewer, as_of)


def run_discover(options: argparse.Namespace) -> int:
    store = Store(options.store)
    ledger, desk = _opened(store, options), IssueDesk(store, viewer=options.viewer)
    if options.new_only:
        joined = desk.join_new(ledger)
        print_json({"joined": joined}) if options.json else print(f"{joined:,} 件新工单归入了已有类型")
        return 0
    card = desk.discover(ledger, show_progress).card
    changes = card["changes"]
    assert isinstance(changes, dict)
    answer = {k: card[k] for k in ("cases", "problems", "types", "unassigned")}
    answer |= {k: len(changes[TYPE][k]) for k in CHANGES} | {"seconds": card["seconds"], "changes": changes}
    if options.json:
        print_json(answer)
        return 0
    print(
        f"{card['cases']:,} 件工单归为 {card['types']} 个类型、{card['problems']} 个具体问题，未归类 {card['unassigned']:,} 件；"
        + "，".join(f"{word} {len(changes[TYPE][k])}" for k, word in CHANGES.items())
        + f"（类型）；具体问题新出现 {len(changes[PROBLEM]['born'])} 个。用时 {card['seconds']} 秒。"
    )
    return 0


def run_classes(options: argparse.Namespace) -> int:
    """Import a class tree and say under which of its leaves the types now hang."""
    store = Store(options.store)
    desk = IssueDesk(store, viewer=options.viewer)
    try:
        data = options.file.read_bytes()
    except OSError as error:
        raise StoreError(f"读不到 {options.file}（{error.strerror}）") from None
    tree = desk.import_classes(options.file.name, data, "命令行")
    found = desk.findings(open_ledger(store, options.viewer))
    classes = found.classes if found else {}
    if options.json:
        print_json({"leaves": len(tree.leaves), "types": classes})
        return 0
    print(f"导入 {len(tree.leaves):,} 个最细的分类。" + ("" if found else "还没有归类过，归类后类型会挂到分类下。"))
    for id, leaf in classes.items():
        say(f"{found.name_of(id) if found else id} → {leaf}")
    return 0


def run_suggest_name(options: argparse.Namespace) -> int:
    """Ask the language model for a type's name; say what passed the checks, and take it over where that is asked."""
    store = Store(options.store)
    desk = IssueDesk(store, viewer=options.viewer)
    told = desk.propose_name(open_ledger(store, options.viewer), options.type, "命令行")
    if options.accept and told.name:
        desk.rename(options.type, told.name, "命令行", "语言模型起名")
    if options.accept and told.description:
        desk.describe(options.type, told.description, "命令行", "语言模型起草")
    if options.json:
        print_json({"type": options.type, "accepted": options.accept, **asdict(told)})
        return 0
    print(f"已把 {told.cases} 件（遮盖后）的标题与内容发给 {told.address}（{told.model}）")
    print(f"名称：{told.name or '没有通过检查的'}")
    print(f"说明：{told.description or '没有通过检查的'}")
    if told.dropped:
        print(f"没有采用的，未过：{'、'.join(told.dropped)}")
    return 0


def _found(options: argparse.Namespace) -> tuple[Ledger, Findings]:
    store = Store(options.store)
    desk, ledger = IssueDesk(store, viewer=options.viewer), open_ledger(store, options.viewer)
    found = desk.findings(ledger)
    if found is None:
        raise StoreError("还没有归类过，请先运行 python -m analytics discover")
    return desk.attach(ledger), found


def run_types(options: argparse.Namespace) -> int:
    ledger, found = _found(options)
    seen = watched(ledger, "issue_type")
    episodes = seen.episodes()
    rows = []
    for id, row in found.types.iterrows():
        weeks = seen.counts.index[-TREND_WEEKS:] if id in seen.counts else seen.counts.index[:0]
        trend = counts.by_week(ledger, "issue_type", str(id), weeks)["cases"]
        mine = counts.between(ledger, "issue_type", episodes[episodes["id"] == id])
        rows.append(
            {
                "id": id,
                "name": row["name"],
                "cases": int(row["cases"]),
                "repeats": int(row["repeats"]),
                "problems": int((found.problems["type_id"] == id).sum()),
                "keywords": row["keywords"],
                "typical": [c for c in row["typical"] if ledger.may_see(c)],
                "pinned": bool(row["pinned"]),
                "dismissed": bool(row["dismissed"]),
                "owner": row["owner"],
                "trend": [{"week": f"{week:%Y-%m-%d}", "cases": int(n)} for week, n in trend.items()],
                "alarms": [
                    {
                        "start": f"{e.start:%Y-%m-%d}",
                        "last": f"{e.last:%Y-%m-%d}",
                        "observed": e.cases,
                        "expected": round(e.expected, 1),
                        "false_alarm_chance": e.chance,
                    }
                    for e in mine.itertuples()
                ],
            }
        )
    if options.json:
        print_json({"run": found.run.id, "unassigned": found.unassigned, "types": rows})
        return 0
    for row in rows:
        print(f"{row['id']}  {cases(row['cases'], row['repeats'])}  {row['name']}（{'、'.join(row['keywords'][:5])}）")
    print(f"未归类 {found.unassigned:,} 件")
    return 0


def run_alarms(options: argparse.Namespace) -> int:
    store = Store(options.store)
    desk = IssueDesk(store, viewer=options.viewer)
    ledger = desk.attach(_opened(store, options))
    found, lacking = desk.findings(ledger), weeks_lacking(ledger)
    note = f"台账还太短，再有 {lacking} 周才分得清是不是偶然" if lacking else ""
    rows = [
        {
            "level": row.level,
            "id": row.id,
            "name": row.name,
            "since": f"{row.since:%Y-%m-%d}",
            "last": f"{row.last:%Y-%m-%d}",
            "observed": row.observed,
            "cases": row.cases,
            "repeats": row.repeats,
            "expected": round(row.expected, 2),
            "chance": row.chance,
            "state": row.state,
            "case_nos": [c for c in row.case_nos if ledger.may_see(c)],
        }
        for row in alarms(ledger).itertuples(index=False)
    ]
    if options.json:
        run = found.run.id if found else None
        print_json(
            {"snapshot": ledger.snapshot.id, "as_of": str(ledger.as_of), "run": run, "note": note, "alarms": rows}
        )
        return 0
    for told in rows:
        print(
            f"{told['state']}  {LEVEL_NAMES[str(told['level'])]}「{told['name']}」（{told['id']}）自 {told['since']} 当周起 {told['observed']:,} 件，"
            f"预期 {told['expected']:,.1f} 件，偶然出现的可能 {likelihood(float(told['chance']))}"
        )
    print(note or f"截至 {ledger.as_of:%Y-%m-%d %H:%M}，{len(rows)} 项预警")
    return 0


def run_assignments(options: argparse.Namespace) -> int:
    ledger, found = _found(options)
    numbers = ledger.run(ledger.table("cases").select("case_no").order_by("case_no"))
    told = numbers.merge(found.cases, on="case_no", how="left")
    frame = pd.DataFrame(
        {
            "case_no": told["case_no"],
            "problem_id": told["problem_id"],
            "problem_name": told["problem_id"].map(found.problems["name"]),
            "type_id": told["type_id"],
            "type_name": told["type_id"].map(found.types["name"]),
            "confidence": told["confidence"].fillna(0).round(4),
        }
    )
    if table := dict(ledger.attached).get("issue_class"):  # each marked where nobody gave it
        classes = ledger.run(ledger.table(table).select("case_no", "issue_class")).set_index("case_no")["issue_class"]
        frame["class"] = frame["case_no"].map(classes)
    options.out.write_bytes(csv_for(ledger.viewer, ledger.folder, options.out.name, frame, mark=False))
    if ledger.snapshot.synthetic:
        say("演示数据：工单与归类均为虚构")
    if options.json:
        print_json({"cases": len(frame), "out": options.out.name})
    else:
        print(f"{len(frame):,} 件工单的归类已写入 {options.out.name}")
    return 0
