"""What every reader hands on: the raw cells of one sheet, and what was noticed while reading them."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import pyarrow as pa

#: So many rows of a sheet are looked at to see whether it is a table, and how a day begins.
ROWS_LOOKED_AT = 50
_DAY = re.compile(r"\s*(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}")


class TextRows(Sequence[list[object]]):
    """Rows that are all of one length, kept as columns: ``columns[j]`` holds texts, '' where empty."""

    def __init__(self, table: pa.Table) -> None:
        self.columns: list[pa.ChunkedArray] = table.columns
        self._count: int = table.num_rows

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> list[object]: ...
    @overload
    def __getitem__(self, place: slice) -> list[list[object]]: ...
    def __getitem__(self, place: int | slice) -> list[object] | list[list[object]]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(self._count))]
        return [column[place].as_py() for column in self.columns]


@dataclass(frozen=True)
class Part:
    """Rows of a sheet from position ``start`` on that a person finds elsewhere: in table ``name``, the first as ``first``."""

    start: int
    name: str = ""
    first: int = 1
    unit: str = "行"


@dataclass
class Sheet:
    """Raw cells of one sheet. ``rows[i]`` stands in the file's row ``i + 1``, unless ``parts`` say otherwise.

    ``signs``: which kinds of damage its bytes show at all (see :mod:`analytics.ingest.characters`), so that clean
    files are not searched cell by cell. ``repairs``: kind → how often while reading. ``doubtful``: position in
    ``rows`` → why its cells cannot be told apart. ``lined``: its rows are lines, which a line break in a text cuts.
    """

    file: str
    sheet: str
    rows: Sequence[list[object]]
    notes: list[str] = field(default_factory=list)
    signs: frozenset[str] = frozenset()
    repairs: Counter[str] = field(default_factory=Counter)
    doubtful: dict[int, str] = field(default_factory=dict)
    lined: bool = False
    #: Tables and files beside this one that hold rows and are not read, each a sentence.
    left_out: list[str] = field(default_factory=list)
    #: Rows that were put together from several places, by position.
    parts: list[Part] = field(default_factory=list)
    #: Whether numbers may be shown otherwise than they are held, and the reader cannot tell.
    formats_unknown: bool = False
    #: Whether its rows lie inside the records of another sheet: what it is and why it is not read is always said.
    inner: bool = False
    #: Position of the first row that may hold the heads.
    first: int = 0

    @property
    def place(self) -> str:
        """The file and the sheet, as a person names them."""
        return " ".join(filter(None, (self.file, self.sheet)))

    @property
    def holds_rows(self) -> bool:
        """Tell whether the sheet looks like a table of its own: a row with three cells, one of them a day."""
        return any(map(looks_like_a_row, (self.rows[i] for i in range(min(len(self.rows), ROWS_LOOKED_AT)))))

    def part(self, position: int) -> Part:
        """Return where a row stands in the file, by its position in ``rows``."""
        return next((p for p in reversed(self.parts) if p.start <= position), Part(0))

    def number(self, position: int) -> int:
        """Return the number by which a person finds a row."""
        part = self.part(position)
        return position - part.start + part.first

    def where(self, position: int) -> str:
        """Return where a row stands, as a person says it: “台账.xlsx 工作表「三月」第 5 行”."""
        part = self.part(position)
        sheet = f" 工作表「{self.sheet}」" if self.sheet and not part.name else ""
        return f"{self.file}{sheet}{part.name and ' ' + part.name}第 {self.number(position)} {part.unit}"


def looks_like_a_row(row: Sequence[object]) -> bool:
    """Tell whether a row holds three cells at least, one of them a day."""
    filled = [c for c in row if c not in (None, "")]
    return len(filled) >= 3 and any(map(_is_day, filled))


def _is_day(cell: object) -> bool:
    return isinstance(cell, dt.date) or bool(_DAY.match(str(cell)))
