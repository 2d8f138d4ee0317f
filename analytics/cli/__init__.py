"""The command line: import, metrics, cases, snapshots, demo, doctor, discover, types, assignments, remedies, briefing.

Exit codes: 0 done, 1 a refused input, 2 wrong usage, 3 another briefing is being made. With --json one JSON object goes to
standard output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from analytics.cli import asking, finding, governing, keeping, writing
from analytics.ingest import RefusedFile
from analytics.metrics import NotMeasurable
from analytics.settings import default_store
from analytics.store import StoreError

REFUSED = 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"用法有误：{message}\n可用 {self.prog} --help 查看说明。\n")


def parser() -> argparse.ArgumentParser:
    """Return the whole command line."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--store", type=Path, default=None, metavar="DIR", help="数据目录（默认 data/store 或环境变量 INSIGHT_STORE）"
    )
    shared.add_argument("--json", action="store_true", help="结果以一个 JSON 对象写到标准输出")
    top = _Parser(prog="python -m analytics", description="企业诉求洞察：导入台账、查询指标、导出工单、管理快照")
    commands = top.add_subparsers(dest="command", required=True, metavar="命令", parser_class=_Parser)
    for module in (keeping, asking, finding, governing, writing):
        module.add_commands(commands, shared)
    return top


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    options = parser().parse_args(arguments)
    options.store = options.store or default_store()
    try:
        return int(options.run(options) or 0)
    except (RefusedFile, StoreError, NotMeasurable) as error:
        print(str(error), file=sys.stderr)
        if options.json:
            keeping.print_json({"error": str(error)})
        return REFUSED
