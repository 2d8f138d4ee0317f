"""How many rows, filled cells and events a ledger holds: counted where they are written, added up where they are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from analytics.model import TABLES

if TYPE_CHECKING:
    import pandas as pd

#: Name of a count → how many.
Counts = dict[str, int]
#: Columns of which the filled cells are counted.
FILLED = {
    "case_facts": (
        "due_at", "closed_at", "module", "department", "channel", "street", "industry", "size", "item_no", "chain", "lifecycle",
    ),
    "cases": ("first_department", "officer_no"),
    "ratings": ("called_back_at", "rectified_at"),
}  # fmt: skip
#: How the counts of a table's cells begin.
SHORT = {"case_facts": "facts"}


def counted(ask: Callable[[str], pd.DataFrame], tables: Iterable[str] = TABLES, schema: str = "") -> Counts:
    """Count rows (table), filled cells (facts.column …) and events (stage.name), in statements that every engine understands.

    ``tables``: those of the ledger that lie there; ``schema``: where, with its full stop.
    """
    rows = ", ".join(f"(SELECT count(*) FROM {schema}{t}) AS {t}" for t in tables if t != "events")
    counts = {str(t): int(n) for t, n in ask(f"SELECT {rows}").iloc[0].items()}
    for table, columns in FILLED.items():
        found = ask("SELECT " + ", ".join(f"count({c}) AS {c}" for c in columns) + f" FROM {schema}{table}").iloc[0]
        counts |= {f"{SHORT.get(table, table)}.{c}": int(n) for c, n in found.items()}
    stages = ask(f"SELECT stage, count(*) AS n FROM {schema}events GROUP BY stage")
    counts["events"] = int(stages["n"].sum())
    return counts | {f"stage.{s}": int(n) for s, n in zip(stages["stage"], stages["n"], strict=True)}


def added(several: Iterable[Counts]) -> Counts:
    """Add the counts of an open file and of parts."""
    total: Counter[str] = Counter()
    for counts in several:
        total.update(counts)
    return dict(total)
