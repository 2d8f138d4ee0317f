"""Asking many parts for the columns that a statement names, and no others.

DuckDB binds every column of every part before it finds that most are not needed: of a table of forty columns in
forty parts that takes longer than many a question itself. So a statement is given the tables in parts as common
table expressions of the columns whose names occur in it.

See docs/decisions/0017.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

#: Fewer sources are bound in a moment.
MANY = 4
_WORDS = re.compile(r"\w+")
_SOURCES = re.compile(r'\b(?:FROM|JOIN)\s+"?(\w+)', re.IGNORECASE)
_BEGINS_WITH = re.compile(r"\s*WITH\s+(?!RECURSIVE\b)", re.IGNORECASE)
_STAR = re.compile(r"(\bSELECT|\bALL|\bDISTINCT|,|\.)\s*\*", re.IGNORECASE)
#: Where the columns that are not named count too, and what is no plain query.
_WHOLE = re.compile(r"\bDISTINCT\s*\*|\b(UNION|INTERSECT|EXCEPT|NATURAL|COLUMNS|RECURSIVE|DESCRIBE)\b", re.IGNORECASE)


@dataclass(frozen=True)
class InParts:
    """A table that lies in several schemas, with the condition of what is seen of it."""

    schemas: tuple[str, ...]
    where: str = ""

    def query(self, table: str, columns: Collection[str]) -> str:
        """Return the query of some of its columns."""
        chosen = ", ".join(f'"{column}"' for column in columns) or "NULL"
        return " UNION ALL ".join(f"SELECT {chosen} FROM {schema}.{table}{self.where}" for schema in self.schemas)


def narrowed(
    sql: str,
    returns: Collection[str] | None,
    tables: Mapping[str, InParts],
    columns: Callable[[str], Iterable[str]],
) -> str:
    """Return the statement over as many columns of the tables as it names or returns; as it is where that may not be all.

    ``returns``: the columns that come back, None where they are not known: then a statement with a star stays as it is.
    ``columns``: tells those of a table.
    """
    if not tables or _WHOLE.search(sql) or (returns is None and _STAR.search(sql)):
        return sql
    named = [t for t in dict.fromkeys(_SOURCES.findall(sql)) if t in tables and len(tables[t].schemas) >= MANY]
    if not named:
        return sql
    words = set(_WORDS.findall(sql)).union(returns or ())
    expressions = ", ".join(
        f"{t} AS NOT MATERIALIZED ({tables[t].query(t, [c for c in columns(t) if c in words])})" for t in named
    )
    begins = _BEGINS_WITH.match(sql)
    return f"WITH {expressions}, {sql[begins.end() :]}" if begins else f"WITH {expressions} {sql}"
