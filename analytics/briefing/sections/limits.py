"""三、时限合规: on-time rate and its change, departments outside the funnel's limits, overdue cases."""

from __future__ import annotations

import pandas as pd

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Section, Sentence, Table
from analytics.briefing.sections.cells import by_group, group_table
from analytics.briefing.sections.driving import driven
from analytics.metrics.funnel import funnel
from analytics.metrics.query import BANDS
from analytics.wording import SMALL

NAMED = 3


def limits(e: Evidence) -> Section:
    """Return the third part; a ledger without limits says so."""
    if not e.can("on_time_rate"):
        text = "台账没有承诺时限或办理期限，按期办结率、超期与临期无从统计。"
        return Section("limits", "时限合规", (e.say("limits.lacking", text),))
    said = [*_rate(e), *driven(e, "on_time_rate", "limits.why"), *_outside(e), *_overdue(e), *_soon(e), *_length(e)]
    tables: tuple[Table, ...] = ()
    if e.splits("department"):
        tables = (
            group_table(
                e, "departments", "各部门时限情况", "department", "承办部门",
                ("came_due", "on_time_rate", "overdue_open", "at_risk", "handling_median"), most=15,
                note="按到期量排列，不作排名；到期量不足的按期办结率不列。",
            ),
        )  # fmt: skip
    return Section("limits", "时限合规", tuple(said), (), tables)


def _rate(e: Evidence) -> list[Sentence]:
    rate, due = e.metric("on_time_rate"), e.metric("on_time_rate", part="denominator")
    if not due.value:
        return [e.say("limits.rate", f"{e.period.now}没有到期的工单。")]
    kept = e.metric("on_time_rate", part="numerator")
    parts: list[object] = ["到期 ", due, "，按期办结 ", kept, "，按期办结率 ", rate]
    target = e.settings.targets.get("on_time_rate")
    row = e.row("on_time_rate", e.now)
    if target is not None and SMALL not in rate.text:
        goal = e.given("target.on_time_rate", target, "%")
        if row["low"] > target:
            parts += ["，高于目标 ", goal]
        elif row["high"] < target:
            parts += ["，低于目标 ", goal, "，差距超出正常波动"]
        else:
            parts += ["，与目标 ", goal, " 的差距在正常波动范围内"]
    return [e.say("limits.rate", *parts, "。")]


def _outside(e: Evidence) -> list[Sentence]:
    if not e.splits("department"):
        return []
    groups, _, centre = funnel("on_time_rate", e.ledger, e.now, "department", settings=e.settings)
    groups = groups[groups["department"].notna() & ~groups["small"].astype(bool)]
    low = groups[(groups["outside"] == "99.8") & (groups["value"] < centre)].sort_values("value").head(NAMED)
    if groups.empty:
        return [e.say("limits.outside", "各部门到期量都不足，不作比较。")]
    if low.empty:
        return [e.say("limits.outside", "按到期量考虑随机波动后，没有明显偏低的部门。")]
    told = []
    for department in low["department"]:
        where = (("department", department),)
        told.append(
            f"{department} {e.metric('on_time_rate', where=where)}"
            f"（{e.metric('on_time_rate', part='numerator', where=where).text.removesuffix(' 件')}/{e.metric('on_time_rate', part='denominator', where=where)}）"
        )
    return [e.say("limits.outside", f"考虑随机波动后仍明显偏低的部门：{'、'.join(told)}。")]


def _overdue(e: Evidence) -> list[Sentence]:
    total = e.metric("overdue_open")
    if not total.value:
        return [e.say("limits.overdue", "期末没有超期未办的工单。")]
    parts: list[object] = ["期末超期未办 ", total]
    long = []
    for band in BANDS[2:]:
        count = e.metric("overdue_open", where=(("overdue_band", band),))
        if count.value:
            long.append(f"超期 {band} 个工作日的 {count}")
    if long:
        parts.append(f"，其中{'、'.join(long)}")
    if e.splits("department"):
        rows = by_group(e, ("overdue_open",), "department")
        worst = rows[rows["value"] > 0].sort_values(["value", "department"], ascending=[False, True]).head(NAMED)
        told = [
            f"{e.label('department', d)} {e.metric('overdue_open', where=(('department', d),))}"
            for d in worst["department"]
            if d is not None
        ]
        if told:
            parts.append(f"；较多的是{'、'.join(told)}")
    return [e.say("limits.overdue", *parts, "。")]


def _soon(e: Evidence) -> list[Sentence]:
    soon = e.metric("at_risk")
    if not soon.value:
        return []
    limit = e.given("at_risk_days", e.settings.at_risk_days, "", f"{e.settings.at_risk_days}")
    return [e.say("limits.soon", "另有 ", soon, "将在 ", limit, " 个工作日内到期。")]


def _length(e: Evidence) -> list[Sentence]:
    if not e.can("handling_median"):
        return []
    half, most = e.metric("handling_median"), e.metric("handling_p90")
    if half.value is None or SMALL in half.text:
        return []
    parts: list[object] = [f"{e.period.now}受理的工单，半数在 ", half, "内办结"]
    if most.value is not None and not pd.isna(most.value):
        parts += ["，九成在 ", most, "内办结"]
    return [e.say("limits.length", *parts, "（未办结的按删失计）。")]
