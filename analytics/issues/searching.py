"""Searching within what a viewer may see and a slice asks for."""

from __future__ import annotations

import pandas as pd

from analytics.issues.findings import Findings
from analytics.issues.search import index_of
from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.evidence import cases_behind, facts_behind

MOST_ALIKE = 200


def search(ledger: Ledger, found: Findings, query: str, scope: Slice | None = None) -> tuple[str, ...]:
    """Return the numbers of cases with the query's words, best first; letters are looked for where no word is known."""
    scored = index_of(found.run).search(query)
    if scored.empty:
        return _by_letters(ledger, query, scope)
    return _allowed(ledger, scored, scope)


def alike(ledger: Ledger, found: Findings, case_no: str, scope: Slice | None = None) -> tuple[str, ...]:
    """Return the numbers of the cases most like one, best first."""
    return _allowed(ledger, index_of(found.run).alike(case_no, how_many=10 * MOST_ALIKE), scope)[:MOST_ALIKE]


def _allowed(ledger: Ledger, scored: pd.Series, scope: Slice | None) -> tuple[str, ...]:
    seen = cases_behind("demand", ledger, scope) if scope else ledger.table("case_facts").select("case_no")
    if ledger.issues:  # what was searched is what types were found in
        seen = seen.semi_join(ledger.table(ledger.issues), "case_no")
    allowed = set(ledger.run(seen)["case_no"])
    return tuple(c for c in scored.index if c in allowed)


def _by_letters(ledger: Ledger, query: str, scope: Slice | None) -> tuple[str, ...]:
    cases = ledger.table("cases")
    columns = ("case_no", "accepted_at")
    facts = (
        facts_behind("demand", ledger, scope, columns=columns) if scope else ledger.table("case_facts").select(*columns)
    )
    table = facts.inner_join(cases.select("case_no", "title", "content"), "case_no")
    for word in query.split():
        hit = table.case_no.contains(word) | table.title.contains(word) | table.content.contains(word)
        table = table.filter(hit.fill_null(False))
    return tuple(ledger.run(table.order_by(table.accepted_at.desc(), table.case_no).select("case_no"))["case_no"])
