"""The command line: import, metrics, cases, snapshots, demo, doctor, discover, types, alarms, assignments, suggest-name, remedies,
briefing, exchange, city, accounts, audit, backup, restore, retention, enterprise-data, jobs.

Exit codes: 0 done, 1 a refused input, 2 wrong usage, 3 another briefing is being made or another job runs. With --json one JSON object goes to
standard output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from analytics.refusal import Refusal
from analytics.settings import default_store, load_settings
from analytics.viewer import LOCAL, Viewer

REFUSED = 1
#: Commands that work where the settings are broken: one says what is wrong, the other may put it right.
REPAIRS = ("doctor", "restore")
#: Which module holds which commands: only the one that is asked for is loaded.
COMMANDS = {
    "store": ("import", "demo", "snapshots", "doctor"),
    "queries": ("metrics", "cases"),
    "discovery": ("discover", "types", "alarms", "classes", "assignments", "suggest-name"),
    "remedies": ("remedies",),
    "briefing": ("briefing",),
    "exchange": ("exchange", "city"),
    "data_protection": ("accounts", "audit", "backup", "restore", "retention", "enterprise-data"),
    "jobs": ("jobs",),
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"用法有误：{message}\n可用 {self.prog} --help 查看说明。\n")


def parser(command: str = "") -> argparse.ArgumentParser:
    """Return the command line: as much of it as one command needs, the whole for any other word."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--store", type=Path, default=None, metavar="DIR", help="数据目录（默认 data/store 或环境变量 INSIGHT_STORE）"
    )
    shared.add_argument(
        "--as", dest="account", metavar="账号", default=os.environ.get("INSIGHT_ACCOUNT", ""),
        help="以某个账号的角色和部门运行（默认：本机，不受限；或环境变量 INSIGHT_ACCOUNT）",
    )  # fmt: skip
    shared.add_argument("--json", action="store_true", help="结果以一个 JSON 对象写到标准输出")
    top = _Parser(prog="python -m analytics", description="企业诉求洞察：导入台账、查询指标、导出工单、管理快照")
    commands = top.add_subparsers(dest="command", required=True, metavar="命令", parser_class=_Parser)
    holding = [name for name, held in COMMANDS.items() if command in held] or list(COMMANDS)
    for name in holding:
        importlib.import_module(f"analytics.cli.{name}").add_commands(commands, shared)
    return top


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    options = parser(arguments[0] if arguments else "").parse_args(arguments)
    options.store = options.store or default_store()
    try:
        if options.command not in REPAIRS:
            load_settings(options.store)  # what is wrong there is told before anything is done
        options.viewer = _viewer(options)
        return int(options.run(options) or 0)
    except Refusal as error:
        print(str(error), file=sys.stderr)
        if options.json:
            print(json.dumps({"error": str(error)}, ensure_ascii=False))
        return REFUSED


def _viewer(options: argparse.Namespace) -> Viewer:
    """Return whose rights a command has: an account's if one is named, else those of who sits at the machine."""
    if not options.account:
        return LOCAL
    from analytics.access import Accounts  # a password library that most commands need not wait for
    from analytics.store import Store, StoreError

    account = Accounts(Store(options.store)).get(options.account)
    if account is None or not account.enabled:
        raise StoreError(f"没有账号“{options.account}”，或已停用")
    return account.viewer
