"""五、一类问题: the largest types, those that grew, and new alarms."""

from __future__ import annotations

import pandas as pd

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Column, Section, Sentence, Table
from analytics.briefing.sections.cells import column
from analytics.briefing.sections.remedied import board_table, remedied
from analytics.issues.alarm_list import BURST, rising
from analytics.issues.findings import Findings, printed_name
from analytics.issues.ranking import measured
from analytics.metrics import NotMeasurable
from analytics.metrics.query import check_reach

SHOWN = 3
LISTED = 10


def problems(e: Evidence, found: Findings | None) -> Section:
    """Return the fifth part; before the first run of discovery it says what to do."""
    if found is None or not e.ledger.issues:
        return Section("problems", "一类问题", (e.say("problems.lacking", "还没有归类过一类问题，运行归类后可见。"),))
    try:
        check_reach(e.ledger, e.now, ("issue_type",))
    except NotMeasurable as reason:
        return Section("problems", "一类问题", (e.say("problems.lacking", f"{reason}。"),))
    table = measured(e.ledger, e.previous).sort_values(["demand", "growth"], ascending=False)
    table = table[(table["demand"] > 0) & ~found.types["dismissed"].reindex(table.index).eq(True)]
    if table.empty:
        return Section("problems", "一类问题", (e.say("problems.none", f"{e.period.now}没有归入一类问题的工单。"),))
    said = [_largest(e, found, table), *_grown(e, found, table), *_new(e), *remedied(e)]
    rows = tuple(
        (
            printed_name(found, str(id)),
            float(row["demand"]),
            None if pd.isna(row["growth"]) else float(row["growth"]),
            _number(row["overdue_open"]),
            _number(row["bad_ratings"]),
            _number(row["departments"]),
            str(found.types["owner"].get(id) or "—"),
        )
        for id, row in table.head(LISTED).iterrows()
    )
    columns = (
        Column("一类问题"), column("demand"), Column(f"比{e.period.before}", "件"), column("overdue_open"), column("bad_ratings"),
        Column("涉及部门", "个"), Column("牵头部门"),
    )  # fmt: skip
    note = f"共 {len(table)} 类，列受理最多的 {len(rows)} 类；重复反映的同一件事照计。"
    if e.previous.uneven:
        note += f"“比{e.period.before}”按工作日折算（本期 {e.previous.days} 个，{e.period.before} {e.previous.days_before} 个）。"
    return Section(
        "problems",
        "一类问题",
        tuple(said),
        (),
        (Table("types", "受理较多的一类问题", columns, rows, note), *board_table(e)),
    )


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _largest(e: Evidence, found: Findings, table: pd.DataFrame) -> Sentence:
    total, told = e.metric("demand"), []
    for id in table.index[:SHOWN]:
        count = e.metric("demand", where=(("issue_type", str(id)),))
        told.append(f"「{printed_name(found, str(id))}」{count}（占 {e.share(count, total)}）")
    return e.say("problems.largest", f"受理较多的一类问题：{'、'.join(told)}。")


def _grown(e: Evidence, found: Findings, table: pd.DataFrame) -> list[Sentence]:
    if e.before is None or table["growth"].isna().all():
        return []
    told: list[str] = []
    for id in table.sort_values("growth", ascending=False).index[:LISTED]:
        where = (("issue_type", str(id)),)
        if table.loc[id, "growth"] > 0 and e.changed("demand", e.before, where) and len(told) < SHOWN:
            fair = f"，{e.days(e.before)}" if e.previous.uneven else ""
            told.append(
                f"「{printed_name(found, str(id))}」{e.metric('demand', where=where)}，{e.step('demand', e.before, where)}（{e.period.before} {e.metric('demand', e.before, where=where)}{fair}）"
            )
    if not told:
        return [e.say("problems.grown", f"与{e.period.before}相比，没有哪一类明显增多。")]
    return [e.say("problems.grown", f"比{e.period.before}明显增多的：{'；'.join(told)}。")]


def _new(e: Evidence) -> list[Sentence]:
    """Name the problems that began to rise beyond chance, known problems and what nobody has found yet."""
    if e.now.where:
        return []
    news = rising(e.ledger)
    if news.empty:
        return []
    news = news[(news["last"] >= pd.Timestamp(e.now.start)) & (news["since"] <= pd.Timestamp(e.now.end))]
    told = []
    for row in news.sort_values("cases", ascending=False).head(SHOWN).itertuples():
        seen: object = e.given(f"rising.{row.id}.cases", float(row.cases), "件")
        if row.repeats:
            seen = f"{seen}，其中重复 {e.given(f'rising.{row.id}.repeats', float(row.repeats), '件')}"
        usual = e.given(f"rising.{row.id}.expected", float(row.expected), "件", f"{row.expected:.1f} 件")
        unfound = "（尚未归类）" if row.level == BURST else ""
        told.append(f"「{row.name}」{unfound}自 {row.since:%m月%d日}当周起 {seen}，常年同样时间约 {usual}")
    return [e.say("problems.new", f"新近抬头的具体问题：{'；'.join(told)}。")] if told else []
