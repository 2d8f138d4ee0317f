"""Lists of cases and one case with its story: what lies behind every number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd
from ibis.expr import types as ir

from analytics.ledger import Ledger
from analytics.metrics.compute import compute
from analytics.metrics.evidence import FEW, SEARCHED, facts_behind, holding_words, with_texts
from analytics.metrics.query import with_overdue_days
from analytics.metrics.slices import Slice
from analytics.store.audit import VIEWED, AuditLog

#: Columns of a list, in the order people read them.
LIST_COLUMNS = (
    "case_no",
    "accepted_at",
    "title",
    "module",
    "first_department",
    "officer_no",
    "department",
    "closing_department",
    "channel",
    "street",
    "enterprise",
    "due_at",
    "closed_at",
    "overdue_days",
    "transfers",
    "chases",
    "grade",
)
#: Those that lie beside the facts.
SHOWN_TEXTS = ("title", "enterprise")
#: What the list is made of.
_FACTS = (*(c for c in LIST_COLUMNS if c not in (*SHOWN_TEXTS, "overdue_days")), "due_day")
SORTS = {
    "accepted_at": "受理时间",
    "due_at": "办理期限",
    "closed_at": "办结时间",
    "overdue_days": "超期工作日",
    "transfers": "转办次数",
    "grade": "评价等级",
}


@dataclass(frozen=True)
class ListRequest:
    """What to list: the cases behind ``metric`` (``part`` of it), those with ``words``, sorted.

    ``among``: only these cases, where no dimension names them (an alarm's); None for all.
    """

    metric: str = "demand"
    part: str = "denominator"
    words: str = ""
    sort: str = "accepted_at"
    descending: bool = True
    limit: int = 500
    offset: int = 0
    among: tuple[str, ...] | None = None


def count_cases(ledger: Ledger, slice: Slice, request: ListRequest) -> int:
    """Return how many cases the request names."""
    return int(ledger.run(_chosen(ledger, slice, request).aggregate(n=ibis._.count()))["n"].iloc[0])


def counted_behind(ledger: Ledger, slice: Slice, request: ListRequest) -> float:
    """Return the metric's own number for the request's part, without its words.

    More than its cases where one case counts more than once, as one that was passed on or closed twice.
    """
    row = compute(request.metric, ledger, slice).iloc[0]
    if request.part == "denominator":
        return float(row["n"])
    return float(row["numerator"] if request.part == "numerator" else row["denominator"] - row["numerator"])


def list_cases(ledger: Ledger, slice: Slice, request: ListRequest) -> pd.DataFrame:
    """Return one page of the cases, columns LIST_COLUMNS; closed_at and due_at may be NaT."""
    table = _chosen(ledger, slice, request)

    def sorted_(rows: ir.Table) -> ir.Table:
        order = rows[request.sort]
        key = order.desc(nulls_first=False) if request.descending else order.asc(nulls_first=False)
        return rows.order_by(key, rows.case_no)

    page = sorted_(table).limit(request.limit, offset=request.offset)
    if "title" not in page.columns:
        if request.limit <= FEW:
            rows = ledger.run(page.select(c for c in LIST_COLUMNS if c not in SHOWN_TEXTS))
            return with_texts(ledger, rows, *SHOWN_TEXTS)[[*LIST_COLUMNS]]
        page = sorted_(page.inner_join(_texts(ledger), "case_no"))
    return ledger.run(page.select(*LIST_COLUMNS))


def _chosen(ledger: Ledger, slice: Slice, request: ListRequest) -> ir.Table:
    """Return the facts of the cases that the request names, with their texts where words are looked for in them."""
    wanted = facts_behind(request.metric, ledger, slice, request.part, columns=_FACTS)
    # A case done over has once been closed by somebody; while it is open nobody has closed it.
    table = wanted.mutate(closing_department=wanted.closed_at.isnull().ifelse(None, wanted.closing_department))
    if request.among is not None:
        table = table.filter(table.case_no.isin(request.among) if request.among else ibis.literal(False))
    if request.words.split():
        table = holding_words(table, ledger, request.words)
    return with_overdue_days(ledger.own(table), ledger)


def _texts(ledger: Ledger) -> ir.Table:
    return ledger.table("cases").select("case_no", *SEARCHED)


@dataclass(frozen=True)
class CaseStory:
    """One case: its columns (label order), its events by time, its ratings."""

    case: pd.Series
    events: pd.DataFrame
    ratings: pd.DataFrame


def case_story(ledger: Ledger, case_no: str) -> CaseStory | None:
    """Return everything about one case, or None where the viewer's ledger has no such case. It is audited."""
    facts = ledger.table("case_facts").filter(lambda t: t.case_no == case_no)
    found = ledger.run(facts)
    if found.empty:
        return None
    AuditLog(Path(ledger.folder)).record_once(ledger.viewer, VIEWED, case_no)
    raw = ledger.run(ledger.table("cases").filter(lambda t: t.case_no == case_no))
    both = pd.concat([found.iloc[0], raw.iloc[0].drop(labels=[c for c in raw.columns if c in found.columns])])
    events = ledger.table("stages").filter(lambda t: t.case_no == case_no)
    follow_ups = ledger.table("events").filter(lambda t: (t.case_no == case_no) & (t.stage == "followed_up"))
    steps = ledger.run(events.select("stage", "happened_at", "actor", "to_department"))
    asked = ledger.run(follow_ups.select("stage", "happened_at", "result", actor=ibis._.department))
    steps = pd.concat([s for s in (steps, asked) if len(s)], ignore_index=True).sort_values(
        "happened_at", kind="stable"
    )
    ratings = ledger.run(ledger.table("rating_facts").filter(lambda t: t.case_no == case_no))
    return CaseStory(both, steps.reset_index(drop=True), ratings)
