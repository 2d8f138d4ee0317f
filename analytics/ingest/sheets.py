"""What every reader hands on: the raw cells of one sheet, and what was noticed while reading them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import pyarrow as pa


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


@dataclass
class Sheet:
    """Raw cells of one sheet. ``rows[i]`` stands in the file's row ``i + 1``.

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

    @property
    def place(self) -> str:
        """The file and the sheet, as a person names them."""
        return " ".join(filter(None, (self.file, self.sheet)))
