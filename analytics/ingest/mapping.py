"""Which column of a file is which column of the ledger."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from analytics.ingest.readers import Sheet
from analytics.model import TABLES, WIDE_COLUMNS, Column, Table
from analytics.settings import DATA
from analytics.tables import lines

HEADER_ROWS = 30
#: Signature of heads → (profile name, table, column → head).
Profiles = dict[str, tuple[str, str, dict[str, str]]]


def fold(text: object) -> str:
    """Fold a head: wide to narrow, lower case, no space, no ornament."""
    narrow = unicodedata.normalize("NFKC", str(text if text is not None else "")).lower()
    return re.sub(r"[\s*＊:：_\-]+", "", narrow)


SYNONYMS = DATA / "column_synonyms.csv"


@lru_cache(maxsize=1)
def synonyms() -> dict[str, tuple[str, ...]]:
    """Return column → its folded heads, best first (data/column_synonyms.csv)."""
    return read_synonyms(SYNONYMS)


def read_synonyms(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a table of heads; raises SettingsError for a line without heads or of a column that the ledger has not."""
    known = {column.name for table in TABLES.values() for column in columns_of(table)}
    found: dict[str, tuple[str, ...]] = {}
    for line in lines(path, ("column", "heads")):
        heads = dict.fromkeys(fold(h) for h in line["heads"].split("|"))
        if line["column"] not in known:
            raise line.refuse("column", "台账没有这一列，请照文件里原有的列名写")
        if not all(heads):
            raise line.refuse("heads", "有空的写法，请用 | 隔开各种写法，首尾不要有 |")
        found[line["column"]] = tuple(dict.fromkeys([*found.get(line["column"], ()), *heads]))
    return found


@dataclass
class SheetPlan:
    """How one sheet will be read. ``mapping`` is ledger column → position of its head."""

    sheet: Sheet
    table: str
    header_row: int
    heads: list[str]
    mapping: dict[str, int]
    profile: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def signature(self) -> str:
        return "|".join(fold(h) for h in self.heads)

    @property
    def body(self) -> range:
        """Positions in ``sheet.rows`` of the rows below the header that hold anything."""
        return range(self.header_row + 1, len(self.sheet.rows))

    @property
    def fits(self) -> bool:
        """All that the table requires is there, and more than one stray word matched."""
        alone = sum(bool(h) for h in self.heads) == 1
        return not self.missing and (alone or len(set(self.mapping.values())) > 1)

    @property
    def unused(self) -> list[str]:
        taken = set(self.mapping.values())
        return [h for i, h in enumerate(self.heads) if h and i not in taken]

    def use_table(self, table: str) -> None:
        """Read the sheet as another table: guess its columns anew."""
        self.table, self.profile = table, ""
        self.mapping = guess(self.heads, TABLES[table])

    @property
    def missing(self) -> list[str]:
        """Labels of what the table requires and the mapping lacks."""
        labels = [c.label for c in TABLES[self.table].columns if c.required and c.name not in self.mapping]
        if self.table == "cases" and not {"title", "content"} & set(self.mapping):
            labels.append("诉求主题或诉求内容")
        return labels


def columns_of(table: Table) -> tuple[Column, ...]:
    """Return the columns a file of this table may carry; a case file may be wide."""
    if table.name != "cases":
        return table.columns
    return table.columns + WIDE_COLUMNS


def guess(heads: list[str], table: Table) -> dict[str, int]:
    """Return ledger column → position of the head that fits best, by the synonym list."""
    folded = [fold(h) for h in heads]
    plain = [re.sub(r"\(.*?\)|\[.*?\]", "", h) for h in folded]
    found: dict[str, int] = {}
    for column in columns_of(table):
        words = synonyms().get(column.name, ())
        for word in (*words, fold(column.label)):
            position = next((i for i, h in enumerate(folded) if h == word), None)
            if position is None:
                position = next((i for i, h in enumerate(plain) if h and h == word), None)
            if position is not None:
                found[column.name] = position
                break
    return found


def plan_sheet(sheet: Sheet, profiles: Profiles | None = None) -> SheetPlan:
    """Find the header row, the table and the mapping of a sheet.

    ``profiles`` maps a signature of heads to (profile name, table, column → head), as kept
    from an earlier import; it wins over guessing.
    """
    best: SheetPlan | None = None
    best_score = (-1.0, 0)
    for row_no, row in enumerate(sheet.rows[:HEADER_ROWS]):
        heads = ["" if c is None else str(c).strip() for c in row]
        if sum(bool(h) for h in heads) < 2 and len(sheet.rows) > 1:
            continue
        for table in TABLES.values():
            plan = SheetPlan(sheet, table.name, row_no, heads, guess(heads, table), notes=list(sheet.notes))
            required = sum(c.required for c in table.columns) + (table.name == "cases")
            have = required - len(plan.missing)
            used = len(set(plan.mapping.values()))
            score = (have / required + 0.2 * used - 0.001 * row_no, used)
            if score > best_score:
                best, best_score = plan, score
    if best is None:
        heads = ["" if c is None else str(c).strip() for c in (sheet.rows[0] if sheet.rows else [])]
        best = SheetPlan(sheet, "cases", 0, heads, {}, notes=list(sheet.notes))
    return _with_profile(best, profiles or {})


def _with_profile(plan: SheetPlan, profiles: Profiles) -> SheetPlan:
    kept = profiles.get(plan.signature)
    if not kept:
        return plan
    name, table, heads = kept
    position = {h: i for i, h in reversed(list(enumerate(plan.heads)))}
    plan.profile, plan.table = name, table
    plan.mapping = {column: position[head] for column, head in heads.items() if head in position}
    return plan
