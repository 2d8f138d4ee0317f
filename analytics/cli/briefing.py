"""The command that writes briefings: for a person now, or for cron every Monday."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from analytics.briefing.compose import Request
from analytics.briefing.office import FORMATS, Busy, Office
from analytics.briefing.period import HELP, Period, last_whole, parse
from analytics.cli.output import print_json
from analytics.clock import shanghai_now
from analytics.ledger import open_ledger
from analytics.store import Store, StoreError

BUSY = 3


def add_commands(commands: argparse._SubParsersAction, shared: argparse.ArgumentParser) -> None:
    """Add the command of this file to the command line."""
    briefing = commands.add_parser(
        "briefing", parents=[shared], help="生成周报、月报、季报或专报（Word、PDF、Excel、HTML）"
    )
    when = briefing.add_mutually_exclusive_group()
    when.add_argument("--week", metavar="2026-W47", help="哪一周（默认最近一个完整的周）")
    when.add_argument("--month", metavar="2026-11", help="哪一月")
    when.add_argument("--quarter", metavar="2026-Q4", help="哪一季度")
    when.add_argument("--period", metavar="2026-11-01..2026-11-15", help="自定起止日")
    when.add_argument("--last", choices=("week", "month", "quarter"), help="最近一个完整的周、月、季度（按今天算）")
    briefing.add_argument("--out", type=Path, metavar="DIR", help="另存一份到这个目录（总会存入数据目录的 briefings/）")
    briefing.add_argument(
        "--formats", default=",".join(FORMATS), metavar="LIST", help=f"格式，逗号隔开：{','.join(FORMATS)}"
    )
    briefing.add_argument("--profile", metavar="NAME", help="用「简报」页保存的方案（部分、报送、密级等）")
    briefing.add_argument("--template", type=Path, metavar="FILE.docx", help="用本单位的 Word 模板")
    about = briefing.add_mutually_exclusive_group()
    about.add_argument("--department", metavar="NAME", help="一页专报：一个承办部门")
    about.add_argument("--type", metavar="ID", help="一页专报：一类问题（编号见 types 命令）")
    for field, text in (
        ("title", "标题"),
        ("recipient", "报送"),
        ("number", "编号"),
        ("signer", "签发人"),
        ("secrecy", "密级"),
    ):
        briefing.add_argument(f"--{field}", default=None, help=text)
    briefing.set_defaults(run=run_briefing)


def run_briefing(options: argparse.Namespace) -> int:
    """Make one briefing; exit code 3 while another run is at it."""
    formats = [f.strip() for f in options.formats.split(",") if f.strip()]
    if wrong := [f for f in formats if f not in FORMATS] or (["（空）"] if not formats else []):
        raise StoreError(f"没有格式“{'、'.join(wrong)}”；可用：{','.join(FORMATS)}")
    office = Office(Store(options.store), viewer=options.viewer)
    request = _request(options, office)
    template = None
    if options.template:
        if not options.template.is_file():
            raise StoreError(f"找不到模板 {options.template.name}")
        template = options.template.read_bytes()
    try:
        made = office.deliver(request, formats, "命令行", options.out, template)
    except Busy as error:
        print(str(error), file=sys.stderr)
        if options.json:
            print_json({"error": str(error)})
        return BUSY
    for notice in made.notices:
        print(notice, file=sys.stderr)
    where = options.out or made.folder
    if options.json:
        names = [n for n in made.files if n != "facts.json"]
        print_json(
            {
                "name": made.name,
                "snapshot": made.snapshot,
                "folder": str(where),
                "files": names,
                "notices": list(made.notices),
            }
        )
    else:
        print(
            f"{made.title}（{request.period.title}）已生成：{'、'.join(n for n in made.files if n != 'facts.json')}，在 {where}"
        )
    return 0


def _request(options: argparse.Namespace, office: Office) -> Request:
    request = Request(_period(options))
    if options.profile:
        request = office.with_profile(request, options.profile)
    given = {f: getattr(options, f) for f in ("title", "recipient", "number", "signer", "secrecy")}
    request = replace(request, **{k: v for k, v in given.items() if v is not None})
    if options.department:
        return replace(request, subject=(("department", options.department),), title=options.title or "")
    if options.type:
        return replace(request, subject=(("issue_type", options.type),), title=options.title or "")
    return request


def _period(options: argparse.Namespace) -> Period:
    text = options.week or options.month or options.quarter or options.period
    if text:
        found = parse(text)
        wanted = "week" if options.week else "month" if options.month else "quarter" if options.quarter else "own"
        if found.grain != wanted:
            raise StoreError(f"看不懂统计期“{text}”；{HELP}")
        return found
    if options.last:
        return last_whole(options.last, shanghai_now())
    return last_whole("week", open_ledger(Store(options.store), options.viewer).as_of)
