"""How often automatic names are readers' names, and how many pass every check.

Usage: python -m benchmarks issue_names [FOLDER_OF_REAL_MESSAGES] (default ../shared/real). Readers' own groups are named, so
that what is measured is the naming and not the finding of groups.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pandas as pd

from analytics.issues.group_names import Group, GroupName, name_groups
from analytics.settings import ROOT
from analytics.store.runs import PROBLEM, TYPE

FILES = {"board_messages.xlsx": "board_groups.csv", "messages_with_replies.xlsx": "replies_groups.csv"}
#: Level → columns of id and name, fewest cases of a group.
LEVELS = {TYPE: ("类型", "类型名称", 10), PROBLEM: ("具体问题", "具体问题名称", 3)}
READ = 120


def alike(one: str, other: str) -> float:
    """Return the F1 of the pairs of characters of two names."""
    a, b = (Counter(s[i : i + 2] for i in range(len(s) - 1)) for s in (one, other))
    return 2 * sum((a & b).values()) / max(sum(a.values()) + sum(b.values()), 1)


def read_groups(messages: Path, groups: Path, level: str) -> tuple[list[str], list[Group]]:
    """Return readers' names and the groups under them, at most READ cases of each."""
    raw = pd.read_excel(messages, dtype=str, engine="calamine").drop_duplicates("留言编号")
    told = pd.read_csv(groups, dtype=str).fillna("").drop_duplicates("留言编号")
    both = raw.merge(told, on="留言编号")
    id, name, least = LEVELS[level]
    own = [g for _, g in both[~both[name].isin(["", "OTHER"])].groupby(id) if len(g) >= least]
    made = [Group(level, g["留言主题"].tolist()[:READ], g["留言详情"].tolist()[:READ]) for g in own]
    return [str(g[name].iloc[0]) for g in own], made


def main(arguments: list[str]) -> None:
    """Print one row a file and level, then what is named how."""
    folder = Path(arguments[0]) if arguments else ROOT.parent / "shared" / "real"
    print("\n## 自动起名（读者分好的组）\n")
    print("| 文件 | 层级 | 组 | 与读者的名称相近（双字 F1 ≥ 0.5） | 平均 F1 | 通过全部检查 | 平均字数 | 处理器秒 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    shown: list[tuple[str, str, GroupName]] = []
    for messages, groups in FILES.items():
        for level in LEVELS:
            readers, made = read_groups(folder / messages, folder / groups, level)
            begun = time.process_time()
            named = name_groups(made)
            took = time.process_time() - begun
            scores = pd.Series([alike(r, n.name) for r, n in zip(readers, named, strict=True)])
            sound = pd.Series([not n.failed for n in named]).mean()
            length = pd.Series([len(n.name) for n in named]).mean()
            row = (
                f"{scores.ge(0.5).mean():.0%}",
                f"{scores.mean():.2f}",
                f"{sound:.0%}",
                f"{length:.1f}",
                f"{took:.1f}",
            )
            print(f"| {messages} | {level} | {len(named)} | {' | '.join(row)} |")
            shown += [(level, r, n) for r, n in list(zip(readers, named, strict=True))[:: max(len(named) // 12, 1)]]
    print("\n| 层级 | 读者 | 自动 | 不通过 |\n| --- | --- | --- | --- |")
    for level, reader, name in shown:
        print(f"| {level} | {reader} | {name.name} | {'、'.join(name.failed)} |")
