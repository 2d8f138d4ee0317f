"""How much a file may hold, and what its readers return."""

from __future__ import annotations

#: A sheet is handed on as a whole rectangle: so many cells at most, and columns as Excel has.
MOST_CELLS, MOST_COLUMNS = 60_000_000, 16_384

#: Name, visible, rows, merged ranges, and how many rows are hidden (0 where the format does not tell).
Read = tuple[str, bool, list[list[object]], list, int]


class TooLargeError(Exception):
    """More cells than may be held."""
