"""Values that people accepted on a page go into the ledger as an import of their own."""

from __future__ import annotations

import datetime as dt

from analytics import suggested
from analytics.ingest.importer import SYNTHETIC_MARK, ImportResult, run_import
from analytics.ingest.mapping import plan_sheet
from analytics.ingest.readers import Sheet
from analytics.ledger import Ledger
from analytics.model import CASES
from analytics.settings import Settings
from analytics.store import Store
from analytics.viewer import DECIDE


def accept_values(
    store: Store, ledger: Ledger, column: str, accepted: dict[str, str], settings: Settings, now: dt.datetime
) -> ImportResult:
    """Set one column of some cases (case_no → value); a snapshot of its own, that rollback takes back.

    Modules are marked as suggested from then on (see suggested), until a file gives them otherwise.
    Raises NotAllowed for a viewer who may not decide.
    """
    ledger.viewer.require(DECIDE)
    # What goes back into the ledger must be what stands there, not what a viewer may see of it.
    kept = ledger.duckdb.frame(
        "SELECT case_no, accepted_at, title, content FROM cases WHERE case_no IN (SELECT unnest($numbers))",
        {"numbers": list(accepted)},
    )
    heads = [CASES.column(c).label for c in ("case_no", "accepted_at", "title", "content", column)]
    rows: list[list[object]] = [list(heads)]
    rows += [
        [r.case_no, r.accepted_at.to_pydatetime(), r.title, r.content, accepted[r.case_no]] for r in kept.itertuples()
    ]
    if column == suggested.MODULE:  # before the import: a module that nobody marked would pass for the ledger's own
        suggested.record(store, ledger.viewer, {n: accepted[n] for n in kept["case_no"]}, now)
    mark = SYNTHETIC_MARK if ledger.snapshot.synthetic else ""
    return run_import(
        store, [plan_sheet(Sheet(f"采纳的分派建议{mark}", "", rows))], settings, now, viewer=ledger.viewer, act=DECIDE
    )
