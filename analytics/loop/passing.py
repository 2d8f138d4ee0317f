"""Cases passed on again and again, and open cases with the next step that the rules ask for."""

from __future__ import annotations

import ibis
import pandas as pd

from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.conditions import calls_for_consultation
from analytics.metrics.evidence import facts_behind, with_texts
from analytics.metrics.moment import Moment
from analytics.metrics.query import with_overdue_days
from analytics.settings import Settings

SHOWN = 50


def passed_on(ledger: Ledger, slice: Slice, most: int = SHOWN) -> pd.DataFrame:
    """Return the cases accepted in the period and passed on twice or more, the most often first.

    Columns: case_no, title, transfers, returns, route (departments in order), closed_at.
    """
    columns = ("case_no", "transfers", "returns", "first_department", "closed_at")
    facts = ledger.own(facts_behind("multi_transfer_rate", ledger, slice, "numerator", columns=columns))
    found = ledger.run(facts.order_by(facts.transfers.desc(), facts.case_no).limit(most))
    rows = with_texts(ledger, found, "title").sort_values(
        ["transfers", "case_no"], ascending=[False, True], ignore_index=True
    )
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
    settings = settings or ledger.settings
    moment = Moment.of(ledger, slice, settings)
    columns = (
        *("case_no", "department", "accepted_at", "closed_at", "due_at", "due_day"),
        *("chases", "consultations", "departments_involved", "transfers", "reopenings"),
    )
    overdue = facts_behind("overdue_open", ledger, slice, settings=settings, columns=columns)
    table = with_overdue_days(ledger.own(overdue), ledger)
    last = (ledger.as_of - pd.Timedelta(microseconds=1)).date()
    chosen = table.select(
        "case_no", "department", "overdue_days", "chases", "consultations",
        open_days=ibis.date(last).delta(table.accepted_at.cast("date"), unit="day"),
        departments="departments_involved",
        hard=calls_for_consultation(table, moment),
    )  # fmt: skip
    order = (ibis.desc("overdue_days"), ibis.desc("open_days"), "case_no")
    rows = with_texts(ledger, ledger.run(chosen.order_by(*order).limit(most)), "title")
    steps = [_next_step(row) for _, row in rows.iterrows()]
    rows["step"], rows["whose"] = [s for s, _ in steps], [w for _, w in steps]
    return rows[
        ["case_no", "title", "department", "open_days", "overdue_days", "chases", "departments", "consultations", "step", "whose"]
    ]  # fmt: skip


def _next_step(row: pd.Series) -> tuple[str, str]:
    department = row["department"] or "牵头部门"
    if row["hard"] and not row["consultations"]:
        return "召集联席会商，定出解决方案", f"{department}分管领导"
    if not row["chases"]:
        return "督办，责任到人", "区行政审批局"
    return "限时办结并向企业反馈", department
