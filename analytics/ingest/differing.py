"""What several rows of one thing say otherwise, of which the ledger keeps one: named column by column."""

from __future__ import annotations

import pandas as pd

from analytics.ingest.characters import named
from analytics.ingest.mapping import columns_of
from analytics.model import ROW_COLUMNS, TABLES
from analytics.privacy import mask_value

#: So many rows or cases are named in a sentence.
MOST_NAMED = 5
_OF_ROWS = frozenset(c.name for c in ROW_COLUMNS) | {"updated_at"}


def listed(words: list[str]) -> str:
    """Return the first of many words, and how many there are."""
    return "、".join(words[:MOST_NAMED]) + (f" 等 {len(words)} 件" if len(words) > MOST_NAMED else "")


def differences(rows: pd.DataFrame, table: str, key: tuple[str, ...], apart_from: frozenset[str] = frozenset()) -> str:
    """Name the columns of a table in which rows of one key differ, each with the count of keys; '' for none.

    What a row leaves empty differs from nothing.
    """
    counts, numbers = {}, []
    for column in columns_of(TABLES[table]):
        if column.name in rows and column.name not in _OF_ROWS | apart_from | set(key):
            differ = rows.groupby(list(key), observed=True)[column.name].nunique() > 1
            if differ.any():
                counts[column.label] = int(differ.sum())
                numbers += differ.index[differ].tolist()
    if not counts:
        return ""
    shown = [_shown(n, table, key) for n in dict.fromkeys(numbers)]
    return f"{'、'.join(f'{label}（{n} 件）' for label, n in counts.items())}：{listed(shown)}"


def _shown(number: object, table: str, key: tuple[str, ...]) -> str:
    parts = number if isinstance(number, tuple) else (number,)
    personal = [TABLES[table].column(k).personal for k in key]
    return (
        "“"
        + " ".join(named(mask_value(str(p)) if hide else str(p)) for p, hide in zip(parts, personal, strict=True))
        + "”"
    )


def repeated(rows: pd.DataFrame, table: str) -> list[str]:
    """Say in what rows of one key of a table differ, of which the later counts."""
    key = TABLES[table].key
    again = rows[rows.duplicated(list(key), keep=False)]
    told = differences(again, table, key) if len(again) else ""
    return (
        [f"同一{TABLES[table].column(key[-1]).label}有几行，以后一行为准，各行不同的列：{told}；请核对"] if told else []
    )
