"""A small ledger whose cases already have types, for what is asked of types."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analytics.ledger import Ledger
from tests.small import ledger_of


def typed(folder: Path, cases: list[dict], types: dict[str, str], **more: object) -> Ledger:
    """Return the ledger with a type for each case (case_no → type)."""
    ledger = ledger_of(folder, cases, **more)  # type: ignore[arg-type]
    table = pd.DataFrame(
        {
            "case_no": list(types),
            "issue_type": list(types.values()),
            "issue_problem": None,
            "issue_confidence": 1.0,
            "repeat_of": None,
            "issue_problem_name": None,
        }
    ).astype({"issue_problem": "string", "repeat_of": "string", "issue_problem_name": "string"})
    ledger.reader.put_once("types_by_hand", lambda: table)
    return ledger.attach("types_by_hand", "issue_type", "issue_problem")
