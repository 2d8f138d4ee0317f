"""Values that people accepted on a page go into the ledger as an import of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from analytics.ingest.importer import SYNTHETIC_MARK, ImportResult, run_import
from analytics.ingest.mapping import plan_sheet
from analytics.ingest.readers import Sheet
from analytics.ledger import Ledger
from analytics.model import CASES
from analytics.settings import Settings
from analytics.store import Store


def accept_values(
    store: Store, ledger: Ledger, column: str, accepted: dict[str, str], settings: Settings, now: dt.datetime
) -> ImportResult:
    """Set one column of some cases (case_no → value); a snapshot of its own, that rollback takes back."""
    cases = ledger.table("cases")
    mine = cases.filter(cases.case_no.isin(list(accepted))).select("case_no", "accepted_at", "title", "content")
    # What goes back into the ledger must be what stands there, not what a viewer may see of it.
    kept = replace(ledger, viewer=replace(ledger.viewer, sees_personal=True)).run(mine)
    heads = [CASES.column(c).label for c in ("case_no", "accepted_at", "title", "content", column)]
    rows: list[list[object]] = [list(heads)]
    rows += [
        [r.case_no, r.accepted_at.to_pydatetime(), r.title, r.content, accepted[r.case_no]] for r in kept.itertuples()
    ]
    mark = SYNTHETIC_MARK if ledger.snapshot.synthetic else ""
    return run_import(store, [plan_sheet(Sheet(f"采纳的分派建议{mark}", "", rows))], settings, now)
