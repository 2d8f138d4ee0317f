"""Cases passed on again and again, and open cases with the next step that the rules ask for."""

from __future__ import annotations

import ibis
import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.evidence import cases_behind
from analytics.settings import Settings, load_settings

SHOWN = 50


def passed_on(ledger: Ledger, slice: Slice, most: int = SHOWN) -> pd.DataFrame:
    """Return the cases accepted in the period and passed on twice or more, the most often first.

    Columns: case_no, title, transfers, returns, route (departments in order), closed_at.
    """
    wanted = cases_behind("multi_transfer_rate", ledger, slice, "numerator")
    facts = ledger.table("case_facts").semi_join(wanted, "case_no")
    chosen = facts.order_by(facts.transfers.desc(), facts.case_no).limit(most)
    texts = ledger.table("cases").select("case_no", "title")
    rows = ledger.run(
        chosen.select("case_no", "transfers", "returns", "first_department", "closed_at").inner_join(texts, "case_no")
    ).sort_values(["transfers", "case_no"], ascending=[False, True], ignore_index=True)
    handed = ledger.table("transfers")
    steps = ledger.run(
        handed.filter(handed.case_no.isin(rows["case_no"].tolist()))
        .select("case_no", "happened_at", "to_department")
        .order_by("case_no", "happened_at")
    )
    route = steps.groupby("case_no")["to_department"].agg(lambda d: " → ".join(d.fillna("（未填）")))
    first = rows["first_department"].fillna("（未填）")
    rows["route"] = first + " → " + rows["case_no"].map(route).fillna("")
    return rows[["case_no", "title", "transfers", "returns", "route", "closed_at"]]


def dragging(ledger: Ledger, slice: Slice, most: int = SHOWN, settings: Settings | None = None) -> pd.DataFrame:
    """Return open cases that drag on, the longest overdue first, with what is to be done and by whom.

    Columns: case_no, title, department, open_days (natural), overdue_days (working), chases,
    departments, consultations, step, whose. The rule behind step: 久拖未办、疑难复杂、跨部门 → 集中会商;
    overdue and never chased → 督办; else 限时办结.
    """
    settings = settings or load_settings()
    overdue = cases_behind("overdue_open", ledger, slice)
    facts = ledger.table("case_facts").semi_join(overdue, "case_no")
    days = ledger.table("calendar")
    last = (ledger.as_of - pd.Timedelta(microseconds=1)).date()
    through = days.filter(days.day == ibis.date(last)).through.as_scalar()
    due = days.select(due_day="day", due_through="through")
    table = facts.left_join(due, "due_day")
    table = table.mutate(
        overdue_days=through - table.due_through,
        open_days=ibis.date(last).delta(table.accepted_at.cast("date"), unit="day"),
    )
    chosen = table.select(
        "case_no", "department", "open_days", "overdue_days", "chases", "consultations", "transfers", "reopenings",
        departments="departments_involved",
    ).inner_join(ledger.table("cases").select("case_no", "title"), "case_no")  # fmt: skip
    rows = ledger.run(chosen.order_by(ibis.desc("overdue_days"), ibis.desc("open_days"), "case_no").limit(most))
    steps = [_next_step(row, settings) for row in rows.itertuples()]
    rows["step"], rows["whose"] = [s for s, _ in steps], [w for _, w in steps]
    return rows[
        ["case_no", "title", "department", "open_days", "overdue_days", "chases", "departments", "consultations", "step", "whose"]
    ]  # fmt: skip


def _next_step(row: object, settings: Settings) -> tuple[str, str]:
    department = getattr(row, "department", None) or "牵头部门"
    hard = (
        getattr(row, "departments", 0) >= settings.consult_departments
        or getattr(row, "transfers", 0) >= 2
        or getattr(row, "reopenings", 0) >= 1
    )
    if hard and not getattr(row, "consultations", 0):
        return "召集联席会商，定出解决方案", f"{department}分管领导"
    if not getattr(row, "chases", 0):
        return "督办，责任到人", "区行政审批局"
    return "限时办结并向企业反馈", department
