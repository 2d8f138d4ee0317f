"""How many rows, filled cells, values and events a ledger holds: counted where they are written, added up where they are asked."""

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
#: Columns of the facts of which each value is counted, where there are no more than MOST_VALUES of them.
VALUED = ("department", "channel", "street")
MOST_VALUES = 500


def counted(ask: Callable[[str], pd.DataFrame], tables: Iterable[str] = TABLES, schema: str = "") -> Counts:
    """Count rows (table), filled cells (facts.column …), values (value.column.value) and events (stage.name).

    In statements that every engine understands.

    ``tables``: those of the ledger that lie there; ``schema``: where, with its full stop.
    """
    rows = ", ".join(f"(SELECT count(*) FROM {schema}{t}) AS {t}" for t in tables if t != "events")
    counts = {str(t): int(n) for t, n in ask(f"SELECT {rows}").iloc[0].items()}
    for table, columns in FILLED.items():
        found = ask("SELECT " + ", ".join(f"count({c}) AS {c}" for c in columns) + f" FROM {schema}{table}").iloc[0]
        counts |= {f"{SHORT.get(table, table)}.{c}": int(n) for c, n in found.items()}
    for column in VALUED:
        values = ask(
            f"SELECT {column} AS held, count(*) AS n FROM {schema}case_facts WHERE {column} IS NOT NULL GROUP BY {column}"
        )
        if len(values) <= MOST_VALUES:
            counts |= {f"value.{column}.{v}": int(n) for v, n in zip(values["held"], values["n"], strict=True)}
    stages = ask(f"SELECT stage, count(*) AS n FROM {schema}events GROUP BY stage")
    counts["events"] = int(stages["n"].sum())
    return counts | {f"stage.{s}": int(n) for s, n in zip(stages["stage"], stages["n"], strict=True)}


def added(several: Iterable[Counts]) -> Counts:
    """Add the counts of an open file and of parts."""
    total: Counter[str] = Counter()
    for counts in several:
        total.update(counts)
    return dict(total)


def values_in(counts: Counts, column: str) -> list[str] | None:
    """Return the values of a column of the facts, most frequent first and then by name; None where not all were counted."""
    start = f"value.{column}."
    held = {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}
    if sum(held.values()) != counts.get(f"facts.{column}"):
        return None
    return sorted(held, key=lambda value: (-held[value], value))


def complete(counts: Counts) -> bool:
    """Tell whether everything that is counted now was counted then: older programs counted less, or nothing."""
    return any(name.startswith("value.") for name in counts)
