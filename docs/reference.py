"""Write the generated tables of the docs: `make docs`.

A block of a page between ``<!-- make docs: NAME -->`` and ``<!-- end -->`` is replaced by what the program gives for
NAME. tests/docs/test_reference.py fails where a committed page differs. See docs/decisions/0032.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from annotated_types import Interval, Len

from analytics import model
from analytics.cli import COMMANDS, parser
from analytics.ledger import NEEDS
from analytics.metrics import CATALOGUE
from analytics.settings import Settings
from analytics.viewer import ACTS, MAY, ROLES
from pages.navigation.places import FIRST, GROUPS, RESERVED

DOCS = Path(__file__).resolve().parent
BLOCK = re.compile(r"(<!-- make docs: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
#: Environment variable → what it does; the test compares the names with those that the code reads.
ENVIRONMENT = {
    "INSIGHT_STORE": "数据目录，不写为 `data/store`",
    "INSIGHT_ACCOUNT": "命令以哪个账号的角色和部门运行，同 `--as`",
    "INSIGHT_SIGN_IN": "`required`：还没有账号时也不放任何人进",
    "INSIGHT_JOBS": "`off`：看板的服务器不带自动任务",
    "INSIGHT_WARM": "`off`：新快照不预答，直接显示",
    "INSIGHT_SPARK": "先于 `[engine] spark`",
    "INSIGHT_CLICKHOUSE": "先于 `[engine] clickhouse`",
}


def pages() -> list[Path]:
    """Return the pages of the docs that hold generated blocks."""
    return [path for path in sorted(DOCS.rglob("*.md")) if BLOCK.search(path.read_text("utf-8"))]


def written(text: str) -> str:
    """Return a page with each of its blocks as the program gives it now; KeyError for a block of an unknown name."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}{found[3]}", text)


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return every command of the command line with its parser."""
    (choice,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(choice.choices)


def options(command: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the options and arguments of a command that people are told of, without --help and the shared ones."""
    shown = (a for a in command._actions if a.help != argparse.SUPPRESS)
    return [a for a in shown if a.dest not in ("help", "store", "account", "json")]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (heads, ["---"] * len(heads), *rows)
    return "".join("| " + " | ".join(cell.replace("|", "\\|") or "—" for cell in line) + " |\n" for line in lines)


def _commands() -> str:
    told = {a.dest: a.help or "" for a in parser()._subparsers._group_actions[0]._choices_actions}  # type: ignore[union-attr]
    shared = [a for a in commands()["doctor"]._actions if a.dest in ("store", "account", "json")]
    parts = ["每个命令都有：\n\n", _table(("选项", "取值", "说明"), map(_option, shared))]
    for name in (name for held in COMMANDS.values() for name in held):
        parts.append(f"\n### {name}\n\n{told[name]}。\n")
        if own := options(commands()[name]):
            parts += ["\n", _table(("选项", "取值", "说明"), map(_option, own))]
    return "".join(parts)


def _option(action: argparse.Action) -> tuple[str, str, str]:
    name = f"`{action.option_strings[-1]}`" if action.option_strings else f"`{action.metavar or action.dest}`"
    values = "、".join(f"`{v}`" for v in action.choices or ()) if len([*(action.choices or ())]) <= 10 else ""
    if not values and action.option_strings and action.nargs != 0:
        values = f"`{action.metavar or action.dest.upper()}`"
    notes = ["可写几个"] if action.nargs == "+" else []
    notes += ["必填"] if action.required and action.option_strings else []
    return name, "，".join(filter(None, [values, *notes])), action.help or ""


def _settings() -> str:
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for one in fields(Settings):
        section, key = one.metadata["section"] or one.name, one.metadata["key"] or one.name
        shown = f"`[{section}] {key}`" if one.metadata["section"] else f"`[{section}]`"
        default = "" if one.default is MISSING else _toml(one.default)
        rows.append((shown, default and f"`{default}`", _bounds(hints[one.name]), one.metadata["told"]))
    return _table(("设置", "不写时", "可写", "意思"), rows)


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else '"' + str(value) + '"' if isinstance(value, str) else (
        "[]" if value == () else str(value)
    )  # fmt: skip


def _bounds(hint: object) -> str:
    """Say in Chinese what a setting may be: a number with its bounds, a text, a switch, several texts, or codes."""
    if get_origin(hint) is tuple:
        return "几个文字"
    if get_origin(hint) is dict:
        return "几行 `指标代码 = 数字`"
    if hint is bool:
        return "`true` 或 `false`"
    kind, *notes = get_args(hint)
    within = next((n for n in notes if isinstance(n, Interval)), None)
    if within is not None:
        return f"{'整数' if kind is int else '数字'}，{within.ge:,} 至 {within.le:,}"
    return "文字" + ("，不能为空" if any(isinstance(n, Len) and n.min_length for n in notes) else "")


def _environment() -> str:
    return _table(("环境变量", "作用"), ((f"`{name}`", told) for name, told in ENVIRONMENT.items()))


def _metrics() -> str:
    usual = Settings()
    rows = (
        (m.name, f"`{m.code}`", m.unit, m.described(usual), m.denominator, "、".join(NEEDS[n][0] for n in m.needs))
        for m in CATALOGUE.values()
    )
    return _table(("指标", "代码", "单位", "怎么算", "分母", "台账里要有"), rows)


def _dimensions() -> str:
    return _table(("维度", "代码"), ((told, f"`{code}`") for code, told in model.DIMENSIONS.items()))


def _pages() -> str:
    rows = (
        (
            place.title,
            group,
            "`/`" if place is FIRST else f"`/{place.address}`",
            f"`pages/{place.file}.py`",
            _who_sees(place.file),
        )
        for group, places in GROUPS.items()
        for place in places
    )
    return _table(("页面", "菜单", "地址", "程序", "谁看得到"), rows)


def _who_sees(file: str) -> str:
    return ROLES["admin"] if file in RESERVED else "所有人"


def _roles() -> str:
    rows = [["看各页的数与图、工单文字（遮盖个人信息）", *("✓" for _ in ROLES)]]
    rows += [[told, *("✓" if act in MAY[role] else " " for role in ROLES)] for act, told in ACTS.items()]
    return _table(("做什么", *(f"{told} `{role}`" for role, told in ROLES.items())), rows)


def _decisions() -> str:
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    titles = (path.read_text("utf-8").splitlines()[0].removeprefix("# ") for path in records)
    return "".join(f"- [{title}]({path.name})\n" for path, title in zip(records, titles, strict=True))


BLOCKS: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "settings": _settings,
    "environment": _environment,
    "metrics": _metrics,
    "dimensions": _dimensions,
    "pages": _pages,
    "roles": _roles,
    "decisions": _decisions,
}


def main() -> None:
    """Fill the blocks of every page."""
    for path in pages():
        path.write_text(written(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
