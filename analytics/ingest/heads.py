"""The heads that files use: folded so that spellings of one head are one, and the list of those that are known."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from analytics.ingest.characters import bare
from analytics.model import ROW_COLUMNS, TABLES, WIDE_COLUMNS
from analytics.settings import DATA
from analytics.tables import lines

#: No head is longer.
LONGEST = 60
SYNONYMS = DATA / "column_synonyms.csv"
_ORNAMENT = re.compile(r"[\s*＊:：_\-'\"‘’“”]+")


def fold(text: object) -> str:
    """Fold a head: wide to narrow, lower case, nothing invisible, no space, no ornament."""
    return _folded(str(text if text is not None else ""))


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return _ORNAMENT.sub("", unicodedata.normalize("NFKC", bare(text)).lower())


def without_brackets(folded: str) -> str:
    """Return a folded head without what stands in brackets, such as a unit."""
    return folded if len(folded) > 4 * LONGEST else re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", folded)


@lru_cache(maxsize=1)
def synonyms() -> dict[str, tuple[str, ...]]:
    """Return column → its folded heads, best first (data/column_synonyms.csv)."""
    return read_synonyms(SYNONYMS)


def read_synonyms(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a table of heads; raises SettingsError for a line without heads or of a column that the ledger has not."""
    known = {c.name for t in TABLES.values() for c in t.columns} | {c.name for c in (*WIDE_COLUMNS, *ROW_COLUMNS)}
    found: dict[str, tuple[str, ...]] = {}
    for line in lines(path, ("column", "heads")):
        heads = dict.fromkeys(fold(h) for h in line["heads"].split("|"))
        if line["column"] not in known:
            raise line.refuse("column", "台账没有这一列，请照文件里原有的列名写")
        if not all(heads):
            raise line.refuse("heads", "有空的写法，请用 | 隔开各种写法，首尾不要有 |")
        found[line["column"]] = tuple(dict.fromkeys([*found.get(line["column"], ()), *heads]))
    return found


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
