"""附表: the tables behind the text, and the definition of every figure."""

from __future__ import annotations

from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Table
from analytics.briefing.sections.cells import group_table
from analytics.metrics import CATALOGUE

DEPARTMENT = (
    "demand",
    "closures",
    "backlog",
    "came_due",
    "on_time_rate",
    "overdue_open",
    "handling_median",
    "ratings",
    "satisfaction",
)
CHANNEL = ("demand", "on_time_rate", "satisfaction")


def appendix(e: Evidence) -> tuple[Table, ...]:
    """Return the tables at the end: departments and channels."""
    tables = []
    if not e.ledger.lacks(("department",)):
        tables.append(group_table(e, "all_departments", "各承办部门情况", "department", "承办部门", DEPARTMENT))
    if not e.ledger.lacks(("channel",)):
        tables.append(group_table(e, "channels", "各来源渠道情况", "channel", "来源渠道", CHANNEL))
    return tuple(t for t in tables if t.rows)


def definitions(e: Evidence) -> tuple[str, ...]:
    """Return 口径 of every metric that a fact or table of the briefing uses."""
    used = {f.metric for f in e.facts.values() if f.metric} | set(DEPARTMENT)
    return tuple(
        f"{m.name}（{m.unit}）：{m.described(e.settings)}。"
        for m in CATALOGUE.values()
        if m.code in used and e.can(m.code)
    )
