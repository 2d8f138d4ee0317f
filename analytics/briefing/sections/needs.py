"""六、需关注事项: what needs a decision, and long-open cases with their next step."""

from __future__ import annotations

from analytics.attention import findings
from analytics.briefing.evidence import Evidence
from analytics.briefing.facts import Column, Section, Table

MOST = 5
LISTED = 10


def needs(e: Evidence) -> Section:
    """Return the sixth part, as of the end of what is known."""
    found = findings(e.ledger, e.now, MOST, e.settings)
    said = []
    for place, finding in enumerate(found, start=1):
        text = f"{finding.sentence}（{finding.evidence}）"
        said.append(e.say(f"needs.{place}", *e.quoted(f"needs.{place}", text)))
    if not said:
        said.append(e.say("needs.none", "按现有规则检查，没有发现需要立即决定的事项。"))
    return Section("needs", "需关注事项", tuple(said), (), tuple(_dragging(e)))


def _dragging(e: Evidence) -> list[Table]:
    if not e.can("overdue_open"):
        return []
    rows = e.dragging.head(LISTED)
    if rows.empty:
        return []
    body = tuple(
        (r.case_no, r.title, r.department, float(r.overdue_days), float(r.chases), r.step, r.whose)
        for r in rows.astype(object).where(rows.notna(), None).itertuples()
    )
    columns = (
        Column("工单编号"), Column("诉求主题"), Column("承办部门"), Column("超期", "工作日"), Column("督办", "次"), Column("下一步"), Column("谁来办"),
    )  # fmt: skip
    total = e.metric("overdue_open")
    note = f"超期最久的 {len(body)} 件，期末共 {total}。" if (total.value or 0) > len(body) else ""
    return [Table("dragging", "久拖未办的工单", columns, body, note)]
