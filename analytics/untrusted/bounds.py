"""How much a file may hold, and what its readers return."""

from __future__ import annotations

from collections.abc import Sequence

#: A sheet is handed on as a whole rectangle of so many cells at most; Excel has so many columns, a table no more than fewer.
MOST_CELLS, EXCEL_COLUMNS, MOST_COLUMNS = 60_000_000, 16_384, 2_000
#: A larger rectangle than this has to hold something in one cell of so many.
FREE_CELLS, CELLS_EACH = 4_000_000, 20

#: So many cells below the first one of merged cells are filled, sheets of a file read, and characters handed on.
MOST_MERGED, MOST_SHEETS, MOST_CHARACTERS = 4_000_000, 300, 400_000_000

#: Name, visible, rows, how many merged ranges, and how many rows are hidden (0 where the format does not tell).
Read = tuple[str, bool, list[list[object]], int, int]
Merged = tuple[tuple[int, int], tuple[int, int]]


class TooLargeError(Exception):
    """More cells than may be held."""


def is_too_large(columns: int, rows: int, held: int) -> bool:
    """Tell whether a rectangle is too wide, too large, or almost empty: a few cells stand far outside of any table."""
    cells = columns * rows
    return columns > MOST_COLUMNS or cells > MOST_CELLS or (cells > FREE_CELLS and cells > CELLS_EACH * held)


class Room:
    """How many cells sheets may hold together: what one file, or one archive, may hand on."""

    def __init__(self) -> None:
        self._cells = self._held = self._characters = self._merged = 0
        self._uncounted: list[Sequence[Sequence[object]]] = []

    def take(self, rows: Sequence[Sequence[object]]) -> None:
        """Count in the rows of a sheet; raises TooLargeError."""
        self._cells += len(rows) + sum(map(len, rows))
        self._uncounted.append(rows)
        if self._cells > FREE_CELLS:
            self._held += sum(sum(map(_held, sheet)) for sheet in self._uncounted)
            self._uncounted = []
            if is_too_large(1, self._cells, self._held):
                raise TooLargeError
        self._characters += sum(sum(len(c) for c in row if type(c) is str) for row in rows)
        if self._characters > MOST_CHARACTERS:
            raise TooLargeError

    def fill(self, rows: list[list[object]], merged: Sequence[Merged]) -> None:
        """Give every cell of a vertical merge its value; a merge across columns keeps one. Raises TooLargeError."""
        for (top, left), (bottom, _) in merged:
            if top >= len(rows) or left >= len(rows[top]):
                continue
            value, end = rows[top][left], min(bottom + 1, len(rows))
            self._merged += end - top
            if self._merged > MOST_MERGED:
                raise TooLargeError
            for row in rows[top:end]:
                if left < len(row):
                    row[left] = value


def cut_to_what_is_held(rows: list[list[object]]) -> None:
    """Take off the columns at the right and the rows at the end that hold nothing; raises TooLargeError.

    Formats that somebody gave to whole rows make a sheet as wide as sheets can be.
    """
    while rows and not _held(rows[-1]):
        rows.pop()
    width = 0
    for row in rows:
        if _held(beyond := row[width:]):
            width += len(beyond) - next(i for i, cell in enumerate(reversed(beyond)) if cell not in ("", None))
    if width > MOST_COLUMNS:
        raise TooLargeError
    for row in rows:
        del row[width:]


def _held(row: Sequence[object]) -> int:
    """Return how many cells of a row hold something."""
    return len(row) - row.count("") - row.count(None)
