"""The heads that files use: folded so that spellings of one head are one, and the list of those that are known."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import lru_cache

from analytics.ingest.characters import bare
from analytics.model import TABLES, WIDE_COLUMNS
from analytics.settings import DATA


def fold(text: object) -> str:
    """Fold a head: wide to narrow, lower case, nothing invisible, no space, no ornament."""
    narrow = unicodedata.normalize("NFKC", bare(str(text if text is not None else ""))).lower()
    return re.sub(r"[\s*＊:：_\-]+", "", narrow)


def without_brackets(folded: str) -> str:
    """Return a folded head without what stands in brackets, such as a unit."""
    return re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", folded)


@lru_cache(maxsize=1)
def synonyms() -> dict[str, tuple[str, ...]]:
    """Return column → its folded heads, best first (data/column_synonyms.csv)."""
    with (DATA / "column_synonyms.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["column"]: tuple(dict.fromkeys(fold(h) for h in row["heads"].split("|")))
            for row in csv.DictReader(file)
        }


@lru_cache(maxsize=1)
def known_heads() -> frozenset[str]:
    """Return every folded head that some column of some table is known by."""
    labels = {fold(c.label) for t in TABLES.values() for c in t.columns} | {fold(c.label) for c in WIDE_COLUMNS}
    return frozenset(labels.union(*synonyms().values()))


def count_known(row: list[object] | list[str]) -> int:
    """Count the different cells of a row that are heads we know."""
    folded = {fold(c) for c in row[:200] if c is not None and len(str(c)) < 60}
    return sum(h in known_heads() or without_brackets(h) in known_heads() for h in folded if h)
