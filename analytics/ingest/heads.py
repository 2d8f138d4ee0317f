"""The heads that files use: folded so that spellings of one head are one, and the list of those that are known."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import lru_cache

from analytics.ingest.characters import bare
from analytics.model import TABLES, WIDE_COLUMNS
from analytics.settings import DATA

#: No head is longer.
LONGEST = 60
_ORNAMENT = re.compile(r"[\s*＊:：_\-]+")


def fold(text: object) -> str:
    """Fold a head: wide to narrow, lower case, nothing invisible, no space, no ornament."""
    return _folded(str(text if text is not None else ""))


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return _ORNAMENT.sub("", unicodedata.normalize("NFKC", bare(text)).lower())


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
    folded = {fold(c) for c in row[:200] if type(c) is str and 0 < len(c) <= LONGEST and not c[0].isdigit()}
    known = known_heads()
    return sum(h in known or without_brackets(h) in known for h in folded if h)
