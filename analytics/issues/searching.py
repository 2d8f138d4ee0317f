"""Searching within what a viewer may see and a slice asks for."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from ibis.expr import types as ir

from analytics.issues.findings import Findings
from analytics.issues.search import index_of
from analytics.ledger import Ledger
from analytics.metrics import Slice
from analytics.metrics.evidence import cases_behind, facts_behind, holding_words

MOST_ALIKE = 200


@dataclass(frozen=True)
class Hits:
    """Numbers of cases, best first: ``exact`` hold every word, ``near`` only speak like the query (MOST_ALIKE at most)."""

    exact: tuple[str, ...]
    near: tuple[str, ...]


def search(ledger: Ledger, found: Findings | None, query: str, scope: Slice | None = None) -> Hits:
    """Return what a query finds.

    The exact ones are those that the list of cases gives for the same words (evidence.holding_words); what a run
    has read (none before the first) orders them, newest first where it says nothing, and tells those that are near.
    """
    columns = ("case_no", "accepted_at")
    facts = (
        facts_behind("demand", ledger, scope, columns=columns) if scope else ledger.table("case_facts").select(*columns)
    )
    held = ledger.own(holding_words(facts, ledger, query))
    newest = ledger.run(held.order_by(held.accepted_at.desc(), held.case_no).select("case_no"))["case_no"]
    scored = index_of(found.run).search(query) if found else pd.Series(dtype=float)
    rank = dict(zip(scored.index, range(len(scored)), strict=True))
    exact = tuple(sorted(newest, key=lambda c: rank.get(c, len(rank))))
    others = scored[~scored.index.isin(exact)]
    return Hits(exact, _allowed(ledger, others, scope)[:MOST_ALIKE])


def alike(ledger: Ledger, found: Findings, case_no: str, scope: Slice | None = None) -> tuple[str, ...]:
    """Return the numbers of the cases most like one, best first.

    A case that the viewer may not see is as good as none: what it is like must not tell that it exists.
    """
    if not ledger.may_see(case_no):
        return ()
    return _allowed(ledger, index_of(found.run).alike(case_no, how_many=10 * MOST_ALIKE), scope)[:MOST_ALIKE]


def _allowed(ledger: Ledger, scored: pd.Series, scope: Slice | None) -> tuple[str, ...]:
    """Return the cases of a score that the viewer may see and the scope holds, in its order."""
    seen: ir.Table = cases_behind("demand", ledger, scope) if scope else ledger.table("case_facts").select("case_no")
    if ledger.issues:  # what was searched is what types were found in
        seen = seen.semi_join(ledger.table(ledger.issues), "case_no")
    allowed = set(ledger.run(seen)["case_no"])
    return tuple(c for c in scored.index if c in allowed)
