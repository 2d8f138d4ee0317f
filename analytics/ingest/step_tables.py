"""A table of steps (回访, 转办, 流程节点) that was taken for one of cases: how it goes in as 环节记录."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analytics.ingest.characters import named
from analytics.ingest.heads import fold, synonyms
from analytics.model import STAGES, TABLES, WIDE_STAGES

_TIME = re.compile("(?:时间|日期|时刻|time|date)$")
#: What a table of cases has, though it lacks others of their columns.
_OF_A_CASE = {"accepted_at", "title", "content", "closed_at"}
_LABELS = {c.name: c.label for c in TABLES["events"].columns}
_TABLE = TABLES["events"].label


def steps_remedy(heads: list[str], mapping: dict[str, int]) -> str:
    """Say how a table with a case's number, no text of its matter and the time of a step is imported; '' for any other.

    ``mapping``: column of the case table → position of its head.
    """
    if "case_no" not in mapping or _OF_A_CASE & mapping.keys():
        return ""
    step = _first(heads, {*synonyms()["step"], *synonyms()["stage"]})
    times = [h for h in heads if _TIME.search(fold(h))]
    if step and times:
        at = _first(heads, {*synonyms()["step_at"], *synonyms()["happened_at"]}) or times[0]
        return (
            f"最像「{_TABLE}」（一个环节一行），不是诉求台账：请在数据管理页把这张表选作「{_TABLE}」，命令行用 "
            f"--table {_TABLE} --map {_pair('stage', step)} {_pair('happened_at', at)}；工单要先导入"
        )
    stages = [c for c in WIDE_STAGES if c in mapping]
    if len(stages) != 1:
        return ""
    (stage,) = stages
    word = STAGES[WIDE_STAGES[stage]]
    return (
        f"最像「{_TABLE}」（一次{word}一行），不是诉求台账，只是没有“{_LABELS['stage']}”一列：请在表里加一列“{_LABELS['stage']}”，"
        f"每行填“{word}”，再把这张表选作「{_TABLE}」导入，命令行用 --table {_TABLE} --map {_pair('happened_at', heads[mapping[stage]])}；"
        f"工单要先导入"
    )


def _first(heads: list[str], words: Iterable[str]) -> str:
    return next((h for h in heads if fold(h) in words), "")


def _pair(column: str, head: str) -> str:
    shown = named(head)
    return f'{_LABELS[column]}="{shown}"' if re.search(r"\s", shown) else f"{_LABELS[column]}={shown}"
